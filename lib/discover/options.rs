//! The options of mc-discover.

use crate::config::{ClusterMapping, Concurrency, Groups, Source};
use crate::kubeconfig::Kubeconfig;
use std::path::PathBuf;
use std::time::Duration;

/// The options of mc-discover, with the configuration and the environment already applied.
#[derive(Clone, Debug)]
pub struct Options {
    /// The contexts of the hubs. If there are none, the hub is the kubeconfig's current context.
    pub hubs: Vec<HubContext>,
    /// The sources of the fleet, in the order of their precedence.
    pub sources: Vec<Source>,
    /// The only namespace of the hub that is looked at; `None` for all.
    pub hub_namespace: Option<String>,
    /// The placement whose clusters are listed (`NAME` or `NAMESPACE/NAME`), for the source `inventory`.
    pub placement: Option<String>,
    /// Names or patterns of contexts, for the sources `kubeconfig` and `about`. If empty, all are listed.
    pub contexts: Vec<String>,
    /// When several hubs list a cluster, the one in this region is used.
    pub region: Option<String>,
    /// Asks the hub even if the cache is fresh.
    pub refresh: bool,
    /// How old an expired cache may be that is used when the hub cannot be reached. Zero forbids it.
    pub max_stale: Duration,
    /// How long a cached fleet is fresh.
    pub cache_ttl: Duration,
    /// The cache's folder, `~/.kube/cache/kubectl-mc`.
    pub cache_dir: PathBuf,
    /// True if the answers of hubs are written to the cache.
    pub keep: bool,
    /// Limits of time and number.
    pub limits: Limits,
    /// Which clusters of the fleet are listed.
    pub selection: Selection,
    /// True if a progress line is drawn on stderr while the hubs are asked.
    pub progress: bool,
    /// True if unhealthy clusters get a `skip`, so that they are named in the output and not asked.
    pub skip_unhealthy: bool,
}

impl Options {
    /// Returns true if a hub is asked for any of the sources.
    pub fn needs_hub(&self) -> bool {
        self.sources.iter().any(|source| source.needs_hub())
    }
}

/// Limits of time and number.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The time for one hub or member.
    pub timeout: Duration,
    /// The time for DNS, TCP and TLS together.
    pub connect_timeout: Duration,
    /// The time for all members together; `None` is max(60 s, members × 5 s).
    pub total_timeout: Option<Duration>,
    /// How many members are asked at once.
    pub concurrency: Concurrency,
    /// The time for one run of a credential plugin that cannot ask a person at a terminal.
    pub login_timeout: Duration,
}

/// The context of a hub.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HubContext {
    /// The context's name.
    pub name: String,
    /// The flag or file that names it, for messages: `--hub-context`.
    pub by: String,
    /// The region that the user has configured for it.
    pub region: Option<String>,
}

/// The clusters of the fleet that are listed: those that meet all conditions.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selection {
    /// Names or patterns (`prod-*`). Each may contain several, separated by commas. If empty, all match.
    pub clusters: Vec<String>,
    /// Names or patterns of clusters that are left out.
    pub exclude: Vec<String>,
    /// A Kubernetes label selector over labels and properties.
    pub selector: Option<String>,
    /// Names or patterns of cluster sets. If empty, all match.
    pub cluster_sets: Vec<String>,
    /// Leaves out unhealthy clusters.
    pub healthy: bool,
    /// The groups that `clusters` and `exclude` may name: `@prod`.
    pub groups: Groups,
    /// The flags, variables or keys that say so.
    pub named_by: SelectedBy,
}

/// The flag, the variable or the key for each part of a selection, for messages.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SelectedBy {
    /// For `clusters`.
    pub clusters: String,
    /// For `exclude`.
    pub exclude: String,
    /// For `selector`.
    pub selector: String,
    /// For `cluster_sets`.
    pub cluster_sets: String,
}

impl Default for SelectedBy {
    fn default() -> Self {
        Self {
            clusters: "--clusters".into(),
            exclude: "--exclude".into(),
            selector: "--cluster-selector".into(),
            cluster_sets: "--cluster-set".into(),
        }
    }
}

/// The user's files in which clusters are looked up.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The kubeconfig.
    pub kubeconfig: &'a Kubeconfig,
    /// The mapping of clusters to contexts.
    pub mapping: &'a ClusterMapping,
}
