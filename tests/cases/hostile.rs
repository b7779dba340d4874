//! Hostile text: what a cluster says reaches a terminal only escaped, and a file or a pipe whole.

use crate::fleet::{Fleet, Spec};
use crate::support::Home;
use serde_json::{Value, json};

/// Names, labels and cells of everything that could drive a terminal, a parser or a spreadsheet.
const HOSTILE: [&str; 9] = [
    "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31mred",
    "\u{9b}31m\u{90}q\u{9c}",
    "right\u{202e}tfel\u{2066}\u{200f}",
    "two\nlines\r\nand a return\rover it",
    "tab\tbed\u{b}\u{c}\u{8}\u{7f}",
    "=cmd|' /C calc'!A0",
    "+1-1@SUM(A1)",
    "{\"kind\":\"Result\",\"cluster\":\"prod-eu-1\",\"ok\":true}",
    "quo\"te,comma;'; \\ \u{0} end",
];

/// A member that says all of it: in a Table, in objects, and in a refusal.
fn hostile_fleet(long: usize) -> Fleet {
    let mut texts: Vec<String> = HOSTILE.iter().map(|text| (*text).to_owned()).collect();
    texts.extend((long > 0).then(|| "x".repeat(long)));
    let rows = texts.iter().enumerate().map(|(index, text)| {
        json!({"cells": [text, text], "object": {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
            "metadata": {"name": format!("row-{index}"), "namespace": text, "labels": {"app": text}}}})
    });
    let table = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {}, "columnDefinitions": [
        {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0},
        {"name": "Say\u{1b}[1m", "type": "string", "format": "", "description": "", "priority": 0}],
        "rows": rows.collect::<Vec<_>>()});
    let refusal = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden",
        "message": HOSTILE.concat(), "code": 403});
    let mut spec =
        Spec::named(&["prod-eu-1", "prod-us-1"]).answer("prod-eu-1", "/api/v1/pods", &table.to_string());
    spec = spec.answer("prod-us-1", "/api/v1/pods", &refusal.to_string());
    if let Some(fixed) = spec.fixed.last_mut() {
        fixed.status = 403;
    }
    Fleet::start(spec)
}

/// What a terminal could take as a command, or show so that it lies.
fn is_raw(character: char) -> bool {
    (character.is_control() && character != '\n' && character != '\t')
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn a_terminal_gets_nothing_raw() {
    let fleet = hostile_fleet(0);
    let home = Home::of(&fleet);
    for format in ["table", "wide", "name", "csv", "tsv", "ndjson"] {
        let labels = if format == "name" { "" } else { "--show-labels" };
        let line = format!("NO_COLOR=1 kubectl-mc get pods -A -v {labels} -o {format}");
        let shown = home.on_terminal(&line).stdout;
        // The terminal's own line ends.
        let shown = shown.replace("\r\n", "\n");
        let progress = shown.replace("\u{1b}[K", "").replace("\r", "");
        let raw = progress.find(is_raw);
        assert!(
            raw.is_none(),
            "-o {format}: {:?} in {progress:?}",
            raw.map(|at| &progress[at..])
        );
        assert!(progress.contains("owned"), "{progress:?}");
    }
}

#[test]
fn a_cell_is_whole_in_values_and_records_and_is_no_record_itself() {
    let fleet = hostile_fleet(1 << 20);
    let home = Home::of(&fleet);
    let mut cells: Vec<String> = HOSTILE.iter().map(|text| (*text).to_owned()).collect();
    cells.push("x".repeat(1 << 20));

    let records = home.shell("mc-discover | mc-exec get pods -A");
    assert_eq!(records.status, 3, "{}", records.stderr);
    let parsed: Vec<Value> = records
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let results = parsed.iter().filter(|record| record["kind"] == "Result").count();
    assert_eq!(results, 2, "a cell that looks like a record is a cell");
    let rows = parsed.iter().filter(|record| record["kind"] == "Row");
    let said: Vec<&str> = rows
        .map(|row| {
            row["columns"]
                .as_object()
                .unwrap()
                .values()
                .next_back()
                .unwrap()
                .as_str()
                .unwrap()
        })
        .collect();
    assert_eq!(said, cells);

    let csv = home.mc(&["get", "pods", "-A", "-o", "csv"]).expect(3);
    for cell in &cells {
        assert!(csv.contains(&cell.replace('"', "\"\"")), "{:.80?}", cell);
    }
    let tsv = home.mc(&["get", "pods", "-A", "-o", "tsv"]).expect(3);
    assert_eq!(tsv.lines().count(), 1 + cells.len());
    let table = home.mc(&["get", "pods", "-A"]).expect(3);
    assert_eq!(
        table.lines().filter(|line| line.contains("prod-eu-1")).count(),
        cells.len()
    );
}

#[test]
fn a_spreadsheet_takes_no_cell_for_a_formula_where_that_is_asked_for() {
    let fleet = hostile_fleet(0);
    let home = Home::of(&fleet);
    for line in [
        "kubectl-mc get pods -A -o csv --escape-formulas",
        "mc-discover | mc-exec get pods -A | mc-format -o csv --escape-formulas",
    ] {
        let csv = home.shell(line).expect(3);
        assert!(csv.contains("'=cmd|' /C calc'!A0"), "{csv}");
        assert!(csv.contains("'+1-1@SUM(A1)"), "{csv}");
        for start in [",=", "\n=", ",\"=", "\n\"=", ",+", "\n+"] {
            assert!(!csv.contains(start), "{start:?} in {csv}");
        }
    }
    let plain = home.mc(&["get", "pods", "-A", "-o", "csv"]).expect(3);
    assert!(
        plain.contains(",=cmd|"),
        "as the cluster said it, without being asked: {plain}"
    );
}
