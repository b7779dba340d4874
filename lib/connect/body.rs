//! The body of an answer, read in pieces or as a whole.

use super::connection::Connection;
use super::error::Error;
use super::gzip_body::{Inflated, Received};
use super::link::Link;
use super::{causes, failure};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use std::fmt;
use std::sync::Arc;

/// The memory that is reserved for a body of unknown length.
const FIRST_GUESS: usize = 16 * 1024;

/// The body of an answer. If it is dropped before its end, its connection is closed.
pub struct Body {
    link: Arc<Link>,
    incoming: Incoming,
    /// The connection, which the client gets back at the end of the body.
    connection: Option<Connection>,
    is_gzip: bool,
    /// The decompression of a body that is read in pieces. In a box, as bodies are part of many futures.
    inflating: Option<Box<Received>>,
    /// The announced length, as compressed.
    expected: Option<u64>,
    /// Tracks JSON if only the end of the connection marks the end of the body.
    until_close: Option<UntilClose>,
    /// How many bytes were received, as compressed.
    received: u64,
    done: bool,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("expected", &self.expected)
            .field("received", &self.received)
            .finish_non_exhaustive()
    }
}

impl Body {
    pub(super) fn new(
        link: Arc<Link>,
        incoming: Incoming,
        connection: Connection,
        gzip: bool,
        is_chunked: bool,
    ) -> Self {
        let expected = incoming.size_hint().exact();
        Self {
            link,
            until_close: (expected.is_none() && !is_chunked).then(UntilClose::default),
            expected,
            incoming,
            connection: Some(connection),
            is_gzip: gzip,
            inflating: None,
            received: 0,
            done: false,
        }
    }

    /// Returns the next piece, decompressed; `None` at the end. A compressed body comes in pieces of up to 1 MiB, however
    /// many bytes a few compressed ones stand for.
    ///
    /// # Errors
    /// The connection broke, the body is shorter than announced, or it is not gzip.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        if !self.is_gzip {
            return self.received_chunk().await;
        }
        loop {
            if let Some(inflating) = &mut self.inflating
                && let Some(piece) = inflating.next_piece()?
            {
                return Ok(Some(piece.into()));
            }
            match (self.received_chunk().await?, &mut self.inflating) {
                (Some(data), Some(inflating)) => inflating.add(&data),
                (Some(data), inflating) => {
                    let shown = &self.link.server.shown;
                    *inflating = Some(Box::new(Received::new(shown, data.to_vec(), true)));
                }
                (None, Some(inflating)) => return inflating.end().map(|()| None),
                (None, None) => return Ok(None),
            }
        }
    }

    /// Returns the next piece as it was received, compressed or not. It is never empty.
    pub(crate) async fn received_chunk(&mut self) -> Result<Option<Bytes>, Error> {
        while !self.done {
            match self.incoming.frame().await {
                None => self.end(),
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    self.received += data.len() as u64;
                    self.link.add_received(data.len());
                    if let Some(until_close) = &mut self.until_close
                        && !self.is_gzip
                    {
                        until_close.take(&data);
                    }
                    if !data.is_empty() {
                        return Ok(Some(data));
                    }
                }
                Some(Err(error)) => {
                    self.done = true;
                    self.connection = None;
                    if self.is_whole_without_notice(&error) {
                        return Ok(None);
                    }
                    let shown = &self.link.server.shown;
                    return Err(failure::body(shown, &error, self.received, self.expected));
                }
            }
        }
        Ok(None)
    }

    /// Returns true if a body that ended with its connection is whole although TLS was not closed properly. Many servers
    /// and proxies omit the close notify, and Go accepts that. But then only the body itself shows that it was not cut:
    /// JSON whose brackets are closed, or compressed data, which ends with its size.
    fn is_whole_without_notice(&self, error: &hyper::Error) -> bool {
        let is_end = causes::find::<std::io::Error>(error)
            .is_some_and(|error| error.kind() == std::io::ErrorKind::UnexpectedEof);
        is_end
            && self
                .until_close
                .as_ref()
                .is_some_and(|until_close| self.is_gzip || until_close.is_closed())
    }

    fn end(&mut self) {
        self.done = true;
        if let Some(connection) = self.connection.take() {
            self.link.keep(connection);
        }
    }

    /// Returns the whole rest, up to `limit` bytes after decompression.
    ///
    /// # Errors
    /// As with [`chunk`](Self::chunk), or a body over the limit.
    pub async fn read_to_end(mut self, limit: usize) -> Result<Vec<u8>, Error> {
        // A body that is announced to be too long is not read at all.
        if self.expected.is_none_or(|expected| expected <= limit as u64) {
            let (mut received, is_whole) = self.receive_first(limit, async |_| ()).await?;
            if is_whole && received.inflate(limit, |_| true)? == Inflated::Whole {
                return Ok(received.into_bytes());
            }
        }
        let shown = &self.link.server.shown;
        Err(Error::protocol(format!(
            "the answer of {shown} is over {limit} bytes"
        )))
    }

    /// Receives the whole body, or its beginning if that is longer than `limit` bytes, and returns which of the two it is.
    /// Each piece is kept only after `room`, which is told its size, has returned.
    ///
    /// # Errors
    /// The connection broke, or the body is shorter than announced.
    pub async fn receive_first(
        &mut self,
        limit: usize,
        mut room: impl AsyncFnMut(usize),
    ) -> Result<(Received, bool), Error> {
        let expected = self.expected.unwrap_or(FIRST_GUESS as u64);
        let expected = usize::try_from(expected).unwrap_or(limit);
        let mut bytes = Vec::with_capacity(expected.min(limit));
        let mut is_whole = false;
        while bytes.len() <= limit && !is_whole {
            match self.received_chunk().await? {
                None => is_whole = true,
                Some(piece) => {
                    room(piece.len()).await;
                    bytes.extend_from_slice(&piece);
                }
            }
        }
        let received = Received::new(&self.link.server.shown, bytes, self.is_gzip);
        Ok((received, is_whole))
    }

    /// Reads up to `limit` bytes of a body that need not be whole.
    pub(super) async fn read_some(mut self, limit: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        while let Ok(Some(piece)) = self.chunk().await {
            bytes.extend_from_slice(&piece[..piece.len().min(limit - bytes.len())]);
            if bytes.len() == limit {
                break;
            }
        }
        bytes
    }
}

