//! Several listings as one fleet: of each cluster one record, with what all of them know.
//!
//! A cluster is known by its manager and its name. What names no manager (a context, a name from standard
//! input, a cluster that was asked itself) is the cluster of that name, where there is only one. Two hubs of one
//! manager may each have a cluster of a name, as every OCM hub has its `local-cluster`: where both publish an id
//! and the ids differ, they are two.
//!
//! Fields are filled in and never stripped: the record that is preferred has the last word on each of its
//! fields, the others add what it lacks. Only the way into the cluster is never put together from several.

use super::gathering::{Complaints, Fleet, give_names};
use super::json_object::{Fields, quoted};
use super::rival_profiles::is_authentication;
use crate::config::Source;
use crate::discover::sources::about::ID;
use crate::record::{Cluster, Health};
use std::collections::{BTreeMap, BTreeSet};

/// What one source says, through one hub.
#[derive(Debug)]
pub struct Part {
    /// Which source.
    pub source: Source,
    /// The hub that it was asked through, if any.
    pub hub: Option<PartHub>,
    /// What it lists.
    pub fleet: Fleet,
}

/// The hub of a part.
#[derive(Clone, Debug)]
pub struct PartHub {
    /// Its context.
    pub context: String,
    /// Its region, as the configuration says it.
    pub region: Option<String>,
}

/// Properties and labels that say where a cluster is, the first that is there counts.
const REGIONS: [&str; 5] = [
    "region",
    "location",
    "region.open-cluster-management.io",
    "topology.kubernetes.io/region",
    "cloud.region",
];

/// Properties that are a cluster's id.
const IDS: [&str; 2] = [ID, "id.k8s.io"];

/// One part's record of a cluster.
struct Entry<'p> {
    part: &'p Part,
    /// The place of its part in the order that the user gave.
    order: usize,
    line: &'p str,
    cluster: Cluster<'p>,
}

/// Name and manager; and the hub, where that tells two clusters apart.
type Key = (String, String, String);

/// Joins what several sources and hubs list. `region` is the one whose hub goes first (`--region`). What
/// standard input lists, if it does, is all of the fleet, and the others add to it.
pub fn join(parts: &[Part], region: Option<&str>) -> Fleet {
    let mut groups = by_cluster(parts);
    if parts.iter().any(|part| part.source == Source::Stdin) {
        groups.retain(|_, entries| entries.iter().any(|entry| entry.part.source == Source::Stdin));
    }
    let (mut problems, mut notes) = (Complaints::default(), Complaints::default());
    let hubs: BTreeSet<&str> = parts.iter().filter_map(Part::hub_context).collect();
    for part in parts {
        let place = match part.hub_context() {
            Some(hub) if hubs.len() > 1 => format!("hub {hub}: "),
            _ => String::new(),
        };
        for problem in &part.fleet.problems {
            problems.push(format!("{place}{problem}"));
        }
    }
    let said: BTreeSet<&String> = parts.iter().flat_map(|part| &part.fleet.notes).collect();
    // Names are given anew below.
    for note in said.into_iter().filter(|note| !note.starts_with("several ")) {
        notes.push(note.clone());
    }
    let split = groups.keys().any(|(_, _, hub)| !hub.is_empty());
    let owners = if split {
        "hubs or managers"
    } else {
        "cluster managers"
    };
    let members = groups
        .into_iter()
        .map(|((name, manager, hub), mut entries)| {
            order(&mut entries, region);
            let line = merge(&name, &entries);
            (name, if hub.is_empty() { manager } else { hub }, line)
        })
        .collect();
    let (lines, count) = give_names(members, owners, &mut problems, &mut notes);
    Fleet {
        lines,
        count,
        problems: problems.finish(),
        notes: notes.finish(),
        ..Fleet::default()
    }
}

impl Part {
    fn hub_context(&self) -> Option<&str> {
        self.hub.as_ref().map(|hub| hub.context.as_str())
    }
}

