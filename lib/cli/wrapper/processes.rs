//! From what was typed to the processes that are started.

use super::args::Typed;
use super::table::Program;
use crate::cli::flags::{OutputArgs, OutputName, TemplateArgs};
use crate::cli::verbs::ExecVerb;
use crate::config::{Config, Source};
use crate::exit::Fatal;
use crate::format::Output;
use crate::manifest::Files;
use crate::merge::{Field, Strategy};
use crate::pipeline::{self, Process};
use crate::term::is_dumb;
use clap::parser::ValueSource;
use clap::{Args, Command, Subcommand};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::os::fd::{AsRawFd, RawFd};

/// The descriptor that stands for standard input in a printed line.
pub const PRINTED_STDIN: RawFd = 3;

/// A file that holds the template or the columns of the output format. It may be a pipe, so it is read once, for all
/// processes.
pub struct TemplateFile<'a> {
    pub format: &'a str,
    pub path: &'a str,
    pub text: Vec<u8>,
}

/// Makes a verb's processes of what was typed.
pub struct Builder<'a> {
    pub typed: &'a Typed,
    /// The output format that was typed, else the configuration's.
    pub output_args: &'a OutputArgs,
    pub output: Option<&'a OutputName>,
    pub strategy: Option<&'a Strategy>,
    pub template: Option<&'a TemplateFile<'a>>,
    /// Set if a process reads objects from our standard input.
    pub reads_stdin: bool,
}

impl Builder<'_> {
    /// Makes one process for each program.
    ///
    /// # Errors
    /// Files that are named wrongly; no descriptor is left to hand them on by.
    pub fn processes(&mut self, programs: &[Program]) -> Result<Vec<Process>, Fatal> {
        programs.iter().map(|program| self.process(program)).collect()
    }

    fn process(&mut self, program: &Program) -> Result<Process, Fatal> {
        let mut process = Process {
            program: program.name,
            args: Vec::new(),
            inherits: Vec::new(),
            ends_with_input: program.ends_with_input,
            may_page: false,
        };
        let verb = self.typed.exec_verb();
        let objects = match verb.filter(|_| program.takes_verb) {
            Some((_, name)) => {
                let flags = verb_command(name);
                process.args.push(name.into());
                forward(&mut process, self.typed, &flags)
            }
            None => Vec::new(),
        };
        match (program.output_flag, self.strategy) {
            (Some(_), Some(strategy)) if program.takes_verb => self.fetch_for(&mut process, strategy),
            (Some(flag), _) => self.forward_output(&mut process, flag)?,
            (None, _) => {}
        }
        if let Some((verb, _)) = verb.filter(|_| program.takes_verb) {
            self.limit_to_output(&mut process);
            self.hand_on_stdin(&mut process, verb)?;
        }
        let is_endless = verb.is_some_and(|(verb, _)| verb.is_endless());
        if program.waits_for_all && is_endless && !self.typed.args.stream.stream {
            process.args.push("--stream".into());
        }
        let mut words = Vec::new();
        for group in program.groups.iter().copied().flatten() {
            words.extend(forward(&mut process, self.typed, &group(Command::new("group"))));
        }
        process.args.extend(program.words.iter().map(OsString::from));
        if program.shows_progress {
            self.show_progress(&mut process, program);
        }
        if !words.is_empty() {
            process.args.push("--".into());
            process.args.extend(words);
        }
        if program.takes_verb {
            add_objects(&mut process, objects);
        }
        Ok(process)
    }

    /// Tells mc-exec what a strategy looks at: rows, whatever is printed of them in the end.
    fn fetch_for(&self, process: &mut Process, strategy: &Strategy) {
        // Objects say more about differences, and there is room for that.
        let compares_objects = matches!(strategy, Strategy::Compare(_))
            && self.output.is_some_and(|output| output.output().needs_objects());
        if compares_objects {
            process.args.push("--for=json".into());
        }
        let is_wide = self.output == Some(&OutputName::Wide) || strategy.fields().any(Field::may_be_wide);
        if is_wide {
            process.args.push("--for=wide".into());
        }
        for path in strategy.fields().filter_map(Field::path) {
            process.args.push(format!("--fields={path}").into());
        }
    }

    /// Tells the last process to use a pager, unless what it prints has no end.
    pub fn use_pager(&self, processes: &mut [Process], config: &Config) {
        let args = &self.typed.args;
        let is_streaming =
            args.stream.stream || self.typed.exec_verb().is_some_and(|(verb, _)| verb.is_endless());
        let has_screen = std::env::var_os("TERM").is_some() && !is_dumb();
        let can_show = has_screen && std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
        if let Some(pager) = args.pager.command(config)
            && let Some(last) = processes.last_mut()
            && can_show
            && !is_streaming
        {
            last.args.push(format!("--pager={pager}").into());
            last.may_page = true;
        }
    }

    /// Tells mc-exec to send only what mc-format prints of each object.
    fn limit_to_output(&self, process: &mut Process) {
        if self
            .output
            .is_some_and(|output| output.output().fields().is_some())
        {
            process.args.push("--trim".into());
        }
    }

    /// Returns whether rows can be shown before all are there, to a person who asks for them on the terminal.
    fn can_offer_rows(&self) -> bool {
        let stdin = std::io::stdin();
        let reads_stdin = self.reads_stdin || self.typed.args.discover.fleet.source.contains(&Source::Stdin);
        let is_for_rows = match self.output {
            None | Some(OutputName::Wide) => true,
            Some(OutputName::Plain(output)) => matches!(output, Output::Table | Output::Name),
        };
        let is_merged = self.strategy.is_none() && is_for_rows;
        is_merged && !reads_stdin && stdin.is_terminal() && std::io::stdout().is_terminal()
    }

    fn show_progress(&self, process: &mut Process, program: &Program) {
        let args = &self.typed.args;
        // Rows that are printed as they come show progress enough.
        let is_streaming = program.takes_verb && args.stream.stream;
        if std::io::stderr().is_terminal() && !is_streaming && !args.print_pipeline {
            process.args.push("--progress".into());
            if program.takes_verb && self.can_offer_rows() {
                process.args.push("--offer-rows".into());
            }
        }
    }

    /// Adds the output format as the value of a flag. A file that has been read reaches the process through a pipe.
    fn forward_output(&self, process: &mut Process, flag: &str) -> Result<(), Fatal> {
        let group = TemplateArgs::augment_args(Command::new("group"));
        let Some(TemplateFile { format, path, text }) = self.template else {
            if let Some(output) = &self.output_args.output {
                process.args.push(format!("--{flag}={output}").into());
            }
            forward(process, self.typed, &group);
            return Ok(());
        };
        let word = if !self.typed.args.print_pipeline {
            let descriptor = pipeline::holding(text.clone())?;
            let word = format!("{format}=/dev/fd/{}", descriptor.as_raw_fd());
            process.inherits.push(descriptor);
            word
        } else if std::fs::metadata(path).is_ok_and(|file| file.is_file()) || *format == "custom-columns-file"
        {
            format!("{format}={path}")
        } else {
            // It was a pipe, which cannot be read a second time.
            let format = format.trim_end_matches("file").trim_end_matches('-');
            format!("{format}={}", String::from_utf8_lossy(text))
        };
        process.args.push(format!("--{flag}={word}").into());
        forward(
            process,
            self.typed,
            &group.mut_arg("template", |arg| arg.long(None)),
        );
        Ok(())
    }

    /// Hands our standard input on to mc-exec if `-f` names it: mc-exec's own is the stream of clusters.
    fn hand_on_stdin(&mut self, process: &mut Process, verb: &ExecVerb) -> Result<(), Fatal> {
        let files = verb.files()?;
        if files.stdin.is_some() || !files.filenames.iter().any(|name| names_stdin(name)) {
            return Ok(());
        }
        self.reads_stdin = true;
        let descriptor = if self.typed.args.print_pipeline {
            PRINTED_STDIN
        } else {
            let stdin = pipeline::own_stdin()?;
            let number = stdin.as_raw_fd();
            process.inherits.push(stdin);
            number
        };
        process
            .args
            .retain(|word| !word.as_encoded_bytes().starts_with(b"--filename="));
        for name in &files.filenames {
            let name = match name.as_str() {
                "-" => "-".to_owned(),
                name if names_stdin(name) => format!("/dev/fd/{descriptor}"),
                name => Files::join(name),
            };
            process.args.push(format!("--filename={name}").into());
        }
        process.args.push(format!("--stdin-fd={descriptor}").into());
        Ok(())
    }
}

