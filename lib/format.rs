//! What a person, a spreadsheet or a script reads (mc-format).

use crate::exit::{FailOn, Fatal, Status};
use crate::term::Terminal;
use std::io::{Read, Write};

/// An output format (`-o`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Output {
    /// What suits the records: a table of rows, JSON of objects, a list of clusters.
    #[default]
    Auto,
    /// kubectl's table with a CLUSTER column, wide or not as the rows are.
    Table,
    /// One MultiClusterResult as JSON.
    Json,
    /// One MultiClusterResult as YAML.
    Yaml,
    /// `type/name`, led by the cluster's name.
    Name,
    /// Comma-separated values, RFC 4180, CLUSTER first.
    Csv,
    /// The same with tabs.
    Tsv,
    /// The records themselves.
    Ndjson,
}

/// What mc-format was asked for, with configuration and environment taken in.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// The format.
    pub output: Output,
    /// Whether rows say which cluster they are from.
    pub show_cluster_column: bool,
    /// Leave out headings.
    pub no_headers: bool,
    /// `--show-kind`: write `pod/x` even where only one type is shown.
    pub show_kind: bool,
    /// Print rows as they come, not when all are there.
    pub stream: bool,
    /// Name every cluster that failed, with reason, message and what to try.
    pub verbose: bool,
    /// What counts as partial.
    pub fail_on: FailOn,
    /// Where the output goes.
    pub terminal: Terminal,
}

/// Takes the lines of a stream one by one.
pub struct Formatter {
    options: Options,
}

impl Formatter {
    /// A formatter that has seen nothing.
    pub fn new(options: Options) -> Self {
        Self { options }
    }

    /// Takes one line.
    ///
    /// # Errors
    /// What the output returns.
    pub fn line(
        &mut self,
        number: u64,
        line: &str,
        output: &mut dyn Write,
        complain: &mut dyn FnMut(&str),
    ) -> std::io::Result<()> {
        let _ = (number, line, output, complain);
        Ok(())
    }

    /// Prints what was held back, and on `complain` what a person should know: clusters that failed or
    /// were skipped, things that no cluster has.
    ///
    /// # Errors
    /// What the output returns.
    pub fn finish(self, output: &mut dyn Write, complain: &mut dyn FnMut(&str)) -> std::io::Result<Status> {
        let _ = (self.options, output, complain);
        Ok(Status::Complete)
    }
}

/// mc-format.
///
/// # Errors
/// Only on the input or the output itself.
pub fn run(
    options: Options,
    input: impl Read,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let _ = (options, input, output, complain);
    Ok(Status::Complete)
}
