//! The user's configuration: `~/.kube/kubectl-mc-config.yaml` and the environment (`KUBECTL_MC_*`), and the mapping
//! file `~/.kube/kubectl-mc-clusters.yaml`. man/kubectl-mc-config.5 describes both files.
//!
//! Flags win over the environment, and the environment over the file. Both files are read strictly: an unknown key, a
//! key that is repeated, and a value of the wrong type are errors; only an entry of the mapping file may have keys of
//! its own.

mod duration;
mod error;
mod file;
mod groups;
pub mod hosts;
mod keys;
mod mapping;
mod paths;
mod section;
mod setting;
mod settings;
mod source;
mod values;
mod variables;
pub(crate) mod yaml;

pub use duration::{NO_LIMIT, no_limit_if_zero, parse_duration};
pub use error::Error;
pub use groups::Groups;
pub use keys::{KEYS, Key, SettingName};
pub use mapping::{ClusterMapping, METADATA, MappedCluster};
pub use paths::Paths;
pub use settings::{
    AccessSettings, AllowedHost, Concurrency, Config, Defaults, Discovery, Execution, Hub, LOGIN_TIMEOUT,
    MAX_CONCURRENCY, Output, Pager, Way,
};
pub use source::Source;
pub use values::{
    parse_colorize, parse_commands, parse_concurrency, parse_hosts, parse_hubs, parse_order, parse_pager,
    parse_variables,
};
pub use variables::{FILE_VARIABLES, HUB_CONTEXT, set_by, unknown_variables};

#[cfg(test)]
mod tests;
