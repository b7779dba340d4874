//! Rows that are put together: groups, in every format and with clusters that fail.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::{Home, records};
use std::collections::BTreeMap;

const NAMES: [&str; 3] = ["dev-eu-1", "prod-eu-1", "prod-us-1"];

const ONE_FAILED: &str = "Warning: Failed to query 1/3 clusters. Run with -v for details.\n\
    \x20 Connect (1): dev-eu-1: check that the API server is up, that your VPN is connected if it needs one, and that no \
    firewall is in the way\n\
    Warning: counts lack 1 of 3 clusters\n";

#[test]
fn groups_are_counted_as_by_sort_and_uniq() {
    let fleet = Fleet::start(Spec::new(10).pods(100));
    let home = Home::of(&fleet);
    let mut expected: BTreeMap<String, u64> = BTreeMap::new();
    for line in home.mc(&["get", "pods", "-A", "-o", "ndjson"]).expect(0).lines() {
        let record = records::read(line);
        if record["kind"] == "Row" {
            let status = record["columns"]["STATUS"].as_str().unwrap();
            *expected.entry(status.to_owned()).or_default() += 1;
        }
    }
    assert!(expected.len() > 5, "{expected:?}");
    let csv = home
        .mc(&["get", "pods", "-A", "--group-by", "status", "-o", "csv"])
        .expect(0);
    let mut lines = csv.lines();
    assert_eq!(lines.next(), Some("STATUS,COUNT,CLUSTERS"));
    let counted: BTreeMap<String, u64> = lines
        .map(|line| {
            let mut cells = line.split(',');
            let status = cells.next().unwrap().to_owned();
            (status, cells.next().unwrap().parse().unwrap())
        })
        .collect();
    assert_eq!(counted, expected);
}

#[test]
fn groups_in_every_format() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let get = |more: &[&str]| {
        let words = [
            "get",
            "nodes",
            "--group-by",
            "VERSION:.status.nodeInfo.kubeletVersion",
        ];
        home.mc(&[&words, more].concat()).expect(0)
    };
    assert_eq!(
        get(&[]),
        "VERSION   COUNT   CLUSTERS\n\
         v1.36.3   9       3: dev-eu-1,prod-eu-1,prod-us-1\n\
         <none>    3       3: dev-eu-1,prod-eu-1,prod-us-1\n\
         v1.35.5   3       3: dev-eu-1,prod-eu-1,prod-us-1\n"
    );
    assert_eq!(
        get(&["-o", "tsv"]).lines().nth(1),
        Some("v1.36.3\t9\tdev-eu-1,prod-eu-1,prod-us-1")
    );
    let json: serde_json::Value = serde_json::from_str(&get(&["-o", "json"])).unwrap();
    assert_eq!(json["groups"][2]["by"]["VERSION"], "v1.35.5");
    assert_eq!(json["groups"][2]["clusters"]["prod-us-1"], 1);
    assert!(json.get("clusters").is_none(), "{json}");
    assert!(
        get(&["-o", "yaml"])
            .contains("- resource: nodes\n  type: node\n  by:\n    VERSION: v1.36.3\n  count: 9\n")
    );
    let of_groups = |record: &serde_json::Value| record["kind"] == "Group";
    let read = records::read_all(&get(&["-o", "ndjson"]));
    assert_eq!(read.iter().filter(|record| of_groups(record)).count(), 3);
    // By cluster, its name is among the values.
    let by_cluster = home.mc(&["get", "nodes", "--group-by=CLUSTER"]).expect(0);
    assert_eq!(
        by_cluster,
        "CLUSTER     COUNT\ndev-eu-1    5\nprod-eu-1   5\nprod-us-1   5\n"
    );
    for format in ["name", "jsonpath={.kind}", "custom-columns=A:.kind"] {
        let said = home.mc(&["get", "nodes", "--count", "-o", format]).complaint(2);
        assert!(
            said.contains("--count makes groups of rows, which cannot be put into a template"),
            "{said}"
        );
    }
    let said = home.mc(&["clusters", "--count"]).complaint(2);
    assert!(said.contains("--count goes with get"), "{said}");
    for (flag, why) in [("-w", "with --watch"), ("--stream", "with --stream")] {
        let said = home
            .mc(&["get", "nodes", "--group-by=CLUSTER", flag])
            .complaint(2);
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn groups_of_a_fleet_with_a_failed_cluster_say_so() {
    let fleet = Fleet::start(Spec::named(&NAMES).fault("dev-eu-1", Fault::Refuse));
    let home = Home::of(&fleet);
    let table = home.mc(&["get", "nodes", "--count"]).expect_saying(3, ONE_FAILED);
    assert_eq!(table, "COUNT   CLUSTERS\n10      2: prod-eu-1,prod-us-1\n");
    let json = home
        .mc(&["get", "nodes", "--count", "-o", "json"])
        .expect_saying(3, ONE_FAILED);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["summary"]["lacking"], "counts lack 1 of 3 clusters");
    assert_eq!(json["summary"]["failed"], 1);
}

