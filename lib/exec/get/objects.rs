//! Makes Object records of plain JSON lists and objects, or Row records if a server has no Tables.

mod items;
mod shape;

pub use shape::{AnswerShape, is_table, shape};

use super::age;
use super::json::{member_span, write_in_line, write_string};
use super::record_identity::{RecordIdentity, SeenObjects};
use super::sort::SortKey;
use super::table::{ObjectHead, Page, Rows};
use crate::json::Unusual;
use crate::jsonpath::Fields;
use items::{ListItem, each_item, is_empty, with_type};
use serde::de::Error as _;
use serde_json::{Error, Result};
use std::sync::Arc;

/// Writes whole objects byte for byte, but without managedFields, which kubectl does not show either unless it is told to,
/// and with the apiVersion and kind that a list states for all its items.
pub struct Objects {
    sort_by: Option<Arc<SortKey>>,
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    seen: SeenObjects,
    keep_managed: bool,
    /// The fields of each object that are written; `None` is all.
    trim: Option<Arc<Fields>>,
    /// How many have been written.
    pub items: u64,
    /// How many of them have the field of `--sort-by`.
    pub sortable: u64,
}

impl Objects {
    /// Writes objects of one type of one cluster: with or without managedFields, and whole or only some fields of each. An
    /// object that is not spelled as API servers do is always written whole.
    pub fn new(identity: &RecordIdentity<'_>, keep_managed: bool, trim: Option<Arc<Fields>>) -> Self {
        Self {
            sort_by: identity.sort_by.clone(),
            sortable: 0,
            keep_managed,
            trim,
            prefix: identity.prefix(crate::record::OBJECT),
            suffix: identity.suffix(),
            seen: SeenObjects::default(),
            items: 0,
        }
    }

    /// Forgets which objects have been written.
    pub fn forget(&mut self) {
        self.seen = SeenObjects::default();
    }

    /// From now on skips objects that have been written already. See [`SeenObjects::start_again`].
    pub fn start_again(&mut self) -> bool {
        self.seen.start_again()
    }

    /// Writes the objects of a list.
    ///
    /// # Errors
    /// A malformed object; the other objects have been written, as far as they can be found.
    pub fn list(&mut self, text: &str, out: &mut Vec<u8>) -> Result<Page> {
        each_item(text, |item, text, type_| self.item(item, text, type_, out))
    }

    /// Writes one object.
    ///
    /// # Errors
    /// A malformed object.
    pub fn object(&mut self, text: &str, out: &mut Vec<u8>) -> Result<()> {
        let text = text.trim();
        let item = serde_json::from_str(text)?;
        self.item(&item, text, b"", out)
    }

    /// Writes one item. `type_` is written in front of an item that has neither apiVersion nor kind.
    fn item(&mut self, item: &ListItem<'_>, text: &str, type_: &[u8], out: &mut Vec<u8>) -> Result<()> {
        // Serde would read an array as a struct, too.
        if text.starts_with('[') {
            return Err(Error::custom("no object with metadata"));
        }
        let head = item.metadata.unwrap_or_default();
        if self.seen.is_known(head.namespace(), head.name()) {
            return Ok(());
        }
        let start = out.len();
        let written = self.record(text, item, &head, type_, out);
        match &written {
            Ok(sortable) => {
                self.items += 1;
                self.sortable += u64::from(*sortable);
            }
            Err(_) => out.truncate(start),
        }
        written.map(drop)
    }

    fn record(
        &self,
        text: &str,
        item: &ListItem<'_>,
        head: &ObjectHead<'_>,
        type_: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        out.extend_from_slice(&self.prefix);
        if let Some(namespace) = head.namespace() {
            out.extend_from_slice(b",\"namespace\":");
            write_string(out, namespace)?;
        }
        out.extend_from_slice(b",\"name\":");
        write_string(out, head.name())?;
        out.extend_from_slice(b",\"object\":{");
        let lacks_type = !item.is_typed() && !type_.is_empty();
        if lacks_type {
            out.extend_from_slice(type_);
        }
        self.write_members(text, head, lacks_type, out);
        let sortable = match &self.sort_by {
            Some(key) if lacks_type && key.is_about_type() => key.write(&with_type(text, type_), out)?,
            Some(key) => key.write(text, out)?,
            None => false,
        };
        out.extend_from_slice(&self.suffix);
        Ok(sortable)
    }

    /// Writes the members of an object and its closing brace. `is_behind` means that other members were written before.
    fn write_members(&self, text: &str, head: &ObjectHead<'_>, is_behind: bool, out: &mut Vec<u8>) {
        let start = out.len();
        let is_behind = is_behind && !is_empty(text);
        if is_behind {
            out.push(b',');
        }
        if let Some(fields) = &self.trim {
            match fields.write(text, out) {
                Ok(true) => return out.push(b'}'),
                Ok(false) => {
                    out.truncate(start);
                    return out.push(b'}');
                }
                Err(Unusual) => out.truncate(start + usize::from(is_behind)),
            }
        }
        let mut rest = &text[1..];
        if let Some(managed) = head.managed()
            && !self.keep_managed
        {
            let cut = member_span(text, managed);
            write_in_line(out, &text[1..cut.start]);
            rest = &text[cut.end..];
        }
        write_in_line(out, rest);
    }
}

/// Writes rows of NAME and AGE, as kubectl prints plain objects.
///
/// # Errors
/// A malformed object; the rows before it have been written.
pub fn plain_rows(rows: &mut Rows, text: &str, shape: &AnswerShape, out: &mut Vec<u8>) -> Result<Page> {
    if *shape == AnswerShape::Object {
        plain_row(rows, &serde_json::from_str(text)?, text, out)?;
        return Ok(Page::default());
    }
    let needs_type = rows.sorts_by_type();
    each_item(text, |item, text, type_| {
        let typed = (needs_type && !item.is_typed()).then(|| with_type(text, type_));
        plain_row(rows, item, typed.as_deref().unwrap_or(text), out)
    })
}

/// Writes one row. `text` is the item's, with its type if rows are sorted by that.
fn plain_row(rows: &mut Rows, item: &ListItem<'_>, text: &str, out: &mut Vec<u8>) -> Result<()> {
    let head = item.metadata.unwrap_or_default();
    let name = crate::json::unquote(head.name());
    let created = head.created().map(crate::json::unquote);
    let age = age::since(created.as_deref());
    rows.plain_row(&head, &[("NAME", &name), ("AGE", &age)], text, out)
}

#[cfg(test)]
mod tests;
