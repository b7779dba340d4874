//! The user's kubeconfig, read and merged exactly as kubectl does it (client-go `tools/clientcmd`).
//!
//! kube's own reader is not used: it merges differently (a missing file is fatal, an empty
//! `current-context` wins, several documents in a file are joined), refuses keys that stand twice, and
//! spends most of its time on the bytes of certificates. Only a context that is asked for is turned into
//! kube's types.
//!
//! What is wrong with one context is said when it is asked for, and costs no other.

mod check;
mod convert;
mod excise;
mod hidden;
mod pod;
mod proxy_url;
mod read;
mod text;

pub(crate) use check::decode;
pub(crate) use proxy_url::{Proxy, ProxyKind, unescape};

use crate::config::Paths;
use crate::suggest::did_you_mean;
use kube::config::{AuthInfo, Cluster};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use text::text;

pub use hidden::Hidden;
pub use pod::IN_CLUSTER;

/// The merged kubeconfig.
#[derive(Clone, Default)]
pub struct Kubeconfig {
    /// The files that were looked for, whether they are there or not.
    files: Vec<PathBuf>,
    current_context: String,
    /// In the order of the files.
    context_names: Vec<String>,
    contexts: HashMap<String, Entry<read::Context>>,
    clusters: HashMap<String, Entry<read::Cluster>>,
    users: HashMap<String, Entry<read::User>>,
    hidden: Vec<Hidden>,
}

/// Something named, and the file that it stands in.
#[derive(Clone)]
struct Entry<T> {
    value: T,
    file: Arc<Path>,
}

/// A context with the cluster and the user that it names: all that is needed to connect. Paths in it
/// are absolute (relative ones are relative to the file that they stood in), certificates and keys that
/// are embedded are valid base64, and where there are both a token and a token file, the file's content
/// goes first whenever it can be read, as in client-go.
///
/// For a server without TLS the user holds no credentials, only whom to impersonate: kubectl sends none
/// there either.
#[derive(Clone)]
pub struct Access {
    /// The context's name.
    pub context: String,
    /// Server, trust and proxy. The server is a URL with `http` or another scheme.
    pub cluster: Cluster,
    /// Credentials.
    pub user: AuthInfo,
    /// The context's namespace, where it names one that is not empty.
    pub namespace: Option<String>,
    /// Where the user stands, if in a file.
    pub origin: Option<Origin>,
}

/// Where a user stands.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Origin {
    /// The kubeconfig.
    pub file: PathBuf,
    /// The user's name there.
    pub user: String,
}

/// Where a context leads to, as it stands in the file; what it leaves out is empty.
#[derive(Clone, Debug)]
pub struct Endpoint<'a> {
    /// The server's address, without the name and password that it may hold.
    pub server: String,
    /// The name that its certificate is for.
    pub tls_server_name: &'a str,
    /// Its certificate authorities, PEM in base64.
    pub ca_data: &'a str,
    /// The file that they are in.
    pub ca_file: &'a str,
    /// True if its certificate is not verified.
    pub insecure: bool,
    /// The proxy that leads there.
    pub proxy_url: &'a str,
}

