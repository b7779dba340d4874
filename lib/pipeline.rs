//! The wrapper's chain of processes: spawns the stages, passes signals on, and joins their statuses.

mod kill;
mod process;
mod running;
mod shell_line;

pub use process::{Process, holding, own_stdin};
pub use shell_line::shell_line;

use crate::error_text::chain;
use crate::exit::{Fatal, Status};
use crate::mutex::lock;
use crate::{program, term};
use kill::{GRACE, Meaning, Signalled, kill_before};
use running::Running;
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitOptions, wait as reap, waitid};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::Builder;
use std::time::Instant;

/// Runs the stages, each reading what the one before it writes; the first reads nothing, or our own stdin
/// where `reads_stdin` is set; the last writes to our own stdout. Ends when all have ended. When one ends that
/// others still write for, they are told to stop: by themselves they would notice only when they next write,
/// and what they wait for may never come.
///
/// # Errors
/// A stage that cannot be started, naming where it was looked for. Those already running then see the end of
/// their input or a broken pipe.
pub fn run(stages: Vec<Process>, reads_stdin: bool) -> Result<Status, Fatal> {
    let signals = listen()?;
    let folder = program::own_folder().ok();
    let mut chain = Chain::default();
    let mut input: Option<ChildStdout> = None;
    let last = stages.len().saturating_sub(1);
    for (index, stage) in stages.into_iter().enumerate() {
        let stdin = match input.take() {
            Some(pipe) => Stdio::from(pipe),
            None if reads_stdin => Stdio::inherit(),
            None => Stdio::null(),
        };
        let mut child = spawn(&stage, folder.as_deref(), stdin, index == last)?;
        input = child.stdout.take();
        chain.add(index, &stage, &child);
    }
    // After the stages, which need not wait for this thread.
    chain.pass_on(signals)?;
    let mut status = Status::Complete;
    while let Some((stage, ended)) = chain.next_end()? {
        let ended = status_of(&stage, ended);
        // A stage that was told to stop and did adds nothing. One that ended by itself meanwhile has a status of its own.
        if ended != Status::Interrupted || !chain.was_told_to_stop(stage.index) {
            status = status.join(ended);
        }
        chain.stop_before(stage.index);
    }
    Ok(status.join(chain.status()))
}

/// Runs one tool with our own streams, so that it can ask its user something.
///
/// # Errors
/// Those of [`run`].
pub fn run_alone(tool: Process) -> Result<Status, Fatal> {
    run(vec![tool], true)
}

fn spawn(stage: &Process, folder: Option<&Path>, input: Stdio, last: bool) -> Result<Child, Fatal> {
    let place = "it is looked for beside kubectl-mc and then on PATH";
    let program = find(stage.program, folder)
        .ok_or_else(|| Fatal::failed(format!("cannot start {}: not found; {place}", stage.program)))?;
    inherit(stage, FdFlags::empty())?;
    let spawned = Command::new(&program)
        .args(&stage.args)
        .stdin(input)
        .stdout(if last { Stdio::inherit() } else { Stdio::piped() })
        .spawn();
    inherit(stage, FdFlags::CLOEXEC)?;
    spawned.map_err(|error| {
        Fatal::failed(format!(
            "cannot start {} ({}): {}; {place}",
            stage.program,
            program.display(),
            chain(&error)
        ))
    })
}

