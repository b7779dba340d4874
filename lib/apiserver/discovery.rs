//! What a server serves: its discovery documents, kept on disk.
//!
//! Kept is only what is needed of them, in one file a server, under a name that comes from all that makes
//! up the way to it; the file repeats that in full, and is not believed if it is another's. Nothing that
//! one server says is ever used for another, but servers that say the same share one copy in memory.

mod count;
mod documents;
mod unfit;

use super::mapper::{Broken, Group, Index, Resource, Version};
use super::protocol::protocol;
use super::server::Server;
use crate::apiserver::workers::Workers;
use crate::cachefile;
use crate::connect::Error;
use documents::{Document, Said};
use http::header::ETAG;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// For how long what is on disk is believed; kubectl's own time (cli-runtime `config_flags.go`).
const TTL: Duration = Duration::from_secs(6 * 3600);

/// Aggregated discovery in its two versions, else the documents of old.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// Where the files are, below the cache's folder.
const FOLDER: &str = "discovery";

/// A larger file is not ours, in bytes.
const MAX_FILE: u64 = 64 << 20;

const JSON: &str = "application/json";

/// The two documents.
const PATHS: [&str; 2] = ["/api", "/apis"];

/// What stands for a document that is not there: of the two, servers that are not quite Kubernetes' own may
/// lack one.
const NOTHING: &[u8] = b"{}";

/// The discovery documents of all servers, on disk and in memory. Clones share them.
#[derive(Clone)]
pub struct DiscoveryCache {
    dir: Arc<Path>,
    known: Arc<Mutex<Vec<Arc<KnownTypes>>>>,
}

/// Asks servers which types they serve.
pub struct Discovery {
    cache: DiscoveryCache,
    /// Threads that read documents and files: on the event loop that would make all clusters wait.
    workers: Workers,
}

/// What one server or several serve.
#[derive(Debug)]
pub struct KnownTypes {
    /// The two documents that it came from, where it came from a server.
    documents: Option<[Vec<u8>; 2]>,
    /// As it stands on disk.
    stored: String,
    /// To look things up in.
    pub index: Index,
    /// A notice for the user, where it was read from a server.
    notice: Option<String>,
}

/// A file on disk.
#[derive(Deserialize, Serialize)]
struct File<'a> {
    #[serde(borrow)]
    server: Cow<'a, str>,
    /// Seconds since 1970.
    fetched: u64,
    #[serde(borrow)]
    etags: [Option<Cow<'a, str>>; 2],
    #[serde(borrow)]
    groups: &'a RawValue,
}

/// What is on disk for a server.
struct OnDisk {
    fetched: u64,
    etags: [Option<String>; 2],
    known: Arc<KnownTypes>,
}

impl KnownTypes {
    async fn tell(&self, server: &impl Server) {
        if let Some(notice) = &self.notice {
            server.note(notice).await;
        }
    }
}

impl Discovery {
    /// Uses a cache, and workers that read documents and files.
    pub fn new(cache: DiscoveryCache, workers: Workers) -> Self {
        Self { cache, workers }
    }

    /// What a server serves, from disk if that is not too old; says whether the server itself was asked.
    /// `key` is all that makes up the way to it.
    ///
    /// # Errors
    /// A server that has to be asked and does not say.
    pub async fn of(&self, server: &impl Server, key: &str) -> Result<(Arc<KnownTypes>, bool), Error> {
        match self.load(key).await {
            Some(on_disk) if is_fresh(on_disk.fetched) => Ok((on_disk.known, false)),
            on_disk => Ok((self.ask(server, key, on_disk).await?, true)),
        }
    }

    /// What a server serves now, because it should serve something that it did not when it was asked last.
    ///
    /// # Errors
    /// A server that does not say.
    pub async fn refresh(&self, server: &impl Server, key: &str) -> Result<Arc<KnownTypes>, Error> {
        let on_disk = self.load(key).await;
        self.ask(server, key, on_disk).await
    }

