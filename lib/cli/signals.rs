//! What a stage at the end of the pipe does on Ctrl-C: it goes on to the end of its input, so that what had
//! arrived is seen. mc-exec, which gets the same signal, ends that input soon.

use crate::exit::{Fatal, Status, chain};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Outlives one signal and remembers it; a second one ends the process at once.
pub struct Patience(Arc<AtomicBool>);

impl Patience {
    /// From here on, for as long as the process lives.
    pub fn begin() -> Result<Self, Fatal> {
        let signalled = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // In this order: the second signal finds the flag set by the first.
            let shutdown = i32::from(Status::Interrupted.code());
            flag::register_conditional_shutdown(signal, shutdown, Arc::clone(&signalled))
                .and_then(|_| flag::register(signal, Arc::clone(&signalled)))
                .map_err(|error| Fatal::failed(format!("cannot handle signals: {}", chain(&error))))?;
        }
        Ok(Self(signalled))
    }

    /// Interrupted, if a signal came.
    pub fn status(&self) -> Status {
        if self.0.load(Ordering::Relaxed) {
            Status::Interrupted
        } else {
            Status::Complete
        }
    }
}
