//! Finds programs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Returns the file of a command: the command itself if it has a slash, otherwise the first executable of its name on
/// PATH. As with Go's `exec.LookPath`, relative folders in PATH are ignored: a file in the current folder may be another
/// user's.
pub(crate) fn find(command: &str) -> Option<PathBuf> {
    if command.contains('/') {
        return Some(PathBuf::from(command)).filter(|path| path.exists());
    }
    find_in(&std::env::var_os("PATH")?, command)
}

fn find_in(path: &OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|file| is_executable(file))
}

/// Returns whether a file exists and may be run.
pub(crate) fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_folders_of_path_do_not_count() {
        // Tests run in the package's folder, where this is a script.
        let (folder, name) = ("tests/e2e/servers", "build");
        assert!(is_executable(&Path::new(folder).join(name)));
        let absolute = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        assert_eq!(find_in(OsStr::new(folder), name), None);
        let both = std::env::join_paths([Path::new(folder), Path::new(""), &absolute]).unwrap_or_default();
        assert_eq!(find_in(&both, name), Some(absolute.join(name)));
        assert_eq!(find("sh").is_some(), std::env::var_os("PATH").is_some());
        assert_eq!(find("/not/there"), None);
    }
}
