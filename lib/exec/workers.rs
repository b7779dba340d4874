//! Threads for what takes long to compute, so that the loop that talks to all clusters goes on meanwhile.

use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::OnceLock;
use std::thread::available_parallelism;
use tokio::runtime::{Builder, Runtime};

/// More threads than this have nothing to do: the loop, which is one thread, cannot receive so fast.
const MOST: usize = 4;

/// The threads. They start when they are needed, and as many as there are processors: with whole objects to read, the
/// loop takes little of its own.
#[derive(Default)]
pub struct Workers {
    /// Not the runtime that the loop is in: its threads may all be busy looking up names of servers, and those of a
    /// resolver that hangs are for a long time.
    runtime: OnceLock<Option<Runtime>>,
}

impl Workers {
    /// Has something computed by one of the threads. What is dropped meanwhile is computed in vain.
    ///
    /// # Panics
    /// Where that panics.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let Some(runtime) = self.runtime.get_or_init(start) else {
            return work();
        };
        match runtime.spawn_blocking(work).await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // Only where the threads have been told to end, and then nobody waits here any more.
                Err(_) => std::future::pending().await,
            },
        }
    }
}

/// `None` where the system has no thread for it.
fn start() -> Option<Runtime> {
    let processors = available_parallelism().map_or(1, NonZero::get);
    let threads = processors.clamp(1, MOST);
    Builder::new_current_thread()
        .max_blocking_threads(threads)
        .thread_name("mc-exec worker")
        .build()
        .ok()
}

impl Drop for Workers {
    fn drop(&mut self) {
        // Nobody waits for what they are at.
        if let Some(runtime) = self.runtime.take().flatten() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::mpsc::channel;

    #[tokio::test]
    async fn the_loop_goes_on_while_a_thread_works() {
        let workers = Workers::default();
        let (go_on, gate) = channel();
        let work = workers.run(move || gate.recv().unwrap());
        let outcome = tokio::join!(work, async move { go_on.send("done").unwrap() });
        assert_eq!(outcome.0, "done");
    }

    #[tokio::test]
    async fn a_panic_comes_through() {
        let workers = Workers::default();
        let work = tokio::spawn(async move { workers.run(|| panic!("broken")).await });
        let panic = work.await.unwrap_err().into_panic();
        assert_eq!(panic.downcast_ref(), Some(&"broken"));
    }
}
