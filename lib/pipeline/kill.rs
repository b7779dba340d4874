//! Kills stages that do not end by themselves after they were told to stop, or because their reader does not read.

use super::running::Running;
use crate::mutex::lock;
use rustix::process::{Pid, Signal, kill_process};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// The time that a stage has to end after it was told to stop. mc-exec takes up to four seconds.
pub const GRACE: Duration = Duration::from_secs(5);

/// Signals that come so close together are one: `timeout` sends its signal to its child and to the whole group.
const ONE: Duration = Duration::from_millis(500);

/// The meaning of a signal.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Meaning {
    /// The stages stop, and have a while to print what has arrived.
    Stop,
    /// It is the same signal once more.
    Nothing,
    /// The user does not want to wait any longer.
    End,
}

/// The signals so far.
#[derive(Debug, Default)]
pub struct Signalled(Option<Instant>);

impl Signalled {
    /// Returns what a signal means that comes now.
    pub fn meaning(&mut self, now: Instant) -> Meaning {
        match self.0 {
            None => {
                self.0 = Some(now);
                Meaning::Stop
            }
            Some(first) if now.duration_since(first) < ONE => Meaning::Nothing,
            Some(_) => Meaning::End,
        }
    }
}

/// Kills the stages before a place in the chain, and what they have started.
pub fn kill_before(running: &Mutex<Vec<Running>>, place: usize) {
    let is_killed = |stage: &&mut Running| stage.index < place && !stage.may_page;
    for stage in lock(running).iter_mut().filter(is_killed) {
        stage.is_killed = true;
        // First find what it has started: once it has ended, those processes have another parent.
        let started = descendants(stage.pid);
        // One that has ended in the meantime needs no signal.
        let _ = kill_process(stage.pid, Signal::KILL);
        for pid in started {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The processes that a process has started, and those that they have; none where the kernel does not say.
fn descendants(pid: Pid) -> Vec<Pid> {
    let mut found = Vec::new();
    let mut open = vec![pid];
    while let Some(pid) = open.pop() {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", pid.as_raw_nonzero()));
        for task in tasks.into_iter().flatten().flatten() {
            let children = std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
            let children = children
                .split_whitespace()
                .filter_map(|child| Pid::from_raw(child.parse().ok()?));
            for child in children {
                found.push(child);
                open.push(child);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_signal_ends_and_one_that_comes_twice_does_not() {
        let start = Instant::now();
        let after = |millis| start + Duration::from_millis(millis);
        let mut signalled = Signalled::default();
        assert_eq!(signalled.meaning(start), Meaning::Stop);
        assert_eq!(signalled.meaning(after(3)), Meaning::Nothing);
        assert_eq!(signalled.meaning(after(600)), Meaning::End);
        assert_eq!(signalled.meaning(after(601)), Meaning::End);
    }
}