/// Which records are of one cluster.
fn by_cluster(parts: &[Part]) -> BTreeMap<Key, Vec<Entry<'_>>> {
    let mut groups: BTreeMap<(String, String), Vec<Entry<'_>>> = BTreeMap::new();
    for (order, part) in parts.iter().enumerate() {
        for line in part.fleet.lines.lines() {
            // The lines are our own, or were read before.
            let Ok(cluster) = serde_json::from_str::<Cluster<'_>>(line) else {
                continue;
            };
            let manager = cluster.manager.as_deref().unwrap_or_default().to_owned();
            let name = cluster.cluster.as_str();
            let plain = match name
                .strip_suffix(&manager)
                .and_then(|rest| rest.strip_suffix('@'))
            {
                Some(plain) if !manager.is_empty() && !plain.is_empty() => plain,
                _ => name,
            };
            groups
                .entry((plain.to_owned(), manager))
                .or_default()
                .push(Entry {
                    part,
                    order,
                    line,
                    cluster,
                });
        }
    }
    for (nameless, target) in owners(&groups) {
        if let Some(entries) = groups.remove(&nameless) {
            groups.entry(target).or_default().extend(entries);
        }
    }
    let mut clusters: BTreeMap<Key, Vec<Entry<'_>>> = BTreeMap::new();
    for ((name, manager), entries) in groups {
        for (hub, entries) in by_id(entries) {
            // Nobody says which of the two is meant by what knows neither hub nor id.
            let manager = if hub.as_deref() == Some("") {
                String::new()
            } else {
                manager.clone()
            };
            let key = (name.clone(), manager, hub.unwrap_or_default());
            clusters.entry(key).or_default().extend(entries);
        }
    }
    clusters
}

/// Of those without a manager, which they are.
fn owners(groups: &BTreeMap<(String, String), Vec<Entry<'_>>>) -> Vec<((String, String), (String, String))> {
    let mut by_name: BTreeMap<&str, Vec<&(String, String)>> = BTreeMap::new();
    let mut by_full_name = BTreeMap::new();
    for key in groups.keys().filter(|(_, manager)| !manager.is_empty()) {
        by_name.entry(&key.0).or_default().push(key);
        by_full_name.insert(format!("{}@{}", key.0, key.1), key);
    }
    let nameless = groups.keys().filter(|(_, manager)| manager.is_empty());
    let owned = nameless.filter_map(|key| {
        let owner = match by_name.get(key.0.as_str()).map(Vec::as_slice) {
            Some([owner]) => Some(*owner),
            Some(_) => None,
            None => by_full_name.get(&key.0).copied(),
        };
        Some((key.clone(), owner?.clone()))
    });
    owned.collect()
}

/// Splits records of one name and manager where hubs publish different ids; by the hub of each, `None` where
/// there is nothing to split, and an empty one for what belongs to neither.
fn by_id(entries: Vec<Entry<'_>>) -> Vec<(Option<String>, Vec<Entry<'_>>)> {
    let mut hub_of_id: BTreeMap<String, String> = BTreeMap::new();
    let mut id_of_hub: BTreeMap<String, String> = BTreeMap::new();
    for entry in &entries {
        if let (Some(hub), Some(id)) = (entry.part.hub_context(), entry.id()) {
            hub_of_id.entry(id.to_owned()).or_insert_with(|| hub.to_owned());
            id_of_hub.entry(hub.to_owned()).or_insert_with(|| id.to_owned());
        }
    }
    let ids: BTreeSet<&String> = id_of_hub.values().collect();
    if ids.len() < 2 {
        return vec![(None, entries)];
    }
    let mut split: BTreeMap<String, Vec<Entry<'_>>> = BTreeMap::new();
    for entry in entries {
        let id = match entry.part.hub_context() {
            // A hub without an id of it is one of its own.
            Some(hub) => id_of_hub.get(hub).map(String::as_str),
            None => entry.id(),
        };
        let hub = match (id.and_then(|id| hub_of_id.get(id)), entry.part.hub_context()) {
            (Some(hub), _) => hub.clone(),
            (None, Some(own)) => own.to_owned(),
            (None, None) => String::new(),
        };
        split.entry(hub).or_default().push(entry);
    }
    split
        .into_iter()
        .map(|(hub, entries)| (Some(hub), entries))
        .collect()
}

impl Entry<'_> {
    fn id(&self) -> Option<&str> {
        let ids = IDS.iter().filter_map(|key| self.cluster.properties.get(*key));
        ids.map(|id| id.as_str()).find(|id| !id.is_empty())
    }

    fn region(&self) -> Option<&str> {
        let Cluster {
            labels, properties, ..
        } = &self.cluster;
        let named = REGIONS
            .iter()
            .flat_map(|key| [properties.get(*key), labels.get(*key)]);
        named
            .flatten()
            .map(|region| region.as_str())
            .find(|region| !region.is_empty())
    }
}

