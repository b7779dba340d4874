//! An API server for tests that answers what it is told, and recorded answers of real ones.

#![allow(clippy::unwrap_used)]

use super::server::{ApiServer, Incoming, Reply};
use crate::connect::{Error, status};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use std::cell::RefCell;

/// An API server that remembers the requests that it got.
pub struct FakeServer<F> {
    answer: F,
    asked: RefCell<Vec<String>>,
}

impl<F: Fn(&str, &str, Option<&str>) -> Reply> FakeServer<F> {
    /// Answers by path, Accept and If-None-Match.
    pub fn new(answer: F) -> Self {
        Self {
            answer,
            asked: RefCell::default(),
        }
    }

    /// Returns the paths of the requests since the last call.
    pub fn asked(&self) -> Vec<String> {
        self.asked.take()
    }
}

/// An answer that is complete at once.
pub struct Whole(Option<Bytes>);

impl Incoming for Whole {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        Ok(self.0.take())
    }
}

impl<F: Fn(&str, &str, Option<&str>) -> Reply> ApiServer for FakeServer<F> {
    type Incoming = Whole;

    async fn open(&self, path: &str, accept: &str) -> Result<Whole, Error> {
        Ok(Whole(Some(self.get(path, accept, None).await?.body.into())))
    }

    async fn get(&self, path: &str, accept: &str, etag: Option<&str>) -> Result<Reply, Error> {
        self.asked.borrow_mut().push(path.to_owned());
        let reply = (self.answer)(path, accept, etag);
        match reply.status {
            400.. => {
                let content_type = reply.header(header::CONTENT_TYPE);
                Err(status::error(path, reply.status, content_type, &reply.body))
            }
            _ => Ok(reply),
        }
    }
}

/// Returns an answer of JSON.
pub fn json(status: u16, body: &str) -> Reply {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Reply {
        status,
        headers,
        body: body.into(),
        ..Reply::default()
    }
}

/// Returns an answer of JSON with an entity tag.
pub fn tagged(etag: &str, body: &str) -> Reply {
    let mut reply = json(200, body);
    reply
        .headers
        .insert(header::ETAG, HeaderValue::from_str(etag).unwrap());
    reply
}

/// Returns a recorded answer of a real API server.
pub fn recorded(file: &str) -> String {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/recorded/");
    std::fs::read_to_string(format!("{dir}{file}")).unwrap()
}
