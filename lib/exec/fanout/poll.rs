//! Checks that the loop makes after every event: slots that can be given to other clusters, the deadline, and the limit on open
//! files.

use super::ending::StopReason;
use super::query::Query;
use super::state::{FanOut, RunningQuery, Settings};
use crate::connect::concurrency;
use crate::connect::{FAR, after};
use crate::term::progress::ProgressTimer;
use std::time::Duration;
use tokio::time::Instant;

impl<Q: Query> FanOut<'_, Q> {
    /// Returns when to poll next even if no event comes.
    pub(super) fn next_poll(&self, progress: &ProgressTimer) -> Instant {
        let now = Instant::now();
        let mut next = now + FAR;
        if let Some(due) = progress.due() {
            next = next.min(due.into());
        }
        if let Some((deadline, _)) = self.deadline()
            && self.stopped.is_none()
        {
            next = next.min(deadline);
        }
        if !self.waiting.is_empty() {
            let limit = self.patience.limit();
            let with_slot = self.running.values().filter(|query| query.has_slot);
            let longest = with_slot.map(|query| self.silence(query)).max();
            if let Some(longest) = longest {
                next = next.min(now + limit.saturating_sub(longest));
            }
        }
        next
    }

    pub(super) fn poll(&mut self) {
        self.take_slots_of_settled();
        self.take_slots_of_silent();
        self.say_open_files_limit();
        self.check_deadline();
    }

    /// Takes the slots of clusters that have answered and are only listened to from here on.
    fn take_slots_of_settled(&mut self) {
        for query in self.running.values_mut() {
            if query.has_slot && query.state.is_settled() {
                query.has_slot = false;
                self.answering -= 1;
            }
        }
    }

    /// If clusters wait for a slot, takes the slots of those that have been silent for too long.
    fn take_slots_of_silent(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        if self.settings.slots.is_maximum {
            return self.assign_slots_of_maximum();
        }
        let limit = self.patience.limit();
        for query in self.running.values_mut() {
            if query.has_slot && query.state.silence() >= limit {
                query.has_slot = false;
                self.answering -= 1;
            }
        }
    }

    /// Does the same where the number of slots is a maximum: a cluster that is heard again takes a slot, even if that is
    /// one too many, so that no other starts.
    fn assign_slots_of_maximum(&mut self) {
        for query in self.running.values() {
            if let Some(wait) = query.state.slowest_wait() {
                self.patience.learn_slowest(wait);
            }
        }
        let limit = self.patience.limit();
        for query in self.running.values_mut() {
            let may_answer = !query.state.is_settled() && query.state.wait() < limit;
            match (query.has_slot, may_answer) {
                (true, false) => self.answering -= 1,
                (false, true) => self.answering += 1,
                _ => {}
            }
            query.has_slot = may_answer;
        }
    }

    /// Returns how long a cluster has been silent, as far as that counts for its slot.
    fn silence(&self, query: &RunningQuery) -> Duration {
        match self.settings.slots.is_maximum {
            true => query.state.wait(),
            false => query.state.silence(),
        }
    }

    /// Returns the deadline of the whole run, and the limit that it follows from.
    fn deadline(&self) -> Option<(Instant, Duration)> {
        let limit = self.settings.total_timeout.unwrap_or_else(|| {
            let clusters = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
            let Settings {
                timeout,
                connect_timeout,
                ..
            } = *self.settings;
            concurrency::total_timeout(clusters, timeout, connect_timeout)
        });
        let until = limit + self.sink.held_up().total();
        Some((after(self.busy.start()?, until), limit))
    }

    fn check_deadline(&mut self) {
        if self.stopped.is_none()
            && let Some((deadline, limit)) = self.deadline()
            && deadline <= Instant::now()
            && !self.sink.held_up().is_now()
        {
            self.stopped = Some(StopReason::Deadline(limit));
        }
    }

    /// Says once that clusters wait because of the limit on open files, not because of `--concurrency`.
    fn say_open_files_limit(&mut self) {
        let open = self.settings.slots.open;
        if !self.waiting.is_empty() && self.futures.len() >= open && !self.has_said_open_files {
            self.has_said_open_files = true;
            let plural = if open == 1 { "" } else { "s" };
            (self.say)(&format!(
                "the limit on open files allows for {open} cluster{plural} at once, the others wait (ulimit -n raises it)"
            ));
        }
    }
}
