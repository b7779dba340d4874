//! `kubectl mc`: starts the stages of a verb as processes, and gives each of them the flags that were typed for it.

mod args;
mod processes;
mod table;

pub use args::{Typed, command, parse};

use super::load::load_config;
use super::stdout::print;
use super::verbs::ExecVerb;
use super::version::{VersionArgs, print_client};
use crate::config::{self, Source};
use crate::exit::{Fatal, Status};
use crate::pipeline;
use args::Verb;
use processes::{Builder, PRINTED_STDIN, TemplateFile};

/// Returns the names of the programs that a verb of mc-exec starts.
#[cfg(feature = "cluster")]
pub fn stages() -> impl Iterator<Item = &'static str> {
    table::PIPE.iter().map(|program| program.name)
}

/// Runs what was typed.
///
/// # Errors
/// A mistake in the command line, and what [`pipeline::run`] returns.
pub fn run(typed: &Typed) -> Result<Status, Fatal> {
    let args = &typed.args;
    args.refused.refuse()?;
    if let Some(Verb::Shell(verb)) = &args.verb {
        return verb.run();
    }
    if let Some(Verb::Config(verb)) = &args.verb {
        return verb.run(
            args.output.understand(&args.template)?,
            &command(),
            typed.matches(),
        );
    }
    // Mistakes are reported here, once, and not by every process. A program that talks with the person itself reports
    // what is wrong with the user's files.
    let mut output_args = args.output.clone();
    if args.prints_records() {
        let (_, config) = load_config()?;
        if typed.takes_default_output() {
            output_args.output = config.defaults.output;
        }
    }
    let is_default = output_args.output.is_some() && args.output.output.is_none();
    let mut text = Vec::new();
    let output = output_args.understand_reading(&args.template, &mut |path| {
        std::fs::read(path).inspect(|read| text.clone_from(read))
    });
    let output = match typed.exec_verb() {
        #[cfg(feature = "cluster")]
        Some((verb, _)) => verb.check(&output_args, output),
        _ => output,
    };
    let output = output.map_err(|error| match is_default {
        true => Fatal {
            message: format!("{}: {}", config::set_by("defaults.output"), error.message),
            ..error
        },
        false => error,
    })?;
    let strategy = args.strategy.strategy()?;
    if strategy.is_some() {
        args.strategy.check(output.as_ref(), args.table.output_list)?;
        if typed.exec_verb().is_none() {
            let flag = args.strategy.flag();
            return Err(Fatal::usage(format!(
                "error: {flag} goes with get and version only"
            )));
        }
        let is_endless = typed.exec_verb().is_some_and(|(verb, _)| verb.is_endless());
        args.strategy.check_end(is_endless, args.stream.stream)?;
    }
    if let Some((ExecVerb::Version(VersionArgs { client: true }), _)) = typed.exec_verb() {
        return print_client(output.as_ref());
    }
    if let Some(Verb::Clusters(columns)) = &args.verb {
        columns.understand()?;
    }
    let template = output_args
        .file(&args.template)
        .map(|(format, path)| TemplateFile { format, path, text });
    let mut builder = Builder {
        typed,
        output_args: &output_args,
        output: output.as_ref(),
        strategy: strategy.as_ref(),
        template: template.as_ref(),
        reads_stdin: false,
    };
    let processes = builder.processes(table::programs(args.verb.as_ref()))?;
    let clusters_on_stdin = args.discover.fleet.source.contains(&Source::Stdin);
    if builder.reads_stdin && clusters_on_stdin {
        return Err(Fatal::usage(
            "standard input cannot be both the clusters and what -f - names: put one of them into a file",
        ));
    }
    if args.print_pipeline {
        let line = pipeline::shell_line(&processes);
        return print(&if builder.reads_stdin {
            // Inside the braces standard input is the pipe's.
            format!("{{ {line}; }} {PRINTED_STDIN}<&0\n")
        } else {
            format!("{line}\n")
        });
    }
    match <[_; 1]>::try_from(processes) {
        Ok([tool]) => pipeline::run_alone(tool),
        Err(mut processes) => {
            let (_, config) = load_config()?;
            builder.use_pager(&mut processes, &config);
            pipeline::run(processes, clusters_on_stdin)
        }
    }
}
