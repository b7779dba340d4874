//! The async runtime of a tool.

use crate::error_text::chain;
use crate::exit::Fatal;
use tokio::runtime::{Builder, Runtime};

/// Calls `work` with a runtime that runs on this thread: one is enough for waiting, and a runtime of several threads
/// panics where the system has none left.
///
/// # Errors
/// The system refuses what a runtime needs.
pub(crate) fn with_runtime<T>(work: impl FnOnce(&Runtime) -> T) -> Result<T, Fatal> {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Fatal::failed(format!("cannot start the network: {}", chain(&error))))?;
    let done = work(&runtime);
    // A host name lookup that is still blocked must not hold up the end of the process.
    runtime.shutdown_background();
    Ok(done)
}
