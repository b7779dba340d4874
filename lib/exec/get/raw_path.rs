//! The path of `--raw`.

use crate::percent::{RESERVED, without};
use percent_encoding::{AsciiSet, percent_encode, utf8_percent_encode};

/// The characters that Go's `url.URL` escapes in a segment of a path.
const NOT_IN_SEGMENTS: &AsciiSet = &without(RESERVED, b"$&+,:;=@");

/// The characters that are escaped in a query: what is escaped already stays as it is.
const NOT_IN_QUERIES: &AsciiSet = &without(NOT_IN_SEGMENTS, b"!'()*/%?");

/// Returns a path and query as a request carries them. Of a whole URL only the path counts: it does not decide which
/// server is asked.
///
/// # Errors
/// An invalid path, in kubectl's words (Go's `url.ParseRequestURI`).
pub fn path(raw: &str) -> Result<String, String> {
    let invalid = |why: &str| {
        Err(format!(
            "error: --raw must be a valid URL path: parse {raw:?}: {why}"
        ))
    };
    if raw.chars().any(|character| character.is_ascii_control()) {
        return invalid("net/url: invalid control character in URL");
    }
    let raw_path = match raw.split_once("://") {
        Some((scheme, rest)) if scheme.chars().all(|character| character.is_ascii_alphanumeric()) => {
            after_host(rest)
        }
        _ => raw.strip_prefix("//").map_or(raw, after_host),
    };
    if raw_path.starts_with(':') {
        return invalid("missing protocol scheme");
    }
    if !raw_path.starts_with('/') {
        return invalid("invalid URI for request");
    }
    let whole = raw_path.split('#').next().unwrap_or_default();
    let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let [byte, after @ ..] = rest {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let hex = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => bytes.push(byte),
            None => {
                let shown = &after[..after.len().min(2)];
                let shown = format!("%{}", String::from_utf8_lossy(shown));
                return invalid(&format!("invalid URL escape {shown:?}"));
            }
        }
        rest = &after[2..];
    }
    let mut escaped = String::with_capacity(path.len());
    for segment in cleaned(&bytes) {
        escaped.push('/');
        escaped.extend(percent_encode(segment, NOT_IN_SEGMENTS));
    }
    if escaped.is_empty() || bytes.ends_with(b"/") {
        escaped.push('/');
    }
    if !query.is_empty() {
        escaped.push('?');
        escaped.extend(utf8_percent_encode(query, NOT_IN_QUERIES));
    }
    Ok(escaped)
}

/// Returns the path of a URL, given what follows its scheme.
fn after_host(rest: &str) -> &str {
    match rest.find(['/', '?', '#']) {
        Some(at) if rest[at..].starts_with('/') => &rest[at..],
        _ => "/",
    }
}

/// Returns the segments of a path without empty ones, `.` and `..` (Go's `path.Clean`, which client-go uses).
fn cleaned(path: &[u8]) -> Vec<&[u8]> {
    let mut segments = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => drop(segments.pop()),
            _ => segments.push(segment),
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn paths_are_escaped_or_refused_as_by_kubectl() {
        for (raw, expected) in [
            ("/readyz", "/readyz"),
            (
                "/api/v1/pods?limit=1&labelSelector=a in (b)",
                "/api/v1/pods?limit=1&labelSelector=a%20in%20(b)",
            ),
            ("/a%2Fb/ö", "/a/b/%C3%B6"),
            ("https://elsewhere/version", "/version"),
            ("//elsewhere/version", "/version"),
            ("//version", "/"),
            ("/api//v1/./pods/../namespaces/", "/api/v1/namespaces/"),
            ("/../..", "/"),
            ("/", "/"),
            ("/version#part", "/version"),
            ("/a?b=%zz/../c", "/a?b=%zz/../c"),
        ] {
            assert_eq!(path(raw).as_deref(), Ok(expected));
        }
        for (raw, why) in [
            ("readyz", "parse \"readyz\": invalid URI for request"),
            (":", "parse \":\": missing protocol scheme"),
            ("/%zz", "parse \"/%zz\": invalid URL escape \"%zz\""),
            ("/%1", "parse \"/%1\": invalid URL escape \"%1\""),
            (
                "/a\nb",
                "parse \"/a\\nb\": net/url: invalid control character in URL",
            ),
        ] {
            let error = path(raw).unwrap_err();
            assert_eq!(error, format!("error: --raw must be a valid URL path: {why}"));
        }
    }
}
