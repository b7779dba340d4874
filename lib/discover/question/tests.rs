#![allow(clippy::unwrap_used)]

use super::{CacheLookup, Question};
use crate::config::Source;
use crate::connect::Error;
use crate::discover::cache::CacheKey;
use crate::discover::finding::Finding;
use crate::discover::fleet::Fleet;
use crate::discover::listing::tests::{fleet, options};
use crate::discover::options::Options;
use crate::record::Reason;
use std::time::{Duration, SystemTime};

fn error(reason: Reason) -> Error {
    Error::new(reason, "it said no")
}

/// The outcome of a question.
struct Outcome {
    answer: Result<Fleet, Finding>,
    findings: Vec<String>,
    /// How often the hub was asked.
    asked: usize,
}

impl Outcome {
    /// Returns the records of the answer.
    fn lines(&self) -> String {
        self.answer.as_ref().unwrap().lines()
    }

    /// Returns the message of the refusal.
    fn refusal(&self) -> String {
        self.answer.as_ref().unwrap_err().message.clone()
    }
}

/// Asks a question `after` seconds from now of a hub that gives this answer.
fn ask(options: &Options, after: u64, answer: Result<Fleet, Error>) -> Outcome {
    ask_context("hub", options, after, answer)
}

fn ask_context(context: &str, options: &Options, after: u64, answer: Result<Fleet, Error>) -> Outcome {
    let (mut findings, mut asked) = (Vec::new(), 0);
    let question = Question {
        options,
        source: Source::ClusterProfile,
        context,
        hub_name: "context \"hub\" (https://hub)".to_owned(),
        key: CacheKey {
            server: "https://hub",
            way: "",
            source: Source::ClusterProfile.as_str(),
            namespace: options.hub_namespace.as_deref(),
            about: "",
        },
        now: SystemTime::now() + Duration::from_secs(after),
    };
    let answer = match question.look_in_cache() {
        CacheLookup::Fresh(fleet) => Ok(fleet),
        CacheLookup::Expired(old) => {
            asked += 1;
            let mut report = |finding: Finding| findings.push(finding.to_string());
            question
                .settle(old, answer, &mut report)
                .map_err(|refusal| refusal.finding)
        }
    };
    Outcome {
        answer,
        findings,
        asked,
    }
}

#[test]
fn fresh_cache_answers_without_the_hub() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    let first = ask(&options, 0, Ok(fleet("a")));
    assert_eq!((first.lines(), first.asked), (fleet("a").lines(), 1));
    assert!(first.findings.is_empty(), "{:?}", first.findings);
    let second = ask(&options, 200, Ok(fleet("b")));
    assert_eq!((second.lines(), second.asked), (fleet("a").lines(), 0));
    let expired = ask(&options, 400, Ok(fleet("b")));
    assert_eq!((expired.lines(), expired.asked), (fleet("b").lines(), 1));
    options.refresh = true;
    let refreshed = ask(&options, 400, Ok(fleet("c")));
    assert_eq!((refreshed.lines(), refreshed.asked), (fleet("c").lines(), 1));
}

#[test]
fn expired_cache_is_used_if_hub_cannot_be_reached() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    let failed = ask(&options, 0, Err(error(Reason::Connect)));
    assert_eq!(
        failed.refusal(),
        "cannot list the fleet from context \"hub\" (https://hub): it said no"
    );
    assert!(failed.answer.unwrap_err().remedy.is_some());

    ask(&options, 0, Ok(fleet("a"))).answer.unwrap();
    for (reason, trouble) in [
        (Reason::Dns, "cannot be reached"),
        (Reason::Timeout, "cannot be reached"),
        (Reason::TooManyRequests, "does not list its fleet now"),
        (Reason::ServerError, "does not list its fleet now"),
    ] {
        let stale = ask(&options, 3 * 3600, Err(error(reason)));
        assert_eq!(stale.lines(), fleet("a").lines());
        assert_eq!(
            stale.findings,
            [format!(
                "Warning: the hub {trouble}, so this is its fleet from 3 hours ago: it said no"
            )]
        );
    }
    for (hours, max_stale, why) in [
        (
            3,
            0,
            "from 3 hours ago, and --no-stale, or --max-stale=0, forbids it)",
        ),
        (3, 2, "from 3 hours ago, and --max-stale allows 2 hours)"),
        (25, 24, "from 25 hours ago, and --max-stale allows 24 hours)"),
    ] {
        options.max_stale = Duration::from_secs(max_stale * 3600);
        let refusal = ask(&options, hours * 3600, Err(error(Reason::Connect))).refusal();
        assert!(refusal.contains(why), "{refusal}");
    }
}

