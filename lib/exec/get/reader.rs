//! Makes records of one answer: of a Table, of a list, or of an object.

use super::json;
use super::objects::{self, AnswerShape, Objects};
use super::table::{Page, Rows};
use crate::apiserver::protocol::protocol;
use crate::connect::Error;

/// Asks for a Table, or for plain objects if the server has no Tables.
pub const ACCEPT_TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

pub const ACCEPT_JSON: &str = "application/json";

/// Makes records of answers.
pub enum RecordReader {
    /// Row records.
    Rows(Rows),
    /// Row records made of plain objects, even if the server has Tables.
    PlainRows(Rows),
    /// Object records.
    Objects(Objects),
}

impl Default for RecordReader {
    /// A reader that stands in while the real one is in use elsewhere.
    fn default() -> Self {
        RecordReader::Rows(Rows::default())
    }
}

impl RecordReader {
    /// Returns the Accept header of the request.
    pub fn accept(&self) -> &'static str {
        match self {
            RecordReader::Rows(_) => ACCEPT_TABLE,
            RecordReader::PlainRows(_) | RecordReader::Objects(_) => ACCEPT_JSON,
        }
    }

    /// Returns how many rows or objects have been written.
    pub fn items(&self) -> u64 {
        match self {
            RecordReader::Rows(rows) | RecordReader::PlainRows(rows) => rows.items,
            RecordReader::Objects(objects) => objects.items,
        }
    }

    /// Returns how many of them have the field of `--sort-by`.
    pub fn sortable(&self) -> u64 {
        match self {
            RecordReader::Rows(rows) | RecordReader::PlainRows(rows) => rows.sortable,
            RecordReader::Objects(objects) => objects.sortable,
        }
    }

    /// Returns what a Table is to include of each object: all of it, to sort by.
    pub fn include(&self) -> Option<&'static str> {
        match self {
            RecordReader::Rows(rows) => rows.needs_objects().then_some("Object"),
            RecordReader::PlainRows(_) | RecordReader::Objects(_) => None,
        }
    }

    /// Returns whether the managedFields of objects can matter.
    fn needs_managed_fields(&self) -> bool {
        match self {
            RecordReader::Rows(rows) | RecordReader::PlainRows(rows) => rows.needs_managed_fields(),
            RecordReader::Objects(_) => true,
        }
    }

    /// Makes a record of one object, of a watch.
    ///
    /// # Errors
    /// A malformed object.
    pub fn read_one(&mut self, text: &str, out: &mut Vec<u8>) -> serde_json::Result<()> {
        self.read(text, Expected::One, out)?;
        // The same object comes again and again, so it must not count as seen.
        match self {
            RecordReader::Rows(rows) | RecordReader::PlainRows(rows) => rows.forget(),
            RecordReader::Objects(objects) => objects.forget(),
        }
        Ok(())
    }

    /// From now on skips what has been written already. Returns false if that is no longer known.
    pub fn start_again(&mut self) -> bool {
        match self {
            RecordReader::Rows(rows) | RecordReader::PlainRows(rows) => rows.start_again(),
            RecordReader::Objects(objects) => objects.start_again(),
        }
    }

    /// Makes records of the answer to a GET of a path.
    ///
    /// # Errors
    /// A malformed answer; the records before the malformed part have been written.
    pub fn answer(
        &mut self,
        path: &str,
        expected: Expected,
        body: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<Page, Error> {
        if !self.needs_managed_fields() {
            json::drop_managed_fields(body);
        }
        let text = std::str::from_utf8(body).map_err(|error| malformed(path, &error))?;
        self.read(text, expected, out)
            .map_err(|error| malformed(path, &error))
    }

    fn read(&mut self, text: &str, expected: Expected, out: &mut Vec<u8>) -> serde_json::Result<Page> {
        let shape = match (objects::shape(text)?, expected) {
            // The kind of a custom resource may end in List.
            (AnswerShape::List, Expected::One) => AnswerShape::Object,
            (shape, _) => shape,
        };
        match (self, shape) {
            (RecordReader::Rows(rows), AnswerShape::Table) => rows.table(text, out),
            (RecordReader::PlainRows(_) | RecordReader::Objects(_), AnswerShape::Table) => {
                Err(serde::de::Error::custom("a Table where objects were asked for"))
            }
            (RecordReader::Rows(rows) | RecordReader::PlainRows(rows), shape) => {
                objects::plain_rows(rows, text, &shape, out)
            }
            (RecordReader::Objects(objects), AnswerShape::List) => objects.list(text, out),
            (RecordReader::Objects(objects), AnswerShape::Object) => {
                objects.object(text, out).map(|()| Page::default())
            }
        }
    }
}

/// The kind of answer that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// One object.
    One,
    /// A list.
    List,
}

/// Returns the error that the answer to a GET of this path is malformed.
pub fn malformed(path: &str, error: &dyn std::fmt::Display) -> Error {
    protocol(format!("the answer to GET {path} is malformed: {error}"))
}
