//! Error answers of API servers, worded as by kubectl: client-go `rest/request.go`, apimachinery `api/errors`, kubectl
//! `pkg/cmd/util/helpers.go`.

use super::error::Error;
use crate::record::Reason;
use serde::Deserialize;
use std::borrow::Cow;
use std::fmt::Write as _;

/// The most that is read of an error's body.
pub(crate) const MAX_ERROR_BODY: usize = 256 * 1024;

/// The most that is shown of a body that is not a Status (`maxUnstructuredResponseTextBytes`).
const MAX_TEXT: usize = 2048;

/// The part of metav1.Status that is shown.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ApiStatus {
    status: Option<String>,
    reason: Option<String>,
    message: Option<String>,
    details: Option<Details>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    kind: Option<String>,
    name: Option<String>,
    causes: Option<Vec<Cause>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Cause {
    field: Option<String>,
    message: Option<String>,
}

/// Creates the error for an answer of 400 or above.
pub(crate) fn error(path: &str, code: u16, content_type: Option<&str>, body: &[u8]) -> Error {
    let media = content_type.map(|text| text.split(';').next().unwrap_or_default().trim().to_lowercase());
    let is_json = media.as_deref().is_none_or(|media| media.contains("json"));
    let structured = is_json
        .then(|| serde_json::from_slice::<ApiStatus>(body).ok())
        .flatten()
        .filter(|status| status.status.as_deref() == Some("Failure"));
    let (reason, message, details) = match structured {
        Some(status) => (
            status.reason.unwrap_or_default(),
            status.message.unwrap_or_default(),
            status.details,
        ),
        None => {
            let is_text = media.is_none_or(|media| media.starts_with("text/"));
            let body = String::from_utf8_lossy(&body[..body.len().min(MAX_TEXT)]);
            let said = if is_text { body.trim() } else { "unknown" };
            let (reason, message) = generic(code, said);
            let subject = subject(path).unwrap_or_default();
            (reason.to_owned(), format!("{message}{subject}"), None)
        }
    };
    let name = details.as_ref().and_then(|details| details.name.clone());
    let text = match reason.as_str() {
        "Unauthorized" => format!("error: You must be logged in to the server ({message})"),
        "Invalid" if details.is_some() => invalid(&message, details.unwrap_or_default()),
        "" => format!("Error from server: {message}"),
        reason => format!("Error from server ({reason}): {message}"),
    };
    let mut error = Error::new(Reason::of_status(code), one_line(&text));
    error.status = Some(code);
    error.status_reason = Some(reason).filter(|reason| !reason.is_empty());
    error.status_name = name.filter(|name| !name.is_empty());
    error
}

/// Returns the reason and the message that client-go makes up for a status code (`errors.NewGenericServerResponse` for a
/// GET); `said` is the body. Go's `metav1.StatusReasonUnknown` is empty.
fn generic(code: u16, said: &str) -> (&'static str, Cow<'_, str>) {
    let reason = match code {
        400 => "BadRequest",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "NotFound",
        405 => "MethodNotAllowed",
        406 => "NotAcceptable",
        409 => "Conflict",
        415 => "UnsupportedMediaType",
        422 => "Invalid",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        504 => "Timeout",
        500.. => "InternalError",
        _ => "",
    };
    let message = match code {
        400 => "the server rejected our request for an unknown reason",
        401 => "the server has asked for the client to provide credentials",
        404 => "the server could not find the requested resource",
        405 => "the server does not allow this method on the requested resource",
        406 if matches!(said, "" | "unknown") => {
            "the server was unable to respond with a content type that the client supports"
        }
        403 | 406 | 415 => said,
        409 => "the server reported a conflict",
        422 => "the server rejected our request due to an error in our request",
        429 => "the server has received too many requests and has asked us to try again later",
        503 => "the server is currently unable to handle the request",
        504 => {
            "the server was unable to return a response in the time allotted, but may still be processing the request"
        }
        500.. => {
            let message =
                format!("an error on the server ({said:?}) has prevented the request from succeeding");
            return (reason, message.into());
        }
        _ => {
            let message = format!(
                "the server responded with the status code {code} but did not return more information"
            );
            return (reason, message.into());
        }
    };
    (reason, message.into())
}

/// Returns ` (get deployments.apps web)`, which client-go appends to a message that it made up.
pub(crate) fn subject(path: &str) -> Option<String> {
    let path = path.split('?').next()?;
    let mut segments = path.trim_matches('/').split('/');
    let group = match segments.next()? {
        "api" => "",
        "apis" => segments.next()?,
        _ => return None,
    };
    let _version = segments.next()?;
    let mut rest: Vec<_> = segments.collect();
    if rest.len() > 2 && rest[0] == "namespaces" {
        rest.drain(..2);
    }
    let mut text = format!(" (get {}", rest.first().filter(|resource| !resource.is_empty())?);
    if !group.is_empty() {
        text.push('.');
        text.push_str(group);
    }
    if let Some(name) = rest.get(1) {
        text.push(' ');
        text.push_str(name);
    }
    text.push(')');
    Some(text)
}

