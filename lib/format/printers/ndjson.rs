//! `-o ndjson`: the records themselves.

use crate::format::escape;
use crate::format::line_error::LineError;
use crate::format::printer::Printer;
use crate::outcomes::Outcomes;
use crate::record::{self, Cluster, Problem, Row};
use crate::term::Terminal;
use std::io::{self, Write};

/// Copies records, and adds the problems of mc-format itself.
pub(super) struct NdjsonPrinter {
    terminal: Terminal,
    problems: Vec<u8>,
}

impl NdjsonPrinter {
    pub(super) fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            problems: Vec::new(),
        }
    }
}

impl Printer for NdjsonPrinter {
    fn copies_lines(&self) -> bool {
        true
    }

    fn copy_line(&mut self, line: &str, output: &mut dyn Write) -> io::Result<()> {
        output.write_all(escape::json(line, self.terminal).as_bytes())?;
        output.write_all(b"\n")
    }

    fn row(&mut self, _row: &Row<'_>) -> Result<(), LineError> {
        Ok(())
    }

    fn cluster(&mut self, _line: &str, _cluster: &Cluster<'_>) -> Result<(), LineError> {
        Ok(())
    }

    fn problem(&mut self, problem: &Problem<'_>) {
        // Writing to memory does not fail.
        let _ = record::write(&mut self.problems, problem);
    }

    fn forget_answers(&mut self) {}

    fn finish(&mut self, _outcomes: &Outcomes, _is_over: bool, output: &mut dyn Write) -> io::Result<()> {
        output.write_all(&self.problems)
    }
}
