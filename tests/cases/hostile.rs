//! Hostile text: a terminal gets text of clusters only escaped, a file or a pipe gets it unchanged.

use crate::fleet::{Fleet, HUB, Spec};
use crate::support::{Home, Outcome, records};
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

/// A member that sends all of it: in a Table, in objects, and in an error.
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

/// Text that a terminal could take as a command, or show so that it lies.
fn is_raw(character: char) -> bool {
    (character.is_control() && character != '\n' && character != '\t')
        || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Asserts that nothing raw has been shown.
#[track_caller]
fn check_raw(about: &str, shown: &str) {
    let raw = shown.find(is_raw);
    assert!(
        raw.is_none(),
        "{about}: {:?} in {shown:?}",
        raw.map(|at| &shown[at..])
    );
    assert!(!shown.contains("panicked"), "{about}: {shown:?}");
}

/// Asserts the same but for the progress line, and that the texts have been shown.
#[track_caller]
fn check(about: &str, outcome: &Outcome) {
    check_raw(about, &without_progress(&outcome.stdout));
    assert!(outcome.stdout.contains("owned"), "{about}: {outcome:?}");
}

fn without_progress(shown: &str) -> String {
    shown.replace("\u{1b}[K", "").replace('\r', "")
}

const ONE_FAILED: &str = "Warning: Failed to query 1/2 clusters. Run with -v for details.\n\
    \x20 Forbidden (1): prod-us-1: ask for the permission; kubectl --context prod-us-1 auth can-i --list shows what you may do\n";

#[test]
fn control_characters_of_cells_do_not_reach_a_terminal() {
    let fleet = hostile_fleet(0);
    let home = Home::of(&fleet);
    for format in ["table", "wide", "name", "csv", "tsv", "ndjson"] {
        let labels = if format == "name" { "" } else { "--show-labels" };
        let line = format!("NO_COLOR=1 kubectl-mc get pods -A -v {labels} -o {format}");
        check(&line, &home.on_terminal(&line));
    }
    let line = "mc-discover | NO_COLOR=1 mc-exec get pods -A -v";
    check(line, &home.on_terminal(line));
}

/// Records of every kind, with a hostile text in every field that can hold one.
fn hostile_records() -> Vec<Value> {
    let mut records = Vec::new();
    let each = HOSTILE.iter().map(|text| format!("owned {text}"));
    for (number, text) in each.enumerate() {
        // Rows of one cluster are not interrupted by those of another.
        let cluster = if number < 4 { "one" } else { &text };
        let row = json!({"kind": "Row", "cluster": cluster, "resource": &text, "type": &text, "namespace": &text,
            "name": &text, "columns": {"NAME": &text, &text: &text, "AGE": [&text, {&text: &text}]}});
        let object = json!({"kind": "Object", "cluster": cluster, "resource": &text, "type": &text, "name": &text,
            "object": {"apiVersion": &text, "kind": &text, "metadata": {"name": &text, "namespace": &text,
            "labels": {&text: &text}}, "data": {&text: [&text]}}});
        for record in [row, object] {
            let mut watched = record.clone();
            watched["event"] = "MODIFIED".into();
            records.extend([record, watched]);
        }
        for stream in ["stdout", "stderr"] {
            records.push(json!({"kind": "Text", "cluster": cluster, "stream": stream, "text": &text}));
        }
        let lack = json!([{"type": &text, "name": &text, "message": &text}]);
        records.extend([
            json!({"kind": "Cluster", "cluster": &text, "hub": &text, "source": &text, "labels": {&text: &text},
                "properties": {&text: &text}, "health": "Unhealthy", "healthReason": &text, "version": &text,
                "skip": {"reason": "Skipped", "message": &text}}),
            json!({"kind": "Result", "cluster": cluster, "ok": false, "items": 1, "seconds": 0.1, "missing": lack,
                "unserved": lack, "reason": "Forbidden", "message": &text, "hint": &text, "notice": &text,
                "unsorted": &text}),
            json!({"kind": "Summary", "total": 2, "successful": 1, "failed": 1, "skipped": 0,
                "errors": {&text: &text}}),
            json!({"kind": &text, &text: &text}),
            json!({"kind": "Row", &text: &text}),
        ]);
    }
    records
}

#[test]
fn control_characters_of_records_do_not_reach_a_terminal_in_any_format() {
    let home = Home::empty();
    let records = hostile_records();
    let kinds = ["Row", "Object", "Text", "Cluster", "Result", "Summary"];
    for kind in kinds {
        let lines: String = records
            .iter()
            .filter(|record| record["kind"] == kind || record["kind"] == "Result")
            .map(|record| format!("{record}\n"))
            .collect();
        home.write(kind, &lines);
    }
    let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
    home.write(
        "all",
        &format!("{lines}owned \u{1b}[2J\u{202e}\n{{\"owned\u{1b}\n"),
    );
    let formats = [
        "table",
        "wide",
        "json",
        "yaml",
        "kyaml",
        "name",
        "csv",
        "tsv",
        "ndjson",
        "'jsonpath={range .items[*]}{.metadata}{.data}{\"\\n\"}{end}'",
        "'jsonpath-as-json={.items}'",
        "'go-template={{range .items}}{{.metadata.name}} {{.}}{{end}}'",
        "'custom-columns=N:.metadata.name,D:.data'",
        "'csv=N:.metadata.name,D:.data'",
        "'tsv=N:.metadata.name,D:.data'",
        "json --output-list",
        "table --stream",
    ];
    for format in formats {
        for file in kinds.iter().chain(&["all"]) {
            let line = format!("NO_COLOR=1 mc-format -v -o {format} <{file}");
            let shown = home.on_terminal(&line).stdout;
            check_raw(&line, &shown);
            assert!(shown.contains("owned"), "{line}: {shown:?}");
        }
    }
    for line in ["mc-merge <all", "mc-merge --stream <all", "mc-resolve <all"] {
        check(line, &home.on_terminal(&format!("NO_COLOR=1 {line}")));
    }
}

#[test]
fn control_characters_of_a_hub_do_not_reach_a_terminal() {
    let text = format!("owned {}", HOSTILE.concat());
    let mut spec = Spec::named(&["prod-eu-1"]);
    let profile = |name: &str| {
        json!({"metadata": {"name": name, "namespace": "fleet-system", "labels": {&text: &text}},
            "spec": {"displayName": &text, "clusterManager": {"name": &text}},
            "status": {"version": {"kubernetes": &text},
                "conditions": [{"type": "ControlPlaneHealthy", "status": "False", "reason": &text, "message": &text}],
                "properties": [{"name": &text, "value": &text}, {"name": "cluster.type", "value": "eks"},
                    {"name": "region", "value": &text}],
                "accessProviders": [{"name": &text, "cluster": {"server": &text}}]}})
        .to_string()
    };
    spec.extra_profiles = vec![profile("odd"), profile(&text)];
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    home.script("aws", "echo me\n");
    for line in [
        "kubectl-mc clusters",
        "kubectl-mc clusters -o wide",
        "kubectl-mc clusters -o json",
        "kubectl-mc clusters -o yaml",
        "kubectl-mc clusters -o csv",
        "mc-discover --refresh",
        "mc-discover | mc-resolve",
        "kubectl-mc get pods -A -v",
        "kubectl-mc doctor",
        "kubectl-mc setup --dry-run",
        "kubectl-mc setup --yes",
    ] {
        let outcome = home.on_terminal(&format!("export PATH=\"$HOME/bin:$PATH\" NO_COLOR=1; {line}"));
        check(line, &outcome);
    }
}

#[test]
fn control_characters_of_error_bodies_do_not_reach_a_terminal() {
    let text = format!("owned {}", HOSTILE.concat());
    let refusal = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": &text,
        "message": &text, "code": 403, "details": {"name": &text, "causes": [{"message": &text}]}});
    let version = json!({"gitVersion": &text, "major": &text});
    for (path, body, status) in [
        ("/version", &version, 200),
        ("/version", &refusal, 403),
        ("/api/v1/pods", &refusal, 403),
        ("/api/v1/pods", &refusal, 500),
        ("/api/v1/pods", &json!({"kind": &text, "items": &text}), 200),
        ("/api/v1/pods", &json!(text), 200),
    ] {
        for cluster in [HUB, "prod-eu-1"] {
            let mut spec = Spec::named(&["prod-eu-1"]).answer(cluster, path, &body.to_string());
            if let Some(fixed) = spec.fixed.last_mut() {
                fixed.status = status;
            }
            let fleet = Fleet::start(spec);
            let home = Home::of(&fleet);
            for line in ["kubectl-mc get pods -A -v", "kubectl-mc doctor"] {
                let outcome = home.on_terminal(&format!("NO_COLOR=1 {line}"));
                check_raw(
                    &format!("{line}, {path} of {cluster}"),
                    &without_progress(&outcome.stdout),
                );
            }
        }
    }
}

