//! Tracks what has been shown of a watched cluster, so that nothing is repeated or missed whatever happens to the connection.
//!
//! Of each object the resourceVersion and the last record are kept. That record is shown once more, as deleted, when a new
//! list no longer has the object. A row takes about 300 bytes, a whole object its own length; records that do not fit in
//! memory are in a file ([`KeptRecords`]).

mod kept;
mod metas;

pub use kept::KeptBytes;
pub use metas::Metas;

use super::query::Watch;
use super::reader::Expected;
use crate::apiserver::mapper::Mapping;
use crate::apiserver::protocol::protocol;
use crate::connect;
use crate::exit::Status;
use crate::merge::{self, Merger};
use crate::mutex::lock;
use crate::record::{self, Cell, Event, Record};
use crate::spill::Spool;
use kept::{KeptLimits, KeptRecords, RecordLocation};
use serde_json::value::RawValue;
use serde_json::{Error, Result};
use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

/// The heading of the column for events.
const EVENT: &str = "EVENT";

/// Tracks what has been shown of one cluster. Clones share it, so that a worker can read a long answer.
#[derive(Clone)]
pub struct Tracker {
    watch: Watch,
    mute: bool,
    state: Arc<Mutex<ShownObjects>>,
}

/// How many bytes of records that will be shown wait in memory.
const MOST_WAITING: usize = 8 << 20;

struct ShownObjects {
    shown: HashMap<String, ShownObject>,
    kept: KeptRecords,
    /// Why no more records can be kept.
    trouble: Option<connect::Error>,
    /// The number of the current list.
    list: u64,
    /// True if any list has been completed.
    complete: bool,
    /// Records of a list after the first, which are shown when it is complete.
    late: Spool,
    late_items: u64,
    /// Rows of the first list that have to be sorted, which are shown when it is complete.
    unsorted: Option<Merger>,
    /// The type and version of the last list, if it is complete.
    place: Option<(Mapping, String)>,
}

/// An object, as it was shown last.
struct ShownObject {
    version: Box<str>,
    /// The record, without an event.
    line: RecordLocation,
    /// The number of the last list that had the object.
    list: u64,
}

impl Tracker {
    /// Tracks a cluster of which nothing has been shown. All trackers share `memory`.
    pub fn new(watch: Watch, memory: KeptBytes) -> Self {
        Self::with_limits(watch, memory, KeptLimits::default())
    }

    fn with_limits(watch: Watch, memory: KeptBytes, limits: KeptLimits) -> Self {
        let state = ShownObjects {
            shown: HashMap::new(),
            kept: KeptRecords::new(memory, limits),
            trouble: None,
            list: 0,
            complete: false,
            late: Spool::new(MOST_WAITING),
            late_items: 0,
            unsorted: None,
            place: None,
        };
        Self {
            watch,
            mute: false,
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// Locks the state. This never blocks: a query that has a worker use the tracker waits for that worker.
    fn state(&self) -> MutexGuard<'_, ShownObjects> {
        lock(&self.state)
    }

    /// Returns why no more records can be kept: then the cluster cannot be watched any longer.
    pub fn trouble(&self) -> Option<connect::Error> {
        self.state().trouble.clone()
    }

    /// Returns a tracker that shows nothing.
    pub fn mute() -> Self {
        Self {
            mute: true,
            ..Self::new(Watch::default(), KeptBytes::default())
        }
    }

    /// Begins a list, or begins it again.
    pub fn begin_list(&self) {
        let mut state = self.state();
        state.list += 1;
        state.late.clear();
        state.late_items = 0;
        state.place = None;
        if state.unsorted.take().is_some() {
            // Nothing of the list before has been shown.
            for (key, shown) in std::mem::take(&mut state.shown) {
                state.release(&key, &shown);
            }
        }
    }

    /// Takes a page of a list, and the records made of it. Returns the records to be written now, and their number.
    ///
    /// # Errors
    /// A malformed page.
    pub fn page(&self, text: &str, expected: Expected, lines: &[u8]) -> Result<(Vec<u8>, u64)> {
        let mut now = Vec::new();
        let mut items = 0;
        if self.mute {
            return Ok((now, items));
        }
        let metas = Metas::parse(text, expected)?;
        let mut state = self.state();
        let lines = text_of(lines)?;
        let is_sorted = !state.complete && lines.lines().next().is_some_and(has_sort_key);
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
            if state.complete {
                let mut late = Vec::new();
                self.emit(line, event, false, &mut late)?;
                state.late_items += 1;
                state.late.add(&late);
            } else if self.watch.only {
                continue;
            } else if is_sorted {
                state.sort(line);
            } else {
                items += 1;
                self.emit(line, event, true, &mut now)?;
            }
        }
        Ok((now, items))
    }

