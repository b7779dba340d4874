//! Order and summary (mc-merge).
//!
//! Rows and objects come out in the order in which kubectl would print them: by the position of their
//! type in what was asked for, then by cluster, then in the order of the API server (or by `sort`, where
//! a row has one; one that goes over all clusters comes before the cluster). Every line is passed on byte for
//! byte. The stream that comes out is, in this order:
//!
//! 1. Cluster, Asked and Problem records and kinds that this release does not know, as they arrive;
//! 2. rows and objects, in the order above;
//! 3. texts, by cluster, each cluster's in the order of arrival;
//! 4. Results, by cluster;
//! 5. one Summary, unless there was nothing to sum up.
//!
//! With [`Options::stream`] all of this but the Summary passes in the order of arrival, and so do rows and
//! objects of what is watched in any case.

mod expect;
mod key_bytes;
mod row_key;
mod sort_keys;
mod spilled;
mod table_order;

use crate::arena::{Arena, Names, Span};
use crate::exit::{FailOn, Fatal, Status};
use crate::outcomes::Outcomes;
use crate::record::{self, BadLines, Outcome, Problem, Reason, Record, Str};
use crate::spill;
use crate::wire::{BadLine, Line, LineReader};
use row_key::{LinePrefix, RowKey, TableId};
use serde::de::IgnoredAny;
use sort_keys::SortKeys;
use spilled::{Content, Spilled};
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Read, Write};
use std::path::PathBuf;
use table_order::TableOrder;

/// Bytes that are written at once. A pipe holds 64 KiB on Linux.
const WRITE_SIZE: usize = 64 << 10;

/// The tool that says what is wrong with a line.
const TOOL: &str = "mc-merge";

/// What mc-merge was asked for.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Pass rows through as they arrive in place of sorting.
    pub stream: bool,
    /// What counts as partial.
    pub fail_on: FailOn,
    /// A file that names clusters which must not be missing.
    pub expect: Option<PathBuf>,
}

/// Takes the lines of a stream one by one. mc-merge feeds it from its input; mc-exec, on a terminal, from
/// its own records.
#[derive(Debug)]
pub struct Merger {
    options: Options,
    outcomes: Outcomes,
    clusters: Names,
    places: TableOrder,
    lead: LinePrefix,
    lines: Arena,
    keys: SortKeys,
    key: Vec<u8>,
    rows: Vec<Stored>,
    texts: Vec<Stored>,
    results: Vec<Stored>,
    /// Lines that wait in a file, since they are more than memory is to hold.
    spilled: Spilled,
    /// How many bytes of it memory is to hold, where that is not [`spill::MOST_HELD`].
    most_held: Option<usize>,
    /// Clusters whose rows there is no room for, by their numbers.
    left_out: BTreeMap<u32, Outcome<'static>>,
    /// Whether any record came.
    any: bool,
    problem: Option<String>,
    bad_lines: BadLines,
}

