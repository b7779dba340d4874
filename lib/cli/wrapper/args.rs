//! The command line of `kubectl mc`: the union of those of its stages.

use crate::cli::command_line::{arranged, unknown_verb};
use crate::cli::config::ConfigArgs;
use crate::cli::examples;
use crate::cli::flags::{
    AccessArgs, AccessibleArgs, ActAsArgs, ClusterColumnArgs, CtxArgs, DiscoverArgs, DoctorArgs, OutputArgs,
    PagerArgs, RefusedArgs, RunArgs, SetupArgs, StatusArgs, StrategyArgs, StreamArgs, TableArgs,
    TemplateArgs, VerboseArgs, as_switch,
};
use crate::cli::shell::ShellVerb;
use crate::cli::verbs::ExecVerb;
use crate::exit::Fatal;
use clap::{ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};

/// Ask a whole fleet of Kubernetes clusters what you would ask one
#[derive(Debug, Parser)]
#[command(
    name = "kubectl-mc",
    bin_name = "kubectl mc",
    version,
    args_override_self = true,
    mut_args(as_switch),
    after_help = "Examples:
  # Pods of all clusters, in each context's namespace
  kubectl mc get pods
  # Deployments of the production clusters, all namespaces, more columns
  kubectl mc get deploy -A -o wide --clusters='prod-*'
  # By the fleet's labels; nodes as a spreadsheet
  kubectl mc get nodes --cluster-selector region=eu -o csv > nodes.csv
  # How many pods are in which state, on which clusters
  kubectl mc get pods -A --group-by STATUS
  # Which deployments differ from those of most clusters, and where
  kubectl mc get deploy -A --drift
  # The version of every cluster's API server
  kubectl mc version
  # The fleet: health, version, and how each cluster is reached
  kubectl mc clusters
  # Ask the hub again, and report which clusters are new and which are gone
  kubectl mc --refresh
  # The same by hand: any line can be dropped between any two stages
  mc-discover -o name | grep prod | mc-exec get pods
  mc-discover | grep prod | mc-exec get pods

Settings: flags, KUBECTL_MC_* variables and ~/.kube/kubectl-mc-config.yaml; kubectl mc config explains them.

Exit status: 0 every cluster answered, 1 none answered, 2 wrong command line, 3 some did not answer or a stage lost
something, 4 clusters differ (--exit-code), 130 interrupted."
)]
pub struct WrapperCommand {
    #[command(subcommand)]
    pub verb: Option<Verb>,
    #[command(flatten)]
    pub discover: DiscoverArgs,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    accessible: AccessibleArgs,
    #[command(flatten)]
    act_as: ActAsArgs,
    #[command(flatten)]
    pub refused: RefusedArgs,
    #[command(flatten)]
    pub output: OutputArgs,
    #[command(flatten)]
    pub template: TemplateArgs,
    #[command(flatten)]
    pub strategy: StrategyArgs,
    #[command(flatten)]
    pub table: TableArgs,
    #[command(flatten)]
    pub stream: StreamArgs,
    #[command(flatten)]
    status: StatusArgs,
    #[command(flatten)]
    pub pager: PagerArgs,
    #[command(flatten)]
    verbose: VerboseArgs,
    /// Print the equivalent shell line instead of running it
    #[arg(long, global = true, help_heading = "Output")]
    pub print_pipeline: bool,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// A verb of mc-exec.
    #[command(flatten)]
    Exec(ExecVerb),
    /// List the fleet: name, health, version, region, provider, nodes, and the access to each cluster
    ///
    /// HEALTH and VERSION are what the hub says, and so are REGION, PROVIDER and NODES, which are shown if it says them. HUB
    /// is shown if there are several; -o wide adds it, SETS and DISPLAY-NAME. ACCESS is the context that leads to the
    /// cluster and how it was found, or the reason why there is none, which -v explains. In -o json, yaml and kyaml a
    /// certificate authority that a record has more than once is printed once.
    #[command(after_help = examples::CLUSTERS)]
    Clusters(ClusterColumnArgs),
    /// Set up access to each cluster, with the clouds' own tools or with contexts that you choose
    #[command(after_help = examples::SETUP)]
    Setup(SetupArgs),
    /// Check every link on the way to each cluster, and report how to fix what is broken
    ///
    /// Each finding is printed as soon as there is one: those about your files and programs first, then those about the
    /// hub, then those about the clusters, which are asked side by side. On a terminal the clusters come as they end, in a
    /// pipe or a file and with -o json in the order of their names. Ctrl-C sums up what was checked and what was not.
    #[command(after_help = examples::DOCTOR)]
    Doctor(DoctorArgs),
    /// Explain the settings, or show those in force and where each is set: kubectl mc config view
    #[command(after_help = "Examples:
  # The files, and how settings are named
  kubectl mc config
  # What is in force, and the flag, the variable or the line of the file that sets it
  kubectl mc config view
  # The flag and the variable of every setting, too
  kubectl mc config view -o wide
  # What a setting comes to for a command line
  kubectl mc config view -o json --timeout=5s | jq -r '.settings[] | select(.key==\"execution.timeout\").from'")]
    Config(ConfigArgs),
    /// Print the kubeconfig's context that leads to a cluster, or switch to it: kubectl mc ctx prod-eu-1 --use
    #[command(after_help = examples::CTX)]
    Ctx(CtxArgs),
    /// A verb that sets up the person's shell.
    #[command(flatten)]
    Shell(ShellVerb),
}

