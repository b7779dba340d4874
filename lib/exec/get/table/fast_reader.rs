//! Reads Tables that are spelled as API servers spell them, in a third of the time that serde takes; anything else is
//! left to serde.

use super::head::{ListHead, ObjectHead, Page};
use super::reader::{TableSeed, metadata_of};
use super::rows::Rows;
use crate::json::{Members, Unusual};
use serde::de::DeserializeSeed as _;

impl Rows {
    /// Writes the rows of one Table.
    ///
    /// # Errors
    /// A malformed Table; the rows before the malformed part have been written.
    pub fn table(&mut self, text: &str, out: &mut Vec<u8>) -> serde_json::Result<Page> {
        let mut written = 0;
        if let Ok(page) = read(self, text, out, &mut written) {
            return Ok(page);
        }
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let seed = TableSeed {
            rows: self,
            out,
            written,
        };
        let page = seed.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(page)
    }
}

/// Reads a Table, and counts the rows that it has written: after [`Unusual`], serde skips these.
fn read(rows: &mut Rows, text: &str, out: &mut Vec<u8>, written: &mut usize) -> Result<Page, Unusual> {
    let mut page = Page::default();
    let (mut has_columns, mut has_rows) = (false, false);
    let mut table = Members::checked(text.trim_end_matches([' ', '\n', '\r', '\t']))?;
    while let Some(key) = table.next_key()? {
        match key {
            "metadata" => {
                let head = serde_json::from_str::<Option<ListHead<'_>>>(table.value()?);
                page = head.map_err(|_| Unusual)?.unwrap_or_default().into_page();
            }
            "columnDefinitions" => {
                let definitions = serde_json::from_str(table.value()?).map_err(|_| Unusual)?;
                rows.define_columns(&definitions);
                has_columns = true;
            }
            "rows" if has_columns && !has_rows => {
                has_rows = true;
                let mut list = table.open_list().ok_or(Unusual)?;
                let mut cells = Vec::new();
                while list.next_element()? {
                    read_row(rows, &mut list, &mut cells, out)?;
                    *written += 1;
                }
                table.close(list);
            }
            "rows" => return Err(Unusual),
            _ => {
                table.value()?;
            }
        }
    }
    page.items = *written;
    Ok(page)
}

/// Reads and writes the next row of a list.
fn read_row<'a>(
    rows: &mut Rows,
    list: &mut Members<'a>,
    cells: &mut Vec<&'a str>,
    out: &mut Vec<u8>,
) -> Result<(), Unusual> {
    let mut row = list.open().ok_or(Unusual)?;
    cells.clear();
    let mut head = ObjectHead::default();
    let mut whole = "null";
    let (mut has_cells, mut has_object) = (false, false);
    while let Some(key) = row.next_key()? {
        match key {
            "cells" if !std::mem::replace(&mut has_cells, true) => {
                let most = rows.most_cells();
                let mut values = row.open_list().ok_or(Unusual)?;
                while values.next_element()? {
                    let cell = values.value()?;
                    if cells.len() < most {
                        cells.push(cell);
                    }
                }
                row.close(values);
            }
            "object" if !std::mem::replace(&mut has_object, true) => {
                if rows.needs_objects() {
                    whole = row.value()?;
                    let metadata = metadata_of(whole).map_err(|_| Unusual)?;
                    head = metadata.map(Into::into).unwrap_or_default();
                } else {
                    head = read_metadata(&mut row)?;
                }
            }
            "cells" | "object" => return Err(Unusual),
            _ => {
                row.value()?;
            }
        }
    }
    list.close(row);
    // serde meets the same error again, and says which row has it.
    rows.row(cells, &head, whole, out).map_err(|_| Unusual)
}

/// Reads the metadata of the object that is the value of a row's last key.
fn read_metadata<'a>(row: &mut Members<'a>) -> Result<ObjectHead<'a>, Unusual> {
    let mut metadata = None;
    let mut object = row.open().ok_or(Unusual)?;
    while let Some(key) = object.next_key()? {
        if key != "metadata" {
            object.value()?;
        } else if metadata.replace(ObjectHead::skim(&mut object)?).is_some() {
            return Err(Unusual);
        }
    }
    row.close(object);
    Ok(metadata.unwrap_or_default())
}

#[cfg(test)]
mod tests;
