#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use std::borrow::Cow;

fn row(line: &str) -> Row<'_> {
    match Record::parse(line).unwrap() {
        Record::Row(row) => row,
        other => panic!("{other:?}"),
    }
}

#[test]
fn row_is_written_as_it_was_read() {
    let line = r#"{"kind":"Row","cluster":"c","resource":"widgets.example.com","type":"widget.example.com","position":1,"namespace":"n","name":"x","columns":{"NAME":"x","SIZE":1.50,"SIZE":null,"WHY":"a\"b"},"sort":[1]}"#;
    let mut out = Vec::new();
    write(&mut out, &row(line)).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), format!("{line}\n"));
}

#[test]
fn text_without_escapes_is_borrowed() {
    let line =
        r#"{"kind":"Row","cluster":"c","resource":"pods","name":"x","columns":{"NAME":"x"}}"#.to_owned();
    let row = row(&line);
    assert!(matches!(row.cluster.0, Cow::Borrowed(_)));
    assert!(matches!(
        &row.columns.0[0],
        (Str(Cow::Borrowed(_)), Cell::Text(Str(Cow::Borrowed(_))))
    ));
}

#[test]
fn kind_that_is_not_the_first_field() {
    let line = r#" {"cluster":"c","ok":true,"kind":"Result","later":{}}"#;
    assert!(matches!(Record::parse(line).unwrap(), Record::Outcome(outcome) if outcome.ok));
}

#[test]
fn unknown_kind_is_kept_and_missing_kind_is_an_error() {
    assert!(matches!(
        Record::parse(r#"{"kind":"Future","x":1}"#).unwrap(),
        Record::Unknown(_)
    ));
    assert!(Record::parse(r#"{"cluster":"c"}"#).is_err());
    assert!(Record::parse("[]").is_err());
    assert!(
        Record::parse(r#"{"kind":"Row"}"#).is_err(),
        "a row without a cluster"
    );
}

#[test]
fn unknown_reasons_and_health_of_a_later_release_are_read() {
    let line = r#"{"kind":"Result","cluster":"c","ok":false,"reason":"Eclipse"}"#;
    assert!(matches!(Record::parse(line).unwrap(), Record::Outcome(o) if o.reason == Some(Reason::Protocol)));
    let line = r#"{"kind":"Cluster","cluster":"c","health":"Dreaming"}"#;
    assert!(matches!(Record::parse(line).unwrap(), Record::Cluster(c) if c.health == Health::Unknown));
}
