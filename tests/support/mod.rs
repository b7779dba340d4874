//! A home folder of its own for a test, and what is run in it: nothing else of the environment is seen.

pub mod access;
pub mod evil;
pub mod imports;
pub mod man_page;
pub mod processes;
pub mod records;
pub mod session;
pub mod shells;
mod signals;
mod terminal;

use crate::fleet::Fleet;
use std::ffi::OsStr;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;

/// A home folder, and perhaps a kubeconfig.
pub struct Home {
    folder: TempDir,
    kubeconfig: Option<PathBuf>,
}

/// How a command ended.
#[derive(Debug, Eq, PartialEq)]
pub struct Outcome {
    /// The exit status, -1 for a signal.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Home {
    /// A home without any file.
    pub fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            kubeconfig: None,
        }
    }

    /// A home whose KUBECONFIG is that of a fleet.
    pub fn of(fleet: &Fleet) -> Self {
        Self {
            kubeconfig: Some(fleet.kubeconfig()),
            ..Self::empty()
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the home folder.
    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// A command with this home and nothing else in its environment.
    pub fn command(&self, program: &str) -> Command {
        signals::reset_ignored_interrupt();
        let mut command = Command::new(program_path(program));
        let path = format!("{}:/usr/bin:/bin", binaries().display());
        command
            .env_clear()
            .env("HOME", self.path())
            .env("PATH", path)
            .env("TERM", "xterm")
            // Where a terminal is short, nobody is there who would leave a pager.
            .env("PAGER", "cat")
            .current_dir(self.path());
        if let Some(kubeconfig) = &self.kubeconfig {
            command.env("KUBECONFIG", kubeconfig);
        }
        command
    }

    /// Runs a tool with no input.
    pub fn run(&self, program: &str, args: &[&str]) -> Outcome {
        Outcome::of(self.command(program).args(args).stdin(Stdio::null()).output())
    }

    /// `kubectl mc …`.
    pub fn mc(&self, args: &[&str]) -> Outcome {
        self.run("kubectl-mc", args)
    }

    /// Runs a tool with an input.
    pub fn feed(&self, program: &str, args: &[&str], input: &str) -> Outcome {
        let mut child = self.start(program, args);
        let mut stdin = child.stdin.take().unwrap();
        let input = input.to_owned();
        // In a thread: a tool that writes before it has read everything would stall both sides.
        let writer = std::thread::spawn(move || {
            // A tool that ends early has read enough.
            let _ = stdin.write_all(input.as_bytes());
        });
        let outcome = Outcome::of(child.wait_with_output());
        writer.join().unwrap();
        outcome
    }

    /// Starts a tool, with pipes for all three streams.
    pub fn start(&self, program: &str, args: &[impl AsRef<OsStr>]) -> Child {
        let mut command = self.command(program);
        command
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Runs a shell line.
    pub fn shell(&self, line: &str) -> Outcome {
        Outcome::of(
            self.command("/bin/sh")
                .args(["-c", line])
                .stdin(Stdio::null())
                .output(),
        )
    }

    /// Runs shell lines one after the other; returns each with everything that there is to see of it. The stages of a
    /// pipe write their messages at the same time: those of an earlier stage are put first.
    pub fn transcript(&self, lines: &[impl AsRef<str>]) -> String {
        const STAGES: [&str; 4] = ["mc-discover:", "mc-resolve:", "mc-exec:", "mc-merge:"];
        let of_line = |line: &str| {
            let mut outcome = self.shell(line);
            let mut said: Vec<&str> = outcome.stderr.split_inclusive('\n').collect();
            let stage = |line: &&str| STAGES.iter().position(|stage| line.starts_with(stage));
            said.sort_by_key(|line| stage(line).unwrap_or(STAGES.len()));
            outcome.stderr = said.concat();
            format!("$ {line}\n{outcome}\n")
        };
        lines.iter().map(|line| of_line(line.as_ref())).collect()
    }

    /// Runs a shell line on a terminal of its own; what it shows is in `stdout`.
    pub fn on_terminal(&self, line: &str) -> Outcome {
        let mut command = self.command("/bin/sh");
        command.args(["-c", line]);
        terminal::run(command, "")
    }

    /// The same with input that is typed ahead.
    pub fn typing(&self, line: &str, typed: &str) -> Outcome {
        let mut command = self.command("/bin/sh");
        command.args(["-c", line]);
        terminal::run(command, typed)
    }

    /// The same; a reply is typed each time that its prompt is shown.
    pub fn replying(&self, line: &str, replies: &[(&str, &str)]) -> Outcome {
        let mut command = self.command("/bin/sh");
        command.args(["-c", line]);
        terminal::run_with(command, "", replies)
    }

    /// Writes an executable shell script below the home folder's `bin`.
    pub fn script(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = format!("bin/{name}");
        // What is there may be a link to a stand-in.
        let _ = std::fs::remove_file(self.path().join(&path));
        self.write(&path, &format!("#!/bin/sh\n{text}"));
        std::fs::set_permissions(self.path().join(path), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Returns all files below the home folder, for tests that none is left.
    pub fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    files.push(
                        entry
                            .path()
                            .strip_prefix(self.path())
                            .unwrap()
                            .display()
                            .to_string(),
                    );
                }
            }
        }
        files.sort();
        files
    }
}

