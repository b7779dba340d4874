//! mc-exec's command line.

use super::flags::{
    AccessArgs, AccessibleArgs, ActAsArgs, CacheArgs, KubeconfigArgs, LimitArgs, OutputArgs, OutputName,
    OutputParser, RefusedArgs, RunArgs, StatusArgs, StreamArgs, TableArgs, TemplateArgs, TimeoutArgs,
    VerboseArgs,
};
use super::output::{TerminalOutput, ToolOutput};
use super::resolver::{self, ResolverFlags};
use super::signals::AtOnce;
use super::stage::Stage;
use super::stderr;
use super::verbs::ExecVerb;
use super::version::print_client;
use super::want::want;
use crate::config::{Config, Paths};
use crate::exec;
use crate::exec::act_as::ActAs;
use crate::exec::ask::Ask;
use crate::exec::get::Getter;
use crate::exec::get::query::SentFields;
use crate::exec::options::Options;
use crate::exec::version::ServerVersion;
use crate::exit::{Fatal, Status};
use clap::Parser;
use std::io::IsTerminal;

const TOOL: &str = "mc-exec";

const STDIN_IS_TAKEN: &str = "standard input is the stream of clusters: give the objects a descriptor of \
their own, as in mc-discover | mc-exec get -f /dev/fd/3 3<FILE, or use kubectl mc get -f -";

/// Ask every cluster at once: read Cluster records or bare names, write rows and one Result for each cluster
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    after_help = "Examples:
  # All clusters, a table
  mc-discover | mc-exec get pods -A
  # The production clusters: by name, and by anything in their records
  mc-discover -o name | grep prod | mc-exec get deployments -n web
  mc-discover | grep prod | mc-exec get deployments -n web
  # The version of every API server
  mc-discover | mc-exec version
  # A format printed at once, or fetched for a later stage to print
  mc-discover | mc-exec get pods -o csv
  mc-discover | mc-exec get pods --for json | mc-merge | mc-format -o json
  # Without a hub: every context of the kubeconfig
  kubectl config get-contexts -o name | mc-exec get nodes

Settings: flags, KUBECTL_MC_* variables and ~/.kube/kubectl-mc-config.yaml; kubectl mc config explains them.

Exit status: 0 every cluster answered, 1 none answered, 2 wrong command line, 3 some did not answer or a stage lost
something, 130 interrupted."
)]
pub struct ExecCommand {
    #[command(subcommand)]
    verb: ExecVerb,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    timeout: TimeoutArgs,
    #[command(flatten)]
    kubeconfig: KubeconfigArgs,
    #[command(flatten)]
    pub(super) access: AccessArgs,
    #[command(flatten)]
    pub(super) accessible: AccessibleArgs,
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
    pub(super) table: TableArgs,
    #[command(flatten)]
    stream: StreamArgs,
    #[command(flatten)]
    status: StatusArgs,
    #[command(flatten)]
    verbose: VerboseArgs,
    /// The format that a later stage prints. It decides what is fetched: rows, whole objects or names. In a pipe,
    /// records are written unless --output asks for a format here [default: --output]
    #[arg(long = "for", value_name = "FORMAT", global = true, help_heading = "Output", hide_possible_values = true,
          value_parser = OutputParser)]
    fetched_for: Option<String>,
    /// With --for and custom columns, write only the fields of each object that are printed: less to merge and to
    /// format. Other formats get whole objects
    #[arg(long, global = true)]
    trim: bool,
    /// Send this field of each object along with its row, for a later stage: --fields=.spec.nodeName (repeatable)
    #[arg(long, value_name = "JSONPATH", global = true, help_heading = "Output")]
    fields: Vec<String>,
    /// Show on standard error, if it is a terminal, which clusters have not answered yet
    #[arg(long, global = true, hide = true)]
    progress: bool,
    /// With --progress, show the rows so far when Enter is typed
    #[arg(long, global = true, hide = true)]
    offer_rows: bool,
}

impl Stage for ExecCommand {
    const TOOL: &'static str = TOOL;

    fn output(&self) -> Option<&str> {
        self.output.output.as_deref()
    }

    fn run(&self) -> Result<Status, Fatal> {
        run(self)
    }
}

