//! The fleet as it comes together: one record a cluster, whoever lists it how often, under names that are
//! unique and harmless.

use crate::record::{self, Cluster, Str};
use crate::term;
use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

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
}

/// Why of two listings of one cluster the one is taken: the greater rank wins. Access providers first,
/// because without them there may be no way in; then a health that is known; then what was observed last
/// (RFC 3339, UTC, so the order of the text); then the first namespace.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
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

#[derive(Debug, Default)]
struct Complaints {
    said: Vec<String>,
    more: usize,
}

impl Complaints {
    fn push(&mut self, mut complaint: String) {
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

    fn finish(mut self) -> Vec<String> {
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
    pub fn add(&mut self, manager: &str, cluster: &Cluster<'_>, rank: Rank) -> Result<(), String> {
        let line = serde_json::to_string(cluster).map_err(|error| error.to_string())?;
        let size = line.len();
        match self
            .members
            .entry((cluster.cluster.as_str().to_owned(), manager.to_owned()))
        {
            Entry::Occupied(mut member) if rank > member.get().rank => {
                self.bytes = self.bytes + size - member.get().line.len();
                member.insert(Member { rank, line });
            }
            Entry::Occupied(_) => {}
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
    pub fn finish(mut self, hub: &str) -> Fleet {
        let mut members: Vec<((String, String), Member)> = self.members.drain().collect();
        members.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let names: BTreeSet<String> = members.iter().map(|((name, _), _)| name.clone()).collect();
        let mut listed: Vec<(String, String)> = Vec::with_capacity(members.len());
        let mut rest = members.into_iter().peekable();
        while let Some(((name, manager), member)) = rest.next() {
            if rest.peek().is_none_or(|((next, _), _)| *next != name) {
                listed.push((name, member.line));
                continue;
            }
            let mut namesakes = vec![(manager, member)];
            while let Some(((_, manager), member)) = rest.next_if(|((next, _), _)| *next == name) {
                namesakes.push((manager, member));
            }
            self.tell_apart(&name, namesakes, &names, &mut listed);
        }
        listed.sort_unstable();
        let mut lines = String::with_capacity(listed.iter().map(|(_, line)| line.len() + 1).sum());
        for (_, line) in &listed {
            lines.push_str(line);
            lines.push('\n');
        }
        Fleet {
            hub: hub.to_owned(),
            lines,
            count: listed.len(),
            problems: self.problems.finish(),
            notes: self.notes.finish(),
        }
    }

    fn tell_apart(
        &mut self,
        name: &str,
        namesakes: Vec<(String, Member)>,
        taken: &BTreeSet<String>,
        listed: &mut Vec<(String, String)>,
    ) {
        let mut given = Vec::new();
        for (manager, member) in namesakes {
            if manager.is_empty() {
                given.push(name.to_owned());
                listed.push((name.to_owned(), member.line));
                continue;
            }
            let unique = format!("{name}@{manager}");
            let renamed = match name_problem(&unique) {
                Some(problem) => Err(problem.to_owned()),
                None if taken.contains(&unique) => Err("another cluster is called that".into()),
                None => rename(&member.line, |cluster| {
                    cluster.cluster = Str::from(unique.clone())
                }),
            };
            match renamed {
                Ok(line) => {
                    given.push(unique.clone());
                    listed.push((unique, line));
                }
                Err(problem) => self.problem(format!(
                    "a second cluster {} cannot be listed as {}: {problem}",
                    quoted(name),
                    quoted(&unique)
                )),
            }
        }
        let given = given.join(", ");
        self.note(format!(
            "several cluster managers have a cluster {}: listed as {given}",
            quoted(name)
        ));
    }
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

/// Why a hub's name for a cluster is refused: names stand alone on a line of the stream, in paths of
/// caches and on command lines, and a hub is not trusted with any of these.
pub fn name_problem(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > MAX_NAME {
        Some("it is longer than 253 bytes")
    } else if name.chars().any(term::is_hostile) {
        Some("it has control characters")
    } else if name.contains(['/', '\\']) || name.contains("..") {
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

/// A hub's text in quotes, for a message: control characters escaped, at most 100 characters.
pub fn quoted(text: &str) -> String {
    let short: String = text.chars().take(100).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", term::escape(&short))
}
