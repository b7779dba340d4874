//! Reads a Table's JSON. Each row is written as soon as it has been read, so that rows before a malformed one are kept, and
//! nothing is collected.

use super::head::{ListHead, ObjectHead, Page};
use super::rows::Rows;
use crate::exec::get::json;
use crate::record::Str;
use crate::record::headings::MAX_COLUMNS;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;
use std::marker::PhantomData;

impl Rows {
    /// Takes over the columns that a Table defines.
    pub(super) fn define_columns(&mut self, Definitions(definitions): &Definitions<'_>) {
        if !definitions.is_empty() || self.columns.is_none() {
            let wide = self.style.wide;
            let columns = definitions.iter();
            self.set_columns(columns.map(|column| {
                let priority = column.priority.unwrap_or(0);
                (column.name.as_str(), wide || priority == 0)
            }));
        }
    }

    /// Returns how many cells of a row are needed: no more than there are columns.
    pub(super) fn most_cells(&self) -> usize {
        self.columns.as_ref().map_or(0, Vec::len).max(1)
    }
}

#[derive(Deserialize)]
struct PartialObject<'a> {
    #[serde(borrow, default, deserialize_with = "json::object_or_none")]
    metadata: Option<TableHead<'a>>,
}

/// Reads an object, and ignores any other value.
struct MaybeObject<'a>(Option<PartialObject<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for MaybeObject<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        json::object_or_none(deserializer).map(Self)
    }
}

/// An [`ObjectHead`] without the parts that a Table has in its cells.
#[derive(Deserialize)]
pub(super) struct TableHead<'a> {
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    namespace: Option<&'a RawValue>,
    #[serde(borrow)]
    labels: Option<&'a RawValue>,
}

impl<'a> From<TableHead<'a>> for ObjectHead<'a> {
    fn from(head: TableHead<'a>) -> Self {
        Self {
            name: head.name.map(RawValue::get),
            namespace: head.namespace.map(RawValue::get),
            labels: head.labels.map(RawValue::get),
            ..Self::default()
        }
    }
}

/// Returns the metadata of a whole object, which is valid JSON.
pub(super) fn metadata_of(object: &str) -> serde_json::Result<Option<TableHead<'_>>> {
    match json::at_path(object, &["metadata"]) {
        Ok(Some(metadata)) => json::object_or_none(&mut serde_json::Deserializer::from_str(metadata)),
        Ok(None) => Ok(None),
        Err(_) => {
            let MaybeObject(object) = serde_json::from_str(object)?;
            Ok(object.and_then(|object| object.metadata))
        }
    }
}

#[derive(Deserialize)]
pub(super) struct ColumnDefinition<'a> {
    #[serde(borrow, default)]
    name: Str<'a>,
    #[serde(default)]
    priority: Option<i64>,
}

/// The columns of a Table, up to [`MAX_COLUMNS`]; null is none.
#[derive(Default)]
pub(super) struct Definitions<'a>(Vec<ColumnDefinition<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Definitions<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<'a>(PhantomData<&'a ()>);

        impl<'de: 'a, 'a> Visitor<'de> for List<'a> {
            type Value = Definitions<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of columns")
            }

            fn visit_none<E>(self) -> Result<Self::Value, E> {
                Ok(Definitions::default())
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
                deserializer.deserialize_seq(self)
            }

            fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<Self::Value, S::Error> {
                let mut definitions = Vec::new();
                while let Some(definition) = seq.next_element()? {
                    if definitions.len() == MAX_COLUMNS {
                        return Err(S::Error::custom(format_args!(
                            "the Table has more than {MAX_COLUMNS} columns"
                        )));
                    }
                    definitions.push(definition);
                }
                Ok(Definitions(definitions))
            }
        }

        deserializer.deserialize_option(List(PhantomData))
    }
}

/// Reads a whole Table, of which so many rows have been written already.
pub(super) struct TableSeed<'r> {
    pub(super) rows: &'r mut Rows,
    pub(super) out: &'r mut Vec<u8>,
    pub(super) written: usize,
}

