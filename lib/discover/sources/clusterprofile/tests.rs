#![allow(clippy::unwrap_used, clippy::panic)]

use super::{Pages, Profiles};
use crate::config::Source;
use crate::connect::Error;
use crate::discover::fleet::Fleet;
use crate::discover::paged_list;
use crate::discover::sources::hub_api::HubScope;
use crate::record::{Cluster, Health, Reason};
use proptest::prelude::*;

const OCM: &str = include_str!("../../../../tests/data/clusterprofiles/ocm.json");
const GKE: &str = include_str!("../../../../tests/data/clusterprofiles/gke-fleet.json");
const KUBEFLEET: &str = include_str!("../../../../tests/data/clusterprofiles/kubefleet.json");
const SKETCHES: &str = include_str!("../../../../tests/data/clusterprofiles/sketches.json");
const MALFORMED: &str = include_str!("../../../../tests/data/clusterprofiles/malformed.json");

/// Returns a reader that has read nothing yet.
fn profiles() -> Profiles<'static> {
    Profiles::new("hub", Source::ClusterProfile)
}

fn read_page(body: &[u8], profiles: &mut Profiles<'_>) -> Result<String, Error> {
    paged_list::read_page(body, profiles, &mut 0)
}

/// Returns the fleet of a hub with these lists.
fn fleet(lists: &[&str]) -> Fleet {
    let mut profiles = profiles();
    for list in lists {
        read_page(list.as_bytes(), &mut profiles).unwrap();
    }
    profiles.gathering.finish("hub")
}

fn list(pages: &mut Script, hub: &str, namespace: Option<&str>) -> Result<Fleet, Error> {
    let scope = HubScope {
        hub,
        namespace,
        placement: None,
    };
    futures_util::FutureExt::now_or_never(super::list(pages, scope)).unwrap()
}

fn providers<'a>(cluster: &Cluster<'a>) -> &'a str {
    cluster
        .access_providers
        .map(serde_json::value::RawValue::get)
        .unwrap_or_default()
}

