//! The body of a watch: a JSON object an event, a line each (apimachinery `meta/v1` WatchEvent).

use super::super::json::{object_or_none, text_or_none};
use super::super::list::Expected;
use super::super::objects::is_table;
use super::super::server::protocol;
use crate::connect::{Error, status};
use crate::record::{Event, Str};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The longest event that is read, in bytes: etcd stores no object that comes near it.
const LONGEST: usize = 64 << 20;

/// Makes lines of pieces.
#[derive(Debug, Default)]
pub struct Lines {
    begun: Vec<u8>,
    /// Where in it no newline has been looked for yet.
    looked: usize,
}

impl Lines {
    /// Takes a piece.
    pub fn feed(&mut self, piece: &[u8]) {
        self.begun.extend_from_slice(piece);
    }

    /// The next whole line that is not blank; `None` where more has to come first.
    ///
    /// # Errors
    /// A line that is too long, or no text.
    pub fn next(&mut self) -> Result<Option<String>, Error> {
        loop {
            let newline = self.begun[self.looked..].iter().position(|byte| *byte == b'\n');
            let Some(newline) = newline else {
                self.looked = self.begun.len();
                if self.looked > LONGEST {
                    return Err(protocol(format!("an event is longer than {} MiB", LONGEST >> 20)));
                }
                return Ok(None);
            };
            let rest = self.begun.split_off(self.looked + newline + 1);
            let line = std::mem::replace(&mut self.begun, rest);
            self.looked = 0;
            let line = String::from_utf8(line).map_err(|_| protocol("an event is not UTF-8"))?;
            if !line.trim().is_empty() {
                return Ok(Some(line));
            }
        }
    }
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
    /// Of a kind that this release does not know.
    Unknown,
}

impl<'a> Frame<'a> {
    /// Reads a line.
    ///
    /// # Errors
    /// What is no event.
    pub fn parse(line: &'a str) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        struct Line<'a> {
            #[serde(borrow, rename = "type")]
            type_: Str<'a>,
            #[serde(borrow)]
            object: &'a RawValue,
        }
        let line: Line<'_> = serde_json::from_str(line)?;
        let object = line.object.get();
        Ok(match line.type_.as_str() {
            "ADDED" => Frame::Event(Event::Added, object),
            "MODIFIED" => Frame::Event(Event::Modified, object),
            "DELETED" => Frame::Event(Event::Deleted, object),
            "BOOKMARK" => match Metas::parse(object, Expected::One)?.version() {
                Some(version) => Frame::Bookmark(version),
                None => Frame::Unknown,
            },
            "ERROR" => Frame::Error(error(object)?),
            _ => Frame::Unknown,
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
                let rows: Option<Vec<TableRow<'_>>> = serde_json::from_str(rows.map_or("[]", RawValue::get))?;
                let meta = |row: TableRow<'a>| row.object.unwrap_or_default().metadata.unwrap_or_default();
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
    fn lines_come_whole_however_they_were_cut() {
        let mut lines = Lines::default();
        for byte in b"\n{\"a\":1}\n\n{\"b" {
            assert!(lines.begun.len() < 16);
            lines.feed(&[*byte]);
        }
        assert_eq!(lines.next().unwrap().as_deref(), Some("{\"a\":1}\n"));
        assert_eq!(lines.next().unwrap(), None);
        lines.feed(b"\":2}\n\xff\n");
        assert_eq!(lines.next().unwrap().as_deref(), Some("{\"b\":2}\n"));
        assert!(lines.next().is_err(), "not UTF-8");
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
        assert!(matches!(
            Frame::parse(r#"{"type":"LATER","object":{}}"#).unwrap(),
            Frame::Unknown
        ));
        assert!(Frame::parse("{}").is_err());
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
