//! The documents that discovery comes in: aggregated (`apidiscovery.k8s.io` v2 and v2beta1), and those of
//! old, one a version (`meta.k8s.io/v1`).

use super::{Group, JSON, Resource, Version};
use crate::connect::Error;
use crate::exec::get::mapper::guess_singular;
use crate::exec::get::server::{Server, encode, protocol};
use serde::{Deserialize, Deserializer};

/// Either of the documents: an aggregated one has `items`, those of old `versions` or `groups`.
#[derive(Default, Deserialize)]
pub(super) struct Document {
    #[serde(default)]
    kind: String,
    /// Present in an aggregated document.
    pub(super) items: Option<Vec<AggregatedGroup>>,
    #[serde(default, deserialize_with = "null_is_empty")]
    versions: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    groups: Vec<OldGroup>,
}

/// `apidiscovery.k8s.io` APIGroupDiscovery, v2 and v2beta1.
#[derive(Deserialize)]
pub(super) struct AggregatedGroup {
    #[serde(default)]
    metadata: GroupName,
    #[serde(default, deserialize_with = "null_is_empty")]
    versions: Vec<AggregatedVersion>,
}

#[derive(Default, Deserialize)]
struct GroupName {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct AggregatedVersion {
    #[serde(default)]
    version: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    resources: Vec<AggregatedResource>,
    #[serde(default)]
    freshness: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AggregatedResource {
    #[serde(default)]
    resource: String,
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    singular_resource: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    short_names: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    categories: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

/// `meta.k8s.io/v1` APIGroup.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldGroup {
    name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    versions: Vec<OldVersion>,
    preferred_version: Option<OldVersion>,
}

#[derive(Deserialize)]
struct OldVersion {
    #[serde(default)]
    version: String,
}

/// `meta.k8s.io/v1` APIResourceList.
#[derive(Deserialize)]
struct OldResources {
    #[serde(default)]
    kind: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    resources: Vec<OldResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldResource {
    #[serde(default)]
    name: String,
    #[serde(default)]
    singular_name: String,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    kind: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    short_names: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    categories: Vec<String>,
}

/// Go writes an empty list as null.
fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// What the documents are called, each in its versions.
const KINDS: [&str; 3] = ["APIGroupDiscoveryList", "APIVersions", "APIGroupList"];

/// The same for those that they name. Some servers that extend Kubernetes' leave it out, which kubectl bears.
const RESOURCES_KINDS: [&str; 2] = ["APIResourceList", ""];

/// Refuses JSON that is something else: taken for a document that lists nothing, it would say that the server has
/// none of the types that it may well have.
fn check_kind(path: &str, kind: &str, kinds: &[&str]) -> Result<(), Error> {
    if kinds.contains(&kind) {
        return Ok(());
    }
    Err(protocol(format!(
        "what {path} answers is no discovery document: its kind is {kind:?}"
    )))
}

impl Document {
    /// Reads what a path answers.
    ///
    /// # Errors
    /// What is no such document.
    pub(super) fn read(path: &str, body: &[u8]) -> Result<Self, Error> {
        let document: Self = serde_json::from_slice(body)
            .map_err(|error| protocol(format!("the discovery document {path} is malformed: {error}")))?;
        check_kind(path, &document.kind, &KINDS)?;
        Ok(document)
    }

    /// What it says, asking for the documents that one of old only names.
    pub(super) async fn groups(self, server: &impl Server) -> Result<Vec<Group>, Error> {
        if let Some(items) = self.items {
            return Ok(items.into_iter().map(AggregatedGroup::into_group).collect());
        }
        let mut groups = Vec::new();
        if !self.versions.is_empty() {
            let names = self.versions;
            groups.push(old_group(server, "/api", String::new(), names, None).await?);
        }
        for group in self.groups {
            let names = group
                .versions
                .into_iter()
                .map(|version| version.version)
                .collect();
            let preferred = group.preferred_version.map(|version| version.version);
            let mut path = "/apis/".to_owned();
            encode(&mut path, &group.name);
            groups.push(old_group(server, &path, group.name, names, preferred.as_deref()).await?);
        }
        Ok(groups)
    }
}

impl AggregatedGroup {
    pub(super) fn into_group(self) -> Group {
        // A stale version belongs to an aggregated server that is away; kubectl leaves it out.
        let versions = self
            .versions
            .into_iter()
            .filter(|version| version.freshness != "Stale");
        Group {
            name: self.metadata.name,
            versions: versions
                .map(|version| Version {
                    name: version.version,
                    resources: version
                        .resources
                        .into_iter()
                        .filter_map(AggregatedResource::into_resource)
                        .collect(),
                })
                .collect(),
            preferred: 0,
        }
    }
}

impl AggregatedResource {
    fn into_resource(self) -> Option<Resource> {
        let kind = self
            .response_kind
            .map(|kind| kind.kind)
            .filter(|kind| !kind.is_empty())?;
        Some(Resource {
            plural: self.resource,
            singular: Some(self.singular_resource)
                .filter(|singular| !singular.is_empty())
                .unwrap_or_else(|| guess_singular(&kind)),
            kind,
            namespaced: self.scope == "Namespaced",
            short: self.short_names,
            categories: self.categories,
        })
    }
}

/// A group whose versions each have a document of their own. A version that does not answer is left out,
/// as kubectl does.
async fn old_group(
    server: &impl Server,
    path: &str,
    name: String,
    names: Vec<String>,
    preferred: Option<&str>,
) -> Result<Group, Error> {
    let mut versions = Vec::new();
    for name in names {
        let mut path = format!("{path}/");
        encode(&mut path, &name);
        let reply = match server.get(&path, JSON, None).await {
            Err(error) if error.status.is_some() => continue,
            reply => reply?,
        };
        let document: OldResources = serde_json::from_slice(&reply.body)
            .map_err(|error| protocol(format!("the discovery document {path} is malformed: {error}")))?;
        check_kind(&path, &document.kind, &RESOURCES_KINDS)?;
        versions.push(Version {
            name,
            resources: document
                .resources
                .into_iter()
                .filter_map(OldResource::into_resource)
                .collect(),
        });
    }
    let preferred =
        preferred.and_then(|preferred| versions.iter().position(|version| version.name == preferred));
    Ok(Group {
        name,
        versions,
        preferred: preferred.unwrap_or(0),
    })
}

impl OldResource {
    fn into_resource(self) -> Option<Resource> {
        // With a slash it is a subresource.
        if self.name.contains('/') || self.kind.is_empty() {
            return None;
        }
        Some(Resource {
            plural: self.name,
            singular: Some(self.singular_name)
                .filter(|singular| !singular.is_empty())
                .unwrap_or_else(|| guess_singular(&self.kind)),
            kind: self.kind,
            namespaced: self.namespaced,
            short: self.short_names,
            categories: self.categories,
        })
    }
}
