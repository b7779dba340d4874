//! mc-exec's command line.

use super::discover;
use super::groups::{
    AccessArgs, AccessibleArgs, FleetArgs, GetArgs, KubeconfigArgs, LimitArgs, OutputArgs, OutputName,
    OutputParser, RunArgs, StatusArgs, StreamArgs, TableArgs, TemplateArgs, TimeoutArgs, VerboseArgs,
};
use super::kubectl::{ActAsArgs, CacheArgs, RefusedArgs};
use super::output::{TerminalOutput, ToolOutput};
use super::signals::AtOnce;
use super::stage::{Stage, writes_records};
use super::{
    complain_as, fleet_of_names, limit, load_config, load_resolver, need_piped_stdin, say, unless_idle,
};
use crate::config::{Config, Paths};
use crate::exec::{self, ActAs, Options, Query, Want, Watch};
use crate::exit::{Fatal, Status};
use crate::format::Output;
use clap::{Parser, Subcommand};
use std::io::IsTerminal;

const TOOL: &str = "mc-exec";

const STDIN_IS_TAKEN: &str = "error: standard input is the stream of clusters: give the objects a descriptor of \
their own, as in mc-discover | mc-exec get -f /dev/fd/3 3<FILE, or use kubectl mc get -f -";

/// Ask every cluster at once: reads Cluster records or bare names, writes rows and a Result a cluster
#[derive(Debug, Parser)]
#[command(
    name = TOOL,
    version,
    args_override_self = true,
    after_help = "Examples:
  # All clusters, a table
  mc-discover | mc-exec get pods -A
  # The production clusters: by name, and by anything that their records say
  mc-discover -o name | grep prod | mc-exec get deployments -n web
  mc-discover | grep prod | mc-exec get deployments -n web
  # A format at once, or fetched for a later stage to print
  mc-discover | mc-exec get pods -o csv
  mc-discover | mc-exec get pods --for json | mc-merge | mc-format -o json
  # Without a hub: every context of the kubeconfig
  kubectl config get-contexts -o name | mc-exec get nodes

Exit status: 0 every cluster answered, 1 none did, 2 wrong command line, 3 some did not or a stage lost something,
130 interrupted."
)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
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
    accessible: AccessibleArgs,
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
    /// The format that a later stage prints, which decides what is fetched: rows, whole objects or names. In a pipe
    /// records are written, unless --output asks for that format here [default: --output]
    #[arg(long = "for", value_name = "FORMAT", global = true, help_heading = "Output", hide_possible_values = true,
          value_parser = OutputParser)]
    fetched_for: Option<String>,
    /// Of each object, send only what --for looks at: less to merge and to format. For custom columns; others send
    /// whole objects
    #[arg(long, global = true)]
    trim: bool,
    /// Show who has not answered yet on standard error while it is a terminal
    #[arg(long, global = true, hide = true)]
    progress: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Display one or many resources, as kubectl get does
    Get(Box<GetArgs>),
}

