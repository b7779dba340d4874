//! Ctrl-C, SIGTERM and SIGHUP, unless whoever started us had them ignored (`nohup`, background jobs).

use std::io;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// A message for each signal that asks to stop. To be called inside a runtime.
///
/// # Errors
/// What the operating system returns for a handler that it refuses.
pub fn listen() -> io::Result<mpsc::Receiver<()>> {
    let (tell, signals) = mpsc::channel(4);
    let ignored = ignored_signals();
    for kind in [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ] {
        let bit = u32::try_from(kind.as_raw_value() - 1).unwrap_or(0);
        if ignored.is_some_and(|mask| mask >> bit & 1 == 1) {
            continue;
        }
        let mut arrivals = signal(kind)?;
        let tell = tell.clone();
        tokio::spawn(async move {
            while arrivals.recv().await.is_some() {
                // A full queue already says it.
                let _ = tell.try_send(());
            }
        });
    }
    Ok(signals)
}

/// The signals that this process was started with ignored, bit 0 for signal 1. Asking the kernel directly
/// would take `unsafe`; where there is no such file, none counts as ignored.
fn ignored_signals() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"))?;
    u64::from_str_radix(mask.trim(), 16).ok()
}
