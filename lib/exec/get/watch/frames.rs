//! The body of a watch: a JSON object an event (apimachinery `meta/v1` WatchEvent). API servers write a line each, but that
//! is not what tells them apart.

use super::super::json::{object_or_none, text_or_none};
use super::super::list::Expected;
use super::super::objects::is_table;
use crate::apiserver::server::protocol;
use crate::connect::{Error, status};
use crate::record::{Event, Str};
use memchr::memchr2;
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;

/// The longest event that is read, in bytes: etcd stores no object that comes near it.
const LONGEST: usize = 64 << 20;

/// The buffer that is kept for the next events, in bytes.
const MOST_KEPT: usize = 1 << 20;

/// Makes JSON objects of pieces.
#[derive(Debug, Default)]
pub struct Objects {
    bytes: Vec<u8>,
    /// Where the object that has begun begins, or the next one at the earliest.
    start: usize,
    /// Up to where it has been looked at.
    at: usize,
    /// How many brackets are open there.
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Objects {
    /// Takes a piece.
    pub fn feed(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.start);
        self.at -= self.start;
        self.start = 0;
        if self.bytes.is_empty() && self.bytes.capacity() > MOST_KEPT {
            self.bytes = Vec::new();
        }
        self.bytes.extend_from_slice(piece);
    }

    /// Returns whether an object has begun and not come to its end.
    pub fn has_begun(&self) -> bool {
        self.depth > 0
    }

    /// The next whole object; `None` where more has to come first.
    ///
    /// # Errors
    /// A frame that is no object, too long, or no text.
    pub fn next(&mut self) -> Result<Option<String>, Error> {
        if self.depth == 0 {
            let rest = &self.bytes[self.at..];
            let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace());
            self.at += blanks.count();
            self.start = self.at;
            match self.bytes.get(self.at) {
                None => return Ok(None),
                Some(b'{') => (),
                Some(_) => return Err(no_event(&self.bytes[self.at..])),
            }
        }
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                _ if std::mem::take(&mut self.escaped) => (),
                _ if self.in_string => {
                    let rest = &self.bytes[self.at..];
                    let Some(end) = memchr2(b'"', b'\\', rest) else {
                        self.at = self.bytes.len();
                        break;
                    };
                    self.at += end;
                    self.in_string = rest[end] != b'"';
                    self.escaped = self.in_string;
                }
                b'"' => self.in_string = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth -= 1,
                _ => (),
            }
            self.at += 1;
            if self.depth == 0 {
                let object = self.bytes[self.start..self.at].to_vec();
                self.start = self.at;
                let object = String::from_utf8(object).map_err(|_| protocol("an event is not UTF-8"))?;
                return Ok(Some(object));
            }
        }
        match self.at - self.start > LONGEST {
            true => Err(protocol(format!("an event is longer than {} MiB", LONGEST >> 20))),
            false => Ok(None),
        }
    }
}

fn no_event(bytes: &[u8]) -> Error {
    let begin = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
    let begin: String = begin.chars().take(20).collect();
    protocol(format!("its watch sends {begin:?} where an event should be"))
}

/// One event.
#[derive(Debug)]
pub enum Frame<'a> {
    /// Something happened to an object: that object, or a Table of it, as JSON text.
    Event(Event, &'a str),
    /// All events up to this version have come.
    Bookmark(String),
    /// The server has no more to say, and why.
    Error(Error),
}

impl<'a> Frame<'a> {
    /// Reads an object.
    ///
    /// # Errors
    /// What is no event.
    pub fn parse(text: &'a str) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Any<'a> {
            #[serde(borrow, default, rename = "type")]
            type_: Option<Str<'a>>,
            #[serde(borrow, default, deserialize_with = "text_or_none")]
            kind: Option<Str<'a>>,
            #[serde(borrow, default)]
            object: Option<&'a RawValue>,
        }
        let Any { type_, kind, object } = serde_json::from_str(text)?;
        let (Some(type_), Some(object)) = (type_, object) else {
            return Err(serde_json::Error::custom(match kind {
                Some(kind) => format!("a {kind} where an event should be"),
                None => "neither type nor object".to_owned(),
            }));
        };
        let object = object.get();
        Ok(match type_.as_str() {
            "ADDED" => Frame::Event(Event::Added, object),
            "MODIFIED" => Frame::Event(Event::Modified, object),
            "DELETED" => Frame::Event(Event::Deleted, object),
            "BOOKMARK" => match Metas::parse(object, Expected::One)?.version() {
                Some(version) => Frame::Bookmark(version),
                None => return Err(serde_json::Error::custom("a bookmark of no version")),
            },
            "ERROR" => Frame::Error(error(object)?),
            // As with kubectl: nobody knows what has happened.
            other => {
                let other: String = other.chars().take(20).collect();
                return Err(serde_json::Error::custom(format_args!("its type is {other:?}")));
            }
        })
    }
}

