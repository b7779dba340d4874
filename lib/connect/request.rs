//! One request, before it is sent.

use bytes::Bytes;
use http::Method;
use http::header::{ACCEPT, HeaderMap, HeaderValue};

/// A request to a server, without what every request to that server has: its address, credentials and common headers.
#[derive(Default)]
pub(crate) struct ApiRequest {
    pub method: Method,
    /// `Accept`, `Content-Type` and the like.
    pub headers: HeaderMap,
    pub body: Bytes,
    pub retry: Retry,
}

/// Says when a request may be sent again.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Retry {
    /// It changes nothing, or doing it twice has the same result as doing it once: it is sent again when the connection
    /// breaks before the answer's headers, and when the server says to come back later.
    #[default]
    Always,
    /// Doing it twice could have another result: it is sent again only if it certainly never left this process, or if
    /// the server refused its credentials (401) without looking at it.
    IfUnsent,
}

impl ApiRequest {
    /// Creates a GET.
    pub(crate) fn get(accept: HeaderValue) -> Self {
        Self {
            headers: HeaderMap::from_iter([(ACCEPT, accept)]),
            ..Self::default()
        }
    }

    /// Creates a POST. It is never sent twice.
    pub(crate) fn post(headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::POST,
            headers,
            body: body.into(),
            retry: Retry::IfUnsent,
        }
    }
}
