//! The user's own files: `~/.kube/kubectl-mc-config.yaml` and `~/.kube/kubectl-mc-clusters.yaml`.
//!
//! ```yaml
//! apiVersion: kubectl-mc.k8s.io/v1alpha1   # may be left out, as may everything else
//! kind: Config
//! hubContext: hub
//! discovery:
//!   cacheTTL: 5m                           # as Go writes durations
//!   api: clusterprofile                    # or inventory, ocm, about, kubeconfig; several: [clusterprofile, about]
//!   placement: web                         # for inventory
//!   skipUnhealthy: false
//!   maxStale: 24h                          # how old a fleet may be that is used while the hub is away
//!   accessible: false                      # true: clusters that nothing leads into are left out
//! hubs:                                    # in place of hubContext
//! - {context: hub-eu, region: eu}
//! - hub-us
//! execution:
//!   maxConcurrency: 10                     # 0: no limit
//!   timeout: 30s
//!   continueOnError: true
//! access:
//!   order: [mapping, context, server, providers]   # where the way into a cluster is looked for
//!   providers: kubectl-mc-providers.json   # credential plugins by access provider (KEP-5339)
//!   allowedHosts:                          # where tokens may go beside the clouds' own hosts: a list, or
//!     eks: ["*.corp.example"]              # one a provider
//!   allowedCommands: ["my-plugin token --cluster *"]
//!   verifyServer: false                    # true: a context that leads elsewhere than the hub says is not used
//! output:
//!   colorize: true                         # true or auto: on a terminal; false or never; always
//!   showClusterColumn: true
//! ```
//!
//! ```yaml
//! apiVersion: kubectl-mc.k8s.io/v1alpha1
//! kind: ClusterMapping
//! hubContext: hub
//! clusters:
//! - name: prod-eu                          # the ClusterProfile's name
//!   context: admin@prod-eu                 # the kubeconfig context that leads there
//!   cloudProvider: aws                     # this and what follows is for setup
//!   region: eu-west-1
//! - {name: prod-us, context: admin@prod-us}
//! ```
//!
//! In short, `clusters` may be a mapping of names to contexts: `prod-eu: admin@prod-eu`.
//!
//! Both files are read strictly: a key that is not known, that stands twice, or that has a value of the wrong type
//! is an error; only an entry of `clusters` may have keys of its own. Flags win over the environment, and that over the file:
//!
//! | variable | key |
//! |---|---|
//! | `KUBECTL_MC_HUB_CONTEXT` | `hubContext`, in place of `hubs` too |
//! | `KUBECTL_MC_CACHE_TTL` | `discovery.cacheTTL` |
//! | `KUBECTL_MC_API` | `discovery.api`, several separated by commas |
//! | `KUBECTL_MC_PLACEMENT` | `discovery.placement` |
//! | `KUBECTL_MC_SKIP_UNHEALTHY` | `discovery.skipUnhealthy` |
//! | `KUBECTL_MC_MAX_STALE` | `discovery.maxStale` |
//! | `KUBECTL_MC_ACCESSIBLE` | `discovery.accessible` |
//! | `KUBECTL_MC_MAX_CONCURRENCY` | `execution.maxConcurrency` |
//! | `KUBECTL_MC_TIMEOUT` | `execution.timeout` |
//! | `KUBECTL_MC_CONTINUE_ON_ERROR` | `execution.continueOnError` |
//! | `KUBECTL_MC_PROVIDERS` | `access.providers` |
//! | `KUBECTL_MC_VERIFY_SERVER` | `access.verifyServer` |
//! | `KUBECTL_MC_COLORIZE` | `output.colorize` |
//! | `KUBECTL_MC_SHOW_CLUSTER_COLUMN` | `output.showClusterColumn` |

mod duration;
mod env;
mod file;
pub mod hosts;
mod mapping;
mod paths;
mod section;
pub(crate) mod yaml;

use crate::term::Colorize;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub use duration::{no_limit_if_zero, parse_duration};
#[cfg(all(test, feature = "cluster"))]
pub(crate) use env::VARIABLES;
use env::colorize_of;
pub use env::{mistyped, parse_concurrency};
pub use mapping::{ClusterMapping, METADATA, MappedCluster};
pub use paths::Paths;
#[cfg(all(test, feature = "cluster"))]
pub(crate) use section::EVERYWHERE;

/// A time limit that is none: the longest duration that can be written, some 292 years.
pub const NO_LIMIT: Duration = duration::MAX;

/// `~/.kube/kubectl-mc-config.yaml`, with the defaults for what it leaves out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// The kubeconfig context of the hub (`hubContext`).
    pub hub_context: Option<String>,
    /// `hubs`: several hubs, in place of one.
    pub hubs: Vec<Hub>,
    /// `discovery`
    pub discovery: Discovery,
    /// `execution`
    pub execution: Execution,
    /// `access`
    pub access: Access,
    /// `output`
    pub output: Output,
}

