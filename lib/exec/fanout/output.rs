//! The output of all clusters: a bounded queue of batches of lines, and the thread that writes them.

use crate::apiserver::budget::Hold;
use crate::apiserver::query_state::QueryState;
use crate::connect::HeldUp;
use crate::term::progress::ProgressLine;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread::Builder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// How many batches may wait for the reader of the output: enough to keep the writer busy. A batch holds the records of
/// one answer (500 rows are 0.1 MB). The [budget](crate::apiserver::budget) limits their memory.
const QUEUE: usize = 32;

/// After this many bytes lines are flushed even if more are waiting: the size of a pipe on Linux.
const BURST: usize = 64 << 10;

/// How many bytes of batches may wait, except for a single batch that is longer. The budget never makes the first
/// cluster wait, so without this limit that cluster would fill the memory while the reader takes nothing.
const MOST_WAITING: u32 = 64 << 20;

/// Complete lines, the memory that they hold until they are written, and their share of [`MOST_WAITING`].
type Batch = (Vec<u8>, Hold, Option<OwnedSemaphorePermit>);

/// Sends complete lines to the output. Batches are written whole and in the order in which they were sent, so lines never
/// interleave.
pub struct Sink {
    queue: mpsc::Sender<Batch>,
    waiting: Arc<Semaphore>,
    held_up: Arc<HeldUp>,
}

/// Returns a channel that resolves when no process can read our stdout any more, which a writer that has nothing to write
/// would not notice. `None` if the system cannot tell.
pub fn gone() -> Option<oneshot::Receiver<()>> {
    let (tell, gone) = oneshot::channel();
    let wait = move || {
        if crate::wire::wait_until_gone(&std::io::stdout()).is_ok() {
            // The receiver is gone if the run has ended.
            let _ = tell.send(());
        }
    };
    Builder::new().spawn(wait).ok()?;
    Some(gone)
}

/// Room for one batch in the queue.
pub struct Room<'a>(mpsc::Permit<'a, Batch>);

impl Room<'_> {
    /// Sends complete lines.
    pub fn send(self, lines: Vec<u8>) {
        self.0.send((lines, Hold::default(), None));
    }
}

/// How writing ended: resolves when all [`Sink`]s are dropped and everything is written, or when writing fails.
pub type Written = oneshot::Receiver<io::Result<()>>;

impl Sink {
    /// Starts the writing thread. It wipes `line`, the progress line, before it writes.
    ///
    /// # Errors
    /// The system cannot start a thread.
    pub fn start(
        output: Box<dyn Write + Send>,
        line: Arc<ProgressLine>,
        held_up: Arc<HeldUp>,
    ) -> io::Result<(Self, Written)> {
        let (mut sink, written) = Self::with_queue(output, line, QUEUE)?;
        sink.held_up = held_up;
        Ok((sink, written))
    }

    /// Does the same with a queue of another length.
    pub fn with_queue(
        mut output: Box<dyn Write + Send>,
        line: Arc<ProgressLine>,
        room: usize,
    ) -> io::Result<(Self, Written)> {
        let (queue, mut batches) = mpsc::channel::<Batch>(room);
        let (tell, written) = oneshot::channel();
        let write = move || {
            let mut write_all = || -> io::Result<()> {
                while let Some(batch) = batches.blocking_recv() {
                    let _wiped = line.wipe();
                    let mut unflushed = 0;
                    let mut next = Some(batch);
                    while let Some((lines, _hold, _waiting)) = next {
                        output.write_all(&lines)?;
                        unflushed += lines.len();
                        // Batches that wait already are written with it: every flush wakes the reader up.
                        next = if unflushed < BURST {
                            batches.try_recv().ok()
                        } else {
                            None
                        };
                    }
                    output.flush()?;
                }
                Ok(())
            };
            let outcome = write_all();
            // The receiver is gone if the run was broken off.
            let _ = tell.send(outcome);
        };
        Builder::new().name("mc-exec output".into()).spawn(write)?;
        let sink = Self {
            queue,
            waiting: Arc::new(Semaphore::new(MOST_WAITING as usize)),
            held_up: Arc::default(),
        };
        Ok((sink, written))
    }

    /// Sends complete lines, and waits for room. If the reader of the output has gone, it waits forever: the fan-out
    /// learns of that from [`Written`] and ends the run.
    pub async fn send(&self, state: Option<&QueryState>, lines: Vec<u8>) {
        self.send_held(state, lines, Hold::default()).await;
    }

    /// Does the same with the memory that the lines hold until they are written.
    pub async fn send_held(&self, state: Option<&QueryState>, lines: Vec<u8>, hold: Hold) {
        if lines.is_empty() {
            return;
        }
        let bytes = u32::try_from(lines.len()).unwrap_or(u32::MAX).min(MOST_WAITING);
        let waiting = match Arc::clone(&self.waiting).try_acquire_many_owned(bytes) {
            Ok(permit) => Some(permit),
            Err(_) => {
                let _one = state.map(|state| state.held_up().start());
                let _all = self.held_up.start();
                // The semaphore is never closed.
                Arc::clone(&self.waiting).acquire_many_owned(bytes).await.ok()
            }
        };
        let batch = match self.queue.try_send((lines, hold, waiting)) {
            Ok(()) => return,
            Err(mpsc::error::TrySendError::Full(batch)) => batch,
            Err(mpsc::error::TrySendError::Closed(_)) => return std::future::pending().await,
        };
        let _one = state.map(|state| state.held_up().start());
        self.permit().await.send(batch);
    }

    /// Waits for room for one batch, as [`send`](Self::send) does. May be dropped and called again.
    pub async fn room(&self) -> Room<'_> {
        Room(self.permit().await)
    }

    async fn permit(&self) -> mpsc::Permit<'_, Batch> {
        let _all = self.held_up.start();
        match self.queue.reserve().await {
            Ok(room) => room,
            Err(_) => std::future::pending().await,
        }
    }

    /// Returns the time in which anything waited for the reader of the output, which does not count for the run as a
    /// whole.
    pub fn held_up(&self) -> &HeldUp {
        &self.held_up
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::Mutex;
    use std::sync::mpsc::Receiver;

    /// A writer that blocks in its first write, and records how much had been written at each flush.
    struct Gate {
        go_on: Option<Receiver<()>>,
        written: Vec<u8>,
        flushed: Arc<Mutex<Vec<usize>>>,
    }

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if let Some(go_on) = self.go_on.take() {
                go_on.recv().unwrap();
            }
            self.written.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            self.flushed.lock().unwrap().push(self.written.len());
            Ok(())
        }
    }

    #[tokio::test]
    async fn waiting_batches_are_flushed_together_up_to_a_limit() {
        let (go_on, gate) = std::sync::mpsc::channel();
        let flushed = Arc::default();
        let output = Gate {
            go_on: Some(gate),
            written: Vec::new(),
            flushed: Arc::clone(&flushed),
        };
        let (sink, written) = Sink::start(Box::new(output), Arc::default(), Arc::default()).unwrap();
        for bytes in [1, 2, BURST, 3, 4] {
            sink.send(None, vec![b'\n'; bytes]).await;
        }
        go_on.send(()).unwrap();
        drop(sink);
        written.await.unwrap().unwrap();
        assert_eq!(*flushed.lock().unwrap(), [BURST + 3, BURST + 10]);
    }
}
