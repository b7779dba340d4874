#![allow(clippy::unwrap_used)]

mod documents;
mod events;
mod hostile_cluster;
mod memory;
mod properties;
mod repeated_rows;
mod stderr_summary;
mod tables;
mod templates;

use super::{Options, Output, run};
use crate::exit::{FailOn, Status};
use crate::record::Reason;
use crate::term::Terminal;

pub(super) fn options(output: Output) -> Options {
    Options {
        output,
        show_cluster_column: true,
        wide: false,
        no_headers: false,
        show_kind: false,
        stream: false,
        list: false,
        escape_formulas: false,
        verbose: false,
        fail_on: FailOn::Any,
        clusters: super::ClusterColumns::default(),
        terminal: Terminal::default(),
        memory: crate::spill::MOST_HELD,
    }
}

/// Returns the output for an input: stdout, the lines of stderr, and the status.
fn formatted(options: Options, input: &str) -> (String, Vec<String>, Status) {
    let mut output = Vec::new();
    let mut complaints = Vec::new();
    let mut complain = |line: &str| complaints.push(with_short_hint(line));
    let status = match run(options, input.as_bytes(), &mut output, &mut complain) {
        Ok(status) => status,
        Err(fatal) => fatal.status,
    };
    (String::from_utf8(output).unwrap(), complaints, status)
}

/// Replaces the advice at the end of a line by HINT.
fn with_short_hint(line: &str) -> String {
    let hints = [
        Reason::Dns,
        Reason::Timeout,
        Reason::Forbidden,
        Reason::BadRequest,
    ]
    .map(Reason::hint);
    let mut rests = hints.iter().flatten().filter_map(|hint| line.strip_suffix(hint));
    rests
        .find(|rest| rest.ends_with(": "))
        .map_or(line.to_owned(), |rest| format!("{rest}HINT"))
}

fn stdout(options: Options, lines: &[impl AsRef<str>]) -> String {
    formatted(options, &join(lines)).0
}

fn join(lines: &[impl AsRef<str>]) -> String {
    lines.iter().map(|line| format!("{}\n", line.as_ref())).collect()
}

/// A row of pods, given its columns as JSON.
fn pod(cluster: &str, columns: &str) -> String {
    format!(r#"{{"kind":"Row","cluster":"{cluster}","resource":"pods","type":"pod","columns":{columns}}}"#)
}

/// A row of a second type.
fn deployment(cluster: &str, columns: &str) -> String {
    format!(
        r#"{{"kind":"Row","cluster":"{cluster}","resource":"deployments.apps","type":"deployment.apps","position":1000,"columns":{columns}}}"#
    )
}

fn ok(cluster: &str) -> String {
    format!(r#"{{"kind":"Result","cluster":"{cluster}","ok":true}}"#)
}

fn failed(cluster: &str, reason: &str, message: &str) -> String {
    format!(
        r#"{{"kind":"Result","cluster":"{cluster}","ok":false,"reason":"{reason}","message":"{message}"}}"#
    )
}