/// The command line, in both of clap's forms. The matches tell what was typed from what is a default, and only the former
/// goes to the stages.
#[derive(Debug)]
pub struct Typed {
    pub(super) args: WrapperCommand,
    matches: ArgMatches,
}

impl WrapperCommand {
    /// Returns whether the verb starts a pipe whose records are printed.
    pub fn prints_records(&self) -> bool {
        matches!(self.verb, Some(Verb::Exec(_) | Verb::Clusters(_)))
    }
}

impl Typed {
    /// Returns whether the configured output format applies: no other is typed, and nothing that decides the format.
    pub fn takes_default_output(&self) -> bool {
        let args = &self.args;
        let decides = match &args.verb {
            Some(Verb::Exec(ExecVerb::Get(get))) => get.show_labels || !get.raw.is_empty(),
            Some(Verb::Exec(ExecVerb::Version(version))) => version.client,
            _ => false,
        };
        let has_strategy = args
            .strategy
            .strategy()
            .map_or(true, |strategy| strategy.is_some());
        args.output.output.is_none() && args.template.template.is_none() && !decides && !has_strategy
    }

    /// Returns the verb of mc-exec, if it is one, and its name.
    pub fn exec_verb(&self) -> Option<(&ExecVerb, &str)> {
        match &self.args.verb {
            Some(Verb::Exec(verb)) => Some((verb, self.matches.subcommand_name()?)),
            _ => None,
        }
    }

    /// The matches of the verb. They have the global flags too, wherever those were typed.
    pub fn matches(&self) -> &ArgMatches {
        self.matches
            .subcommand()
            .map_or(&self.matches, |(_, matches)| matches)
    }
}

/// Reads this process's command line.
///
/// # Errors
/// It has a verb that there is not. Exits with status 2 where it is wrong otherwise.
pub fn parse() -> Result<Typed, Fatal> {
    let unparsed = WrapperCommand::command();
    let words = arranged(std::env::args_os(), &unparsed);
    let matches = match unparsed.try_get_matches_from(&words) {
        Ok(matches) => matches,
        Err(error) => return Err(refused(&error)),
    };
    let args = WrapperCommand::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if args.verb.is_none() && !args.discover.fleet.refresh {
        // Reports that the verb is missing.
        command()
            .try_get_matches_from(words)
            .map_err(|error| refused(&error))?;
    }
    Ok(Typed { args, matches })
}

fn refused(error: &clap::Error) -> Fatal {
    match unknown_verb(error, &command()) {
        Some(message) => Fatal::usage(message),
        None => error.exit(),
    }
}

/// The wrapper's command, for completion and the man pages.
pub fn command() -> Command {
    WrapperCommand::command()
        .subcommand_required(true)
        .arg_required_else_help(true)
}
