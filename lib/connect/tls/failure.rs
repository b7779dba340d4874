//! Errors of TLS, worded so that an operator can act on them.

use super::server_verifier::UntrustedServer;
use super::x509::{CertificatePlace, Fault, Whose};
use crate::connect::causes::{find, is_broken, is_reset};
use crate::connect::error::Error;
use crate::error_text::io_text;
use rustls::{AlertDescription, CertificateError, InvalidMessage};
use std::io;

/// Creates the error for a failed TLS handshake.
pub(crate) fn handshake(shown: &str, error: &io::Error) -> Error {
    if let Some(error) = find::<rustls::Error>(error) {
        return tls(shown, error);
    }
    let mut failed = if is_broken(error) {
        let how = if is_reset(error) { "reset" } else { "closed" };
        Error::connect(format!("{shown} {how} the connection during the TLS handshake"))
    } else {
        Error::tls(format!("no TLS with {shown}: {}", io_text(error)))
    };
    failed.broken = is_broken(error);
    failed
}

/// Creates the error for an error of rustls.
pub(crate) fn tls(shown: &str, error: &rustls::Error) -> Error {
    let with = |message: String, hint: &str| Error::tls(message).with_hint(hint);
    match error {
        rustls::Error::InvalidCertificate(error) => certificate(shown, error),
        rustls::Error::InvalidMessage(InvalidMessage::InvalidContentType) => with(
            format!("{shown} does not speak TLS"),
            "check the server's address and port; an API server without TLS is written http://",
        ),
        rustls::Error::AlertReceived(alert) => self::alert(shown, *alert),
        rustls::Error::PeerIncompatible(_) => with(
            format!("{shown} and this client have no version or cipher of TLS in common: {error}"),
            "the server has to offer TLS 1.2 with an ECDHE cipher, or TLS 1.3",
        ),
        _ => Error::tls(format!("no TLS with {shown}: {error}")),
    }
}

/// Creates the error for an alert that the server sent.
fn alert(shown: &str, alert: AlertDescription) -> Error {
    use AlertDescription as Alert;
    let why = words(&format!("{alert:?}"));
    let (what, hint) = match alert {
        Alert::CertificateRequired => (
            "wants a client certificate",
            "add client-certificate(-data) and client-key(-data) to the user in the kubeconfig; if they are there, the \
             server does not support signatures by that kind of key",
        ),
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateRevoked
        | Alert::CertificateExpired
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied => (
            "does not accept the client certificate",
            "renew client-certificate(-data) and client-key(-data) of the user in the kubeconfig",
        ),
        Alert::HandshakeFailure => (
            "ended the TLS handshake",
            "the server may want a client certificate, or has no cipher in common with this client",
        ),
        Alert::UnrecognisedName => (
            "has no certificate for this name",
            "check the server's address and tls-server-name of the cluster in the kubeconfig",
        ),
        _ => return Error::tls(format!("{shown} ended the TLS handshake: {why}")),
    };
    Error::tls(format!("{shown} {what}: {why}")).with_hint(hint)
}

/// Turns `CertificateExpired` into "certificate expired".
fn words(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    let mut previous_lower = false;
    for character in name.chars() {
        if character.is_uppercase() && previous_lower {
            text.push(' ');
        }
        previous_lower = character.is_lowercase();
        text.extend(character.to_lowercase());
    }
    text
}

/// Creates the error for a server certificate that is not accepted.
fn certificate(shown: &str, error: &CertificateError) -> Error {
    if let CertificateError::Other(other) = error
        && let Some(refusal) = other.0.downcast_ref()
    {
        return refused(shown, refusal);
    }
    // Only the error's name is shown: some of these errors contain whole certificates.
    let what = match error {
        CertificateError::BadSignature => {
            "the server did not prove that it has the certificate's key".to_owned()
        }
        CertificateError::Revoked => "it has been revoked".to_owned(),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => "it has expired".to_owned(),
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "it is for another name".to_owned()
        }
        CertificateError::Other(other) => other.0.to_string(),
        _ => words(&format!("{error:?}")),
    };
    Error::tls(format!("the certificate of {shown} is not accepted: {what}"))
        .with_hint("give the API server a certificate that follows RFC 5280")
}

/// Creates the error for a certificate that breaks Go's rules.
fn refused(shown: &str, refusal: &UntrustedServer) -> Error {
    const FOLLOW: &str = "give the API server a certificate that follows RFC 5280";
    let bundle = refusal.bundle.as_deref();
    let (message, hint) = match &refusal.fault {
        Fault::UnknownAuthority(names, why) => {
            let by = if names.self_issued {
                format!("it signed itself (\"{}\")", names.subject)
            } else {
                format!("it was issued by \"{}\"", names.issuer)
            };
            let (whose, hint) = match (why.as_deref(), bundle) {
                (Some(why), _) => (
                    format!("and {}", wrong(shown, why, refusal)),
                    hint_of(why).unwrap_or(FOLLOW),
                ),
                (None, Some(_)) => (
                    "and the context's certificate authority did not issue it".to_owned(),
                    "if the cluster was rebuilt, fetch its kubeconfig again; if a proxy inspects TLS on the way, add \
                     its CA to certificate-authority-data",
                ),
                (None, None) => (
                    "and this machine does not trust it".to_owned(),
                    "add the cluster's CA to the kubeconfig as certificate-authority-data, which it lacks",
                ),
            };
            (
                format!("the certificate of {shown} is signed by unknown authority: {by}, {whose}"),
                hint,
            )
        }
        fault => (wrong(shown, fault, refusal), hint_of(fault).unwrap_or(FOLLOW)),
    };
    Error::tls(message).with_hint(hint)
}