fn error(object: &str) -> serde_json::Result<Error> {
    #[derive(Deserialize)]
    struct Code {
        #[serde(default)]
        code: u16,
    }
    let Code { code } = serde_json::from_str(object)?;
    // A Status without a code is the server's fault.
    let code = if code < 400 { 500 } else { code };
    Ok(status::error(
        "",
        code,
        Some("application/json"),
        object.as_bytes(),
    ))
}

/// What tells one state of an object from another.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta<'a> {
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    uid: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    namespace: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    name: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    resource_version: Option<Str<'a>>,
}

impl Meta<'_> {
    /// What stays the same for as long as the object lives: its UID. Some types that are served by others
    /// than the API server have none; then it is the name.
    pub fn key(&self) -> String {
        match &self.uid {
            Some(uid) if !uid.is_empty() => uid.to_string(),
            _ => {
                let text =
                    |text: &Option<Str<'_>>| text.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{}/{}", text(&self.namespace), text(&self.name))
            }
        }
    }

    /// Its resourceVersion; empty for none.
    pub fn version(&self) -> &str {
        self.resource_version.as_ref().map_or("", Str::as_str)
    }
}

/// The metadata of all objects of an answer, be it a Table, a List or one object.
#[derive(Debug)]
pub struct Metas<'a> {
    /// In order.
    pub objects: Vec<Meta<'a>>,
    /// The answer's own.
    own: Meta<'a>,
}

#[derive(Default, Deserialize)]
struct Holder<'a> {
    #[serde(borrow, default, deserialize_with = "object_or_none")]
    metadata: Option<Meta<'a>>,
}

#[derive(Deserialize)]
struct TableRow<'a> {
    #[serde(borrow, default, deserialize_with = "object_or_none")]
    object: Option<Holder<'a>>,
}

