//! Discovery documents: aggregated ones (`apidiscovery.k8s.io` v2 and v2beta1), and unaggregated ones, one for each version
//! (`meta.k8s.io/v1`).

use super::count::count;
use crate::apiserver::mapper::{ApiVersion, Broken, Group, Resource, guess_singular};
use crate::apiserver::protocol::{encode, protocol};
use crate::apiserver::server::{ApiServer, Reply};
use crate::apiserver::workers::Workers;
use crate::connect::Error;
use crate::record::Reason;
use serde::{Deserialize, Deserializer};

/// No cluster that works has more types than this.
const MOST_TYPES: usize = 20_000;

/// The most other things (groups, short names and so on) for each type on average.
const OTHERS: usize = 8;

/// A document of fewer bytes is read on the event loop: handing it to a worker takes as long as reading it.
const SHORT: usize = 16 << 10;

/// The document at `/api` or `/apis`: an aggregated one has `items`, an unaggregated one `versions` or `groups`.
#[derive(Default, Deserialize)]
pub(super) struct DiscoveryDocument {
    #[serde(default)]
    kind: String,
    /// Only in an aggregated document.
    items: Option<Vec<AggregatedGroup>>,
    #[serde(default, deserialize_with = "null_is_empty")]
    versions: Vec<String>,
    #[serde(default, deserialize_with = "null_is_empty")]
    groups: Vec<UnaggregatedGroup>,
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
struct UnaggregatedGroup {
    name: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    versions: Vec<UnaggregatedVersion>,
    preferred_version: Option<UnaggregatedVersion>,
}

#[derive(Deserialize)]
struct UnaggregatedVersion {
    #[serde(default)]
    version: String,
}

/// `meta.k8s.io/v1` APIResourceList.
#[derive(Deserialize)]
struct UnaggregatedResources {
    #[serde(default)]
    kind: String,
    #[serde(default, deserialize_with = "null_is_empty")]
    resources: Vec<UnaggregatedResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UnaggregatedResource {
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

/// Reads null as an empty list, which is how Go writes one.
fn null_is_empty<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The kinds of the documents at `/api` and `/apis`.
const KINDS: [&str; 3] = ["APIGroupDiscoveryList", "APIVersions", "APIGroupList"];

/// The kinds of the documents for single versions. Some aggregated API servers leave the kind out, which kubectl accepts.
const RESOURCES_KINDS: [&str; 2] = ["APIResourceList", ""];

/// Refuses JSON of another kind: read as an empty document, it would mean that the server has no types at all.
fn check_kind(path: &str, kind: &str, kinds: &[&str]) -> Result<(), Error> {
    if kinds.contains(&kind) {
        return Ok(());
    }
    Err(protocol(format!(
        "the answer to GET {path} is not a discovery document: its kind is {kind:?}"
    )))
}

/// Refuses a document that lists too much, before it is parsed. Returns how many types it lists.
fn check_size(path: &str, body: &[u8]) -> Result<usize, Error> {
    let (types, others) = count(body).map_err(|error| malformed(path, &error))?;
    if types > MOST_TYPES || others > MOST_TYPES * OTHERS {
        return Err(too_many(path));
    }
    Ok(types)
}

fn too_many(path: &str) -> Error {
    protocol(format!(
        "the discovery document {path} lists more than {MOST_TYPES} types"
    ))
}

fn malformed(path: &str, error: &serde_json::Error) -> Error {
    protocol(format!("the discovery document {path} is malformed: {error}"))
}

/// The content of the document at `/api` or `/apis`.
pub(super) enum DocumentContent {
    /// The groups of an aggregated document.
    Groups(Vec<Group>),
    /// An unaggregated document, which only names others.
    Names(DiscoveryDocument),
}

impl DiscoveryDocument {
    /// Reads the document at a path.
    ///
    /// # Errors
    /// Something that is not such a document.
    pub(super) fn read(path: &str, body: &[u8]) -> Result<DocumentContent, Error> {
        check_size(path, body)?;
        let document: Self = serde_json::from_slice(body).map_err(|error| malformed(path, &error))?;
        check_kind(path, &document.kind, &KINDS)?;
        Ok(match document.items {
            Some(items) => {
                DocumentContent::Groups(items.into_iter().map(AggregatedGroup::into_group).collect())
            }
            None => DocumentContent::Names(document),
        })
    }

    /// Asks for the documents that it names, and returns their content.
    pub(super) async fn groups(
        self,
        server: &impl ApiServer,
        workers: &Workers,
    ) -> Result<Vec<Group>, Error> {
        let mut groups = Vec::new();
        let mut left = MOST_TYPES;
        if !self.versions.is_empty() {
            let names = self.versions;
            groups.push(
                unaggregated_group(server, workers, "/api", String::new(), names, None, &mut left).await?,
            );
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
            let preferred = preferred.as_deref();
            groups.push(
                unaggregated_group(server, workers, &path, group.name, names, preferred, &mut left).await?,
            );
        }
        Ok(groups)
    }
}

impl AggregatedGroup {
    pub(super) fn into_group(self) -> Group {
        // A stale version belongs to an aggregated API server that is unavailable, and its list is empty or old.
        let (stale, current): (Vec<_>, Vec<_>) = self
            .versions
            .into_iter()
            .partition(|version| version.freshness == "Stale");
        let broken = stale.into_iter().map(|version| Broken {
            version: version.version,
            reason: Reason::ServerError,
            status: 503,
            message: "the server is currently unable to handle the request".into(),
        });
        Group {
            name: self.metadata.name,
            versions: current
                .into_iter()
                .map(|version| ApiVersion {
                    name: version.version,
                    resources: version
                        .resources
                        .into_iter()
                        .filter_map(AggregatedResource::into_resource)
                        .collect(),
                })
                .collect(),
            preferred: 0,
            broken: broken.collect(),
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

/// Asks for the documents of a group's versions. A version without a document is left out, and one whose document the
/// server cannot return is noted as broken. `left` is how many more types there may be.
async fn unaggregated_group(
    server: &impl ApiServer,
    workers: &Workers,
    path: &str,
    name: String,
    names: Vec<String>,
    preferred: Option<&str>,
    left: &mut usize,
) -> Result<Group, Error> {
    let mut group = Group {
        name,
        ..Group::default()
    };
    for name in names {
        let mut path = format!("{path}/");
        encode(&mut path, &name);
        let Reply { body, hold, .. } = match server.get(&path, "application/json", None).await {
            Ok(reply) => reply,
            Err(error) if error.status == Some(404) => continue,
            Err(error) => {
                group.broken.push(broken(name, error)?);
                continue;
            }
        };
        let is_short = body.len() < SHORT;
        let work = move || {
            let _held = hold;
            unaggregated_version(&path, name, &body)
        };
        let (version, types) = match is_short {
            true => work()?,
            false => workers.run(work).await?,
        };
        *left = left.checked_sub(types).ok_or_else(|| too_many(&group.name))?;
        group.versions.push(version);
    }
    let preferred = preferred.and_then(|preferred| {
        let mut versions = group.versions.iter();
        versions.position(|version| version.name == preferred)
    });
    group.preferred = preferred.unwrap_or(0);
    Ok(group)
}

/// Returns a version whose document the server cannot return. Without an answer, or without credentials, asking for other
/// versions makes no sense, so that is an error.
fn broken(version: String, error: Error) -> Result<Broken, Error> {
    match error.status {
        None | Some(401) => Err(error),
        Some(status) => Ok(Broken {
            version,
            reason: error.reason,
            status,
            message: error.message,
        }),
    }
}

/// Reads the document of one version. Also returns how many types it lists.
fn unaggregated_version(path: &str, name: String, body: &[u8]) -> Result<(ApiVersion, usize), Error> {
    let types = check_size(path, body)?;
    let document: UnaggregatedResources =
        serde_json::from_slice(body).map_err(|error| malformed(path, &error))?;
    check_kind(path, &document.kind, &RESOURCES_KINDS)?;
    let resources = document.resources.into_iter();
    let version = ApiVersion {
        name,
        resources: resources
            .filter_map(UnaggregatedResource::into_resource)
            .collect(),
    };
    Ok((version, types))
}

impl UnaggregatedResource {
    fn into_resource(self) -> Option<Resource> {
        // A name with a slash is a subresource.
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
