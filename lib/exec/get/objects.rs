//! From plain JSON lists and objects to Object records, or to Row records where a server has no Tables.

use super::age;
use super::json::{self, member_span, write_in_line, write_string};
use super::sort::SortKey;
use super::subject::{Seen, Subject};
use super::table::{ListHead, ObjectHead, Page, Rows};
use crate::json::{Members, Unusual, text_of};
use crate::jsonpath::Fields;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::value::RawValue;
use serde_json::{Error, Result};
use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

/// Writes whole objects, all bytes as they came, except for managedFields, which kubectl does not show
/// either unless it is told to, and what a list says for all its items: apiVersion and kind.
pub struct Objects {
    sort_by: Option<Arc<SortKey>>,
    prefix: Vec<u8>,
    suffix: Vec<u8>,
    seen: Seen,
    keep_managed: bool,
    /// What is written of each; `None` is all.
    trim: Option<Arc<Fields>>,
    /// How many have been written.
    pub items: u64,
    /// How many of them have what they are to be sorted by.
    pub sortable: u64,
}

/// What a list says of itself. Its items are read apart from it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List<'a> {
    #[serde(borrow)]
    api_version: Option<&'a RawValue>,
    #[serde(borrow)]
    kind: Option<crate::record::Str<'a>>,
    #[serde(borrow)]
    metadata: Option<ListHead<'a>>,
    #[serde(default, rename = "items")]
    _items: Option<Vec<IgnoredAny>>,
}

impl List<'_> {
    /// The members that say of what type its items are, which need not say so themselves.
    fn type_of_items(&self) -> Result<Vec<u8>> {
        let kind = self.kind.as_deref().unwrap_or_default();
        let kind = kind.strip_suffix("List").unwrap_or(kind);
        let mut type_ = b"\"apiVersion\":".to_vec();
        match self.api_version {
            Some(version) => write_string(&mut type_, version.get())?,
            None => type_.extend_from_slice(b"\"\""),
        }
        type_.extend_from_slice(b",\"kind\":");
        json::quote(&mut type_, kind);
        Ok(type_)
    }
}

/// The text of an object that has a name and lacks its type, with it.
fn with_type(text: &str, type_: &[u8]) -> String {
    format!("{{{},{}", String::from_utf8_lossy(type_), &text[1..])
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow, default, deserialize_with = "text_of")]
    api_version: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "text_of")]
    kind: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "json::object_or_null")]
    metadata: Option<ObjectHead<'a>>,
}

impl<'a> Item<'a> {
    /// Whether it says anything of its type.
    fn is_typed(&self) -> bool {
        self.api_version.is_some() || self.kind.is_some()
    }

    /// The item that begins at a place in a list's text, if it is spelled as API servers do, and where it stands.
    /// Serde takes several times as long.
    fn skim(text: &'a str, at: usize) -> std::result::Result<(Self, Range<usize>), Unusual> {
        let mut members = Members::within(text, at)?;
        let (mut api_version, mut kind, mut metadata) = (None, None, None);
        while let Some(key) = members.next_key()? {
            let is_again = match key {
                "apiVersion" => api_version.replace(members.value()?).is_some(),
                "kind" => kind.replace(members.value()?).is_some(),
                "metadata" => metadata.replace(ObjectHead::skim(&mut members)?).is_some(),
                _ => {
                    members.value()?;
                    false
                }
            };
            if is_again {
                return Err(Unusual);
            }
        }
        let range = members.range(at)?;
        let is_some = |text: &&str| *text != "null";
        let item = Self {
            api_version: api_version.filter(is_some),
            kind: kind.filter(is_some),
            metadata,
        };
        Ok((item, range))
    }
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

/// What an answer of JSON is. Only as much of it is read as it takes to tell.
///
/// # Errors
/// What is no JSON object.
pub fn shape(text: &str) -> Result<Shape> {
    let mut head = Head::default();
    let outcome = serde_json::Deserializer::from_str(text).deserialize_map(&mut head);
    if let Some(shape) = head.shape() {
        return Ok(shape);
    }
    outcome?;
    match head.kind.unwrap_or_default().as_str() {
        kind @ ("" | "Status") => Err(Error::custom(format_args!("its kind is {kind:?}"))),
        _ => Ok(Shape::Object),
    }
}

/// What tells a list from an object.
#[derive(Default)]
struct Head<'a> {
    kind: Option<crate::record::Str<'a>>,
    has_items: bool,
}

