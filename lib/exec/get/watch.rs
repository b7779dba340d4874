//! `-w`: a list, and then what changes, for as long as anybody wants to know.
//!
//! A member is listed and then watched from the list's resourceVersion on, which every event and every
//! bookmark moves on. Where the connection ends or breaks, the watch goes on from there. Where the server no
//! longer has what came after (410), there is a fresh list, of which only what is new, changed or gone since
//! is shown ([`Tracker`]). A member that is away is said once, and tried again until it is back.
//!
//! Only events count as a word of the server. A member that answers a watch with anything else, or ends it at once
//! again and again, is said, and listed every few seconds until a watch lasts: so nothing stays unseen.

pub mod frames;
mod patience;

use super::bad_request;
use super::list::{self, Failure, Reader, Selection};
use super::plan::{self, Plan};
use super::session::{Progress, Session, TargetResult};
use super::targets::{Target, Targets};
use super::tracker::Tracker;
use crate::apiserver::mapper::Mapping;
use crate::apiserver::server::{Incoming, Server, protocol};
use crate::connect::Error;
use crate::exec::Options;
use crate::exec::fanout::Answer;
use crate::exec::fanout::deadline::within;
use crate::record::Reason;
use frames::{Frame, Objects};
use patience::{BRIEF, Backoff, FAILURES, SILENCE_BEHIND, STEADY, WHOLE_EVENT, watch_seconds};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Once a member has answered, so many times in a row it has to refuse before that counts: a server that
/// starts refuses what it allows a moment later, when it knows its roles and its types.
const REFUSALS: u32 = 4;

/// What a member is watched for, and from where on.
struct Watched {
    mapping: Mapping,
    /// The one object that is watched, where it is one.
    name: Option<String>,
    /// As in [`Target::namespace`].
    namespace: Option<String>,
    /// `None`: a list comes first.
    version: Option<String>,
}

impl Watched {
    /// The same, to be listed.
    fn target(&self) -> Target<'_> {
        Target {
            // Spelt so that only the type itself is found by it.
            typed: format!(
                "{}.{}.{}",
                self.mapping.resource, self.mapping.version, self.mapping.group
            ),
            mapping: self.mapping.clone(),
            name: self.name.as_deref().map(|name| (name, 0)),
            namespace: self.namespace.as_deref(),
            position: 0,
        }
    }
}

/// How a stream of events ended.
enum End {
    /// As agreed, or with its connection; how many events and bookmarks had come.
    Closed(u64),
    /// What follows is no longer known: a list comes first.
    Expired,
    /// The server said what is wrong, or something that cannot be understood.
    Failed(Error),
}

impl End {
    /// Returns what is wrong with a watch that ended so after this time.
    fn trouble(self, lasted: Duration) -> Option<Error> {
        match self {
            End::Failed(error) => Some(error),
            _ if lasted >= BRIEF => None,
            End::Closed(0) => Some(protocol("its watch ends at once, without an event")),
            End::Closed(1) => Some(protocol("its watch ends at once, after one event")),
            End::Closed(events) => Some(protocol(format!("its watch ends at once, after {events} events"))),
            End::Expired => Some(protocol(
                "its watch ends at once: it does not know what came after its own list",
            )),
        }
    }
}

/// True if the watches of a member work.
#[derive(Default)]
struct Health {
    /// How many in a row have not.
    failures: u32,
    /// The trouble with it, once it has been said.
    trouble: Option<Error>,
}

/// Why a member is not watched.
enum Obstacle {
    /// There is no point in trying again.
    Answer(Answer),
    /// There may be.
    Error(Error),
}

impl From<Error> for Obstacle {
    fn from(error: Error) -> Self {
        Obstacle::Error(error)
    }
}

/// Watches one member until it refuses for good, or until the time that is given for that is over. Everything else is
/// waited out.
pub(super) async fn run<S: Server>(
    session: &Session<'_, S>,
    tracker: &Tracker,
    options: &Options,
    say: &dyn Fn(&str),
) -> Answer {
    let state = session.out.state;
    let watch = go_on(session, tracker, options.timeout, say);
    let Some(limit) = options.watch_limit else {
        return watch.await;
    };
    match within(state, limit, watch).await {
        Some(answer) => answer,
        // As it ends where the user ends it: what has not been reached, or cannot be watched, says why.
        None if state.is_settled() => Answer {
            failure: state.trouble(),
            ..Answer::default()
        },
        None => state.timed_out(limit).into(),
    }
}

