//! What the loop looks at again and again: slots that can be taken, the time, the limit on files.

use super::ending::Stop;
use super::progress::Progress;
use super::{Ask, Fleet, Member, Settings};
use crate::connect::concurrency;
use crate::connect::{FAR, after};
use std::time::Duration;
use tokio::time::Instant;

impl<A: Ask> Fleet<'_, A> {
    /// When something is to be looked at although nothing happens.
    pub(super) fn next_look(&self, progress: &Progress) -> Instant {
        let now = Instant::now();
        let mut next = now + FAR;
        if let Some(due) = progress.due() {
            next = next.min(due);
        }
        if let Some((deadline, _)) = self.deadline()
            && self.stopped.is_none()
        {
            next = next.min(deadline);
        }
        if !self.waiting.is_empty() {
            let limit = self.patience.limit();
            let silent = self.members.values().filter(|member| member.slot);
            let longest = silent.map(|member| self.silence(member)).max();
            if let Some(longest) = longest {
                next = next.min(now + limit.saturating_sub(longest));
            }
        }
        next
    }

    /// Takes the slots of those that have answered and are only listened to from here on.
    pub(super) fn look_at_settled(&mut self) {
        for member in self.members.values_mut() {
            if member.slot && member.state.is_settled() {
                member.slot = false;
                self.answering -= 1;
            }
        }
    }

    /// Takes the slots of those that have been silent for too long, if anybody needs them.
    pub(super) fn look_at_silent(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        if self.settings.slots.is_maximum {
            return self.look_at_silent_of_maximum();
        }
        let limit = self.patience.limit();
        for member in self.members.values_mut() {
            if member.slot && member.state.silence() >= limit {
                member.slot = false;
                self.answering -= 1;
            }
        }
    }

    /// The same where the number of slots is a maximum: one that has been heard again takes a slot, be it one too many,
    /// so that none starts in its place.
    fn look_at_silent_of_maximum(&mut self) {
        for member in self.members.values() {
            if let Some(wait) = member.state.slowest_wait() {
                self.patience.learn_slowest(wait);
            }
        }
        let limit = self.patience.limit();
        for member in self.members.values_mut() {
            let may_answer = !member.state.is_settled() && member.state.wait() < limit;
            match (member.slot, may_answer) {
                (true, false) => self.answering -= 1,
                (false, true) => self.answering += 1,
                _ => {}
            }
            member.slot = may_answer;
        }
    }

    /// How long a member has been silent, for whether it keeps its slot.
    fn silence(&self, member: &Member) -> Duration {
        match self.settings.slots.is_maximum {
            true => member.state.wait(),
            false => member.state.silence(),
        }
    }

    /// The end of the whole run and the time that it stands for.
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

    pub(super) fn look_at_deadline(&mut self) {
        if self.stopped.is_none()
            && let Some((deadline, limit)) = self.deadline()
            && deadline <= Instant::now()
            && !self.sink.held_up().is_now()
        {
            self.stopped = Some(Stop::Deadline(limit));
        }
    }

    /// Says once that it is not the user's limit that others wait for.
    pub(super) fn look_at_files(&mut self) {
        if !self.waiting.is_empty() && self.running.len() >= self.settings.slots.open && !self.said_files {
            self.said_files = true;
            let open = self.settings.slots.open;
            let plural = if open == 1 { "" } else { "s" };
            (self.say)(&format!(
                "the limit on open files allows for {open} cluster{plural} at once, the others wait (ulimit -n raises it)"
            ));
        }
    }
}
