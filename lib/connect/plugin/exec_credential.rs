//! The answer of a credential plugin: an ExecCredential, decoded like client-go's `UniversalDecoder`.

use super::credential::{Credential, ExecVersion};
use jiff::Timestamp;
use jiff::civil::DateTime;
use secrecy::SecretString;
use serde::Deserialize as _;
use serde_json::Value;

/// Parses an answer.
///
/// # Errors
/// Says what is wrong with the answer without showing any of it.
pub fn read(answer: &[u8], version: ExecVersion) -> Result<Credential, String> {
    if answer.trim_ascii().is_empty() {
        return Err("answers nothing".into());
    }
    let parsed = parse(answer)?;
    // As in client-go, the kind may be missing, but not the version.
    if !matches!(text(&parsed, "kind")?.as_deref(), None | Some("ExecCredential")) {
        return Err("answers an object of another kind than ExecCredential".into());
    }
    let answered = text(&parsed, "apiVersion")?.unwrap_or_default();
    if answered != version.as_str() {
        let known = ExecVersion::ALL.map(ExecVersion::as_str);
        let answered = known.into_iter().find(|known| *known == answered);
        return Err(format!(
            "is configured for {} and answers in {}",
            version.as_str(),
            answered.unwrap_or("another apiVersion")
        ));
    }
    let status = match &parsed["status"] {
        Value::Null => return Err("answers without a status".into()),
        status @ Value::Object(_) => status,
        _ => return Err(no_credential("its status is not an object")),
    };
    let token = text(status, "token")?;
    let certificate = match (
        text(status, "clientCertificateData")?,
        text(status, "clientKeyData")?,
    ) {
        (Some(certificate), Some(key)) => Some((certificate, SecretString::from(key))),
        (None, None) => None,
        (Some(_), None) => return Err("answers a client certificate without its key".into()),
        (None, Some(_)) => return Err("answers a client key without its certificate".into()),
    };
    if token.is_none() && certificate.is_none() {
        return Err("answers neither a token nor a client certificate".into());
    }
    let expires = match text(status, "expirationTimestamp")? {
        None => None,
        Some(text) => time(&text).ok_or("answers an expirationTimestamp that is not a time (RFC 3339)")?,
    };
    Ok(Credential::new(
        token.map(SecretString::from),
        certificate,
        expires,
    ))
}

/// Parses an answer as JSON if it begins with a brace, or else as YAML, of which the first document counts. Of duplicate
/// keys the last one counts. The parser's own messages are not used, as they may quote a secret.
fn parse(answer: &[u8]) -> Result<Value, String> {
    let is_json = answer.trim_ascii_start().starts_with(b"{");
    let parsed = if is_json {
        serde_json::from_slice(answer).map_err(|error| at("JSON", Some((error.line(), error.column()))))?
    } else {
        let text = std::str::from_utf8(answer).map_err(|_| no_credential("it is not text"))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let place = |error: &serde_yaml::Error| error.location().map(|at| (at.line(), at.column()));
        match serde_yaml::Deserializer::from_str(text).next() {
            Some(document) => {
                Value::deserialize(document).map_err(|error| at("JSON or YAML", place(&error)))?
            }
            None => Value::Null,
        }
    };
    match parsed {
        Value::Object(_) => Ok(parsed),
        _ => Err(at("JSON or YAML", Some((1, 1)))),
    }
}

fn at(form: &str, place: Option<(usize, usize)>) -> String {
    let place = place.map(|(line, column)| format!(" (line {line}, column {column})"));
    format!(
        "does not answer an ExecCredential in {form}{}",
        place.unwrap_or_default()
    )
}

fn no_credential(why: &str) -> String {
    format!("does not answer an ExecCredential: {why}")
}

/// Returns a text field. `None` if it is missing, null or empty, which is the same in Go.
fn text(object: &Value, key: &str) -> Result<Option<String>, String> {
    match &object[key] {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        _ => Err(no_credential(&format!("its {key} is not text"))),
    }
}

