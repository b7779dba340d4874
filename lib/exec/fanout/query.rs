//! The query that the fan-out runs for each cluster.

use super::answer::Answer;
use super::output::Sink;
use crate::apiserver::query_state::QueryState;
use crate::record::Access;

/// Asks one cluster. This is all that the fan-out knows of Kubernetes.
pub trait Query {
    /// Returns whether a query goes on until the user or a time limit ends it. To be ended is then not a failure.
    fn is_endless(&self) -> bool {
        false
    }

    /// Returns whether each cluster is asked about the namespace of its context, since no other was named.
    fn asks_contexts_namespace(&self) -> bool {
        false
    }

    /// Asks one cluster, sends its records to the output as they come, and notes in `state` what it hears. May be
    /// dropped wherever it waits.
    fn run(&self, access: &Access<'_>, state: &QueryState, sink: &Sink) -> impl Future<Output = Answer>;
}
