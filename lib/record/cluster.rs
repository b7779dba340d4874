//! Records of clusters.

use super::access::Access;
use super::reason::Reason;
use super::str::Str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A member of the fleet. mc-discover writes it; mc-resolve adds [`access`](Self::access) or [`skip`](Self::skip) and
/// leaves every other byte of the line as it was.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Cluster", rename_all = "camelCase")]
pub struct Cluster<'a> {
    /// The cluster's name, which is unique in the fleet and stands in CLUSTER columns.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// Its name for people (`spec.displayName` of its ClusterProfile), if that differs.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<Str<'a>>,
    /// The kubeconfig context of the hub that lists it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<Str<'a>>,
    /// The sources that found it, separated by commas: `clusterprofile`, `inventory`, `about`, `ocm`, `kubeconfig`,
    /// `stdin`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Str<'a>>,
    /// The namespace of its ClusterProfile on the hub.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Str<'a>>,
    /// The name of its ClusterProfile, if that is not the cluster's own name and no other cluster has it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Str<'a>>,
    /// The manager of the cluster (`spec.clusterManager.name` of its ClusterProfile; `open-cluster-management` for a
    /// ManagedCluster). Manager and name together identify a cluster on several hubs.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<Str<'a>>,
    /// The cluster sets that it belongs to, sorted: the labels `multicluster.x-k8s.io/clusterset` and
    /// `cluster.open-cluster-management.io/clusterset`, and the property `clusterset.k8s.io` (KEP-2149).
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub cluster_sets: Vec<Str<'a>>,
    /// Its labels on the hub.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<Str<'a>, Str<'a>>,
    /// Its properties by name: ClusterProfile `status.properties` (KEP-4322), ClusterProperty (KEP-2149), and the
    /// claims of a ManagedCluster and its labels, if no claim has their name. `cluster.clusterset.k8s.io` is the
    /// cluster's id.
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub properties: BTreeMap<Str<'a>, Str<'a>>,
    /// The health of its control plane, as the hub reports it.
    #[serde(default)]
    pub health: Health,
    /// The hub's reason for that.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub health_reason: Option<Str<'a>>,
    /// Its Kubernetes version, as the hub reports it.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Str<'a>>,
    /// Its access providers as published (KEP-5339). They are not trusted yet.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub access_providers: Option<&'a RawValue>,
    /// The addresses of its API server, as a ManagedCluster publishes them (`spec.managedClusterClientConfigs`). They
    /// are not trusted yet.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub client_configs: Vec<ClientConfig<'a>>,
    /// The ClusterProfiles that publish different access for it, as NAMESPACE/NAME. None of them is used. Absent if
    /// they agree.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub ambiguous: Vec<Str<'a>>,
    /// Its taints as published (`spec.taints` of a ManagedCluster): an array of `key`, `value`, `effect` and
    /// `timeAdded`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub taints: Option<&'a RawValue>,
    /// How it is reached. Without this and without `skip`, the record is unresolved.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Access<'a>>,
    /// Why it is not queried.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub skip: Option<Skip<'a>>,
}

/// An address of a cluster's API server, and the certificates to trust there.
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

/// The condition `ControlPlaneHealthy` of a ClusterProfile, or `ManagedClusterConditionAvailable` of a ManagedCluster.
/// Without the condition the health is `Unknown`, not `Unhealthy`.
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
    /// Returns the text for records and the HEALTH column.
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

/// Why a cluster is not queried.
#[derive(Debug, Deserialize, Serialize)]
pub struct Skip<'a> {
    /// [`Reason::Skipped`] if nothing gives access or the cluster is left out on purpose; [`Reason::Unresolved`] if
    /// what should give access does not.
    pub reason: Reason,
    /// A message for people: what is missing, and what to do.
    #[serde(borrow)]
    pub message: Str<'a>,
}

/// Creates a record with a name alone, for an input line that is not JSON.
pub fn bare_cluster(name: &str) -> Cluster<'_> {
    Cluster {
        cluster: Str(Cow::Borrowed(name)),
        ..Cluster::default()
    }
}
