//! Looks up many types at once: a category may have thousands, and each look-up would otherwise go through all types that
//! the server serves.

use super::index::{ApiVersion, Index, ServedResource, mapping_of_kind};
use super::mapping::{Mapping, Spelling};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// An index of the names of all types. It finds what [`Index::find`] finds.
pub struct NameIndex<'a> {
    /// All resources, in the order of the discovery documents.
    entries: Vec<ServedResource<'a>>,
    /// The rank of each resource's version by precedence.
    precedence: Vec<usize>,
    /// The resources' indices by plural, singular, short name and kind (as spelled and in lower case), ascending.
    by_name: HashMap<Cow<'a, str>, Vec<usize>>,
    /// The resources of each group, sorted by the group's name.
    groups: Vec<(&'a str, Range<usize>)>,
    /// The resources of each version, ascending.
    versions: Vec<Range<usize>>,
}

impl<'a> NameIndex<'a> {
    /// Makes the index.
    pub fn of(index: &'a Index) -> Self {
        let entries: Vec<ServedResource<'_>> = index.entries().collect();
        let mut by_name: HashMap<Cow<'_, str>, Vec<usize>> = HashMap::new();
        for (place, (_, _, resource)) in entries.iter().enumerate() {
            let lower = resource.kind.to_lowercase();
            let names = [&resource.plural, &resource.singular, &resource.kind];
            let names = names.into_iter().chain(&resource.short);
            let names = names.map(|name| Cow::Borrowed(name.as_str()));
            for name in names.chain([Cow::Owned(lower)]) {
                let places = by_name.entry(name).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
        let (mut groups, mut versions) = (Vec::new(), Vec::new());
        let mut end = 0;
        for group in &index.0 {
            let start = end;
            for version in &group.versions {
                versions.push(end..end + version.resources.len());
                end += version.resources.len();
            }
            groups.push((group.name.as_str(), start..end));
        }
        groups.sort_by_key(|(name, entries)| (*name, entries.start));
        let mut names = Self {
            precedence: vec![0; entries.len()],
            entries,
            by_name,
            groups,
            versions,
        };
        let ranks: HashMap<*const ApiVersion, usize> = index
            .by_precedence()
            .enumerate()
            .map(|(rank, (_, version))| (std::ptr::from_ref(version), rank))
            .collect();
        for (place, (_, version, _)) in names.entries.iter().enumerate() {
            names.precedence[place] = ranks.get(&std::ptr::from_ref(*version)).copied().unwrap_or(0);
        }
        names
    }

    /// See [`Index::find`].
    pub fn find(&self, text: &str) -> Option<Mapping> {
        let Spelling {
            name,
            group,
            versioned,
        } = Spelling::parse(text);
        versioned
            .and_then(|(version, group)| self.find_resource(name, version, group))
            .or_else(|| self.find_resource(name, "", group))
            .or_else(|| versioned.and_then(|(version, group)| self.find_kind(name, version, group)))
            .or_else(|| self.find_kind(name, "", group))
    }

    fn places(&self, name: &str) -> &[usize] {
        self.by_name.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the places that are in a range.
    fn within<'p>(places: &'p [usize], range: &Range<usize>) -> &'p [usize] {
        let start = places.partition_point(|place| *place < range.start);
        let end = places.partition_point(|place| *place < range.end);
        &places[start..end.max(start)]
    }

    /// Returns the places of a name in a group; an empty group matches any. With `is_start`, `group` is the start of the
    /// group's name.
    fn in_group<'p>(
        &'p self,
        name: &str,
        group: &'p str,
        is_start: bool,
    ) -> Box<dyn Iterator<Item = usize> + 'p> {
        let places = self.places(name);
        if group.is_empty() {
            return Box::new(places.iter().copied());
        }
        let first = self.groups.partition_point(|(other, _)| *other < group);
        let groups = self.groups[first..]
            .iter()
            .take_while(move |(other, _)| *other == group || is_start && other.starts_with(group));
        Box::new(groups.flat_map(move |(_, entries)| Self::within(places, entries).iter().copied()))
    }

    /// See `Index::find_resource`.
    fn find_resource(&self, name: &str, version: &str, group: &str) -> Option<Mapping> {
        let (name, version, group) = self.expand_short_name(name, version, group);
        let name = name.to_lowercase();
        let is_start = version.is_empty();
        let place = self
            .in_group(&name, group, is_start)
            .filter(|place| {
                let (_, in_version, resource) = self.entries[*place];
                (resource.plural == name || resource.singular == name)
                    && (version.is_empty() || in_version.name == version)
            })
            .min_by_key(|place| (self.precedence[*place], *place))?;
        self.of_kind(place, &self.entries[place].2.kind)
    }

    /// See `Index::find_kind`.
    fn find_kind(&self, kind: &str, version: &str, group: &str) -> Option<Mapping> {
        // An empty group is core.
        let first = self.groups.partition_point(|(other, _)| *other < group);
        let groups = self.groups[first..]
            .iter()
            .take_while(|(other, _)| *other == group);
        let place = groups
            .flat_map(|(_, entries)| Self::within(self.places(kind), entries))
            .copied()
            .filter(|place| {
                let (_, in_version, resource) = self.entries[*place];
                (version.is_empty() || in_version.name == version)
                    && (resource.kind == kind || resource.kind.to_lowercase() == kind)
            })
            .min_by_key(|place| (self.precedence[*place], *place))?;
        self.of_kind(place, kind)
    }

    /// Returns the last resource of a kind in the version of the resource at a place.
    fn of_kind(&self, place: usize, kind: &str) -> Option<Mapping> {
        let version = self.versions.partition_point(|version| version.end <= place);
        let (in_group, in_version, _) = self.entries[place];
        let places = Self::within(self.places(kind), self.versions.get(version)?);
        let places = places.iter().rev().map(|place| self.entries[*place].2);
        mapping_of_kind(in_group, in_version, kind, places)
    }

    /// See `Index::expand_short_name`.
    fn expand_short_name<'n>(
        &'n self,
        name: &'n str,
        version: &'n str,
        group: &'n str,
    ) -> (&'n str, &'n str, &'n str) {
        let is_name = |place: &usize| {
            let resource = self.entries[*place].2;
            resource.plural == name || resource.singular == name
        };
        let is_short = |place: &usize| self.entries[*place].2.short.iter().any(|short| short == name);
        if self.in_group(name, group, false).any(|place| is_name(&place)) {
            return (name, version, group);
        }
        if let Some(place) = self.in_group(name, group, false).filter(is_short).min() {
            let (in_group, _, resource) = self.entries[place];
            return (&resource.plural, "", &in_group.name);
        }
        if !group.is_empty()
            && let Some(place) = self.in_group(name, group, true).filter(is_short).min()
        {
            let (in_group, _, resource) = self.entries[place];
            return (&resource.plural, version, &in_group.name);
        }
        (name, version, group)
    }
}
