//! The requests to every cluster, counted, for assertions and for `counters.json`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one cluster.
#[derive(Debug, Default)]
pub struct Counters {
    connections: AtomicU64,
    requests: AtomicU64,
    bytes: AtomicU64,
    paths: Mutex<BTreeMap<String, (u64, u64)>>,
    seen: Mutex<Vec<Request>>,
}

/// One request as it was received.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET` and so on.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Headers in order, tokens included: a test may ask whose credentials were sent where.
    pub headers: Vec<(String, String)>,
}

impl Request {
    /// A header's value, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }
}

/// How many requests all clusters of a fleet are answering at a time: from their heads on until their answers begin.
#[derive(Debug, Default)]
pub struct InFlight {
    now: AtomicU64,
    most: AtomicU64,
}

impl InFlight {
    /// The most so far.
    pub fn most(&self) -> u64 {
        self.most.load(Ordering::Relaxed)
    }

    /// Forgets the most.
    pub fn reset(&self) {
        self.most.store(0, Ordering::Relaxed);
    }

    /// Counts a request until what this returns is dropped.
    pub(super) fn begin(&self) -> impl Drop {
        struct Guard<'a>(&'a InFlight);
        impl Drop for Guard<'_> {
            fn drop(&mut self) {
                self.0.now.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
        Guard(self)
    }
}

impl Counters {
    /// Connections that were accepted.
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    /// Requests whose head was read.
    pub fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Bytes of bodies as sent, so after compression; what a fault sends is not counted.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Requests and bytes per path with its query.
    pub fn paths(&self) -> BTreeMap<String, (u64, u64)> {
        lock(&self.paths).clone()
    }

    /// The requests in order, if the spec asked to keep them.
    pub fn seen(&self) -> Vec<Request> {
        lock(&self.seen).clone()
    }

    /// Forgets everything, between two halves of a test.
    pub fn reset(&self) {
        for counter in [&self.connections, &self.requests, &self.bytes] {
            counter.store(0, Ordering::Relaxed);
        }
        lock(&self.paths).clear();
        lock(&self.seen).clear();
    }

    pub(super) fn connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn request(&self, request: &http::request::Parts, keep: bool) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if keep {
            let headers = request
                .headers
                .iter()
                .map(|(k, v)| {
                    (
                        k.as_str().to_owned(),
                        String::from_utf8_lossy(v.as_bytes()).into_owned(),
                    )
                })
                .collect();
            let (method, path) = (request.method.to_string(), request.uri.to_string());
            lock(&self.seen).push(Request {
                method,
                path,
                headers,
            });
        }
    }

    pub(super) fn sent(&self, path: &str, bytes: usize) {
        let bytes = bytes as u64;
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        let mut paths = lock(&self.paths);
        match paths.get_mut(path) {
            Some(entry) => {
                entry.0 += 1;
                entry.1 += bytes;
            }
            None => {
                paths.insert(path.to_owned(), (1, bytes));
            }
        }
    }

    /// One entry of `counters.json`.
    pub(super) fn to_json(&self) -> serde_json::Value {
        let paths: serde_json::Map<_, _> = self
            .paths()
            .into_iter()
            .map(|(path, (requests, bytes))| {
                (path, serde_json::json!({ "requests": requests, "bytes": bytes }))
            })
            .collect();
        serde_json::json!({
            "connections": self.connections(),
            "requests": self.requests(),
            "bytes": self.bytes(),
            "paths": paths,
        })
    }
}

/// A poisoned lock is as good as any other here: the panic that poisoned it fails the test.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
