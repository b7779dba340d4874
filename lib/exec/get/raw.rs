//! `--raw`: a path of each server, and its answer as it is.

use super::list::RecordWriter;
use crate::apiserver::server::Server;
use crate::connect::{Error, status};
use crate::exec::fanout::Answer;
use crate::record::{self, Str, Stream, Text};

/// As client-go asks where nothing else is said.
const ACCEPT: &str = "application/json, */*";

/// So much text goes into one record, in bytes: a reader takes no longer lines than
/// [`MAX_LINE`](crate::wire::MAX_LINE), and escapes take up to six times the room.
const PIECE: usize = 8 << 20;

/// A path and query as a request can carry them. A whole URL stands for its path: which server is asked is not
/// its business.
///
/// # Errors
/// kubectl's words for what is no such path (Go's `url.ParseRequestURI`).
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
            behind_host(rest)
        }
        _ => raw.strip_prefix("//").map_or(raw, behind_host),
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
        escape(segment, b"-._~$&+,:;=@", &mut escaped);
    }
    if escaped.is_empty() || bytes.ends_with(b"/") {
        escaped.push('/');
    }
    if !query.is_empty() {
        escaped.push('?');
        escape(query.as_bytes(), b"-._~!$&'()*+,;=:@/%?", &mut escaped);
    }
    Ok(escaped)
}

/// The path of a URL, behind its host.
fn behind_host(rest: &str) -> &str {
    match rest.find(['/', '?', '#']) {
        Some(at) if rest[at..].starts_with('/') => &rest[at..],
        _ => "/",
    }
}

/// The segments of a path without those that are empty or lead nowhere else (Go's `path.Clean`, by which client-go
/// goes).
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

fn escape(bytes: &[u8], kept: &[u8], out: &mut String) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || kept.contains(byte) {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// Asks for a path and hands the answer over as text, piece by piece.
pub async fn get(server: &impl Server, path: &str, out: RecordWriter<'_>) -> Answer {
    let mut response = match server.fetch(path, ACCEPT).await {
        Ok(response) => response,
        Err(error) => return without_subject(path, error).into(),
    };
    let mut text = Vec::new();
    loop {
        let piece = match response.next_piece(out.state).await {
            Ok(piece) => piece,
            Err(error) => {
                hand_over(&mut text, true, out).await;
                return error.into();
            }
        };
        let is_last = piece.is_none();
        text.extend(piece.unwrap_or_default());
        hand_over(&mut text, is_last, out).await;
        if is_last {
            return Answer::default();
        }
    }
}

/// Hands over what is there, and keeps what is less than a piece unless it is the last one.
async fn hand_over(text: &mut Vec<u8>, is_last: bool, out: RecordWriter<'_>) {
    let mut done = 0;
    while let Some(rest) = text.get(done..)
        && (rest.len() > PIECE || is_last && !rest.is_empty())
    {
        let (piece, _) = rest.split_at(end_of_piece(rest));
        let mut line = Vec::new();
        let record = Text {
            cluster: out.state.cluster().into(),
            stream: Stream::Stdout,
            text: Str(String::from_utf8_lossy(piece)),
        };
        // Writing to memory does not fail.
        let _ = record::write(&mut line, &record);
        done += piece.len();
        out.sink.send(Some(out.state), line).await;
    }
    text.drain(..done);
}

/// The error without what client-go knows only of requests for resources, which a path by itself is none of.
fn without_subject(path: &str, mut error: Error) -> Error {
    if let Some(subject) = status::subject(path)
        && let Some(message) = error.message.strip_suffix(&subject)
    {
        error.message = message.to_owned();
    }
    error
}

/// Where the first piece of a text ends: behind a line if there is one, else between two characters.
fn end_of_piece(text: &[u8]) -> usize {
    if text.len() <= PIECE {
        return text.len();
    }
    let piece = text.get(..PIECE).unwrap_or(text);
    if let Some(newline) = memchr::memrchr(b'\n', piece) {
        return newline + 1;
    }
    let is_inside = |at: &usize| text.get(*at).is_some_and(|byte| byte & 0xc0 == 0x80);
    (PIECE - 3..=PIECE)
        .rev()
        .find(|at| !is_inside(at))
        .unwrap_or(PIECE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_path() {
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

    #[test]
    fn an_error_does_not_say_what_the_path_may_be_of() {
        let error = |path| without_subject(path, status::error(path, 404, Some("text/plain"), b"")).message;
        let expected = "Error from server (NotFound): the server could not find the requested resource";
        assert_eq!(error("/apis/x.io/v1/namespaces/n/ys/z"), expected);
        assert_eq!(error("/nothing"), expected);
    }

    #[test]
    fn long_answers_are_cut_between_lines() {
        assert_eq!(end_of_piece(b"a\nb"), 3);
        let line = "x".repeat(PIECE - 10);
        assert_eq!(end_of_piece(format!("{line}\n{line}").as_bytes()), PIECE - 9);
        assert_eq!(end_of_piece("é".repeat(PIECE).as_bytes()), PIECE);
        let odd = format!("x{}", "é".repeat(PIECE));
        assert_eq!(end_of_piece(odd.as_bytes()), PIECE - 1);
    }
}
