#![allow(clippy::unwrap_used)]

use super::{HubOfPart, Part, join};
use crate::config::Source;
use crate::discover::finding::Finding;
use crate::discover::fleet::Fleet;
use crate::discover::member::Member;
use crate::record::Cluster;

/// Returns a part of these records (without their kind), through a hub of this region if there is one.
fn part(source: Source, hub: Option<(&str, &str)>, millis: u64, records: &[&str]) -> Part {
    let member = |fields: &&str| {
        let record = format!("{{\"kind\":\"Cluster\",{fields}}}");
        let cluster: Cluster<'_> = serde_json::from_str(&record).unwrap();
        Member::from_record(&cluster.cluster, &record)
    };
    Part {
        source,
        hub: hub.map(|(context, region)| HubOfPart {
            context: context.into(),
            region: Some(region.to_owned()).filter(|region| !region.is_empty()),
        }),
        fleet: Fleet {
            members: records.iter().map(member).collect(),
            millis,
            ..Fleet::default()
        },
    }
}

#[test]
fn join_adds_fields_and_removes_none() {
    let parts = [
        part(
            Source::ClusterProfile,
            Some(("hub", "")),
            1,
            &[
                r#""cluster":"a","hub":"hub","source":"clusterprofile","manager":"m","labels":{"x":"1"},"properties":{"p":"mine"},"health":"Unknown","healthReason":"no word","accessProviders":[{"name":"eks","n":1}]"#,
            ],
        ),
        part(
            Source::Ocm,
            Some(("hub", "")),
            1,
            &[
                r#""cluster":"a","hub":"hub","source":"ocm","manager":"m","clusterSets":["s"],"properties":{"p":"theirs","q":"2"},"health":"Unhealthy","healthReason":"lost","version":"v1","accessProviders":[{"name":"eks","n":2},{"name":"gke"}],"new":1.50"#,
            ],
        ),
        part(
            Source::About,
            None,
            0,
            &[r#""cluster":"a","source":"about","clusterSets":["r"],"labels":{"y":"2"},"health":"Unknown""#],
        ),
    ];
    let fleet = join(&parts, None);
    assert_eq!(
        fleet.lines(),
        concat!(
            r#"{"kind":"Cluster","cluster":"a","hub":"hub","source":"clusterprofile,ocm,about","manager":"m","#,
            r#""labels":{"x":"1","y":"2"},"properties":{"p":"mine","q":"2"},"health":"Unhealthy","#,
            r#""accessProviders":[{"name":"eks","n":1}],"healthReason":"lost","#,
            r#""clusterSets":["r","s"],"version":"v1","new":1.50}"#,
            "\n"
        )
    );
    assert_eq!(fleet.members.len(), 1);
}

#[test]
fn access_is_taken_from_one_record_only() {
    let merged = |first: &str, second: &str| {
        let parts = [
            part(Source::ClusterProfile, Some(("hub", "")), 1, &[first]),
            part(Source::Ocm, Some(("hub", "")), 1, &[second]),
        ];
        join(&parts, None).lines()
    };
    let login = r#""properties":{"auth.exec.command":"aws","cluster.type":"eks","region":"eu","p":"1"}"#;
    let server = r#""accessProviders":[{"name":"x","cluster":{"server":"https://a"}}]"#;
    // Login properties count only in the record with the server.
    let lines = merged(
        &format!(r#""cluster":"a","manager":"m",{server}"#),
        &format!(r#""cluster":"a","manager":"m",{login}"#),
    );
    assert!(
        lines.contains(r#""properties":{"region":"eu","p":"1"}"#),
        "{lines}"
    );
    let lines = merged(
        &format!(r#""cluster":"a","manager":"m",{login}"#),
        &format!(r#""cluster":"a","manager":"m",{server}"#),
    );
    assert!(
        lines.contains(r#""properties":{"region":"eu","p":"1"}"#),
        "{lines}"
    );
    assert!(lines.contains("https://a"), "{lines}");
    // An ambiguous record stays ambiguous unless another publishes access.
    let ambiguous = r#""cluster":"a","manager":"m","ambiguous":["n/a","o/a"]"#;
    assert!(merged(ambiguous, r#""cluster":"a","manager":"m""#).contains("ambiguous"));
    let clear = merged(ambiguous, &format!(r#""cluster":"a","manager":"m",{server}"#));
    assert!(
        !clear.contains("ambiguous") && clear.contains("https://a"),
        "{clear}"
    );
}

#[test]
fn cluster_of_two_hubs_is_listed_through_the_preferred_hub() {
    let line = |hub: &str, rest: &str| {
        format!(
            r#""cluster":"a","hub":"{hub}","manager":"m","health":"Healthy","source":"clusterprofile"{rest}"#
        )
    };
    let hub_of = |region: Option<&str>, rest: &str, (eu, us): (u64, u64)| {
        let parts = [
            part(
                Source::ClusterProfile,
                Some(("hub-eu", "eu")),
                eu,
                &[&line("hub-eu", rest)],
            ),
            part(
                Source::ClusterProfile,
                Some(("hub-us", "us")),
                us,
                &[&line("hub-us", rest)],
            ),
        ];
        let fleet = join(&parts, region);
        assert_eq!(fleet.members.len(), 1);
        let cluster: Cluster<'_> = serde_json::from_str(fleet.members[0].record()).unwrap();
        cluster.hub.unwrap().to_string()
    };
    // The fastest, if nothing else decides.
    assert_eq!(hub_of(None, "", (9, 1)), "hub-us");
    assert_eq!(hub_of(None, "", (1, 9)), "hub-eu");
    // The hub in the cluster's own region, also if that is a part of the hub's.
    let in_eu = r#","properties":{"region":"eu-west-1"}"#;
    assert_eq!(hub_of(None, in_eu, (9, 1)), "hub-eu");
    assert_eq!(hub_of(None, r#","labels":{"region":"europe"}"#, (9, 1)), "hub-us");
    // --region takes precedence.
    assert_eq!(hub_of(Some("us"), in_eu, (1, 9)), "hub-us");
    assert_eq!(hub_of(Some("ap"), in_eu, (9, 1)), "hub-eu");
}

#[test]
fn record_without_manager_belongs_to_the_only_cluster_of_its_name() {
    let hub = part(
        Source::ClusterProfile,
        Some(("hub", "")),
        1,
        &[
            r#""cluster":"one","manager":"m""#,
            r#""cluster":"two@m","manager":"m""#,
            r#""cluster":"two@n","manager":"n""#,
        ],
    );
    let contexts = part(
        Source::Kubeconfig,
        None,
        0,
        &[
            r#""cluster":"one""#,
            r#""cluster":"two@n""#,
            r#""cluster":"two""#,
            r#""cluster":"own""#,
        ],
    );
    let fleet = join(&[hub, contexts], None);
    assert_eq!(fleet.names(), ["one", "own", "two", "two@m", "two@n"]);
    assert_eq!(fleet.notes().len(), 1, "{:?}", fleet.notes());
}

#[test]
fn only_clusters_named_on_standard_input_are_listed() {
    let input = part(
        Source::Stdin,
        None,
        0,
        &[r#""cluster":"b","health":"Unknown","mine":1"#, r#""cluster":"x""#],
    );
    let hub = part(
        Source::ClusterProfile,
        Some(("hub", "")),
        1,
        &[
            r#""cluster":"a","manager":"m""#,
            r#""cluster":"b","hub":"hub","manager":"m","health":"Healthy""#,
        ],
    );
    let fleet = join(&[input, hub], None);
    assert_eq!(fleet.names(), ["b", "x"]);
    let b = fleet.members[0].record();
    assert!(
        b.contains(r#""mine":1"#) && b.contains(r#""health":"Healthy""#) && b.contains(r#""hub":"hub""#),
        "{b}"
    );
}

#[test]
fn clusters_of_one_name_with_different_ids_stay_apart() {
    let local = |hub: &str, id: &str| {
        format!(
            r#""cluster":"local-cluster","hub":"{hub}","manager":"m","properties":{{"id.k8s.io":"{id}"}}"#
        )
    };
    let parts = |second: &str| {
        [
            part(Source::Ocm, Some(("eu", "")), 1, &[&local("eu", "1")]),
            part(Source::Ocm, Some(("us", "")), 2, &[&local("us", second)]),
        ]
    };
    let fleet = join(&parts("2"), None);
    assert_eq!(fleet.names(), ["local-cluster@eu", "local-cluster@us"]);
    assert_eq!(
        fleet.notes(),
        [
            "several hubs or managers have a cluster \"local-cluster\": listed as local-cluster@eu, local-cluster@us"
        ]
    );
    assert_eq!(join(&parts("1"), None).names(), ["local-cluster"]);
}

#[test]
fn findings_name_their_hub_if_there_are_several() {
    let mut eu = part(Source::Ocm, Some(("eu", "")), 1, &[]);
    eu.fleet.findings.push(Finding::missing("x is left out"));
    eu.fleet.findings.push(Finding::note("a note"));
    let mut us = part(Source::Ocm, Some(("us", "")), 1, &[]);
    us.fleet.findings.push(Finding::note("a note"));
    let fleet = join(&[eu, us], None);
    assert_eq!(fleet.missing(), ["hub eu: x is left out"]);
    assert_eq!(fleet.notes(), ["a note"]);
}