/// Tracks whether the text so far is JSON whose brackets are all closed.
#[derive(Debug, Default)]
struct UntilClose {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    /// True if something was opened and closed.
    has_closed: bool,
}

impl UntilClose {
    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            match (self.in_string, byte) {
                (true, _) if self.is_escaped => self.is_escaped = false,
                (true, b'\\') => self.is_escaped = true,
                (_, b'"') => self.in_string = !self.in_string,
                (false, b'{' | b'[') => self.depth += 1,
                (false, b'}' | b']') => {
                    self.depth = self.depth.saturating_sub(1);
                    self.has_closed |= self.depth == 0;
                }
                // Other text after the end.
                (false, byte) if self.depth == 0 && !byte.is_ascii_whitespace() => self.has_closed = false,
                _ => {}
            }
        }
    }

    fn is_closed(&self) -> bool {
        self.has_closed && self.depth == 0 && !self.in_string
    }
}

#[cfg(test)]
mod tests {
    use super::UntilClose;

    #[test]
    fn json_that_was_cut_is_not_closed() {
        let is_closed = |text: &str| {
            let mut until_close = UntilClose::default();
            text.as_bytes()
                .chunks(3)
                .for_each(|piece| until_close.take(piece));
            until_close.is_closed()
        };
        for whole in [
            "{}",
            "{\"a\": \"}\\\"{\"}\n",
            "[1, {\"a\": []}]",
            "{}\n{\"b\": 1}\n",
        ] {
            assert!(is_closed(whole), "{whole}");
        }
        for cut in [
            "",
            "{",
            "{\"a\": \"}",
            "[1, {}",
            "{}\n{\"b\"",
            "ok",
            "{} ok",
            "\"{}\"",
        ] {
            assert!(!is_closed(cut), "{cut}");
        }
    }
}
