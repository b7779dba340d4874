//! The cache of the fleet: one file for each hub, way to it, source and namespace.
//!
//! A file is NDJSON: a header, then the Cluster records of the whole fleet, before any selection, as they are written to
//! stdout. A file that is damaged, has another format or could have been written by another user is treated as missing,
//! and replaced. It is replaced by renaming, so that a reader sees either the old file or the new one.
//!
//! The files contain no secrets, but they show what a company runs: the folder has mode 0700, the files 0600.

use super::finding::Finding;
use super::fleet::Fleet;
use super::member::Member;
use super::names::name_problem;
use crate::cachefile::{self, files};
use crate::config::Source;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The folder in the cache's folder.
const FOLDER: &str = "fleet";

/// The version of the format. It is increased with every change of the file or of the meaning of its records.
const FORMAT: u32 = 4;

/// The `kind` of the header, so that a cache file can be read as a stream of records too.
const KIND: &str = "FleetCache";

/// The longest header, in bytes. It has the names of all clusters.
const MAX_HEADER: u64 = 32 << 20;

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 512 << 20;

/// How far in the future a file may be written. Beyond that, the clock was wrong then or is now.
const CLOCK_SKEW: Duration = Duration::from_secs(60);

const EXTENSION: &str = "ndjson";

/// The request that a cached fleet is an answer to.
#[derive(Clone, Copy, Debug)]
pub(super) struct CacheKey<'a> {
    /// The hub's address, without credentials.
    pub server: &'a str,
    /// A fingerprint of the way to it and of the user.
    pub way: &'a str,
    /// The source.
    pub source: &'a str,
    /// The namespace; `None` for all.
    pub namespace: Option<&'a str>,
    /// Other things that the request depends on: a placement, the members. May be empty.
    pub about: &'a str,
}

/// A fleet from the cache.
#[derive(Debug)]
pub(super) struct CachedFleet {
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
    /// The names of the clusters, in the order of their records.
    names: Vec<String>,
    /// FNV-1a (64 bits, hexadecimal) of everything after the header.
    checksum: String,
    #[serde(default)]
    findings: Vec<Finding>,
}

impl CacheKey<'_> {
    /// Returns the path of `hub.example.com_6443-clusterprofile-0123456789abcdef.ndjson`. The beginning is for people,
    /// the hash is unique.
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
        // A leading dot would hide the file.
        let readable = readable.trim_start_matches('.');
        // None of the parts contains NUL, so that two keys never have the same text.
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

impl CachedFleet {
    /// Returns true if it can be used without asking the hub.
    pub fn is_fresh(&self, ttl: Duration, now: SystemTime) -> bool {
        match now.duration_since(self.written) {
            Ok(age) => age < ttl,
            Err(ahead) => !ttl.is_zero() && ahead.duration() <= CLOCK_SKEW,
        }
    }

    /// Returns true if it is young enough to be used when the hub cannot be reached.
    pub fn may_serve(&self, max_stale: Duration, now: SystemTime) -> bool {
        match now.duration_since(self.written) {
            Ok(age) => !max_stale.is_zero() && age <= max_stale,
            Err(ahead) => !max_stale.is_zero() && ahead.duration() <= CLOCK_SKEW,
        }
    }

    /// Returns its age for a message: `from 3 hours ago`.
    pub fn age(&self, now: SystemTime) -> String {
        match now.duration_since(self.written) {
            Ok(age) => format!("from {} ago", in_words(age)),
            Err(ahead) if ahead.duration() <= CLOCK_SKEW => "from just now".into(),
            Err(_) => "from the future (was the clock changed?)".into(),
        }
    }
}

