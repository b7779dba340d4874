//! The whole fleet at once: every member's rows, the exit statuses, and the tools in pipelines.

use serde_json::Value;

use crate::apiserver::User;
use crate::fleet::{HUB, MEMBERS, RICH};
use crate::home::{Home, Outcome};

/// The member of the hub that has no context.
const ORPHAN: &str = "orphan";

/// The records of a pipeline.
fn records(outcome: &Outcome) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("not a record ({e}): {line}"));
    outcome.stdout.lines().map(parse).collect()
}

/// The `cluster` of all records of `kind`, each once, sorted.
fn clusters_of(records: &[Value], kind: &str) -> Vec<String> {
    let of_kind = records.iter().filter(|r| r["kind"] == kind);
    let mut names: Vec<String> = of_kind
        .map(|r| r["cluster"].as_str().expect("a cluster").to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Returns whether a row of `table` begins with `cells`.
fn has_row(table: &str, cells: &[&str]) -> bool {
    table.lines().any(|line| {
        let found: Vec<&str> = line.split_whitespace().collect();
        found.starts_with(cells)
    })
}

#[test]
fn every_member_answers() {
    let home = Home::new();
    let all = home.get(&["pods", "-A", "--exclude", ORPHAN]);
    assert_eq!(all.status, 0, "{all:?}");
    let heading: Vec<&str> = all
        .stdout
        .lines()
        .next()
        .expect("a heading")
        .split_whitespace()
        .collect();
    assert_eq!(
        heading,
        [
            "NAMESPACE",
            "NAME",
            "CLUSTER",
            "READY",
            "STATUS",
            "RESTARTS",
            "AGE"
        ]
    );
    for member in MEMBERS {
        assert!(
            has_row(&all.stdout, &["shop", "cart-0", member, "1/1", "Running"]),
            "{member}:\n{}",
            all.stdout
        );
        // Every row of kubectl's is there, with the cluster after the name.
        let theirs = home
            .kubectl(&["--context", member, "get", "pods", "-A", "--no-headers"])
            .success();
        for line in theirs.lines() {
            let cells: Vec<&str> = line.split_whitespace().collect();
            let row = [cells[0], cells[1], member, cells[2], cells[3]];
            assert!(has_row(&all.stdout, &row), "{row:?} is missing:\n{}", all.stdout);
        }
        let rows = all
            .stdout
            .lines()
            .filter(|l| l.split_whitespace().nth(2) == Some(member))
            .count();
        assert_eq!(rows, theirs.lines().count(), "{member}:\n{}", all.stdout);
    }
}

/// By cluster, then as the API server lists them and kubectl prints them: by the bytes of
/// `namespace/name`, so `a-b` before `a`.
#[test]
fn rows_are_ordered_by_cluster() {
    let home = Home::new();
    let table = home
        .get(&["pods", "-A", "--exclude", ORPHAN, "--no-headers"])
        .success();
    let keys: Vec<(String, String)> = table
        .lines()
        .map(|line| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            (cells[2].to_owned(), format!("{}/{}", cells[0], cells[1]))
        })
        .collect();
    let mut sorted = keys.clone();
    sorted.sort();
    assert_eq!(keys, sorted);
    assert!(keys.iter().any(|(_, key)| key.starts_with("a-b/")));
}

#[test]
fn cluster_without_access_is_named() {
    let home = Home::new();
    let partial = home.get(&["pods", "-v"]);
    assert_eq!(partial.status, 3, "{partial:?}");
    assert!(partial.stderr.contains(ORPHAN), "{}", partial.stderr);
    for member in MEMBERS {
        assert!(
            has_row(&partial.stdout, &["web-5d9c7b8f6-aaaaa", member]),
            "{}",
            partial.stdout
        );
    }
}

#[test]
fn cluster_that_refuses_makes_the_result_partial() {
    let home = Home::with_users(&[("prod-us-1", User::Nobody), ("dev-eu-1", User::Stranger)]);
    let partial = home.get(&["pods", "--exclude", ORPHAN]);
    assert_eq!(partial.status, 3, "{partial:?}");
    let warning = "Warning: Failed to query 2/3 clusters. Run with -v for details.";
    assert!(partial.stderr.contains(warning), "{}", partial.stderr);
    assert!(
        has_row(&partial.stdout, &["web-5d9c7b8f6-aaaaa", RICH, "1/1", "Running"]),
        "{}",
        partial.stdout
    );
    assert!(!partial.stdout.contains("prod-us-1"), "{}", partial.stdout);

    let verbose = home.get(&["pods", "--exclude", ORPHAN, "-v"]);
    assert!(
        verbose.stderr.contains("prod-us-1") && verbose.stderr.contains("Forbidden"),
        "{}",
        verbose.stderr
    );
    assert!(verbose.stderr.contains("dev-eu-1"), "{}", verbose.stderr);
    assert!(verbose.stderr.contains("Unauthorized"), "{}", verbose.stderr);
}

#[test]
fn no_cluster_answers() {
    let nobody: Vec<(&str, User)> = MEMBERS.iter().map(|member| (*member, User::Nobody)).collect();
    let home = Home::with_users(&nobody);
    let failed = home.get(&["pods", "--exclude", ORPHAN]);
    assert_eq!(failed.status, 1, "{failed:?}");
    assert_eq!(failed.stdout, "");
}

#[test]
fn wrong_command_line_exits_with_2() {
    let home = Home::new();
    assert_eq!(home.get(&["pods", "--no-such-flag"]).status, 2);
    assert_eq!(home.get(&["pods", "-o", "no-such-format"]).status, 2);
}

#[test]
fn failing_hub_exits_with_1() {
    let home = Home::with_users(&[(HUB, User::Nobody)]);
    let forbidden = home.get(&["pods"]);
    assert_eq!(forbidden.status, 1, "{forbidden:?}");
    assert!(
        forbidden.stderr.contains("clusterprofiles"),
        "{}",
        forbidden.stderr
    );

    // A context that exists and is not a hub.
    let no_api = Home::new().get(&["pods", "--hub-context", RICH]);
    assert_eq!(no_api.status, 1, "{no_api:?}");
    assert!(
        no_api.stderr.contains("multicluster.x-k8s.io"),
        "{}",
        no_api.stderr
    );
    assert!(no_api.stderr.contains(RICH), "{}", no_api.stderr);
}

/// An object that only some members have is no failure; one that none has is.
#[test]
fn object_on_some_clusters_only() {
    let home = Home::new();
    // dev-eu-1 has no widgets at all, prod-us-1 no pod of this name.
    let widgets = home.get(&["widgets", "-A", "--exclude", ORPHAN]);
    assert_eq!(widgets.status, 0, "{widgets:?}");
    assert!(
        has_row(&widgets.stdout, &["default", "gear", "prod-eu-1"]),
        "{}",
        widgets.stdout
    );
    assert!(
        has_row(&widgets.stdout, &["default", "gear", "prod-us-1"]),
        "{}",
        widgets.stdout
    );
    assert!(!widgets.stdout.contains("dev-eu-1"), "{}", widgets.stdout);

    let pod = home.get(&["pod", "gated", "--exclude", ORPHAN]);
    assert_eq!(pod.status, 0, "{pod:?}");
    assert!(has_row(&pod.stdout, &["gated", "dev-eu-1"]), "{}", pod.stdout);
    assert!(has_row(&pod.stdout, &["gated", "prod-eu-1"]), "{}", pod.stdout);

    let none = home.get(&["pod", "missing", "--exclude", ORPHAN]);
    assert_eq!(none.status, 1, "{none:?}");
    assert!(none.stderr.contains("missing"), "{}", none.stderr);
}

#[test]
fn clusters_flag_selects() {
    let home = Home::new();
    for (choice, expected) in [
        (&["--clusters", "prod-*"][..], &["prod-eu-1", "prod-us-1"][..]),
        (&["--clusters=dev-*,prod-us-1"], &["dev-eu-1", "prod-us-1"]),
        (
            &["--clusters", "prod-eu-1", "--clusters", "dev-eu-1"],
            &["dev-eu-1", "prod-eu-1"],
        ),
        (&["--exclude", "prod-*,orphan"], &["dev-eu-1"]),
        (&["--cluster-selector", "env=prod"], &["prod-eu-1", "prod-us-1"]),
        (
            &["--cluster-selector", "region in (eu), env!=dev"],
            &["prod-eu-1"],
        ),
        (&["--cluster-selector", "location=us-central1"], &["prod-us-1"]),
        (&["--healthy", "--exclude", "orphan"], &["prod-eu-1", "prod-us-1"]),
    ] {
        let args = [&["nodes", "--no-headers"], choice].concat();
        let table = home.get(&args).success();
        let mut seen: Vec<&str> = table
            .lines()
            .filter_map(|l| l.split_whitespace().nth(1))
            .collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, expected, "{choice:?}:\n{table}");
    }

    let typo = home.get(&["nodes", "--clusters", "prod-eu-2"]);
    assert!(matches!(typo.status, 1 | 2), "{typo:?}");
    assert!(
        typo.stderr.contains("prod-eu-1"),
        "the near name is told: {}",
        typo.stderr
    );
}

