//! mc-ctx's command line.

use super::flags::{AccessArgs, CtxArgs, DiscoverArgs, OutputArgs, OutputName, TableArgs, TemplateArgs};
use super::load::{load_config, load_resolver};
use super::output::{TerminalOutput, ToolOutput};
use super::stderr::warn_of_unknown_variables;
use super::stdout::print;
use super::{discover, examples};
use crate::ctx::{self, Lookup};
use crate::exit::{Fatal, Status};
use crate::format::Output;
use crate::signals;
use crate::term;
use clap::Parser;

const TOOL: &str = "mc-ctx";

/// Print the kubeconfig's context that leads to a cluster, or switch to it
///
/// The context is found as every other command finds it: the mapping file, the context of the cluster's own name, the
/// context that leads to the server that the hub publishes. With it, kubectl and any other tool goes on where a row of a
/// table left off. Without a cluster, all of them are listed.
///
/// A cluster whose access is made on the fly, by an access provider that its hub publishes, has no context: kubectl mc
/// setup --with-contexts makes one. --use changes the kubeconfig's file in which the current context is set; its comments
/// and its order stay.
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    after_help = examples::CTX
)]
pub struct CtxCommand {
    #[command(flatten)]
    ctx: CtxArgs,
    #[command(flatten)]
    discover: DiscoverArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    output: OutputArgs,
    #[command(flatten)]
    table: TableArgs,
}

/// mc-ctx.
///
/// # Errors
/// There is no such context; files of the user's that cannot be read or written.
pub fn run(args: &CtxCommand) -> Result<Status, Fatal> {
    let typed = args.output.understand(&TemplateArgs::default())?;
    let output = match typed.as_ref().map(OutputName::output) {
        None => Output::Table,
        Some(output) if output.shows_rows() => output,
        Some(_) => {
            return Err(Fatal::usage(
                "ctx prints names: -o table, csv, tsv or ndjson gives the list another form",
            ));
        }
    };
    let (paths, config) = load_config()?;
    warn_of_unknown_variables(TOOL);
    signals::end_with_programs()?;
    let options = discover::options(&args.discover, &paths, &config)?;
    let resolver = load_resolver(&paths, &config, &args.discover.kubeconfig, &args.access)?;
    let lookup = Lookup {
        options: &options,
        resolver: &resolver,
        complain: &|message| term::complain(TOOL, message),
    };
    let Some(cluster) = &args.ctx.cluster_name else {
        let look = TerminalOutput {
            output: Some(OutputName::Plain(output)),
            no_headers: args.table.no_headers,
            ..TerminalOutput::default()
        };
        let mut sink = ToolOutput::new(look, &config);
        let status = lookup.list_all(&mut sink)?;
        return Ok(status.join(sink.finish(status)?));
    };
    let context = lookup.context_of(cluster)?;
    if !args.ctx.use_context {
        return print(&format!("{context}\n"));
    }
    ctx::switch_to(&context, resolver.kubeconfig())?;
    lookup.warn_of_lost_hub(resolver.kubeconfig(), &context, &ctx::mapping_file(&paths));
    // kubectl's words.
    print(&format!("Switched to context {context:?}.\n"))
}
