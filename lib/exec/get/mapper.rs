//! From what was typed to a resource of the API, as kubectl finds it: client-go's shortcut expander
//! (`restmapper/shortcut.go`), priority REST mapper (`restmapper/discovery.go`, apimachinery
//! `pkg/api/meta`) and category expander, on what a server's discovery says.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One resource of the API.
#[derive(Clone, Debug, Eq, PartialEq)]
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
        let mut members: Vec<Mapping> = Vec::new();
        let mut found = false;
        for (group, _, resource) in self.entries() {
            if !resource.categories.iter().any(|other| other == category) {
                continue;
            }
            found = true;
            let typed = join_group(&resource.plural, &group.name);
            if let Some(mapping) = self.find(&typed)
                && !members.contains(&mapping)
            {
                members.push(mapping);
            }
        }
        found.then_some(members)
    }

    /// The resources, led by the one that is taken, that a short name without a group could mean; none for what is
    /// no short name.
    pub fn of_short_name(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (group, _, resource) in self.entries() {
            if resource.plural == name || resource.singular == name {
                return Vec::new();
            }
            let typed = join_group(&resource.plural, &group.name);
            if resource.short.iter().any(|short| short == name) && !found.contains(&typed) {
                found.push(typed);
            }
        }
        found
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
        mapping_of_kind(found_group, found_version, kind)
    }

    /// The resource of a kind of exactly this version; `None` where the server has none.
    pub fn of_kind(&self, group: &str, version: &str, kind: &str) -> Option<Mapping> {
        let in_group = self.0.iter().find(|in_group| in_group.name == group)?;
        let in_version = in_group
            .versions
            .iter()
            .find(|in_version| in_version.name == version)?;
        mapping_of_kind(in_group, in_version, kind)
    }

    /// By kind; an empty version stands for any, an empty group for core.
    fn find_kind(&self, kind: &str, version: &str, group: &str) -> Option<Mapping> {
        let in_group = self
            .by_precedence()
            .filter(|(in_group, _)| in_group.name == group);
        let mut in_version =
            in_group.filter(|(_, in_version)| version.is_empty() || in_version.name == version);
        in_version.find_map(|(in_group, in_version)| mapping_of_kind(in_group, in_version, kind))
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

/// The resource of a kind, spelt as it is or in lower case; of several, kubectl takes the last.
fn mapping_of_kind(group: &Group, version: &Version, kind: &str) -> Option<Mapping> {
    let of_kind = |resource: &&Resource| resource.kind == kind || resource.kind.to_lowercase() == kind;
    let resource = version.resources.iter().rev().find(of_kind)?;
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
