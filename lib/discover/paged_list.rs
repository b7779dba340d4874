//! Lists of any API, read tolerantly: in chunks, item by item, with bounded sizes.
//!
//! What a hub sends is not trusted: an item that cannot be read is its own loss and never the list's, and a
//! list that never ends is ended.

use super::gathering::quoted;
use crate::connect::Error;
use crate::percent;
use crate::record::{Reason, Str};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// How many objects are asked for at once: kubectl's chunk size.
const CHUNK: usize = 500;

/// The largest answer that is read, in bytes.
const MAX_PAGE: usize = 64 << 20;

/// The largest answer where all objects come at once, in bytes.
const MAX_WHOLE: usize = 256 << 20;

/// The largest object, in bytes. etcd takes 1.5 MiB.
const MAX_OBJECT: usize = 4 << 20;

/// What answers list requests: a cluster, or a test.
pub trait Pages {
    /// Asks for a path and query, and reads an answer of at most `limit` bytes.
    ///
    /// # Errors
    /// No answer, or one that is an error.
    fn page(&mut self, path_and_query: &str, limit: usize) -> impl Future<Output = Result<Vec<u8>, Error>>;
}

/// What the objects of a list are taken in by.
pub trait Taker {
    /// Their kind, `ClusterProfile`: for messages, and because an empty list may be told by it alone.
    const KIND: &'static str;

    /// Forgets what came: the list starts anew.
    fn start_over(&mut self);

    /// Takes one object in.
    ///
    /// # Errors
    /// A list that must not go on. An object that is unfit is none: it is to be reported with
    /// [`left_out`](Self::left_out).
    fn take(&mut self, item: &RawValue, index: usize) -> Result<(), String>;

    /// Reports an object that is not listed.
    fn left_out(&mut self, problem: String);
}

/// The path of a type's list. `namespace` is for types that have one.
pub fn path(group_version: &str, namespace: Option<&str>, plural: &str) -> String {
    let namespace = namespace
        .map(|namespace| format!("namespaces/{namespace}/"))
        .unwrap_or_default();
    format!("/apis/{group_version}/{namespace}{plural}")
}

/// Reads a whole list, in chunks. When the server has forgotten it while it was being read, everything is
/// asked for again at once, as kubectl's pager does.
///
/// # Errors
/// What `pages` returns, and answers that are not such a list, or that never end.
pub async fn read<T: Taker>(pages: &mut impl Pages, path: &str, taker: &mut T) -> Result<(), Error> {
    let mut token = String::new();
    let mut index = 0;
    loop {
        let query = if token.is_empty() {
            format!("{path}?limit={CHUNK}")
        } else {
            format!("{path}?limit={CHUNK}&continue={}", percent::encode(&token))
        };
        let body = match pages.page(&query, MAX_PAGE).await {
            Err(error) if error.is_expired() && !token.is_empty() => {
                taker.start_over();
                read_page(&pages.page(path, MAX_WHOLE).await?, taker, &mut 0)?;
                return Ok(());
            }
            answer => answer?,
        };
        let next = read_page(&body, taker, &mut index)?;
        if next.is_empty() {
            return Ok(());
        }
        if next == token {
            return Err(protocol::<T>("it repeats a chunk of the list"));
        }
        token = next;
    }
}

fn protocol<T: Taker>(problem: impl fmt::Display) -> Error {
    let plural = match T::KIND.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{}s", T::KIND),
    };
    Error::new(
        Reason::Protocol,
        format!("the answer is not a list of {plural}: {problem}"),
    )
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow, default)]
    kind: Option<Str<'a>>,
    #[serde(borrow, default)]
    metadata: Option<ListMeta<'a>>,
    // Read item by item, so that a hostile list is never held as more than its text.
    #[serde(borrow, default)]
    items: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct ListMeta<'a> {
    #[serde(borrow, default, rename = "continue")]
    token: Option<Str<'a>>,
}

