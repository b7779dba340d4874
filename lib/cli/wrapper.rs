//! `kubectl mc`: its command line is the union of its stages', and says nothing that they do not.

use super::groups::{
    AccessArgs, AccessibleArgs, FleetArgs, GetArgs, KubeconfigArgs, LimitArgs, OutputArgs, OutputName,
    RunArgs, SetupArgs, StatusArgs, StreamArgs, TableArgs, TemplateArgs, TimeoutArgs, VerboseArgs,
    parse_bool,
};
use super::kubectl::{ActAsArgs, CacheArgs, RefusedArgs};
use super::load_config;
use crate::config::Source;
use crate::exit::{Fatal, Status};
use crate::format::Output;
use crate::manifest::Files;
use crate::pipeline::{self, Stage};
use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::io::{IsTerminal, Write};
use std::os::fd::{AsRawFd, RawFd};

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
  # The hub is asked anew: which clusters are new, and which are gone
  kubectl mc --refresh
  # The same by hand: any line can be dropped from any stage
  mc-discover -o name | grep prod | mc-exec get pods
  mc-discover | grep prod | mc-exec get pods

Exit status: 0 every cluster answered, 1 none did, 2 wrong command line, 3 some did not or a stage lost something,
130 interrupted."
)]
pub struct Args {
    #[command(subcommand)]
    verb: Option<Verb>,
    #[command(flatten)]
    fleet: FleetArgs,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    timeout: TimeoutArgs,
    #[command(flatten)]
    kubeconfig: KubeconfigArgs,
    #[command(flatten)]
    access: AccessArgs,
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
    /// Print the equivalent shell line in place of running it
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value = "false", hide_default_value = true, hide_possible_values = true,
          action = ArgAction::Set, value_parser = parse_bool, value_name = "BOOL", global = true,
          help_heading = "Output")]
    print_pipeline: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Display one or many resources of every cluster, as kubectl get does for one
    Get(Box<GetArgs>),
    /// List the fleet: name, health, version, hub, and the way into each cluster or why there is none
    Clusters,
    /// Find or make the way into each cluster, with the clouds' own tools or by your choice
    Setup(SetupArgs),
    /// Check every link on the way to each cluster, and say what to do about what is broken
    Doctor,
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
    let words = || with_dashes(std::env::args_os());
    let matches = Args::command().get_matches_from(words());
    let args = Args::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    if args.verb.is_none() && !args.fleet.refresh {
        // It says that the verb is missing, and ends.
        command().get_matches_from(words());
    }
    Typed { args, matches }
}

/// Flags with `-` where they were typed with `_`, as kubectl takes them: `--show_labels`.
fn with_dashes(words: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut flags = true;
    words.map(move |word| {
        flags &= word != "--";
        match word.to_str() {
            Some(text) if flags && text.starts_with("--") => {
                let name = text.split('=').next().unwrap_or_default();
                format!("{}{}", name.replace('_', "-"), &text[name.len()..]).into()
            }
            _ => word,
        }
    })
}

/// The wrapper's command, for completion and the man pages.
pub fn command() -> Command {
    Args::command()
        .subcommand_required(true)
        .arg_required_else_help(true)
}

/// `kubectl mc`.
///
/// # Errors
/// See [`pipeline::run`].
pub fn run(typed: &Typed) -> Result<Status, Fatal> {
    let args = &typed.args;
    args.refused.refuse()?;
    // What is no format is the same for all stages, too.
    let mut text = Vec::new();
    let output = args.output.understand_reading(&args.template, &mut |path| {
        std::fs::read(path).inspect(|read| text.clone_from(read))
    });
    #[cfg(feature = "cluster")]
    let output = match &args.verb {
        // Said once, and before anybody is asked anything.
        Some(Verb::Get(get)) => super::exec::understood(get, &args.output, output).map(|(output, _)| output),
        _ => output,
    };
    let output = output?;
    let template = args
        .output
        .file(&args.template)
        .map(|(format, path)| TemplateFile { format, path, text });
    let template = template.as_ref();
    let (stages, reads_stdin) = match &args.verb {
        Some(Verb::Get(get)) => stages_of_get(typed, get, output.as_ref(), template)?,
        Some(Verb::Clusters) => (stages_of_clusters(typed, template)?, false),
        Some(Verb::Setup(_)) => return alone(args, setup_stage(typed)),
        Some(Verb::Doctor) => return alone(args, doctor_stage(typed)),
        Some(Verb::Version) => return version(output.as_ref()),
        // `kubectl mc --refresh`
        None => return alone(args, refresh_stage(typed)),
    };
    if reads_stdin && args.fleet.source.contains(&Source::Stdin) {
        return Err(Fatal::usage(
            "standard input cannot be both the clusters and what -f - names: put one of them into a file",
        ));
    }
    if args.print_pipeline {
        let line = pipeline::shell_line(&stages);
        return print(&if reads_stdin {
            // Inside, standard input is the pipe's.
            format!("{{ {line}; }} {PRINTED_STDIN}<&0")
        } else {
            line
        });
    }
    // A mistake in the user's files is the same for all stages: say it once.
    load_config()?;
    let sources = &args.fleet.source;
    pipeline::run(stages, sources.contains(&Source::Stdin))
}

