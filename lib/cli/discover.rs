//! mc-discover's command line.

use super::groups::{FleetArgs, KubeconfigArgs, OutputArgs, TableArgs, TemplateArgs, TimeoutArgs};
use super::human::{Look, Sink};
use super::kubectl::CacheArgs;
use super::{complain_as, limit, load_config, load_kubeconfig};
use crate::config::{Config, Paths};
use crate::discover::{self, HubContext, Options, Selection};
use crate::exit::{Fatal, Status};
use clap::Parser;

const TOOL: &str = "mc-discover";

/// List the fleet: a Cluster record for each member that the hub knows
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    mut_arg("hub_namespace", |arg| arg.short('n')),
    after_help = "Examples:
  # The fleet, as a table
  mc-discover
  # The names of all production clusters in Europe
  mc-discover --clusters='prod-eu-*' | jq -r .cluster
  # By label, set-based too; the hub is asked anew
  mc-discover --cluster-selector 'env in (prod,stage)' --refresh

Exit status: 0 complete, 1 failed, 2 wrong command line, 3 partial."
)]
pub struct Args {
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    kubeconfig: KubeconfigArgs,
    #[command(flatten)]
    timeout: TimeoutArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    table: TableArgs,
}

impl Args {
    /// The same question, from another tool's flags.
    pub(super) fn of(
        fleet: FleetArgs,
        timeout: TimeoutArgs,
        kubeconfig: KubeconfigArgs,
        cache: CacheArgs,
    ) -> Self {
        Self {
            fleet,
            kubeconfig,
            timeout,
            cache,
            output: OutputArgs::default(),
            table: TableArgs::default(),
        }
    }
}

/// mc-discover.
///
/// # Errors
/// See [`discover::run`]; also files of the user's that cannot be read.
pub fn run(args: &Args) -> Result<Status, Fatal> {
    let (paths, config) = load_config()?;
    let kubeconfig = load_kubeconfig(&args.kubeconfig)?;
    let options = options(args, &paths, &config)?;
    let look = Look {
        output: args.output.understand(&TemplateArgs::default())?,
        no_headers: args.table.no_headers,
        ..Look::default()
    };
    let mut sink = Sink::new(look.clone(), &config);
    sink.warn_of_records(look.output.as_ref(), &mut complain_as(TOOL));
    let status = discover::run(&options, &kubeconfig, &mut sink, &mut complain_as(TOOL))?;
    Ok(status.join(sink.finish()?))
}

/// What was typed, with files and environment taken in.
pub(super) fn options(args: &Args, paths: &Paths, config: &Config) -> Result<Options, Fatal> {
    let fleet = &args.fleet;
    Ok(Options {
        hub_context: hub_context(fleet, paths, config)?,
        source: fleet.source.unwrap_or(config.discovery.api),
        hub_namespace: fleet.hub_namespace.clone(),
        refresh: fleet.refresh,
        allow_stale: !fleet.no_stale,
        cache_ttl: config.discovery.cache_ttl,
        cache_dir: args.cache.folder(paths),
        timeout: limit(args.timeout.typed().unwrap_or(config.execution.timeout)),
        selection: Selection {
            clusters: fleet.clusters.clone(),
            exclude: fleet.exclude.clone(),
            selector: fleet.cluster_selector.clone(),
            healthy: fleet.healthy,
        },
    })
}

/// The hub's context and where it is named; `None` where only the kubeconfig can tell.
fn hub_context(fleet: &FleetArgs, paths: &Paths, config: &Config) -> Result<Option<HubContext>, Fatal> {
    let named = |name: &str, by: String| {
        Some(HubContext {
            name: name.to_owned(),
            by,
        })
    };
    if let Some(name) = &fleet.hub_context {
        return Ok(named(name, "--hub-context".into()).filter(|hub| !hub.name.is_empty()));
    }
    if let Some(name) = &config.hub_context {
        const VARIABLE: &str = "KUBECTL_MC_HUB_CONTEXT";
        let by = match std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
            Some(_) => VARIABLE.to_owned(),
            None => format!("hubContext in {}", paths.config().display()),
        };
        return Ok(named(name, by));
    }
    let mapping = paths.load_mapping().map_err(|error| Fatal::failed(error.0))?;
    let by = || format!("hubContext in {}", paths.clusters().display());
    Ok(mapping.hub_context.and_then(|name| named(&name, by())))
}
