//! Files for data that has to wait and does not fit into the memory set aside for it.
//!
//! Such a file has no name, so that no other process can open it, and it disappears with the process, however that
//! ends. It is in the folder that TMPDIR names, otherwise in /tmp.

use std::fs::{File, Permissions};
#[cfg(any(feature = "cluster", test))]
use std::io::BufRead as _;
use std::io::{self, BufReader, ErrorKind, Read};
use std::ops::Range;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};

/// The bytes that a stage keeps in memory.
pub const MOST_HELD: usize = 256 << 20;

/// The bytes that each stage keeps in memory where several are one process, as on a terminal.
pub(crate) const MOST_HELD_TOGETHER: usize = 64 << 20;

/// The bytes that are written at once.
const WRITE_SIZE: usize = 256 << 10;

/// The bytes of lines that are returned together.
#[cfg(any(feature = "cluster", test))]
const LINES: usize = 1 << 20;

/// A file without a name, written at its end.
#[derive(Debug)]
pub(crate) struct SpillFile {
    file: File,
    written: u64,
    unwritten: Vec<u8>,
    /// The longest that it may become, for tests of a full disk.
    most: u64,
}

impl SpillFile {
    /// Creates an empty file.
    ///
    /// # Errors
    /// The file cannot be created; the error names the folder.
    pub(crate) fn create() -> io::Result<Self> {
        Self::with_limit(u64::MAX)
    }

    /// Creates one that acts as if the disk was full when it is this long.
    pub(crate) fn with_limit(most: u64) -> io::Result<Self> {
        let file = tempfile::tempfile().map_err(no_room)?;
        // Where the system has no O_TMPFILE the umask decides.
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(no_room)?;
        Ok(Self {
            file,
            written: 0,
            unwritten: Vec::new(),
            most,
        })
    }

    /// Returns its length, with the bytes that are still buffered.
    pub(crate) fn length(&self) -> u64 {
        self.written + self.unwritten.len() as u64
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// The disk is full; the error names the folder. The file has to be [truncated](Self::truncate) then.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.unwritten.len() + bytes.len() > WRITE_SIZE {
            self.flush()?;
        }
        if bytes.len() >= WRITE_SIZE {
            return self.write(bytes);
        }
        self.unwritten.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes the buffered bytes. Has to be called before [reading](Self::reader).
    ///
    /// # Errors
    /// As with [`append`](Self::append).
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let mut unwritten = std::mem::take(&mut self.unwritten);
        self.write(&unwritten)?;
        unwritten.clear();
        self.unwritten = unwritten;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.written + bytes.len() as u64 > self.most {
            return Err(no_room(ErrorKind::StorageFull.into()));
        }
        self.file.write_all_at(bytes, self.written).map_err(no_room)?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// Drops everything from a position on.
    pub(crate) fn truncate(&mut self, length: u64) {
        self.unwritten.clear();
        self.written = length;
        // If that fails, the bytes are overwritten later.
        let _ = self.file.set_len(length);
    }

    /// Frees the disk space of a range that will not be read again, if the system can do that.
    pub(crate) fn free(&mut self, range: Range<u64>) {
        #[cfg(target_os = "linux")]
        {
            use rustix::fs::{FallocateFlags, fallocate};
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            let _ = fallocate(
                &self.file,
                flags,
                range.start,
                range.end.saturating_sub(range.start),
            );
        }
        #[cfg(not(target_os = "linux"))]
        let _ = range;
    }

    /// Returns a reader of a range with a buffer of this size.
    pub(crate) fn reader(&self, range: Range<u64>, buffer: usize) -> SpillReader<'_> {
        BufReader::with_capacity(
            buffer,
            Section {
                file: &self.file,
                range,
            },
        )
    }

    /// Reads a range.
    ///
    /// # Errors
    /// The file cannot be read.
    #[cfg(any(feature = "cluster", test))]
    pub(crate) fn read(&self, range: Range<u64>, bytes: &mut Vec<u8>) -> io::Result<()> {
        let length = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
        bytes.clear();
        bytes.resize(length, 0);
        self.file.read_exact_at(bytes, range.start).map_err(unreadable)
    }
}