    async fn ask(
        &self,
        server: &impl Server,
        key: &str,
        on_disk: Option<OnDisk>,
    ) -> Result<Arc<KnownTypes>, Error> {
        let tag = |index: usize| on_disk.as_ref().and_then(|old| old.etags[index].as_deref());
        let (api, api_tag) = document(server, PATHS[0], tag(0)).await?;
        let (apis, apis_tag) = document(server, PATHS[1], tag(1)).await?;
        if api.as_deref() == Some(NOTHING) && apis.as_deref() == Some(NOTHING) {
            return Err(protocol(
                "it serves no Kubernetes API: neither /api nor /apis is found",
            ));
        }
        let (known, etags) = match (api, apis, on_disk) {
            (None, None, Some(old)) => (old.known, [api_tag, apis_tag]),
            (Some(api), Some(apis), old) => {
                let known = self.learn(server, [api, apis], old).await?;
                (known, [api_tag, apis_tag])
            }
            // One has changed and the other has not: what is kept of the other is not the document.
            (api, apis, old) => {
                let (api, api_tag) = match api {
                    Some(api) => (Some(api), api_tag),
                    None => document(server, PATHS[0], None).await?,
                };
                let (apis, apis_tag) = match apis {
                    Some(apis) => (Some(apis), apis_tag),
                    None => document(server, PATHS[1], None).await?,
                };
                let documents = [api.unwrap_or_default(), apis.unwrap_or_default()];
                (self.learn(server, documents, old).await?, [api_tag, apis_tag])
            }
        };
        // A cache that cannot be written costs time and nothing else.
        let (cache, key, kept) = (self.cache.clone(), key.to_owned(), Arc::clone(&known));
        let _ = self
            .workers
            .run(move || cache.store(&key, &etags, &kept.stored))
            .await;
        Ok(known)
    }

    /// Parses documents, unless the same have been seen before. `old` is what is kept of earlier ones.
    async fn learn(
        &self,
        server: &impl Server,
        documents: [Vec<u8>; 2],
        old: Option<OnDisk>,
    ) -> Result<Arc<KnownTypes>, Error> {
        let same = |known: &&Arc<KnownTypes>| known.documents.as_ref() == Some(&documents);
        let known = self.cache.known().iter().find(same).map(Arc::clone);
        let known = match known {
            Some(known) => known,
            None => self.read(server, documents).await?,
        };
        known.tell(server).await;
        match old.and_then(|old| with_old(&known.index, &old.known.index)) {
            Some(index) => self.keep(index, None).await,
            None => Ok(known),
        }
    }

    async fn read(&self, server: &impl Server, documents: [Vec<u8>; 2]) -> Result<Arc<KnownTypes>, Error> {
        let read = move || {
            let said: Vec<Result<Said, Error>> = PATHS
                .into_iter()
                .zip(&documents)
                .map(|(path, body)| match body.as_slice() {
                    NOTHING => Ok(Said::Groups(Vec::new())),
                    body => Document::read(path, body),
                })
                .collect();
            (said, documents)
        };
        let (said, documents) = self.workers.run(read).await;
        let mut index = Index::default();
        let mut complete = true;
        for said in said {
            index.0.extend(match said? {
                Said::Groups(groups) => groups,
                Said::Names(document) => {
                    complete = false;
                    document.groups(server, &self.workers).await?
                }
            });
        }
        // The documents of old only name others, which may have changed though they are the same.
        self.keep(index, complete.then_some(documents)).await
    }

    async fn keep(
        &self,
        mut index: Index,
        documents: Option<[Vec<u8>; 2]>,
    ) -> Result<Arc<KnownTypes>, Error> {
        let work = move || {
            let notice = unfit::leave_out(&mut index);
            let stored = serde_json::to_string(&index)
                .map_err(|error| protocol(format!("the discovery documents cannot be kept: {error}")))?;
            Ok(Arc::new(KnownTypes {
                documents,
                stored,
                index,
                notice,
            }))
        };
        let known = self.workers.run(work).await?;
        self.cache.known().push(Arc::clone(&known));
        Ok(known)
    }

    async fn load(&self, key: &str) -> Option<OnDisk> {
        let (cache, key) = (self.cache.clone(), key.to_owned());
        self.workers.run(move || cache.load(&key)).await
    }
}