// Not derived: the arguments and the environment of a credential plugin may hold secrets, and kube shows
// them.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("context", &self.context)
            .field("server", &self.cluster.server)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kubeconfig")
            .field("files", &self.files)
            .field("current_context", &self.current_context)
            .field("context_names", &self.context_names)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a kubeconfig: names the file, the place and the remedy, and never a secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(pub String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl Kubeconfig {
    /// Reads and merges: the explicit file if given (it must exist), else the files of `$KUBECONFIG`
    /// (missing ones are passed over), else `~/.kube/config` (which may be missing). Where these hold nothing
    /// and this is a pod, its service account is the context [`IN_CLUSTER`], as with kubectl.
    ///
    /// Of several files the first that has a cluster, a user or a context of a name wins, and the first
    /// that has a `current-context` which is not empty.
    ///
    /// # Errors
    /// A file that cannot be read or is not a kubeconfig; where several are wrong, a line for each.
    pub fn load(explicit: Option<&Path>) -> Result<Self, Error> {
        if let Some(file) = explicit.filter(|file| !file.as_os_str().is_empty()) {
            return match Self::load_files(vec![file.to_owned()])? {
                (config, 1) => Ok(config),
                _ => Err(Error(format!(
                    "kubeconfig {} is not there: correct --kubeconfig",
                    file.display()
                ))),
            };
        }
        let files = match std::env::var_os("KUBECONFIG") {
            Some(list) if !list.is_empty() => listed(&list),
            _ => Paths::from_env()
                .map(|paths| vec![home_file(&paths.kube)])
                .unwrap_or_default(),
        };
        let (config, _) = Self::load_files(files)?;
        if config.is_empty()
            && let Some(pod) = pod::service_account()
        {
            return Ok(Self {
                files: config.files,
                ..pod
            });
        }
        Ok(config)
    }

    /// Returns a kubeconfig whose only context is the service account of the pod that this runs in; `None`
    /// outside of a pod.
    pub fn in_cluster() -> Option<Self> {
        pod::service_account()
    }

    fn is_empty(&self) -> bool {
        self.contexts.is_empty()
            && self.clusters.is_empty()
            && self.users.is_empty()
            && self.current_context.is_empty()
    }

    /// From the text of one file; relative paths in it are relative to the folder of `file`, which need
    /// not exist.
    ///
    /// # Errors
    /// A text that is not a kubeconfig.
    pub fn from_text(text: &str, file: &Path) -> Result<Self, Error> {
        let mut config = Self {
            files: vec![file.to_owned()],
            ..Self::default()
        };
        config.merge(read::read(text, file)?, file);
        Ok(config)
    }

    /// Merges files, the first one winning; also gives how many of them were there.
    fn load_files(files: Vec<PathBuf>) -> Result<(Self, usize), Error> {
        let mut config = Self::default();
        let mut found = 0;
        let mut problems = Vec::new();
        for file in &files {
            match std::fs::read(file) {
                Ok(bytes) => {
                    found += 1;
                    match text(bytes, file).and_then(|text| read::read(&text, file)) {
                        Ok(read) => config.merge(read, file),
                        Err(Error(problem)) => problems.push(problem),
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => problems.push(format!("cannot read kubeconfig {}: {error}", file.display())),
            }
        }
        if !problems.is_empty() {
            return Err(Error(problems.join("\n")));
        }
        config.files = files;
        Ok((config, found))
    }

    /// Adds what is not there yet.
    fn merge(&mut self, read: read::File, file: &Path) {
        let origin: Arc<Path> = Arc::from(file);
        let base = base(file);
        if self.current_context.is_empty() {
            self.current_context = read.current_context;
        }
        let hidden = &mut self.hidden;
        for read::NamedContext { name, context } in read.contexts {
            if add(&mut self.contexts, "context", &name, context, &origin, hidden) {
                self.context_names.push(name);
            }
        }
        for read::NamedCluster { name, mut cluster } in read.clusters {
            resolve_path(&mut cluster.ca_file, &base);
            add(&mut self.clusters, "cluster", &name, cluster, &origin, hidden);
        }
        for read::NamedUser { name, mut user } in read.users {
            resolve_path(&mut user.certificate_file, &base);
            resolve_path(&mut user.key_file, &base);
            resolve_path(&mut user.token_file, &base);
            // A command without a slash is looked for on PATH.
            if let Some(exec) = user.exec.as_mut().filter(|exec| exec.command.contains('/')) {
                resolve_path(&mut exec.command, &base);
            }
            add(&mut self.users, "user", &name, user, &origin, hidden);
        }
    }

    /// The entries that are not used, because an earlier file has another one of the same name.
    pub fn hidden(&self) -> &[Hidden] {
        &self.hidden
    }

    /// Says in one line which entries other files' entries hide; `None` where there are none.
    pub fn hidden_sentence(&self) -> Option<String> {
        hidden::sentence(&self.hidden)
    }

    /// The current context, if there is one.
    pub fn current_context(&self) -> Option<&str> {
        Some(self.current_context.as_str()).filter(|name| !name.is_empty())
    }

    /// The names of all contexts, in the order of the files.
    pub fn context_names(&self) -> impl Iterator<Item = &str> {
        self.context_names.iter().map(String::as_str)
    }

    /// Whether there is a context of this name.
    pub fn has_context(&self, name: &str) -> bool {
        self.contexts.contains_key(name)
    }

    /// The files that were looked for, in their order, whether they are there or not.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The context names nearest to one that is not there, as a clause for an error message: empty, or
    /// ` (did you mean "a" or "b"?)`.
    pub fn did_you_mean(&self, context: &str) -> String {
        did_you_mean(context, self.context_names())
    }

    /// The user that a context names and the file that this stands in, as one text; empty where it names none.
    pub fn user_entry(&self, context: &str) -> String {
        let user = self.contexts.get(context).map(|entry| entry.value.user.as_str());
        let entry = user.and_then(|user| Some((user, self.users.get(user)?)));
        entry.map_or_else(String::new, |(user, entry)| {
            format!("{user} in {}", entry.file.display())
        })
    }

    /// Where a context leads to; `None` where it or its cluster is not there. Nothing is checked.
    pub fn endpoint(&self, context: &str) -> Option<Endpoint<'_>> {
        let context = self.contexts.get(context)?;
        let cluster = &self.clusters.get(&context.value.cluster)?.value;
        Some(Endpoint {
            server: convert::without_login(&cluster.server).0,
            tls_server_name: &cluster.tls_server_name,
            ca_data: &cluster.ca_data,
            ca_file: &cluster.ca_file,
            insecure: cluster.insecure.0,
            proxy_url: &cluster.proxy_url,
        })
    }

    /// Whether [`access`](Self::access) would succeed, without the work of it.
    ///
    /// # Errors
    /// As there.
    pub fn check(&self, context: &str) -> Result<(), Error> {
        check::parts(self, context).map(|_| ())
    }

    /// A context with what it names.
    ///
    /// # Errors
    /// A context that is not there; one that names no cluster, or a cluster or a user that is not there;
    /// and what kubectl refuses in these: no server, certificates that are both embedded and named or
    /// cannot be read, a certificate without its key, several ways to log in, an incomplete credential
    /// plugin, impersonation without a user.
    pub fn access(&self, context: &str) -> Result<Access, Error> {
        check::parts(self, context).map(|parts| {
            let entry = self.users.get(&parts.context.user);
            Access {
                origin: entry.map(|entry| Origin {
                    file: entry.file.to_path_buf(),
                    user: parts.context.user.clone(),
                }),
                ..convert::access(context, &parts)
            }
        })
    }
}

/// Adds an entry, unless there is one of its name; then remembers that it is hidden, if the two differ.
/// Returns whether it was added.
fn add<T: PartialEq>(
    entries: &mut HashMap<String, Entry<T>>,
    kind: &'static str,
    name: &str,
    value: T,
    file: &Arc<Path>,
    hidden: &mut Vec<Hidden>,
) -> bool {
    if let Some(first) = entries.get(name) {
        if first.value != value {
            hidden.push(Hidden {
                kind,
                name: name.to_owned(),
                file: file.to_path_buf(),
                by: first.file.to_path_buf(),
            });
        }
        return false;
    }
    let file = Arc::clone(file);
    entries.insert(name.to_owned(), Entry { value, file });
    true
}

/// The files of `$KUBECONFIG`, each once, empty entries left out.
fn listed(list: &OsStr) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for file in std::env::split_paths(list) {
        if !file.as_os_str().is_empty() && !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// `~/.kube/config`, or `~/.kube/.kubeconfig` where only that is there. kubectl copies it over then; we
/// only read.
fn home_file(kube: &Path) -> PathBuf {
    let file = kube.join("config");
    let old = kube.join(".kubeconfig");
    if !file.exists() && old.is_file() {
        old
    } else {
        file
    }
}

/// The absolute folder that a file's relative paths are relative to.
fn base(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    match std::env::current_dir() {
        Ok(here) => clean(&here.join(folder)),
        Err(_) => clean(folder),
    }
}

/// Makes a path absolute as Go's `filepath.Join` does; an empty one stays empty.
fn resolve_path(path: &mut String, base: &Path) {
    if !path.is_empty() && Path::new(path.as_str()).is_relative() {
        *path = clean(&base.join(path.as_str())).to_string_lossy().into_owned();
    }
}

/// A path without `.` and `..`, by its text alone.
fn clean(path: &Path) -> PathBuf {
    let mut cleaned = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                cleaned.pop();
            }
            other => cleaned.push(other),
        }
    }
    cleaned
}

#[cfg(test)]
mod tests;