/// Lets what is started from now on have a stage's descriptors, or no longer. Nothing else is started
/// meanwhile.
fn inherit(stage: &Process, flags: FdFlags) -> Result<(), Fatal> {
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

/// A stage's executable: beside our own, else as found on PATH.
fn find(program: &'static str, folder: Option<&Path>) -> Option<PathBuf> {
    folder
        .map(|folder| folder.join(program))
        .filter(|path| path.is_file())
        .or_else(|| program::find(program))
}

fn status_of(stage: &Running, ended: ExitStatus) -> Status {
    let program = stage.program;
    match (ended.code(), ended.signal()) {
        (Some(0), _) => Status::Complete,
        (Some(1), _) => Status::Failed,
        (Some(2), _) => Status::Usage,
        (Some(3), _) => Status::Partial,
        (Some(4), _) => Status::Differs,
        (Some(130), _) | (None, Some(SIGINT | SIGTERM | SIGHUP)) => Status::Interrupted,
        (None, Some(_)) if stage.is_killed => Status::Interrupted,
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

/// The signals that are passed on, from here on.
fn listen() -> Result<Signals, Fatal> {
    Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| Fatal::failed(format!("cannot handle signals: {}", chain(&error))))
}

/// The stages that run.
#[derive(Default)]
struct Chain {
    /// Shared with the thread that passes signals on. Who has ended is reaped and taken out under one lock, so
    /// that its number cannot be another process's when a signal is sent to it.
    running: Arc<Mutex<Vec<Running>>>,
    signalled: Arc<AtomicBool>,
    /// The stages that we, and not the user, have told to stop.
    stopped: Vec<usize>,
}

impl Chain {
    fn add(&mut self, index: usize, stage: &Process, child: &Child) {
        lock(&self.running).push(Running {
            index,
            program: stage.program,
            pid: Pid::from_child(child),
            ends_with_input: stage.ends_with_input,
            may_page: stage.may_page,
            is_killed: false,
        });
    }

    /// Passes signals on to the stages that would otherwise not know. On a terminal they get Ctrl-C themselves,
    /// and a second one changes nothing for them; `kill` reaches only the wrapper.
    fn pass_on(&self, mut signals: Signals) -> Result<(), Fatal> {
        let (running, signalled) = (Arc::clone(&self.running), Arc::clone(&self.signalled));
        let started = Builder::new().spawn(move || {
            let mut so_far = Signalled::default();
            for signal in signals.forever() {
                if signal == SIGINT && lock(&running).iter().all(|stage| stage.may_page) {
                    // A person who reads what a pager shows has typed Ctrl-C there.
                    continue;
                }
                signalled.store(true, Ordering::Relaxed);
                match so_far.meaning(Instant::now()) {
                    Meaning::Stop => kill_later(&running, usize::MAX),
                    Meaning::Nothing => {}
                    Meaning::End => {
                        kill_before(&running, usize::MAX);
                        continue;
                    }
                }
                let signal = match signal {
                    SIGINT => Signal::INT,
                    SIGHUP => Signal::HUP,
                    _ => Signal::TERM,
                };
                lock(&running).iter().for_each(|stage| stage.send(signal));
            }
        });
        started.map(drop).map_err(|error| Fatal::no_thread(&error))
    }

    /// Waits for the next stage to end; `None` when all have.
    fn next_end(&mut self) -> Result<Option<(Running, ExitStatus)>, Fatal> {
        let failed = |error: Errno| Fatal::failed(format!("cannot wait for the stages: {}", chain(&error)));
        while !lock(&self.running).is_empty() {
            // Only waits: the lock cannot be held for so long.
            match waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
                Err(Errno::INTR) => continue,
                waited => waited.map_err(failed)?,
            };
            let mut running = lock(&self.running);
            let Some((pid, status)) = reap(WaitOptions::NOHANG).map_err(failed)? else {
                continue;
            };
            // Another one is a child of the shell that became us by exec (`kubectl-mc get -f <(…)`).
            if let Some(place) = running.iter().position(|stage| stage.pid == pid) {
                return Ok(Some((
                    running.remove(place),
                    ExitStatus::from_raw(status.as_raw()),
                )));
            }
        }
        Ok(None)
    }

    /// Tells the stages to stop that write for one that has ended.
    fn stop_before(&mut self, index: usize) {
        if lock(&self.running).iter().any(|stage| stage.index < index) {
            kill_later(&self.running, index);
        }
        for stage in lock(&self.running).iter().filter(|stage| stage.index < index) {
            self.stopped.push(stage.index);
            stage.send(Signal::TERM);
        }
    }

    fn was_told_to_stop(&self, index: usize) -> bool {
        self.stopped.contains(&index)
    }

    fn status(&self) -> Status {
        if self.signalled.load(Ordering::Relaxed) {
            Status::Interrupted
        } else {
            Status::Complete
        }
    }
}

/// Kills the stages before a place in the chain that still run after [`GRACE`].
fn kill_later(running: &Arc<Mutex<Vec<Running>>>, place: usize) {
    let running = Arc::clone(running);
    // Without a thread a second signal is what ends them.
    let _ = Builder::new().spawn(move || {
        std::thread::sleep(GRACE);
        kill_before(&running, place);
    });
}
