//! How much of all clusters' answers is kept in memory at once: a limit for one answer would still let a
//! hundred clusters that each send the longest one take all memory there is.
//!
//! An answer is counted while it is read, and what was made of it until it is written. A cluster whose
//! answer finds no room waits, and so does the server that sends it, since nobody takes its bytes. The one
//! that was asked first of those that hold anything never waits, so that there is always one that can come
//! to its end: at most the limit and one longest answer are held.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// What is held of all answers at most before all clusters but one have to wait, in bytes: 256 MiB.
const LIMIT: usize = 256 << 20;

/// The room that all clusters share.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    state: Mutex<State>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// How many clusters have a share.
    shares: u64,
    /// Bytes by cluster, of those that hold any.
    held: BTreeMap<u64, usize>,
    total: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self::with_limit(LIMIT)
    }
}

impl Budget {
    /// With a limit of its own, in bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            state: Mutex::default(),
            freed: Notify::new(),
        }
    }

    /// A cluster's way to room. Those that get theirs first go before the others.
    pub fn share(self: &Arc<Self>) -> Share {
        let mut state = self.state();
        state.shares += 1;
        Share {
            budget: Arc::clone(self),
            number: state.shares,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One cluster's way to room.
#[derive(Clone, Debug)]
pub struct Share {
    budget: Arc<Budget>,
    number: u64,
}

impl Share {
    /// Room for an answer of this cluster, none yet.
    pub fn hold(&self) -> Hold {
        Hold {
            share: Some(self.clone()),
            bytes: 0,
        }
    }

    fn try_take(&self, bytes: usize) -> bool {
        let mut state = self.budget.state();
        let is_first = state.held.keys().next().is_none_or(|first| *first >= self.number);
        let fits = is_first || state.total.saturating_add(bytes) <= self.budget.limit;
        if fits && bytes > 0 {
            state.total += bytes;
            *state.held.entry(self.number).or_default() += bytes;
        }
        fits
    }

    fn give_back(&self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        let mut state = self.budget.state();
        state.total = state.total.saturating_sub(bytes);
        if let Some(held) = state.held.get_mut(&self.number) {
            *held = held.saturating_sub(bytes);
            if *held == 0 {
                state.held.remove(&self.number);
            }
        }
        drop(state);
        self.budget.freed.notify_waiters();
    }
}

/// Room that is taken until this is dropped. Without a share it counts nothing.
#[derive(Debug, Default)]
pub struct Hold {
    share: Option<Share>,
    bytes: usize,
}

impl Hold {
    /// How many bytes it has room for.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes room for more bytes if there is.
    pub fn try_grow(&mut self, bytes: usize) -> bool {
        let fits = self.share.as_ref().is_none_or(|share| share.try_take(bytes));
        if fits {
            self.bytes += bytes;
        }
        fits
    }

    /// Takes room for more bytes, and waits until there is. May be dropped while it waits.
    pub async fn grow(&mut self, bytes: usize) {
        loop {
            let Some(share) = self.share.clone() else { return };
            let mut freed = std::pin::pin!(share.budget.freed.notified());
            // Before looking, so that nothing is missed in between.
            freed.as_mut().enable();
            if self.try_grow(bytes) {
                return;
            }
            freed.await;
        }
    }

    /// Gives back what is over so many bytes.
    pub fn shrink(&mut self, bytes: usize) {
        let over = self.bytes.saturating_sub(bytes);
        self.bytes -= over;
        if let Some(share) = &self.share {
            share.give_back(over);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures_util::future::join_all;
    use std::cell::Cell;
    use tokio::task::yield_now;

    /// Clusters that each take `each` bytes one by one, keep them, and let them go at the end; returns the most
    /// that was held.
    async fn most_held(limit: usize, clusters: usize, each: usize, holds: usize) -> usize {
        let budget = Arc::new(Budget::with_limit(limit));
        let most = Cell::new(0);
        let cluster = async |share: Share| {
            let mut kept = Vec::new();
            for _ in 0..holds {
                let mut hold = share.hold();
                for _ in 0..each / holds {
                    hold.grow(1).await;
                    most.set(most.get().max(budget.state().total));
                    yield_now().await;
                }
                kept.push(hold);
            }
        };
        let shares: Vec<Share> = (0..clusters).map(|_| budget.share()).collect();
        // The last ones begin, so that the first has to get past them.
        join_all(shares.into_iter().rev().map(cluster)).await;
        let state = budget.state();
        assert_eq!((state.total, state.held.len()), (0, 0));
        most.get()
    }

    #[tokio::test]
    async fn at_most_the_limit_and_one_answer_are_held_and_all_come_to_their_end() {
        for holds in [1, 2, 5] {
            let most = most_held(100, 50, 80, holds).await;
            assert!((100..=180).contains(&most), "{most}");
        }
        // One that is longer than the limit, alone and among others.
        assert_eq!(most_held(100, 1, 300, 1).await, 300);
        let most = most_held(100, 10, 300, 1).await;
        assert!(most <= 400, "{most}");
        // There is room for all: nobody waits.
        assert_eq!(most_held(1000, 10, 100, 1).await, 1000);
    }

    #[tokio::test]
    async fn one_that_is_given_up_while_it_waits_holds_nothing_back() {
        let budget = Arc::new(Budget::with_limit(10));
        let (first, second, third) = (budget.share(), budget.share(), budget.share());
        let mut early = first.hold();
        assert!(early.try_grow(10));
        let mut late = second.hold();
        assert!(!late.try_grow(1));
        tokio::select! {
            biased;
            () = late.grow(1) => unreachable!("there is no room"),
            () = yield_now() => (),
        }
        early.shrink(4);
        let mut other = third.hold();
        assert!(other.try_grow(6));
        assert!(!other.try_grow(1));
        drop(early);
        // Now it is the first.
        assert!(other.try_grow(100));
        drop(late);
        drop(other);
        assert_eq!(budget.state().total, 0);
    }

    #[test]
    fn what_has_no_share_is_not_counted() {
        let mut hold = Hold::default();
        assert!(hold.try_grow(usize::MAX));
    }
}
