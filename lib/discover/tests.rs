#![allow(clippy::unwrap_used)]

use super::cache::{self, Key};
use super::gathering::Fleet;
use super::selection::Filter;
use super::{Ask, Files, Known, Limits, Options, Selection, Wanted, deliver, run};
use crate::config::{ClusterMapping, Concurrency, Source};
use crate::connect::Error;
use crate::exit::{Fatal, Status};
use crate::kubeconfig::Kubeconfig;
use crate::record::Reason;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

fn options(cache: &Path) -> Options {
    Options {
        hubs: Vec::new(),
        sources: vec![Source::ClusterProfile],
        hub_namespace: None,
        placement: None,
        contexts: Vec::new(),
        region: None,
        refresh: false,
        max_stale: Duration::from_secs(24 * 3600),
        cache_ttl: Duration::from_secs(300),
        cache_dir: cache.to_owned(),
        keep: true,
        limits: Limits {
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            total_timeout: None,
            concurrency: Concurrency::default(),
            login_timeout: crate::config::LOGIN_TIMEOUT,
        },
        selection: Selection::default(),
        skip_unhealthy: false,
    }
}

fn fleet(name: &str) -> Fleet {
    Fleet {
        hub: "hub".into(),
        lines: format!(
            "{{\"kind\":\"Cluster\",\"cluster\":\"{name}\",\"hub\":\"hub\",\"health\":\"Unknown\"}}\n"
        ),
        count: 1,
        ..Fleet::default()
    }
}

fn error(reason: Reason) -> Error {
    Error::new(reason, "it said no")
}

/// What a run came to: stdout, complaints, how often the hub was asked.
struct Ran {
    outcome: Result<Status, Fatal>,
    output: String,
    complaints: String,
    asked: usize,
}

/// A run `after` seconds from now, on a hub that answers as told.
fn play(options: &Options, after: u64, answer: Result<Fleet, Error>) -> Ran {
    play_as("hub", options, after, answer)
}

fn play_as(context: &str, options: &Options, after: u64, answer: Result<Fleet, Error>) -> Ran {
    let (mut output, mut complaints, mut asked, mut stale) = (Vec::new(), String::new(), 0, false);
    let mut complain = |line: &str| complaints.push_str(&format!("{line}\n"));
    let ask = Ask {
        options,
        source: Source::ClusterProfile,
        context,
        hub: "context \"hub\" (https://hub)",
        key: Key {
            server: "https://hub",
            way: "",
            source: Source::ClusterProfile.as_str(),
            namespace: options.hub_namespace.as_deref(),
            about: "",
        },
        now: SystemTime::now() + Duration::from_secs(after),
    };
    let outcome = Filter::new(&options.selection).and_then(|filter| {
        let fleet = match ask.known() {
            Known::Fresh(fleet) => fleet,
            Known::Old(old) => {
                asked += 1;
                let settled = ask.settle(old, answer, &mut complain);
                let settled = settled.map_err(|refusal| refusal.fatal)?;
                stale = settled.is_stale;
                settled.fleet
            }
        };
        deliver(options, &fleet, &filter, &mut output, &mut complain)
    });
    let outcome = outcome.map(|status| {
        if stale {
            status.join(Status::Partial)
        } else {
            status
        }
    });
    let output = String::from_utf8(output).unwrap();
    Ran {
        outcome,
        output,
        complaints,
        asked,
    }
}

#[test]
fn a_fresh_cache_is_not_asked_again() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    let first = play(&options, 0, Ok(fleet("a")));
    assert_eq!((first.outcome.unwrap(), first.asked), (Status::Complete, 1));
    assert_eq!(first.output, fleet("a").lines);
    assert_eq!(first.complaints, "");
    let second = play(&options, 200, Ok(fleet("b")));
    assert_eq!((second.output, second.asked), (fleet("a").lines, 0));
    let expired = play(&options, 400, Ok(fleet("b")));
    assert_eq!((expired.output, expired.asked), (fleet("b").lines, 1));
    options.refresh = true;
    let refreshed = play(&options, 400, Ok(fleet("c")));
    assert_eq!((refreshed.output, refreshed.asked), (fleet("c").lines, 1));
}

