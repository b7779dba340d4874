//! mc-discover's command line.

use super::flags::{ClusterColumnArgs, DiscoverArgs, FleetArgs, OutputArgs, TableArgs, TemplateArgs};
use super::load::{load_config, load_kubeconfig, load_mapping};
use super::output::{TerminalOutput, ToolOutput};
use super::reported_problems::ReportedProblems;
use super::stage::Stage;
use super::stderr::{self, warn_of_unknown_variables};
use super::stdin::require_pipe;
use crate::config::{
    self, ClusterMapping, Config, Defaults, HUB_CONTEXT, Hub, Paths, Source, no_limit_if_zero,
};
use crate::discover::{self, Files, HubContext, Limits, Options, SelectedBy, Selection};
use crate::exit::{Fatal, Status};
use crate::record;
use crate::signals;
use clap::Parser;
use std::io::IsTerminal as _;
use std::time::Duration;

const TOOL: &str = "mc-discover";

/// List the fleet: write a Cluster record for each member that the hub or another source lists
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
  # By label; the hub is asked even if the cache is fresh
  mc-discover --cluster-selector 'env in (prod,stage)' --refresh
  # Without a hub: every context of the kubeconfig
  mc-discover --source kubeconfig
  # As Open Cluster Management lists it, with what each member reports of itself
  mc-discover --source ocm,about
  # One cluster, with what the hub knows of it
  echo prod-eu-1 | mc-discover - --source clusterprofile

Settings: flags, KUBECTL_MC_* variables and ~/.kube/kubectl-mc-config.yaml; kubectl mc config explains them.

Exit status: 0 complete, 1 failed, 2 wrong command line, 3 partial: a part of the fleet is missing or
out of date."
)]
pub struct DiscoverCommand {
    /// Read names or records from standard input: the same as --source stdin
    #[arg(value_name = "-", value_parser = ["-"], hide_possible_values = true)]
    input: Option<String>,
    /// Report how many clusters each hub lists and which are new or gone, instead of listing them. The hubs are asked
    /// even if the cache is fresh
    #[arg(long, conflicts_with = "output")]
    changes: bool,
    #[command(flatten)]
    discover: DiscoverArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    table: TableArgs,
    /// Show on standard error, if it is a terminal, which hubs are being asked, also if the output is not a terminal
    #[arg(long, hide = true)]
    progress: bool,
    #[command(flatten)]
    columns: ClusterColumnArgs,
}

impl DiscoverCommand {
    /// Returns the flags, with `-` as the source that it stands for. Without others it is the only source, whatever the
    /// configuration says.
    pub fn typed(&self) -> DiscoverArgs {
        let mut typed = self.discover.clone();
        if self.input.is_some() {
            typed.fleet.source.insert(0, Source::Stdin);
        }
        typed
    }
}

impl Stage for DiscoverCommand {
    const TOOL: &'static str = TOOL;

    fn output(&self) -> Option<&str> {
        // --changes prints for a person.
        if self.changes {
            Some("table")
        } else {
            self.output.output.as_deref()
        }
    }

    fn run(&self) -> Result<Status, Fatal> {
        run(self)
    }
}

