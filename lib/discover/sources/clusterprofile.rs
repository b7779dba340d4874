//! ClusterProfile, `multicluster.x-k8s.io/v1alpha1` (KEP-4322; its access providers are KEP-5339).
//!
//! Profiles are read leniently, because their writers differ. Any field but the name may be missing or null; unknown
//! fields are skipped; a value that is not a string is taken as its JSON text. Sketches of this API that are in
//! circulation are read as well: `spec.clusterName`, `spec.cloudProvider`, `spec.region`, `spec.project`,
//! `spec.resourceGroup` and `spec.clusterId`, and a condition `Ready` if there is no `ControlPlaneHealthy`.
//!
//! Hubs are not trusted: sizes are limited, and a profile that cannot be read, or whose name could do harm, is reported
//! and left out while the others are listed.

use super::hub_api::{HubApi, HubScope};
use super::object_fields::{
    Condition, Metadata, NamedValue, by_name, cluster_sets, health, kubernetes_version, one_line,
};
use crate::config::Source;
use crate::connect::Error;
use crate::discover::finding::Finding;
use crate::discover::fleet::Fleet;
use crate::discover::gathering::{Gathering, Rank};
use crate::discover::names::name_refusal;
use crate::discover::paged_list::{self, ItemPlace, ItemReader, Pages, as_text};
use crate::record::{Cluster, Str};
use futures_util::FutureExt as _;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::HashSet;

/// The source `clusterprofile`.
pub const API: HubApi = HubApi {
    kind: "ClusterProfile",
    group_versions: GROUP_VERSION,
    resources: "clusterprofiles.multicluster.x-k8s.io",
    remedy: "install the Cluster Inventory API",
    has_namespaces: true,
    has_placements: false,
    list: |pages, scope| list(pages, scope).boxed_local(),
};

/// The label with which OCM gives the cluster's own name, if the object's is longer.
pub const NAME_LABEL: &str = "open-cluster-management.io/cluster-name";

const GROUP_VERSION: &str = "multicluster.x-k8s.io/v1alpha1";

/// The types of the condition that tells the health. The second is that of the sketches.
const HEALTH: [&str; 2] = ["ControlPlaneHealthy", "Ready"];

/// Decides which profiles are listed, by namespace, name, the cluster's name and its manager.
pub type IsWanted<'w> = dyn FnMut(&str, &str, &str, &str) -> bool + 'w;

async fn list(pages: &mut impl Pages, scope: HubScope<'_>) -> Result<Fleet, Error> {
    let mut profiles = Profiles::new(scope.hub, Source::ClusterProfile);
    profiles.read_all(pages, scope.namespace).await?;
    Ok(profiles.gathering.finish(scope.hub))
}

/// Reads profiles into a fleet.
pub struct Profiles<'a> {
    hub: &'a str,
    source: Source,
    /// The fleet so far.
    pub gathering: Gathering,
    /// Which profiles are listed, if not all.
    pub is_wanted: Option<Box<IsWanted<'a>>>,
}

impl<'a> Profiles<'a> {
    /// Returns a reader that has read nothing yet.
    pub fn new(hub: &'a str, source: Source) -> Self {
        Self {
            hub,
            source,
            gathering: Gathering::default(),
            is_wanted: None,
        }
    }

    /// Reads the profiles of a namespace, or of all.
    ///
    /// # Errors
    /// Those of [`paged_list::read`].
    pub async fn read_all(&mut self, pages: &mut impl Pages, namespace: Option<&str>) -> Result<(), Error> {
        let path = paged_list::path(GROUP_VERSION, namespace, "clusterprofiles");
        paged_list::read(pages, &path, self).await
    }
}

