//! Messages on standard error.

use crate::term;

/// Returns a function that prints a message with each line prefixed with the tool's name.
pub fn prefixed(tool: &'static str) -> impl FnMut(&str) {
    move |message: &str| term::complain(tool, message)
}

/// Prints a message as it is: kubectl's own messages have no prefix.
pub fn verbatim(message: &str) {
    term::print_lines(&format!("{message}\n"));
}

/// Warns of environment variables that begin like ours and are unknown. Only the tools that a run begins with do this:
/// the others would repeat it.
#[cfg(feature = "cluster")]
pub fn warn_of_unknown_variables(tool: &'static str) {
    for message in crate::config::unknown_variables(std::env::vars_os().map(|(name, _)| name)) {
        prefixed(tool)(&format!("Warning: {message}"));
    }
}
