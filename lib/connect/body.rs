//! An answer's body: as it comes, or as a whole.

use super::client::Inner;
use super::transport::Connection;
use super::{Error, failure};
use crate::record::Reason;
use bytes::{Buf as _, Bytes};
use flate2::write::MultiGzDecoder;
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use std::fmt;
use std::io::Write as _;
use std::sync::Arc;

/// Decompressed bytes are handed on in about this size: 32 KiB more can come out of the decoder at once.
const PIECE: usize = 32 * 1024;

/// What is reserved for a body of unknown length.
const FIRST_GUESS: usize = 16 * 1024;

/// An answer's body, decompressed. Dropped before its end, it closes its connection.
pub struct Body {
    client: Arc<Inner>,
    incoming: Incoming,
    /// Goes back to the client at the end of the body.
    connection: Option<Connection>,
    gzip: Option<Box<Gzip>>,
    /// As announced, compressed.
    expected: Option<u64>,
    /// As received, compressed.
    received: u64,
    done: bool,
}

struct Gzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    compressed: Bytes,
    begun: bool,
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
    pub(super) fn new(client: Arc<Inner>, incoming: Incoming, connection: Connection, gzip: bool) -> Self {
        Self {
            client,
            expected: incoming.size_hint().exact(),
            incoming,
            connection: Some(connection),
            gzip: gzip.then(|| {
                Box::new(Gzip {
                    decoder: MultiGzDecoder::new(Vec::new()),
                    compressed: Bytes::new(),
                    begun: false,
                })
            }),
            received: 0,
            done: false,
        }
    }

    /// The next piece; `None` at the end. A compressed body comes in pieces of up to about 64 KiB, however
    /// much a few bytes of it stand for.
    ///
    /// # Errors
    /// A connection that broke, a body shorter than announced, bad compression.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            if let Some(gzip) = &mut self.gzip {
                match gzip.next(self.done) {
                    Ok(Some(piece)) => return Ok(Some(piece)),
                    Ok(None) => {}
                    Err(error) => {
                        return Err(Error::new(
                            Reason::Protocol,
                            format!(
                                "the answer of {} is not gzip as it says: {error}",
                                self.client.server.shown
                            ),
                        ));
                    }
                }
            }
            if self.done {
                return Ok(None);
            }
            match self.incoming.frame().await {
                None => self.end(),
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    self.received += data.len() as u64;
                    self.client.received(data.len());
                    match &mut self.gzip {
                        Some(gzip) => gzip.compressed = data,
                        None if data.is_empty() => {}
                        None => return Ok(Some(data)),
                    }
                }
                Some(Err(error)) => {
                    self.done = true;
                    self.connection = None;
                    let shown = &self.client.server.shown;
                    return Err(failure::body(shown, &error, self.received, self.expected));
                }
            }
        }
    }

    fn end(&mut self) {
        self.done = true;
        if let Some(connection) = self.connection.take() {
            self.client.keep(connection);
        }
    }

    /// The whole rest, up to `limit` bytes after decompression.
    ///
    /// # Errors
    /// As with [`chunk`](Self::chunk), and a body over the limit.
    pub async fn read_to_end(mut self, limit: usize) -> Result<Vec<u8>, Error> {
        let client = self.client.clone();
        let too_long = || {
            let shown = &client.server.shown;
            Error::new(
                Reason::Protocol,
                format!("the answer of {shown} is over {limit} bytes"),
            )
        };
        let guess = match (self.expected, &self.gzip) {
            (Some(expected), None) => usize::try_from(expected)
                .ok()
                .filter(|expected| *expected <= limit)
                .ok_or_else(too_long)?,
            _ => FIRST_GUESS.min(limit),
        };
        let mut bytes = Vec::with_capacity(guess);
        while let Some(piece) = self.chunk().await? {
            if piece.len() > limit - bytes.len() {
                return Err(too_long());
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
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

impl Gzip {
    /// The next decompressed piece out of what has been received.
    fn next(&mut self, at_end: bool) -> std::io::Result<Option<Bytes>> {
        while !self.compressed.is_empty() && self.decoder.get_ref().len() < PIECE {
            // Stops when its buffer of 32 KiB is full, so a bomb goes off in pieces.
            let taken = self.decoder.write(&self.compressed)?;
            if taken == 0 {
                return Err(std::io::ErrorKind::InvalidData.into());
            }
            self.begun = true;
            self.compressed.advance(taken);
        }
        if self.compressed.is_empty() && at_end && self.begun {
            self.decoder.try_finish()?;
        }
        let piece = std::mem::take(self.decoder.get_mut());
        Ok(Some(Bytes::from(piece)).filter(|piece| !piece.is_empty()))
    }
}
