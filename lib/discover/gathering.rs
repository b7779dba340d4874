//! The fleet as it comes together: one record a cluster, whoever lists it how often, under names that are
//! unique and harmless.

use super::rival_profiles;
use crate::record::{self, Cluster, Health, Str};
use crate::term;
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// More members than this no fleet has: a hub that lists more is broken or hostile.
const MAX_CLUSTERS: usize = 100_000;

/// The most that all records together take, in bytes.
const MAX_BYTES: usize = 256 << 20;

/// How many complaints are kept word for word; the rest is counted.
const MAX_COMPLAINTS: usize = 20;

/// The longest complaint that is kept, in characters.
const MAX_COMPLAINT: usize = 500;

/// The longest name of a cluster, in bytes: that of any Kubernetes object.
const MAX_NAME: usize = 253;

/// A whole fleet, unfiltered: what the cache holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fleet {
    /// The context of the hub that the records name.
    pub hub: String,
    /// A Cluster record a line, in the order of the names.
    pub lines: String,
    /// How many lines.
    pub count: usize,
    /// What could not be listed, a sentence each. It makes the outcome partial, also from the cache.
    pub problems: Vec<String>,
    /// What a person should know beside that.
    pub notes: Vec<String>,
    /// How long the hub took to answer, in milliseconds.
    pub millis: u64,
}

/// Which of two listings of one cluster is taken: the greater rank wins. The older object goes first, because its
/// writer cannot choose that: of two claims to a name the first one is the cluster's own, and whoever comes later
/// replaces nothing. Then the first namespace.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Rank {
    /// When the object was created (RFC 3339, UTC, so the order of the text); what lacks it goes last.
    created: Reverse<(bool, String)>,
    /// Namespace and name of the object.
    place: Reverse<(String, String)>,
}

impl Rank {
    /// The rank of an object.
    pub fn new(namespace: &str, name: &str, created: Option<&str>) -> Self {
        Self {
            created: Reverse((created.is_none(), created.unwrap_or_default().to_owned())),
            place: Reverse((namespace.to_owned(), name.to_owned())),
        }
    }

    /// `namespace/name`
    fn place(&self) -> String {
        let (namespace, name) = &self.place.0;
        format!("{namespace}/{name}")
    }
}

/// The fleet while it is being listed.
#[derive(Debug, Default)]
pub struct Gathering {
    /// By name and manager.
    members: HashMap<(String, String), Member>,
    bytes: usize,
    problems: Complaints,
    notes: Complaints,
}

#[derive(Debug)]
struct Member {
    rank: Rank,
    line: String,
    /// Other listings of it that publish another way into it: where they stand, and the servers that they name.
    rivals: BTreeMap<String, Vec<String>>,
}

/// Complaints, of which only so many are kept.
#[derive(Debug, Default)]
pub(super) struct Complaints {
    said: Vec<String>,
    more: usize,
}

impl Complaints {
    pub(super) fn push(&mut self, mut complaint: String) {
        if self.said.len() < MAX_COMPLAINTS {
            // The hub's own text may be part of it.
            if let Some((end, _)) = complaint.char_indices().nth(MAX_COMPLAINT) {
                complaint.truncate(end);
                complaint.push('…');
            }
            self.said.push(complaint);
        } else {
            self.more += 1;
        }
    }

    pub(super) fn finish(mut self) -> Vec<String> {
        if self.more > 0 {
            self.said.push(format!("and {} more like these", self.more));
        }
        self.said
    }
}

impl Gathering {
    /// Takes a listing of a cluster in; of several of the same cluster of the same manager the one of the
    /// highest rank stays.
    ///
    /// # Errors
    /// A fleet that is too large to be one.
    pub fn add(&mut self, cluster: &Cluster<'_>, rank: Rank) -> Result<(), String> {
        let line = serde_json::to_string(cluster).map_err(|error| error.to_string())?;
        let size = line.len();
        let manager = cluster.manager.as_deref().unwrap_or_default();
        match self
            .members
            .entry((cluster.cluster.as_str().to_owned(), manager.to_owned()))
        {
            Entry::Occupied(mut member) => {
                let member = member.get_mut();
                let before = member.line.len();
                member.join(line, rank)?;
                self.bytes = self.bytes + member.line.len() - before;
            }
            Entry::Vacant(place) => {
                self.bytes += size;
                place.insert(Member {
                    rank,
                    line,
                    rivals: BTreeMap::new(),
                });
            }
        }
        if self.members.len() > MAX_CLUSTERS {
            return Err(format!("it lists more than {MAX_CLUSTERS} clusters"));
        }
        if self.bytes > MAX_BYTES {
            return Err(format!("its clusters take more than {} MiB", MAX_BYTES >> 20));
        }
        Ok(())
    }

