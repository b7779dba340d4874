//! Rows that are read by the template of the row before are printed as if they had been read as JSON.

use super::{failed, ok, options};
use crate::exit::Status;
use crate::format::{Formatter, Options, Output};
use crate::term::Terminal;
use crate::wire::{Line, LineReader};
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Returns the output for an input whose rows may be read by the template, or never are. Streamed rows are printed after
/// each batch of lines.
fn formatted(options: &Options, input: &str, quick: bool, batch: u64) -> (String, Vec<String>, Status) {
    let mut formatter = Formatter::new(options.clone());
    let (mut output, mut complaints) = (Vec::new(), Vec::new());
    let mut complain = |line: &str| complaints.push(line.to_owned());
    let mut reader = LineReader::new(input.as_bytes());
    while let Some((number, line)) = reader.next_numbered().unwrap() {
        if !quick {
            formatter.forget_last_row();
        }
        match line {
            Line::Text(line) => formatter.line(number, line, &mut output, &mut complain).unwrap(),
            Line::Bad(bad) => formatter.bad_line(&bad, &mut complain),
        }
        if number % batch == 0 {
            formatter.flush(&mut output).unwrap();
        }
    }
    let status = formatter.finish(&mut output, &mut complain).unwrap();
    (String::from_utf8(output).unwrap(), complaints, status)
}

/// A value as JSON, most often a plain string.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-z0-9/ ()-]{0,12}".prop_map(|text| format!("\"{text}\"")),
        2 => "0|[1-9][0-9]{0,4}",
        1 => any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
        1 => select(vec![
            "null", "true", "-1", "01", "1.50", "1e3", "999999999999999999", "9999999999999999999", "[1,\"a\"]",
            "\"é\"", "\"日本\"", "\"\u{7f}\"", "\"\u{9b}\"", "\"\u{202e}\"", r#""\u0041""#, r#""a\nb""#, r#""\\""#,
            r#""a\"b""#, "\"=1+1\"", "\"<none>\"", "", "\"",
        ]).prop_map(str::to_owned),
    ]
}

/// Rows that differ in their values only: namespace, name, three cells, and the sort key.
fn rows() -> impl Strategy<Value = Vec<String>> {
    let list = select(vec![
        r#""cluster":"a","resource":"pods","type":"pod""#,
        r#""cluster":"b","resource":"pods","type":"pod""#,
        r#""cluster":"b","resource":"pods","type":"pod","position":1000"#,
        r#""cluster":"a","resource":"pods","type":"pod","position":2000"#,
        r#""cluster":"a","resource":"deployments.apps","type":"deployment.apps","position":1000"#,
        r#""cluster":"\u0061","resource":"pods","uid":"x""#,
        r#" "cluster": "é" , "resource":"nodes""#,
    ]);
    let head = select(vec![
        r#""namespace":$0,"name":$1,"#,
        r#""name":$1,"#,
        r#""name":$1,"namespace":$0,"#,
        "",
    ]);
    let columns = select(vec![
        r#"{"NAME":$3,"READY":$4,"STATUS":$5}"#,
        r#"{"NAMESPACE":$3,"NAME":$4,"AGE":$5}"#,
        r#"{"NAME":$3,"AGE":$4,"AGE":$5}"#,
        r#"{"NAME":$3,"A\tB":$4,"é":$5}"#,
        r#"{"NAME":$3,"B":$4,"N":null}"#,
        r#"{"NAME":$3}"#,
        r#"{ "NAME" : $3 , "B" : $4 }"#,
        "{}",
    ]);
    let tail = select(vec![
        "",
        "",
        "",
        r#","sort":$2"#,
        r#","sort":[$2]"#,
        r#","sort":{"by":[$2]}"#,
        r#","name":$1"#,
        r#","listed":false"#,
        r#","event":"ADDED""#,
        r#","event":"ADDED","listed":true"#,
    ]);
    let values = prop::collection::vec(prop::collection::vec(value(), 6), 1..6);
    (list, head, columns, tail, values).prop_map(|(list, head, columns, tail, rows)| {
        let line = format!("{{\"kind\":\"Row\",{list},{head}\"columns\":{columns}{tail}}}");
        let fill = |values: Vec<String>| {
            let values = values.iter().enumerate();
            values.fold(line.clone(), |line, (index, value)| {
                line.replace(&format!("${index}"), value)
            })
        };
        rows.into_iter().map(fill).collect()
    })
}