impl Head<'_> {
    /// As soon as it is certain. API servers write the kind first, and the items last.
    fn shape(&self) -> Option<Shape> {
        match self.kind.as_deref()? {
            "Table" => Some(Shape::Table),
            "" | "Status" => None,
            kind if kind.ends_with("List") => self.has_items.then_some(Shape::List),
            _ => Some(Shape::Object),
        }
    }
}

impl<'de> Visitor<'de> for &mut Head<'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<(), M::Error> {
        while let Some(key) = map.next_key::<crate::record::Str<'_>>()? {
            match key.as_str() {
                "kind" if self.kind.is_some() => return Err(M::Error::duplicate_field("kind")),
                "kind" => self.kind = map.next_value()?,
                "items" if self.kind.is_some() => self.has_items = true,
                "items" => {
                    self.has_items = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if self.shape().is_some() {
                return Ok(());
            }
        }
        Ok(())
    }
}

impl Objects {
    /// For one type of one cluster; with or without managedFields, and whole or only some fields of each. One that is
    /// not spelled as API servers spell them is written whole in any case.
    pub fn new(subject: &Subject<'_>, keep_managed: bool, trim: Option<Arc<Fields>>) -> Self {
        Self {
            sort_by: subject.sort_by.clone(),
            sortable: 0,
            keep_managed,
            trim,
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
        let (items, frame, broken) = take_apart(text)?;
        let list: List<'_> = serde_json::from_str(&frame)?;
        let type_ = list.type_of_items()?;
        for (number, (item, text)) in items.iter().enumerate() {
            self.item(item, text, &type_, out)
                .map_err(|error| Error::custom(format_args!("item {number}: {error}")))?;
        }
        match broken {
            Some(error) => Err(error),
            None => Ok(list.metadata.unwrap_or_default().into_page()),
        }
    }

    /// Writes one object.
    ///
    /// # Errors
    /// What is malformed.
    pub fn object(&mut self, text: &str, out: &mut Vec<u8>) -> Result<()> {
        let text = text.trim();
        let item = serde_json::from_str(text)?;
        self.item(&item, text, b"", out)
    }

    /// `type_` is what is put before an item that says neither its version nor its kind.
    fn item(&mut self, item: &Item<'_>, text: &str, type_: &[u8], out: &mut Vec<u8>) -> Result<()> {
        // To serde a list is as good as an object.
        if text.starts_with('[') {
            return Err(Error::custom("no object with metadata"));
        }
        let head = item.metadata.unwrap_or_default();
        let Some(name) = head.name() else {
            return Err(Error::custom("no metadata.name"));
        };
        if self.seen.is_known(head.namespace(), name) {
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

    /// Writes the members of an object, behind others or not, and the closing brace.
    fn write_members(&self, text: &str, head: &ObjectHead<'_>, is_behind: bool, out: &mut Vec<u8>) {
        let start = out.len();
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
        // An object that has a name is not empty.
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

type ItemText<'a> = (Item<'a>, &'a str);

/// Takes a list apart: its items, the list without them, and what is wrong behind the last of them.
///
/// The bytes are gone over once: to cut out the items first and then look into each would be twice, and
/// that is most of what a big list costs.
fn take_apart(text: &str) -> Result<(Vec<ItemText<'_>>, Cow<'_, str>, Option<Error>)> {
    let Some(start) = items_start(text) else {
        return Ok((Vec::new(), Cow::Borrowed(text), None));
    };
    let mut items = Vec::new();
    let mut at = start;
    loop {
        match next_item(text, at, items.is_empty()) {
            Ok(Some((item, range))) => {
                at = range.end;
                items.push((item, &text[range]));
            }
            Ok(None) => {
                let frame = format!("{}{}", &text[..start], text[at..].trim_start());
                return Ok((items, Cow::Owned(frame), None));
            }
            Err(error) => {
                let error = Error::custom(format_args!("item {}: {error}", items.len()));
                // What came before it shall not be lost.
                return Ok((items, Cow::Owned(format!("{}]}}", &text[..start])), Some(error)));
            }
        }
    }
}

/// Where the items begin: behind the bracket. There may be none.
fn items_start(text: &str) -> Option<usize> {
    struct Find<'f, 'de>(&'f mut Option<&'de str>);

    impl<'de> Visitor<'de> for Find<'_, 'de> {
        type Value = ();

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("a list")
        }

        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<(), M::Error> {
            while let Some(key) = map.next_key::<crate::record::Str<'de>>()? {
                if let Cow::Borrowed(key @ "items") = key.0 {
                    *self.0 = Some(key);
                    return Ok(());
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }

    let mut key = None;
    // It stops where the items are, which is before the end.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(Find(&mut key));
    let mut at = json::span(text, key?).end + 1;
    for token in [b':', b'['] {
        at += blanks(&text[at..]);
        if text.as_bytes().get(at) != Some(&token) {
            return None;
        }
        at += 1;
    }
    Some(at)
}

/// The next item of a list and where it stands; none at the list's end.
fn next_item(text: &str, mut at: usize, first: bool) -> Result<Option<(Item<'_>, Range<usize>)>> {
    at += blanks(&text[at..]);
    match text.as_bytes().get(at) {
        Some(b']') => return Ok(None),
        Some(b',') if !first => at += 1,
        _ if first => (),
        Some(_) => return Err(Error::custom("no comma before it")),
        None => return Err(Error::custom("the list ends before it")),
    }
    at += blanks(&text[at..]);
    if let Ok(item) = Item::skim(text, at) {
        return Ok(Some(item));
    }
    let mut items = serde_json::Deserializer::from_str(&text[at..]).into_iter();
    match items.next() {
        Some(item) => Ok(Some((item?, at..at + items.byte_offset()))),
        None => Err(Error::custom("the list ends before it")),
    }
}

/// How many bytes of white space there are.
fn blanks(text: &str) -> usize {
    text.len() - text.trim_ascii_start().len()
}

/// Writes rows of plain objects as kubectl prints what a server has no Table for: NAME and AGE.
///
/// # Errors
/// What is malformed; the rows before that have been written.
pub fn plain_rows(rows: &mut Rows, text: &str, shape: &Shape, out: &mut Vec<u8>) -> Result<Page> {
    if *shape == Shape::Object {
        plain_row(rows, &serde_json::from_str(text)?, text, out)?;
        return Ok(Page::default());
    }
    let (items, frame, broken) = take_apart(text)?;
    let list: List<'_> = serde_json::from_str(&frame)?;
    let type_ = match rows.sorts_by_type() {
        true => Some(list.type_of_items()?),
        false => None,
    };
    for (number, (item, text)) in items.iter().enumerate() {
        let typed = type_.as_deref().filter(|_| !item.is_typed());
        let typed = typed.map(|type_| with_type(text, type_));
        plain_row(rows, item, typed.as_deref().unwrap_or(text), out)
            .map_err(|error| Error::custom(format_args!("item {number}: {error}")))?;
    }
    if let Some(error) = broken {
        return Err(error);
    }
    Ok(list.metadata.unwrap_or_default().into_page())
}

/// `text` is the item's, with its type where rows are sorted by that.
fn plain_row(rows: &mut Rows, item: &Item<'_>, text: &str, out: &mut Vec<u8>) -> Result<()> {
    let head = item.metadata.unwrap_or_default();
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
