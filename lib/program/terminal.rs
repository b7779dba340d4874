//! The user's terminal, which is lent to a program that may ask there.

use crate::mutex::lock;
use rustix::process::{Pid, Signal, getpgrp, kill_process};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr};
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _};
use std::os::fd::AsFd;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard};

/// The current loan, for a process that exits without running destructors.
static LENT: Mutex<Option<Loan>> = Mutex::new(None);

struct Loan {
    terminal: File,
    settings: Termios,
    program: Option<Pid>,
}

/// The terminal, opened separately since our own stdin may be a pipe. While it is lent, nothing else in this process should
/// write to it. When this is dropped, the terminal gets the settings back that it had before.
#[derive(Debug)]
pub(crate) struct Terminal(());

/// Returns whether a person can be asked: our stdin or stderr is the terminal that controls us, and we are in its foreground.
/// From the background (`command &`) a program would be stopped when it reads.
pub(crate) fn is_there() -> bool {
    own().is_some()
}

fn own() -> Option<File> {
    let is_ours = is_in_foreground(io::stderr()) || is_in_foreground(io::stdin());
    is_ours
        .then(|| OpenOptions::new().read(true).write(true).open("/dev/tty"))?
        .ok()
}

/// Returns whether a stream is the terminal that controls this process, and this process is in its foreground.
fn is_in_foreground(stream: impl AsFd) -> bool {
    tcgetpgrp(stream).is_ok_and(|group| group == getpgrp())
}

impl Terminal {
    /// Borrows it; `None` if no person can be asked.
    pub(crate) fn borrow() -> Option<Self> {
        let terminal = own()?;
        let settings = tcgetattr(&terminal).ok()?;
        *lent() = Some(Loan {
            terminal,
            settings,
            program: None,
        });
        Some(Self(()))
    }

    /// Returns the terminal as a program's stdin.
    pub(crate) fn stdin(&self) -> Stdio {
        if io::stdin().is_terminal() {
            return Stdio::inherit();
        }
        let copy = lent().as_ref().and_then(|loan| loan.terminal.try_clone().ok());
        copy.map_or_else(Stdio::null, Stdio::from)
    }

    /// Notes which program has it, for [`give_back_all`]. The program is in our own process group, so that it may read.
    pub(crate) fn lend_to(&self, program: Option<u32>) {
        if let Some(loan) = lent().as_mut() {
            loan.program = program.and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        }
    }

    /// Notes that the program has ended: its process id may be reused.
    pub(crate) fn is_over(&self) {
        self.lend_to(None);
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(loan) = lent().take() {
            loan.restore();
        }
    }
}

impl Loan {
    fn restore(&self) {
        // From the background it would stop us.
        if is_in_foreground(&self.terminal) {
            // A terminal that is gone has no settings.
            let _ = tcsetattr(&self.terminal, OptionalActions::Now, &self.settings);
        }
    }
}

/// Kills the program that has the terminal and restores the settings, for a process that is about to exit without running
/// destructors.
pub(crate) fn give_back_all() {
    if let Some(loan) = lent().take() {
        if let Some(program) = loan.program {
            // It has ended in the meantime.
            let _ = kill_process(program, Signal::KILL);
        }
        loan.restore();
    }
}

fn lent() -> MutexGuard<'static, Option<Loan>> {
    lock(&LENT)
}
