//! What a credential plugin prints: an ExecCredential.

use super::{Credential, Version};
use crate::connect::about;
use secrecy::SecretString;
use serde::Deserialize;

#[derive(Deserialize)]
struct ExecCredential {
    #[serde(default, rename = "apiVersion")]
    api_version: String,
    #[serde(default)]
    kind: String,
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Reads an answer.
///
/// # Errors
/// What is wrong with it, without showing any of it.
pub fn read(answer: &[u8], version: Version) -> Result<Credential, String> {
    if answer.trim_ascii().is_empty() {
        return Err("answers nothing".into());
    }
    // serde's own message may quote the value, which may be the secret.
    let parsed: ExecCredential = serde_json::from_slice(answer).map_err(|error| {
        format!(
            "answers what is no ExecCredential in JSON (line {}, column {})",
            error.line(),
            error.column()
        )
    })?;
    if parsed.kind != "ExecCredential" {
        return Err("answers an object of another kind than ExecCredential".into());
    }
    if parsed.api_version != version.as_str() {
        let known = [Version::V1, Version::V1Beta1].map(Version::as_str);
        let answered = known.into_iter().find(|known| *known == parsed.api_version);
        return Err(format!(
            "is configured for {} and answers in {}",
            version.as_str(),
            answered.unwrap_or("another apiVersion")
        ));
    }
    let status = parsed.status.ok_or("answers without a status")?;
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let token = some(status.token);
    let certificate = match (some(status.client_certificate_data), some(status.client_key_data)) {
        (Some(certificate), Some(key)) => Some((certificate, SecretString::from(key))),
        (None, None) => None,
        (Some(_), None) => return Err("answers a client certificate without its key".into()),
        (None, Some(_)) => return Err("answers a client key without its certificate".into()),
    };
    if token.is_none() && certificate.is_none() {
        return Err("answers neither a token nor a client certificate".into());
    }
    let expires = match some(status.expiration_timestamp) {
        None => None,
        Some(text) => Some(
            text.parse::<jiff::Timestamp>()
                .map_err(|_| "answers an expirationTimestamp that is no time (RFC 3339)")?,
        ),
    };
    if let Some(expires) = expires {
        let age = jiff::Timestamp::now().as_second() - expires.as_second();
        if let Some(age) = u64::try_from(age)
            .ok()
            .filter(|_| expires <= jiff::Timestamp::now())
        {
            return Err(format!(
                "answers a credential that expired {} ago, at {expires}: log in again, or correct this machine's clock",
                about(age)
            ));
        }
    }
    Ok(Credential {
        token: token.map(SecretString::from),
        certificate,
        expires,
        renewed: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret as _;

    fn answer(version: &str, status: &str) -> String {
        format!(
            r#"{{"apiVersion":"client.authentication.k8s.io/{version}","kind":"ExecCredential","spec":{{}},"status":{status}}}"#
        )
    }

    #[test]
    fn a_token_and_a_certificate_may_come_together() {
        let text = answer(
            "v1",
            r#"{"token":"t","clientCertificateData":"c","clientKeyData":"k","expirationTimestamp":"2999-01-01T00:00:00Z"}"#,
        );
        let credential = read(text.as_bytes(), Version::V1).unwrap();
        assert_eq!(credential.token.as_ref().unwrap().expose_secret(), "t");
        assert!(credential.certificate.is_some());
        assert!(!credential.has_expired());
        assert!(!format!("{credential:?}").contains("\"t\""));
    }

    #[test]
    fn everything_else_is_refused_without_showing_it() {
        let v1 = |status: &str| answer("v1", status);
        for (text, expected) in [
            (String::new(), "answers nothing"),
            ("{\"token\":\"s3cret\"".into(), "no ExecCredential in JSON"),
            (v1(r#"{"token":["s3cret"]}"#), "no ExecCredential in JSON"),
            (
                r#"{"kind":"Secret","status":{"token":"s3cret"}}"#.into(),
                "another kind",
            ),
            (
                answer("v1beta1", r#"{"token":"s3cret"}"#),
                "and answers in client.authentication.k8s.io/v1beta1",
            ),
            (v1("null"), "without a status"),
            (v1("{}"), "neither a token nor"),
            (v1(r#"{"clientCertificateData":"s3cret"}"#), "without its key"),
            (v1(r#"{"clientKeyData":"s3cret"}"#), "without its certificate"),
            (
                v1(r#"{"token":"s3cret","expirationTimestamp":"soon"}"#),
                "no time",
            ),
            (
                v1(r#"{"token":"s3cret","expirationTimestamp":"2001-01-01T00:00:00Z"}"#),
                "expired",
            ),
        ] {
            let said = read(text.as_bytes(), Version::V1).unwrap_err();
            assert!(said.contains(expected), "{said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
    }
}
