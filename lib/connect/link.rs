//! State that a client shares with the bodies of its answers.

use super::address::Server;
use super::connection::Connection;
use crate::mutex::lock;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// The step that a request is at, so that a timeout can say what it waited for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Phase {
    /// Not started, or waiting for a credential plugin.
    #[default]
    Credentials,
    /// Looking up the name, connecting, or in the TLS handshake.
    Connecting,
    /// The request was sent, and no headers have come yet.
    Waiting,
    /// The body is being received.
    Reading,
    /// The server said to come back later (429 or 503).
    Throttled,
}

impl Phase {
    const ALL: [Self; 5] = [
        Self::Credentials,
        Self::Connecting,
        Self::Waiting,
        Self::Reading,
        Self::Throttled,
    ];
}

/// A server, the connection to it that is kept between requests, and the progress of the current request.
pub(super) struct Link {
    pub server: Server,
    idle: Mutex<Option<Connection>>,
    phase: AtomicU8,
    received: AtomicU64,
}

impl Link {
    pub(super) fn new(server: Server) -> Self {
        Self {
            server,
            idle: Mutex::new(None),
            phase: AtomicU8::new(Phase::Credentials as u8),
            received: AtomicU64::new(0),
        }
    }

    pub(super) fn phase(&self) -> Phase {
        let now = self.phase.load(Ordering::Relaxed);
        Phase::ALL
            .into_iter()
            .find(|phase| *phase as u8 == now)
            .unwrap_or_default()
    }

    pub(super) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
    }

    /// Starts over for a new request.
    pub(super) fn start_request(&self) {
        self.set_phase(Phase::Credentials);
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