/// The descriptor that a printed line has for standard input.
const PRINTED_STDIN: RawFd = 3;

/// The file of a template or of columns. It may be a pipe, so it is read once, here, for all stages.
struct TemplateFile<'a> {
    format: &'a str,
    path: &'a str,
    text: Vec<u8>,
}

/// The stages, and whether mc-exec reads our standard input.
fn stages_of_get(
    typed: &Typed,
    get: &GetArgs,
    output: Option<&OutputName>,
    template: Option<&TemplateFile<'_>>,
) -> Result<(Vec<Stage>, bool), Fatal> {
    let mut exec = typed.stage("mc-exec");
    let wanted = exec.forward::<GetArgs>(typed);
    exec.forward_output("for", typed, template)?;
    if output.is_some_and(|output| output.output().fields().is_some()) {
        // mc-format looks at no more.
        exec.args.push("--trim".into());
    }
    let files = get.files()?;
    let reads_stdin = files.stdin.is_none() && files.filenames.iter().any(|name| names_stdin(name));
    if reads_stdin {
        exec.take_stdin(typed, &files)?;
    }
    exec.forward::<LimitArgs>(typed);
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
    // What is watched has no end that rows could wait for.
    let streams =
        matches!(&typed.args.verb, Some(Verb::Get(get)) if get.watch.is_on()) && !typed.args.stream.stream;
    if streams {
        merge.args.push("--stream".into());
    }
    merge.forward::<StatusArgs>(typed);
    let mut format = format_stage(typed, template)?;
    format.forward::<StreamArgs>(typed);
    if streams {
        format.args.push("--stream".into());
    }
    format.forward::<StatusArgs>(typed);
    // The -v of the stages before is a line for every cluster or request, about those that answer too: which way
    // leads to whom is for `clusters -v` to say, and mc-format's says why one was not asked.
    format.forward::<VerboseArgs>(typed);
    let stages = vec![discover_stage(typed), resolve_stage(typed), exec, merge, format];
    Ok((stages, reads_stdin))
}

/// Whether a path is standard input, which for mc-exec is another.
fn names_stdin(path: &str) -> bool {
    matches!(path, "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0")
}

fn stages_of_clusters(typed: &Typed, template: Option<&TemplateFile<'_>>) -> Result<Vec<Stage>, Fatal> {
    let mut resolve = resolve_stage(typed);
    resolve.forward::<VerboseArgs>(typed);
    Ok(vec![
        discover_stage(typed),
        resolve,
        format_stage(typed, template)?,
    ])
}

fn discover_stage(typed: &Typed) -> Stage {
    fleet_stage(typed, "mc-discover")
}

/// A tool that lists the fleet.
fn fleet_stage(typed: &Typed, program: &'static str) -> Stage {
    let mut stage = typed.stage(program);
    stage.forward::<FleetArgs>(typed);
    stage.forward::<LimitArgs>(typed);
    stage.forward::<TimeoutArgs>(typed);
    stage.forward::<CacheArgs>(typed);
    stage.forward::<KubeconfigArgs>(typed);
    stage
}

/// The hubs are asked anew, and what has changed is said.
fn refresh_stage(typed: &Typed) -> Stage {
    let mut stage = discover_stage(typed);
    stage.args.push("--changes".into());
    stage
}

