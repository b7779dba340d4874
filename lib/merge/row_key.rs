//! The members of rows and objects that their order depends on, read without the rest of their lines.

use super::key_bytes;
use super::table_order::TableId;
use crate::json::{self, Members, Unusual, plain_string};
use crate::record::Str;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// The members of a row or an object that its order depends on.
#[derive(Debug, Default, Deserialize, PartialEq)]
pub(super) struct KeyFields<'a> {
    #[serde(borrow)]
    pub(super) cluster: Str<'a>,
    #[serde(borrow, default)]
    pub(super) resource: Str<'a>,
    #[serde(default)]
    pub(super) position: u32,
    #[serde(borrow, default)]
    pub(super) namespace: Str<'a>,
    #[serde(borrow, default)]
    pub(super) name: Str<'a>,
    #[serde(borrow, default, deserialize_with = "json::text_of")]
    pub(super) sort: Option<&'a str>,
    #[serde(default)]
    pub(super) event: Option<IgnoredAny>,
    #[serde(borrow, default, rename = "type")]
    pub(super) type_: Str<'a>,
    /// The cells of a row, as JSON.
    #[serde(borrow, default, deserialize_with = "json::text_of")]
    pub(super) columns: Option<&'a str>,
    /// The object, or the fields of a row's object, as JSON.
    #[serde(borrow, default, alias = "fields", deserialize_with = "json::text_of")]
    pub(super) object: Option<&'a str>,
}

impl<'a> KeyFields<'a> {
    /// Reads a line that is a row or an object. Also returns the start of the line that says which table it is of,
    /// as [`LinePrefix`] takes it; that is empty where members after it say so, too.
    pub(super) fn read(line: &'a str) -> Result<(Self, &'a str), serde_json::Error> {
        // serde reads unusual lines as well, and says what is wrong with bad ones.
        Self::read_fast(line).or_else(|_| Ok((serde_json::from_str(line)?, "")))
    }

    /// Does the same without reading the columns or the object, which most of a line is, letter by letter. It is
    /// enough here that their brackets and quotes match: mc-format reads them again.
    pub(super) fn read_fast(line: &'a str) -> Result<(Self, &'a str), Unusual> {
        let mut fields = Self::default();
        let mut seen = 0;
        let mut members = Members::new(line)?;
        let mut start = 0;
        let mut is_start = true;
        while let Some((key, text)) = members.next_member()? {
            let is_of_table = fields.take(key, text, &mut seen)?;
            if !is_start && is_of_table {
                start = 0;
            }
            is_start &= is_of_table || matches!(key, "kind" | "type");
            if is_start {
                start = members.at();
            }
        }
        match seen & CLUSTER {
            0 => Err(Unusual),
            _ => Ok((fields, line.get(..start).unwrap_or_default())),
        }
    }

    /// Reads what follows a known start of a line. Cluster, resource and position stay empty.
    fn read_after(line: &'a str, start: usize) -> Result<Self, Unusual> {
        let mut fields = Self::default();
        let mut seen = 0;
        let mut members = Members::new(line)?.resume(start);
        while let Some((key, text)) = members.next_member()? {
            if fields.take(key, text, &mut seen)? {
                return Err(Unusual);
            }
        }
        Ok(fields)
    }

    /// Takes a member, and returns true if it says which table the line is of. `seen` has a bit for each member that
    /// came before.
    fn take(&mut self, key: &str, text: &'a str, seen: &mut u16) -> Result<bool, Unusual> {
        fn value<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unusual> {
            serde_json::from_str(text).map_err(|_| Unusual)
        }
        fn string(text: &str) -> Result<Str<'_>, Unusual> {
            plain_string(text).map_or_else(|| value(text), |text| Ok(text.into()))
        }
        let bit = match key {
            "cluster" => {
                self.cluster = string(text)?;
                CLUSTER
            }
            "resource" => {
                self.resource = string(text)?;
                RESOURCE
            }
            "position" => {
                self.position = value(text)?;
                POSITION
            }
            "namespace" => {
                self.namespace = string(text)?;
                1 << 3
            }
            "name" => {
                self.name = string(text)?;
                1 << 4
            }
            "sort" => {
                let sort = value::<&RawValue>(text)?.get();
                self.sort = Some(sort).filter(|sort| *sort != "null");
                1 << 5
            }
            "event" => {
                self.event = value(text)?;
                1 << 6
            }
            "type" => {
                self.type_ = string(text)?;
                1 << 7
            }
            "columns" => {
                self.columns = Some(text).filter(|text| *text != "null");
                1 << 8
            }
            "object" | "fields" => {
                self.object = Some(text).filter(|text| *text != "null");
                1 << 9
            }
            _ => return Ok(false),
        };
        let is_repeated = *seen & bit != 0;
        *seen |= bit;
        match is_repeated {
            true => Err(Unusual),
            false => Ok(bit & (CLUSTER | RESOURCE | POSITION) != 0),
        }
    }

    /// Returns true if the row is an event of a watch.
    pub(super) fn is_watched(&self) -> bool {
        self.event.is_some()
    }

    /// Returns true if the row is sorted among those of all clusters.
    pub(super) fn is_across(&self) -> bool {
        self.sort.is_some_and(key_bytes::is_across)
    }

    /// Overwrites `key` with what the row is sorted by within its table.
    pub(super) fn write_key(&self, key: &mut Vec<u8>) {
        key.clear();
        key_bytes::write_key(key, &self.namespace, &self.name, self.sort);
    }
}

/// Bits of the members that say which table a line is of.
const CLUSTER: u16 = 1;
const RESOURCE: u16 = 1 << 1;
const POSITION: u16 = 1 << 2;

/// The start of the last row's line, and the table that it is of. Most rows are of the same table as the row before
/// them, and only the rest of their lines is read.
#[derive(Debug, Default)]
pub(super) struct LinePrefix {
    start: String,
    table: TableId,
}

impl LinePrefix {
    /// Reads the rest of a row or an object that starts in the same way, and returns its table with it.
    pub(super) fn key_after<'a>(&self, line: &'a str) -> Option<(KeyFields<'a>, TableId)> {
        if self.start.is_empty() || !line.starts_with(&self.start) {
            return None;
        }
        let fields = KeyFields::read_after(line, self.start.len()).ok()?;
        Some((fields, self.table))
    }

    /// Remembers how a line starts.
    pub(super) fn learn(&mut self, start: &str, table: TableId) {
        start.clone_into(&mut self.start);
        self.table = table;
    }
}

#[cfg(test)]
mod tests;
