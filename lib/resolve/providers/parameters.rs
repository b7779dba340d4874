//! The parameters of the built-in credential plugins, from what a hub publishes of a cluster.

use super::builtin_plugin::{BuiltinPlugin, Parameters};
use super::published::plugin_texts;
use super::rule::Refusal;
use crate::record::{self, Cluster, Str};
use serde_json::value::RawValue;

/// Returns the first of several properties that is not empty.
pub(super) fn property<'a>(cluster: &'a Cluster<'_>, names: &[&str]) -> Option<&'a str> {
    names
        .iter()
        .filter_map(|name| cluster.properties.get(*name))
        .map(Str::as_str)
        .find(|value| !value.is_empty())
}

/// Returns the arguments in the property `auth.exec.args`, which are separated by commas.
pub(super) fn listed_args(cluster: &Cluster<'_>) -> Vec<Str<'static>> {
    let args = property(cluster, &["auth.exec.args"]).unwrap_or_default();
    args.split(',')
        .map(str::trim)
        .filter(|arg| !arg.is_empty())
        .map(|arg| Str::from(arg.to_owned()))
        .collect()
}

/// Returns the parameters of a plugin: from the arguments that the hub lists, else from properties, else from the
/// provider's extension for its plugin (some hubs' managers overwrite properties, but not that), else, for EKS, from the
/// server's host and the cluster's name.
pub(super) fn parameters(
    kind: BuiltinPlugin,
    cluster: &Cluster<'_>,
    access: &record::Access<'_>,
    extension: Option<&RawValue>,
) -> Result<Parameters, Refusal> {
    let extension = plugin_texts(extension);
    let extended = |key: &str| {
        extension
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    };
    let mut found = Parameters::new();
    if property(cluster, &["auth.exec.command"]).is_some() {
        let args = listed_args(cluster);
        if !args.is_empty() {
            found = kind.parse(&args.iter().map(Str::as_str).collect::<Vec<_>>())?;
        }
    }
    let mut fill = |name, value: Option<&str>| {
        if let Some(value) = value {
            found.entry(name).or_insert_with(|| value.to_owned());
        }
    };
    match kind {
        BuiltinPlugin::Eks => {
            let names = [
                "region",
                "location",
                "cloud.region",
                "topology.kubernetes.io/region",
                "region.open-cluster-management.io",
            ];
            fill(
                "region",
                property(cluster, &names)
                    .or_else(|| extended("region"))
                    .or_else(|| region_of(access.server.as_deref()?)),
            );
            let names = [
                "eks.cluster.name",
                "cloud.cluster.name",
                "cluster.name",
                "cluster-name",
                "name",
            ];
            fill(
                "cluster-name",
                property(cluster, &names)
                    .or_else(|| extended("clusterName"))
                    .or(Some(&cluster.cluster)),
            );
        }
        BuiltinPlugin::Gke => {}
        BuiltinPlugin::Aks => {
            fill("client-id", property(cluster, &["aks.client.id", "client.id"]));
            let tenant = property(cluster, &["azure.tenant.id", "tenant.id"]);
            fill("tenant-id", tenant.or_else(|| extended("tenantId")));
        }
    }
    kind.check(&found)?;
    Ok(found)
}

/// Returns the region in the host of an EKS endpoint: `ID.gr7.REGION.eks.amazonaws.com`, `ID.eks-cluster.REGION.api.aws`.
fn region_of(server: &str) -> Option<&str> {
    const ENDS: [&str; 4] = [
        ".eks.amazonaws.com",
        ".eks.amazonaws.com.cn",
        ".api.aws",
        ".api.amazonwebservices.com.cn",
    ];
    let host = server.split_once("://")?.1.split(['/', ':']).next()?;
    let before = ENDS.iter().find_map(|end| host.strip_suffix(end))?;
    let region = before.rsplit('.').next()?;
    // A region is a place and a number: `us-gov-east-1`.
    let (place, number) = region.rsplit_once('-')?;
    let is_place = place
        .split('-')
        .all(|word| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase()));
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_place && is_number && place.contains('-')).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::region_of;

    #[test]
    fn region_is_read_from_eks_host_only_if_valid() {
        for (server, expected) in [
            ("https://A1.gr7.eu-west-1.eks.amazonaws.com", Some("eu-west-1")),
            (
                "https://A1.sk1.us-gov-east-1.eks.amazonaws.com:443/x",
                Some("us-gov-east-1"),
            ),
            (
                "https://A1.yl4.cn-north-1.eks.amazonaws.com.cn",
                Some("cn-north-1"),
            ),
            ("https://A1.eks-cluster.eu-west-1.api.aws", Some("eu-west-1")),
            ("https://ABC123.eks.amazonaws.com", None),
            ("https://my-cluster.eks.amazonaws.com", None),
            ("https://vpc-1.eks.amazonaws.com", None),
            ("https://10.0.0.1", None),
        ] {
            assert_eq!(region_of(server), expected, "{server}");
        }
    }
}
