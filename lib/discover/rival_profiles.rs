//! Several listings of one cluster by one hub: Open Cluster Management writes a ClusterProfile into each namespace
//! that a cluster set is bound to, and anybody who may write one in some namespace can claim any cluster's name.
//!
//! Copies that agree on the way into the cluster are one cluster. Where they don't, nobody but the user can say
//! which of them is right, so none of their ways is used.

use crate::record::{Cluster, Str};
use serde_json::Value;
use std::collections::BTreeMap;

/// Properties that say how to log in to a cluster, beside those below `auth.`.
const AUTHENTICATION: [&str; 9] = [
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

/// Returns whether a property says how to log in to a cluster. Such properties count only from the listing that also
/// says where its server is.
pub fn is_authentication(property: &str) -> bool {
    property.starts_with("auth.") || AUTHENTICATION.contains(&property)
}

/// Returns whether two listings of a cluster publish the same way into it: the same access providers, whatever their
/// order, and the same properties to log in with.
pub fn agree(one: &Cluster<'_>, other: &Cluster<'_>) -> bool {
    providers(one) == providers(other) && authentication(one) == authentication(other)
}

fn providers(cluster: &Cluster<'_>) -> Vec<String> {
    let json = cluster.access_providers.map_or("[]", |json| json.get());
    let list: Vec<Value> = serde_json::from_str(json).unwrap_or_default();
    // The keys of an object come out sorted.
    let mut list: Vec<String> = list.iter().map(Value::to_string).collect();
    list.sort_unstable();
    list
}

fn authentication<'c>(cluster: &'c Cluster<'_>) -> BTreeMap<&'c str, &'c str> {
    // Without a server there is nowhere to log in to.
    let is_used = cluster.access_providers.is_some();
    let properties = cluster.properties.iter().filter(|_| is_used);
    properties
        .filter(|(name, _)| is_authentication(name))
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect()
}

/// Takes out of a record what must not be used because it is ambiguous, and names the ClusterProfiles that
/// disagree.
pub fn block(cluster: &mut Cluster<'_>, profiles: &[String]) {
    cluster.access_providers = None;
    cluster.properties.retain(|name, _| !is_authentication(name));
    cluster.ambiguous = profiles.iter().map(|name| Str::from(name.clone())).collect();
}

/// The servers that a record publishes, for a message.
pub fn servers(cluster: &Cluster<'_>) -> Vec<String> {
    let json = cluster.access_providers.map_or("[]", |json| json.get());
    let list: Vec<Value> = serde_json::from_str(json).unwrap_or_default();
    let servers = list
        .iter()
        .filter_map(|provider| provider["cluster"]["server"].as_str());
    servers.map(str::to_owned).collect()
}
