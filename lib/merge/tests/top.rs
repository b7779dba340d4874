//! `--top`.

use super::merged;
use crate::exit::Status;
use crate::merge::{self, Field, Options, TopSpec};
use proptest::prelude::*;

fn top(count: usize, by: &str, groups: &[&str]) -> Options {
    let groups = groups.iter().map(|field| Field::parse(field).unwrap()).collect();
    Options {
        strategy: Some(merge::Strategy::Top(TopSpec::new(count, by, groups).unwrap())),
        ..Options::default()
    }
}

fn row(cluster: &str, name: &str, restarts: &str, cpu: &str, day: u32) -> String {
    format!(
        r#"{{"kind":"Row","cluster":"{cluster}","resource":"pods","type":"pod","name":"{name}","columns":{{"NAME":"{name}","RESTARTS":"{restarts}"}},"fields":{{"cpu":["{cpu}","1m"],"metadata":{{"creationTimestamp":"2026-01-0{day}T00:00:00Z"}}}}}}"#
    )
}

/// Returns the clusters and names of the rows in their order, and the last cell of each.
fn names(lines: &[String]) -> Vec<String> {
    let rows = lines.iter().filter(|line| line.starts_with(r#"{"kind":"Row""#));
    rows.map(|line| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let value = &row["columns"]["CPU"];
        format!(
            "{}/{} {}",
            row["cluster"].as_str().unwrap(),
            row["name"].as_str().unwrap(),
            value.as_str().unwrap_or_default()
        )
        .trim()
        .to_owned()
    })
    .collect()
}

fn rows() -> Vec<String> {
    vec![
        row("b", "one", "3 (5h ago)", "100m", 3),
        row("a", "two", "12", "2", 1),
        row("a", "three", "0", "1500m", 2),
        row("c", "four", "<none>", "x", 4),
        row("b", "five", "12", "1", 5),
    ]
}

#[test]
fn rows_with_the_greatest_values_come_first() {
    for (by, count, expected) in [
        ("restarts", 3, &["a/two", "b/five", "b/one"][..]),
        ("AGE", 2, &["a/two", "a/three"]),
        (".metadata.creationTimestamp", 1, &["b/five"]),
        (".cpu[*]", 2, &["a/two 2001m", "a/three 1501m"]),
    ] {
        let (lines, complaints, _) = merged(top(count, by, &[]), &rows().join("\n"));
        assert_eq!(
            (names(&lines), complaints.len()),
            (expected.iter().map(|name| (*name).to_owned()).collect(), 0),
            "{by}"
        );
        // The rows keep their order when they are merged again.
        assert_eq!(
            names(&merged(Options::default(), &lines.join("\n")).0),
            expected,
            "{by}"
        );
    }
}

#[test]
fn rows_are_ranked_within_groups() {
    let (lines, _, _) = merged(top(1, "RESTARTS", &["CLUSTER"]), &rows().join("\n"));
    assert_eq!(names(&lines), ["a/two", "b/five"]);
    assert_eq!(
        names(&merged(Options::default(), &lines.join("\n")).0),
        ["a/two", "b/five"]
    );
}

#[test]
fn column_without_numbers_is_a_mistake_in_the_command_line() {
    for (by, why) in [
        ("NAME", "--by NAME: no row has a number in this column"),
        ("CPU", "no row has a column CPU"),
        (".x", "--by .x: no row has a number or a time there"),
    ] {
        let (lines, complaints, status) = merged(top(1, by, &[]), &rows().join("\n"));
        assert!(complaints[0].starts_with(why), "{complaints:?}");
        assert_eq!((names(&lines).len(), status), (0, Status::Usage));
    }
}

proptest! {
    #[test]
    fn greatest_of_parts_are_merged_to_the_greatest_of_the_whole(
        input in proptest::collection::vec(("[a-c]", "[a-z]{2}", "[0-9]{1,2}", "[0-9]{1,2}(m|)", 1..9_u32), 0..30),
        parts in proptest::collection::vec(0..3_usize, 30),
        by in prop_oneof!["RESTARTS", "AGE", "\\.cpu\\[\\*\\]"],
        grouped in any::<bool>(),
    ) {
        let groups: &[&str] = if grouped { &["CLUSTER"] } else { &[] };
        let mut lines: [Vec<String>; 3] = Default::default();
        let mut known = std::collections::BTreeSet::new();
        let mut all = Vec::new();
        for ((cluster, name, restarts, cpu, day), part) in input.iter().zip(&parts) {
            if known.insert((cluster.clone(), name.clone())) {
                let line = row(cluster, name, restarts, cpu, *day);
                lines[*part].push(line.clone());
                all.push(line);
            }
        }
        let mut of_parts = Vec::new();
        for part in &lines {
            of_parts.extend(merged(top(4, &by, groups), &part.join("\n")).0);
        }
        let whole = merged(top(4, &by, groups), &all.join("\n")).0;
        let joined = merged(top(4, &by, groups), &of_parts.join("\n")).0;
        prop_assert_eq!(names(&joined), names(&whole));
    }
}
