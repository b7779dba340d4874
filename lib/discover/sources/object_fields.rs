//! Fields that the objects of several APIs have in common.

use crate::discover::paged_list::as_text;
use crate::record::{Health, Str};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// `metadata` of any object.
#[derive(Default, Deserialize)]
pub struct Metadata<'a> {
    #[serde(borrow, default)]
    pub name: Option<Str<'a>>,
    #[serde(borrow, default)]
    pub namespace: Option<Str<'a>>,
    #[serde(borrow, default)]
    labels: Option<BTreeMap<Str<'a>, &'a RawValue>>,
    /// When it was created. Only the API server writes this field.
    #[serde(borrow, default, rename = "creationTimestamp")]
    created: Option<&'a RawValue>,
}

impl<'a> Metadata<'a> {
    /// Takes the labels. A value that is not a string is taken as its JSON text.
    pub fn take_labels(&mut self) -> BTreeMap<Str<'a>, Str<'a>> {
        let labels = self.labels.take().into_iter().flatten();
        labels
            .filter_map(|(key, value)| Some((key, as_text(value)?)))
            .collect()
    }

    /// Returns the time of creation as text.
    pub fn created(&self) -> Option<Str<'a>> {
        self.created.and_then(as_text)
    }
}

/// A name and a value: a property or a claim.
#[derive(Deserialize)]
pub struct NamedValue<'a> {
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
}

/// Returns the values by name. The last one of a name counts.
pub fn by_name<'a>(values: Option<Vec<Option<NamedValue<'a>>>>) -> BTreeMap<Str<'a>, Str<'a>> {
    let values = values.into_iter().flatten().flatten();
    values
        .filter_map(|NamedValue { name, value }| Some((name?, as_text(value?)?)))
        .collect()
}

/// A condition (apimachinery `metav1.Condition`).
#[derive(Deserialize)]
pub struct Condition<'a> {
    #[serde(borrow, default, rename = "type")]
    type_: Option<Str<'a>>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reason: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

/// Returns the health that the first condition of these types expresses and, if it is not good, the reason in the hub's
/// words.
pub fn health<'a>(
    conditions: Option<Vec<Option<Condition<'a>>>>,
    types: &[&str],
) -> (Health, Option<Str<'a>>) {
    let conditions: Vec<Condition<'a>> = conditions.into_iter().flatten().flatten().collect();
    let of_type = |name: &&str| {
        let mut conditions = conditions.iter();
        conditions.find(|condition| condition.type_.as_deref() == Some(*name))
    };
    let Some(condition) = types.iter().find_map(of_type) else {
        return (Health::Unknown, None);
    };
    let status = condition.status.and_then(as_text).unwrap_or_default();
    let health = if status.eq_ignore_ascii_case("true") {
        Health::Healthy
    } else if status.eq_ignore_ascii_case("false") {
        Health::Unhealthy
    } else {
        Health::Unknown
    };
    let words = |value: Option<&'a RawValue>| value.and_then(as_text).filter(|text| !text.is_empty());
    let reason = match (health, words(condition.reason), words(condition.message)) {
        (Health::Healthy, ..) => None,
        (_, Some(reason), Some(message)) => Some(Str::from(format!("{reason}: {message}"))),
        (_, reason, message) => reason.or(message),
    };
    (health, reason)
}

/// Returns the Kubernetes version of `status.version`, which is an object with the field `kubernetes`, or a text.
pub fn kubernetes_version(version: &RawValue) -> Option<Str<'_>> {
    #[derive(Deserialize)]
    struct VersionFields<'a> {
        #[serde(borrow, default)]
        kubernetes: Option<&'a RawValue>,
    }
    match serde_json::from_str::<VersionFields<'_>>(version.get()) {
        Ok(version) => version.kubernetes.and_then(as_text),
        Err(_) => as_text(version),
    }
    .filter(|version| !version.is_empty())
}

/// The labels and the property that name the cluster set of a cluster.
const CLUSTER_SETS: [&str; 3] = [
    "multicluster.x-k8s.io/clusterset",
    "cluster.open-cluster-management.io/clusterset",
    "clusterset.k8s.io",
];

/// Returns the cluster sets that labels and properties name, sorted.
pub fn cluster_sets<'a>(
    labels: &BTreeMap<Str<'a>, Str<'a>>,
    properties: &BTreeMap<Str<'a>, Str<'a>>,
) -> Vec<Str<'a>> {
    let named = CLUSTER_SETS
        .iter()
        .flat_map(|key| [labels.get(*key), properties.get(*key)]);
    let named = named.flatten().filter(|set| !set.is_empty());
    let sets: BTreeSet<Str<'a>> = named.cloned().collect();
    sets.into_iter().collect()
}

/// Returns JSON without its line breaks, because a record is one line. They occur only between tokens.
pub fn one_line(json: &str) -> Cow<'_, str> {
    if json.contains(['\n', '\r']) {
        Cow::Owned(json.replace(['\n', '\r'], " "))
    } else {
        Cow::Borrowed(json)
    }
}
