#![allow(clippy::unwrap_used)]
use crate::exit::Status;
use crate::merge::{Merger, Options};
use crate::spill::{MOST_HELD, with_disk};
use proptest::prelude::*;
use serde_json::Value;

/// Merges lines with limited memory and a limited disk, and returns the output, the complaints and the status.
fn merged(lines: &[String], memory: Option<usize>, disk: Option<u64>) -> (Vec<String>, Vec<String>, Status) {
    with_disk(disk.unwrap_or(u64::MAX), || merged_in(lines, memory))
}

fn merged_in(lines: &[String], memory: Option<usize>) -> (Vec<String>, Vec<String>, Status) {
    let mut merger = Merger::with_memory(Options::default(), memory.unwrap_or(MOST_HELD));
    let (mut output, mut complaints) = (Vec::new(), Vec::new());
    for (number, line) in (1..).zip(lines) {
        merger.line(number, line, &mut output).unwrap();
        complaints.extend(merger.problem());
    }
    let status = merger.finish(&mut output).unwrap();
    let text = String::from_utf8(output).unwrap();
    (text.lines().map(str::to_owned).collect(), complaints, status)
}

fn row(cluster: &str, position: u32, name: &str, sort: &str, pad: usize) -> String {
    let pad = "x".repeat(pad);
    format!(
        r#"{{"kind":"Row","cluster":"{cluster}","resource":"r{position}","position":{position},"name":"{name}","columns":{{"A":"{pad}"}}{sort}}}"#
    )
}

fn result(cluster: &str) -> String {
    format!(r#"{{"kind":"Result","cluster":"{cluster}","ok":true,"items":1}}"#)
}

/// The first is less than any row takes, so that each row is spilled by itself.
const MEMORY: [usize; 3] = [0, 66_000, 200_000];

#[test]
fn spilled_rows_come_out_in_the_same_order() {
    let mut lines = Vec::new();
    for number in 0..2000_u32 {
        let cluster = ["b", "a", "c"][number as usize % 3];
        // Out of order, with equal ones.
        let name = format!("n{}", number * 7919 % 500);
        lines.push(row(cluster, number % 2 * 1000, &name, "", 100));
    }
    lines.extend(["c", "a", "b"].map(result));
    let expected = merged(&lines, None, None);
    assert_eq!((expected.0.len(), expected.2), (2004, Status::Complete));
    for memory in MEMORY {
        assert!(merged(&lines, Some(memory), None) == expected, "{memory} bytes");
    }
}

#[test]
fn line_longer_than_the_memory_limit_passes() {
    let lines = [
        row("a", 0, "2", "", 1 << 20),
        row("a", 0, "1", "", 3 << 20),
        row("b", 0, "1", "", 10),
    ];
    assert!(merged(&lines, Some(1000), None) == merged(&lines, None, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn spilling_never_changes_the_output(
        lines in prop::collection::vec((0..3_usize, 0..3_u32, "[ab]{0,2}", 0..7_usize, 0..4000_usize), 0..120),
        memory in 0..200_000_usize,
    ) {
        let lines: Vec<String> = lines.into_iter().map(|(cluster, position, name, what, pad)| {
            let cluster = ["x", "a-b", "a"][cluster];
            match what {
                0 => row(cluster, position, &name, &format!(r#","sort":{{"by":["{name}"]}}"#), pad),
                1 => row(cluster, position, &name, r#","sort":[3]"#, pad),
                2 => format!(r#"{{"kind":"Text","cluster":"{cluster}","stream":"stdout","text":"{name}{pad}"}}"#),
                3 => result(cluster),
                _ => row(cluster, position, &name, "", pad),
            }
        }).collect();
        let expected = merged(&lines, None, None);
        prop_assert_eq!(merged(&lines, Some(memory), None), expected);
    }
}

#[test]
fn full_disk_fails_only_the_largest_cluster() {
    for disk in [0, 300_000] {
        let mut lines = Vec::new();
        for number in 0..3000_u32 {
            lines.push(row("huge", 0, &format!("h{number}"), "", 500));
            if number % 100 == 0 {
                lines.push(row("small", 0, &format!("s{number}"), "", 500));
            }
        }
        // The cluster itself reports success.
        lines.extend(["huge", "small"].map(result));
        let (output, complaints, status) = merged(&lines, Some(200_000), Some(disk));
        assert_eq!(status, Status::Partial);
        let rows: Vec<&String> = output
            .iter()
            .filter(|line| line.contains(r#""kind":"Row""#))
            .collect();
        assert_eq!(rows.len(), 30);
        assert!(rows.iter().all(|row| row.contains(r#""cluster":"small""#)));
        let results: Vec<Value> = output
            .iter()
            .filter(|line| line.contains(r#""kind":"Result""#))
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(results.len(), 2);
        assert_eq!(
            (&results[0]["cluster"], &results[0]["ok"]),
            (&"huge".into(), &false.into())
        );
        assert_eq!(results[0]["reason"], "Protocol");
        assert!(results[0]["message"].as_str().unwrap().contains("no room"));
        assert!(results[0]["hint"].as_str().unwrap().contains("TMPDIR"));
        assert_eq!(results[1]["ok"], true);
        assert!(output.last().unwrap().contains(r#""successful":1,"failed":1"#));
        assert_eq!(complaints.len(), 1);
        assert!(
            complaints[0].starts_with("huge: what it sent is left out"),
            "{}",
            complaints[0]
        );
    }
}