/// mc-exec.
///
/// # Errors
/// See [`exec::run`]; also files of the user's that cannot be read.
pub fn run(args: &ExecCommand) -> Result<Status, Fatal> {
    args.refused.refuse()?;
    let fetched = OutputArgs {
        output: args.fetched_for.clone().or_else(|| args.output.output.clone()),
    };
    let output = fetched.understand(&args.template);
    match &args.verb {
        ExecVerb::Get(get) => {
            let (output, mut query) = get.query(&fetched, output)?;
            if args.trim && !get.watch.output_watch_events {
                query.trim = output.as_ref().and_then(|output| output.output().fields());
            }
            query.fields = SentFields::parse(&args.fields).map_err(Fatal::usage)?;
            run_verb(args, output, |paths, config| {
                if let Some(watch) = &mut query.watch {
                    watch.timeout = args.timeout.timeout(config);
                    // As in kubectl, where --request-timeout ends a watch. The configuration's timeout is not meant for
                    // watches.
                    watch.limit = args.timeout.typed();
                }
                if let Some(warning) = get.warning() {
                    stderr::verbatim(warning);
                }
                Getter::new(query, &args.cache.folder(paths, config))
            })
        }
        ExecVerb::Version(version) => {
            let output = version.check(&fetched, output)?;
            if version.client {
                return print_client(output.as_ref());
            }
            let want = want(output.as_ref());
            run_verb(args, output, |_, _| Ok(ServerVersion { want }))
        }
    }
}

/// Asks every cluster with a verb, which `make` makes once the configuration has been read. `output` is the format that
/// is fetched for.
fn run_verb<V: Ask>(
    args: &ExecCommand,
    output: Option<OutputName>,
    make: impl FnOnce(&Paths, &Config) -> Result<V, Fatal>,
) -> Result<Status, Fatal> {
    let printed = match (&args.fetched_for, &args.output.output) {
        (Some(_), Some(_)) => args.output.understand(&args.template)?,
        (Some(_), None) => None,
        (None, Some(_)) => output,
        // A --template says how to print, and not that this stage is to print: in a pipe that takes --output.
        (None, None) => output.filter(|_| std::io::stdout().is_terminal()),
    };
    let files = args.verb.files()?;
    if files.stdin.is_none() && files.filenames.iter().any(|name| name == "-") {
        return Err(Fatal::usage(STDIN_IS_TAKEN));
    }
    let flags = ResolverFlags {
        kubeconfig: &args.kubeconfig,
        access: &args.access,
        accessible: &args.accessible,
        cache: &args.cache,
        limits: &args.limits,
        timeout: &args.timeout,
    };
    let (paths, config, resolver) = match resolver::load(args, &flags)? {
        Ok(loaded) => loaded,
        Err(status) => return Ok(status),
    };
    let options = options(args, &config);
    let mut look = TerminalOutput::typed(printed, &args.table, &args.stream, &args.status, &args.verbose);
    look.stream |= args.verb.is_endless();
    let verb = make(&paths, &config)?;
    let sink = ToolOutput::new(look, &config);
    let output = Box::new(sink.clone());
    let ended = exec::run(&options, &verb, &resolver, std::io::stdin(), output);
    let status = match ended {
        Err(_) if sink.is_over() => Status::Complete,
        ended => ended?,
    };
    let _at_once = AtOnce::begin(status);
    Ok(status.join(sink.finish(status)?))
}

pub(super) fn options(args: &ExecCommand, config: &Config) -> Options {
    let (run, limits) = (&args.run, &args.limits);
    Options {
        concurrency: limits.concurrency(config),
        timeout: args.timeout.timeout(config),
        connect_timeout: limits.connect_timeout(config),
        total_timeout: limits.total_timeout(config),
        fail_fast: run.fail_fast(config),
        fail_on: args.status.fail_on(config),
        progress: args.progress,
        offer_rows: args.offer_rows,
        verbose: args.verbose.is_verbose(),
        act_as: ActAs {
            user: args.act_as.as_user.clone(),
            groups: args.act_as.as_group.clone(),
            uid: args.act_as.as_uid.clone(),
            extra: args.act_as.extra(),
        },
        warnings_as_errors: args
            .act_as
            .warnings_as_errors
            .unwrap_or(config.execution.warnings_as_errors),
    }
}
