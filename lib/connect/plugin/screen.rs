//! The screen that credential plugins share with progress and other messages.

use crate::term;
use std::fmt;

/// Shows the messages of credential plugins, and leaves the terminal alone while one of them has it.
pub trait Screen: fmt::Debug + Send + Sync {
    /// Hands the terminal to a plugin: from now on nothing may be drawn there.
    fn lend(&self) {}

    /// Takes the terminal back.
    fn take_back(&self) {}

    /// Prints one or more lines, which are not escaped yet, of a plugin without the terminal.
    fn say(&self, message: &str);
}

/// Prints to stderr, with the name of a tool.
#[derive(Debug)]
pub struct Stderr(pub &'static str);

impl Screen for Stderr {
    fn say(&self, message: &str) {
        term::complain(self.0, message);
    }
}
