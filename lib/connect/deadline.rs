//! Time that counts: deadlines that stand still while it is we who are waited for.

use crate::mutex::lock;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Stands for never.
pub(crate) const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// A clock of the time in which somebody waited for us: for the reader of our output, or for a person who logs
/// in.
#[derive(Debug, Default)]
pub struct HeldUp(Mutex<Clock>);

#[derive(Debug, Default)]
struct Clock {
    waiting: u32,
    since: Option<Instant>,
    before: Duration,
}

impl HeldUp {
    /// Runs until the guard is dropped; several at once count as one.
    pub fn start(&self) -> HeldUpGuard<'_> {
        let mut clock = lock(&self.0);
        clock.waiting += 1;
        clock.since.get_or_insert_with(Instant::now);
        HeldUpGuard(self)
    }

    /// Whether it runs.
    pub fn is_now(&self) -> bool {
        lock(&self.0).waiting > 0
    }

    /// What it shows.
    pub fn total(&self) -> Duration {
        let clock = lock(&self.0);
        clock.before + clock.since.map_or(Duration::ZERO, |since| since.elapsed())
    }
}

/// Stops a [`HeldUp`] when dropped.
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

/// A limit from now on that what some clocks show does not use up.
#[derive(Debug)]
pub(crate) struct Deadline {
    start: Instant,
    limit: Duration,
    /// With what each showed at the start.
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

    /// Waits for work, at most until then.
    pub(crate) async fn bound<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        /// While it is held up the deadline moves; how often to look where to.
        const LOOK_EVERY: Duration = Duration::from_millis(50);
        let mut work = pin!(work);
        loop {
            let now = Instant::now();
            let shown = self
                .clocks
                .iter()
                .map(|(clock, before)| clock.total().saturating_sub(*before));
            let mut until = after(self.start, self.limit.saturating_add(shown.sum()));
            if self.clocks.iter().any(|(clock, _)| clock.is_now()) {
                until = until.max(now + LOOK_EVERY);
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

/// So much later, never at the latest.
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
    async fn a_deadline_stands_still_while_any_of_its_clocks_runs() {
        let (one, other, strange) = (
            Arc::<HeldUp>::default(),
            Arc::<HeldUp>::default(),
            HeldUp::default(),
        );
        // What was before does not count.
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
        // It is one deadline for all that it is asked to bound.
        assert_eq!(deadline.bound(pending::<()>()).await, None);
        assert_eq!(start.elapsed(), LIMIT * 2);
        assert_eq!(
            Deadline::new(Duration::MAX, [one]).bound(async { 1 }).await,
            Some(1)
        );
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
