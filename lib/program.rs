//! Finds, runs and ends other programs.

mod executable;
#[cfg(feature = "cluster")]
pub(crate) mod group;
pub(crate) mod pager;
#[cfg(feature = "cluster")]
pub(crate) mod run;
pub(crate) mod shell_word;
#[cfg(feature = "cluster")]
pub(crate) mod terminal;

pub(crate) use executable::find;
#[cfg(feature = "cluster")]
pub(crate) use executable::is_executable;

use std::path::{Path, PathBuf};

/// Returns the folder of this program, with links followed: krew and Homebrew link only `kubectl-mc` onto PATH, and the
/// other tools are beside the file that the link leads to.
///
/// # Errors
/// The system does not tell where the program is.
pub(crate) fn own_folder() -> std::io::Result<PathBuf> {
    let own = std::fs::canonicalize(std::env::current_exe()?)?;
    Ok(own.parent().map(Path::to_owned).unwrap_or_default())
}
