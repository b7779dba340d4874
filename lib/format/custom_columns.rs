//! Columns of the user's own: `-o custom-columns=NAME:.metadata.name,…`, as a table or, behind `csv=` and
//! `tsv=`, as values.
//!
//! In a table a cell is what kubectl writes: `<none>` for what is missing, `<nil>` for null, results with
//! commas between them, lists and objects as Go prints them, newlines as they are. The CLUSTER column
//! stands behind the column NAME if there is one, else first; where it does, newlines are escaped, so that every line is
//! a row. As values, what is missing and what is null
//! is empty, and lists and objects are JSON.

use super::headings::CLUSTER;
use crate::go;
use crate::jsonpath::{self, Fields, Tree, Value};
use crate::record::headings::distinct;
use crate::record::{Cell, Columns as Cells, Row, Str};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

/// Columns that have been understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    pub(crate) columns: Arc<[Column]>,
    /// What they can look at in an object.
    pub(crate) fields: Arc<Fields>,
    /// How they are printed.
    pub(crate) look: Look,
    /// Whether `--no-headers` does not count, as with kubectl's `custom-columns-file`.
    pub(crate) always_headed: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Column {
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
    pub(crate) fn fields(&self) -> Option<Arc<Fields>> {
        Some(&self.fields).filter(|fields| !fields.are_all()).cloned()
    }

    /// Whether a column may show a field, or what that is in or a part of it.
    pub(crate) fn reach(&self, path: &[&str]) -> bool {
        self.columns.iter().any(|column| column.template.reaches(path))
    }

    /// The row of an object.
    ///
    /// # Errors
    /// Client-go's words for a path that cannot be followed.
    pub(crate) fn row<'a>(&'a self, cluster: &'a str, tree: &Tree<'_>) -> Result<Row<'a>, String> {
        let cell = |column: &'a Column| {
            let results = column.template.find_results(tree).map_err(|error| error.0)?;
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
    pub(crate) fn headings(&self, is_kubectls: bool) -> Row<'_> {
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

/// All rows are of one type: kubectl prints one table of them.
fn row<'a>(cluster: &'a str, cells: Vec<(Str<'a>, Cell<'a>)>) -> Row<'a> {
    Row {
        cluster: Str::from(cluster),
        columns: Cells(cells),
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
