//! The human form of a tool's records, for a terminal on stdout: the output of `mc-merge | mc-format`, made in the same
//! process.

use super::formatter::Formatter;
use super::options::{Options, WRITE_SIZE};
use crate::exit::Status;
use crate::merge::{self, Merger};
use crate::term;
use crate::wire::{BadLine, MAX_LINE};
use std::io::{self, Write};

/// A writer that takes lines of records, in pieces of any size, and prints their human form.
///
/// `flush` prints what can be printed already: with [`Options::stream`], the rows so far. The end is printed by
/// [`finish`](Self::finish) only.
pub struct HumanWriter {
    lines: Splitter,
    merger: Merger,
    merged: FormattedLines,
}

/// Takes the merger's lines.
struct FormattedLines {
    lines: Splitter,
    formatter: Formatter,
    output: Box<dyn Write + Send>,
    complain: Box<dyn FnMut(&str) + Send>,
}

impl HumanWriter {
    /// Returns a writer to any output. `complain` gets lines for stderr, exactly as they should be printed.
    pub fn new(
        merge: merge::Options,
        format: Options,
        output: Box<dyn Write + Send>,
        complain: Box<dyn FnMut(&str) + Send>,
    ) -> Self {
        Self {
            lines: Splitter::default(),
            merger: Merger::with_memory(merge, format.memory),
            merged: FormattedLines {
                lines: Splitter::default(),
                formatter: Formatter::new(format),
                output,
                complain,
            },
        }
    }

    /// Returns a writer to this process's stdout and stderr.
    pub fn stdout(merge: merge::Options, format: Options) -> Self {
        let complain = |line: &str| term::print_lines(&format!("{line}\n"));
        let output = io::BufWriter::with_capacity(WRITE_SIZE, io::stdout());
        Self::new(merge, format, Box::new(output), Box::new(complain))
    }

    /// Returns true if nothing more is printed, because an object of a watch could not be. Writing then fails with a
    /// broken pipe.
    pub fn is_over(&self) -> bool {
        self.merged.formatter.is_over()
    }

    /// Prints the rest, and hands `complain` what happened.
    ///
    /// # Errors
    /// The output's errors.
    pub fn finish(self) -> io::Result<Status> {
        let Self {
            mut lines,
            mut merger,
            mut merged,
        } = self;
        lines.end(&mut |number, line| take(&mut merger, &mut merged, number, line))?;
        let status = if merged.formatter.is_over() {
            // It takes no more, and the merger waits for records that will not come.
            Status::Complete
        } else {
            merger.end(&mut merged)?;
            say_problem(&mut merger, &mut merged);
            merger.finish(&mut merged)?
        };
        let FormattedLines {
            formatter,
            mut output,
            mut complain,
            ..
        } = merged;
        // The merger has seen every line, the formatter only those that are records.
        Ok(status.join(formatter.finish(output.as_mut(), complain.as_mut())?))
    }
}

impl Write for HumanWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Self {
            lines,
            merger,
            merged,
        } = self;
        lines.feed(bytes, &mut |number, line| take(merger, merged, number, line))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let merged = &mut self.merged;
        merged.formatter.flush(merged.output.as_mut())
    }
}

impl Write for FormattedLines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Self {
            lines,
            formatter,
            output,
            complain,
        } = self;
        lines.feed(bytes, &mut |number, line| match line {
            Ok(line) => {
                formatter.line(number, line, output.as_mut(), complain.as_mut())?;
                match formatter.is_over() {
                    // In a pipe the reader would be gone now.
                    true => Err(io::ErrorKind::BrokenPipe.into()),
                    false => Ok(()),
                }
            }
            Err(bad) => {
                formatter.bad_line(&bad, complain.as_mut());
                Ok(())
            }
        })?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn take(
    merger: &mut Merger,
    merged: &mut FormattedLines,
    number: u64,
    line: Result<&str, BadLine>,
) -> io::Result<()> {
    match line {
        Ok(line) => merger.line(number, line, merged)?,
        Err(bad) => merger.bad_line(&bad, merged)?,
    }
    say_problem(merger, merged);
    Ok(())
}

/// Reports what was wrong with the last line.
fn say_problem(merger: &mut Merger, merged: &mut FormattedLines) {
    if let Some(problem) = merger.problem() {
        (merged.complain)(&term::escape(&problem));
    }
}

/// Splits pieces of any size into lines.
#[derive(Default)]
struct Splitter {
    /// The start of a line.
    begun: Vec<u8>,
    /// True while the rest of a line is dropped because the line is too long.
    skipping: bool,
    number: u64,
}

/// Takes a line: its number, and its text or the reason why it cannot be read.
type Each<'a> = dyn FnMut(u64, Result<&str, BadLine>) -> io::Result<()> + 'a;

impl Splitter {
    fn feed(&mut self, bytes: &[u8], each: &mut Each<'_>) -> io::Result<()> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            match piece.strip_suffix(b"\n") {
                Some(line) if self.begun.is_empty() && !self.skipping => self.line(line, each)?,
                Some(line) => {
                    self.begin(line, each)?;
                    self.end(each)?;
                }
                None => self.begin(piece, each)?,
            }
        }
        Ok(())
    }

    /// Adds to the start of a line.
    fn begin(&mut self, bytes: &[u8], each: &mut Each<'_>) -> io::Result<()> {
        if self.skipping {
            return Ok(());
        }
        if self.begun.len() + bytes.len() > MAX_LINE {
            let start = std::mem::take(&mut self.begun);
            let start = if start.is_empty() { bytes } else { &start };
            self.skipping = true;
            self.number += 1;
            let problem = format!("longer than {MAX_LINE} bytes");
            return each(self.number, Err(BadLine::new(self.number, problem, start)));
        }
        self.begun.extend_from_slice(bytes);
        Ok(())
    }

    /// Ends a line, at its newline or at the end of the input.
    fn end(&mut self, each: &mut Each<'_>) -> io::Result<()> {
        if std::mem::take(&mut self.skipping) {
            return Ok(());
        }
        let mut line = std::mem::take(&mut self.begun);
        let result = self.line(&line, each);
        line.clear();
        self.begun = line;
        result
    }

    fn line(&mut self, bytes: &[u8], each: &mut Each<'_>) -> io::Result<()> {
        self.number += 1;
        if bytes.trim_ascii().is_empty() {
            return Ok(());
        }
        match std::str::from_utf8(bytes) {
            Ok(line) => each(self.number, Ok(line)),
            Err(_) => each(self.number, Err(BadLine::new(self.number, "not UTF-8", bytes))),
        }
    }
}
