//! Joins what several sources and hubs list: one record for each cluster, with the fields of all of them.
//!
//! A cluster is identified by its manager and its name. A record without a manager (a context, a name from standard
//! input, a cluster that was asked itself) belongs to the cluster of that name, if there is only one. Two hubs of one
//! manager may each have a cluster of a name, as every OCM hub has its `local-cluster`: if both publish an id and the
//! ids differ, they are two clusters.
//!
//! Fields are added and never removed: the preferred record decides on each of its fields, the others add the fields
//! that it lacks. Only the access to a cluster is never combined from several records.

use super::finding::{Finding, FindingKind, Findings};
use super::fleet::Fleet;
use super::json_object::{JsonObject, json_string};
use super::member::Member;
use super::namesakes::{Namesake, with_unique_names};
use super::rival_profiles::is_login_property;
use super::sources::about::ID_PROPERTY;
use crate::config::Source;
use crate::record::{self, Cluster, Health};
use std::collections::{BTreeMap, BTreeSet};

/// The fleet that one source lists, through one hub if it needs one.
#[derive(Debug)]
pub struct Part {
    pub source: Source,
    pub hub: Option<HubOfPart>,
    pub fleet: Fleet,
}

/// The hub of a part.
#[derive(Clone, Debug)]
pub struct HubOfPart {
    pub context: String,
    /// The region that the user has configured for it.
    pub region: Option<String>,
}

/// Properties and labels with the region of a cluster. The first one counts.
const REGIONS: [&str; 5] = [
    "region",
    "location",
    "region.open-cluster-management.io",
    "topology.kubernetes.io/region",
    "cloud.region",
];

/// Properties with the id of a cluster.
const IDS: [&str; 2] = [ID_PROPERTY, "id.k8s.io"];

/// One part's record of a cluster.
struct PartRecord<'p> {
    part: &'p Part,
    /// The index of its part in the order of the options.
    order: usize,
    member: &'p Member,
    cluster: Cluster<'p>,
}

/// Name and manager of a cluster, and the hub if two clusters differ in nothing else.
type ClusterKey = (String, String, String);

/// Joins what several sources and hubs list. The hub in `region` (`--region`) is preferred. If standard input lists
/// clusters, these are the whole fleet, and the others only add fields.
pub fn join(parts: &[Part], region: Option<&str>) -> Fleet {
    let mut groups = by_cluster(parts);
    if parts.iter().any(|part| part.source == Source::Stdin) {
        groups.retain(|_, entries| entries.iter().any(|entry| entry.part.source == Source::Stdin));
    }
    let mut findings = Findings::default();
    report_all(parts, &mut findings);
    let is_split = groups.keys().any(|(_, _, hub)| !hub.is_empty());
    let owners = match is_split {
        true => "hubs or managers",
        false => "cluster managers",
    };
    let named = groups
        .into_iter()
        .map(|((name, manager, hub), mut entries)| {
            sort_by_preference(&mut entries, region);
            Namesake {
                member: merge(&name, &entries),
                name,
                owner: if hub.is_empty() { manager } else { hub },
            }
        })
        .collect();
    Fleet {
        members: with_unique_names(named, owners, &mut findings),
        findings: findings.finish(),
        ..Fleet::default()
    }
}

/// Reports the findings of all parts, each with its hub if there are several. Equal notes are reported once.
fn report_all(parts: &[Part], findings: &mut Findings) {
    let hubs: BTreeSet<&str> = parts.iter().filter_map(Part::hub_context).collect();
    let mut notes = BTreeSet::new();
    for part in parts {
        for finding in &part.fleet.findings {
            match finding.kind {
                FindingKind::Missing | FindingKind::Stale => findings.push(Finding {
                    hub: part.hub_context().filter(|_| hubs.len() > 1).map(str::to_owned),
                    ..finding.clone()
                }),
                // The names are made unique again, for all parts together.
                FindingKind::Namesakes => {}
                FindingKind::Note => {
                    notes.insert(finding);
                }
            }
        }
    }
    notes.into_iter().cloned().for_each(|note| findings.push(note));
}

impl Part {
    /// Returns the context of the hub that it was listed through.
    pub fn hub_context(&self) -> Option<&str> {
        self.hub.as_ref().map(|hub| hub.context.as_str())
    }
}

