//! The wrapper's chain of processes: spawns the stages, passes signals on, and joins their statuses.

use crate::exit::{Fatal, Status, chain};
use crate::term;
use rustix::io::{FdFlags, fcntl_dupfd_cloexec, fcntl_setfd};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// One process of the chain.
#[derive(Debug)]
pub struct Stage {
    /// The executable's name.
    pub program: &'static str,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Descriptors that it inherits under their own numbers, and no other stage does.
    pub inherits: Vec<OwnedFd>,
}

/// Our own standard input once more, under a number that no stage uses.
///
/// # Errors
/// No descriptor is left.
pub fn own_stdin() -> Result<OwnedFd, Fatal> {
    // Behind the three that every stage has.
    fcntl_dupfd_cloexec(std::io::stdin(), 3)
        .map_err(|error| Fatal::failed(format!("cannot pass standard input on: {}", chain(&error))))
}

/// A descriptor from which these bytes can be read, once.
///
/// # Errors
/// No descriptor is left.
pub fn holding(bytes: Vec<u8>) -> Result<OwnedFd, Fatal> {
    let (reader, mut writer) =
        std::io::pipe().map_err(|error| Fatal::failed(format!("cannot make a pipe: {}", chain(&error))))?;
    // A pipe holds so much and no more; who reads it starts later, or never.
    std::thread::spawn(move || {
        let _ = writer.write_all(&bytes);
    });
    Ok(reader.into())
}

/// Stages that end when their input does. On a signal they are left to print what had arrived; the others
/// are told to stop.
const PATIENT: [&str; 2] = ["mc-merge", "mc-format"];

/// Runs the stages, each reading what the one before it writes; the first reads nothing, or our own stdin
/// where `reads_stdin` is set; the last writes to our own stdout. Ends when all have ended.
///
/// # Errors
/// A stage that cannot be started, naming where it was looked for. Those already running then see the end of
/// their input or a broken pipe.
pub fn run(stages: Vec<Stage>, reads_stdin: bool) -> Result<Status, Fatal> {
    let signals = Forwarder::begin()?;
    let mut children = Vec::with_capacity(stages.len());
    let mut input: Option<ChildStdout> = None;
    let last = stages.len().saturating_sub(1);
    for (index, stage) in stages.into_iter().enumerate() {
        let stdin = match input.take() {
            Some(pipe) => Stdio::from(pipe),
            None if reads_stdin => Stdio::inherit(),
            None => Stdio::null(),
        };
        let mut child = spawn(&stage, stdin, index == last)?;
        input = child.stdout.take();
        signals.watch(&stage, &child);
        children.push((stage.program, child));
    }
    let mut status = Status::Complete;
    for (program, mut child) in children {
        signals.forget_when_ended(&child);
        let ended = child
            .wait()
            .map_err(|error| Fatal::failed(format!("{program}: {}", chain(&error))))?;
        status = status.join(status_of(program, ended));
    }
    Ok(status.join(signals.status()))
}

/// Runs one tool with our own streams, so that it can ask its user something.
///
/// # Errors
/// As with [`run`].
pub fn run_alone(tool: Stage) -> Result<Status, Fatal> {
    run(vec![tool], true)
}

fn spawn(stage: &Stage, input: Stdio, last: bool) -> Result<Child, Fatal> {
    let program = find(stage.program);
    inherit(stage, FdFlags::empty())?;
    let spawned = Command::new(&program)
        .args(&stage.args)
        .stdin(input)
        .stdout(if last { Stdio::inherit() } else { Stdio::piped() })
        .spawn();
    inherit(stage, FdFlags::CLOEXEC)?;
    spawned.map_err(|error| {
        Fatal::failed(format!(
            "cannot start {} ({}): {}; it is looked for beside kubectl-mc and then on PATH",
            stage.program,
            program.display(),
            chain(&error)
        ))
    })
}

/// Lets what is started from now on have a stage's descriptors, or no longer. Nothing else is started
/// meanwhile.
fn inherit(stage: &Stage, flags: FdFlags) -> Result<(), Fatal> {
    stage.inherits.iter().try_for_each(|descriptor| {
        fcntl_setfd(descriptor, flags).map_err(|error| {
            Fatal::failed(format!(
                "cannot pass a descriptor on to {}: {}",
                stage.program,
                chain(&error)
            ))
        })
    })
}