#[derive(Deserialize)]
pub struct ClusterProfile<'a> {
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default)]
    spec: Option<ProfileSpec<'a>>,
    #[serde(borrow, default)]
    status: Option<ProfileStatus<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProfileSpec<'a> {
    #[serde(borrow, default)]
    cluster_manager: Option<Manager<'a>>,
    #[serde(borrow, default)]
    display_name: Option<&'a RawValue>,
    // The following are fields of the sketches.
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
struct ProfileStatus<'a> {
    #[serde(borrow, default)]
    conditions: Option<Vec<Option<Condition<'a>>>>,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    properties: Option<Vec<Option<NamedValue<'a>>>>,
    #[serde(borrow, default)]
    access_providers: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    credential_providers: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct ProviderName<'a> {
    #[serde(borrow)]
    name: Str<'a>,
}

impl ItemReader for Profiles<'_> {
    const KIND: &'static str = "ClusterProfile";

    type ListItem<'a> = ClusterProfile<'a>;

    fn restart(&mut self) {
        self.gathering = Gathering::default();
    }

    fn read(&mut self, profile: ClusterProfile<'_>, place: &ItemPlace<'_>) -> Result<(), String> {
        let mut meta = profile.metadata.unwrap_or_default();
        let spec = profile.spec.unwrap_or_default();
        let status = profile.status.unwrap_or_default();
        let labels = meta.take_labels();
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
        let own_name = meta.name.as_deref().unwrap_or_default();
        let namespace = meta.namespace.as_deref().unwrap_or_default();
        if let Some(is_wanted) = &mut self.is_wanted
            && !is_wanted(namespace, own_name, &name, manager.as_deref().unwrap_or_default())
        {
            return Ok(());
        }
        if let Some(refusal) = name_refusal(&name) {
            self.left_out(format!("{place} is left out: {refusal}"));
            return Ok(());
        }
        let mut properties = by_name(status.properties);
        for (key, value) in [
            ("cloud.provider", spec.cloud_provider),
            ("region", spec.region),
            ("project", spec.project),
            ("resource.group", spec.resource_group),
            ("cluster.id", spec.cluster_id),
        ] {
            if let Some(value) = value.and_then(as_text).filter(|value| !value.is_empty()) {
                properties.entry(Str::from(key)).or_insert(value);
            }
        }
        let (health, health_reason) = health(status.conditions, &HEALTH);
        let (providers, nameless) = providers(status.access_providers, status.credential_providers);
        if nameless > 0 {
            self.gathering.report(Finding::note(format!(
                "{place}: an access provider without a name is left out"
            )));
        }
        let rank = Rank::new(namespace, own_name, meta.created().as_deref());
        let display_name = spec.display_name.and_then(as_text);
        let cluster = Cluster {
            display_name: display_name.filter(|shown| !shown.is_empty() && **shown != *name),
            hub: Some(Str::from(self.hub)),
            source: Some(Str::from(self.source.as_str())),
            profile: meta
                .name
                .filter(|own| *own != name && name_refusal(own).is_none()),
            cluster: name,
            namespace: meta.namespace,
            manager,
            cluster_sets: cluster_sets(&labels, &properties),
            labels,
            properties,
            health,
            health_reason,
            version: status.version.and_then(kubernetes_version),
            access_providers: providers.as_deref(),
            ..Cluster::default()
        };
        self.gathering.add(&cluster, rank)
    }

    fn left_out(&mut self, problem: String) {
        self.gathering.report(Finding::missing(problem));
    }
}

/// Returns the access providers as published, and how many were left out because they have no name. The deprecated
/// `credentialProviders` are appended, unless an access provider has the same name.
fn providers(
    access: Option<Vec<&RawValue>>,
    credential: Option<Vec<&RawValue>>,
) -> (Option<Box<RawValue>>, usize) {
    let mut names = HashSet::new();
    let mut nameless = 0;
    let mut json = String::from("[");
    let all = access.into_iter().chain(credential).flatten();
    for provider in all {
        if provider.get() == "null" {
            continue;
        }
        match serde_json::from_str::<ProviderName<'_>>(provider.get()) {
            Ok(ProviderName { name }) if !name.is_empty() => {
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