/// Names a certificate of a chain.
fn certificate_of(shown: &str, whose: &Whose, bundle: Option<&str>) -> String {
    let subject = &whose.subject;
    match whose.place {
        CertificatePlace::Leaf => format!("the certificate of {shown}"),
        CertificatePlace::Sent => {
            format!("the certificate of \"{subject}\" that {shown} sends besides its own")
        }
        CertificatePlace::Trusted => match bundle {
            Some(bundle) => format!("the certificate of \"{subject}\" in {bundle}"),
            None => format!("the certificate of \"{subject}\" that this machine trusts"),
        },
    }
}

fn wrong(shown: &str, fault: &Fault, refusal: &UntrustedServer) -> String {
    let of = |whose| certificate_of(shown, whose, refusal.bundle.as_deref());
    let span = |seconds: i64| humanize_duration(seconds.unsigned_abs());
    match fault {
        Fault::Malformed(whose, why) => format!("{} cannot be used: {why}", of(whose)),
        Fault::Expired(whose, after) => format!("{} {}", of(whose), expired(*after, refusal.now)),
        Fault::NotYetValid(whose, before) => format!(
            "{} is not valid before {}, in {}",
            of(whose),
            date(*before),
            span(before.saturating_sub(refusal.now))
        ),
        Fault::Critical(whose, extension) => format!(
            "{} has a critical extension that is not understood ({extension})",
            of(whose)
        ),
        Fault::Name(presented) => {
            let presented = match presented.as_slice() {
                [] => "no name at all (a common name does not count)".to_owned(),
                names => names.join(", "),
            };
            format!(
                "the certificate of {shown} is valid for {presented}, not for {}",
                refusal.host
            )
        }
        Fault::NoIssuer(whose, why) => format!("{} cannot be its issuer: {why}", of(whose)),
        Fault::UnknownAuthority(..) => format!("the certificate of {shown} is signed by unknown authority"),
        Fault::Purpose(whose) if whose.place == CertificatePlace::Leaf => {
            format!("the certificate of {shown} is not meant for servers")
        }
        Fault::Purpose(whose) => format!("{} is not meant for issuing servers' certificates", of(whose)),
        Fault::Constraint(what) => {
            format!("the certificate of {shown} breaks a name constraint of an authority above it: {what}")
        }
        Fault::Policy => format!("the certificate of {shown} lacks a policy that its authorities require"),
        Fault::TooLarge(whose, bits) => format!("{} has an RSA key of {bits} bits, over 8192", of(whose)),
        Fault::Key => format!("the certificate of {shown} has a key that is neither RSA, ECDSA nor Ed25519"),
        Fault::UnusableKey(why) => {
            format!("the certificate of {shown} has no key that can be used: {why}")
        }
        Fault::TooManyChecks => {
            format!("the certificate of {shown} has too many possible authorities of equal names")
        }
    }
}

fn hint_of(fault: &Fault) -> Option<&'static str> {
    let is_trusted = |whose: &Whose| whose.place == CertificatePlace::Trusted;
    match fault {
        Fault::Expired(whose, _) if is_trusted(whose) => Some(
            "fetch the cluster's kubeconfig again, if its CA was renewed; correct this machine's clock, if it is wrong",
        ),
        Fault::Expired(..) => Some(
            "renew the API server's certificate (kubeadm certs renew apiserver), or correct this machine's clock",
        ),
        Fault::NotYetValid(..) => {
            Some("correct this machine's clock, or the one that the certificate was made on")
        }
        Fault::Name(_) => Some(
            "use an address that the certificate names, or put one of its names into tls-server-name of \
             the cluster in the kubeconfig",
        ),
        Fault::UnusableKey(_) => Some("give the API server a certificate with an RSA, ECDSA or Ed25519 key"),
        Fault::Purpose(_) => Some("the certificate needs the extended key usage serverAuth"),
        Fault::NoIssuer(whose, _) if is_trusted(whose) => {
            Some("the kubeconfig needs the certificate of the CA that issued the API server's")
        }
        _ => None,
    }
}

/// Returns `expired on …, 3 days ago`.
pub(crate) fn expired(after: i64, now: i64) -> String {
    let ago = humanize_duration(now.saturating_sub(after).unsigned_abs());
    format!("expired on {}, {ago} ago", date(after))
}

fn date(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(|_| "an unknown date".into(), |time| time.to_string())
}

/// Formats a duration in its largest unit.
fn humanize_duration(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_alerts_become_words() {
        assert_eq!(words("CertificateRequired"), "certificate required");
    }

    #[test]
    fn humanize_duration_uses_the_largest_unit() {
        assert_eq!(
            [1, 300, 90_000, 200_000].map(humanize_duration),
            ["1 second", "5 minutes", "25 hours", "2 days"]
        );
    }
}
