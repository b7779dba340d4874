//! Files for what waits for its turn and is more than memory is to hold.
//!
//! Such a file has no name, so nobody can find it or change it by that, only this user may read it, and it is gone with
//! the process, however that ends. It is in the folder that TMPDIR names, else in /tmp.

use std::fs::{File, Permissions};
#[cfg(any(feature = "cluster", test))]
use std::io::BufRead as _;
use std::io::{self, BufReader, ErrorKind, Read};
use std::ops::Range;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};

/// How many bytes of what waits a stage keeps in memory: 256 MiB.
pub const MOST_HELD: usize = 256 << 20;

/// The same where several stages are one process, as on a terminal.
pub(crate) const MOST_HELD_TOGETHER: usize = 64 << 20;

/// So many bytes are written at once.
const WRITE_SIZE: usize = 256 << 10;

/// So many bytes of lines are handed out together.
#[cfg(any(feature = "cluster", test))]
const LINES: usize = 1 << 20;

/// A file without a name that is written at its end.
#[derive(Debug)]
pub(crate) struct SpillFile {
    file: File,
    written: u64,
    unwritten: Vec<u8>,
    /// How long it may become, for tests of a full disk.
    most: u64,
}

impl SpillFile {
    /// An empty one.
    ///
    /// # Errors
    /// There cannot be any; the error says where.
    pub(crate) fn create() -> io::Result<Self> {
        Self::with_limit(u64::MAX)
    }

    /// One that acts as if the disk was full when it is so long.
    pub(crate) fn with_limit(most: u64) -> io::Result<Self> {
        let file = tempfile::tempfile().map_err(no_room)?;
        // Some systems make one by another way, which goes by the umask.
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(no_room)?;
        Ok(Self {
            file,
            written: 0,
            unwritten: Vec::new(),
            most,
        })
    }

    /// How long it is, with what has not been written yet.
    pub(crate) fn length(&self) -> u64 {
        self.written + self.unwritten.len() as u64
    }

    /// Writes bytes at its end.
    ///
    /// # Errors
    /// There is no room for them; the error says where. It has to be [truncated](Self::truncate) then.
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

    /// Writes what has not been written yet. To be called before anything is [read](Self::reader).
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

    /// Forgets what was written from a place on.
    pub(crate) fn truncate(&mut self, length: u64) {
        self.unwritten.clear();
        self.written = length;
        // Where that fails, what is there is written over.
        let _ = self.file.set_len(length);
    }

    /// Gives back the room of what is not going to be read any more, where the system can do that.
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

    /// Reads what was written between two places, with a buffer of so many bytes.
    pub(crate) fn reader(&self, range: Range<u64>, buffer: usize) -> SpillReader<'_> {
        BufReader::with_capacity(
            buffer,
            Section {
                file: &self.file,
                range,
            },
        )
    }

    /// All bytes between two places.
    ///
    /// # Errors
    /// They cannot be read.
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

/// Bytes that wait for their turn one behind the other: in memory, and in a file where they are many.
#[derive(Debug)]
pub(crate) struct Spool {
    most: usize,
    /// The last of them.
    bytes: Vec<u8>,
    file: Option<SpillFile>,
    /// How much of that has been taken away.
    read: u64,
    is_stuck: bool,
}

impl Spool {
    /// None; at most so many bytes of them are going to be in memory.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            bytes: Vec::new(),
            file: None,
            read: 0,
            is_stuck: false,
        }
    }

    /// Returns whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.file.is_none()
    }

    /// Forgets them.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.most);
    }

    /// Adds bytes behind the others. Where there is no room for them in a file they are in memory: see
    /// [`is_stuck`](Self::is_stuck).
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        if self.bytes.len() + bytes.len() > self.most && !self.bytes.is_empty() && !self.is_stuck {
            self.is_stuck = self.put_aside().is_err();
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns whether there is more in memory than there is to be, since there is no room elsewhere.
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

    /// The next of them up to the end of a line, about a MiB, which then are gone. They must be lines.
    ///
    /// # Errors
    /// They cannot be read.
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

    /// Writes them all, and forgets them.
    ///
    /// # Errors
    /// Any error of the output; the lines cannot be read.
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
    fn a_file_has_no_name_and_only_its_owner_may_read_it() {
        let file = SpillFile::create().unwrap();
        let metadata = file.file.metadata().unwrap();
        assert_eq!((metadata.nlink(), metadata.mode() & 0o777), (0, 0o600));
    }

    #[test]
    fn what_was_appended_is_read() {
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
    fn a_full_disk_is_said_with_its_folder_and_keeps_what_was_there() {
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
    fn a_spool_gives_back_what_it_took() {
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
