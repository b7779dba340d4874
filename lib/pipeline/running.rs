//! A stage that runs.

use rustix::process::{Pid, Signal, kill_process};

/// A stage that runs.
pub struct Running {
    /// Its place in the chain.
    pub index: usize,
    pub program: &'static str,
    pub pid: Pid,
    pub ends_with_input: bool,
    pub may_page: bool,
    /// True if we have killed it.
    pub is_killed: bool,
}

impl Running {
    /// Tells it to stop. A stage that ends with its input gets no signal: the stages before it do.
    pub fn send(&self, signal: Signal) {
        if !self.ends_with_input {
            // One that has ended in the meantime needs no signal.
            let _ = kill_process(self.pid, signal);
        }
    }
}
