#![allow(clippy::unwrap_used)]

mod compare;
mod strategies;
mod top;

use super::{Merger, Options, run};
use crate::exit::Status;
use crate::record::Record;
use proptest::prelude::*;
use std::io::{self, Read, Write};
use std::sync::Mutex;

fn merged(options: Options, input: &str) -> (Vec<String>, Vec<String>, Status) {
    let mut output = Vec::new();
    let mut complaints = Vec::new();
    let mut complain = |text: &str| complaints.push(text.to_owned());
    let status = match run(options, input.as_bytes(), &mut output, &mut complain) {
        Ok(status) => status,
        Err(fatal) => fatal.status,
    };
    let lines = String::from_utf8(output)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    (lines, complaints, status)
}

fn sorted(input: &[&str]) -> Vec<String> {
    let mut lines = merged(Options::default(), &input.join("\n")).0;
    if lines
        .last()
        .is_some_and(|line| line.starts_with(r#"{"kind":"Summary""#))
    {
        lines.pop();
    }
    lines
}

fn row(cluster: &str, position: u32, namespace: &str, name: &str) -> String {
    format!(
        r#"{{"kind":"Row","cluster":"{cluster}","position":{position},"namespace":"{namespace}","name":"{name}","columns":{{"NAME":"{name}"}},"x-new":[1.0]}}"#
    )
}

#[test]
fn rows_are_ordered_by_position_cluster_and_key() {
    let expected = [
        row("a", 0, "a-b", "z"),
        row("a", 0, "a", "y"),
        row("b", 0, "a", "x"),
        row("a", 1, "", "n1"),
        row("a", 1, "", "n10"),
    ];
    let mut lines: Vec<&str> = expected.iter().map(String::as_str).collect();
    lines.reverse();
    assert_eq!(sorted(&lines), expected);
}

#[test]
fn rows_of_one_type_in_a_category_are_adjacent() {
    let row = |cluster: &str, resource: &str, position: u32| {
        format!(
            r#"{{"kind":"Row","cluster":"{cluster}","resource":"{resource}","position":{position},"name":"x"}}"#
        )
    };
    let expected = [
        row("b", "gauges", 1),
        row("a", "widgets", 1),
        row("b", "widgets", 2),
        row("a", "nodes", 1000),
    ];
    let mut lines: Vec<&str> = expected.iter().map(String::as_str).collect();
    lines.reverse();
    assert_eq!(sorted(&lines), expected);
}

#[test]
fn sort_key_goes_before_names_within_a_cluster() {
    let lines = [
        r#"{"kind":"Row","cluster":"b","name":"1","sort":0}"#,
        r#"{"kind":"Row","cluster":"a","name":"1","sort":10}"#,
        r#"{"kind":"Object","cluster":"a","name":"2","sort":9,"object":{"b":1,"a":1.50}}"#,
        r#"{"kind":"Row","cluster":"a","name":"0"}"#,
        r#"{"kind":"Row","cluster":"a","name":"0","sort":10.0}"#,
    ];
    assert_eq!(sorted(&lines), [lines[2], lines[1], lines[4], lines[3], lines[0]]);
}

#[test]
fn output_is_rows_then_texts_then_results_then_summary() {
    let lines = [
        r#"{"kind":"Result","cluster":"b","ok":true,"x":1}"#,
        r#"{"kind":"Text","cluster":"b","stream":"stdout","text":"t"}"#,
        r#"{"kind":"Novelty","n":1.0}"#,
        r#"{"kind":"Summary","total":9,"successful":9,"failed":0}"#,
        r#"{"kind":"Row","cluster":"b"}"#,
        r#"{"kind":"Result","cluster":"a","ok":false,"reason":"Timeout","message":"late"}"#,
        r#"{ "cluster":"c", "kind" : "Cluster" }"#,
    ];
    let (output, _, status) = merged(Options::default(), &lines.join("\n"));
    let summary = r#"{"kind":"Summary","total":2,"successful":1,"failed":1,"skipped":0,"errors":{"a":{"reason":"Timeout","message":"late"}}}"#;
    assert_eq!(
        output,
        [
            lines[2], lines[6], lines[4], lines[1], lines[5], lines[0], summary
        ]
    );
    assert_eq!(status, Status::Partial);

    let stream = Options {
        stream: true,
        ..Options::default()
    };
    let (output, _, status) = merged(stream, &lines.join("\n"));
    assert_eq!(
        output,
        [
            lines[0], lines[1], lines[2], lines[4], lines[5], lines[6], summary
        ]
    );
    assert_eq!(status, Status::Partial);
}

#[test]
fn summaries_are_added_up_if_there_are_no_results() {
    let one = r#"{"kind":"Summary","total":2,"successful":1,"failed":1,"errors":{"a":"x"}}"#;
    let (output, _, _) = merged(Options::default(), &format!("{one}\n{one}"));
    assert_eq!(
        output,
        [
            r#"{"kind":"Summary","total":4,"successful":2,"failed":2,"skipped":0,"errors":{"a":{"message":"x"}}}"#
        ]
    );
}

#[test]
fn rows_alone_get_no_summary() {
    let rows = row("a", 0, "", "x");
    assert_eq!(
        merged(Options::default(), &rows),
        (vec![rows], vec![], Status::Complete)
    );
    let cluster = r#"{"kind":"Cluster","cluster":"a"}"#;
    assert_eq!(merged(Options::default(), cluster).0, [cluster]);
}

#[test]
fn bad_lines_are_reported_and_left_out() {
    let good = row("a", 0, "", "x");
    let deep = format!(
        r#"{{"kind":"Row","cluster":"d","columns":{}"#,
        "[".repeat(100_000)
    );
    let input = format!("\n{good}\nprod-eu\n{{\"kind\":\"Row\"}}\n{{\"kind\":\"Row\",\n{deep}\n[]\n");
    let (output, complaints, status) = merged(Options::default(), &input);
    let (problems, rows): (Vec<&String>, Vec<&String>) = output
        .iter()
        .partition(|line| line.starts_with(r#"{"kind":"Problem","stage":"mc-merge","#));
    assert_eq!(rows, [&good]);
    assert_eq!(problems.len(), 5);
    // The deeply nested line names its cluster.
    assert!(
        problems[3].contains(r#""cluster":"d","status":3"#),
        "{problems:?}"
    );
    let numbers: Vec<&str> = complaints
        .iter()
        .map(|text| text.split(':').next().unwrap())
        .collect();
    assert_eq!(numbers, ["line 3", "line 4", "line 5", "line 6", "line 7"]);
    assert_eq!(status, Status::Partial);
}

#[test]
fn problem_of_a_bad_line_is_returned_once() {
    let mut merger = Merger::new(Options::default());
    merger.line(7, "nonsense", &mut Vec::new()).unwrap();
    assert!(merger.problem().unwrap().starts_with("line 7: "));
    assert!(merger.problem().is_none());
}

/// Lines that arrive one at a time. Before each of them, the output so far is compared.
struct Slow<'a> {
    lines: Vec<String>,
    arrived: String,
    left: &'a Mutex<Vec<u8>>,
}

impl Read for Slow<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        assert_eq!(*self.left.lock().unwrap(), self.arrived.as_bytes());
        let Some(line) = self.lines.pop() else {
            return Ok(0);
        };
        self.arrived.push_str(&line);
        buffer[..line.len()].copy_from_slice(line.as_bytes());
        Ok(line.len())
    }
}

struct Left<'a>(&'a Mutex<Vec<u8>>);

impl Write for Left<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn with_stream_each_row_is_written_at_once() {
    let left = Mutex::new(Vec::new());
    let lines = ["a", "c", "b"]
        .map(|cluster| row(cluster, 0, "", "x") + "\n")
        .to_vec();
    let input = Slow {
        lines,
        arrived: String::new(),
        left: &left,
    };
    let options = Options {
        stream: true,
        ..Options::default()
    };
    let status = run(options, input, &mut Left(&left), &mut |line| {
        unreachable!("{line}")
    })
    .unwrap();
    assert_eq!(status, Status::Complete);
}

proptest! {
    #[test]
    fn order_does_not_depend_on_the_order_of_arrival(
        rows in prop::collection::btree_set((0u32..2, "[a-c]{1,2}", "[a-b-]{0,2}", "[a-z0-9-]{1,4}"), 0..40),
        order in any::<prop::sample::Index>(),
        swaps in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..60),
    ) {
        let lines: Vec<String> = rows.iter().map(|(position, cluster, namespace, name)| row(cluster, *position, namespace, name)).collect();
        let mut shuffled: Vec<&str> = lines.iter().map(String::as_str).collect();
        let expected = sorted(&shuffled);
        if !shuffled.is_empty() {
            let middle = order.index(shuffled.len());
            shuffled.rotate_left(middle);
            for (a, b) in swaps {
                let (a, b) = (a.index(shuffled.len()), b.index(shuffled.len()));
                shuffled.swap(a, b);
            }
        }
        let once = sorted(&shuffled);
        prop_assert_eq!(&once, &expected);
        let mut all: Vec<&str> = once.iter().map(String::as_str).collect();
        prop_assert_eq!(sorted(&all), expected, "merging twice changes nothing");
        let mut given: Vec<&str> = lines.iter().map(String::as_str).collect();
        all.sort_unstable();
        given.sort_unstable();
        prop_assert_eq!(all, given);
    }
}