async fn go_on<S: Server>(
    session: &Session<'_, S>,
    tracker: &Tracker,
    timeout: Duration,
    say: &dyn Fn(&str),
) -> Answer {
    let state = session.out.state;
    let cluster = state.cluster();
    let mut watched = None;
    let mut backoff = Backoff::default();
    let mut reached = false;
    let mut said = false;
    let mut refusals = 0;
    let mut health = Health::default();
    loop {
        let begun = begin(session, tracker, &mut watched, health.trouble.as_ref());
        let begun = within(state, timeout, begun).await;
        if let Some(error) = state.given_up() {
            return error.into();
        }
        let obstacle = match begun {
            Some(Ok((mut stream, mut reader))) => {
                state.settle(health.trouble.clone());
                if std::mem::take(&mut said) {
                    say(&format!(
                        "{cluster}: is {}",
                        if reached { "back" } else { "there" }
                    ));
                }
                (reached, refusals) = (true, 0);
                let Some(place) = &mut watched else { continue };
                let start = Instant::now();
                let steady = || {
                    backoff.reset();
                    health.failures = 0;
                    if health.trouble.take().is_some() {
                        state.settle(None);
                        say(&format!("{cluster}: is watched again"));
                    }
                };
                let end = follow(session, tracker, &mut stream, &mut reader, place, steady).await;
                drop(stream);
                if let Some(error) = state.given_up() {
                    return error.into();
                }
                if !matches!(end, End::Closed(_)) {
                    // What follows an error is not certain.
                    place.version = None;
                }
                let Some(error) = end.trouble(start.elapsed()) else {
                    continue;
                };
                session.note(say, &format!("{cluster}: {error}; trying again"));
                health.failures += 1;
                if health.failures >= FAILURES {
                    place.version = None;
                    if health.trouble.is_none() {
                        say(&format!(
                            "{cluster}: {error}; listing every few seconds until it can be watched"
                        ));
                    }
                    state.settle(Some(error.clone()));
                    health.trouble = Some(error);
                }
                backoff.wait().await;
                continue;
            }
            Some(Err(obstacle)) => obstacle,
            None => Obstacle::Error(state.timed_out(timeout)),
        };
        let error = match obstacle {
            Obstacle::Answer(answer) => match &answer.failure {
                Some(error) if reached && refusals + 1 < REFUSALS => {
                    refusals += 1;
                    error.clone()
                }
                _ => return answer,
            },
            Obstacle::Error(error) => error,
        };
        if let Some(place) = &mut watched
            && error.status.is_some()
        {
            // Be it that the version is what the server does not like.
            place.version = None;
        }
        state.settle((!reached).then(|| error.clone()));
        // The first time after it was watched, it may be no more than a connection that has ended.
        if !std::mem::replace(&mut said, true) {
            let what = if reached { "lost" } else { "not reached" };
            say(&format!("{cluster}: {what}: {error}; trying again"));
        }
        backoff.wait().await;
    }
}

/// A watch that has begun, and the latest time at which it ends.
struct Stream<I> {
    incoming: I,
    end: Instant,
}

