//! Order and summary (mc-merge).

use crate::exit::{FailOn, Fatal, Status};
use std::io::{Read, Write};

/// What mc-merge was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Pass rows through as they arrive in place of sorting.
    pub stream: bool,
    /// What counts as partial.
    pub fail_on: FailOn,
}

/// Takes the lines of a stream one by one. mc-merge feeds it from its input; mc-exec, on a terminal, from
/// its own records.
#[derive(Debug, Default)]
pub struct Merger {
    options: Options,
}

impl Merger {
    /// A merger that has seen nothing.
    pub fn new(options: Options) -> Self {
        Self { options }
    }

    /// Takes one line.
    ///
    /// # Errors
    /// What the output returns; only a streaming merger writes here.
    pub fn line(&mut self, number: u64, line: &str, output: &mut dyn Write) -> std::io::Result<()> {
        let _ = (number, line, output);
        Ok(())
    }

    /// Writes what was held back, then the Results, then the Summary.
    ///
    /// # Errors
    /// What the output returns.
    pub fn finish(self, output: &mut dyn Write) -> std::io::Result<Status> {
        let _ = (self.options, output);
        Ok(Status::Complete)
    }
}

/// mc-merge.
///
/// # Errors
/// Only on the input or the output itself.
pub fn run(
    options: Options,
    input: impl Read,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let _ = (options, input, output, complain);
    Ok(Status::Complete)
}
