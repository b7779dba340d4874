//! From plain JSON lists and objects to Object records, or to Row records where a server has no Tables.

use super::age;
use super::json::{self, member_span, write_in_line, write_string};
use super::record_identity::{RecordIdentity, Seen};
use super::sort::SortKey;
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
        let version = self.api_version.map(RawValue::get);
        match version.filter(|version| version.starts_with('"')) {
            Some(version) => write_string(&mut type_, version)?,
            None => type_.extend_from_slice(b"\"\""),
        }
        type_.extend_from_slice(b",\"kind\":");
        json::quote(&mut type_, kind);
        Ok(type_)
    }
}

/// The text of an object that lacks its type, with it.
fn with_type(text: &str, type_: &[u8]) -> String {
    let comma = if is_empty(text) { "" } else { "," };
    format!("{{{}{comma}{}", String::from_utf8_lossy(type_), &text[1..])
}

/// Returns whether an object has no members.
fn is_empty(object: &str) -> bool {
    object.trim_ascii_end().len() <= 2 || object[1..].trim_ascii_start().starts_with('}')
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item<'a> {
    #[serde(borrow, default, deserialize_with = "text_of")]
    api_version: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "text_of")]
    kind: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "json::object_or_none")]
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
pub enum AnswerShape {
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
pub fn shape(text: &str) -> Result<AnswerShape> {
    let mut head = Head::default();
    let outcome = serde_json::Deserializer::from_str(text).deserialize_map(&mut head);
    if let Some(shape) = head.shape() {
        return Ok(shape);
    }
    if head.api_version.is_none() && head.kind.as_deref() == Some("Table") {
        return Ok(AnswerShape::Table);
    }
    outcome?;
    match head.kind.unwrap_or_default().as_str() {
        kind @ ("" | "Status") => Err(Error::custom(format_args!("its kind is {kind:?}"))),
        _ => Ok(AnswerShape::Object),
    }
}

/// Returns whether a kind and its apiVersion are those of the Table that an API server prints. Custom resources may
/// have a kind of the same name.
pub fn is_table(kind: &str, api_version: Option<&str>) -> bool {
    kind == "Table" && api_version.is_none_or(|version| version.starts_with("meta.k8s.io/"))
}

/// What tells a list from an object.
#[derive(Default)]
struct Head<'a> {
    kind: Option<crate::record::Str<'a>>,
    api_version: Option<crate::record::Str<'a>>,
    has_items: bool,
}

