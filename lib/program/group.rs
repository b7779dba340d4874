//! The process group of a program that runs, so that it ends with all that it started.

use crate::mutex::lock;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::sync::{Mutex, MutexGuard};

/// The process group of a running program. Its processes are killed when this is dropped.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    id: Pid,
    is_left: bool,
}

/// The process groups of all running programs.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

impl ProcessGroup {
    /// Starts a program that is in a group of its own; `id` returns the id of its process. Returns no group if the program has
    /// ended already.
    ///
    /// # Errors
    /// Those of `spawn`.
    pub(crate) fn start<C>(
        spawn: impl FnOnce() -> io::Result<C>,
        id: impl FnOnce(&C) -> Option<u32>,
    ) -> io::Result<(C, Option<Self>)> {
        // The lock is held meanwhile, so that `end_all` in another thread knows of the program.
        let mut groups = groups();
        let child = spawn()?;
        let id = id(&child).and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        groups.extend(id);
        Ok((child, id.map(|id| Self { id, is_left: false })))
    }

    /// Leaves the processes running.
    pub(crate) fn leave(mut self) {
        self.is_left = true;
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        groups().retain(|other| *other != self.id);
        if !self.is_left {
            end(self.id);
        }
    }
}

/// Kills all running programs, for a process that is about to exit without running destructors.
pub(crate) fn end_all() {
    groups().iter().copied().for_each(end);
}

fn end(group: Pid) {
    // ESRCH means that no process is left.
    let _ = kill_process_group(group, Signal::KILL);
}

fn groups() -> MutexGuard<'static, Vec<Pid>> {
    lock(&GROUPS)
}