/// Lists, if that is due, and begins to watch. `trouble` is what was wrong with the watches before.
async fn begin<S: Server>(
    session: &Session<'_, S>,
    tracker: &Tracker,
    watched: &mut Option<Watched>,
    trouble: Option<&Error>,
) -> Result<(Stream<S::Incoming>, Reader), Obstacle> {
    let is_fresh = watched.as_ref().is_none_or(|place| place.version.is_none());
    if is_fresh {
        *watched = Some(list_all(session, tracker, watched.as_ref()).await?);
        // It has answered, whenever the user ends this.
        session.out.state.settle(trouble.cloned());
    }
    let Some(place) = watched else {
        return Err(Error::new(Reason::Protocol, "nothing is watched").into());
    };
    let target = place.target();
    let reader = session.reader(&place.mapping, session.place(&target, false), None);
    let name = name_selector(&target);
    let selection = selection(session, &target, name.as_deref());
    let version = place.version.as_deref().unwrap_or_default();
    let seconds = watch_seconds();
    let from = (version, seconds.as_secs());
    match list::watch(&session.server, &place.mapping, &selection, &reader, from).await {
        Ok(incoming) => {
            let end = Instant::now() + seconds + SILENCE_BEHIND;
            Ok((Stream { incoming, end }, reader))
        }
        // One who has already forgotten what it has just listed is better left alone for a while.
        Err(error) if !is_fresh && error.is_expired() => {
            place.version = None;
            // Not an answer yet, and the next attempt lists.
            Box::pin(begin(session, tracker, watched, trouble)).await
        }
        Err(error) if is_final(&error) => Err(Obstacle::Answer(error.into())),
        Err(error) => Err(error.into()),
    }
}

/// Asks for all that there is, and hands over what has not been shown.
///
/// `before` is what was watched before.
async fn list_all<S: Server>(
    session: &Session<'_, S>,
    tracker: &Tracker,
    before: Option<&Watched>,
) -> Result<Watched, Obstacle> {
    let refuse = |error: Error| {
        if is_final(&error) {
            Obstacle::Answer(error.into())
        } else {
            Obstacle::Error(error)
        }
    };
    let Targets {
        targets,
        unserved,
        doubts,
    } = match (session.plan, before) {
        // It has been found, and may have gone meanwhile.
        (Plan::Files(_), Some(before)) => before.target().into(),
        (Plan::Files(_), None) => file(session).await?.into(),
        _ => session.targets().await.map_err(refuse)?,
    };
    if targets.len() > 1 {
        return Err(refuse(bad_request(plan::SEVERAL_TYPES)));
    }
    let mut progress = Progress {
        unserved,
        failures: doubts,
        ..Progress::default()
    };
    for target in &targets {
        let is_named = target.name.is_some() && target.namespace.is_none();
        if session.query.all_namespaces && target.mapping.namespaced && is_named {
            return Err(refuse(bad_request(plan::NAME_IN_ALL_NAMESPACES)));
        }
        session.take(target, &mut progress).await;
    }
    if let Some(error) = progress.failures.first()
        && !is_final(error)
    {
        return Err(Obstacle::Error(error.clone()));
    }
    let (Some((mapping, version)), Some(target)) = (tracker.place(), targets.first()) else {
        let answer = session.answer(&targets, progress);
        return Err(Obstacle::Answer(Answer {
            notice: None,
            empty_list: false,
            ..answer
        }));
    };
    Ok(Watched {
        mapping,
        name: target.name.map(|(name, _)| name.to_owned()),
        namespace: target.namespace.map(str::to_owned),
        version: Some(version),
    })
}

/// The object that a file names.
async fn file<'s, S: Server>(session: &'s Session<'_, S>) -> Result<Target<'s>, Obstacle> {
    let found = match session.watched_file().await {
        Ok(found) => found,
        Err(answer) => {
            return Err(match &answer.failure {
                Some(error) if answer.missing.is_empty() && !is_final(error) => {
                    Obstacle::Error(error.clone())
                }
                _ => Obstacle::Answer(answer),
            });
        }
    };
    Ok(Target {
        typed: found.mapping.group_resource(),
        mapping: found.mapping,
        name: Some((found.name, 0)),
        namespace: Some(found.namespace),
        position: 0,
    })
}

/// The version from which a watch begins with what there is now (the API's concepts: resourceVersion of a watch).
const FROM_NOW: &str = "0";

