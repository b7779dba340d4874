//! The outcome of asking a cluster, and the Result record of it.

use crate::connect::Error;
use crate::record::{Lack, Outcome};
use std::time::Duration;

/// The outcome of asking a cluster, beside the records that have been sent already.
#[derive(Debug, Default)]
pub struct Answer {
    /// Why the answer is not complete.
    pub failure: Option<Error>,
    /// See [`Outcome::missing`].
    pub missing: Vec<Lack<'static>>,
    /// Members of the Result that depend on the verb. The fan-out fills in all others.
    pub details: Box<Outcome<'static>>,
}

impl From<Error> for Answer {
    fn from(error: Error) -> Self {
        Self {
            failure: Some(error),
            ..Self::default()
        }
    }
}

impl Answer {
    /// Makes the Result of a cluster from which `items` rows or objects came.
    pub(super) fn into_outcome(self, cluster: &str, items: u64, took: Duration) -> Outcome<'static> {
        let failure = self.failure.as_ref();
        Outcome {
            cluster: cluster.to_owned().into(),
            ok: failure.is_none(),
            items,
            // To the microsecond: more digits would not be exact.
            seconds: (took.as_secs_f64() * 1e6).round() / 1e6,
            reason: failure.map(|failure| failure.reason),
            message: failure.map(|failure| without_blank_lines(&failure.message).into()),
            hint: failure.and_then(|failure| Some(without_blank_lines(failure.hint.as_ref()?).into())),
            missing: self.missing,
            ..*self.details
        }
    }
}

fn without_blank_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.join("\n")
}
