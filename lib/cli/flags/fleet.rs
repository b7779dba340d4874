//! Flags that choose the clusters.

use super::switch::as_switch;
use crate::config::{Hub, Source, parse_duration, parse_hubs};
use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use std::time::Duration;

/// The hubs of one value of a flag.
type Hubs = Vec<Hub>;

/// Chooses the clusters.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Fleet", mut_args(as_switch))]
pub struct FleetArgs {
    /// Names or globs of the clusters to ask, or groups: --clusters='prod-*,@eu' (repeatable) [default: defaults.clusters, else all]
    #[arg(long, value_name = "GLOB", global = true)]
    pub clusters: Vec<String>,
    /// Names or globs of clusters to leave out, or groups (repeatable) [default: defaults.exclude]
    #[arg(long, value_name = "GLOB", global = true)]
    pub exclude: Vec<String>,
    /// A label selector for the clusters' labels and properties: 'env in (prod,stage),!legacy'
    /// [default: defaults.clusterSelector]
    #[arg(long, value_name = "SELECTOR", global = true)]
    pub cluster_selector: Option<String>,
    /// Names or globs of cluster sets: ask only clusters in one of them (repeatable) [default:
    /// defaults.clusterSet]
    #[arg(long, value_name = "SET", global = true)]
    pub cluster_set: Vec<String>,
    /// Leave out clusters whose control plane is unhealthy [default: defaults.healthy, else false]
    #[arg(long, global = true)]
    pub healthy: Option<bool>,
    /// Report unhealthy clusters as skipped instead of asking them [default: discovery.skipUnhealthy, else false]
    #[arg(long, global = true)]
    pub skip_unhealthy: Option<bool>,
    /// The hub's kubeconfig context
    ///
    /// Without it: KUBECTL_MC_HUB_CONTEXT, else hubContext or hubs in the configuration, else hubContext in the
    /// mapping file, else the kubeconfig's current context.
    #[arg(long, value_name = "CONTEXT", global = true)]
    pub hub_context: Option<String>,
    /// Several hubs: --hubs=hub-eu,hub-us, or with regions: '[{context: hub-eu, region: eu}]' [default: hubs]
    #[arg(long, value_name = "CONTEXTS", global = true, value_parser = parse_hubs, conflicts_with = "hub_context")]
    pub hubs: Option<Hubs>,
    /// Use only what this namespace of the hub lists, instead of all namespaces [default: discovery.hubNamespace]
    #[arg(long, value_name = "NAMESPACE", global = true)]
    pub hub_namespace: Option<String>,
    /// Where the list of clusters comes from; several sources are combined (repeatable) [default: discovery.source of
    /// the configuration, else clusterprofile]
    #[arg(long, alias = "api", value_name = "SOURCE", global = true, value_delimiter = ',', value_parser = source_parser())]
    pub source: Vec<Source>,
    /// With --source inventory, only the clusters of this placement [default: discovery.placement]
    #[arg(long, value_name = "[NAMESPACE/]NAME", global = true)]
    pub placement: Option<String>,
    /// With --source kubeconfig or about, names or globs of contexts (repeatable) [default: discovery.contexts]
    #[arg(long, value_name = "GLOB", global = true)]
    pub contexts: Vec<String>,
    /// When several hubs list a cluster, use the one in this region [default: discovery.region]
    #[arg(long, value_name = "REGION", global = true)]
    pub region: Option<String>,
    /// Ask the hub even if the cached fleet is fresh
    #[arg(long, global = true)]
    pub refresh: bool,
    /// How long a cached fleet is used without asking the hub [default: discovery.cacheTTL, else 5m]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub cache_ttl: Option<Duration>,
    /// Fail when the hub cannot be reached, instead of using an expired cache with exit status 3
    #[arg(long, global = true)]
    pub no_stale: bool,
    /// How old a cached fleet may be that is used when the hub cannot be reached; 0 means never
    /// [default: discovery.maxStale, else 24h]
    #[arg(long, value_name = "DURATION", global = true, value_parser = parse_duration)]
    pub max_stale: Option<Duration>,
}

/// Leaves out clusters without access.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Fleet", mut_args(as_switch))]
pub struct AccessibleArgs {
    /// Leave out clusters that you have no access to, without reporting them [default: discovery.accessible, else false]
    #[arg(long, global = true)]
    pub accessible: Option<bool>,
}

fn source_parser() -> impl TypedValueParser<Value = Source> {
    let named = |source: Source| {
        let value = PossibleValue::new(source.as_str());
        match source {
            Source::Stdin => value.alias("-"),
            _ => value,
        }
    };
    PossibleValuesParser::new(Source::ALL.map(named)).map(|name| {
        let found = Source::ALL.into_iter().find(|source| source.as_str() == name);
        // Only the alias has another name.
        found.unwrap_or(Source::Stdin)
    })
}
