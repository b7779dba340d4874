//! Who may be asked now: the limit on clusters at once, and how dead ones give way to live ones.
//!
//! `--concurrency N` limits how many clusters are *answering* at once: it bounds memory, CPU and the load
//! on what lies between. A cluster that says nothing uses none of these but a socket, so it gives its slot
//! to the next one in the queue once it has been silent for longer than our [`Patience`], and goes on
//! waiting without a slot until its own deadline. When it does answer after all it simply goes on: for that
//! moment more than N are answering. What bounds the silent ones is the number of files that this process
//! may have open, which is raised to the hard limit.
//!
//! A number that the user [asked for](Concurrency::is_maximum) is a maximum: networks for which one sets a low
//! number are slow, and their clusters silent for long. There a cluster keeps its slot for as long as it may
//! still answer, judged by the slowest answer so far, and one that answers after all takes a slot again.

use crate::config::Concurrency;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;

/// The least time for all clusters together, where none is set.
const LEAST_TOTAL: Duration = Duration::from_secs(60);

/// What each cluster adds to it.
const TOTAL_A_CLUSTER: Duration = Duration::from_secs(5);

/// The time for all clusters together, where none is set: never so short that it cuts what one cluster was
/// given.
pub fn total_timeout(clusters: u32, timeout: Duration, connect_timeout: Duration) -> Duration {
    LEAST_TOTAL
        .max(TOTAL_A_CLUSTER.saturating_mul(clusters))
        .max(timeout.saturating_add(connect_timeout))
}

/// Silence after which a cluster gives its slot away while it is not known how fast the fleet answers: four
/// round trips around the world.
const FIRST_PATIENCE: Duration = Duration::from_millis(500);

/// It is given away then at the latest, however slow the others are.
const LONGEST_PATIENCE: Duration = Duration::from_secs(1);

/// It is never given away sooner: jitter must not turn the limit into no limit. Each dead cluster takes that
/// much from one slot.
const SHORTEST_PATIENCE: Duration = Duration::from_millis(100);

/// A cluster counts as silent when it takes this many times longer than the others took on average.
const PATIENCE_FACTOR: u32 = 5;

/// Where the number is a maximum: the silence after which a cluster gives its slot away before any has answered.
const FIRST_PATIENCE_OF_MAXIMUM: Duration = Duration::from_secs(5);

/// The same once some have answered, at least.
const SHORTEST_PATIENCE_OF_MAXIMUM: Duration = Duration::from_secs(1);

/// The same: so many times what the slowest answer took.
const PATIENCE_FACTOR_OF_MAXIMUM: u32 = 3;

/// What the soft limit on open files is raised to at most: credential plugins inherit it, and some
/// programs close every possible file when they start.
const MOST_FILES: u64 = 65_536;

/// Files that are not members' connections: standard streams, the runtime's, caches, plugins' pipes.
const OTHER_FILES: u64 = 64;

/// Files that one member may have open at a time: its connection, and a second one while both address
/// families are tried or a plugin runs for it.
const FILES_A_MEMBER: u64 = 2;

/// How long a cluster may be silent before it gives its slot away: learned from those that have answered.
#[derive(Debug, Default)]
pub struct Patience {
    total: Duration,
    answered: u32,
    is_of_maximum: bool,
    slowest: Option<Duration>,
}

impl Patience {
    /// One that has learned nothing yet.
    pub fn new(slots: &Slots) -> Self {
        Self {
            is_of_maximum: slots.is_maximum,
            ..Self::default()
        }
    }

    /// Takes in how long a cluster took to its first bytes.
    pub fn learn(&mut self, first_heard: Duration) {
        self.total += first_heard;
        self.answered += 1;
        self.learn_slowest(first_heard);
    }

    /// Takes in how long a cluster was waited for that went on then.
    pub fn learn_slowest(&mut self, wait: Duration) {
        self.slowest = self.slowest.max(Some(wait));
    }

    /// How long a silence is borne.
    pub fn limit(&self) -> Duration {
        if self.is_of_maximum {
            return self.slowest.map_or(FIRST_PATIENCE_OF_MAXIMUM, |slowest| {
                slowest
                    .saturating_mul(PATIENCE_FACTOR_OF_MAXIMUM)
                    .max(SHORTEST_PATIENCE_OF_MAXIMUM)
            });
        }
        if self.answered == 0 {
            return FIRST_PATIENCE;
        }
        (self.total / self.answered * PATIENCE_FACTOR).clamp(SHORTEST_PATIENCE, LONGEST_PATIENCE)
    }
}

/// How many clusters can be connected to at once. Raises the soft limit on open files to the hard one.
pub fn raise_open_file_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    // None is unlimited.
    let wanted = limit.maximum.unwrap_or(MOST_FILES).min(MOST_FILES);
    let mut files = limit.current.unwrap_or(MOST_FILES);
    if files < wanted {
        let raised = Rlimit {
            current: Some(wanted),
            maximum: limit.maximum,
        };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            files = wanted;
        }
    }
    let connections = files.saturating_sub(OTHER_FILES) / FILES_A_MEMBER;
    usize::try_from(connections).unwrap_or(usize::MAX).max(1)
}

/// The limit on clusters at once.
#[derive(Clone, Copy, Debug)]
pub struct Slots {
    /// How many may be answering.
    pub answering: usize,
    /// How many may be connected to or waited for, silent ones included.
    pub open: usize,
    /// See [`Concurrency::is_maximum`].
    pub is_maximum: bool,
}

impl Slots {
    /// For `--concurrency`.
    pub fn new(concurrency: Concurrency, most_connections: usize) -> Self {
        let answering = match concurrency.most {
            0 => most_connections,
            most => most.min(most_connections),
        };
        Self {
            is_maximum: concurrency.is_maximum,
            answering,
            open: most_connections,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_follows_the_fleet_within_bounds() {
        let mut patience = Patience::default();
        assert_eq!(patience.limit(), FIRST_PATIENCE);
        patience.learn(Duration::from_millis(2));
        assert_eq!(patience.limit(), SHORTEST_PATIENCE);
        patience.learn(Duration::from_millis(198));
        assert_eq!(patience.limit(), Duration::from_millis(500));
        patience.learn(Duration::from_secs(20));
        assert_eq!(patience.limit(), LONGEST_PATIENCE);
    }

    #[test]
    fn patience_of_a_maximum_follows_the_slowest_answer() {
        let mut patience = Patience::new(&Slots::new(Concurrency::asked(3), 100));
        assert_eq!(patience.limit(), Duration::from_secs(5));
        patience.learn(Duration::from_millis(2));
        assert_eq!(patience.limit(), Duration::from_secs(1));
        patience.learn(Duration::from_secs(3));
        patience.learn(Duration::from_millis(2));
        assert_eq!(patience.limit(), Duration::from_secs(9));
        patience.learn_slowest(Duration::MAX);
        assert_eq!(patience.limit(), Duration::MAX);
    }

    #[test]
    fn the_limit_on_open_files_bounds_everything() {
        assert!(raise_open_file_limit() >= 1);
        let slots_of = |most| Slots::new(Concurrency::asked(most), 100);
        let slots = slots_of(0);
        assert_eq!((slots.answering, slots.open), (100, 100));
        let slots = slots_of(10);
        assert_eq!((slots.answering, slots.open), (10, 100));
        let slots = slots_of(1000);
        assert_eq!((slots.answering, slots.open), (100, 100));
    }
}
