//! mc-format's options.

use super::cluster_columns::ClusterColumns;
use super::output::Output;
use crate::exit::FailOn;
use crate::term::Terminal;

/// The options of a run: command line, environment and configuration taken together.
#[derive(Clone, Debug)]
pub struct Options {
    /// The format.
    pub output: Output,
    /// True if each row names its cluster.
    pub show_cluster_column: bool,
    /// True for the columns of `-o wide`. Rows bring theirs; those of a list of clusters are made here.
    pub wide: bool,
    /// Leaves out headings.
    pub no_headers: bool,
    /// `--show-kind`: writes `pod/x` even where only one type is shown.
    pub show_kind: bool,
    /// Prints rows as they come, not when all are there.
    pub stream: bool,
    /// JSON, YAML and KYAML are a plain `v1` List.
    pub list: bool,
    /// Keeps spreadsheets from reading a cell of CSV or TSV as a formula.
    pub escape_formulas: bool,
    /// Names every cluster that failed, with reason, message and advice.
    pub verbose: bool,
    /// Failures that make the exit status a partial one.
    pub fail_on: FailOn,
    /// The columns and the order of a list of clusters.
    pub clusters: ClusterColumns,
    /// Where the output goes.
    pub terminal: Terminal,
    /// The bytes of unprinted records that are kept in memory, usually [`MOST_HELD`](crate::spill::MOST_HELD). More
    /// than that go into files.
    pub memory: usize,
}

/// Bytes that are written at once.
pub(super) const WRITE_SIZE: usize = 64 << 10;
