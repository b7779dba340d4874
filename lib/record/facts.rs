//! Facts about a cluster among its properties and labels, which every hub names in its own way.

use super::cluster::Cluster;

/// Names of the region, as [`plain`] leaves them.
pub const REGION: &[&str] = &["region", "location", "zone", "topologykubernetesioregion"];

/// Names of the cloud.
pub const CLOUD: &[&str] = &["provider", "cloudprovider", "cloud", "platform"];

/// Names of the product: the kind of managed Kubernetes.
pub const PRODUCT: &[&str] = &["clustertype", "product", "vendor"];

/// Names of the number of nodes.
pub const NODES: &[&str] = &["nodecount", "nodes", "kubernetesfleetionodecount"];

/// Finds the first of the properties, then of the labels, that has one of these names.
pub fn find<'c>(cluster: &'c Cluster<'_>, names: &[&str]) -> Option<&'c str> {
    [&cluster.properties, &cluster.labels]
        .into_iter()
        .find_map(|facts| first(names, || facts.iter().map(|(key, value)| (&**key, &**value))))
}

/// Returns the value of the first of these names that has one.
pub fn first<'f, F: Iterator<Item = (&'f str, &'f str)>>(
    names: &[&str],
    facts: impl Fn() -> F,
) -> Option<&'f str> {
    names.iter().find_map(|name| {
        let found = facts().find(|(key, value)| !value.is_empty() && plain(key) == *name);
        found.map(|(_, value)| value)
    })
}

/// Returns a property's name as far as it counts: case, separators, a leading name of the cloud and Open Cluster
/// Management's domain do not.
fn plain(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".open-cluster-management.io").unwrap_or(&name);
    let short = name
        .split_once('.')
        .filter(|(first, _)| {
            let cloud = [
                "cloud", "aws", "eks", "gcp", "gke", "google", "azure", "aks", "alibaba", "aliyun", "ack",
            ];
            cloud.contains(first)
        })
        .map_or(name, |(_, rest)| rest);
    short.chars().filter(char::is_ascii_alphanumeric).collect()
}