#[test]
fn a_hub_that_cannot_be_reached_leaves_the_cache() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    let failed = play(&options, 0, Err(error(Reason::Connect)))
        .outcome
        .unwrap_err();
    assert_eq!(failed.status, Status::Failed);
    let start = "cannot list the fleet from context \"hub\" (https://hub): it said no\n";
    assert!(failed.message.starts_with(start), "{}", failed.message);

    play(&options, 0, Ok(fleet("a"))).outcome.unwrap();
    for (reason, trouble) in [
        (Reason::Dns, "cannot be reached"),
        (Reason::Timeout, "cannot be reached"),
        (Reason::TooManyRequests, "does not list its fleet now"),
        (Reason::ServerError, "does not list its fleet now"),
    ] {
        let stale = play(&options, 3 * 3600, Err(error(reason)));
        assert_eq!(stale.outcome.unwrap(), Status::Partial);
        assert_eq!(stale.output, fleet("a").lines);
        assert_eq!(
            stale.complaints,
            format!("warning: the hub {trouble}, so this is its fleet from 3 hours ago: it said no\n")
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
        let forbidden = play(&options, hours * 3600, Err(error(Reason::Connect)));
        let fatal = forbidden.outcome.unwrap_err();
        assert_eq!(fatal.status, Status::Failed);
        assert!(fatal.message.contains(why), "{}", fatal.message);
        assert_eq!(forbidden.output, "");
    }
}

#[test]
fn a_hub_that_answers_otherwise_is_not_covered_by_the_cache() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    play(&options, 0, Ok(fleet("a"))).outcome.unwrap();
    for reason in [
        Reason::Unauthorized,
        Reason::Protocol,
        Reason::Tls,
        Reason::CredentialPlugin,
    ] {
        let refused = play(&options, 400, Err(error(reason)));
        let fatal = refused.outcome.unwrap_err();
        assert_eq!(
            (fatal.status, refused.output.as_str()),
            (Status::Failed, ""),
            "{reason}"
        );
    }
    // It broke off while it answered.
    let broken = Error {
        broken: true,
        ..error(Reason::Protocol)
    };
    assert_eq!(play(&options, 400, Err(broken)).output, fleet("a").lines);
}

#[test]
fn an_empty_fleet_is_not_cached_and_takes_the_old_one_with_it() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    play(&options, 0, Ok(fleet("a"))).outcome.unwrap();
    play(&options, 400, Ok(Fleet::default())).outcome.unwrap();
    let next = play(&options, 400, Err(error(Reason::Connect)));
    assert_eq!((next.output.as_str(), next.asked), ("", 1));
    next.outcome.unwrap_err();
}

#[test]
fn a_hub_that_refuses_is_not_covered_by_the_cache() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    options.hub_namespace = Some("fleet".into());
    play(&options, 0, Ok(fleet("a"))).outcome.unwrap();
    let message = play(&options, 400, Err(error(Reason::NotFound)))
        .outcome
        .unwrap_err()
        .message;
    assert_eq!(
        message,
        "context \"hub\" (https://hub) does not serve ClusterProfile (multicluster.x-k8s.io/v1alpha1): install \
         the Cluster Inventory API there, or name the hub with --hub-context; without any hub, --source \
         kubeconfig asks every context"
    );
    let message = play(&options, 400, Err(error(Reason::Forbidden)))
        .outcome
        .unwrap_err()
        .message;
    assert_eq!(
        message,
        "context \"hub\" (https://hub) refuses: it said no\nask for the permission to list \
         clusterprofiles.multicluster.x-k8s.io in its namespace fleet"
    );
}

#[test]
fn what_was_left_out_is_said_from_the_cache_too() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    let mut partial = fleet("a");
    partial.problems = vec!["x is left out".into()];
    partial.notes = vec!["listed as a".into()];
    for asked in [1, 0] {
        let ran = play(&options, 0, Ok(partial.clone()));
        assert_eq!((ran.outcome.unwrap(), ran.asked), (Status::Partial, asked));
        assert_eq!(ran.complaints, "warning: listed as a\nx is left out\n");
    }
    let nothing = Fleet {
        lines: String::new(),
        count: 0,
        ..partial
    };
    let ran = play(&options, 400, Ok(nothing));
    assert_eq!(ran.outcome.unwrap(), Status::Failed);
}

#[test]
fn a_hub_that_lists_nothing_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let (address, server) = serve(vec![(
        200,
        r#"{"kind":"ClusterProfileList","items":null}"#.into(),
    )]);
    let (outcome, output, complaints) = run_on(&options(dir.path()), &address);
    let fatal = outcome.unwrap_err();
    assert_eq!((fatal.status, output.as_str()), (Status::Failed, ""));
    assert_eq!(
        fatal.message,
        format!("context \"hub\" ({address}) lists no clusters")
    );
    assert!(complaints.is_empty(), "{complaints:?}");
    server.join().unwrap();
}

