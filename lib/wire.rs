//! Reads and writes lines of records: limits, flushing, bad lines.

mod gone;

pub use gone::{Stop, WhileRead, wait_until_gone};

use std::io::{self, BufRead, BufReader, Read, Write};

/// The maximum length of a line in bytes, without its newline: 64 MiB. An object has at most 1.5 MiB in etcd, so
/// nothing that a cluster stores comes near it.
pub const MAX_LINE: usize = 64 << 20;

/// Bytes that are read at once. A pipe holds 64 KiB on Linux.
const READ_SIZE: usize = 64 << 10;

/// A line that could not be read, or that is not a record.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BadLine {
    /// Its number, counted from 1.
    pub number: u64,
    /// The fault of the line.
    pub problem: String,
    /// The cluster that it begins with, as records of our own tools do.
    pub cluster: Option<String>,
}

impl BadLine {
    /// Creates it from as much of the line as there is.
    pub fn new(number: u64, problem: impl Into<String>, line: &[u8]) -> Self {
        Self {
            number,
            problem: problem.into(),
            cluster: cluster_at_start(line),
        }
    }
}

/// No cluster's name is nearly as long as this, in bytes.
const START: usize = 2 << 10;

/// Returns the cluster of a line that begins as our tools write records: with the kind, then the cluster.
fn cluster_at_start(line: &[u8]) -> Option<String> {
    let rest = line.get(..START.min(line.len()))?.strip_prefix(br#"{"kind":""#)?;
    let kind_end = memchr::memchr(b'"', rest)?;
    let value = rest.get(kind_end..)?.strip_prefix(br#"","cluster":"#)?;
    let mut strings = serde_json::Deserializer::from_slice(value).into_iter::<String>();
    strings.next()?.ok().filter(|cluster| !cluster.is_empty())
}

impl std::fmt::Display for BadLine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.number, self.problem)
    }
}

/// A line that [`LineReader::next_line`] has read.
#[derive(Debug, Eq, PartialEq)]
pub enum Line<'a> {
    /// A line in UTF-8, without its newline and the carriage returns before it. Never blank.
    Text(&'a str),
    /// A line that cannot be a record. Reading goes on after it.
    Bad(BadLine),
}

/// Reads line by line, with bounded memory, and counts lines for error messages. Blank lines are skipped, and so is a
/// byte order mark at the start.
pub struct LineReader<R> {
    input: BufReader<R>,
    /// A line that the input's buffer does not hold as a whole.
    line: Vec<u8>,
    /// Bytes of the input's buffer that the last line takes, with its newline.
    lent: usize,
    number: u64,
    limit: usize,
}

impl<R: Read> LineReader<R> {
    /// Creates a reader with the limit [`MAX_LINE`].
    pub fn new(input: R) -> Self {
        Self::with_limit(input, MAX_LINE)
    }

    /// Creates a reader with its own limit, in bytes.
    pub fn with_limit(input: R, limit: usize) -> Self {
        Self {
            input: BufReader::with_capacity(READ_SIZE, input),
            line: Vec::new(),
            lent: 0,
            number: 0,
            limit,
        }
    }

    /// Returns the number of the last line, counted from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Returns whether a part of the next line has arrived already. A tool that passes records on as they come flushes
    /// its output if this is false, so that the next tool need not wait for more input.
    pub fn has_buffered(&self) -> bool {
        self.input.buffer().len() > self.lent
    }

