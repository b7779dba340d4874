//! Errors of templates.

use std::fmt;

/// What is wrong with a template, or went wrong in evaluating it: client-go's own words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(pub String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// An error with a text of client-go's.
pub(super) fn error<T>(text: impl Into<String>) -> Result<T, Error> {
    Err(Error(text.into()))
}