#[test]
fn a_context_by_another_name_is_named_in_the_records() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    play(&options, 0, Ok(fleet("a"))).outcome.unwrap();
    let ran = play_as("renamed", &options, 0, Ok(fleet("b")));
    assert_eq!(ran.asked, 0);
    assert_eq!(
        ran.output,
        fleet("a").lines.replace(r#""hub":"hub""#, r#""hub":"renamed""#)
    );
}

#[test]
fn the_cache_holds_the_fleet_and_not_the_selection() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    let mut two = fleet("a");
    two.lines.push_str(&fleet("b").lines);
    two.count = 2;
    options.selection.clusters = vec!["b".into()];
    assert_eq!(play(&options, 0, Ok(two.clone())).output, fleet("b").lines);
    options.selection.clusters = vec!["a".into()];
    assert_eq!(play(&options, 0, Ok(fleet("x"))).output, fleet("a").lines);
    options.selection.clusters.clear();
    assert_eq!(play(&options, 0, Ok(fleet("x"))).output, two.lines);
}

#[test]
fn a_cache_that_cannot_be_written_costs_a_warning() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let ran = play(&options(&file), 0, Ok(fleet("a")));
    assert_eq!(
        (ran.outcome.unwrap(), ran.output),
        (Status::Complete, fleet("a").lines)
    );
    assert!(
        ran.complaints
            .starts_with("warning: the fleet cannot be cached in "),
        "{}",
        ran.complaints
    );
    assert_eq!(ran.complaints.lines().count(), 1);
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    struct Gone;
    impl std::io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    let filter = Filter::new(&options.selection).unwrap();
    let error = deliver(&options, &fleet("a"), &filter, &mut Gone, &mut |_| ()).unwrap_err();
    assert_eq!((error.status, error.message.as_str()), (Status::Complete, ""));
}

#[test]
fn what_cannot_be_asked_is_refused_before_anything_is_looked_up() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    for name in ["a/../b", "A", "a b", "-a", &"a".repeat(64)] {
        options.hub_namespace = Some(name.to_owned());
        assert_eq!(
            Wanted::check(&options).unwrap_err().status,
            Status::Usage,
            "{name}"
        );
    }
    options.hub_namespace = Some(String::new());
    assert_eq!(Wanted::check(&options).unwrap().namespace, None);
    options.placement = Some("web".into());
    assert_eq!(Wanted::check(&options).unwrap_err().status, Status::Usage);
    options.sources = vec![Source::Inventory];
    assert!(Wanted::check(&options).unwrap().placement.is_some());
    for text in ["a/", "/b", "A/b"] {
        options.placement = Some(text.into());
        assert_eq!(
            Wanted::check(&options).unwrap_err().status,
            Status::Usage,
            "{text}"
        );
    }
}

#[test]
fn no_hub_says_the_three_places_that_name_one() {
    let dir = tempfile::tempdir().unwrap();
    let message = |text: &str| {
        let kubeconfig = Kubeconfig::from_text(text, Path::new("/k")).unwrap();
        let outcome = run_in(&options(dir.path()), &kubeconfig, &mut Vec::new(), &mut |_| ());
        let error = outcome.unwrap_err();
        assert_eq!(error.status, Status::Failed);
        error.message
    };
    let unnamed = message("contexts: [{name: a, context: {cluster: b}}]\n");
    for place in [
        "--hub-context",
        "hubContext",
        "kubectl config use-context",
        "--source kubeconfig",
    ] {
        assert!(unnamed.contains(place), "{unnamed}");
    }
    assert_eq!(
        message(""),
        "no hub: there are no contexts in the kubeconfig (/k): set KUBECONFIG or --kubeconfig"
    );
}

/// A run with this kubeconfig and nothing else.
fn run_in(
    options: &Options,
    kubeconfig: &Kubeconfig,
    output: &mut Vec<u8>,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let files = Files {
        kubeconfig,
        mapping: &ClusterMapping::default(),
    };
    run(options, files, std::io::empty(), output, complain)
}

