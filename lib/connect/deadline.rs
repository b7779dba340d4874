//! Deadlines that do not count the time in which clusters wait for us or for a person.

use crate::mutex::lock;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// A duration that stands for "no limit".
pub(crate) const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A clock of the time in which work was held up: by the reader of our output, or by a person who logs in.
#[derive(Debug, Default)]
pub struct HeldUp(Mutex<Clock>);

#[derive(Debug, Default)]
struct Clock {
    waiting: u32,
    since: Option<Instant>,
    before: Duration,
}

impl HeldUp {
    /// Starts the clock. It runs until all guards are dropped.
    pub fn start(&self) -> HeldUpGuard<'_> {
        let mut clock = lock(&self.0);
        clock.waiting += 1;
        clock.since.get_or_insert_with(Instant::now);
        HeldUpGuard(self)
    }

    /// Returns true while it runs.
    pub fn is_now(&self) -> bool {
        lock(&self.0).waiting > 0
    }

    /// Returns for how long it has run.
    pub fn total(&self) -> Duration {
        let clock = lock(&self.0);
        clock.before + clock.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Lets a [`HeldUp`] run until it is dropped.
pub struct HeldUpGuard<'a>(&'a HeldUp);

impl Drop for HeldUpGuard<'_> {
    fn drop(&mut self) {
        let mut clock = lock(&self.0.0);
        clock.waiting = clock.waiting.saturating_sub(1);
        if clock.waiting == 0
            && let Some(since) = clock.since.take()
        {
            clock.before += since.elapsed();
        }
    }
}

/// A time limit that moves while certain clocks run.
#[derive(Debug)]
pub(crate) struct Deadline {
    start: Instant,
    limit: Duration,
    /// Each with what it showed at the start.
    clocks: Vec<(Arc<HeldUp>, Duration)>,
}

impl Deadline {
    pub(crate) fn new(limit: Duration, clocks: impl IntoIterator<Item = Arc<HeldUp>>) -> Self {
        let clocks = clocks.into_iter().map(|clock| {
            let shows = clock.total();
            (clock, shows)
        });
        Self {
            start: Instant::now(),
            limit,
            clocks: clocks.collect(),
        }
    }

    /// Waits for work. Returns `None` if the deadline passes first.
    pub(crate) async fn bound<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        /// The interval at which the deadline is computed again while a clock runs.
        const CHECK_EVERY: Duration = Duration::from_millis(50);
        let mut work = pin!(work);
        loop {
            let now = Instant::now();
            let held_up = self
                .clocks
                .iter()
                .map(|(clock, before)| clock.total().saturating_sub(*before));
            let mut until = after(self.start, self.limit.saturating_add(held_up.sum()));
            if self.clocks.iter().any(|(clock, _)| clock.is_now()) {
                until = until.max(now + CHECK_EVERY);
            } else if until <= now {
                return None;
            }
            tokio::select! {
                biased;
                done = &mut work => return Some(done),
                () = sleep_until(until) => (),
            }
        }
    }
}

/// Returns a later instant, without overflow.
pub(crate) fn after(start: Instant, limit: Duration) -> Instant {
    start.checked_add(limit.min(FAR)).unwrap_or(start)
}

/// Formats a duration for a message: `5s`, `1m30s`, `500ms`.
pub(crate) fn format_duration(limit: Duration) -> String {
    let seconds = limit.as_secs();
    match (seconds, limit.subsec_millis()) {
        (0, millis) => format!("{millis}ms"),
        (60.., 0) if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        (60.., 0) => format!("{}m{}s", seconds / 60, seconds % 60),
        (_, 0) => format!("{seconds}s"),
        _ => format!("{:.1}s", limit.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::time::sleep;

    const LIMIT: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn deadlines_move_while_any_of_their_clocks_runs() {
        let (one, other, strange) = (
            Arc::<HeldUp>::default(),
            Arc::<HeldUp>::default(),
            HeldUp::default(),
        );
        // Time before the deadline was made does not count.
        let before = one.start();
        sleep(LIMIT).await;
        drop(before);
        let start = Instant::now();
        let deadline = Deadline::new(LIMIT, [Arc::clone(&one), Arc::clone(&other)]);
        let work = async {
            for clock in [&*one, &*other, &strange] {
                let _held_up = clock.start();
                let _twice = clock.start();
                sleep(LIMIT / 2).await;
            }
            pending().await
        };
        let none: Option<()> = deadline.bound(work).await;
        assert_eq!((none, start.elapsed()), (None, LIMIT * 2));
        // The limit is shared by everything that it bounds.
        assert_eq!(deadline.bound(pending::<()>()).await, None);
        assert_eq!(start.elapsed(), LIMIT * 2);
        assert_eq!(
            Deadline::new(Duration::MAX, [one]).bound(async { 1 }).await,
            Some(1)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn clock_runs_until_its_last_guard_is_dropped() {
        let clock = HeldUp::default();
        let (first, last) = (clock.start(), clock.start());
        drop(first);
        sleep(LIMIT).await;
        assert!(clock.is_now());
        drop(last);
        sleep(LIMIT).await;
        assert!(!clock.is_now());
        assert_eq!(clock.total(), LIMIT);
    }

    #[test]
    fn format_duration_is_short() {
        let said = |millis| format_duration(Duration::from_millis(millis));
        assert_eq!(
            [said(500), said(5_000), said(1_500), said(60_000), said(90_000)],
            ["500ms", "5s", "1.5s", "1m", "1m30s"]
        );
    }
}
