//! The state of a run: which clusters wait, are asked, or have ended.

use super::announcements::Announcements;
use super::answer::Answer;
use super::busy_clock::BusyClock;
use super::ending::{Counts, StopReason};
use super::output::Sink;
use super::query::Query;
use crate::apiserver::budget::Budget;
use crate::apiserver::query_state::QueryState;
use crate::connect::concurrency::{Patience, Slots};
use crate::exit::FailOn;
use crate::record::{self, Access, Outcome, Reason};
use crate::term::keyboard::Keyboard;
use futures_util::stream::FuturesUnordered;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Settings of the fan-out.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many clusters are asked at once.
    pub slots: Slots,
    /// The time for one cluster, from the start of its query. Time in which it waits for the reader of the output does
    /// not count.
    pub timeout: Duration,
    /// The time for all clusters, from the arrival of the first; `None` is max(60 s, clusters × 5 s, `timeout` +
    /// `connect_timeout`).
    pub total_timeout: Option<Duration>,
    /// The part of `timeout` for connecting: the last cluster to start may have waited for a slot for that long.
    pub connect_timeout: Duration,
    /// True if the first cluster that fails stops the run.
    pub fail_fast: bool,
    /// Which outcomes make the run a partial failure.
    pub fail_on: FailOn,
}

/// A cluster that is being asked.
pub(super) struct RunningQuery {
    pub(super) state: Rc<QueryState>,
    /// True if it holds a slot, that is, counts as answering.
    pub(super) has_slot: bool,
}

/// A query that has ended. Its Result has been sent.
pub(super) struct EndedQuery {
    number: u64,
    outcome: Outcome<'static>,
}

/// A run of the fan-out.
pub(super) struct FanOut<'a, Q> {
    pub(super) settings: &'a Settings,
    pub(super) query: &'a Q,
    pub(super) sink: &'a Sink,
    pub(super) say: &'a dyn Fn(&str),
    /// Clusters that wait for a slot.
    pub(super) waiting: VecDeque<(String, Access<'static>)>,
    pub(super) futures: FuturesUnordered<Pin<Box<dyn Future<Output = EndedQuery> + 'a>>>,
    /// Queries that are running, by number, in the order in which they started.
    pub(super) running: BTreeMap<u64, RunningQuery>,
    started: u64,
    /// How many of the running queries have a slot.
    pub(super) answering: usize,
    pub(super) seen: HashSet<String>,
    /// Notified by queries that no longer need their slot.
    pub(super) settled: Rc<Notify>,
    /// Limits the memory for all answers.
    budget: Arc<Budget>,
    pub(super) busy: BusyClock,
    pub(super) patience: Patience,
    pub(super) stopped: Option<StopReason>,
    pub(super) counts: Counts,
    /// Lines of the fan-out itself that the output has no room for yet: the loop never waits for room.
    pub(super) backlog: Vec<u8>,
    pub(super) announcements: Announcements,
    /// Where Enter asks for the rows so far, until it has.
    pub(super) keyboard: Option<Keyboard>,
    pub(super) has_said_open_files: bool,
    /// True if a query has started since the running ones were last polled. Those are polled first, each as far as it
    /// can go: otherwise all clusters would shake hands first and answer later, and the worker threads would have
    /// nothing to do meanwhile.
    pub(super) has_started: bool,
}

impl<'a, Q: Query> FanOut<'a, Q> {
    pub(super) fn new(settings: &'a Settings, query: &'a Q, sink: &'a Sink, say: &'a dyn Fn(&str)) -> Self {
        Self {
            settings,
            query,
            sink,
            say,
            waiting: VecDeque::new(),
            futures: FuturesUnordered::new(),
            running: BTreeMap::new(),
            started: 0,
            answering: 0,
            seen: HashSet::new(),
            settled: Rc::default(),
            budget: Arc::default(),
            busy: BusyClock::default(),
            patience: Patience::new(&settings.slots),
            stopped: None,
            counts: Counts::default(),
            backlog: Vec::new(),
            announcements: Announcements::default(),
            keyboard: None,
            has_said_open_files: false,
            has_started: false,
        }
    }

