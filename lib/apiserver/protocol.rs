//! Errors about requests and answers, and text in request paths.

use crate::connect::Error;
use crate::percent;
use crate::record::Reason;

/// Returns the error that an answer breaks the API's rules.
pub fn protocol(message: impl Into<String>) -> Error {
    Error::new(Reason::Protocol, message)
}

/// Returns the error that a request makes no sense, whichever server it goes to.
pub fn bad_request(message: impl Into<String>) -> Error {
    Error::new(Reason::BadRequest, message)
}

/// Appends text as one segment of a path or as a value in a query: percent-encodes everything but RFC 3986's
/// unreserved characters.
pub fn encode(out: &mut String, text: &str) {
    out.extend(percent::encode(text));
}
