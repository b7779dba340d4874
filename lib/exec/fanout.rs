//! The fan-out: each cluster is asked as soon as it arrives and a slot is free, and each ends in exactly
//! one Result, whatever happens.
//!
//! Everything but the reading of long answers runs in one thread and all queries are polled by one loop, so that
//! no state needs a lock and a query that is dropped is over. A query hands over its own Result as its last act;
//! for those that are dropped before, the loop does.

pub mod deadline;
mod ending;
pub mod input;
pub mod output;
mod poll;
pub mod progress;
mod told;

use crate::apiserver::budget::Budget;
use crate::apiserver::query_state::QueryState;
use crate::connect::Error;
use crate::connect::concurrency::{Patience, Slots};
use crate::exit::{FailOn, Fatal, Status};
use crate::record::{self, Access, Lack, Reason};
use crate::resolve::{Resolution, ResolvedCluster};
use crate::wire::{BadLine, pass_on};
use deadline::{Busy, within};
use ending::{Counts, Stop, outcome};
use futures_util::stream::{FuturesUnordered, StreamExt};
use input::Input;
use output::{Sink, Written};
use progress::{Progress, State};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::{Instant, sleep, sleep_until};
use told::Told;

/// After an interrupt, how long the reader of our output may take for what had arrived.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What came of asking a cluster, beside the rows that went out already.
#[derive(Debug, Default)]
pub struct Answer {
    /// Why it is not a full answer.
    pub failure: Option<Error>,
    /// See [`Outcome::missing`].
    pub missing: Vec<Lack<'static>>,
    /// See [`Outcome::unserved`].
    pub unserved: Vec<Lack<'static>>,
    /// See [`Outcome::notice`].
    pub notice: Option<String>,
    /// See [`Outcome::types`].
    pub types: usize,
    /// See [`Outcome::unsorted`].
    pub unsorted: Option<String>,
    /// See [`Outcome::empty_list`].
    pub empty_list: bool,
}

impl From<Error> for Answer {
    fn from(error: Error) -> Self {
        Self {
            failure: Some(error),
            ..Self::default()
        }
    }
}

/// Asks one cluster. Behind this the fan-out knows nothing of Kubernetes.
pub trait Ask {
    /// Asks, hands rows to the sink as they come, and notes on the state what it hears. May be dropped at
    /// any point where it waits.
    fn ask(&self, access: &Access<'_>, state: &QueryState, sink: &Sink) -> impl Future<Output = Answer>;
}

/// What governs a run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Who may be asked at once.
    pub slots: Slots,
    /// For one cluster, from the start of its query. Time in which it waits for the reader of our output
    /// does not count.
    pub timeout: Duration,
    /// For all of them, from the arrival of the first; `None` is max(60 s, clusters × 5 s, `timeout` +
    /// `connect_timeout`).
    pub total_timeout: Option<Duration>,
    /// What connecting may take of `timeout`: for so long the last one to start may have waited for a slot.
    pub connect_timeout: Duration,
    /// Stop when the first cluster fails.
    pub fail_fast: bool,
    /// What counts as partial.
    pub fail_on: FailOn,
    /// Whether clusters are watched: then being stopped is not a failure of those that have been reached.
    pub watching: bool,
}

/// What a run is connected to.
pub struct Ends<'a> {
    /// The lines of the stream.
    pub input: mpsc::Receiver<Input>,
    /// Says which cluster a line stands for.
    pub resolve: &'a dyn Fn(&str) -> Result<Option<ResolvedCluster>, String>,
    /// Where lines go.
    pub sink: Sink,
    /// How writing them ended.
    pub written: Written,
    /// A message for each request to stop.
    pub interrupts: mpsc::Receiver<()>,
    /// Resolves when nobody reads our output any more; `None` where only writing tells.
    pub gone: Option<oneshot::Receiver<()>>,
    /// The progress line.
    pub progress: Progress,
    /// Says something to the user.
    pub say: &'a dyn Fn(&str),
}

