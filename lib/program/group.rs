//! The process group of a program that runs, so that it ends with all that it started.

use crate::mutex::lock;
use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::sync::{Mutex, MutexGuard};

/// The process group of a program that runs; dropped, all that is in it ends.
#[derive(Debug)]
pub(crate) struct Group {
    id: Pid,
    is_left: bool,
}

/// Those that there are.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

impl Group {
    /// Starts a program that is put into a group of its own; `id` is its process's. None where it has ended.
    ///
    /// # Errors
    /// Those of `spawn`.
    pub(crate) fn start<C>(
        spawn: impl FnOnce() -> io::Result<C>,
        id: impl FnOnce(&C) -> Option<u32>,
    ) -> io::Result<(C, Option<Self>)> {
        // Held meanwhile: what is started is known to whoever ends all.
        let mut groups = groups();
        let child = spawn()?;
        let id = id(&child).and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        groups.extend(id);
        Ok((child, id.map(|id| Self { id, is_left: false })))
    }

    /// Leaves what is in it running.
    pub(crate) fn leave(mut self) {
        self.is_left = true;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        groups().retain(|other| *other != self.id);
        if !self.is_left {
            end(self.id);
        }
    }
}

/// Ends the programs that run, for a process that is about to end without taking leave.
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
