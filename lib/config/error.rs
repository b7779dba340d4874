//! The error of a file or a variable.

/// A mistake in one of the user's files or variables. The message names the file, the line and column, and the key that
/// was probably meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(pub String);

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
