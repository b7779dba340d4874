#![allow(clippy::unwrap_used)]
use super::{KeyFields, LinePrefix};
use crate::merge::table_order::TableId;

fn row(cluster: &str, position: u32, namespace: &str, name: &str) -> String {
    format!(
        r#"{{"kind":"Row","cluster":"{cluster}","position":{position},"namespace":"{namespace}","name":"{name}","columns":{{"NAME":"{name}"}},"x-new":[1.0]}}"#
    )
}

#[test]
fn rest_of_a_line_with_a_known_start_reads_as_the_whole_line_does() {
    let lines = [
        r#"{"kind":"Row","cluster":"c","resource":"pods","type":"pod","position":1,"namespace":"n","name":"x"}"#,
        r#"{"kind":"Row","cluster":"c","resource":"pods","type":"pod","position":1,"name":"y","sort":{"by":[1]}}"#,
        r#"{"kind":"Row","cluster":"c","resource":"pods","type":"pod","position":12,"name":"y"}"#,
        r#"{"kind":"Row","cluster":"c","resource":"pods","type":"pod","name":"y","position":1}"#,
        r#"{"kind":"Row","cluster":"c","resource":"pods","type":"pod","name":"y"}"#,
        r#"{"kind":"Row","cluster":"c","resource":"pods","type":"pod","position":1}"#,
        r#"{"kind":"Row","cluster":"c","resource":"pods","type":"pod","position":1,"name":"y","cluster":"d"}"#,
        r#"{"kind":"Row","cluster":"c","resource":"pods","type":"pod","position":1,"name":"y","name":"z"}"#,
        r#"{"kind":"Row","cluster":"c","resource":"pods","type":"pod","position":1,"name":"y""#,
        r#"{"kind":"Row","name":"y","cluster":"c","event":"ADDED"}"#,
        r#"{"kind":"Object","cluster":"c\"","name":"y","object":{"cluster":"d"}}"#,
        r#"{"kind":"Object","cluster":"c\"","name":"z","object":{},"event":"ADDED"}"#,
    ];
    let mut followed = 0;
    for first in lines {
        let Ok((of_first, start)) = KeyFields::read_fast(first) else {
            continue;
        };
        let mut prefix = LinePrefix::default();
        let id = TableId { cluster: 7, table: 8 };
        prefix.learn(start, id);
        for line in lines {
            let Some((fields, table)) = prefix.key_after(line) else {
                continue;
            };
            followed += 1;
            let (whole, _) = KeyFields::read_fast(line).unwrap();
            assert_eq!(table, id);
            let of_table =
                |key: &KeyFields<'_>| (key.cluster.to_string(), key.resource.to_string(), key.position);
            assert_eq!(of_table(&of_first), of_table(&whole), "{first}\n{line}");
            let own = |key: KeyFields<'_>| KeyFields {
                cluster: "".into(),
                resource: "".into(),
                position: 0,
                namespace: key.namespace.into_owned(),
                name: key.name.into_owned(),
                sort: key.sort.map(|_| "some"),
                event: key.event,
                type_: "".into(),
                columns: key.columns.map(|_| "some"),
                object: key.object.map(|_| "some"),
            };
            let texts =
                |key: &KeyFields<'_>| [key.sort, key.columns, key.object].map(|text| text.map(str::to_owned));
            assert_eq!(texts(&fields), texts(&whole), "{line}");
            assert_eq!(own(fields), own(whole), "{line}");
        }
    }
    assert!(followed > 10, "{followed}");
}

#[test]
fn fast_reader_reads_as_serde_does() {
    let common = row("c", 3, "n", "x");
    for line in [
        common.as_str(),
        r#"{"kind":"Row","cluster":"c"}"#,
        r#"{"kind":"Object","cluster":"c\n","object":{"cluster":"d","sort":[1]},"sort":{"by":[2]},"event":"ADDED"}"#,
        r#"{"kind":"Row","cluster":"c","sort":null,"event":null,"columns":{"A":"}"}}"#,
    ] {
        let (fast, _) = KeyFields::read_fast(line).unwrap();
        assert_eq!(fast, serde_json::from_str(line).unwrap(), "{line}");
    }
    // Lines that serde refuses, and one that has blanks.
    for line in [
        r#"{"kind":"Row"}"#,
        r#"{"kind":"Row","cluster":1}"#,
        r#"{"kind":"Row","cluster":"a","cluster":"b"}"#,
        r#"{"kind":"Row","cluster":"a","sort":[1,]}"#,
        r#"{"kind":"Row","cluster":"a","object":{"#,
        r#"{"kind":"Row","cluster":"a"}x"#,
        r#"{"kind":"Row", "cluster":"a"}"#,
    ] {
        assert!(KeyFields::read_fast(line).is_err(), "{line}");
    }
}
