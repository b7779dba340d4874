//! Discovery sources: each alone, several joined, several hubs, and what is left if one of them is down.

use crate::fleet::{Fault, Fleet, HUB, Spec};
use crate::support::{Home, Outcome, check_snapshot, records};
use serde_json::{Value, json};

const PROFILES: &str = "/apis/multicluster.x-k8s.io/v1alpha1/clusterprofiles";
const CONFIG: &str = ".kube/kubectl-mc-config.yaml";
const MAPPING: &str = ".kube/kubectl-mc-clusters.yaml";

fn every_source() -> Fleet {
    Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1", "dev-eu-1"]).every_source())
}

/// Returns the records of an outcome, having asserted its status and stderr.
#[track_caller]
fn discovered(outcome: Outcome, status: i32, said: &str) -> Vec<Value> {
    let lines = outcome.expect_saying(status, said);
    records::read_all(&lines)
}

fn names(records: &[Value]) -> Vec<&str> {
    records
        .iter()
        .filter(|record| record["kind"] == "Cluster")
        .map(|record| record["cluster"].as_str().unwrap())
        .collect()
}

/// The clusters that rows came from.
fn answered(table: &str) -> Vec<String> {
    let mut clusters: Vec<String> = table
        .lines()
        .skip(1)
        .map(|line| line.split_whitespace().nth(2).unwrap().to_owned())
        .collect();
    clusters.sort();
    clusters.dedup();
    clusters
}

#[test]
fn every_source_leads_to_pods() {
    let fleet = every_source();
    let home = Home::of(&fleet);
    for (args, clusters) in [
        (
            &["--source=clusterprofile"][..],
            &["dev-eu-1", "prod-eu-1", "prod-us-1"][..],
        ),
        (&["--source=ocm"], &["dev-eu-1", "prod-eu-1", "prod-us-1"]),
        (&["--source=inventory"], &["dev-eu-1", "prod-eu-1", "prod-us-1"]),
        (
            &["--source=inventory", "--placement=prod"],
            &["prod-eu-1", "prod-us-1"],
        ),
        (
            &["--source=inventory", "--placement=eu"],
            &["dev-eu-1", "prod-eu-1"],
        ),
        (
            &["--source=about", "--contexts=*-1"],
            &["dev-eu-1", "prod-eu-1", "prod-us-1"],
        ),
        (
            &["--source=kubeconfig", "--contexts=prod-*"],
            &["prod-eu-1", "prod-us-1"],
        ),
        (
            &["--source=clusterprofile,ocm,about,kubeconfig", "--contexts=*-1"],
            &["dev-eu-1", "prod-eu-1", "prod-us-1"],
        ),
        (&["--source=ocm", "--cluster-set=dev"], &["dev-eu-1"]),
    ] {
        let table = home.mc(&[&["get", "pods", "-A"], args].concat()).expect(0);
        assert_eq!(answered(&table), clusters, "{args:?}");
    }
}

#[test]
fn managed_cluster_records() {
    let mut spec = Spec::named(&["prod-eu-1", "prod-us-1"]).every_source();
    spec.members[1].healthy = "False".into();
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let records = discovered(home.run("mc-discover", &["--source", "ocm"]), 0, "");
    let first = &records[0];
    assert_eq!(first["source"], "ocm");
    assert_eq!(first["manager"], "open-cluster-management");
    assert_eq!(first["clusterSets"], json!(["prod"]));
    assert_eq!(first["properties"]["platform.open-cluster-management.io"], "AWS");
    assert_eq!(first["properties"]["region"], "eu");
    assert_eq!(
        first["clientConfigs"][0]["server"],
        fleet.member("prod-eu-1").server()
    );
    assert_eq!(records[1]["health"], "Unhealthy");
    assert_eq!(
        records[1]["healthReason"],
        "ManagedClusterUnavailable: as the lease says"
    );
}

