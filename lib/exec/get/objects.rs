//! From plain JSON lists and objects to Object records, or to Row records where a server has no Tables.

use super::age;
use super::json::{self, member_span, span, write_in_line, write_string};
use super::sort::SortKey;
use super::subject::{Seen, Subject};
use super::table::{ListHead, ObjectHead, Page, Rows};
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;
use serde_json::{Error, Result};

/// Writes whole objects, all bytes as they came, except for managedFields, which kubectl does not show
/// either unless it is told to, and what a list says for all its items: apiVersion and kind.
pub struct Objects<'k> {
    sort_by: Option<&'k SortKey>,
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    seen: Seen,
    keep_managed: bool,
    /// How many have been written.
    pub items: u64,
    /// How many of them have what they are to be sorted by.
    pub sortable: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    #[serde(borrow)]
    api_version: Option<&'a RawValue>,
    #[serde(borrow)]
    kind: Option<crate::record::Str<'a>>,
    #[serde(borrow)]
    metadata: Option<ListHead<'a>>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow)]
    api_version: Option<&'a RawValue>,
    #[serde(borrow)]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Managed<'a> {
    #[serde(borrow)]
    managed_fields: Option<&'a RawValue>,
}

/// What an answer is.
#[derive(Debug, Eq, PartialEq)]
pub enum Shape {
    /// A Table.
    Table,
    /// A list of objects.
    List,
    /// One object.
    Object,
}

/// What an answer of JSON is.
///
/// # Errors
/// What is no JSON object.
pub fn shape(text: &str) -> Result<Shape> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(borrow)]
        kind: Option<crate::record::Str<'a>>,
        #[serde(borrow)]
        items: Option<&'a RawValue>,
    }
    // As every API server writes it.
    if text.starts_with("{\"kind\":\"Table\",") {
        return Ok(Shape::Table);
    }
    let head: Head<'_> = serde_json::from_str(text)?;
    let kind = head.kind.unwrap_or_default();
    Ok(match kind.as_str() {
        "Table" => Shape::Table,
        "" | "Status" => return Err(Error::custom(format_args!("its kind is {:?}", kind.as_str()))),
        kind if kind.ends_with("List") && head.items.is_some() => Shape::List,
        _ => Shape::Object,
    })
}

impl<'k> Objects<'k> {
    /// For one type of one cluster; with or without managedFields.
    pub fn new(subject: &Subject<'k>, keep_managed: bool) -> Self {
        Self {
            sort_by: subject.sort_by,
            sortable: 0,
            keep_managed,
            prefix: subject.prefix(crate::record::OBJECT),
            suffix: subject.suffix(),
            seen: Seen::default(),
            items: 0,
        }
    }

    /// Forgets what has been written.
    pub fn forget(&mut self) {
        self.seen = Seen::default();
    }

    /// From now on passes over what has been written already.
    pub fn start_again(&mut self) {
        self.seen.start_again();
    }

    /// Writes the objects of a list.
    ///
    /// # Errors
    /// What is malformed; the objects before that have been written.
    pub fn list(&mut self, text: &str, out: &mut Vec<u8>) -> Result<Page> {
        let list: List<'_> = serde_json::from_str(text)?;
        let kind = list.kind.unwrap_or_default();
        let kind = kind.strip_suffix("List").unwrap_or(&kind);
        let mut type_ = b"\"apiVersion\":".to_vec();
        match list.api_version {
            Some(version) => write_string(&mut type_, version.get())?,
            None => type_.extend_from_slice(b"\"\""),
        }
        type_.extend_from_slice(b",\"kind\":");
        json::quote(&mut type_, kind);
        for (number, item) in list.items.unwrap_or_default().into_iter().enumerate() {
            self.item(item.get(), &type_, out)
                .map_err(|error| Error::custom(format_args!("item {number}: {error}")))?;
        }
        Ok(list.metadata.unwrap_or_default().into_page())
    }

