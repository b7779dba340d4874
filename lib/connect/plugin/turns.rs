//! The order of a program's runs: several at once, or one alone.

use super::messages::ShownLines;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// After this many failures in a row of runs that were alone, other failed runs are not repeated. Otherwise, with hundreds of
/// clusters and nobody logged in, each would be.
const MOST_FAILURES: u32 = 3;

/// The turns of a program, whatever its arguments. The first run is alone, as it may log a person in for all others and
/// write files that they read. Later runs may overlap; if one of them fails it is run again alone, as it may have needed a
/// port, a file or a refresh token that another run was using.
#[derive(Debug, Default)]
pub(super) struct Turns {
    gate: Arc<RwLock<()>>,
    has_run: AtomicBool,
    /// Failures in a row of runs that were alone.
    failures_alone: AtomicU32,
    /// The lines that were passed on from its runs.
    pub shown: ShownLines,
}

/// The permission to run, until it is dropped.
#[derive(Debug)]
pub(super) enum Turn {
    /// No other run may overlap.
    Alone { _gate: OwnedRwLockWriteGuard<()> },
    /// Other runs may overlap.
    Beside { _gate: OwnedRwLockReadGuard<()> },
}

impl Turns {
    /// Waits for a turn. The run is alone if it is the first, or if `alone` says so.
    pub(super) async fn turn(&self, alone: bool) -> Turn {
        if alone || !self.has_run.load(Ordering::SeqCst) {
            let turn = self.alone().await;
            if alone || !self.has_run.load(Ordering::SeqCst) {
                return turn;
            }
        }
        Turn::Beside {
            _gate: Arc::clone(&self.gate).read_owned().await,
        }
    }

    /// Waits for a turn alone to repeat a failed run. `None` if that would most likely fail too.
    pub(super) async fn another(&self) -> Option<Turn> {
        let is_hopeless = || self.failures_alone.load(Ordering::SeqCst) >= MOST_FAILURES;
        if is_hopeless() {
            return None;
        }
        let turn = self.alone().await;
        (!is_hopeless()).then_some(turn)
    }

    async fn alone(&self) -> Turn {
        Turn::Alone {
            _gate: Arc::clone(&self.gate).write_owned().await,
        }
    }

    /// Notes that the first run is over, or takes so long that the others no longer wait for it.
    pub(super) fn has_run(&self) {
        self.has_run.store(true, Ordering::SeqCst);
    }

    /// Notes the result of a run that was alone.
    pub(super) fn ended_alone(&self, is_good: bool) {
        if is_good {
            self.failures_alone.store(0, Ordering::SeqCst);
        } else {
            self.failures_alone.fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::timeout;

    #[tokio::test(start_paused = true)]
    async fn first_run_is_alone_and_later_ones_overlap() {
        let tool = Turns::default();
        let is_waiting = |tool: &Arc<Turns>| {
            let tool = Arc::clone(tool);
            async move { timeout(Duration::from_secs(1), tool.turn(false)).await.is_err() }
        };
        let tool = Arc::new(tool);
        let first = tool.turn(false).await;
        assert!(matches!(first, Turn::Alone { .. }));
        assert!(is_waiting(&tool).await);
        tool.has_run();
        drop(first);
        let (one, two) = (tool.turn(false).await, tool.turn(false).await);
        assert!(matches!((&one, &two), (Turn::Beside { .. }, Turn::Beside { .. })));
        drop((one, two));
        let again = tool.another().await;
        assert!(again.is_some() && is_waiting(&tool).await);
        drop(again);
        for _ in 0..MOST_FAILURES {
            tool.ended_alone(false);
        }
        assert!(tool.another().await.is_none());
        tool.ended_alone(true);
        assert!(tool.another().await.is_some());
    }
}
