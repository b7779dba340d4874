//! The lock by which the processes of a pipe share one terminal.
//!
//! It is a lock on the terminal's device file. Whoever shows a progress line there shares it, and whoever has lent the
//! terminal to another program holds it alone. So a process can tell from the lock what a message would land on,
//! whichever process of the pipe has put it there.

use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::termios::ttyname;
use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal as _};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::time::Duration;

/// How often a lock is tried that is held while something is being written, and the pause between.
const TRIES: u32 = 25;
const PAUSE: Duration = Duration::from_millis(2);

/// The lock, held or not. It is released when it is dropped.
#[derive(Debug)]
pub struct ScreenLock(File);

/// Something on the terminal that a message must not land on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum OnScreen {
    /// Nothing: the cursor is at the start of a line.
    Nothing,
    /// A progress line, which is drawn again.
    Progress,
    /// Another program, which may have asked something.
    Program,
}

impl ScreenLock {
    /// Returns the lock of stderr's terminal; `None` if there is none, or if it is not ours to open.
    pub fn of_stderr() -> Option<Self> {
        let stderr = io::stderr();
        if !stderr.is_terminal() {
            return None;
        }
        let name = ttyname(&stderr, Vec::new()).ok()?;
        // The descriptor that we have is the same in all processes of the pipe, and so would be its lock.
        let file = OpenOptions::new()
            .write(true)
            .custom_flags(i32::try_from(OFlags::NOCTTY.bits()).ok()?)
            .open(OsStr::from_bytes(name.as_bytes()))
            .ok()?;
        Some(Self(file))
    }

    /// Takes it alone, if nobody else has it. Otherwise it is not held any more.
    pub fn try_alone(&self) -> bool {
        flock(&self.0, FlockOperation::NonBlockingLockExclusive).is_ok()
    }

    /// Takes it alone as soon as those who are writing are done; returns whether it could.
    #[cfg(feature = "cluster")]
    pub fn alone(&self) -> bool {
        (0..TRIES).any(|_| self.try_alone() || pause())
    }

    /// Shares it, if nobody has it alone.
    pub fn try_share(&self) -> bool {
        flock(&self.0, FlockOperation::NonBlockingLockShared).is_ok()
    }

    /// Releases it.
    pub fn release(&self) {
        // What cannot be released is so at the end of the process.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }

    /// Returns what is on the screen. Nothing comes there while the lock is held, which it is then.
    pub fn look(&self) -> OnScreen {
        for _ in 0..TRIES {
            if self.try_alone() {
                return OnScreen::Nothing;
            }
            if self.try_share() {
                return OnScreen::Progress;
            }
            pause();
        }
        OnScreen::Program
    }
}

fn pause() -> bool {
    std::thread::sleep(PAUSE);
    false
}
