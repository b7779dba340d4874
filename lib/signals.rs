//! Ctrl-C, SIGTERM and SIGHUP, unless whoever started us had them ignored (`nohup`, background jobs).

use crate::error_text::chain;
use crate::exit::{self, Fatal};
use crate::program::{group, terminal};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::ffi::c_int;
use std::io;
use std::thread::Builder;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Signals of a kind that come so close together are one: `timeout` sends its signal to its child and to the whole
/// group, and the wrapper passes it on besides.
const ONE: Duration = Duration::from_millis(500);

/// A message for each signal that asks to stop. To be called inside a runtime.
///
/// # Errors
/// The operating system refuses a handler.
pub fn listen() -> io::Result<mpsc::Receiver<()>> {
    let (tell, signals) = mpsc::channel(4);
    for kind in heeded() {
        let mut arrivals = signal(SignalKind::from_raw(kind))?;
        let tell = tell.clone();
        tokio::spawn(async move {
            let mut last: Option<Instant> = None;
            while arrivals.recv().await.is_some() {
                let now = Instant::now();
                if last.is_some_and(|last| now.duration_since(last) < ONE) {
                    continue;
                }
                last = Some(now);
                // A full queue already says it.
                let _ = tell.try_send(());
            }
        });
    }
    Ok(signals)
}

/// Makes a signal end the process at once, as it would have anyway, and with it the programs that it runs: these are in
/// process groups of their own, which Ctrl-C does not reach.
///
/// # Errors
/// The operating system refuses a handler.
pub fn end_with_programs() -> Result<(), Fatal> {
    end_with_programs_and(|_| ())
}

/// Does the same, and before the process ends calls `last` with the signal. If that ends the process, its exit status
/// is that one.
///
/// # Errors
/// The operating system refuses a handler.
pub fn end_with_programs_and(last: impl Fn(c_int) + Send + 'static) -> Result<(), Fatal> {
    let mut signals = Signals::new(heeded())
        .map_err(|error| Fatal::failed(format!("cannot listen for signals: {}", chain(&error))))?;
    let started = Builder::new().spawn(move || {
        for signal in signals.forever() {
            if exit::signals_are_ignored() {
                continue;
            }
            group::end_all();
            terminal::give_back_all();
            last(signal);
            // Of these it does not return.
            let _ = emulate_default_handler(signal);
        }
    });
    started.map(drop).map_err(|error| Fatal::no_thread(&error))
}

/// The signals that count.
fn heeded() -> Vec<c_int> {
    let ignored = ignored_signals().unwrap_or_default();
    let is_ignored = |signal: c_int| ignored >> (signal - 1) & 1 == 1;
    [SIGINT, SIGTERM, SIGHUP]
        .into_iter()
        .filter(|signal| !is_ignored(*signal))
        .collect()
}

/// The signals that this process was started with ignored, bit 0 for signal 1. Asking the kernel directly
/// would take `unsafe`; where there is no such file, none counts as ignored.
fn ignored_signals() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}
