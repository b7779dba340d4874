//! `-o custom-columns=…`: rows of columns that the user chose, as a table, CSV or TSV.

use super::delimited::{DelimitedPrinter, Separator};
use super::table::TablePrinter;
use crate::format::cluster_rows::FLEET;
use crate::format::custom_columns::{CustomColumns, RowLayout};
use crate::format::failures::Failures;
use crate::format::headings::CLUSTER;
use crate::format::left_out::LeftOut;
use crate::format::line_error::LineError;
use crate::format::options::Options;
use crate::format::printer::Printer;
use crate::jsonpath::Tree;
use crate::outcomes::Outcomes;
use crate::record::fast_row;
use crate::record::{Cell, Cluster, Object, Outcome, Row, Str};
use crate::term;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Makes rows of objects, and has them printed.
pub(super) struct CustomColumnsPrinter {
    options: Options,
    columns: CustomColumns,
    rows: Box<dyn Printer>,
    clusters: BTreeSet<String>,
    /// Clusters with an object that no row could be made of. As in kubectl, no more of their rows are printed.
    broken: BTreeSet<String>,
    /// True if any cluster answered.
    has_answers: bool,
    has_rows: bool,
    failures: Failures,
}

impl CustomColumnsPrinter {
    pub(super) fn new(options: &Options, columns: CustomColumns) -> Self {
        let options = Options {
            show_kind: false,
            no_headers: options.no_headers && !columns.always_headed,
            ..options.clone()
        };
        let rows: Box<dyn Printer> = match columns.layout {
            RowLayout::Table => Box::new(TablePrinter::of_columns(options.clone())),
            RowLayout::Csv => Box::new(DelimitedPrinter::new(options.clone(), Separator::Comma)),
            RowLayout::Tsv => Box::new(DelimitedPrinter::new(options.clone(), Separator::Tab)),
        };
        Self {
            options,
            columns,
            rows,
            clusters: BTreeSet::new(),
            broken: BTreeSet::new(),
            has_answers: false,
            has_rows: false,
            failures: Failures::default(),
        }
    }

    /// Takes an object, or the line of a Cluster record.
    fn push(&mut self, cluster: &str, is_fleet: bool, json: &str) {
        if let Err(error) = self.try_push(cluster, is_fleet, json) {
            self.fail(cluster, error.to_string());
        }
    }

    /// Takes the same from text that may not be JSON.
    fn try_push(&mut self, cluster: &str, is_fleet: bool, json: &str) -> serde_json::Result<()> {
        let json = self.columns.fields.trim(json)?;
        self.has_answers = true;
        if self.broken.contains(cluster) {
            return Ok(());
        }
        if !self.clusters.contains(cluster) {
            self.clusters.insert(cluster.to_owned());
        }
        let tree = match Tree::of_valid(&json) {
            Ok(tree) => tree,
            Err(error) => {
                self.fail(cluster, error.to_string());
                return Ok(());
            }
        };
        match self.columns.row(cluster, &tree) {
            Ok(mut row) => {
                self.has_rows = true;
                if is_fleet {
                    row.resource = FLEET.into();
                    if self.columns.layout == RowLayout::Table {
                        // Each row is a cluster, though none is prefixed with a cluster's name.
                        escape_cells(&mut row);
                    }
                }
                if self.rows.row(&row).is_err() {
                    self.fail(cluster, "there are too many columns".to_owned());
                }
            }
            Err(error) => self.fail(cluster, error),
        }
        Ok(())
    }

    /// Takes no more rows of a cluster.
    fn fail(&mut self, cluster: &str, error: String) {
        self.has_answers = true;
        self.clusters.insert(cluster.to_owned());
        if self.broken.insert(cluster.to_owned()) {
            self.failures.add(cluster, error);
        }
    }
}

impl Printer for CustomColumnsPrinter {
    fn row(&mut self, _row: &Row<'_>) -> Result<(), LineError> {
        Err(LineError::NeedsObjects)
    }

    fn cluster(&mut self, line: &str, cluster: &Cluster<'_>) -> Result<(), LineError> {
        self.push(&cluster.cluster, true, line);
        Ok(())
    }

    fn object(&mut self, object: &Object<'_>) -> Result<(), LineError> {
        self.push(&object.cluster, false, object.object.get());
        Ok(())
    }

    fn object_line<'l>(&mut self, line: &'l str) -> Option<Str<'l>> {
        let (cluster, json) = fast_row::object_at_end(line).ok()?;
        self.try_push(&cluster, false, json).ok()?;
        Some(cluster)
    }

    fn watched_object(&mut self, object: &Object<'_>, output: &mut dyn Write) -> Result<(), LineError> {
        if !object.listed {
            self.print(output)?;
        }
        self.object(object)?;
        if !object.listed {
            self.print(output)?;
        } else if self.failures.failed > 0 {
            self.failures.reword_for_listed();
        }
        Ok(())
    }

    fn outcome(&mut self, outcome: &Outcome<'_>, _output: &mut dyn Write) -> io::Result<()> {
        self.has_answers |= outcome.empty_list;
        Ok(())
    }

    fn left_out(&mut self) -> Option<&mut LeftOut> {
        self.rows.left_out()
    }

    fn holds_rows(&self) -> bool {
        self.rows.holds_rows()
    }

    fn print(&mut self, output: &mut dyn Write) -> io::Result<()> {
        self.failures.printed = self.clusters.len() - self.broken.len();
        self.rows.print(output)
    }

    fn forget_answers(&mut self) {
        *self = Self::new(&self.options, self.columns.clone());
    }

    fn finish(&mut self, _outcomes: &Outcomes, is_over: bool, output: &mut dyn Write) -> io::Result<()> {
        self.print(output)?;
        let is_single = self.columns.columns.len() == 1 && !self.options.show_cluster_column;
        // When a watch fails, kubectl loses the headings, which wait to be aligned; a single one does not.
        let keeps_headings = !is_over || is_single;
        if !keeps_headings || self.has_rows || !self.has_answers || self.options.no_headers {
            return Ok(());
        }
        // As in kubectl, the headings are printed though there is no row: as a row, which then needs no headings.
        let options = Options {
            no_headers: true,
            ..self.options.clone()
        };
        let columns = CustomColumns {
            always_headed: false,
            ..self.columns.clone()
        };
        let mut headings = Self::new(&options, columns);
        let taken = match (self.options.show_cluster_column, self.columns.layout) {
            (true, _) => Some(&[CLUSTER][..]),
            (false, RowLayout::Table) => None,
            (false, RowLayout::Csv | RowLayout::Tsv) => Some(&[][..]),
        };
        // If these were too many, the rows have failed already.
        let _ = headings.rows.row(&self.columns.headings(taken));
        headings.print(output)
    }

    fn failures(&self) -> Option<&Failures> {
        Some(&self.failures)
    }
}

/// Escapes control characters in cells, which might begin another row.
fn escape_cells(row: &mut Row<'_>) {
    for (_, cell) in &mut row.columns.0 {
        if let Cell::Text(text) = cell
            && let Cow::Owned(escaped) = term::escape_controls(text)
        {
            *cell = Cell::from(escaped);
        }
    }
}
