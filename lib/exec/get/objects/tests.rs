#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::apiserver::testing::recorded;
use crate::exec::get::table::Style;
use crate::record::{Object, Record, Row};
use proptest::prelude::*;
use serde_json::{Value, json};

fn subject() -> RecordIdentity<'static> {
    RecordIdentity {
        cluster: "c1",
        resource: "pods".into(),
        type_: "pod".into(),
        ..RecordIdentity::default()
    }
}

fn read(text: &str) -> (Vec<String>, Result<Page>) {
    let mut objects = Objects::new(&subject(), false, None);
    let mut out = Vec::new();
    let page = match shape(text).unwrap() {
        AnswerShape::List => objects.list(text, &mut out),
        _ => objects.object(text, &mut out).map(|()| Page::default()),
    };
    let lines: Vec<String> = String::from_utf8(out)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    assert_eq!(lines.len() as u64, objects.items);
    (lines, page)
}

fn object(line: &str) -> Object<'_> {
    match Record::parse(line).unwrap() {
        Record::Object(object) => object,
        other => panic!("{other:?}"),
    }
}

fn value(line: &str) -> Value {
    serde_json::from_str(object(line).object.get()).unwrap()
}

#[test]
fn recorded_lists() {
    for (file, kind) in [("pods.list.json", "Pod"), ("widgets.list.json", "Widget")] {
        let text = recorded(file);
        let (lines, page) = read(&text);
        page.unwrap();
        let expected: Value = serde_json::from_str(&text).unwrap();
        let expected = expected["items"].as_array().unwrap();
        assert_eq!(lines.len(), expected.len());
        for (line, expected) in lines.iter().zip(expected) {
            let mut expected = expected.clone();
            expected["metadata"]
                .as_object_mut()
                .unwrap()
                .remove("managedFields");
            if kind == "Pod" {
                expected["apiVersion"] = json!("v1");
                expected["kind"] = json!("Pod");
                assert!(
                    object(line)
                        .object
                        .get()
                        .starts_with(r#"{"apiVersion":"v1","kind":"Pod","metadata""#)
                );
            }
            assert_eq!(value(line), expected);
            assert_eq!(object(line).name.as_str(), expected["metadata"]["name"]);
        }
    }
}

#[test]
fn numbers_and_key_order_are_kept() {
    let text = r#"{"kind":"WList","apiVersion":"x/v1","metadata":{"continue":"next"},"items":[
        {"kind":"W","z":1.50,"metadata":{"managedFields":[{"a":"}"}],"name":"w","namespace":"n"},"a":12345678901234567890.5,
         "s":"é \u003c"},
        {"metadata":{"name":"v"}}]}"#;
    let (lines, page) = read(text);
    assert_eq!(page.unwrap().next, "next");
    assert_eq!(
        lines[0],
        concat!(
            r#"{"kind":"Object","cluster":"c1","resource":"pods","type":"pod","namespace":"n","name":"w","#,
            r#""object":{"kind":"W","z":1.50,"metadata":{"name":"w","namespace":"n"},"a":12345678901234567890.5,"s":"é \u003c"}}"#
        )
    );
    assert!(lines[1].ends_with(r#""object":{"apiVersion":"x/v1","kind":"W","metadata":{"name":"v"}}}"#));
}

#[test]
fn one_object() {
    let text = recorded("pod.json");
    let (lines, page) = read(&format!(" {text}\n"));
    page.unwrap();
    let mut expected: Value = serde_json::from_str(&text).unwrap();
    expected["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("managedFields");
    assert_eq!(value(&lines[0]), expected);
}

#[test]
fn malformed_item_is_named_and_the_others_are_written() {
    let good = r#"{"metadata":{"name":"a"}}"#;
    for (bad, problem) in [
        ("7", "item 1: "),
        ("[]", "item 1: "),
        (r#"["v1","Pod",{"name":"x"}]"#, "item 1: no object with metadata"),
        (
            r#"{"metadata":{"name":"x"},"metadata":{}}"#,
            "item 1: duplicate field `metadata`",
        ),
    ] {
        let text = format!(r#"{{"kind":"PodList","items":[{good},{bad},{good},{good}]}}"#);
        let (lines, page) = read(&text);
        let error = page.unwrap_err().to_string();
        assert!(error.starts_with(problem), "{bad}: {error}");
        assert_eq!(lines.len(), 3, "{bad}");
        object(&lines[0]);
    }
    // After this the items cannot be found.
    let (lines, page) = read(&format!(
        r#"{{"kind":"PodList","items":[{good},{{"metadata":,{good}]}}"#
    ));
    assert!(page.unwrap_err().to_string().starts_with("item 1: "));
    assert_eq!(lines.len(), 1);
}

/// As kubectl 1.36 prints them with `-o json`.
#[test]
fn items_without_metadata_are_objects() {
    let type_ = r#""apiVersion":"v1","kind":"Pod""#;
    for (odd, name, written) in [
        ("{}", "", format!("{{{type_}}}")),
        ("{ }", "", format!("{{{type_} }}")),
        ("null", "", format!("{{{type_}}}")),
        (
            r#"{"metadata":null}"#,
            "",
            format!(r#"{{{type_},"metadata":null}}"#),
        ),
        (
            r#"{"metadata":["x"]}"#,
            "",
            format!(r#"{{{type_},"metadata":["x"]}}"#),
        ),
        (
            r#"{"metadata":"x"}"#,
            "",
            format!(r#"{{{type_},"metadata":"x"}}"#),
        ),
        (
            r#"{"metadata":{}}"#,
            "",
            format!(r#"{{{type_},"metadata":{{}}}}"#),
        ),
        (
            r#"{"metadata":{"name":7,"namespace":[]}}"#,
            "",
            format!(r#"{{{type_},"metadata":{{"name":7,"namespace":[]}}}}"#),
        ),
        (
            r#"{"metadata":{"name":"b","labels":7,"creationTimestamp":7}}"#,
            "b",
            format!(r#"{{{type_},"metadata":{{"name":"b","labels":7,"creationTimestamp":7}}}}"#),
        ),
        (
            r#"{"kind":"X","metadata":{"name":"b"}}"#,
            "b",
            r#"{"kind":"X","metadata":{"name":"b"}}"#.into(),
        ),
    ] {
        let good = r#"{"metadata":{"name":"a"}}"#;
        let text =
            format!(r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{}},"items":[{odd},{good}]}}"#);
        let (lines, page) = read(&text);
        assert_eq!(page.unwrap().items, 2, "{odd}");
        assert_eq!(object(&lines[0]).name.as_str(), name, "{odd}");
        assert_eq!(object(&lines[0]).object.get(), written, "{odd}");
        assert_eq!(object(&lines[1]).name.as_str(), "a", "{odd}");
        let style = Style {
            show_labels: true,
            namespace_column: true,
            ..Style::default()
        };
        let mut rows = Rows::new(&subject(), style);
        let mut out = Vec::new();
        plain_rows(&mut rows, &text, &AnswerShape::List, &mut out).unwrap();
        assert_eq!(rows.items, 2, "{odd}");
        for line in String::from_utf8(out).unwrap().lines() {
            assert!(matches!(Record::parse(line), Ok(Record::Row(_))), "{line}");
        }
    }
}

#[test]
fn kind_of_a_list_may_follow_its_items() {
    let (lines, page) = read(
        r#"{"items":[{"metadata":{"name":"a"}}],"metadata":{"resourceVersion":"7"},"apiVersion":"v1","kind":"PodList"}"#,
    );
    assert_eq!(page.unwrap().version, "7");
    assert_eq!(
        object(&lines[0]).object.get(),
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}}"#
    );
    for none in [
        r#"{"kind":"PodList","items":null}"#,
        r#"{"kind":"PodList","items":[]}"#,
        r#"{"kind":"PodList","items":[],"metadata":null}"#,
    ] {
        assert_eq!(read(none).1.unwrap(), Page::default(), "{none}");
    }
}

#[test]
fn shape_of_answers() {
    assert_eq!(shape(&recorded("pods.table.json")).unwrap(), AnswerShape::Table);
    assert_eq!(
        shape(r#"{"rows":[],"kind":"Table"}"#).unwrap(),
        AnswerShape::Table
    );
    assert_eq!(shape(&recorded("pods.list.json")).unwrap(), AnswerShape::List);
    assert_eq!(shape(&recorded("pod.json")).unwrap(), AnswerShape::Object);
    // A custom resource may have this kind.
    for kind in ["AllowList", "Table", "Status"] {
        let text = format!(r#"{{"apiVersion":"example.com/v1","kind":"{kind}","metadata":{{}}}}"#);
        assert_eq!(shape(&text).unwrap(), AnswerShape::Object, "{kind}");
        let text = format!(r#"{{"kind":"{kind}","metadata":{{}},"apiVersion":"example.com/v1"}}"#);
        assert_eq!(shape(&text).unwrap(), AnswerShape::Object, "{kind}");
    }
    let old = r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1beta1","rows":[]}"#;
    assert_eq!(shape(old).unwrap(), AnswerShape::Table);
    for bad in [
        "",
        "x",
        "[]",
        "{}",
        r#"{"kind":"Status"}"#,
        r#"{"apiVersion":"v1","kind":"Status"}"#,
        r#"{"kind":7}"#,
        "<html>",
    ] {
        assert!(shape(bad).is_err(), "{bad}");
    }
}

#[test]
fn plain_rows_have_name_and_age() {
    let style = Style {
        namespace_column: true,
        show_labels: true,
        label_columns: vec!["app".into()],
        ..Style::default()
    };
    let mut rows = Rows::new(&subject(), style);
    let mut out = Vec::new();
    let text = r#"{"kind":"PodList","metadata":{},"items":[
        {"metadata":{"name":"a","namespace":"n","creationTimestamp":"2000-01-01T00:00:00Z","labels":{"app":"x"}}},
        {"metadata":{"name":"b"}}]}"#;
    plain_rows(&mut rows, text, &AnswerShape::List, &mut out).unwrap();
    plain_rows(&mut rows, &recorded("pod.json"), &AnswerShape::Object, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let rows: Vec<Row<'_>> = text
        .lines()
        .map(|line| match Record::parse(line).unwrap() {
            Record::Row(row) => row,
            other => panic!("{other:?}"),
        })
        .collect();
    let columns = |row: &Row<'_>| serde_json::to_string(&row.columns).unwrap();
    assert_eq!(rows.len(), 3);
    assert_eq!(
        columns(&rows[0]).replace(|character: char| character.is_ascii_digit(), ""),
        r#"{"NAMESPACE":"n","NAME":"a","AGE":"y","APP":"x","LABELS":"app=x"}"#
    );
    assert_eq!(
        columns(&rows[1]),
        r#"{"NAMESPACE":"","NAME":"b","AGE":"<unknown>","APP":"","LABELS":"<none>"}"#
    );
}

/// Returns the objects of a list, trimmed to what some expressions look at.
fn trimmed(text: &str, paths: &[&str]) -> Vec<String> {
    let mut fields = Fields::default();
    for path in paths {
        let template = crate::jsonpath::Template::parse(path).unwrap();
        template.add_fields(&mut fields);
    }
    let mut objects = Objects::new(&subject(), false, Some(Arc::new(fields)));
    let mut out = Vec::new();
    objects.list(text, &mut out).unwrap();
    let lines = String::from_utf8(out).unwrap();
    lines
        .lines()
        .map(|line| object(line).object.get().to_owned())
        .collect()
}

#[test]
fn objects_are_trimmed_to_fields() {
    let list = |item: &str| format!(r#"{{"kind":"PodList","apiVersion":"v1","items":[{item}]}}"#);
    let typed = r#"{"apiVersion":"v1","kind":"Pod""#;
    let item = r#"{"metadata":{"name":"a","labels":{"x":"1.50"},"managedFields":[{}]},"spec":{"n":1.50,"c":[{"i":"p\/q","j":[0]},{"j":1},2]},"status":{}}"#;
    for (paths, left) in [
        (vec!["{.metadata.name}"], r#","metadata":{"name":"a"}}"#),
        (
            vec!["{.spec.c[*].i}", "{.spec.n}"],
            r#","spec":{"n":1.50,"c":[{"i":"p\/q"},{},2]}}"#,
        ),
        (
            vec!["{.metadata.labels}"],
            r#","metadata":{"labels":{"x":"1.50"}}}"#,
        ),
        (
            vec!["{.spec.c.i}"],
            r#","spec":{"c":[{"i":"p\/q","j":[0]},{"j":1},2]}}"#,
        ),
        (vec!["{.none}"], "}"),
    ] {
        assert_eq!(
            trimmed(&list(item), &paths),
            [format!("{typed}{left}")],
            "{paths:?}"
        );
    }
    // An object with unusual spelling is written whole.
    let spaced = item.replace("\"spec\":", "\"spec\" :");
    let whole = format!("{typed},{}", &spaced.replace(r#","managedFields":[{}]"#, "")[1..]);
    assert_eq!(trimmed(&list(&spaced), &["{.metadata.name}"]), [whole]);
    // So is an item with a kind of its own.
    let own = r#"{"kind":"X","apiVersion":"y","metadata":{"name":"a"}}"#;
    assert_eq!(trimmed(&list(own), &["{.kind}"]), [r#"{"kind":"X"}"#]);
}

#[test]
fn usual_items_are_read_without_serde() {
    let text = recorded("nodes.list.json");
    let start = items::items_start(&text).unwrap();
    let (item, range) = ListItem::skim(&text, start).unwrap();
    assert_eq!(text.as_bytes()[range.end], b',');
    let head = item.metadata.unwrap();
    assert!(head.name().starts_with('"') && head.managed().unwrap().starts_with('['));
    assert!(ListItem::skim(&text.replace("\"metadata\":", "\"metadata\" :"), start).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// A server may send anything: only whole records are written, and as many as are counted.
    #[test]
    fn any_input_gives_whole_records(
        file in prop::sample::select(vec!["widgets.list.json", "pod.json", "nodes.list.json"]),
        edits in prop::collection::vec(
            (0usize..20_000, prop::sample::select(vec!["", "\"", "{", "}", "[", "]", ",", ":", "\\", "7", "null", "\n", "é"])),
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
        if shape(&text).is_ok() {
            let (lines, _) = read(&text);
            for line in &lines {
                object(line);
            }
        }
        // Reading without serde gives the same as serde.
        for (at, _) in text.match_indices('{') {
            if let Ok((skimmed, range)) = ListItem::skim(&text, at) {
                let read: ListItem<'_> = serde_json::from_str(&text[range]).unwrap();
                let all = |item: &ListItem<'_>| {
                    let head = item.metadata.unwrap_or_default();
                    (item.api_version.map(str::to_owned), item.kind.map(str::to_owned),
                     format!("{head:?}"))
                };
                prop_assert_eq!(all(&skimmed), all(&read));
            }
        }
    }
}

#[test]
fn list_is_sorted_by_the_type_of_its_items() {
    let key = Arc::new(SortKey::parse(".kind").unwrap().unwrap());
    let subject = RecordIdentity {
        sort_by: Some(key),
        ..subject()
    };
    let list = recorded("pods.list.json");
    let mut objects = Objects::new(&subject, false, None);
    let mut rows = Rows::new(&subject, Style::default());
    let (mut out, mut plain) = (Vec::new(), Vec::new());
    objects.list(&list, &mut out).unwrap();
    plain_rows(&mut rows, &list, &AnswerShape::List, &mut plain).unwrap();
    assert!(objects.items > 0);
    assert_eq!((objects.sortable, rows.sortable), (objects.items, objects.items));
    for text in [out, plain] {
        let text = String::from_utf8(text).unwrap();
        assert!(
            text.lines().all(|line| line.contains(r#""sort":{"by":["Pod"]"#)),
            "{text}"
        );
    }
}
