//! A queue of bytes, in memory and in a file.

use super::file::{BUFFER, SpillFile};
use std::io;
#[cfg(any(feature = "cluster", test))]
use std::io::BufRead as _;

/// The bytes of lines that are returned together.
#[cfg(any(feature = "cluster", test))]
const LINES: usize = 1 << 20;

/// A queue of bytes, in memory, and in a file where they are many.
#[derive(Debug)]
pub(crate) struct Spool {
    most: usize,
    /// The last bytes; those before are in the file.
    bytes: Vec<u8>,
    file: Option<SpillFile>,
    /// How many bytes of the file have been taken.
    read: u64,
    is_stuck: bool,
}

impl Spool {
    /// Creates an empty queue that keeps up to `most` bytes in memory.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            bytes: Vec::new(),
            file: None,
            read: 0,
            is_stuck: false,
        }
    }

    /// Returns true if it is empty.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.file.is_none()
    }

    /// Drops everything.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.most);
    }

    /// Adds bytes. If the disk is full they stay in memory: see [`is_stuck`](Self::is_stuck).
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > self.most && !self.bytes.is_empty() && !self.is_stuck {
            self.is_stuck = self.put_aside().is_err();
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns true if more is in memory than there should be, because the disk is full.
    pub(crate) fn is_stuck(&self) -> bool {
        self.is_stuck
    }

    fn put_aside(&mut self) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => SpillFile::create()?,
        };
        let length = file.length();
        let outcome = file.append(&self.bytes).and_then(|()| file.flush());
        match &outcome {
            Ok(()) => self.bytes = Vec::new(),
            Err(_) => file.truncate(length),
        }
        self.file = (file.length() > 0).then_some(file);
        outcome
    }

    /// Takes the next whole lines, about a MiB.
    ///
    /// # Errors
    /// The file cannot be read.
    #[cfg(any(feature = "cluster", test))]
    pub(crate) fn next_lines(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = &self.file else {
            let rest = std::mem::take(&mut self.bytes);
            return Ok(Some(rest).filter(|rest| !rest.is_empty()));
        };
        let mut lines = Vec::new();
        let mut reader = file.reader(self.read..file.length(), BUFFER);
        while lines.len() < LINES {
            if reader.read_until(b'\n', &mut lines)? == 0 {
                break;
            }
        }
        self.read += lines.len() as u64;
        if self.read >= file.length() {
            self.file = None;
            if !lines.ends_with(b"\n") {
                // The rest of the line is in memory.
                let end = memchr::memchr(b'\n', &self.bytes).map_or(self.bytes.len(), |end| end + 1);
                lines.extend(self.bytes.drain(..end));
            }
        }
        Ok(Some(lines))
    }

    /// Writes everything to `output`, and is empty then.
    ///
    /// # Errors
    /// Any error of the output or of reading the file.
    pub(crate) fn write(&mut self, output: &mut dyn io::Write) -> io::Result<()> {
        if let Some(file) = self.file.take() {
            io::copy(&mut file.reader(self.read..file.length(), BUFFER), output)?;
        }
        output.write_all(&self.bytes)?;
        self.clear();
        Ok(())
    }
}

impl io::Write for Spool {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn spool_returns_bytes_in_order() {
        for most in [0, 1, 10, 1000] {
            let mut spool = Spool::new(most);
            for number in 0..100 {
                spool.add(format!("{number},").as_bytes());
                assert!(spool.bytes.len() <= most.max(3));
            }
            assert!(!spool.is_empty());
            let mut output = Vec::new();
            spool.write(&mut output).unwrap();
            assert!(spool.is_empty());
            let expected: String = (0..100).map(|number| format!("{number},")).collect();
            assert_eq!(String::from_utf8(output).unwrap(), expected);
            for number in 0..300_000 {
                spool.add(number.to_string().as_bytes());
                spool.add(b"\n");
            }
            let mut lines = Vec::new();
            while let Some(some) = spool.next_lines().unwrap() {
                assert!(some.ends_with(b"\n") && (some.len() < LINES + 10 || most == 1000));
                lines.extend(some);
            }
            let expected: String = (0..300_000).map(|number| format!("{number}\n")).collect();
            assert!(lines == expected.as_bytes());
        }
    }
}
