//! `-o name`: `type/name`, one a line and prefixed with the cluster's name and a tab. A cluster is its name alone.
//!
//! Where clusters' names are shown, no name can begin another line.

use crate::format::escape;
use crate::format::line_error::LineError;
use crate::format::options::Options;
use crate::format::printer::Printer;
use crate::format::row_store::type_of;
use crate::record::{Cluster, Row};
use crate::spill::Spool;
use crate::term;
use std::io::{self, Write};

/// Prints names.
pub(super) struct NamePrinter {
    options: Options,
    lines: Spool,
}

impl NamePrinter {
    pub(super) fn new(options: Options) -> Self {
        Self {
            lines: Spool::new(options.memory),
            options,
        }
    }
}

impl Printer for NamePrinter {
    fn row(&mut self, row: &Row<'_>) -> Result<(), LineError> {
        let escape = |text| escape::line(text, &self.options);
        if self.options.show_cluster_column {
            write!(self.lines, "{}\t", escape(&row.cluster))?;
        }
        writeln!(self.lines, "{}/{}", escape(type_of(row)), escape(&row.name))?;
        Ok(())
    }

    fn cluster(&mut self, _line: &str, cluster: &Cluster<'_>) -> Result<(), LineError> {
        writeln!(self.lines, "{}", term::escape(&cluster.cluster))?;
        Ok(())
    }

    fn stream(&mut self) {
        self.options.stream = true;
    }

    fn holds_rows(&self) -> bool {
        self.options.stream && !self.lines.is_empty()
    }

    fn is_stuck(&self) -> bool {
        self.lines.is_stuck()
    }

    fn print(&mut self, output: &mut dyn Write) -> io::Result<()> {
        self.lines.write(output)
    }

    fn forget_answers(&mut self) {
        self.lines.clear();
    }
}
