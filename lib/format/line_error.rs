//! Errors about one line.

use std::io;

/// Why a line was not printed.
#[derive(Debug)]
pub(super) enum LineError {
    /// The line is not a record.
    NotARecord(serde_json::Error),
    /// The line is a row with more columns than its cluster may add to the table.
    TooManyColumns,
    /// The format needs whole objects, and the line is a row or text.
    NeedsObjects,
    /// The format cannot show groups, and the line is one.
    NotForGroups,
    /// The output failed.
    Output(io::Error),
}

impl From<serde_json::Error> for LineError {
    fn from(error: serde_json::Error) -> Self {
        LineError::NotARecord(error)
    }
}

impl From<io::Error> for LineError {
    fn from(error: io::Error) -> Self {
        LineError::Output(error)
    }
}
