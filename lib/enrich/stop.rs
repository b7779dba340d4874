//! When to stop.

use crate::enrich::log;
use crate::error_text::chain;
use crate::exit::Fatal;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// The time that writes under way may take after SIGTERM, and after them giving back the lease.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// Resolves when a signal asks the process to stop.
pub(super) type StopSignal = Shared<BoxFuture<'static, ()>>;

/// Listens for SIGTERM and SIGINT.
pub(super) fn on_signal() -> Result<StopSignal, Fatal> {
    let listen = |kind| {
        signal(kind).map_err(|error| Fatal::failed(format!("cannot handle signals: {}", chain(&error))))
    };
    let (mut term, mut int) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let told = async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        log::info("told to stop", &[]);
    };
    Ok(told.boxed().shared())
}
