//! mc-resolve's command line.

use super::flags::{
    AccessArgs, AccessibleArgs, CacheArgs, ClusterColumnArgs, KubeconfigArgs, LimitArgs, OutputArgs,
    TableArgs, TemplateArgs, TimeoutArgs, VerboseArgs,
};
use super::output::{TerminalOutput, ToolOutput};
use super::resolver::{self, ResolverFlags};
use super::stage::Stage;
use super::stderr;
use crate::exit::{Fatal, Status};
use crate::resolve;
use clap::Parser;

const TOOL: &str = "mc-resolve";

/// Find the access to each cluster: add it, or why there is none, to Cluster records
///
/// Reads Cluster records or bare names from standard input. The first of these that exists is a cluster's access: the
/// context that the mapping file ~/.kube/kubectl-mc-clusters.yaml names, the kubeconfig context with the cluster's own
/// name, the context that leads to the server that the hub publishes, and the access providers that the hub publishes
/// and you allow: EKS, GKE and AKS with their own tools, OCM's cluster-proxy, and those of
/// ~/.kube/kubectl-mc-providers.json. access.order in the configuration changes the order. A bare name is looked up in
/// the cached fleet; without a cached fleet the hub is asked.
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    mut_arg("verbose", |arg| arg.help("Report on standard error which access was chosen for each cluster, and why")),
    after_help = "Examples:
  # The context of each cluster, and the clusters without one
  mc-discover | mc-resolve
  # The same for names
  kubectl config get-contexts -o name | mc-resolve -v

A cluster without access is passed on with the reason, and mc-exec counts it.

Settings: flags, KUBECTL_MC_* variables and ~/.kube/kubectl-mc-config.yaml; kubectl mc config explains them.

Exit status: 0 complete, 1 failed, 2 wrong command line, 3 partial: this or an
earlier stage lost something."
)]
pub struct ResolveCommand {
    #[command(flatten)]
    kubeconfig: KubeconfigArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    accessible: AccessibleArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    columns: ClusterColumnArgs,
    #[command(flatten)]
    verbose: VerboseArgs,
}

impl Stage for ResolveCommand {
    const TOOL: &'static str = TOOL;

    fn output(&self) -> Option<&str> {
        self.output.output.as_deref()
    }

    fn run(&self) -> Result<Status, Fatal> {
        run(self)
    }
}

/// mc-resolve.
///
/// # Errors
/// See [`resolve::run`]; also files of the user's that cannot be read.
pub fn run(args: &ResolveCommand) -> Result<Status, Fatal> {
    let flags = ResolverFlags {
        kubeconfig: &args.kubeconfig,
        access: &args.access,
        accessible: &args.accessible,
        cache: &args.cache,
        limits: &LimitArgs::default(),
        timeout: &TimeoutArgs::default(),
    };
    let (_, config, resolver) = match resolver::load(args, &flags)? {
        Ok(loaded) => loaded,
        Err(status) => return Ok(status),
    };
    let look = TerminalOutput {
        output: args.output.understand(&TemplateArgs::default())?,
        no_headers: args.table.no_headers,
        color: args.table.color.clone(),
        verbose: args.verbose.is_verbose(),
        clusters: args.columns.understand()?,
        ..TerminalOutput::default()
    };
    let mut sink = ToolOutput::new(look, &config);
    let verbose = args.verbose.is_verbose();
    let status = resolve::run(
        &resolver,
        verbose,
        std::io::stdin(),
        &mut sink,
        &mut stderr::prefixed(TOOL),
    )?;
    Ok(status.join(sink.finish(status)?))
}
