//! Where records go: to a pipe or a file as they are; to a terminal, and where a format was typed, in the form that
//! mc-format would give them.

use super::flags::{ColorArgs, OutputName, StatusArgs, StreamArgs, TableArgs, VerboseArgs};
use crate::config::Config;
use crate::exit::{FailOn, Fatal, Status};

use crate::format::{self, ClusterColumns, HumanWriter, Output};
use crate::merge;
use crate::mutex::lock;
use crate::spill;
use crate::term::Terminal;
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::{Arc, Mutex, TryLockError};

/// In bytes: as much as a pipe holds on Linux.
const BUFFER: usize = 64 << 10;

/// How a tool prints its records on a terminal.
#[derive(Clone, Debug, Default)]
pub struct TerminalOutput {
    /// `-o`
    pub output: Option<OutputName>,
    /// `--no-headers`
    pub no_headers: bool,
    /// `--show-kind`
    pub show_kind: bool,
    /// `--output-list`
    pub list: bool,
    /// `--escape-formulas`
    pub escape_formulas: Option<bool>,
    /// `--show-cluster-column`
    pub show_cluster_column: Option<bool>,
    /// `--stream`
    pub stream: bool,
    /// `-v`
    pub verbose: bool,
    /// `--fail-on`
    pub fail_on: Option<FailOn>,
    /// `--color`
    pub color: ColorArgs,
    /// `-L`, `--show-labels` and `--sort-by` for clusters.
    pub clusters: ClusterColumns,
}

/// A tool's stdout. Clones write to the same stream, so that a thread may have one.
#[derive(Clone)]
pub struct ToolOutput(Arc<Mutex<Kind>>);

enum Kind {
    Records(BufWriter<Stdout>),
    Human(Box<HumanWriter>),
    Finished,
}

impl ToolOutput {
    /// Writes to this process's stdout: records in a pipe or a file, unless a format was typed.
    pub fn new(output: TerminalOutput, config: &Config) -> Self {
        let terminal = Terminal::stdout(output.color.colorize(config));
        let records = output
            .output
            .as_ref()
            .is_some_and(|output| output.output() == Output::Ndjson);
        let kind = if (terminal.is_terminal || output.output.is_some()) && !records {
            let merge = merge::Options {
                stream: output.stream,
                fail_on: output.fail_on(config),
                expect: None,
                strategy: None,
            };
            let format = format::Options {
                memory: spill::MOST_HELD_TOGETHER,
                ..output.format(config, terminal)
            };
            Kind::Human(Box::new(HumanWriter::stdout(merge, format)))
        } else {
            Kind::Records(BufWriter::with_capacity(BUFFER, io::stdout()))
        };
        Self(Arc::new(Mutex::new(kind)))
    }

    /// Returns whether nothing more is written. [`finish`](Self::finish) returns the reason.
    #[cfg(feature = "cluster")]
    pub fn is_over(&self) -> bool {
        match &*lock(&self.0) {
            Kind::Human(human) => human.is_over(),
            Kind::Records(_) | Kind::Finished => false,
        }
    }

    /// Writes out what was held back. The status is that of the records seen, where they were looked at. A run that
    /// was interrupted does not wait for a writer that its reader lets wait.
    pub fn finish(&self, so_far: Status) -> Result<Status, Fatal> {
        let mut kind = match so_far {
            Status::Interrupted => match self.0.try_lock() {
                Ok(kind) => kind,
                Err(TryLockError::Poisoned(kind)) => kind.into_inner(),
                Err(TryLockError::WouldBlock) => return Ok(Status::Interrupted),
            },
            _ => lock(&self.0),
        };
        let finished = match std::mem::replace(&mut *kind, Kind::Finished) {
            Kind::Records(mut records) => records.flush().map(|()| Status::Complete),
            Kind::Human(human) => human.finish(),
            Kind::Finished => Ok(Status::Complete),
        };
        finished.map_err(|error| Fatal::output(&error))
    }

    fn with<T>(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
        match &mut *lock(&self.0) {
            Kind::Records(records) => write(records),
            Kind::Human(human) => write(human),
            Kind::Finished => write(&mut io::sink()),
        }
    }
}

impl Write for ToolOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|out| out.write(bytes))
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.with(|out| out.write_all(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.with(|out| out.flush())
    }
}

impl TerminalOutput {
    /// Returns what was typed; `output` is the format.
    pub fn typed(
        output: Option<OutputName>,
        table: &TableArgs,
        stream: &StreamArgs,
        status: &StatusArgs,
        verbose: &VerboseArgs,
    ) -> Self {
        Self {
            output,
            no_headers: table.no_headers,
            show_kind: table.show_kind,
            list: table.output_list,
            escape_formulas: table.escape_formulas,
            show_cluster_column: table.show_cluster_column,
            stream: stream.stream,
            verbose: verbose.is_verbose(),
            fail_on: status.fail_on,
            color: table.color.clone(),
            clusters: ClusterColumns::default(),
        }
    }

    fn fail_on(&self, config: &Config) -> FailOn {
        self.fail_on.unwrap_or(config.execution.fail_on)
    }

    /// Returns the options of mc-format's formatter.
    pub fn format(&self, config: &Config, terminal: Terminal) -> format::Options {
        format::Options {
            output: self.output.as_ref().map_or(Output::Auto, OutputName::output),
            show_cluster_column: self
                .show_cluster_column
                .unwrap_or(config.output.show_cluster_column),
            wide: matches!(self.output, Some(OutputName::Wide)),
            no_headers: self.no_headers,
            show_kind: self.show_kind,
            list: self.list,
            escape_formulas: self.escape_formulas.unwrap_or(config.output.escape_formulas),
            stream: self.stream,
            verbose: self.verbose,
            fail_on: self.fail_on(config),
            clusters: self.clusters.clone(),
            terminal,
            memory: format::MOST_HELD,
        }
    }
}