    /// Reports something that could not be listed.
    pub fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// Reports something that a person should know.
    pub fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    /// The fleet. Where several managers have a cluster of the same name, each of these is listed as
    /// `name@manager`, so that none is taken for the other; a cluster without manager keeps its name.
    pub fn finish(self, hub: &str) -> Fleet {
        let Gathering {
            members,
            mut problems,
            mut notes,
            ..
        } = self;
        // Without a manager a cluster keeps its name beside managed ones, so it must not bring a way of its own.
        let managed: HashMap<String, String> = members
            .iter()
            .filter(|((_, manager), _)| !manager.is_empty())
            .map(|((name, _), member)| (name.clone(), member.rank.place()))
            .collect();
        let members = members
            .into_iter()
            .map(|((name, manager), mut member)| {
                if manager.is_empty()
                    && let Some(place) = managed.get(&name)
                {
                    member.rivals.entry(place.clone()).or_default();
                }
                let line = member.finish(&name, &mut notes);
                (name, manager, line)
            })
            .collect();
        let (lines, count) = give_names(members, "cluster managers", &mut problems, &mut notes);
        Fleet {
            hub: hub.to_owned(),
            lines,
            count,
            problems: problems.finish(),
            notes: notes.finish(),
            millis: 0,
        }
    }
}

impl Member {
    /// Takes in another listing of the cluster.
    fn join(&mut self, line: String, rank: Rank) -> Result<(), String> {
        fn read(line: &str) -> Result<Cluster<'_>, String> {
            serde_json::from_str(line).map_err(|error| error.to_string())
        }
        let (mut other, mut other_rank) = (line, rank);
        if !rival_profiles::agree(&read(&self.line)?, &read(&other)?) {
            for (line, rank) in [(&self.line, &self.rank), (&other, &other_rank)] {
                self.rivals
                    .insert(rank.place(), rival_profiles::servers(&read(line)?));
            }
        }
        if other_rank > self.rank {
            std::mem::swap(&mut self.line, &mut other);
            std::mem::swap(&mut self.rank, &mut other_rank);
        }
        let (own, other) = (read(&self.line)?, read(&other)?);
        // OCM writes a copy for each set that a cluster is in, and not all of them at once.
        let sets = other
            .cluster_sets
            .iter()
            .any(|set| !own.cluster_sets.contains(set));
        let health = own.health == Health::Unknown && other.health != Health::Unknown;
        if sets || health {
            self.line = rename(&self.line, |cluster| {
                let new = other
                    .cluster_sets
                    .iter()
                    .map(|set| Str::from(set.as_str().to_owned()));
                cluster.cluster_sets.extend(new);
                cluster.cluster_sets.sort();
                cluster.cluster_sets.dedup();
                if health {
                    cluster.health = other.health;
                    let reason = other.health_reason.as_ref();
                    cluster.health_reason = reason.map(|reason| Str::from(reason.as_str().to_owned()));
                }
            })?;
        }
        Ok(())
    }

    /// Its line, without the ways into it if its listings disagree on them.
    fn finish(mut self, name: &str, notes: &mut Complaints) -> String {
        if self.rivals.is_empty() {
            return self.line;
        }
        if let Ok(own) = serde_json::from_str::<Cluster<'_>>(&self.line) {
            self.rivals
                .insert(self.rank.place(), rival_profiles::servers(&own));
        }
        let profiles: Vec<String> = self.rivals.keys().cloned().collect();
        let named: Vec<String> = self
            .rivals
            .iter()
            .map(|(place, servers)| match servers.as_slice() {
                [] => format!("{} (none)", quoted(place)),
                servers => {
                    let servers: Vec<String> = servers.iter().map(|server| quoted(server)).collect();
                    format!("{} ({})", quoted(place), servers.join(", "))
                }
            })
            .collect();
        notes.push(format!(
            "cluster {}: its ClusterProfiles publish different ways into it, and none is used: {}: name the namespace \
             that you trust with --hub-namespace, or map the cluster to a context of your own",
            quoted(name),
            named.join(", ")
        ));
        let blocked = rename(&self.line, |cluster| rival_profiles::block(cluster, &profiles));
        // The line is our own.
        blocked.unwrap_or_default()
    }
}

/// The lines of clusters, each given by its name, what tells it from namesakes (empty where nothing does) and
/// its line; in the order of their names, which are unique then.
pub(super) fn give_names(
    mut members: Vec<(String, String, String)>,
    owners: &str,
    problems: &mut Complaints,
    notes: &mut Complaints,
) -> (String, usize) {
    members.sort_unstable();
    let names: BTreeSet<String> = members.iter().map(|(name, ..)| name.clone()).collect();
    let mut listed: Vec<(String, String)> = Vec::with_capacity(members.len());
    let mut rest = members.into_iter().peekable();
    while let Some((name, owner, line)) = rest.next() {
        if rest.peek().is_none_or(|(next, ..)| *next != name) {
            listed.push((name, line));
            continue;
        }
        let mut given = Vec::new();
        let mut namesakes = vec![(owner, line)];
        while let Some((_, owner, line)) = rest.next_if(|(next, ..)| *next == name) {
            namesakes.push((owner, line));
        }
        for (owner, line) in namesakes {
            match told_apart(&name, &owner, line, &names) {
                Ok((unique, line)) => {
                    given.push(unique.clone());
                    listed.push((unique, line));
                }
                Err(problem) => problems.push(format!(
                    "a second cluster {} cannot be listed as {}: {problem}",
                    quoted(&name),
                    quoted(&format!("{name}@{owner}"))
                )),
            }
        }
        notes.push(format!(
            "several {owners} have a cluster {}: listed as {}",
            quoted(&name),
            given.join(", ")
        ));
    }
    listed.sort_unstable();
    let mut lines = String::with_capacity(listed.iter().map(|(_, line)| line.len() + 1).sum());
    for (_, line) in &listed {
        lines.push_str(line);
        lines.push('\n');
    }
    (lines, listed.len())
}

