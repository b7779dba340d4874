//! Lists of any API, read leniently: in chunks, item by item, with limits on their size.
//!
//! Hubs are not trusted. An item that cannot be read costs that item and not the list, and a list that does not end is
//! cut off.

use super::names::quoted;
use crate::connect::Error;
use crate::percent;
use crate::record::{Reason, Str};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// How many objects are requested at once: kubectl's chunk size.
const CHUNK: usize = 500;

/// The largest chunk that is read, in bytes.
const MAX_CHUNK: usize = 64 << 20;

/// The largest list that is read if all objects come at once, in bytes.
const MAX_WHOLE: usize = 256 << 20;

/// The largest object, in bytes. etcd's limit is 1.5 MiB.
const MAX_OBJECT: usize = 4 << 20;

/// Answers list requests: an API server, or a test.
pub trait Pages {
    /// Sends a GET for a path and query, and reads an answer of at most `limit` bytes.
    ///
    /// # Errors
    /// There is no answer, or the answer is an error.
    fn page(&mut self, path_and_query: &str, limit: usize) -> impl Future<Output = Result<Vec<u8>, Error>>;
}

/// Reads the objects of a list one by one.
pub trait ItemReader {
    /// The kind of the objects, for messages, and because an empty list may have nothing but its kind.
    const KIND: &'static str;

    /// The fields of an object that are read.
    type ListItem<'a>: Deserialize<'a>;

    /// Forgets all objects, because the list starts again.
    fn restart(&mut self);

    /// Reads an object.
    ///
    /// # Errors
    /// The whole list is unusable. If only this object is, it is reported with [`left_out`](Self::left_out).
    fn read(&mut self, item: Self::ListItem<'_>, place: &ItemPlace<'_>) -> Result<(), String>;

    /// Reports an object that is left out.
    fn left_out(&mut self, problem: String);
}

/// An item of a list, as messages name it: by its kind and name if it has one, else by its index. It can be any JSON.
pub struct ItemPlace<'a> {
    kind: &'static str,
    item: &'a RawValue,
    index: usize,
}

impl fmt::Display for ItemPlace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[derive(Deserialize)]
        struct NamedObject<'a> {
            #[serde(borrow)]
            metadata: ObjectName<'a>,
        }
        #[derive(Deserialize)]
        struct ObjectName<'a> {
            #[serde(borrow, default)]
            name: Option<&'a RawValue>,
            #[serde(borrow, default)]
            namespace: Option<&'a RawValue>,
        }
        let object = serde_json::from_str::<NamedObject<'_>>(self.item.get()).ok();
        let names = object.map(|NamedObject { metadata }| {
            (
                metadata.namespace.and_then(as_text),
                metadata.name.and_then(as_text),
            )
        });
        match names {
            Some((Some(namespace), Some(name))) => {
                write!(f, "{} {}", self.kind, quoted(&format!("{namespace}/{name}")))
            }
            Some((None, Some(name))) => write!(f, "{} {}", self.kind, quoted(&name)),
            _ => write!(f, "item {} of the hub's list", self.index),
        }
    }
}

/// Returns the path of a type's list. Types without namespaces have no `namespace`.
pub fn path(group_version: &str, namespace: Option<&str>, plural: &str) -> String {
    let namespace = namespace
        .map(|namespace| format!("namespaces/{namespace}/"))
        .unwrap_or_default();
    format!("/apis/{group_version}/{namespace}{plural}")
}

/// Reads a whole list in chunks. If the server has forgotten the list in the meantime, all of it is requested again in
/// one piece, as kubectl's pager does.
///
/// # Errors
/// Those of `pages`; the answer is not such a list, or does not end.
pub async fn read<R: ItemReader>(pages: &mut impl Pages, path: &str, reader: &mut R) -> Result<(), Error> {
    let mut token = String::new();
    let mut index = 0;
    loop {
        let query = if token.is_empty() {
            format!("{path}?limit={CHUNK}")
        } else {
            format!("{path}?limit={CHUNK}&continue={}", percent::encode(&token))
        };
        let body = match pages.page(&query, MAX_CHUNK).await {
            Err(error) if error.is_expired() && !token.is_empty() => {
                reader.restart();
                read_page(&pages.page(path, MAX_WHOLE).await?, reader, &mut 0)?;
                return Ok(());
            }
            answer => answer?,
        };
        let next = read_page(&body, reader, &mut index)?;
        if next.is_empty() {
            return Ok(());
        }
        if next == token {
            return Err(not_a_list::<R>("it repeats a chunk of the list"));
        }
        token = next;
    }
}

