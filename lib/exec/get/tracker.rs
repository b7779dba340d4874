//! What has been shown of a member, so that nothing is repeated and nothing is left out, whatever happens to
//! its connection.
//!
//! For each object its resourceVersion is kept, and its last record: that is what is shown once more, as
//! deleted, where a fresh list no longer has it. A row takes some 300 bytes, a whole object what it takes; what is
//! more than memory is to hold is in a file ([`Kept`]).

mod kept;
mod metas;

pub use kept::KeptBytes;
pub use metas::Metas;

use super::query::Watch;
use super::reader::Expected;
use crate::apiserver::mapper::Mapping;
use crate::apiserver::protocol::protocol;
use crate::connect;
use crate::merge::Merger;
use crate::record::{self, Cell, Event, Record};
use crate::spill::Spool;
use kept::{Kept, Limits, Place};
use serde_json::value::RawValue;
use serde_json::{Error, Result};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The heading of what happened.
const EVENT: &str = "EVENT";

/// See the module. Clones share what has been shown, so that a worker can look at a long answer.
#[derive(Clone)]
pub struct Tracker {
    watch: Watch,
    mute: bool,
    state: Arc<Mutex<State>>,
}

/// How many bytes of what is going to be shown wait in memory.
const MOST_WAITING: usize = 8 << 20;

struct State {
    shown: HashMap<String, Shown>,
    kept: Kept,
    /// Why no more can be kept.
    trouble: Option<connect::Error>,
    /// The number of the list under way.
    list: u64,
    /// Whether a list has come to its end.
    complete: bool,
    /// What a list that is not the first is going to show.
    late: Spool,
    late_items: u64,
    /// What the last list was of, and its version, once it has come to its end.
    place: Option<(Mapping, String)>,
}

/// An object as it was shown last.
struct Shown {
    version: Box<str>,
    /// Its record, without an event.
    line: Place,
    /// The list that had it last.
    list: u64,
}

impl Tracker {
    /// Of a member of which nothing has been shown. Others take of the same memory.
    pub fn new(watch: Watch, memory: KeptBytes) -> Self {
        Self::with_limits(watch, memory, Limits::default())
    }

