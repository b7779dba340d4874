//! From what was typed to a resource of the API, as kubectl finds it: client-go's shortcut expander
//! (`restmapper/shortcut.go`), priority REST mapper (`restmapper/discovery.go`, apimachinery
//! `pkg/api/meta`) and category expander, on what a server's discovery says.

mod names;

pub use names::Names;

use crate::connect::Error;
use crate::go::text::quote;
use crate::record::Reason;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashSet;

/// One resource of the API.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Mapping {
    /// API group; empty is core.
    pub group: Cow<'static, str>,
    /// API version.
    pub version: Cow<'static, str>,
    /// Plural, lower case.
    pub resource: Cow<'static, str>,
    /// Kind.
    pub kind: Cow<'static, str>,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl Mapping {
    /// As [`Row::resource`](crate::record::Row::resource) has it: `pods`, `deployments.apps`.
    pub fn group_resource(&self) -> String {
        join_group(&self.resource, &self.group)
    }

    /// As [`Row::type_`](crate::record::Row::type_) has it: `pod`, `deployment.apps`.
    pub fn group_kind(&self) -> String {
        join_group(&self.kind.to_lowercase(), &self.group)
    }

    /// As Go prints a GroupVersionResource, which kubectl's errors show.
    pub fn in_go(&self) -> String {
        format!("{}/{}, Resource={}", self.group, self.version, self.resource)
    }
}

pub(super) fn join_group(name: &str, group: &str) -> String {
    if group.is_empty() {
        name.to_owned()
    } else {
        format!("{name}.{group}")
    }
}

/// What was typed for a type: `NAME`, `NAME.GROUP` or `NAME.VERSION.GROUP`. With two dots and more it can
/// be read in two ways.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Spelling<'a> {
    /// Before the first dot: plural, singular, short name or kind.
    pub name: &'a str,
    /// All behind the first dot.
    pub group: &'a str,
    /// Version and group, where there is a second dot.
    pub versioned: Option<(&'a str, &'a str)>,
}

impl<'a> Spelling<'a> {
    /// Reads it.
    pub fn parse(text: &'a str) -> Self {
        let (name, group) = text.split_once('.').unwrap_or((text, ""));
        Self {
            name,
            group,
            versioned: group.split_once('.'),
        }
    }
}

/// What a server serves, in the order of its discovery, which is the order of precedence.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Index(pub Vec<Group>);

/// An API group.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Group {
    /// Name; empty is core.
    pub name: String,
    /// Versions in the order of discovery.
    pub versions: Vec<Version>,
    /// Which of them is preferred.
    pub preferred: usize,
    /// Versions of which the server cannot say what is in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<Broken>,
}

/// A version of an API group that belongs to another server, as metrics do, which is away.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Broken {
    /// `v1beta1`.
    pub version: String,
    /// The kind of failure.
    pub reason: Reason,
    /// HTTP status.
    pub status: u16,
    /// The API server's words for it.
    pub message: String,
}

/// A version of an API group.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Version {
    /// `v1`.
    pub name: String,
    /// Its resources, without subresources.
    pub resources: Vec<Resource>,
}

/// A resource.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Resource {
    /// Plural, lower case.
    pub plural: String,
    /// Singular; never empty.
    pub singular: String,
    /// Kind.
    pub kind: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Short names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub short: Vec<String>,
    /// Categories, such as `all`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
}

/// A resource with where it stands.
type Entry<'a> = (&'a Group, &'a Version, &'a Resource);

impl Index {
    /// Every resource in every version, in the order of discovery.
    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
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

    /// The versions in the order in which one is taken before the other: core first, and in each group
    /// the preferred version first.
    fn by_precedence(&self) -> impl Iterator<Item = (&Group, &Version)> {
        let (core, others): (Vec<&Group>, Vec<&Group>) =
            self.0.iter().partition(|group| group.name.is_empty());
        core.into_iter().chain(others).flat_map(|group| {
            let preferred = group.versions.get(group.preferred);
            let rest = group.versions.iter().enumerate();
            let rest = rest
                .filter(|(index, _)| *index != group.preferred)
                .map(|(_, version)| version);
            preferred
                .into_iter()
                .chain(rest)
                .map(move |version| (group, version))
        })
    }

    /// The resources of a category in the order of discovery, each once; `None` where there is no such
    /// category. A member that stands in several versions is returned in its preferred one.
    pub fn category(&self, category: &str) -> Option<Vec<Mapping>> {
        if !self.has_category(category) {
            return None;
        }
        let names = Names::of(self);
        let mut members: Vec<Mapping> = Vec::new();
        let (mut typed_before, mut found_before) = (HashSet::new(), HashSet::new());
        for (group, _, resource) in self.entries() {
            if !resource.is_in(category) {
                continue;
            }
            let typed = join_group(&resource.plural, &group.name);
            if typed_before.contains(&typed) {
                continue;
            }
            if let Some(mapping) = names.find(&typed)
                && found_before.insert(mapping.clone())
            {
                members.push(mapping);
            }
            typed_before.insert(typed);
        }
        Some(members)
    }

    /// Returns whether there is such a category.
    pub fn has_category(&self, category: &str) -> bool {
        self.entries().any(|(_, _, resource)| resource.is_in(category))
    }

