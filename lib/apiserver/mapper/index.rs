//! The types that a server serves.

use super::mapping::{Mapping, Spelling};
use crate::connect::Error;
use crate::go::text::quote;
use crate::record::Reason;
use serde::{Deserialize, Serialize};

/// The types that a server serves, in the order of its discovery documents, which is the order of precedence.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Index(pub Vec<Group>);

/// An API group.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Group {
    /// The name; empty is core.
    pub name: String,
    /// The versions, in the order of the discovery documents.
    pub versions: Vec<ApiVersion>,
    /// The index of the preferred version.
    pub preferred: usize,
    /// Versions whose types the server cannot list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<Broken>,
}

/// A version of an API group that is served by an aggregated API server (such as the one for metrics) that is unavailable.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Broken {
    /// The version, such as `v1beta1`.
    pub version: String,
    /// The kind of failure.
    pub reason: Reason,
    /// The HTTP status.
    pub status: u16,
    /// The API server's message.
    pub message: String,
}

/// A version of an API group.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct ApiVersion {
    /// The version, such as `v1`.
    pub name: String,
    /// The resources, without subresources.
    pub resources: Vec<Resource>,
}

/// A resource.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Resource {
    /// The plural, in lower case.
    pub plural: String,
    /// The singular; never empty.
    pub singular: String,
    /// The kind.
    pub kind: String,
    /// True if its objects are in namespaces.
    pub namespaced: bool,
    /// The short names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub short: Vec<String>,
    /// The categories, such as `all`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
}

/// A resource with its group and version.
pub type ServedResource<'a> = (&'a Group, &'a ApiVersion, &'a Resource);

impl Index {
    /// Returns every resource in every version, in the order of the discovery documents.
    pub fn entries(&self) -> impl Iterator<Item = ServedResource<'_>> {
        self.0.iter().flat_map(|group| {
            let versions = group.versions.iter();
            versions.flat_map(move |version| {
                version
                    .resources
                    .iter()
                    .map(move |resource| (group, version, resource))
            })
        })
    }

    /// Returns why it is not known whether the server has a type that was not found: it may be in a broken version.
    ///
    /// The message is kubectl's, which treats such a type as one that does not exist.
    pub fn doubt(&self, text: &str) -> Option<Error> {
        let Spelling {
            name,
            group,
            versioned,
        } = Spelling::parse(text);
        let (in_group, broken) = self.broken().find(|(in_group, broken)| {
            in_group.name.starts_with(group)
                || versioned.is_some_and(|(version, group)| {
                    in_group.name == group && (broken.version == version || version.is_empty())
                })
        })?;
        let message = format!("error: the server doesn't have a resource type {}", quote(name));
        Some(broken.error(&in_group.name, message))
    }

    /// Does the same for a kind, without a message.
    pub fn doubt_of_kind(&self, group: &str, version: &str) -> Option<Error> {
        let (in_group, broken) = self
            .broken()
            .find(|(in_group, broken)| in_group.name == group && broken.version == version)?;
        Some(broken.error(&in_group.name, String::new()))
    }

    /// Returns the plural names of all types.
    pub fn plurals(&self) -> impl Iterator<Item = &str> {
        self.entries().map(|(_, _, resource)| resource.plural.as_str())
    }

    /// Returns the broken versions, as `metrics.k8s.io/v1beta1`.
    pub fn broken_versions(&self) -> Vec<String> {
        let broken = self.broken();
        broken
            .map(|(group, broken)| group_version(&group.name, &broken.version))
            .collect()
    }

    fn broken(&self) -> impl Iterator<Item = (&Group, &Broken)> {
        let groups = self.0.iter();
        groups.flat_map(|group| group.broken.iter().map(move |broken| (group, broken)))
    }
}

impl Resource {
    /// Returns whether the resource is in a category.
    pub fn is_in(&self, category: &str) -> bool {
        self.categories.iter().any(|other| other == category)
    }
}

impl Broken {
    fn error(&self, group: &str, message: String) -> Error {
        let api = group_version(group, &self.version);
        let service = match group {
            "" => self.version.clone(),
            group => format!("{}.{group}", self.version),
        };
        let mut error = Error::new(self.reason, message).with_hint(format!(
            "it cannot say what is in {api}: {}; see kubectl --context CONTEXT get apiservice {service}",
            self.message
        ));
        error.status = Some(self.status);
        error
    }
}

fn group_version(group: &str, version: &str) -> String {
    match group {
        "" => version.to_owned(),
        group => format!("{group}/{version}"),
    }
}

/// Returns the first of some resources of a version that has a kind, spelled exactly or in lower case. The resources come
/// in reverse order, since kubectl takes the last one.
pub fn mapping_of_kind<'a>(
    group: &Group,
    version: &ApiVersion,
    kind: &str,
    mut from_the_last: impl Iterator<Item = &'a Resource>,
) -> Option<Mapping> {
    let is_lower = |resource: &Resource| match resource.kind.is_ascii() {
        true => {
            resource.kind.eq_ignore_ascii_case(kind) && !kind.bytes().any(|byte| byte.is_ascii_uppercase())
        }
        false => resource.kind.to_lowercase() == kind,
    };
    let resource = from_the_last.find(|resource| resource.kind == kind || is_lower(resource))?;
    Some(Mapping {
        group: group.name.clone().into(),
        version: version.name.clone().into(),
        resource: resource.plural.clone().into(),
        kind: resource.kind.clone().into(),
        namespaced: resource.namespaced,
    })
}
