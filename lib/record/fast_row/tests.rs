//! Rows and objects are read as serde reads them.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::record::{Event, Object};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::value::RawValue;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[a-z]{1,4}", "[a-z\"\\\\\n\té😀]{1,4}"]
}

/// JSON values as they are spelled in cells, sort keys and objects.
fn json() -> impl Strategy<Value = String> {
    select(vec![
        "1.50",
        "-1e3",
        "true",
        "[1,\"a\"]",
        r#"{"by":["a"]}"#,
        r#"{"a":{"object":"}"}}"#,
        "{}",
        r#""\u00e9\n""#,
    ])
    .prop_map(str::to_owned)
}

/// Headings with their cells: text, or another JSON value. A heading with an escape is left to serde.
fn cells() -> impl Strategy<Value = Vec<(String, Result<String, String>)>> {
    let cell = prop_oneof![text().prop_map(Ok), json().prop_map(Err)];
    vec(("[A-Z_é]{0,3}", cell), 0..4)
}

fn event() -> impl Strategy<Value = Option<Event>> {
    option::weighted(0.2, select(vec![Event::Added, Event::Modified, Event::Deleted]))
}

/// Lines of rows, and whether each is of a watch. A field that is added to `Row` needs values here.
fn rows() -> impl Strategy<Value = (String, bool)> {
    let texts = (text(), text(), text(), text(), text());
    let position = select(vec![0, 1, 1000, u32::MAX]);
    let headings = vec((text(), text()), 0..2);
    let watch = (event(), proptest::bool::weighted(0.2));
    (
        texts,
        position,
        cells(),
        headings,
        option::of(json()),
        option::of(json()),
        watch,
    )
        .prop_map(
            |(
                (cluster, resource, type_, namespace, name),
                position,
                cells,
                headings,
                fields,
                sort,
                (event, listed),
            )| {
                let fields: Option<Box<RawValue>> =
                    fields.map(|fields| RawValue::from_string(fields).unwrap());
                let sort: Option<Box<RawValue>> = sort.map(|sort| RawValue::from_string(sort).unwrap());
                let values: Vec<_> = cells
                    .into_iter()
                    .map(|(heading, cell)| {
                        (heading, cell.map_err(|json| RawValue::from_string(json).unwrap()))
                    })
                    .collect();
                let cells = values.iter().map(|(heading, cell)| {
                    let cell = match cell {
                        Ok(text) => Cell::from(text.as_str()),
                        Err(json) => Cell::Json(json),
                    };
                    (Str::from(heading.as_str()), cell)
                });
                let row = Row {
                    cluster: cluster.into(),
                    resource: resource.into(),
                    type_: type_.into(),
                    position,
                    namespace: namespace.into(),
                    name: name.into(),
                    columns: Columns(cells.collect()),
                    headings: headings
                        .into_iter()
                        .map(|(key, value)| (key.into(), value.into()))
                        .collect(),
                    fields: fields.as_deref(),
                    sort: sort.as_deref(),
                    event,
                    listed,
                };
                (serde_json::to_string(&row).unwrap(), event.is_some() || listed)
            },
        )
}

/// Lines of objects, and whether each is of a watch. A field that is added to `Object` needs values here.
fn objects() -> impl Strategy<Value = (String, bool)> {
    let texts = (text(), text(), text(), text(), text());
    let position = select(vec![0, 1, 1000, u32::MAX]);
    let watch = (event(), proptest::bool::weighted(0.2));
    (texts, position, any::<bool>(), json(), option::of(json()), watch).prop_map(
        |((cluster, resource, type_, namespace, name), position, single, object, sort, (event, listed))| {
            let object = RawValue::from_string(object).unwrap();
            let sort: Option<Box<RawValue>> = sort.map(|sort| RawValue::from_string(sort).unwrap());
            let object = Object {
                cluster: cluster.into(),
                resource: resource.into(),
                type_: type_.into(),
                position,
                namespace: namespace.into(),
                name: name.into(),
                single,
                object: &object,
                sort: sort.as_deref(),
                event,
                listed,
            };
            (serde_json::to_string(&object).unwrap(), event.is_some() || listed)
        },
    )
}

/// A line with one character replaced.
fn changed(line: &str, at: Index, new: &str) -> String {
    let characters: Vec<char> = line.chars().collect();
    let at = at.index(characters.len());
    let (before, after) = characters.split_at(at);
    before.iter().collect::<String>() + new + &after[1..].iter().collect::<String>()
}

