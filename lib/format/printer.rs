//! The interface of an output format.

use super::failures::Failures;
use super::headings::NAME;
use super::left_out::LeftOut;
use super::line_error::LineError;
use super::row_store::RowStore;
use crate::outcomes::Outcomes;
use crate::record::{self, Asked, Cell, Cluster, Group, Object, Outcome, Problem, Row, Str, Text};
use std::io::{self, Write};

/// An output format: takes records, and prints them as soon as it can.
pub(super) trait Printer: Send {
    /// Takes a row.
    fn row(&mut self, row: &Row<'_>) -> Result<(), LineError>;

    /// Takes a Cluster record, given its line.
    fn cluster(&mut self, line: &str, cluster: &Cluster<'_>) -> Result<(), LineError>;

    /// Takes a group of rows.
    fn group(&mut self, _group: &Group<'_>) -> Result<(), LineError> {
        Err(LineError::NotForGroups)
    }

    /// Takes an object. A format of rows takes what the record says about it.
    fn object(&mut self, object: &Object<'_>) -> Result<(), LineError> {
        self.row(&object_row(object))
    }

    /// Takes the line of an object that has not been read as a record, and returns the object's cluster; `None` if the
    /// format or the line needs more than that.
    fn object_line<'l>(&mut self, _line: &'l str) -> Option<Str<'l>> {
        None
    }

    /// Takes text. Returns false if the format prints text as lines, which is then left to the caller.
    fn text(&mut self, _text: &Text<'_>) -> Result<bool, LineError> {
        Ok(false)
    }

    /// Takes a row of a watch.
    fn watched_row(&mut self, row: &mut Row<'_>, _output: &mut dyn Write) -> Result<(), LineError> {
        self.row(row)
    }

    /// Takes an object of a watch.
    fn watched_object(&mut self, object: &Object<'_>, _output: &mut dyn Write) -> Result<(), LineError> {
        self.object(object)
    }

    /// Takes the announcement of a cluster that is asked.
    fn asked(&mut self, _asked: &Asked<'_>) {}

    /// Takes the Result that ends a cluster's answer.
    fn outcome(&mut self, _outcome: &Outcome<'_>, _output: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Takes a problem of mc-format itself.
    fn problem(&mut self, _problem: &Problem<'_>) {}

    /// Returns true if lines are copied, and read only as far as the exit status depends on them.
    fn copies_lines(&self) -> bool {
        false
    }

    /// Copies a line, which is a record.
    fn copy_line(&mut self, _line: &str, _output: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Returns the store of a format that prints nothing but the cells of rows, to which lines can be given directly.
    fn row_store(&mut self) -> Option<&mut RowStore> {
        None
    }

    /// Returns the clusters that there was no room for.
    fn left_out(&mut self) -> Option<&mut LeftOut> {
        None
    }

    /// Prints records as they come from now on, where the format can do that.
    fn stream(&mut self) {}

    /// Returns true if there are records which text must not overtake.
    fn holds_rows(&self) -> bool {
        false
    }

    /// Returns true if there is more in memory than there should be, because there is no room on the disk.
    fn is_stuck(&self) -> bool {
        false
    }

    /// Prints what can be printed before the end.
    fn print(&mut self, _output: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Drops the clusters' answers.
    fn forget_answers(&mut self);

    /// Prints the rest. `is_over` says that a watch ended at something that could not be printed.
    fn finish(&mut self, _outcomes: &Outcomes, _is_over: bool, _output: &mut dyn Write) -> io::Result<()> {
        Ok(())
    }

    /// Returns the answers that could not be printed, for a format in which that can happen.
    fn failures(&self) -> Option<&Failures> {
        None
    }
}

/// Returns what an Object record says about its object as a row.
fn object_row<'a>(object: &'a Object<'_>) -> Row<'a> {
    let mut columns = Vec::new();
    if !object.namespace.is_empty() {
        columns.push((Str::from("NAMESPACE"), Cell::from(object.namespace.as_str())));
    }
    columns.push((Str::from(NAME), Cell::from(object.name.as_str())));
    Row {
        cluster: object.cluster.as_str().into(),
        resource: object.resource.as_str().into(),
        type_: object.type_.as_str().into(),
        position: object.position,
        namespace: object.namespace.as_str().into(),
        name: object.name.as_str().into(),
        columns: record::Columns(columns),
        ..Row::default()
    }
}
