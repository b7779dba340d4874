//! Editing the user's two files.

use super::Setup;
use crate::config::Paths;
use crate::exit::Fatal;
use crate::userfile;
use std::path::PathBuf;

/// One of the user's files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Which {
    /// The mapping file.
    Mapping,
    /// The configuration.
    Config,
}

impl Which {
    /// Its place.
    pub fn path(self, paths: &Paths) -> PathBuf {
        match self {
            Which::Mapping => paths.clusters(),
            Which::Config => paths.config(),
        }
    }

    /// The beginning of a new one.
    fn fresh(self) -> String {
        let kind = match self {
            Which::Mapping => "ClusterMapping",
            Which::Config => "Config",
        };
        format!("apiVersion: kubectl-mc.k8s.io/v1alpha1\nkind: {kind}\n")
    }
}

impl Setup<'_> {
    /// Changes a file; before the first change its content is kept beside it. The inner error says why the text
    /// cannot be changed so.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub(super) fn edit(
        &mut self,
        which: Which,
        change: &dyn Fn(&str) -> Result<String, String>,
    ) -> Result<Result<(), String>, Fatal> {
        let path = which.path(&self.options.paths);
        let fail = |problem: &dyn std::fmt::Display| {
            Fatal::failed(format!("cannot change {}: {problem}", path.display()))
        };
        let old = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(fail(&error)),
        };
        let old = if old.trim().is_empty() { which.fresh() } else { old };
        let new = match change(&old) {
            Ok(new) => new,
            Err(problem) => return Ok(Err(format!("{}: {problem}", path.display()))),
        };
        let backup = !self.backed_up.contains(&which);
        userfile::replace(&path, &new, backup).map_err(|error| fail(&error))?;
        self.backed_up.push(which);
        self.changed = true;
        Ok(Ok(()))
    }
}
