//! Records that go out beside the answers: which clusters have been taken in, and which lines of the input could not be.

use super::super::input::Input;
use super::{Ask, Fleet};
use crate::record::{self, Asked, BadLines};
use crate::wire::BadLine;
use tokio::sync::mpsc;

/// So many bytes of announcements go out even if more clusters are about to come.
const BURST: usize = 16 << 10;

/// Records for the stages after this one.
#[derive(Debug)]
pub(super) struct Told {
    /// Announcements that wait to be written together: each write wakes the next stage up.
    announced: Vec<u8>,
    bad_lines: BadLines,
    /// True if any line came.
    came: bool,
}

impl Default for Told {
    fn default() -> Self {
        Self {
            announced: Vec::new(),
            bad_lines: BadLines::of("mc-exec"),
            came: false,
        }
    }
}

impl Told {
    /// Returns whether announcements should go out now: no further cluster has arrived yet, or they are many.
    pub(super) fn is_due(&self, input: &mpsc::Receiver<Input>) -> bool {
        !self.announced.is_empty() && (input.is_empty() || self.announced.len() >= BURST)
    }

    /// Returns whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.announced.is_empty()
    }

    /// Notes that a line came, of whatever kind.
    pub(super) fn came(&mut self) {
        self.came = true;
    }

    /// Returns whether the input held nothing.
    pub(super) fn is_of_nothing(&self) -> bool {
        !self.came
    }

    /// The announcements, and behind them other lines.
    pub(super) fn take_with(&mut self, lines: &mut Vec<u8>) -> Vec<u8> {
        let mut taken = std::mem::take(&mut self.announced);
        match taken.is_empty() {
            true => std::mem::take(lines),
            false => {
                taken.append(lines);
                taken
            }
        }
    }
}

impl<A: Ask> Fleet<'_, A> {
    /// Announces a cluster.
    pub(super) fn announce(&mut self, cluster: &str) {
        let asked = Asked {
            cluster: cluster.into(),
        };
        // Writing to memory does not fail.
        let _ = record::write(&mut self.told.announced, &asked);
    }

    /// A line that could not be taken.
    pub(super) fn take_bad(&mut self, bad: &BadLine) {
        self.told.came();
        if let Some(problem) = self.told.bad_lines.take(bad) {
            (self.say)(&problem.message);
            self.counts.lost(&problem);
            // Writing to memory does not fail.
            let _ = record::write(&mut self.backlog, &problem);
        }
    }

    /// The end of the input.
    pub(super) fn end_input(&mut self) {
        if let Some(rest) = self.told.bad_lines.rest() {
            (self.say)(&rest.message);
            self.counts.lost(&rest);
            // Writing to memory does not fail.
            let _ = record::write(&mut self.backlog, &rest);
        }
    }
}
