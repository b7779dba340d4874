//! The entries of all kubeconfig files together, merged as client-go merges them: of several entries of one kind and
//! name the first one wins.

use super::error::Error;
use super::file::{Cluster, Context, File, NamedCluster, NamedContext, NamedUser, User};
use super::hidden::Hidden;
use super::read::read;
use super::text::text;
use crate::error_text::io_text;
use crate::suggest::did_you_mean;
use std::collections::HashMap;
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// The merged files.
#[derive(Clone, Default)]
pub(super) struct Merged {
    /// The files that were looked for, including those that do not exist.
    pub files: Vec<PathBuf>,
    pub current_context: String,
    /// The file that sets it.
    pub current_context_file: Option<PathBuf>,
    /// In the order of the files.
    pub context_names: Vec<String>,
    pub contexts: HashMap<String, Entry<Context>>,
    pub clusters: HashMap<String, Entry<Cluster>>,
    pub users: HashMap<String, Entry<User>>,
    pub hidden: Vec<Hidden>,
}

/// A named entry, and the file that it comes from.
#[derive(Clone)]
pub(super) struct Entry<T> {
    pub value: T,
    pub file: Arc<Path>,
}

impl Merged {
    /// Reads the text of one file. Relative paths in it are relative to the folder of `file`, which need not exist.
    pub fn from_text(text: &str, file: &Path) -> Result<Self, Error> {
        let mut merged = Self {
            files: vec![file.to_owned()],
            ..Self::default()
        };
        merged.add_file(read(text, file)?, file);
        Ok(merged)
    }

    /// Reads and merges files, and returns how many of them exist.
    ///
    /// # Errors
    /// A file cannot be read or is not a kubeconfig. If several are wrong, each has a line in the error.
    pub fn load(files: Vec<PathBuf>) -> Result<(Self, usize), Error> {
        let mut merged = Self::default();
        let mut found = 0;
        let mut problems = Vec::new();
        for file in &files {
            match std::fs::read(file) {
                Ok(bytes) => {
                    found += 1;
                    match text(bytes, file).and_then(|text| read(&text, file)) {
                        Ok(read) => merged.add_file(read, file),
                        Err(Error(problem)) => problems.push(problem),
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => problems.push(format!(
                    "cannot read kubeconfig {}: {}",
                    file.display(),
                    io_text(&error)
                )),
            }
        }
        if !problems.is_empty() {
            return Err(Error(problems.join("\n")));
        }
        merged.files = files;
        Ok((merged, found))
    }

    /// Adds the entries whose names are not taken yet.
    pub fn add_file(&mut self, read: File, file: &Path) {
        let origin: Arc<Path> = Arc::from(file);
        let base = base(file);
        if self.current_context.is_empty() && !read.current_context.is_empty() {
            self.current_context = read.current_context;
            self.current_context_file = Some(file.to_owned());
        }
        let hidden = &mut self.hidden;
        for NamedContext { name, context } in read.contexts {
            if add(&mut self.contexts, "context", &name, context, &origin, hidden) {
                self.context_names.push(name);
            }
        }
        for NamedCluster { name, mut cluster } in read.clusters {
            resolve_path(&mut cluster.ca_file, &base);
            add(&mut self.clusters, "cluster", &name, cluster, &origin, hidden);
        }
        for NamedUser { name, mut user } in read.users {
            resolve_path(&mut user.certificate_file, &base);
            resolve_path(&mut user.key_file, &base);
            resolve_path(&mut user.token_file, &base);
            // A command without a slash is looked up on PATH.
            if let Some(exec) = user.exec.as_mut().filter(|exec| exec.command.contains('/')) {
                resolve_path(&mut exec.command, &base);
            }
            add(&mut self.users, "user", &name, user, &origin, hidden);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.contexts.is_empty()
            && self.clusters.is_empty()
            && self.users.is_empty()
            && self.current_context.is_empty()
    }

    /// Returns a clause for an error message with the context names most similar to this one: empty, or
    /// ` (did you mean "a" or "b"?)`.
    pub fn did_you_mean(&self, context: &str) -> String {
        did_you_mean(context, self.context_names.iter().map(String::as_str))
    }
}

/// Adds an entry unless its name is taken, and notes it as hidden if it differs from the one that has the name.
/// Returns true if it was added.
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

/// Returns the absolute folder that relative paths in a file are relative to.
fn base(file: &Path) -> PathBuf {
    let folder = file.parent().unwrap_or(Path::new(""));
    match std::env::current_dir() {
        Ok(here) => clean(&here.join(folder)),
        Err(_) => clean(folder),
    }
}

/// Makes a path absolute as Go's `filepath.Join` does. An empty path stays empty.
fn resolve_path(path: &mut String, base: &Path) {
    if !path.is_empty() && Path::new(path.as_str()).is_relative() {
        *path = clean(&base.join(path.as_str())).to_string_lossy().into_owned();
    }
}

/// Resolves `.` and `..` in a path without looking at the file system.
pub(super) fn clean(path: &Path) -> PathBuf {
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