/// Lists one target; for what is named, that is a list of one, so that the watch can go on from its version.
pub(super) async fn list<S: Server>(
    session: &Session<'_, S>,
    tracker: &Tracker,
    mapping: &Mapping,
    target: &Target<'_>,
    reader: &mut Reader,
) -> Result<TargetResult, Failure> {
    let name = name_selector(target);
    let selection = selection(session, target, name.as_deref());
    let out = session.out;
    tracker.begin_list();
    out.state.count_anew();
    let named = session.named(target);
    let version = match (
        list::list(&session.server, mapping, &selection, reader, out).await,
        named,
    ) {
        // Who may not list may be allowed this one object.
        (Err(failure), Some(named)) if failure.is_forbidden() => {
            match list::get(&session.server, mapping, named, reader, out).await {
                // It has gone since it was shown.
                Err(Failure::NoObject(_)) if !tracker.lacks_all() => (),
                outcome => outcome?,
            }
            FROM_NOW.to_owned()
        }
        (outcome, _) => outcome?,
    };
    if let Some(named) = named
        && tracker.lacks_all()
    {
        // The server's own words for what is not there. If it is by now, the watch is going to say so.
        let mut ignored = session.reader(mapping, session.place(target, false), None);
        list::get(
            &session.server,
            mapping,
            named,
            &mut ignored,
            list::RecordWriter {
                tracker: Some(&Tracker::mute()),
                ..out
            },
        )
        .await?;
    }
    let (own, mapping) = (tracker.clone(), mapping.clone());
    let ended = {
        // As in `list`: what is noted as shown is going to be.
        let _not_counted = out.state.held_up().start();
        out.workers.run(move || own.end_list(&mapping, version)).await
    };
    let (mut lines, items) = ended;
    check(tracker, out)?;
    while let Some(some) = lines.next_lines().map_err(|error| unkept(&error))? {
        out.sink.send(Some(out.state), some).await;
    }
    out.state.add_items(items);
    Ok(TargetResult {
        a_type: true,
        ..TargetResult::of(reader)
    })
}

/// Notes where no more can be kept of what is watched, for which there is no help.
///
/// # Errors
/// That.
pub(super) fn check(tracker: &Tracker, out: list::RecordWriter<'_>) -> Result<(), Error> {
    tracker.trouble().map_or(Ok(()), |error| {
        out.state.give_up(error.clone());
        Err(error)
    })
}

/// Returns what was put aside cannot be read.
fn unkept(error: &std::io::Error) -> Error {
    Error::new(Reason::Protocol, error.to_string())
}

