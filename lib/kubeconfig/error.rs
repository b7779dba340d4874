//! Errors of a kubeconfig.

use std::fmt;

/// An error in a kubeconfig. The text names the file, the entry and the remedy, and never a secret.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(pub String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
