//! Bodies as they were received, and their decompression. A body stays compressed until it is read: that takes a tenth of
//! the memory, and many answers arrive at the same time.

use super::error::Error;
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, ErrorKind};

/// The most that is decompressed at once.
const PIECE: usize = 1024 * 1024;

/// The most bytes that one compressed byte can stand for (zlib's technical notes).
const MOST_INFLATED: usize = 1032;

/// The size of the window that a compressed body may refer back to, as a power of two: the largest one (RFC 1951).
const WINDOW_BITS: u8 = 15;

/// A body as it was received, and as much of it as has been decompressed.
pub struct Received {
    /// The server, for errors.
    shown: String,
    /// The received bytes.
    bytes: Vec<u8>,
    is_gzip: bool,
    /// The decompression, once it has begun.
    gzip: Option<Gzip>,
}

struct Gzip {
    decoder: Decompress,
    /// How many of the received bytes have been decompressed.
    taken: usize,
    inflated: Vec<u8>,
    /// True at the end of a compressed stream.
    is_ended: bool,
    /// True if the decoder may have more output without more input.
    has_more: bool,
}

impl Default for Gzip {
    fn default() -> Self {
        Self {
            decoder: Decompress::new_gzip(WINDOW_BITS),
            taken: 0,
            inflated: Vec::new(),
            is_ended: false,
            has_more: false,
        }
    }
}

/// The result of [`Received::inflate`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Inflated {
    /// The whole body is decompressed.
    Whole,
    /// To go on it needs room for this many bytes.
    NeedsRoom(usize),
    /// The body is longer than the limit.
    TooLong,
}

impl Received {
    /// Holds bytes from a server; `shown` is its address, for errors.
    pub(crate) fn new(shown: &str, bytes: Vec<u8>, is_gzip: bool) -> Self {
        Self {
            shown: shown.to_owned(),
            is_gzip: is_gzip && !bytes.is_empty(),
            bytes,
            gzip: None,
        }
    }

    /// Returns the received bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns true if they are compressed.
    pub fn is_compressed(&self) -> bool {
        self.is_gzip
    }

    /// Returns the decompressed size, which for a compressed body is the size that it claims.
    pub fn inflated_size(&self) -> usize {
        match self.is_gzip {
            true => inflated_size(&self.bytes),
            false => self.bytes.len(),
        }
    }

    /// Gives it memory to decompress into, if it is compressed. The memory's content is lost.
    pub fn lend(&mut self, memory: impl FnOnce() -> Vec<u8>) {
        if self.is_gzip && self.gzip.is_none() {
            let mut memory = memory();
            memory.clear();
            self.gzip.get_or_insert_default().inflated = memory;
        }
    }

    /// Decompresses up to `limit` bytes in all. Before memory is reserved, `room` is asked for it, and may refuse.
    ///
    /// # Errors
    /// The data is not valid gzip.
    pub fn inflate(&mut self, limit: usize, mut room: impl FnMut(usize) -> bool) -> Result<Inflated, Error> {
        if !self.is_gzip {
            return Ok(match self.bytes.len() > limit {
                true => Inflated::TooLong,
                false => Inflated::Whole,
            });
        }
        let gzip = self.gzip.get_or_insert_default();
        loop {
            let is_first = gzip.taken == 0;
            if is_first || gzip.inflated.len() == gzip.inflated.capacity() {
                let more = match is_first {
                    // Memory that was given is filled without asking again.
                    true => inflated_size(&self.bytes).clamp(1, PIECE.max(gzip.inflated.capacity())),
                    false => PIECE,
                };
                // One byte more than the limit, to notice a longer body.
                let more = more.min((limit - gzip.inflated.len()).saturating_add(1));
                if !room(more) {
                    return Ok(Inflated::NeedsRoom(more));
                }
                gzip.inflated.reserve_exact(more);
            }
            let is_whole = gzip
                .step(&self.bytes)
                .map_err(|error| not_gzip(&self.shown, &error))?;
            if gzip.inflated.len() > limit {
                (gzip.is_ended, gzip.has_more) = (is_whole, !is_whole);
                return Ok(Inflated::TooLong);
            }
            if is_whole {
                return Ok(Inflated::Whole);
            }
        }
    }

