//! Strategies: what they make of rows, and that merging what was made of parts of the rows gives the whole.

use super::merged;
use crate::exit::Status;
use crate::merge::{self, Computation, Field, GroupSpec, Options, split_list};
use crate::record::Operation;
use proptest::prelude::*;

fn group(spec: GroupSpec) -> Options {
    Options {
        strategy: Some(merge::Strategy::Group(spec)),
        ..Options::default()
    }
}

fn group_by(fields: &str) -> Options {
    let fields = split_list(fields).into_iter().filter(|field| !field.is_empty());
    group(GroupSpec {
        fields: fields.map(|field| Field::parse(field).unwrap()).collect(),
        ..GroupSpec::default()
    })
}

fn fold() -> Options {
    group(GroupSpec {
        by_all_columns: true,
        folded: true,
        ..GroupSpec::default()
    })
}

const OPERATIONS: [Operation; 4] = [Operation::Sum, Operation::Min, Operation::Max, Operation::Avg];

/// Computes numbers of `.v`, by the column K.
fn compute(of: &[Operation]) -> Options {
    group(GroupSpec {
        fields: vec![Field::parse("K").unwrap()],
        computed: of
            .iter()
            .map(|of| Computation::parse(*of, ".v").unwrap())
            .collect(),
        ..GroupSpec::default()
    })
}

/// Returns a row with a value, which is JSON.
fn valued(cluster: &str, key: &str, value: &str) -> String {
    format!(
        r#"{{"kind":"Row","cluster":"{cluster}","resource":"pods","type":"pod","name":"x","columns":{{"K":"{key}"}},"fields":{{"v":{value}}}}}"#
    )
}

/// Returns what is computed of values, a text for each operation.
fn computed(values: &[&str]) -> Vec<String> {
    let rows: Vec<String> = values.iter().map(|value| valued("a", "k", value)).collect();
    let (lines, _, _) = merged(compute(&OPERATIONS), &rows.join("\n"));
    let group: serde_json::Value = serde_json::from_str(&lines[lines.len() - 1]).unwrap();
    let computed = group["computed"].as_array().unwrap().iter();
    computed.map(|computed| computed["value"].to_string()).collect()
}

fn pod(cluster: &str, name: &str, status: &str, node: &str) -> String {
    format!(
        r#"{{"kind":"Row","cluster":"{cluster}","resource":"pods","type":"pod","namespace":"n","name":"{name}","columns":{{"NAME":"{name}","STATUS":{status}}},"fields":{{"spec":{{"node":"{node}"}}}}}}"#
    )
}

/// Returns the Groups without the members that are the same for all.
fn groups(options: Options, input: &[String]) -> Vec<String> {
    let (lines, complaints, _) = merged(options, &input.join("\n"));
    assert_eq!(complaints, [""; 0]);
    let start = r#"{"kind":"Group","resource":"pods","type":"pod","by":"#;
    let groups = lines.iter().filter_map(|line| line.strip_prefix(start));
    groups.map(str::to_owned).collect()
}

