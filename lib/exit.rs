//! Exit statuses, the same in every tool, and how outcomes are joined.
//!
//! | status | meaning |
//! |---|---|
//! | 0 | every selected cluster answered |
//! | 1 | nothing could be done |
//! | 2 | the command line was wrong |
//! | 3 | partial: at least one cluster answered and at least one did not |
//! | 4 | asked for with `--exit-code`: every selected cluster answered, and they differ |
//! | 130 | interrupted |

use crate::error_text::io_text;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::error::Error;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The status that a tool ends with. They are ordered by weight: joining two keeps the heavier one.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Status {
    /// Every selected cluster answered.
    #[default]
    Complete,
    /// Every selected cluster answered, and they differ, which the status was asked to say.
    Differs,
    /// At least one cluster answered and at least one did not.
    Partial,
    /// Nothing could be done: no cluster answered, the hub failed, a file was unreadable.
    Failed,
    /// The command line was wrong.
    Usage,
    /// Interrupted; what had arrived was printed first.
    Interrupted,
}

impl Status {
    /// Returns the number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Status::Complete => 0,
            Status::Failed => 1,
            Status::Usage => 2,
            Status::Partial => 3,
            Status::Differs => 4,
            Status::Interrupted => 130,
        }
    }

    /// The status of a number that a tool ended with, or that a record says. A number that means nothing counts as
    /// [`Status::Failed`].
    pub fn from_code(code: u64) -> Self {
        match code {
            0 => Status::Complete,
            2 => Status::Usage,
            3 => Status::Partial,
            4 => Status::Differs,
            130 => Status::Interrupted,
            _ => Status::Failed,
        }
    }

    /// The heavier of two outcomes.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        ExitCode::from(status.code())
    }
}

/// The number of clusters without an answer that makes a run partial (`--fail-on`).
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum FailOn {
    /// One is enough.
    #[default]
    Any,
    /// Only when none answered.
    All,
    /// This share of the selected clusters, in percent (1 to 100).
    Percent(u8),
}

impl FromStr for FailOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let percent = |text: &str| text.parse().ok().filter(|percent| (1..=100).contains(percent));
        match text {
            "any" => Ok(FailOn::Any),
            "all" => Ok(FailOn::All),
            _ => text
                .strip_suffix('%')
                .and_then(percent)
                .map(FailOn::Percent)
                .ok_or_else(|| "expected any, all or a percentage from 1% to 100%".into()),
        }
    }
}

impl std::fmt::Display for FailOn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            FailOn::Any => f.write_str("any"),
            FailOn::All => f.write_str("all"),
            FailOn::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

/// The number of clusters that answered, and of those that did not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Tally {
    /// Answered.
    pub successful: u64,
    /// Did not, or not in full; clusters that were skipped included.
    pub failed: u64,
    /// True if an object that was named exists on no cluster that answered, or no object has the field to sort by.
    pub missing_everywhere: bool,
    /// True if the user stopped it.
    pub interrupted: bool,
}

impl Tally {
    /// The status of a run that came to this.
    pub fn status(self, fail_on: FailOn) -> Status {
        if self.interrupted {
            return Status::Interrupted;
        }
        if self.missing_everywhere || (self.failed > 0 && self.successful == 0) {
            return Status::Failed;
        }
        // Wide enough for whatever a Summary claims.
        let failed = u128::from(self.failed);
        let total = failed + u128::from(self.successful);
        let partial = match fail_on {
            FailOn::Any => self.failed > 0,
            FailOn::All => false,
            FailOn::Percent(percent) => failed > 0 && failed * 100 >= total * u128::from(percent),
        };
        if partial {
            Status::Partial
        } else {
            Status::Complete
        }
    }
}

/// Returns whether an error means that the reader of our output has gone (`| head`). That ends every tool quietly with
/// status 0.
pub fn is_broken_pipe(error: &(dyn Error + 'static)) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
        {
            return true;
        }
        cause = error.source();
    }
    false
}

/// An error that ends a tool: what it says on stderr and the status that it exits with.
#[derive(Debug)]
pub struct Fatal {
    /// The status.
    pub status: Status,
    /// The message, without the tool's name. Empty for a broken pipe, which is not reported.
    pub message: String,
    /// True if the message is kubectl's, `error: ` included, and is printed without the tool's name.
    pub is_kubectls: bool,
}

