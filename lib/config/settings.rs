//! The configuration's settings, with their defaults.

use super::groups::Groups;
use super::hosts::HostPattern;
use super::source::Source;
use crate::exit::FailOn;
use crate::term::Colorize;
use std::path::PathBuf;
use std::time::Duration;

/// `~/.kube/kubectl-mc-config.yaml`, with the defaults for what it leaves out.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Config {
    /// The kubeconfig context of the hub (`hubContext`).
    pub hub_context: Option<String>,
    /// `hubs`: several hubs, instead of one.
    pub hubs: Vec<Hub>,
    /// `groups`: saved selections of clusters.
    pub groups: Groups,
    /// `defaults`
    pub defaults: Defaults,
    /// `discovery`
    pub discovery: Discovery,
    /// `execution`
    pub execution: Execution,
    /// `access`
    pub access: AccessSettings,
    /// `output`
    pub output: Output,
}

/// The clusters and the output of a command that names none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Defaults {
    /// `clusters`: names or patterns of the clusters to ask; empty for all.
    pub clusters: Vec<String>,
    /// `exclude`: names or patterns of clusters to leave out.
    pub exclude: Vec<String>,
    /// `clusterSelector`: a label selector over labels and properties.
    pub cluster_selector: Option<String>,
    /// `clusterSet`: names or patterns of cluster sets; empty for all.
    pub cluster_set: Vec<String>,
    /// `healthy`: whether unhealthy clusters are left out.
    pub healthy: bool,
    /// `output`: the output format of the wrapper's verbs that print records.
    pub output: Option<String>,
}

/// Settings of discovery.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Discovery {
    /// `cacheTTL`: for how long a cached fleet is used without asking the hub; zero is never.
    pub cache_ttl: Duration,
    /// `source`: what lists the fleet; never empty. The first has the last word.
    pub source: Vec<Source>,
    /// `cacheDir`: the folder that the cache is a subfolder of; `None` is the usual one.
    pub cache_dir: Option<PathBuf>,
    /// `hubNamespace`: the only namespace of the hub that is looked at.
    pub hub_namespace: Option<String>,
    /// `contexts`: names or patterns of contexts; empty for all.
    pub contexts: Vec<String>,
    /// `region`: the region whose hub is used when several hubs list a cluster.
    pub region: Option<String>,
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

/// The most clusters at once that can be asked for: each holds a connection, and no process may have more
/// files open.
pub const MAX_CONCURRENCY: usize = 65_535;

/// The number of clusters that are asked at once.
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

/// Settings of queries.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Execution {
    /// `maxConcurrency`: how many at once.
    pub max_concurrency: Concurrency,
    /// `timeout`: for one cluster, from its first byte out to its last byte in.
    pub timeout: Duration,
    /// `connectTimeout`: for DNS, TCP and TLS together.
    pub connect_timeout: Duration,
    /// `totalTimeout`: for the whole run.
    pub total_timeout: Option<Duration>,
    /// `failOn`: how many failures make a run partial.
    pub fail_on: FailOn,
    /// `warningsAsErrors`: whether a cluster counts as failed that sends a warning.
    pub warnings_as_errors: bool,
    /// `continueOnError`: whether the others go on when one fails.
    pub continue_on_error: bool,
}

/// A pattern of hosts that credentials may be sent to, for one access provider or for all.
pub type AllowedHost = (Option<String>, HostPattern);

/// Settings of the access to clusters, and what a hub may decide.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccessSettings {
    /// `order`: where it is looked for, the first that has it wins; what is left out is not looked at.
    pub order: Vec<Way>,
    /// `providers`: the file of credential plugins by access provider; `None` is the one in its usual place.
    pub providers: Option<PathBuf>,
    /// `allowedHosts`: where credentials may be sent beside the built-in providers' own hosts; the provider
    /// for which, or `None` for all.
    pub allowed_hosts: Vec<AllowedHost>,
    /// `allowedCommands`: command lines that a hub may name as a credential plugin. A word `*` stands for one
    /// argument that is no flag.
    pub allowed_commands: Vec<String>,
    /// `verifyServer`: whether a context is refused that leads to another server than the hub publishes, with
    /// another certificate authority.
    pub verify_server: bool,
    /// `allowedVariables`: what a hub may set in the environment of a provider file's plugin, beside the built-in list.
    pub allowed_variables: Vec<String>,
    /// `loginTimeout`: how long a credential plugin may take if it cannot ask a person on a terminal; zero is no limit.
    pub login_timeout: Duration,
}

/// The default for a login that cannot ask a person on a terminal: a page has to be opened elsewhere, a code entered.
pub const LOGIN_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// A place where the access to a cluster is looked for.
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

    /// Returns its name in the file.
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

impl Default for AccessSettings {
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

/// Settings of output.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Output {
    /// `colorize`
    pub colorize: Colorize,
    /// `showClusterColumn`
    pub show_cluster_column: bool,
    /// `escapeFormulas`: whether cells that look like formulas are escaped.
    pub escape_formulas: bool,
    /// `pager`
    pub pager: Pager,
}

/// The program that shows output which is longer than the screen.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Pager {
    /// The one that the variable PAGER names, else less.
    #[default]
    Auto,
    /// None.
    Never,
    /// This command.
    Command(String),
}

impl Pager {
    /// Returns it as the file has it.
    pub fn as_str(&self) -> &str {
        match self {
            Pager::Auto => "auto",
            Pager::Never => "never",
            Pager::Command(command) => command,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            hub_context: None,
            hubs: Vec::new(),
            groups: Groups::default(),
            defaults: Defaults::default(),
            discovery: Discovery {
                cache_ttl: Duration::from_secs(5 * 60),
                source: vec![Source::default()],
                cache_dir: None,
                hub_namespace: None,
                contexts: Vec::new(),
                region: None,
                placement: None,
                skip_unhealthy: false,
                max_stale: Duration::from_secs(24 * 60 * 60),
                accessible: false,
            },
            execution: Execution {
                max_concurrency: Concurrency::default(),
                timeout: Duration::from_secs(30),
                connect_timeout: Duration::from_secs(5),
                total_timeout: None,
                fail_on: FailOn::Any,
                warnings_as_errors: false,
                continue_on_error: true,
            },
            access: AccessSettings::default(),
            output: Output {
                colorize: Colorize::Auto,
                show_cluster_column: true,
                escape_formulas: false,
                pager: Pager::Auto,
            },
        }
    }
}
