//! mc-merge's command line.

use super::groups::{OutputArgs, StatusArgs, StreamArgs, TableArgs, TemplateArgs, VerboseArgs};
use super::human::{Look, Sink};
use super::signals::Patience;
use super::{complain_as, load_config};
use crate::exit::{Fatal, Status};
use crate::merge;
use crate::wire::WhileRead;
use clap::Parser;

const TOOL: &str = "mc-merge";

/// Sort rows by cluster, namespace and name, and sum up how the clusters answered
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    after_help = "Examples:
  mc-discover | mc-exec get pods | mc-merge | mc-format
  # Two halves of a fleet in one table
  cat east.ndjson west.ndjson | mc-merge | mc-format

Exit status: 0 every cluster answered, 1 none did, 2 wrong command line, 3 some did not, 130 interrupted."
)]
pub struct Args {
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

/// mc-merge.
///
/// # Errors
/// Input or output that breaks; a configuration file that cannot be read.
pub fn run(args: &Args) -> Result<Status, Fatal> {
    let patience = Patience::begin()?;
    let (_, config) = load_config()?;
    let output = args.output.understand(&TemplateArgs::default())?;
    let look = Look::typed(output, &args.table, &args.stream, &args.status, &args.verbose);
    let mut sink = Sink::new(look.clone(), &config);
    sink.warn_of_records(look.output.as_ref(), &mut complain_as(TOOL));
    let options = merge::Options {
        stream: args.stream.stream,
        fail_on: args.status.fail_on,
    };
    let input = WhileRead::new(std::io::stdin(), std::io::stdout());
    let status = merge::run(options, input, &mut sink, &mut complain_as(TOOL))?;
    Ok(status.join(sink.finish()?).join(patience.status()))
}
