//! Finds types by what was typed.

use super::index::{Index, ServedResource, mapping_of_kind};
use super::mapping::{Mapping, Spelling};
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// Finds the types of an [`Index`].
pub struct Finder<'a> {
    /// All resources, in the order of the discovery documents.
    entries: Vec<ServedResource<'a>>,
    /// The rank of each resource's version: core first, and in each group the preferred version first.
    precedence: Vec<(bool, usize, bool)>,
    /// The resources of each group, sorted by the group's name.
    groups: Vec<(&'a str, Range<usize>)>,
    /// The resources of each version, ascending.
    versions: Vec<Range<usize>>,
    /// The indices of all resources.
    all: Vec<usize>,
    /// The resources' indices by plural, singular, short name and kind (as spelled and in lower case), ascending.
    /// Without it, each look-up goes through all resources.
    by_name: Option<HashMap<Cow<'a, str>, Vec<usize>>>,
}

impl<'a> Finder<'a> {
    /// Makes a finder for a few types.
    pub fn new(index: &'a Index) -> Self {
        let (mut entries, mut precedence) = (Vec::new(), Vec::new());
        let (mut groups, mut versions) = (Vec::new(), Vec::new());
        for (group_number, group) in index.0.iter().enumerate() {
            let start = entries.len();
            for (number, version) in group.versions.iter().enumerate() {
                let rank = (!group.name.is_empty(), group_number, number != group.preferred);
                let first = entries.len();
                entries.extend(
                    version
                        .resources
                        .iter()
                        .map(|resource| (group, version, resource)),
                );
                precedence.resize(entries.len(), rank);
                versions.push(first..entries.len());
            }
            groups.push((group.name.as_str(), start..entries.len()));
        }
        groups.sort_by_key(|(name, entries)| (*name, entries.start));
        Self {
            all: (0..entries.len()).collect(),
            entries,
            precedence,
            groups,
            versions,
            by_name: None,
        }
    }

    /// Makes an index of all names: a category may have thousands of types to look up.
    pub fn with_names(mut self) -> Self {
        let mut by_name: HashMap<Cow<'_, str>, Vec<usize>> = HashMap::new();
        for (place, (_, _, resource)) in self.entries.iter().enumerate() {
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
        self.by_name = Some(by_name);
        self
    }

    /// Returns the type that a spelling means.
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

    /// Returns the places of the resources that may have a name.
    fn places(&self, name: &str) -> &[usize] {
        match &self.by_name {
            Some(by_name) => by_name.get(name).map_or(&[], Vec::as_slice),
            None => &self.all,
        }
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

    /// Finds a type by plural, singular or short name; an empty version or group matches any. Only without a version may
    /// the group be the start of one.
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

    /// Finds a type by kind; an empty version matches any, an empty group is core.
    fn find_kind(&self, kind: &str, version: &str, group: &str) -> Option<Mapping> {
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

    /// Returns the plural, version and group of a short name, and anything else unchanged.
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
            // kubectl drops the version here.
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