#[test]
fn parts_of_a_fleet_are_merged_to_the_groups_of_the_fleet() {
    let fleet = Fleet::start(Spec::new(6).pods(20));
    let home = Home::of(&fleet);
    let part = |clusters: &str| {
        format!("mc-discover | grep {clusters} | mc-exec get pods -A | mc-merge --group-by STATUS")
    };
    let parts = home.shell(&format!(
        "{{ {}; {}; }} | mc-merge | mc-format",
        part("prod"),
        part("-v prod")
    ));
    let whole = home.mc(&["get", "pods", "-A", "--group-by", "STATUS"]).expect(0);
    assert_eq!(parts.expect(0), whole);
}

#[test]
fn printed_pipeline_of_groups_fetches_what_they_are_made_of() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let line = home
        .mc(&[
            "get",
            "pods",
            "-A",
            "--group-by=NODE,.spec.hostNetwork",
            "-o",
            "json",
            "--print-pipeline",
        ])
        .expect(0);
    assert_eq!(
        line,
        "mc-discover | mc-resolve | mc-exec get pods --all-namespaces --for=wide --fields=.spec.hostNetwork \
         | mc-merge --group-by=NODE,.spec.hostNetwork | mc-format --output=json\n"
    );
    let line = line.trim_end().to_owned();
    let typed = home.mc(&[
        "get",
        "pods",
        "-A",
        "--group-by=NODE,.spec.hostNetwork",
        "-o",
        "json",
    ]);
    assert_eq!(home.shell(&line).expect(0), typed.expect(0));
}

#[test]
fn quantities_of_objects_are_added_up() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let table = home
        .mc(&[
            "get",
            "nodes",
            "--group-by=CLUSTER",
            "--sum=.status.capacity.memory",
            "--max=CPU:.status.capacity.cpu",
        ])
        .expect(0);
    assert_eq!(
        table,
        "CLUSTER     COUNT   SUM(MEMORY)   CPU\n\
         dev-eu-1    5       64Gi          4\n\
         prod-eu-1   5       64Gi          4\n\
         prod-us-1   5       64Gi          4\n"
    );
}

#[test]
fn folded_rows_are_those_of_one_of_equal_clusters() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let table = home.mc(&["get", "deployments", "-A", "--fold"]).expect(0);
    assert_eq!(
        table,
        "NAMESPACE   NAME       READY   UP-TO-DATE   AVAILABLE   CLUSTERS\n\
         default     idle       0/0     0            0           3: dev-eu-1,prod-eu-1,prod-us-1\n\
         default     web        2/3     3            2           3: dev-eu-1,prod-eu-1,prod-us-1\n\
         shop        checkout   2/2     2            2           3: dev-eu-1,prod-eu-1,prod-us-1\n"
    );
    let by_ready = home
        .mc(&["get", "deployments", "-A", "--fold=READY", "-o", "csv"])
        .expect(0);
    assert_eq!(by_ready.lines().count(), 4, "{by_ready}");
    let said = home.mc(&["get", "pods", "--fold", "--count"]).complaint(2);
    assert!(
        said.contains("--fold and --count cannot be used together"),
        "{said}"
    );
}