impl Outcome {
    fn of(output: std::io::Result<Output>) -> Self {
        let output = output.unwrap();
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Returns its stdout, having asserted its status and that it said nothing on stderr.
    #[track_caller]
    pub fn expect(self, status: i32) -> String {
        self.expect_saying(status, "")
    }

    /// Returns its stdout, having asserted its status and all of its stderr, [`same_in_all_runs`].
    #[track_caller]
    pub fn expect_saying(self, status: i32, stderr: &str) -> String {
        let said = same_in_all_runs(&self.stderr);
        assert_eq!((self.status, said.as_str()), (status, stderr), "\n{self}");
        self.stdout
    }

    /// Returns its stderr, having asserted its status. Where nothing came, nothing is printed but for Problem records.
    #[track_caller]
    pub fn complaint(self, status: i32) -> String {
        assert_eq!(self.status, status, "\n{self}");
        let is_problem = |line: &str| line.starts_with(r#"{"kind":"Problem","#);
        assert!(status == 3 || self.stdout.lines().all(is_problem), "\n{self}");
        self.stderr
    }
}

/// Replaces what differs from run to run and from machine to machine: the ports of servers, folders, the version, and
/// how long something has taken or how old it is.
pub fn same_in_all_runs(text: &str) -> String {
    let text = text
        .replace(&binaries().display().to_string(), "BIN")
        .replace(
            concat!("kubectl-mc ", env!("CARGO_PKG_VERSION")),
            "kubectl-mc VERSION",
        )
        .replace(" second ago", " seconds ago");
    let text = replace_after(&text, "127.0.0.1:", |c| c.is_ascii_digit(), "127.0.0.1:PORT");
    let text = replace_after(&text, "/tmp/.tmp", |c| c.is_ascii_alphanumeric(), "HOME");
    let text = replace_after(
        &text,
        "\"said\":\"",
        |c| c.is_ascii_digit() || c == ':',
        "\"said\":\"STDERR",
    );
    let units = [
        " ms",
        " seconds ago",
        " days ago",
        " days (correct this machine's clock",
        "s behind ours",
    ];
    units.iter().fold(text, |text, unit| replace_number(&text, unit))
}

/// Replaces a word and the characters of a kind that come after it, where there are any.
fn replace_after(text: &str, word: &str, is_part: fn(char) -> bool, by: &str) -> String {
    let mut parts = text.split(word);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| match part.trim_start_matches(is_part) {
        rest if rest.len() < part.len() => text + by + rest,
        _ => text + word + part,
    })
}

/// Replaces the number before a unit.
fn replace_number(text: &str, unit: &str) -> String {
    let number = |part: &str| match part.trim_end_matches(|c: char| c.is_ascii_digit()) {
        before if before.len() < part.len() => format!("{before}SOME"),
        _ => part.to_owned(),
    };
    let parts: Vec<&str> = text.split(unit).collect();
    let (last, before) = parts.split_last().unwrap();
    let before: Vec<String> = before.iter().map(|part| number(part) + unit).collect();
    before.concat() + last
}

/// Compares a text with a file in `tests/data/snapshots`, or writes that where `UPDATE` is set (`make snapshots`). What
/// differs from run to run is replaced first.
#[track_caller]
pub fn check_snapshot(name: &str, text: &impl fmt::Display) {
    let text = same_in_all_runs(&text.to_string());
    check_file(&format!("tests/data/snapshots/{name}.txt"), text.as_bytes());
}

/// Everything that there is to see of it: its stdout, each line of its stderr after `! `, and its status.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&same_in_all_runs(&self.stdout))?;
        if !self.stdout.is_empty() && !self.stdout.ends_with('\n') {
            f.write_str("[no newline]\n")?;
        }
        for line in same_in_all_runs(&self.stderr).lines() {
            writeln!(f, "! {line}")?;
        }
        if self.status != 0 {
            writeln!(f, "[status {}]", self.status)?;
        }
        Ok(())
    }
}

/// How long `make soak` may take.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Soak {
    /// Some minutes: a part of everything.
    Short,
    /// As long as everything takes.
    Full,
}

/// As `SOAK` says, which `make soak` sets; `None` in `make test`.
pub fn soak() -> Option<Soak> {
    match std::env::var("SOAK").ok()?.as_str() {
        "short" => Some(Soak::Short),
        _ => Some(Soak::Full),
    }
}

/// The folder of the binaries under test.
pub fn binaries() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_kubectl-mc"))
        .parent()
        .unwrap()
        .to_owned()
}

fn program_path(program: &str) -> PathBuf {
    if program.starts_with('/') {
        program.into()
    } else {
        binaries().join(program)
    }
}

/// Compares with a committed file, or writes that where `UPDATE` is set.
#[track_caller]
pub fn check_file(path: &str, fresh: &[u8]) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, fresh).unwrap();
        return;
    }
    let committed = std::fs::read(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "{} is stale (make docs, make snapshots):\n--- committed\n{}\n--- fresh\n{}",
        path.display(),
        String::from_utf8_lossy(&committed),
        String::from_utf8_lossy(fresh)
    );
}
