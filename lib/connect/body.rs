//! An answer's body: as it comes, or as a whole.

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

/// What is reserved for a body of unknown length.
const FIRST_GUESS: usize = 16 * 1024;

/// An answer's body, decompressed. Dropped before its end, it closes its connection.
pub struct Body {
    link: Arc<Link>,
    incoming: Incoming,
    /// Goes back to the client at the end of the body.
    connection: Option<Connection>,
    is_gzip: bool,
    /// The decompression of a body that is read in pieces.
    inflating: Option<Received>,
    /// As announced, compressed.
    expected: Option<u64>,
    /// How far it has come, if only the connection's end ends it.
    until_close: Option<UntilClose>,
    /// As received, compressed.
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
                    *inflating = Some(Received::new(&self.link.server.shown, data.to_vec(), true));
                }
                (None, Some(inflating)) => return inflating.end().map(|()| None),
                (None, None) => return Ok(None),
            }
        }
    }

    /// The next piece as it was received, compressed or not, and not empty.
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

    /// Returns whether a body that ends with its connection is whole, though TLS did not say that it ends there. Many
    /// servers and proxies leave that out, and Go does not mind; but then nothing tells an end from a cut except the
    /// body itself: JSON that is closed, or compressed data, whose end says how much there is.
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

    /// The beginning as it is received, of more than `limit` bytes or all that there is, and which of the two that is.
    /// Bytes are kept only when `room`, which is told how many, returns.
    ///
    /// # Errors
    /// A connection that broke, a body shorter than announced.
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

    /// What there is of a body that need not be whole, up to `limit` bytes.
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

/// True if what has come of a text is closed JSON.
#[derive(Debug, Default)]
struct UntilClose {
    depth: usize,
    in_string: bool,
    is_escaped: bool,
    /// True if anything came that opens and closes.
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
                // Something behind the end that is no JSON.
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
    fn json_that_is_cut_is_told_from_json_that_is_closed() {
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
