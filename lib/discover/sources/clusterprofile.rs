//! ClusterProfile, `multicluster.x-k8s.io/v1alpha1` (KEP-4322; its access providers are KEP-5339).
//!
//! Read tolerantly, because its writers differ. Anything but a name may be missing or null; unknown fields
//! are passed over; a value that is not a string counts as its JSON text. Taken in as well are sketches
//! of this API that are in circulation: `spec.clusterName`, `spec.cloudProvider`, `spec.region`, `spec.project`,
//! `spec.resourceGroup` and `spec.clusterId`, and a condition `Ready` where there is no `ControlPlaneHealthy`.
//!
//! What a hub sends is not trusted: sizes are bounded, and a profile that cannot be read, or whose name
//! could do harm, is reported and left out while the others are listed.

use super::conditions::{Condition, health, version};
use crate::config::Source;
use crate::connect::Error;
use crate::discover::gathering::{Fleet, Gathering, Rank, name_refusal, sets};
use crate::discover::paged_list::{self, Meta, Pages, Taker, one_line, place, strings, text};
use crate::record::{Cluster, Str};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// Where OCM has the cluster's own name; the object's may carry more.
pub const NAME_LABEL: &str = "open-cluster-management.io/cluster-name";

/// Which API.
const GROUP_VERSION: &str = "multicluster.x-k8s.io/v1alpha1";

/// The types of condition that tell the health; the second is the sketches'.
const HEALTH: [&str; 2] = ["ControlPlaneHealthy", "Ready"];

/// Which of the profiles are meant: its namespace, its own name, its cluster's name, its manager.
pub type Wanted<'w> = dyn FnMut(&str, &str, &str, &str) -> bool + 'w;

/// Lists the fleet.
///
/// # Errors
/// As with [`paged_list::read`].
pub async fn list(pages: &mut impl Pages, hub: &str, namespace: Option<&str>) -> Result<Fleet, Error> {
    let mut profiles = Profiles::new(hub, Source::ClusterProfile);
    profiles.read(pages, namespace).await?;
    Ok(profiles.gathering.finish(hub))
}

/// Where profiles are taken in.
pub struct Profiles<'a> {
    hub: &'a str,
    source: Source,
    /// The fleet so far.
    pub gathering: Gathering,
    /// Which of them are listed; all where there is nothing.
    pub wanted: Option<Box<Wanted<'a>>>,
}

impl<'a> Profiles<'a> {
    /// None yet.
    pub fn new(hub: &'a str, source: Source) -> Self {
        Self {
            hub,
            source,
            gathering: Gathering::default(),
            wanted: None,
        }
    }

    /// Adds those of a namespace, or all.
    ///
    /// # Errors
    /// As with [`paged_list::read`].
    pub async fn read(&mut self, pages: &mut impl Pages, namespace: Option<&str>) -> Result<(), Error> {
        let path = paged_list::path(GROUP_VERSION, namespace, "clusterprofiles");
        paged_list::read(pages, &path, self).await
    }
}

#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow, default)]
    metadata: Option<Meta<'a>>,
    #[serde(borrow, default)]
    spec: Option<Spec<'a>>,
    #[serde(borrow, default)]
    status: Option<Status<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow, default)]
    cluster_manager: Option<Manager<'a>>,
    #[serde(borrow, default)]
    display_name: Option<&'a RawValue>,
    // The following are the sketches'.
    #[serde(borrow, default)]
    cluster_name: Option<Str<'a>>,
    #[serde(borrow, default)]
    cloud_provider: Option<&'a RawValue>,
    #[serde(borrow, default)]
    region: Option<&'a RawValue>,
    #[serde(borrow, default)]
    project: Option<&'a RawValue>,
    #[serde(borrow, default)]
    resource_group: Option<&'a RawValue>,
    #[serde(borrow, default)]
    cluster_id: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Manager<'a> {
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow, default)]
    conditions: Option<Vec<Option<Condition<'a>>>>,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    properties: Option<Vec<Option<Property<'a>>>>,
    #[serde(borrow, default)]
    access_providers: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    credential_providers: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Property<'a> {
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Provider<'a> {
    #[serde(borrow)]
    name: Str<'a>,
}

impl Taker for Profiles<'_> {
    const KIND: &'static str = "ClusterProfile";

    fn start_over(&mut self) {
        self.gathering = Gathering::default();
    }

    fn take(&mut self, item: &RawValue, index: usize) -> Result<(), String> {
        take(self, item, index)
    }

    fn left_out(&mut self, problem: String) {
        self.gathering.problem(problem);
    }
}

