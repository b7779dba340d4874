//! A whole answer as it was received, which may be compressed, and its decompression. What is compressed stays so until
//! somebody reads it: it is a tenth, and many answers come at the same time.

use super::error::Error;
use flate2::{Decompress, FlushDecompress, Status};
use std::io::{self, ErrorKind};

/// So much is decompressed at most at once.
const PIECE: usize = 1024 * 1024;

/// More than this many bytes do not come out of a compressed one (zlib's technical notes).
const MOST_INFLATED: usize = 1032;

/// How far back a compressed body may refer, as a power of two: as far as any does (RFC 1951).
const WINDOW_BITS: u8 = 15;

/// A whole body, as it was received or partly or wholly decompressed.
pub struct Received {
    /// The server, for errors.
    shown: String,
    /// As they were received.
    bytes: Vec<u8>,
    is_gzip: bool,
    /// What has come of compressed ones, once somebody reads them.
    gzip: Option<Gzip>,
}

struct Gzip {
    decoder: Decompress,
    /// How many of the bytes have been decompressed.
    taken: usize,
    inflated: Vec<u8>,
    /// True if the compressed stream has come to its end.
    is_ended: bool,
    /// True if the decoder may have more to give without getting more.
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

/// How far decompression has come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Inflated {
    /// To the end.
    Whole,
    /// It needs room for so many bytes to go on.
    NeedsRoom(usize),
    /// Over the limit.
    TooLong,
}

impl Received {
    /// Bytes of a server's, which is `shown` in errors.
    pub(crate) fn new(shown: &str, bytes: Vec<u8>, is_gzip: bool) -> Self {
        Self {
            shown: shown.to_owned(),
            is_gzip: is_gzip && !bytes.is_empty(),
            bytes,
            gzip: None,
        }
    }

    /// The bytes as they were received.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it came compressed.
    pub fn is_compressed(&self) -> bool {
        self.is_gzip
    }

    /// How many bytes it has decompressed, or says that it has.
    pub fn inflated_size(&self) -> usize {
        match self.is_gzip {
            true => inflated_size(&self.bytes),
            false => self.bytes.len(),
        }
    }

    /// Lends it memory to be decompressed into, if it is to be; what that holds is lost.
    pub fn lend(&mut self, memory: impl FnOnce() -> Vec<u8>) {
        if self.is_gzip && self.gzip.is_none() {
            let mut memory = memory();
            memory.clear();
            self.gzip.get_or_insert_default().inflated = memory;
        }
    }

    /// Decompresses, up to `limit` bytes in all and as long as `room`, which is asked for more bytes each time, says
    /// that there is some.
    ///
    /// # Errors
    /// Data that is not compressed as it says.
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
                    // What is lent is filled without asking again.
                    true => inflated_size(&self.bytes).clamp(1, PIECE.max(gzip.inflated.capacity())),
                    false => PIECE,
                };
                // One byte over the limit tells that it is passed.
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

    /// Adds bytes that were received behind those that it has.
    pub fn add(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The next piece of what it is decompressed, of about 1 MiB or all that there is of what is not compressed; `None`
    /// where more has to be [added](Self::add) first. It forgets what it has handed out.
    ///
    /// # Errors
    /// Data that is not compressed as it says.
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

    /// Nothing more is going to come.
    ///
    /// # Errors
    /// Compressed data that breaks off.
    pub fn end(&self) -> Result<(), Error> {
        let is_broken_off = self.gzip.as_ref().is_some_and(|gzip| !gzip.is_ended);
        match self.is_gzip && is_broken_off {
            true => Err(not_gzip(&self.shown, &ErrorKind::UnexpectedEof.into())),
            false => Ok(()),
        }
    }

    /// The bytes, decompressed as far as that was done.
    pub fn into_bytes(self) -> Vec<u8> {
        self.gzip.map_or(self.bytes, |gzip| gzip.inflated)
    }
}

impl From<Vec<u8>> for Received {
    /// Bytes that are not compressed.
    fn from(bytes: Vec<u8>) -> Self {
        Self::new("", bytes, false)
    }
}

impl Gzip {
    /// Decompresses a piece, which may be empty, of bytes that others may follow.
    fn step_on(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let rest = bytes.get(self.taken..).unwrap_or_default();
        if self.is_ended && !rest.is_empty() {
            // There may be several, one behind the other (RFC 1952 2.2).
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

    /// Decompresses as much as there is capacity for; says whether that was all.
    fn step(&mut self, bytes: &[u8]) -> io::Result<bool> {
        let rest = bytes.get(self.taken..).unwrap_or_default();
        let before = self.decoder.total_in();
        // Straight into what is reserved, and where that is enough, without keeping its end to refer back to.
        let status = self
            .decoder
            .decompress_vec(rest, &mut self.inflated, FlushDecompress::Finish)?;
        self.taken += usize::try_from(self.decoder.total_in() - before).unwrap_or(rest.len());
        match status {
            Status::StreamEnd if self.taken >= bytes.len() => return Ok(true),
            // There may be several, one behind the other (RFC 1952 2.2).
            Status::StreamEnd => self.decoder = Decompress::new_gzip(WINDOW_BITS),
            _ if self.inflated.len() < self.inflated.capacity() => {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            _ => (),
        }
        Ok(false)
    }
}

/// How long a compressed body says that it is decompressed (RFC 1952 2.3.1: ISIZE), as far as that can be.
fn inflated_size(compressed: &[u8]) -> usize {
    let Some(size) = compressed.last_chunk().map(|size| u32::from_le_bytes(*size)) else {
        return 0;
    };
    let most = compressed.len().saturating_mul(MOST_INFLATED);
    usize::try_from(size).unwrap_or(most).min(most)
}

fn not_gzip(shown: &str, error: &io::Error) -> Error {
    Error::protocol(format!("the answer of {shown} is not gzip as it says: {error}"))
}
