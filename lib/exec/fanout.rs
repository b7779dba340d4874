//! The fan-out: each cluster is asked as soon as it arrives and a slot is free, and each ends in exactly
//! one Result, whatever happens.
//!
//! Everything runs in one thread and all queries are polled by one loop, so that no state needs a lock and
//! a query that is dropped is over. A query hands over its own Result as its last act; for those that are
//! dropped before, the loop does.

use super::contact::Contact;
use super::input::Input;
use super::output::{Sink, Written};
use super::progress::{Progress, State};
use super::slots::{Patience, Slots};
use super::tally::Outcomes;
use crate::connect::Error;
use crate::exit::{FailOn, Fatal, Status};
use crate::record::{self, Access, Outcome, Reason};
use crate::resolve::{Resolution, ResolvedCluster};
use crate::wire::pass_on;
use futures_util::stream::{FuturesUnordered, StreamExt};
use std::collections::{HashSet, VecDeque};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

/// The least time for a whole run, where none is set.
const LEAST_TOTAL: Duration = Duration::from_secs(60);

/// What each cluster adds to the time for a whole run, where none is set.
const TOTAL_A_CLUSTER: Duration = Duration::from_secs(5);

/// After an interrupt, how long the reader of our output may take for what had arrived.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Stands for never.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// What came of asking a cluster, beside the rows that went out already.
#[derive(Debug, Default)]
pub struct Answer {
    /// Why it is not a full answer.
    pub failure: Option<Error>,
    /// See [`Outcome::missing`].
    pub missing: Vec<String>,
    /// See [`Outcome::notice`].
    pub notice: Option<String>,
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
    /// Asks, hands rows to the sink as they come, and notes on the contact what it hears. May be dropped at
    /// any point where it waits.
    fn ask(&self, access: &Access<'_>, contact: &Contact, sink: &Sink) -> impl Future<Output = Answer>;
}

/// What governs a run.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Who may be asked at once.
    pub slots: Slots,
    /// For one cluster, from the start of its query. Time in which it waits for the reader of our output
    /// does not count.
    pub timeout: Duration,
    /// For all of them, from the arrival of the first; `None` is max(60 s, clusters × 5 s).
    pub total_timeout: Option<Duration>,
    /// Stop when the first cluster fails.
    pub fail_fast: bool,
    /// What counts as partial.
    pub fail_on: FailOn,
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
        progress,
        say,
    } = ends;
    let (outcomes, broken) = {
        let mut fleet = Fleet::new(settings, ask, &sink, say);
        let broken = tokio::select! {
            biased;
            outcome = &mut written => return Err(lost_output(outcome)),
            broken = fleet.work(input, resolve, &mut interrupts, progress) => broken,
        };
        (std::mem::take(&mut fleet.outcomes), broken)
    };
    // The writer ends when nothing can come any more.
    drop(sink);
    let interrupted = outcomes.interrupted;
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
        None => Ok(outcomes.status(settings.fail_on)),
    }
}

fn lost_output(outcome: Result<std::io::Result<()>, tokio::sync::oneshot::error::RecvError>) -> Fatal {
    match outcome {
        Ok(Err(error)) => Fatal::output(&error),
        Ok(Ok(())) | Err(_) => Fatal::failed("cannot write the output: its writer has stopped"),
    }
}

/// Why nobody is asked any more.
#[derive(Clone)]
enum Stop {
    Interrupted,
    FailFast(String),
    Deadline(Duration),
}

impl Stop {
    fn failure(&self) -> Error {
        let (reason, message) = match self {
            Stop::Interrupted => (Reason::Cancelled, "interrupted".to_owned()),
            Stop::FailFast(cluster) => (
                Reason::Cancelled,
                format!("cancelled, because {cluster} failed and --fail-fast is set"),
            ),
            Stop::Deadline(limit) => (
                Reason::Timeout,
                format!(
                    "not done within {}s, the time for all clusters together (--total-timeout)",
                    limit.as_secs_f64()
                ),
            ),
        };
        Error {
            reason,
            message,
            hint: None,
        }
    }
}

/// A cluster that is being asked or has been.
struct Member {
    contact: Rc<Contact>,
    /// Whether it counts as answering.
    slot: bool,
}

/// How a query ended: which, and with what failure. Its Result has been handed over.
struct Ended {
    member: usize,
    failure: Option<Reason>,
    missing: Vec<String>,
}

