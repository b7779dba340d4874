//! `-o name`: `type/name`, one a line and prefixed with the cluster's name and a tab. With `-A`, or if the contexts'
//! namespaces differ, a tab and the object's namespace follow. A cluster is its name alone.
//!
//! Where clusters' names are shown, no name can begin another line.

use crate::format::escape;
use crate::format::line_error::LineError;
use crate::format::namespaces::Namespaces;
use crate::format::options::Options;
use crate::format::printer::Printer;
use crate::format::row_store::type_of;
use crate::record::{Asked, Cluster, Row};
use crate::spill::Spool;
use crate::term;
use std::io::{self, Write};

/// Prints names.
pub(super) struct NamePrinter {
    options: Options,
    lines: Spool,
    namespaces: Namespaces,
}

impl NamePrinter {
    pub(super) fn new(options: Options) -> Self {
        Self {
            lines: Spool::new(options.memory),
            options,
            namespaces: Namespaces::default(),
        }
    }
}

impl Printer for NamePrinter {
    fn row(&mut self, row: &Row<'_>) -> Result<(), LineError> {
        let escape = |text| escape::line(text, &self.options);
        let shows_cluster = self.options.show_cluster_column;
        if shows_cluster {
            write!(self.lines, "{}\t", escape(&row.cluster))?;
        }
        write!(self.lines, "{}/{}", escape(type_of(row)), escape(&row.name))?;
        if let Some(namespace) = self.namespaces.of_row(row).filter(|_| shows_cluster) {
            write!(self.lines, "\t{}", escape(namespace))?;
        }
        writeln!(self.lines)?;
        Ok(())
    }

    fn asked(&mut self, asked: &Asked<'_>) {
        self.namespaces.saw(asked);
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
