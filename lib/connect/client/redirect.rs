//! Redirects.

use crate::connect::address::Server;
use crate::connect::error::Error;
use crate::percent::without;
use http::header::LOCATION;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// Returns the path and query that an answer redirects to, if it stays with the same scheme, host and port.
pub(super) fn target<B>(
    server: &Server,
    current: &str,
    response: &http::Response<B>,
) -> Result<String, Error> {
    response
        .headers()
        .get(LOCATION)
        .and_then(|location| resolve(server, current, location.as_bytes()))
        .ok_or_else(|| refused(server, response, 0))
}

/// Creates the error for a redirect that is not followed, after `redirects` that were.
pub(super) fn refused<B>(server: &Server, response: &http::Response<B>, redirects: u32) -> Error {
    let code = response.status().as_u16();
    let shown = &server.shown;
    // Only the host is shown: the path and query may contain a session.
    let host = response
        .headers()
        .get(LOCATION)
        .and_then(|value| http::Uri::try_from(value.as_bytes()).ok())
        .filter(|uri| uri.scheme().is_some())
        .and_then(|uri| uri.authority().map(|authority| authority.host().to_owned()));
    let mut error = if redirects > 0 && host.as_ref().is_none_or(|host| host.eq_ignore_ascii_case(&server.host)) {
        Error::protocol(format!("{shown} redirects more than {redirects} times (status {code}) instead of answering"),
        )
    } else {
        let to = host.map_or_else(|| "elsewhere".to_owned(), |host| format!("to {host}"));
        Error::protocol(format!("{shown} redirects {to} (status {code}) instead of answering"),
        )
    }
    .with_hint(
        "a login page or a proxy is in front of the API server: check the server's address; credentials are sent to \
         no other scheme, host or port",
    );
    error.status = Some(code);
    error
}

/// Resolves a reference against the requested path (RFC 3986 5.2). `None` if it leads to another server.
fn resolve(server: &Server, current: &str, location: &[u8]) -> Option<String> {
    let location = percent_encode(location.trim_ascii(), NOT_IN_URLS).to_string();
    let location = location.split('#').next()?;
    let path_of = |text: &str| text.split('?').next().map(str::to_owned);
    if let Some(rest) = after_scheme(location, server) {
        let at = rest.find(['/', '?']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(at)?;
        let scheme = if server.https { "https" } else { "http" };
        let other = Server::parse("", &format!("{scheme}://{authority}")).ok()?;
        let is_same = other.port == server.port && other.host.eq_ignore_ascii_case(&server.host);
        let path = if path.starts_with('/') {
            path.to_owned()
        } else {
            format!("/{path}")
        };
        return is_same.then(|| without_dots(&path));
    }
    // A reference with another scheme, or with a first segment that could be taken for one.
    let first_segment = location.split(['/', '?']).next()?;
    if location.starts_with("//") || first_segment.contains(':') || location.contains('\\') {
        return None;
    }
    let path = path_of(current)?;
    Some(match location.chars().next() {
        None => current.to_owned(),
        Some('/') => without_dots(location),
        Some('?') => format!("{path}{location}"),
        Some(_) => {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            without_dots(&format!("{folder}/{location}"))
        }
    })
}

/// Returns the rest of a reference that begins with the server's own scheme, or with `//`.
fn after_scheme<'a>(location: &'a str, server: &Server) -> Option<&'a str> {
    if let Some(rest) = location.strip_prefix("//") {
        return Some(rest);
    }
    let (scheme, rest) = location.split_once("://")?;
    let own = if server.https { "https" } else { "http" };
    scheme.eq_ignore_ascii_case(own).then_some(rest)
}

/// Removes `.` and `..` from a path. Its query stays as it is.
fn without_dots(text: &str) -> String {
    let (path, query) = text.find('?').map_or((text, ""), |at| text.split_at(at));
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if is_last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}{query}", kept.join("/"))
}

/// The characters that no URL may have.
const NOT_IN_URLS: &AsciiSet = &without(NON_ALPHANUMERIC, b"!#$%&'()*+,-./:;=?@[\\]_~");

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(location: &str) -> Option<String> {
        let server = Server::parse("c", "https://host:6443/base").unwrap();
        resolve(&server, "/base/api/v1/pods?limit=5", location.as_bytes())
    }

    #[test]
    fn redirects_to_the_same_server_are_followed() {
        for (location, expected) in [
            ("https://host:6443/a?b=c#d", "/a?b=c"),
            ("HTTPS://HOST:6443/a", "/a"),
            ("//host:6443/a", "/a"),
            ("https://host:6443", "/"),
            ("https://host:6443?a", "/?a"),
            ("/a//b", "/a//b"),
            ("/a/../b/./c", "/b/c"),
            ("../x", "/base/api/x"),
            ("nodes?y", "/base/api/v1/nodes?y"),
            ("?continue=x", "/base/api/v1/pods?continue=x"),
            ("/a b/\u{e9}", "/a%20b/%C3%A9"),
            ("/..", "/"),
        ] {
            assert_eq!(resolved(location).as_deref(), Some(expected), "{location}");
        }
    }

    #[test]
    fn redirects_to_other_servers_are_not_followed() {
        for location in [
            "http://host:6443/a",
            "https://host/a",
            "https://host:6444/a",
            "https://other:6443/a",
            "https://host.evil:6443/a",
            "https://user@host:6443/a",
            "https://host:6443@evil/a",
            "https://host:6443\\@evil/a",
            "//evil/a",
            "///evil/a",
            "/\\evil/a",
            "javascript:x",
            "ftp://host:6443/a",
        ] {
            assert_eq!(resolved(location), None, "{location}");
        }
    }
}