struct Fleet<'a, A> {
    settings: &'a Settings,
    ask: &'a A,
    sink: &'a Sink,
    say: &'a dyn Fn(&str),
    waiting: VecDeque<(String, Access<'static>)>,
    running: FuturesUnordered<Pin<Box<dyn Future<Output = Ended> + 'a>>>,
    members: Vec<Member>,
    answering: usize,
    seen: HashSet<String>,
    ended: usize,
    first_arrival: Option<Instant>,
    patience: Patience,
    stopped: Option<Stop>,
    outcomes: Outcomes,
    /// Our own lines that the output has no room for yet: the loop itself never waits for room.
    backlog: Vec<u8>,
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
            members: Vec::new(),
            answering: 0,
            seen: HashSet::new(),
            ended: 0,
            first_arrival: None,
            patience: Patience::default(),
            stopped: None,
            outcomes: Outcomes::default(),
            backlog: Vec::new(),
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
            if !open && self.waiting.is_empty() && self.running.is_empty() && self.backlog.is_empty() {
                return broken;
            }
            let wake = self.next_look(&progress);
            tokio::select! {
                biased;
                Some(()) = interrupts.recv() => {
                    drop(progress);
                    self.stopped = Some(Stop::Interrupted);
                    self.outcomes.interrupted = true;
                    self.end_outstanding();
                    let last_words = self.sink.send(None, std::mem::take(&mut self.backlog));
                    // The reader of our output may be stuck; a second interrupt must get through.
                    tokio::select! {
                        () = last_words => (),
                        Some(()) = interrupts.recv() => (),
                        () = sleep(LAST_WORDS) => (),
                    }
                    return broken;
                }
                room = self.sink.room(), if !self.backlog.is_empty() => {
                    room.send(std::mem::take(&mut self.backlog));
                }
                Some(ended) = self.running.next(), if !self.running.is_empty() => self.take(ended),
                next = input.recv(), if open && self.backlog.is_empty() => match next {
                    None => open = false,
                    Some(Input::Broken(error)) => broken = Some(error),
                    Some(Input::Bad(bad)) => {
                        (self.say)(&bad.to_string());
                        self.outcomes.bad_lines += 1;
                    }
                    Some(Input::Line(number, line)) => self.take_line(number, &line, resolve),
                },
                () = sleep_until(wake) => (),
            }
            self.look_at_silent();
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
        let ResolvedCluster { name, resolution } = match resolve(line) {
            Ok(Some(cluster)) => cluster,
            Ok(None) => {
                // Writing to memory does not fail.
                let _ = pass_on(&mut self.backlog, line);
                return;
            }
            Err(problem) => {
                (self.say)(&format!("line {number}: {problem}"));
                self.outcomes.bad_lines += 1;
                return;
            }
        };
        if !self.seen.insert(name.clone()) {
            (self.say)(&format!(
                "line {number}: cluster {name} has come before; it is asked once"
            ));
            return;
        }
        self.first_arrival.get_or_insert_with(Instant::now);
        match resolution {
            Resolution::Skip(skip) => {
                let failure = Error {
                    reason: skip.reason,
                    message: skip.message.0.into_owned(),
                    hint: None,
                };
                self.ended += 1;
                self.outcomes.take(Some(failure.reason), Vec::new());
                self.backlog
                    .extend(result_line(&name, 0, Duration::ZERO, &failure.into()));
            }
            // If all is stopped already, it is ended from the queue.
            Resolution::Access(access) => self.waiting.push_back((name, access)),
        }
    }

    fn start_waiting(&mut self) {
        while self.answering < self.settings.slots.answering
            && self.running.len() < self.settings.slots.open
            && let Some((cluster, access)) = self.waiting.pop_front()
        {
            let contact = Rc::new(Contact::new(cluster));
            let member = self.members.len();
            self.members.push(Member {
                contact: Rc::clone(&contact),
                slot: true,
            });
            self.answering += 1;
            let (ask, sink, timeout) = (self.ask, self.sink, self.settings.timeout);
            self.running
                .push(Box::pin(query(ask, sink, timeout, access, contact, member)));
        }
    }

    /// Takes note of a query that has ended.
    fn take(&mut self, ended: Ended) {
        let Ended {
            member,
            failure,
            missing,
        } = ended;
        if let Some(member) = self.members.get_mut(member) {
            if std::mem::take(&mut member.slot) {
                self.answering -= 1;
            }
            if let Some(first) = member.contact.first_heard() {
                self.patience.learn(first);
            }
            let of_no_account = matches!(failure, None | Some(Reason::Skipped | Reason::NotFound));
            if self.settings.fail_fast && !of_no_account && self.stopped.is_none() {
                self.stopped = Some(Stop::FailFast(member.contact.cluster().to_owned()));
            }
        }
        self.ended += 1;
        self.outcomes.take(failure, missing);
    }

    /// When something is to be looked at although nothing happens.
    fn next_look(&self, progress: &Progress) -> Instant {
        let now = Instant::now();
        let mut next = now + FAR;
        if let Some(due) = progress.due() {
            next = next.min(due);
        }
        if let Some((deadline, _)) = self.deadline()
            && self.stopped.is_none()
        {
            next = next.min(deadline);
        }
        if !self.waiting.is_empty() {
            let limit = self.patience.limit();
            let silent = self.members.iter().filter(|member| member.slot);
            let longest = silent.map(|member| member.contact.silence()).max();
            if let Some(longest) = longest {
                next = next.min(now + limit.saturating_sub(longest));
            }
        }
        next
    }

    /// Takes the slots of those that have been silent for too long, if anybody needs them.
    fn look_at_silent(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let limit = self.patience.limit();
        for member in &mut self.members {
            if member.slot && member.contact.silence() >= limit {
                member.slot = false;
                self.answering -= 1;
            }
        }
    }

    /// The end of the whole run and the time that it stands for.
    fn deadline(&self) -> Option<(Instant, Duration)> {
        let limit = self.settings.total_timeout.unwrap_or_else(|| {
            let clusters = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
            LEAST_TOTAL.max(TOTAL_A_CLUSTER.saturating_mul(clusters))
        });
        Some((
            after(self.first_arrival?, limit + self.sink.held_up().total()),
            limit,
        ))
    }

    fn look_at_deadline(&mut self) {
        if self.stopped.is_none()
            && let Some((deadline, limit)) = self.deadline()
            && deadline <= Instant::now()
            && !self.sink.held_up().is_now()
        {
            self.stopped = Some(Stop::Deadline(limit));
        }
    }

    /// Where all is stopped: ends those that are being asked or are waiting to be.
    fn end_outstanding(&mut self) {
        let Some(stop) = &self.stopped else { return };
        // Dropping the queries first: none may hand over anything behind its Result.
        self.running.clear();
        let failure = stop.failure();
        let mut end = |cluster: &str, items, seconds| {
            self.ended += 1;
            self.outcomes.take(Some(failure.reason), Vec::new());
            self.backlog
                .extend(result_line(cluster, items, seconds, &failure.clone().into()));
        };
        for member in &mut self.members {
            let contact = &member.contact;
            if !contact.is_finished() {
                contact.finish();
                end(contact.cluster(), contact.items(), contact.started().elapsed());
            }
            member.slot = false;
        }
        self.answering = 0;
        for (cluster, _) in self.waiting.drain(..) {
            end(&cluster, 0, Duration::ZERO);
        }
    }

    fn draw(&self, progress: &mut Progress) {
        let outstanding = self.members.iter().filter(|member| !member.contact.is_finished());
        let waiting = self.waiting.iter().map(|(cluster, _)| cluster.as_str());
        let waiting_for: Vec<&str> = outstanding
            .map(|member| member.contact.cluster())
            .chain(waiting)
            .collect();
        progress.draw(&State {
            answered: self.ended,
            total: self.seen.len(),
            waiting_for: &waiting_for,
            elapsed: self.first_arrival.map_or(Duration::ZERO, |first| first.elapsed()),
        });
    }
}

