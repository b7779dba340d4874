//! The programs of others on PATH: finding them, and running them for a bounded time.

use crate::exit::chain;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::runtime::Runtime;

/// The first executable file of this name on PATH.
pub fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| is_executable(file))
}

/// Whether a file is there and may be run.
pub fn is_executable(file: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(file).is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        file.is_file()
    }
}

/// Runs a program without input, with this kubeconfig if one is given. Gives what it prints on stdout.
///
/// # Errors
/// That it does not start, does not end within the time (it is killed then), or fails: with the last line that
/// it says on stderr.
pub fn run(
    runtime: &Runtime,
    program: &Path,
    args: &[impl AsRef<std::ffi::OsStr>],
    kubeconfig: Option<&Path>,
    limit: Duration,
) -> Result<String, String> {
    let mut command = tokio::process::Command::new(program);
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    if let Some(file) = kubeconfig {
        command.env("KUBECONFIG", file);
    }
    let output = runtime.block_on(async { tokio::time::timeout(limit, command.output()).await });
    let output = match output {
        Err(_) => return Err(format!("no end within {}s", limit.as_secs())),
        Ok(Err(error)) => return Err(format!("cannot be started: {}", chain(&error))),
        Ok(Ok(output)) => output,
    };
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().map(str::trim).find(|line| !line.is_empty());
    Err(match last {
        Some(line) => format!("{}: {line}", output.status),
        None => output.status.to_string(),
    })
}
