//! The error of a request that failed.

use crate::record::Reason;
use std::fmt;

/// Says why a request got no usable answer.
#[derive(Clone, Debug)]
pub struct Error {
    /// The reason, for scripts.
    pub reason: Reason,
    /// The attempt and its outcome, causes included, in one line for a person. Never holds a secret.
    pub message: String,
    /// Advice that is more specific than the reason's own.
    pub hint: Option<String>,
    /// The HTTP status, if the server answered with an error.
    pub status: Option<u16>,
    /// The `reason` of the server's Status object, as sent: `NotFound`, `Expired`.
    pub status_reason: Option<String>,
    /// The name of the object that the Status is about. Without one it is about a whole type.
    pub status_name: Option<String>,
    /// True if the connection broke, so that asking again may help.
    pub(crate) broken: bool,
}

impl Error {
    /// Creates an error that the server did not send.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            hint: None,
            status: None,
            status_reason: None,
            status_name: None,
            broken: false,
        }
    }

    /// Creates an error about the kubeconfig, or a setting.
    pub(crate) fn unresolved(message: impl Into<String>) -> Self {
        Self::new(Reason::Unresolved, message)
    }

    /// Creates an error about the connection.
    pub(crate) fn connect(message: impl Into<String>) -> Self {
        Self::new(Reason::Connect, message)
    }

    /// Creates an error about TLS.
    pub(crate) fn tls(message: impl Into<String>) -> Self {
        Self::new(Reason::Tls, message)
    }

    /// Creates an error about an answer that breaks the protocol.
    pub(crate) fn protocol(message: impl Into<String>) -> Self {
        Self::new(Reason::Protocol, message)
    }

    /// Creates an error about a credential plugin, or what takes its place.
    pub(crate) fn credential_plugin(message: impl Into<String>) -> Self {
        Self::new(Reason::CredentialPlugin, message)
    }

    /// Returns advice: this error's own, or else that of its reason.
    pub fn remedy(&self) -> Option<&str> {
        self.hint.as_deref().or_else(|| self.reason.hint())
    }

    /// Adds advice.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Returns true if the server no longer has the state that a continue token or a watch refers to, so that the list
    /// has to start again (client-go's `IsResourceExpired` and `IsGone`). Some proxies keep only the status code.
    pub fn is_expired(&self) -> bool {
        self.status_reason.as_deref() == Some("Expired") || self.status == Some(410)
    }

    /// Returns true if the connection was reset or closed too early, so that a read may be tried again from its start.
    pub fn is_broken_connection(&self) -> bool {
        self.broken
    }
}

/// The message as a part of a sentence. kubectl begins some of its own with `error: `.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message.strip_prefix("error: ").unwrap_or(&self.message))
    }
}

impl std::error::Error for Error {}