    /// Starts the next query that waits, if there is a slot for it.
    pub(super) fn start_waiting(&mut self) {
        while !self.has_started
            && self.answering < self.settings.slots.answering
            && self.futures.len() < self.settings.slots.open
            && let Some((cluster, access)) = self.waiting.pop_front()
        {
            self.has_started = true;
            let state = QueryState::new(cluster, Rc::clone(&self.settled), self.budget.share());
            let state = Rc::new(state);
            let number = self.started;
            self.started += 1;
            let running = RunningQuery {
                state: Rc::clone(&state),
                has_slot: true,
            };
            self.running.insert(number, running);
            self.answering += 1;
            let (query, sink, timeout) = (self.query, self.sink, self.settings.timeout);
            self.futures.push(Box::pin(async move {
                let outcome = run_query(query, sink, timeout, access, &state).await;
                EndedQuery { number, outcome }
            }));
        }
    }

    /// Takes note of a query that has ended.
    pub(super) fn take_ended(&mut self, ended: EndedQuery) {
        let EndedQuery { number, outcome } = ended;
        let Some(RunningQuery { state, has_slot }) = self.running.remove(&number) else {
            return;
        };
        self.answering -= usize::from(has_slot);
        if let Some(first) = state.first_heard() {
            self.patience.learn(first);
        }
        if let Some(wait) = state.slowest_wait() {
            self.patience.learn_slowest(wait);
        }
        let is_failure = !matches!(outcome.reason, None | Some(Reason::Skipped | Reason::NotFound));
        if self.settings.fail_fast && is_failure && self.stopped.is_none() {
            self.stopped = Some(StopReason::FailFast(state.cluster().to_owned()));
        }
        if let Some(message) = &outcome.message
            && self.query.is_endless()
            && !self.running.is_empty()
        {
            // The other queries may go on for days, and the user is to know of this failure now.
            (self.say)(&format!("{}: not watched: {message}", state.cluster()));
        }
        self.counts.take(&outcome);
    }

    /// Writes the Result of a cluster that has no running query.
    pub(super) fn end(&mut self, cluster: &str, items: u64, took: Duration, answer: Answer) {
        let mut outcome = answer.into_outcome(cluster, items, took);
        outcome.watched = self.query.is_endless();
        // Writing to memory does not fail.
        let _ = record::write(&mut self.backlog, &outcome);
        self.counts.take(&outcome);
    }

    /// If the run is stopped, ends all clusters that are being asked or are waiting.
    pub(super) fn end_outstanding(&mut self) {
        let Some(stop) = &self.stopped else { return };
        // The queries are dropped first: none may send anything after its Result.
        self.futures.clear();
        let failure = stop.failure();
        let is_success = self.query.is_endless() && stop.ends_endless_queries();
        for RunningQuery { state, .. } in std::mem::take(&mut self.running).into_values() {
            let took = state.started().elapsed();
            let failure = match is_success && state.is_settled() {
                // A cluster that was reached was watched to the end. One that was not says why.
                true => state.trouble(),
                false => Some(failure.clone()),
            };
            let answer = Answer {
                failure,
                ..Answer::default()
            };
            self.end(state.cluster(), state.items(), took, answer);
        }
        self.answering = 0;
        for (cluster, _) in std::mem::take(&mut self.waiting) {
            self.end(&cluster, 0, Duration::ZERO, failure.clone().into());
        }
    }
}

/// Asks one cluster, sends its Result to the output and returns it.
async fn run_query<Q: Query>(
    query: &Q,
    sink: &Sink,
    timeout: Duration,
    access: Access<'static>,
    state: &QueryState,
) -> Outcome<'static> {
    let answer = {
        // Pinned here: passing the future by value would reserve its memory twice.
        let query = pin!(query.run(&access, state, sink));
        state.within(timeout, query).await
    };
    let answer = answer.unwrap_or_else(|| state.timed_out(timeout).into());
    let took = state.started().elapsed();
    let mut outcome = answer.into_outcome(state.cluster(), state.items(), took);
    outcome.watched = query.is_endless();
    let mut result = Vec::new();
    // Writing to memory does not fail.
    let _ = record::write(&mut result, &outcome);
    sink.send(Some(state), result).await;
    // Nothing is awaited after sending, so a query that is dropped has not sent its Result.
    outcome
}