#[test]
fn source_about_asks_the_selected_contexts() {
    let fleet = every_source();
    let home = Home::of(&fleet);
    let found = discovered(
        home.run("mc-discover", &["--source=about", "--clusters=prod-*"]),
        0,
        "",
    );
    assert_eq!(names(&found), ["prod-eu-1", "prod-us-1"]);
    for record in &found {
        assert_eq!(
            record["properties"]["cluster.clusterset.k8s.io"],
            record["cluster"]
        );
        assert_eq!(record["clusterSets"], json!(["prod"]));
    }
    assert_eq!(fleet.member("dev-eu-1").counters().requests(), 0);
    assert_eq!(fleet.hub().counters().requests(), 0);
    // From the cache.
    fleet.reset_counters();
    home.run("mc-discover", &["--source=about", "--clusters=prod-*"])
        .expect(0);
    assert_eq!(fleet.member("prod-eu-1").counters().requests(), 0);
}

#[test]
fn source_about_lists_unreachable_members_and_is_partial() {
    let fleet = Fleet::start(
        Spec::named(&["prod-eu-1", "prod-us-1"])
            .every_source()
            .fault("2", Fault::Refuse),
    );
    let home = Home::of(&fleet);
    let outcome = home.run("mc-discover", &["--source=about", "--contexts=prod-*"]);
    let said = "mc-discover: the properties of \"prod-us-1\" are unknown: cannot connect to https://127.0.0.1:PORT: \
                connection refused (127.0.0.1:PORT)\n";
    assert_eq!(names(&discovered(outcome, 3, said)), ["prod-eu-1", "prod-us-1"]);
    // This is not cached: the member may be up again.
    fleet.reset_counters();
    home.run("mc-discover", &["--source=about", "--contexts=prod-*"])
        .complaint(3);
    assert!(fleet.member("prod-eu-1").counters().requests() > 0);
}

#[test]
fn source_about_with_a_hanging_member() {
    let fleet = Fleet::start(
        Spec::named(&["prod-eu-1", "prod-us-1", "dev-eu-1"])
            .every_source()
            .fault("1", Fault::HangHeaders),
    );
    let home = Home::of(&fleet);
    let args = [
        "--source=about",
        "--contexts=*-1",
        "--timeout=3s",
        "--concurrency=1",
    ];
    let outcome = home.run("mc-discover", &args);
    let said = "mc-discover: the properties of \"prod-eu-1\" are unknown: no answer from https://127.0.0.1:PORT within \
                3s: connected, and still waiting for its answer to begin\n";
    let records = discovered(outcome, 3, said);
    let known = records.iter().filter(|record| record["properties"].is_object());
    assert_eq!(known.count(), 2);
}

#[test]
fn sources_are_joined_by_cluster() {
    let fleet = every_source();
    let home = Home::of(&fleet);
    let found = discovered(
        home.run(
            "mc-discover",
            &["--source=clusterprofile,ocm", "--source=about", "--contexts=*-1"],
        ),
        0,
        "",
    );
    assert_eq!(names(&found), ["dev-eu-1", "prod-eu-1", "prod-us-1"]);
    for record in &found {
        assert_eq!(record["source"], "clusterprofile,ocm,about");
        assert_eq!(record["hub"], HUB);
        assert_eq!(record["namespace"], "fleet-system");
        assert!(record["clientConfigs"].is_array());
        assert_eq!(record["properties"]["platform.open-cluster-management.io"], "AWS");
        assert!(record["properties"]["example.com/says"].is_string());
    }
    // The configuration says the same, in either form.
    for api in ["clusterprofile, ocm", "[clusterprofile, ocm]"] {
        home.write(CONFIG, &format!("discovery:\n  api: {api}\n"));
        let again = discovered(home.run("mc-discover", &[]), 0, "");
        assert_eq!(again[0]["source"], "clusterprofile,ocm");
    }
}