/// How the fleet is found.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Discovery {
    /// `cacheTTL`: for how long a cached fleet is used without asking the hub; zero is never.
    pub cache_ttl: Duration,
    /// `api`: what lists the fleet; never empty. The first has the last word.
    pub api: Vec<Source>,
    /// `placement`: the placement whose clusters are meant (`NAME` or `NAMESPACE/NAME`), with
    /// [`Source::Inventory`].
    pub placement: Option<String>,
    /// `skipUnhealthy`: whether unhealthy members are named and not asked.
    pub skip_unhealthy: bool,
    /// `maxStale`: how old a cached fleet may be that is used because the hub cannot be reached; zero is never.
    pub max_stale: Duration,
    /// `accessible`: whether clusters that nothing leads into are left out without a word.
    pub accessible: bool,
}

/// One of several hubs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hub {
    /// `context`: its kubeconfig context.
    pub context: String,
    /// `region`: where it is. It goes first for clusters of that region.
    pub region: Option<String>,
}

/// What lists a fleet.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Source {
    /// `multicluster.x-k8s.io` ClusterProfile (KEP-4322).
    #[default]
    ClusterProfile,
    /// ClusterProfiles chosen by PlacementDecisions.
    Inventory,
    /// `cluster.open-cluster-management.io` ManagedCluster.
    Ocm,
    /// `about.k8s.io` ClusterProperty (KEP-2149) of each member.
    About,
    /// The contexts of the kubeconfig.
    Kubeconfig,
    /// Names or records on standard input: on the command line only.
    Stdin,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Source::ClusterProfile,
        Source::Inventory,
        Source::Ocm,
        Source::About,
        Source::Kubeconfig,
        Source::Stdin,
    ];

    /// As it stands in the file, in flags, and in a record's `source`.
    pub fn as_str(self) -> &'static str {
        match self {
            Source::ClusterProfile => "clusterprofile",
            Source::Inventory => "inventory",
            Source::Ocm => "ocm",
            Source::About => "about",
            Source::Kubeconfig => "kubeconfig",
            Source::Stdin => "stdin",
        }
    }

    /// Whether a hub is asked.
    pub fn needs_hub(self) -> bool {
        matches!(self, Source::ClusterProfile | Source::Inventory | Source::Ocm)
    }

    /// Those that files and the environment may name: nobody's every run waits for standard input.
    pub fn in_files() -> impl Iterator<Item = Self> + Clone {
        Self::ALL.into_iter().filter(|source| *source != Source::Stdin)
    }

    /// Several, each once, in their order.
    pub fn distinct(sources: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut distinct = Vec::new();
        for source in sources {
            if !distinct.contains(&source) {
                distinct.push(source);
            }
        }
        distinct
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The most clusters at once that can be asked for: each holds a connection, and no process may have more
/// files open.
pub const MAX_CONCURRENCY: usize = 65_535;

/// How many clusters are asked at once.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Concurrency {
    /// The number; 0 is no limit.
    pub most: usize,
    /// True if the user asked for it, so that it is a maximum: see `connect::concurrency`.
    pub is_maximum: bool,
}

impl Concurrency {
    /// A number that the user asked for.
    pub fn asked(most: usize) -> Self {
        Self {
            most,
            is_maximum: true,
        }
    }
}

impl Default for Concurrency {
    fn default() -> Self {
        Self {
            most: 10,
            is_maximum: false,
        }
    }
}

/// How members are queried.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Execution {
    /// `maxConcurrency`: how many at once.
    pub max_concurrency: Concurrency,
    /// `timeout`: for one cluster, from its first byte out to its last byte in.
    pub timeout: Duration,
    /// `continueOnError`: whether the others go on when one fails.
    pub continue_on_error: bool,
}

/// How the way into a cluster is found, and what a hub may have a say in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Access {
    /// `order`: where it is looked for, the first that has it wins; what is left out is not looked at.
    pub order: Vec<Way>,
    /// `providers`: the file of credential plugins by access provider; `None` is the one in its usual place.
    pub providers: Option<PathBuf>,
    /// `allowedHosts`: where credentials may be sent beside the built-in providers' own hosts; the provider
    /// for which, or `None` for all.
    pub allowed_hosts: Vec<(Option<String>, hosts::HostPattern)>,
    /// `allowedCommands`: command lines that a hub may name as a credential plugin. A word `*` stands for one
    /// argument that is no flag.
    pub allowed_commands: Vec<String>,
    /// `verifyServer`: whether a context is refused that leads to another server than the hub publishes, with
    /// another certificate authority.
    pub verify_server: bool,
    /// `allowedVariables`: what a hub may set in the environment of a provider file's plugin, beside the built-in list.
    pub allowed_variables: Vec<String>,
    /// `loginTimeout`: how long a credential plugin may take where nobody on a terminal can be asked; zero is no limit.
    pub login_timeout: Duration,
}

/// The longest that a login may take where nobody on a terminal can be asked: a page to open elsewhere, a code to enter there.
pub const LOGIN_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// Where the way into a cluster may be found.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Way {
    /// The mapping file.
    Mapping,
    /// The kubeconfig context of the cluster's own name.
    Context,
    /// The kubeconfig context that leads to the server that the hub publishes, with the same authority.
    Server,
    /// The access providers that the hub publishes.
    Providers,
}