    /// Appends received bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the next decompressed piece: about 1 MiB, or everything if the body is not compressed. Returns `None` if more
    /// bytes have to be [added](Self::add) first.
    ///
    /// # Errors
    /// The data is not valid gzip.
    pub fn next_piece(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let is_some = |piece: &Vec<u8>| !piece.is_empty();
        if !self.is_gzip {
            return Ok(Some(std::mem::take(&mut self.bytes)).filter(is_some));
        }
        let gzip = self.gzip.get_or_insert_default();
        if !gzip.inflated.is_empty() {
            return Ok(Some(std::mem::take(&mut gzip.inflated)));
        }
        while gzip.has_more || gzip.taken < self.bytes.len() {
            let piece = gzip
                .step_on(&self.bytes)
                .map_err(|error| not_gzip(&self.shown, &error))?;
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        self.bytes.clear();
        gzip.taken = 0;
        Ok(None)
    }

    /// Ends a body to which bytes were added.
    ///
    /// # Errors
    /// The compressed data is incomplete.
    pub fn end(&self) -> Result<(), Error> {
        let is_broken_off = self.gzip.as_ref().is_some_and(|gzip| !gzip.is_ended);
        match self.is_gzip && is_broken_off {
            true => Err(not_gzip(&self.shown, &ErrorKind::UnexpectedEof.into())),
            false => Ok(()),
        }
    }

    /// Returns the decompressed bytes.
    pub fn into_bytes(self) -> Vec<u8> {
        self.gzip.map_or(self.bytes, |gzip| gzip.inflated)
    }
}

impl From<Vec<u8>> for Received {
    /// Holds bytes that are not compressed.
    fn from(bytes: Vec<u8>) -> Self {
        Self::new("", bytes, false)
    }
}

impl Gzip {
    /// Decompresses a piece, which may be empty, of a stream that may go on.
    fn step_on(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let rest = bytes.get(self.taken..).unwrap_or_default();
        if self.is_ended && !rest.is_empty() {
            // A gzip file may consist of several streams (RFC 1952 2.2).
            self.decoder = Decompress::new_gzip(WINDOW_BITS);
            self.is_ended = false;
        }
        let mut piece = Vec::with_capacity(PIECE);
        let before = self.decoder.total_in();
        let status = self
            .decoder
            .decompress_vec(rest, &mut piece, FlushDecompress::None)?;
        let taken = usize::try_from(self.decoder.total_in() - before).unwrap_or(rest.len());
        self.taken += taken;
        self.is_ended = status == Status::StreamEnd;
        self.has_more = !self.is_ended && piece.len() == piece.capacity();
        if taken == 0 && piece.is_empty() && !rest.is_empty() && !self.is_ended {
            return Err(ErrorKind::InvalidData.into());
        }
        Ok(piece)
    }

    /// Decompresses as much as there is capacity for. Returns true at the end.
    fn step(&mut self, bytes: &[u8]) -> io::Result<bool> {
        let rest = bytes.get(self.taken..).unwrap_or_default();
        let before = self.decoder.total_in();
        // Decompresses straight into the reserved memory, without a window of its own if that is enough.
        let status = self
            .decoder
            .decompress_vec(rest, &mut self.inflated, FlushDecompress::Finish)?;
        self.taken += usize::try_from(self.decoder.total_in() - before).unwrap_or(rest.len());
        match status {
            Status::StreamEnd if self.taken >= bytes.len() => return Ok(true),
            // A gzip file may consist of several streams (RFC 1952 2.2).
            Status::StreamEnd => self.decoder = Decompress::new_gzip(WINDOW_BITS),
            _ if self.inflated.len() < self.inflated.capacity() => {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            _ => (),
        }
        Ok(false)
    }
}

/// Returns the decompressed size that a compressed body claims (RFC 1952 2.3.1: ISIZE), capped at what is possible.
fn inflated_size(compressed: &[u8]) -> usize {
    let Some(size) = compressed.last_chunk().map(|size| u32::from_le_bytes(*size)) else {
        return 0;
    };
    let most = compressed.len().saturating_mul(MOST_INFLATED);
    usize::try_from(size).unwrap_or(most).min(most)
}

fn not_gzip(shown: &str, error: &io::Error) -> Error {
    Error::protocol(format!("the answer of {shown} is not valid gzip: {error}"))
}