#[test]
fn differences_are_those_that_were_planted() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let none = home.mc(&["get", "deployments", "-A", "--diff=prod-eu-1", "--exit-code"]);
    assert_eq!(none.expect(0), "");
    let planted = |verb: &str, merge: &str, format: &str| {
        home.shell(&format!(
            "mc-discover | mc-exec {verb} | sed '/dev-eu-1.*checkout/d; /prod-us-1/s|\"2/3\"|\"1/3\"|; \
             /prod-us-1/s|\"replicas\":3|\"replicas\":5|' | mc-merge {merge} | mc-format {format}"
        ))
    };
    let expected = "NAMESPACE   NAME       CHANGE    READY        UP-TO-DATE   AVAILABLE   CLUSTERS\n\
                    default     web        changed   2/3 -> 1/3   3            2           1: prod-us-1\n\
                    shop        checkout   missing   2/2          2            2           1: dev-eu-1\n";
    for merge in ["--diff prod-eu-1", "--drift"] {
        assert_eq!(planted("get deployments -A", merge, "").expect(0), expected);
    }
    let yaml = planted("get deployments -A --for json", "--drift --exit-code", "-o yaml").expect(4);
    assert!(
        yaml.contains("  changes:\n  - field: .spec.replicas\n    from: 3\n    to: 5\n"),
        "{yaml}"
    );
    assert_eq!(yaml.matches("CHANGE:").count(), 2, "{yaml}");
}

#[test]
fn differences_of_a_fleet_with_a_failed_cluster_are_partial() {
    let fleet = Fleet::start(Spec::named(&NAMES).fault("dev-eu-1", Fault::Refuse));
    let home = Home::of(&fleet);
    let said = ONE_FAILED.replace("counts lack", "comparison lacks");
    let none = home.mc(&["get", "deployments", "-A", "--drift", "--exit-code"]);
    assert_eq!(none.expect_saying(3, &said), "");
    let failed = home
        .mc(&["get", "deployments", "-A", "--diff=dev-eu-1"])
        .complaint(3);
    assert!(
        failed.contains("--diff dev-eu-1: it did not answer, so there is nothing to compare with"),
        "{failed}"
    );
    let line = home
        .mc(&[
            "get",
            "deploy",
            "-A",
            "--drift",
            "-o",
            "json",
            "--ignore=.metadata.labels,READY",
            "--print-pipeline",
        ])
        .expect(0);
    assert_eq!(
        line,
        "mc-discover | mc-resolve | mc-exec get deploy --all-namespaces --for=json | mc-merge --drift \
         --ignore=.metadata.labels,READY | mc-format --output=json\n"
    );
    for (words, why) in [
        (
            &["--drift", "--fold"][..],
            "--drift and --fold cannot be used together",
        ),
        (&["--exit-code"], "--exit-code goes with --diff and --drift only"),
        (&["--drift", "--ignore=.a[0]"], "is no path of names"),
    ] {
        let said = home.mc(&[&["get", "pods"], words].concat()).complaint(2);
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn rows_of_the_fleet_with_the_most_restarts() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    let restarts = "RESTARTS:.status.containerStatuses[*].restartCount";
    let csv = home
        .mc(&["get", "pods", "-A", "--top=4", "--by=restarts", "-o", "csv"])
        .expect(0);
    let first: Vec<&str> = csv
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert_eq!(first, ["dev-eu-1", "prod-eu-1", "prod-us-1", "dev-eu-1"], "{csv}");
    // The value of a path that no column shows is shown.
    let nodes = home
        .mc(&[
            "get",
            "nodes",
            "--top=1",
            "--by=.status.capacity.memory",
            "--group-by=CLUSTER",
        ])
        .expect(0);
    let heading: Vec<&str> = nodes.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(heading.last(), Some(&"MEMORY"), "{nodes}");
    assert_eq!(nodes.lines().count(), 4, "{nodes}");
    let line = home
        .mc(&["get", "pods", "--top=2", "--by", restarts, "--print-pipeline"])
        .expect(0);
    assert_eq!(
        line,
        "mc-discover | mc-resolve | mc-exec get pods --fields='.status.containerStatuses[*].restartCount' \
         | mc-merge --top=2 --by='RESTARTS:.status.containerStatuses[*].restartCount' | mc-format\n"
    );
    for (words, why) in [
        (&["--top=1"][..], "--top needs --by"),
        (&["--by=NAME"], "--by goes with --top only"),
        (
            &["--top=1", "--by=AGE", "--fold"],
            "--fold and --top cannot be used together",
        ),
        (&["--top=0", "--by=AGE"], "0 is not in 1.."),
    ] {
        let said = home.mc(&[&["get", "pods"], words].concat()).complaint(2);
        assert!(said.contains(why), "{said}");
    }
}
