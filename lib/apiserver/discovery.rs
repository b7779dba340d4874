//! Asks servers which types they serve, and keeps their discovery documents on disk.
//!
//! There is one file for each server, with only the parts that are needed. The file is named after everything that makes up
//! the way to the server; it repeats that in full, and is ignored if it belongs to another server. Documents of one server
//! are never used for another, but servers with the same documents share one copy in memory.

mod count;
mod documents;
mod invalid_names;

use super::mapper::{ApiVersion, Broken, Group, Index, Mapping, join_group};
use super::protocol::protocol;
use super::server::ApiServer;
use crate::apiserver::workers::Workers;
use crate::cachefile;
use crate::connect::{Client, Error};
use crate::mutex::lock;
use documents::{DiscoveryDocument, DocumentContent};
use http::header::ETAG;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long a file is used before the server is asked again; the same as kubectl (cli-runtime `config_flags.go`).
const TTL: Duration = Duration::from_secs(6 * 3600);

/// Asks for aggregated discovery in its two versions, or else for unaggregated documents.
const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// The folder of the files, in the cache's folder.
const FOLDER: &str = "discovery";

/// The largest file, in bytes: a larger one was not written by this program.
const MAX_FILE: u64 = 64 << 20;

/// The longest document that completion reads, in bytes.
const MAX_DOCUMENT: usize = 16 << 20;

/// The paths of the two documents.
const PATHS: [&str; 2] = ["/api", "/apis"];

/// Stands for a document that does not exist: servers that are not quite Kubernetes may lack one of the two.
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

/// The types that one or several servers serve.
#[derive(Debug)]
pub struct KnownTypes {
    /// The two documents that this was read from, if it came from a server.
    documents: Option<[Vec<u8>; 2]>,
    /// The index as it is written to disk.
    stored: String,
    /// The types.
    pub index: Index,
    /// A message for the user, if this came from a server.
    notice: Option<String>,
}

/// A file on disk.
#[derive(Deserialize, Serialize)]
struct File<'a> {
    #[serde(borrow)]
    server: Cow<'a, str>,
    /// When the documents were fetched, in seconds since 1970.
    fetched: u64,
    #[serde(borrow)]
    etags: [Option<Cow<'a, str>>; 2],
    #[serde(borrow)]
    groups: &'a RawValue,
}

/// The file of a server, read.
struct CachedFile {
    fetched: u64,
    etags: [Option<String>; 2],
    known: Arc<KnownTypes>,
}

impl KnownTypes {
    /// Shows the user the notice about these types.
    async fn tell(&self, server: &impl ApiServer) {
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

    /// Returns the types that a server serves, from disk if the file is not too old, and whether the server itself was asked.
    /// `key` is everything that makes up the way to the server.
    ///
    /// # Errors
    /// The server has to be asked, and does not answer.
    pub async fn of(&self, server: &impl ApiServer, key: &str) -> Result<(Arc<KnownTypes>, bool), Error> {
        match self.load(key).await {
            Some(cached) if is_fresh(cached.fetched) => Ok((cached.known, false)),
            cached => Ok((self.ask(server, key, cached).await?, true)),
        }
    }

    /// Asks a server again, because it should serve a type that it did not serve before.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn refresh(&self, server: &impl ApiServer, key: &str) -> Result<Arc<KnownTypes>, Error> {
        let cached = self.load(key).await;
        self.ask(server, key, cached).await
    }

