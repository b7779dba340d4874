//! The credential that a plugin returns.

use crate::connect::tls::Identity;
use jiff::Timestamp;
use secrecy::SecretString;
use std::time::Instant;

/// The versions of the plugin protocol.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ExecVersion {
    /// `client.authentication.k8s.io/v1`
    V1,
    /// `client.authentication.k8s.io/v1beta1`
    V1Beta1,
}

impl ExecVersion {
    pub(super) const ALL: [Self; 2] = [Self::V1, Self::V1Beta1];

    /// Returns the apiVersion.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "client.authentication.k8s.io/v1",
            Self::V1Beta1 => "client.authentication.k8s.io/v1beta1",
        }
    }
}

/// A token, a client certificate, or both.
#[derive(Debug)]
pub struct Credential {
    /// A bearer token.
    pub token: Option<SecretString>,
    /// A client certificate with its key, both PEM.
    pub certificate: Option<(String, SecretString)>,
    /// The time at which it expires, according to the plugin.
    expires: Option<Timestamp>,
    /// True if it had expired when it came. This machine's clock may be wrong, so it is used all the same: the server
    /// decides.
    came_expired: bool,
    /// The time at which it replaced one that a server had refused.
    pub(super) renewed: Option<Instant>,
}

impl Credential {
    pub(super) fn new(
        token: Option<SecretString>,
        certificate: Option<(String, SecretString)>,
        expires: Option<Timestamp>,
    ) -> Self {
        Self {
            token,
            certificate,
            expires,
            came_expired: expires.is_some_and(|expires| expires <= Timestamp::now()),
            renewed: None,
        }
    }

    pub(super) fn has_expired(&self) -> bool {
        !self.came_expired && self.expires.is_some_and(|expires| expires <= Timestamp::now())
    }

    /// Returns true if it had expired when it came, by its own expiry and this machine's clock.
    pub(super) fn came_expired(&self) -> bool {
        self.came_expired
    }

    /// Returns the client certificate, if there is one.
    pub(crate) fn identity(&self) -> Option<Identity> {
        let (certificate, key) = self.certificate.as_ref()?;
        Some(Identity::of_plugin(certificate, key))
    }
}
