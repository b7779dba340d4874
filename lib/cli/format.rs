//! mc-format's command line.

use super::flags::{OutputArgs, StatusArgs, StreamArgs, TableArgs, TemplateArgs, VerboseArgs};
use super::load::load_config;
use super::output::TerminalOutput;
use super::signals::Patience;
use super::stage::Stage;
use super::stderr;
use crate::exit::{Fatal, Status};
use crate::format;
use crate::term::Terminal;
use clap::Parser;

/// Print records as kubectl would: as a table, JSON, YAML, CSV or names
#[derive(Debug, Parser)]
#[command(
    name = "mc-format",
    version,
    args_override_self = true,
    after_help = "Examples:
  mc-discover | mc-exec get pods | mc-merge | mc-format
  # A spreadsheet
  mc-discover | mc-exec get nodes | mc-merge | mc-format -o csv > nodes.csv
  # Formats of whole objects need them to be fetched
  mc-discover | mc-exec get nodes --for json | mc-merge | mc-format -o json

Settings: flags, KUBECTL_MC_* variables and ~/.kube/kubectl-mc-config.yaml; kubectl mc config explains them.

Exit status: 0 every cluster answered, 1 none answered, 2 wrong command line, 3 some did not answer or a stage lost
something, 130 interrupted."
)]
pub struct FormatCommand {
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    template: TemplateArgs,
    #[command(flatten)]
    table: TableArgs,
    #[command(flatten)]
    stream: StreamArgs,
    #[command(flatten)]
    status: StatusArgs,
    #[command(flatten)]
    verbose: VerboseArgs,
}

impl Stage for FormatCommand {
    const TOOL: &'static str = "mc-format";
    const WRITES_RECORDS: bool = false;

    fn output(&self) -> Option<&str> {
        self.output.output.as_deref()
    }

    fn run(&self) -> Result<Status, Fatal> {
        run(self)
    }
}

/// mc-format.
///
/// # Errors
/// Input or output that breaks; a configuration file that cannot be read.
pub fn run(args: &FormatCommand) -> Result<Status, Fatal> {
    let patience = Patience::begin()?;
    let (_, config) = load_config()?;
    let output = args.output.understand(&args.template)?;
    let look = TerminalOutput::typed(output, &args.table, &args.stream, &args.status, &args.verbose);
    let options = look.format(&config, Terminal::stdout(config.output.colorize));
    let mut output = std::io::BufWriter::new(std::io::stdout().lock());
    let status = format::run(options, patience.input(), &mut output, &mut stderr::verbatim)?;
    Ok(status.join(patience.status()))
}
