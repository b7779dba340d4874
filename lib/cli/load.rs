//! The user's files, as the flags and the environment name them.

use crate::config::{Config, Paths};
use crate::exit::Fatal;
#[cfg(feature = "cluster")]
use {
    super::flags::{AccessArgs, KubeconfigArgs},
    crate::config::ClusterMapping,
    crate::kubeconfig::Kubeconfig,
    crate::resolve::providers::Policy,
    crate::resolve::{self, Resolver},
};

/// Reads the configuration, with the environment taken in.
///
/// # Errors
/// A file or a variable that is wrong.
pub fn load_config() -> Result<(Paths, Config), Fatal> {
    let paths = Paths::from_env().map_err(|error| Fatal::failed(error.0))?;
    let config = paths.load_config().map_err(|error| Fatal::failed(error.0))?;
    Ok((paths, config))
}

/// Reads the mapping file.
///
/// # Errors
/// A file that is wrong.
#[cfg(feature = "cluster")]
pub fn load_mapping(paths: &Paths) -> Result<ClusterMapping, Fatal> {
    paths.load_mapping().map_err(|error| Fatal::failed(error.0))
}

/// Reads the kubeconfig that `--kubeconfig` or the environment names.
///
/// # Errors
/// A file that is wrong.
#[cfg(feature = "cluster")]
pub fn load_kubeconfig(typed: &KubeconfigArgs) -> Result<Kubeconfig, Fatal> {
    Kubeconfig::load(typed.kubeconfig.as_deref()).map_err(|error| Fatal::failed(error.0))
}

/// Reads all that a cluster's access is looked up in.
///
/// # Errors
/// A file that is wrong.
#[cfg(feature = "cluster")]
pub fn load_resolver(
    paths: &Paths,
    config: &Config,
    typed: &KubeconfigArgs,
    access: &AccessArgs,
) -> Result<Resolver, Fatal> {
    let mapping = load_mapping(paths)?;
    let config_file = resolve::at_home(&paths.config());
    let policy =
        Policy::load(access.over(&config.access), &paths.providers(), config_file).map_err(Fatal::failed)?;
    Ok(Resolver::new(load_kubeconfig(typed)?, mapping).with_policy(policy))
}
