//! Ctrl-C in a stage at the end of the pipe: it goes on to the end of its input, so that what had
//! arrived is seen. mc-exec, which gets the same signal, ends that input soon. An input that does not end soon all
//! the same, and a reader that takes nothing any more, are waited for no longer than [`GRACE`].

use crate::error_text::chain;
use crate::exit::{Fatal, Status};
use crate::wire::{Stop, WhileRead};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};
use std::io::{self, Stdin, Stdout};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// After a signal, for how long others are waited for that do nothing. mc-exec takes up to four seconds for its last
/// words.
const GRACE: Duration = Duration::from_secs(5);

/// The interval at which it is checked whether the reader reads.
const LOOK: Duration = Duration::from_millis(200);

/// Outlives one signal and remembers it; a second one ends the process at once.
pub struct Patience {
    signalled: Arc<AtomicBool>,
    stop: Stop,
}

impl Patience {
    /// Starts to wait for signals, for as long as the process lives.
    pub fn begin() -> Result<Self, Fatal> {
        let failed = |error: io::Error| Fatal::failed(format!("cannot handle signals: {}", chain(&error)));
        let signalled = Arc::new(AtomicBool::new(false));
        let (stop, tell) = Stop::within(GRACE).map_err(failed)?;
        for signal in SIGNALS {
            // In this order: the second signal finds the flag set by the first.
            flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&signalled))
                .and_then(|_| flag::register(signal, Arc::clone(&signalled)))
                .and_then(|_| low_level::pipe::register(signal, tell.try_clone()?))
                .map_err(failed)?;
        }
        let asked = stop.clone();
        in_a_thread(move || {
            if asked.wait().is_ok() {
                end_if_stuck();
            }
        });
        Ok(Self { signalled, stop })
    }

    /// Standard input, for as long as somebody reads standard output, and after a signal for a few seconds.
    pub fn input(&self) -> WhileRead<Stdin, Stdout> {
        let stop = self.stop.clone();
        WhileRead::new(io::stdin(), io::stdout()).until(stop)
    }

    /// Interrupted, if a signal came.
    pub fn status(&self) -> Status {
        if self.signalled.load(Ordering::Relaxed) {
            Status::Interrupted
        } else {
            Status::Complete
        }
    }
}

const SIGNALS: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];

/// The exit status.
const INTERRUPTED: i32 = 130;

/// While it lives a signal ends the process at once.
#[cfg(feature = "cluster")]
pub struct AtOnce(Arc<AtomicBool>);

#[cfg(feature = "cluster")]
impl AtOnce {
    /// Starts it, for a tool that has asked everything and prints what has arrived. If it was interrupted before, a reader
    /// that does not read is waited for no longer than [`GRACE`].
    pub fn begin(so_far: Status) -> Self {
        let now = Arc::new(AtomicBool::new(true));
        for signal in SIGNALS {
            // A signal that cannot be handled ends the process anyway, or never will.
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

/// Without a thread a second signal is what ends the process.
fn in_a_thread(work: impl FnOnce() + Send + 'static) {
    let _ = std::thread::Builder::new().spawn(work);
}

/// Watches standard output, and ends the process where it takes nothing for [`GRACE`].
fn end_if_stuck() {
    let mut last = Instant::now();
    while last.elapsed() < GRACE {
        if takes_something() {
            last = Instant::now();
        }
        std::thread::sleep(LOOK);
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
