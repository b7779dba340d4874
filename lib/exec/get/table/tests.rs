#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::apiserver::testing::recorded;
use crate::exec::get::query::SentFields;
use crate::exec::get::record_identity::RecordIdentity;
use crate::exec::get::sort::SortKey;
use crate::record::{Cell, Record, Row};
use proptest::prelude::*;
use std::sync::Arc;

fn subject() -> RecordIdentity<'static> {
    RecordIdentity {
        cluster: "c\"1",
        resource: "pods".into(),
        type_: "pod".into(),
        ..RecordIdentity::default()
    }
}

fn read(style: Style, text: &str) -> (Vec<String>, serde_json::Result<Page>) {
    let mut rows = Rows::new(&subject(), style);
    let mut out = Vec::new();
    let page = rows.table(text, &mut out);
    let lines: Vec<String> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(lines.len() as u64, rows.items);
    (lines, page)
}

fn row(line: &str) -> Row<'_> {
    match Record::parse(line).unwrap() {
        Record::Row(row) => row,
        other => panic!("{other:?}"),
    }
}

fn headings(line: &str) -> Vec<String> {
    let columns = row(line).columns.0;
    columns.iter().map(|(heading, _)| heading.to_string()).collect()
}

fn cell(line: &str, heading: &str) -> String {
    match row(line).columns.get(heading).unwrap() {
        Cell::Text(text) => text.to_string(),
        Cell::Json(raw) => raw.get().to_owned(),
    }
}

fn table(columns: &str, rows: &str) -> String {
    format!(
        r#"{{"kind":"Table","metadata":{{"continue":"x\n"}},"columnDefinitions":[{columns}],"rows":[{rows}]}}"#
    )
}

const NAME: &str = r#"{"name":"Name","format":"name","priority":0}"#;

fn one(name: &str, cells: &str) -> String {
    format!(
        r#"{{"cells":[{cells}],"object":{{"kind":"PartialObjectMetadata","metadata":{{"name":"{name}"}}}}}}"#
    )
}

#[test]
fn recorded_pods() {
    let text = recorded("pods.table.json");
    let (lines, page) = read(Style::default(), &text);
    assert_eq!(page.unwrap().next, "");
    assert_eq!(
        headings(&lines[0]),
        ["NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    );
    let first = row(&lines[0]);
    assert_eq!(first.cluster, "c\"1");
    assert_eq!((first.resource.as_str(), first.type_.as_str()), ("pods", "pod"));
    assert!(first.sort.is_none());
    let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
    let expected = expected["rows"].as_array().unwrap();
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter().zip(expected) {
        let names: Vec<_> = row(line)
            .columns
            .0
            .iter()
            .map(|(_, cell)| serde_json::to_value(cell).unwrap())
            .collect();
        assert_eq!(names, expected["cells"].as_array().unwrap()[..5]);
        let metadata = &expected["object"]["metadata"];
        assert_eq!(metadata["name"], row(line).name.as_str());
        assert_eq!(metadata["namespace"], row(line).namespace.as_str());
    }
}

#[test]
fn every_recorded_table_is_read() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/recorded");
    let mut tables = 0;
    for entry in std::fs::read_dir(dir).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        // This one was recorded without its rows' objects, which are always asked for.
        if !name.ends_with(".table.json") || name == "pods.none.table.json" {
            continue;
        }
        tables += 1;
        let style = Style {
            wide: true,
            namespace_column: true,
            label_columns: vec!["app".into()],
            show_labels: true,
            ..Style::default()
        };
        let text = recorded(&name);
        let (lines, page) = read(style, &text);
        page.unwrap();
        let expected: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(lines.len(), expected["rows"].as_array().unwrap().len(), "{name}");
        let columns = expected["columnDefinitions"].as_array().unwrap().len();
        for line in &lines {
            assert_eq!(row(line).columns.0.len(), columns + 3, "{name}");
        }
    }
    assert!(tables > 20);
}

