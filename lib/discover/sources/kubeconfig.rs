//! The kubeconfig itself as a fleet: every context is a cluster, and there is no hub.
//!
//! A context that the mapping file names is listed under the mapped cluster's name, any other under its own.

use crate::config::{ClusterMapping, Source};
use crate::discover::finding::Finding;
use crate::discover::fleet::Fleet;
use crate::discover::globs::Globs;
use crate::discover::member::Member;
use crate::discover::names::context_refusal;
use crate::kubeconfig::Kubeconfig;
use crate::record::Cluster;
use std::collections::{BTreeMap, BTreeSet};

/// Returns the clusters and the contexts that lead to them: those whose context matches the patterns.
pub fn members(
    kubeconfig: &Kubeconfig,
    mapping: &ClusterMapping,
    globs: &mut Globs,
) -> BTreeMap<String, String> {
    let mapped: BTreeSet<&str> = mapping.contexts().map(|(_, context)| context).collect();
    let mut members = BTreeMap::new();
    for context in kubeconfig.context_names() {
        if globs.matches(context) && !mapped.contains(context) {
            members.insert(context.to_owned(), context.to_owned());
        }
    }
    // Added last, because a mapped cluster is not reached through the context of its own name.
    for (cluster, context) in mapping.contexts() {
        if kubeconfig.has_context(context) && globs.matches(context) {
            members.insert(cluster.to_owned(), context.to_owned());
        }
    }
    members
}

/// Lists these clusters.
pub fn list(members: &BTreeMap<String, String>) -> Fleet {
    let mut fleet = Fleet::default();
    for name in members.keys() {
        match context_refusal(name) {
            Some(refusal) => fleet.findings.push(Finding::missing(refusal)),
            None => fleet.members.push(Member::new(&Cluster {
                cluster: name.as_str().into(),
                source: Some(Source::Kubeconfig.as_str().into()),
                ..Cluster::default()
            })),
        }
    }
    fleet
}