impl Default for Merger {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

/// A line that waits for its turn.
#[derive(Clone, Copy, Debug)]
struct Stored {
    list: TableId,
    /// Whether its key is compared before its cluster.
    across: bool,
    /// Of a row, how many came before it.
    number: u32,
    line: Span,
}

/// The kind of a line and, of the kinds that are held, what is needed.
enum Seen<'a> {
    Row(RowKey<'a>, TableId),
    Text(Str<'a>),
    Result(Outcome<'a>),
    Summary,
    /// A record that has been counted, and is passed on.
    Counted,
    Other,
}

impl Merger {
    /// A merger that has seen nothing.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            outcomes: Outcomes::default(),
            clusters: Names::default(),
            places: TableOrder::default(),
            lead: LinePrefix::default(),
            lines: Arena::default(),
            keys: SortKeys::default(),
            key: Vec::new(),
            rows: Vec::new(),
            texts: Vec::new(),
            results: Vec::new(),
            spilled: Spilled::default(),
            most_held: None,
            left_out: BTreeMap::new(),
            any: false,
            problem: None,
            bad_lines: BadLines::of(TOOL),
        }
    }

    /// The same with so many bytes of what waits in memory; the rest goes into a file.
    pub(crate) fn with_memory(self, most_held: usize) -> Self {
        Self {
            most_held: Some(most_held),
            ..self
        }
    }

    /// Takes one line.
    ///
    /// A line that is no record is left out, and [`problem`](Self::problem) then says what is wrong.
    ///
    /// # Errors
    /// Any error of the output. Only what is not held back is written here.
    pub fn line(&mut self, number: u64, line: &str, output: &mut dyn Write) -> io::Result<()> {
        let seen = match self.look(line) {
            Ok(seen) => seen,
            Err(error) => {
                let bad = not_a_record(number, line, &error);
                return self.bad_line(&bad, output);
            }
        };
        // Where there is no room for it, a Result says so: see [`Self::leave_out`].
        let mut held = Stored {
            list: TableId::default(),
            across: false,
            number: 0,
            line: Span::default(),
        };
        self.any = true;
        let stream = self.options.stream;
        let list = match seen {
            Seen::Summary => return Ok(()),
            Seen::Counted => return pass_on(output, line.as_bytes()),
            Seen::Other => {
                self.outcomes.saw_other();
                return pass_on(output, line.as_bytes());
            }
            // What is watched has no end that others could wait for.
            Seen::Row(head, _) if head.event.is_some() => return pass_on(output, line.as_bytes()),
            Seen::Row(_, list) if self.left_out.contains_key(&list.cluster) => return Ok(()),
            Seen::Row(head, list) => {
                held.list = list;
                if !stream {
                    held.across = head.sort.is_some_and(key_bytes::is_across);
                    held.number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
                    head.write_key(&mut self.key);
                    if !self.keys.push(list, held.across, &self.key) {
                        self.keep_keys();
                        self.keys.add(&self.key);
                    }
                }
                &mut self.rows
            }
            Seen::Text(cluster) => {
                held.list.cluster = self.saw_data(&cluster);
                if self.left_out.contains_key(&held.list.cluster) {
                    return Ok(());
                }
                &mut self.texts
            }
            Seen::Result(outcome) => {
                held.list.cluster = self.clusters.number(&outcome.cluster).0;
                if self.left_out.contains_key(&held.list.cluster) {
                    return Ok(());
                }
                self.outcomes.saw_result(&outcome);
                &mut self.results
            }
        };
        if stream {
            return pass_on(output, line.as_bytes());
        }
        held.line = self.lines.keep_line(line);
        list.push(held);
        if self.size() > self.most_held.unwrap_or(spill::MOST_HELD) {
            self.put_aside();
        }
        Ok(())
    }

    /// About how many bytes of memory is taken by what waits.
    fn size(&self) -> usize {
        self.lines.size() + (self.rows.len() + self.texts.len()) * size_of::<Stored>() + self.keys.size()
    }

    /// Puts all rows and texts aside. Where there is no room for them, clusters are left out until there is.
    fn put_aside(&mut self) {
        while !(self.rows.is_empty() && self.texts.is_empty())
            && let Err(error) = self.try_put_aside()
        {
            self.leave_out(&error);
            if self.size() <= self.most_held.unwrap_or(spill::MOST_HELD) {
                return;
            }
        }
    }

    fn try_put_aside(&mut self) -> io::Result<()> {
        let Self {
            spilled,
            rows,
            texts,
            lines,
            keys,
            ..
        } = self;
        let group = |row: &Stored| (row.list.place, row.list.cluster, row.across);
        let by_key = |a: &Stored, b: &Stored| keys.get(a.number).cmp(keys.get(b.number));
        rows.sort_by(|a, b| group(a).cmp(&group(b)).then_with(|| by_key(a, b)));
        texts.sort_by_key(|text| text.list.cluster);
        let mut key = Vec::new();
        let outcome = spilled.put_aside(|writer| {
            for row in &*rows {
                // It has been read before.
                let head = RowKey::read(lines.get(row.line).trim_end()).map(|(head, _)| head);
                head.unwrap_or_default().write_key(&mut key);
                let content = Content::Rows { across: row.across };
                writer.add(content, row.list, &key, lines.get_bytes(row.line))?;
            }
            for text in &*texts {
                writer.add(Content::Texts, text.list, &[], lines.get_bytes(text.line))?;
            }
            Ok(())
        });
        // SortKeys are known by the numbers that rows had when they came.
        rows.sort_by_key(|row| row.number);
        outcome?;
        self.rows = Vec::new();
        self.texts = Vec::new();
        self.keys = SortKeys::default();
        self.compact();
        Ok(())
    }

    /// Leaves the cluster out that takes most room, and frees that.
    fn leave_out(&mut self, error: &io::Error) {
        let mut bytes: BTreeMap<u32, u64> = BTreeMap::new();
        for held in self.rows.iter().chain(&self.texts) {
            *bytes.entry(held.list.cluster).or_default() += held.line.length() as u64;
        }
        let all = bytes.iter();
        let most = all.max_by_key(|(cluster, bytes)| **bytes + self.spilled.bytes_of(**cluster));
        let Some((cluster, _)) = most.map(|(cluster, bytes)| (*cluster, *bytes)) else {
            return;
        };
        let outcome = no_room(self.clusters.name(cluster), error);
        self.problem = outcome
            .message
            .as_ref()
            .map(|message| format!("{}: {message}", outcome.cluster));
        self.outcomes.saw_result(&outcome);
        self.left_out.insert(cluster, outcome);
        self.spilled.forget(cluster);
        for list in [&mut self.rows, &mut self.texts, &mut self.results] {
            list.retain(|held| held.list.cluster != cluster);
        }
        for (number, row) in (0..).zip(&mut self.rows) {
            row.number = number;
        }
        self.compact();
        self.keys = SortKeys::default();
        self.keep_keys();
    }

    /// Gives back the memory of lines that are no longer held.
    fn compact(&mut self) {
        let mut old = std::mem::take(&mut self.lines);
        for list in [&mut self.rows, &mut self.texts, &mut self.results] {
            for held in list {
                let line = self.lines.keep_bytes(old.get_bytes(held.line));
                old.let_go(held.line, 1);
                held.line = line;
            }
        }
    }

    /// Keeps the keys of all rows that have come.
    fn keep_keys(&mut self) {
        let mut key = Vec::new();
        for row in &self.rows {
            // It has been read before.
            let head = RowKey::read(self.lines.get(row.line).trim_end()).map(|(head, _)| head);
            head.unwrap_or_default().write_key(&mut key);
            self.keys.add(&key);
        }
    }

    /// Returns what was wrong with the last line, or that there was no room for it, once.
    pub fn problem(&mut self) -> Option<String> {
        self.problem.take()
    }

    /// Counts a line that could not be read, and passes on that it is lost.
    ///
    /// # Errors
    /// Any error of the output.
    pub fn bad_line(&mut self, bad: &BadLine, output: &mut dyn Write) -> io::Result<()> {
        if let Some(problem) = self.bad_lines.take(bad) {
            self.problem = Some(bad.to_string());
            self.lost(&problem, output)?;
        }
        Ok(())
    }

    /// Counts what is lost, and passes on that it is.
    fn lost(&mut self, problem: &Problem<'_>, output: &mut dyn Write) -> io::Result<()> {
        self.outcomes.saw_problem(problem);
        record::write(&mut &mut *output, problem)
    }

    /// Says at the end of the input how many more lines could not be read than have been told one by one, and
    /// passes that on.
    ///
    /// # Errors
    /// Any error of the output.
    pub fn end(&mut self, output: &mut dyn Write) -> io::Result<()> {
        if let Some(rest) = self.bad_lines.rest() {
            self.problem = Some(rest.message.to_string());
            self.lost(&rest, output)?;
        }
        Ok(())
    }

    /// Returns whether nothing came, neither a record nor a line that was meant to be one.
    pub fn is_empty(&self) -> bool {
        !self.any && self.bad_lines.count() == 0
    }

    /// Writes what was held back, then the Results, then the Summary.
    ///
    /// # Errors
    /// Any error of the output.
    pub fn finish(mut self, output: &mut dyn Write) -> io::Result<Status> {
        if !self.spilled.is_empty() {
            self.put_aside_rest();
        }
        for (cluster, outcome) in std::mem::take(&mut self.left_out) {
            let mut line = Vec::new();
            record::write(&mut line, &outcome)?;
            self.results.push(Stored {
                list: TableId { cluster, place: 0 },
                across: false,
                number: 0,
                line: self.lines.keep_bytes(&line),
            });
        }
        let Self {
            options,
            outcomes,
            clusters,
            places,
            mut lines,
            keys,
            mut rows,
            mut texts,
            mut results,
            spilled,
            ..
        } = self;
        let ranks = clusters.ranks();
        let places = places.ranks(&ranks);
        let rank = |ranks: &[u32], number: u32| ranks.get(number as usize).copied().unwrap_or(u32::MAX);
        let list_ranks = |list: TableId| TableId {
            cluster: rank(&ranks, list.cluster),
            place: rank(&places, list.place),
        };
        // As kubectl does. mc-format says why.
        let wants_rows = outcomes.unsorted().is_none();
        spilled.write(list_ranks, wants_rows, output)?;
        for held in rows.iter_mut().chain(&mut texts).chain(&mut results) {
            held.list = list_ranks(held.list);
        }
        // All three sorts are stable: what compares equal stays in the order of arrival.
        let by_cluster = |a: &Stored, b: &Stored| a.list.cluster.cmp(&b.list.cluster);
        let by_key = |a: &Stored, b: &Stored| keys.get(a.number).cmp(keys.get(b.number));
        // Not the rows themselves: sorting moves them, and they are larger.
        let mut sorted: Vec<&Stored> = rows.iter().collect();
        sorted.sort_by(|a, b| {
            let by_place = (a.list.place, !a.across).cmp(&(b.list.place, !b.across));
            by_place.then_with(|| match a.across {
                true => by_key(a, b).then_with(|| by_cluster(a, b)),
                false => by_cluster(a, b).then_with(|| by_key(a, b)),
            })
        });
        drop(keys);
        if !wants_rows {
            sorted.clear();
        }
        texts.sort_by(by_cluster);
        results.sort_by(by_cluster);
        let mut in_order = sorted
            .into_iter()
            .chain(&texts)
            .chain(&results)
            .map(|held| held.line);
        let mut at = in_order.next();
        while let Some(first) = at {
            // What came one behind the other, as most of what a cluster sends did, is written from where it is.
            let mut together = first;
            let mut count = 1;
            at = loop {
                let next = in_order.next();
                match next.and_then(|next| together.followed_by(next)) {
                    Some(longer) => together = longer,
                    None => break next,
                }
                count += 1;
            };
            output.write_all(lines.get_bytes(together))?;
            lines.let_go(together, count);
        }
        // Of rows alone nobody knows whether they are all: a Summary would say that no cluster was asked.
        if outcomes.is_known() {
            let mut line = Vec::new();
            record::write(&mut line, &outcomes.summary())?;
            output.write_all(&line)?;
        }
        Ok(outcomes.status(options.fail_on))
    }

    /// The same of all that is left in memory, whether that is much or not.
    fn put_aside_rest(&mut self) {
        while !(self.rows.is_empty() && self.texts.is_empty())
            && let Err(error) = self.try_put_aside()
        {
            self.leave_out(&error);
        }
    }

    fn saw_data(&mut self, cluster: &str) -> u32 {
        let (number, new) = self.clusters.number(cluster);
        if new {
            self.outcomes.saw_data(cluster);
        }
        number
    }

    /// Reads of a line what its kind makes necessary: of a row not its columns, of an object not the
    /// object.
    fn look<'a>(&mut self, line: &'a str) -> Result<Seen<'a>, serde_json::Error> {
        if let Some((head, list)) = self.lead.followed_by(line) {
            return Ok(Seen::Row(head, list));
        }
        Ok(match record::kind(line)?.as_str() {
            record::ROW | record::OBJECT => {
                let (head, start) = RowKey::read(line)?;
                let cluster = self.saw_data(&head.cluster);
                let place = self.places.number(cluster, head.position, &head.resource);
                let list = TableId { cluster, place };
                self.lead.learn(line.get(..start).unwrap_or_default(), list);
                Seen::Row(head, list)
            }
            record::TEXT => match Record::parse(line)? {
                Record::Text(text) => Seen::Text(text.cluster),
                _ => Seen::Other,
            },
            record::RESULT => Seen::Result(serde_json::from_str(line)?),
            record::SUMMARY => {
                self.outcomes.saw_summary(&serde_json::from_str(line)?);
                Seen::Summary
            }
            record::ASKED => {
                self.outcomes.saw_asked(&serde_json::from_str(line)?);
                Seen::Counted
            }
            record::PROBLEM => {
                self.outcomes.saw_problem(&serde_json::from_str(line)?);
                Seen::Counted
            }
            _ => {
                serde_json::from_str::<IgnoredAny>(line)?;
                Seen::Other
            }
        })
    }
}

