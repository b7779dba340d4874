//! ManagedCluster, `cluster.open-cluster-management.io/v1`: the fleet as Open Cluster Management has it.
//!
//! Claims become properties, and so do labels where no claim has the name; the condition
//! `ManagedClusterConditionAvailable` is the health. Taints and client configurations are passed on as they are
//! published: neither is trusted here.

use super::conditions::{Condition, health, version};
use crate::config::Source;
use crate::connect::Error;
use crate::discover::gathering::{Fleet, Gathering, Rank, name_refusal, sets};
use crate::discover::paged_list::{self, Meta, Pages, Taker, one_line, place, strings, text};
use crate::record::{ClientConfig, Cluster, Health, Str};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt;

/// Which API.
pub const GROUP_VERSION: &str = "cluster.open-cluster-management.io/v1";

/// The manager's name in ClusterProfiles that OCM writes, so that both are known to be of one cluster.
pub const MANAGER: &str = "open-cluster-management";

/// The condition that tells the health.
const HEALTH: [&str; 1] = ["ManagedClusterConditionAvailable"];

/// Lists the fleet.
///
/// # Errors
/// As with [`paged_list::read`].
pub async fn list(pages: &mut impl Pages, hub: &str) -> Result<Fleet, Error> {
    let mut clusters = ManagedClusters {
        hub,
        gathering: Gathering::default(),
    };
    let path = paged_list::path(GROUP_VERSION, None, "managedclusters");
    paged_list::read(pages, &path, &mut clusters).await?;
    Ok(clusters.gathering.finish(hub))
}

/// Where they are taken in.
struct ManagedClusters<'a> {
    hub: &'a str,
    gathering: Gathering,
}

#[derive(Deserialize)]
struct ManagedCluster<'a> {
    #[serde(borrow, default)]
    metadata: Option<Meta<'a>>,
    #[serde(borrow, default)]
    spec: Option<Spec<'a>>,
    #[serde(borrow, default)]
    status: Option<Status<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
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
struct Status<'a> {
    #[serde(borrow, default)]
    conditions: Option<Vec<Option<Condition<'a>>>>,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    cluster_claims: Option<Vec<Option<Claim<'a>>>>,
}

#[derive(Deserialize)]
struct Claim<'a> {
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
}

impl Taker for ManagedClusters<'_> {
    const KIND: &'static str = "ManagedCluster";

    fn start_over(&mut self) {
        self.gathering = Gathering::default();
    }

    fn take(&mut self, item: &RawValue, index: usize) -> Result<(), String> {
        let left_out =
            |problem: &dyn fmt::Display| format!("{} is left out: {problem}", place(Self::KIND, item, index));
        let cluster: ManagedCluster<'_> = match serde_json::from_str(item.get()) {
            Ok(cluster) => cluster,
            Err(error) => {
                self.gathering.problem(left_out(&error));
                return Ok(());
            }
        };
        let meta = cluster.metadata.unwrap_or_default();
        let name = meta.name.unwrap_or_default();
        if let Some(refusal) = name_refusal(&name) {
            self.gathering.problem(left_out(&refusal));
            return Ok(());
        }
        let rank = Rank::new("", &name, None);
        let spec = cluster.spec.unwrap_or_default();
        let status = cluster.status.unwrap_or_default();
        let labels = strings(meta.labels.unwrap_or_default());
        let properties = properties(&labels, status.cluster_claims.unwrap_or_default());
        let (health, mut health_reason) = health(&status.conditions.unwrap_or_default(), &HEALTH);
        if health == Health::Unknown && health_reason.is_none() && spec.hub_accepts_client == Some(false) {
            health_reason = Some("the hub has not accepted it".into());
        }
        let taints = spec.taints.and_then(published);
        self.gathering.add(
            &Cluster {
                cluster: name,
                hub: Some(self.hub.into()),
                source: Some(Source::Ocm.as_str().into()),
                manager: Some(MANAGER.into()),
                cluster_sets: sets(&labels, &properties),
                labels,
                properties,
                health,
                health_reason,
                version: status.version.and_then(version),
                client_configs: configs(spec.managed_cluster_client_configs.unwrap_or_default()),
                taints: taints.as_deref(),
                ..Cluster::default()
            },
            rank,
        )
    }

    fn left_out(&mut self, problem: String) {
        self.gathering.problem(problem);
    }
}

/// The claims, and the labels that no claim has the name of.
fn properties<'a>(
    labels: &BTreeMap<Str<'a>, Str<'a>>,
    claims: Vec<Option<Claim<'a>>>,
) -> BTreeMap<Str<'a>, Str<'a>> {
    let mut properties = labels.clone();
    for claim in claims.into_iter().flatten() {
        if let (Some(name), Some(value)) = (claim.name, claim.value.and_then(text)) {
            properties.insert(name, value);
        }
    }
    properties
}

fn configs(configs: Vec<Option<Config<'_>>>) -> Vec<ClientConfig<'_>> {
    let with_url = configs.into_iter().flatten().filter_map(|config| {
        Some(ClientConfig {
            server: config.url.filter(|url| !url.is_empty())?,
            ca_bundle: config.ca_bundle.filter(|bundle| !bundle.is_empty()),
        })
    });
    with_url.collect()
}

/// A list as it is published, on one line; none where it is empty or no list.
fn published(list: &RawValue) -> Option<Box<RawValue>> {
    let items: Vec<&RawValue> = serde_json::from_str(list.get()).ok()?;
    if items.is_empty() {
        return None;
    }
    RawValue::from_string(one_line(list.get()).into_owned()).ok()
}

#[cfg(test)]
mod tests;
