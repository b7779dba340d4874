//! The body of a watch: one JSON object for each event (apimachinery `meta/v1` WatchEvent). API servers write one on each
//! line, but lines are not what separates them.

use crate::apiserver::protocol::protocol;
use crate::connect::{Error, status};
use crate::exec::get::json::text_or_none;
use crate::exec::get::reader::Expected;
use crate::exec::get::tracker::Metas;
use crate::record::{Event, Str};
use memchr::memchr2;
use serde::Deserialize;
use serde::de::Error as _;
use serde_json::value::RawValue;

/// The longest event that is read, in bytes. No object that etcd stores comes near it.
const LONGEST: usize = 64 << 20;

/// The largest buffer that is kept for the next events, in bytes.
const MOST_KEPT: usize = 1 << 20;

/// Splits the body of a watch, which comes in pieces, into JSON objects.
#[derive(Debug, Default)]
pub struct EventSplitter {
    bytes: Vec<u8>,
    /// Where the current object begins, or the next one at the earliest.
    start: usize,
    /// How far the bytes have been scanned.
    at: usize,
    /// How many brackets are open at `at`.
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl EventSplitter {
    /// Adds a piece.
    pub fn feed(&mut self, piece: &[u8]) {
        self.bytes.drain(..self.start);
        self.at -= self.start;
        self.start = 0;
        if self.bytes.is_empty() && self.bytes.capacity() > MOST_KEPT {
            self.bytes = Vec::new();
        }
        self.bytes.extend_from_slice(piece);
    }

    /// Returns whether an object has begun and is not complete.
    pub fn has_begun(&self) -> bool {
        self.depth > 0
    }

    /// Returns the next whole object; `None` if more pieces are needed.
    ///
    /// # Errors
    /// Something that is not an object, too long, or not UTF-8.
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
pub enum WatchEvent<'a> {
    /// Something happened to an object, which is here as JSON text, or a Table of it.
    Object(Event, &'a str),
    /// All events up to this version have been sent.
    Bookmark(String),
    /// The server ends the watch with an error.
    Error(Error),
}

impl<'a> WatchEvent<'a> {
    /// Reads one event.
    ///
    /// # Errors
    /// Text that is not an event.
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
            "ADDED" => WatchEvent::Object(Event::Added, object),
            "MODIFIED" => WatchEvent::Object(Event::Modified, object),
            "DELETED" => WatchEvent::Object(Event::Deleted, object),
            "BOOKMARK" => match Metas::parse(object, Expected::One)?.version() {
                Some(version) => WatchEvent::Bookmark(version),
                None => return Err(serde_json::Error::custom("a bookmark of no version")),
            },
            "ERROR" => WatchEvent::Error(error(object)?),
            // Like kubectl: it is not known what has happened.
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
    // A Status without a code counts as an internal error.
    let code = if code < 400 { 500 } else { code };
    Ok(status::error(
        "",
        code,
        Some("application/json"),
        object.as_bytes(),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn events_come_whole_however_they_were_cut() {
        let text = "\n{\"a\":\"}\\\"{\\\\\"}\n\n{\"b\":\r\n [{}]}{\"c\":1}\n{\"d";
        for size in [1, 2, 3, 7, 100] {
            let mut splitter = EventSplitter::default();
            let mut found = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                splitter.feed(piece);
                while let Some(object) = splitter.next().unwrap() {
                    found.push(object);
                }
            }
            assert_eq!(
                found,
                ["{\"a\":\"}\\\"{\\\\\"}", "{\"b\":\r\n [{}]}", "{\"c\":1}"],
                "{size}"
            );
            assert!(splitter.has_begun());
        }
        let mut splitter = EventSplitter::default();
        splitter.feed(b"{\"b\":\"\xff\"}\n");
        assert!(splitter.next().is_err(), "not UTF-8");
    }

    #[test]
    fn a_body_that_is_no_event_is_refused_at_its_first_byte() {
        for (text, said) in [
            (
                " <!DOCTYPE html><html>",
                r#"its watch sends "<!DOCTYPE html><html" where"#,
            ),
            ("[{}]", r#"its watch sends "[{}]" where"#),
            ("upstream error", "its watch sends"),
            ("\u{1b}[2J", "its watch sends \"\\u{1b}[2J\""),
        ] {
            let mut splitter = EventSplitter::default();
            splitter.feed(text.as_bytes());
            let error = splitter.next().unwrap_err();
            assert_eq!(error.reason, crate::record::Reason::Protocol);
            assert!(error.message.starts_with(said), "{}", error.message);
        }
    }

    #[test]
    fn an_event_without_end_is_refused() {
        let mut splitter = EventSplitter::default();
        splitter.feed(b"{\"type\":\"ADDED\",\"object\":\"");
        let piece = vec![b'x'; 1 << 20];
        let mut fed = 0;
        while splitter.next().is_ok() {
            splitter.feed(&piece);
            fed += piece.len();
            assert!(fed <= LONGEST + (2 << 20));
        }
    }

    #[test]
    fn events_are_parsed() {
        let table = r#"{"type":"BOOKMARK","object":{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"7"},"columnDefinitions":null,"rows":[{"cells":["",""],"object":{"kind":"PartialObjectMetadata","metadata":{"resourceVersion":"7"}}}]}}"#;
        assert!(matches!(WatchEvent::parse(table).unwrap(), WatchEvent::Bookmark(version) if version == "7"));
        let plain = r#"{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"8"}}}"#;
        assert!(matches!(WatchEvent::parse(plain).unwrap(), WatchEvent::Bookmark(version) if version == "8"));
        let gone = r#"{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old resource version: 1 (9)","reason":"Expired","code":410}}"#;
        match WatchEvent::parse(gone).unwrap() {
            WatchEvent::Error(error) => {
                assert_eq!(error.status, Some(410));
                assert_eq!(
                    error.message,
                    "Error from server (Expired): too old resource version: 1 (9)"
                );
            }
            other => panic!("{other:?}"),
        }
        assert!(matches!(
            WatchEvent::parse(r#"{"type":"DELETED","object":{"metadata":{"name":"x"}}}"#).unwrap(),
            WatchEvent::Object(Event::Deleted, r#"{"metadata":{"name":"x"}}"#)
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
            let error = WatchEvent::parse(bad).unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
    }
}
