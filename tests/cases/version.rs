//! `kubectl mc version`: the version of every cluster's API server, in every format, and with clusters that fail.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::{Home, records};
use serde_json::{Value, json};

const NAMES: [&str; 3] = ["prod-eu-1", "prod-us-1", "dev-eu-1"];

/// Has one cluster of an older version.
fn fleet() -> Fleet {
    let older = json!({"major": "1", "minor": "35", "gitVersion": "v1.35.7", "gitCommit": "abc123",
        "goVersion": "go1.25.1", "platform": "linux/arm64"});
    Fleet::start(Spec::named(&NAMES).answer("prod-us-1", "/version", &older.to_string()))
}

#[test]
fn version_is_a_table_of_all_clusters() {
    let fleet = fleet();
    let home = Home::of(&fleet);
    let expected = "CLUSTER     SERVER VERSION   PLATFORM\n\
                    dev-eu-1    v1.36.3          linux/amd64\n\
                    prod-eu-1   v1.36.3          linux/amd64\n\
                    prod-us-1   v1.35.7          linux/arm64\n";
    assert_eq!(home.mc(&["version"]).expect(0), expected);
    let wide = home
        .mc(&["version", "-o", "wide", "--clusters=prod-us-1"])
        .expect(0);
    assert_eq!(
        wide,
        "CLUSTER     SERVER VERSION   PLATFORM      GO VERSION   COMMIT\n\
         prod-us-1   v1.35.7          linux/arm64   go1.25.1     abc123\n"
    );
    let csv = home.mc(&["version", "-o", "csv"]).expect(0);
    assert!(csv.ends_with("prod-us-1,v1.35.7,linux/arm64\n"), "{csv}");
}

#[test]
fn version_as_json_is_the_whole_answer() {
    let fleet = fleet();
    let home = Home::of(&fleet);
    let text = home.mc(&["version", "-o", "json"]).expect(0);
    let result: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(result["kind"], "MultiClusterResult");
    let older = &result["clusters"][2];
    assert_eq!(
        (&older["cluster"], &older["items"][0]["minor"]),
        (&json!("prod-us-1"), &json!("35"))
    );
    assert_eq!(result["clusters"][0]["items"][0]["gitTreeState"], "clean");
    let yaml = home.mc(&["version", "-o", "yaml"]).expect(0);
    assert!(yaml.contains("    gitVersion: v1.35.7\n"), "{yaml}");
    let expected = "dev-eu-1\tv1.36.3\nprod-eu-1\tv1.36.3\nprod-us-1\tv1.35.7\n";
    for template in ["jsonpath={.gitVersion}", "go-template={{.gitVersion}}"] {
        assert_eq!(home.mc(&["version", "-o", template]).expect(0), expected);
    }
    let columns = home
        .mc(&["version", "-o", "custom-columns=GO:.goVersion"])
        .expect(0);
    assert!(columns.ends_with("prod-us-1   go1.25.1\n"), "{columns}");
}

#[test]
fn version_by_hand_is_the_same() {
    let fleet = fleet();
    let home = Home::of(&fleet);
    let line = "mc-discover | mc-resolve | mc-exec version | mc-merge | mc-format";
    assert_eq!(home.shell(line).expect(0), home.mc(&["version"]).expect(0));
    let lines = home
        .shell("echo prod-us-1 | mc-exec version --for=json")
        .expect(0);
    let records = records::read_all(&lines);
    let object = records.iter().find(|record| record["kind"] == "Object").unwrap();
    assert_eq!(object["object"]["gitVersion"], "v1.35.7");
    assert_eq!(
        home.mc(&["version", "--print-pipeline", "-o", "wide"]).expect(0),
        "mc-discover | mc-resolve | mc-exec version --for=wide | mc-merge | mc-format --output=wide\n"
    );
}

#[test]
fn version_of_clusters_that_fail() {
    let spec = Spec::named(&NAMES)
        .fault("1", Fault::Refuse)
        .answer("prod-us-1", "/version", "<html>");
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let outcome = home.mc(&["version", "-o", "json"]);
    assert_eq!(outcome.status, 3, "{outcome:?}");
    let result: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let errors = &result["summary"]["errors"];
    assert_eq!(errors["prod-eu-1"]["reason"], "Connect");
    let message = errors["prod-us-1"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("the answer to GET /version is not a version: "),
        "{message}"
    );
    let answer = json!({"gitVersion": 1}).to_string();
    let fleet = Fleet::start(Spec::named(&["a"]).answer("a", "/version", &answer));
    Home::of(&fleet).mc(&["version"]).complaint(1);
}

#[test]
fn version_of_the_client_asks_nobody() {
    let home = Home::empty();
    let own = env!("CARGO_PKG_VERSION");
    assert_eq!(
        home.mc(&["version", "--client"]).expect(0),
        format!("kubectl-mc {own}\n")
    );
    assert_eq!(
        home.mc(&["version", "--client", "-o", "json"]).expect(0),
        format!("{{\"kubectl-mc\":\"{own}\"}}\n")
    );
    assert_eq!(
        home.mc(&["version", "--client", "-o", "yaml"]).expect(0),
        format!("kubectl-mc: {own}\n")
    );
}

#[test]
fn version_has_no_names() {
    let home = Home::empty();
    let stderr = home.mc(&["version", "-o", "name"]).complaint(2);
    assert!(stderr.contains("-o name prints names of objects"), "{stderr}");
}
