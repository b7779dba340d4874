//! An output in memory, for tests.

#![allow(clippy::unwrap_used)]

use super::output::{Sink, Written};
use crate::apiserver::budget::Budget;
use crate::apiserver::query_state::QueryState;
use crate::term::progress::ProgressLine;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

/// A buffer that can be read while it is written.
#[derive(Clone, Default)]
pub struct SharedBuffer(pub Arc<Mutex<Vec<u8>>>);

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl SharedBuffer {
    /// Returns what has been written.
    pub fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// Returns the lines that have been written.
    pub fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }
}

/// Returns a sink that writes to memory. Its queue is so long that sending never waits: paused time would run on while a
/// task waits for another thread.
pub fn sink() -> (Sink, Written, SharedBuffer) {
    let shared = SharedBuffer::default();
    let (sink, written) = Sink::with_queue(
        Box::new(shared.clone()),
        Arc::new(ProgressLine::default()),
        10_000,
    )
    .unwrap();
    (sink, written, shared)
}

/// Runs work that sends lines, and returns its outcome and the lines.
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
