//! Threads for what takes long to compute, so that the loop that talks to all clusters goes on meanwhile.

use crate::mutex::lock;
use std::any::Any;
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::num::NonZero;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{Builder, available_parallelism};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use tokio::time::timeout;

/// More threads than this have nothing to do: the loop, which is one thread, cannot receive so fast.
const MOST: usize = 4;

/// A thread that has been at one piece of work for so long has another one started in its place: the answers of one
/// cluster, however long they take to read, must not keep those of all others waiting.
const LONG: Duration = Duration::from_secs(1);

/// As many threads at most, those included that have another one in their place.
const MOST_WITH_LONG: usize = 16;

/// The threads. They start when they are needed, and as many as there are processors: with whole objects to read, the
/// loop takes little of its own. Clones share them.
///
/// They are not those of the runtime that the loop is in: these may all be busy looking up names of servers, and those of
/// a resolver that hangs are for a long time. And where the system has no thread left, a runtime panics.
#[derive(Clone, Default)]
pub struct Workers {
    handle: Arc<Handle>,
}

#[derive(Default)]
struct Handle {
    pool: Arc<Pool>,
}

#[derive(Default)]
struct Pool {
    state: Mutex<State>,
    /// Told of each piece of work, and of the end.
    wake: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// How many threads there are.
    threads: usize,
    /// When those that work have begun, by a number that counts pieces of work.
    working: BTreeMap<u64, Instant>,
    begun: u64,
    is_over: bool,
}

type Job = Box<dyn FnOnce() + Send>;

impl Workers {
    /// Has something computed by one of the threads, or where it is if the system has no thread for it. What is dropped
    /// before a thread begins is not computed, and what is dropped later in vain.
    ///
    /// # Panics
    /// Where that panics.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let pool = &self.handle.pool;
        let (tell, mut told) = oneshot::channel::<Result<T, Box<dyn Any + Send>>>();
        let job = Box::new(move || {
            if !tell.is_closed() {
                // It has nothing that others look at later.
                let _ = tell.send(catch_unwind(AssertUnwindSafe(work)));
            }
        });
        if let Some(job) = pool.take(job) {
            job();
        }
        loop {
            match timeout(LONG, &mut told).await {
                Ok(Ok(Ok(outcome))) => return outcome,
                Ok(Ok(Err(panic))) => resume_unwind(panic),
                // Only where the threads have been told to end, and then nobody waits here any more.
                Ok(Err(_)) => return std::future::pending().await,
                Err(_) => pool.relieve(),
            }
        }
    }
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        // Work is done without it.
        lock(&self.state)
    }

    /// Takes work, and gives it back if there is no thread to do it.
    fn take(self: &Arc<Self>, job: Job) -> Option<Job> {
        let mut state = self.state();
        state.waiting.push_back(job);
        let idle = state.threads - state.working.len();
        if idle >= state.waiting.len() {
            self.wake.notify_one();
            return None;
        }
        if state.has_room() && self.start().is_ok() {
            state.threads += 1;
        }
        match state.threads {
            0 => state.waiting.pop_back(),
            _ => None,
        }
    }

    /// Starts a thread if work waits for threads that have been at theirs for long.
    fn relieve(self: &Arc<Self>) {
        let mut state = self.state();
        if !state.waiting.is_empty() && state.has_room() && self.start().is_ok() {
            state.threads += 1;
        }
    }

    fn start(self: &Arc<Self>) -> io::Result<()> {
        let pool = Arc::clone(self);
        let builder = Builder::new().name("mc-exec worker".into());
        builder.spawn(move || pool.work()).map(drop)
    }

    /// Does the work of one thread, until there is too little for so many or all is over.
    fn work(&self) {
        let mut state = self.state();
        while !state.is_over {
            let Some(job) = state.waiting.pop_front() else {
                if state.threads > threads() {
                    break;
                }
                state = self.wake.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            state.begun += 1;
            let number = state.begun;
            state.working.insert(number, Instant::now());
            drop(state);
            job();
            state = self.state();
            state.working.remove(&number);
        }
        state.threads -= 1;
    }
}

impl State {
    /// Returns whether another thread may start.
    fn has_room(&self) -> bool {
        let long = self.working.values().filter(|begun| begun.elapsed() >= LONG);
        self.threads < (threads() + long.count()).min(MOST_WITH_LONG)
    }
}

/// How many threads there are at most, but for those that are at one piece of work for long.
fn threads() -> usize {
    // The system reads files for it, and it is looked at for every piece of work.
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| available_parallelism().map_or(1, NonZero::get).clamp(1, MOST))
}

impl Drop for Handle {
    fn drop(&mut self) {
        // Nobody waits for what they are at.
        let mut state = self.pool.state();
        state.is_over = true;
        state.waiting.clear();
        self.pool.wake.notify_all();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use futures_util::future::join_all;
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

    #[tokio::test]
    async fn work_that_takes_long_does_not_keep_other_work_waiting() {
        let workers = Workers::default();
        let (end, gates): (Vec<_>, Vec<_>) = (0..MOST).map(|_| channel::<()>()).unzip();
        let long = gates
            .into_iter()
            .map(|gate| workers.run(move || gate.recv().unwrap()));
        let short = async {
            // Behind all that take long, and not one of them has ended.
            for _ in 0..10 {
                assert_eq!(workers.run(|| 7).await, 7);
            }
            for end in &end {
                end.send(()).unwrap();
            }
        };
        tokio::join!(join_all(long), short);
        let threads = workers.handle.pool.state().threads;
        assert!(threads <= MOST_WITH_LONG, "{threads}");
    }

    #[tokio::test]
    async fn many_pieces_of_work_take_few_threads() {
        let workers = Workers::default();
        let work = (0..1000).map(|number| workers.run(move || number));
        assert_eq!(join_all(work).await, (0..1000).collect::<Vec<_>>());
        assert!(workers.handle.pool.state().threads <= threads());
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_any_more_is_not_begun() {
        let workers = Workers::default();
        let (end, gates): (Vec<_>, Vec<_>) = (0..threads()).map(|_| channel::<()>()).unzip();
        let busy = gates
            .into_iter()
            .map(|gate| workers.run(move || gate.recv().unwrap()));
        let (tell, ran) = channel();
        let given_up = async {
            assert!(
                timeout(Duration::ZERO, workers.run(move || tell.send(())))
                    .await
                    .is_err()
            );
            for end in &end {
                end.send(()).unwrap();
            }
        };
        tokio::join!(join_all(busy), given_up);
        workers.run(|| ()).await;
        assert!(ran.recv().is_err());
    }
}
