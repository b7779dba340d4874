//! The user's kubeconfig, read and merged exactly as kubectl does it (client-go `tools/clientcmd`).
//!
//! kube's own reader is not used: it merges differently (a missing file is fatal, an empty `current-context` wins,
//! several documents in a file are joined), refuses duplicate keys, and spends most of its time on the bytes of
//! certificates. Only the contexts that are asked for are converted to kube's types.
//!
//! A mistake in one context is reported when that context is used, and does not affect the others.

mod access;
mod check;
mod convert;
mod error;
mod excise;
mod file;
mod hidden;
mod merged;
mod pod;
mod proxy_url;
mod read;
mod text;

pub use access::{Access, Origin};
pub(crate) use check::decode;
pub use error::Error;
pub use hidden::Hidden;
pub use pod::IN_CLUSTER;
pub(crate) use proxy_url::{Proxy, ProxyKind};

use crate::config::Paths;
use merged::Merged;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

/// The merged kubeconfig.
#[derive(Clone, Default)]
pub struct Kubeconfig(Merged);

/// The server that a context leads to, as the kubeconfig has it. A field that is absent there is empty.
#[derive(Clone, Debug)]
pub struct Endpoint<'a> {
    /// The server's address, without the name and password that it may contain.
    pub server: String,
    /// The name that its certificate is for.
    pub tls_server_name: &'a str,
    /// Its certificate authorities, PEM in base64.
    pub ca_data: &'a str,
    /// The file with its certificate authorities.
    pub ca_file: &'a str,
    /// True if its certificate is not verified.
    pub insecure: bool,
    /// The proxy to it.
    pub proxy_url: &'a str,
}

impl fmt::Debug for Kubeconfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kubeconfig")
            .field("files", &self.0.files)
            .field("current_context", &self.0.current_context)
            .field("context_names", &self.0.context_names)
            .finish_non_exhaustive()
    }
}

