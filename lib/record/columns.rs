//! The columns of a row: a JSON object of headings and cells, in order.

use super::str::Str;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;

/// Headings and cells in printing order. Unlike a map it keeps equal headings, which printer columns of a
/// CustomResourceDefinition may have.
#[derive(Clone, Debug, Default)]
pub struct Columns<'a>(pub Vec<(Str<'a>, Cell<'a>)>);

/// A cell of a `meta.k8s.io/v1` Table: a string, or any other JSON value in its own spelling.
#[derive(Clone, Debug)]
pub enum Cell<'a> {
    /// A string.
    Text(Str<'a>),
    /// A number, boolean, null, array or object, as the API server spelled it.
    Json(&'a RawValue),
}

impl<'a> Columns<'a> {
    /// Returns the first cell with a heading.
    pub fn get(&self, heading: &str) -> Option<&Cell<'a>> {
        self.0
            .iter()
            .find(|(name, _)| *name == heading)
            .map(|(_, cell)| cell)
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Cell::Text(text.into())
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Cell::Text(text.into())
    }
}

impl Serialize for Cell<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Text(text) => text.serialize(serializer),
            Cell::Json(raw) => raw.serialize(serializer),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Cell<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        if let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            // Nearly no cell has escapes, and it is known to be a string.
            if !inner.as_bytes().contains(&b'\\') {
                return Ok(Cell::Text(inner.into()));
            }
            serde_json::from_str(text)
                .map(Cell::Text)
                .map_err(D::Error::custom)
        } else {
            Ok(Cell::Json(raw))
        }
    }
}

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (heading, cell) in &self.0 {
            map.serialize_entry(heading, cell)?;
        }
        map.end()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Columns<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ColumnsVisitor)
    }
}

struct ColumnsVisitor;

impl<'de> Visitor<'de> for ColumnsVisitor {
    type Value = Columns<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of headings and cells")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut columns = Vec::with_capacity(map.size_hint().unwrap_or(8));
        while let Some(entry) = map.next_entry()? {
            columns.push(entry);
        }
        Ok(Columns(columns))
    }
}
