//! The limit on how many clusters are asked at once, and how silent clusters give their slots to others.
//!
//! `--concurrency N` limits how many clusters are *answering* at once: that bounds memory, CPU and the load on the
//! network. A silent cluster uses only a socket, so after a while (see [`Patience`]) its slot goes to the next cluster in
//! the queue. The silent one is still waited for until its own deadline; if it answers after all, more than N clusters
//! are answering for a moment. The number of silent ones is bounded by the open-file limit of this process, which is
//! raised to the hard limit.
//!
//! A number that the user [asked for](Concurrency::is_maximum) is a maximum. People set a low number for slow networks,
//! whose clusters are silent for long. So a cluster keeps its slot for as long as the slowest answer so far suggests that
//! it may still answer, and if it answers later it takes a slot again.

use crate::config::Concurrency;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;

/// The shortest default of the limit for all clusters together.
const LEAST_TOTAL: Duration = Duration::from_secs(60);

/// The time that each cluster adds to that limit.
const TOTAL_A_CLUSTER: Duration = Duration::from_secs(5);

/// Returns the default of the limit for all clusters together. It is never shorter than the limit for one cluster.
pub fn total_timeout(clusters: u32, timeout: Duration, connect_timeout: Duration) -> Duration {
    LEAST_TOTAL
        .max(TOTAL_A_CLUSTER.saturating_mul(clusters))
        .max(timeout.saturating_add(connect_timeout))
}

/// How long a cluster may be silent before any other has answered: four round trips around the world.
const FIRST_PATIENCE: Duration = Duration::from_millis(500);

/// The longest that a cluster may be silent, however slow the others are.
const LONGEST_PATIENCE: Duration = Duration::from_secs(1);

/// The shortest that a cluster may be silent: with less, jitter would lift the limit on clusters at once. Each dead
/// cluster occupies a slot for this long.
const SHORTEST_PATIENCE: Duration = Duration::from_millis(100);

/// A cluster counts as silent if it takes this many times the average of the others.
const PATIENCE_FACTOR: u32 = 5;

/// How long a cluster may be silent before any other has answered, if the number is a maximum.
const FIRST_PATIENCE_OF_MAXIMUM: Duration = Duration::from_secs(5);

/// The shortest that it may be silent after that, if the number is a maximum.
const SHORTEST_PATIENCE_OF_MAXIMUM: Duration = Duration::from_secs(1);

/// How many times the slowest answer it may take, if the number is a maximum.
const PATIENCE_FACTOR_OF_MAXIMUM: u32 = 3;

/// The highest soft limit on open files that is set. Credential plugins inherit it, and some programs close every
/// possible file when they start.
const MOST_FILES: u64 = 65_536;

/// The files besides clusters' connections: standard streams, the runtime's, caches, plugins' pipes.
const OTHER_FILES: u64 = 64;

/// The files that one cluster may need at once: its connection, and another one while a second address is tried or a
/// plugin runs for it.
const FILES_A_CLUSTER: u64 = 2;

/// Decides how long a cluster may be silent before it loses its slot, by how long the others took to answer.
#[derive(Debug, Default)]
pub struct Patience {
    total: Duration,
    answered: u32,
    is_of_maximum: bool,
    slowest: Option<Duration>,
}

impl Patience {
    /// Starts without any answers.
    pub fn new(slots: &Slots) -> Self {
        Self {
            is_of_maximum: slots.is_maximum,
            ..Self::default()
        }
    }

    /// Notes how long a cluster took to its first bytes.
    pub fn learn(&mut self, first_heard: Duration) {
        self.total += first_heard;
        self.answered += 1;
        self.learn_slowest(first_heard);
    }

    /// Notes how long a cluster was silent that is being waited for again.
    pub fn learn_slowest(&mut self, wait: Duration) {
        self.slowest = self.slowest.max(Some(wait));
    }

    /// Returns how long a cluster may be silent.
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

/// Raises the soft limit on open files to the hard limit, and returns how many clusters can be connected to at once.
pub fn raise_open_file_limit() -> usize {
    let limit = getrlimit(Resource::Nofile);
    // `None` is no limit.
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
    let connections = files.saturating_sub(OTHER_FILES) / FILES_A_CLUSTER;
    usize::try_from(connections).unwrap_or(usize::MAX).max(1)
}

/// The limit on clusters at once.
#[derive(Clone, Copy, Debug)]
pub struct Slots {
    /// How many clusters may be answering.
    pub answering: usize,
    /// How many may be connected, silent ones included.
    pub open: usize,
    /// See [`Concurrency::is_maximum`].
    pub is_maximum: bool,
}

impl Slots {
    /// Applies the open-file limit to `--concurrency`.
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
    fn patience_is_a_multiple_of_the_average_answer_within_bounds() {
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
    fn patience_with_a_maximum_is_a_multiple_of_the_slowest_answer() {
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
    fn slots_are_bounded_by_the_open_file_limit() {
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