impl Fatal {
    /// Nothing could be done.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Status::Failed, message)
    }

    /// The command line was wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Status::Usage, message)
    }

    fn new(status: Status, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            is_kubectls: false,
        }
    }

    /// Marks the message as kubectl's own.
    #[must_use]
    pub fn in_kubectls_words(self) -> Self {
        Self {
            is_kubectls: true,
            ..self
        }
    }

    /// Prints the message on standard error, if there is one.
    pub fn report(&self, tool: &str) {
        match self.is_kubectls {
            true => crate::term::complain_verbatim(&self.message),
            false => crate::term::complain(tool, &self.message),
        }
    }

    /// The input ended before it had begun: what should have written records did not even say why.
    pub fn no_input() -> Self {
        Self::failed(
            "no record came on standard input: the command before this one in the pipe wrote none, or there is none; a whole \
             pipe is mc-discover | mc-exec get pods | mc-format",
        )
    }

    /// Reports that the system has no thread left.
    pub fn no_thread(error: &io::Error) -> Self {
        let error = io_text(error);
        Self::failed(format!(
            "cannot start a thread: {error} (ulimit -u, or a pod's limit, allows for too few processes)"
        ))
    }

    /// Reports an error of our own output, unless the reader has gone.
    pub fn output(error: &io::Error) -> Self {
        if is_broken_pipe(error) {
            Self::new(Status::Complete, "")
        } else {
            Self::failed(format!("cannot write the output: {}", io_text(error)))
        }
    }

    /// Reports an error of our own input, unless reading ended because the reader of our output has gone.
    pub fn input(error: &io::Error) -> Self {
        if is_broken_pipe(error) {
            return Self::output(error);
        }
        Self::failed(format!("cannot read the input: {}", io_text(error)))
    }
}

/// Prints a fatal error prefixed with the tool's name, and returns the exit status: every `main` ends with it.
pub fn finish(tool: &str, outcome: Result<Status, Fatal>) -> ExitCode {
    let status = match outcome {
        Ok(status) => status,
        Err(fatal) => {
            fatal.report(tool);
            fatal.status
        }
    };
    // After an interrupt the writer thread may still be blocked on stdout.
    if status != Status::Interrupted {
        let _ = io::stdout().flush();
        ignore_signals_from_now();
        close_stdout_early();
    }
    status.into()
}

/// Set once the exit status is known: a signal that comes later does not change it.
static SIGNALS_ARE_IGNORED: AtomicBool = AtomicBool::new(false);

/// Returns true once this process is exiting with a status that no signal may change.
#[cfg(feature = "cluster")]
pub(crate) fn signals_are_ignored() -> bool {
    SIGNALS_ARE_IGNORED.load(Ordering::SeqCst)
}

/// Ignores the signals that stop a tool. When our output ends, the stages after us may end before we do, and the
/// wrapper then sends SIGTERM to the stages that still run: without this, that would replace our exit status.
fn ignore_signals_from_now() {
    SIGNALS_ARE_IGNORED.store(true, Ordering::SeqCst);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        // If a signal cannot be ignored it ends the process, as it would have anyway.
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
}

/// Closes stdout before the process exits: the kernel frees a process's memory before it closes its files, and in a
/// pipe of five every stage would wait for that. Without this, `get pods -A` of 100 clusters with 100 pods each takes
/// 4 to 8 % longer (200 paired runs, quartiles and median), and the same CPU.
fn close_stdout_early() {
    // Replaced and not closed, since the standard library flushes stdout once more at exit. If /dev/null cannot be
    // opened, stdout is closed at exit.
    if let Ok(null) = OpenOptions::new().write(true).open("/dev/null") {
        let _ = rustix::stdio::dup2_stdout(null);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tally(successful: u64, failed: u64) -> Tally {
        Tally {
            successful,
            failed,
            ..Tally::default()
        }
    }

    #[test]
    fn the_table_of_statuses() {
        assert_eq!(tally(0, 0).status(FailOn::Any), Status::Complete);
        assert_eq!(tally(3, 0).status(FailOn::Any), Status::Complete);
        assert_eq!(tally(2, 1).status(FailOn::Any), Status::Partial);
        assert_eq!(tally(0, 1).status(FailOn::All), Status::Failed);
        assert_eq!(tally(2, 1).status(FailOn::All), Status::Complete);
        assert_eq!(tally(0, 0).status(FailOn::Percent(10)), Status::Complete);
        assert_eq!(tally(9, 1).status(FailOn::Percent(10)), Status::Partial);
        assert_eq!(tally(9, 1).status(FailOn::Percent(11)), Status::Complete);
        assert_eq!(
            tally(u64::MAX, u64::MAX).status(FailOn::Percent(51)),
            Status::Complete
        );
        assert_eq!(
            Tally {
                interrupted: true,
                ..tally(1, 0)
            }
            .status(FailOn::Any),
            Status::Interrupted
        );
        assert_eq!(
            Tally {
                missing_everywhere: true,
                ..tally(3, 0)
            }
            .status(FailOn::Any),
            Status::Failed
        );
    }

    #[test]
    fn fail_on_reads_what_it_writes() {
        for text in ["any", "all", "1%", "100%"] {
            assert_eq!(text.parse::<FailOn>().unwrap().to_string(), text);
        }
        for text in ["", "0%", "101%", "some", "5"] {
            assert!(text.parse::<FailOn>().is_err(), "{text}");
        }
    }
}
