//! The screen that credential plugins share with everything else that is shown.

use crate::term;
use std::fmt;

/// Where the words of credential plugins go, and what has to keep away while one of them has the terminal.
pub trait Screen: fmt::Debug + Send + Sync {
    /// A plugin has the terminal from now on: nothing may be drawn there.
    fn lend(&self) {}

    /// It is free again.
    fn take_back(&self) {}

    /// Says what a plugin without the terminal says, one line or more, not yet escaped.
    fn say(&self, words: &str);
}

/// A plain stderr, of the tool of this name.
#[derive(Debug)]
pub struct Stderr(pub &'static str);

impl Screen for Stderr {
    fn say(&self, words: &str) {
        term::complain(self.0, words);
    }
}
