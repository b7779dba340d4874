//! Time that counts: deadlines that stand still while it is we who are waited for.

use super::contact::Contact;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Stands for never.
pub const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

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

/// Waits for work on a cluster until this time is over; waiting for the reader of our own output does not use
/// it up.
pub async fn within<T>(contact: &Contact, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    /// While it is held up the deadline moves; how often to look where to.
    const LOOK_EVERY: Duration = Duration::from_millis(50);
    let mut work = pin!(work);
    let start = Instant::now();
    let held_up_before = contact.held_up().total();
    loop {
        let now = Instant::now();
        let held_up = contact.held_up();
        let mut until = after(start, limit + held_up.total().saturating_sub(held_up_before));
        if held_up.is_now() {
            until = until.max(now + LOOK_EVERY);
        } else if until <= now {
            return None;
        }
        tokio::select! {
            biased;
            done = &mut work => return Some(done),
            () = sleep_until(until) => (),
        }
    }
}

/// So much later, never at the latest.
pub fn after(start: Instant, limit: Duration) -> Instant {
    start.checked_add(limit.min(FAR)).unwrap_or(start)
}