/// One of several of a name: `name@owner`.
fn told_apart(
    name: &str,
    owner: &str,
    line: String,
    taken: &BTreeSet<String>,
) -> Result<(String, String), String> {
    if owner.is_empty() {
        return Ok((name.to_owned(), line));
    }
    let unique = format!("{name}@{owner}");
    if let Some(problem) = name_problem(&unique) {
        return Err(problem.to_owned());
    }
    if taken.contains(&unique) {
        return Err("another cluster is called that".into());
    }
    let line = rename(&line, |cluster| cluster.cluster = Str::from(unique.clone()))?;
    Ok((unique, line))
}

/// The labels and the property that say which cluster set a cluster belongs to.
const SETS: [&str; 3] = [
    "multicluster.x-k8s.io/clusterset",
    "cluster.open-cluster-management.io/clusterset",
    "clusterset.k8s.io",
];

/// The cluster sets that labels and properties name, sorted.
pub fn sets<'a>(
    labels: &BTreeMap<Str<'a>, Str<'a>>,
    properties: &BTreeMap<Str<'a>, Str<'a>>,
) -> Vec<Str<'a>> {
    let named = SETS
        .iter()
        .flat_map(|key| [labels.get(*key), properties.get(*key)]);
    let named = named.flatten().filter(|set| !set.is_empty());
    let sets: BTreeSet<Str<'a>> = named.cloned().collect();
    sets.into_iter().collect()
}

/// A record of ours with something in it changed.
///
/// # Errors
/// A line that is not a Cluster record.
pub fn rename(line: &str, change: impl FnOnce(&mut Cluster<'_>)) -> Result<String, String> {
    let mut cluster: Cluster<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    change(&mut cluster);
    let mut out = Vec::with_capacity(line.len() + 64);
    record::write(&mut out, &cluster).map_err(|error| error.to_string())?;
    out.pop();
    String::from_utf8(out).map_err(|error| error.to_string())
}

impl Fleet {
    /// Puts another name of the hub's context into the records: contexts can be renamed, and several can
    /// lead to one server.
    pub fn set_hub(&mut self, hub: &str) {
        if self.hub == hub {
            return;
        }
        let mut lines = String::with_capacity(self.lines.len());
        for line in self.lines.lines() {
            match rename(line, |cluster| cluster.hub = Some(Str::from(hub.to_owned()))) {
                Ok(line) => lines.push_str(&line),
                Err(_) => lines.push_str(line),
            }
            lines.push('\n');
        }
        self.lines = lines;
        hub.clone_into(&mut self.hub);
    }
}

/// Characters that would run a command where a name is pasted into a shell, or is expanded by one at completion.
const FOR_SHELLS: [char; 11] = ['$', '(', ')', ';', '|', '&', '`', '<', '>', '\'', '"'];

/// Why a hub's name for a cluster is refused: names stand alone on a line of the stream, in paths of
/// caches and on command lines, and a hub is not trusted with any of these.
pub fn name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > MAX_NAME {
        Some("it is longer than 253 bytes")
    } else if name.chars().any(term::is_unfit_for_name) {
        Some("it has control characters, or such that cannot be seen")
    } else if name.contains(FOR_SHELLS) {
        Some("it has a character that shells interpret")
    } else if name.contains(['/', '\\']) || name.contains("..") || name == "." {
        Some("it has the form of a path")
    } else if name.starts_with(['{', '[', '"']) {
        Some("it has the form of JSON")
    } else if name.starts_with('-') {
        Some("it has the form of a flag")
    } else if name.trim() != name {
        Some("it starts or ends with a blank")
    } else {
        None
    }
}

/// What to say of a hub's name for a cluster that is refused.
pub fn name_refusal(name: &str) -> Option<String> {
    match name_problem(name) {
        Some(_) if name.is_empty() => Some("it has no name".to_owned()),
        Some(problem) => Some(format!(
            "its cluster's name {} is refused: {problem}",
            quoted(name)
        )),
        None => None,
    }
}

/// A hub's text in quotes, for a message: control characters escaped, at most 100 characters.
pub fn quoted(text: &str) -> String {
    let short: String = text.chars().take(100).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", term::escape(&short))
}
