//! Every discovery source on real API servers, alone and together, through one hub and through two, each to the
//! pods of what it found.

use serde_json::{Value, json};

use crate::fleet::HUB;
use crate::home::{Home, Outcome};

/// The second hub, a member of the first.
const SECOND: &str = "prod-us-1";

const CONFIG: &str = ".kube/kubectl-mc-config.yaml";

/// The fleet's records by name.
#[track_caller]
fn fleet(outcome: Outcome) -> Vec<(String, Value)> {
    let lines = outcome.success();
    let records = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a record"));
    let named = records.map(|record| (record["cluster"].as_str().expect("a name").to_owned(), record));
    named.collect()
}

fn names(fleet: &[(String, Value)]) -> Vec<&str> {
    fleet.iter().map(|(name, _)| name.as_str()).collect()
}

/// The clusters that the pods of a table are of.
#[track_caller]
fn pods_of(outcome: Outcome) -> Vec<String> {
    let table = outcome.success();
    let cells = table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().nth(2).expect("a cluster"));
    let mut clusters: Vec<String> = cells.map(str::to_owned).collect();
    clusters.sort();
    clusters.dedup();
    clusters
}

#[test]
fn managed_clusters() {
    let home = Home::new();
    let found = fleet(home.run("mc-discover", &["--source=ocm", "--hub-context", SECOND]));
    assert_eq!(names(&found), ["dev-eu-1", "pending", "prod-eu-1"]);
    let (dev, pending, prod) = (&found[0].1, &found[1].1, &found[2].1);
    assert_eq!(dev["health"], "Unhealthy");
    assert_eq!(
        dev["healthReason"],
        "ManagedClusterLeaseUpdateStopped: its lease is old"
    );
    assert_eq!(pending["healthReason"], "the hub has not accepted it");
    assert_eq!(prod["clusterSets"], json!(["shop"]));
    assert_eq!(prod["properties"]["platform.open-cluster-management.io"], "AWS");
    assert_eq!(prod["properties"]["vendor"], "EKS");
    assert_eq!(prod["taints"][0]["key"], "maintenance");
    assert!(prod["clientConfigs"][0]["caBundle"].is_string(), "{prod}");
    let clusters = pods_of(home.get(&[
        "pods",
        "-A",
        "--source=ocm",
        "--hub-context",
        SECOND,
        "--exclude=pending",
    ]));
    assert_eq!(clusters, ["dev-eu-1", "prod-eu-1"]);
    let of_set = [
        "pods",
        "-A",
        "--source=ocm",
        "--hub-context",
        SECOND,
        "--cluster-set=shop",
    ];
    assert_eq!(pods_of(home.get(&of_set)), ["prod-eu-1"]);
}

#[test]
fn placements_of_both_apis() {
    let home = Home::new();
    for (placement, clusters) in [
        ("web", &["dev-eu-1", "prod-eu-1"][..]),
        ("second-fleet/web", &["dev-eu-1", "prod-eu-1"]),
        ("lab", &["dev-eu-1"]),
    ] {
        let args = [
            "--source=inventory",
            "--hub-context",
            SECOND,
            "--placement",
            placement,
        ];
        let found = fleet(home.run("mc-discover", &args));
        assert_eq!(names(&found), clusters, "{placement}");
        assert_eq!(
            pods_of(home.get(&[&["pods", "-A"][..], &args].concat())),
            clusters,
            "{placement}"
        );
    }
    let wrong = home.get(&[
        "pods",
        "--source=inventory",
        "--hub-context",
        SECOND,
        "--placement=wbe",
    ]);
    assert_eq!(wrong.status, 1, "{wrong:?}");
    assert!(wrong.stderr.contains("\"web\""), "{}", wrong.stderr);
}