/// Returns a time in one unit: `90 seconds`, `3 hours`, `2 days`.
pub(super) fn in_words(time: Duration) -> String {
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

/// Returns the FNV-1a hash of 64 bits. It protects against accidents, not against attackers, who cannot write here.
pub(super) fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// Returns a fingerprint of members, for a [`CacheKey`]. `way` returns the fingerprint of the way to a context's server.
pub(super) fn fingerprint(members: &BTreeMap<String, String>, way: impl Fn(&str) -> String) -> String {
    let all: Vec<String> = members
        .iter()
        .map(|(name, context)| format!("{name}\0{context}\0{}\0", way(context)))
        .collect();
    format!("{:016x}", fnv(all.concat().as_bytes()))
}

/// Returns the cached fleet, however old, or `None` if there is none that can be trusted.
pub(super) fn read(cache_dir: &Path, key: CacheKey<'_>) -> Option<CachedFleet> {
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
    let mut records = String::new();
    file.read_to_string(&mut records).ok()?;
    if header.checksum != format!("{:016x}", fnv(records.as_bytes())) {
        return None;
    }
    if header.names.len() != records.lines().count() {
        return None;
    }
    // The names are in the header, so that most runs parse no record.
    let named = header.names.iter().zip(records.lines());
    let members = named
        .map(|(name, record)| Member::from_record(name, record))
        .collect();
    Some(CachedFleet {
        fleet: Fleet {
            hub: header.hub,
            members,
            findings: header.findings,
            millis: header.millis,
        },
        written: UNIX_EPOCH.checked_add(Duration::from_secs(header.written))?,
    })
}

fn open(path: &Path) -> Option<File> {
    cachefile::open(path, MAX_FILE)
}

/// Writes a fleet to the cache.
///
/// # Errors
/// The folder cannot be created or written to.
pub(super) fn write(cache_dir: &Path, key: CacheKey<'_>, fleet: &Fleet, now: SystemTime) -> io::Result<()> {
    let folder = cache_dir.join(FOLDER);
    let name = key.file_name();
    let mut records = String::new();
    for member in &fleet.members {
        records.push_str(member.record());
        records.push('\n');
    }
    let names = fleet.members.iter().map(|member| member.name().to_owned());
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
        names: names.collect(),
        checksum: format!("{:016x}", fnv(records.as_bytes())),
        findings: fleet.findings.clone(),
    };
    let mut line = serde_json::to_vec(&header)?;
    line.push(b'\n');
    // There is no fsync: a file that a power failure has damaged fails the checksum.
    cachefile::replace(&folder, &name, &[&line, records.as_bytes()], now)
}

/// Removes a fleet from the cache.
///
/// # Errors
/// The file cannot be removed. A missing file is not an error.
pub(super) fn forget(cache_dir: &Path, key: CacheKey<'_>) -> io::Result<()> {
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

/// Removes every cached fleet, so that the next run asks the hub. Setup does this after it has changed what a hub lists
/// or how it is reached.
///
/// # Errors
/// A file cannot be removed. A missing cache is not an error.
pub fn invalidate(cache_dir: &Path) -> io::Result<()> {
    for path in files(&cache_dir.join(FOLDER), EXTENSION) {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// The names in all cached fleets.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Seen {
    /// The clusters' names.
    pub clusters: BTreeSet<String>,
    /// The cluster sets that they are in.
    pub cluster_sets: BTreeSet<String>,
    /// The placements that were asked for.
    pub placements: BTreeSet<String>,
}

/// Returns the names in all cached fleets, however old. The shell's completion uses it, which must not wait for a
/// network or for a kubeconfig. Files and lines that cannot be read are skipped.
pub fn read_any(cache_dir: &Path) -> Seen {
    /// A record, or a header, which has neither a cluster nor sets.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct CacheLine {
        cluster: Option<String>,
        #[serde(default)]
        cluster_sets: Vec<String>,
        source: Option<String>,
        /// Only headers have it.
        about: Option<String>,
    }
    let mut seen = Seen::default();
    let is_fit = |name: &String| name_problem(name).is_none();
    for path in files(&cache_dir.join(FOLDER), EXTENSION) {
        let Some(file) = open(&path) else { continue };
        for line in ndjson_stream::from_fallible_iter::<CacheLine, _>(blocks(file)).flatten() {
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

/// Returns a file in pieces, up to its end or its first error.
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