/// Takes in one item of the list.
///
/// # Errors
/// A fleet that is too large. An item that is unfit is a problem that the gathering is told of.
fn take(profiles: &mut Profiles<'_>, item: &RawValue, index: usize) -> Result<(), String> {
    let Profiles {
        hub,
        source,
        gathering,
        wanted,
    } = profiles;
    let place = || place(Profiles::KIND, item, index);
    let left_out = |problem: &dyn fmt::Display| format!("{} is left out: {problem}", place());
    let profile: Profile<'_> = match serde_json::from_str(item.get()) {
        Ok(profile) => profile,
        Err(error) => {
            gathering.problem(left_out(&error));
            return Ok(());
        }
    };
    let meta = profile.metadata.unwrap_or_default();
    let spec = profile.spec.unwrap_or_default();
    let status = profile.status.unwrap_or_default();

    let labels = strings(meta.labels.unwrap_or_default());
    let name = labels
        .get(NAME_LABEL)
        .filter(|name| !name.is_empty())
        .or(spec.cluster_name.as_ref().filter(|name| !name.is_empty()))
        .or(meta.name.as_ref())
        .cloned()
        .unwrap_or_default();
    let manager = spec
        .cluster_manager
        .and_then(|manager| manager.name)
        .filter(|manager| !manager.is_empty());
    let own = meta.name.as_deref().unwrap_or_default();
    let namespace = meta.namespace.as_deref().unwrap_or_default();
    if let Some(wanted) = wanted
        && !wanted(namespace, own, &name, manager.as_deref().unwrap_or_default())
    {
        return Ok(());
    }
    if let Some(refusal) = name_refusal(&name) {
        gathering.problem(left_out(&refusal));
        return Ok(());
    }

    let mut properties = properties(status.properties.unwrap_or_default());
    for (key, value) in [
        ("cloud.provider", spec.cloud_provider),
        ("region", spec.region),
        ("project", spec.project),
        ("resource.group", spec.resource_group),
        ("cluster.id", spec.cluster_id),
    ] {
        if let Some(value) = value.and_then(text).filter(|value| !value.is_empty()) {
            properties.entry(Str::from(key)).or_insert(value);
        }
    }
    let (health, health_reason) = health(&status.conditions.unwrap_or_default(), &HEALTH);
    let (providers, nameless) = providers(
        status.access_providers.unwrap_or_default(),
        status.credential_providers.unwrap_or_default(),
    );
    if nameless > 0 {
        gathering.note(format!(
            "{}: an access provider without a name is left out",
            place()
        ));
    }
    let created = meta.created.and_then(text);
    let rank = Rank::new(namespace, own, created.as_deref());
    let display_name = spec.display_name.and_then(text);
    let profile = meta
        .name
        .filter(|own| *own != name && name_refusal(own).is_none());
    let cluster = Cluster {
        display_name: display_name.filter(|shown| !shown.is_empty() && **shown != *name),
        cluster: name,
        hub: Some(Str::from(*hub)),
        source: Some(Str::from(source.as_str())),
        namespace: meta.namespace,
        profile,
        manager,
        cluster_sets: sets(&labels, &properties),
        labels,
        properties,
        health,
        health_reason,
        version: status.version.and_then(version),
        access_providers: providers.as_deref(),
        ..Cluster::default()
    };
    gathering.add(&cluster, rank)
}

/// The properties by name.
fn properties<'a>(list: Vec<Option<Property<'a>>>) -> BTreeMap<Str<'a>, Str<'a>> {
    let mut properties = BTreeMap::new();
    for property in list.into_iter().flatten() {
        if let (Some(name), Some(value)) = (property.name, property.value.and_then(text)) {
            properties.insert(name, value);
        }
    }
    properties
}

/// The access providers as published, joined with the deprecated `credentialProviders`: on the same name
/// the former win. Also gives how many had no name and were left out.
fn providers(access: Vec<&RawValue>, credential: Vec<&RawValue>) -> (Option<Box<RawValue>>, usize) {
    let mut names = HashSet::new();
    let mut nameless = 0;
    let mut json = String::from("[");
    for provider in access.into_iter().chain(credential) {
        if provider.get() == "null" {
            continue;
        }
        match serde_json::from_str::<Provider<'_>>(provider.get()) {
            Ok(Provider { name }) if !name.is_empty() => {
                if names.insert(name) {
                    if json.len() > 1 {
                        json.push(',');
                    }
                    json.push_str(&one_line(provider.get()));
                }
            }
            _ => nameless += 1,
        }
    }
    json.push(']');
    let json = (!names.is_empty()).then(|| RawValue::from_string(json).ok());
    (json.flatten(), nameless)
}

#[cfg(test)]
mod tests;
