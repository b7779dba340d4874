//! `kubectl mc`: its command line is the union of its stages', and says nothing that they do not.

use super::groups::{
    AccessArgs, FleetArgs, GetArgs, KubeconfigArgs, OutputArgs, OutputName, RunArgs, StatusArgs, StreamArgs,
    TableArgs, TemplateArgs, TimeoutArgs, VerboseArgs,
};
use super::kubectl::{ActAsArgs, CacheArgs, RefusedArgs};
use super::load_config;
use crate::exit::{Fatal, Status};
use crate::format::Output;
use crate::pipeline::{self, Stage};
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::io::{IsTerminal, Write};

/// Ask a whole fleet of Kubernetes clusters what you would ask one
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-mc",
    bin_name = "kubectl mc",
    version,
    args_override_self = true,
    after_help = "Examples:
  # Pods of all clusters, in each context's namespace
  kubectl mc get pods
  # Deployments of the production clusters, all namespaces, more columns
  kubectl mc get deploy -A -o wide --clusters='prod-*'
  # By the fleet's labels; nodes as a spreadsheet
  kubectl mc get nodes --cluster-selector region=eu -o csv > nodes.csv
  # The fleet: health, version, and how each cluster is reached
  kubectl mc clusters
  # The same by hand: any line can be dropped from any stage
  mc-discover | grep prod | mc-exec get pods

Exit status: 0 every cluster answered, 1 none did, 2 wrong command line, 3 some did not, 130 interrupted."
)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    timeout: TimeoutArgs,
    #[command(flatten)]
    kubeconfig: KubeconfigArgs,
    #[command(flatten)]
    access: AccessArgs,
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
    /// Print the equivalent shell line in place of running it
    #[arg(long, global = true, help_heading = "Output")]
    print_pipeline: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Display one or many resources of every cluster, as kubectl get does for one
    Get(Box<GetArgs>),
    /// List the fleet: name, health, version, hub, and the way into each cluster or why there is none
    Clusters,
    /// Print the version
    Version,
}

/// What was typed, in both of clap's forms: the matches tell what stood on the command line from what is a
/// default, and only the former goes to the stages.
#[derive(Debug)]
pub struct Typed {
    args: Args,
    matches: ArgMatches,
}

/// Reads this process's command line; exits with 2 where it is wrong.
pub fn parse() -> Typed {
    let matches = Args::command().get_matches();
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    Typed { args, matches }
}

/// The wrapper's command, for completion and the man pages.
pub fn command() -> Command {
    Args::command()
}

/// `kubectl mc`.
///
/// # Errors
/// See [`pipeline::run`].
pub fn run(typed: &Typed) -> Result<Status, Fatal> {
    let args = &typed.args;
    args.refused.refuse()?;
    // What is no format is the same for all stages, too.
    let output = args.output.understand(&args.template)?;
    let stages = match &args.verb {
        Verb::Get(get) => {
            // Said once, and before anybody is asked anything.
            get.check(output.as_ref())?;
            stages_of_get(typed)
        }
        Verb::Clusters => stages_of_clusters(typed),
        Verb::Version => return version(output.as_ref()),
    };
    if args.print_pipeline {
        return print(&pipeline::shell_line(&stages));
    }
    // A mistake in the user's files is the same for all stages: say it once.
    load_config()?;
    pipeline::run(stages)
}

fn stages_of_get(typed: &Typed) -> Vec<Stage> {
    let mut exec = typed.stage("mc-exec");
    let wanted = exec.forward::<GetArgs>(typed);
    exec.forward::<OutputArgs>(typed);
    exec.forward::<TemplateArgs>(typed);
    exec.forward::<RunArgs>(typed);
    exec.forward::<TimeoutArgs>(typed);
    exec.forward::<KubeconfigArgs>(typed);
    exec.forward::<AccessArgs>(typed);
    exec.forward::<ActAsArgs>(typed);
    exec.forward::<CacheArgs>(typed);
    exec.forward::<StatusArgs>(typed);
    if std::io::stderr().is_terminal() && !typed.args.stream.stream && !typed.args.print_pipeline {
        exec.args.push("--progress".into());
    }
    // What is asked for reads best right behind the verb, unless it looks like a flag.
    exec.args.insert(0, "get".into());
    if wanted
        .iter()
        .any(|word| word.as_encoded_bytes().starts_with(b"-"))
    {
        exec.args.push("--".into());
        exec.args.extend(wanted);
    } else {
        exec.args.splice(1..1, wanted);
    }
    let mut merge = typed.stage("mc-merge");
    merge.forward::<StreamArgs>(typed);
    merge.forward::<StatusArgs>(typed);
    let mut format = format_stage(typed);
    format.forward::<StreamArgs>(typed);
    format.forward::<StatusArgs>(typed);
    format.forward::<VerboseArgs>(typed);
    vec![discover_stage(typed), resolve_stage(typed), exec, merge, format]
}

