//! One cluster's API server, as the queries see it, so that they can be tested without one.

use super::status;
use crate::connect::{Client, Error};
use crate::exec::contact::Contact;
use crate::record::Reason;
use http::HeaderMap;
use std::rc::Rc;

/// The longest answer that is read, in bytes after decompression: 256 MiB. A chunk of 500 of the largest
/// objects that etcd takes is three times as long, but an answer of that kind has not been seen; a whole
/// list after an expired continue token is what needs room.
const LONGEST_ANSWER: usize = 256 << 20;

/// An answer, read to its end.
#[derive(Debug, Default)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers.
    pub headers: HeaderMap,
    /// Body, decompressed.
    pub body: Vec<u8>,
}

impl Reply {
    /// A header's value, where it is text.
    pub fn header(&self, name: http::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Sends requests to one API server, one after the other.
pub trait Server {
    /// Sends a GET to a path and query, and reads the answer, whatever its status. With an entity tag the
    /// server may answer 304.
    fn get(&self, path: &str, accept: &str, etag: Option<&str>)
    -> impl Future<Output = Result<Reply, Error>>;
}

/// A server over the network.
pub struct Http<'a> {
    /// The way to it.
    pub client: Rc<Client>,
    /// Told of what comes.
    pub contact: &'a Contact,
    /// Told what is asked, with `-v`.
    pub say: Option<&'a dyn Fn(&str)>,
}

impl Server for Http<'_> {
    async fn get(&self, path: &str, accept: &str, etag: Option<&str>) -> Result<Reply, Error> {
        let _ = etag;
        if let Some(say) = self.say {
            say(&format!(
                "{}: GET {}{path}",
                self.contact.cluster(),
                self.client.server().trim_end_matches('/')
            ));
        }
        let response = self.client.get(path, accept).await?;
        self.contact.hear();
        let (parts, mut rest) = response.into_parts();
        let mut body = Vec::new();
        while let Some(piece) = rest.chunk().await? {
            self.contact.hear();
            if body.len() + piece.len() > LONGEST_ANSWER {
                return Err(status::protocol(format!(
                    "the answer to {path} is longer than {} MiB",
                    LONGEST_ANSWER >> 20
                )));
            }
            body.extend_from_slice(&piece);
        }
        Ok(Reply {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        })
    }
}

/// A text as one segment of a path or as a value in a query: all but RFC 3986's unreserved characters
/// encoded.
pub fn encode(out: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.push(
                    char::from_digit(nibble.into(), 16)
                        .unwrap_or('0')
                        .to_ascii_uppercase(),
                );
            }
        }
    }
}

/// What is wrong with an answer that is not what the API promises.
pub fn unexpected_status(path: &str, reply: &Reply) -> Error {
    let to = reply
        .header(http::header::LOCATION)
        .map(|location| format!(", to {location}"))
        .unwrap_or_default();
    Error {
        reason: Reason::Protocol,
        message: format!("GET {path} was answered with HTTP status {}{to}", reply.status),
        hint: None,
    }
}
