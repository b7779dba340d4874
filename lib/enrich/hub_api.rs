//! The hub's API types, and our names in them.

use crate::error_text::chain;
use kube::core::{ApiResource, GroupVersionKind};

/// The field manager of everything that is written, and the controller's name in Events.
pub const FIELD_MANAGER: &str = "kubectl-mc-enrich";

/// The profiles' API (KEP-4322).
pub const PROFILE_API: &str = "multicluster.x-k8s.io/v1alpha1";

/// The label of a profile that names its ManagedCluster, where that has another name than the profile.
pub const CLUSTER_LABEL: &str = "open-cluster-management.io/cluster-name";

/// The label of a profile that names its manager, and OCM's value of it.
pub const MANAGER_LABEL: (&str, &str) = ("x-k8s.io/cluster-manager", "open-cluster-management");

/// How many objects are listed in one page.
pub(super) const CHUNK: u32 = 500;

pub(super) fn profile_api() -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(
        "multicluster.x-k8s.io",
        "v1alpha1",
        "ClusterProfile",
    ))
}

pub(super) fn cluster_api() -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(
        "cluster.open-cluster-management.io",
        "v1",
        "ManagedCluster",
    ))
}

/// Words an error of kube for a person. kube's own text repeats the whole Status, and says of our transport's errors
/// that they come from a service.
pub(crate) fn error_text(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) if !status.message.is_empty() => status.message.clone(),
        kube::Error::Service(error) => error.to_string(),
        other => chain(other),
    }
}
