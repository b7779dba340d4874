//! What a server says when it refuses, in kubectl's words (client-go `rest/request.go`, apimachinery
//! `pkg/api/errors`, kubectl `pkg/cmd/util/helpers.go`).

use super::server::Reply;
use crate::connect::Error;
use crate::record::Reason;
use serde::Deserialize;
use serde_json::from_slice;

/// How much of a text that is not a Status is repeated, in bytes; client-go reads no more either.
const LONGEST_TEXT: usize = 2048;

/// A `meta.k8s.io/v1` Status.
#[derive(Debug, Default, Deserialize)]
pub struct Refusal {
    /// HTTP status.
    #[serde(skip)]
    pub code: u16,
    /// In one word, for programs.
    #[serde(default)]
    pub reason: String,
    /// For a person.
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    details: Option<Details>,
    #[serde(default)]
    kind: String,
}

#[derive(Debug, Default, Deserialize)]
struct Details {
    #[serde(default)]
    name: String,
}

impl Refusal {
    /// From an answer of status 400 and above to a GET of something, such as `pods` or `pods x`.
    pub fn read(reply: &Reply, what: &str) -> Self {
        match from_slice::<Refusal>(&reply.body) {
            Ok(mut refusal) if refusal.kind == "Status" => {
                refusal.code = reply.status;
                refusal
            }
            _ => Self::generic(reply, what),
        }
    }

    fn generic(reply: &Reply, what: &str) -> Self {
        let is_text = reply
            .header(http::header::CONTENT_TYPE)
            .is_none_or(|content_type| content_type.starts_with("text/"));
        let body = &reply.body[..reply.body.len().min(LONGEST_TEXT)];
        let said = if is_text {
            String::from_utf8_lossy(body).trim().to_owned()
        } else {
            "unknown".to_owned()
        };
        let code = reply.status;
        let (reason, message) = match code {
            400 => (
                "BadRequest",
                "the server rejected our request for an unknown reason".to_owned(),
            ),
            401 => (
                "Unauthorized",
                "the server has asked for the client to provide credentials".to_owned(),
            ),
            403 => ("Forbidden", said),
            404 => (
                "NotFound",
                "the server could not find the requested resource".to_owned(),
            ),
            405 => (
                "MethodNotAllowed",
                "the server does not allow this method on the requested resource".to_owned(),
            ),
            406 if said.is_empty() || said == "unknown" => (
                "NotAcceptable",
                "the server was unable to respond with a content type that the client supports".to_owned(),
            ),
            406 => ("NotAcceptable", said),
            409 => ("Conflict", "the server reported a conflict".to_owned()),
            415 => ("UnsupportedMediaType", said),
            422 => (
                "Invalid",
                "the server rejected our request due to an error in our request".to_owned(),
            ),
            429 => (
                "TooManyRequests",
                "the server has received too many requests and has asked us to try again later".to_owned(),
            ),
            503 => (
                "ServiceUnavailable",
                "the server is currently unable to handle the request".to_owned(),
            ),
            504 => (
                "Timeout",
                "the server was unable to return a response in the time allotted, but may still be \
                 processing the request"
                    .to_owned(),
            ),
            500.. => (
                "InternalError",
                format!("an error on the server ({said:?}) has prevented the request from succeeding"),
            ),
            _ => (
                "",
                format!(
                    "the server responded with the status code {code} but did not return more information"
                ),
            ),
        };
        Self {
            code,
            reason: reason.to_owned(),
            message: format!("{message} (get {what})"),
            ..Self::default()
        }
    }

    /// Whether it is an object that is missing; else, with 404, it is the whole type.
    pub fn is_of_object(&self, name: &str) -> bool {
        self.details.as_ref().is_some_and(|details| details.name == name)
    }

    /// As kubectl prints it.
    pub fn text(&self) -> String {
        let Self { reason, message, .. } = self;
        match reason.as_str() {
            "Unauthorized" => format!("error: You must be logged in to the server ({message})"),
            "" => format!("Error from server: {message}"),
            _ => format!("Error from server ({reason}): {message}"),
        }
    }

    /// As the end of a query.
    pub fn into_error(self) -> Error {
        Error {
            reason: Reason::of_status(self.code),
            message: self.text(),
            hint: None,
        }
    }
}

/// An answer that is not what the API promises.
pub fn protocol(message: impl Into<String>) -> Error {
    Error {
        reason: Reason::Protocol,
        message: message.into(),
        hint: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};

    fn reply(status: u16, content_type: &'static str, body: &[u8]) -> Reply {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Reply {
            status,
            headers,
            body: body.to_vec(),
        }
    }

    #[test]
    fn a_status_is_said_in_kubectls_words() {
        let recorded = include_bytes!("../../../tests/data/recorded/error.404-pod.json");
        let refusal = Refusal::read(&reply(404, "application/json", recorded), "pods missing");
        assert_eq!(
            refusal.text(),
            "Error from server (NotFound): pods \"missing\" not found"
        );
        assert!(refusal.is_of_object("missing") && !refusal.is_of_object("x"));
        let recorded = include_bytes!("../../../tests/data/recorded/error.404-resource.json");
        let refusal = Refusal::read(&reply(404, "application/json", recorded), "sprockets.apps");
        assert!(!refusal.is_of_object(""), "a name is never empty");
        let recorded = include_bytes!("../../../tests/data/recorded/error.401.json");
        let refusal = Refusal::read(&reply(401, "application/json", recorded), "pods");
        assert_eq!(
            refusal.text(),
            "error: You must be logged in to the server (Unauthorized)"
        );
    }

    #[test]
    fn what_is_no_status_is_said_by_its_code() {
        let refusal = Refusal::read(&reply(404, "text/plain", b"404 page not found\n"), "pods");
        assert_eq!(
            refusal.text(),
            "Error from server (NotFound): the server could not find the requested resource (get pods)"
        );
        let refusal = Refusal::read(&reply(502, "text/html", b"<b>bad\ngateway</b>"), "pods x");
        assert_eq!(
            refusal.text(),
            "Error from server (InternalError): an error on the server (\"<b>bad\\ngateway</b>\") has \
             prevented the request from succeeding (get pods x)"
        );
        let refusal = Refusal::read(&reply(418, "application/json", b"{}"), "pods");
        assert_eq!(refusal.into_error().reason, Reason::BadRequest);
    }
}