/// The Result of a cluster whose rows there is no room for.
pub(crate) fn no_room(cluster: &str, error: &io::Error) -> Outcome<'static> {
    Outcome {
        cluster: Str::from(cluster).into_owned(),
        reason: Some(Reason::Protocol),
        message: Some(format!("what it sent is left out, since there is no room for it: {error}").into()),
        hint: Some(
            "make room there, let TMPDIR name a folder that has some, or ask the cluster for less: -n, -l, --field-selector"
                .into(),
        ),
        ..Outcome::default()
    }
}

/// What is said of a line that is no record.
pub(crate) fn not_a_record(number: u64, line: &str, error: &serde_json::Error) -> BadLine {
    BadLine::new(
        number,
        format!("not a record, left out: {error}"),
        line.as_bytes(),
    )
}

fn pass_on(output: &mut dyn Write, line: &[u8]) -> io::Result<()> {
    output.write_all(line)?;
    output.write_all(b"\n")
}

/// mc-merge.
///
/// # Errors
/// Only on the input or the output itself.
pub fn run(
    options: Options,
    input: impl Read,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let mut output = BufWriter::with_capacity(WRITE_SIZE, output);
    let expect = options.expect.clone();
    let mut merger = Merger::new(options);
    let mut reader = LineReader::new(input);
    loop {
        // Nobody waits for a record that only a full buffer would send on.
        if !reader.has_buffered() {
            output.flush().map_err(|error| Fatal::output(&error))?;
        }
        match reader.next_numbered().map_err(|error| Fatal::input(&error))? {
            Some((number, Line::Text(line))) => {
                merger
                    .line(number, line, &mut output)
                    .map_err(|error| Fatal::output(&error))?;
            }
            Some((_, Line::Bad(bad))) => merger
                .bad_line(&bad, &mut output)
                .map_err(|error| Fatal::output(&error))?,
            None => break,
        }
        if let Some(problem) = merger.problem() {
            complain(&problem);
        }
    }
    merger.end(&mut output).map_err(|error| Fatal::output(&error))?;
    if let Some(problem) = merger.problem() {
        complain(&problem);
    }
    let is_empty = merger.is_empty();
    if let Some(path) = &expect {
        merger
            .expect(path, &mut output, complain)
            .map_err(|error| Fatal::output(&error))?;
    }
    if is_empty {
        output.flush().map_err(|error| Fatal::output(&error))?;
        return Err(Fatal::no_input());
    }
    let status = merger
        .finish(&mut output)
        .map_err(|error| Fatal::output(&error))?;
    output.flush().map_err(|error| Fatal::output(&error))?;
    Ok(status)
}

#[cfg(test)]
mod tests;
