//! Paths as messages show them.

use crate::config::Paths;
use std::path::Path;

/// Returns a path with `~` for the home folder.
pub fn at_home(file: &Path) -> String {
    let paths = Paths::from_env().ok();
    let home = paths.as_ref().and_then(|paths| paths.kube.parent());
    match home.map(|home| file.strip_prefix(home)) {
        Some(Ok(below)) => format!("~/{}", below.display()),
        _ => file.display().to_string(),
    }
}

/// Returns the path of the mapping file.
pub fn mapping_file() -> String {
    match Paths::from_env() {
        Ok(paths) => at_home(&paths.mapping()),
        Err(_) => "~/.kube/kubectl-mc-clusters.yaml".into(),
    }
}
