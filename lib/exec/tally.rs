//! What the Results of a run come to.

use crate::exit::{FailOn, Status, Tally};
use crate::record::Reason;
use std::collections::HashMap;

/// Counts Results, and what is missing from how many.
#[derive(Debug, Default)]
pub struct Outcomes {
    tally: Tally,
    missing: HashMap<String, u64>,
    /// Whether the user stopped it.
    pub interrupted: bool,
    /// Lines of the input that could not be taken.
    pub bad_lines: u64,
}

impl Outcomes {
    /// Takes one Result. A cluster that merely lacks what was asked for has answered.
    pub fn take(&mut self, failure: Option<Reason>, missing: Vec<String>) {
        if matches!(failure, None | Some(Reason::NotFound)) {
            self.tally.successful += 1;
            for text in missing {
                *self.missing.entry(text).or_default() += 1;
            }
        } else {
            self.tally.failed += 1;
        }
    }

    /// The status of the run.
    pub fn status(&self, fail_on: FailOn) -> Status {
        let answered = self.tally.successful;
        let tally = Tally {
            missing_everywhere: answered > 0 && self.missing.values().any(|count| *count == answered),
            interrupted: self.interrupted,
            // A line that nobody understood may have been a cluster.
            failed: self.tally.failed + self.bad_lines,
            ..self.tally
        };
        tally.status(fail_on)
    }
}
