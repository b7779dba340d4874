//! How the stages of the pipe begin and end: what each of them could not do is said to the person on standard error,
//! and to the stages after it by a Problem record.

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
    /// Whether it writes records where nothing else is asked for.
    const WRITES_RECORDS: bool = true;

    /// The output format that was typed, if any.
    fn output(&self) -> Option<&str>;

    /// What the tool does.
    ///
    /// # Errors
    /// What ends the tool early.
    fn run(&self) -> Result<Status, Fatal>;
}

/// What the `main` of a stage returns.
pub fn main<S: Stage>() -> ExitCode {
    let args = match S::try_parse() {
        Ok(args) => args,
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => {
            // Nowhere to say it if that fails.
            let _ = error.print();
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            let message = first.strip_prefix("error: ").unwrap_or(first);
            if writes_records::<S>(typed_output(std::env::args_os()).as_deref()) {
                tell(&Problem::new(S::TOOL, Status::Usage, message));
            }
            return exit::finish(S::TOOL, Ok(Status::Usage));
        }
    };
    let outcome = args.run();
    if let Err(Fatal { status, message }) = &outcome
        && !message.is_empty()
        && !matches!(status, Status::Complete | Status::Interrupted)
        && writes_records::<S>(args.output())
    {
        term::complain(S::TOOL, message);
        tell(&Problem::new(S::TOOL, *status, message));
        return exit::finish(S::TOOL, Ok(*status));
    }
    exit::finish(S::TOOL, outcome)
}

/// Writes a Problem that has been said, for the stages after this one.
fn tell(problem: &Problem<'static>) {
    let problem = problem.clone().said_here();
    let mut stdout = io::stdout();
    // A reader that has gone needs not to know, and of anything else the exit status tells.
    let _ = record::write(&mut stdout, &problem).and_then(|()| stdout.flush());
}

/// Whether a stage's standard output is records, given the format that was typed.
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

/// What a stage has said that it lost, until it is known what that comes to.
#[derive(Debug)]
pub(super) struct Said {
    tool: &'static str,
    lost: Vec<String>,
    warned: Vec<String>,
}

/// So many sentences are kept; the others are counted.
const MAX_KEPT: usize = 100;

/// How a sentence begins that by itself costs nothing.
const WARNING: &str = "warning: ";

impl Said {
    /// Nothing yet.
    pub(super) fn by(tool: &'static str) -> Self {
        Self {
            tool,
            lost: Vec::new(),
            warned: Vec::new(),
        }
    }

    /// Says a sentence on standard error.
    pub(super) fn say(&mut self, sentence: &str) {
        term::complain(self.tool, sentence);
        let kept = match sentence.starts_with(WARNING) {
            true => &mut self.warned,
            false => &mut self.lost,
        };
        if kept.len() < MAX_KEPT {
            kept.push(sentence.to_owned());
        }
    }

    /// The Problems that go with a status: what was said to be lost, else what was warned of.
    pub(super) fn problems(&self, status: Status) -> impl Iterator<Item = Problem<'static>> {
        let sentences = match (status, self.lost.is_empty()) {
            (Status::Complete | Status::Interrupted, _) => [].as_slice(),
            (_, false) => self.lost.as_slice(),
            (_, true) => self.warned.as_slice(),
        };
        sentences.iter().map(move |sentence| {
            let sentence = sentence.strip_prefix(WARNING).unwrap_or(sentence);
            Problem::new(self.tool, status, sentence).said_here()
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
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

    #[test]
    fn warnings_are_problems_only_where_nothing_else_explains_the_status() {
        let messages = |said: &Said, status| -> Vec<String> {
            said.problems(status)
                .map(|problem| problem.message.to_string())
                .collect()
        };
        let mut said = Said::by("mc-discover");
        said.say("warning: the fleet is old");
        assert_eq!(messages(&said, Status::Complete), [""; 0]);
        assert_eq!(messages(&said, Status::Partial), ["the fleet is old"]);
        said.say("hub b is down");
        assert_eq!(messages(&said, Status::Partial), ["hub b is down"]);
    }
}
