//! The step that a request is at, so that a timeout can say what it waited for.

use crate::mutex::lock;
use std::sync::Mutex;

/// A step of a request.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum RequestStep {
    /// Not started, or waiting for a credential plugin.
    #[default]
    Credentials,
    Connecting(ConnectStep),
    /// The request was sent, and no headers have come yet.
    Waiting,
    /// The body is being received.
    Reading,
    /// The server said to come back later (429 or 503).
    Throttled,
}

/// A step of connecting.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum ConnectStep {
    LookUp,
    Dial,
    AskProxy,
    Handshake,
}

/// The step that a request is at.
#[derive(Debug, Default)]
pub(crate) struct Progress(Mutex<RequestStep>);

impl Progress {
    pub(crate) fn set(&self, step: RequestStep) {
        *lock(&self.0) = step;
    }

    pub(crate) fn connecting(&self, step: ConnectStep) {
        self.set(RequestStep::Connecting(step));
    }

    pub(crate) fn step(&self) -> RequestStep {
        *lock(&self.0)
    }
}
