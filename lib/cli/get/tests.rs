#![allow(clippy::unwrap_used)]
use super::*;
use crate::cli::flags::TemplateArgs;
use clap::Parser;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    get: GetArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    template: TemplateArgs,
}

fn parse(words: &[&str]) -> Result<Line, clap::Error> {
    Line::try_parse_from([&["get"], words].concat())
}

/// The error message of a command line; empty where there is none.
fn error_of(words: &[&str]) -> String {
    let line = parse(words).unwrap();
    let output = line.output.understand(&line.template);
    match line.get.query(&line.output, output) {
        Ok(_) => String::new(),
        Err(error) => error.message,
    }
}

#[test]
fn output_format_errors_are_reported_last() {
    let bad = "jsonpath={";
    for (words, begin) in [
        (vec!["-o", bad, "--show-labels"], "You must specify the type"),
        (
            vec!["pods", "-o", bad, "--show-labels"],
            "error: --show-labels option",
        ),
        (
            vec!["pods", "-o", "WIDE", "--show-labels"],
            "error: --show-labels option",
        ),
        (
            vec!["pods", "-o", bad, "--output-watch-events"],
            "error: --output-watch-events option",
        ),
        (
            vec!["pod/x", "-o", bad, "-l", "a=b"],
            "error: selectors and the all flag",
        ),
        (vec!["--raw", "/x", "-o", bad], "error: --raw and --output"),
        (
            vec!["--raw", "/x", "-o", bad, "pods"],
            "error: arguments may not be passed",
        ),
        (vec!["pods", "-o", bad], "error: error parsing jsonpath"),
        (vec!["pods", "--template", "{{"], "error: error parsing template"),
        (vec!["pods", "-o", "wide", "--show-labels"], ""),
        (vec!["pods", "--template", "{{.kind}}", "--show-labels"], ""),
    ] {
        let message = error_of(&words);
        assert!(
            message.starts_with(begin) && begin.is_empty() == message.is_empty(),
            "{words:?}: {message}"
        );
    }
}

#[test]
fn label_columns_and_chunk_size_are_read_as_by_kubectl() {
    let line = parse(&["pods", "-L", "", "-L", "\"a\",b", "--chunk-size=0x10"]).unwrap();
    let (_, query) = line.get.query(&line.output, Ok(None)).unwrap();
    assert_eq!(query.label_columns, ["a", "b"]);
    assert_eq!(query.chunk_size, 16);
    assert!(error_of(&["pods", "-L", "\"a"]).contains("a quote is not closed"));
    for size in ["-1", "x", "99999999999999999999"] {
        assert!(parse(&["pods", "--chunk-size", size]).is_err());
    }
}
