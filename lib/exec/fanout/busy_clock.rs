//! The clock of the whole run.

use std::time::Duration;
use tokio::time::Instant;

/// A clock that runs while any cluster is outstanding, and stands still while the fan-out waits for input.
#[derive(Default)]
pub struct BusyClock {
    since: Option<Instant>,
    before: Duration,
}

impl BusyClock {
    /// Starts or stops the clock.
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

    /// Returns when the clock would have started if it had never stopped; `None` while it stands still.
    pub fn start(&self) -> Option<Instant> {
        self.since?.checked_sub(self.before)
    }
}
