//! How long a watch waits: between attempts, and for a word of the server.

use crate::jitter::random_fraction;
use std::time::Duration;

/// The first wait between two attempts.
const FIRST: Duration = Duration::from_millis(200);

/// The longest one: somebody sits there and looks.
const LONGEST: Duration = Duration::from_secs(5);

/// What a watch asks for is between this and twice as much, as client-go does it: a connection through
/// whatever lies between does not live for ever, and not all are to end at once.
const LEAST_WATCH: Duration = Duration::from_secs(5 * 60);

/// A server that has not ended the watch so long after it should have is gone, and nobody has said so.
pub const SILENCE_BEHIND: Duration = Duration::from_secs(30);

/// A watch that ends sooner is not worth beginning again at once (client-go's reflector), whatever it brought: a server
/// that ends each after one event would be asked thousands of times a second.
pub const BRIEF: Duration = Duration::from_secs(1);

/// A watch that has lasted for so long works, as does one that brings an event after [`BRIEF`].
pub const STEADY: Duration = Duration::from_secs(10);

/// An event that has begun has so long to come to its end. Objects are small: what takes longer is not going to end.
pub const WHOLE_EVENT: Duration = Duration::from_secs(30);

/// So many watches in a row that do not work are worth a word, after some three seconds. Fewer come of a server that
/// restarts, or of a proxy that does.
pub const FAILURES: u32 = 5;

/// For how long the next watch asks.
pub fn watch_seconds() -> Duration {
    LEAST_WATCH + LEAST_WATCH.mul_f64(random_fraction())
}

/// Waits that get longer.
#[derive(Debug, Default)]
pub struct Backoff {
    attempts: u32,
}

impl Backoff {
    /// After success.
    pub fn reset(&mut self) {
        self.attempts = 0;
    }

    /// Waits.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.next(random_fraction())).await;
    }

    /// Between half of a time that doubles and all of it, so that not all members' clients come at once.
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
