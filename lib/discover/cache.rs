//! The fleet's cache: one file a (way to the hub, source, namespace) in a folder of its own.
//!
//! A file is NDJSON: a line about itself, then the Cluster records of the whole fleet, unfiltered, byte
//! for byte as they go out. A file that is damaged, that somebody else could have written, or that is
//! of another format is treated as if it were not there, and replaced. It is replaced by renaming, so that
//! a reader sees the old or the new one and never a half.
//!
//! There is nothing secret in it, but it says what a company runs: the folder is 0700, the files 0600.

use super::gathering::{Fleet, name_problem};
use crate::cachefile::{self, files};
use crate::config::Source;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The folder below the cache's.
const FOLDER: &str = "fleet";

/// Counts up with every change of the file or of what the records in it mean.
const FORMAT: u32 = 3;

/// `kind` of the first line, so that a cache file is also readable as a stream of records.
const KIND: &str = "FleetCache";

/// The longest first line, in bytes: its complaints are few.
const MAX_HEADER: u64 = 1 << 20;

/// A larger file is not ours, in bytes.
const MAX_FILE: u64 = 512 << 20;

/// How far clocks may differ before a file from the future is taken for a clock that was wrong.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

const EXTENSION: &str = "ndjson";

/// What a cached fleet is of.
#[derive(Clone, Copy, Debug)]
pub struct Key<'a> {
    /// The hub's address, without credentials.
    pub server: &'a str,
    /// A fingerprint of the way to it and of the user who asks.
    pub way: &'a str,
    /// The API.
    pub source: &'a str,
    /// The namespace; `None` is all.
    pub namespace: Option<&'a str>,
    /// What else was asked for: a placement, the members; empty for nothing.
    pub about: &'a str,
}

/// A fleet from the cache.
#[derive(Debug)]
pub struct Cached {
    /// As it was written.
    pub fleet: Fleet,
    written: SystemTime,
}

#[derive(Deserialize, Serialize)]
struct Header {
    kind: String,
    format: u32,
    server: String,
    way: String,
    source: String,
    namespace: Option<String>,
    #[serde(default)]
    about: String,
    hub: String,
    #[serde(default)]
    millis: u64,
    /// Seconds since 1970, UTC.
    written: u64,
    clusters: usize,
    /// FNV-1a (64 bits, hexadecimal) of everything behind this line.
    checksum: String,
    #[serde(default)]
    problems: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
}

impl Key<'_> {
    /// `hub.example.com_6443-clusterprofile-0123456789abcdef.ndjson`: the start is for people, the hash
    /// tells apart what the start may not.
    fn file(&self, cache_dir: &Path) -> PathBuf {
        cache_dir.join(FOLDER).join(self.file_name())
    }

    fn file_name(&self) -> String {
        let server = self
            .server
            .split_once("://")
            .map_or(self.server, |(_, rest)| rest);
        let readable: String = server
            .chars()
            .take(40)
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '.' {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        // A leading dot would hide it.
        let readable = readable.trim_start_matches('.');
        // NUL stands in none of the parts, so that no two keys run together.
        let whole = format!(
            "{}\0{}\0{}\0{}\0{}",
            self.server,
            self.way,
            self.source,
            self.namespace.unwrap_or_default(),
            self.about
        );
        format!(
            "{readable}-{}-{:016x}.{EXTENSION}",
            self.source,
            fnv(whole.as_bytes())
        )
    }
}

impl Cached {
    /// Whether it still serves without asking the hub.
    pub fn is_fresh(&self, ttl: Duration, now: SystemTime) -> bool {
        match now.duration_since(self.written) {
            Ok(age) => age < ttl,
            Err(ahead) => !ttl.is_zero() && ahead.duration() <= CLOCK_SKEW,
        }
    }

    /// Returns whether it is so young that it may stand in for a hub that cannot be reached.
    pub fn may_serve(&self, max_stale: Duration, now: SystemTime) -> bool {
        match now.duration_since(self.written) {
            Ok(age) => !max_stale.is_zero() && age <= max_stale,
            Err(ahead) => !max_stale.is_zero() && ahead.duration() <= CLOCK_SKEW,
        }
    }

    /// How old it is: `from 3 hours ago`.
    pub fn age(&self, now: SystemTime) -> String {
        match now.duration_since(self.written) {
            Ok(age) => format!("from {} ago", words(age)),
            Err(ahead) if ahead.duration() <= CLOCK_SKEW => "from just now".into(),
            Err(_) => "from a time still to come (was the clock changed?)".into(),
        }
    }
}

/// A time in its largest unit that says enough: `90 seconds`, `3 hours`, `2 days`.
pub(super) fn words(time: Duration) -> String {
    let seconds = time.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{s}")
}

/// FNV-1a, 64 bits: against accidents, not against attackers, who cannot write here.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Returns what tells these members from others, for a [`Key`]. `way` gives the fingerprint of the way that a context
/// is.
pub(super) fn fingerprint(members: &BTreeMap<String, String>, way: impl Fn(&str) -> String) -> String {
    let all: Vec<String> = members
        .iter()
        .map(|(name, context)| format!("{name}\0{context}\0{}\0", way(context)))
        .collect();
    format!("{:016x}", fnv(all.concat().as_bytes()))
}

