//! How things stand with one profile: what was written, what was complained of, how often it failed, and
//! whether somebody removes what is written.

use super::vendors::Refusal;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// The first pause after a failure; each further one doubles it.
const FIRST_RETRY: Duration = Duration::from_millis(500);

/// The longest pause after a failure.
const LAST_RETRY: Duration = Duration::from_secs(5 * 60);

/// For how long properties that somebody removed are not put back at first; each further time doubles it.
const FIRST_TRUCE: Duration = Duration::from_secs(60);

/// The longest time for which they are not put back.
const LAST_TRUCE: Duration = Duration::from_secs(6 * 60 * 60);

/// How things stand with one profile.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    failures: u32,
    removals: u32,
    truce: Option<Instant>,
    written: Option<Written>,
    reported: Vec<Refusal>,
}

#[derive(Clone, Debug)]
struct Written {
    /// The profile's resourceVersion that the write led to.
    version: Option<u64>,
    properties: BTreeSet<String>,
}

fn doubled(first: Duration, times: u32, last: Duration) -> Duration {
    first.saturating_mul(1 << times.min(20)).min(last)
}

impl Standing {
    /// Whether a profile of this resourceVersion is older than what was last written, so that it says nothing:
    /// the watch has yet to bring the newer one. Versions compare as numbers (KEP-5504); where they are
    /// none, nothing is older.
    pub fn is_ahead_of(&self, version: Option<&str>) -> bool {
        let written = self.written.as_ref().and_then(|written| written.version);
        match (written, version.and_then(|version| version.parse::<u64>().ok())) {
            (Some(written), Some(seen)) => seen < written,
            _ => false,
        }
    }

    /// Remembers a write that succeeded.
    pub fn wrote(&mut self, version: Option<&str>, properties: BTreeSet<String>) {
        self.written = Some(Written {
            version: version.and_then(|version| version.parse().ok()),
            properties,
        });
    }

    /// Takes in which properties a profile has. Says whether some that were written have been removed since,
    /// which begins a truce.
    pub fn observe(
        &mut self,
        present: &BTreeSet<String>,
        desired: impl Fn(&str) -> bool,
        now: Instant,
    ) -> bool {
        let Some(written) = &mut self.written else {
            return false;
        };
        let removed = |name: &&String| !present.contains(*name) && desired(name);
        if !written.properties.iter().any(|name| removed(&name)) {
            return false;
        }
        written.properties.clear();
        self.truce = Some(now + doubled(FIRST_TRUCE, self.removals, LAST_TRUCE));
        self.removals = self.removals.saturating_add(1);
        true
    }

    /// How often properties were removed.
    pub fn removals(&self) -> u32 {
        self.removals
    }

    /// How long the truce still lasts.
    pub fn truce(&self, now: Instant) -> Option<Duration> {
        let left = self.truce?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// What is refused now and was not the last time.
    pub fn new_refusals(&mut self, refusals: &[Refusal]) -> Vec<Refusal> {
        let new = refusals
            .iter()
            .filter(|refusal| !self.reported.contains(refusal))
            .cloned()
            .collect();
        self.reported = refusals.to_vec();
        new
    }

    /// Notes a failure; gives the pause before the next try.
    pub fn failed(&mut self) -> Duration {
        let pause = doubled(FIRST_RETRY, self.failures, LAST_RETRY);
        self.failures = self.failures.saturating_add(1);
        pause
    }

    /// Notes that it went well.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn failures_wait_longer_and_longer_up_to_a_limit() {
        let mut standing = Standing::default();
        let pauses: Vec<Duration> = (0..64).map(|_| standing.failed()).collect();
        assert_eq!(pauses[..3], [500, 1000, 2000].map(Duration::from_millis));
        assert_eq!(pauses[63], LAST_RETRY);
        standing.succeeded();
        assert_eq!(standing.failed(), FIRST_RETRY);
    }

    #[test]
    fn what_is_removed_is_put_back_later_and_later() {
        let (mut standing, now) = (Standing::default(), Instant::now());
        assert!(
            !standing.observe(&names(&[]), |_| true, now),
            "nothing was written"
        );
        standing.wrote(Some("7"), names(&["region"]));
        assert!(!standing.observe(&names(&["region", "x"]), |_| true, now));
        assert!(
            !standing.observe(&names(&[]), |_| false, now),
            "it is wanted no more"
        );
        assert!(standing.observe(&names(&["x"]), |_| true, now));
        assert_eq!(standing.truce(now), Some(FIRST_TRUCE));
        assert_eq!(standing.truce(now + FIRST_TRUCE), None);
        assert!(
            !standing.observe(&names(&[]), |_| true, now),
            "one removal counts once"
        );
        standing.wrote(Some("9"), names(&["region"]));
        assert!(standing.observe(&names(&[]), |_| true, now));
        assert_eq!(standing.truce(now), Some(FIRST_TRUCE * 2));
        for _ in 0..40 {
            standing.wrote(None, names(&["region"]));
            standing.observe(&names(&[]), |_| true, now);
        }
        assert_eq!(standing.truce(now), Some(LAST_TRUCE));
    }

    #[test]
    fn an_older_profile_than_was_written_says_nothing() {
        let mut standing = Standing::default();
        assert!(!standing.is_ahead_of(Some("1")));
        standing.wrote(Some("10"), names(&[]));
        assert!(standing.is_ahead_of(Some("9")));
        assert!(!standing.is_ahead_of(Some("10")));
        assert!(!standing.is_ahead_of(Some("opaque")));
        assert!(!standing.is_ahead_of(None));
    }

    #[test]
    fn a_refusal_is_reported_once_until_it_changes() {
        let refusal = |message: &str| Refusal {
            reason: "ValueTooLong",
            message: message.into(),
        };
        let mut standing = Standing::default();
        assert_eq!(standing.new_refusals(&[refusal("a")]).len(), 1);
        assert_eq!(standing.new_refusals(&[refusal("a")]).len(), 0);
        assert_eq!(
            standing.new_refusals(&[refusal("a"), refusal("b")]),
            [refusal("b")]
        );
        assert_eq!(standing.new_refusals(&[]).len(), 0);
        assert_eq!(standing.new_refusals(&[refusal("a")]).len(), 1);
    }
}