#[test]
fn rows_that_get_out_of_order_late_are_sorted() {
    let rows = |names: &[(&str, &str)]| -> Vec<String> {
        names
            .iter()
            .map(|(cluster, name)| row(cluster, 0, "n", name))
            .collect()
    };
    let sorted = |lines: &[String]| sorted(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let expected = rows(&[
        ("a", "1"),
        ("a", "2"),
        ("a", "2"),
        ("a", "3"),
        ("b", "1"),
        ("b", "4"),
    ]);
    for arrival in [
        // Each table is in order, with rows of another one in between.
        [
            ("b", "1"),
            ("a", "1"),
            ("a", "2"),
            ("b", "4"),
            ("a", "2"),
            ("a", "3"),
        ],
        // The last row of each is out of order.
        [
            ("a", "1"),
            ("b", "4"),
            ("a", "2"),
            ("a", "2"),
            ("b", "1"),
            ("a", "3"),
        ],
        [
            ("a", "1"),
            ("a", "2"),
            ("b", "1"),
            ("a", "3"),
            ("b", "4"),
            ("a", "2"),
        ],
        // The first two are out of order.
        [
            ("a", "2"),
            ("a", "1"),
            ("b", "1"),
            ("b", "4"),
            ("a", "2"),
            ("a", "3"),
        ],
    ] {
        assert_eq!(sorted(&rows(&arrival)), expected, "{arrival:?}");
    }
}

#[test]
fn sort_by_goes_over_all_clusters() {
    let row = |cluster: &str, name: &str, by: &str| {
        format!(r#"{{"kind":"Row","cluster":"{cluster}","name":"{name}","sort":{{"by":[{by}]}}}}"#)
    };
    let lines = [
        row("b", "three", "3"),
        row("b", "quantity", "25e-1"),
        row("a", "text", "\"x\""),
        row("b", "none", ""),
        row("a", "three", "3"),
        row("a", "null", "null"),
        row("a", "none-2", ""),
        row("a", "none-1", ""),
        r#"{"kind":"Result","cluster":"a","ok":true,"items":5,"unsorted":"no x"}"#.to_owned(),
        r#"{"kind":"Result","cluster":"b","ok":true,"items":3}"#.to_owned(),
    ];
    let sorted = |lines: &[String]| {
        let mut output = Vec::new();
        let input = lines.join("\n");
        let status = run(Options::default(), input.as_bytes(), &mut output, &mut |_| ()).unwrap();
        let output = String::from_utf8(output).unwrap();
        let names = output.lines().filter_map(|line| match Record::parse(line) {
            Ok(Record::Row(row)) => Some(format!("{} {}", row.cluster, row.name)),
            _ => None,
        });
        (names.collect::<Vec<_>>(), status)
    };
    let (names, status) = sorted(&lines);
    let expected = [
        "a none-2",
        "a none-1",
        "b none",
        "a null",
        "b quantity",
        "a three",
        "b three",
        "a text",
    ];
    assert_eq!(names, expected);
    assert_eq!(status, Status::Complete);

    // If no object of any cluster has the key, that is an error, and nothing is printed.
    let mut lines = lines.to_vec();
    lines[9] = r#"{"kind":"Result","cluster":"b","ok":true,"items":3,"unsorted":"no x"}"#.to_owned();
    assert_eq!(sorted(&lines), (Vec::new(), Status::Failed));
}

#[test]
fn watch_events_are_passed_on_in_the_order_of_arrival() {
    let row = |cluster: &str, name: &str, event: &str| {
        format!(r#"{{"kind":"Row","cluster":"{cluster}","name":"{name}","columns":{{}},"event":"{event}"}}"#)
    };
    let lines = [
        row("b", "z", "ADDED"),
        row("a", "y", "ADDED"),
        row("b", "z", "DELETED"),
        // The cluster was away for a while: a pod was replaced by another of its name.
        row("a", "y", "DELETED"),
        row("a", "y", "ADDED"),
        row("b", "a", "MODIFIED"),
    ];
    let mut merger = Merger::default();
    let mut output = Vec::new();
    for (number, line) in (1..).zip(&lines) {
        let before = output.len();
        merger.line(number, line, &mut output).unwrap();
        assert_eq!(&output[before..], format!("{line}\n").as_bytes(), "at once");
    }
    let plain_row = r#"{"kind":"Row","cluster":"a","name":"x","columns":{}}"#;
    let before = output.len();
    merger.line(7, plain_row, &mut output).unwrap();
    assert_eq!(output.len(), before);
    let ended = r#"{"kind":"Result","cluster":"b","ok":true,"items":4,"watched":true}"#;
    merger.line(8, ended, &mut output).unwrap();
    merger.finish(&mut output).unwrap();
    let rest = String::from_utf8(output.split_off(before)).unwrap();
    assert!(
        rest.starts_with(&format!("{plain_row}\n{ended}\n{{\"kind\":\"Summary\"")),
        "{rest}"
    );
}

#[test]
fn input_without_any_record_is_an_error() {
    for input in ["", "\n \r\n"] {
        let mut output = Vec::new();
        let ended = run(Options::default(), input.as_bytes(), &mut output, &mut |_| ());
        assert_eq!(ended.unwrap_err().status, Status::Failed);
        assert_eq!(output, b"");
    }
}

#[test]
fn asked_and_problem_records_pass_at_once_and_count() {
    let asked = |cluster: &str| format!(r#"{{"kind":"Asked","cluster":"{cluster}"}}"#);
    let problem = r#"{"kind":"Problem","stage":"mc-discover","status":3,"message":"hub b is down","new":1}"#;
    let ok = r#"{"kind":"Result","cluster":"a","ok":true}"#;
    let lines = [
        asked("a"),
        row("a", 0, "", "x"),
        asked("b"),
        problem.into(),
        ok.into(),
    ];
    let (output, complaints, status) = merged(Options::default(), &lines.join("\n"));
    let summary = r#"{"kind":"Summary","total":2,"successful":1,"failed":1,"skipped":0,"errors":{"b":{"reason":"Protocol","message":"no Result came: what asks it was stopped, or its records were lost or filtered on the way"}}}"#;
    assert_eq!(
        output,
        [&lines[0], &lines[2], &lines[3], &lines[1], &lines[4], summary]
    );
    assert_eq!((complaints.len(), status), (0, Status::Partial));
}

#[test]
fn only_10_bad_lines_are_reported_one_by_one() {
    let input = "nonsense\n".repeat(1000) + &row("a", 0, "", "x");
    let (output, complaints, status) = merged(Options::default(), &input);
    assert_eq!((output.len(), complaints.len()), (12, 11));
    assert_eq!(complaints[10], "and 990 more lines that cannot be read");
    assert_eq!(status, Status::Partial);
}

#[test]
fn expected_clusters_that_sent_nothing_are_announced_as_missing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("fleet");
    std::fs::write(
        &file,
        "a\n{\"kind\":\"Cluster\",\"cluster\":\"b\"}\n{\"kind\":\"Row\",\"cluster\":\"z\"}\n{bad\n",
    )
    .unwrap();
    let expecting = |file: &std::path::Path| Options {
        expect: Some(file.to_owned()),
        ..Options::default()
    };
    let ok = r#"{"kind":"Result","cluster":"a","ok":true}"#;
    let (output, complaints, status) = merged(expecting(&file), ok);
    assert_eq!(output[0], r#"{"kind":"Asked","cluster":"b"}"#);
    assert!(
        complaints[0].starts_with("line 4: ") && complaints[0].contains("--expect"),
        "{complaints:?}"
    );
    assert_eq!((output.len(), status), (4, Status::Partial));
    // A file that cannot be read or names no cluster costs nothing that came.
    std::fs::write(&file, "\n").unwrap();
    for file in [&file, &folder.path().join("nowhere")] {
        let (output, complaints, status) = merged(expecting(file), ok);
        assert!(
            output[0].contains(r#""kind":"Problem","stage":"mc-merge","status":1"#),
            "{output:?}"
        );
        assert!(output.contains(&ok.to_owned()));
        assert_eq!((complaints.len(), status), (1, Status::Partial));
    }
}