/// The cached fleet, however old; `None` if there is none that can be trusted.
pub(super) fn read(cache_dir: &Path, key: Key<'_>) -> Option<Cached> {
    let mut file = BufReader::new(open(&key.file(cache_dir))?);
    let mut line = String::new();
    file.by_ref().take(MAX_HEADER).read_line(&mut line).ok()?;
    let header: Header = serde_json::from_str(&line).ok()?;
    let is_it = header.kind == KIND
        && header.format == FORMAT
        && header.server == key.server
        && header.way == key.way
        && header.source == key.source
        && header.namespace.as_deref() == key.namespace
        && header.about == key.about;
    if !is_it {
        return None;
    }
    let mut lines = String::new();
    file.read_to_string(&mut lines).ok()?;
    if header.checksum != format!("{:016x}", fnv(lines.as_bytes())) {
        return None;
    }
    Some(Cached {
        fleet: Fleet {
            hub: header.hub,
            lines,
            count: header.clusters,
            problems: header.problems,
            notes: header.notes,
            millis: header.millis,
        },
        written: UNIX_EPOCH.checked_add(Duration::from_secs(header.written))?,
    })
}

fn open(path: &Path) -> Option<File> {
    cachefile::open(path, MAX_FILE)
}

/// Puts a fleet into the cache.
///
/// # Errors
/// A folder that cannot be made or written to.
pub(super) fn write(cache_dir: &Path, key: Key<'_>, fleet: &Fleet, now: SystemTime) -> io::Result<()> {
    let folder = cache_dir.join(FOLDER);
    let name = key.file_name();
    let header = Header {
        kind: KIND.into(),
        format: FORMAT,
        server: key.server.into(),
        way: key.way.into(),
        source: key.source.into(),
        namespace: key.namespace.map(Into::into),
        about: key.about.into(),
        millis: fleet.millis,
        hub: fleet.hub.clone(),
        written: now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs(),
        clusters: fleet.count,
        checksum: format!("{:016x}", fnv(fleet.lines.as_bytes())),
        problems: fleet.problems.clone(),
        notes: fleet.notes.clone(),
    };
    let mut line = serde_json::to_vec(&header)?;
    line.push(b'\n');
    // What a power failure tears does not pass the checksum.
    cachefile::replace(&folder, &name, &[&line, fleet.lines.as_bytes()], now)
}

/// Forgets a fleet.
///
/// # Errors
/// A file that cannot be removed. One that is not there is no error.
pub(super) fn forget(cache_dir: &Path, key: Key<'_>) -> io::Result<()> {
    match fs::remove_file(key.file(cache_dir)) {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Forgets every cached fleet, so that the next run asks the hub: for setup, after it has changed what a
/// hub lists or how it is reached.
///
/// # Errors
/// A file that cannot be removed. No cache is no error.
pub fn invalidate(cache_dir: &Path) -> io::Result<()> {
    for path in files(&cache_dir.join(FOLDER), EXTENSION) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// What is in all cached fleets, each sorted and once.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Seen {
    /// The clusters' names.
    pub clusters: BTreeSet<String>,
    /// The cluster sets that they are in.
    pub cluster_sets: BTreeSet<String>,
    /// The placements that were asked for.
    pub placements: BTreeSet<String>,
}

/// What is in all cached fleets, however old: for the shell's completion, which must not wait for a network or
/// for a kubeconfig. What cannot be read is passed over.
pub fn read_any(cache_dir: &Path) -> Seen {
    /// A record, or the first line of a file, which has neither a cluster nor sets.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Line {
        cluster: Option<String>,
        #[serde(default)]
        cluster_sets: Vec<String>,
        source: Option<String>,
        /// Of a first line only.
        about: Option<String>,
    }
    let mut seen = Seen::default();
    let is_fit = |name: &String| name_problem(name).is_none();
    for path in files(&cache_dir.join(FOLDER), EXTENSION) {
        let Some(file) = open(&path) else { continue };
        for line in ndjson_stream::from_fallible_iter::<Line, _>(blocks(file)).flatten() {
            seen.clusters.extend(line.cluster.filter(is_fit));
            seen.cluster_sets
                .extend(line.cluster_sets.into_iter().filter(is_fit));
            if line.source.as_deref() == Some(Source::Inventory.as_str())
                && let Some(about) = line.about
                && about.split('/').all(|part| is_fit(&part.to_owned()))
            {
                seen.placements.insert(about);
            }
        }
    }
    seen
}

/// A file in pieces, up to its end or its first error.
fn blocks(mut file: File) -> impl Iterator<Item = io::Result<Vec<u8>>> {
    std::iter::from_fn(move || {
        let mut block = vec![0; 64 << 10];
        let read = file.read(&mut block).ok().filter(|read| *read > 0)?;
        block.truncate(read);
        Some(Ok(block))
    })
}

#[cfg(test)]
mod tests;
