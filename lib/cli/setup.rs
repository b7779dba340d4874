//! mc-setup's command line.

use super::discover;
use super::examples;
use super::flags::{AccessArgs, ColorArgs, DiscoverArgs, SetupArgs};
use super::load::{load_config, load_resolver};
use super::stderr::warn_of_unknown_variables;
use crate::exit::{Fatal, Status};
use crate::setup::{self, Options};
use crate::signals;
use crate::term::Terminal;
use crate::vendor::Vendor;
use clap::Parser;

const TOOL: &str = "mc-setup";

/// Set up access to each cluster: run the clouds' own tools, and write the mapping file
///
/// For each cluster of the fleet without access: if the hub or the cluster's entry in the mapping file says which cloud
/// it is on, that cloud's tool (aws, gcloud, az, aliyun) writes a kubeconfig context once you agree; otherwise you
/// choose one of your contexts. If the context answers, it is written to the cluster's entry in
/// ~/.kube/kubectl-mc-clusters.yaml together with what the tool was told, and the hub's context is written there too.
/// Everything else in the file stays as it is, and the former file is kept as a copy (.bak). The hub is always asked,
/// and the cached fleets are deleted if anything has changed.
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    after_help = examples::SETUP,
)]
pub struct SetupCommand {
    #[command(flatten)]
    setup: SetupArgs,
    #[command(flatten)]
    discover: DiscoverArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    color: ColorArgs,
}

/// mc-setup.
///
/// # Errors
/// See [`setup::run`].
pub fn run(args: &SetupCommand) -> Result<Status, Fatal> {
    let (paths, config) = load_config()?;
    warn_of_unknown_variables(TOOL);
    signals::end_with_programs()?;
    let DiscoverArgs {
        limits,
        timeout,
        kubeconfig,
        ..
    } = &args.discover;
    let options = Options {
        provider: args.setup.provider.as_deref().and_then(Vendor::named),
        yes: args.setup.yes,
        with_contexts: args.setup.with_contexts,
        dry_run: args.setup.dry_run,
        discover: discover::options(&args.discover, &paths, &config)?,
        timeout: timeout.timeout(&config),
        connect_timeout: limits.connect_timeout(&config),
        kubeconfig: kubeconfig.kubeconfig.clone(),
        paths: paths.clone(),
    };
    let load = || load_resolver(&paths, &config, kubeconfig, &args.access);
    setup::run(
        options,
        &config,
        &load,
        Terminal::stdout(args.color.colorize(&config)),
    )
}