#[test]
fn columns_with_equal_headings_are_renamed() {
    let style = Style {
        namespace_column: true,
        label_columns: vec!["x/phase".into()],
        show_labels: true,
        ..Style::default()
    };
    let text = table(
        r#"{"name":"Name","priority":0},{"name":"Hidden","priority":1},{"name":"Namespace","priority":0},
        {"name":"Phase","priority":0},{"name":"Labels","priority":0},{"name":"name","priority":0}"#,
        r#"{"cells":["x",0,"n",1,2,3],"object":{"metadata":{"name":"x","namespace":"m"}}}"#,
    );
    let (lines, page) = read(style.clone(), &text);
    page.unwrap();
    let names = [
        "NAMESPACE",
        "NAME",
        "NAMESPACE_2",
        "PHASE",
        "LABELS",
        "NAME_2",
        "PHASE_2",
        "LABELS_2",
    ];
    assert_eq!(headings(&lines[0]), names);
    assert_eq!(cell(&lines[0], "NAMESPACE_2"), "n");
    assert_eq!(cell(&lines[0], "NAME_2"), "3");
    let mut row = row(&lines[0]);
    row.restore_headings();
    let restored: Vec<&str> = row
        .columns
        .0
        .iter()
        .map(|(heading, _)| heading.as_str())
        .collect();
    assert_eq!(
        restored,
        [
            "NAMESPACE",
            "NAME",
            "NAMESPACE",
            "PHASE",
            "LABELS",
            "NAME",
            "PHASE",
            "LABELS"
        ]
    );
    // Without equal headings none are renamed.
    let (lines, _) = read(style, &table(NAME, &one("x", "\"x\"")));
    assert!(!lines[0].contains("headings"), "{}", lines[0]);
}

#[test]
fn columns_have_kubectls_order() {
    let style = Style {
        wide: true,
        namespace_column: true,
        label_columns: vec!["app.kubernetes.io/name".into(), "x/".into(), "tier".into()],
        show_labels: true,
        ..Style::default()
    };
    let text = r#"{"kind":"Table","columnDefinitions":[{"name":"Name","priority":0},{"name":"straße ǆ","priority":1}],
        "rows":[{"cells":["p",null],"object":{"metadata":{"labels":{"tier":"b<","a=b":"c","a":"d"},"namespace":"n","name":"p"}}},
        {"object":{"metadata":{"name":"q","namespace":""}},"cells":["q",[1,
        {"a" : 2}]]}]}"#;
    let (lines, page) = read(style, text);
    page.unwrap();
    assert_eq!(
        headings(&lines[0]),
        ["NAMESPACE", "NAME", "STRAßE Ǆ", "NAME_2", "", "TIER", "LABELS"]
    );
    assert_eq!(cell(&lines[0], "NAMESPACE"), "n");
    assert_eq!(cell(&lines[0], "STRAßE Ǆ"), "null");
    assert_eq!(cell(&lines[0], "TIER"), "b<");
    assert_eq!(cell(&lines[0], "LABELS"), "a=b=c,a=d,tier=b<");
    assert_eq!(row(&lines[1]).namespace.as_str(), "");
    assert_eq!(cell(&lines[1], "NAMESPACE"), "");
    assert_eq!(cell(&lines[1], "STRAßE Ǆ"), r#"[1,{"a":2}]"#, "a row is one line");
    // Like kubectl, leave the cell of a missing label empty.
    assert_eq!(cell(&lines[1], "TIER"), "");
    assert_eq!(cell(&lines[1], "LABELS"), "<none>");
}

