#![allow(clippy::unwrap_used)]

use super::{ManagedClusters, paged_list};
use crate::discover::fleet::Fleet;
use crate::discover::gathering::Gathering;
use crate::record::Health;

const MANAGED: &str = include_str!("../../../../tests/data/sources/managedclusters.json");

fn fleet(body: &str) -> Fleet {
    let mut clusters = ManagedClusters {
        hub: "hub",
        gathering: Gathering::default(),
    };
    paged_list::read_page(body.as_bytes(), &mut clusters, &mut 0).unwrap();
    clusters.gathering.finish("hub")
}

#[test]
fn managedcluster_fields_become_record_fields() {
    let fleet = fleet(MANAGED);
    let clusters = fleet.clusters();
    let full = &clusters[1];
    assert_eq!(full.cluster, "full");
    assert_eq!(full.source.as_deref(), Some("ocm"));
    assert_eq!(full.manager.as_deref(), Some("open-cluster-management"));
    assert_eq!(full.cluster_sets, ["shop"]);
    assert_eq!(full.labels["cloud"], "Amazon");
    assert_eq!(full.properties["cloud"], "Amazon");
    assert_eq!(
        full.properties["region"], "eu-west-1",
        "a claim goes before a label"
    );
    assert_eq!(full.properties["nodes"], "3", "a value that is no string");
    assert_eq!(full.version.as_deref(), Some("v1.36.3"));
    assert_eq!(full.health, Health::Unhealthy);
    assert_eq!(full.health_reason.as_deref(), Some("Lost: no heartbeat"));
    let configs: Vec<_> = full
        .client_configs
        .iter()
        .map(|c| (c.server.as_str(), c.ca_bundle.as_deref()))
        .collect();
    assert_eq!(
        configs,
        [
            ("https://full.example.com:6443", Some("Q0E=")),
            ("https://other.example.com", None)
        ]
    );
    let taints = full.taints.unwrap().get();
    assert!(
        taints.contains(r#"{"key": "maintenance", "value": "true""#) && !taints.contains('\n'),
        "{taints}"
    );
}

#[test]
fn managedcluster_with_missing_or_null_fields_is_listed() {
    let fleet = fleet(MANAGED);
    let clusters = fleet.clusters();
    let names: Vec<&str> = clusters.iter().map(|cluster| cluster.cluster.as_str()).collect();
    assert_eq!(names, ["bare", "full", "nulls", "pending"]);
    for cluster in [&clusters[0], &clusters[2]] {
        assert_eq!((cluster.health, &cluster.health_reason), (Health::Unknown, &None));
        assert!(cluster.taints.is_none() && cluster.client_configs.is_empty());
    }
    let pending = &clusters[3];
    assert_eq!(
        pending.health_reason.as_deref(),
        Some("the hub has not accepted it")
    );
    assert_eq!(fleet.missing().len(), 2, "{:?}", fleet.missing());
    assert!(
        fleet.missing()[0].starts_with("ManagedCluster \"../up\" is left out: "),
        "{:?}",
        fleet.missing()
    );
    assert!(
        fleet.missing()[1].starts_with("ManagedCluster \"typed\" is left out: "),
        "{:?}",
        fleet.missing()
    );
}
