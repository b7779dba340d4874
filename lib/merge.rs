//! Order and summary (mc-merge).
//!
//! Rows and objects come out in the order in which kubectl would print them: by the position of their
//! type in what was asked for, then by cluster, then in the order of the API server (or by `sort`, where
//! a row has one; one that goes over all clusters comes before the cluster). Every line is passed on byte for
//! byte. The stream that comes out is, in this order:
//!
//! 1. Cluster records and kinds that this release does not know, as they arrive;
//! 2. rows and objects, in the order above;
//! 3. texts, by cluster, each cluster's in the order of arrival;
//! 4. Results, by cluster;
//! 5. one Summary, unless there was nothing to sum up.
//!
//! With [`Options::stream`] all of this but the Summary passes in the order of arrival, and so do rows and
//! objects of what is watched in any case.

mod arena;
pub(crate) mod json;
mod order;
pub mod outcomes;
mod places;

pub(crate) use arena::{Arena, Names, Span};

use crate::exit::{FailOn, Fatal, Status};
use crate::record::{self, Outcome, Record, Str};
use crate::wire::{BadLine, Line, LineReader};
use outcomes::Outcomes;
use places::Places;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::io::{self, BufWriter, Read, Write};

/// Bytes that are written at once. A pipe holds 64 KiB on Linux.
const WRITE_SIZE: usize = 64 << 10;

/// What mc-merge was asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Pass rows through as they arrive in place of sorting.
    pub stream: bool,
    /// What counts as partial.
    pub fail_on: FailOn,
}

/// Takes the lines of a stream one by one. mc-merge feeds it from its input; mc-exec, on a terminal, from
/// its own records.
#[derive(Debug, Default)]
pub struct Merger {
    options: Options,
    outcomes: Outcomes,
    clusters: Names,
    places: Places,
    lines: Arena,
    keys: Arena,
    key: Vec<u8>,
    rows: Vec<Held>,
    texts: Vec<Held>,
    results: Vec<Held>,
    /// Whether any record came.
    any: bool,
    problem: Option<BadLine>,
    problems: u64,
}

/// A line that waits for its turn.
#[derive(Clone, Copy, Debug)]
struct Held {
    place: u32,
    cluster: u32,
    /// Whether its key is compared before its cluster.
    across: bool,
    key: Span,
    line: Span,
}

/// What the order of rows and objects depends on. Nothing else of them is looked at.
#[derive(Debug, Default, Deserialize, PartialEq)]
struct Head<'a> {
    #[serde(borrow)]
    cluster: Str<'a>,
    #[serde(borrow, default)]
    resource: Str<'a>,
    #[serde(default)]
    position: u32,
    #[serde(borrow, default)]
    namespace: Str<'a>,
    #[serde(borrow, default)]
    name: Str<'a>,
    #[serde(borrow, default, deserialize_with = "text_of")]
    sort: Option<&'a str>,
    #[serde(default)]
    event: Option<IgnoredAny>,
}

fn text_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de str>, D::Error> {
    Ok(Option::<&RawValue>::deserialize(deserializer)?.map(RawValue::get))
}

impl<'a> Head<'a> {
    fn read(line: &'a str) -> Result<Self, serde_json::Error> {
        // What is unusual is left to serde, which knows what is wrong with it.
        Self::skim(line).map_or_else(|_| serde_json::from_str(line), Ok)
    }

    /// The same without going through the columns or the object letter by letter, which is most of what a line
    /// has. That brackets and quotes match is enough here: who prints it reads it again.
    fn skim(line: &'a str) -> Result<Self, json::Unusual> {
        fn value<'a, T: Deserialize<'a>>(text: &'a str) -> Result<Option<T>, json::Unusual> {
            serde_json::from_str(text).map(Some).map_err(|_| json::Unusual)
        }
        fn string(text: &str) -> Result<Option<Str<'_>>, json::Unusual> {
            json::plain_string(text).map_or_else(|| value(text), |text| Ok(Some(text.into())))
        }
        let (mut cluster, mut resource, mut namespace, mut name) = (None, None, None, None);
        let (mut position, mut sort, mut event) = (None, None, None);
        let mut members = json::Members::new(line)?;
        while let Some((key, text)) = members.next_member()? {
            let repeated = match key {
                "cluster" => std::mem::replace(&mut cluster, string(text)?).is_some(),
                "resource" => std::mem::replace(&mut resource, string(text)?).is_some(),
                "position" => std::mem::replace(&mut position, value(text)?).is_some(),
                "namespace" => std::mem::replace(&mut namespace, string(text)?).is_some(),
                "name" => std::mem::replace(&mut name, string(text)?).is_some(),
                "sort" => std::mem::replace(&mut sort, value::<&RawValue>(text)?).is_some(),
                "event" => std::mem::replace(&mut event, value(text)?).is_some(),
                _ => false,
            };
            if repeated {
                return Err(json::Unusual);
            }
        }
        Ok(Self {
            cluster: cluster.ok_or(json::Unusual)?,
            resource: resource.unwrap_or_default(),
            position: position.unwrap_or_default(),
            namespace: namespace.unwrap_or_default(),
            name: name.unwrap_or_default(),
            sort: sort.map(RawValue::get).filter(|sort| *sort != "null"),
            event: event.flatten(),
        })
    }
}

