//! Columns of the user's own: `-o custom-columns=NAME:.metadata.name,…`, as a table or, behind `csv=` and
//! `tsv=`, as values.
//!
//! In a table a cell is what kubectl writes: `<none>` for what is missing, `<nil>` for null, results with
//! commas between them, lists and objects as Go prints them, newlines as they are. The CLUSTER column
//! stands behind the column NAME if there is one, else first; where it does, newlines are escaped, so that every line is
//! a row. As values, what is missing and what is null
//! is empty, and lists and objects are JSON.

use super::cluster_rows::FLEET;
use super::delimited::{Separator, Values};
use super::options::Options;
use super::row_store::{Sheets, TooManyColumns};
use super::table::{CLUSTER, Table};
use super::template::Failures;
use crate::jsonpath::{self, Fields, Found, Value};
use crate::record::headings::distinct;
use crate::record::{Cell, Columns as Cells, Row, Str};
use crate::term;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::Arc;

/// Columns that have been understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    columns: Arc<[Column]>,
    /// What they can look at in an object.
    fields: Arc<Fields>,
    /// How they are printed.
    pub(super) look: Look,
    /// Whether `--no-headers` does not count, as with kubectl's `custom-columns-file`.
    pub(super) always_headed: bool,
}

#[derive(Debug, PartialEq)]
struct Column {
    heading: String,
    template: jsonpath::Template,
}

/// How columns are printed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Look {
    /// Aligned.
    Table,
    /// As comma-separated values.
    Comma,
    /// As tab-separated values.
    Tab,
}

impl Column {
    fn new(heading: &str, path: &str) -> Result<Self, String> {
        let path = jsonpath::relaxed(path).map_err(|error| error.0)?;
        let template = jsonpath::Template::parse(&path).map_err(|error| error.0)?;
        Ok(Self {
            heading: heading.to_owned(),
            template: template.allow_missing_keys(true),
        })
    }
}

impl Columns {
    fn new(columns: Vec<Column>, look: Look) -> Self {
        let mut fields = Fields::default();
        columns
            .iter()
            .for_each(|column| column.template.add_fields(&mut fields));
        Self {
            columns: columns.into(),
            fields: fields.into(),
            look,
            always_headed: false,
        }
    }

    /// From `HEADING:path,…`.
    ///
    /// # Errors
    /// kubectl's words for what is none.
    pub fn from_spec(spec: &str, look: Look) -> Result<Self, String> {
        if spec.is_empty() {
            return Err("custom-columns format specified but no custom columns given".into());
        }
        let column = |part: &str| match part.split_once(':') {
            Some((heading, path)) => Column::new(heading, path),
            None => Err(format!(
                "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
            )),
        };
        let columns = spec.split(',').map(column).collect::<Result<_, _>>()?;
        Ok(Self::new(columns, look))
    }

    /// From a file's text: a line of headings, and below each of them its path.
    ///
    /// # Errors
    /// kubectl's words for what is none.
    pub fn from_file(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let mut words = |which: &str| match lines.next() {
            Some(line) => Ok(line.split_whitespace().collect::<Vec<_>>()),
            None => Err(format!(
                "invalid template, missing {which} line. Expected format is one line of space separated headers, one \
                 line of space separated column specs."
            )),
        };
        let (headings, paths) = (words("header")?, words("spec")?);
        if headings.len() != paths.len() {
            return Err(format!(
                "number of headers ({}) and field specifications ({}) don't match",
                headings.len(),
                paths.len()
            ));
        }
        let columns = headings.into_iter().zip(paths);
        let columns = columns.map(|(heading, path)| Column::new(heading, path));
        Ok(Self {
            always_headed: true,
            ..Self::new(columns.collect::<Result<_, _>>()?, Look::Table)
        })
    }

    /// What they can look at in an object; `None` is all.
    pub(super) fn fields(&self) -> Option<Arc<Fields>> {
        Some(&self.fields).filter(|fields| !fields.are_all()).cloned()
    }

    /// Whether a column may show a field, or what that is in or a part of it.
    pub(super) fn reach(&self, path: &[&str]) -> bool {
        self.columns.iter().any(|column| column.template.reaches(path))
    }