impl Head<'_> {
    /// As soon as it is certain. API servers write the kind first, and the items last.
    fn shape(&self) -> Option<AnswerShape> {
        match (self.kind.as_deref()?, self.api_version.as_deref()) {
            ("", _) | ("Table" | "Status", None) | ("Status", Some("v1")) => None,
            (kind, version) if is_table(kind, version) => Some(AnswerShape::Table),
            (kind, _) if kind.ends_with("List") => self.has_items.then_some(AnswerShape::List),
            _ => Some(AnswerShape::Object),
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
                "apiVersion" => self.api_version = map.next_value()?,
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
    pub fn new(subject: &RecordIdentity<'_>, keep_managed: bool, trim: Option<Arc<Fields>>) -> Self {
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

    /// From now on passes over what has been written already. Says whether that is known: see [`Seen::start_again`].
    pub fn start_again(&mut self) -> bool {
        self.seen.start_again()
    }

    /// Writes the objects of a list.
    ///
    /// # Errors
    /// An object that is malformed; the other objects have been written, as far as it can be told where they are.
    pub fn list(&mut self, text: &str, out: &mut Vec<u8>) -> Result<Page> {
        each_item(text, |item, text, type_| self.item(item, text, type_, out))
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
        item: &Item<'_>,
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

    /// Writes the members of an object, behind others or not, and the closing brace.
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

/// Goes through a list: hands over each item, its text, and the members that say of what type it is where it does not say
/// so itself. An item that is null is an object without members, as it is to kubectl.
///
/// The bytes are gone over once: to cut out the items first and then look into each would be twice, and that is most of
/// what a big list costs. Nothing is collected: a list of millions of empty objects would take many times its own size.
///
/// # Errors
/// The first item that cannot be taken; those after it have been handed over. Otherwise where the list is malformed.
fn each_item<'a>(
    text: &'a str,
    mut take: impl FnMut(&Item<'a>, &'a str, &[u8]) -> Result<()>,
) -> Result<Page> {
    let Some(start) = items_start(text) else {
        let list: List<'_> = serde_json::from_str(text)?;
        return Ok(list.metadata.unwrap_or_default().into_page());
    };
    let head = format!("{}]}}", &text[..start]);
    let head: List<'_> = serde_json::from_str(&head)?;
    let type_ = match head.api_version.is_some() && head.kind.is_some() {
        true => head.type_of_items()?,
        // API servers write these before the items, but JSON allows for any order.
        false => match items_end(text, start) {
            Ok(end) => serde_json::from_str::<List<'_>>(&frame(text, start, end))?.type_of_items()?,
            Err(_) => head.type_of_items()?,
        },
    };
    let mut at = start;
    let mut number = 0;
    let mut first_error = None;
    while let Some((item, range)) = next_item(text, at, number == 0)
        .map_err(|error| Error::custom(format_args!("item {number}: {error}")))?
    {
        at = range.end;
        let taken = match &text[range] {
            "null" => take(&Item::default(), "{}", &type_),
            text => item.and_then(|item| take(&item, text, &type_)),
        };
        if let Err(error) = taken
            && first_error.is_none()
        {
            first_error = Some(Error::custom(format_args!("item {number}: {error}")));
        }
        number += 1;
    }
    if let Some(error) = first_error {
        return Err(error);
    }
    let frame = frame(text, start, at);
    let list: List<'_> = serde_json::from_str(&frame)?;
    Ok(Page {
        items: number,
        ..list.metadata.unwrap_or_default().into_page()
    })
}

/// A list without its items, which stand between two places.
fn frame(text: &str, start: usize, end: usize) -> String {
    format!("{}{}", &text[..start], text[end..].trim_start())
}

/// Where the last item ends.
fn items_end(text: &str, start: usize) -> Result<usize> {
    let mut at = start;
    while let Some((_, range)) = next_item(text, at, at == start)? {
        at = range.end;
    }
    Ok(at)
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

/// The next item of a list, or why it is none, and where it stands; none at the list's end.
///
/// # Errors
/// A list that is malformed, so that nothing can be told of what follows.
fn next_item(text: &str, mut at: usize, first: bool) -> Result<Option<(Result<Item<'_>>, Range<usize>)>> {
    at += blanks(&text[at..]);
    match text.as_bytes().get(at) {
        Some(b']') => return Ok(None),
        Some(b',') if !first => at += 1,
        _ if first => (),
        Some(_) => return Err(Error::custom("no comma before it")),
        None => return Err(Error::custom("the list ends before it")),
    }
    at += blanks(&text[at..]);
    if let Ok((item, range)) = Item::skim(text, at) {
        return Ok(Some((Ok(item), range)));
    }
    let mut items = serde_json::Deserializer::from_str(&text[at..]).into_iter();
    match items.next() {
        Some(Ok(item)) => Ok(Some((Ok(item), at..at + items.byte_offset()))),
        Some(Err(error)) => {
            let mut values = serde_json::Deserializer::from_str(&text[at..]).into_iter::<IgnoredAny>();
            match values.next() {
                Some(Ok(_)) => Ok(Some((Err(error), at..at + values.byte_offset()))),
                _ => Err(error),
            }
        }
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

/// `text` is the item's, with its type where rows are sorted by that.
fn plain_row(rows: &mut Rows, item: &Item<'_>, text: &str, out: &mut Vec<u8>) -> Result<()> {
    let head = item.metadata.unwrap_or_default();
    let name = crate::json::unquote(head.name());
    let created = head.created().map(crate::json::unquote);
    let age = age::since(created.as_deref());
    rows.plain_row(&head, &[("NAME", &name), ("AGE", &age)], text, out)
}

#[cfg(test)]
mod tests;