#[test]
fn rows_are_counted_by_the_values_of_columns_and_paths() {
    let rows = [
        pod("b", "1", r#""Running""#, "n1"),
        pod("a", "2", r#""Running""#, "n1"),
        pod("a", "3", r#""Running""#, "n2"),
        pod("a", "4", r#""say \"x\"""#, "n2"),
        pod("a", "5", "null", "n2"),
        pod("a", "6", "7", "n2"),
    ];
    assert_eq!(
        groups(group_by("status"), &rows),
        [
            r#"{"STATUS":"Running"},"count":3,"clusters":{"a":2,"b":1}}"#,
            r#"{"STATUS":"7"},"count":1,"clusters":{"a":1}}"#,
            r#"{"STATUS":"<none>"},"count":1,"clusters":{"a":1}}"#,
            r#"{"STATUS":"say \"x\""},"count":1,"clusters":{"a":1}}"#,
        ]
    );
    assert_eq!(
        groups(group_by("CLUSTER,.spec.node,ABSENT:.spec.x"), &rows[..3]),
        [
            r#"{"CLUSTER":"a","NODE":"n1","ABSENT":"<none>"},"count":1,"clusters":{"a":1}}"#,
            r#"{"CLUSTER":"a","NODE":"n2","ABSENT":"<none>"},"count":1,"clusters":{"a":1}}"#,
            r#"{"CLUSTER":"b","NODE":"n1","ABSENT":"<none>"},"count":1,"clusters":{"b":1}}"#,
        ]
    );
    assert_eq!(
        groups(group_by(""), &rows),
        [r#"{},"count":6,"clusters":{"a":5,"b":1}}"#]
    );
}

#[test]
fn numbers_are_computed_exactly_and_spelled_as_kubernetes_does() {
    for (values, expected) in [
        (
            &[r#""1Gi""#, r#""512Mi""#, "null"][..],
            [r#""1536Mi""#, r#""512Mi""#, r#""1Gi""#, r#""768Mi""#],
        ),
        (
            &[r#""100m""#, r#""1""#],
            [r#""1100m""#, r#""100m""#, r#""1""#, r#""550m""#],
        ),
        (&["1", "2.5", "[]"], ["3.5", "1", "2.5", "1.75"]),
        (&["true", "{}"], ["null"; 4]),
        (
            &[r#""2026-01-02T00:00:00Z""#, r#""2025-12-31T00:00:00Z""#],
            [
                "null",
                r#""2025-12-31T00:00:00Z""#,
                r#""2026-01-02T00:00:00Z""#,
                "null",
            ],
        ),
    ] {
        assert_eq!(computed(values), expected, "{values:?}");
    }
}

#[test]
fn values_that_are_not_numbers_make_the_result_partial() {
    let rows = [valued("a", "k", r#""5d""#), valued("b", "k", "7")];
    let (lines, complaints, status) = merged(compute(&[Operation::Sum]), &rows.join("\n"));
    assert_eq!(complaints, ["SUM(V) lacks 1 values, which are not numbers"]);
    assert_eq!(status, Status::Partial);
    let group = lines.last().unwrap();
    assert!(
        group.ends_with(r#""value":7,"form":"plain","number":1,"other":1}]}"#),
        "{group}"
    );
}

/// Folded rows that are unfolded again are the union without AGE.
#[test]
fn rows_of_equal_clusters_are_folded_to_one() {
    let row = |cluster: &str, name: &str| {
        format!(
            r#"{{"kind":"Row","cluster":"{cluster}","resource":"pods","type":"pod","name":"{name}","columns":{{"NAME":"{name}","A":1,"AGE":"{cluster}"}}}}"#
        )
    };
    let clusters: Vec<String> = (1..48).map(|number| format!("c-{number}")).collect();
    let names = ["b", "a", "a-b"];
    let rows: Vec<String> = clusters
        .iter()
        .flat_map(|cluster| names.map(|name| row(cluster, name)))
        .collect();
    let folded = groups(fold(), &rows);
    assert_eq!(folded.len(), names.len());
    let mut unfolded = Vec::new();
    for (group, name) in folded.iter().zip(["a", "a-b", "b"]) {
        let rest = group
            .strip_prefix(&format!(r#"{{"NAME":"{name}","A":"1"}},"count":47,"clusters":"#))
            .unwrap();
        let rest = rest.strip_suffix(r#","folded":true}"#).unwrap();
        let counts: std::collections::BTreeMap<String, u64> = serde_json::from_str(rest).unwrap();
        assert!(counts.values().all(|count| *count == 1));
        unfolded.extend(counts.into_keys().map(|cluster| row(&cluster, name)));
    }
    let mut rows = rows;
    rows.sort();
    unfolded.sort();
    assert_eq!(unfolded, rows);
}

#[test]
fn column_that_no_row_has_is_a_mistake_in_the_command_line() {
    let (lines, complaints, status) = merged(group_by("STATUZ"), &pod("a", "1", "1", "n"));
    let said = "no row has a column STATUZ (did you mean \"STATUS\"?): there are CLUSTER, NAME, STATUS; a field of the \
                object is written with a dot: .metadata.name";
    assert_eq!((complaints, status), (vec![said.to_owned()], Status::Usage));
    assert!(lines.iter().all(|line| !line.contains("Group")), "{lines:?}");
    // Without rows nothing can be said about columns.
    let result = r#"{"kind":"Result","cluster":"a","ok":true}"#;
    assert_eq!(merged(group_by("STATUZ"), result).2, Status::Complete);
}

#[test]
fn path_that_rows_do_not_bring_along_is_a_mistake_in_the_command_line() {
    let row = r#"{"kind":"Row","cluster":"a","name":"x","columns":{"NAME":"x"}}"#;
    let (_, complaints, status) = merged(group_by(".spec.node"), row);
    let said = "rows came without the field .spec.node: give mc-exec --fields=.spec.node";
    assert_eq!((complaints, status), (vec![said.to_owned()], Status::Usage));
}

#[test]
fn summary_says_how_many_clusters_the_counts_lack() {
    let input = [
        pod("a", "1", "1", "n"),
        r#"{"kind":"Result","cluster":"a","ok":true}"#.into(),
        r#"{"kind":"Result","cluster":"b","ok":false,"reason":"Timeout"}"#.into(),
        r#"{"kind":"Asked","cluster":"c"}"#.into(),
    ];
    let (lines, _, status) = merged(group_by("STATUS"), &input.join("\n"));
    let summary = lines.last().unwrap();
    assert!(
        summary.ends_with(r#""lacking":"counts lack 2 of 3 clusters"}"#),
        "{summary}"
    );
    assert_eq!(status, Status::Partial);
    // A later mc-merge says so again.
    let (again, _, _) = merged(Options::default(), &lines.join("\n"));
    assert_eq!(again, lines);
}

#[test]
fn commas_within_a_path_do_not_split_a_list() {
    assert_eq!(
        split_list(r"STATUS,.a[?(@.b=='x,y')].c,{.d['e,f']},.g\,h"),
        ["STATUS", ".a[?(@.b=='x,y')].c", "{.d['e,f']}", r".g\,h"]
    );
}

#[test]
fn heading_of_a_path_is_its_last_name() {
    for (typed, heading) in [
        (".status.nodeInfo.kubeletVersion", "KUBELETVERSION"),
        ("VERSION:.status.nodeInfo.kubeletVersion", "VERSION"),
        (".spec.containers[*].image", "IMAGE"),
        (r".metadata.labels.app\.kubernetes\.io/part-of", "PART-OF"),
        (".status.conditions[?(@.type==\"Ready\")].status", "STATUS"),
        ("{..}", "VALUE"),
        ("metadata.name", "NAME"),
    ] {
        assert_eq!(Field::parse(typed).unwrap().heading, heading, "{typed}");
    }
    assert!(Field::parse(".a[").unwrap_err().contains("is no JSONPath"));
    assert!(Field::parse(" ").is_err());
}

/// Returns lines of some clusters' pods, and their Results.
fn some_input() -> impl Strategy<Value = Vec<String>> {
    let pods = ("[a-d]", "[a-c]{1,2}", "[12]", "[12]");
    let pods = pods.prop_map(|(cluster, name, status, node)| pod(&cluster, &name, &status, &node));
    let result = ("[a-d]", any::<bool>()).prop_map(|(cluster, ok)| match ok {
        true => format!(r#"{{"kind":"Result","cluster":"{cluster}","ok":true}}"#),
        false => format!(r#"{{"kind":"Result","cluster":"{cluster}","ok":false,"reason":"Timeout"}}"#),
    });
    let results = proptest::collection::vec(result, 0..4);
    (proptest::collection::vec(pods, 0..30), results).prop_map(|(pods, results)| [pods, results].concat())
}

/// Returns rows with values of all kinds.
fn some_values() -> impl Strategy<Value = Vec<String>> {
    let value = prop_oneof![
        "\"[1-9][0-9]{0,2}(Ki|Mi|Gi|m|k|M|e3|)\"",
        "\"-?0\\.[0-9]{1,12}(Ki|Gi|n|)\"",
        "-?[1-9][0-9]{0,3}(\\.[1-9])?",
        "\"202[0-9]-01-01T00:00:00Z\"",
        "(null|true|\"x\")",
    ];
    let row = ("[a-c]", "[kl]", value).prop_map(|(cluster, key, value)| valued(&cluster, &key, &value));
    proptest::collection::vec(row, 0..20)
}

/// Asserts that what a strategy makes of the parts of an input is merged to what it makes of the whole.
fn check_parts(options: &Options, input: &[String], parts: &[usize]) {
    let mut lines: [Vec<String>; 4] = Default::default();
    for (line, part) in input.iter().zip(parts) {
        lines[*part].push(line.clone());
    }
    let mut of_parts = Vec::new();
    for part in lines.iter().rev() {
        of_parts.extend(merged(options.clone(), &part.join("\n")).0);
    }
    let only_groups = |lines: Vec<String>| -> Vec<String> {
        let is_group = |line: &String| line.starts_with(r#"{"kind":"Group""#);
        lines.into_iter().filter(is_group).collect()
    };
    let whole = only_groups(merged(options.clone(), &input.join("\n")).0);
    // Any mc-merge adds groups up.
    for last in [Options::default(), options.clone()] {
        let joined = only_groups(merged(last, &of_parts.join("\n")).0);
        assert_eq!(joined, whole);
    }
}

proptest! {
    #[test]
    fn groups_of_parts_are_merged_to_the_groups_of_the_whole(
        input in some_input(),
        parts in proptest::collection::vec(0..4_usize, 40),
        fields in prop_oneof!["STATUS", "CLUSTER,STATUS", "\\.spec\\.node,STATUS", ""],
    ) {
        check_parts(&group_by(&fields), &input, &parts);
        check_parts(&fold(), &input, &parts);
    }

    #[test]
    fn numbers_of_parts_are_merged_to_the_numbers_of_the_whole(
        input in some_values(),
        parts in proptest::collection::vec(0..4_usize, 20),
    ) {
        check_parts(&compute(&OPERATIONS), &input, &parts);
    }
}

#[test]
fn rows_of_a_watch_are_refused_once() {
    let row = r#"{"kind":"Row","cluster":"a","name":"x","columns":{"K":"v"},"event":"ADDED"}"#;
    let result = r#"{"kind":"Result","cluster":"a","ok":true,"items":2,"watched":true}"#;
    let (lines, _, status) = merged(group_by("K"), &[row, row, result].join("\n"));
    let problems: Vec<&String> = lines.iter().filter(|line| line.contains("Problem")).collect();
    assert!(
        matches!(&problems[..], [problem] if problem.contains("a watch has no end")),
        "{lines:?}"
    );
    assert!(
        !lines
            .iter()
            .any(|line| line.contains("Row") || line.contains("Group")),
        "{lines:?}"
    );
    assert_ne!(status, Status::Complete);
}
