//! Running the programs of others, for a bounded time.

use crate::exit::chain;
use crate::program::group::Group;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Runs a program without input, with this kubeconfig if one is given. Gives what it prints on stdout.
///
/// # Errors
/// That it does not start, does not end within the time (it is killed then, with all that it started), or fails: with the last line that
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
        .kill_on_drop(true)
        .process_group(0);
    if let Some(file) = kubeconfig {
        command.env("KUBECONFIG", file);
    }
    let output = runtime.block_on(async {
        let (child, group) = Group::start(|| command.spawn(), tokio::process::Child::id)
            .map_err(|error| format!("cannot be started: {}", chain(&error)))?;
        let output = tokio::time::timeout(limit, child.wait_with_output()).await;
        if let (Ok(_), Some(group)) = (&output, group) {
            group.leave();
        }
        Ok::<_, String>(output)
    })?;
    let output = match output {
        Err(_) => return Err(format!("no end within {}s", limit.as_secs())),
        Ok(Err(error)) => return Err(format!("cannot be read: {}", chain(&error))),
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