/// Fields that are not skipped are all in the JSON.
fn shown(row: &Row<'_>) -> String {
    serde_json::to_string(row).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn rows_are_read_as_by_serde((line, is_watched) in rows(), at in any::<Index>(), new in r#"[\\",:{}\[\] 0-9a-zé]?"#) {
        let fast = row(&line).map(|row| shown(&row));
        match is_watched {
            true => prop_assert_eq!(fast, Err(Unusual)),
            false => prop_assert_eq!(fast.unwrap(), shown(&serde_json::from_str(&line).unwrap())),
        }
        let changed = changed(&line, at, &new);
        if let Ok(fast) = row(&changed) {
            prop_assert_eq!(shown(&fast), shown(&serde_json::from_str(&changed).unwrap()));
        }
    }

    #[test]
    fn objects_are_read_as_by_serde((line, is_watched) in objects()) {
        let read: Object<'_> = serde_json::from_str(&line).unwrap();
        let expected = match is_watched {
            true => Err(Unusual),
            false => Ok((read.cluster.clone(), read.object.get())),
        };
        prop_assert_eq!(object(&line), expected.clone());
        // mc-exec writes the object before the sort key, if there is one.
        if read.sort.is_none() && !is_watched {
            prop_assert_eq!(object_at_end(&line), expected);
        }
    }
}

#[test]
fn unknown_key_is_left_to_serde() {
    assert!(row(r#"{"kind":"Row","cluster":"c","name":"x"}"#).is_ok());
    assert_eq!(
        row(r#"{"kind":"Row","cluster":"c","new":1}"#).unwrap_err(),
        Unusual
    );
    assert!(object(r#"{"kind":"Object","cluster":"c","object":{}}"#).is_ok());
    for line in [
        r#"{"kind":"Object","cluster":"c","new":1,"object":{}}"#,
        r#"{"kind":"Object","cluster":"c","object":{},"new":1}"#,
    ] {
        assert_eq!(object(line), Err(Unusual));
    }
    assert_eq!(
        object_at_end(r#"{"kind":"Object","cluster":"c","new":1,"object":{}}"#),
        Err(Unusual)
    );
}

#[test]
fn object_at_the_end_is_found_without_its_end() {
    let found = |line| object_at_end(line).map(|(cluster, object)| (cluster.to_string(), object));
    let line = r#"{"kind":"Object","cluster":"c\n","name":"x","object":{"a":"}"}}"#;
    assert_eq!(found(line), Ok(("c\n".to_owned(), r#"{"a":"}"}"#)));
    // The caller finds that this is not JSON.
    let line = r#"{"kind":"Object","cluster":"c","object":{},"sort":[1]}"#;
    assert_eq!(found(line), Ok(("c".to_owned(), r#"{},"sort":[1]"#)));
    for line in [
        r#"{"kind":"Object","object":{},"cluster":"c"}"#,
        r#"{"kind":"Object","cluster":"c","cluster":"d","object":{}}"#,
        r#"{"kind":"Object","cluster":"c","event":"ADDED","object":{}}"#,
        r#"{"kind":"Object","cluster":"c"}"#,
        r#"{"kind":"Row","cluster":"c","object":{}}"#,
    ] {
        assert_eq!(found(line), Err(Unusual), "{line}");
    }
}

#[test]
fn invalid_or_unusual_rows_are_left_to_serde() {
    for line in [
        r#"{"kind":"Row","resource":"pods"}"#,
        r#"{"kind":"Row","cluster":1}"#,
        r#"{"kind":"Row","cluster":"a","cluster":"b"}"#,
        r#"{"kind":"Row","cluster":"a","columns":[]}"#,
        r#"{"kind":"Row","cluster":"a","columns":{"a"}}"#,
        r#"{"kind":"Row","cluster":"a","columns":{"a":1}"#,
        r#"{"kind":"Row","cluster":"a","columns":{"a":"\ud800"}}"#,
        r#"{"kind":"Row","cluster":"a","columns":{"a":01}}"#,
        r#"{"kind":"Row","cluster":"a","columns":{"\u0061":1}}"#,
        r#"{"kind":"Row","cluster":"a","event":"ADDED"}"#,
        r#"{"kind":"Row","cluster":"a","position":-1}"#,
        r#"{"kind":"Row", "cluster":"a"}"#,
        r#"{"kind":"Row","cluster":"a"} "#,
        r#"{"kind":"Object","cluster":"a"}"#,
    ] {
        assert!(row(line).is_err(), "{line}");
    }
}
