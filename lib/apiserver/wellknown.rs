//! The built-in types that every server has had in the same version since Kubernetes 1.26 or longer, so
//! that asking for them takes no discovery.
//!
//! Their names are not ambiguous: kubectl prefers the core group to all others, and the groups of the built-in types to
//! those of custom resources. There are two exceptions, where kubectl would find something else: a custom resource whose
//! *own* plural or singular name is a short name below (`svc`), and a category with the name of a type. For those the full
//! name has to be typed. A server that answers 404 to one of these types is asked for its discovery documents after all.
//!
//! Newer types (`ipaddresses`, `validatingadmissionpolicies`), types that cannot be listed (`bindings`) and categories,
//! which custom resources may join, are left out.

use super::mapper::{Mapping, Spelling};
use std::borrow::Cow;

/// A built-in type: group, version, plural, singular, kind, whether it is namespaced, short names.
struct Type(
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
    &'static [&'static str],
);

/// Namespaced.
const N: bool = true;
/// Cluster-scoped.
const C: bool = false;

const ADMISSION: &str = "admissionregistration.k8s.io";
const EXTENSIONS: &str = "apiextensions.k8s.io";
const NETWORKING: &str = "networking.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const STORAGE: &str = "storage.k8s.io";

/// The types in the order of precedence, which matters only for `events`.
#[rustfmt::skip]
const TYPES: &[Type] = &[
    Type("", "v1", "componentstatuses", "componentstatus", "ComponentStatus", C, &["cs"]),
    Type("", "v1", "configmaps", "configmap", "ConfigMap", N, &["cm"]),
    Type("", "v1", "endpoints", "endpoints", "Endpoints", N, &["ep"]),
    Type("", "v1", "events", "event", "Event", N, &["ev"]),
    Type("", "v1", "limitranges", "limitrange", "LimitRange", N, &["limits"]),
    Type("", "v1", "namespaces", "namespace", "Namespace", C, &["ns"]),
    Type("", "v1", "nodes", "node", "Node", C, &["no"]),
    Type("", "v1", "persistentvolumeclaims", "persistentvolumeclaim", "PersistentVolumeClaim", N, &["pvc"]),
    Type("", "v1", "persistentvolumes", "persistentvolume", "PersistentVolume", C, &["pv"]),
    Type("", "v1", "pods", "pod", "Pod", N, &["po"]),
    Type("", "v1", "podtemplates", "podtemplate", "PodTemplate", N, &[]),
    Type("", "v1", "replicationcontrollers", "replicationcontroller", "ReplicationController", N, &["rc"]),
    Type("", "v1", "resourcequotas", "resourcequota", "ResourceQuota", N, &["quota"]),
    Type("", "v1", "secrets", "secret", "Secret", N, &[]),
    Type("", "v1", "serviceaccounts", "serviceaccount", "ServiceAccount", N, &["sa"]),
    Type("", "v1", "services", "service", "Service", N, &["svc"]),
    Type("apiregistration.k8s.io", "v1", "apiservices", "apiservice", "APIService", C, &[]),
    Type("apps", "v1", "controllerrevisions", "controllerrevision", "ControllerRevision", N, &[]),
    Type("apps", "v1", "daemonsets", "daemonset", "DaemonSet", N, &["ds"]),
    Type("apps", "v1", "deployments", "deployment", "Deployment", N, &["deploy"]),
    Type("apps", "v1", "replicasets", "replicaset", "ReplicaSet", N, &["rs"]),
    Type("apps", "v1", "statefulsets", "statefulset", "StatefulSet", N, &["sts"]),
    Type("events.k8s.io", "v1", "events", "event", "Event", N, &["ev"]),
    Type("autoscaling", "v2", "horizontalpodautoscalers", "horizontalpodautoscaler", "HorizontalPodAutoscaler", N, &["hpa"]),
    Type("batch", "v1", "cronjobs", "cronjob", "CronJob", N, &["cj"]),
    Type("batch", "v1", "jobs", "job", "Job", N, &[]),
    Type("certificates.k8s.io", "v1", "certificatesigningrequests", "certificatesigningrequest", "CertificateSigningRequest", C, &["csr"]),
    Type(NETWORKING, "v1", "ingressclasses", "ingressclass", "IngressClass", C, &[]),
    Type(NETWORKING, "v1", "ingresses", "ingress", "Ingress", N, &["ing"]),
    Type(NETWORKING, "v1", "networkpolicies", "networkpolicy", "NetworkPolicy", N, &["netpol"]),
    Type("policy", "v1", "poddisruptionbudgets", "poddisruptionbudget", "PodDisruptionBudget", N, &["pdb"]),
    Type(RBAC, "v1", "clusterrolebindings", "clusterrolebinding", "ClusterRoleBinding", C, &[]),
    Type(RBAC, "v1", "clusterroles", "clusterrole", "ClusterRole", C, &[]),
    Type(RBAC, "v1", "rolebindings", "rolebinding", "RoleBinding", N, &[]),
    Type(RBAC, "v1", "roles", "role", "Role", N, &[]),
    Type(STORAGE, "v1", "csidrivers", "csidriver", "CSIDriver", C, &[]),
    Type(STORAGE, "v1", "csinodes", "csinode", "CSINode", C, &[]),
    Type(STORAGE, "v1", "csistoragecapacities", "csistoragecapacity", "CSIStorageCapacity", N, &[]),
    Type(STORAGE, "v1", "storageclasses", "storageclass", "StorageClass", C, &["sc"]),
    Type(STORAGE, "v1", "volumeattachments", "volumeattachment", "VolumeAttachment", C, &[]),
    Type(ADMISSION, "v1", "mutatingwebhookconfigurations", "mutatingwebhookconfiguration", "MutatingWebhookConfiguration", C, &[]),
    Type(ADMISSION, "v1", "validatingwebhookconfigurations", "validatingwebhookconfiguration", "ValidatingWebhookConfiguration", C, &[]),
    Type(EXTENSIONS, "v1", "customresourcedefinitions", "customresourcedefinition", "CustomResourceDefinition", C, &["crd", "crds"]),
    Type("scheduling.k8s.io", "v1", "priorityclasses", "priorityclass", "PriorityClass", C, &["pc"]),
    Type("coordination.k8s.io", "v1", "leases", "lease", "Lease", N, &[]),
    Type("node.k8s.io", "v1", "runtimeclasses", "runtimeclass", "RuntimeClass", C, &[]),
    Type("discovery.k8s.io", "v1", "endpointslices", "endpointslice", "EndpointSlice", N, &[]),
];

