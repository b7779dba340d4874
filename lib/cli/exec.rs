//! mc-exec's command line.

use super::groups::{
    GetArgs, KubeconfigArgs, OutputArgs, OutputName, RunArgs, StatusArgs, StreamArgs, TableArgs,
    TemplateArgs, TimeoutArgs, VerboseArgs,
};
use super::human::{Look, Sink};
use super::kubectl::{ActAsArgs, CacheArgs, RefusedArgs};
use super::{complain_as, limit, load_config, load_resolver, need_piped_stdin, unless_idle};
use crate::config::{Config, Paths};
use crate::connect;
use crate::exec::{self, ActAs, Options, Query, Want};
use crate::exit::{Fatal, Status};
use crate::format::Output;
use clap::{Parser, Subcommand};

const TOOL: &str = "mc-exec";

/// Ask every cluster at once: reads Cluster records or bare names, writes rows and a Result a cluster
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    after_help = "Examples:
  # All clusters, a table
  mc-discover | mc-exec get pods -A
  # The production clusters, whatever way they are chosen
  mc-discover | grep prod | mc-exec get deployments -n web
  # Without a hub: every context of the kubeconfig
  kubectl config get-contexts -o name | mc-exec get nodes

Exit status: 0 every cluster answered, 1 none did, 2 wrong command line, 3 some did not, 130 interrupted."
)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    timeout: TimeoutArgs,
    #[command(flatten)]
    kubeconfig: KubeconfigArgs,
    #[command(flatten)]
    act_as: ActAsArgs,
    #[command(flatten)]
    cache: CacheArgs,
    #[command(flatten)]
    refused: RefusedArgs,
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
    /// Show who has not answered yet on standard error while it is a terminal
    #[arg(long, global = true, hide = true)]
    progress: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Display one or many resources, as kubectl get does
    Get(Box<GetArgs>),
}

/// mc-exec.
///
/// # Errors
/// See [`exec::run`]; also files of the user's that cannot be read.
pub fn run(args: &Args) -> Result<Status, Fatal> {
    args.refused.refuse()?;
    let output = args.output.understand(&args.template)?;
    let Verb::Get(get) = &args.verb;
    get.check(output.as_ref())?;
    need_piped_stdin(TOOL)?;
    let (paths, config) = load_config()?;
    let Some(resolver) = unless_idle(load_resolver(&paths, &args.kubeconfig))? else {
        return Ok(Status::Complete);
    };
    let options = options(args, output.as_ref(), &paths, &config);
    let look = Look::typed(output, &args.table, &args.stream, &args.status, &args.verbose);
    let sink = Sink::new(look, &config);
    let output = Box::new(sink.clone());
    let status = exec::run(
        &options,
        &resolver,
        std::io::stdin(),
        output,
        &mut complain_as(TOOL),
    )?;
    Ok(status.join(sink.finish()?))
}

fn options(args: &Args, output: Option<&OutputName>, paths: &Paths, config: &Config) -> Options {
    let run = &args.run;
    let Verb::Get(get) = &args.verb;
    Options {
        concurrency: run.concurrency.unwrap_or(config.execution.max_concurrency),
        timeout: limit(args.timeout.typed().unwrap_or(config.execution.timeout)),
        connect_timeout: run
            .connect_timeout
            .map_or(connect::Options::default().connect_timeout, limit),
        total_timeout: run.total_timeout.map(limit),
        fail_fast: run.fail_fast || !config.execution.continue_on_error,
        fail_on: args.status.fail_on,
        progress: args.progress,
        verbose: args.verbose.is_verbose(),
        cache_dir: args.cache.folder(paths),
        act_as: ActAs {
            user: args.act_as.as_user.clone(),
            groups: args.act_as.as_group.clone(),
            uid: args.act_as.as_uid.clone(),
            extra: args.act_as.extra(),
        },
        warnings_as_errors: args.act_as.warnings_as_errors,
        query: Query {
            args: get.args.clone(),
            namespace: get.namespace.clone(),
            all_namespaces: get.all_namespaces,
            selector: get.selector.clone(),
            field_selector: get.field_selector.clone(),
            want: match output {
                Some(OutputName::Wide) => Want::WideRows,
                Some(OutputName::Plain(output)) if output.needs_objects() => Want::Objects,
                _ => Want::Rows,
            },
            show_labels: get.show_labels,
            label_columns: get.label_columns.clone(),
            ignore_not_found: get.ignore_not_found,
            chunk_size: get.chunk_size,
            show_managed_fields: get.show_managed_fields
                || output.is_some_and(|output| output.output().shows_managed_fields()),
            subresource: get.subresource.clone(),
            plain_rows: !get.server_print,
            names_only: matches!(output, Some(OutputName::Plain(Output::Name))),
            raw: get.raw.clone(),
            sort_by: get.sort_by.clone(),
        },
    }
}
