//! `-o custom-columns=…`: rows of columns that the user chose.

use super::delimited::{Separator, Values};
use super::failures::Failures;
use super::table::Table;
use crate::format::cluster_rows::FLEET;
use crate::format::custom_columns::{Columns, Look};
use crate::format::options::Options;
use crate::format::row_store::{Sheets, TooManyColumns};
use crate::jsonpath::Value;
use crate::record::{Cell, Row};
use crate::term;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// The rows of a run.
#[derive(Debug)]
pub(crate) struct Columned {
    options: Options,
    columns: Columns,
    sheet: Sheet,
    /// Clusters of which a row could not be made; kubectl prints no more then, either.
    broken: BTreeSet<String>,
    clusters: BTreeSet<String>,
    /// Whether a cluster answered at all.
    answered: bool,
    /// Whether there were rows.
    found: bool,
    /// What is to be said of clusters of which a row could not be made.
    pub(crate) failures: Failures,
}

#[derive(Debug)]
enum Sheet {
    Table(Table),
    Values(Values),
}

impl Columned {
    /// None yet.
    pub(crate) fn new(options: &Options, columns: Columns) -> Self {
        let options = Options {
            show_kind: false,
            no_headers: options.no_headers && !columns.always_headed,
            ..options.clone()
        };
        let sheet = match columns.look {
            Look::Table => Sheet::Table(Table::of_columns(options.clone())),
            Look::Comma => Sheet::Values(Values::new(options.clone(), Separator::Comma)),
            Look::Tab => Sheet::Values(Values::new(options.clone(), Separator::Tab)),
        };
        Self {
            options,
            columns,
            sheet,
            broken: BTreeSet::new(),
            clusters: BTreeSet::new(),
            answered: false,
            found: false,
            failures: Failures::default(),
        }
    }

    /// Where its rows are kept.
    pub(crate) fn sheets(&mut self) -> &mut Sheets {
        match &mut self.sheet {
            Sheet::Table(table) => table.sheets(),
            Sheet::Values(values) => values.sheets(),
        }
    }

    /// Keeps the row of an object, or of a Cluster record if that is the fleet's.
    pub(crate) fn push(&mut self, cluster: &str, is_fleet: bool, json: &str) {
        if let Err(error) = self.try_push(cluster, is_fleet, json) {
            self.fail(cluster, &error.to_string());
        }
    }

    /// The same of what may be no JSON, of which nothing is kept.
    ///
    /// # Errors
    /// What is no JSON.
    pub(crate) fn try_push(&mut self, cluster: &str, is_fleet: bool, json: &str) -> serde_json::Result<()> {
        let value = Value::parse_fields(json, &self.columns.fields)?;
        self.answered = true;
        if self.broken.contains(cluster) {
            return Ok(());
        }
        if !self.clusters.contains(cluster) {
            self.clusters.insert(cluster.to_owned());
        }
        match self.columns.row(cluster, &value) {
            Ok(mut row) => {
                self.found = true;
                if is_fleet {
                    row.resource = FLEET.into();
                    if self.columns.look == Look::Table {
                        // Each row is a cluster, though none is led by a name of one.
                        in_one_line(&mut row);
                    }
                }
                if self.sheet.push(&row).is_err() {
                    self.fail(cluster, "there are too many columns");
                }
            }
            Err(error) => self.fail(cluster, &error),
        }
        Ok(())
    }

    /// A row of a cluster could not be made: then no more of it are.
    fn fail(&mut self, cluster: &str, error: &str) {
        self.answered = true;
        self.clusters.insert(cluster.to_owned());
        if self.broken.insert(cluster.to_owned()) {
            self.failures.add(cluster, format!("error: {error}"));
        }
    }

    /// Keeps that a cluster answered with an empty list.
    pub(crate) fn push_empty(&mut self) {
        self.answered = true;
    }

    /// Whether there is one column alone.
    pub(crate) fn are_one(&self) -> bool {
        self.columns.columns.len() == 1 && !self.options.show_cluster_column
    }

    /// Whether all rows have been printed.
    pub(crate) fn is_empty(&self) -> bool {
        match &self.sheet {
            Sheet::Table(table) => table.is_empty(),
            Sheet::Values(_) => true,
        }
    }

    /// Prints the rows that are kept and forgets them.
    pub(crate) fn print(&mut self, output: &mut dyn Write) -> io::Result<()> {
        self.failures.printed = self.clusters.len() - self.broken.len();
        match &mut self.sheet {
            // Columns of the user's own are never led by a kind.
            Sheet::Table(table) => table.print(false, output),
            Sheet::Values(values) => values.print(output),
        }
    }

    /// Prints the headings where there was nothing to print below them, as kubectl does.
    pub(crate) fn finish(&mut self, output: &mut dyn Write) -> io::Result<()> {
        self.print(output)?;
        if self.found || !self.answered || self.options.no_headers {
            return Ok(());
        }
        // As a row, which then needs no headings.
        let options = Options {
            no_headers: true,
            ..self.options.clone()
        };
        let columns = Columns {
            always_headed: false,
            ..self.columns.clone()
        };
        let mut headed = Self::new(&options, columns);
        let is_kubectls = self.columns.look == Look::Table && !self.options.show_cluster_column;
        // Where these were too many, rows have said so.
        let _ = headed.sheet.push(&self.columns.headings(is_kubectls));
        headed.print(output)
    }
}

impl Sheet {
    fn push(&mut self, row: &Row<'_>) -> Result<(), TooManyColumns> {
        match self {
            Sheet::Table(table) => table.push(row),
            Sheet::Values(values) => values.push(row),
        }
    }
}

/// Escapes what would begin another row.
fn in_one_line(row: &mut Row<'_>) {
    for (_, cell) in &mut row.columns.0 {
        if let Cell::Text(text) = cell
            && let Cow::Owned(escaped) = term::escape_controls(text)
        {
            *cell = Cell::from(escaped);
        }
    }
}
