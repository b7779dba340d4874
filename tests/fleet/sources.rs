//! The fleet in the other discovery APIs: ManagedClusters and PlacementDecisions on the hub, and
//! ClusterProperties on the members.
//!
//! Placement `prod` (the Cluster Inventory API's) chooses the members of that environment, in two slices;
//! placement `eu` (Open Cluster Management's) those of that region. A member's cluster set is its environment.
//! Members serve ClusterProperty in v1beta1 and v1alpha1 by turns.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::profiles::NAMESPACE;
use super::spec::{Fixed, HUB, Member};

/// The answers, for members with their servers and CAs (PEM).
pub fn answers<'a>(members: impl Iterator<Item = (&'a Member, &'a str, &'a str)> + Clone) -> Vec<Fixed> {
    let managed: Vec<Value> = members
        .clone()
        .map(|(member, server, ca)| managed(member, server, ca))
        .collect();
    let mut answers = vec![
        list(
            HUB,
            "cluster.open-cluster-management.io/v1",
            "ManagedCluster",
            "managedclusters",
            managed,
        ),
        list(
            HUB,
            "multicluster.x-k8s.io/v1alpha1",
            "PlacementDecision",
            "placementdecisions",
            decisions(&chosen(members.clone(), "env", "prod")),
        ),
        list(
            HUB,
            "cluster.open-cluster-management.io/v1beta1",
            "PlacementDecision",
            "placementdecisions",
            vec![of_ocm(&chosen(members.clone(), "region", "eu"))],
        ),
    ];
    for (number, (member, ..)) in members.enumerate() {
        let version = ["about.k8s.io/v1beta1", "about.k8s.io/v1alpha1"][number % 2];
        let property =
            |name: &str, value: &str| json!({ "metadata": { "name": name }, "spec": { "value": value } });
        let properties = vec![
            property("cluster.clusterset.k8s.io", &member.name),
            property("clusterset.k8s.io", label(member, "env")),
            property("example.com/says", &format!("I am {}", member.name)),
        ];
        answers.push(list(
            &member.name,
            version,
            "ClusterProperty",
            "clusterproperties",
            properties,
        ));
    }
    answers
}

fn label<'a>(member: &'a Member, key: &str) -> &'a str {
    let found = member.labels.iter().find(|(name, _)| name == key);
    found.map_or("", |(_, value)| value)
}

fn chosen<'a>(
    members: impl Iterator<Item = (&'a Member, &'a str, &'a str)>,
    key: &str,
    value: &str,
) -> Vec<&'a str> {
    let chosen = members.filter(|(member, ..)| label(member, key) == value);
    chosen.map(|(member, ..)| member.name.as_str()).collect()
}

fn list(cluster: &str, group_version: &str, kind: &str, plural: &str, items: Vec<Value>) -> Fixed {
    Fixed {
        cluster: cluster.to_owned(),
        path: format!("/apis/{group_version}/{plural}"),
        status: 200,
        body: json!({
            "apiVersion": group_version,
            "kind": format!("{kind}List"),
            "metadata": { "resourceVersion": "1" },
            "items": items,
        })
        .to_string(),
    }
}

fn managed(member: &Member, server: &str, ca: &str) -> Value {
    let mut labels = json!({ "cluster.open-cluster-management.io/clusterset": label(member, "env") });
    for (key, value) in &member.labels {
        labels[key] = json!(value);
    }
    let condition = json!({
        "type": "ManagedClusterConditionAvailable",
        "status": member.healthy,
        "reason": if member.healthy == "True" { "ManagedClusterAvailable" } else { "ManagedClusterUnavailable" },
        "message": "as the lease says",
        "lastTransitionTime": "2026-01-02T03:04:05Z",
    });
    let conditions = if member.healthy.is_empty() {
        json!([])
    } else {
        json!([condition])
    };
    json!({
        "metadata": { "name": member.name, "labels": labels },
        "spec": {
            "hubAcceptsClient": true,
            "managedClusterClientConfigs": [{ "url": server, "caBundle": STANDARD.encode(ca) }],
        },
        "status": {
            "clusterClaims": [{ "name": "platform.open-cluster-management.io", "value": "AWS" }],
            "conditions": conditions,
            "version": { "kubernetes": "v1.36.3" },
        },
    })
}

/// Two slices of one decision, of which the second has only the decision's own key, and an entry that is not
/// scheduled.
fn decisions(chosen: &[&str]) -> Vec<Value> {
    let (first, second) = chosen.split_at(chosen.len() / 2);
    let entries = |names: &[&str]| {
        let mut entries: Vec<Value> = names
            .iter()
            .map(|name| json!({ "clusterProfileRef": { "name": name } }))
            .collect();
        entries.push(json!({ "clusterProfileRef": { "name": "" } }));
        entries
    };
    let slice = |index: usize, labels: Value, names: &[&str]| {
        json!({
            "metadata": { "name": format!("prod-{index}"), "namespace": NAMESPACE, "labels": labels },
            "decisions": entries(names),
        })
    };
    let decision = "multicluster.x-k8s.io/decision-key";
    vec![
        slice(
            0,
            json!({ decision: "d-prod", "multicluster.x-k8s.io/placement-key": "prod" }),
            first,
        ),
        slice(1, json!({ decision: "d-prod" }), second),
    ]
}

fn of_ocm(chosen: &[&str]) -> Value {
    let entry = |name: &str| json!({ "clusterName": name, "reason": "", "score": 1 });
    let entries: Vec<Value> = chosen.iter().copied().chain([""]).map(entry).collect();
    json!({
        "metadata": {
            "name": "eu-decision-1",
            "namespace": NAMESPACE,
            "labels": { "cluster.open-cluster-management.io/placement": "eu" },
        },
        "status": { "decisions": entries },
    })
}