fn stages_of_clusters(typed: &Typed) -> Vec<Stage> {
    let mut resolve = resolve_stage(typed);
    resolve.forward::<VerboseArgs>(typed);
    vec![discover_stage(typed), resolve, format_stage(typed)]
}

fn discover_stage(typed: &Typed) -> Stage {
    let mut stage = typed.stage("mc-discover");
    stage.forward::<FleetArgs>(typed);
    stage.forward::<TimeoutArgs>(typed);
    stage.forward::<CacheArgs>(typed);
    stage.forward::<KubeconfigArgs>(typed);
    stage
}

fn resolve_stage(typed: &Typed) -> Stage {
    let mut stage = typed.stage("mc-resolve");
    stage.forward::<KubeconfigArgs>(typed);
    stage.forward::<AccessArgs>(typed);
    stage
}

fn format_stage(typed: &Typed) -> Stage {
    let mut stage = typed.stage("mc-format");
    stage.forward::<OutputArgs>(typed);
    stage.forward::<TemplateArgs>(typed);
    stage.forward::<TableArgs>(typed);
    stage
}

fn version(output: Option<&OutputName>) -> Result<Status, Fatal> {
    let version = env!("CARGO_PKG_VERSION");
    match output.map(OutputName::output) {
        Some(Output::Json | Output::Ndjson) => print(&format!(r#"{{"kubectl-mc":"{version}"}}"#)),
        Some(Output::Yaml) => print(&format!("kubectl-mc: {version}")),
        _ => print(&format!("kubectl-mc {version}")),
    }
}

fn print(line: &str) -> Result<Status, Fatal> {
    writeln!(std::io::stdout(), "{line}").map_err(|error| Fatal::output(&error))?;
    Ok(Status::Complete)
}

impl Typed {
    fn stage(&self, program: &'static str) -> Stage {
        Stage {
            program,
            args: Vec::new(),
        }
    }

    /// The matches of the verb, which hold the global flags too wherever they were typed.
    fn verb(&self) -> &ArgMatches {
        self.matches
            .subcommand()
            .map_or(&self.matches, |(_, matches)| matches)
    }
}

impl Stage {
    /// Adds what was typed of a group of flags, as it was typed. Going over the group itself means that a
    /// flag that a group gains reaches its stage without a line here.
    /// What is not a flag is returned.
    fn forward<G: clap::Args>(&mut self, typed: &Typed) -> Vec<OsString> {
        let matches = typed.verb();
        let group = G::augment_args(Command::new("group"));
        let mut positional = Vec::new();
        for arg in group.get_arguments() {
            let id = arg.get_id().as_str();
            if matches.value_source(id) != Some(ValueSource::CommandLine) {
                continue;
            }
            let Some(long) = arg.get_long() else {
                positional.extend(matches.get_raw(id).into_iter().flatten().map(OsString::from));
                continue;
            };
            if matches!(arg.get_action(), ArgAction::SetTrue) {
                self.args.push(format!("--{long}").into());
                continue;
            }
            for value in matches.get_raw(id).into_iter().flatten() {
                if value == "true" && arg.get_num_args().is_some_and(|number| number.min_values() == 0) {
                    self.args.push(format!("--{long}").into());
                    continue;
                }
                let mut word = OsString::from(format!("--{long}="));
                word.push(value);
                self.args.push(word);
            }
        }
        positional
    }
}
