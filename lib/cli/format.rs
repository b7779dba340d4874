//! mc-format's command line.

use super::flags::{
    ClusterColumnArgs, OutputArgs, StatusArgs, StreamArgs, TableArgs, TemplateArgs, VerboseArgs,
};
use super::load::load_config;
use super::output::TerminalOutput;
use super::signals::Patience;
use super::stage::Stage;
use super::stderr;
use crate::exit::{Fatal, Status};
use crate::format;
use crate::program::pager::PagedOutput;
use crate::term::Terminal;
use clap::Parser;
use std::cell::RefCell;
use std::io::{self, Write};

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
    columns: ClusterColumnArgs,
    #[command(flatten)]
    stream: StreamArgs,
    #[command(flatten)]
    status: StatusArgs,
    #[command(flatten)]
    verbose: VerboseArgs,
    /// On a terminal, show output that is longer than the screen with this program
    #[arg(long, value_name = "COMMAND", hide = true)]
    pager: Option<String>,
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
    let look = TerminalOutput {
        clusters: args.columns.understand()?,
        ..TerminalOutput::typed(output, &args.table, &args.stream, &args.status, &args.verbose)
    };
    let terminal = Terminal::stdout(args.table.color.colorize(&config));
    let options = look.format(&config, terminal);
    let status = match terminal.is_terminal {
        true => show(options, args.pager.as_deref(), &patience)?,
        false => {
            let mut output = std::io::BufWriter::new(std::io::stdout().lock());
            format::run(options, patience.input(), &mut output, &mut stderr::verbatim)?
        }
    };
    Ok(status.join(patience.status()))
}

/// Prints on the terminal, and messages after the person has left the pager.
fn show(options: format::Options, pager: Option<&str>, patience: &Patience) -> Result<Status, Fatal> {
    let starts = || patience.leave_signals_to_pager();
    let output = RefCell::new(PagedOutput::new(pager, &starts));
    let mut held_back = Vec::new();
    let mut complain = |message: &str| match output.borrow().is_paging() {
        true => held_back.push(message.to_owned()),
        false => stderr::verbatim(message),
    };
    let formatted = format::run(options, patience.input(), &mut Shared(&output), &mut complain);
    let ended = output.borrow_mut().end().map_err(|error| Fatal::output(&error));
    let status = formatted.and_then(|status| ended.map(|()| status))?;
    held_back.iter().for_each(|message| stderr::verbatim(message));
    Ok(status)
}

/// An output that is looked at between writes.
struct Shared<'a, W>(&'a RefCell<W>);

impl<W: Write> Write for Shared<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.borrow_mut().flush()
    }
}