    /// The row of an object.
    ///
    /// # Errors
    /// Client-go's words for a path that cannot be followed.
    fn row<'a>(&'a self, cluster: &'a str, value: &Value<'_>) -> Result<Row<'a>, String> {
        let cell = |column: &'a Column| {
            let results = column.template.find_results(value).map_err(|error| error.0)?;
            let text = match self.look {
                Look::Table => as_kubectl(&results),
                Look::Comma | Look::Tab => as_value(&results),
            };
            Ok((Str::from(column.heading.as_str()), Cell::from(text)))
        };
        let cells = self.columns.iter().map(cell).collect::<Result<_, String>>()?;
        Ok(row(cluster, cells))
    }

    /// The headings as a row; some may be equal as they are kubectl's.
    fn headings(&self, is_kubectls: bool) -> Row<'_> {
        let headings: Vec<&str> = self
            .columns
            .iter()
            .map(|column| column.heading.as_str())
            .collect();
        let names = match is_kubectls {
            true => headings.iter().map(|heading| Cow::Borrowed(*heading)).collect(),
            false => distinct(&[CLUSTER], &headings),
        };
        let cells = headings.into_iter().zip(names);
        let cells = cells.map(|(heading, name)| (heading.into(), Cell::from(name.into_owned())));
        row(CLUSTER, cells.collect())
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

/// All rows are of one type: kubectl prints one table of them.
fn row<'a>(cluster: &'a str, cells: Vec<(Str<'a>, Cell<'a>)>) -> Row<'a> {
    Row {
        cluster: Str::from(cluster),
        columns: Cells(cells),
        ..Row::default()
    }
}

fn as_kubectl(results: &[Vec<Found<'_>>]) -> String {
    let mut text = String::new();
    let mut is_first = true;
    if results.first().is_none_or(Vec::is_empty) {
        text.push_str("<none>");
        is_first = false;
    }
    for found in results.iter().flatten() {
        if !is_first {
            text.push(',');
        }
        is_first = false;
        found.print_plain(&mut text);
    }
    text
}

fn as_value(results: &[Vec<Found<'_>>]) -> String {
    let mut text = String::new();
    for (index, found) in results.iter().flatten().enumerate() {
        if index > 0 {
            text.push(',');
        }
        match found {
            Found::Value(Value::Null) | Found::Nothing => {}
            Found::Value(Value::String(value)) => text.push_str(value),
            Found::Value(value) => value.print_json(&mut text),
            other => other.print_plain(&mut text),
        }
    }
    text
}

/// The rows of a run.
#[derive(Debug)]
pub(super) struct Columned {
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
    pub(super) failures: Failures,
}

#[derive(Debug)]
enum Sheet {
    Table(Table),
    Values(Values),
}

impl Columned {
    /// None yet.
    pub(super) fn new(options: &Options, columns: Columns) -> Self {
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
    pub(super) fn sheets(&mut self) -> &mut Sheets {
        match &mut self.sheet {
            Sheet::Table(table) => table.sheets(),
            Sheet::Values(values) => values.sheets(),
        }
    }

    /// Keeps the row of an object, or of a Cluster record if that is the fleet's.
    pub(super) fn push(&mut self, cluster: &str, is_fleet: bool, json: &str) {
        if let Err(error) = self.try_push(cluster, is_fleet, json) {
            self.fail(cluster, &error.to_string());
        }
    }

    /// The same of what may be no JSON, of which nothing is kept.
    ///
    /// # Errors
    /// What is no JSON.
    pub(super) fn try_push(&mut self, cluster: &str, is_fleet: bool, json: &str) -> serde_json::Result<()> {
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
    pub(super) fn push_empty(&mut self) {
        self.answered = true;
    }

    /// Whether there is one column alone.
    pub(super) fn are_one(&self) -> bool {
        self.columns.columns.len() == 1 && !self.options.show_cluster_column
    }

    /// Whether all rows have been printed.
    pub(super) fn is_empty(&self) -> bool {
        match &self.sheet {
            Sheet::Table(table) => table.is_empty(),
            Sheet::Values(_) => true,
        }
    }

    /// Prints the rows that are kept and forgets them.
    pub(super) fn print(&mut self, output: &mut dyn Write) -> io::Result<()> {
        self.failures.printed = self.clusters.len() - self.broken.len();
        match &mut self.sheet {
            // Columns of the user's own are never led by a kind.
            Sheet::Table(table) => table.print(false, output),
            Sheet::Values(values) => values.print(output),
        }
    }

    /// Prints the headings where there was nothing to print below them, as kubectl does.
    pub(super) fn finish(&mut self, output: &mut dyn Write) -> io::Result<()> {
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
