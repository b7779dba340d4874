//! Several ClusterProfiles of one cluster on one hub. Open Cluster Management writes one into each namespace that a
//! cluster set is bound to, and anyone who may write one in some namespace can claim any cluster's name.
//!
//! Profiles that publish the same access are copies. If they publish different access, only the user can say which of
//! them is right, and none is used.

use crate::record::{Cluster, Str};
use serde_json::Value;
use std::collections::BTreeMap;

/// Properties that say how to log in to a cluster, beside those that start with `auth.`.
const LOGIN_PROPERTIES: [&str; 9] = [
    "cluster.type",
    "cloud.provider",
    "cluster.name",
    "cloud.cluster.name",
    "eks.cluster.name",
    "tenant.id",
    "azure.tenant.id",
    "client.id",
    "aks.client.id",
];

/// Returns true if a property says how to log in to a cluster. Such a property counts only in the record that also says
/// where the server is.
pub fn is_login_property(name: &str) -> bool {
    name.starts_with("auth.") || LOGIN_PROPERTIES.contains(&name)
}

/// Returns true if two records of a cluster publish the same access: the same access providers in any order, and the
/// same login properties.
pub fn publish_same_access(one: &Cluster<'_>, other: &Cluster<'_>) -> bool {
    sorted_providers(one) == sorted_providers(other) && login_properties(one) == login_properties(other)
}

fn providers(cluster: &Cluster<'_>) -> Vec<Value> {
    let json = cluster.access_providers.map_or("[]", |json| json.get());
    serde_json::from_str(json).unwrap_or_default()
}

fn sorted_providers(cluster: &Cluster<'_>) -> Vec<String> {
    // The keys of an object are sorted by serde_json.
    let mut list: Vec<String> = providers(cluster).iter().map(Value::to_string).collect();
    list.sort_unstable();
    list
}

fn login_properties<'c>(cluster: &'c Cluster<'_>) -> BTreeMap<&'c str, &'c str> {
    // Without a server there is nothing to log in to.
    let is_used = cluster.access_providers.is_some();
    let properties = cluster.properties.iter().filter(|_| is_used);
    properties
        .filter(|(name, _)| is_login_property(name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// Removes the published access from a record, and names the ClusterProfiles that disagree about it.
pub fn remove_access(cluster: &mut Cluster<'_>, profiles: &[String]) {
    cluster.access_providers = None;
    cluster.properties.retain(|name, _| !is_login_property(name));
    cluster.ambiguous = profiles.iter().map(|name| Str::from(name.clone())).collect();
}

/// Returns the servers that a record publishes, for a message.
pub fn servers(cluster: &Cluster<'_>) -> Vec<String> {
    providers(cluster)
        .iter()
        .filter_map(|provider| provider["cluster"]["server"].as_str())
        .map(str::to_owned)
        .collect()
}
