//! Runs other programs for a bounded time.

use super::group::ProcessGroup;
use crate::error_text::chain;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::runtime::Runtime;

/// Runs a program without input, with this kubeconfig if one is given, and returns what it prints on stdout.
///
/// # Errors
/// It does not start, does not end within the time (it is killed then, with all that it started), or fails; the error has
/// the last line that it printed on stderr.
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
        let (child, group) = ProcessGroup::start(|| command.spawn(), tokio::process::Child::id)
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::run;
    use crate::runtime::with_runtime;
    use std::fs::File;
    use std::io::Read;
    use std::path::Path;
    use std::sync::mpsc;
    use std::time::Duration;

    #[test]
    fn one_that_takes_too_long_ends_with_its_helpers() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let (tell, ended) = mpsc::channel();
        let name = pipe.clone();
        std::thread::spawn(move || {
            // Opens when the helper does, and is at its end when nobody has it any more.
            let read = File::open(name).and_then(|mut pipe| pipe.read_to_end(&mut Vec::new()));
            tell.send(read.unwrap())
        });
        let line = format!("sleep 600 >{} & wait", pipe.display());
        let limit = Duration::from_secs(2);
        let ran =
            with_runtime(|runtime| run(runtime, Path::new("/bin/sh"), &["-c", &line], None, limit)).unwrap();
        assert_eq!(ran.unwrap_err(), "no end within 2s");
        let read = ended.recv_timeout(Duration::from_secs(60));
        assert_eq!(read, Ok(0), "the helper still runs");
    }
}
