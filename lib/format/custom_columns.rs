//! Columns that the user chose: `-o custom-columns=NAME:.metadata.name,…` for a table, or `csv=` and `tsv=`.
//!
//! In a table a cell is what kubectl writes: `<none>` for a missing field, `<nil>` for null, commas between several
//! results, lists and objects as Go prints them, newlines as they are. The column CLUSTER comes after the column NAME if
//! there is one, else first; with it, newlines are escaped, so that every line is a row. In CSV and TSV a missing field
//! and null are empty, and lists and objects are JSON.

use super::headings::CLUSTER;
use crate::go;
use crate::jsonpath::{self, Fields, Tree, Value};
use crate::record::headings::distinct;
use crate::record::{Cell, Columns, Row, Str};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

/// The columns, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomColumns {
    pub(crate) columns: Arc<[CustomColumn]>,
    /// The fields that they read from an object.
    pub(crate) fields: Arc<Fields>,
    /// The layout of their rows.
    pub(crate) layout: RowLayout,
    /// True if `--no-headers` is ignored, as by kubectl's `custom-columns-file`.
    pub(crate) always_headed: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) struct CustomColumn {
    heading: String,
    template: jsonpath::Template,
}

/// The layout of rows.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RowLayout {
    /// An aligned table.
    Table,
    /// Comma-separated values.
    Csv,
    /// Tab-separated values.
    Tsv,
}

impl CustomColumn {
    fn new(heading: &str, path: &str) -> Result<Self, String> {
        let path = jsonpath::relaxed(path).map_err(|error| error.0)?;
        let template = jsonpath::Template::parse(&path).map_err(|error| error.0)?;
        Ok(Self {
            heading: heading.to_owned(),
            template: template.allow_missing_keys(true),
        })
    }
}

impl CustomColumns {
    fn new(columns: Vec<CustomColumn>, layout: RowLayout) -> Self {
        let mut fields = Fields::default();
        columns
            .iter()
            .for_each(|column| column.template.add_fields(&mut fields));
        Self {
            columns: columns.into(),
            fields: fields.into(),
            layout,
            always_headed: false,
        }
    }

    /// Parses `HEADING:path,…`.
    ///
    /// # Errors
    /// kubectl's words for an invalid spec.
    pub fn from_spec(spec: &str, layout: RowLayout) -> Result<Self, String> {
        if spec.is_empty() {
            return Err("custom-columns format specified but no custom columns given".into());
        }
        let column = |part: &str| match part.split_once(':') {
            Some((heading, path)) => CustomColumn::new(heading, path),
            None => Err(format!(
                "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
            )),
        };
        let columns = spec.split(',').map(column).collect::<Result<_, _>>()?;
        Ok(Self::new(columns, layout))
    }

    /// Parses the text of a file: a line of headings, and a line with the path for each.
    ///
    /// # Errors
    /// kubectl's words for an invalid file.
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
        let columns = columns.map(|(heading, path)| CustomColumn::new(heading, path));
        Ok(Self {
            always_headed: true,
            ..Self::new(columns.collect::<Result<_, _>>()?, RowLayout::Table)
        })
    }

    /// Returns the fields that they read from an object; `None` for all of them.
    pub(crate) fn fields(&self) -> Option<Arc<Fields>> {
        Some(&self.fields).filter(|fields| !fields.are_all()).cloned()
    }

    /// Returns true if a column may show a field, one of its parents or a part of it.
    pub(crate) fn reach(&self, path: &[&str]) -> bool {
        self.columns.iter().any(|column| column.template.reaches(path))
    }

    /// Returns the row of an object.
    ///
    /// # Errors
    /// Client-go's words for a path that cannot be followed.
    pub(crate) fn row<'a>(&'a self, cluster: &'a str, tree: &Tree<'_>) -> Result<Row<'a>, String> {
        let cell = |column: &'a CustomColumn| {
            let results = column.template.find_results(tree).map_err(|error| error.0)?;
            let text = match self.layout {
                RowLayout::Table => as_kubectl(&results),
                RowLayout::Csv | RowLayout::Tsv => as_value(&results),
            };
            Ok((Str::from(column.heading.as_str()), Cell::from(text)))
        };
        let cells = self.columns.iter().map(cell).collect::<Result<_, String>>()?;
        Ok(row(cluster, cells))
    }

    /// Returns the headings as a row. No two are equal, nor equal to one that is taken; without `taken` they are
    /// kubectl's, which may be equal.
    pub(crate) fn headings(&self, taken: Option<&[&'static str]>) -> Row<'_> {
        let headings: Vec<&str> = self
            .columns
            .iter()
            .map(|column| column.heading.as_str())
            .collect();
        let names = match taken {
            None => headings.iter().map(|heading| Cow::Borrowed(*heading)).collect(),
            Some(taken) => distinct(taken, &headings),
        };
        let cells = headings.into_iter().zip(names);
        let cells = cells.map(|(heading, name)| (heading.into(), Cell::from(name.into_owned())));
        row(CLUSTER, cells.collect())
    }
}

/// Returns a row without a type: as in kubectl, all rows are in one table.
fn row<'a>(cluster: &'a str, cells: Vec<(Str<'a>, Cell<'a>)>) -> Row<'a> {
    Row {
        cluster: Str::from(cluster),
        columns: Columns(cells),
        ..Row::default()
    }
}

fn as_kubectl(results: &[Vec<Value<'_>>]) -> String {
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
        // Writing to a String does not fail.
        let _ = write!(text, "{found}");
    }
    text
}

fn as_value(results: &[Vec<Value<'_>>]) -> String {
    let mut text = String::new();
    for (index, found) in results.iter().flatten().enumerate() {
        if index > 0 {
            text.push(',');
        }
        let _ = match found {
            Value::Nil | Value::Invalid => Ok(()),
            Value::Text(value) => text.write_str(value),
            other => go::json::write(other, &mut text),
        };
    }
    text
}
