//! The properties `auth.exec.*`: the command with which a person logs in to a cluster, for readers of ClusterProfiles
//! that don't know access providers.

use crate::vendor::forms::{is_eks_name, is_place, is_subscription as is_uuid};
use std::collections::BTreeMap;

/// The property with the command.
pub const COMMAND: &str = "auth.exec.command";
/// The property with the arguments, separated by commas; left out if there are none.
pub const ARGS: &str = "auth.exec.args";
/// The property with the API version of the command's output.
pub const API_VERSION: &str = "auth.exec.apiVersion";

/// The API version of all of these commands.
const VERSION: &str = "client.authentication.k8s.io/v1beta1";

/// The server application of AKS, the same in every Entra tenant.
const AKS_SERVER_ID: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// Returns the properties for a cluster of this kind and name, given its known properties and the names of those whose
/// values were refused. There are none if the vendor has no such command, or if a value that belongs into it was refused
/// or is malformed: an incomplete command would lead to another cluster.
pub fn properties(
    kind: &str,
    name: &str,
    known: &BTreeMap<String, String>,
    refused: &[&str],
) -> BTreeMap<String, String> {
    let command = command(kind, name, known, refused).unwrap_or_default();
    let [program, args @ ..] = command.as_slice() else {
        return BTreeMap::new();
    };
    let mut properties = BTreeMap::from([
        (COMMAND.to_owned(), program.clone()),
        (API_VERSION.to_owned(), VERSION.to_owned()),
    ]);
    if !args.is_empty() {
        properties.insert(ARGS.to_owned(), args.join(","));
    }
    properties
}

fn command(
    kind: &str,
    name: &str,
    known: &BTreeMap<String, String>,
    refused: &[&str],
) -> Option<Vec<String>> {
    // `Some(None)` stands for an unknown value.
    let value = |property: &str, is_valid: fn(&str) -> bool| match known.get(property) {
        Some(value) => is_valid(value).then(|| Some(value.clone())),
        None => (!refused.contains(&property)).then_some(None),
    };
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    match kind {
        "eks" => {
            // Without a name of its own the cluster has the hub's.
            let name =
                value("cluster.name", is_eks_name)?.or_else(|| is_eks_name(name).then(|| name.to_owned()))?;
            let mut command = words(&["aws", "eks", "get-token", "--cluster-name", &name]);
            if let Some(region) = value("region", is_place)? {
                command.extend(words(&["--region", &region]));
            }
            Some(command)
        }
        "gke" => Some(words(&["gke-gcloud-auth-plugin"])),
        "aks" => {
            let mut command = words(&[
                "kubelogin",
                "get-token",
                "--login",
                "azurecli",
                "--server-id",
                AKS_SERVER_ID,
            ]);
            if let Some(tenant) = value("tenant.id", is_uuid)? {
                command.extend(words(&["--tenant-id", &tenant]));
            }
            Some(command)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{API_VERSION, ARGS, COMMAND, properties};

    fn line(kind: &str, name: &str, known: &[(&str, &str)], refused: &[&str]) -> String {
        let known = known
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let properties = properties(kind, name, &known.collect(), refused);
        if properties.is_empty() {
            return "none".into();
        }
        assert_eq!(properties[API_VERSION], "client.authentication.k8s.io/v1beta1");
        match properties.get(ARGS) {
            Some(args) => format!("{} {args}", properties[COMMAND]),
            None => properties[COMMAND].clone(),
        }
    }

    const TENANT: &str = "00000000-1111-2222-3333-444444444444";
    const KUBELOGIN: &str =
        "kubelogin get-token,--login,azurecli,--server-id,6dae42f8-4368-4678-94ff-3960e28e3630";

    #[test]
    fn each_vendor_has_its_login_command() {
        assert_eq!(
            line(
                "eks",
                "prod",
                &[("cluster.name", "production"), ("region", "us-east-1")],
                &[]
            ),
            "aws eks,get-token,--cluster-name,production,--region,us-east-1"
        );
        assert_eq!(
            line("eks", "prod", &[], &[]),
            "aws eks,get-token,--cluster-name,prod"
        );
        assert_eq!(
            line("gke", "prod", &[("location", "europe-west1")], &[]),
            "gke-gcloud-auth-plugin"
        );
        assert_eq!(line("aks", "prod", &[], &[]), KUBELOGIN);
        assert_eq!(
            line("aks", "prod", &[("tenant.id", TENANT)], &[]),
            format!("{KUBELOGIN},--tenant-id,{TENANT}")
        );
        assert_eq!(line("ack", "prod", &[("cluster.id", "c0123456789")], &[]), "none");
    }

    #[test]
    fn command_with_an_unfit_value_is_not_published() {
        for (kind, name, known, refused) in [
            ("eks", "prod.example", None, None),
            ("eks", "prod", Some(("cluster.name", "a.b")), None),
            ("eks", "prod", Some(("region", "EU(1)")), None),
            ("eks", "prod", None, Some("region")),
            ("eks", "prod", None, Some("cluster.name")),
            ("aks", "prod", Some(("tenant.id", "common")), None),
            ("aks", "prod", None, Some("tenant.id")),
        ] {
            let known: Vec<_> = known.into_iter().collect();
            let refused: Vec<_> = refused.into_iter().collect();
            assert_eq!(
                line(kind, name, &known, &refused),
                "none",
                "{known:?} {refused:?}"
            );
        }
    }
}