/// The kind of a line and, of the kinds that are held, what is needed.
enum Seen<'a> {
    Row(Head<'a>),
    Text(Str<'a>),
    Result(Outcome<'a>),
    Summary,
    Other,
}

impl Merger {
    /// A merger that has seen nothing.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// Takes one line.
    ///
    /// A line that is no record is left out, and [`problem`](Self::problem) then says what is wrong.
    ///
    /// # Errors
    /// What the output returns. Only what is not held back is written here.
    pub fn line(&mut self, number: u64, line: &str, output: &mut dyn Write) -> io::Result<()> {
        let seen = match self.look(line) {
            Ok(seen) => seen,
            Err(error) => {
                self.bad_line(not_a_record(number, &error));
                return Ok(());
            }
        };
        let mut held = Held {
            place: 0,
            cluster: 0,
            across: false,
            key: Span::default(),
            line: Span::default(),
        };
        self.any = true;
        let stream = self.options.stream;
        let list = match seen {
            Seen::Summary => return Ok(()),
            Seen::Other => return pass_on(output, line.as_bytes()),
            // What is watched has no end that others could wait for.
            Seen::Row(head) if head.event.is_some() => {
                self.saw_data(&head.cluster);
                return pass_on(output, line.as_bytes());
            }
            Seen::Row(head) => {
                held.cluster = self.saw_data(&head.cluster);
                if !stream {
                    held.place = self.places.number(held.cluster, head.position, &head.resource);
                    self.key.clear();
                    held.across = head.sort.is_some_and(order::is_across);
                    order::write_key(&mut self.key, &head.namespace, &head.name, head.sort);
                    held.key = self.keys.keep_bytes(&self.key);
                }
                &mut self.rows
            }
            Seen::Text(cluster) => {
                held.cluster = self.saw_data(&cluster);
                &mut self.texts
            }
            Seen::Result(outcome) => {
                self.outcomes.saw_result(&outcome);
                held.cluster = self.clusters.number(&outcome.cluster).0;
                &mut self.results
            }
        };
        if stream {
            return pass_on(output, line.as_bytes());
        }
        held.line = self.lines.keep(line);
        list.push(held);
        Ok(())
    }

    /// What was wrong with the last line, once.
    pub fn problem(&mut self) -> Option<BadLine> {
        self.problem.take()
    }

    /// Counts a line that could not be read: the run is partial at best.
    pub fn bad_line(&mut self, problem: BadLine) {
        self.problems += 1;
        self.problem = Some(problem);
    }

    /// Writes what was held back, then the Results, then the Summary.
    ///
    /// # Errors
    /// What the output returns.
    pub fn finish(self, output: &mut dyn Write) -> io::Result<Status> {
        let Self {
            options,
            outcomes,
            clusters,
            places,
            lines,
            keys,
            mut rows,
            mut texts,
            mut results,
            any,
            problems,
            ..
        } = self;
        let ranks = clusters.ranks();
        let rank = |held: &Held| ranks.get(held.cluster as usize).copied();
        let places = places.ranks(&ranks);
        let place = |held: &Held| places.get(held.place as usize).copied();
        // All three sorts are stable: what compares equal stays in the order of arrival.
        let by_key = |a: &Held, b: &Held| keys.get_bytes(a.key).cmp(keys.get_bytes(b.key));
        rows.sort_by(|a, b| {
            let by_place = (place(a), !a.across).cmp(&(place(b), !b.across));
            by_place.then_with(|| match a.across {
                true => by_key(a, b).then_with(|| rank(a).cmp(&rank(b))),
                false => rank(a).cmp(&rank(b)).then_with(|| by_key(a, b)),
            })
        });
        if outcomes.unsorted().is_some() {
            // As kubectl does. mc-format says why.
            rows.clear();
        }
        texts.sort_by_key(rank);
        results.sort_by_key(rank);
        for held in rows.iter().chain(&texts).chain(&results) {
            pass_on(output, lines.get_bytes(held.line))?;
        }
        // Of rows alone nobody knows whether they are all: a Summary would say that no cluster was asked.
        if outcomes.is_known() || !any {
            let mut line = Vec::new();
            record::write(&mut line, &outcomes.summary())?;
            output.write_all(&line)?;
        }
        let status = outcomes.tally().status(options.fail_on);
        Ok(if problems > 0 {
            status.join(Status::Partial)
        } else {
            status
        })
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
        Ok(match record::kind(line)?.as_str() {
            record::ROW | record::OBJECT => Seen::Row(Head::read(line)?),
            record::TEXT => match Record::parse(line)? {
                Record::Text(text) => Seen::Text(text.cluster),
                _ => Seen::Other,
            },
            record::RESULT => Seen::Result(serde_json::from_str(line)?),
            record::SUMMARY => {
                self.outcomes.saw_summary(&serde_json::from_str(line)?);
                Seen::Summary
            }
            _ => {
                serde_json::from_str::<IgnoredAny>(line)?;
                Seen::Other
            }
        })
    }
}

/// What is said of a line that is no record.
pub(crate) fn not_a_record(number: u64, error: &serde_json::Error) -> BadLine {
    BadLine {
        number,
        problem: format!("not a record, left out: {error}"),
    }
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
            Some((_, Line::Bad(bad))) => merger.bad_line(bad),
            None => break,
        }
        if let Some(problem) = merger.problem() {
            complain(&problem.to_string());
        }
    }
    let status = merger
        .finish(&mut output)
        .map_err(|error| Fatal::output(&error))?;
    output.flush().map_err(|error| Fatal::output(&error))?;
    Ok(status)
}

#[cfg(test)]
mod tests;