    /// Writes one object.
    ///
    /// # Errors
    /// What is malformed.
    pub fn object(&mut self, text: &str, out: &mut Vec<u8>) -> Result<()> {
        self.item(text.trim(), b"", out)
    }

    /// `type_` is what is put before an item that says neither its version nor its kind.
    fn item(&mut self, text: &str, type_: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let item: Item<'_> = serde_json::from_str(text)?;
        let metadata = item.metadata.map_or("{}", RawValue::get);
        // To serde a list is as good as an object.
        if !text.starts_with('{') || !metadata.starts_with('{') {
            return Err(Error::custom("no object with metadata"));
        }
        let head: ObjectHead<'_> = serde_json::from_str(metadata)?;
        let Some(name) = head.name() else {
            return Err(Error::custom("no metadata.name"));
        };
        if self.seen.is_known(head.namespace(), name) {
            return Ok(());
        }
        let start = out.len();
        let written = self.record(text, &item, &head, type_, out);
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
        item: &Item<'_>,
        head: &ObjectHead<'_>,
        type_: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<bool> {
        out.extend_from_slice(&self.prefix);
        for (key, value) in [("namespace", head.namespace()), ("name", head.name())] {
            if let Some(value) = value {
                out.extend_from_slice(format!(",\"{key}\":").as_bytes());
                write_string(out, value)?;
            }
        }
        out.extend_from_slice(b",\"object\":{");
        if item.api_version.is_none() && item.kind.is_none() && !type_.is_empty() {
            out.extend_from_slice(type_);
            // An object that has a name is not empty.
            out.push(b',');
        }
        let mut rest = &text[1..];
        if let Some(metadata) = item.metadata
            && !self.keep_managed
        {
            let managed: Managed<'_> = serde_json::from_str(metadata.get())?;
            if let Some(fields) = managed.managed_fields {
                let offset = span(text, metadata.get()).start;
                let cut = member_span(metadata.get(), fields.get());
                write_in_line(out, &text[1..offset + cut.start]);
                rest = &text[offset + cut.end..];
            }
        }
        write_in_line(out, rest);
        let sortable = match self.sort_by {
            Some(key) => key.write(text, out)?,
            None => false,
        };
        out.extend_from_slice(&self.suffix);
        Ok(sortable)
    }
}

/// Writes rows of plain objects as kubectl prints what a server has no Table for: NAME and AGE.
///
/// # Errors
/// What is malformed; the rows before that have been written.
pub fn plain_rows(rows: &mut Rows<'_>, text: &str, shape: &Shape, out: &mut Vec<u8>) -> Result<Page> {
    if *shape == Shape::Object {
        plain_row(rows, text, out)?;
        return Ok(Page::default());
    }
    let list: List<'_> = serde_json::from_str(text)?;
    for (number, item) in list.items.unwrap_or_default().into_iter().enumerate() {
        plain_row(rows, item.get(), out)
            .map_err(|error| Error::custom(format_args!("item {number}: {error}")))?;
    }
    Ok(list.metadata.unwrap_or_default().into_page())
}

fn plain_row(rows: &mut Rows<'_>, text: &str, out: &mut Vec<u8>) -> Result<()> {
    #[derive(Deserialize)]
    struct Object<'a> {
        #[serde(borrow)]
        metadata: Option<ObjectHead<'a>>,
    }
    let object: Object<'_> = serde_json::from_str(text)?;
    let head = object.metadata.unwrap_or_default();
    let name: crate::record::Str<'_> = match head.name() {
        Some(name) => serde_json::from_str(name)?,
        None => return Err(Error::custom("no metadata.name")),
    };
    let created: Option<String> = match head.created() {
        Some(created) => serde_json::from_str(created)?,
        None => None,
    };
    let age = age::since(created.as_deref());
    rows.plain_row(&head, &[("NAME", &name), ("AGE", &age)], text, out)
}

#[cfg(test)]
mod tests;
