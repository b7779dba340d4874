//! Reads a list item by item.

use crate::exec::get::json::{self, write_string};
use crate::exec::get::table::{ListHead, ObjectHead, Page};
use crate::json::{Members, Unusual, text_of};
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::value::RawValue;
use serde_json::{Error, Result};
use std::borrow::Cow;
use std::ops::Range;

/// A list without its items, which are read separately.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListBody<'a> {
    #[serde(borrow)]
    api_version: Option<&'a RawValue>,
    #[serde(borrow)]
    kind: Option<crate::record::Str<'a>>,
    #[serde(borrow)]
    metadata: Option<ListHead<'a>>,
    #[serde(default, rename = "items")]
    _items: Option<Vec<IgnoredAny>>,
}

impl ListBody<'_> {
    /// Returns the apiVersion and kind of its items, which may leave them out, as members of an object.
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

/// Adds its type to the text of an object that lacks it.
pub fn with_type(text: &str, type_: &[u8]) -> String {
    let comma = if is_empty(text) { "" } else { "," };
    format!("{{{}{comma}{}", String::from_utf8_lossy(type_), &text[1..])
}

/// Returns whether an object has no members.
pub fn is_empty(object: &str) -> bool {
    object.trim_ascii_end().len() <= 2 || object[1..].trim_ascii_start().starts_with('}')
}

/// The parts of an item of a list that are read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListItem<'a> {
    #[serde(borrow, default, deserialize_with = "text_of")]
    pub api_version: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "text_of")]
    pub kind: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "json::object_or_none")]
    pub metadata: Option<ObjectHead<'a>>,
}

impl<'a> ListItem<'a> {
    /// Returns whether the item has an apiVersion or a kind.
    pub fn is_typed(&self) -> bool {
        self.api_version.is_some() || self.kind.is_some()
    }

    /// Reads the item that begins at a place in a list's text, if it is spelled as API servers do, and returns its range.
    /// Serde takes several times as long.
    pub fn skim(text: &'a str, at: usize) -> std::result::Result<(Self, Range<usize>), Unusual> {
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

/// Calls `take` for each item of a list with the item, its text, and its type as members for an item that lacks one. Like
/// kubectl, it treats an item that is null as an object without members.
///
/// The bytes are scanned once: cutting out the items first and then reading each would scan them twice, and that is most of
/// the cost of a big list. Nothing is collected: for a list of millions of empty objects that would take many times its
/// size.
///
/// # Errors
/// The first item that cannot be taken; those after it have been taken. Otherwise a malformed list.
pub fn each_item<'a>(
    text: &'a str,
    mut take: impl FnMut(&ListItem<'a>, &'a str, &[u8]) -> Result<()>,
) -> Result<Page> {
    let Some(start) = items_start(text) else {
        let list: ListBody<'_> = serde_json::from_str(text)?;
        return Ok(list.metadata.unwrap_or_default().into_page());
    };
    let head = format!("{}]}}", &text[..start]);
    let head: ListBody<'_> = serde_json::from_str(&head)?;
    let type_ = match head.api_version.is_some() && head.kind.is_some() {
        true => head.type_of_items()?,
        // API servers write these before the items, but JSON allows for any order.
        false => match items_end(text, start) {
            Ok(end) => serde_json::from_str::<ListBody<'_>>(&frame(text, start, end))?.type_of_items()?,
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
            "null" => take(&ListItem::default(), "{}", &type_),
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
    let list: ListBody<'_> = serde_json::from_str(&frame)?;
    Ok(Page {
        items: number,
        ..list.metadata.unwrap_or_default().into_page()
    })
}

/// Returns a list without its items, which are between two places.
fn frame(text: &str, start: usize, end: usize) -> String {
    format!("{}{}", &text[..start], text[end..].trim_start())
}

/// Returns where the last item ends.
fn items_end(text: &str, start: usize) -> Result<usize> {
    let mut at = start;
    while let Some((_, range)) = next_item(text, at, at == start)? {
        at = range.end;
    }
    Ok(at)
}

/// Returns where the items begin, after the bracket. There may be none.
pub fn items_start(text: &str) -> Option<usize> {
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
    // Reading stops at the items, before the end, which serde reports as an error.
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

/// Returns the next item of a list, or why it is malformed, and its range; `None` at the list's end.
///
/// # Errors
/// A malformed list, in which the following items cannot be found.
fn next_item(text: &str, mut at: usize, first: bool) -> Result<Option<(Result<ListItem<'_>>, Range<usize>)>> {
    at += blanks(&text[at..]);
    match text.as_bytes().get(at) {
        Some(b']') => return Ok(None),
        Some(b',') if !first => at += 1,
        _ if first => (),
        Some(_) => return Err(Error::custom("no comma before it")),
        None => return Err(Error::custom("the list ends before it")),
    }
    at += blanks(&text[at..]);
    if let Ok((item, range)) = ListItem::skim(text, at) {
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

/// Returns how many bytes of white space a text begins with.
fn blanks(text: &str) -> usize {
    text.len() - text.trim_ascii_start().len()
}
