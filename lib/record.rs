//! The records that the tools write and read. This folder is their specification.
//!
//! A stream has one JSON object per line (NDJSON), in UTF-8. A line ends with `\n` and has at most
//! [`wire::MAX_LINE`](crate::wire::MAX_LINE) bytes. The field `kind` says what the object is. Four rules make a stream
//! fit for `grep`, `jq`, `head`, `sort`, `tee` and `ssh`:
//!
//! 1. **Every line stands alone.** Dropping, repeating or reordering lines never makes another line unreadable: there
//!    is no header record, and a row carries its own column names.
//! 2. **Fill in, never strip.** A tool passes on fields and kinds that it does not know, byte for byte where it need
//!    not look inside.
//! 3. **stdout has only records** when it is a pipe or a file. Messages for people go to stderr.
//! 4. **A line that is not JSON** is a cluster's name to mc-resolve and mc-exec. Any other malformed line is reported
//!    with its number, and the rest is still processed.
//!
//! The types borrow from the line that they were read from, so that fifty thousand rows are sorted without copying a
//! cell.

mod access;
mod bad_lines;
mod cluster;
mod columns;
pub mod facts;
pub(crate) mod fast_row;
mod group;
pub mod headings;
mod object;
mod omit;
mod outcome;
mod problem;
mod reason;
mod row;
mod str;
mod summary;
mod text;

use serde::{Deserialize, Serialize};

pub use self::str::Str;
pub use access::{Access, Plugin};
pub use bad_lines::BadLines;
pub use cluster::{ClientConfig, Cluster, Health, Skip, bare_cluster};
pub use columns::{Cell, Columns};
pub use group::{Change, Computed, Group, Operation};
pub use object::Object;
pub use outcome::{Lack, Outcome};
pub use problem::{Asked, Problem, Show, place_of_words};
pub use reason::Reason;
pub use row::{Event, POSITIONS, Row, argument, within_argument};
pub use summary::{Summary, SummaryError};
pub use text::{Stream, Text};

/// `kind` of a [`Cluster`].
pub const CLUSTER: &str = "Cluster";
/// `kind` of a [`Row`].
pub const ROW: &str = "Row";
/// `kind` of an [`Object`].
pub const OBJECT: &str = "Object";
/// `kind` of a [`Group`].
pub const GROUP: &str = "Group";
/// `kind` of a [`Text`].
pub const TEXT: &str = "Text";
/// `kind` of an [`Outcome`].
pub const RESULT: &str = "Result";
/// `kind` of an [`Asked`].
pub const ASKED: &str = "Asked";
/// `kind` of a [`Problem`].
pub const PROBLEM: &str = "Problem";
/// `kind` of a [`Show`].
pub const SHOW: &str = "Show";
/// `kind` of a [`Summary`].
pub const SUMMARY: &str = "Summary";

/// A record of any kind, read from a line.
#[derive(Debug)]
pub enum Record<'a> {
    /// A member of the fleet.
    Cluster(Box<Cluster<'a>>),
    /// A row of a table.
    Row(Row<'a>),
    /// A whole object.
    Object(Object<'a>),
    /// Rows that are equal in some columns.
    Group(Group<'a>),
    /// Text of a cluster.
    Text(Text<'a>),
    /// How the query of one cluster ended.
    Outcome(Outcome<'a>),
    /// A cluster that mc-exec is going to ask.
    Asked(Asked<'a>),
    /// Something that a stage lost, or the reason why it failed.
    Problem(Box<Problem<'a>>),
    /// How the query of the whole fleet ended.
    Summary(Summary<'a>),
    /// The person wants to see what has come.
    Show(Show),
    /// A kind that this release does not know. It is passed on as it is.
    Unknown(&'a str),
}

/// Returns the `kind` of a line, for tools that need nothing else of most lines. Our own tools write it first, which
/// saves a pass over the line.
///
/// # Errors
/// The line does not start with a kind, and is not a JSON object with a string `kind`.
pub fn kind(line: &str) -> Result<Str<'_>, serde_json::Error> {
    #[derive(Deserialize)]
    struct KindOnly<'a> {
        #[serde(borrow)]
        kind: Str<'a>,
    }
    match line
        .strip_prefix(r#"{"kind":""#)
        .and_then(|rest| rest.split_once('"'))
    {
        Some((kind, _)) if !kind.contains('\\') => Ok(kind.into()),
        _ => serde_json::from_str::<KindOnly<'_>>(line).map(|line| line.kind),
    }
}

impl<'a> Record<'a> {
    /// Reads a line, without its newline.
    ///
    /// # Errors
    /// The line is not a JSON object with a string `kind`, or it lacks a field that its kind requires.
    pub fn parse(line: &'a str) -> Result<Self, serde_json::Error> {
        Ok(match kind(line)?.as_str() {
            CLUSTER => Record::Cluster(serde_json::from_str(line)?),
            ROW => Record::Row(serde_json::from_str(line)?),
            OBJECT => Record::Object(serde_json::from_str(line)?),
            GROUP => Record::Group(serde_json::from_str(line)?),
            TEXT => Record::Text(serde_json::from_str(line)?),
            RESULT => Record::Outcome(serde_json::from_str(line)?),
            ASKED => Record::Asked(serde_json::from_str(line)?),
            PROBLEM => Record::Problem(serde_json::from_str(line)?),
            SHOW => Record::Show(serde_json::from_str(line)?),
            SUMMARY => Record::Summary(serde_json::from_str(line)?),
            _ => Record::Unknown(line),
        })
    }
}

/// Writes a record as one line, with its newline.
///
/// # Errors
/// Fails when writing fails. Serialization itself cannot fail: every type here is a JSON object with string keys.
pub fn write(out: &mut impl std::io::Write, record: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, record)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests;
