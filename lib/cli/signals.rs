//! Ctrl-C in a stage at the end of the pipe. The stage reads to the end of its input, so that everything that has arrived
//! is printed. mc-exec gets the same signal and ends that input soon. If it does not, or if the reader of the output
//! reads no more, the stage ends after [`GRACE`].

use crate::error_text::chain;
use crate::exit::{Fatal, Status};
use crate::wire::{Stop, WhileRead};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag, low_level};
use std::cell::Cell;
use std::io::{self, Stdin, Stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How long after a signal the stage waits for others that do nothing. mc-exec takes up to four seconds to end.
const GRACE: Duration = Duration::from_secs(5);

/// The interval at which it is checked whether the reader reads.
const CHECK_EVERY: Duration = Duration::from_millis(200);

/// Handles signals: the first one is noted, and a second one ends the process.
pub struct Patience {
    signalled: Arc<AtomicBool>,
    stop: Stop,
    /// The handlers that end the process at a second signal.
    ends: Cell<Vec<SigId>>,
    /// The status at the time when a pager took over.
    before_pager: Cell<Option<Status>>,
}

impl Patience {
    /// Handles signals from now on.
    pub fn begin() -> Result<Self, Fatal> {
        let failed = |error: io::Error| Fatal::failed(format!("cannot handle signals: {}", chain(&error)));
        let signalled = Arc::new(AtomicBool::new(false));
        let (stop, tell) = Stop::within(GRACE).map_err(failed)?;
        let mut ends = Vec::new();
        for signal in SIGNALS {
            // In this order: the second signal finds the flag set by the first.
            flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&signalled))
                .map(|end| ends.push(end))
                .and_then(|()| flag::register(signal, Arc::clone(&signalled)))
                .and_then(|_| low_level::pipe::register(signal, tell.try_clone()?))
                .map_err(failed)?;
        }
        let asked = stop.clone();
        in_a_thread(move || {
            if asked.wait().is_ok() {
                end_if_stuck();
            }
        });
        Ok(Self {
            signalled,
            stop,
            ends: Cell::new(ends),
            before_pager: Cell::default(),
        })
    }

    /// Returns standard input, which ends when nobody reads standard output any more, and a few seconds after a signal.
    pub fn input(&self) -> WhileRead<Stdin, Stdout> {
        let stop = self.stop.clone();
        WhileRead::new(io::stdin(), io::stdout()).until(stop)
    }

    /// Takes no heed of signals from now on: Ctrl-C is for the pager, which has the terminal.
    pub fn leave_signals_to_pager(&self) {
        self.before_pager.set(Some(self.status()));
        for end in self.ends.take() {
            low_level::unregister(end);
        }
    }

    /// Returns Interrupted if a signal came.
    pub fn status(&self) -> Status {
        if let Some(status) = self.before_pager.get() {
            status
        } else if self.signalled.load(Ordering::Relaxed) {
            Status::Interrupted
        } else {
            Status::Complete
        }
    }
}

const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// The exit status.
const INTERRUPTED: i32 = 130;

/// While this exists, a signal ends the process at once.
#[cfg(feature = "cluster")]
pub struct AtOnce(Arc<AtomicBool>);

#[cfg(feature = "cluster")]
impl AtOnce {
    /// For a tool that has all answers and prints them. If it has been interrupted, it ends after [`GRACE`] if its reader
    /// does not read.
    pub fn begin(so_far: Status) -> Self {
        let now = Arc::new(AtomicBool::new(true));
        for signal in SIGNALS {
            // If this fails, the signal ends the process anyway or is ignored.
            let _ = flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&now));
        }
        if so_far == Status::Interrupted {
            in_a_thread(end_if_stuck);
        }
        Self(now)
    }
}

#[cfg(feature = "cluster")]
impl Drop for AtOnce {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// Starts a thread. If that fails, only a second signal ends a process that is stuck.
fn in_a_thread(work: impl FnOnce() + Send + 'static) {
    let _ = std::thread::Builder::new().spawn(work);
}

/// Ends the process when standard output has accepted nothing for [`GRACE`].
fn end_if_stuck() {
    let mut last = Instant::now();
    while last.elapsed() < GRACE {
        if takes_something() {
            last = Instant::now();
        }
        std::thread::sleep(CHECK_EVERY);
    }
    std::process::exit(INTERRUPTED);
}

fn takes_something() -> bool {
    let stdout = io::stdout();
    let mut ends = [PollFd::new(&stdout, PollFlags::OUT)];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    match poll(&mut ends, Some(&at_once)) {
        Ok(_) => ends.iter().any(|end| !end.revents().is_empty()),
        // Output that cannot be polled does not block.
        Err(_) => true,
    }
}
