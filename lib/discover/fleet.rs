//! The fleet as it comes together: one record a cluster, whoever lists it how often, under names that are
//! unique and harmless.

use crate::record::{self, Cluster, Str};
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

/// Why of two listings of one cluster the one is taken: the greater rank wins. Access providers first,
/// because without them there may be no way in; then a health that is known; then what was observed last
/// (RFC 3339, UTC, so the order of the text); then the first namespace.
#[derive(Clone, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Rank {
    /// Whether it publishes access providers.
    pub has_access: bool,
    /// Whether its health is known.
    pub has_health: bool,
    /// The newest `lastObservedTime` of its properties.
    pub observed: String,
    /// Namespace and name of the object.
    pub place: Reverse<(String, String)>,
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
                let mut other = line;
                if rank > member.rank {
                    member.rank = rank;
                    std::mem::swap(&mut member.line, &mut other);
                }
                // OCM writes a copy for each set that a cluster is in.
                let others: Cluster<'_> = serde_json::from_str(&other).map_err(|error| error.to_string())?;
                let joined = with_sets(&member.line, &others.cluster_sets)?;
                member.line = joined.unwrap_or_else(|| std::mem::take(&mut member.line));
                self.bytes = self.bytes + member.line.len() - before;
            }
            Entry::Vacant(place) => {
                self.bytes += size;
                place.insert(Member { rank, line });
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
        let members = members
            .into_iter()
            .map(|((name, manager), member)| (name, manager, member.line))
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

/// A line with these cluster sets added to its own; `None` where it has them.
fn with_sets(line: &str, sets: &[Str<'_>]) -> Result<Option<String>, String> {
    let cluster: Cluster<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    if sets.iter().all(|set| cluster.cluster_sets.contains(set)) {
        return Ok(None);
    }
    rename(line, |cluster| {
        let new = sets.iter().map(|set| Str::from(set.as_str().to_owned()));
        cluster.cluster_sets.extend(new);
        cluster.cluster_sets.sort();
        cluster.cluster_sets.dedup();
    })
    .map(Some)
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

/// What would run a command where a name is pasted into a shell, or expanded by one while it completes a word.
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
