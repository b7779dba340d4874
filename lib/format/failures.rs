//! Answers that could not be printed.

use std::collections::BTreeMap;

/// The answers that could not be printed, and how many could.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// The number of answers that were printed.
    pub(super) printed: usize,
    /// The number of answers that were not.
    pub(super) failed: usize,
    /// The clusters for each error, which is kubectl's text without `error: `.
    pub(super) errors: BTreeMap<String, Vec<String>>,
}

impl Failures {
    /// Adds an answer that could not be printed.
    pub(super) fn add(&mut self, cluster: &str, error: String) {
        self.failed += 1;
        self.errors.entry(error).or_default().push(cluster.to_owned());
    }

    /// Adds what came of printing an answer.
    pub(super) fn note(&mut self, cluster: &str, outcome: Result<(), String>) {
        match outcome {
            Ok(()) => self.printed += 1,
            Err(error) => self.add(cluster, error),
        }
    }

    /// Rewords the errors so far as kubectl does for objects that existed when a watch began.
    pub(super) fn reword_for_listed(&mut self) {
        let errors = std::mem::take(&mut self.errors).into_iter();
        self.errors = errors
            .map(|(error, clusters)| (format!("unable to output the provided object: {error}"), clusters))
            .collect();
    }
}
