//! The tokens of a user of an identity provider.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::SecretString;
use serde_json::Value;

/// The part of a kubeconfig's entry that a refresh changes.
#[derive(Clone, Debug, Default)]
pub(super) struct OidcTokens {
    pub id: SecretString,
    pub refresh: SecretString,
}

/// Returns when a token expires, in seconds of Unix time. `None` if it is not a JSON web token with an expiry.
pub(super) fn expiry(token: &str) -> Option<i64> {
    let parts: Vec<&str> = token.split('.').collect();
    let [_, payload, _] = parts[..] else { return None };
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    match &claims["exp"] {
        // As in Go, a missing expiry was long ago.
        Value::Null => Some(0),
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().map(|seconds| seconds as i64)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(expires: i64) -> String {
        let payload = URL_SAFE_NO_PAD.encode(format!(r#"{{"iss":"x","exp":{expires}}}"#));
        format!("e30.{payload}.c2ln")
    }

    #[test]
    fn an_expiry_is_read_as_go_does() {
        assert_eq!(expiry(&token(12)), Some(12));
        let of = |claims: &str| expiry(&format!("a.{}.b", URL_SAFE_NO_PAD.encode(claims)));
        assert_eq!(of(r#"{"exp":12.9}"#), Some(12));
        assert_eq!(of("{}"), Some(0));
        assert_eq!(of(r#"{"exp":"12"}"#), None);
        assert_eq!(of("no JSON"), None);
        assert_eq!(expiry("a.b"), None);
        assert_eq!(expiry("a.%.c"), None);
    }
}
