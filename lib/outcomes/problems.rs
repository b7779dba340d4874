//! The Problems of a stream.

use crate::exit::Status;
use crate::record::Problem;
use std::collections::BTreeMap;

/// How many Problems are kept; more are only counted.
const MAX_KEPT: usize = 100;

/// The Problems that came.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// In the order of arrival, each once.
    pub(super) kept: Vec<Problem<'static>>,
    /// How many came beyond those that are kept.
    pub(super) more: u64,
    /// The status of all of them together.
    pub(super) status: Status,
    /// The message about what was lost of a cluster's answer, by cluster.
    pub(super) of_clusters: BTreeMap<String, String>,
}

impl Problems {
    /// Adds a Problem, unless it is repeated.
    pub(super) fn take(&mut self, problem: &Problem<'_>) {
        self.status = self.status.join(problem.status);
        if let Some(cluster) = problem.cluster.as_deref().filter(|cluster| !cluster.is_empty()) {
            let message = || format!("{}: {}", problem.stage, problem.message);
            let place = self.of_clusters.entry(cluster.to_owned());
            place.or_insert_with(message);
        }
        let is_same = |kept: &Problem<'_>| {
            (&kept.stage, &kept.cluster, &kept.message)
                == (&problem.stage, &problem.cluster, &problem.message)
        };
        if self.kept.iter().any(is_same) {
            return;
        }
        if self.kept.len() < MAX_KEPT {
            self.kept.push(problem.clone().into_owned());
        } else {
            self.more += 1;
        }
    }
}