    async fn ask(
        &self,
        server: &impl ApiServer,
        key: &str,
        cached: Option<CachedFile>,
    ) -> Result<Arc<KnownTypes>, Error> {
        let tag = |index: usize| cached.as_ref().and_then(|old| old.etags[index].as_deref());
        let (api, api_tag) = document(server, PATHS[0], tag(0)).await?;
        let (apis, apis_tag) = document(server, PATHS[1], tag(1)).await?;
        if api.as_deref() == Some(NOTHING) && apis.as_deref() == Some(NOTHING) {
            return Err(protocol(
                "it serves no Kubernetes API: neither /api nor /apis is found",
            ));
        }
        let (known, etags) = match (api, apis, cached) {
            (None, None, Some(old)) => (old.known, [api_tag, apis_tag]),
            (Some(api), Some(apis), old) => {
                let known = self.learn(server, [api, apis], old).await?;
                (known, [api_tag, apis_tag])
            }
            // Only one document has changed. Of the other only parts are kept, so it has to be asked for again.
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
        // If the cache cannot be written, that only costs time.
        let (cache, key, kept) = (self.cache.clone(), key.to_owned(), Arc::clone(&known));
        let _ = self
            .workers
            .run(move || cache.store(&key, &etags, &kept.stored))
            .await;
        Ok(known)
    }

    /// Parses documents, unless the same have been parsed before. `old` is the file with earlier ones.
    async fn learn(
        &self,
        server: &impl ApiServer,
        documents: [Vec<u8>; 2],
        old: Option<CachedFile>,
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

    async fn read(&self, server: &impl ApiServer, documents: [Vec<u8>; 2]) -> Result<Arc<KnownTypes>, Error> {
        let read = move || {
            let contents: Vec<Result<DocumentContent, Error>> = PATHS
                .into_iter()
                .zip(&documents)
                .map(|(path, body)| match body.as_slice() {
                    NOTHING => Ok(DocumentContent::Groups(Vec::new())),
                    body => DiscoveryDocument::read(path, body),
                })
                .collect();
            (contents, documents)
        };
        let (contents, documents) = self.workers.run(read).await;
        let mut index = Index::default();
        let mut complete = true;
        for content in contents {
            index.0.extend(match content? {
                DocumentContent::Groups(groups) => groups,
                DocumentContent::Names(document) => {
                    complete = false;
                    document.groups(server, &self.workers).await?
                }
            });
        }
        // Unaggregated documents only name others, which may have changed even if these are the same.
        self.keep(index, complete.then_some(documents)).await
    }

    async fn keep(
        &self,
        mut index: Index,
        documents: Option<[Vec<u8>; 2]>,
    ) -> Result<Arc<KnownTypes>, Error> {
        let work = move || {
            let notice = invalid_names::leave_out(&mut index);
            let stored = serde_json::to_string(&index)
                .map_err(|error| protocol(format!("the discovery documents cannot be stored: {error}")))?;
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

    async fn load(&self, key: &str) -> Option<CachedFile> {
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

    /// Returns whether there is a file for a server.
    pub fn has(&self, key: &str) -> bool {
        self.file(key).exists()
    }

    /// Returns the type that a spelling means on a server, from its file, however old that is.
    pub fn find(&self, key: &str, text: &str) -> Option<Mapping> {
        self.load(key)?.known.index.find(text)
    }

    fn known(&self) -> MutexGuard<'_, Vec<Arc<KnownTypes>>> {
        // A panic leaves nothing half done in it.
        lock(&self.known)
    }

    fn load(&self, key: &str) -> Option<CachedFile> {
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
                // An earlier release may have stored invalid names.
                invalid_names::leave_out(&mut index);
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
        Some(CachedFile {
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

/// Adds the types that an earlier index has in versions that are broken now: asking for such a type then reports what is
/// wrong with it. Returns `None` if there is nothing to add.
fn with_old(index: &Index, old: &Index) -> Option<Index> {
    let kept = |group: &Group, broken: &Broken| -> Option<ApiVersion> {
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

/// Returns a file's text; `None` if there is none that can be trusted.
fn read(path: &Path) -> Option<String> {
    let mut text = String::new();
    cachefile::open(path, MAX_FILE)?.read_to_string(&mut text).ok()?;
    Some(text)
}

/// Returns the name of a server's file.
fn file_name(key: &str) -> String {
    // This hasher has fixed keys, so the name is the same in every run.
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

/// The types that servers serve, by their plural names with their group, each with its short names.
pub type TypeNames = BTreeMap<String, Vec<String>>;

/// Returns the types that any cached server serves; `None` if no server's types are cached. For shell completion: files
/// that cannot be read are skipped.
pub fn cached_types(cache_dir: &Path) -> Option<TypeNames> {
    let mut names = None;
    for entry in std::fs::read_dir(cache_dir.join(FOLDER))
        .into_iter()
        .flatten()
        .flatten()
    {
        let text = read(&entry.path()).unwrap_or_default();
        let groups =
            serde_json::from_str::<File<'_>>(&text).and_then(|file| serde_json::from_str(file.groups.get()));
        let Ok(groups) = groups else { continue };
        add_names(&groups, names.get_or_insert_default());
    }
    names
}

/// Asks for the document of the API groups, without the core, and returns the types in it.
///
/// # Errors
/// The server does not answer, or not with an aggregated document.
pub async fn types_of_groups(client: &Client) -> Result<TypeNames, Error> {
    let path = PATHS[1];
    let (_, body) = client.get_bytes(path, ACCEPT, MAX_DOCUMENT).await?;
    let mut names = TypeNames::new();
    match DiscoveryDocument::read(path, &body)? {
        DocumentContent::Groups(groups) => add_names(&Index(groups), &mut names),
        DocumentContent::Names(_) => return Err(protocol("the discovery document is not aggregated")),
    }
    Ok(names)
}

fn add_names(index: &Index, names: &mut TypeNames) {
    for (group, _, resource) in index.entries() {
        names.insert(join_group(&resource.plural, &group.name), resource.short.clone());
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

/// Returns whether a file is recent enough. A time in the future means that a clock was set back, so it is not.
fn is_fresh(fetched: u64) -> bool {
    now().checked_sub(fetched).is_some_and(|age| age < TTL.as_secs())
}

/// Asks for one document, and returns it with its entity tag; `None` if it has not changed. A server without a core API, or
/// without groups, answers 404, which stands for an empty document.
async fn document(
    server: &impl ApiServer,
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

/// Returns the recorded types of a cluster with a custom resource.
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub fn recorded() -> Index {
    let documents = [
        include_str!("../../tests/data/recorded/member.api.aggregated.json"),
        include_str!("../../tests/data/recorded/member.apis.aggregated.json"),
    ];
    let contents = documents.map(|text| DiscoveryDocument::read("", text.as_bytes()).unwrap());
    let groups = contents.into_iter().flat_map(|content| match content {
        DocumentContent::Groups(groups) => groups,
        DocumentContent::Names(_) => Vec::new(),
    });
    Index(groups.collect())
}

#[cfg(test)]
mod tests;