impl Type {
    fn mapping(&self) -> Mapping {
        let Type(group, version, plural, _, kind, namespaced, _) = *self;
        Mapping {
            group: Cow::Borrowed(group),
            version: Cow::Borrowed(version),
            resource: Cow::Borrowed(plural),
            kind: Cow::Borrowed(kind),
            namespaced,
        }
    }

    fn is_named(&self, name: &str) -> bool {
        let Type(.., plural, singular, _, _, short) = self;
        // kubectl ignores the case of names, but not of short names.
        plural.eq_ignore_ascii_case(name) || singular.eq_ignore_ascii_case(name) || short.contains(&name)
    }
}

/// Returns the plural name and the short names of each built-in type, for shell completion.
pub fn names() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    TYPES.iter().map(|type_| (type_.2, type_.6))
}

/// Returns the built-in type that a spelling means; `None` leaves it to discovery.
pub fn find(text: &str) -> Option<Mapping> {
    let Spelling {
        name,
        group,
        versioned,
    } = Spelling::parse(text);
    let fits = |type_: &&Type| {
        let Type(in_group, in_version, ..) = **type_;
        // `pods` and `deployments.apps`, then `pods.v1.` and `deployments.v1.apps`. A version alone means
        // any group that has it, of which only core is sure to come first.
        type_.is_named(name)
            && (group.is_empty() || group == in_group || versioned == Some((in_version, in_group)))
    };
    TYPES.iter().find(fits).map(Type::mapping)
}

/// Returns the built-in type of a kind, spelled exactly or in lower case; `None` leaves it to discovery.
pub fn of_kind(group: &str, version: &str, kind: &str) -> Option<Mapping> {
    let fits = |type_: &&Type| {
        let Type(in_group, in_version, _, singular, in_kind, ..) = **type_;
        group == in_group && version == in_version && (kind == in_kind || kind == singular)
    };
    TYPES.iter().find(fits).map(Type::mapping)
}

/// Returns the built-in types that a short name without a group could mean, the one that it does mean first; none if it is
/// not a short name.
pub fn of_short_name(name: &str) -> impl Iterator<Item = String> {
    let of_it = TYPES.iter().filter(move |type_| type_.6.contains(&name));
    of_it.map(|Type(group, _, plural, ..)| super::mapper::join_group(plural, group))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::apiserver::discovery::recorded;

    #[test]
    fn built_in_types_equal_those_of_discovery() {
        let index = recorded();
        for type_ in TYPES {
            let Type(group, version, plural, singular, _, _, short) = type_;
            let full = format!("{plural}.{version}.{group}");
            let expected = Some(type_.mapping());
            assert_eq!(index.find(&full), expected, "{full}");
            let resource = index.0.iter().filter(|other| other.name == *group);
            let mut resource = resource.flat_map(|group| &group.versions[group.preferred].resources);
            let resource = resource.find(|other| other.plural == *plural).unwrap();
            assert_eq!(resource.singular, *singular);
            assert_eq!(resource.short, *short);
        }
    }

    #[test]
    fn spellings_mean_the_same_as_with_discovery() {
        let index = recorded();
        let mut found = 0;
        for Type(group, version, plural, singular, kind, _, short) in TYPES {
            for name in [*plural, *singular, *kind].iter().chain(*short) {
                for text in [
                    (*name).to_owned(),
                    format!("{name}.{group}"),
                    format!("{name}.{version}.{group}"),
                    format!("{name}.{version}."),
                    format!("{name}.{version}"),
                    format!("{name}.v0.{group}"),
                    name.to_uppercase(),
                ] {
                    if let Some(mapping) = find(&text) {
                        assert_eq!(index.find(&text), Some(mapping), "{text}");
                        found += 1;
                    }
                }
            }
        }
        assert!(found > 4 * TYPES.len());
    }

    #[test]
    fn other_names_are_left_to_discovery() {
        for text in [
            "all",
            "widgets",
            "ip",
            "pods.v1",
            "pods.v2.",
            "deployments.app",
            "PO",
            "bindings",
            "",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
        assert_eq!(find("ev").unwrap().group, "");
        assert_eq!(find("events.events.k8s.io").unwrap().group, "events.k8s.io");
    }
}