fn not_a_list<R: ItemReader>(problem: impl fmt::Display) -> Error {
    let plural = match R::KIND.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{}s", R::KIND),
    };
    Error::new(
        Reason::Protocol,
        format!("the answer is not a list of {plural}: {problem}"),
    )
}

#[derive(Deserialize)]
struct ListFields<'a> {
    #[serde(borrow, default)]
    kind: Option<Str<'a>>,
    #[serde(borrow, default)]
    metadata: Option<ListMeta<'a>>,
    // Parsed item by item, so that a hostile list never takes more memory than its text.
    #[serde(borrow, default)]
    items: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct ListMeta<'a> {
    #[serde(borrow, default, rename = "continue")]
    token: Option<Str<'a>>,
}

/// Reads one chunk of a list, and returns the token for the next one. It is empty at the end. `index` counts the items
/// of all chunks.
pub(super) fn read_page<R: ItemReader>(
    body: &[u8],
    reader: &mut R,
    index: &mut usize,
) -> Result<String, Error> {
    let text = String::from_utf8_lossy(body);
    let list: ListFields<'_> = serde_json::from_str(&text).map_err(not_a_list::<R>)?;
    match list.items {
        Some(items) => {
            let mut error = None;
            let each = |item: &RawValue| {
                error = read_item(item, *index, reader).err();
                *index += 1;
                error.is_none()
            };
            let mut items = serde_json::Deserializer::from_str(items.get());
            let read = Each(each).deserialize(&mut items);
            if let Some(problem) = error {
                return Err(not_a_list::<R>(problem));
            }
            read.map_err(not_a_list::<R>)?;
        }
        // Go writes an empty list as null.
        None if list.kind.as_deref().and_then(|kind| kind.strip_suffix("List")) == Some(R::KIND) => {}
        None => return Err(not_a_list::<R>("it has no items")),
    }
    let token = list.metadata.and_then(|metadata| metadata.token);
    Ok(token.map(|token| token.0.into_owned()).unwrap_or_default())
}

fn read_item<R: ItemReader>(item: &RawValue, index: usize, reader: &mut R) -> Result<(), String> {
    if item.get().len() > MAX_OBJECT {
        let limit = MAX_OBJECT >> 20;
        reader.left_out(format!(
            "item {index} of the hub's list is left out: it is larger than {limit} MiB"
        ));
        return Ok(());
    }
    let place = ItemPlace {
        kind: R::KIND,
        item,
        index,
    };
    match serde_json::from_str::<R::ListItem<'_>>(item.get()) {
        Ok(item) => reader.read(item, &place),
        Err(error) => {
            reader.left_out(format!("{place} is left out: {error}"));
            Ok(())
        }
    }
}

/// Calls a function for each item of an array until it returns false.
struct Each<F>(F);

impl<'de, F: FnMut(&'de RawValue) -> bool> DeserializeSeed<'de> for Each<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&'de RawValue) -> bool> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            if !(self.0)(item) {
                break;
            }
        }
        Ok(())
    }
}

/// Returns a JSON value as text: a string without its quotes, anything else as its JSON, `None` for null.
pub fn as_text(value: &RawValue) -> Option<Str<'_>> {
    match value.get() {
        "null" => None,
        string if string.starts_with('"') => {
            // A string that is valid JSON but not valid Unicode (half a surrogate pair) stays as it is.
            Some(serde_json::from_str(string).unwrap_or(Str::from(string)))
        }
        other => Some(Str::from(other)),
    }
}