#[test]
fn the_pipeline_with_grep() {
    let home = Home::new();
    let records_out = home.shell("mc-discover | grep prod | mc-exec get pods");
    assert_eq!(records_out.status, 0, "{records_out:?}");
    let found = records(&records_out);
    assert_eq!(clusters_of(&found, "Row"), ["prod-eu-1", "prod-us-1"]);
    assert_eq!(clusters_of(&found, "Result"), ["prod-eu-1", "prod-us-1"]);
    for result in found.iter().filter(|r| r["kind"] == "Result") {
        assert_eq!(result["ok"], true, "{result}");
    }

    let table = home
        .shell("mc-discover | grep prod | mc-exec get pods | mc-merge | mc-format")
        .success();
    let direct = home.get(&["pods", "--clusters", "prod-*"]).success();
    let without_ages = |text: &str| -> Vec<Vec<String>> {
        let cells = |line: &str| line.split_whitespace().take(4).map(str::to_owned).collect();
        text.lines().map(cells).collect()
    };
    assert_eq!(without_ages(&table), without_ages(&direct));
}

/// Names alone are enough for mc-exec, wherever they come from.
#[test]
fn the_pipeline_without_a_hub() {
    let home = Home::new();
    let found = home.shell("kubectl config get-contexts -o name | grep -v hub | mc-exec get nodes");
    assert_eq!(found.status, 0, "{found:?}");
    let mut members = MEMBERS;
    members.sort_unstable();
    assert_eq!(clusters_of(&records(&found), "Result"), members);
}

