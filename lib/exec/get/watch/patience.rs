//! The times of a watch: between attempts, and for the server to answer.

use crate::jitter::random_fraction;
use std::time::Duration;

/// The first wait between two attempts.
const FIRST: Duration = Duration::from_millis(200);

/// The longest wait: a person is looking at the screen.
const LONGEST: Duration = Duration::from_secs(5);

/// A watch asks for between this time and twice as much, like client-go: connections through proxies do not live forever,
/// and the watches of all clusters should not end at the same time.
const LEAST_WATCH: Duration = Duration::from_secs(5 * 60);

/// A server that has not ended a watch this long after it should have is gone, without having closed the connection.
pub const LATEST_END: Duration = Duration::from_secs(30);

/// A watch that ends sooner than this is not begun again at once (as in client-go's reflector), even if it had events: a
/// server that ends each watch after one event would be asked thousands of times a second.
pub const BRIEF: Duration = Duration::from_secs(1);

/// A watch that has lasted this long works, and so does one that has an event after [`BRIEF`].
pub const STEADY: Duration = Duration::from_secs(10);

/// An event that has begun must be complete within this time. Objects are small, so one that takes longer will not end.
pub const WHOLE_EVENT: Duration = Duration::from_secs(30);

/// After this many failed watches in a row, which takes about three seconds, the failure is reported. A server or a proxy
/// that restarts causes fewer.
pub const FAILURES: u32 = 5;

/// Returns the time that the next watch asks for.
pub fn watch_seconds() -> Duration {
    LEAST_WATCH + LEAST_WATCH.mul_f64(random_fraction())
}

/// Waits between attempts, which get longer.
#[derive(Debug, Default)]
pub struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// Starts again with the shortest wait, after success.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }

    /// Waits before the next attempt.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.next(random_fraction())).await;
    }

    /// Returns the next wait: between half of a time that doubles and all of it, so that clients do not come all at once.
    fn next(&mut self, random: f64) -> Duration {
        let doubled = FIRST.saturating_mul(1 << self.attempts.min(16));
        self.attempts = self.attempts.saturating_add(1);
        doubled.min(LONGEST).mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_get_longer_up_to_a_limit() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..7).map(|_| backoff.next(1.0)).collect();
        let millis = [200, 400, 800, 1600, 3200, 5000, 5000];
        assert_eq!(waits, millis.map(Duration::from_millis));
        assert_eq!(backoff.next(0.0), Duration::from_millis(2500));
        backoff.attempts = u32::MAX;
        assert_eq!(backoff.next(1.0), LONGEST);
        backoff.reset();
        assert_eq!(backoff.next(0.0), Duration::from_millis(100));
    }

    #[test]
    fn watches_ask_for_five_to_ten_minutes() {
        for _ in 0..100 {
            let asked = watch_seconds();
            assert!(asked >= LEAST_WATCH && asked <= 2 * LEAST_WATCH, "{asked:?}");
        }
    }
}
