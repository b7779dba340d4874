//! `-w`: a list, and then what changes, until the user ends it.
//!
//! A cluster is listed and then watched from the list's resourceVersion on, which every event and every bookmark moves
//! forward. When the connection ends or breaks, the watch goes on from there. When the server no longer has the events
//! after that version (410), the cluster is listed again, and only what is new, changed or deleted since is shown (see
//! [`Tracker`]). A cluster that is unreachable is reported once, and tried again until it is back.
//!
//! Only events prove that a watch works. A cluster that answers a watch with anything else, or ends it at once again and
//! again, is reported, and listed every few seconds until a watch lasts, so that no change stays unseen.

mod begin;
mod events;
mod frames;
mod patience;

use super::query::Watch;
use super::reader::RecordReader;
use super::session::Session;
use super::tracker::Tracker;
use crate::apiserver::server::ApiServer;
use crate::connect::Error;
use crate::exec::fanout::answer::Answer;
use begin::{Begun, Obstacle, Watched, begin};
use events::{End, follow};
use patience::{Backoff, FAILURES};
use tokio::time::Instant;

/// How many times in a row a cluster that has answered before has to refuse before that is final: a server that starts
/// refuses what it allows a moment later, when it knows its roles and its types.
const REFUSALS: u32 = 4;

/// Watches one cluster until it refuses for good, or until the time limit. Waits out everything else.
pub async fn run<S: ApiServer>(session: &Session<'_, S>, tracker: &Tracker, watch: Watch) -> Answer {
    let state = session.out.state;
    let watching = Watcher::new(session, tracker, watch).run();
    let Some(limit) = watch.limit else {
        return watching.await;
    };
    match state.within(limit, watching).await {
        Some(answer) => answer,
        // The watch ends as if the user had ended it. A cluster that was not reached, or cannot be watched, says why.
        None if state.is_settled() => Answer {
            failure: state.trouble(),
            ..Answer::default()
        },
        None => state.timed_out(limit).into(),
    }
}

/// The state of the watches of a cluster.
#[derive(Default)]
struct Health {
    /// How many watches in a row have failed.
    failures: u32,
    /// Why they fail, once that has been reported.
    trouble: Option<Error>,
}

/// Watches one cluster, in as many attempts as it takes.
struct Watcher<'w, 's, S> {
    session: &'w Session<'s, S>,
    tracker: &'w Tracker,
    watch: Watch,
    /// The targets that are watched, once they have been listed.
    watched: Option<Watched>,
    backoff: Backoff,
    health: Health,
    /// True if the cluster has ever been watched.
    reached: bool,
    /// True if it has been reported that the cluster is unreachable.
    has_said_lost: bool,
    /// How many times in a row the cluster has refused.
    refusals: u32,
}

impl<'w, 's, S: ApiServer> Watcher<'w, 's, S> {
    fn new(session: &'w Session<'s, S>, tracker: &'w Tracker, watch: Watch) -> Self {
        Self {
            session,
            tracker,
            watch,
            watched: None,
            backoff: Backoff::default(),
            health: Health::default(),
            reached: false,
            has_said_lost: false,
            refusals: 0,
        }
    }

    fn say(&self, text: &str) {
        (self.session.say)(&format!("{}: {text}", self.session.out.state.cluster()));
    }

    async fn run(mut self) -> Answer {
        let state = self.session.out.state;
        loop {
            let trouble = self.health.trouble.as_ref();
            let begun = begin(self.session, self.tracker, &mut self.watched, trouble);
            let begun = state.within(self.watch.timeout, begun).await;
            if let Some(error) = state.given_up() {
                return error.into();
            }
            let obstacle = match begun {
                Some(Ok((begun, reader))) => {
                    self.note_reached();
                    let trouble = self.follow(begun, reader).await;
                    if let Some(error) = state.given_up() {
                        return error.into();
                    }
                    if let Some(error) = trouble {
                        self.note_failed_watch(error);
                        self.backoff.wait().await;
                    }
                    continue;
                }
                Some(Err(obstacle)) => obstacle,
                None => Obstacle::Error(state.timed_out(self.watch.timeout)),
            };
            if let Some(answer) = self.take_obstacle(obstacle) {
                return answer;
            }
            self.backoff.wait().await;
        }
    }

    /// Notes that a watch has begun.
    fn note_reached(&mut self) {
        self.session.out.state.settle(self.health.trouble.clone());
        if std::mem::take(&mut self.has_said_lost) {
            self.say(if self.reached { "is back" } else { "is there" });
        }
        (self.reached, self.refusals) = (true, 0);
    }

    /// Follows a watch until it ends. Returns what is wrong with it, if anything.
    async fn follow(&mut self, mut begun: Begun<S::Incoming>, mut reader: RecordReader) -> Option<Error> {
        let watched = self.watched.as_mut()?;
        let start = Instant::now();
        let (session, backoff, health) = (self.session, &mut self.backoff, &mut self.health);
        let steady = || {
            backoff.reset();
            health.failures = 0;
            if health.trouble.take().is_some() {
                let state = session.out.state;
                state.settle(None);
                (session.say)(&format!("{}: is watched again", state.cluster()));
            }
        };
        let end = follow(session, self.tracker, &mut begun, &mut reader, watched, steady).await;
        drop(begun);
        if !matches!(end, End::Closed(_)) {
            // After an error it is not certain which events would follow.
            watched.version = None;
        }
        end.trouble(start.elapsed())
    }

    /// Notes that a watch did not work. After several in a row that is reported, and the cluster is listed each time.
    fn note_failed_watch(&mut self, error: Error) {
        if self.session.verbose {
            self.say(&format!("{error}; trying again"));
        }
        self.health.failures += 1;
        if self.health.failures < FAILURES {
            return;
        }
        if let Some(watched) = &mut self.watched {
            watched.version = None;
        }
        if self.health.trouble.is_none() {
            self.say(&format!(
                "{error}; listing every few seconds until it can be watched"
            ));
        }
        self.session.out.state.settle(Some(error.clone()));
        self.health.trouble = Some(error);
    }

    /// Takes the reason why no watch could begin. Returns the final answer if trying again would not help.
    fn take_obstacle(&mut self, obstacle: Obstacle) -> Option<Answer> {
        let error = match obstacle {
            Obstacle::Final(answer) => match &answer.failure {
                Some(error) if self.reached && self.refusals + 1 < REFUSALS => {
                    self.refusals += 1;
                    error.clone()
                }
                _ => return Some(answer),
            },
            Obstacle::Error(error) => error,
        };
        if let Some(watched) = &mut self.watched
            && error.status.is_some()
        {
            // The server may have rejected the resourceVersion: list again without one.
            watched.version = None;
        }
        let trouble = (!self.reached).then(|| error.clone());
        self.session.out.state.settle(trouble);
        if !std::mem::replace(&mut self.has_said_lost, true) {
            let what = if self.reached { "lost" } else { "not reached" };
            self.say(&format!("{what}: {error}; trying again"));
        }
        None
    }
}

#[cfg(test)]
mod tests;
