//! Properties of the output for any records.

use super::{formatted, join, ok, options, stdout};
use crate::format::Output;
use crate::json::Tokens;
use crate::record::{self, Columns, Row};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Text that may break a format.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,4}",
        "[-a-z0-9:#,'\"|>%@&*!?{}\\[\\] .\\\\\n\t\r]{0,6}",
        any::<String>(),
        prop::sample::select(vec![
            "true",
            "no",
            "~",
            "1",
            "1.0",
            "0x1f",
            "2024-01-01",
            "\u{feff}",
            "\u{2028}",
            "=1+1"
        ])
        .prop_map(str::to_owned),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // serde_json reads floats of many digits inexactly.
        any::<i32>().prop_map(|number| Value::from(f64::from(number) / 8.0)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    })
}

fn record(cluster: &str, object: &Value) -> String {
    json!({"kind": "Object", "cluster": cluster, "resource": "pods", "object": object}).to_string()
}

proptest! {
    #[test]
    fn json_and_yaml_equal_the_objects(values in prop::collection::vec(value(), 1..5)) {
        let mut lines: Vec<String> = values.iter().map(|value| record("a", value)).collect();
        lines.push(ok("a"));
        for output in [Output::Json, Output::Yaml, Output::Kyaml] {
            let text = stdout(options(output.clone()), &lines);
            let back: Value = match output {
                Output::Json => serde_json::from_str(&text).unwrap(),
                _ => serde_yaml::from_str(&text).unwrap(),
            };
            prop_assert_eq!(&back["clusters"][0]["items"], &Value::from(values.clone()), "{}", text);
        }
    }

    #[test]
    fn json_keeps_every_byte_but_blanks(value in value()) {
        let given = value.to_string();
        let text = stdout(options(Output::Json), &[record("a", &value), ok("a")]);
        let all: Vec<_> = Tokens::new(&text).collect();
        let given: Vec<_> = Tokens::new(&given).collect();
        prop_assert!(all.windows(given.len()).any(|part| part == given));
    }

    #[test]
    fn csv_can_be_read_back(rows in prop::collection::vec(prop::collection::vec(text(), 3), 1..6)) {
        let lines: Vec<String> = rows.iter().map(|row| {
            json!({"kind": "Row", "cluster": row[0], "columns": {"A": row[1], "B": row[2]}}).to_string()
        }).collect();
        let text = stdout(options(Output::Csv), &lines);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        prop_assert_eq!(reader.headers().unwrap(), vec!["CLUSTER", "A", "B"]);
        let back: Vec<Vec<String>> = reader.deserialize().map(Result::unwrap).collect();
        prop_assert_eq!(&back, &rows);

        let text = stdout(options(Output::Tsv), &lines);
        let unescape = |cell: &str| {
            let mut out = String::new();
            let mut characters = cell.chars();
            while let Some(character) = characters.next() {
                out.push(match character {
                    '\\' => match characters.next() { Some('t') => '\t', Some('n') => '\n', Some('r') => '\r', _ => '\\' },
                    other => other,
                });
            }
            out
        };
        let back: Vec<Vec<String>> = text.split_terminator('\n').skip(1)
            .map(|line| line.split('\t').map(unescape).collect()).collect();
        prop_assert_eq!(back, rows);
    }

    #[test]
    fn dropping_lines_does_not_change_the_others(
        rows in prop::collection::vec(("[a-c]", 0u32..2, "[a-z]{1,8}", prop::option::of("[a-z]{1,3}")), 0..12),
        keep in prop::collection::vec(any::<bool>(), 16),
    ) {
        let mut lines: Vec<String> = rows.iter().map(|(cluster, position, name, extra)| {
            let mut columns = json!({"NAME": name});
            if let Some(extra) = extra {
                columns["EXTRA"] = extra.as_str().into();
            }
            json!({"kind": "Row", "cluster": cluster, "position": position, "resource": position.to_string(), "columns": columns}).to_string()
        }).collect();
        lines.extend([ok("a"), ok("b"), r#"{"kind":"Summary","total":2,"successful":2,"failed":0}"#.to_owned()]);
        let kept: Vec<&String> = lines.iter().zip(keep.iter().cycle()).filter(|(_, keep)| **keep).map(|(line, _)| line).collect();
        for output in [Output::Table, Output::Json, Output::Yaml, Output::Csv, Output::Tsv, Output::Name, Output::Ndjson] {
            let (text, complaints, _) = formatted(options(output.clone()), &join(&kept));
            prop_assert!(!complaints.iter().any(|line| line.contains("not a record")));
            for line in &kept {
                let record: Value = serde_json::from_str(line).unwrap();
                if record["kind"] == "Row" {
                    prop_assert!(text.contains(record["columns"]["NAME"].as_str().unwrap()) || output == Output::Name);
                }
            }
        }
    }

    /// Whatever a server or a CustomResourceDefinition calls its columns, among them those that are added here.
    #[test]
    fn no_two_columns_have_one_name(
        rows in prop::collection::vec(
            ("[ab]", 0u32..2, prop::collection::vec("NAME|TYPE|CLUSTER|NAMESPACE|KIND|A|TYPE_2|CLUSTER_2", 1..6)),
            1..6,
        ),
        other in prop::sample::select(vec!["web", "shop"]),
    ) {
        let asked = |cluster: &str, namespace: &str| {
            json!({"kind": "Asked", "cluster": cluster, "namespace": namespace}).to_string()
        };
        let mut lines = vec![asked("a", "web"), asked("b", other)];
        lines.extend(rows.iter().map(|(cluster, type_, headings)| {
            // As mc-exec writes them: distinct names, and the headings that they stand for.
            let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
            let columns: Columns<'_> = Columns(headings.iter().map(|heading| ((*heading).into(), "x".into())).collect());
            let resource = format!("r{type_}");
            let mut row = Row {
                cluster: cluster.as_str().into(),
                resource: resource.as_str().into(),
                position: type_ * 1000,
                namespace: "web".into(),
                name: "x".into(),
                columns,
                ..Row::default()
            };
            row.distinguish_headings();
            let mut line = Vec::new();
            record::write(&mut line, &row).unwrap();
            String::from_utf8(line).unwrap().trim().to_owned()
        }));
        lines.extend([ok("a"), ok("b")]);
        let is_distinct = |headings: &str, separator: &str| {
            let headings: Vec<&str> = headings.split(separator).map(str::trim).filter(|text| !text.is_empty()).collect();
            let distinct: std::collections::BTreeSet<&&str> = headings.iter().collect();
            distinct.len() == headings.len()
        };
        for (output, separator) in [(Output::Csv, ","), (Output::Tsv, "\t"), (Output::Table, "   ")] {
            let text = stdout(options(output), &lines);
            let headings = text.lines().next().unwrap();
            prop_assert!(is_distinct(headings, separator), "{}", text);
        }
        let copied = stdout(options(Output::Ndjson), &lines);
        for line in copied.lines() {
            let (_, columns) = line.split_once("\"columns\":{").unwrap_or(("", "}"));
            let columns = columns.split('}').next().unwrap();
            let names: Vec<&str> = columns.split(',').map(|pair| pair.split(':').next().unwrap()).collect();
            prop_assert!(is_distinct(&names.join(","), ","), "{}", line);
        }
    }

    #[test]
    fn any_input_ends_in_a_status(input in any::<String>(), lines in prop::collection::vec(value(), 0..4)) {
        let mut input = input;
        for line in lines {
            input.push('\n');
            input.push_str(&line.to_string());
        }
        for output in [Output::Auto, Output::Json, Output::Yaml, Output::Csv, Output::Name, Output::Ndjson] {
            let _ = formatted(options(output), &input);
        }
    }
}
