//! The namespaces that clusters are asked about where nobody named one: those of the contexts.

use super::headings::NAMESPACE;
use crate::record::{Asked, Row};
use std::collections::HashMap;

/// The namespace of each cluster, as the Asked records say.
#[derive(Debug, Default)]
pub(super) struct Namespaces {
    by_cluster: HashMap<Box<str>, Box<str>>,
    differ: bool,
}

impl Namespaces {
    /// Notes the namespace that a cluster is asked about.
    pub(super) fn saw(&mut self, asked: &Asked<'_>) {
        if let Some(namespace) = &asked.namespace {
            let other = self.by_cluster.values().next();
            self.differ |= other.is_some_and(|other| **other != *namespace.as_str());
            let cluster = asked.cluster.as_str().into();
            self.by_cluster.insert(cluster, namespace.as_str().into());
        }
    }

    /// Returns true if not all are the same: then rows have to say which theirs is.
    pub(super) fn differ(&self) -> bool {
        self.differ
    }

    /// Returns the namespace of a cluster; empty if it was not said.
    pub(super) fn of(&self, cluster: &str) -> &str {
        self.by_cluster.get(cluster).map_or("", |namespace| namespace)
    }

    /// Returns the namespace of a row, if it has to be said.
    pub(super) fn of_row<'r>(&self, row: &'r Row<'_>) -> Option<&'r str> {
        let is_shown = self.differ
            || row
                .columns
                .0
                .first()
                .is_some_and(|(first, _)| *first == *NAMESPACE);
        Some(row.namespace.as_str()).filter(|namespace| is_shown && !namespace.is_empty())
    }
}
