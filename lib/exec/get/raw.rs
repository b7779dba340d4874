//! `--raw`: requests a path of each server and passes the answer on as it is.

use super::out::RecordWriter;
use crate::apiserver::server::ApiServer;
use crate::connect::{Error, status};
use crate::exec::fanout::answer::Answer;
use crate::record::{self, Str, Stream, Text};

/// The media types that client-go accepts by default.
const ACCEPT: &str = "application/json, */*";

/// The most text in one record, in bytes: a line is at most [`MAX_LINE`](crate::wire::MAX_LINE), and escaping can make
/// text six times as long.
const PIECE: usize = 8 << 20;

/// Requests a path and sends the answer as Text records, piece by piece.
pub async fn get(server: &impl ApiServer, path: &str, out: RecordWriter<'_>) -> Answer {
    let mut response = match server.fetch(path, ACCEPT).await {
        Ok(response) => response,
        Err(error) => return without_subject(path, error).into(),
    };
    let mut text = Vec::new();
    loop {
        let piece = match response.next_piece(out.state).await {
            Ok(piece) => piece,
            Err(error) => {
                send(&mut text, true, out).await;
                return error.into();
            }
        };
        let is_last = piece.is_none();
        text.extend(piece.unwrap_or_default());
        send(&mut text, is_last, out).await;
        if is_last {
            return Answer::default();
        }
    }
}

/// Sends whole pieces of the text and keeps the rest, unless it is the last.
async fn send(text: &mut Vec<u8>, is_last: bool, out: RecordWriter<'_>) {
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
            about_types: false,
        };
        // Writing to memory does not fail.
        let _ = record::write(&mut line, &record);
        done += piece.len();
        out.sink.send(Some(out.state), line).await;
    }
    text.drain(..done);
}

/// Removes the subject from an error: client-go adds it only to requests for resources.
fn without_subject(path: &str, mut error: Error) -> Error {
    if let Some(subject) = status::subject(path)
        && let Some(message) = error.message.strip_suffix(&subject)
    {
        error.message = message.to_owned();
    }
    error
}

/// Returns where the first piece of a text ends: after a line if possible, or else between two characters.
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
    fn errors_do_not_name_a_resource() {
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