#[test]
fn source_kubeconfig_needs_no_hub_and_follows_the_mapping() {
    let fleet = every_source();
    let home = Home::of(&fleet);
    home.write(MAPPING, "clusters:\n  shop: prod-eu-1\n");
    let found = discovered(
        home.run("mc-discover", &["--source=kubeconfig", "--contexts=prod-*"]),
        0,
        "",
    );
    assert_eq!(names(&found), ["prod-us-1", "shop"]);
    assert_eq!(fleet.hub().counters().connections(), 0);
    let table = home
        .mc(&["get", "pods", "-A", "--source=kubeconfig", "--clusters=shop"])
        .expect(0);
    assert_eq!(answered(&table), ["shop"]);
    let stderr = home
        .run("mc-discover", &["--source=kubeconfig", "--contexts=pord-*"])
        .complaint(1);
    assert!(
        stderr.contains("no context matches --contexts \"pord-*\""),
        "{stderr}"
    );
    assert_eq!(home.run("mc-discover", &["--contexts=x"]).status, 2);
    assert_eq!(home.run("mc-discover", &["--placement=x"]).status, 2);
}

#[test]
fn source_stdin_takes_names_and_records() {
    let fleet = every_source();
    let home = Home::of(&fleet);
    let found = discovered(home.feed("mc-discover", &["-"], "prod-us-1\nelsewhere\n"), 0, "");
    assert_eq!(names(&found), ["elsewhere", "prod-us-1"]);
    assert_eq!(fleet.hub().counters().connections(), 0);
    // Other sources add to the clusters that are named, and list no others.
    let record = r#"{"kind":"Cluster","cluster":"prod-eu-1","note":1.50}"#;
    let input = format!("{record}\n{{\"kind\":\"Row\",\"cluster\":\"x\"}}\nprod-us-1\n");
    let outcome = home.feed("mc-discover", &["--source=-,clusterprofile"], &input);
    assert!(outcome.stdout.contains(r#""note":1.50"#), "{}", outcome.stdout);
    let output = outcome.expect(0);
    let found: Vec<Value> = output
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(found[0]["kind"], "Row");
    assert_eq!(names(&found[1..]), ["prod-eu-1", "prod-us-1"]);
    assert_eq!(
        (&found[1]["health"], &found[2]["hub"]),
        (&json!("Healthy"), &json!("hub"))
    );
    let table = home
        .feed(
            "kubectl-mc",
            &["get", "pods", "-A", "--source=stdin"],
            "dev-eu-1\n",
        )
        .expect(0);
    assert_eq!(answered(&table), ["dev-eu-1"]);
    let outcome = home.feed("mc-discover", &["-"], "a\n[1]\n");
    assert!(outcome.stderr.contains("line 2: "), "{outcome:?}");
    assert_eq!(outcome.status, 3);
}

/// A fleet whose member `hub-two` is a hub as well: it lists `prod-us-1`, like the other one, and
/// `far-ap-1`, which the other one lacks. The second hub is in `us`.
fn two_hubs() -> (Fleet, Home) {
    let profile = |name: &str, region: &str| {
        json!({
            "metadata": {"name": name, "namespace": "fleet-two"},
            "spec": {"clusterManager": {"name": "simulated-fleet"}},
            "status": {"properties": [{"name": "region", "value": region}, {"name": "two", "value": "yes"}]},
        })
    };
    let body = json!({"kind": "ClusterProfileList", "items": [profile("prod-us-1", "us"), profile("far-ap-1", "ap")]});
    let spec = Spec::named(&["prod-eu-1", "prod-us-1", "far-ap-1", "hub-two"]);
    let mut spec = spec.answer("hub-two", PROFILES, &body.to_string());
    let mut first = spec.clone();
    first.members.truncate(2);
    // The first hub lists only the first two.
    let list: Vec<Value> = first
        .members
        .iter()
        .map(|member| {
            json!({
                "metadata": {"name": member.name, "namespace": "fleet-system"},
                "spec": {"clusterManager": {"name": "simulated-fleet"}},
                "status": {"conditions": [{"type": "ControlPlaneHealthy", "status": "True"}]},
            })
        })
        .collect();
    spec = spec.answer(
        HUB,
        PROFILES,
        &json!({"kind": "ClusterProfileList", "items": list}).to_string(),
    );
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    home.write(
        CONFIG,
        "hubs:\n- {context: hub, region: eu}\n- {context: hub-two, region: us}\n",
    );
    (fleet, home)
}

#[test]
fn cluster_of_two_hubs_is_listed_once_by_region() {
    let (fleet, home) = two_hubs();
    let found = discovered(home.run("mc-discover", &[]), 0, "");
    assert_eq!(names(&found), ["far-ap-1", "prod-eu-1", "prod-us-1"]);
    let hubs: Vec<&str> = found
        .iter()
        .map(|record| record["hub"].as_str().unwrap())
        .collect();
    assert_eq!(hubs, ["hub-two", "hub", "hub-two"]);
    // The clusters of the other hub are there too.
    assert_eq!(
        (&found[2]["health"], &found[2]["properties"]["two"]),
        (&json!("Healthy"), &json!("yes"))
    );
    let found = discovered(home.run("mc-discover", &["--region=eu"]), 0, "");
    assert_eq!(found[2]["hub"], "hub");
    let table = home.mc(&["get", "pods", "-A"]).expect(0);
    assert_eq!(answered(&table), ["far-ap-1", "prod-eu-1", "prod-us-1"]);
    assert_eq!(fleet.hub().counters().requests(), 1, "each hub has a cache");
    // One of them by its name.
    let found = discovered(home.run("mc-discover", &["--hub-context=hub-two"]), 0, "");
    assert_eq!(names(&found), ["far-ap-1", "prod-us-1"]);
}

#[test]
fn hub_that_is_down_loses_only_its_own_clusters() {
    let (fleet, home) = two_hubs();
    fleet.member("hub-two").set_fault(Fault::Error);
    let outcome = home.run("mc-discover", &[]);
    let said = "mc-discover: cannot list the fleet from context \"hub-two\" (https://127.0.0.1:PORT): Error from server \
                (InternalError): Internal error occurred: etcdserver: request timed out\n\
                mc-discover: the API server has a problem of its own: see its logs, or kubectl --context CONTEXT get \
                --raw='/readyz?verbose'\n";
    assert_eq!(names(&discovered(outcome, 3, said)), ["prod-eu-1", "prod-us-1"]);
    let outcome = home.mc(&["get", "pods", "-A"]);
    assert_eq!(outcome.status, 3, "{outcome:?}");
    assert_eq!(answered(&outcome.stdout), ["prod-eu-1", "prod-us-1"]);
    fleet.hub().set_fault(Fault::Error);
    let stderr = home.run("mc-discover", &["--refresh", "--no-stale"]).complaint(1);
    assert!(
        stderr.contains("context \"hub\" ") && stderr.contains("context \"hub-two\" "),
        "{stderr}"
    );
}

#[test]
fn hub_that_is_down_is_replaced_by_its_cache() {
    let (fleet, home) = two_hubs();
    let before = home.run("mc-discover", &[]).expect(0);
    fleet.member("hub-two").set_fault(Fault::Error);
    let outcome = home.run("mc-discover", &["--refresh"]);
    let records = outcome.expect_saying(
        3,
        "mc-discover: Warning: the hub context \"hub-two\" (https://127.0.0.1:PORT) does not list \
            its fleet now, so this is its fleet from SOME seconds ago: Error from server \
            (InternalError): Internal error occurred: etcdserver: request timed out\n",
    );
    let clusters = records
        .lines()
        .filter(|line| line.contains(r#""kind":"Cluster""#));
    assert_eq!(clusters.collect::<Vec<_>>(), before.lines().collect::<Vec<_>>());
}

#[test]
fn missing_api_of_one_of_several_sources_is_a_warning() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let outcome = home.run("mc-discover", &["--source=clusterprofile,ocm"]);
    let said = "mc-discover: Warning: context \"hub\" (https://127.0.0.1:PORT) does not serve ManagedCluster \
                (cluster.open-cluster-management.io/v1): install Open Cluster Management there, or name the hub with \
                --hub-context; without any hub, --source kubeconfig asks every context\n";
    assert_eq!(names(&discovered(outcome, 0, said)), ["prod-eu-1"]);
    let stderr = home.run("mc-discover", &["--source=ocm"]).complaint(1);
    assert!(
        stderr.contains("does not serve ManagedCluster (cluster.open-cluster-management.io/v1)"),
        "{stderr}"
    );
    let stderr = home.run("mc-discover", &["--source=inventory"]).complaint(1);
    assert!(stderr.contains("does not serve PlacementDecision"), "{stderr}");
}

#[test]
fn unknown_placement_error_lists_the_placements() {
    let fleet = every_source();
    let home = Home::of(&fleet);
    let stderr = home
        .mc(&["get", "pods", "--source=inventory", "--placement=pord"])
        .complaint(1);
    assert!(
        stderr.contains("no PlacementDecision is of placement \"pord\""),
        "{stderr}"
    );
    assert!(stderr.contains("\"prod\""), "{stderr}");
}

#[test]
fn skip_unhealthy_names_and_skips_clusters() {
    let mut spec = Spec::named(&["prod-eu-1", "prod-us-1"]);
    spec.members[1].healthy = "False".into();
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    home.write(CONFIG, "discovery:\n  skipUnhealthy: true\n");
    let outcome = home.mc(&["get", "pods", "-A", "-v"]);
    assert_eq!(answered(&outcome.stdout), ["prod-eu-1"]);
    let skipped = "Warning: Skipped 1/2 clusters:\n  prod-us-1: Skipped: unhealthy (Unhealthy: The control plane does not \
                   answer.), and unhealthy clusters are left out: --skip-unhealthy=false asks them too\n";
    assert_eq!((outcome.status, outcome.stderr.as_str()), (3, skipped));
    assert_eq!(fleet.member("prod-us-1").counters().requests(), 0);
    let found = discovered(home.run("mc-discover", &[]), 0, "");
    assert_eq!(found[1]["skip"]["reason"], "Skipped");
    home.mc(&["get", "pods", "-A", "--skip-unhealthy=false"])
        .expect(0);
    home.mc(&["get", "pods", "-A", "--healthy"]).expect(0);
}

#[test]
fn unknown_cluster_set_error_lists_the_sets() {
    let fleet = every_source();
    let home = Home::of(&fleet);
    let found = discovered(
        home.run("mc-discover", &["--source=ocm", "--cluster-set=p*"]),
        0,
        "",
    );
    assert_eq!(names(&found), ["prod-eu-1", "prod-us-1"]);
    let stderr = home
        .run("mc-discover", &["--source=ocm", "--cluster-set=shop"])
        .complaint(1);
    assert!(
        stderr.contains("--cluster-set \"shop\": there are \"dev\", \"prod\""),
        "{stderr}"
    );
}

#[test]
fn errors_without_hub_and_configuration() {
    let home = Home::empty();
    let nothing = home.transcript(&["mc-discover 2>&1 >/dev/null"]);
    let fleet = every_source();
    let home = Home::of(&fleet);
    // Most users start with a current context that is not a hub.
    let no_hub = home.transcript(&["kubectl-mc get pods --hub-context=prod-eu-1"]);
    let plain = std::fs::read_to_string(fleet.kubeconfig())
        .unwrap()
        .replace("current-context", "x-current");
    home.write("plain", &plain);
    let no_context = home.transcript(&["kubectl-mc get pods --kubeconfig=plain"]);
    check_snapshot("no-hub", &(nothing + &no_hub + &no_context));
    home.mc(&[
        "get",
        "pods",
        "-A",
        "--kubeconfig=plain",
        "--source=kubeconfig",
        "--exclude=hub",
    ])
    .expect(0);
}

#[test]
fn configuration_errors_have_line_and_column() {
    let fleet = every_source();
    let home = Home::of(&fleet);
    let mut said = String::new();
    for text in [
        "discovery:\n  api: [ocm, abuot]\n",
        "discovery:\n  api: stdin\n",
        "discovery:\n  api: []\n",
        "discovery:\n  skipUnhealthy: perhaps\n",
        "hubs: hub\n",
        "hubs:\n- {region: eu}\n",
        "hubs:\n- {context: a, zone: eu}\n",
        "hubs:\n- a\n- a\n",
        "hubContext: a\nhubs: [b]\n",
    ] {
        home.write(CONFIG, text);
        let complaint = home.run("mc-discover", &[]).complaint(1);
        said += &format!("{text}{complaint}\n");
    }
    check_snapshot("wrong-values", &said);
}