/// Groups the records by cluster.
fn by_cluster(parts: &[Part]) -> BTreeMap<ClusterKey, Vec<PartRecord<'_>>> {
    let mut groups: BTreeMap<(String, String), Vec<PartRecord<'_>>> = BTreeMap::new();
    for (order, part) in parts.iter().enumerate() {
        for member in &part.fleet.members {
            let cluster = member.cluster();
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
                .push(PartRecord {
                    part,
                    order,
                    member,
                    cluster,
                });
        }
    }
    for (unmanaged, target) in owners_of_unmanaged(&groups) {
        if let Some(entries) = groups.remove(&unmanaged) {
            groups.entry(target).or_default().extend(entries);
        }
    }
    let mut clusters: BTreeMap<ClusterKey, Vec<PartRecord<'_>>> = BTreeMap::new();
    for ((name, manager), entries) in groups {
        for (hub, entries) in by_id(entries) {
            // A record with neither hub nor id could be of either cluster.
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

/// Returns which managed clusters the records without a manager belong to.
fn owners_of_unmanaged(
    groups: &BTreeMap<(String, String), Vec<PartRecord<'_>>>,
) -> Vec<((String, String), (String, String))> {
    let mut by_name: BTreeMap<&str, Vec<&(String, String)>> = BTreeMap::new();
    let mut by_full_name = BTreeMap::new();
    for key in groups.keys().filter(|(_, manager)| !manager.is_empty()) {
        by_name.entry(&key.0).or_default().push(key);
        by_full_name.insert(format!("{}@{}", key.0, key.1), key);
    }
    let unmanaged = groups.keys().filter(|(_, manager)| manager.is_empty());
    let owned = unmanaged.filter_map(|key| {
        let owner = match by_name.get(key.0.as_str()).map(Vec::as_slice) {
            Some([owner]) => Some(*owner),
            Some(_) => None,
            None => by_full_name.get(&key.0).copied(),
        };
        Some((key.clone(), owner?.clone()))
    });
    owned.collect()
}

/// Splits the records of one name and manager if hubs publish different ids. Returns each group with its hub: `None` if
/// there is nothing to split, empty for records that could belong to any.
fn by_id(entries: Vec<PartRecord<'_>>) -> Vec<(Option<String>, Vec<PartRecord<'_>>)> {
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
    let mut split: BTreeMap<String, Vec<PartRecord<'_>>> = BTreeMap::new();
    for entry in entries {
        let id = match entry.part.hub_context() {
            // A cluster without an id is one of its hub's own.
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

impl PartRecord<'_> {
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

/// Sorts the records by preference: first that of standard input; then those of hubs, the one in `--region` before the
/// one in the cluster's own region, and that before the fastest; then the others. Records of one hub are in the order of
/// the sources.
fn sort_by_preference(entries: &mut [PartRecord<'_>], wanted: Option<&str>) {
    let own: Option<String> = entries.iter().find_map(PartRecord::region).map(str::to_owned);
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
    // Sources of one hub answer at different speeds. The fastest one decides on the hub, but not on the source.
    if let Some(first) = entries.iter().position(|entry| entry.part.hub.is_some()) {
        let hub = entries[first].part.hub_context().map(str::to_owned);
        entries[first..].sort_by_key(|entry| {
            let same = entry.part.hub_context() == hub.as_deref();
            (!same, if same { entry.order } else { 0 })
        });
    }
}

/// Returns true if a region is the place or contains it: `eu` contains `eu-west-1`.
pub(super) fn covers(region: &str, place: &str) -> bool {
    place
        .strip_prefix(region)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Merges the records of a cluster into one. The first is preferred. The access is that of a single record: its access
/// providers and its login properties belong together, and those of another hub or source would lead elsewhere.
fn merge(name: &str, entries: &[PartRecord<'_>]) -> Member {
    let mut rest = entries.iter().enumerate();
    let Some((_, first)) = rest.next() else {
        return Member::new(&record::bare_cluster(name));
    };
    if entries.len() == 1 && first.member.name() == name {
        return first.member.clone();
    }
    let with_providers = entries
        .iter()
        .position(|entry| entry.cluster.access_providers.is_some());
    let giver = with_providers.or_else(|| {
        entries
            .iter()
            .position(|entry| !entry.cluster.client_configs.is_empty())
    });
    let gives = |index: usize| giver.is_none_or(|giver| giver == index);
    let mut merged = JsonObject::parse(first.member.record());
    merged.set("cluster", json_string(name));
    if !gives(0) {
        remove_login_properties(&mut merged);
    }
    if with_providers.is_some() {
        // Another record says clearly what is ambiguous in this one.
        merged.remove("ambiguous");
    }
    let mut health = first.cluster.health;
    for (index, entry) in rest {
        let mut other = JsonObject::parse(entry.member.record());
        if !gives(index) {
            remove_login_properties(&mut other);
            other.remove("accessProviders");
        }
        if with_providers.is_some() {
            other.remove("ambiguous");
        }
        // A reason belongs to the health of the same record.
        let reason = other.remove("healthReason");
        other.remove("health");
        let known = entry.cluster.health;
        if health == Health::Unknown && known != Health::Unknown {
            health = known;
            merged.set("health", json_string(known.as_str()));
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
                let mut both = JsonObject::parse(mine);
                if both.fill_in(&JsonObject::parse(theirs)) {
                    let json = both.to_json();
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
            let sets: Vec<String> = sets.iter().map(|set| json_string(set)).collect();
            merged.set("clusterSets", format!("[{}]", sets.join(",")));
        }
        merged.fill_in(&other);
    }
    if entries.len() > 1 {
        merged.set("source", json_string(&sources(entries)));
    }
    Member::from_record(name, &merged.to_json())
}

/// Returns the sources of records, each once, in the order of the records.
fn sources(entries: &[PartRecord<'_>]) -> String {
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

/// Removes the properties that say how to log in.
fn remove_login_properties(record: &mut JsonObject<'_>) {
    let Some(properties) = record.get("properties") else {
        return;
    };
    let mut kept = JsonObject::parse(properties);
    if kept.retain(|name| !is_login_property(name)) {
        let json = kept.to_json();
        record.set("properties", json);
    }
}

#[cfg(test)]
mod tests;
