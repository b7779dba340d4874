//! The user's own files as places where access is looked for: the mapping, and the context of a cluster's name.

use super::home::mapping_file;
use super::resolution::Attempt;
use crate::config::{ClusterMapping, MappedCluster};
use crate::kubeconfig::Kubeconfig;
use crate::record::Cluster;
use std::sync::Arc;

/// The kubeconfig and the mapping file.
#[derive(Debug)]
pub(super) struct UserFiles {
    pub kubeconfig: Arc<Kubeconfig>,
    pub mapping: Arc<ClusterMapping>,
    /// The path of the mapping file, for messages.
    pub mapping_file: String,
}

impl UserFiles {
    pub fn new(kubeconfig: Kubeconfig, mapping: ClusterMapping) -> Self {
        Self {
            kubeconfig: Arc::new(kubeconfig),
            mapping: Arc::new(mapping),
            mapping_file: mapping_file(),
        }
    }

    /// Returns the entry of a cluster in the mapping file.
    pub fn entry(&self, cluster: &Cluster<'_>) -> Option<&MappedCluster> {
        let found = self.mapping.find(&cluster.cluster, cluster.profile.as_deref());
        found.map(|(_, entry)| entry)
    }

    /// Looks for the context that the mapping file names for a cluster.
    pub fn mapped_context(&self, cluster: &Cluster<'_>) -> Attempt {
        let name = cluster.cluster.as_str();
        let file = &self.mapping_file;
        let Some(entry) = self.entry(cluster) else {
            return Attempt::nothing(format!("no mapping in {file}"));
        };
        let Some(context) = &entry.context else {
            return Attempt::nothing(format!("its entry in {file} names no context"));
        };
        match self.kubeconfig.check(context) {
            Ok(()) => Attempt::context(
                context,
                "mapping",
                format!("context {context:?}, mapped in {file}"),
            ),
            Err(_) if !self.kubeconfig.has_context(context) => Attempt::refused(format!(
                "{file} maps cluster {name:?} to context {context:?}, which is not in the kubeconfig{}; \
                 correct the mapping or add the context",
                self.kubeconfig.did_you_mean(context)
            )),
            Err(error) => Attempt::refused(format!("{error}; {file} maps cluster {name:?} to it")),
        }
    }

    /// Looks for the context that has a cluster's name.
    pub fn context_of_same_name(&self, name: &str) -> Attempt {
        if !self.kubeconfig.has_context(name) {
            return Attempt::nothing(format!("no context named {name:?} in the kubeconfig"));
        }
        match self.kubeconfig.check(name) {
            Ok(()) => Attempt::context(name, "context", "the context of its own name"),
            Err(error) => Attempt::refused(error.0),
        }
    }
}