impl Way {
    /// All of them, in the order in which they are tried.
    pub const ALL: [Self; 4] = [Way::Mapping, Way::Context, Way::Server, Way::Providers];

    /// As it stands in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            Way::Mapping => "mapping",
            Way::Context => "context",
            Way::Server => "server",
            Way::Providers => "providers",
        }
    }
}

impl std::str::FromStr for Way {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|way| way.as_str() == text)
            .ok_or_else(|| {
                format!(
                    "unknown way {text:?}; possible: {}",
                    Self::ALL.map(Self::as_str).join(", ")
                )
            })
    }
}

impl Default for Access {
    fn default() -> Self {
        Self {
            order: Way::ALL.to_vec(),
            providers: None,
            allowed_hosts: Vec::new(),
            allowed_commands: Vec::new(),
            verify_server: false,
            allowed_variables: Vec::new(),
            login_timeout: LOGIN_TIMEOUT,
        }
    }
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
            hubs: Vec::new(),
            discovery: Discovery {
                cache_ttl: Duration::from_secs(5 * 60),
                api: vec![Source::default()],
                placement: None,
                skip_unhealthy: false,
                max_stale: Duration::from_secs(24 * 60 * 60),
                accessible: false,
            },
            execution: Execution {
                max_concurrency: Concurrency::default(),
                timeout: Duration::from_secs(30),
                continue_on_error: true,
            },
            access: Access::default(),
            output: Output {
                colorize: Colorize::Auto,
                show_cluster_column: true,
            },
        }
    }
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
    /// A file that cannot be read, unknown keys, keys that stand twice, wrong types, values out of range:
    /// with file, line and column, and the nearest key that there is.
    pub fn load(file: &Path) -> Result<Self, Error> {
        Ok(file::read::<file::ConfigFile>(file)?.map_or_else(Self::default, Self::from_file))
    }

    /// Reads a file and lays the environment (`KUBECTL_MC_*`) over it. Empty variables count as not set.
    ///
    /// # Errors
    /// As with [`load`](Self::load), and a variable whose value is wrong, by its name.
    pub fn load_with_env(file: &Path) -> Result<Self, Error> {
        let mut config = Self::load(file)?;
        config.overlay(|name| std::env::var_os(name))?;
        Ok(config)
    }

    /// A file's text with variables laid over it.
    #[cfg(all(test, feature = "cluster"))]
    pub(crate) fn of(
        text: &str,
        variable: impl Fn(&str) -> Option<std::ffi::OsString>,
    ) -> Result<Self, Error> {
        let mut config = Self::from_file(file::parse(text, Path::new("config"))?);
        config.overlay(variable)?;
        Ok(config)
    }

    fn from_file(file: file::ConfigFile) -> Self {
        let default = Self::default();
        let discovery = file.discovery.unwrap_or_default();
        let execution = file.execution.unwrap_or_default();
        let access = file.access.unwrap_or_default();
        let output = file.output.unwrap_or_default();
        let duration = |set: Option<file::GoDuration>, default| set.map_or(default, |set| set.0);
        Self {
            hub_context: file.hub_context.filter(|name| !name.is_empty()),
            hubs: file.hubs.map(|hubs| hubs.0).unwrap_or_default(),
            discovery: Discovery {
                cache_ttl: duration(discovery.cache_ttl, default.discovery.cache_ttl),
                api: discovery.api.map_or(default.discovery.api, |sources| sources.0),
                placement: discovery.placement.filter(|name| !name.is_empty()),
                skip_unhealthy: discovery.skip_unhealthy.unwrap_or_default(),
                max_stale: duration(discovery.max_stale, default.discovery.max_stale),
                accessible: discovery.accessible.unwrap_or_default(),
            },
            execution: Execution {
                max_concurrency: execution
                    .max_concurrency
                    .map_or(default.execution.max_concurrency, |count| {
                        Concurrency::asked(count.0)
                    }),
                timeout: duration(execution.timeout, default.execution.timeout),
                continue_on_error: execution
                    .continue_on_error
                    .unwrap_or(default.execution.continue_on_error),
            },
            access: Access {
                order: access.order.map_or(default.access.order, |order| order.0),
                providers: access
                    .providers
                    .filter(|file| !file.is_empty())
                    .map(PathBuf::from),
                allowed_hosts: access.allowed_hosts.unwrap_or_default().0,
                allowed_commands: access.allowed_commands.unwrap_or_default().0,
                verify_server: access.verify_server.unwrap_or_default(),
                allowed_variables: access.allowed_variables.unwrap_or_default().0,
                login_timeout: duration(access.login_timeout, default.access.login_timeout),
            },
            output: Output {
                colorize: output.colorize.map_or(default.output.colorize, |colors| colors.0),
                show_cluster_column: output
                    .show_cluster_column
                    .unwrap_or(default.output.show_cluster_column),
            },
        }
    }
}

#[cfg(test)]
mod tests;
