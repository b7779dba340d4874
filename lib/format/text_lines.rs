//! Text that clusters answered with, printed as lines.

use super::escape;
use super::options::Options;
use crate::record::Text;
use crate::spill::Spool;
use std::io::{self, Write};

/// Prints text after the rows that came before it.
pub(super) struct TextLines {
    options: Options,
    /// Text that has to wait for rows to be printed.
    waiting: Spool,
}

impl TextLines {
    pub(super) fn new(options: Options) -> Self {
        Self {
            waiting: Spool::new(options.memory),
            options,
        }
    }

    /// Prints text, or keeps it if it has to wait for rows or for text before it.
    pub(super) fn push(
        &mut self,
        text: &Text<'_>,
        waits_for_rows: bool,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let lines = self.lines(text);
        if waits_for_rows || !self.waiting.is_empty() {
            self.waiting.add(lines.as_bytes());
            return Ok(());
        }
        output.write_all(lines.as_bytes())
    }

    fn lines(&self, text: &Text<'_>) -> String {
        let mut lines = String::new();
        for line in text.text.split_inclusive('\n') {
            if self.options.show_cluster_column {
                lines.push_str(&escape::line(&text.cluster, &self.options));
                lines.push('\t');
            }
            let (line, newline) = line.strip_suffix('\n').map_or((line, false), |line| (line, true));
            // No other program may take a line with a cluster's name for two.
            let (line, end) = line.strip_suffix('\r').map_or((line, ""), |line| (line, "\r"));
            for (index, piece) in line.split('\t').enumerate() {
                if index > 0 {
                    lines.push_str(&escape::text("\t", self.options.terminal));
                }
                lines.push_str(&escape::line(piece, &self.options));
            }
            lines.push_str(&escape::text(end, self.options.terminal));
            // Without clusters' names the text stays as it is, which may be without a newline at its end.
            if newline || self.options.show_cluster_column {
                lines.push('\n');
            }
        }
        lines
    }

    /// Returns true if there is more in memory than there should be, because there is no room on the disk.
    pub(super) fn is_stuck(&self) -> bool {
        self.waiting.is_stuck()
    }

    pub(super) fn print(&mut self, output: &mut dyn Write) -> io::Result<()> {
        self.waiting.write(output)
    }

    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }
}