/// Any line of the stream can be dropped; the rest stays right.
#[test]
fn any_record_may_be_dropped() {
    let home = Home::new();
    let whole = home
        .shell("mc-discover --exclude orphan | mc-exec get namespaces")
        .stdout;
    let rows = whole.lines().filter(|l| l.contains("\"kind\":\"Row\"")).count();
    assert!(rows > 10, "{whole}");
    for dropped in 0..whole.lines().count() {
        let kept: Vec<&str> = whole
            .lines()
            .enumerate()
            .filter(|(i, _)| *i != dropped)
            .map(|(_, l)| l)
            .collect();
        home.write("stream.ndjson", &(kept.join("\n") + "\n"));
        let left = kept.iter().filter(|l| l.contains("\"kind\":\"Row\"")).count();
        let table = home.shell("mc-merge < stream.ndjson | mc-format --no-headers");
        assert_eq!(table.stdout.lines().count(), left, "line {dropped}: {table:?}");
    }
}

/// The hub's profiles, as the wrapper lists them.
#[test]
fn clusters_lists_the_fleet() {
    let home = Home::new();
    let fleet = home.run("kubectl-mc", &["clusters"]);
    for (name, health) in [
        ("prod-eu-1", "Healthy"),
        ("prod-us-1", "Healthy"),
        ("dev-eu-1", "Unhealthy"),
        (ORPHAN, "Unknown"),
    ] {
        let lines: Vec<&str> = fleet
            .stdout
            .lines()
            .filter(|l| l.split_whitespace().any(|c| c == name))
            .collect();
        assert!(!lines.is_empty(), "{name}:\n{}", fleet.stdout);
        assert!(lines[0].contains(health), "{name}:\n{}", fleet.stdout);
    }
    // Two namespaces have a profile of prod-eu-1; it is one cluster.
    let rows = fleet
        .stdout
        .lines()
        .filter(|l| l.starts_with("prod-eu-1 "))
        .count();
    assert_eq!(rows, 1, "{}", fleet.stdout);
}

/// A cron job's file: CLUSTER first, a row an object, and a status that tells the truth.
#[test]
fn csv_output() {
    let home = Home::new();
    let csv = home.get(&["nodes", "-o", "csv", "--exclude", ORPHAN]).success();
    assert!(csv.starts_with("CLUSTER,NAME,STATUS,ROLES,AGE,VERSION"), "{csv}");
    // Roles hold a comma, which RFC 4180 quotes.
    assert!(csv.contains("\"gpu,worker\""), "{csv}");
    assert_eq!(csv.lines().count(), 1 + 5 * MEMBERS.len(), "{csv}");
}

/// The shell line that the wrapper prints does what the wrapper does.
#[test]
fn print_pipeline_output_runs() {
    let home = Home::new();
    let line = home
        .get(&["nodes", "--clusters", "prod-*", "--print-pipeline"])
        .success();
    assert!(line.contains("mc-exec") && line.contains('|'), "{line}");
    let table = home.shell(&line).success();
    assert!(has_row(&table, &["worker-1", "prod-eu-1"]), "{table}");
}

/// A cached fleet is used although its hub no longer lets anyone in.
#[test]
fn cached_fleet_is_used_without_the_hub() {
    // With a token, since the cache outlives a token that is replaced, but not another user.
    let home = Home::with_users(&[(HUB, User::Admin)]);
    home.get(&["nodes", "--clusters", "prod-*"]).success();
    // The same hub and entry, but its token is no longer accepted.
    let users = [(HUB, User::Stranger)];
    home.write(
        ".kube/config",
        &crate::fleet::fleet().kubeconfig(&users).to_string(),
    );
    home.get(&["nodes", "--clusters", "prod-*"]).success();
    assert_ne!(
        home.get(&["nodes", "--clusters", "prod-*", "--refresh", "--no-stale"])
            .status,
        0
    );
}