/// A kubeconfig with a context `hub` for this server.
fn kubeconfig(server: &str) -> Kubeconfig {
    let text = format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: hub\n\
         contexts: [{{name: hub, context: {{cluster: hub, user: me}}}}]\n\
         clusters: [{{name: hub, cluster: {{server: \"{server}\"}}}}]\n\
         users: [{{name: me, user: {{exec: {{apiVersion: client.authentication.k8s.io/v1, \
         command: /is/not/there, interactiveMode: Never}}}}}}]\n"
    );
    Kubeconfig::from_text(&text, Path::new("config")).unwrap()
}

/// What `run` came to: status, stdout, complaints.
fn run_on(options: &Options, server: &str) -> (Result<Status, Fatal>, String, Vec<String>) {
    let (mut output, mut complaints) = (Vec::new(), Vec::new());
    let mut complain = |line: &str| complaints.push(line.to_owned());
    let outcome = run_in(options, &kubeconfig(server), &mut output, &mut complain);
    (outcome, String::from_utf8(output).unwrap(), complaints)
}

#[test]
fn a_fresh_cache_needs_a_kubeconfig_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let options = options(dir.path());
    let kubeconfig = kubeconfig("https://127.0.0.1:1/");
    let hub = super::hub::Hub::find(None, &kubeconfig).unwrap();
    let key = Key {
        server: "https://127.0.0.1:1",
        way: hub.way(),
        source: "clusterprofile",
        namespace: None,
        about: "",
    };
    cache::write(dir.path(), key, &fleet("a"), SystemTime::now()).unwrap();
    let (outcome, output, complaints) = run_on(&options, "https://127.0.0.1:1/");
    assert_eq!(outcome.unwrap(), Status::Complete);
    assert_eq!(output, fleet("a").lines);
    assert!(complaints.is_empty(), "{complaints:?}");
}

/// Answers each request with the next of these (status, body), then is gone. Gives its address and, at
/// its end, the paths that it was asked for.
fn serve(answers: Vec<(u16, String)>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let mut paths = Vec::new();
        for (status, body) in answers {
            let (stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(&stream);
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            paths.push(line.split(' ').nth(1).unwrap_or_default().to_owned());
            while line.trim_end() != "" {
                line.clear();
                reader.read_line(&mut line).unwrap();
            }
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} -\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
                 Connection: close\r\n\r\n"
            );
            (&stream).write_all((head + &body).as_bytes()).unwrap();
        }
        paths
    });
    (address, server)
}

fn list(name: &str, token: &str) -> String {
    format!(
        r#"{{"kind":"ClusterProfileList","metadata":{{"continue":"{token}"}},"items":[{{"metadata":{{"name":"{name}"}}}}]}}"#
    )
}

fn status(code: u16, reason: &str) -> String {
    format!(
        r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no","reason":"{reason}","code":{code}}}"#
    )
}

#[test]
fn a_hub_is_asked_in_chunks_and_again_when_it_forgets() {
    let dir = tempfile::tempdir().unwrap();
    let mut options = options(dir.path());
    options.hub_namespace = Some("fleet".into());
    let (address, server) = serve(vec![
        (200, list("old", "t")),
        (410, status(410, "Expired")),
        (200, list("new", "")),
    ]);
    let (outcome, output, complaints) = run_on(&options, &address);
    assert_eq!(outcome.unwrap(), Status::Complete, "{complaints:?}");
    let new =
        r#"{"kind":"Cluster","cluster":"new","hub":"hub","source":"clusterprofile","health":"Unknown"}"#;
    assert_eq!(output, format!("{new}\n"));
    assert!(complaints.is_empty(), "{complaints:?}");
    let path = "/apis/multicluster.x-k8s.io/v1alpha1/namespaces/fleet/clusterprofiles";
    let paths = [
        format!("{path}?limit=500"),
        format!("{path}?limit=500&continue=t"),
        path.to_owned(),
    ];
    assert_eq!(server.join().unwrap(), paths);

    // The server is gone: the fresh cache does not need it, and an expired one stands in for it.
    assert_eq!(run_on(&options, &address).1, output);
    options.refresh = true;
    let (outcome, stale, complaints) = run_on(&options, &address);
    assert_eq!((outcome.unwrap(), stale), (Status::Partial, output));
    let start = "warning: the hub cannot be reached, so this is its fleet from ";
    assert!(complaints[0].starts_with(start), "{complaints:?}");
}

#[test]
fn a_hub_says_what_it_lacks() {
    let dir = tempfile::tempdir().unwrap();
    for (code, reason, expected) in [
        (
            404,
            "NotFound",
            "does not serve ClusterProfile (multicluster.x-k8s.io/v1alpha1)",
        ),
        (
            403,
            "Forbidden",
            "ask for the permission to list clusterprofiles.multicluster.x-k8s.io in all",
        ),
    ] {
        let (address, server) = serve(vec![(code, status(code, reason))]);
        let message = run_on(&options(dir.path()), &address).0.unwrap_err().message;
        assert!(
            message.contains(expected) && message.contains(&address),
            "{message}"
        );
        server.join().unwrap();
    }
}
