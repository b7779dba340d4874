//! mc-merge's command line.

use super::flags::{OutputArgs, StatusArgs, StrategyArgs, StreamArgs, TableArgs, TemplateArgs, VerboseArgs};
use super::load::load_config;
use super::output::{TerminalOutput, ToolOutput};
use super::signals::Patience;
use super::stage::Stage;
use super::stderr;
use crate::exit::{Fatal, Status};
use crate::merge;
use clap::Parser;
use std::path::PathBuf;

const TOOL: &str = "mc-merge";

/// Sort rows by cluster, and summarize how the clusters answered
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    after_help = "Examples:
  mc-discover | mc-exec get pods | mc-merge | mc-format
  # Two parts of a fleet in one table
  cat east.ndjson west.ndjson | mc-merge | mc-format
  # Counts; those of parts of a fleet add up
  mc-discover | mc-exec get pods -A | mc-merge --group-by STATUS | mc-format
  # What differs from a cluster, and from most clusters
  mc-discover | mc-exec get deploy -A | mc-merge --diff prod-eu-1 | mc-format
  mc-discover | mc-exec get deploy -A --for json | mc-merge --drift --exit-code | mc-format -o yaml
  # From another machine, with every cluster of the fleet accounted for
  mc-discover | tee fleet | ssh bastion mc-exec get pods | mc-merge --expect fleet | mc-format

Settings: flags, KUBECTL_MC_* variables and ~/.kube/kubectl-mc-config.yaml; kubectl mc config explains them.

Exit status: 0 every cluster answered, 1 none answered, 2 wrong command line, 3 some did not answer or a stage lost
something, 4 clusters differ (--exit-code), 130 interrupted."
)]
pub struct MergeCommand {
    /// A file of the clusters that must not be missing, as Cluster records or names. It is read at the end of the
    /// input; a cluster that nothing came from counts as failed
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    #[command(flatten)]
    strategy: StrategyArgs,
    #[command(flatten)]
    stream: StreamArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    status: StatusArgs,
    #[command(flatten)]
    verbose: VerboseArgs,
}

impl Stage for MergeCommand {
    const TOOL: &'static str = TOOL;

    fn output(&self) -> Option<&str> {
        self.output.output.as_deref()
    }

    fn run(&self) -> Result<Status, Fatal> {
        run(self)
    }
}

/// mc-merge.
///
/// # Errors
/// Input or output that breaks; a configuration file that cannot be read.
pub fn run(args: &MergeCommand) -> Result<Status, Fatal> {
    let patience = Patience::begin()?;
    let (_, config) = load_config()?;
    let output = args.output.understand(&TemplateArgs::default())?;
    let strategy = args.strategy.strategy()?;
    if strategy.is_some() {
        args.strategy.check(output.as_ref(), args.table.output_list)?;
        args.strategy.check_end(false, args.stream.stream)?;
    }
    let look = TerminalOutput::typed(output, &args.table, &args.stream, &args.status, &args.verbose);
    let mut sink = ToolOutput::new(look, &config);
    let options = merge::Options {
        stream: args.stream.stream,
        fail_on: args.status.fail_on(&config),
        expect: args.expect.clone(),
        strategy,
    };
    let input = patience.input();
    let status = merge::run(options, input, &mut sink, &mut stderr::prefixed(TOOL))?;
    Ok(status.join(sink.finish(status)?).join(patience.status()))
}
