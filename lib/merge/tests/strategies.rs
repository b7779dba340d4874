//! Strategies: what they make of rows, and that merging what was made of parts of the rows gives the whole.

use super::merged;
use crate::exit::Status;
use crate::merge::{self, Field, GroupSpec, Options, split_list};
use proptest::prelude::*;

fn group_by(fields: &str) -> Options {
    let fields = split_list(fields).into_iter().filter(|field| !field.is_empty());
    Options {
        strategy: Some(merge::Strategy::Group(GroupSpec {
            fields: fields.map(|field| Field::parse(field).unwrap()).collect(),
        })),
        ..Options::default()
    }
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
    let said = "rows do not have the field .spec.node: give mc-exec --fields=.spec.node";
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

proptest! {
    /// Each part may be merged by any strategy's own mc-merge, in any order.
    #[test]
    fn groups_of_parts_are_merged_to_the_groups_of_the_whole(
        input in some_input(),
        parts in proptest::collection::vec(0..4_usize, 40),
        fields in prop_oneof!["STATUS", "CLUSTER,STATUS", "\\.spec\\.node,STATUS", ""],
    ) {
        let mut lines: [Vec<String>; 4] = Default::default();
        for (line, part) in input.iter().zip(&parts) {
            lines[*part].push(line.clone());
        }
        let mut merged_parts = Vec::new();
        for part in lines.iter().rev() {
            merged_parts.extend(merged(group_by(&fields), &part.join("\n")).0);
        }
        let whole = merged(group_by(&fields), &input.join("\n"));
        let joined = merged(Options::default(), &merged_parts.join("\n"));
        let only_groups = |lines: &[String]| -> Vec<String> {
            lines.iter().filter(|line| line.starts_with(r#"{"kind":"Group""#)).cloned().collect()
        };
        prop_assert_eq!(only_groups(&joined.0), only_groups(&whole.0));
    }
}