impl Stage for Args {
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
pub fn run(args: &Args) -> Result<Status, Fatal> {
    args.refused.refuse()?;
    let Verb::Get(get) = &args.verb;
    let printed = match (&args.fetched_for, &args.output.output) {
        (Some(_), Some(_)) => args.output.understand(&args.template),
        _ => Ok(None),
    };
    let fetched = args.fetched();
    let (output, mut query) = understood(get, &fetched, fetched.understand(&args.template))?;
    if args.trim && !get.watch.output_watch_events {
        query.trim = output.as_ref().and_then(|output| output.output().fields());
    }
    let printed = match (&args.fetched_for, &args.output.output) {
        (Some(_), _) => printed?,
        (None, Some(_)) => output,
        // A --template says how to print, and not that this stage is to print: in a pipe that takes --output.
        (None, None) => output.filter(|_| std::io::stdout().is_terminal()),
    };
    if query.files.stdin.is_none() && query.files.filenames.iter().any(|name| name == "-") {
        return Err(Fatal::usage(STDIN_IS_TAKEN));
    }
    need_piped_stdin(TOOL)?;
    let loaded = load_config().and_then(|(paths, config)| {
        let resolver = load_resolver(&paths, &config, &args.kubeconfig, &args.access)?;
        Ok((paths, config, resolver))
    });
    let (paths, config, resolver) = match unless_idle(loaded, writes_records::<Args>(args.output()))? {
        Ok(loaded) => loaded,
        Err(status) => return Ok(status),
    };
    let accessible = args.accessible.accessible.unwrap_or(config.discovery.accessible);
    let mut resolver = resolver.with_accessible(accessible);
    let names = discover::Args::of(
        FleetArgs::default(),
        args.limits.clone(),
        args.timeout.clone(),
        args.kubeconfig.clone(),
        args.cache.clone(),
    );
    if let Some(fleet) = fleet_of_names(&paths, &config, &names) {
        resolver = resolver.with_lookup(fleet, TOOL);
    }
    let options = options(args, query, &paths, &config);
    let mut look = TerminalOutput::typed(printed, &args.table, &args.stream, &args.status, &args.verbose);
    look.stream |= get.watch.is_on();
    if let Some(warning) = get.warning() {
        say(warning);
    }
    let sink = ToolOutput::new(look, &config);
    let output = Box::new(sink.clone());
    let ended = exec::run(
        &options,
        &resolver,
        std::io::stdin(),
        output,
        &mut complain_as(TOOL),
    );
    let status = match ended {
        Err(_) if sink.is_over() => Status::Complete,
        ended => ended?,
    };
    let _at_once = AtOnce::begin(status);
    Ok(status.join(sink.finish(status)?))
}

impl Args {
    /// The format that is fetched for.
    fn fetched(&self) -> OutputArgs {
        OutputArgs {
            output: self.fetched_for.clone().or_else(|| self.output.output.clone()),
        }
    }
}

pub(super) fn options(args: &Args, query: Query, paths: &Paths, config: &Config) -> Options {
    let (run, limits) = (&args.run, &args.limits);
    Options {
        concurrency: limits.concurrency(config),
        timeout: limit(args.timeout.typed().unwrap_or(config.execution.timeout)),
        // As with kubectl, which ends a watch after a --request-timeout. One that was not typed is not meant for watches.
        watch_limit: args.timeout.typed().map(limit),
        connect_timeout: limits.connect_timeout(),
        total_timeout: limits.total_timeout.map(limit),
        fail_fast: run.fail_fast.unwrap_or(!config.execution.continue_on_error),
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
        query,
    }
}

/// The format and what a cluster is asked. As with kubectl, what is wrong with the format or its template is said last.
///
/// # Errors
/// As [`query`]; what `output` failed with.
pub(super) fn understood(
    get: &GetArgs,
    typed: &OutputArgs,
    output: Result<Option<OutputName>, Fatal>,
) -> Result<(Option<OutputName>, Query), Fatal> {
    match output {
        Ok(output) => {
            let query = query(get, output.as_ref(), typed)?;
            Ok((output, query))
        }
        Err(error) => {
            // Whatever it is, it is none of the formats that are rows.
            query(
                get,
                typed.output.as_ref().map(|_| &OutputName::Plain(Output::Name)),
                typed,
            )?;
            Err(error)
        }
    }
}

/// What a cluster is asked, understood and refused as far as that can be done without one.
///
/// # Errors
/// Flags that exclude one another, and what [`exec::get::check`] refuses.
fn query(get: &GetArgs, output: Option<&OutputName>, typed: &OutputArgs) -> Result<Query, Fatal> {
    let label_columns = get.labels()?;
    // As with kubectl, what is to be got comes first where nothing is.
    if !get.names_nothing() {
        get.check(output, typed.output.as_deref().unwrap_or_default())?;
    }
    let query = Query {
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
        trim: None,
        show_labels: get.show_labels,
        label_columns,
        ignore_not_found: get.ignore_not_found,
        chunk_size: get.chunk_size,
        show_managed_fields: get.show_managed_fields
            || output.is_some_and(|output| output.output().shows_managed_fields())
            // kubectl takes them out of objects, and an event is none.
            || get.watch.output_watch_events,
        subresource: match get.watch.is_on() || get.names_files() {
            // As with kubectl, which watches and gets by files the whole objects whatever part is asked for.
            true => String::new(),
            false => get.subresource.clone(),
        },
        plain_rows: !get.server_print,
        names_only: matches!(output, Some(OutputName::Plain(Output::Name))),
        raw: get.raw.clone(),
        sort_by: get.sort_by.clone(),
        files: get.files()?,
        watch: get.watch.is_on().then_some(Watch {
            // As with kubectl, to which --watch goes before.
            only: !get.watch.watch,
            events: get.watch.output_watch_events,
        }),
    };
    exec::get::check(&query)?;
    Ok(query)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is wrong with a command line, if anything.
    fn wrong(words: &[&str]) -> String {
        let args = Args::try_parse_from([&["mc-exec", "get"], words].concat()).unwrap();
        let Verb::Get(get) = &args.verb;
        match understood(get, &args.output, args.output.understand(&args.template)) {
            Ok(_) => String::new(),
            Err(error) => error.message,
        }
    }

    #[test]
    fn the_format_is_judged_last() {
        let bad = "jsonpath={";
        for (words, begin) in [
            (vec!["-o", bad, "--show-labels"], "You must specify the type"),
            (
                vec!["pods", "-o", bad, "--show-labels"],
                "error: --show-labels option",
            ),
            (
                vec!["pods", "-o", "WIDE", "--show-labels"],
                "error: --show-labels option",
            ),
            (
                vec!["pods", "-o", bad, "--output-watch-events"],
                "error: --output-watch-events option",
            ),
            (
                vec!["pod/x", "-o", bad, "-l", "a=b"],
                "error: selectors and the all flag",
            ),
            (vec!["--raw", "/x", "-o", bad], "error: --raw and --output"),
            (
                vec!["--raw", "/x", "-o", bad, "pods"],
                "error: arguments may not be passed",
            ),
            (vec!["pods", "-o", bad], "error: error parsing jsonpath"),
            (vec!["pods", "--template", "{{"], "error: error parsing template"),
            (vec!["pods", "-o", "wide", "--show-labels"], ""),
            (vec!["pods", "--template", "{{.kind}}", "--show-labels"], ""),
        ] {
            let said = wrong(&words);
            assert!(
                said.starts_with(begin) && begin.is_empty() == said.is_empty(),
                "{words:?}: {said}"
            );
        }
    }

    #[test]
    fn labels_and_sizes_are_read_as_by_kubectl() {
        let args = Args::try_parse_from([
            "mc-exec",
            "get",
            "pods",
            "-L",
            "",
            "-L",
            "\"a\",b",
            "--chunk-size=0x10",
        ]);
        let Verb::Get(get) = args.unwrap().verb;
        assert_eq!(get.labels().unwrap(), ["a", "b"]);
        assert_eq!(get.chunk_size, 16);
        assert!(wrong(&["pods", "-L", "\"a"]).contains("a quote is not closed"));
        for size in ["-1", "x", "99999999999999999999"] {
            assert!(Args::try_parse_from(["mc-exec", "get", "pods", "--chunk-size", size]).is_err());
        }
    }
}