    /// Returns whether neither the current list nor any list before it has had an object.
    pub fn lacks_all(&self) -> bool {
        let state = self.state();
        !state.complete && state.shown.is_empty()
    }

    /// Ends a list, at this version. Returns the records to be written: deleted objects first, since new objects may have
    /// their names.
    pub fn end_list(&self, mapping: &Mapping, version: String) -> (Spool, u64) {
        let mut state = self.state();
        let state = &mut *state;
        state.place = Some((mapping.clone(), version));
        let list = state.list;
        let gone = state.shown.extract_if(|_, shown| shown.list != list);
        let mut gone: Vec<(String, ShownObject)> = gone.collect();
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
            // The record was valid when it was made.
            if let Ok(line) = state.kept.get(&shown.line)
                && self.emit(&line, Event::Deleted, false, &mut deleted).is_ok()
            {
                items += 1;
            }
            lines.add(&deleted);
            deleted.clear();
            state.release(&key, &shown);
        }
        let written = match state.unsorted.take() {
            Some(unsorted) => self.write_sorted(unsorted, &mut lines),
            None => state.late.write(&mut lines).map(|()| 0),
        };
        match written {
            Ok(_) if lines.is_stuck() => {
                state.trouble = Some(no_room(&io::Error::other(
                    "there is no room for what has changed",
                )))
            }
            Ok(more) => items += more,
            Err(error) => state.trouble = Some(no_room(&error)),
        }
        state.complete = true;
        (lines, items)
    }

    /// Writes the rows of the first list in mc-merge's order, and returns their number.
    fn write_sorted(&self, unsorted: Merger, lines: &mut Spool) -> io::Result<u64> {
        let mut sorted = Spool::new(MOST_WAITING);
        if unsorted.finish(&mut sorted)? != Status::Complete || sorted.is_stuck() {
            return Err(io::Error::other("there is no room for sorting it"));
        }
        let mut items = 0;
        let mut listed = Vec::new();
        while let Some(some) = sorted.next_lines()? {
            for line in text_of(&some)?.lines() {
                self.emit(line, Event::Added, true, &mut listed)?;
                lines.add(&listed);
                listed.clear();
                items += 1;
            }
        }
        Ok(items)
    }

    /// Returns the type and version of the last list; `None` if it is not complete.
    pub fn place(&self) -> Option<(Mapping, String)> {
        self.state().place.clone()
    }

    /// Takes an event, and the record made of its object. Returns how many records it wrote, and the version that the watch
    /// has reached.
    ///
    /// # Errors
    /// A malformed event.
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
                // Objects of some aggregated APIs have no resourceVersion.
                let is_known = |before: &ShownObject| match version {
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

    /// Writes a record with its event.
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
                    // The server may have a column of the same name.
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

impl ShownObjects {
    /// Keeps an object as it is shown now.
    fn remember(&mut self, key: String, version: &str, line: &str) {
        let outcome = self.try_remember(key, version, line);
        if let Err(error) = outcome {
            self.trouble.get_or_insert_with(|| no_room(&error));
        }
    }

    fn try_remember(&mut self, key: String, version: &str, line: &str) -> io::Result<()> {
        self.forget(&key);
        self.kept.know(key.len() + version.len())?;
        let shown = ShownObject {
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

    /// Keeps a row until the first list is complete.
    fn sort(&mut self, line: &str) {
        let new = || Merger::with_memory(merge::Options::default(), MOST_WAITING);
        let unsorted = self.unsorted.get_or_insert_with(new);
        // Writing to a sink does not fail, and a row that a reader has made is a record.
        let _ = unsorted.line(0, line, &mut io::sink());
        if let Some(problem) = unsorted.problem() {
            self.trouble
                .get_or_insert_with(|| no_room(&io::Error::other(problem)));
        }
    }

    fn forget(&mut self, key: &str) {
        if let Some(shown) = self.shown.remove(key) {
            self.release(key, &shown);
        }
    }

    /// Gives back the memory of an object that is not shown any more.
    fn release(&mut self, key: &str, shown: &ShownObject) {
        self.kept.drop(&shown.line);
        self.kept.forget(key.len() + shown.version.len());
    }
}

/// Returns the error that records cannot be kept.
fn no_room(error: &io::Error) -> connect::Error {
    protocol(format!(
        "is no longer watched, since what is shown of it cannot be kept: {error}"
    ))
    .with_hint("watch less of it, with -n, -l or --field-selector, or let TMPDIR name a folder that has room")
}

/// Returns true if a record is to be sorted. Objects are printed one by one, and kubectl does not sort those.
fn has_sort_key(line: &str) -> bool {
    matches!(Record::parse(line), Ok(Record::Row(row)) if row.sort.is_some())
}

fn text_of(lines: &[u8]) -> Result<&str> {
    std::str::from_utf8(lines).map_err(<Error as serde::de::Error>::custom)
}

#[cfg(test)]
mod tests;