fn resolve_stage(typed: &Typed) -> Stage {
    let mut stage = typed.stage("mc-resolve");
    stage.forward::<KubeconfigArgs>(typed);
    stage.forward::<AccessArgs>(typed);
    stage.forward::<AccessibleArgs>(typed);
    stage
}

fn format_stage(typed: &Typed, template: Option<&TemplateFile<'_>>) -> Result<Stage, Fatal> {
    let mut stage = typed.stage("mc-format");
    stage.forward_output("output", typed, template)?;
    stage.forward::<TableArgs>(typed);
    Ok(stage)
}

/// A tool that is no stage: it talks with the person itself, and says what is wrong with the user's files.
fn alone(args: &Args, stage: Stage) -> Result<Status, Fatal> {
    if args.print_pipeline {
        return print(&pipeline::shell_line(&[stage]));
    }
    pipeline::run_alone(stage)
}

fn setup_stage(typed: &Typed) -> Stage {
    let mut stage = fleet_stage(typed, "mc-setup");
    stage.forward::<SetupArgs>(typed);
    stage.forward::<AccessArgs>(typed);
    stage
}

fn doctor_stage(typed: &Typed) -> Stage {
    let mut stage = fleet_stage(typed, "mc-doctor");
    stage.forward::<AccessArgs>(typed);
    stage.forward::<OutputArgs>(typed);
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
            inherits: Vec::new(),
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
    /// Adds the format as the value of a flag. A file that has been read reaches the stage through a pipe of its own.
    fn forward_output(
        &mut self,
        flag: &str,
        typed: &Typed,
        template: Option<&TemplateFile<'_>>,
    ) -> Result<(), Fatal> {
        let Some(TemplateFile { format, path, text }) = template else {
            if let Some(output) = &typed.args.output.output {
                self.args.push(format!("--{flag}={output}").into());
            }
            self.forward::<TemplateArgs>(typed);
            return Ok(());
        };
        let word = if !typed.args.print_pipeline {
            let descriptor = pipeline::holding(text.clone())?;
            let word = format!("{format}=/dev/fd/{}", descriptor.as_raw_fd());
            self.inherits.push(descriptor);
            word
        } else if std::fs::metadata(path).is_ok_and(|file| file.is_file()) || *format == "custom-columns-file"
        {
            format!("{format}={path}")
        } else {
            // It has been read, and there is nothing more to be had there.
            let format = format.trim_end_matches("file").trim_end_matches('-');
            format!("{format}={}", String::from_utf8_lossy(text))
        };
        self.args.push(format!("--{flag}={word}").into());
        self.forward::<TemplateArgs>(typed);
        self.args
            .retain(|word| !word.as_encoded_bytes().starts_with(b"--template="));
        Ok(())
    }

    /// Lets mc-exec read our standard input where `-f` names it.
    fn take_stdin(&mut self, typed: &Typed, files: &Files) -> Result<(), Fatal> {
        let descriptor = if typed.args.print_pipeline {
            PRINTED_STDIN
        } else {
            let stdin = pipeline::own_stdin()?;
            let number = stdin.as_raw_fd();
            self.inherits.push(stdin);
            number
        };
        self.args
            .retain(|word| !word.as_encoded_bytes().starts_with(b"--filename="));
        for name in &files.filenames {
            let name = match name.as_str() {
                "-" => "-".to_owned(),
                name if names_stdin(name) => format!("/dev/fd/{descriptor}"),
                name => Files::join(name),
            };
            self.args.push(format!("--filename={name}").into());
        }
        self.args.push(format!("--stdin-fd={descriptor}").into());
        Ok(())
    }

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

#[cfg(test)]
mod tests {
    use super::with_dashes;
    use std::ffi::OsString;

    #[test]
    fn flags_may_have_underscores() {
        let typed = [
            "get",
            "a_b",
            "--show_labels",
            "--sort_by=.a_b",
            "-n_x",
            "--",
            "--a_b",
        ];
        let read: Vec<OsString> = with_dashes(typed.iter().map(OsString::from)).collect();
        assert_eq!(
            read,
            [
                "get",
                "a_b",
                "--show-labels",
                "--sort-by=.a_b",
                "-n_x",
                "--",
                "--a_b"
            ]
        );
    }
}