/// Lines of rows of a few templates, with other records and broken lines between them.
fn lines() -> impl Strategy<Value = Vec<String>> {
    let other = select(vec![
        ok("a"),
        failed("b", "Timeout", "it took too long"),
        r#"{"kind":"Text","cluster":"b","text":"x\n"}"#.to_owned(),
        r#"{"kind":"Object","cluster":"b","resource":"services","type":"service","position":1500,"name":"o","object":{}}"#.to_owned(),
        r#"{"kind":"Cluster","cluster":"c"}"#.to_owned(),
        r#"{"kind":"New"}"#.to_owned(),
    ]);
    let broken = prop_oneof![
        r#"[\\",:{} \t\r\x01\x7fé0-]"#,
        select(vec![
            r"\u0041",
            r"\n",
            r#""x":"y","#,
            r#""name":"z","#,
            r#"","NAME":""#,
            r#"","N":1,"M":""#
        ])
        .prop_map(str::to_owned),
    ];
    let change = prop::option::weighted(0.3, (any::<Index>(), any::<Index>(), 0..2_usize, broken));
    let block = prop_oneof![4 => rows(), 1 => other.prop_map(|line| vec![line])];
    prop::collection::vec((block, change), 1..6).prop_map(|blocks| {
        let mut lines = Vec::new();
        for (mut block, change) in blocks {
            if let Some((line, at, removed, inserted)) = change {
                let line = line.index(block.len());
                let line = &mut block[line];
                let characters: Vec<char> = line.chars().collect();
                let at = at.index(characters.len() + 1);
                let (before, behind) = characters.split_at(at);
                let behind = &behind[removed.min(behind.len())..];
                *line = before.iter().collect::<String>() + &inserted + &behind.iter().collect::<String>();
            }
            lines.extend(block);
        }
        lines
    })
}

#[test]
fn rows_begin_a_new_table_after_another_type() {
    let pod = |position: u32, name: &str| {
        format!(
            r#"{{"kind":"Row","cluster":"a","resource":"pods","type":"pod","position":{position},"columns":{{"NAME":"{name}"}},"sort":[0]}}
"#
        )
    };
    let service = r#"{"kind":"Object","cluster":"a","resource":"services","type":"service","position":1000,"name":"s","object":{}}"#;
    let input = [
        pod(0, "a"),
        pod(2000, "b"),
        pod(2000, "c"),
        format!("{service}\n"),
        pod(2000, "d"),
    ]
    .concat();
    let options = Options {
        show_cluster_column: false,
        ..options(Output::Table)
    };
    let (text, ..) = formatted(&options, &input, true, 9);
    assert_eq!(
        text,
        "NAME\npod/a\npod/b\npod/c\n\nNAME\nservice/s\n\nNAME\npod/d\n"
    );
    assert_eq!(text, formatted(&options, &input, false, 9).0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn rows_read_by_template_print_the_same(lines in lines(), choice in any::<u8>(), batch in 1..9_u64) {
        let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
        for output in [Output::Auto, Output::Csv, Output::Tsv, Output::Json, Output::Yaml, Output::Name, Output::Ndjson] {
            let options = Options {
                show_cluster_column: choice & 1 == 0,
                show_kind: choice & 2 != 0,
                stream: choice & 4 != 0,
                escape_formulas: choice & 8 != 0,
                terminal: Terminal { is_terminal: choice & 16 != 0, color: choice & 48 == 48 },
                ..options(output)
            };
            let quick = formatted(&options, &input, true, batch);
            prop_assert_eq!(quick, formatted(&options, &input, false, batch));
        }
    }
}
