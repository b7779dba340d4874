//! Plans the server-side apply (KEP-555) that gives a ClusterProfile's status the desired entries. Its one field manager
//! owns what it applied and nothing else.
//!
//! To the API server both lists are maps by name, so entries of several managers coexist. Those of others are left
//! alone: nothing is ever forced.

use super::hub_api::{FIELD_MANAGER, PROFILE_API};
use super::vendors::Desired;
use kube::core::{DynamicObject, ObjectMeta};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The entries that our field manager owns, according to `metadata.managedFields`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Owned {
    /// Names of properties.
    pub properties: BTreeSet<String>,
    /// Names of access providers.
    pub providers: BTreeSet<String>,
}

impl Owned {
    /// Reads an object's metadata.
    pub fn read(metadata: &ObjectMeta) -> Self {
        let entries = metadata.managed_fields.iter().flatten();
        let ours = entries.filter(|entry| {
            entry.manager.as_deref() == Some(FIELD_MANAGER)
                && entry.operation.as_deref() == Some("Apply")
                && entry.subresource.as_deref() == Some("status")
        });
        let mut owned = Self::default();
        for fields in ours.filter_map(|entry| entry.fields_v1.as_ref()) {
            let status = &fields.0["f:status"];
            // A value that another manager has set since is theirs, though the entry is still ours.
            owned.properties.extend(names(&status["f:properties"], "f:value"));
            owned
                .providers
                .extend(names(&status["f:accessProviders"], "f:cluster"));
        }
        owned
    }
}

/// Returns the names in a list's field set (`k:{"name":"region"}`) whose field is owned.
fn names(list: &Value, field: &str) -> Vec<String> {
    let keys = list.as_object().into_iter().flatten();
    let ours = keys.filter(|(_, fields)| fields.get(field).is_some());
    ours.filter_map(|(key, _)| {
        let key: Value = serde_json::from_str(key.strip_prefix("k:")?).ok()?;
        key["name"].as_str().map(str::to_owned)
    })
    .collect()
}

/// A planned apply.
#[derive(Clone, Debug)]
pub struct ApplyPlan {
    /// The names of its properties.
    pub properties: BTreeSet<String>,
    /// True if it would change anything.
    pub changes: bool,
    /// The names of desired entries that other managers own and that differ.
    pub foreign: Vec<String>,
    /// The request.
    pub patch: Value,
}

/// Plans for one profile. While its properties are contested, only those that it still has are applied.
pub fn plan(profile: &DynamicObject, desired: &Desired, contested: bool) -> ApplyPlan {
    let owned = Owned::read(&profile.metadata);
    let status = &profile.data["status"];
    let now = entries(&status["properties"], "value");
    let mut foreign = Vec::new();
    let mut properties = BTreeMap::new();
    let mut changes = false;
    for (name, value) in &desired.properties {
        let wanted = Value::String(value.clone());
        match now.get(name.as_str()) {
            Some(current) if !owned.properties.contains(name) => {
                if *current != &wanted {
                    foreign.push(name.clone());
                }
            }
            None if contested => {}
            current => {
                changes |= current != Some(&&wanted);
                properties.insert(name.clone(), value.clone());
            }
        }
    }
    let now = entries(&status["accessProviders"], "cluster");
    let mut providers = BTreeMap::new();
    for (name, cluster) in &desired.providers {
        match now.get(name.as_str()) {
            Some(current) if !owned.providers.contains(name) => {
                if !covers(current, cluster) {
                    foreign.push(name.clone());
                }
            }
            current => {
                changes |= !current.is_some_and(|current| covers(current, cluster));
                providers.insert(name.clone(), cluster.clone());
            }
        }
    }
    changes |= owned.properties.iter().any(|name| !properties.contains_key(name));
    changes |= owned.providers.iter().any(|name| !providers.contains_key(name));
    ApplyPlan {
        patch: patch(profile, &properties, &providers),
        properties: properties.into_keys().collect(),
        changes,
        foreign,
    }
}

/// Returns the names of a profile's properties.
pub fn present(profile: &DynamicObject) -> BTreeSet<String> {
    let entries = entries(&profile.data["status"]["properties"], "value");
    entries.into_keys().map(str::to_owned).collect()
}

fn entries<'a>(list: &'a Value, field: &str) -> BTreeMap<&'a str, &'a Value> {
    let items = list.as_array().into_iter().flatten();
    items
        .filter_map(|item| Some((item["name"].as_str()?, &item[field])))
        .collect()
}

/// Returns true if every wanted field is there; others may have added more.
fn covers(current: &Value, wanted: &Value) -> bool {
    let wanted = wanted.as_object().into_iter().flatten();
    wanted
        .into_iter()
        .all(|(key, value)| current.get(key) == Some(value))
}

fn patch(
    profile: &DynamicObject,
    properties: &BTreeMap<String, String>,
    providers: &BTreeMap<String, Value>,
) -> Value {
    let named = |name: &String, field: &str, value: Value| json!({"name": name, field: value});
    let properties: Vec<Value> = properties
        .iter()
        .map(|(name, value)| named(name, "value", json!(value)))
        .collect();
    let providers: Vec<Value> = providers
        .iter()
        .map(|(name, cluster)| named(name, "cluster", cluster.clone()))
        .collect();
    let mut status = json!({});
    // We would own an empty list, too.
    for (field, list) in [("properties", properties), ("accessProviders", providers)] {
        if !list.is_empty() {
            status[field] = Value::Array(list);
        }
    }
    json!({
        "apiVersion": PROFILE_API,
        "kind": "ClusterProfile",
        "metadata": {"name": profile.metadata.name, "namespace": profile.metadata.namespace},
        "status": status,
    })
}

#[cfg(test)]
mod tests;
