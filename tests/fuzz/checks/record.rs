//! Everything that reads records, fed with anything: the line reader, the parser, mc-merge, and mc-format in
//! every output. Beside not panicking they must keep what the stream promises.

use kubectl_mc::exit::FailOn;
use kubectl_mc::format::{self, Output};
use kubectl_mc::merge;
use kubectl_mc::record::Record;
use kubectl_mc::term::{Terminal, is_hostile};
use kubectl_mc::wire::{Line, LineReader};

const OUTPUTS: [Output; 9] = [
    Output::Auto,
    Output::Table,
    Output::Json,
    Output::Yaml,
    Output::Kyaml,
    Output::Name,
    Output::Csv,
    Output::Tsv,
    Output::Ndjson,
];

/// The first byte chooses options, the rest is the stream.
pub fn check(data: &[u8]) {
    let Some((choice, stream)) = data.split_first() else {
        return;
    };
    parse(stream);
    let merged = merge(stream, choice & 1 != 0);
    for output in OUTPUTS {
        format(stream, &output, *choice);
        format(&merged, &output, *choice);
    }
}

/// Reads every line; a line is never longer than the limit, and what a record's type writes it reads again.
fn parse(stream: &[u8]) {
    const LIMIT: usize = 512;
    let mut short = LineReader::with_limit(stream, LIMIT);
    while let Ok(Some(line)) = short.next_line() {
        if let Line::Text(line) = line {
            assert!(line.len() <= LIMIT && !line.trim_ascii().is_empty());
        }
    }
    let mut reader = LineReader::new(stream);
    while let Ok(Some(line)) = reader.next_line() {
        let Line::Text(line) = line else { continue };
        let Ok(record) = Record::parse(line) else {
            continue;
        };
        let again = match &record {
            Record::Cluster(record) => serde_json::to_string(record),
            Record::Row(record) => serde_json::to_string(record),
            Record::Object(record) => serde_json::to_string(record),
            Record::Group(record) => serde_json::to_string(record),
            Record::Text(record) => serde_json::to_string(record),
            Record::Outcome(record) => serde_json::to_string(record),
            Record::Asked(record) => serde_json::to_string(record),
            Record::Problem(record) => serde_json::to_string(record),
            Record::Summary(record) => serde_json::to_string(record),
            Record::Show(record) => serde_json::to_string(record),
            Record::Unknown(line) => Ok((*line).to_owned()),
        };
        let again = again.expect("a record that was read can be written");
        let parsed = Record::parse(&again).unwrap_or_else(|error| panic!("{error}: {again}"));
        assert_eq!(format!("{parsed:?}"), format!("{record:?}"), "{again}");
    }
}

/// Runs mc-merge. Merging its output again changes nothing, except where rows were left out because they could
/// not be sorted: a cluster of which there was nothing else is then known to the Summary alone, and among Results that
/// counts for nothing.
fn merge(stream: &[u8], streamed: bool) -> Vec<u8> {
    let once = merged(stream, streamed);
    let left_out = String::from_utf8_lossy(&once).contains("\"unsorted\"");
    if !streamed && !left_out {
        let twice = merged(&once, false);
        assert_eq!(
            String::from_utf8_lossy(&once),
            String::from_utf8_lossy(&twice),
            "merging is idempotent"
        );
    }
    once
}

fn merged(stream: &[u8], stream_rows: bool) -> Vec<u8> {
    let mut output = Vec::new();
    let options = merge::Options {
        stream: stream_rows,
        fail_on: FailOn::Any,
        expect: None,
        strategy: None,
    };
    // Memory takes everything, so that nothing but an empty input fails.
    if merge::run(options, stream, &mut output, &mut |_| ()).is_err() {
        assert_eq!(String::from_utf8_lossy(&output), "");
    }
    output
}

/// Runs mc-format: a terminal gets no control character but newline, tab and its own colours.
fn format(stream: &[u8], output: &Output, choice: u8) {
    let terminal = Terminal {
        is_terminal: choice & 2 != 0,
        color: false,
    };
    let options = format::Options {
        output: output.clone(),
        show_cluster_column: choice & 4 == 0,
        no_headers: choice & 8 != 0,
        show_kind: choice & 16 != 0,
        stream: choice & 32 != 0,
        list: choice & 128 != 0,
        escape_formulas: choice & 128 != 0,
        wide: choice & 1 == 0,
        verbose: choice & 64 != 0,
        fail_on: FailOn::Any,
        clusters: format::ClusterColumns::default(),
        terminal,
        memory: format::MOST_HELD,
    };
    let mut text = Vec::new();
    let mut said = String::new();
    let mut complain = |line: &str| {
        said.push_str(line);
        said.push('\n');
    };
    // Memory takes everything, so that nothing but an empty input fails.
    let _ = format::run(options, stream, &mut text, &mut complain);
    let text = String::from_utf8(text).expect("UTF-8 in, UTF-8 out");
    let is_raw = |c: char| is_hostile(c) && c != '\n' && c != '\t';
    assert!(
        !said.contains(is_raw),
        "raw control character on stderr: {said:?}"
    );
    if terminal.is_terminal {
        assert!(
            !text.contains(is_raw),
            "raw control character on a terminal: {text:?}"
        );
    }
    if *output == Output::Json {
        serde_json::from_str::<serde::de::IgnoredAny>(&text).expect("JSON out");
    }
}
