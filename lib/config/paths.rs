//! The paths of the user's files.

use super::error::Error;
use super::mapping::ClusterMapping;
use super::settings::Config;
use std::path::{Path, PathBuf};

/// The environment variable for another configuration file.
const CONFIG: &str = "KUBECTL_MC_CONFIG";

/// The environment variable for another mapping file.
const MAPPING: &str = "KUBECTL_MC_MAPPING";

/// The paths of the user's files.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Paths {
    /// `~/.kube`
    pub kube: PathBuf,
}

impl Paths {
    /// Returns the paths below the environment's home folder.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn from_env() -> Result<Self, Error> {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty());
        let home = home.ok_or_else(|| Error("no home folder: set HOME".into()))?;
        Ok(Self {
            kube: home.join(".kube"),
        })
    }

    /// The configuration file with the environment laid over it.
    ///
    /// # Errors
    /// A mistake in the file or in a variable, and a `KUBECTL_MC_CONFIG` that does not exist.
    pub fn load_config(&self) -> Result<Config, Error> {
        let file = self.config();
        must_be_there(CONFIG, &file)?;
        let mut config = Config::load(&file)?;
        config.overlay(|name| std::env::var_os(name))?;
        Ok(config)
    }

    /// The mapping file.
    ///
    /// # Errors
    /// Those of [`ClusterMapping::load`], and a `KUBECTL_MC_MAPPING` that does not exist.
    pub fn load_mapping(&self) -> Result<ClusterMapping, Error> {
        let file = self.mapping();
        must_be_there(MAPPING, &file)?;
        ClusterMapping::load(&file)
    }

    /// `KUBECTL_MC_CONFIG`, or the configuration file's place.
    pub fn config(&self) -> PathBuf {
        env_path(CONFIG).unwrap_or_else(|| self.kube.join("kubectl-mc-config.yaml"))
    }

    /// `KUBECTL_MC_MAPPING`, or the mapping file's place.
    pub fn mapping(&self) -> PathBuf {
        env_path(MAPPING).unwrap_or_else(|| self.kube.join("kubectl-mc-clusters.yaml"))
    }

    /// Returns a path with `~` for the home folder.
    pub fn at_home(&self, file: &Path) -> String {
        match self.kube.parent().map(|home| file.strip_prefix(home)) {
            Some(Ok(below)) => format!("~/{}", below.display()),
            _ => file.display().to_string(),
        }
    }

    /// The place of the file of credential plugins by access provider.
    pub fn providers(&self) -> PathBuf {
        self.kube.join("kubectl-mc-providers.json")
    }

    /// The cache's folder in the folder that is typed or configured, or in its usual place.
    pub fn cache(&self, folder: Option<&Path>) -> PathBuf {
        let usual = || self.kube.join("cache");
        folder.map_or_else(usual, Path::to_owned).join("kubectl-mc")
    }
}

fn env_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}

/// A file in its usual place may be missing. One that the user names must exist: a misspelled name in a cron job would go
/// unnoticed, and other clusters would be asked.
fn must_be_there(variable: &str, file: &Path) -> Result<(), Error> {
    match env_path(variable) {
        Some(_) if !file.exists() => Err(Error(format!(
            "{} is not there: correct the environment variable {variable}, or unset it",
            file.display()
        ))),
        _ => Ok(()),
    }
}
