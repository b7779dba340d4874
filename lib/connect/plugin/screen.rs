//! The screen that credential plugins share with progress and other messages.

use crate::term;
use crate::term::progress::ProgressLine;
use std::sync::Arc;

/// Shows the messages of credential plugins, and leaves the terminal alone while one of them has it.
#[derive(Clone, Debug)]
pub struct Screen {
    /// The tool's name.
    pub tool: &'static str,
    /// The progress line that is on the same terminal, if it is ever drawn.
    pub line: Arc<ProgressLine>,
}

impl Screen {
    /// Returns the screen of a tool that draws no progress line.
    pub fn of(tool: &'static str) -> Self {
        Self {
            tool,
            line: Arc::default(),
        }
    }

    /// Hands the terminal to a plugin, until what is returned is dropped. `lead` says which plugin it is.
    pub fn lend(&self, lead: &str) -> LentScreen<'_> {
        self.line.lend(&term::escape(lead));
        LentScreen(&self.line)
    }

    /// Prints one or more lines, which are not escaped yet.
    pub fn say(&self, message: &str) {
        self.line.say(&term::prefixed(self.tool, message));
    }
}

/// The screen while a plugin has the terminal.
pub struct LentScreen<'a>(&'a ProgressLine);

impl Drop for LentScreen<'_> {
    fn drop(&mut self) {
        self.0.take_back();
    }
}
