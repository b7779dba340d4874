//! The resolver of mc-resolve and mc-exec, which read clusters and bare names from standard input.

use super::discover;
use super::flags::{
    AccessArgs, AccessibleArgs, CacheArgs, DiscoverArgs, KubeconfigArgs, LimitArgs, TimeoutArgs,
};
use super::load::{load_config, load_resolver};
use super::stage::{Stage, writes_records};
use super::stdin::{or_earlier_status, require_pipe};
use crate::config::{Config, Paths};
use crate::exit::{Fatal, Status};
use crate::resolve::Resolver;

/// The flags that decide how clusters are resolved.
pub struct ResolverFlags<'a> {
    pub kubeconfig: &'a KubeconfigArgs,
    pub access: &'a AccessArgs,
    pub accessible: &'a AccessibleArgs,
    pub cache: &'a CacheArgs,
    pub limits: &'a LimitArgs,
    pub timeout: &'a TimeoutArgs,
}

/// Reads the user's files and makes the resolver of a stage. Returns a status instead if there is nothing to resolve
/// because an earlier stage has failed.
///
/// # Errors
/// Standard input is a terminal, or a file is wrong.
pub fn load<S: Stage>(
    stage: &S,
    flags: &ResolverFlags<'_>,
) -> Result<Result<(Paths, Config, Resolver), Status>, Fatal> {
    require_pipe(S::TOOL)?;
    let loaded = load_config().and_then(|(paths, mut config)| {
        config.access.login_timeout = flags.limits.login_timeout(&config);
        let resolver = load_resolver(&paths, &config, flags.kubeconfig, flags.access)?;
        Ok((paths, config, resolver))
    });
    let (paths, config, resolver) = match or_earlier_status(loaded, writes_records::<S>(stage.output()))? {
        Ok(loaded) => loaded,
        Err(status) => return Ok(Err(status)),
    };
    let accessible = flags.accessible.accessible.unwrap_or(config.discovery.accessible);
    let mut resolver = resolver.with_accessible(accessible);
    let names = DiscoverArgs {
        limits: flags.limits.clone(),
        timeout: flags.timeout.clone(),
        kubeconfig: flags.kubeconfig.clone(),
        cache: flags.cache.clone(),
        ..DiscoverArgs::default()
    };
    if let Some(fleet) = fleet_of_names(&names, &paths, &config) {
        resolver = resolver.with_lookup(fleet, S::TOOL);
    }
    Ok(Ok((paths, config, resolver)))
}

/// Returns the fleet that bare names are looked up in: the one that the configuration names, if a hub lists it.
fn fleet_of_names(args: &DiscoverArgs, paths: &Paths, config: &Config) -> Option<crate::discover::Options> {
    // A mistake about the hubs is reported when a hub is needed.
    let mut options = discover::options(args, paths, config).ok()?;
    // A name means its cluster, whatever is asked by default.
    options.selection = crate::discover::Selection::default();
    options.sources.retain(|source| source.needs_hub());
    (!options.sources.is_empty()).then_some(options)
}