    fn with_limits(watch: Watch, memory: KeptBytes, limits: Limits) -> Self {
        let state = State {
            shown: HashMap::new(),
            kept: Kept::new(memory, limits),
            trouble: None,
            list: 0,
            complete: false,
            late: Spool::new(MOST_WAITING),
            late_items: 0,
            place: None,
        };
        Self {
            watch,
            mute: false,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Nobody ever waits for it: whoever has a worker look at it goes on only afterwards.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why no more can be kept of it, and it cannot be watched any longer.
    pub fn trouble(&self) -> Option<connect::Error> {
        self.state().trouble.clone()
    }

    /// One that shows nothing of what it is given.
    pub fn mute() -> Self {
        Self {
            mute: true,
            ..Self::new(Watch::default(), KeptBytes::default())
        }
    }

    /// A list begins, perhaps once more from its start.
    pub fn begin_list(&self) {
        let mut state = self.state();
        state.list += 1;
        state.late.clear();
        state.late_items = 0;
        state.place = None;
    }

    /// Takes an answer of a list, and the records made of it. Returns what is to be written now, and how many
    /// records that is.
    ///
    /// # Errors
    /// What is malformed.
    pub fn page(&self, text: &str, expected: Expected, lines: &[u8]) -> Result<(Vec<u8>, u64)> {
        let mut now = Vec::new();
        let mut items = 0;
        if self.mute {
            return Ok((now, items));
        }
        let metas = Metas::parse(text, expected)?;
        let mut state = self.state();
        let lines = text_of(lines)?;
        let mut fresh = HashMap::new();
        let mut sorted = lines.to_owned();
        for (meta, line) in metas.objects.iter().zip(lines.lines()) {
            let list = state.list;
            let event = match state.shown.entry(meta.key()) {
                Entry::Occupied(mut known) => {
                    let known = known.get_mut();
                    known.list = list;
                    if *known.version == *meta.version() {
                        continue;
                    }
                    Event::Modified
                }
                Entry::Vacant(_) => Event::Added,
            };
            state.remember(meta.key(), meta.version(), line);
            fresh.insert(line, event);
        }
        if !state.complete {
            sorted = in_order(lines).unwrap_or(sorted);
        }
        for line in sorted.lines() {
            // Some have been shown, and in a list that is not the first, order means nothing.
            let Some(event) = fresh.get(line) else { continue };
            if state.complete {
                let mut late = Vec::new();
                self.emit(line, *event, false, &mut late)?;
                state.late_items += 1;
                state.late.add(&late);
            } else if !self.watch.only {
                items += 1;
                self.emit(line, *event, true, &mut now)?;
            }
        }
        Ok((now, items))
    }

    /// Whether the list under way has had nothing so far, and no list before it had anything.
    pub fn lacks_all(&self) -> bool {
        let state = self.state();
        !state.complete && state.shown.is_empty()
    }

    /// The list has come to its end, which is at this version. Returns what is to be written for it: first
    /// what is gone, since what took its place may have its name.
    pub fn end_list(&self, mapping: &Mapping, version: String) -> (Spool, u64) {
        let mut state = self.state();
        let state = &mut *state;
        state.place = Some((mapping.clone(), version));
        let list = state.list;
        let gone = state.shown.extract_if(|_, shown| shown.list != list);
        let mut gone: Vec<(String, Shown)> = gone.collect();
        let length: usize = gone.iter().map(|(_, shown)| shown.line.length()).sum();
        if length <= MOST_WAITING {
            let kept = &state.kept;
            gone.sort_by_cached_key(|(_, shown)| {
                kept.get(&shown.line).map(Cow::into_owned).unwrap_or_default()
            });
        }
        let mut lines = Spool::new(MOST_WAITING);
        let mut items = std::mem::take(&mut state.late_items);
        let mut deleted = Vec::new();
        for (key, shown) in gone {
            // It was read when it was made.
            if let Ok(line) = state.kept.get(&shown.line)
                && self.emit(&line, Event::Deleted, false, &mut deleted).is_ok()
            {
                items += 1;
            }
            lines.add(&deleted);
            deleted.clear();
            state.kept.drop(&shown.line);
            state.kept.forget(key.len() + shown.version.len());
        }
        if state.late.write(&mut lines).is_err() || lines.is_stuck() {
            state.trouble = Some(no_room(&io::Error::other(
                "there is no room for what has changed",
            )));
        }
        state.complete = true;
        (lines, items)
    }

    /// What the last list was of, and its version; `None` where it has not come to its end.
    pub fn place(&self) -> Option<(Mapping, String)> {
        self.state().place.clone()
    }

    /// Takes what happened, and the record made of it. Says how many records it wrote, and how far the watch
    /// is now.
    ///
    /// # Errors
    /// What is malformed.
    pub fn event(
        &self,
        event: Event,
        object: &str,
        lines: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(u64, Option<String>)> {
        let metas = Metas::parse(object, Expected::One)?;
        let mut state = self.state();
        let mut items = 0;
        for (meta, line) in metas.objects.iter().zip(text_of(lines)?.lines()) {
            let (key, version) = (meta.key(), meta.version());
            if event == Event::Deleted {
                state.forget(&key);
            } else {
                // Some servers that extend Kubernetes' have no versions.
                let is_known = |before: &Shown| match version {
                    "" => {
                        before.version.is_empty()
                            && state.kept.get(&before.line).is_ok_and(|kept| kept == line)
                    }
                    version => *before.version == *version,
                };
                let is_known = state.shown.get(&key).is_some_and(is_known);
                state.remember(key, version, line);
                if is_known {
                    continue;
                }
            }
            self.emit(line, event, false, out)?;
            items += 1;
        }
        Ok((items, metas.version()))
    }

    /// Writes a record with what happened.
    fn emit(&self, line: &str, event: Event, listed: bool, out: &mut Vec<u8>) -> Result<()> {
        // Writing to memory does not fail.
        let written = match Record::parse(line)? {
            Record::Row(mut row) => {
                row.event = Some(event);
                row.listed = listed;
                row.sort = None;
                if self.watch.events {
                    row.columns
                        .0
                        .insert(0, (EVENT.into(), Cell::Text(event.as_str().into())));
                    // The server may have a column that is called so.
                    row.distinguish_headings();
                }
                record::write(out, &row)
            }
            Record::Object(mut object) => {
                let whole;
                object.event = Some(event);
                object.listed = listed;
                object.sort = None;
                if self.watch.events {
                    let object_text = object.object.get();
                    whole = RawValue::from_string(format!(
                        r#"{{"type":"{}","object":{object_text}}}"#,
                        event.as_str()
                    ))?;
                    let wrapped = record::Object {
                        object: &whole,
                        ..object
                    };
                    record::write(out, &wrapped)
                } else {
                    record::write(out, &object)
                }
            }
            _ => Ok(()),
        };
        written.map_err(serde::de::Error::custom)
    }
}

impl State {
    /// Keeps an object as it was shown last.
    fn remember(&mut self, key: String, version: &str, line: &str) {
        let outcome = self.try_remember(key, version, line);
        if let Err(error) = outcome {
            self.trouble.get_or_insert_with(|| no_room(&error));
        }
    }

    fn try_remember(&mut self, key: String, version: &str, line: &str) -> io::Result<()> {
        self.forget(&key);
        self.kept.know(key.len() + version.len())?;
        let shown = Shown {
            version: version.into(),
            line: self.kept.keep(line)?,
            list: self.list,
        };
        self.shown.insert(key, shown);
        match self.kept.is_full() {
            true => self
                .kept
                .put_aside(self.shown.values_mut().map(|shown| &mut shown.line)),
            false => Ok(()),
        }
    }

    fn forget(&mut self, key: &str) {
        if let Some(shown) = self.shown.remove(key) {
            self.kept.drop(&shown.line);
            self.kept.forget(key.len() + shown.version.len());
        }
    }
}

/// The error that what is watched cannot be kept.
fn no_room(error: &io::Error) -> connect::Error {
    protocol(format!(
        "is no longer watched, since what is shown of it cannot be kept: {error}"
    ))
    .with_hint("watch less of it, with -n, -l or --field-selector, or let TMPDIR name a folder that has room")
}

/// Records in the order in which mc-merge would put those of one cluster; `None` where nothing says that they
/// are not in it already. Objects are printed one by one, and those kubectl does not sort.
fn in_order(lines: &str) -> Option<String> {
    let is_sorted = |line: &str| matches!(Record::parse(line), Ok(Record::Row(row)) if row.sort.is_some());
    if !lines.lines().next().is_some_and(is_sorted) {
        return None;
    }
    let mut merger = Merger::default();
    let mut sorted = Vec::new();
    for (number, line) in (1..).zip(lines.lines()) {
        merger.line(number, line, &mut sorted).ok()?;
    }
    merger.finish(&mut sorted).ok()?;
    String::from_utf8(sorted).ok()
}

fn text_of(lines: &[u8]) -> Result<&str> {
    std::str::from_utf8(lines).map_err(<Error as serde::de::Error>::custom)
}

#[cfg(test)]
mod tests;
