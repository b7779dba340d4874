//! Rows and objects that are spilled to a file are printed like those in memory.
#![allow(clippy::unwrap_used)]

use super::{formatted, options};
use crate::exit::Status;
use crate::format::{FormatFlags, Options, Output, parse_output};

/// Rows of three clusters and two types, some with other columns or with characters that are not ASCII.
fn rows() -> String {
    let mut lines = String::new();
    for number in 0..600 {
        let cluster = ["b", "a", "c-long"][number % 3];
        let (resource, position) = [("pods", 0), ("nodes", 1000)][number / 3 % 2];
        let columns = match number % 7 {
            0 => format!(r#""NAME":"n{number}","READY":"1/1","AGE":"5d""#),
            1 => format!(r#""NAME":"é{number}","AGE":null"#),
            _ => format!(r#""NAME":"n{number}","AGE":"{}""#, "5".repeat(number % 11)),
        };
        lines.push_str(&format!(
            r#"{{"kind":"Row","cluster":"{cluster}","resource":"{resource}","type":"{resource}","position":{position},"name":"n{number}","columns":{{{columns}}}}}"#
        ));
        lines.push('\n');
    }
    lines + &results(&["a", "b", "c-long"])
}

fn objects(pad: usize) -> String {
    let mut lines = String::new();
    for number in 0..300 {
        let cluster = ["b", "a", "c-long"][number % 3];
        let pad = "x".repeat(pad);
        lines.push_str(&format!(
            r#"{{"kind":"Object","cluster":"{cluster}","name":"n{number}","object":{{"kind":"Pod","metadata":{{"name":"n{number}","labels":{{"a":"{pad}"}}}},"list":[[1],[{{"a":null}}],2]}}}}"#
        ));
        lines.push('\n');
    }
    lines + &results(&["a", "b", "c-long"])
}

fn results(clusters: &[&str]) -> String {
    let line = |cluster: &&str| format!("{{\"kind\":\"Result\",\"cluster\":\"{cluster}\",\"ok\":true}}\n");
    clusters.iter().map(line).collect()
}

fn with_memory(format: &str, memory: usize) -> Options {
    let flags = FormatFlags {
        output: format,
        template: "",
        allow_missing_keys: true,
    };
    let parsed = parse_output(flags).unwrap();
    Options {
        memory,
        ..options(parsed.output)
    }
}

#[test]
fn every_format_is_the_same_with_spilled_records() {
    let cases = [
        ("table", rows()),
        ("name", rows()),
        ("csv", rows()),
        ("tsv", rows()),
        ("json", rows()),
        ("json", objects(10)),
        ("yaml", objects(10)),
        ("kyaml", objects(10)),
        (
            "custom-columns=NAME:.metadata.name,LABELS:.metadata.labels",
            objects(10),
        ),
        ("csv=NAME:.metadata.name", objects(10)),
    ];
    for (format, input) in cases {
        let expected = formatted(with_memory(format, usize::MAX), &input);
        assert_eq!(expected.2, Status::Complete);
        for memory in [0, 3000, 20_000] {
            let found = formatted(with_memory(format, memory), &input);
            assert!(found == expected, "-o {format} with {memory} bytes");
        }
    }
    let list = |memory| Options {
        list: true,
        ..with_memory("json", memory)
    };
    assert!(formatted(list(1000), &objects(10)) == formatted(list(usize::MAX), &objects(10)));
}

#[test]
fn values_longer_than_a_megabyte_are_the_same_in_every_syntax() {
    for format in ["json", "yaml", "kyaml"] {
        // Many objects, or a long one.
        let long = objects(5000);
        let joined = long.lines().filter(|line| line.contains("Object"));
        let joined: Vec<&str> = joined
            .map(|line| &line[line.find(r#""object":"#).unwrap() + 9..line.len() - 1])
            .collect();
        let one = |items: &[&str]| {
            format!(
                "{{\"kind\":\"Object\",\"cluster\":\"a\",\"name\":\"x\",\"object\":{{\"items\":[{}]}}}}\n",
                items.join(",")
            ) + &results(&["a"])
        };
        let whole = formatted(with_memory(format, usize::MAX), &one(&joined)).0;
        assert!(whole.len() > 1 << 20);
        // Each half is short, and its output does not depend on its length.
        let half = formatted(with_memory(format, usize::MAX), &one(&joined[..150])).0;
        let end = half.find("n149").unwrap();
        assert!(whole.starts_with(&half[..end]), "-o {format}");
        let end_of = |text: &str| text[text.rfind("n149").unwrap_or_default()..].to_owned();
        let last = |text: &str, name: &str| text[text.rfind(name).unwrap()..].replace(name, "");
        assert_eq!(last(&whole, "n299"), last(&end_of(&half), "n149"), "-o {format}");
    }
}

#[test]
fn cluster_too_large_for_a_template_or_a_document_is_named() {
    let mut input = objects(100);
    for number in 0..200 {
        input.insert_str(0, &format!(
            "{{\"kind\":\"Object\",\"cluster\":\"huge\",\"name\":\"h{number}\",\"object\":{{\"metadata\":{{\"name\":\"{}\"}}}}}}\n",
            "h".repeat(1000)
        ));
    }
    input.push_str(&results(&["huge"]));
    for template in ["jsonpath={.items}{\"\\n\"}", "go-template={{.}}{{\"\\n\"}}"] {
        // Each of the others fits in memory, but not all together.
        let (output, complaints, status) = formatted(with_memory(template, 50_000), &input);
        assert_eq!((output.lines().count(), status), (3, Status::Partial));
        assert!(!output.contains("huge"));
        assert!(
            complaints[0].starts_with("mc-format: huge: what it sent is left out"),
            "{complaints:?}"
        );
    }
    // These formats do not need all of it in memory at once.
    for template in [
        "jsonpath={range .items[*]}{.metadata.name}{\"\\n\"}{end}",
        "jsonpath={range .items[?(@.metadata.name)]}{.metadata['name']}{\"\\n\"}{end}",
        "go-template={{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}",
    ] {
        for show_cluster_column in [true, false] {
            let options = |memory| Options {
                show_cluster_column,
                ..with_memory(template, memory)
            };
            let limited = formatted(options(200_000), &input);
            assert_eq!((limited.0.lines().count(), limited.2), (500, Status::Complete));
            assert!(limited == formatted(options(usize::MAX), &input), "{template}");
        }
    }
    let failing = "go-template={{range .items}}{{.metadata.name}}{{\"\\n\"}}{{.metadata.name.x}}{{end}}";
    let limited = formatted(with_memory(failing, 10_000), &input);
    assert!(limited.0.contains("hhh") && limited.2 != Status::Complete);
    assert!(limited == formatted(with_memory(failing, usize::MAX), &input));

    let text = |cluster: &str, length| {
        let text = "t".repeat(length);
        format!("{{\"kind\":\"Text\",\"cluster\":\"{cluster}\",\"stream\":\"stdout\",\"text\":\"{text}\"}}\n")
    };
    let input = text("a", 100) + &text("huge", 9000) + &text("huge", 9000) + &results(&["a", "huge"]);
    let (output, complaints, status) = formatted(with_memory("json", 50_000), &input);
    assert_eq!(status, Status::Partial);
    assert!(output.contains(&"t".repeat(100)) && !output.contains(&"t".repeat(101)));
    assert!(
        complaints[0].contains("huge: what it sent is left out"),
        "{complaints:?}"
    );
    // The default memory has no limit here.
    let (output, _, status) = formatted(with_memory("table", 500), &input);
    assert_eq!(
        (output.len(), status),
        (18_100 + "a\thuge\thuge\t\n\n\n".len(), Status::Complete)
    );
}

#[test]
fn auto_is_the_format_that_memory_is_kept_for() {
    let auto = |memory| Options {
        memory,
        ..options(Output::Auto)
    };
    assert!(formatted(auto(1000), &rows()) == formatted(auto(usize::MAX), &rows()));
    assert!(formatted(auto(1000), &objects(1)) == formatted(auto(usize::MAX), &objects(1)));
}
