//! What is to be applied to a ClusterProfile's status so that it says what is desired, and whether anything
//! has to be: server-side apply (KEP-555) with one field manager, which owns what it applied and nothing else.
//!
//! Both lists are maps by name to the API server, so that entries of several managers stand beside each other.
//! An entry of somebody else's is left to them: nothing is ever forced.

use super::hub_api::{FIELD_MANAGER, PROFILE_API};
use super::vendors::Desired;
use kube::core::{DynamicObject, ObjectMeta};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The entries that are ours, by `metadata.managedFields`.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Owned {
    /// Names of properties.
    pub properties: BTreeSet<String>,
    /// Names of access providers.
    pub providers: BTreeSet<String>,
}

impl Owned {
    /// Reads them off an object's metadata.
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
            // A value that somebody else has set since is theirs, though the entry is still ours.
            owned.properties.extend(names(&status["f:properties"], "f:value"));
            owned
                .providers
                .extend(names(&status["f:accessProviders"], "f:cluster"));
        }
        owned
    }
}

/// The names in a list's field set (`k:{"name":"region"}`) of which a field is owned.
fn names(list: &Value, field: &str) -> Vec<String> {
    let keys = list.as_object().into_iter().flatten();
    let ours = keys.filter(|(_, fields)| fields.get(field).is_some());
    ours.filter_map(|(key, _)| {
        let key: Value = serde_json::from_str(key.strip_prefix("k:")?).ok()?;
        key["name"].as_str().map(str::to_owned)
    })
    .collect()
}

/// An application and what it comes to.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The names of properties in it.
    pub properties: BTreeSet<String>,
    /// Whether it would change anything.
    pub changes: bool,
    /// Names of desired entries that are somebody else's and say something else.
    pub foreign: Vec<String>,
    /// What is sent.
    pub patch: Value,
}

/// Plans for one profile. While its properties are contested, only those that it still has are kept up.
pub fn plan(profile: &DynamicObject, desired: &Desired, contested: bool) -> Plan {
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
    Plan {
        patch: patch(profile, &properties, &providers),
        properties: properties.into_keys().collect(),
        changes,
        foreign,
    }
}

/// The names of properties that a profile has.
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

/// Whether every field that is wanted is there; what else there is, others may have put there.
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
    // An empty list would be a field of ours, too.
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
