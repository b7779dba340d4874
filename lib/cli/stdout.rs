//! Text on stdout from tools that print no records.

use crate::exit::{Fatal, Status};
use std::io::Write as _;

/// Prints a text as the whole output of a tool.
///
/// # Errors
/// The output cannot be written.
pub fn print(text: &str) -> Result<Status, Fatal> {
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| Fatal::output(&error))?;
    Ok(Status::Complete)
}
