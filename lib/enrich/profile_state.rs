//! The state of one profile: what was written and reported, how often writing failed, and whether another writer
//! removes properties.

use super::vendors::RefusedValue;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// The first pause after a failure. It doubles with each further failure.
const FIRST_RETRY: Duration = Duration::from_millis(500);

/// The longest pause after a failure.
const LAST_RETRY: Duration = Duration::from_secs(5 * 60);

/// The first pause before removed properties are put back. It doubles with each further removal.
const FIRST_TRUCE: Duration = Duration::from_secs(1);

/// The longest pause before removed properties are put back.
const LAST_TRUCE: Duration = Duration::from_secs(6 * 60 * 60);

/// After properties have stayed for this long, the next removal counts as the first.
const PEACE: Duration = Duration::from_secs(10 * 60);

/// The interval at which a refused value is reported again. The API server keeps Events for an hour (`--event-ttl`).
const REPEAT: Duration = Duration::from_secs(60 * 60);

/// The state of one profile.
#[derive(Clone, Debug, Default)]
pub struct ProfileState {
    failures: u32,
    removals: u32,
    truce: Option<Instant>,
    written: Option<Written>,
    reported: Vec<(RefusedValue, Instant)>,
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

impl ProfileState {
    /// Returns true if a profile of this resourceVersion is older than the last write, so that it has to be ignored: the
    /// watch has not caught up yet. Versions are compared as numbers (KEP-5504); others never count as older.
    pub fn is_ahead_of(&self, version: Option<&str>) -> bool {
        let written = self.written.as_ref().and_then(|written| written.version);
        match (written, version.and_then(|version| version.parse::<u64>().ok())) {
            (Some(written), Some(seen)) => seen < written,
            _ => false,
        }
    }

    /// Remembers a successful write.
    pub fn wrote(&mut self, version: Option<&str>, properties: BTreeSet<String>, now: Instant) {
        self.written = Some(Written {
            version: version.and_then(|version| version.parse().ok()),
            properties,
            at: now,
        });
    }

    /// Compares a profile's properties with those that were written. Returns true if desired ones have been removed
    /// since, which begins a truce.
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

    /// Returns how often properties were removed.
    pub fn removals(&self) -> u32 {
        self.removals
    }

    /// Returns the rest of the truce.
    pub fn truce(&self, now: Instant) -> Option<Duration> {
        let left = self.truce?.saturating_duration_since(now);
        (!left.is_zero()).then_some(left)
    }

    /// Remembers the values that are refused now, and returns those to report: new ones, and ones reported long ago.
    pub fn refused(&mut self, refusals: &[RefusedValue], now: Instant) -> Vec<RefusedValue> {
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

    /// Returns the number of refused values.
    pub fn refusals(&self) -> usize {
        self.reported.len()
    }

    /// Remembers the entries of other managers. Returns true if they have changed, and are to be reported.
    pub fn left_to_others(&mut self, foreign: &[String]) -> bool {
        let is_new = foreign != self.foreign;
        self.foreign = foreign.to_vec();
        is_new && !foreign.is_empty()
    }

    /// Counts a failure, and returns the pause before the next attempt.
    pub fn failed(&mut self) -> Duration {
        let pause = doubled(FIRST_RETRY, self.failures, LAST_RETRY);
        self.failures = self.failures.saturating_add(1);
        pause
    }

    /// Remembers a success.
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
    fn pauses_after_failures_double_up_to_a_limit() {
        let mut state = ProfileState::default();
        let pauses: Vec<Duration> = (0..64).map(|_| state.failed()).collect();
        assert_eq!(pauses[..3], [500, 1000, 2000].map(Duration::from_millis));
        assert_eq!(pauses[63], LAST_RETRY);
        state.succeeded();
        assert_eq!(state.failed(), FIRST_RETRY);
    }

    #[test]
    fn pauses_after_removals_double_up_to_a_limit() {
        let (mut state, now) = (ProfileState::default(), Instant::now());
        assert!(!state.observe(&names(&[]), |_| true, now), "nothing was written");
        state.wrote(Some("7"), names(&["region"]), now);
        assert!(!state.observe(&names(&["region", "x"]), |_| true, now));
        assert!(
            !state.observe(&names(&[]), |_| false, now),
            "it is wanted no more"
        );
        assert!(state.observe(&names(&["x"]), |_| true, now));
        assert_eq!(state.truce(now), Some(FIRST_TRUCE));
        assert_eq!(state.truce(now + FIRST_TRUCE), None);
        assert!(
            !state.observe(&names(&[]), |_| true, now),
            "one removal counts once"
        );
        state.wrote(Some("9"), names(&["region"]), now);
        assert!(state.observe(&names(&[]), |_| true, now));
        assert_eq!(state.truce(now), Some(FIRST_TRUCE * 2));
        for _ in 0..40 {
            state.wrote(None, names(&["region"]), now);
            state.observe(&names(&[]), |_| true, now);
        }
        assert_eq!(state.truce(now), Some(LAST_TRUCE));
        // They stayed for a while: the other writer does not fight.
        state.wrote(None, names(&["region"]), now);
        let later = now + PEACE;
        assert!(state.observe(&names(&[]), |_| true, later));
        assert_eq!(state.truce(later), Some(FIRST_TRUCE));
        assert_eq!(state.removals(), 1);
    }

    #[test]
    fn profile_older_than_the_last_write_is_ignored() {
        let mut state = ProfileState::default();
        assert!(!state.is_ahead_of(Some("1")));
        state.wrote(Some("10"), names(&[]), Instant::now());
        assert!(state.is_ahead_of(Some("9")));
        assert!(!state.is_ahead_of(Some("10")));
        assert!(!state.is_ahead_of(Some("opaque")));
        assert!(!state.is_ahead_of(None));
    }

    #[test]
    fn refused_value_is_reported_once_per_hour() {
        let refusal = |message: &str| RefusedValue {
            reason: "ValueTooLong",
            message: message.into(),
        };
        let (mut state, now) = (ProfileState::default(), Instant::now());
        let (a, both) = ([refusal("a")], [refusal("a"), refusal("b")]);
        assert_eq!(state.refused(&a, now), a);
        assert_eq!(state.refused(&a, now), []);
        assert_eq!(state.refused(&both, now), both[1..]);
        assert_eq!(state.refusals(), 2);
        assert_eq!(state.refused(&[], now), []);
        assert_eq!(state.refusals(), 0);
        assert_eq!(state.refused(&a, now), a);
        // Its Event has expired by then.
        let later = now + REPEAT;
        assert_eq!(state.refused(&a, later), a);
        assert_eq!(state.refused(&a, later), []);
    }

    #[test]
    fn entries_of_others_are_reported_when_they_change() {
        let mut state = ProfileState::default();
        let region = ["region".to_owned()];
        assert!(!state.left_to_others(&[]));
        assert!(state.left_to_others(&region));
        assert!(!state.left_to_others(&region));
        assert!(!state.left_to_others(&[]));
        assert!(state.left_to_others(&region));
    }
}