impl DiscoveryCache {
    /// Keeps files in a folder of the cache.
    pub fn new(cache_dir: &Path) -> Self {
        Self {
            dir: cache_dir.join(FOLDER).into(),
            known: Arc::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Vec<Arc<KnownTypes>>> {
        // A panic leaves nothing half done in it.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn load(&self, key: &str) -> Option<OnDisk> {
        let text = read(&self.file(key))?;
        let file: File<'_> = serde_json::from_str(&text).ok()?;
        if file.server != key {
            return None;
        }
        let stored = file.groups.get();
        let same = |known: &&Arc<KnownTypes>| known.stored == stored;
        let known = self.known().iter().find(same).map(Arc::clone);
        let known = match known {
            Some(known) => known,
            None => {
                let mut index: Index = serde_json::from_str(stored).ok()?;
                // An earlier release may have kept them.
                unfit::leave_out(&mut index);
                let known = Arc::new(KnownTypes {
                    documents: None,
                    stored: stored.to_owned(),
                    index,
                    notice: None,
                });
                self.known().push(Arc::clone(&known));
                known
            }
        };
        Some(OnDisk {
            fetched: file.fetched,
            etags: file.etags.map(|etag| etag.map(Cow::into_owned)),
            known,
        })
    }

    fn store(&self, key: &str, etags: &[Option<String>; 2], stored: &str) -> std::io::Result<()> {
        let file = File {
            server: key.into(),
            fetched: now(),
            etags: etags.clone().map(|etag| etag.map(Cow::Owned)),
            groups: serde_json::from_str(stored)?,
        };
        let bytes = serde_json::to_vec(&file)?;
        cachefile::replace(&self.dir, &file_name(key), &[&bytes], SystemTime::now())
    }

    fn file(&self, key: &str) -> PathBuf {
        self.dir.join(file_name(key))
    }
}

/// Returns what a server serves, with what an earlier index has of the versions that are broken now: to ask for a
/// type of such a version says what is wrong with it. `None` where there is nothing to add.
fn with_old(index: &Index, old: &Index) -> Option<Index> {
    let kept = |group: &Group, broken: &Broken| -> Option<Version> {
        let group = old.0.iter().find(|other| other.name == group.name)?;
        let mut versions = group.versions.iter();
        let version = versions.find(|version| version.name == broken.version);
        version.filter(|version| !version.resources.is_empty()).cloned()
    };
    let has_any = |group: &Group| group.broken.iter().any(|broken| kept(group, broken).is_some());
    if !index.0.iter().any(has_any) {
        return None;
    }
    let mut index = index.clone();
    for group in &mut index.0 {
        for broken in std::mem::take(&mut group.broken) {
            match kept(group, &broken) {
                Some(version) => group.versions.push(version),
                None => group.broken.push(broken),
            }
        }
    }
    Some(index)
}

/// A file's text; `None` where there is none that can be trusted.
fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    cachefile::open(path, MAX_FILE)?.read_to_string(&mut text).ok()?;
    Some(text)
}

/// A file is found by all that makes up the way to its server.
fn file_name(key: &str) -> String {
    // Its keys are fixed, so that the name is the same in every run.
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    let readable: String = key
        .trim_start_matches("https://")
        .chars()
        .take_while(|character| character.is_ascii_alphanumeric() || ".-:".contains(*character))
        .take(64)
        .map(|character| if character == ':' { '_' } else { character })
        .collect();
    format!("{readable}-{:016x}.json", hasher.finish())
}

/// The plural names of the types that any cached server serves, with their group where they have one. For
/// shell completion: whatever cannot be read is passed over.
pub fn cached_types(cache_dir: &Path) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(cache_dir.join(FOLDER))
        .into_iter()
        .flatten()
        .flatten()
    {
        let text = read(&entry.path()).unwrap_or_default();
        let groups =
            serde_json::from_str::<File<'_>>(&text).and_then(|file| serde_json::from_str(file.groups.get()));
        let Index(groups) = groups.unwrap_or_default();
        for group in groups {
            for resource in group.versions.iter().flat_map(|version| &version.resources) {
                names.insert(match group.name.as_str() {
                    "" => resource.plural.clone(),
                    name => format!("{}.{name}", resource.plural),
                });
            }
        }
    }
    names
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// A time to come means that a clock was set back, so nothing is known.
fn is_fresh(fetched: u64) -> bool {
    now().checked_sub(fetched).is_some_and(|age| age < TTL.as_secs())
}

/// One document and its tag, `None` for one that has not changed. A server without any core API or any groups
/// answers 404, which means none.
async fn document(
    server: &impl Server,
    path: &str,
    etag: Option<&str>,
) -> Result<(Option<Vec<u8>>, Option<String>), Error> {
    match server.get(path, ACCEPT, etag).await {
        Ok(reply) if reply.status == 304 => Ok((None, etag.map(str::to_owned))),
        Ok(reply) => {
            let etag = reply.header(ETAG).map(str::to_owned);
            Ok((Some(reply.body), etag))
        }
        Err(error) if error.status == Some(404) => Ok((Some(NOTHING.to_vec()), None)),
        Err(error) => Err(error),
    }
}

/// The recorded discovery of a member with a custom resource.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub fn recorded() -> Index {
    let documents = [
        include_str!("../../tests/data/recorded/member.api.aggregated.json"),
        include_str!("../../tests/data/recorded/member.apis.aggregated.json"),
    ];
    let said = documents.map(|text| Document::read("", text.as_bytes()).unwrap());
    let groups = said.into_iter().flat_map(|said| match said {
        Said::Groups(groups) => groups,
        Said::Names(_) => Vec::new(),
    });
    Index(groups.collect())
}

#[cfg(test)]
mod tests;
