//! The hub's ClusterProfiles: the fleet's members in the shape of the recorded ones.

use serde_json::json;

use super::items::{Items, Template};
use super::recorded::{Recordings, Resource, compact, template_of};
use super::spec::Member;

/// The path of the list.
const PATH: &str = "/apis/multicluster.x-k8s.io/v1alpha1/clusterprofiles";

/// The namespace that the profiles are in.
pub const NAMESPACE: &str = "fleet-system";

/// The one access provider of a member, in JSON.
pub fn access(provider: &str, server: &str, ca: &str) -> String {
    json!([{ "cluster": { "certificate-authority-data": ca, "server": server }, "name": provider }])
        .to_string()
}

/// Replaces the hub's recorded ClusterProfiles by the fleet's.
pub fn install(hub: &mut Recordings, profiles: Vec<String>) {
    let recorded = hub.resources.remove(PATH);
    let columns = recorded.as_ref().and_then(|resource| resource.columns.clone()).unwrap_or_else(|| {
        let column = |name: &str, kind: &str, format: &str| {
            json!({ "name": name, "type": kind, "format": format, "description": "", "priority": 0 })
        };
        json!([column("Name", "string", "name"), column("Age", "date", "")]).to_string()
    });
    let names: Vec<Column> = serde_json::from_str(&columns).unwrap_or_default();
    let mut templates: Vec<Template> = profiles.iter().map(|profile| template(profile, &names)).collect();
    templates.sort_by_cached_key(|template| format!("{}/{}", template.namespace, template.name));
    let resource = Resource {
        kind: "ClusterProfile".to_owned(),
        api_version: "multicluster.x-k8s.io/v1alpha1".to_owned(),
        resource_version: recorded
            .as_ref()
            .map_or_else(|| "1".to_owned(), |r| r.resource_version.clone()),
        columns: Some(columns),
        custom: true,
        headers: recorded.map(|resource| resource.headers).unwrap_or_default(),
        items: Items::recorded(templates),
    };
    hub.resources.insert(PATH.to_owned(), resource);
}

#[derive(serde::Deserialize)]
struct Column {
    name: String,
}

/// A profile's row: its name, its age, and `<none>` in whatever else the CRD prints.
fn template(profile: &str, columns: &[Column]) -> Template {
    let profile = compact(profile.as_bytes());
    let value: serde_json::Value = serde_json::from_str(&profile).unwrap_or_default();
    let cell = |column: &Column| match column.name.as_str() {
        "Name" => value.pointer("/metadata/name").cloned().unwrap_or_default(),
        "Age" => json!("41d"),
        _ => json!("<none>"),
    };
    let cells = json!(columns.iter().map(cell).collect::<Vec<_>>()).to_string();
    let metadata = json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": value.get("metadata"),
    });
    template_of(&profile, &cells, &metadata.to_string())
}

/// A member's profile; keys are sorted, as they are in every custom resource that a server sends.
///
/// # Panics
/// When the access providers are no JSON, which is a mistake in the test.
pub fn profile(number: usize, member: &Member, manager: &str, access_providers: Option<&str>) -> String {
    let Member {
        name,
        labels,
        healthy,
        ..
    } = member;
    let label = |key: &str| {
        labels
            .iter()
            .find(|(k, _)| k == key)
            .map_or("", |(_, value)| value)
    };
    let mut properties = vec![json!({ "name": "cluster.clusterset.k8s.io", "value": name })];
    for (property, key) in [("region", "region"), ("environment", "env")] {
        if !label(key).is_empty() {
            properties.push(json!({ "name": property, "value": label(key) }));
        }
    }
    for (property, value) in &member.properties {
        properties.push(json!({ "name": property, "value": value }));
    }
    let mut conditions = Vec::new();
    if !healthy.is_empty() {
        let (reason, message) = match healthy.as_str() {
            "True" => ("Healthy", "The control plane answers."),
            "False" => ("Unhealthy", "The control plane does not answer."),
            _ => ("LeaseExpired", "The cluster's agent has not reported."),
        };
        conditions.push(json!({
            "lastTransitionTime": "2026-01-02T03:04:05Z",
            "message": message,
            "reason": reason,
            "status": healthy,
            "type": "ControlPlaneHealthy",
        }));
    }
    let mut status = json!({
        "conditions": conditions,
        "properties": properties,
        "version": { "kubernetes": "v1.36.3" },
    });
    if let Some(json) = access_providers {
        status["accessProviders"] = serde_json::from_str(json).expect("access providers in JSON");
    }
    let mut all_labels = serde_json::Map::new();
    all_labels.insert("x-k8s.io/cluster-manager".to_owned(), json!(manager));
    all_labels.extend(labels.iter().map(|(key, value)| (key.clone(), json!(value))));
    let uid = format!("5f1ee700-0000-4000-8000-{number:012x}");
    json!({
        "apiVersion": "multicluster.x-k8s.io/v1alpha1",
        "kind": "ClusterProfile",
        "metadata": {
            "creationTimestamp": "2026-01-02T03:04:05Z",
            "generation": 1,
            "labels": all_labels,
            "managedFields": managed_fields(),
            "name": name,
            "namespace": NAMESPACE,
            "resourceVersion": (1000 + number).to_string(),
            "uid": uid,
        },
        "spec": { "clusterManager": { "name": manager }, "displayName": name },
        "status": status,
    })
    .to_string()
}

/// The `managedFields` of an object that two controllers have written, as recorded: it is half of what
/// a hub sends.
fn managed_fields() -> serde_json::Value {
    let api_version = "multicluster.x-k8s.io/v1alpha1";
    let time = "2026-01-02T03:04:05Z";
    json!([
        {
            "apiVersion": api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:metadata": { "f:labels": { ".": {}, "f:env": {}, "f:region": {} } },
                "f:spec": { ".": {}, "f:clusterManager": { ".": {}, "f:name": {} }, "f:displayName": {} },
            },
            "manager": "fleet-manager",
            "operation": "Update",
            "time": time,
        },
        {
            "apiVersion": api_version,
            "fieldsType": "FieldsV1",
            "fieldsV1": {
                "f:status": {
                    "f:conditions": {},
                    "f:properties": {},
                    "f:version": { ".": {}, "f:kubernetes": {} },
                },
            },
            "manager": "fleet-manager",
            "operation": "Update",
            "subresource": "status",
            "time": time,
        },
    ])
}
