//! `kubectl mc version` against kubectl on each cluster.

use serde_json::Value;

use crate::home::Home;

/// Returns what kubectl says of the version of each member's API server.
fn of_kubectl(home: &Home, context: &str) -> Value {
    let text = home
        .kubectl(&["--context", context, "version", "-o", "json"])
        .success();
    let version: Value = serde_json::from_str(&text).expect("kubectl's version");
    version["serverVersion"].clone()
}

#[test]
fn version_is_kubectls_for_each_cluster() {
    let home = Home::new();
    let text = home
        .shell("kubectl mc version --exclude orphan -o json")
        .success();
    let result: Value = serde_json::from_str(&text).expect("a MultiClusterResult");
    let clusters = result["clusters"].as_array().expect("clusters");
    assert!(!clusters.is_empty(), "{result}");
    let table = home
        .shell("kubectl mc version --exclude orphan -o wide")
        .success();
    for cluster in clusters {
        let name = cluster["cluster"].as_str().expect("a name");
        let expected = of_kubectl(&home, name);
        assert_eq!(cluster["items"], Value::from(vec![expected.clone()]), "{name}");
        let row = table
            .lines()
            .find(|line| line.split_whitespace().next() == Some(name));
        let cells: Vec<&str> = row.expect("a row").split_whitespace().collect();
        let text = |key: &str| expected[key].as_str().expect("text").to_owned();
        let columns = ["gitVersion", "platform", "goVersion", "gitCommit"].map(text);
        assert_eq!(cells[1..], columns, "{name}");
    }
}
