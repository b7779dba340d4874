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
const FIRST_TRUCE: Duration = Duration::from_secs(1);

/// The longest time for which they are not put back.
const LAST_TRUCE: Duration = Duration::from_secs(6 * 60 * 60);

/// Who leaves them for so long does not fight: the next removal is a first one again.
const PEACE: Duration = Duration::from_secs(10 * 60);

/// After how long a refusal is said again. The API server keeps Events for an hour (its `--event-ttl`).
const REPEAT: Duration = Duration::from_secs(60 * 60);

/// How things stand with one profile.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    failures: u32,
    removals: u32,
    truce: Option<Instant>,
    written: Option<Written>,
    reported: Vec<(Refusal, Instant)>,
    foreign: Vec<String>,
}

#[derive(Clone, Debug)]
struct Written {
    /// The profile's resourceVersion that the write led to.
    version: Option<u64>,
    properties: BTreeSet<String>,
    at: Instant,
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
    pub fn wrote(&mut self, version: Option<&str>, properties: BTreeSet<String>, now: Instant) {
        self.written = Some(Written {
            version: version.and_then(|version| version.parse().ok()),
            properties,
            at: now,
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
        if now.saturating_duration_since(written.at) >= PEACE {
            self.removals = 0;
        }
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

    /// Takes in what is refused now; gives what of it is to be said: what is new, or was said long ago.
    pub fn refused(&mut self, refusals: &[Refusal], now: Instant) -> Vec<Refusal> {
        let before = std::mem::take(&mut self.reported);
        let mut said = Vec::new();
        for refusal in refusals {
            let last = before
                .iter()
                .find(|(known, at)| known == refusal && now.saturating_duration_since(*at) < REPEAT);
            if last.is_none() {
                said.push(refusal.clone());
            }
            self.reported
                .push((refusal.clone(), last.map_or(now, |(_, at)| *at)));
        }
        said
    }

    /// How many values are refused.
    pub fn refusals(&self) -> usize {
        self.reported.len()
    }

    /// Takes in which entries are somebody else's; says whether that is to be said, as it is new.
    pub fn left_to_others(&mut self, foreign: &[String]) -> bool {
        let is_new = foreign != self.foreign;
        self.foreign = foreign.to_vec();
        is_new && !foreign.is_empty()
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
        standing.wrote(Some("7"), names(&["region"]), now);
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
        standing.wrote(Some("9"), names(&["region"]), now);
        assert!(standing.observe(&names(&[]), |_| true, now));
        assert_eq!(standing.truce(now), Some(FIRST_TRUCE * 2));
        for _ in 0..40 {
            standing.wrote(None, names(&["region"]), now);
            standing.observe(&names(&[]), |_| true, now);
        }
        assert_eq!(standing.truce(now), Some(LAST_TRUCE));
        // They stood: whoever removed them is not at it all the time.
        standing.wrote(None, names(&["region"]), now);
        let later = now + PEACE;
        assert!(standing.observe(&names(&[]), |_| true, later));
        assert_eq!(standing.truce(later), Some(FIRST_TRUCE));
        assert_eq!(standing.removals(), 1);
    }

    #[test]
    fn an_older_profile_than_was_written_says_nothing() {
        let mut standing = Standing::default();
        assert!(!standing.is_ahead_of(Some("1")));
        standing.wrote(Some("10"), names(&[]), Instant::now());
        assert!(standing.is_ahead_of(Some("9")));
        assert!(!standing.is_ahead_of(Some("10")));
        assert!(!standing.is_ahead_of(Some("opaque")));
        assert!(!standing.is_ahead_of(None));
    }

    #[test]
    fn a_refusal_is_said_once_until_it_changes_or_its_event_is_gone() {
        let refusal = |message: &str| Refusal {
            reason: "ValueTooLong",
            message: message.into(),
        };
        let (mut standing, now) = (Standing::default(), Instant::now());
        let (a, both) = ([refusal("a")], [refusal("a"), refusal("b")]);
        assert_eq!(standing.refused(&a, now), a);
        assert_eq!(standing.refused(&a, now), []);
        assert_eq!(standing.refused(&both, now), both[1..]);
        assert_eq!(standing.refusals(), 2);
        assert_eq!(standing.refused(&[], now), []);
        assert_eq!(standing.refusals(), 0);
        assert_eq!(standing.refused(&a, now), a);
        // Its Event is gone by then.
        let later = now + REPEAT;
        assert_eq!(standing.refused(&a, later), a);
        assert_eq!(standing.refused(&a, later), []);
    }

    #[test]
    fn what_is_left_to_others_is_said_when_it_changes() {
        let mut standing = Standing::default();
        let region = ["region".to_owned()];
        assert!(!standing.left_to_others(&[]));
        assert!(standing.left_to_others(&region));
        assert!(!standing.left_to_others(&region));
        assert!(!standing.left_to_others(&[]));
        assert!(standing.left_to_others(&region));
    }
}