/// Words a Status whose reason is Invalid, like kubectl's `checkErr` but on one line.
fn invalid(message: &str, details: Details) -> String {
    let kind = details.kind.unwrap_or_default();
    let name = details.name.unwrap_or_default();
    let causes = details.causes.unwrap_or_default();
    let mut text = if kind.is_empty() && name.is_empty() {
        "The request is invalid".to_owned()
    } else {
        format!("The {kind} {name:?} is invalid")
    };
    if kind.is_empty() && name.is_empty() && causes.is_empty() && !message.is_empty() {
        let _ = write!(text, ": {message}");
    }
    let mut said: Vec<String> = Vec::new();
    for cause in causes {
        let line = format!(
            "{}: {}",
            cause.field.unwrap_or_default(),
            cause.message.unwrap_or_default()
        );
        if !said.contains(&line) {
            said.push(line);
        }
    }
    if !said.is_empty() {
        let _ = write!(text, ": {}", said.join("; "));
    }
    text
}

/// Joins lines with a blank: an error is one line.
fn one_line(text: &str) -> String {
    if !text.contains(['\n', '\r']) {
        return text.to_owned();
    }
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const JSON: Option<&str> = Some("application/json");

    fn said(path: &str, code: u16, content_type: Option<&str>, body: &str) -> String {
        error(path, code, content_type, body.as_bytes()).message
    }

    #[test]
    fn status_objects_are_worded_as_by_kubectl() {
        let status = |reason: &str, message: &str| {
            format!(
                r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"{message}","reason":"{reason}","details":{{"name":"x","kind":"pods"}},"code":404}}"#
            )
        };
        assert_eq!(
            said(
                "/api/v1/namespaces/default/pods/x",
                404,
                JSON,
                &status("NotFound", r#"pods \"x\" not found"#)
            ),
            "Error from server (NotFound): pods \"x\" not found"
        );
        assert_eq!(
            said("/", 401, JSON, &status("Unauthorized", "Unauthorized")),
            "error: You must be logged in to the server (Unauthorized)"
        );
        assert_eq!(said("/", 400, JSON, &status("", "no")), "Error from server: no");
        let expired = error(
            "/",
            410,
            JSON,
            status("Expired", "The provided continue parameter is too old").as_bytes(),
        );
        assert!(expired.is_expired());
        assert_eq!(expired.status, Some(410));
        assert_eq!(expired.reason, Reason::BadRequest);
    }

    #[test]
    fn other_error_bodies_are_worded_as_by_client_go() {
        assert_eq!(
            said(
                "/apis/apps/v1/namespaces/a/deployments/web?x=y",
                404,
                Some("text/plain"),
                "404 page not found"
            ),
            "Error from server (NotFound): the server could not find the requested resource (get deployments.apps web)"
        );
        assert_eq!(
            said(
                "/api/v1/pods",
                500,
                Some("text/html; charset=utf-8"),
                "<b>\n\"oops\"</b>\n"
            ),
            "Error from server (InternalError): an error on the server (\"<b>\\n\\\"oops\\\"</b>\") has prevented \
             the request from succeeding (get pods)"
        );
        assert_eq!(
            said("/version", 403, Some("text/html"), "<h1>\n  Access denied\n</h1>"),
            "Error from server (Forbidden): <h1> Access denied </h1>"
        );
        assert_eq!(
            said("/api/v1/namespaces/a", 401, None, ""),
            "error: You must be logged in to the server (the server has asked for the client to provide credentials \
             (get namespaces a))"
        );
        assert_eq!(
            said("/api/v1/nodes", 418, JSON, "{}"),
            "Error from server: the server responded with the status code 418 but did not return more information \
             (get nodes)"
        );
        assert_eq!(
            said("/api/v1/nodes", 503, Some("application/octet-stream"), "x"),
            "Error from server (ServiceUnavailable): the server is currently unable to handle the request (get nodes)"
        );
    }

    #[test]
    fn invalid_lists_each_cause_once() {
        let body = r#"{"status":"Failure","reason":"Invalid","message":"m","details":{"kind":"Pod","name":"x",
            "causes":[{"field":"a","message":"b"},{"field":"a","message":"b"},{"field":"c","message":"d"}]}}"#;
        assert_eq!(said("/", 422, JSON, body), "The Pod \"x\" is invalid: a: b; c: d");
    }
}