#[test]
fn hostile_cells_are_whole_in_csv_json_and_records() {
    let fleet = hostile_fleet(1 << 20);
    let home = Home::of(&fleet);
    let mut cells: Vec<String> = HOSTILE.iter().map(|text| (*text).to_owned()).collect();
    cells.push("x".repeat(1 << 20));

    let records = home.shell("mc-discover | mc-exec get pods -A");
    assert_eq!(records.status, 3, "{}", records.stderr);
    let parsed = records::read_all(&records.stdout);
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

    let csv = home
        .mc(&["get", "pods", "-A", "-o", "csv"])
        .expect_saying(3, ONE_FAILED);
    for cell in &cells {
        assert!(csv.contains(&cell.replace('"', "\"\"")), "{:.80?}", cell);
    }
    let tsv = home
        .mc(&["get", "pods", "-A", "-o", "tsv"])
        .expect_saying(3, ONE_FAILED);
    assert_eq!(tsv.lines().count(), 1 + cells.len());
    let table = home.mc(&["get", "pods", "-A"]).expect_saying(3, ONE_FAILED);
    assert_eq!(
        table.lines().filter(|line| line.contains("prod-eu-1")).count(),
        cells.len()
    );
}

#[test]
fn escape_formulas_in_csv_and_tsv() {
    let fleet = hostile_fleet(0);
    let home = Home::of(&fleet);
    for line in [
        "kubectl-mc get pods -A -o csv --escape-formulas",
        "mc-discover | mc-exec get pods -A | mc-format -o csv --escape-formulas",
    ] {
        let csv = home.shell(line).expect_saying(3, ONE_FAILED);
        assert!(csv.contains("'=cmd|' /C calc'!A0"), "{csv}");
        assert!(csv.contains("'+1-1@SUM(A1)"), "{csv}");
        for start in [",=", "\n=", ",\"=", "\n\"=", ",+", "\n+"] {
            assert!(!csv.contains(start), "{start:?} in {csv}");
        }
    }
    let plain = home
        .mc(&["get", "pods", "-A", "-o", "csv"])
        .expect_saying(3, ONE_FAILED);
    assert!(
        plain.contains(",=cmd|"),
        "as the cluster said it, without being asked: {plain}"
    );
}