/// mc-discover.
///
/// # Errors
/// See [`discover::run`]; also files of the user's that cannot be read.
pub fn run(args: &DiscoverCommand) -> Result<Status, Fatal> {
    let (paths, config) = load_config()?;
    warn_of_unknown_variables(TOOL);
    signals::end_with_programs()?;
    let kubeconfig = load_kubeconfig(&args.discover.kubeconfig)?;
    if let Some(hidden) = kubeconfig.hidden_sentence() {
        stderr::prefixed(TOOL)(&format!("Warning: {hidden}"));
    }
    let options = Options {
        progress: args.progress || std::io::stdout().is_terminal(),
        ..options(&args.typed(), &paths, &config)?
    };
    if options.sources.contains(&Source::Stdin) {
        require_pipe(TOOL)?;
    }
    // Read only where it is needed: it may be long.
    let needs_mapping = [Source::Kubeconfig, Source::About];
    let mapping = match options
        .sources
        .iter()
        .any(|source| needs_mapping.contains(source))
    {
        true => load_mapping(&paths)?,
        false => ClusterMapping::default(),
    };
    if args.changes {
        let files = Files {
            kubeconfig: &kubeconfig,
            mapping: &mapping,
        };
        let mut stdout = std::io::stdout().lock();
        return discover::refresh(&options, files, &mut stdout, &mut stderr::prefixed(TOOL));
    }
    let look = TerminalOutput {
        output: args.output.understand(&TemplateArgs::default())?,
        no_headers: args.table.no_headers,
        color: args.table.color.clone(),
        clusters: args.columns.understand()?,
        ..TerminalOutput::default()
    };
    let mut sink = ToolOutput::new(look, &config);
    let mut reported = ReportedProblems::by(TOOL);
    let status = discover::run(
        &options,
        Files {
            kubeconfig: &kubeconfig,
            mapping: &mapping,
        },
        std::io::stdin(),
        &mut sink,
        &mut |finding| reported.report(&finding),
    )?;
    for problem in reported.problems(status) {
        record::write(&mut sink, &problem).map_err(|error| Fatal::output(&error))?;
    }
    Ok(status.join(sink.finish(status)?))
}

/// Returns the options that were typed, with the files and the environment taken in.
pub fn options(args: &DiscoverArgs, paths: &Paths, config: &Config) -> Result<Options, Fatal> {
    options_with(args, paths, config, &|| load_mapping(paths))
}

/// Does the same with a mapping file that `mapping` reads, if nothing else names the hub.
pub fn options_with(
    args: &DiscoverArgs,
    paths: &Paths,
    config: &Config,
    mapping: &dyn Fn() -> Result<ClusterMapping, Fatal>,
) -> Result<Options, Fatal> {
    let fleet = &args.fleet;
    let sources = match Source::distinct(fleet.source.iter().copied()) {
        none if none.is_empty() => config.discovery.source.clone(),
        typed => typed,
    };
    let discovery = &config.discovery;
    let is_contexts = sources
        .iter()
        .any(|source| matches!(source, Source::Kubeconfig | Source::About));
    let selection = selection(fleet, config, sources.contains(&Source::Stdin));
    let is_needed = sources.iter().any(|source| source.needs_hub());
    // A flag that has no effect is an error; a key of a file may have none.
    let placement = match &fleet.placement {
        None if sources.contains(&Source::Inventory) => discovery.placement.clone(),
        typed => typed.clone(),
    };
    Ok(Options {
        hubs: if is_needed {
            hubs(fleet, paths, config, mapping)?
        } else {
            Vec::new()
        },
        sources,
        hub_namespace: fleet.hub_namespace.clone().or(discovery.hub_namespace.clone()),
        placement,
        contexts: if is_contexts && fleet.contexts.is_empty() {
            discovery.contexts.clone()
        } else {
            fleet.contexts.clone()
        },
        region: fleet
            .region
            .clone()
            .or_else(|| discovery.region.clone())
            .filter(|region| !region.is_empty()),
        refresh: fleet.refresh,
        max_stale: match fleet.no_stale {
            true => Duration::ZERO,
            false => fleet.max_stale.unwrap_or(discovery.max_stale),
        },
        cache_ttl: fleet.cache_ttl.unwrap_or(discovery.cache_ttl),
        cache_dir: args.cache.folder(paths, config),
        keep: true,
        limits: Limits {
            timeout: args.timeout.timeout(config),
            connect_timeout: args.limits.connect_timeout(config),
            total_timeout: args.limits.total_timeout(config),
            concurrency: args.limits.concurrency(config),
            login_timeout: no_limit_if_zero(args.limits.login_timeout(config)),
        },
        selection,
        progress: false,
        skip_unhealthy: fleet.skip_unhealthy.unwrap_or(discovery.skip_unhealthy),
    })
}