/// Asks every cluster of the input.
///
/// # Errors
/// Input or output that breaks; the latter quietly where its reader has gone.
pub async fn run(settings: &Settings, ask: &impl Ask, ends: Ends<'_>) -> Result<Status, Fatal> {
    let Ends {
        input,
        resolve,
        sink,
        mut written,
        mut interrupts,
        gone,
        progress,
        say,
    } = ends;
    let gone = async {
        if let Some(gone) = gone
            && gone.await.is_ok()
        {
            return;
        }
        std::future::pending().await
    };
    let (counts, broken, is_of_nothing) = {
        let mut fleet = Fleet::new(settings, ask, &sink, say);
        let broken = tokio::select! {
            biased;
            outcome = &mut written => return Err(lost_output(outcome)),
            () = gone => return Err(Fatal::output(&std::io::ErrorKind::BrokenPipe.into())),
            broken = fleet.work(input, resolve, &mut interrupts, progress) => broken,
        };
        (
            std::mem::take(&mut fleet.counts),
            broken,
            fleet.told.is_of_nothing(),
        )
    };
    // The writer ends when nothing can come any more.
    drop(sink);
    let interrupted = counts.interrupted;
    let out_of_patience = async {
        // Ask again, or let the reader take too long, and what is not written is given up.
        tokio::select! {
            Some(()) = interrupts.recv() => (),
            () = sleep(LAST_WORDS), if interrupted => (),
            else => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        outcome = written => match outcome {
            Ok(Ok(())) => (),
            outcome => return Err(lost_output(outcome)),
        },
        () = out_of_patience => return Ok(Status::Interrupted),
    }
    match broken {
        Some(error) => Err(Fatal::input(&error)),
        None if is_of_nothing && !interrupted => Err(Fatal::no_input()),
        None => Ok(counts.status(settings.fail_on)),
    }
}

fn lost_output(outcome: Result<std::io::Result<()>, tokio::sync::oneshot::error::RecvError>) -> Fatal {
    match outcome {
        Ok(Err(error)) => Fatal::output(&error),
        Ok(Ok(())) | Err(_) => Fatal::failed("cannot write the output: its writer has stopped"),
    }
}

/// A cluster that is being asked.
struct Member {
    state: Rc<QueryState>,
    /// Whether it counts as answering.
    slot: bool,
}

/// How a query ended: which, and with what. Its Result has been handed over.
struct Ended {
    member: u64,
    answer: Answer,
}

struct Fleet<'a, A> {
    settings: &'a Settings,
    ask: &'a A,
    sink: &'a Sink,
    say: &'a dyn Fn(&str),
    waiting: VecDeque<(String, Access<'static>)>,
    running: FuturesUnordered<Pin<Box<dyn Future<Output = Ended> + 'a>>>,
    /// Those that are being asked, by the order in which they started.
    members: BTreeMap<u64, Member>,
    started: u64,
    /// How many of them have a slot.
    answering: usize,
    seen: HashSet<String>,
    /// Told by those that no longer need their slot.
    settled: Rc<Notify>,
    /// For what is held of their answers.
    budget: Arc<Budget>,
    busy: Busy,
    patience: Patience,
    stopped: Option<Stop>,
    counts: Counts,
    /// Our own lines that the output has no room for yet: the loop itself never waits for room.
    backlog: Vec<u8>,
    told: Told,
    said_files: bool,
    /// Whether a query has started since those under way were last looked at. They go first, each as far as it comes:
    /// otherwise all would shake hands first and be answered later, and whoever works for them then would have nothing
    /// to do now.
    has_started: bool,
}

impl<'a, A: Ask> Fleet<'a, A> {
    fn new(settings: &'a Settings, ask: &'a A, sink: &'a Sink, say: &'a dyn Fn(&str)) -> Self {
        Self {
            settings,
            ask,
            sink,
            say,
            waiting: VecDeque::new(),
            running: FuturesUnordered::new(),
            members: BTreeMap::new(),
            started: 0,
            answering: 0,
            seen: HashSet::new(),
            settled: Rc::default(),
            budget: Arc::default(),
            busy: Busy::default(),
            patience: Patience::new(&settings.slots),
            stopped: None,
            counts: Counts::default(),
            backlog: Vec::new(),
            told: Told::default(),
            said_files: false,
            has_started: false,
        }
    }

    /// Until every cluster of the input has ended, or an interrupt. Returns what broke the input.
    async fn work(
        &mut self,
        mut input: mpsc::Receiver<Input>,
        resolve: &dyn Fn(&str) -> Result<Option<ResolvedCluster>, String>,
        interrupts: &mut mpsc::Receiver<()>,
        mut progress: Progress,
    ) -> Option<std::io::Error> {
        let mut open = true;
        let mut broken = None;
        loop {
            self.start_waiting();
            let is_told = self.backlog.is_empty() && self.told.is_empty();
            if !open && self.waiting.is_empty() && self.running.is_empty() && is_told {
                return broken;
            }
            self.busy
                .note(!self.members.is_empty() || !self.waiting.is_empty());
            let wake = self.next_look(&progress);
            let settled = Rc::clone(&self.settled);
            tokio::select! {
                biased;
                Some(()) = interrupts.recv() => {
                    drop(progress);
                    self.stopped = Some(Stop::Interrupted);
                    self.counts.interrupted = true;
                    self.end_outstanding();
                    let lines = self.told.take_with(&mut self.backlog);
                    let last_words = self.sink.send(None, lines);
                    // The reader of our output may be stuck; a second interrupt must get through.
                    tokio::select! {
                        () = last_words => (),
                        Some(()) = interrupts.recv() => (),
                        () = sleep(LAST_WORDS) => (),
                    }
                    return broken;
                }
                room = self.sink.room(), if !self.backlog.is_empty() || self.told.is_due(&input) => {
                    room.send(self.told.take_with(&mut self.backlog));
                }
                Some(ended) = self.running.next(), if !self.running.is_empty() => self.take(ended),
                () = yield_now(), if self.has_started => self.has_started = false,
                next = input.recv(), if open && self.backlog.is_empty() => match next {
                    None => {
                        open = false;
                        self.end_input();
                    }
                    Some(Input::Broken(error)) => broken = Some(error),
                    Some(Input::Bad(bad)) => self.take_bad(&bad),
                    Some(Input::Line(number, line)) => self.take_line(number, &line, resolve),
                },
                () = settled.notified() => (),
                () = sleep_until(wake) => (),
            }
            self.look_at_settled();
            self.look_at_silent();
            self.look_at_files();
            self.look_at_deadline();
            self.end_outstanding();
            if progress.due().is_some_and(|due| due <= Instant::now()) {
                self.draw(&mut progress);
            }
        }
    }

    fn take_line(
        &mut self,
        number: u64,
        line: &str,
        resolve: &dyn Fn(&str) -> Result<Option<ResolvedCluster>, String>,
    ) {
        self.told.came();
        let ResolvedCluster { name, resolution, .. } = match resolve(line) {
            Ok(Some(cluster)) if cluster.is_left_out => return,
            Ok(Some(cluster)) => cluster,
            Ok(None) => {
                self.counts.passes_on(line);
                // Writing to memory does not fail.
                let _ = pass_on(&mut self.backlog, line);
                return;
            }
            Err(problem) => {
                self.take_bad(&BadLine::new(number, problem, line.as_bytes()));
                return;
            }
        };
        if !self.seen.insert(name.clone()) {
            (self.say)(&format!(
                "line {number}: cluster {name} has come before; it is asked once"
            ));
            return;
        }
        self.announce(&name);
        match resolution {
            Resolution::Skip(skip) => {
                let failure = Error::new(skip.reason, skip.message.0);
                self.end(&name, 0, Duration::ZERO, &failure.into());
            }
            // If all is stopped already, it is ended from the queue.
            Resolution::Access(access) => self.waiting.push_back((name, access)),
        }
    }

    fn start_waiting(&mut self) {
        while !self.has_started
            && self.answering < self.settings.slots.answering
            && self.running.len() < self.settings.slots.open
            && let Some((cluster, access)) = self.waiting.pop_front()
        {
            self.has_started = true;
            let state = Rc::new(QueryState::new(
                cluster,
                Rc::clone(&self.settled),
                self.budget.share(),
            ));
            let number = self.started;
            self.started += 1;
            let member = Member {
                state: Rc::clone(&state),
                slot: true,
            };
            self.members.insert(number, member);
            self.answering += 1;
            let (ask, sink, settings) = (self.ask, self.sink, self.settings);
            self.running
                .push(Box::pin(query(ask, sink, settings, access, state, number)));
        }
    }

    /// Takes note of a query that has ended.
    fn take(&mut self, ended: Ended) {
        let Ended { member, answer } = ended;
        let Some(member) = self.members.remove(&member) else {
            return;
        };
        self.answering -= usize::from(member.slot);
        let state = &member.state;
        if let Some(first) = state.first_heard() {
            self.patience.learn(first);
        }
        if let Some(wait) = state.slowest_wait() {
            self.patience.learn_slowest(wait);
        }
        let reason = answer.failure.as_ref().map(|failure| failure.reason);
        let of_no_account = matches!(reason, None | Some(Reason::Skipped | Reason::NotFound));
        if self.settings.fail_fast && !of_no_account && self.stopped.is_none() {
            self.stopped = Some(Stop::FailFast(state.cluster().to_owned()));
        }
        if let Some(failure) = &answer.failure
            && self.settings.watching
            && !self.members.is_empty()
        {
            // The others go on, perhaps for days: what becomes of this one must not wait for their end.
            (self.say)(&format!("{}: not watched: {failure}", state.cluster()));
        }
        let outcome = outcome(state.cluster(), state.items(), Duration::ZERO, &answer);
        self.counts.take(&outcome);
    }

    /// Ends a cluster that has no query of its own, or none any more.
    fn end(&mut self, cluster: &str, items: u64, took: Duration, answer: &Answer) {
        let mut outcome = outcome(cluster, items, took, answer);
        outcome.watched = self.settings.watching;
        // Writing to memory does not fail.
        let _ = record::write(&mut self.backlog, &outcome);
        self.counts.take(&outcome);
    }

    /// Where all is stopped: ends those that are being asked or are waiting to be.
    fn end_outstanding(&mut self) {
        let Some(stop) = &self.stopped else { return };
        // Dropping the queries first: none may hand over anything behind its Result.
        self.running.clear();
        let answer = Answer::from(stop.failure());
        let ends_watches = self.settings.watching && stop.is_an_end();
        for Member { state, .. } in std::mem::take(&mut self.members).into_values() {
            let took = state.started().elapsed();
            // What has been reached was watched to the end. What has not says why.
            let watched = ends_watches.then(|| Answer {
                failure: state.trouble(),
                ..Answer::default()
            });
            self.end(
                state.cluster(),
                state.items(),
                took,
                watched.as_ref().filter(|_| state.is_settled()).unwrap_or(&answer),
            );
        }
        self.answering = 0;
        for (cluster, _) in std::mem::take(&mut self.waiting) {
            self.end(&cluster, 0, Duration::ZERO, &answer);
        }
    }

    fn draw(&self, progress: &mut Progress) {
        let waiting = self.waiting.iter().map(|(cluster, _)| cluster.as_str());
        let waiting_for: Vec<&str> = self
            .members
            .values()
            .map(|member| member.state.cluster())
            .chain(waiting)
            .collect();
        progress.draw(&State {
            answered: self.counts.ended,
            total: self.seen.len(),
            waiting_for: &waiting_for,
            elapsed: self.busy.start().map_or(Duration::ZERO, |start| start.elapsed()),
        });
    }
}

/// Asks one cluster and hands over its Result.
async fn query(
    ask: &impl Ask,
    sink: &Sink,
    settings: &Settings,
    access: Access<'static>,
    state: Rc<QueryState>,
    member: u64,
) -> Ended {
    let timeout = settings.timeout;
    let answer = {
        // Pinned here: whoever is handed it by value has room for it twice.
        let asked = pin!(ask.ask(&access, &state, sink));
        within(&state, timeout, asked).await
    };
    let answer = answer.unwrap_or_else(|| state.timed_out(timeout).into());
    let took = state.started().elapsed();
    let mut outcome = outcome(state.cluster(), state.items(), took, &answer);
    outcome.watched = settings.watching;
    let mut result = Vec::new();
    // Writing to memory does not fail.
    let _ = record::write(&mut result, &outcome);
    sink.send(Some(&state), result).await;
    // Nothing is awaited behind the handing over, so a query that is dropped has not handed it over.
    Ended { member, answer }
}

#[cfg(test)]
mod tests;
