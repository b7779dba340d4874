//! Records that the fan-out itself writes: announcements of the clusters that will be asked, and lines of the input that
//! could not be read.

use super::input::Input;
use crate::record::{self, Asked, BadLines};
use tokio::sync::mpsc;

/// Announcements of this many bytes are written even if more clusters are about to come.
const BURST: usize = 16 << 10;

/// Announcements that wait to be written, and what the input held so far.
#[derive(Debug)]
pub(super) struct Announcements {
    /// Asked records that are written together: each write wakes the next stage up.
    lines: Vec<u8>,
    pub(super) bad_lines: BadLines,
    has_input: bool,
}

impl Default for Announcements {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            bad_lines: BadLines::of("mc-exec"),
            has_input: false,
        }
    }
}

impl Announcements {
    /// Returns whether the announcements should be written now: no further cluster has arrived yet, or they are many.
    pub(super) fn are_due(&self, input: &mpsc::Receiver<Input>) -> bool {
        !self.lines.is_empty() && (input.is_empty() || self.lines.len() >= BURST)
    }

    /// Returns whether no announcement waits.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Notes that the input held a line, of whatever kind.
    pub(super) fn note_line(&mut self) {
        self.has_input = true;
    }

    /// Returns whether the input held no line at all.
    pub(super) fn is_of_empty_input(&self) -> bool {
        !self.has_input
    }

    /// Takes the announcements, followed by other lines.
    pub(super) fn take_with(&mut self, lines: &mut Vec<u8>) -> Vec<u8> {
        let mut taken = std::mem::take(&mut self.lines);
        match taken.is_empty() {
            true => std::mem::take(lines),
            false => {
                taken.append(lines);
                taken
            }
        }
    }

    /// Announces a cluster, and the namespace of its context if it is asked about that.
    pub(super) fn announce(&mut self, cluster: &str, namespace: Option<&str>) {
        let asked = Asked {
            cluster: cluster.into(),
            namespace: namespace.map(Into::into),
        };
        // Writing to memory does not fail.
        let _ = record::write(&mut self.lines, &asked);
    }
}