#[test]
fn expired_cache_is_not_used_if_hub_answers_with_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    options.hub_namespace = Some("fleet".into());
    ask(&options, 0, Ok(fleet("a"))).answer.unwrap();
    for reason in [
        Reason::Unauthorized,
        Reason::Protocol,
        Reason::Tls,
        Reason::CredentialPlugin,
    ] {
        let refused = ask(&options, 400, Err(error(reason)));
        assert!(refused.answer.is_err(), "{reason}");
    }
    assert_eq!(
        ask(&options, 400, Err(error(Reason::NotFound))).refusal(),
        "context \"hub\" (https://hub) does not serve ClusterProfile (multicluster.x-k8s.io/v1alpha1), and \
         is taken for the hub because it is the current context: install the Cluster Inventory API there, or name the hub \
         with --hub-context, or with kubectl mc setup, which keeps it; without any hub, --source kubeconfig asks every \
         context"
    );
    let forbidden = ask(&options, 400, Err(error(Reason::Forbidden)));
    assert_eq!(
        forbidden.refusal(),
        "context \"hub\" (https://hub) refuses: it said no"
    );
    assert_eq!(
        forbidden.answer.unwrap_err().remedy.unwrap(),
        "ask for the permission to list clusterprofiles.multicluster.x-k8s.io in its namespace fleet"
    );
    // The connection broke during the answer.
    let broken = Error {
        broken: true,
        ..error(Reason::Protocol)
    };
    assert_eq!(ask(&options, 400, Err(broken)).lines(), fleet("a").lines());
}

#[test]
fn empty_fleet_is_not_cached_and_removes_the_old_one() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    ask(&options, 0, Ok(fleet("a"))).answer.unwrap();
    ask(&options, 400, Ok(Fleet::default())).answer.unwrap();
    let next = ask(&options, 400, Err(error(Reason::Connect)));
    assert_eq!(next.asked, 1);
    next.answer.unwrap_err();
}

#[test]
fn findings_are_cached_with_the_fleet() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    let mut partial = fleet("a");
    partial.findings = vec![Finding::missing("x is left out"), Finding::note("a note")];
    for asked in [1, 0] {
        let outcome = ask(&options, 0, Ok(partial.clone()));
        assert_eq!((outcome.answer.unwrap(), outcome.asked), (partial.clone(), asked));
    }
}

#[test]
fn renamed_context_of_the_hub_is_named_in_cached_records() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    ask(&options, 0, Ok(fleet("a"))).answer.unwrap();
    let outcome = ask_context("renamed", &options, 0, Ok(fleet("b")));
    assert_eq!(outcome.asked, 0);
    assert_eq!(
        outcome.lines(),
        fleet("a").lines().replace(r#""hub":"hub""#, r#""hub":"renamed""#)
    );
}

#[test]
fn unwritable_cache_is_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let outcome = ask(&options(&file), 0, Ok(fleet("a")));
    assert_eq!(outcome.lines(), fleet("a").lines());
    assert_eq!(outcome.findings.len(), 1, "{:?}", outcome.findings);
    let start = "Warning: the fleet cannot be cached in ";
    assert!(outcome.findings[0].starts_with(start), "{:?}", outcome.findings);
}
