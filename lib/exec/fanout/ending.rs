//! How runs end: why one is stopped early, and its exit status.

use crate::connect::Error;
use crate::exit::{FailOn, Status};
use crate::outcomes::Outcomes;
use crate::record::{Outcome, Problem, Reason};
use std::time::Duration;

/// Why a run is stopped early.
#[derive(Clone)]
pub(super) enum StopReason {
    /// The user interrupted it.
    Interrupted,
    /// This cluster failed, with `--fail-fast`.
    FailFast(String),
    /// The time for the whole run, which was this long, is over.
    Deadline(Duration),
}

impl StopReason {
    /// Returns whether this is how queries that have no end of their own are meant to end.
    pub(super) fn ends_endless_queries(&self) -> bool {
        matches!(self, StopReason::Interrupted | StopReason::Deadline(_))
    }

    /// Returns the failure of the clusters that were still outstanding.
    pub(super) fn failure(&self) -> Error {
        match self {
            StopReason::Interrupted => Error::new(Reason::Cancelled, "interrupted"),
            StopReason::FailFast(cluster) => Error::new(
                Reason::Cancelled,
                format!("cancelled, because {cluster} failed and --fail-fast is set"),
            ),
            StopReason::Deadline(limit) => Error::new(
                Reason::Timeout,
                format!(
                    "not done within {}s, the time for all clusters together (--total-timeout)",
                    limit.as_secs_f64()
                ),
            )
            .with_hint(
                "give them all more time with --total-timeout, or ask more at once with --concurrency",
            ),
        }
    }
}

/// Counts outcomes for the run's exit status.
#[derive(Debug, Default)]
pub(super) struct Counts {
    outcomes: Outcomes,
    /// How many clusters have answered.
    pub(super) answered: usize,
    /// How many clusters have ended in another way.
    pub(super) failed: usize,
    /// True if the user interrupted the run.
    pub(super) interrupted: bool,
}

impl Counts {
    /// Counts the Result of one cluster.
    pub(super) fn take(&mut self, outcome: &Outcome<'_>) {
        match outcome.ok {
            true => self.answered += 1,
            false => self.failed += 1,
        }
        self.outcomes.saw_result(outcome);
    }

    /// Counts a part of the input that could not be read.
    pub(super) fn lost(&mut self, problem: &Problem<'_>) {
        self.outcomes.saw_problem(problem);
    }

    /// Counts a record that is passed on: what earlier stages lost matters here, too.
    pub(super) fn passes_on(&mut self, line: &str) {
        self.outcomes.saw_passed_on(line);
    }

    /// Returns the exit status of the run.
    pub(super) fn status(&self, fail_on: FailOn) -> Status {
        let mut tally = self.outcomes.tally();
        tally.interrupted = self.interrupted;
        self.outcomes.status_of(tally, fail_on)
    }
}