/// Reads a part of a file.
pub(crate) type SpillReader<'f> = BufReader<Section<'f>>;

/// A part of a file.
#[derive(Debug)]
pub(crate) struct Section<'f> {
    file: &'f File,
    range: Range<u64>,
}

impl Read for Section<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.range.end.saturating_sub(self.range.start);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else {
            return Ok(0);
        };
        let read = self.file.read_at(buffer, self.range.start).map_err(unreadable)?;
        if read == 0 {
            return Err(unreadable(ErrorKind::UnexpectedEof.into()));
        }
        self.range.start += read as u64;
        Ok(read)
    }
}

fn no_room(error: io::Error) -> io::Error {
    let folder = std::env::temp_dir();
    let text = format!("{}: {error}", folder.display());
    io::Error::new(error.kind(), text)
}

fn unreadable(error: io::Error) -> io::Error {
    match error.kind() {
        ErrorKind::Interrupted => error,
        kind => io::Error::new(
            kind,
            format!(
                "what was put aside in {} cannot be read: {error}",
                std::env::temp_dir().display()
            ),
        ),
    }
}

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

    /// Takes the next lines, about a MiB. The bytes must be lines.
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
        let mut reader = file.reader(self.read..file.length(), WRITE_SIZE);
        while lines.len() < LINES {
            if reader.read_until(b'\n', &mut lines)? == 0 {
                break;
            }
        }
        self.read += lines.len() as u64;
        if self.read >= file.length() {
            self.file = None;
        }
        Ok(Some(lines))
    }

    /// Writes everything to `output`, and is empty then.
    ///
    /// # Errors
    /// Any error of the output or of reading the file.
    pub(crate) fn write(&mut self, output: &mut dyn io::Write) -> io::Result<()> {
        if let Some(file) = self.file.take() {
            io::copy(&mut file.reader(self.read..file.length(), WRITE_SIZE), output)?;
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
    use std::os::unix::fs::MetadataExt as _;

    #[test]
    fn spill_file_has_no_name_and_is_private() {
        let file = SpillFile::create().unwrap();
        let metadata = file.file.metadata().unwrap();
        assert_eq!((metadata.nlink(), metadata.mode() & 0o777), (0, 0o600));
    }

    #[test]
    fn appended_bytes_are_read_back() {
        let mut file = SpillFile::create().unwrap();
        let mut all = Vec::new();
        for length in [0, 1, 1000, WRITE_SIZE - 1, 5, WRITE_SIZE, 7, 3 * WRITE_SIZE, 9] {
            let bytes: Vec<u8> = (0..length).map(|number| (number % 251) as u8).collect();
            file.append(&bytes).unwrap();
            all.extend(bytes);
            assert_eq!(file.length(), all.len() as u64);
        }
        file.flush().unwrap();
        let mut read = Vec::new();
        file.reader(0..file.length(), 100).read_to_end(&mut read).unwrap();
        assert!(read == all);
        file.read(1000..2000, &mut read).unwrap();
        assert!(read == all[1000..2000]);
        file.truncate(10);
        file.append(b"x").unwrap();
        file.flush().unwrap();
        file.read(8..11, &mut read).unwrap();
        assert_eq!(read, [&all[8..10], b"x"].concat());
        assert!(file.read(8..12, &mut read).is_err());
    }

    #[test]
    fn full_disk_error_names_the_folder_and_keeps_earlier_bytes() {
        let mut file = SpillFile::with_limit(10).unwrap();
        file.append(b"0123456789").unwrap();
        file.flush().unwrap();
        file.append(b"x").unwrap();
        let error = file.flush().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        assert!(
            error
                .to_string()
                .starts_with(&std::env::temp_dir().display().to_string())
        );
        file.truncate(10);
        let mut read = Vec::new();
        file.read(0..10, &mut read).unwrap();
        assert_eq!(read, b"0123456789");
    }

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
                spool.add(format!("{number}\n").as_bytes());
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