impl<'a> Metas<'a> {
    /// Reads JSON text.
    ///
    /// # Errors
    /// What is malformed.
    pub fn parse(text: &'a str, expected: Expected) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Any<'a> {
            #[serde(borrow, default)]
            kind: Option<Str<'a>>,
            #[serde(borrow, default, deserialize_with = "text_or_none")]
            api_version: Option<Str<'a>>,
            #[serde(borrow, default, deserialize_with = "object_or_none")]
            metadata: Option<Meta<'a>>,
            #[serde(borrow, default)]
            rows: Option<&'a RawValue>,
            #[serde(borrow, default)]
            items: Option<&'a RawValue>,
        }
        let any: Any<'_> = serde_json::from_str(text)?;
        let own = any.metadata.unwrap_or_default();
        let kind = any.kind.unwrap_or_default();
        let objects: Vec<Meta<'_>> = match (kind.as_str(), any.rows, any.items) {
            (kind, rows, _) if is_table(kind, any.api_version.as_deref()) => {
                let rows: Option<Vec<Option<TableRow<'_>>>> =
                    serde_json::from_str(rows.map_or("[]", RawValue::get))?;
                let meta = |row: Option<TableRow<'a>>| {
                    let object = row.and_then(|row| row.object);
                    object.and_then(|object| object.metadata).unwrap_or_default()
                };
                rows.unwrap_or_default().into_iter().map(meta).collect()
            }
            (kind, _, Some(items)) if expected == Expected::List && kind.ends_with("List") => {
                let items: Option<Vec<Option<Holder<'_>>>> = serde_json::from_str(items.get())?;
                let meta = |item: Option<Holder<'a>>| item.unwrap_or_default().metadata.unwrap_or_default();
                items.unwrap_or_default().into_iter().map(meta).collect()
            }
            _ => {
                return Ok(Self {
                    objects: vec![own],
                    own: Meta::default(),
                });
            }
        };
        Ok(Self { objects, own })
    }

    /// How far a watch is that has got this.
    pub fn version(&self) -> Option<String> {
        let of_object = self.objects.last().map_or("", Meta::version);
        let version = if of_object.is_empty() {
            self.own.version()
        } else {
            of_object
        };
        (!version.is_empty()).then(|| version.to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn events_come_whole_however_they_were_cut() {
        let text = "\n{\"a\":\"}\\\"{\\\\\"}\n\n{\"b\":\r\n [{}]}{\"c\":1}\n{\"d";
        for size in [1, 2, 3, 7, 100] {
            let mut objects = Objects::default();
            let mut found = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                objects.feed(piece);
                while let Some(object) = objects.next().unwrap() {
                    found.push(object);
                }
            }
            assert_eq!(
                found,
                ["{\"a\":\"}\\\"{\\\\\"}", "{\"b\":\r\n [{}]}", "{\"c\":1}"],
                "{size}"
            );
            assert!(objects.has_begun());
        }
        let mut objects = Objects::default();
        objects.feed(b"{\"b\":\"\xff\"}\n");
        assert!(objects.next().is_err(), "not UTF-8");
    }

    #[test]
    fn what_cannot_be_an_event_is_refused_at_its_first_byte() {
        for (text, said) in [
            (
                " <!DOCTYPE html><html>",
                r#"its watch sends "<!DOCTYPE html><html" where"#,
            ),
            ("[{}]", r#"its watch sends "[{}]" where"#),
            ("upstream error", "its watch sends"),
            ("\u{1b}[2J", "its watch sends \"\\u{1b}[2J\""),
        ] {
            let mut objects = Objects::default();
            objects.feed(text.as_bytes());
            let error = objects.next().unwrap_err();
            assert_eq!(error.reason, crate::record::Reason::Protocol);
            assert!(error.message.starts_with(said), "{}", error.message);
        }
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut objects = Objects::default();
        objects.feed(b"{\"type\":\"ADDED\",\"object\":\"");
        let piece = vec![b'x'; 1 << 20];
        let mut fed = 0;
        while objects.next().is_ok() {
            objects.feed(&piece);
            fed += piece.len();
            assert!(fed <= LONGEST + (2 << 20));
        }
    }

    /// As 1.36 writes them.
    #[test]
    fn frames() {
        let table = r#"{"type":"BOOKMARK","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"7"},"columnDefinitions":null,"rows":[{"cells":["",""],"object":{"kind":"PartialObjectMetadata","metadata":{"resourceVersion":"7"}}}]}}"#;
        assert!(matches!(Frame::parse(table).unwrap(), Frame::Bookmark(version) if version == "7"));
        let plain = r#"{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"8"}}}"#;
        assert!(matches!(Frame::parse(plain).unwrap(), Frame::Bookmark(version) if version == "8"));
        let gone = r#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (9)","reason":"Expired","code":410}}"#;
        match Frame::parse(gone).unwrap() {
            Frame::Error(error) => {
                assert_eq!(error.status, Some(410));
                assert_eq!(
                    error.message,
                    "Error from server (Expired): too old resource version: 1 (9)"
                );
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(
            Frame::parse(r#"{"type":"DELETED","object":{"metadata":{"name":"x"}}}"#).unwrap(),
            Frame::Event(Event::Deleted, r#"{"metadata":{"name":"x"}}"#)
        ));
        for (bad, said) in [
            (r#"{"type":"LATER","object":{}}"#, "its type is \"LATER\""),
            (
                r#"{"kind":"Table","rows":[]}"#,
                "a Table where an event should be",
            ),
            (r#"{"type":"BOOKMARK","object":{}}"#, "a bookmark of no version"),
            (r#"{"type":"ADDED"}"#, "neither type nor object"),
            ("{}", "neither type nor object"),
        ] {
            let error = Frame::parse(bad).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }

    #[test]
    fn objects_without_a_uid_go_by_their_name() {
        let metas =
            Metas::parse(r#"{"kind":"XList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"a","namespace":"n"}},{"metadata":{"name":"b","uid":"u"}}]}"#, Expected::List)
                .unwrap();
        let keys: Vec<String> = metas.objects.iter().map(Meta::key).collect();
        assert_eq!(keys, ["n/a", "u"]);
        assert_eq!(metas.version().as_deref(), Some("5"));
    }
}