#[test]
fn source_about() {
    let home = Home::new();
    let found = fleet(home.run("mc-discover", &["--source=about", "--contexts=*-1"]));
    assert_eq!(names(&found), ["dev-eu-1", "prod-eu-1", "prod-us-1"]);
    let id = |record: &Value| record["properties"]["cluster.clusterset.k8s.io"].clone();
    assert_eq!(id(&found[0].1), "id-of-dev-eu-1");
    assert_eq!(found[0].1["properties"]["example.com.rack"], "7");
    assert_eq!(id(&found[1].1), Value::Null, "it does not serve the API");
    assert_eq!(id(&found[2].1), "id-of-prod-us-1");
    let of_set = [
        "pods",
        "-A",
        "--source=about",
        "--contexts=*-1",
        "--cluster-set=shop",
    ];
    assert_eq!(pods_of(home.get(&of_set)), ["prod-us-1"]);
}

#[test]
fn source_kubeconfig_without_a_hub() {
    let home = Home::new();
    let args = ["pods", "-A", "--source=kubeconfig", "--contexts=*-1"];
    assert_eq!(pods_of(home.get(&args)), ["dev-eu-1", "prod-eu-1", "prod-us-1"]);
    assert_eq!(
        pods_of(home.shell("echo prod-eu-1 | kubectl mc get pods -A --source stdin")),
        ["prod-eu-1"]
    );
    let piped = home.shell("echo prod-eu-1 | mc-discover - --source clusterprofile");
    assert_eq!(fleet(piped)[0].1["hub"], HUB);
    // The error of a cluster that is not a hub says how to do without one.
    let wrong = home.get(&["pods", "--hub-context=dev-eu-1"]);
    assert_eq!(wrong.status, 1);
    assert!(wrong.stderr.contains("--source kubeconfig"), "{}", wrong.stderr);
}

#[test]
fn sources_are_joined() {
    let home = Home::new();
    let args = [
        "--source=ocm,clusterprofile,about",
        "--hub-context",
        SECOND,
        "--contexts=*-1",
    ];
    let found = fleet(home.run("mc-discover", &args));
    assert_eq!(
        names(&found),
        ["dev-eu-1", "orphan-2", "pending", "prod-eu-1", "prod-us-1"]
    );
    let (dev, prod) = (&found[0].1, &found[3].1);
    assert_eq!(dev["source"], "ocm,clusterprofile,about");
    assert_eq!(dev["properties"]["example.com.rack"], "7");
    assert_eq!(prod["clusterSets"], json!(["second", "shop"]));
    assert_eq!(prod["properties"]["of-the-second-hub"], "yes");
    let args = [&["pods", "-A", "--exclude=orphan-2,pending"][..], &args].concat();
    assert_eq!(pods_of(home.get(&args)), ["dev-eu-1", "prod-eu-1", "prod-us-1"]);
}

#[test]
fn two_hubs() {
    let home = Home::new();
    home.write(
        CONFIG,
        &format!("hubs:\n- {{context: {HUB}, region: us}}\n- {{context: {SECOND}, region: eu}}\n"),
    );
    let selected = ["--clusters=prod-*,orphan-2"];
    let found = fleet(home.run("mc-discover", &selected));
    assert_eq!(names(&found), ["orphan-2", "prod-eu-1", "prod-us-1"]);
    let prod = &found[1].1;
    assert_eq!(prod["hub"], SECOND, "the hub of its region");
    assert_eq!(prod["properties"]["of-the-second-hub"], "yes");
    assert_eq!(prod["properties"]["platform.open-cluster-management.io"], "AWS");
    assert_eq!(prod["clusterSets"], json!(["global", "second", "shop"]));
    let through_us = [&selected[..], &["--region=us"]].concat();
    assert_eq!(fleet(home.run("mc-discover", &through_us))[1].1["hub"], HUB);
    assert_eq!(
        pods_of(home.get(&["pods", "-A", "--clusters=prod-*"])),
        ["prod-eu-1", "prod-us-1"]
    );
}

#[test]
fn hub_that_refuses_loses_only_its_own_clusters() {
    let home = Home::new();
    home.write(CONFIG, &format!("hubs: [{HUB}, dev-eu-1]\n"));
    let outcome = home.get(&["pods", "-A", "--clusters=prod-*"]);
    assert_eq!(outcome.status, 3, "{outcome:?}");
    assert!(
        outcome.stderr.contains("context \"dev-eu-1\""),
        "{}",
        outcome.stderr
    );
    assert!(outcome.stdout.contains("prod-eu-1") && outcome.stdout.contains("prod-us-1"));
}