/// Puts the preferred record first: what the user typed; then what a hub says, the one of `--region` before
/// that of the cluster's own region, and that before the fastest; then the rest. Of one hub in the order of the
/// sources.
fn order(entries: &mut [Entry<'_>], wanted: Option<&str>) {
    let own: Option<String> = entries.iter().find_map(Entry::region).map(str::to_owned);
    entries.sort_by_cached_key(|entry| {
        let hub = entry.part.hub.as_ref();
        let region = hub.and_then(|hub| hub.region.as_deref());
        let is_in = |place: Option<&str>| {
            region.is_some_and(|region| place.is_some_and(|place| covers(region, place)))
        };
        (
            entry.part.source != Source::Stdin,
            hub.is_none(),
            !is_in(wanted),
            !is_in(own.as_deref()),
            hub.map(|hub| (entry.part.fleet.millis, hub.context.clone())),
            entry.order,
        )
    });
    // Sources of one hub answer at different speeds: the fastest decides on the hub, not on the source.
    if let Some(first) = entries.iter().position(|entry| entry.part.hub.is_some()) {
        let hub = entries[first].part.hub_context().map(str::to_owned);
        entries[first..].sort_by_key(|entry| {
            let same = entry.part.hub_context() == hub.as_deref();
            (!same, if same { entry.order } else { 0 })
        });
    }
}

/// Whether a region is the other or holds it: `eu` holds `eu-west-1`.
fn covers(region: &str, place: &str) -> bool {
    place
        .strip_prefix(region)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// One record of several, the first of them preferred. The way into the cluster is that of one of them: its access
/// providers and the properties to log in with belong together, and another hub's or source's would lead elsewhere.
fn merge(name: &str, entries: &[Entry<'_>]) -> String {
    let mut entries_left = entries.iter().enumerate();
    let Some((_, first)) = entries_left.next() else {
        return String::new();
    };
    if entries.len() == 1 && first.cluster.cluster.as_str() == name {
        return first.line.to_owned();
    }
    let giver = entries
        .iter()
        .position(|entry| entry.cluster.access_providers.is_some())
        .or_else(|| {
            entries
                .iter()
                .position(|entry| !entry.cluster.client_configs.is_empty())
        });
    let gives = |index: usize| giver.is_none_or(|giver| giver == index);
    let mut merged = Fields::read(first.line);
    merged.set("cluster", quoted(name));
    if !gives(0) {
        keep_login_out(&mut merged);
    }
    if giver.is_some_and(|giver| entries[giver].cluster.access_providers.is_some()) {
        // What is ambiguous elsewhere is clear here.
        merged.remove("ambiguous");
    }
    let mut health = first.cluster.health;
    for (index, entry) in entries_left {
        let mut other = Fields::read(entry.line);
        if !gives(index) {
            keep_login_out(&mut other);
            other.remove("accessProviders");
        }
        if giver.is_some_and(|giver| entries[giver].cluster.access_providers.is_some()) {
            other.remove("ambiguous");
        }
        // A reason is about the health that stands beside it.
        let reason = other.remove("healthReason");
        other.remove("health");
        let known = entry.cluster.health;
        if health == Health::Unknown && known != Health::Unknown {
            health = known;
            merged.set("health", quoted(known.as_str()));
            merged.remove("healthReason");
        }
        if let Some(reason) = reason
            && health == known
            && merged.get("healthReason").is_none()
        {
            merged.set("healthReason", reason);
        }
        for map in ["labels", "properties"] {
            if let (Some(mine), Some(theirs)) = (merged.get(map), other.get(map)) {
                let mut both = Fields::read(mine);
                if both.fill_in(&Fields::read(theirs)) {
                    let json = both.json();
                    merged.set(map, json);
                }
            }
        }
        if !entry.cluster.cluster_sets.is_empty() {
            let mine: Vec<String> = merged
                .get("clusterSets")
                .and_then(|sets| serde_json::from_str(sets).ok())
                .unwrap_or_default();
            let theirs = entry
                .cluster
                .cluster_sets
                .iter()
                .map(|set| set.as_str().to_owned());
            let sets: BTreeSet<String> = mine.into_iter().chain(theirs).collect();
            let sets: Vec<String> = sets.iter().map(|set| quoted(set)).collect();
            merged.set("clusterSets", format!("[{}]", sets.join(",")));
        }
        merged.fill_in(&other);
    }
    if entries.len() > 1 {
        merged.set("source", quoted(&sources(entries)));
    }
    merged.json()
}

/// The sources of some records, each once, in the order of the records.
fn sources(entries: &[Entry<'_>]) -> String {
    let mut sources: Vec<&str> = Vec::new();
    for entry in entries {
        let said = entry
            .cluster
            .source
            .as_ref()
            .map_or(entry.part.source.as_str(), |said| said.as_str());
        for source in said.split(',') {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
    }
    sources.join(",")
}

/// Takes the properties out of a record that say how to log in.
fn keep_login_out(record: &mut Fields<'_>) {
    let Some(properties) = record.get("properties") else {
        return;
    };
    let mut kept = Fields::read(properties);
    if kept.retain(|name| !is_authentication(name)) {
        let json = kept.json();
        record.set("properties", json);
    }
}

#[cfg(test)]
mod tests;