    /// For many types to be looked up.
    pub fn names(&self) -> Names<'_> {
        Names::of(self)
    }

    /// The resources, led by the one that is taken, that a short name without a group could mean; none for what is
    /// no short name.
    pub fn of_short_name(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut found_before = HashSet::new();
        for (group, _, resource) in self.entries() {
            if resource.plural == name || resource.singular == name {
                return Vec::new();
            }
            if resource.short.iter().any(|short| short == name) {
                let typed = join_group(&resource.plural, &group.name);
                if found_before.insert(typed.clone()) {
                    found.push(typed);
                }
            }
        }
        found
    }

    /// Why it cannot be told whether the server has a type that was not found: it may be in a version that is broken.
    ///
    /// The message is kubectl's, to which such a type does not exist.
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

    /// The same for a kind. The message is left to whoever looked for it.
    pub fn doubt_of_kind(&self, group: &str, version: &str) -> Option<Error> {
        let (in_group, broken) = self
            .broken()
            .find(|(in_group, broken)| in_group.name == group && broken.version == version)?;
        Some(broken.error(&in_group.name, String::new()))
    }

    /// The versions that are broken, as `metrics.k8s.io/v1beta1`.
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

    /// The resource that a spelling means; `None` where the server has none.
    pub fn find(&self, text: &str) -> Option<Mapping> {
        let spelling = Spelling::parse(text);
        let Spelling {
            name,
            group,
            versioned,
        } = spelling;
        if let Some((version, group)) = versioned
            && let Some(mapping) = self.find_resource(name, version, group)
        {
            return Some(mapping);
        }
        if let Some(mapping) = self.find_resource(name, "", group) {
            return Some(mapping);
        }
        if let Some((version, group)) = versioned
            && let Some(mapping) = self.find_kind(name, version, group)
        {
            return Some(mapping);
        }
        self.find_kind(name, "", group)
    }

    /// By plural, singular or short name; an empty version or group stands for any.
    fn find_resource(&self, name: &str, version: &str, group: &str) -> Option<Mapping> {
        let (name, version, group) = self.expand_short_name(name, version, group);
        let name = name.to_lowercase();
        let matches = |resource: &Resource| resource.plural == name || resource.singular == name;
        let (found_group, found_version, kind) =
            self.by_precedence().find_map(|(in_group, in_version)| {
                // A whole group is not looked for by the start of its name where it has what is asked for;
                // that is decided for each group and version alone, and precedence among all that match.
                let group_fits = match (group.is_empty(), version.is_empty()) {
                    (true, true) => true,
                    (true, false) => in_version.name == version,
                    (false, false) => in_group.name == group && in_version.name == version,
                    (false, true) => in_group.name.starts_with(group),
                };
                let resource = in_version.resources.iter().find(|resource| matches(resource));
                resource
                    .filter(|_| group_fits)
                    .map(|resource| (in_group, in_version, &resource.kind))
            })?;
        mapping_of_kind(
            found_group,
            found_version,
            kind,
            found_version.resources.iter().rev(),
        )
    }

    /// The resource of a kind of exactly this version; `None` where the server has none.
    pub fn of_kind(&self, group: &str, version: &str, kind: &str) -> Option<Mapping> {
        let in_group = self.0.iter().find(|in_group| in_group.name == group)?;
        let in_version = in_group
            .versions
            .iter()
            .find(|in_version| in_version.name == version)?;
        mapping_of_kind(in_group, in_version, kind, in_version.resources.iter().rev())
    }

    /// By kind; an empty version stands for any, an empty group for core.
    fn find_kind(&self, kind: &str, version: &str, group: &str) -> Option<Mapping> {
        let in_group = self
            .by_precedence()
            .filter(|(in_group, _)| in_group.name == group);
        let mut in_version =
            in_group.filter(|(_, in_version)| version.is_empty() || in_version.name == version);
        in_version.find_map(|(in_group, in_version)| {
            mapping_of_kind(in_group, in_version, kind, in_version.resources.iter().rev())
        })
    }

    /// A short name's own name, version and group; anything else as it is.
    fn expand_short_name<'a>(
        &'a self,
        name: &'a str,
        version: &'a str,
        group: &'a str,
    ) -> (&'a str, &'a str, &'a str) {
        let group_fits = |other: &Group| group.is_empty() || other.name == group;
        let is_name = |resource: &Resource| resource.plural == name || resource.singular == name;
        if self
            .entries()
            .any(|(in_group, _, resource)| group_fits(in_group) && is_name(resource))
        {
            return (name, version, group);
        }
        let is_short = |resource: &Resource| resource.short.iter().any(|short| short == name);
        if let Some((in_group, _, resource)) = self
            .entries()
            .find(|(in_group, _, resource)| group_fits(in_group) && is_short(resource))
        {
            // kubectl forgets the version here.
            return (&resource.plural, "", &in_group.name);
        }
        if !group.is_empty()
            && let Some((in_group, _, resource)) = self
                .entries()
                .find(|(in_group, _, resource)| in_group.name.starts_with(group) && is_short(resource))
        {
            return (&resource.plural, version, &in_group.name);
        }
        (name, version, group)
    }
}

impl Resource {
    fn is_in(&self, category: &str) -> bool {
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
            "it cannot say what is in {api}: {}; see kubectl get apiservice {service}",
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

/// The first of some resources of a version that is of a kind, spelt as it is or in lower case. They come from the last
/// one on, since of several kubectl takes that.
fn mapping_of_kind<'a>(
    group: &Group,
    version: &Version,
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

/// The singular of a kind whose server does not say it (apimachinery `UnsafeGuessKindToResource`).
pub fn guess_singular(kind: &str) -> String {
    kind.to_lowercase()
}

#[cfg(test)]
mod tests;