/// Returns which clusters are asked: what was typed, else what is configured. Clusters that are read from standard input
/// have been chosen.
fn selection(fleet: &FleetArgs, config: &Config, is_stdin: bool) -> Selection {
    let none = Defaults::default();
    let defaults = if is_stdin { &none } else { &config.defaults };
    let patterns = |typed: &[String], flag: &'static str, default: &[String], key: &str| match typed {
        [] if !default.is_empty() => (default.to_vec(), config::set_by(key)),
        typed => (typed.to_vec(), flag.to_owned()),
    };
    let (clusters, clusters_by) = patterns(
        &fleet.clusters,
        "--clusters",
        &defaults.clusters,
        "defaults.clusters",
    );
    let (exclude, exclude_by) = patterns(&fleet.exclude, "--exclude", &defaults.exclude, "defaults.exclude");
    let (cluster_sets, cluster_sets_by) = patterns(
        &fleet.cluster_set,
        "--cluster-set",
        &defaults.cluster_set,
        "defaults.clusterSet",
    );
    let (selector, selector_by) = match (&fleet.cluster_selector, &defaults.cluster_selector) {
        (None, Some(selector)) => (Some(selector.clone()), config::set_by("defaults.clusterSelector")),
        (typed, _) => (typed.clone(), "--cluster-selector".to_owned()),
    };
    Selection {
        clusters,
        exclude,
        selector,
        cluster_sets,
        healthy: fleet.healthy.unwrap_or(defaults.healthy),
        groups: config.groups.clone(),
        named_by: SelectedBy {
            clusters: clusters_by,
            exclude: exclude_by,
            selector: selector_by,
            cluster_sets: cluster_sets_by,
        },
    }
}

/// Returns several hubs, which `by` names.
fn hubs_of(hubs: &[Hub], by: &str) -> Vec<HubContext> {
    let context = |hub: &Hub| HubContext {
        name: hub.context.clone(),
        by: by.to_owned(),
        region: hub.region.clone(),
    };
    hubs.iter().map(context).collect()
}

/// The hubs' contexts and where they are named; none where only the kubeconfig can tell.
fn hubs(
    fleet: &FleetArgs,
    paths: &Paths,
    config: &Config,
    mapping: &dyn Fn() -> Result<ClusterMapping, Fatal>,
) -> Result<Vec<HubContext>, Fatal> {
    let named = |name: &str, by: String| {
        let known = config.hubs.iter().find(|hub| hub.context == name);
        vec![HubContext {
            name: name.to_owned(),
            by,
            region: known.and_then(|hub| hub.region.clone()),
        }]
    };
    if let Some(hubs) = &fleet.hubs {
        return Ok(hubs_of(hubs, "--hubs"));
    }
    if let Some(name) = &fleet.hub_context {
        return Ok(match name.as_str() {
            "" => Vec::new(),
            name => named(name, "--hub-context".into()),
        });
    }
    let is_set = std::env::var_os(HUB_CONTEXT).is_some_and(|value| !value.is_empty());
    let file = paths.config();
    if let Some(name) = config.hub_context.as_ref().filter(|_| is_set) {
        return Ok(named(name, HUB_CONTEXT.to_owned()));
    }
    match (&config.hub_context, config.hubs.as_slice()) {
        (Some(_), [_, ..]) => {
            return Err(Fatal::failed(format!(
                "{}: hubContext names one hub and hubs several: leave one of them out",
                file.display()
            )));
        }
        (Some(name), []) => return Ok(named(name, format!("hubContext in {}", file.display()))),
        (None, []) => {}
        (None, hubs) => {
            let by = match config::set_by("hubs") {
                key if key == "hubs" => format!("hubs in {}", file.display()),
                variable => variable,
            };
            return Ok(hubs_of(hubs, &by));
        }
    }
    let by = || format!("hubContext in {}", paths.mapping().display());
    let hub = mapping()?.hub_context;
    Ok(hub.map(|name| named(&name, by())).unwrap_or_default())
}
