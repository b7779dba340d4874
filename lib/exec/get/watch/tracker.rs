//! What has been shown of a member, so that nothing is repeated and nothing is left out, whatever happens to
//! its connection.
//!
//! For each object its resourceVersion is kept, and its last record: that is what is shown once more, as
//! deleted, where a fresh list no longer has it. A row takes some 300 bytes, a whole object what it takes.

use super::super::list::Expected;
use super::super::mapper::Mapping;
use super::frames::Metas;
use crate::exec::Watch;
use crate::merge::Merger;
use crate::record::{self, Cell, Event, Record};
use serde_json::value::RawValue;
use serde_json::{Error, Result};
use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// The heading of what happened.
const EVENT: &str = "EVENT";

/// See the module.
pub struct Tracker {
    watch: Watch,
    mute: bool,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    shown: HashMap<String, Shown>,
    /// The number of the list under way.
    list: u64,
    /// Whether a list has come to its end.
    complete: bool,
    /// What a list that is not the first is going to show.
    late: Vec<u8>,
    late_items: u64,
    /// What the last list was of, and its version, once it has come to its end.
    place: Option<(Mapping, String)>,
}

/// An object as it was shown last.
struct Shown {
    version: Box<str>,
    /// Its record, without an event.
    line: Box<str>,
    /// The list that had it last.
    list: u64,
}

impl Tracker {
    /// Of a member of which nothing has been shown.
    pub fn new(watch: Watch) -> Self {
        Self {
            watch,
            mute: false,
            state: RefCell::default(),
        }
    }

    /// One that shows nothing of what it is given.
    pub fn mute() -> Self {
        Self {
            mute: true,
            ..Self::new(Watch::default())
        }
    }

    /// A list begins, perhaps once more from its start.
    pub fn begin_list(&self) {
        let mut state = self.state.borrow_mut();
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
        let mut state = self.state.borrow_mut();
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
                    (known.version, known.line) = (meta.version().into(), line.into());
                    Event::Modified
                }
                Entry::Vacant(free) => {
                    free.insert(Shown {
                        version: meta.version().into(),
                        line: line.into(),
                        list,
                    });
                    Event::Added
                }
            };
            fresh.insert(line, event);
        }
        if !state.complete {
            sorted = in_order(lines).unwrap_or(sorted);
        }
        for line in sorted.lines() {
            // Some have been shown, and in a list that is not the first, order means nothing.
            let Some(event) = fresh.get(line) else { continue };
            if state.complete {
                state.late_items += 1;
                self.emit(line, *event, false, &mut state.late)?;
            } else if !self.watch.only {
                items += 1;
                self.emit(line, *event, true, &mut now)?;
            }
        }
        Ok((now, items))
    }

    /// Whether the list under way has had nothing so far, and no list before it had anything.
    pub fn lacks_all(&self) -> bool {
        let state = self.state.borrow();
        !state.complete && state.shown.is_empty()
    }

    /// The list has come to its end, which is at this version. Returns what is to be written for it: first
    /// what is gone, since what took its place may have its name.
    pub fn end_list(&self, mapping: &Mapping, version: String) -> (Vec<u8>, u64) {
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        state.place = Some((mapping.clone(), version));
        let list = state.list;
        let mut gone: Vec<Box<str>> = state
            .shown
            .extract_if(|_, shown| shown.list != list)
            .map(|(_, shown)| shown.line)
            .collect();
        gone.sort_unstable();
        let mut lines = Vec::new();
        let mut items = std::mem::take(&mut state.late_items);
        for line in gone {
            // It was read when it was made.
            if self.emit(&line, Event::Deleted, false, &mut lines).is_ok() {
                items += 1;
            }
        }
        lines.append(&mut state.late);
        state.complete = true;
        (lines, items)
    }

    /// What the last list was of, and its version; `None` where it has not come to its end.
    pub fn place(&self) -> Option<(Mapping, String)> {
        self.state.borrow().place.clone()
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
        let mut state = self.state.borrow_mut();
        let mut items = 0;
        for (meta, line) in metas.objects.iter().zip(text_of(lines)?.lines()) {
            let (key, version) = (meta.key(), meta.version());
            if event == Event::Deleted {
                state.shown.remove(&key);
            } else {
                let list = state.list;
                let shown = Shown {
                    version: version.into(),
                    line: line.into(),
                    list,
                };
                let before = state.shown.insert(key, shown);
                // Some servers that extend Kubernetes' have no versions.
                let is_known = |before: Shown| match version {
                    "" => before.version.is_empty() && *before.line == *line,
                    version => *before.version == *version,
                };
                if before.is_some_and(is_known) {
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
