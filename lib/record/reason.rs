//! Why a cluster did not answer. The set of reasons is closed, so that scripts can rely on it.

use super::str::Str;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// Why a cluster did not answer.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Reason {
    /// Nothing gives access to it, or it was left out on purpose.
    Skipped,
    /// An access that is configured does not exist, such as a mapping to a missing context.
    Unresolved,
    /// Its credential plugin failed.
    CredentialPlugin,
    /// Its name was not found.
    Dns,
    /// No connection was made.
    Connect,
    /// A certificate or the TLS handshake was rejected.
    Tls,
    /// It did not answer within its deadline.
    Timeout,
    /// It answered 401.
    Unauthorized,
    /// It answered 403.
    Forbidden,
    /// It answered 404: it does not have what was asked for.
    NotFound,
    /// It answered any other 4xx.
    BadRequest,
    /// It answered 429, also after waiting as told.
    TooManyRequests,
    /// It answered 5xx.
    ServerError,
    /// Its answer does not follow the API. Also a reason that this release does not know.
    Protocol,
    /// The user or `--fail-fast` stopped the query.
    Cancelled,
}

/// The reasons in the order of the enum, each with its text in records and with a hint: what to do about it, unless the
/// message of the record says that better. Only mc-resolve, for example, knows what it looked for.
#[rustfmt::skip]
const REASONS: [(Reason, &str, Option<&str>); 15] = [
    (Reason::Skipped, "Skipped", None),
    (Reason::Unresolved, "Unresolved", None),
    (Reason::CredentialPlugin, "CredentialPlugin",
        Some("run the credential plugin by hand, and log in again if it says so")),
    (Reason::Dns, "Dns",
        Some("check the server's name in the kubeconfig, and that your VPN is connected if the name needs one")),
    (Reason::Connect, "Connect",
        Some("check that the API server is up, that your VPN is connected if it needs one, and that no firewall is in the way")),
    (Reason::Tls, "Tls",
        Some("check certificate-authority-data and tls-server-name of the cluster in the kubeconfig")),
    (Reason::Timeout, "Timeout",
        Some("the API server or the network is slow, or drops packets: check the VPN, or try with a longer --timeout")),
    (Reason::Unauthorized, "Unauthorized",
        Some("log in again: the credentials are not accepted")),
    (Reason::Forbidden, "Forbidden",
        Some("ask for the permission; kubectl --context CONTEXT auth can-i --list shows what you may do")),
    (Reason::NotFound, "NotFound",
        Some("check the name and the namespace")),
    (Reason::BadRequest, "BadRequest",
        Some("the request itself is refused: check selectors, names and files")),
    (Reason::TooManyRequests, "TooManyRequests",
        Some("the API server limits you or is overloaded: try again later, or with a smaller --concurrency")),
    (Reason::ServerError, "ServerError",
        Some("the API server has a problem of its own: see its logs, or kubectl --context CONTEXT get --raw='/readyz?verbose'")),
    (Reason::Protocol, "Protocol",
        Some("check the server's address and any proxy: what answered does not speak the Kubernetes API")),
    (Reason::Cancelled, "Cancelled",
        Some("run it again")),
];

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

// Written by hand, since serde's `other` is for tagged enums only, and a reason of a later release must not make a
// record unreadable.
impl<'de> Deserialize<'de> for Reason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Str::deserialize(deserializer)?;
        let known = REASONS.iter().find(|(_, known, _)| text == *known);
        Ok(known.map_or(Reason::Protocol, |(reason, ..)| *reason))
    }
}

impl Reason {
    /// Returns the reason for an HTTP status of 400 and above.
    pub fn of_status(status: u16) -> Self {
        match status {
            401 => Reason::Unauthorized,
            403 => Reason::Forbidden,
            404 => Reason::NotFound,
            429 => Reason::TooManyRequests,
            400..=499 => Reason::BadRequest,
            500..=599 => Reason::ServerError,
            _ => Reason::Protocol,
        }
    }

    /// Returns the text for records.
    pub fn as_str(self) -> &'static str {
        REASONS[self as usize].1
    }

    /// Returns what to do about it, if there is something to say.
    pub fn hint(self) -> Option<&'static str> {
        REASONS[self as usize].2
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::REASONS;

    #[test]
    fn table_of_reasons_is_in_the_order_of_the_enum() {
        for (place, (reason, text, _)) in REASONS.into_iter().enumerate() {
            assert_eq!(reason as usize, place);
            assert_eq!(format!("{reason:?}"), text);
        }
    }
}
