//! Replaces one of the user's files as a whole: after a crash it has the old or the new content.

use crate::cachefile::{files_where, make_folder, sweep};
use crate::error_text::io_text;
use serde_yaml::Value;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

/// The longest wait for kubectl's lock. Writing a kubeconfig takes much less.
const PATIENCE: Duration = Duration::from_secs(3);

/// The prefix of temporary files; so many letters and digits follow.
const TEMPORARY: &str = ".kubectl-mc-";
const RANDOM: usize = 6;

/// The file that a path leads to, links followed, also where the last of them leads to none yet.
fn target(path: &Path) -> PathBuf {
    /// The number of links that Linux follows.
    const MOST_LINKS: usize = 40;
    let mut target = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Ok(link) = fs::read_link(&target) else { break };
        target = target.parent().unwrap_or(Path::new("")).join(link);
    }
    target
}

/// Puts a text into a file: written beside it, synced, and renamed into its place. The file keeps its mode, a
/// new one is the user's alone. What it held before goes to a second file, `.bak` behind the name, where that is
/// asked for.
///
/// # Errors
/// A folder that cannot be made or written to.
pub fn replace(path: &Path, text: &str, backup: bool) -> io::Result<()> {
    let path = target(path);
    let folder = path.parent().unwrap_or(Path::new("."));
    make_folder(folder)?;
    let is_temporary = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        let random = name.and_then(|name| name.strip_prefix(TEMPORARY));
        // The user may have files with such a name.
        random
            .is_some_and(|text| text.len() == RANDOM && text.bytes().all(|byte| byte.is_ascii_alphanumeric()))
    };
    sweep(files_where(folder, is_temporary), SystemTime::now());
    let old = match fs::read(&path) {
        Ok(bytes) => Some((bytes, fs::metadata(&path)?.permissions())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let mode = old.as_ref().map(|(_, mode)| mode.clone());
    if let (true, Some((bytes, _))) = (backup, &old) {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".bak");
        put(folder, &path.with_file_name(name), bytes, mode.clone())?;
    }
    put(folder, &path, text.as_bytes(), mode)
}

fn put(folder: &Path, path: &Path, bytes: &[u8], mode: Option<Permissions>) -> io::Result<()> {
    // 0600 from the start, and gone again if anything fails.
    let mut file = tempfile::Builder::new()
        .prefix(TEMPORARY)
        .rand_bytes(RANDOM)
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // Not every file system can sync a folder; the file itself is safe by now.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

/// Writes the whole content of a YAML or JSON file anew, in the form that it had.
///
/// # Errors
/// It cannot be written.
pub fn written_anew(old: &str, document: &Value) -> Result<String, String> {
    let written = if old.trim_start().starts_with('{') {
        serde_json::to_string_pretty(document).map_err(|error| error.to_string())
    } else {
        serde_yaml::to_string(document).map_err(|error| error.to_string())
    };
    written.map_err(|_| "it cannot be written again".to_owned())
}

/// The lock with which kubectl writes a kubeconfig: a file beside it (client-go `tools/clientcmd`, `lockFile`).
pub struct KubectlLock(PathBuf);

impl KubectlLock {
    /// Locks a kubeconfig, once kubectl does not write it.
    ///
    /// # Errors
    /// It stays locked, or the lock cannot be made.
    pub fn take(path: &Path) -> Result<Self, String> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let place = PathBuf::from(name);
        let deadline = Instant::now() + PATIENCE;
        loop {
            match OpenOptions::new().write(true).create_new(true).open(&place) {
                Ok(_) => return Ok(Self(place)),
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(io_text(&error)),
                Err(_) if Instant::now() >= deadline => {
                    return Err(format!(
                        "it is locked by {}; if no kubectl is running, one was interrupted and left this file: remove it",
                        place.display()
                    ));
                }
                Err(_) => sleep(Duration::from_millis(50)),
            }
        }
    }
}

impl Drop for KubectlLock {
    fn drop(&mut self) {
        // If somebody else has removed it, that is fine too.
        let _ = fs::remove_file(&self.0);
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::replace;
    use std::fs::{self, File};
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::time::{Duration, SystemTime};

    #[test]
    fn links_are_followed_and_modes_kept() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real");
        let link = folder.path().join("link");
        symlink("real", &link).unwrap();
        replace(&link, "one", true).unwrap();
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        replace(&link, "two", true).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&real).unwrap(), "two");
        assert_eq!(fs::read_to_string(folder.path().join("real.bak")).unwrap(), "one");
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn old_temporary_files_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        let names = [
            ".kubectl-mc-a1b2c3",
            ".kubectl-mc-d4e5f6",
            ".kubectl-mc-notes.txt",
            "kubectl-mc-clusters.yaml",
        ];
        let paths = names.map(|name| folder.path().join(name));
        for (path, age) in paths.iter().zip([7200, 0, 7200, 7200]) {
            let file = File::create(path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(age))
                .unwrap();
        }
        replace(&paths[3], "one", false).unwrap();
        assert_eq!(paths.map(|path| path.exists()), [false, true, true, true]);
    }
}