    /// Reads the next line that is not blank. Returns `None` at the end of the input.
    ///
    /// # Errors
    /// Fails when reading fails.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        Ok(self.next_numbered()?.map(|(_, line)| line))
    }

    /// Reads the next line like [`next_line`](Self::next_line), with its number, since [`number`](Self::number) cannot
    /// be called while the line is borrowed.
    ///
    /// # Errors
    /// As [`next_line`](Self::next_line).
    pub fn next_numbered(&mut self) -> io::Result<Option<(u64, Line<'_>)>> {
        let end = loop {
            self.input.consume(std::mem::take(&mut self.lent));
            self.line.clear();
            self.number += 1;
            if self.fill()?.is_empty() {
                self.number -= 1;
                return Ok(None);
            }
            let newline = memchr::memchr(b'\n', self.input.buffer());
            let end = match newline.filter(|length| *length <= self.limit) {
                Some(length) => {
                    self.lent = length + 1;
                    length
                }
                None => {
                    self.read_line()?;
                    let ends = self.line.last() == Some(&b'\n');
                    if !ends && self.line.len() > self.limit {
                        let problem = format!("longer than {} bytes", self.limit);
                        let bad = BadLine::new(self.number, problem, &self.line);
                        self.line = Vec::new();
                        self.skip_line()?;
                        return Ok(Some((self.number, Line::Bad(bad))));
                    }
                    self.line.len() - usize::from(ends)
                }
            };
            if !self.current(end).is_empty() {
                break end;
            }
        };
        let number = self.number;
        let line = self.current(end);
        let line = match std::str::from_utf8(line) {
            Ok(text) => Line::Text(text),
            Err(_) => Line::Bad(BadLine::new(number, "not UTF-8", line)),
        };
        Ok(Some((number, line)))
    }

    /// Returns the line of so many bytes that was found last, without its carriage returns. Empty if it is blank.
    fn current(&self, end: usize) -> &[u8] {
        let whole = match self.lent {
            0 => self.line.as_slice(),
            _ => self.input.buffer(),
        };
        let mut line = whole.get(..end).unwrap_or_default();
        // Drops all of them: a line that is passed on must not lose another one in the next tool.
        while let Some(rest) = line.strip_suffix(b"\r") {
            line = rest;
        }
        if self.number == 1 {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        let is_blank = line.first().is_none_or(u8::is_ascii_whitespace) && line.trim_ascii().is_empty();
        if is_blank { &[] } else { line }
    }

    /// Returns the bytes in the buffer, or the next ones. Empty at the end of the input.
    fn fill(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.input.fill_buf() {
                Ok(_) => return Ok(self.input.buffer()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Reads a line with its newline, but stops at the first byte over the limit.
    fn read_line(&mut self) -> io::Result<()> {
        loop {
            // One byte over the limit tells a line that just fits from one that is too long.
            let allowed = (self.limit + 1).saturating_sub(self.line.len());
            self.fill()?;
            let buffer = self.input.buffer();
            let buffer = buffer.get(..allowed).unwrap_or(buffer);
            if buffer.is_empty() {
                return Ok(());
            }
            let newline = memchr::memchr(b'\n', buffer);
            let used = newline.map_or(buffer.len(), |newline| newline + 1);
            self.line.extend_from_slice(&buffer[..used]);
            self.input.consume(used);
            if newline.is_some() {
                return Ok(());
            }
        }
    }

    /// Skips the rest of a line.
    fn skip_line(&mut self) -> io::Result<()> {
        loop {
            let buffer = self.fill()?;
            if buffer.is_empty() {
                return Ok(());
            }
            let end = buffer.iter().position(|byte| *byte == b'\n');
            let used = end.map_or(buffer.len(), |end| end + 1);
            self.input.consume(used);
            if end.is_some() {
                return Ok(());
            }
        }
    }
}

/// Returns whether a line was meant to be JSON. Any other line is a cluster's name to mc-resolve and mc-exec.
pub fn looks_like_json(line: &str) -> bool {
    line.trim_start().starts_with(['{', '[', '"'])
}

/// Writes a line as it was read, and a newline.
///
/// # Errors
/// Fails when writing fails.
pub fn pass_on(out: &mut impl Write, line: &str) -> io::Result<()> {
    out.write_all(line.as_bytes())?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn all(input: &[u8], limit: usize) -> Vec<(u64, Result<String, String>)> {
        let mut reader = LineReader::with_limit(input, limit);
        let mut lines = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            let line = match line {
                Line::Text(text) => Ok(text.to_owned()),
                Line::Bad(bad) => Err(bad.problem),
            };
            lines.push((reader.number(), line));
        }
        lines
    }

    #[test]
    fn blank_lines_are_skipped_and_counted() {
        assert_eq!(
            all(b"\xef\xbb\xbfa\r\n\n  \nb\r\r\n\r\r", 10),
            [(1, Ok("a".into())), (4, Ok("b".into()))]
        );
    }

    #[test]
    fn line_over_the_limit_is_bad_and_the_next_one_is_read() {
        let lines = all(b"1234\n12345\n123456789012345678901234567890\nab\n", 4);
        let long = Err("longer than 4 bytes".to_owned());
        assert_eq!(
            lines,
            [
                (1, Ok("1234".into())),
                (2, long.clone()),
                (3, long),
                (4, Ok("ab".into()))
            ]
        );
    }

    #[test]
    fn bad_line_has_the_cluster_that_it_begins_with() {
        let cluster = |line: &[u8]| BadLine::new(1, "", line).cluster;
        assert_eq!(
            cluster(br#"{"kind":"Row","cluster":"a\"b","resource":"po"#),
            Some("a\"b".to_owned())
        );
        for line in [
            br#"{"kind":"Row","cluster":"a"#.as_slice(),
            br#"{"kind":"Row","cluster":7,"#,
            br#"{"kind":"Row","name":"x","cluster":"a"}"#,
            b"\xff",
            b"",
        ] {
            assert_eq!(cluster(line), None);
        }
        let long = format!(
            r#"{{"kind":"Object","cluster":"a","object":"{}"}}"#,
            "x".repeat(5000)
        );
        let mut reader = LineReader::with_limit(long.as_bytes(), 4000);
        let Some(Line::Bad(bad)) = reader.next_line().unwrap() else {
            unreachable!()
        };
        assert_eq!(bad.cluster.as_deref(), Some("a"));
    }

    #[test]
    fn last_line_without_a_newline() {
        assert_eq!(all(b"12345", 4), [(1, Err("longer than 4 bytes".into()))]);
        assert_eq!(all(b"1234", 4), [(1, Ok("1234".into()))]);
    }

    /// Reads so many bytes at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let now = self.1.min(buffer.len());
            self.0.read(&mut buffer[..now])
        }
    }

    #[test]
    fn lines_from_reads_of_every_size() {
        let input = b"\xef\xbb\xbfab\r\n\n \r\n12345\n1234\r\nlast";
        for limit in [4, 9] {
            let whole = all(input.as_slice(), limit);
            for size in 1..input.len() {
                let mut reader = LineReader::with_limit(Drip(input, size), limit);
                let mut lines = Vec::new();
                while let Some((number, line)) = reader.next_numbered().unwrap() {
                    lines.push(match line {
                        Line::Text(text) => (number, Ok(text.to_owned())),
                        Line::Bad(bad) => (number, Err(bad.problem)),
                    });
                }
                assert_eq!(lines, whole, "{size} bytes at a time");
            }
        }
    }

    #[test]
    fn line_that_is_not_utf8_is_bad_and_the_next_one_is_read() {
        assert_eq!(
            all(b"\xff\nb\n", 9),
            [(1, Err("not UTF-8".into())), (2, Ok("b".into()))]
        );
    }
}
