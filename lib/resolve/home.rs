//! Paths as messages show them.

use crate::config::Paths;
use std::path::Path;

/// Returns a path with `~` for the home folder.
pub fn at_home(file: &Path) -> String {
    match Paths::from_env() {
        Ok(paths) => paths.at_home(file),
        Err(_) => file.display().to_string(),
    }
}

/// Returns the path of the mapping file.
pub fn mapping_file() -> String {
    match Paths::from_env() {
        Ok(paths) => paths.at_home(&paths.mapping()),
        Err(_) => "~/.kube/kubectl-mc-clusters.yaml".into(),
    }
}
