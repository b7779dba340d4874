//! mc-setup's command line.

use super::discover;
use super::flags::{AccessArgs, DiscoverArgs, SetupArgs};
use super::load::{load_config, load_resolver};
use super::stderr::warn_of_unknown_variables;
use crate::exit::{Fatal, Status};
use crate::setup::{self, Options};
use crate::signals;
use crate::term::Terminal;
use crate::vendor::Vendor;
use clap::Parser;

const TOOL: &str = "mc-setup";

/// Find or make the way into each cluster: asks the clouds' own tools, and writes the mapping file
///
/// For each cluster of the fleet that has no access yet: if the hub, or the cluster's entry in the mapping file, says
/// which cloud it is on, that cloud's tool (aws, gcloud, az, aliyun) writes a kubeconfig context, once you agree; else
/// you choose one of the contexts that are there. A context that answers is written to the cluster's entry in
/// ~/.kube/kubectl-mc-clusters.yaml, with what the tool was told, and the hub's context is written there too. All
/// else in the file stays as it is; what it held before is kept beside it (.bak). The hub is always asked anew, and
/// cached fleets are forgotten when anything has changed.
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    after_help = "Examples:
  # Walk through the fleet, on a terminal
  kubectl mc setup
  # What would be run and changed
  kubectl mc setup --dry-run
  # Everything that can be done without a question, for the clusters on AWS
  kubectl mc setup --provider aws --yes

Without a terminal and without --yes, what needs a question is left, and named.

Exit status: 0 every cluster has access, 1 none has or the hub failed, 2 wrong command line, 3 some have none."
)]
pub struct Args {
    #[command(flatten)]
    setup: SetupArgs,
    #[command(flatten)]
    discover: DiscoverArgs,
    #[command(flatten)]
    access: AccessArgs,
}

/// mc-setup.
///
/// # Errors
/// See [`setup::run`].
pub fn run(args: &Args) -> Result<Status, Fatal> {
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
        dry_run: args.setup.dry_run,
        discover: discover::options(&args.discover, &paths, &config)?,
        timeout: timeout.timeout(&config),
        connect_timeout: limits.connect_timeout(),
        kubeconfig: kubeconfig.kubeconfig.clone(),
        paths: paths.clone(),
    };
    let load = || load_resolver(&paths, &config, kubeconfig, &args.access);
    setup::run(options, &config, &load, Terminal::stdout(config.output.colorize))
}
