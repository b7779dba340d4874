#![allow(clippy::unwrap_used)]
use super::read as read_fast;
use crate::apiserver::testing::recorded;
use crate::exec::get::record_identity::RecordIdentity;
use crate::exec::get::table::reader::TableSeed;
use crate::exec::get::table::{Rows, Style};
use proptest::prelude::*;
use serde::de::DeserializeSeed as _;

fn rows() -> Rows {
    let style = Style {
        label_columns: vec!["app".into()],
        namespace_column: true,
        ..Style::default()
    };
    Rows::new(&RecordIdentity::default(), style)
}

/// Returns what is written, how many rows that is, and the page or what is wrong, as text.
fn read(text: &str, fast: bool) -> (String, u64, String) {
    let (mut rows, mut out) = (rows(), Vec::new());
    let page = if fast {
        rows.table(text, &mut out)
    } else {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let seed = TableSeed {
            rows: &mut rows,
            out: &mut out,
            written: 0,
        };
        let page = seed.deserialize(&mut deserializer);
        page.and_then(|page| deserializer.end().map(|()| page))
    };
    (String::from_utf8(out).unwrap(), rows.items, format!("{page:?}"))
}

const SMALL: &str = r#"{"kind":"Table","metadata":{"resourceVersion":"7"},"columnDefinitions":[{"name":"Name","priority":0},{"name":"Age","priority":1},{"name":"Up","priority":0}],"rows":[{"cells":["a\u003c","1d",1.5e3,true],"object":{"kind":"PartialObjectMetadata","metadata":{"name":"a","namespace":"n","labels":{"app":"x"}}}},{"cells":["b",null,[1,{}]],"object":{"metadata":{"name":"b","labels":null}}},{"object":null,"cells":[]}]}"#;

#[test]
fn tables_of_servers_take_the_fast_reader() {
    let text = recorded("pods.table.json");
    for text in [&text, SMALL] {
        let (mut out, mut written) = (Vec::new(), 0);
        let text = text.replace(r#",{"object":null,"cells":[]}"#, "");
        let page = read_fast(&mut rows(), &text, &mut out, &mut written).unwrap();
        assert!(written > 1 && page.items == written);
        assert_eq!(read(&text, true), read(&text, false));
    }
}

#[test]
fn unusual_tables_read_as_serde_reads_them() {
    for (from, to) in [
        ("", ""),
        ("\"rows\":[", "\"rows\": ["),
        ("\"rows\":[", "\"rows\":null,\"x\":["),
        ("\"rows\":[", "\"rows\":[null,"),
        ("\"rows\":[", "\"rows\":[],\"rows\":["),
        ("\"metadata\":{\"name\":\"b\"", "\"metadata\":{\"name\":7"),
        ("{\"name\":\"b\"", "{\"name\":\"b\",\"name\":\"c\""),
        (
            "\"metadata\":{\"name\":\"b\"",
            "\"metadata\":[],\"x\":{\"name\":\"b\"",
        ),
        ("\"cells\":[\"b\"", "\"cells\":[\"c\"],\"cells\":[\"b\""),
        ("\"cells\":[\"b\"", "\"cells\":[\"b"),
        ("[1,{}]", "[1,{]}"),
        ("]}]}", "]}]"),
        ("]}]}", "]}]}x"),
        ("]}]}", "]}]}\n"),
        (
            "\"kind\":\"Table\",",
            "\"kind\":\"Table\",\"rows\":[{\"cells\":[1]}],",
        ),
    ] {
        let text = SMALL.replacen(from, to, 1);
        assert_eq!(read(&text, true), read(&text, false), "{text}");
    }
}

proptest! {
    #[test]
    fn broken_tables_read_as_serde_reads_them(
        changes in prop::collection::vec((0..SMALL.len(), "[\\]\\[{},:\"\\\\0-9a n\u{1}]{0,2}", 0..3_usize), 1..3),
    ) {
        let mut text = SMALL.to_owned();
        for (at, with, remove) in changes {
            let at = at.min(text.len());
            text.replace_range(at..(at + remove).min(text.len()), &with);
        }
        prop_assert_eq!(read(&text, true), read(&text, false));
    }
}
