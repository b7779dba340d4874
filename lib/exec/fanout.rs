//! The fan-out: asks each cluster as soon as it arrives and a slot is free, and ends each in exactly one Result, whatever
//! happens.
//!
//! Everything but the reading of long answers runs on one thread, and one loop polls all queries, so no state needs a
//! lock, and a query that is dropped is over. A query sends its own Result as its last act; for queries that are dropped
//! before that, the loop does.

mod announcements;
pub mod answer;
mod busy_clock;

mod ending;
pub mod input;
pub mod output;
mod poll;
pub mod progress;
pub mod query;
mod state;
#[cfg(test)]
pub mod testing;

pub use state::Settings;

use crate::connect::Error;
use crate::exit::{Fatal, Status};
use crate::record::{self, Problem, Show};
use crate::resolve::{Resolution, ResolvedCluster};
use crate::term::keyboard::Keyboard;
use crate::term::progress::ProgressTimer;
use crate::wire::{BadLine, pass_on};
use ending::StopReason;
use futures_util::stream::StreamExt;
use input::Input;
use output::{Sink, Written};
use progress::ProgressState;
use query::Query;
use state::FanOut;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use tokio::task::yield_now;
use tokio::time::{sleep, sleep_until};

/// After an interrupt, how long the reader of the output may take for what had arrived.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// How long the clusters have been waited for when the rows so far are offered.
const OFFER_AFTER: Duration = Duration::from_secs(2);

/// Finds the cluster that a line of the input names; `None` is a record of another kind.
type Resolve<'a> = &'a dyn Fn(&str) -> Result<Option<ResolvedCluster>, String>;

/// The input and output of a run, and everything else that it is connected to.
pub struct Ends<'a> {
    /// The lines of the stream.
    pub input: mpsc::Receiver<Input>,
    /// Finds the cluster that a line names.
    pub resolve: Resolve<'a>,
    /// The output.
    pub sink: Sink,
    /// How writing the output ended.
    pub written: Written,
    /// A message for each request to stop.
    pub interrupts: mpsc::Receiver<()>,
    /// Resolves when the reader of the output has gone; `None` where only writing can tell.
    pub gone: Option<oneshot::Receiver<()>>,
    /// The progress line.
    pub progress: ProgressTimer,
    /// Where Enter asks for the rows so far, if the progress line offers that.
    pub keyboard: Option<Keyboard>,
    /// Shows the user a message.
    pub say: &'a dyn Fn(&str),
}

