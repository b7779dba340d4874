//! Files of the cache. Only the user can read them. They are replaced as a whole, so that a reader sees the old or the
//! new content even if a writer is killed or the disk is full. A file that another user could have written is ignored:
//! the folder may be in a place where others can write.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// A temporary file that is older than this was left by an interrupted run.
const LEFT_BEHIND: Duration = Duration::from_secs(60 * 60);

const TEMPORARY: &str = "tmp";

/// Writes a file (0600) in a folder, which is made if it does not exist (0700).
///
/// # Errors
/// A folder that cannot be made or written to; then the file is as it was.
pub(crate) fn replace(folder: &Path, name: &str, parts: &[&[u8]], now: SystemTime) -> io::Result<()> {
    make_folder(folder)?;
    sweep(files(folder, TEMPORARY), now);
    // 0600 from the start, and gone again if anything fails.
    let mut file = tempfile::Builder::new()
        .prefix("")
        .suffix(&format!(".{TEMPORARY}"))
        .tempfile_in(folder)?;
    for part in parts {
        file.write_all(part)?;
    }
    // Without fsync: a file that a power failure has damaged cannot be read, and is ignored.
    file.persist(folder.join(name)).map_err(|error| error.error)?;
    Ok(())
}

/// Makes a folder and those above it that are missing, for the user alone.
pub(crate) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Opens a file if it is ours: a regular file of at most so many bytes that only its user can write.
pub(crate) fn open(path: &Path, most: u64) -> Option<File> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt;
        // A link could lead to another file of the user's; opening a pipe would wait for its writer.
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        options.custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path).ok()?;
    // The metadata of the open file, since its name may be another file's by now.
    let about = file.metadata().ok()?;
    (about.is_file() && about.len() <= most && is_private(&about)).then_some(file)
}

#[cfg(unix)]
fn is_private(about: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    about.uid() == rustix::process::geteuid().as_raw() && about.mode() & 0o022 == 0
}

#[cfg(not(unix))]
fn is_private(_: &fs::Metadata) -> bool {
    true
}

/// Removes those of some temporary files that interrupted runs have left.
pub(crate) fn sweep(temporary: Vec<PathBuf>, now: SystemTime) {
    for path in temporary {
        let written = fs::metadata(&path).and_then(|about| about.modified());
        let age = written.ok().and_then(|written| now.duration_since(written).ok());
        if age.is_some_and(|age| age > LEFT_BEHIND) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Returns the files in a folder with an extension, sorted; none if it cannot be read.
pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    files_where(folder, |path| {
        path.extension().is_some_and(|found| found == extension)
    })
}

/// Returns the files in a folder that pass a test, sorted; none if it cannot be read.
pub(crate) fn files_where(folder: &Path, is_wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| is_wanted(path))
        .collect();
    files.sort_unstable();
    files
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn old_temporary_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let left = folder.path().join("x.tmp");
        fs::write(&left, "half").unwrap();
        let now = SystemTime::now();
        replace(folder.path(), "a.json", &[b"one"], now).unwrap();
        assert!(left.exists(), "another run may be writing it");
        replace(folder.path(), "a.json", &[b"t", b"wo"], now + 2 * LEFT_BEHIND).unwrap();
        assert!(!left.exists());
        assert_eq!(fs::read_to_string(folder.path().join("a.json")).unwrap(), "two");
        assert_eq!(files(folder.path(), "tmp"), Vec::<PathBuf>::new());
    }
}