/// Takes in a chunk of the list; gives the token for the next one, empty at the end. `index` counts the
/// items over all chunks.
pub(super) fn read_page<T: Taker>(body: &[u8], taker: &mut T, index: &mut usize) -> Result<String, Error> {
    let text = String::from_utf8_lossy(body);
    let list: List<'_> = serde_json::from_str(&text).map_err(protocol::<T>)?;
    match list.items {
        Some(items) => {
            let mut error = None;
            let each = |item: &RawValue| {
                if item.get().len() > MAX_OBJECT {
                    taker.left_out(format!(
                        "item {index} of the hub's list is left out: it is larger than {} MiB",
                        MAX_OBJECT >> 20
                    ));
                } else if let Err(problem) = taker.take(item, *index) {
                    error = Some(problem);
                }
                *index += 1;
                error.is_none()
            };
            let mut items = serde_json::Deserializer::from_str(items.get());
            let read = Each(each).deserialize(&mut items);
            if let Some(problem) = error {
                return Err(protocol::<T>(problem));
            }
            read.map_err(protocol::<T>)?;
        }
        // Go writes an empty list as null.
        None if list.kind.as_deref().and_then(|kind| kind.strip_suffix("List")) == Some(T::KIND) => {}
        None => return Err(protocol::<T>("it has no items")),
    }
    let token = list.metadata.and_then(|metadata| metadata.token);
    Ok(token.map(|token| token.0.into_owned()).unwrap_or_default())
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

/// `metadata` of any object, as far as it matters.
#[derive(Default, Deserialize)]
pub struct Meta<'a> {
    /// Its name.
    #[serde(borrow, default)]
    pub name: Option<Str<'a>>,
    /// Its namespace.
    #[serde(borrow, default)]
    pub namespace: Option<Str<'a>>,
    /// Its labels.
    #[serde(borrow, default)]
    pub labels: Option<BTreeMap<Str<'a>, &'a RawValue>>,
    /// When it was created, which nobody but the API server can say.
    #[serde(borrow, default, rename = "creationTimestamp")]
    pub created: Option<&'a RawValue>,
}

/// What to call an item in a message, whatever else is wrong with it.
pub fn place(kind: &str, item: &RawValue, index: usize) -> String {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        metadata: Place<'a>,
    }
    #[derive(Deserialize)]
    struct Place<'a> {
        #[serde(borrow, default)]
        name: Option<&'a RawValue>,
        #[serde(borrow, default)]
        namespace: Option<&'a RawValue>,
    }
    let Ok(Named { metadata }) = serde_json::from_str(item.get()) else {
        return format!("item {index} of the hub's list");
    };
    match (metadata.namespace.and_then(text), metadata.name.and_then(text)) {
        (_, None) => format!("item {index} of the hub's list"),
        (None, Some(name)) => format!("{kind} {}", quoted(&name)),
        (Some(namespace), Some(name)) => format!("{kind} {}", quoted(&format!("{namespace}/{name}"))),
    }
}

/// A value as text: strings as such, everything else as its JSON; null is no value.
pub fn text(value: &RawValue) -> Option<Str<'_>> {
    match value.get() {
        "null" => None,
        string if string.starts_with('"') => {
            // A string that JSON allows and Unicode does not (half a surrogate pair) stays as it is.
            Some(serde_json::from_str(string).unwrap_or(Str::from(string)))
        }
        other => Some(Str::from(other)),
    }
}

/// Labels and their kind; a value that is no string counts as its JSON text.
pub fn strings<'a>(values: BTreeMap<Str<'a>, &'a RawValue>) -> BTreeMap<Str<'a>, Str<'a>> {
    values
        .into_iter()
        .filter_map(|(key, value)| Some((key, text(value)?)))
        .collect()
}

/// JSON without its line breaks, which can stand only between its tokens: a record is one line.
pub fn one_line(json: &str) -> Cow<'_, str> {
    if json.contains(['\n', '\r']) {
        Cow::Owned(json.replace(['\n', '\r'], " "))
    } else {
        Cow::Borrowed(json)
    }
}
