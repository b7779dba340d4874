//! Lines of its input that a stage could not read. Each becomes a [`Problem`] for the stages after it.

use super::problem::Problem;
use crate::exit::Status;
use crate::wire::BadLine;

/// The number of lines that are reported one by one. The others are counted.
const MAX_TOLD: u64 = 10;

/// Counts bad lines, and makes Problems of them.
#[derive(Clone, Copy, Debug)]
pub struct BadLines {
    stage: &'static str,
    count: u64,
}

impl BadLines {
    /// Creates the counter of a stage that has not read anything yet.
    pub fn of(stage: &'static str) -> Self {
        Self { stage, count: 0 }
    }

    /// Returns the number of bad lines so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Counts a line. The stage writes the Problem, and its message on stderr. Returns `None` after so many lines that
    /// this one is only counted.
    pub fn take(&mut self, bad: &BadLine) -> Option<Problem<'static>> {
        self.count += 1;
        if self.count > MAX_TOLD {
            return None;
        }
        let problem = Problem::new(self.stage, Status::Partial, &bad.to_string()).said_here();
        Some(Problem {
            cluster: bad.cluster.clone().map(Into::into),
            ..problem
        })
    }

    /// Returns a Problem for the lines that were only counted, at the end of the input.
    pub fn rest(&self) -> Option<Problem<'static>> {
        let more = self.count.saturating_sub(MAX_TOLD);
        (more > 0).then(|| {
            let lines = if more == 1 { "line" } else { "lines" };
            let message = format!("and {more} more {lines} that cannot be read");
            Problem::new(self.stage, Status::Partial, &message).said_here()
        })
    }
}
