//! Threads for long computations, so that the loop that talks to all clusters is not held up.

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

/// The most threads. More would have nothing to do: the loop is one thread and cannot receive data that fast.
const MOST: usize = 4;

/// If a thread has worked on one job for this long, another thread may be started: a cluster whose answers take long to
/// read must not hold up the others.
const LONG: Duration = Duration::from_secs(1);

/// The most threads, including those with long jobs.
const MOST_WITH_LONG: usize = 16;

/// The threads. They are started when they are needed, up to the number of processors: if whole objects are read, the
/// loop itself needs little time. Clones share them.
///
/// The runtime's own blocking threads are not used. All of them may be looking up names of servers, for a long time if
/// the resolver hangs; and if the system has no thread left, the runtime panics.
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
    /// Notified of each job, and of the end.
    wake: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Job>,
    /// The number of threads.
    threads: usize,
    /// When each running job began, by the job's number.
    working: BTreeMap<u64, Instant>,
    begun: u64,
    is_over: bool,
}

type Job = Box<dyn FnOnce() + Send>;

impl Workers {
    /// Runs a job on one of the threads, or on this one if the system has no other. If the future is dropped before a
    /// thread has begun the job, it is not run.
    ///
    /// # Panics
    /// The job panics.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let pool = &self.handle.pool;
        let (tell, mut told) = oneshot::channel::<Result<T, Box<dyn Any + Send>>>();
        let job = Box::new(move || {
            if !tell.is_closed() {
                // Sending fails if the receiver has gone, and then nobody needs the result.
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
                // The threads were told to end, which happens only when all waiting futures are gone.
                Ok(Err(_)) => return std::future::pending().await,
                Err(_) => pool.relieve(),
            }
        }
    }
}

impl Pool {
    fn state(&self) -> MutexGuard<'_, State> {
        // Jobs run without this lock, so that none can panic while it is held.
        lock(&self.state)
    }

    /// Queues a job, and returns it if there is no thread to run it.
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

    /// Starts a thread if a job waits while others run for long.
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

    /// Runs jobs in one thread, until there are too many threads or all is over.
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

/// Returns the most threads, not counting those with long jobs.
fn threads() -> usize {
    // The system reads files to find the number, which is needed for every job.
    static THREADS: OnceLock<usize> = OnceLock::new();
    *THREADS.get_or_init(|| available_parallelism().map_or(1, NonZero::get).clamp(1, MOST))
}

impl Drop for Handle {
    fn drop(&mut self) {
        // Nobody waits for the jobs that are running.
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
    async fn loop_goes_on_while_a_thread_works() {
        let workers = Workers::default();
        let (go_on, gate) = channel();
        let work = workers.run(move || gate.recv().unwrap());
        let outcome = tokio::join!(work, async move { go_on.send("done").unwrap() });
        assert_eq!(outcome.0, "done");
    }

    #[tokio::test]
    async fn panic_of_a_job_is_passed_on() {
        let workers = Workers::default();
        let work = tokio::spawn(async move { workers.run(|| panic!("broken")).await });
        let panic = work.await.unwrap_err().into_panic();
        assert_eq!(panic.downcast_ref(), Some(&"broken"));
    }

    #[tokio::test]
    async fn long_jobs_do_not_hold_up_others() {
        let workers = Workers::default();
        let (end, gates): (Vec<_>, Vec<_>) = (0..MOST).map(|_| channel::<()>()).unzip();
        let long = gates
            .into_iter()
            .map(|gate| workers.run(move || gate.recv().unwrap()));
        let short = async {
            // They are queued after all the long ones, none of which has ended.
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
    async fn many_jobs_take_few_threads() {
        let workers = Workers::default();
        let work = (0..1000).map(|number| workers.run(move || number));
        assert_eq!(join_all(work).await, (0..1000).collect::<Vec<_>>());
        assert!(workers.handle.pool.state().threads <= threads());
    }

    #[tokio::test]
    async fn job_whose_future_was_dropped_is_not_run() {
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
