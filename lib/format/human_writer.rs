//! The human form of a tool's own records, for when its stdout is a terminal: what `mc-merge | mc-format`
//! would print, in the same process.

use super::formatter::Formatter;
use super::options::{Options, WRITE_SIZE};
use crate::exit::Status;
use crate::merge::{self, Merger};
use crate::wire::{BadLine, MAX_LINE};
use std::io::{self, Write};

/// Takes record lines as a writer, split in whatever way, and prints what a person reads.
///
/// `flush` prints what can be printed already (with [`Options::stream`], the rows that have come).
/// Nothing is printed at the end without [`finish`](Self::finish).
pub struct Human {
    lines: Splitter,
    merger: Merger,
    printer: Printer,
}

/// Where the merger's lines go.
struct Printer {
    lines: Splitter,
    formatter: Formatter,
    output: Box<dyn Write + Send>,
    complain: Box<dyn FnMut(&str) + Send>,
}

impl Human {
    /// Prints to any output. `complain` gets lines for stderr, exactly as they should be printed.
    pub fn new(
        merge: merge::Options,
        format: Options,
        output: Box<dyn Write + Send>,
        complain: Box<dyn FnMut(&str) + Send>,
    ) -> Self {
        Self {
            lines: Splitter::default(),
            merger: Merger::with_memory(merge, format.memory),
            printer: Printer {
                lines: Splitter::default(),
                formatter: Formatter::new(format),
                output,
                complain,
            },
        }
    }

    /// Prints to this process's stdout and stderr.
    pub fn stdout(merge: merge::Options, format: Options) -> Self {
        let complain = |line: &str| {
            // Errors on stderr itself have nowhere to go.
            let _ = writeln!(io::stderr(), "{line}");
        };
        let output = io::BufWriter::with_capacity(WRITE_SIZE, io::stdout());
        Self::new(merge, format, Box::new(output), Box::new(complain))
    }

    /// Whether nothing more is printed, since something of what is watched could not be: writing then fails
    /// with a broken pipe.
    pub fn is_over(&self) -> bool {
        self.printer.formatter.is_over()
    }

    /// Prints what was held back, then what a person should know.
    ///
    /// # Errors
    /// What the output returns.
    pub fn finish(self) -> io::Result<Status> {
        let Self {
            mut lines,
            mut merger,
            mut printer,
        } = self;
        lines.end(&mut |number, line| take(&mut merger, &mut printer, number, line))?;
        let merged = if printer.formatter.is_over() {
            // It takes no more, and what the merger still waits for will not come.
            Status::Complete
        } else {
            merger.end(&mut printer)?;
            say_problem(&mut merger, &mut printer);
            merger.finish(&mut printer)?
        };
        let Printer {
            formatter,
            mut output,
            mut complain,
            ..
        } = printer;
        // The merger has seen every line, the formatter only those that are records.
        Ok(merged.join(formatter.finish(output.as_mut(), complain.as_mut())?))
    }
}

impl Write for Human {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Self {
            lines,
            merger,
            printer,
        } = self;
        lines.feed(bytes, &mut |number, line| take(merger, printer, number, line))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let printer = &mut self.printer;
        printer.formatter.flush(printer.output.as_mut())
    }
}

impl Write for Printer {
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
                    // As if the reader had gone, which is what it would have done in a pipe.
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
    printer: &mut Printer,
    number: u64,
    line: Result<&str, BadLine>,
) -> io::Result<()> {
    match line {
        Ok(line) => merger.line(number, line, printer)?,
        Err(bad) => merger.bad_line(&bad, printer)?,
    }
    say_problem(merger, printer);
    Ok(())
}

/// Says what was wrong with the last line.
fn say_problem(merger: &mut Merger, printer: &mut Printer) {
    if let Some(problem) = merger.problem() {
        (printer.complain)(&crate::term::escape(&problem));
    }
}

/// Makes lines of what is written.
#[derive(Default)]
struct Splitter {
    begun: Vec<u8>,
    /// Whether the rest of the line is passed over, because it is too long.
    skipping: bool,
    number: u64,
}

/// What takes the lines: a number, and the text or what is wrong with it.
type Each<'a> = dyn FnMut(u64, Result<&str, BadLine>) -> io::Result<()> + 'a;

impl Splitter {
    fn feed(&mut self, bytes: &[u8], each: &mut Each<'_>) -> io::Result<()> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, behind) = rest.split_at(end);
            rest = behind.get(1..).unwrap_or_default();
            if self.begun.is_empty() && !self.skipping {
                self.line(line, each)?;
            } else {
                self.begin(line, each)?;
                self.end(each)?;
            }
        }
        self.begin(rest, each)
    }

    /// Keeps the start of a line.
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

    /// The end of a line, or of everything.
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
