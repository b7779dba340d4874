//! One hostile or broken cluster beside ten good ones: in every format, the answers of the good ones are printed in full
//! and as they would be without it.

use super::{formatted, join, ok, options, pod, stdout};
use crate::exit::Status;
use crate::format::{CustomColumns, Options, Output, RowLayout, Template};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The names of the good clusters. Half of them sort before the bad one's, half after it.
fn good() -> impl Iterator<Item = String> {
    (0..10).map(|number| format!("{}{number}", if number % 2 == 0 { "a" } else { "z" }))
}

fn good_rows() -> Vec<String> {
    let row = |(cluster, name): (String, &str)| {
        let columns = json!({"NAMESPACE": "web", "NAME": name, "STATUS": "Running", "AGE": "5d"});
        json!({"kind": "Row", "cluster": cluster, "resource": "pods", "type": "pod", "namespace": "web", "name": name,
            "columns": columns})
        .to_string()
    };
    let each = good().flat_map(|cluster| ["shop-0", "shop-1"].map(|name| (cluster.clone(), name)));
    each.map(row).chain(good().map(|cluster| ok(&cluster))).collect()
}

fn good_objects() -> Vec<String> {
    let object = |(cluster, name): (String, &str)| {
        let object = json!({"kind": "Pod", "metadata": {"namespace": "web", "name": name}, "status": {"phase": "Running"}});
        json!({"kind": "Object", "cluster": cluster, "resource": "pods", "type": "pod", "namespace": "web", "name": name,
            "object": object})
        .to_string()
    };
    let each = good().flat_map(|cluster| ["shop-0", "shop-1"].map(|name| (cluster.clone(), name)));
    each.map(object)
        .chain(good().map(|cluster| ok(&cluster)))
        .collect()
}

/// A text that forges a row of a good cluster if a newline, a tab or another line end is not escaped.
const FORGED: &str = "x\na0\tweb   forged   a0   Running\ra0 forged\u{b}a0 forged\u{c}a0 forged\u{85}a0 forged\u{2028}a0 forged\u{1b}[2K";

fn bad_row(name: &str, columns: Value) -> String {
    json!({"kind": "Row", "cluster": "m", "resource": "pods", "type": "pod", "namespace": "web", "name": name, "columns": columns})
        .to_string()
}