/// Asks every cluster of the input.
///
/// # Errors
/// Input or output that breaks. The error is silent if the reader of the output has gone.
pub async fn run(settings: &Settings, query: &impl Query, ends: Ends<'_>) -> Result<Status, Fatal> {
    let Ends {
        input,
        resolve,
        sink,
        mut written,
        mut interrupts,
        gone,
        progress,
        keyboard,
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
    let (counts, broken, is_empty) = {
        let mut fan_out = FanOut::new(settings, query, &sink, say);
        fan_out.keyboard = keyboard;
        let broken = tokio::select! {
            biased;
            outcome = &mut written => return Err(lost_output(outcome)),
            () = gone => return Err(Fatal::output(&std::io::ErrorKind::BrokenPipe.into())),
            broken = fan_out.work(input, resolve, &mut interrupts, progress) => broken,
        };
        let is_empty = fan_out.announcements.is_of_empty_input();
        (std::mem::take(&mut fan_out.counts), broken, is_empty)
    };
    // The writer ends when no sink is left.
    drop(sink);
    let interrupted = counts.interrupted;
    let out_of_patience = async {
        // A second interrupt, or a reader that takes too long after the first, gives up what is not written.
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
        None if is_empty && !interrupted => Err(Fatal::no_input()),
        None => Ok(counts.status(settings.fail_on)),
    }
}

fn lost_output(outcome: Result<std::io::Result<()>, oneshot::error::RecvError>) -> Fatal {
    match outcome {
        Ok(Err(error)) => Fatal::output(&error),
        Ok(Ok(())) | Err(_) => Fatal::failed("cannot write the output: its writer has stopped"),
    }
}

impl<Q: Query> FanOut<'_, Q> {
    /// Works until every cluster of the input has ended, or until an interrupt. Returns the error that broke the input.
    async fn work(
        &mut self,
        mut input: mpsc::Receiver<Input>,
        resolve: Resolve<'_>,
        interrupts: &mut mpsc::Receiver<()>,
        mut progress: ProgressTimer,
    ) -> Option<std::io::Error> {
        let mut is_open = true;
        let mut broken = None;
        loop {
            self.start_waiting();
            if !is_open && self.is_done() {
                return broken;
            }
            self.busy
                .note(!self.running.is_empty() || !self.waiting.is_empty());
            let wake = self.next_poll(&progress);
            let settled = Rc::clone(&self.settled);
            tokio::select! {
                biased;
                Some(()) = interrupts.recv() => {
                    drop(progress);
                    self.end_interrupted(interrupts).await;
                    return broken;
                }
                room = self.sink.room(), if !self.backlog.is_empty() || self.announcements.are_due(&input) => {
                    room.send(self.announcements.take_with(&mut self.backlog));
                }
                Some(ended) = self.futures.next(), if !self.futures.is_empty() => self.take_ended(ended),
                () = yield_now(), if self.has_started => self.has_started = false,
                next = input.recv(), if is_open && self.backlog.is_empty() => match next {
                    None => {
                        is_open = false;
                        self.end_input();
                    }
                    Some(Input::Broken(error)) => broken = Some(error),
                    Some(Input::Bad(bad)) => self.take_bad(&bad),
                    Some(Input::Line(number, line)) => self.take_line(number, &line, resolve),
                },
                () = settled.notified() => (),
                () = sleep_until(wake) => (),
            }
            self.poll();
            self.end_outstanding();
            if progress.due().is_some_and(|due| due <= Instant::now()) {
                self.draw(&mut progress);
            }
        }
    }

    /// Returns whether no cluster is outstanding and nothing waits to be written.
    fn is_done(&self) -> bool {
        self.waiting.is_empty()
            && self.futures.is_empty()
            && self.backlog.is_empty()
            && self.announcements.is_empty()
    }

    /// Ends all clusters after an interrupt.
    async fn end_interrupted(&mut self, interrupts: &mut mpsc::Receiver<()>) {
        self.stopped = Some(StopReason::Interrupted);
        self.counts.interrupted = true;
        self.end_outstanding();
        let lines = self.announcements.take_with(&mut self.backlog);
        // The reader of the output may be stuck, so this wait is limited, and a second interrupt ends it.
        tokio::select! {
            () = self.sink.send(None, lines) => (),
            Some(()) = interrupts.recv() => (),
            () = sleep(LAST_WORDS) => (),
        }
    }

    fn take_line(&mut self, number: u64, line: &str, resolve: Resolve<'_>) {
        self.announcements.note_line();
        let ResolvedCluster {
            name,
            resolution,
            namespace,
            ..
        } = match resolve(line) {
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
                "line {number}: cluster {name} was named before; it is asked once"
            ));
            return;
        }
        let namespace = namespace.filter(|_| self.query.asks_contexts_namespace());
        self.announcements.announce(&name, namespace.as_deref());
        match resolution {
            Resolution::Skip(skip) => {
                let failure = Error::new(skip.reason, skip.message.0);
                self.end(&name, 0, Duration::ZERO, failure.into());
            }
            // If the run is stopped already, the cluster is ended from the queue.
            Resolution::Access(access) => self.waiting.push_back((name, access)),
        }
    }

    /// Reports a line that could not be read.
    fn take_bad(&mut self, bad: &BadLine) {
        self.announcements.note_line();
        if let Some(problem) = self.announcements.bad_lines.take(bad) {
            self.report(&problem);
        }
    }

    /// Reports, at the end of the input, how many bad lines were not reported one by one.
    fn end_input(&mut self) {
        if let Some(rest) = self.announcements.bad_lines.rest() {
            self.report(&rest);
        }
    }

    fn report(&mut self, problem: &Problem<'_>) {
        (self.say)(&problem.message);
        self.counts.lost(problem);
        // Writing to memory does not fail.
        let _ = record::write(&mut self.backlog, problem);
    }

    /// Draws the progress line. If the person wants to see the rows so far, tells the stages after this one.
    fn draw(&mut self, progress: &mut ProgressTimer) {
        let elapsed = self.busy.start().map_or(Duration::ZERO, |start| start.elapsed());
        let may_offer = elapsed >= OFFER_AFTER && self.counts.answered > 0;
        let keyboard = self.keyboard.as_mut().filter(|_| may_offer);
        if keyboard.is_some_and(|keyboard| progress.takes_enter(keyboard)) {
            self.keyboard = None;
            // Writing to memory does not fail.
            let _ = record::write(&mut self.backlog, &Show {});
        }

        let waiting = self.waiting.iter().map(|(cluster, _)| cluster.as_str());
        let running = self.running.values().map(|query| query.state.cluster());
        let waiting_for: Vec<&str> = running.chain(waiting).collect();
        let state = ProgressState {
            answered: self.counts.answered,
            failed: self.counts.failed,
            waiting_for: &waiting_for,
            elapsed,
            offers_rows: may_offer && self.keyboard.is_some(),
        };
        progress.draw(|width| progress::text(&state, width));
    }
}

#[cfg(test)]
mod tests;
