//! How the stages of the pipe begin and end. A stage that fails says why on standard error, and tells the stages after it
//! with a Problem record.

use super::command_line::{arranged, unknown_verb};
use crate::exit::{self, Fatal, Status};
use crate::record::{self, Problem};
use crate::term;
use clap::Parser;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// A stage of the pipe.
pub trait Stage: Parser {
    /// The tool's name.
    const TOOL: &'static str;
    /// True if it writes records where nothing else is asked for.
    const WRITES_RECORDS: bool = true;

    /// The output format that was typed, if any.
    fn output(&self) -> Option<&str>;

    /// Returns what the tool does.
    ///
    /// # Errors
    /// Anything that ends the tool early.
    fn run(&self) -> Result<Status, Fatal>;
}

/// Reads the command line of this process. The command is made once, as that takes a good part of a tool's start.
fn parse<S: Stage>() -> Result<S, clap::Error> {
    let command = S::command();
    let words = arranged(std::env::args_os(), &command);
    let matches = command.try_get_matches_from(words)?;
    S::from_arg_matches(&matches).map_err(|error| error.format(&mut S::command()))
}

/// Returns what the `main` of a stage returns.
pub fn main<S: Stage>() -> ExitCode {
    let args = match parse::<S>() {
        Ok(args) => args,
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => {
            let unknown = unknown_verb(&error, &S::command());
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            let message = match &unknown {
                Some(message) => {
                    term::complain(S::TOOL, message);
                    message
                }
                None => {
                    // Nowhere to say it if that fails.
                    let _ = error.print();
                    first.strip_prefix("error: ").unwrap_or(first)
                }
            };
            if writes_records::<S>(typed_output(std::env::args_os()).as_deref()) {
                tell(&Problem::new(S::TOOL, Status::Usage, message));
            }
            return exit::finish(S::TOOL, Ok(Status::Usage));
        }
    };
    let outcome = args.run();
    if let Err(fatal) = &outcome
        && !fatal.message.is_empty()
        && !matches!(fatal.status, Status::Complete | Status::Interrupted)
        && writes_records::<S>(args.output())
    {
        fatal.report(S::TOOL);
        tell(&Problem::new(S::TOOL, fatal.status, &fatal.message));
        return exit::finish(S::TOOL, Ok(fatal.status));
    }
    exit::finish(S::TOOL, outcome)
}

/// Writes a Problem that has been printed, for the stages after this one.
fn tell(problem: &Problem<'static>) {
    let problem = problem.clone().said_here();
    let mut stdout = io::stdout();
    // A reader that has gone needs not to know, and of anything else the exit status tells.
    let _ = record::write(&mut stdout, &problem).and_then(|()| stdout.flush());
}

/// Returns whether a stage's standard output is records, given the format that was typed.
pub(super) fn writes_records<S: Stage>(output: Option<&str>) -> bool {
    match output.filter(|output| !output.is_empty()) {
        Some(output) => output == "ndjson",
        None => S::WRITES_RECORDS && !io::stdout().is_terminal(),
    }
}

/// The format on a command line that cannot be read as a whole.
fn typed_output(words: impl Iterator<Item = OsString>) -> Option<String> {
    let mut words = words.map(|word| word.to_string_lossy().into_owned());
    let mut typed = None;
    while let Some(word) = words.next() {
        if word == "-o" || word == "--output" {
            typed = words.next().or(typed);
        } else if let Some(value) = word
            .strip_prefix("--output=")
            .or_else(|| word.strip_prefix("-o").filter(|_| !word.starts_with("--")))
        {
            typed = Some(value.trim_start_matches('=').to_owned());
        }
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_format_is_found_on_a_command_line_that_is_wrong() {
        let typed = |line: &str| typed_output(line.split(' ').map(OsString::from));
        assert_eq!(typed("mc-discover --bogus -o name").as_deref(), Some("name"));
        assert_eq!(typed("mc-discover -ojson --bogus").as_deref(), Some("json"));
        assert_eq!(typed("mc-exec get --output=csv").as_deref(), Some("csv"));
        assert_eq!(typed("mc-exec get --output-list"), None);
        assert_eq!(typed("mc-exec get pods"), None);
    }
}
