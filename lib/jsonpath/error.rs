//! Errors of templates.

use std::fmt;

/// A mistake in a template or an error in its evaluation, in client-go's words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(pub String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// Returns an error.
pub(super) fn error<T>(text: impl Into<String>) -> Result<T, Error> {
    Err(Error(text.into()))
}
