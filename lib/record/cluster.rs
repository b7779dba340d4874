//! A member of the fleet.

use super::access::Access;
use super::reason::Reason;
use super::str::Str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A member of the fleet. Written by mc-discover; mc-resolve adds [`access`](Self::access) or
/// [`skip`](Self::skip) and leaves every other byte of the line as it was.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Cluster", rename_all = "camelCase")]
pub struct Cluster<'a> {
    /// The cluster's name: unique in the fleet, and what CLUSTER columns show.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// Its name for people (ClusterProfile `spec.displayName`), where that is another name.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Str<'a>>,
    /// The kubeconfig context of the hub that lists it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<Str<'a>>,
    /// What it was found through: `clusterprofile`, `inventory`, `about`, `ocm`, `kubeconfig`, `stdin`. Several
    /// stand in one string, separated by commas.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Str<'a>>,
    /// The namespace of its ClusterProfile on the hub.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Str<'a>>,
    /// The name of its ClusterProfile, where that is not the cluster's own and no other cluster has it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Str<'a>>,
    /// Who manages it (ClusterProfile `spec.clusterManager.name`; `open-cluster-management` for what is found
    /// through a ManagedCluster). With the cluster's name it is what a cluster is known by on several hubs.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<Str<'a>>,
    /// The cluster sets that it belongs to, sorted: the labels `multicluster.x-k8s.io/clusterset` and
    /// `cluster.open-cluster-management.io/clusterset`, and the property `clusterset.k8s.io` (KEP-2149).
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub cluster_sets: Vec<Str<'a>>,
    /// The labels that the hub has on it.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Str<'a>, Str<'a>>,
    /// Its properties, by name: ClusterProfile `status.properties` (KEP-4322), ClusterProperty (KEP-2149), and a
    /// ManagedCluster's claims and, where no claim has the name, labels. `cluster.clusterset.k8s.io` is the
    /// cluster's id.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<Str<'a>, Str<'a>>,
    /// Whether its control plane is well, as the hub sees it.
    #[serde(default)]
    pub health: Health,
    /// Why it is not, in the hub's words.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub health_reason: Option<Str<'a>>,
    /// Its Kubernetes version, as the hub knows it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Str<'a>>,
    /// The access providers as published (KEP-5339), never yet trusted.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub access_providers: Option<&'a RawValue>,
    /// Where its API server is, as a ManagedCluster publishes it (`spec.managedClusterClientConfigs`), never
    /// yet trusted.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub client_configs: Vec<ClientConfig<'a>>,
    /// The ClusterProfiles of it, as NAMESPACE/NAME, that publish different ways into it. None of these is used;
    /// absent where they agree.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub ambiguous: Vec<Str<'a>>,
    /// What keeps work away from it, as published (ManagedCluster `spec.taints`): an array of `key`, `value`,
    /// `effect` and `timeAdded`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub taints: Option<&'a RawValue>,
    /// The way into it. Without this and without `skip` the record is unresolved.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access<'a>>,
    /// Why it will not be queried.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip<'a>>,
}

/// An address of a cluster's API server and what to trust there.
#[derive(Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientConfig<'a> {
    /// The server's URL.
    #[serde(borrow)]
    pub server: Str<'a>,
    /// Its certificate authorities, PEM in base64. Without it, those that the machine trusts.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub ca_bundle: Option<Str<'a>>,
}

/// ClusterProfile's condition `ControlPlaneHealthy`, a ManagedCluster's `ManagedClusterConditionAvailable`: a missing one is `Unknown`, not `Unhealthy`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Health {
    /// The condition is True.
    Healthy,
    /// The condition is False.
    Unhealthy,
    /// The condition is Unknown or missing, or has a value that this release does not know.
    #[default]
    Unknown,
}

impl Health {
    /// As the record and the HEALTH column have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Health::Healthy => "Healthy",
            Health::Unhealthy => "Unhealthy",
            Health::Unknown => "Unknown",
        }
    }
}

impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Health {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Str::deserialize(deserializer)?.as_str() {
            "Healthy" => Health::Healthy,
            "Unhealthy" => Health::Unhealthy,
            _ => Health::Unknown,
        })
    }
}

/// Why a cluster will not be queried.
#[derive(Debug, Deserialize, Serialize)]
pub struct Skip<'a> {
    /// [`Reason::Skipped`] where nothing gives access or it is left out on purpose, [`Reason::Unresolved`] where what should does not.
    pub reason: Reason,
    /// For a person: what is missing, and what to do.
    #[serde(borrow)]
    pub message: Str<'a>,
}

/// A cluster record that says only a name: what a line that is not JSON stands for.
pub fn bare_cluster(name: &str) -> Cluster<'_> {
    Cluster {
        cluster: Str(Cow::Borrowed(name)),
        ..Cluster::default()
    }
}
