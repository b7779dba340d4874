//! Writes the output of a template for a cluster while it runs.

use crate::format::escape;
use crate::format::options::{Options, WRITE_SIZE};
use std::fmt;
use std::io::{self, Write};

/// Writes text that comes in pieces. Each line starts with the cluster's name and a tab, if there is a column for it.
pub(super) struct AnswerLines<'o> {
    options: &'o Options,
    cluster: Option<&'o str>,
    output: &'o mut dyn Write,
    /// Text that has not been written yet.
    pending: String,
    /// True if the output ends in the middle of a line, even one from before.
    is_open: bool,
    /// True if anything has been written.
    any: bool,
    outcome: io::Result<()>,
}

impl<'o> AnswerLines<'o> {
    /// Begins the output for a cluster. `is_open` says that the output lacks a newline, which there always is between
    /// clusters.
    pub(super) fn new(
        options: &'o Options,
        cluster: Option<&'o str>,
        is_open: bool,
        output: &'o mut dyn Write,
    ) -> Self {
        Self {
            options,
            cluster,
            output,
            pending: String::new(),
            is_open,
            any: false,
            outcome: Ok(()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let text = std::mem::take(&mut self.pending);
        if text.is_empty() {
            return Ok(());
        }
        if !std::mem::replace(&mut self.any, true) && std::mem::take(&mut self.is_open) {
            self.output.write_all(b"\n")?;
        }
        for line in text.split_inclusive('\n') {
            if let Some(cluster) = self.cluster.filter(|_| !self.is_open) {
                write!(self.output, "{}\t", escape::line(cluster, self.options))?;
            }
            let content = line.strip_suffix('\n').unwrap_or(line);
            // Templates make columns with tabs.
            for (index, piece) in content.split('\t').enumerate() {
                if index > 0 {
                    self.output.write_all(b"\t")?;
                }
                self.output
                    .write_all(escape::line(piece, self.options).as_bytes())?;
            }
            self.is_open = content.len() == line.len();
            if !self.is_open {
                self.output.write_all(b"\n")?;
            }
        }
        // Keeps the buffer.
        self.pending = text;
        self.pending.clear();
        Ok(())
    }

    /// Writes the rest, and returns whether the output ends in the middle of a line.
    ///
    /// # Errors
    /// Any error in writing, even an earlier one.
    pub(super) fn finish(mut self) -> io::Result<bool> {
        std::mem::replace(&mut self.outcome, Ok(()))?;
        self.flush()?;
        if self.any && self.is_open && self.cluster.is_some() {
            self.output.write_all(b"\n")?;
            self.is_open = false;
        }
        Ok(self.is_open)
    }
}

impl fmt::Write for AnswerLines<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.pending.push_str(text);
        if self.pending.len() >= WRITE_SIZE {
            self.outcome = self.flush();
        }
        self.outcome.as_ref().map_err(|_| fmt::Error).copied()
    }
}
