//! What mc-discover is asked for, and what of it cannot be.

use crate::config::{ClusterMapping, Concurrency, Source};
use crate::exit::Fatal;
use crate::kubeconfig::Kubeconfig;
use crate::selector::is_namespace;
use std::path::PathBuf;
use std::time::Duration;

/// What mc-discover was asked for, with configuration and environment taken in.
#[derive(Clone, Debug)]
pub struct Options {
    /// The hubs' contexts; none is the kubeconfig's current one.
    pub hubs: Vec<HubContext>,
    /// What lists the fleet, in the order in which they have a say.
    pub sources: Vec<Source>,
    /// Only this namespace of the hub; `None` is all.
    pub hub_namespace: Option<String>,
    /// Only what this placement chose (`NAME` or `NAMESPACE/NAME`), for the source `inventory`.
    pub placement: Option<String>,
    /// Names or globs of contexts, for the sources `kubeconfig` and `about`; empty is all.
    pub contexts: Vec<String>,
    /// Of several hubs that know a cluster the one of this region is preferred.
    pub region: Option<String>,
    /// Ask the hub even if the cache is fresh.
    pub refresh: bool,
    /// How old an expired cache may be that serves when the hub cannot be reached; zero is never.
    pub max_stale: Duration,
    /// For how long a cached fleet is fresh.
    pub cache_ttl: Duration,
    /// The cache's folder, `~/.kube/cache/kubectl-mc`.
    pub cache_dir: PathBuf,
    /// Whether what hubs say is kept there.
    pub keep: bool,
    /// For how long whom is waited for.
    pub limits: Limits,
    /// Which of the fleet.
    pub selection: Selection,
    /// Whether members that are unhealthy get a `skip`, so that they are named and not asked.
    pub skip_unhealthy: bool,
}

/// For how long whom is waited for.
#[derive(Clone, Debug)]
pub struct Limits {
    /// For the whole talk with one cluster, be it a hub.
    pub timeout: Duration,
    /// For DNS, TCP and TLS together.
    pub connect_timeout: Duration,
    /// For all members together; `None` is max(60 s, members × 5 s).
    pub total_timeout: Option<Duration>,
    /// How many members at once.
    pub concurrency: Concurrency,
    /// For one run of a credential plugin, where nobody on a terminal can be asked.
    pub login_timeout: Duration,
}

/// The context that leads to a hub.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HubContext {
    /// Its name.
    pub name: String,
    /// What names it, for messages: `--hub-context`.
    pub by: String,
    /// The region that it is in, as the user calls it.
    pub region: Option<String>,
}

/// Which clusters of the fleet: all conditions must hold.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selection {
    /// Names or globs (`prod-*`), each possibly several separated by commas; empty is all.
    pub clusters: Vec<String>,
    /// Names or globs to leave out, likewise.
    pub exclude: Vec<String>,
    /// A Kubernetes label selector, set-based too, over labels and properties.
    pub selector: Option<String>,
    /// Names or globs of cluster sets, likewise; empty is all.
    pub cluster_sets: Vec<String>,
    /// Leave out those that are unhealthy.
    pub healthy: bool,
}

/// A placement's name, and the namespace that its decisions are in, where it is said.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Placement {
    pub(super) namespace: Option<String>,
    pub(super) name: String,
}

/// The user's files that clusters are looked up in.
#[derive(Clone, Copy, Debug)]
pub struct Files<'a> {
    /// The kubeconfig.
    pub kubeconfig: &'a Kubeconfig,
    /// Which context leads to which cluster.
    pub mapping: &'a ClusterMapping,
}

/// What is asked for, after what cannot be was refused.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    pub(super) namespace: Option<&'a str>,
    pub(super) placement: Option<Placement>,
    pub(super) placement_text: &'a str,
}

impl<'a> Wanted<'a> {
    pub(super) fn check(options: &'a Options) -> Result<Self, Fatal> {
        let namespace = options.hub_namespace.as_deref().filter(|name| !name.is_empty());
        if let Some(name) = namespace.filter(|name| !is_namespace(name)) {
            return Err(Fatal::usage(format!(
                "the hub's namespace {name:?} cannot be one: lower case letters, digits and dashes, at most 63"
            )));
        }
        let text = options.placement.as_deref().unwrap_or_default();
        let placement = match text.split_once('/') {
            _ if text.is_empty() => None,
            Some((namespace, name)) if is_namespace(namespace) && !name.is_empty() => Some(Placement {
                namespace: Some(namespace.to_owned()),
                name: name.to_owned(),
            }),
            Some(_) => {
                return Err(Fatal::usage(format!(
                    "--placement {text:?}: expected NAME or NAMESPACE/NAME"
                )));
            }
            None => Some(Placement {
                namespace: None,
                name: text.to_owned(),
            }),
        };
        if placement.is_some() && !options.sources.contains(&Source::Inventory) {
            return Err(Fatal::usage(
                "--placement chooses from PlacementDecisions: it goes with --source inventory",
            ));
        }
        Ok(Self {
            namespace,
            placement,
            placement_text: text,
        })
    }
}
