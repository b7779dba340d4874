//! Finds the API resource that was typed, as kubectl does: with client-go's shortcut expander
//! (`restmapper/shortcut.go`), priority REST mapper (`restmapper/discovery.go`, apimachinery `pkg/api/meta`) and category
//! expander, on a server's discovery documents.

mod index;
mod mapping;
mod names;

pub use index::{ApiVersion, Broken, Group, Index, Resource};
pub use mapping::{Mapping, Spelling, guess_singular, join_group};

use index::mapping_of_kind;
use names::NameIndex;
use std::collections::HashSet;

impl Index {
    /// Returns the types of a category in the order of the discovery documents, each once; `None` if there is no such
    /// category. A type that is in several versions is returned in the preferred one.
    pub fn category(&self, category: &str) -> Option<Vec<Mapping>> {
        if !self.has_category(category) {
            return None;
        }
        let names = NameIndex::of(self);
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

    /// Returns an index of all names, with which to look up many types.
    pub fn names(&self) -> NameIndex<'_> {
        NameIndex::of(self)
    }

    /// Returns the resources that a short name without a group could mean, the one that it does mean first; none if it is
    /// not a short name.
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

    /// Returns the type that a spelling means; `None` if the server has no such type.
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

    /// Finds a type by plural, singular or short name; an empty version or group matches any.
    fn find_resource(&self, name: &str, version: &str, group: &str) -> Option<Mapping> {
        let (name, version, group) = self.expand_short_name(name, version, group);
        let name = name.to_lowercase();
        let matches = |resource: &Resource| resource.plural == name || resource.singular == name;
        let (found_group, found_version, kind) =
            self.by_precedence().find_map(|(in_group, in_version)| {
                // Only without a version does the start of a group's name match. Precedence decides among all matches.
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

    /// Returns the type of a kind in exactly this version; `None` if the server has no such type.
    pub fn of_kind(&self, group: &str, version: &str, kind: &str) -> Option<Mapping> {
        let in_group = self.0.iter().find(|in_group| in_group.name == group)?;
        let in_version = in_group
            .versions
            .iter()
            .find(|in_version| in_version.name == version)?;
        mapping_of_kind(in_group, in_version, kind, in_version.resources.iter().rev())
    }

    /// Finds a type by kind; an empty version matches any, an empty group is core.
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

    /// Returns the plural, version and group of a short name, and anything else unchanged.
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
            // kubectl drops the version here.
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

#[cfg(test)]
mod tests;