/// Reads a time as Go reads RFC 3339. `Some(None)` is Go's zero time, which means that there is no time. A time after the
/// largest timestamp (the year 9999 in another zone) is the largest one.
fn time(text: &str) -> Option<Option<Timestamp>> {
    fn has_shape(text: &str, shape: &str) -> bool {
        let fits = |(byte, shape): (u8, u8)| match shape {
            b'0' => byte.is_ascii_digit(),
            _ => byte == shape,
        };
        text.len() == shape.len() && text.bytes().zip(shape.bytes()).all(fits)
    }
    let (date, rest) = text.split_at_checked("2006-01-02T15:04:05".len())?;
    let zone = match rest.strip_prefix(['.', ',']) {
        None => rest,
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            (zone.len() < fraction.len()).then_some(zone)?
        }
    };
    let is_offset =
        (has_shape(zone, "+00:00") || has_shape(zone, "-00:00")) && zone[1..3] <= *"23" && zone[4..] <= *"59";
    // jiff reads second 60 as 59.
    if !has_shape(date, "0000-00-00T00:00:00") || date.ends_with("60") || !(zone == "Z" || is_offset) {
        return None;
    }
    date.parse::<DateTime>().ok()?;
    if date == "0001-01-01T00:00:00" && (zone == "Z" || zone.ends_with("00:00")) {
        return Some(None);
    }
    let time = format!("{date}{zone}").parse();
    Some(Some(time.unwrap_or(Timestamp::MAX)))
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
    fn exec_credential_may_have_token_and_certificate() {
        let text = answer(
            "v1",
            r#"{"token":"t","clientCertificateData":"c","clientKeyData":"k","expirationTimestamp":"2999-01-01T00:00:00Z"}"#,
        );
        let credential = read(text.as_bytes(), ExecVersion::V1).unwrap();
        assert_eq!(credential.token.as_ref().unwrap().expose_secret(), "t");
        assert!(credential.certificate.is_some());
        assert!(!credential.has_expired());
        assert!(!format!("{credential:?}").contains("\"t\""));
    }

    #[test]
    fn other_answers_are_refused_without_showing_them() {
        let v1 = |status: &str| answer("v1", status);
        for (text, expected) in [
            (String::new(), "answers nothing"),
            (
                "{\"token\":\"s3cret\"".into(),
                "not answer an ExecCredential in JSON",
            ),
            (v1(r#"{"token":["s3cret"]}"#), "its token is not text"),
            (v1(r#""s3cret""#), "its status is not an object"),
            ("s3cret".into(), "not answer an ExecCredential in JSON or YAML"),
            (
                "a: [s3cret".into(),
                "not answer an ExecCredential in JSON or YAML",
            ),
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
                "not a time",
            ),
        ] {
            let said = read(text.as_bytes(), ExecVersion::V1).unwrap_err();
            assert!(said.contains(expected), "{said}");
            assert!(!said.contains("s3cret"), "{said}");
        }
    }

    /// The answers were tried with kubectl 1.36.
    #[test]
    fn exec_credentials_are_decoded_as_by_kubectl() {
        let v1 = "client.authentication.k8s.io/v1";
        let json = format!(r#"{{"apiVersion":"{v1}","kind":"ExecCredential","status":{{"token":"t"}}}}"#);
        let yaml = format!("apiVersion: {v1}\nkind: ExecCredential\nstatus:\n  token: t\n");
        for (name, text, is_taken) in [
            ("json", json.clone(), true),
            ("yaml", yaml.clone(), true),
            ("yaml document", format!("---\n{yaml}"), true),
            (
                "first of two documents",
                format!("{yaml}---\nkind: Other\n"),
                true,
            ),
            (
                "key twice",
                json.replace(r#""token""#, r#""token":"old","token""#),
                true,
            ),
            (
                "key twice in yaml",
                yaml.replace("  token: t", "  token: old\n  token: t"),
                true,
            ),
            ("byte order mark", format!("\u{feff}{json}"), true),
            ("no kind", json.replace(r#""kind":"ExecCredential","#, ""), true),
            (
                "unknown field",
                json.replace(r#""kind""#, r#""extra":1,"kind""#),
                true,
            ),
            ("other case", json.replace("token", "Token"), false),
            ("text after it", format!("{json}\ndone"), false),
            ("two documents", format!("{json}\n{json}"), false),
            (
                "no version",
                json.replace(&format!(r#""apiVersion":"{v1}","#), ""),
                false,
            ),
            ("other version", json.replace(v1, &format!("{v1}beta1")), false),
            ("other kind", json.replace("ExecCredential", "Status"), false),
            ("number", yaml.replace("token: t", "token: 12345"), false),
            ("comment only", "# nothing\n".into(), false),
        ] {
            let read = read(text.as_bytes(), ExecVersion::V1);
            assert_eq!(read.is_ok(), is_taken, "{name}: {read:?}");
            if let Ok(credential) = read {
                assert_eq!(credential.token.unwrap().expose_secret(), "t", "{name}");
            }
        }
    }

    #[test]
    fn expiry_is_parsed_as_by_go() {
        for (text, expected) in [
            ("2026-11-30T10:00:00Z", Some(Some("2026-11-30T10:00:00Z"))),
            ("2026-11-30T10:00:00+00:00", Some(Some("2026-11-30T10:00:00Z"))),
            (
                "2026-11-30T10:00:00.123456789Z",
                Some(Some("2026-11-30T10:00:00Z")),
            ),
            ("2026-11-30T10:00:00+02:30", Some(Some("2026-11-30T07:30:00Z"))),
            ("0001-01-01T00:00:00Z", Some(None)),
            ("2026-11-30T10:00:00+0000", None),
            ("2026-11-30 10:00:00Z", None),
            ("2026-11-30t10:00:00z", None),
            ("2026-13-30T10:00:00Z", None),
            ("2026-11-30T10:00:60Z", None),
            ("1796040000", None),
            ("soon", None),
        ] {
            let expected = expected.map(|time| time.map(|time| time.parse().unwrap()));
            assert_eq!(time(text), expected, "{text}");
        }
        assert_eq!(time("9999-12-31T23:59:59Z"), Some(Some(Timestamp::MAX)));
    }

    #[test]
    fn credentials_that_came_expired_are_used() {
        let read = |expires: &str| {
            let status = format!(r#"{{"token":"t","expirationTimestamp":"{expires}"}}"#);
            read(answer("v1", &status).as_bytes(), ExecVersion::V1).unwrap()
        };
        for past in [
            "2001-01-01T00:00:00Z",
            "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert!(!read(past).has_expired(), "{past}");
        }
        assert!(read("2001-01-01T00:00:00Z").came_expired());
        assert!(!read("9999-12-31T23:59:59Z").came_expired());
    }
}
