//! State that a client shares with the bodies of its answers.

use super::address::Server;
use super::connection::Connection;
use super::progress::{Progress, RequestStep};
use crate::mutex::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// A server, the connection to it that is kept between requests, and the progress of the current request.
#[derive(Debug)]
pub(super) struct Link {
    pub server: Server,
    idle: Mutex<Option<Connection>>,
    pub progress: Progress,
    received: AtomicU64,
}

impl Link {
    pub(super) fn new(server: Server) -> Self {
        Self {
            server,
            idle: Mutex::new(None),
            progress: Progress::default(),
            received: AtomicU64::new(0),
        }
    }

    /// Starts over for a new request.
    pub(super) fn start_request(&self) {
        self.progress.set(RequestStep::Credentials);
        self.received.store(0, Ordering::Relaxed);
    }

    /// Returns how many bytes of the current answer's body have been received.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(super) fn add_received(&self, bytes: usize) {
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// Keeps a connection for the next request.
    pub(super) fn keep(&self, connection: Connection) {
        if !connection.sender.is_closed() {
            *lock(&self.idle) = Some(connection);
        }
    }

    /// Returns true while the connection that was kept is not known to be closed.
    #[cfg(test)]
    pub(super) fn has_kept_connection(&self) -> bool {
        lock(&self.idle)
            .as_ref()
            .is_some_and(|connection| !connection.sender.is_closed())
    }

    /// Takes the connection that was kept.
    pub(super) fn take_idle(&self) -> Option<Connection> {
        lock(&self.idle).take()
    }
}
