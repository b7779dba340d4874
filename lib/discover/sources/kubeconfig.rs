//! The kubeconfig itself as a fleet: every context, and no hub.
//!
//! A context that the mapping file has a cluster for is listed under that cluster's name, any other under its
//! own.

use crate::config::{ClusterMapping, Source};
use crate::discover::gathering::Fleet;
use crate::discover::selection::Globs;
use crate::kubeconfig::Kubeconfig;
use crate::record::{self, Cluster};
use crate::term;
use std::collections::{BTreeMap, BTreeSet};

/// Clusters and the contexts that lead to them. With patterns (`--contexts`) only those contexts that one of
/// them matches; `used` patterns are remembered by them.
pub fn members(
    kubeconfig: &Kubeconfig,
    mapping: &ClusterMapping,
    globs: &mut Globs,
) -> BTreeMap<String, String> {
    let mapped: BTreeSet<&str> = mapping.contexts().map(|(_, context)| context).collect();
    let mut members = BTreeMap::new();
    for context in kubeconfig.context_names() {
        if !globs.matches(context) {
            continue;
        }
        if !mapped.contains(context) {
            members.insert(context.to_owned(), context.to_owned());
        }
    }
    // Last: a cluster that is mapped is not reached through the context of its own name.
    for (cluster, context) in mapping.contexts() {
        if kubeconfig.has_context(context) && globs.matches(context) {
            members.insert(cluster.to_owned(), context.to_owned());
        }
    }
    members
}

/// A record for each of these clusters.
pub fn list(members: &BTreeMap<String, String>) -> Fleet {
    let mut fleet = Fleet::default();
    for name in members.keys() {
        if let Some(problem) = name_problem(name) {
            fleet.problems.push(problem);
            continue;
        }
        let cluster = Cluster {
            cluster: name.as_str().into(),
            source: Some(Source::Kubeconfig.as_str().into()),
            ..Cluster::default()
        };
        push(&mut fleet, &cluster);
    }
    fleet
}

/// Adds a record.
pub(super) fn push(fleet: &mut Fleet, cluster: &Cluster<'_>) {
    let mut line = Vec::new();
    // Writing to memory does not fail, and JSON is UTF-8.
    let _ = record::write(&mut line, cluster);
    fleet.lines.push_str(&String::from_utf8_lossy(&line));
    fleet.count += 1;
}

/// What is wrong with a context's name as a cluster's. The user's own files may hold names that a hub may not
/// (`arn:aws:eks:eu-west-1:111122223333:cluster/prod`): only what a line could not hold is refused.
pub(super) fn name_problem(name: &str) -> Option<String> {
    let refused = name.is_empty() || name.chars().any(term::is_unfit_for_name);
    refused.then(|| {
        format!(
            "context \"{}\" is left out: its name is empty, or has control characters or such that cannot be seen",
            term::escape(name)
        )
    })
}
