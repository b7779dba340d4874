//! Doubles for tests: an output that can be read, and an API server that answers what it is told.

#![allow(clippy::unwrap_used)]

use crate::apiserver::budget::Budget;
use crate::apiserver::query_state::QueryState;
use crate::apiserver::server::{Incoming, Reply, Server};
use crate::connect::{Error, status};
use crate::exec::fanout::output::{Sink, Written};
use crate::exec::fanout::progress::Line;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use std::cell::RefCell;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// An output that others can read.
#[derive(Clone, Default)]
pub struct Shared(pub Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    /// What has been written.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The same, a line each.
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }
}

/// A sink into memory. Nobody ever waits for it: where time is paused it runs on while anybody waits for
/// another thread.
pub fn sink() -> (Sink, Written, Shared) {
    let shared = Shared::default();
    let (sink, written) =
        Sink::with_queue(Box::new(shared.clone()), Arc::new(Line::default()), 10_000).unwrap();
    (sink, written, shared)
}

/// Runs something that hands lines over, and returns what it returns and the lines.
pub async fn written<T>(work: impl AsyncFnOnce(&Sink, &QueryState) -> T) -> (T, Vec<String>) {
    let (sink, written, shared) = sink();
    let state = QueryState::new(
        "c1".into(),
        std::rc::Rc::default(),
        Arc::new(Budget::default()).share(),
    );
    let outcome = work(&sink, &state).await;
    drop(sink);
    written.await.unwrap().unwrap();
    (outcome, shared.lines())
}

/// An API server; remembers what it was asked.
pub struct Fake<F> {
    answer: F,
    asked: RefCell<Vec<String>>,
}

impl<F: Fn(&str, &str, Option<&str>) -> Reply> Fake<F> {
    /// Answers by path, Accept and If-None-Match.
    pub fn new(answer: F) -> Self {
        Self {
            answer,
            asked: RefCell::default(),
        }
    }

    /// The paths it was asked since the last time.
    pub fn asked(&self) -> Vec<String> {
        self.asked.take()
    }
}

/// An answer that is there at once.
pub struct Whole(Option<Bytes>);

impl Incoming for Whole {
    async fn next(&mut self) -> Result<Option<Bytes>, Error> {
        Ok(self.0.take())
    }
}

impl<F: Fn(&str, &str, Option<&str>) -> Reply> Server for Fake<F> {
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

impl<S: Server> Server for &S {
    type Incoming = S::Incoming;

    async fn open(&self, path: &str, accept: &str) -> Result<S::Incoming, Error> {
        (*self).open(path, accept).await
    }

    async fn get(&self, path: &str, accept: &str, etag: Option<&str>) -> Result<Reply, Error> {
        (*self).get(path, accept, etag).await
    }
}

/// An answer of JSON.
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

/// The same with an entity tag.
pub fn tagged(etag: &str, body: &str) -> Reply {
    let mut reply = json(200, body);
    reply
        .headers
        .insert(header::ETAG, HeaderValue::from_str(etag).unwrap());
    reply
}

/// A recorded answer of a real API server.
pub fn recorded(file: &str) -> String {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/recorded/");
    std::fs::read_to_string(format!("{dir}{file}")).unwrap()
}
