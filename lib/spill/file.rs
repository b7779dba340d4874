//! A file without a name.

use std::fs::{File, Permissions};
use std::io::{self, BufReader, ErrorKind, Read};
use std::ops::Range;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};

/// The bytes that are read or written at once.
pub(super) const BUFFER: usize = 256 << 10;

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
        let file = tempfile::tempfile().map_err(no_room)?;
        // Where the system has no O_TMPFILE the umask decides.
        file.set_permissions(Permissions::from_mode(0o600))
            .map_err(no_room)?;
        Ok(Self {
            file,
            written: 0,
            unwritten: Vec::new(),
            most: disk_size(),
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
        if self.unwritten.len() + bytes.len() > BUFFER {
            self.flush()?;
        }
        if bytes.len() >= BUFFER {
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

#[cfg(not(test))]
const fn disk_size() -> u64 {
    u64::MAX
}

#[cfg(test)]
thread_local! {
    static DISK_SIZE: std::cell::Cell<u64> = const { std::cell::Cell::new(u64::MAX) };
}

#[cfg(test)]
fn disk_size() -> u64 {
    DISK_SIZE.get()
}

/// Runs a test as if each file had only so many bytes of disk.
#[cfg(test)]
pub(crate) fn with_disk<T>(bytes: u64, test: impl FnOnce() -> T) -> T {
    DISK_SIZE.set(bytes);
    let outcome = test();
    DISK_SIZE.set(u64::MAX);
    outcome
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
        for length in [0, 1, 1000, BUFFER - 1, 5, BUFFER, 7, 3 * BUFFER, 9] {
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
        let mut file = with_disk(10, SpillFile::create).unwrap();
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
}
