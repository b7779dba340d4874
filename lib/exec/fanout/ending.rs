//! How queries and runs end: the words of those that were broken off, and what all come to.

use super::Answer;
use crate::connect::Error;
use crate::exit::{FailOn, Status};
use crate::outcomes::Outcomes;
use crate::record::{Outcome, Problem, Reason};
use std::time::Duration;

/// Why nobody is asked any more.
#[derive(Clone)]
pub(super) enum Stop {
    /// The user does not want to wait.
    Interrupted,
    /// This cluster failed.
    FailFast(String),
    /// This time for the whole run is over.
    Deadline(Duration),
}

impl Stop {
    /// Whether that is how a watch ends, which has no end of its own.
    pub(super) fn is_an_end(&self) -> bool {
        matches!(self, Stop::Interrupted | Stop::Deadline(_))
    }

    /// What becomes of those that are not asked.
    pub(super) fn failure(&self) -> Error {
        let (reason, message) = match self {
            Stop::Interrupted => (Reason::Cancelled, "interrupted".to_owned()),
            Stop::FailFast(cluster) => (
                Reason::Cancelled,
                format!("cancelled, because {cluster} failed and --fail-fast is set"),
            ),
            Stop::Deadline(limit) => (
                Reason::Timeout,
                format!(
                    "not done within {}s, the time for all clusters together (--total-timeout)",
                    limit.as_secs_f64()
                ),
            ),
        };
        let error = Error::new(reason, message);
        match self {
            Stop::Deadline(_) => error.with_hint(
                "give them all more time with --total-timeout, or ask more at once with --concurrency",
            ),
            _ => error,
        }
    }
}

/// What the run comes to.
#[derive(Debug, Default)]
pub(super) struct Counts {
    outcomes: Outcomes,
    /// Clusters that have ended.
    pub(super) ended: usize,
    /// Whether the user stopped it.
    pub(super) interrupted: bool,
}

impl Counts {
    /// Takes the Result of one cluster.
    pub(super) fn take(&mut self, outcome: &Outcome<'_>) {
        self.ended += 1;
        self.outcomes.saw_result(outcome);
    }

    /// Takes what could not be taken of the input.
    pub(super) fn lost(&mut self, problem: &Problem<'_>) {
        self.outcomes.saw_problem(problem);
    }

    /// Takes a record that is passed on: what the stages before lost counts here, too.
    pub(super) fn passes_on(&mut self, line: &str) {
        self.outcomes.saw_passed_on(line);
    }

    /// The status of the run.
    pub(super) fn status(&self, fail_on: FailOn) -> Status {
        let mut tally = self.outcomes.tally();
        tally.interrupted = self.interrupted;
        self.outcomes.status_of(tally, fail_on)
    }
}

/// The Result of a cluster.
pub(super) fn outcome<'a>(cluster: &'a str, items: u64, took: Duration, answer: &'a Answer) -> Outcome<'a> {
    let failure = answer.failure.as_ref();
    Outcome {
        cluster: cluster.into(),
        ok: failure.is_none(),
        items,
        // To the microsecond: more digits say nothing.
        seconds: (took.as_secs_f64() * 1e6).round() / 1e6,
        reason: failure.map(|failure| failure.reason),
        message: failure.map(|failure| without_blank_lines(&failure.message).into()),
        hint: failure.and_then(|failure| Some(without_blank_lines(failure.hint.as_ref()?).into())),
        missing: answer.missing.clone(),
        unserved: answer.unserved.clone(),
        notice: answer.notice.as_deref().map(Into::into),
        empty_list: answer.empty_list,
        unsorted: answer.unsorted.as_deref().map(Into::into),
        types: match answer.types {
            0 | 1 => 0,
            types => u32::try_from(types).unwrap_or(u32::MAX),
        },
        watched: false,
    }
}

fn without_blank_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.join("\n")
}
