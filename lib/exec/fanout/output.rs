//! Where all clusters' lines go: a bounded queue of batches, and the one thread that writes them.

use super::progress::Line;
use crate::apiserver::budget::Hold;
use crate::apiserver::query_state::QueryState;
use crate::connect::HeldUp;
use std::io::{self, Write};
use std::sync::Arc;
use std::thread::Builder;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

/// How many batches may wait for the reader of our output: enough to keep the writer busy. A batch is what
/// one answer comes to (a chunk of 500 rows is 0.1 MB); what they take together is bounded by the
/// [budget](crate::apiserver::budget).
const QUEUE: usize = 32;

/// After so many bytes lines are flushed even if more are waiting: what a pipe holds on Linux.
const BURST: usize = 64 << 10;

/// How many bytes of batches may wait, but for a single one that is longer. What a cluster's answers take counts
/// elsewhere, and the first of them there never waits: without this a reader that takes nothing would let it go on.
const MOST_WAITING: u32 = 64 << 20;

/// Complete lines, the room that they take until they are written, and their share of [`MOST_WAITING`].
type Batch = (Vec<u8>, Hold, Option<OwnedSemaphorePermit>);

/// The way out for complete lines. Batches are written whole and in the order in which they were handed
/// over, so lines never interleave.
pub struct Sink {
    queue: mpsc::Sender<Batch>,
    waiting: Arc<Semaphore>,
    held_up: Arc<HeldUp>,
}

/// Resolves when nobody can read this process's stdout any more, which a writer that has nothing to write
/// would not learn. `None` where that cannot be asked.
pub fn gone() -> Option<oneshot::Receiver<()>> {
    let (tell, gone) = oneshot::channel();
    let wait = move || {
        if crate::wire::wait_until_gone(&std::io::stdout()).is_ok() {
            // Nobody listens any more if the run has ended.
            let _ = tell.send(());
        }
    };
    Builder::new().spawn(wait).ok()?;
    Some(gone)
}

/// Room for one batch.
pub struct Room<'a>(mpsc::Permit<'a, Batch>);

impl Room<'_> {
    /// Hands complete lines over.
    pub fn send(self, lines: Vec<u8>) {
        self.0.send((lines, Hold::default(), None));
    }
}

/// How writing ended: resolves when all [`Sink`]s are gone and everything is written, or when writing
/// fails.
pub type Written = oneshot::Receiver<io::Result<()>>;

impl Sink {
    /// Starts the writing thread. `line` is the progress line, which it wipes before it writes; `held_up` is
    /// the [run's](Self::held_up).
    ///
    /// # Errors
    /// The system has no thread for it.
    pub fn start(
        output: Box<dyn Write + Send>,
        line: Arc<Line>,
        held_up: Arc<HeldUp>,
    ) -> io::Result<(Self, Written)> {
        let (mut sink, written) = Self::with_queue(output, line, QUEUE)?;
        sink.held_up = held_up;
        Ok((sink, written))
    }

    /// The same with room for another number of batches.
    pub(in crate::exec) fn with_queue(
        mut output: Box<dyn Write + Send>,
        line: Arc<Line>,
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
                        // What waits already goes out with it, as every write wakes the reader up.
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
            // Nobody listens any more if the run was broken off.
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

    /// Hands complete lines over, waiting for room. If the reader of our output has gone it waits for
    /// ever: the fan-out learns of that from [`Written`] and ends the run.
    pub async fn send(&self, state: Option<&QueryState>, lines: Vec<u8>) {
        self.send_held(state, lines, Hold::default()).await;
    }

    /// The same with the room that the lines take until they are written.
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
                // Closed it never is.
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

    /// Waits for room for one batch, as [`send`](Self::send) does; may be dropped and called again.
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

    /// The time in which anything waited for the reader of our output, and whatever else does not count for the
    /// run as a whole.
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

    /// Waits in its first write until it may go on; notes what had been written at each flush.
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
    async fn what_waits_is_flushed_together_up_to_a_limit() {
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
