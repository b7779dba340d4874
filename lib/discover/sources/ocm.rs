//! ManagedCluster, `cluster.open-cluster-management.io/v1`: the fleet as Open Cluster Management has it.
//!
//! Claims become properties, and so do labels that no claim has the name of. The condition
//! `ManagedClusterConditionAvailable` is the health. Taints and client configurations are copied as published, and not
//! trusted here.

use super::hub_api::{HubApi, HubScope};
use super::object_fields::{
    Condition, Metadata, NamedValue, by_name, cluster_sets, health, kubernetes_version, one_line,
};
use crate::config::Source;
use crate::connect::Error;
use crate::discover::finding::Finding;
use crate::discover::fleet::Fleet;
use crate::discover::gathering::{Gathering, Rank};
use crate::discover::names::name_refusal;
use crate::discover::paged_list::{self, ItemPlace, ItemReader, Pages};
use crate::record::{ClientConfig, Cluster, Health, Str};
use futures_util::FutureExt as _;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The source `ocm`.
pub const API: HubApi = HubApi {
    kind: "ManagedCluster",
    group_versions: GROUP_VERSION,
    resources: "managedclusters.cluster.open-cluster-management.io",
    remedy: "install Open Cluster Management",
    has_namespaces: false,
    has_placements: false,
    list: |pages, scope| list(pages, scope).boxed_local(),
};

const GROUP_VERSION: &str = "cluster.open-cluster-management.io/v1";

/// The manager's name in the ClusterProfiles that OCM writes. With it, both objects are known to be of one cluster.
pub const MANAGER: &str = "open-cluster-management";

/// The type of the condition that tells the health.
const HEALTH: [&str; 1] = ["ManagedClusterConditionAvailable"];

async fn list(pages: &mut impl Pages, scope: HubScope<'_>) -> Result<Fleet, Error> {
    let mut clusters = ManagedClusters {
        hub: scope.hub,
        gathering: Gathering::default(),
    };
    let path = paged_list::path(GROUP_VERSION, None, "managedclusters");
    paged_list::read(pages, &path, &mut clusters).await?;
    Ok(clusters.gathering.finish(scope.hub))
}

/// Reads ManagedClusters into a fleet.
struct ManagedClusters<'a> {
    hub: &'a str,
    gathering: Gathering,
}

#[derive(Deserialize)]
pub struct ManagedCluster<'a> {
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default)]
    spec: Option<ClusterSpec<'a>>,
    #[serde(borrow, default)]
    status: Option<ClusterStatus<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClusterSpec<'a> {
    #[serde(default)]
    hub_accepts_client: Option<bool>,
    #[serde(borrow, default)]
    managed_cluster_client_configs: Option<Vec<Option<Config<'a>>>>,
    #[serde(borrow, default)]
    taints: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config<'a> {
    #[serde(borrow, default)]
    url: Option<Str<'a>>,
    #[serde(borrow, default)]
    ca_bundle: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClusterStatus<'a> {
    #[serde(borrow, default)]
    conditions: Option<Vec<Option<Condition<'a>>>>,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    cluster_claims: Option<Vec<Option<NamedValue<'a>>>>,
}

impl ItemReader for ManagedClusters<'_> {
    const KIND: &'static str = "ManagedCluster";

    type ListItem<'a> = ManagedCluster<'a>;

    fn restart(&mut self) {
        self.gathering = Gathering::default();
    }

    fn read(&mut self, cluster: ManagedCluster<'_>, place: &ItemPlace<'_>) -> Result<(), String> {
        let mut meta = cluster.metadata.unwrap_or_default();
        let labels = meta.take_labels();
        let name = meta.name.unwrap_or_default();
        if let Some(refusal) = name_refusal(&name) {
            self.left_out(format!("{place} is left out: {refusal}"));
            return Ok(());
        }
        let rank = Rank::new("", &name, None);
        let spec = cluster.spec.unwrap_or_default();
        let status = cluster.status.unwrap_or_default();
        let mut properties = labels.clone();
        properties.extend(by_name(status.cluster_claims));
        let (health, mut health_reason) = health(status.conditions, &HEALTH);
        if health == Health::Unknown && health_reason.is_none() && spec.hub_accepts_client == Some(false) {
            health_reason = Some("the hub has not accepted it".into());
        }
        let taints = spec.taints.and_then(published);
        let cluster = Cluster {
            cluster: name,
            hub: Some(self.hub.into()),
            source: Some(Source::Ocm.as_str().into()),
            manager: Some(MANAGER.into()),
            cluster_sets: cluster_sets(&labels, &properties),
            labels,
            properties,
            health,
            health_reason,
            version: status.version.and_then(kubernetes_version),
            client_configs: client_configs(spec.managed_cluster_client_configs),
            taints: taints.as_deref(),
            ..Cluster::default()
        };
        self.gathering.add(&cluster, rank)
    }

    fn left_out(&mut self, problem: String) {
        self.gathering.report(Finding::missing(problem));
    }
}

fn client_configs(configs: Option<Vec<Option<Config<'_>>>>) -> Vec<ClientConfig<'_>> {
    let configs = configs.into_iter().flatten().flatten();
    let with_url = configs.filter_map(|config| {
        Some(ClientConfig {
            server: config.url.filter(|url| !url.is_empty())?,
            ca_bundle: config.ca_bundle.filter(|bundle| !bundle.is_empty()),
        })
    });
    with_url.collect()
}

/// Returns a list as published, on one line. `None` if it is empty or not a list.
fn published(list: &RawValue) -> Option<Box<RawValue>> {
    let items: Vec<&RawValue> = serde_json::from_str(list.get()).ok()?;
    if items.is_empty() {
        return None;
    }
    RawValue::from_string(one_line(list.get()).into_owned()).ok()
}

#[cfg(test)]
mod tests;
