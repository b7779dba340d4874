//! The standing of each cluster: answered, skipped or failed.

use crate::record::Reason;

/// The category that a cluster is counted in.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It answered, or it lacks what others have.
    Answered,
    /// It was not asked.
    Skipped,
    /// It should have answered and did not, or not in full.
    Failed,
}

/// A cluster that did not answer.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    pub cluster: &'a str,
    /// [`Standing::Skipped`] or [`Standing::Failed`].
    pub standing: Standing,
    /// The reason, which only Results have.
    pub reason: Option<Reason>,
    /// The reason for a person.
    pub message: &'a str,
    /// Advice for the user.
    pub hint: Option<&'a str>,
}

/// The numbers of clusters by [`Standing`].
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    pub successful: u64,
    pub failed: u64,
    pub skipped: u64,
}

impl Counts {
    /// Returns the number of all clusters.
    pub fn total(self) -> u64 {
        self.successful
            .saturating_add(self.failed)
            .saturating_add(self.skipped)
    }
}