/// Hands over what comes, until no more does. `steady` is told once it has lasted.
async fn follow<S: Server>(
    session: &Session<'_, S>,
    tracker: &Tracker,
    stream: &mut Stream<S::Incoming>,
    reader: &mut Reader,
    place: &mut Watched,
    steady: impl FnOnce(),
) -> End {
    let out = session.out;
    let mut objects = Objects::default();
    let mut events = 0;
    let begun = Instant::now();
    let mut steady = Some((begun + STEADY, steady));
    // When the event under way has to have come to its end.
    let mut whole_by = None;
    loop {
        let mut until = whole_by.map_or(stream.end, |whole_by| stream.end.min(whole_by));
        if let Some((at, _)) = &steady {
            until = until.min(*at);
        }
        let next = timeout_at(until, stream.incoming.next()).await;
        if let Some((_, steady)) = steady.take_if(|(at, _)| *at <= Instant::now()) {
            steady();
        }
        let piece = match next {
            Ok(Ok(Some(piece))) => piece,
            // Ended or broken: all the same, since it goes on where it was.
            Ok(Ok(None) | Err(_)) => return End::Closed(events),
            Err(_) if stream.end <= Instant::now() => return End::Closed(events),
            Err(_) if whole_by.is_some_and(|whole_by| whole_by <= Instant::now()) => {
                let seconds = WHOLE_EVENT.as_secs();
                let message = format!("an event of its watch has not come to its end within {seconds}s");
                return End::Failed(protocol(message));
            }
            Err(_) => continue,
        };
        let mut batch = Vec::new();
        let mut items = 0;
        let mut end = None;
        objects.feed(&piece);
        loop {
            match objects.next() {
                Ok(None) => break,
                Ok(Some(object)) => match take_by_worker(out, tracker, object, reader).await {
                    Ok(Taken {
                        shown,
                        version,
                        mut lines,
                    }) => {
                        events += 1;
                        whole_by = None;
                        items += shown;
                        batch.append(&mut lines);
                        place.version = version.or(place.version.take());
                        if let Some((_, steady)) = steady.take_if(|_| begun.elapsed() >= BRIEF) {
                            steady();
                        }
                    }
                    Err(ended) => end = Some(ended),
                },
                Err(error) => end = Some(End::Failed(error)),
            }
            if end.is_some() {
                break;
            }
        }
        if objects.has_begun() {
            whole_by.get_or_insert_with(|| Instant::now() + WHOLE_EVENT);
        }
        out.sink.send(Some(out.state), batch).await;
        out.state.add_items(items);
        if let Err(error) = check(tracker, out) {
            return End::Failed(error);
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// The outcome of one event.
#[derive(Default)]
struct Taken {
    /// How many records it came to.
    shown: u64,
    /// How far the watch is now, if it says so.
    version: Option<String>,
    /// The records.
    lines: Vec<u8>,
}

/// Takes one event; a long one is taken by a worker.
async fn take_by_worker(
    out: list::RecordWriter<'_>,
    tracker: &Tracker,
    text: String,
    reader: &mut Reader,
) -> Result<Taken, End> {
    if text.len() < list::SHORT {
        return take(tracker, &text, reader);
    }
    let (tracker, mut own) = (tracker.clone(), std::mem::take(reader));
    let work = move || {
        let taken = take(&tracker, &text, &mut own);
        (own, taken)
    };
    let (own, taken) = out.workers.run(work).await;
    *reader = own;
    taken
}

/// Takes one event.
fn take(tracker: &Tracker, text: &str, reader: &mut Reader) -> Result<Taken, End> {
    let malformed =
        |error: &dyn std::fmt::Display| End::Failed(protocol(format!("an event is malformed: {error}")));
    let frame = Frame::parse(text).map_err(|error| malformed(&error))?;
    let (event, object) = match frame {
        Frame::Bookmark(version) => {
            return Ok(Taken {
                version: Some(version),
                ..Taken::default()
            });
        }
        Frame::Error(error) if error.is_expired() => return Err(End::Expired),
        Frame::Error(error) => return Err(End::Failed(error)),
        Frame::Event(event, object) => (event, object),
    };
    let mut records = Vec::new();
    reader
        .read_one(object, &mut records)
        .map_err(|error| malformed(&error))?;
    let mut lines = Vec::new();
    let (shown, version) = tracker
        .event(event, object, &records, &mut lines)
        .map_err(|error| malformed(&error))?;
    Ok(Taken {
        shown,
        version,
        lines,
    })
}

/// Whether trying again does not help. What a server says is meant, but for what it says of itself; and who
/// we are and whom we trust does not change while we wait.
fn is_final(error: &Error) -> bool {
    match error.status {
        Some(408 | 410 | 429 | 500..) => false,
        Some(_) => true,
        None => matches!(
            error.reason,
            Reason::Unresolved | Reason::CredentialPlugin | Reason::Tls | Reason::BadRequest
        ),
    }
}

/// The selector that an object's name makes.
fn name_selector(target: &Target<'_>) -> Option<String> {
    let (name, _) = target.name?;
    // As apimachinery's fields.EscapeValue has it; no name of an object has any of these.
    let name = name.replace('\\', "\\\\").replace(',', "\\,").replace('=', "\\=");
    Some(format!("metadata.name={name}"))
}

/// What narrows a list and its watch down. One object is watched by its name alone, as with kubectl: what `-l`
/// says of that of a file has been looked at by then.
fn selection<'a, S>(session: &'a Session<'_, S>, target: &Target<'a>, name: Option<&'a str>) -> Selection<'a>
where
    S: Server,
{
    let all = session.selection();
    match name {
        None => all,
        Some(name) => Selection {
            namespace: target.namespace.or(all.namespace),
            labels: None,
            fields: Some(name),
            ..all
        },
    }
}

impl<S: Server> Session<'_, S> {
    /// Says something that only a careful reader wants to know.
    fn note(&self, say: &dyn Fn(&str), text: &str) {
        if self.verbose {
            say(text);
        }
    }
}

impl<'a> From<Target<'a>> for Targets<'a> {
    fn from(target: Target<'a>) -> Self {
        Self {
            targets: vec![target],
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests;