impl Kubeconfig {
    /// Reads and merges the explicit file if one is given (it must exist), else the files of `$KUBECONFIG` (missing
    /// ones are skipped), else `~/.kube/config` (which may be missing). If these are empty and the process runs in a
    /// pod, the pod's service account is the context [`IN_CLUSTER`], as with kubectl.
    ///
    /// If several files have a cluster, a user or a context of one name, the first file wins. The current context is
    /// that of the first file whose `current-context` is not empty.
    ///
    /// # Errors
    /// A file cannot be read or is not a kubeconfig. If several are wrong, each has a line in the error.
    pub fn load(explicit: Option<&Path>) -> Result<Self, Error> {
        if let Some(file) = explicit.filter(|file| !file.as_os_str().is_empty()) {
            return match Merged::load(vec![file.to_owned()])? {
                (merged, 1) => Ok(Self(merged)),
                _ => Err(Error(format!(
                    "kubeconfig {} does not exist: correct --kubeconfig",
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
        let (merged, _) = Merged::load(files)?;
        if merged.is_empty()
            && let Some(pod) = pod::service_account()
        {
            return Ok(Self(Merged {
                files: merged.files,
                ..pod
            }));
        }
        Ok(Self(merged))
    }

    /// Returns a kubeconfig whose only context is the service account of the pod that the process runs in, or `None`
    /// outside of a pod.
    pub fn in_cluster() -> Option<Self> {
        pod::service_account().map(Self)
    }

    /// Reads the text of one file. Relative paths in it are relative to the folder of `file`, which need not exist.
    ///
    /// # Errors
    /// The text is not a kubeconfig.
    pub fn from_text(text: &str, file: &Path) -> Result<Self, Error> {
        Merged::from_text(text, file).map(Self)
    }

    /// Returns the entries that are not used because an earlier file has a different one of the same name.
    pub fn hidden(&self) -> &[Hidden] {
        &self.0.hidden
    }

    /// Returns one line that names the entries hidden by those of other files, or `None` if there are none.
    pub fn hidden_sentence(&self) -> Option<String> {
        hidden::sentence(&self.0.hidden)
    }

    /// Returns the current context, if there is one.
    pub fn current_context(&self) -> Option<&str> {
        Some(self.0.current_context.as_str()).filter(|name| !name.is_empty())
    }

    /// Returns the file that sets the current context, if one does.
    pub fn current_context_file(&self) -> Option<&Path> {
        self.0.current_context_file.as_deref()
    }

    /// Returns the namespace that a context names, if it names one.
    pub fn namespace(&self, context: &str) -> Option<&str> {
        let context = self.0.contexts.get(context)?;
        Some(context.value.namespace.as_str()).filter(|namespace| !namespace.is_empty())
    }

    /// Returns the names of all contexts, in the order of the files.
    pub fn context_names(&self) -> impl Iterator<Item = &str> {
        self.0.context_names.iter().map(String::as_str)
    }

    /// Returns true if there is a context of this name.
    pub fn has_context(&self, name: &str) -> bool {
        self.0.contexts.contains_key(name)
    }

    /// Returns the files that were looked for, in their order, including those that do not exist.
    pub fn files(&self) -> &[PathBuf] {
        &self.0.files
    }

    /// Returns a clause for an error message with the context names most similar to this one: empty, or
    /// ` (did you mean "a" or "b"?)`.
    pub fn did_you_mean(&self, context: &str) -> String {
        self.0.did_you_mean(context)
    }

    /// Returns the user that a context names and the file of that user's entry, as one text. Empty if it names none.
    pub fn user_entry(&self, context: &str) -> String {
        let user = self.0.contexts.get(context).map(|entry| &entry.value.user);
        let entry = user.and_then(|user| Some((user, self.0.users.get(user)?)));
        entry.map_or_else(String::new, |(user, entry)| {
            format!("{user} in {}", entry.file.display())
        })
    }

    /// Returns the server that a context leads to, without checking anything. `None` if the context or its cluster
    /// does not exist.
    pub fn endpoint(&self, context: &str) -> Option<Endpoint<'_>> {
        let context = self.0.contexts.get(context)?;
        let cluster = &self.0.clusters.get(&context.value.cluster)?.value;
        Some(Endpoint {
            server: convert::without_login(&cluster.server).0,
            tls_server_name: &cluster.tls_server_name,
            ca_data: &cluster.ca_data,
            ca_file: &cluster.ca_file,
            insecure: cluster.insecure.0,
            proxy_url: &cluster.proxy_url,
        })
    }

    /// Does the checks of [`access`](Self::access) without its conversions.
    ///
    /// # Errors
    /// Those of [`access`](Self::access).
    pub fn check(&self, context: &str) -> Result<(), Error> {
        check::parts(&self.0, context).map(|_| ())
    }

    /// Returns a context with its cluster and user.
    ///
    /// # Errors
    /// The context does not exist, names no cluster, or names a cluster or a user that does not exist; or kubectl
    /// refuses these: no server, certificates that are both embedded and named or cannot be read, a certificate
    /// without its key, several ways to log in, an incomplete credential plugin, impersonation without a user.
    pub fn access(&self, context: &str) -> Result<Access, Error> {
        check::parts(&self.0, context).map(|parts| {
            let entry = self.0.users.get(&parts.context.user);
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

/// Returns the files of `$KUBECONFIG`, each once, without empty entries.
fn listed(list: &OsStr) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for file in std::env::split_paths(list) {
        if !file.as_os_str().is_empty() && !files.contains(&file) {
            files.push(file);
        }
    }
    files
}

/// Returns `~/.kube/config`, or `~/.kube/.kubeconfig` if only that exists. kubectl would copy the latter to the
/// former; this program only reads it.
fn home_file(kube: &Path) -> PathBuf {
    let file = kube.join("config");
    let old = kube.join(".kubeconfig");
    if !file.exists() && old.is_file() {
        old
    } else {
        file
    }
}

#[cfg(test)]
mod tests;
