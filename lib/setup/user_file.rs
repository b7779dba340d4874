//! The user's two files that setup edits.

use crate::config::Paths;
use std::path::PathBuf;

/// One of the user's files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum UserFile {
    /// The mapping file.
    Mapping,
    /// The configuration.
    Config,
}

impl UserFile {
    /// Returns the file's path.
    pub fn path(self, paths: &Paths) -> PathBuf {
        match self {
            UserFile::Mapping => paths.mapping(),
            UserFile::Config => paths.config(),
        }
    }

    /// Returns the lines that a new file begins with.
    pub fn header(self) -> String {
        let kind = match self {
            UserFile::Mapping => "ClusterMapping",
            UserFile::Config => "Config",
        };
        format!("apiVersion: kubectl-mc.k8s.io/v1alpha1\nkind: {kind}\n")
    }
}