/// Returns records that a bad cluster may send instead of rows like those of others.
fn bad_rows() -> Vec<(&'static str, Vec<String>)> {
    let mut many = serde_json::Map::new();
    for number in 0..5000 {
        many.insert(format!("C{number}"), json!(1));
    }
    let others = |number: usize| json!({"NAME": "x", format!("C{number}"): 1});
    let permuted = |number: usize| {
        let mut headings: Vec<String> = (0..9).map(|number| format!("C{number}")).collect();
        headings.rotate_left(number % 9);
        headings.swap(0, number % 7);
        let columns: Vec<String> = headings
            .iter()
            .map(|heading| format!("\"{heading}\":1"))
            .collect();
        pod("m", &format!("{{{}}}", columns.join(",")))
    };
    let forged_type = json!({"kind": "Row", "cluster": "m", "resource": "pods", "type": FORGED, "name": FORGED, "columns":
        {"NAME": FORGED}});
    let forged_cluster = json!({"kind": "Row", "cluster": FORGED, "resource": "pods", "type": "pod", "name": "x", "columns":
        {"NAME": "x"}});
    vec![
        ("many columns", vec![bad_row("x", Value::from(many))]),
        ("other columns in each row", (0..4000).map(|number| bad_row("x", others(number))).collect()),
        ("columns in another order in each row", (0..2000).map(permuted).collect()),
        ("a huge cell", vec![bad_row("x", json!({"NAME": "x".repeat(1 << 20), "STATUS": "y", "AGE": "1d"}))]),
        ("a forging cell", vec![bad_row("x", json!({"NAMESPACE": FORGED, "NAME": FORGED, "STATUS": [FORGED], "AGE": {FORGED: 1}}))]),
        ("a forging heading", vec![bad_row("x", json!({"NAME": "x", FORGED: FORGED}))]),
        ("a forging name", vec![bad_row(FORGED, json!({"NAME": "x"}))]),
        ("a forging type", vec![forged_type.to_string()]),
        ("a forging cluster", vec![forged_cluster.to_string()]),
        ("columns that are called as ours", vec![bad_row("x", json!({"NAME": "x", "CLUSTER": "a0", "TYPE": "y", "NAMESPACE": "z", "EVENT": "ADDED"}))]),
        ("equal headings", vec![pod("m", r#"{"NAME":"x","NAME":"y","CLUSTER":"a0","CLUSTER":"a1","STATUS":"","STATUS":"z"}"#)]),
        ("many types", (0..3000).map(|number| json!({"kind": "Row", "cluster": "m", "resource": format!("r{number}"), "position": number % 9, "columns": {"NAME": "x"}}).to_string()).collect()),
        ("no columns", vec![pod("m", "{}")]),
        ("warnings", (0..2000).map(|number| json!({"kind": "Text", "cluster": "m", "stream": "stderr", "text": format!("{FORGED}{number}")}).to_string()).collect()),
        ("a forging text", vec![json!({"kind": "Text", "cluster": "m", "stream": "stdout", "text": FORGED}).to_string()]),
        ("no record", vec!["{".to_owned(), "\u{1b}[2J".to_owned(), "[]".to_owned()]),
    ]
}

fn bad_objects() -> Vec<(&'static str, Vec<String>)> {
    let object = |name: &str, object: Value| {
        json!({"kind": "Object", "cluster": "m", "resource": "pods", "type": "pod", "namespace": "web", "name": name,
            "object": object})
        .to_string()
    };
    let named =
        |name: &str| json!({"metadata": {"namespace": "web", "name": name}, "status": {"phase": name}});
    let deep = format!("{}{}", "[".repeat(90), "]".repeat(90));
    let deep = object(
        "x",
        json!({"status": {"phase": serde_json::from_str::<Value>(&deep).unwrap()}}),
    );
    vec![
        ("a forging value", vec![object("x", named(FORGED))]),
        ("a forging name", vec![object(FORGED, named("x"))]),
        ("a huge value", vec![object("x", named(&"x".repeat(1 << 20)))]),
        (
            "a value of many parts",
            vec![object("x", json!({"status": {"phase": vec!["x"; 50_000]}}))],
        ),
        ("a deep value", vec![deep]),
        (
            "no object",
            vec![
                object("x", json!(null)),
                object("x", json!([1])),
                object("x", json!("x")),
            ],
        ),
    ]
}

/// Formats that print rows, and those that print objects.
fn formats() -> [(Vec<Output>, bool); 2] {
    let columns = |look| {
        Output::Columns(CustomColumns::from_spec("NAME:.metadata.name,PHASE:.status.phase", look).unwrap())
    };
    let jsonpath = r#"{range .items[*]}{.metadata.name}{"\t"}{.status.phase}{"\n"}{end}"#;
    let go = r#"{{range .items}}{{.metadata.name}}{{"\t"}}{{.status.phase}}{{"\n"}}{{end}}"#;
    let rows = vec![
        Output::Table,
        Output::Csv,
        Output::Tsv,
        Output::Name,
        Output::Json,
        Output::Yaml,
        Output::Kyaml,
        Output::Ndjson,
    ];
    let objects = vec![
        Output::Json,
        Output::Yaml,
        Output::Kyaml,
        columns(RowLayout::Table),
        columns(RowLayout::Csv),
        columns(RowLayout::Tsv),
        Output::Template(Template::jsonpath(jsonpath, true, false).unwrap()),
        Output::Template(Template::go(go, true).unwrap()),
        Output::Ndjson,
    ];
    [(rows, true), (objects, false)]
}

/// Returns the output of the good clusters in a form that does not depend on the width of columns or on other clusters,
/// and whether nothing else has their names.
fn of_good(output: &Output, text: &str) -> Vec<String> {
    let is_good = |name: &str| good().any(|good| good == name);
    let document = |document: &Value| -> Vec<String> {
        let clusters = document["clusters"].as_array().unwrap().iter();
        let good = clusters.filter(|cluster| is_good(cluster["cluster"].as_str().unwrap()));
        good.map(Value::to_string).collect()
    };
    let values = |separator: u8| -> Vec<String> {
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(separator)
            .quoting(separator == b',')
            .from_reader(text.as_bytes());
        let headings = reader.headers().unwrap().clone();
        assert_eq!(
            headings.iter().collect::<std::collections::BTreeSet<_>>().len(),
            headings.len(),
            "{headings:?}"
        );
        let records = reader.records().map(|record| {
            let record = record.unwrap();
            let cells = headings
                .iter()
                .map(str::to_owned)
                .zip(record.iter().map(str::to_owned));
            cells
                .filter(|(heading, cell)| heading != "TYPE" && !cell.is_empty())
                .collect::<BTreeMap<_, _>>()
        });
        let good = records.filter(|record| record.get("CLUSTER").is_some_and(|cluster| is_good(cluster)));
        good.map(|record| format!("{record:?}")).collect()
    };
    match output {
        Output::Json => document(&serde_json::from_str(text).unwrap()),
        Output::Yaml | Output::Kyaml => document(&serde_yaml::from_str(text).unwrap()),
        Output::Csv => values(b','),
        Output::Tsv => values(b'\t'),
        Output::Columns(columns) if columns.layout == RowLayout::Csv => values(b','),
        Output::Columns(columns) if columns.layout == RowLayout::Tsv => values(b'\t'),
        Output::Name | Output::Template(_) => {
            let lines = text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}']);
            lines
                .filter(|line| line.split('\t').next().is_some_and(is_good))
                .map(str::to_owned)
                .collect()
        }
        Output::Ndjson => text
            .lines()
            .filter(|line| !line.contains(r#""cluster":"m""#) && line.contains("shop-"))
            .map(str::to_owned)
            .collect(),
        _ => {
            // Every line is a row: no cell begins another line.
            let lines = text.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}']);
            let words = lines.map(|line| {
                line.split_whitespace()
                    .filter(|word| *word != "<none>")
                    .collect::<Vec<_>>()
            });
            // A line with the bad cluster's name, or with the escaped start of its text, is its own.
            let is_own = |words: &[&str]| words.iter().any(|word| *word == "m" || word.starts_with(r"x\n"));
            let good = words.filter(|words| words.iter().any(|word| is_good(word)));
            let good = good.filter(|words| !is_own(words) && !words.contains(&"CLUSTER"));
            good.map(|words| words.join(" ").replace("pod/", "")).collect()
        }
    }
}

#[test]
fn good_clusters_are_complete_beside_a_bad_one_in_every_format() {
    for (outputs, rows) in formats() {
        let (good, bad) = if rows {
            (good_rows(), bad_rows())
        } else {
            (good_objects(), bad_objects())
        };
        for output in outputs {
            let alone = stdout(options(output.clone()), &good);
            let expected = of_good(&output, &alone);
            assert!(expected.len() >= 10, "{output:?}: {alone}");
            for (kind, bad) in &bad {
                let mut lines = bad.clone();
                lines.extend(good.iter().cloned());
                let (text, complaints, _) = formatted(options(output.clone()), &join(&lines));
                assert_eq!(of_good(&output, &text), expected, "{output:?} beside {kind}");
                // 20 rows, the 1,250 columns that the bad cluster may add, and the records that it sends.
                assert!(
                    text.len() < (16 << 20),
                    "{output:?} beside {kind}: {} bytes",
                    text.len()
                );
                let is_plain = |c: char| c == '\n' || !crate::term::is_hostile(c);
                assert!(
                    complaints.iter().all(|line| line.chars().all(is_plain)),
                    "{output:?} beside {kind}"
                );
            }
        }
    }
}

/// A recursive parser would overflow the stack, and indentation would take the square of the depth.
#[test]
fn deeply_nested_objects_are_printed_in_proportion() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let line =
        format!(r#"{{"kind":"Object","cluster":"m","resource":"pods","name":"x","object":{{"a":{deep}}}}}"#);
    for (outputs, _) in formats() {
        for output in outputs {
            let (text, ..) = formatted(options(output.clone()), &join(&[&line]));
            assert!(text.len() < 4 * line.len(), "{output:?}: {}", text.len());
        }
    }
}

#[test]
fn row_with_too_many_columns_is_refused() {
    let (_, bad) = bad_rows().remove(1);
    let (text, complaints, status) = formatted(options(Output::Csv), &join(&bad));
    assert_eq!(status, Status::Partial);
    assert_eq!(text.lines().count(), 1250);
    assert!(
        complaints
            .iter()
            .any(|line| line.contains(&format!("and {} more", 4000 - 1249 - 10))),
        "{complaints:?}"
    );
    assert!(
        complaints[0].contains("line 1250: a row with more columns than its cluster may add"),
        "{}",
        complaints[0]
    );
}

/// kubectl's table may have equal headings. A table that shows clusters, and every other format, may not.
#[test]
fn equal_headings_are_numbered_if_clusters_are_shown() {
    let row = r#"{"kind":"Row","cluster":"c","resource":"backups.example.com","type":"backup.example.com","columns":{"NAMESPACE":"web","NAME":"x","CLUSTER":"other","NAMESPACE_2":"shop"},"headings":{"NAMESPACE_2":"NAMESPACE"}}"#.to_owned();
    let alone = Options {
        show_cluster_column: false,
        ..options(Output::Table)
    };
    assert_eq!(
        stdout(alone, &[&row]),
        "NAMESPACE   NAME   CLUSTER   NAMESPACE\nweb         x      other     shop\n"
    );
    assert_eq!(
        stdout(options(Output::Table), &[&row]),
        "NAMESPACE   NAME   CLUSTER   CLUSTER_2   NAMESPACE_2\nweb         x      c         other       shop\n"
    );
    assert_eq!(
        stdout(options(Output::Csv), &[&row]),
        "CLUSTER,NAMESPACE,NAME,CLUSTER_2,NAMESPACE_2\nc,web,x,other,shop\n"
    );
    let json: Value = serde_json::from_str(&stdout(options(Output::Json), &[&row])).unwrap();
    assert_eq!(json["clusters"][0]["items"][0]["NAMESPACE_2"], "shop");
    // With several types CSV adds a column TYPE.
    let service = r#"{"kind":"Row","cluster":"c","resource":"services","type":"service","position":1000,"columns":{"NAME":"y","TYPE":"ClusterIP"}}"#.to_owned();
    assert_eq!(
        stdout(options(Output::Csv), &[row, service])
            .lines()
            .next()
            .unwrap(),
        "CLUSTER,TYPE,NAMESPACE,NAME,TYPE_2,CLUSTER_2,NAMESPACE_2"
    );
}

#[test]
fn custom_columns_keep_newlines_without_cluster_names() {
    let object = json!({"kind": "Object", "cluster": "c", "resource": "pods", "name": "x", "object": {"a": "one\ntwo"}}).to_string();
    let columns = Output::Columns(CustomColumns::from_spec("A:.a,A:.a", RowLayout::Table).unwrap());
    assert_eq!(
        stdout(options(columns.clone()), &[&object]),
        "CLUSTER   A          A_2\nc         one\\ntwo   one\\ntwo\n"
    );
    let alone = Options {
        show_cluster_column: false,
        ..options(columns.clone())
    };
    assert_eq!(stdout(alone, &[&object]), "A     A\none\ntwo   one\ntwo\n");
    // Rows of clusters count as rows of several clusters.
    let cluster = json!({"kind": "Cluster", "cluster": "c", "a": "one\ntwo"}).to_string();
    assert_eq!(
        stdout(options(columns), &[&cluster]),
        "A          A\none\\ntwo   one\\ntwo\n"
    );
}

#[test]
fn huge_cell_widens_its_column_for_a_single_cluster_only() {
    let huge = "x".repeat(10_000);
    let rows = |cluster: &str| {
        [
            pod("a", &format!(r#"{{"NAME":"{huge}","AGE":"1"}}"#)),
            pod(cluster, r#"{"NAME":"y","AGE":"1"}"#),
        ]
    };
    let alone = Options {
        show_cluster_column: false,
        ..options(Output::Table)
    };
    assert_eq!(
        stdout(alone.clone(), &rows("a")).lines().last().unwrap().len(),
        10_004
    );
    assert_eq!(stdout(alone, &rows("b")).lines().last().unwrap(), "y      1");
    assert_eq!(
        stdout(options(Output::Table), &rows("b")).lines().last().unwrap(),
        "y      b         1"
    );
}

proptest! {
    /// In a table with clusters' names, every line is a row and no two columns have the same name.
    #[test]
    fn tables_with_clusters_have_a_line_for_each_row(
        rows in prop::collection::vec((any::<String>(), prop::collection::vec((any::<String>(), any::<String>()), 1..4)), 1..6),
    ) {
        let lines: Vec<String> = rows.iter().map(|(name, columns)| {
            let columns: serde_json::Map<String, Value> = columns.iter().map(|(heading, cell)| (heading.clone(), cell.as_str().into())).collect();
            json!({"kind": "Row", "cluster": format!("c{name}"), "resource": "pods", "type": name, "name": name, "columns": columns}).to_string()
        }).collect();
        let ends = |text: &str| text.chars().filter(|c| matches!(c, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')).count();
        let table = stdout(options(Output::Table), &lines);
        prop_assert_eq!(ends(&table), rows.len() + 1, "{:?}", table);
        prop_assert!(!table.contains('\t'));
        let names = stdout(options(Output::Name), &lines);
        prop_assert_eq!(ends(&names), rows.len(), "{:?}", names);
        let values = stdout(options(Output::Csv), &lines);
        let mut reader = csv::Reader::from_reader(values.as_bytes());
        let headings = reader.headers().unwrap().clone();
        prop_assert_eq!(headings.iter().collect::<std::collections::BTreeSet<_>>().len(), headings.len());
        prop_assert_eq!(reader.records().filter(Result::is_ok).count(), rows.len());
    }
}
