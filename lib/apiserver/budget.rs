//! Limits the memory for the answers of all clusters. With a limit only for each answer, a hundred clusters that each send
//! the longest answer would take all memory.
//!
//! An answer counts while it is read, and its records until they are written. A cluster for whose answer there is no memory
//! waits, and so does its server, since its bytes are not taken. Of the clusters that hold memory, the one that was asked
//! first never waits, so that there is always one that can finish: the most that is held is the limit and one longest
//! answer.

use crate::mutex::lock;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;

/// The limit, in bytes: 256 MiB.
const LIMIT: usize = 256 << 20;

/// The memory that all clusters share.
#[derive(Debug)]
pub struct Budget {
    limit: usize,
    state: Mutex<Usage>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Usage {
    /// How many clusters have a share.
    shares: u64,
    /// The bytes of each cluster that holds any.
    held: BTreeMap<u64, usize>,
    total: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self::with_limit(LIMIT)
    }
}

impl Budget {
    /// Sets the limit, in bytes.
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            state: Mutex::default(),
            freed: Notify::new(),
        }
    }

    /// Returns a cluster's share. The clusters that get theirs first take precedence.
    pub fn share(self: &Arc<Self>) -> Share {
        let mut state = self.state();
        state.shares += 1;
        Share {
            budget: Arc::clone(self),
            number: state.shares,
        }
    }

    fn state(&self) -> MutexGuard<'_, Usage> {
        lock(&self.state)
    }
}

/// One cluster's share of the memory.
#[derive(Clone, Debug)]
pub struct Share {
    budget: Arc<Budget>,
    number: u64,
}

impl Share {
    /// Returns a hold for an answer of this cluster, empty at first.
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

/// Memory that is taken until this is dropped. Without a share nothing is counted.
#[derive(Debug, Default)]
pub struct Hold {
    share: Option<Share>,
    bytes: usize,
}

impl Hold {
    /// Returns how many bytes it holds.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Takes more bytes, if they are free.
    pub fn try_grow(&mut self, bytes: usize) -> bool {
        let fits = self.share.as_ref().is_none_or(|share| share.try_take(bytes));
        if fits {
            self.bytes += bytes;
        }
        fits
    }

    /// Takes more bytes, and waits until they are free. May be dropped while it waits.
    pub async fn grow(&mut self, bytes: usize) {
        loop {
            let Some(share) = self.share.clone() else { return };
            let mut freed = std::pin::pin!(share.budget.freed.notified());
            // Registers before the check, so that no notification is missed in between.
            freed.as_mut().enable();
            if self.try_grow(bytes) {
                return;
            }
            freed.await;
        }
    }

    /// Returns what it holds beyond this many bytes.
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

    /// Lets clusters each take `each` bytes one by one, and drop them at the end. Returns the most that was held.
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
        // The last clusters begin, so that the first has to overtake them.
        join_all(shares.into_iter().rev().map(cluster)).await;
        let state = budget.state();
        assert_eq!((state.total, state.held.len()), (0, 0));
        most.get()
    }

    #[tokio::test]
    async fn budget_holds_at_most_the_limit_and_one_answer() {
        for holds in [1, 2, 5] {
            let most = most_held(100, 50, 80, holds).await;
            assert!((100..=180).contains(&most), "{most}");
        }
        // An answer that is longer than the limit, alone and among others.
        assert_eq!(most_held(100, 1, 300, 1).await, 300);
        let most = most_held(100, 10, 300, 1).await;
        assert!(most <= 400, "{most}");
        // There is enough for all, so none waits.
        assert_eq!(most_held(1000, 10, 100, 1).await, 1000);
    }

    #[tokio::test]
    async fn dropped_wait_takes_no_memory() {
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
        // Now this cluster is the first.
        assert!(other.try_grow(100));
        drop(late);
        drop(other);
        assert_eq!(budget.state().total, 0);
    }

    #[test]
    fn hold_without_share_is_not_counted() {
        let mut hold = Hold::default();
        assert!(hold.try_grow(usize::MAX));
    }
}
