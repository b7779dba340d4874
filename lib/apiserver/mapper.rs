//! Finds the API resource that was typed, as kubectl does: with client-go's shortcut expander
//! (`restmapper/shortcut.go`), priority REST mapper (`restmapper/discovery.go`, apimachinery `pkg/api/meta`) and category
//! expander, on a server's discovery documents.

mod finder;
mod index;
mod mapping;

pub use index::{ApiVersion, Broken, Group, Index, Resource};
pub use mapping::{Mapping, Spelling, guess_singular, join_group};

use finder::Finder;
use index::mapping_of_kind;
use std::collections::HashSet;

impl Index {
    /// Returns the types of a category in the order of the discovery documents, each once; `None` if there is no such
    /// category. A type that is in several versions is returned in the preferred one.
    pub fn category(&self, category: &str) -> Option<Vec<Mapping>> {
        if !self.has_category(category) {
            return None;
        }
        let names = self.names();
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

    /// Returns a finder for many types, which has all names in an index.
    pub fn names(&self) -> Finder<'_> {
        Finder::new(self).with_names()
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
        Finder::new(self).find(text)
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
}

#[cfg(test)]
mod tests;