#[test]
fn profiles_of_one_cluster_in_several_namespaces_are_one_member() {
    let fleet = fleet(&[OCM]);
    assert!(
        fleet.missing().is_empty() && fleet.notes().is_empty(),
        "{fleet:?}"
    );
    assert_eq!((fleet.members.len(), fleet.hub.as_str()), (2, "hub"));
    let clusters = fleet.clusters();
    let prod = &clusters[0];
    assert_eq!(prod.cluster, "prod-eu");
    assert_eq!(prod.namespace.as_deref(), Some("team-a"));
    assert_eq!(prod.hub.as_deref(), Some("hub"));
    assert_eq!(prod.source.as_deref(), Some("clusterprofile"));
    assert_eq!(prod.health, Health::Healthy);
    assert_eq!(prod.health_reason, None);
    assert_eq!(prod.version.as_deref(), Some("v1.36.1"));
    assert_eq!(prod.labels["multicluster.x-k8s.io/clusterset"], "prod");
    assert_eq!(prod.properties["platform.open-cluster-management.io"], "AWS");
    assert!(providers(prod).starts_with(r#"[{"name":"open-cluster-management","cluster":{"server":"#));
    let staging = &clusters[1];
    assert_eq!(staging.health, Health::Unhealthy);
    let reason = "ManagedClusterLeaseUpdateStopped: Registration agent stopped updating its lease.";
    assert_eq!(staging.health_reason.as_deref(), Some(reason));
    assert_eq!((staging.version.as_deref(), providers(staging)), (None, ""));
}

#[test]
fn access_providers_take_precedence_and_are_kept_as_published() {
    let fleet = fleet(&[GKE]);
    let clusters = fleet.clusters();
    let published = providers(&clusters[0]);
    assert_eq!(published.matches(r#""name":"google""#).count(), 1);
    assert!(published.contains(r#""n":12345678901234567890"#), "{published}");
}

#[test]
fn kubefleet_profile_has_properties_that_labels_cannot_have() {
    let fleet = fleet(&[KUBEFLEET]);
    let clusters = fleet.clusters();
    let member = &clusters[0];
    assert_eq!(member.health, Health::Unknown);
    let reason = "MemberClusterAgentHeartbeatLost: no heartbeat for 5 minutes";
    assert_eq!(member.health_reason.as_deref(), Some(reason));
    assert_eq!(
        member.properties["kubernetes.azure.com/skus/Standard_D4 count"],
        "4"
    );
    assert!(providers(member).contains("TFMwdExTMUNSVWRKVGc9PQ=="));
}

#[test]
fn sketches_of_the_api_and_null_fields_are_read() {
    let fleet = fleet(&[SKETCHES]);
    assert!(fleet.missing().is_empty(), "{:?}", fleet.missing());
    assert_eq!(fleet.names(), ["bare", "edge-7", "nulls"]);
    let clusters = fleet.clusters();
    let edge = &clusters[1];
    assert_eq!(edge.properties["cloud.provider"], "aws");
    assert_eq!(edge.properties["region"], "eu-central-1");
    assert_eq!(edge.properties["nodes"], "7");
    assert_eq!(edge.properties["spot"], "true");
    assert_eq!(edge.properties["tags"], r#"{"a":[1,2]}"#);
    assert_eq!(edge.properties.len(), 5);
    assert_eq!(edge.version.as_deref(), Some("v1.34.0"));
    assert_eq!(edge.health, Health::Unhealthy);
    assert_eq!(edge.health_reason.as_deref(), Some("node pressure"));
    assert_eq!(clusters[0].health, Health::Unknown);
    assert_eq!(clusters[2].labels["tier"], "3");
    assert_eq!(clusters[2].labels.len(), 1);
}

#[test]
fn malformed_or_hostile_profile_is_reported_and_the_others_listed() {
    let fleet = fleet(&[MALFORMED]);
    assert_eq!(fleet.names(), ["good"]);
    assert_eq!(fleet.members.len(), 1);
    assert_eq!(
        providers(&fleet.clusters()[0]),
        r#"[{"name":"p",   "cluster":{"server":"https://x"}}]"#
    );
    assert_eq!(
        fleet.notes(),
        [r#"ClusterProfile "a/good": an access provider without a name is left out"#]
    );
    let starts = [
        "item 0 of the hub's list is left out: it has no name",
        "ClusterProfile \"a/7\" is left out: invalid type: integer `7`, expected a string",
        "item 2 of the hub's list is left out: invalid type: string",
        "item 3 of the hub's list is left out: invalid type: null",
        "ClusterProfile \"a/typed\" is left out: invalid type: string \"none\", expected a sequence",
        "ClusterProfile \"a/../../etc\" is left out: its cluster's name \"../../etc\" is refused: it has the form",
        "ClusterProfile \"a/a/b\" is left out: its cluster's name \"a/b\" is refused: it has the form of a path",
        "ClusterProfile \"a/two\\nlines\" is left out: its cluster's name \"two\\nlines\" is refused: it has control",
        "ClusterProfile \"a/^[[2Jred\" is left out: its cluster's name \"^[[2Jred\" is refused: it has control",
        "ClusterProfile \"a/{\"kind\":\"Row\"}\" is left out: its cluster's name \"{\"kind\":\"Row\"}\" is refused",
        "ClusterProfile \"a/--help\" is left out: its cluster's name \"--help\" is refused: it has the form of a flag",
        "ClusterProfile \"a/ blank\" is left out: its cluster's name \" blank\" is refused: it starts or ends",
    ];
    assert_eq!(fleet.missing().len(), starts.len(), "{:#?}", fleet.missing());
    for (problem, start) in fleet.missing().iter().zip(starts) {
        assert!(problem.starts_with(start), "{problem}");
        assert!(!problem.contains(char::is_control), "{problem}");
    }
}

#[test]
fn clusters_of_one_name_and_two_managers_are_listed_as_name_at_manager() {
    for lists in [[OCM, GKE], [GKE, OCM]] {
        let fleet = fleet(&lists);
        assert_eq!(
            fleet.names(),
            ["prod-eu@gke-fleet", "prod-eu@open-cluster-management", "staging"]
        );
        assert_eq!(
            fleet.notes(),
            [
                "several cluster managers have a cluster \"prod-eu\": listed as prod-eu@gke-fleet, \
              prod-eu@open-cluster-management"
            ]
        );
        assert!(fleet.missing().is_empty());
    }
}

#[test]
fn manager_cannot_take_the_name_of_another_cluster() {
    let item = |name: &str, manager: &str| {
        format!(r#"{{"metadata":{{"name":"{name}"}},"spec":{{"clusterManager":{{"name":"{manager}"}}}}}}"#)
    };
    let items = [
        item("a", "m"),
        item("a", "../x"),
        item("a", "n"),
        item("a@n", "n"),
        item("a", ""),
    ];
    let fleet = fleet(&[&format!(r#"{{"items":[{}]}}"#, items.join(","))]);
    assert_eq!(fleet.names(), ["a", "a@m", "a@n"]);
    assert_eq!(fleet.missing().len(), 2, "{:?}", fleet.missing());
}

/// Returns a ClusterProfile `prod` in a namespace.
fn profile(namespace: &str, created: &str, manager: &str, status: &str) -> String {
    format!(
        r#"{{"metadata":{{"name":"prod","namespace":"{namespace}","creationTimestamp":"{created}"}},"spec":{{"clusterManager":{{"name":"{manager}"}}}},"status":{{{status}}}}}"#
    )
}

/// Returns an access provider with a server.
fn at(server: &str) -> String {
    format!(r#""accessProviders":[{{"name":"eks","cluster":{{"server":"{server}"}}}}]"#)
}

fn fleet_of(items: &[String]) -> Fleet {
    fleet(&[&format!(r#"{{"items":[{}]}}"#, items.join(","))])
}

#[test]
fn older_profile_of_a_cluster_wins() {
    let seen = r#""properties":[{"name":"p","value":"v","lastObservedTime":"2030-01-01T00:00:00Z"}]"#;
    let healthy = r#""conditions":[{"type":"ControlPlaneHealthy","status":"True"}]"#;
    let first = |items: &[String]| {
        let fleet = fleet_of(items);
        assert_eq!((fleet.members.len(), fleet.notes().len()), (1, 0), "{fleet:?}");
        let clusters = fleet.clusters();
        (
            clusters[0].namespace.as_ref().unwrap().to_string(),
            clusters[0].health,
        )
    };
    let real = |status: &str| profile("real", "2026-01-01T00:00:00Z", "m", status);
    let late = |status: &str| profile("a", "2026-02-01T00:00:00Z", "m", status);
    // Neither the observed time in its status nor the name of its namespace matters.
    assert_eq!(first(&[late(seen), real("")]).0, "real");
    assert_eq!(first(&[real(""), late(seen)]).0, "real");
    // If the oldest has no health, that of another is used.
    assert_eq!(
        first(&[real(""), late(healthy)]),
        ("real".into(), Health::Healthy)
    );
    // If they are of the same age, the first namespace wins.
    let same = |namespace: &str| profile(namespace, "2026-01-01T00:00:00Z", "m", "");
    assert_eq!(first(&[same("c"), same("b"), same("d")]).0, "b");
}

#[test]
fn profiles_that_publish_different_access_are_not_used() {
    let real = |status: &str| profile("real", "2026-01-01T00:00:00Z", "m", status);
    let evil = |status: &str| profile("evil", "2026-02-01T00:00:00Z", "m", status);
    let command = |args: &str| {
        format!(
            r#"{},"properties":[{{"name":"auth.exec.command","value":"aws"}},{{"name":"auth.exec.args","value":"{args}"}},{{"name":"env","value":"prod"}}]"#,
            at("https://real")
        )
    };
    for (real, evil) in [
        // Another server, access that the real one does not publish, no access although it does, other arguments.
        (real(&at("https://real")), evil(&at("https://evil"))),
        (real(""), evil(&at("https://evil"))),
        (real(&at("https://real")), evil("")),
        (
            real(&command("eks,get-token")),
            evil(&command("eks,get-token,--x")),
        ),
    ] {
        for items in [[real.clone(), evil.clone()], [evil.clone(), real.clone()]] {
            let fleet = fleet_of(&items);
            let clusters = fleet.clusters();
            let [prod] = clusters.as_slice() else {
                panic!("{fleet:?}")
            };
            assert_eq!((providers(prod), prod.namespace.as_deref()), ("", Some("real")));
            assert_eq!(prod.ambiguous, ["evil/prod", "real/prod"]);
            assert!(prod.properties.keys().all(|name| *name == "env"), "{prod:?}");
            let notes = fleet.notes();
            let [note] = notes.as_slice() else {
                panic!("{fleet:?}")
            };
            assert!(
                note.contains(r#""evil/prod" ("#)
                    && note.contains(r#""real/prod" ("#)
                    && note.contains("--hub-namespace"),
                "{note}"
            );
        }
    }
    // The same providers in another order are the same access.
    let two = |first: &str, second: &str| {
        let provider = |name: &str| format!(r#"{{"name":"{name}","cluster":{{"server":"https://real"}}}}"#);
        format!(r#""accessProviders":[{},{}]"#, provider(first), provider(second))
    };
    let fleet = fleet_of(&[real(&two("eks", "x")), evil(&two("x", "eks"))]);
    assert!(fleet.notes().is_empty() && providers(&fleet.clusters()[0]).contains("https://real"));
}

#[test]
fn profile_without_manager_gives_no_access_to_managed_cluster_of_its_name() {
    let real = profile("real", "2026-01-01T00:00:00Z", "m", &at("https://real"));
    let evil = profile("evil", "2026-02-01T00:00:00Z", "", &at("https://evil"));
    let fleet = fleet_of(&[real, evil]);
    let clusters = fleet.clusters();
    assert_eq!(fleet.names(), ["prod", "prod@m"]);
    assert_eq!((providers(&clusters[0]), clusters[0].ambiguous.len()), ("", 2));
    assert!(providers(&clusters[1]).contains("https://real"));
}

/// A hub that gives prepared answers and records the requests.
#[derive(Default)]
struct Script {
    answers: Vec<Result<Vec<u8>, Error>>,
    asked: Vec<(String, usize)>,
}

impl Script {
    fn new(answers: impl IntoIterator<Item = Result<Vec<u8>, Error>>) -> Self {
        let mut answers: Vec<_> = answers.into_iter().collect();
        answers.reverse();
        Self {
            answers,
            asked: Vec::new(),
        }
    }

    fn paths(&self) -> Vec<&str> {
        self.asked.iter().map(|(path, _)| path.as_str()).collect()
    }
}

impl Pages for Script {
    async fn page(&mut self, path_and_query: &str, limit: usize) -> Result<Vec<u8>, Error> {
        self.asked.push((path_and_query.to_owned(), limit));
        self.answers
            .pop()
            .unwrap_or_else(|| panic!("asked once too often: {path_and_query}"))
    }
}

fn page(names: &[&str], token: &str) -> Result<Vec<u8>, Error> {
    let items: Vec<String> = names
        .iter()
        .map(|name| format!(r#"{{"metadata":{{"name":"{name}","namespace":"n"}}}}"#))
        .collect();
    let items = items.join(",");
    let body =
        format!(r#"{{"kind":"ClusterProfileList","metadata":{{"continue":"{token}"}},"items":[{items}]}}"#);
    Ok(body.into_bytes())
}

fn expired() -> Error {
    let mut error = Error::new(Reason::BadRequest, "too old");
    error.status = Some(410);
    error
}

#[test]
fn list_is_read_in_chunks() {
    let mut hub = Script::new([page(&["b"], "t/1+="), page(&["a", "c"], "")]);
    let fleet = list(&mut hub, "hub", Some("n")).unwrap();
    assert_eq!(fleet.names(), ["a", "b", "c"]);
    let path = "/apis/multicluster.x-k8s.io/v1alpha1/namespaces/n/clusterprofiles?limit=500";
    assert_eq!(
        hub.paths(),
        [path.to_owned(), format!("{path}&continue=t%2F1%2B%3D")]
    );
}

#[test]
fn expired_continue_token_lists_everything_again() {
    let mut hub = Script::new([page(&["gone", "a"], "t"), Err(expired()), page(&["a", "b"], "")]);
    let fleet = list(&mut hub, "hub", None).unwrap();
    assert_eq!(fleet.names(), ["a", "b"]);
    let path = "/apis/multicluster.x-k8s.io/v1alpha1/clusterprofiles";
    assert_eq!(hub.paths()[2], path);
}

#[test]
fn list_that_repeats_a_chunk_is_an_error() {
    let mut hub = Script::new([page(&[], "t"), page(&[], "t")]);
    let error = list(&mut hub, "hub", None).unwrap_err();
    assert_eq!(error.reason, Reason::Protocol);
    let mut hub = Script::new([Err(expired())]);
    assert_eq!(list(&mut hub, "hub", None).unwrap_err().status, Some(410));
    let mut hub = Script::new([page(&[], "t"), Err(expired()), Err(expired())]);
    assert_eq!(list(&mut hub, "hub", None).unwrap_err().status, Some(410));
}

#[test]
fn error_of_the_hub_is_returned() {
    let error = Error::new(Reason::Forbidden, "no");
    let mut hub = Script::new([page(&["a"], "t"), Err(error)]);
    assert_eq!(list(&mut hub, "hub", None).unwrap_err().reason, Reason::Forbidden);
}

#[test]
fn answer_that_is_not_a_list_is_an_error() {
    for body in [
        "",
        "<html>",
        "{}",
        "[]",
        "null",
        r#"{"items":{}}"#,
        r#"{"items":[1"#,
        r#"{"kind":"PodList"}"#,
    ] {
        let mut hub = Script::new([Ok(body.into())]);
        let error = list(&mut hub, "hub", None).unwrap_err();
        assert_eq!(error.reason, Reason::Protocol, "{body}");
        assert!(
            error
                .message
                .starts_with("the answer is not a list of ClusterProfiles: "),
            "{}",
            error.message
        );
    }
    for body in [
        r#"{"items":[]}"#,
        r#"{"kind":"ClusterProfileList","items":null}"#,
        r#"{"kind":"ClusterProfileList"}"#,
    ] {
        let mut hub = Script::new([Ok(body.into())]);
        assert_eq!(list(&mut hub, "hub", None).unwrap().members.len(), 0, "{body}");
    }
}

#[test]
fn list_and_findings_are_limited() {
    let junk = format!(r#"{{"items":[{}0]}}"#, "0,".repeat(100_000));
    let fleet = fleet(&[&junk]);
    assert_eq!(fleet.missing().len(), 21);
    assert_eq!(fleet.missing()[20], "and 99981 more like these");

    let names: Vec<String> = (0..=100_000)
        .map(|n| format!(r#"{{"metadata":{{"name":"c{n}"}}}}"#))
        .collect();
    let body = format!(r#"{{"items":[{}]}}"#, names.join(","));
    let mut hub = Script::new([Ok(body.into_bytes())]);
    let error = list(&mut hub, "hub", None).unwrap_err();
    assert!(
        error.message.ends_with("it lists more than 100000 clusters"),
        "{}",
        error.message
    );

    let text = format!(
        r#"{{"items":[{{"metadata":{{"name":"a","labels":"{}"}}}}]}}"#,
        "x".repeat(3 << 20)
    );
    assert_eq!(self::fleet(&[&text]).missing()[0].chars().count(), 2003);

    let large = format!(
        r#"{{"items":[{{"metadata":{{"name":"{}"}}}}]}}"#,
        "x".repeat(5 << 20)
    );
    let mut profiles = profiles();
    read_page(large.as_bytes(), &mut profiles).unwrap();
    assert_eq!(
        profiles.gathering.finish("hub").missing(),
        ["item 0 of the hub's list is left out: it is larger than 4 MiB"]
    );
}

#[test]
fn invalid_utf8_affects_its_own_item_only() {
    let mut body = br#"{"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b","labels":{"x":""#.to_vec();
    body.push(0xff);
    body.extend_from_slice(br#""}}}]}"#);
    let mut profiles = profiles();
    read_page(&body, &mut profiles).unwrap();
    assert_eq!(profiles.gathering.finish("hub").names(), ["a", "b"]);
}

proptest! {
    #[test]
    fn listed_name_is_one_line_and_reads_back(name in "\\PC{0,20}|[a-z.{\"\\n/\u{1b}-]{0,12}") {
        let name_json = serde_json::to_string(&name).unwrap();
        let body = format!(r#"{{"items":[{{"metadata":{{"name":{name_json}}}}}]}}"#);
        let fleet = fleet(&[&body]);
        prop_assert_eq!(fleet.members.len() + fleet.missing().len(), 1);
        prop_assert_eq!(fleet.members.len(), fleet.members.len());
        prop_assert!(fleet.names().iter().all(|listed| *listed == name));
    }

    #[test]
    fn damaged_lists_do_not_panic(cut in 0..OCM.len(), byte in any::<u8>()) {
        let mut body = OCM.as_bytes().to_vec();
        body[cut] = byte;
        let mut profiles = profiles();
        let _ = read_page(&body, &mut profiles);
        let _ = read_page(&OCM.as_bytes()[..cut], &mut profiles);
        let fleet = profiles.gathering.finish("hub");
        for line in fleet.lines().lines() {
            prop_assert!(serde_json::from_str::<Cluster<'_>>(line).is_ok());
        }
    }
}