#[test]
fn narrow_tables_have_columns_of_priority_0() {
    let text = table(
        &format!(r#"{NAME},{{"name":"a","priority":1}},{{"name":"b","priority":-1}},{{"name":"c"}}"#),
        &one("p", r#""p",1,2,3"#),
    );
    let (lines, page) = read(Style::default(), &text);
    assert_eq!(page.unwrap().next, "x\n");
    assert_eq!(
        lines,
        [
            r#"{"kind":"Row","cluster":"c\"1","resource":"pods","type":"pod","name":"p","columns":{"NAME":"p","C":3}}"#
        ]
    );
}

#[test]
fn cells_without_a_column_are_skipped() {
    let (lines, page) = read(Style::default(), &table(NAME, &one("p", r#""p",[],3"#)));
    page.unwrap();
    assert!(lines[0].ends_with(r#""columns":{"NAME":"p"}}"#));
}

#[test]
fn flow_schemas_are_numbered() {
    let style = Style {
        numbered: true,
        ..Style::default()
    };
    let text = table(NAME, &[one("b", "1"), one("a", "2")].join(","));
    let (lines, page) = read(style, &text);
    page.unwrap();
    let sorts: Vec<_> = lines
        .iter()
        .map(|line| row(line).sort.unwrap().get().to_owned())
        .collect();
    assert_eq!(sorts, ["[0]", "[1]"]);
}

#[test]
fn cell_keeps_its_spelling() {
    let columns = format!(r#"{NAME},{{"name":"x"}}"#);
    for (cell_text, written) in [
        ("1.50", "1.50"),
        ("12345678901234567890123", "12345678901234567890123"),
        ("1e+21", "1e+21"),
        ("true", "true"),
        ("null", "null"),
        (r#""a\nb\u001b[1m""#, r#""a\nb\u001b[1m""#),
        (r#""\u003cnone\u003e""#, r#""<none>""#),
        ("{}", "{}"),
    ] {
        let (lines, page) = read(
            Style::default(),
            &table(&columns, &one("p", &format!("\"p\",{cell_text}"))),
        );
        page.unwrap();
        assert!(
            lines[0].ends_with(&format!(",\"X\":{written}}}}}")),
            "{}",
            lines[0]
        );
        row(&lines[0]);
    }
}

#[test]
fn row_with_too_few_or_too_many_cells_is_kept() {
    let columns = format!(r#"{NAME},{{"name":"X"}}"#);
    for (cells, written) in [
        ("\"a\",1,2,\"three\"", r#""columns":{"NAME":"a","X":1}}"#),
        ("\"a\"", r#""columns":{"NAME":"a"}}"#),
        ("", r#""columns":{}}"#),
    ] {
        let (lines, page) = read(Style::default(), &table(&columns, &one("a", cells)));
        page.unwrap();
        assert!(lines[0].ends_with(written), "{}", lines[0]);
        row(&lines[0]);
    }
}

#[test]
fn malformed_row_is_named_and_earlier_rows_are_kept() {
    let (_, page) = read(Style::default(), &table("", &one("a", "1,2")));
    let error = page.unwrap_err().to_string();
    assert!(error.starts_with("row 0: cells and no columns"), "{error}");

    let good = one("a", "\"a\"");
    for (bad, problem) in [
        (
            r#"{"cells":[1],"cells":[1]}"#.to_owned(),
            "row 1: duplicate field `cells`",
        ),
        (
            r#"{"cells":{}}"#.to_owned(),
            "invalid type: map, expected a list of cells",
        ),
        ("7".to_owned(), "invalid type: integer `7`, expected a row"),
        ("{".to_owned(), "EOF while parsing"),
        (r#"{"cells":[nul]}"#.to_owned(), "expected ident"),
    ] {
        let text = if bad == "{" {
            // Truncated.
            format!(r#"{{"kind":"Table","columnDefinitions":[{NAME}],"rows":[{good},{{"#)
        } else {
            table(NAME, &format!("{good},{bad},{good}"))
        };
        let (lines, page) = read(Style::default(), &text);
        let error = page.unwrap_err().to_string();
        assert!(error.starts_with(problem), "{bad}: {error}");
        assert_eq!(lines.len(), 1, "{bad}");
        assert_eq!(row(&lines[0]).name.as_str(), "a");
    }
}

#[test]
fn rows_without_metadata_are_rows() {
    let columns = format!(r#"{NAME},{{"name":"X","priority":null}},{{}}"#);
    let style = Style {
        namespace_column: true,
        show_labels: true,
        ..Style::default()
    };
    for (odd, name) in [
        ("null", ""),
        ("{}", ""),
        (r#"{"cells":null}"#, ""),
        (r#"{"cells":["b",1]}"#, ""),
        (r#"{"cells":["b",1],"object":null}"#, ""),
        (r#"{"cells":["b",1],"object":7}"#, ""),
        (r#"{"cells":["b",1],"object":["x"]}"#, ""),
        (r#"{"cells":["b",1],"object":{}}"#, ""),
        (r#"{"cells":["b",1],"object":{"metadata":null}}"#, ""),
        (r#"{"cells":["b",1],"object":{"metadata":[{}]}}"#, ""),
        (r#"{"cells":["b",1],"object":{"metadata":{"name":[7]}}}"#, ""),
        (
            r#"{"cells":["b","\ud800"],"object":{"metadata":{"name":"b","namespace":7,"labels":{"a":1}}}}"#,
            "b",
        ),
    ] {
        let text = table(&columns, &format!("{odd},{}", one("a", "\"a\",2")));
        let (lines, page) = read(style.clone(), &text);
        assert_eq!(page.unwrap().items, 2, "{odd}");
        assert_eq!(row(&lines[0]).name.as_str(), name, "{odd}");
        assert_eq!(row(&lines[1]).name.as_str(), "a", "{odd}");
        let key = SortKey::parse(".metadata.name").unwrap().unwrap();
        let sorted = RecordIdentity {
            sort_by: Some(Arc::new(key)),
            ..subject()
        };
        let mut rows = Rows::new(&sorted, style.clone());
        rows.table(&text, &mut Vec::new()).unwrap();
        assert_eq!(rows.items, 2, "{odd}");
    }
    let names = Style {
        names_only: true,
        ..Style::default()
    };
    let (lines, _) = read(names, &table(&columns, "{}"));
    assert_eq!(row(&lines[0]).name.as_str(), "<unknown>", "as kubectl has it");
}

#[test]
fn tables_of_more_than_1000_columns_are_refused() {
    let columns = |count: usize| vec![r#"{"name":"x"}"#; count].join(",");
    let (lines, page) = read(Style::default(), &table(&columns(1000), &one("a", "1")));
    page.unwrap();
    assert_eq!(lines.len(), 1);
    let (lines, page) = read(Style::default(), &table(&columns(1001), &one("a", "1")));
    let error = page.unwrap_err().to_string();
    assert!(
        error.starts_with("the Table has more than 1000 columns"),
        "{error}"
    );
    assert_eq!(lines.len(), 0);
}

#[test]
fn deep_json_does_not_overflow_the_stack() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let columns = format!(r#"{NAME},{{"name":"x"}}"#);
    let text = table(&columns, &one("p", &format!("\"p\",{}", deep(100_000))));
    let (lines, page) = read(Style::default(), &text);
    let error = page.unwrap_err().to_string();
    assert!(
        error.starts_with("row 0: a cell is nested more than 100 deep"),
        "{error}"
    );
    assert_eq!(lines.len(), 0);
    let text = table(&columns, &one("p", &format!("\"p\",{}", deep(100))));
    assert_eq!(read(Style::default(), &text).0.len(), 1);
    let text = format!(r#"{{"kind":"Table","other":{},"rows":null}}"#, deep(100_000));
    read(Style::default(), &text).1.unwrap();
}

#[test]
fn columns_after_the_rows_or_on_the_page_before() {
    let text = format!(
        r#"{{"rows":[{}],"columnDefinitions":[{NAME}],"metadata":null,"kind":"Table"}}"#,
        one("a", "1")
    );
    let (lines, page) = read(Style::default(), &text);
    page.unwrap();
    assert!(lines[0].ends_with(r#""columns":{"NAME":1}}"#));

    let mut rows = Rows::new(&subject(), Style::default());
    let mut out = Vec::new();
    rows.table(&text, &mut out).unwrap();
    let next = format!(
        r#"{{"kind":"Table","columnDefinitions":null,"rows":[{}]}}"#,
        one("b", "2")
    );
    rows.table(&next, &mut out).unwrap();
    assert_eq!(rows.items, 2);
    let nothing = r#"{"kind":"Table","columnDefinitions":[],"rows":[]}"#;
    rows.table(nothing, &mut out).unwrap();
    assert_eq!(rows.items, 2);
}

#[test]
fn restarted_list_repeats_no_rows() {
    let mut rows = Rows::new(&subject(), Style::default());
    let mut out = Vec::new();
    let (a, b, c) = (one("a", "1"), one("b", "2"), one("c", "3"));
    rows.table(&table(NAME, &format!("{a},{b}")), &mut out).unwrap();
    rows.start_again();
    rows.table(&table(NAME, &format!("{a},{b},{c}")), &mut out)
        .unwrap();
    let text = String::from_utf8(out).unwrap();
    let names: Vec<_> = text.lines().map(|line| row(line).name.to_string()).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn position_and_sort_are_left_out_by_default() {
    let subject = RecordIdentity {
        position: 2,
        sort: Some(0),
        ..subject()
    };
    let mut rows = Rows::new(&subject, Style::default());
    let mut out = Vec::new();
    rows.table(&table(NAME, &one("a", "1")), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let row = row(text.trim_end());
    assert_eq!((row.position, row.sort.unwrap().get()), (2, "[0]"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A server may send anything: only whole records are written, and as many as are counted.
    #[test]
    fn any_input_gives_whole_records(
        file in prop::sample::select(vec!["pods.page-1.table.json", "widgets.table.json", "nodes.table.json"]),
        edits in prop::collection::vec(
            (0usize..20_000, prop::sample::select(vec!["", "\"", "{", "}", "[", "]", ",", ":", "\\", "7", "null", "\n", "\\ud800", "é"])),
            1..4,
        ),
    ) {
        let mut text = recorded(file);
        for (at, with) in edits {
            let at = at % text.len();
            if text.is_char_boundary(at) && text.is_char_boundary(at + 1) {
                text.replace_range(at..=at, with);
            }
        }
        let style = Style { wide: true, namespace_column: true, show_labels: true, ..Style::default() };
        let (lines, _) = read(style, &text);
        for line in &lines {
            row(line);
        }
    }
}

#[test]
fn row_brings_the_fields_along_that_were_asked_for() {
    let paths = [
        ".spec.nodeName".to_owned(),
        "{.spec.containers[*].image}".to_owned(),
    ];
    let style = Style {
        fields: SentFields::parse(&paths).unwrap(),
        ..Style::default()
    };
    let object =
        r#"{"metadata":{"name":"x"},"spec":{"nodeName":"n","containers":[{"name":"c","image":"i:1"}]}}"#;
    // serde reads what has blanks between its tokens.
    for object in [object.to_owned(), object.replace(":{", ": {")] {
        let text = format!(
            r#"{{"kind":"Table","columnDefinitions":[{{"name":"Name","priority":0}}],"rows":[{{"cells":["x"],"object":{object}}}]}}"#
        );
        let (lines, page) = read(style.clone(), &text);
        page.unwrap();
        let row: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!(row["fields"]["spec"]["nodeName"], "n");
        assert_eq!(row["fields"]["spec"]["containers"][0]["image"], "i:1");
    }
    let reaches = |path: &str| {
        SentFields::parse(&[path.to_owned()])
            .unwrap()
            .unwrap()
            .reach_managed_fields
    };
    assert!(
        reaches(".metadata.managedFields[0].manager") && reaches(".metadata") && !reaches(".metadata.name")
    );
    assert!(
        SentFields::parse(&[".a[".to_owned()])
            .unwrap_err()
            .starts_with("error: --fields .a[: ")
    );
}
