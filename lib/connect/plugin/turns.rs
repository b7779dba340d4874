//! Whose turn it is: the runs of one command beside each other, or one alone.

use super::messages::ShownLines;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

/// After so many runs in a row that failed although they were alone, what fails beside others is not run again: with
/// hundreds of clusters and nobody logged in, each would be.
const MOST_FAILURES: u32 = 3;

/// A command, with whatever arguments. The first run of it is alone, as it may log a person in for all others, and may
/// write what they read. Those after it run beside each other; what fails then is run again alone, as it may need a
/// port, a file or a refresh token that another one had.
#[derive(Debug, Default)]
pub(super) struct Turns {
    gate: Arc<RwLock<()>>,
    has_run: AtomicBool,
    /// In a row.
    failures_alone: AtomicU32,
    /// The lines that its runs have said to the person.
    pub shown: ShownLines,
}

/// A place among the runs of a command, until it is dropped.
#[derive(Debug)]
pub(super) enum Turn {
    /// No other run of it goes on.
    Alone { _gate: OwnedRwLockWriteGuard<()> },
    /// Others may go on.
    Beside { _gate: OwnedRwLockReadGuard<()> },
}

impl Turns {
    /// A turn for a run: alone where it is the first, or has to be.
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

    /// A turn for a run that failed beside others; `None` where another one would be in vain.
    pub(super) async fn another(&self) -> Option<Turn> {
        let is_in_vain = || self.failures_alone.load(Ordering::SeqCst) >= MOST_FAILURES;
        if is_in_vain() {
            return None;
        }
        let turn = self.alone().await;
        (!is_in_vain()).then_some(turn)
    }

    async fn alone(&self) -> Turn {
        Turn::Alone {
            _gate: Arc::clone(&self.gate).write_owned().await,
        }
    }

    /// Notes that the first run is over, or has taken so long that the others wait no longer for it.
    pub(super) fn has_run(&self) {
        self.has_run.store(true, Ordering::SeqCst);
    }

    /// Notes how a run ended that was alone.
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
    async fn the_first_run_is_alone_and_the_rest_go_beside_each_other() {
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
