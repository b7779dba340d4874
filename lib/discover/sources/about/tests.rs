#![allow(clippy::unwrap_used)]

use super::{Properties, gather};
use crate::connect::Error;
use crate::discover::paged_list;
use crate::record::Reason;
use std::collections::BTreeMap;

fn read(body: &str) -> Properties {
    let mut properties = Properties::default();
    paged_list::read_page(body.as_bytes(), &mut properties, &mut 0).unwrap();
    properties
}

const BOTH: &str = r#"{"kind":"ClusterPropertyList","items":[
    {"metadata":{"name":"cluster.clusterset.k8s.io"},"spec":{"value":"id-1"}},
    {"metadata":{"name":"clusterset.k8s.io"},"spec":{"value":"shop"}},
    {"metadata":{"name":"nodes"},"spec":{"value":3}},
    {"metadata":{"name":"empty"},"spec":null},{"metadata":{"name":"no-spec"}},
    {"spec":{"value":"nameless"}},{"metadata":7}]}"#;

#[test]
fn every_member_is_listed_and_what_is_not_known_is_read() {
    let members = ["a", "b", "c", "d"].map(|name| (name.to_owned(), format!("context-{name}")));
    let members = BTreeMap::from(members);
    let answers = vec![
        Ok(Some(read(BOTH))),
        Ok(None),
        Err(Error::new(Reason::Connect, "refused")),
        Ok(Some(read(BOTH))),
    ];
    let fleet = gather(&members, answers);
    let clusters = fleet.clusters();
    assert_eq!(fleet.members.len(), 4);
    assert_eq!(clusters[0].cluster, "a");
    assert_eq!(clusters[0].source.as_deref(), Some("about"));
    assert_eq!(clusters[0].cluster_sets, ["shop"]);
    assert_eq!(clusters[0].properties["cluster.clusterset.k8s.io"], "id-1");
    assert_eq!(clusters[0].properties["nodes"], "3");
    assert_eq!(clusters[0].properties.len(), 3);
    assert!(clusters[1].properties.is_empty() && clusters[2].properties.is_empty());
    assert_eq!(fleet.missing().len(), 3, "{:?}", fleet.missing());
    assert_eq!(fleet.missing()[1], "the properties of \"c\" are unknown: refused");
    assert_eq!(
        fleet.notes(),
        [
            "these clusters do not serve ClusterProperty (about.k8s.io) and are listed without properties: \"b\"",
            "\"a\" and \"d\" say that they are one cluster, \"id-1\""
        ]
    );
}

#[test]
fn properties_of_one_member_are_limited() {
    let items: Vec<String> = (0..2_000)
        .map(|n| format!(r#"{{"metadata":{{"name":"p{n}"}},"spec":{{"value":"v"}}}}"#))
        .collect();
    let body = format!(r#"{{"items":[{}]}}"#, items.join(","));
    let error = paged_list::read_page(body.as_bytes(), &mut Properties::default(), &mut 0).unwrap_err();
    assert!(
        error.message.ends_with("it has more than 1000 properties"),
        "{}",
        error.message
    );
    let large = format!(
        r#"{{"items":[{{"metadata":{{"name":"p"}},"spec":{{"value":"{}"}}}}]}}"#,
        "x".repeat(200 << 10)
    );
    let large = read(&large);
    assert_eq!((large.all.len(), large.problems.len()), (0, 1));
}
