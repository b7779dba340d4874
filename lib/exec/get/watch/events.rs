//! Follows a watch that has begun: reads its events and shows them.

use super::begin::{Begun, Watched};
use super::frames::{EventSplitter, WatchEvent};
use super::patience::{BRIEF, STEADY, WHOLE_EVENT};
use crate::apiserver::protocol::protocol;
use crate::apiserver::server::{ApiServer, Incoming};
use crate::connect::Error;
use crate::exec::get::out::{RecordWriter, SHORT};
use crate::exec::get::reader::RecordReader;
use crate::exec::get::session::Session;
use crate::exec::get::tracker::Tracker;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// How a watch ended.
pub enum End {
    /// As agreed, or because the connection ended, after this many events and bookmarks.
    Closed(u64),
    /// The server no longer has the events that follow: list first.
    Expired,
    /// The server reported an error, or sent something that cannot be understood.
    Failed(Error),
}

impl End {
    /// Returns what is wrong with a watch that ended so after this time.
    pub fn trouble(self, lasted: Duration) -> Option<Error> {
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

/// Shows the events of a watch until it ends. Calls `steady` once it has lasted.
pub async fn follow<S: ApiServer>(
    session: &Session<'_, S>,
    tracker: &Tracker,
    begun: &mut Begun<S::Incoming>,
    reader: &mut RecordReader,
    watched: &mut Watched,
    steady: impl FnOnce(),
) -> End {
    let out = session.out;
    let mut splitter = EventSplitter::default();
    let mut events = 0;
    let start = Instant::now();
    let mut steady = Some((start + STEADY, steady));
    // When the event that has begun must be complete.
    let mut whole_by: Option<Instant> = None;
    loop {
        let mut until = whole_by.map_or(begun.end, |whole_by| begun.end.min(whole_by));
        if let Some((at, _)) = &steady {
            until = until.min(*at);
        }
        let next = timeout_at(until, begun.incoming.next()).await;
        if let Some((_, steady)) = steady.take_if(|(at, _)| *at <= Instant::now()) {
            steady();
        }
        let piece = match next {
            Ok(Ok(Some(piece))) => piece,
            // Ended or broken makes no difference, since the watch goes on where it was.
            Ok(Ok(None) | Err(_)) => return End::Closed(events),
            Err(_) if begun.end <= Instant::now() => return End::Closed(events),
            Err(_) if whole_by.is_some_and(|whole_by| whole_by <= Instant::now()) => {
                let seconds = WHOLE_EVENT.as_secs();
                let message = format!("an event of its watch has not come to its end within {seconds}s");
                return End::Failed(protocol(message));
            }
            Err(_) => continue,
        };
        splitter.feed(&piece);
        let mut shown = ShownEvents::default();
        let end = loop {
            let event = match splitter.next() {
                Ok(None) => break None,
                Ok(Some(event)) => event,
                Err(error) => break Some(End::Failed(error)),
            };
            match read_event(out, tracker, event, reader).await {
                Ok(event) => {
                    events += 1;
                    whole_by = None;
                    shown.add(event, watched);
                    if let Some((_, steady)) = steady.take_if(|_| start.elapsed() >= BRIEF) {
                        steady();
                    }
                }
                Err(end) => break Some(end),
            }
        };
        if splitter.has_begun() {
            whole_by.get_or_insert_with(|| Instant::now() + WHOLE_EVENT);
        }
        out.sink.send(Some(out.state), shown.lines).await;
        out.state.add_items(shown.items);
        if let Err(error) = out.check(tracker) {
            return End::Failed(error);
        }
        if let Some(end) = end {
            return end;
        }
    }
}

/// The records of one event, or of several.
#[derive(Default)]
pub struct ShownEvents {
    /// How many records there are.
    pub items: u64,
    /// The version that the watch has reached, if the event says so.
    pub version: Option<String>,
    /// The records.
    pub lines: Vec<u8>,
}

impl ShownEvents {
    /// Adds the records of one more event, and moves the watch on to its version.
    fn add(&mut self, mut event: ShownEvents, watched: &mut Watched) {
        self.items += event.items;
        self.lines.append(&mut event.lines);
        watched.version = event.version.or(watched.version.take());
    }
}

/// Makes records of one event; a worker does that for a long one.
async fn read_event(
    out: RecordWriter<'_>,
    tracker: &Tracker,
    text: String,
    reader: &mut RecordReader,
) -> Result<ShownEvents, End> {
    if text.len() < SHORT {
        return read_event_now(tracker, &text, reader);
    }
    let (tracker, mut own) = (tracker.clone(), std::mem::take(reader));
    let work = move || {
        let read = read_event_now(&tracker, &text, &mut own);
        (own, read)
    };
    let (own, read) = out.workers.run(work).await;
    *reader = own;
    read
}

/// Makes records of one event.
pub fn read_event_now(tracker: &Tracker, text: &str, reader: &mut RecordReader) -> Result<ShownEvents, End> {
    let malformed =
        |error: &dyn std::fmt::Display| End::Failed(protocol(format!("an event is malformed: {error}")));
    let event = WatchEvent::parse(text).map_err(|error| malformed(&error))?;
    let (event, object) = match event {
        WatchEvent::Bookmark(version) => {
            return Ok(ShownEvents {
                version: Some(version),
                ..ShownEvents::default()
            });
        }
        WatchEvent::Error(error) if error.is_expired() => return Err(End::Expired),
        WatchEvent::Error(error) => return Err(End::Failed(error)),
        WatchEvent::Object(event, object) => (event, object),
    };
    let mut records = Vec::new();
    reader
        .read_one(object, &mut records)
        .map_err(|error| malformed(&error))?;
    let mut lines = Vec::new();
    let (items, version) = tracker
        .event(event, object, &records, &mut lines)
        .map_err(|error| malformed(&error))?;
    Ok(ShownEvents {
        items,
        version,
        lines,
    })
}