/// Returns the flags of a verb of mc-exec.
fn verb_command(name: &str) -> Command {
    let verbs = ExecVerb::augment_subcommands(Command::new("verbs"));
    verbs.find_subcommand(name).cloned().unwrap_or_default()
}

/// Returns whether a path is our standard input, which is not mc-exec's.
fn names_stdin(path: &str) -> bool {
    matches!(path, "-" | "/dev/stdin" | "/dev/fd/0" | "/proc/self/fd/0")
}

/// Adds what the verb is about: right after the verb, where it reads best, unless it looks like a flag.
fn add_objects(process: &mut Process, objects: Vec<OsString>) {
    let is_flag = |word: &OsString| word.as_encoded_bytes().starts_with(b"-");
    if objects.iter().any(is_flag) {
        process.args.push("--".into());
        process.args.extend(objects);
    } else {
        process.args.splice(1..1, objects);
    }
}

/// Adds the flags of a group that were typed, as they were typed, and returns the words that are not flags. Going over the
/// group means that a flag which is added to it reaches its programs by itself.
fn forward(process: &mut Process, typed: &Typed, group: &Command) -> Vec<OsString> {
    let matches = typed.matches();
    let mut words = Vec::new();
    for arg in group.get_arguments() {
        let id = arg.get_id().as_str();
        if matches.value_source(id) != Some(ValueSource::CommandLine) {
            continue;
        }
        let values = matches.get_raw(id).into_iter().flatten();
        let Some(long) = arg.get_long() else {
            words.extend(values.map(OsString::from));
            continue;
        };
        let may_be_alone = arg.get_num_args().is_some_and(|number| number.min_values() == 0);
        for value in values {
            let mut word = OsString::from(format!("--{long}"));
            if value != "true" || !may_be_alone {
                word.push("=");
                word.push(value);
            }
            process.args.push(word);
        }
    }
    words
}