impl<'de> DeserializeSeed<'de> for TableSeed<'_> {
    type Value = Page;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Page, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TableSeed<'_> {
    type Value = Page;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a Table")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Page, M::Error> {
        let Self { rows, out, written } = self;
        let mut page = Page::default();
        let mut has_columns = false;
        let mut early_rows: Option<&'de RawValue> = None;
        while let Some(key) = map.next_key::<Str<'de>>()? {
            match key.as_str() {
                "metadata" => {
                    let head: Option<ListHead<'de>> = map.next_value()?;
                    page = Page {
                        items: page.items,
                        ..head.unwrap_or_default().into_page()
                    };
                }
                "columnDefinitions" => {
                    rows.define_columns(&map.next_value()?);
                    has_columns = true;
                }
                "rows" if has_columns => {
                    page.items += map.next_value_seed(RowsSeed { rows, out, written })?
                }
                // No server writes rows before columns, but JSON allows it.
                "rows" => early_rows = Some(map.next_value()?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if let Some(early) = early_rows {
            let mut deserializer = serde_json::Deserializer::from_str(early.get());
            let seed = RowsSeed { rows, out, written };
            page.items += seed.deserialize(&mut deserializer).map_err(M::Error::custom)?;
        }
        Ok(page)
    }
}

struct RowsSeed<'r> {
    rows: &'r mut Rows,
    out: &'r mut Vec<u8>,
    written: usize,
}

impl<'de> DeserializeSeed<'de> for RowsSeed<'_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        // Go writes an empty list or null.
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of rows")
    }

    fn visit_none<E>(self) -> Result<usize, E> {
        Ok(0)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<usize, S::Error> {
        let Self { rows, out, written } = self;
        let mut cells = Vec::new();
        let mut number = 0;
        while number < written && seq.next_element::<IgnoredAny>()?.is_some() {
            number += 1;
        }
        loop {
            let seed = RowSeed {
                rows,
                out,
                cells: &mut cells,
                number,
            };
            if seq.next_element_seed(seed)?.is_none() {
                return Ok(number);
            }
            number += 1;
        }
    }
}

/// Reads one row. The vector for cells is reused for the next row.
struct RowSeed<'r, 'de> {
    rows: &'r mut Rows,
    out: &'r mut Vec<u8>,
    cells: &'r mut Vec<&'de str>,
    number: usize,
}

impl<'de> DeserializeSeed<'de> for RowSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for RowSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    /// To kubectl this is an empty row.
    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        self.cells.clear();
        let written = self
            .rows
            .row(self.cells, &ObjectHead::default(), "null", self.out);
        written.map_err(|error| E::custom(format_args!("row {}: {error}", self.number)))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let Self {
            rows,
            out,
            cells,
            number,
        } = self;
        cells.clear();
        let mut head = ObjectHead::default();
        let mut whole = "null";
        let mut duplicate = None;
        let (mut has_cells, mut has_object) = (false, false);
        while let Some(key) = map.next_key::<Str<'de>>()? {
            match key.as_str() {
                "cells" => {
                    if std::mem::replace(&mut has_cells, true) {
                        duplicate = Some("cells");
                    }
                    // Cells beyond the columns are not used.
                    map.next_value_seed(CellsSeed(cells, rows.most_cells()))?;
                }
                "object" => {
                    if std::mem::replace(&mut has_object, true) {
                        duplicate = Some("object");
                    }
                    let metadata = if rows.needs_objects() {
                        // The server has sent the whole object, which is parsed once more.
                        let raw: &'de RawValue = map.next_value()?;
                        whole = raw.get();
                        metadata_of(whole).map_err(M::Error::custom)?
                    } else {
                        let MaybeObject(object) = map.next_value()?;
                        object.and_then(|object| object.metadata)
                    };
                    if let Some(metadata) = metadata {
                        head = metadata.into();
                    }
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let written = match duplicate {
            Some(field) => Err(serde_json::Error::duplicate_field(field)),
            None => rows.row(cells, &head, whole, out),
        };
        written.map_err(|error| M::Error::custom(format_args!("row {number}: {error}")))
    }
}

/// Reads the cells of a row, up to a number; null is none.
struct CellsSeed<'r, 'de>(&'r mut Vec<&'de str>, usize);

impl<'de> DeserializeSeed<'de> for CellsSeed<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for CellsSeed<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of cells")
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> Result<(), S::Error> {
        let Self(cells, most) = self;
        while cells.len() < most {
            match seq.next_element::<&RawValue>()? {
                Some(cell) => cells.push(cell.get()),
                None => return Ok(()),
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}