/// Asks one cluster and hands over its Result.
async fn query(
    ask: &impl Ask,
    sink: &Sink,
    timeout: Duration,
    access: Access<'static>,
    contact: Rc<Contact>,
    member: usize,
) -> Ended {
    let answer = within(&contact, timeout, ask.ask(&access, &contact, sink)).await;
    let answer = answer.unwrap_or_else(|| {
        Answer::from(Error {
            reason: Reason::Timeout,
            message: format!(
                "timed out after {}s {}",
                timeout.as_secs_f64(),
                contact.waiting_for()
            ),
            hint: None,
        })
    });
    let result = result_line(
        contact.cluster(),
        contact.items(),
        contact.started().elapsed(),
        &answer,
    );
    sink.send(Some(&contact), result).await;
    // Nothing is awaited between the handing over and this, so a query is dropped before both or after.
    contact.finish();
    Ended {
        member,
        failure: answer.failure.map(|failure| failure.reason),
        missing: answer.missing,
    }
}

/// Waits for work until the time is over that its contact has; waiting for the reader of our own output
/// does not use it up.
async fn within<T>(contact: &Contact, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    /// While it is held up the deadline moves; how often to look where to.
    const LOOK_EVERY: Duration = Duration::from_millis(50);
    let mut work = pin!(work);
    loop {
        let now = Instant::now();
        let held_up = contact.held_up();
        let mut until = after(contact.started(), limit + held_up.total());
        if held_up.is_now() {
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

fn after(start: Instant, limit: Duration) -> Instant {
    start.checked_add(limit.min(FAR)).unwrap_or(start)
}

fn result_line(cluster: &str, items: u64, took: Duration, answer: &Answer) -> Vec<u8> {
    let failure = answer.failure.as_ref();
    let outcome = Outcome {
        cluster: cluster.into(),
        ok: failure.is_none(),
        items,
        // To the microsecond: more digits say nothing.
        seconds: (took.as_secs_f64() * 1e6).round() / 1e6,
        reason: failure.map(|failure| failure.reason),
        message: failure.map(|failure| one_line(&failure.message).into()),
        hint: failure.and_then(|failure| Some(one_line(failure.hint.as_ref()?).into())),
        missing: answer.missing.iter().map(|text| text.as_str().into()).collect(),
        notice: answer.notice.as_deref().map(Into::into),
    };
    let mut line = Vec::new();
    // Writing to memory does not fail.
    let _ = record::write(&mut line, &outcome);
    line
}

fn one_line(text: &str) -> String {
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("; ")
}

#[cfg(test)]
mod tests;
