//! Time that counts: deadlines that stand still while it is we who are waited for.

use crate::apiserver::query_state::QueryState;
use crate::connect::Deadline;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// A clock of the time in which anything was outstanding: waiting for slow input is nobody's fault.
#[derive(Default)]
pub struct Busy {
    since: Option<Instant>,
    before: Duration,
}

impl Busy {
    /// Takes note of whether anything is.
    pub fn note(&mut self, busy: bool) {
        match (busy, self.since) {
            (true, None) => self.since = Some(Instant::now()),
            (false, Some(since)) => {
                self.before += since.elapsed();
                self.since = None;
            }
            _ => (),
        }
    }

    /// When it would have started if it had never stopped; `None` while it is stopped.
    pub fn start(&self) -> Option<Instant> {
        self.since?.checked_sub(self.before)
    }
}

/// Waits for work on a cluster until this time is over; waiting for the reader of our own output, or for a
/// person who logs in to this very cluster, does not use it up.
pub async fn within<T>(state: &QueryState, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let clocks = [Arc::clone(state.held_up()), Arc::clone(state.logins())];
    Deadline::new(limit, clocks).bound(work).await
}