/// A stage's executable: beside our own (krew links only one binary onto PATH, so links are followed), else
/// as found on PATH.
fn find(program: &'static str) -> PathBuf {
    let beside = std::env::current_exe()
        .and_then(std::fs::canonicalize)
        .ok()
        .and_then(|own| own.parent().map(|folder| folder.join(program)));
    beside
        .filter(|path| path.is_file())
        .unwrap_or_else(|| PathBuf::from(program))
}

fn status_of(program: &str, ended: ExitStatus) -> Status {
    match (ended.code(), ended.signal()) {
        (Some(0), _) => Status::Complete,
        (Some(1), _) => Status::Failed,
        (Some(2), _) => Status::Usage,
        (Some(3), _) => Status::Partial,
        (Some(130), _) | (None, Some(SIGINT | SIGTERM | SIGHUP)) => Status::Interrupted,
        (Some(code), _) => {
            term::complain(
                "kubectl-mc",
                &format!("{program} ended with status {code}, which it should not"),
            );
            Status::Failed
        }
        (None, signal) => {
            let signal = signal.unwrap_or_default();
            let message = format!("{program} was killed by signal {signal}: the output may be incomplete");
            term::complain("kubectl-mc", &message);
            Status::Failed
        }
    }
}

/// Passes signals on to the stages that would otherwise not know. On a terminal they get Ctrl-C themselves,
/// and a second one changes nothing for them; `kill` and `timeout` reach only the wrapper.
struct Forwarder {
    running: Arc<Mutex<Vec<Pid>>>,
    signalled: Arc<AtomicBool>,
}

impl Forwarder {
    fn begin() -> Result<Self, Fatal> {
        let running = Arc::new(Mutex::new(Vec::<Pid>::new()));
        let signalled = Arc::new(AtomicBool::new(false));
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
            .map_err(|error| Fatal::failed(format!("cannot handle signals: {}", chain(&error))))?;
        let (pids, flag) = (Arc::clone(&running), Arc::clone(&signalled));
        std::thread::spawn(move || {
            for signal in signals.forever() {
                flag.store(true, Ordering::Relaxed);
                let signal = match signal {
                    SIGINT => Signal::INT,
                    SIGHUP => Signal::HUP,
                    _ => Signal::TERM,
                };
                for pid in pids.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                    // One that has ended in the meantime needs no signal.
                    let _ = kill_process(*pid, signal);
                }
            }
        });
        Ok(Self { running, signalled })
    }

    fn watch(&self, stage: &Stage, child: &Child) {
        if !PATIENT.contains(&stage.program) {
            self.running
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(Pid::from_child(child));
        }
    }

    /// Waits for a child's end without reaping it, so that its number cannot be another process's while a
    /// signal may still be sent to it.
    fn forget_when_ended(&self, child: &Child) {
        let pid = Pid::from_child(child);
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while waitid(WaitId::Pid(pid), options).is_err_and(|error| error == rustix::io::Errno::INTR) {}
        self.running
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .retain(|other| *other != pid);
    }

    fn status(&self) -> Status {
        if self.signalled.load(Ordering::Relaxed) {
            Status::Interrupted
        } else {
            Status::Complete
        }
    }
}

/// The same chain as a line for a POSIX shell.
pub fn shell_line(stages: &[Stage]) -> String {
    let stage = |stage: &Stage| {
        let mut words = vec![stage.program.to_owned()];
        words.extend(stage.args.iter().map(|word| quote(word)));
        words.join(" ")
    };
    stages.iter().map(stage).collect::<Vec<_>>().join(" | ")
}

/// A word as a POSIX shell reads it back (XCU 2.2.2).
fn quote(word: &OsStr) -> String {
    let word = Path::new(word).display().to_string();
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_=+,./:@%".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word;
    }
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    // --flag='value' reads better than '--flag=value'.
    match word.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") && flag.chars().all(safe) => {
            format!("{flag}={}", quoted(value))
        }
        _ => quoted(&word),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(program: &'static str, args: &[&str]) -> Stage {
        Stage {
            program,
            args: args.iter().map(OsString::from).collect(),
            inherits: Vec::new(),
        }
    }

    #[test]
    fn the_shell_line_can_be_pasted() {
        let stages = [
            stage("mc-discover", &["--clusters=prod-*"]),
            stage("mc-exec", &["get", "pods", "it's", ""]),
        ];
        assert_eq!(
            shell_line(&stages),
            r"mc-discover --clusters='prod-*' | mc-exec get pods 'it'\''s' ''"
        );
    }
}
