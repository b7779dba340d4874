//! Reads the lines of a stream one by one, counts how clusters ended, and hands rows on to be put in order.

use super::compare::Compare;
use super::group_by::GroupBy;
use super::order::{NoRoom, Order, Ranks};
use super::row_key::{KeyFields, LinePrefix};
use super::strategy::Strategy;
use super::table_order::{TableId, TableOrder};
use super::top::Top;
use super::union::Union;
use crate::arena::Interner;
use crate::exit::{FailOn, Status};
use crate::outcomes::Outcomes;
use crate::record::{self, Asked, BadLines, Group, Outcome, Problem, Reason, Record, Str, Summary};
use crate::spill;
use crate::wire::{BadLine, looks_like_json};
use serde::de::IgnoredAny;
use std::collections::{BTreeSet, HashSet};
use std::io::{self, Write};
use std::path::PathBuf;

/// The tool that reports bad lines.
pub(super) const TOOL: &str = "mc-merge";

/// How much of a line is shown that is no record, in characters.
const MAX_SHOWN: usize = 20;

/// The options of mc-merge.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Pass rows on as they arrive instead of sorting them.
    pub stream: bool,
    /// The failures that make the run partial.
    pub fail_on: FailOn,
    /// A file that names clusters which must not be missing.
    pub expect: Option<PathBuf>,
    /// How rows are put together, instead of one after the other.
    pub strategy: Option<Strategy>,
}

/// Merges the lines that it is given. mc-merge feeds it from its input; mc-exec, on a terminal, from its own records.
#[derive(Debug)]
pub struct Merger {
    fail_on: FailOn,
    outcomes: Outcomes,
    clusters: Interner,
    tables: TableOrder,
    prefix: LinePrefix,
    /// `None` where everything passes as it arrives.
    order: Option<Box<dyn Order>>,
    /// Results with their newlines, by the numbers of their clusters.
    results: Vec<(u32, Vec<u8>)>,
    /// The numbers of clusters whose rows there is no room for.
    left_out: HashSet<u32>,
    /// True if any record came.
    any: bool,
    problem: Option<String>,
    bad_lines: BadLines,
    /// True if rows of a watch came that a strategy cannot take.
    refused_watch: bool,
}

impl Default for Merger {
    fn default() -> Self {
        Self::new(Options::default())
    }
}

/// A record of any kind, read as far as its kind makes it necessary.
enum Seen<'a> {
    Row(KeyFields<'a>, TableId),
    Group(Group<'a>),
    Text(Str<'a>),
    Result(Outcome<'a>),
    Summary,
    Show,
    /// A record that has been counted, and is passed on.
    Counted,
    Other,
}

impl Merger {
    /// Creates a merger that holds up to [`spill::MOST_HELD`] bytes in memory.
    pub fn new(options: Options) -> Self {
        Self::with_memory(options, spill::MOST_HELD)
    }

    /// Creates a merger that holds about so many bytes in memory, and the rest in a file.
    pub(crate) fn with_memory(options: Options, bytes: usize) -> Self {
        let union = Union::new(bytes);
        let order: Box<dyn Order> = match options.strategy.clone() {
            None => Box::new(union),
            Some(Strategy::Group(spec)) => Box::new(GroupBy::new(spec, union)),
            Some(Strategy::Top(spec)) => Box::new(Top::new(spec, union)),
            Some(Strategy::Compare(spec)) => Box::new(Compare::new(spec, union)),
        };
        Self::with_order(options, order)
    }

    pub(super) fn with_order(options: Options, order: Box<dyn Order>) -> Self {
        Self {
            fail_on: options.fail_on,
            outcomes: Outcomes::default(),
            clusters: Interner::default(),
            tables: TableOrder::default(),
            prefix: LinePrefix::default(),
            order: (!options.stream).then_some(order),
            results: Vec::new(),
            left_out: HashSet::new(),
            any: false,
            problem: None,
            bad_lines: BadLines::of(TOOL),
            refused_watch: false,
        }
    }

    /// Takes one line.
    ///
    /// A line that is not a record is left out, and [`problem`](Self::problem) then says what is wrong with it.
    ///
    /// # Errors
    /// Any error of the output. Only records that don't wait for the end are written here.
    pub fn line(&mut self, number: u64, line: &str, output: &mut dyn Write) -> io::Result<()> {
        // Nearly all lines are rows of the table of the line before.
        if let Some((key, table)) = self.prefix.key_after(line) {
            return self.row(table, &key, line, output);
        }
        let seen = match self.look(line) {
            Ok(seen) => seen,
            Err(error) => return self.bad_line(&not_a_record(number, line, &error), output),
        };
        self.any = true;
        match seen {
            Seen::Row(key, table) => self.row(table, &key, line, output),
            Seen::Group(group) => self.group(&group, line, output),
            Seen::Text(cluster) => {
                let cluster = self.saw_data(&cluster);
                match &mut self.order {
                    _ if self.left_out.contains(&cluster) => Ok(()),
                    Some(order) => {
                        let no_room = order.text(cluster, line);
                        self.leave_out(no_room)
                    }
                    None => pass_on(output, line),
                }
            }
            Seen::Result(outcome) => {
                let (cluster, _) = self.clusters.number(&outcome.cluster);
                if self.left_out.contains(&cluster) {
                    return Ok(());
                }
                self.outcomes.saw_result(&outcome);
                if self.order.is_none() {
                    return pass_on(output, line);
                }
                self.results.push((cluster, [line.as_bytes(), b"\n"].concat()));
                Ok(())
            }
            Seen::Summary => Ok(()),
            Seen::Show => {
                if self.order.as_ref().is_some_and(|order| order.can_end_early()) {
                    self.write_in_order(output)?;
                }
                pass_on(output, line)
            }
            Seen::Counted => pass_on(output, line),
            Seen::Other => {
                self.outcomes.saw_other();
                pass_on(output, line)
            }
        }
    }

    fn row(
        &mut self,
        table: TableId,
        key: &KeyFields<'_>,
        line: &str,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        match &mut self.order {
            Some(order) if key.is_watched() && order.lacking().is_some() => self.refuse_watch(output),
            // A watch has no end that its rows could wait for.
            Some(_) if key.is_watched() => pass_on(output, line),
            _ if self.left_out.contains(&table.cluster) => Ok(()),
            Some(order) => {
                let no_room = order.row(&self.clusters, table, key, line);
                self.leave_out(no_room)
            }
            None => pass_on(output, line),
        }
    }

    /// Leaves a row of a watch out, and says so once.
    fn refuse_watch(&mut self, output: &mut dyn Write) -> io::Result<()> {
        if self.refused_watch {
            return Ok(());
        }
        self.refused_watch = true;
        let message = "rows of a watch cannot be grouped, ranked or compared, as a watch has no end: leave -w away, or mc-merge";
        self.problem = Some(message.to_owned());
        self.lost(&Problem::new(TOOL, Status::Usage, message).said_here(), output)
    }

    fn group(&mut self, group: &Group<'_>, line: &str, output: &mut dyn Write) -> io::Result<()> {
        let mut first = 0;
        for cluster in group.clusters.keys() {
            first = self.saw_data(cluster);
        }
        let Some(order) = &mut self.order else {
            return pass_on(output, line);
        };
        let table = self.tables.number(first, group.position, &group.resource);
        order.group(&mut self.clusters, table, group);
        Ok(())
    }

    /// Makes failed Results of clusters that there is no room for.
    fn leave_out(&mut self, clusters: Vec<NoRoom>) -> io::Result<()> {
        for NoRoom { cluster, error } in clusters {
            let outcome = no_room(self.clusters.name(cluster), &error);
            let message = outcome.message.as_deref().unwrap_or_default();
            self.problem = Some(format!("{}: {message}", outcome.cluster));
            self.outcomes.saw_result(&outcome);
            self.left_out.insert(cluster);
            let mut line = Vec::new();
            record::write(&mut line, &outcome)?;
            self.results.retain(|(other, _)| *other != cluster);
            self.results.push((cluster, line));
        }
        Ok(())
    }

    /// Returns what was wrong with the last line, or that there was no room for it, once.
    pub fn problem(&mut self) -> Option<String> {
        self.problem.take()
    }

    /// Counts a line that could not be read, and writes a Problem about it.
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

    /// Counts and writes a Problem.
    pub(super) fn lost(&mut self, problem: &Problem<'_>, output: &mut dyn Write) -> io::Result<()> {
        self.outcomes.saw_problem(problem);
        record::write(&mut &mut *output, problem)
    }

    /// Announces a cluster of which nothing came.
    pub(super) fn expect(&mut self, cluster: &str, output: &mut dyn Write) -> io::Result<()> {
        if self.outcomes.knows(cluster) {
            return Ok(());
        }
        let asked = Asked {
            namespace: None,
            cluster: cluster.into(),
        };
        self.outcomes.saw_asked(&asked);
        record::write(&mut &mut *output, &asked)
    }

    /// Writes, at the end of the input, how many bad lines there were beyond those reported one by one, and what the
    /// rows show to be wrong.
    ///
    /// # Errors
    /// Any error of the output.
    pub fn end(&mut self, output: &mut dyn Write) -> io::Result<()> {
        if let Some(rest) = self.bad_lines.rest() {
            self.problem = Some(rest.message.to_string());
            self.lost(&rest, output)?;
        }
        if let Some((status, mistake)) = self
            .order
            .as_ref()
            .and_then(|order| order.mistake(&self.outcomes))
        {
            self.lost(&Problem::new(TOOL, status, &mistake).said_here(), output)?;
            let before = self.problem.take().map(|problem| problem + "\n");
            self.problem = Some(before.unwrap_or_default() + &mistake);
        }
        Ok(())
    }

    /// Returns true if nothing came, neither a record nor a line that was meant to be one.
    pub fn is_empty(&self) -> bool {
        !self.any && self.bad_lines.count() == 0
    }

    /// Writes the rows, objects and texts that waited, then the Results, then the Summary.
    ///
    /// # Errors
    /// Any error of the output.
    pub fn finish(mut self, output: &mut dyn Write) -> io::Result<Status> {
        let what = self.write_in_order(output)?;
        // Rows alone don't say which clusters were asked: a Summary would claim that none was.
        if self.outcomes.is_known() {
            let mut summary = self.outcomes.summary();
            summary.lacking = what.and_then(|what| lacking(what, &summary)).map(Into::into);
            record::write(&mut &mut *output, &summary)?;
        }
        Ok(self.outcomes.status(self.fail_on))
    }

    /// Returns the clusters that answered. Where nothing says that any was asked, those that sent anything have.
    fn answered(&mut self, is_needed: bool) -> BTreeSet<u32> {
        match (is_needed, self.outcomes.knows_clusters()) {
            (false, _) => BTreeSet::new(),
            (true, true) => {
                let answered = self.outcomes.answered();
                answered.map(|name| self.clusters.number(name).0).collect()
            }
            (true, false) => {
                let known = self.outcomes.known();
                known.map(|name| self.clusters.number(name).0).collect()
            }
        }
    }

    /// Writes what waited, from which on everything passes as it arrives. Returns what the rows are, if a part of the
    /// clusters makes them wrong.
    fn write_in_order(&mut self, output: &mut dyn Write) -> io::Result<Option<&'static str>> {
        let Some(mut order) = self.order.take() else {
            return Ok(None);
        };
        let no_room = order.end();
        self.leave_out(no_room)?;
        // kubectl prints nothing where no object has the sort key; mc-format reports it.
        let wants_rows = self.outcomes.unsorted().is_none();
        let answered = self.answered(order.needs_answers());
        let ranks = Ranks::new(&self.clusters, &self.tables, wants_rows, answered);
        let what = order.lacking();
        if order.write(&ranks, output)? {
            self.outcomes.saw_difference();
        }
        let mut results = std::mem::take(&mut self.results);
        // Stable: several Results of a cluster stay in the order of arrival.
        results.sort_by_key(|(cluster, _)| ranks.of_cluster(*cluster));
        for (_, line) in &results {
            output.write_all(line)?;
        }
        Ok(what)
    }

    /// Returns the number of a cluster that sent something beside a Result.
    fn saw_data(&mut self, cluster: &str) -> u32 {
        let (number, new) = self.clusters.number(cluster);
        if new {
            self.outcomes.saw_data(cluster);
        }
        number
    }

    /// Reads a line as far as its kind makes it necessary: neither a row's columns nor an object.
    fn look<'a>(&mut self, line: &'a str) -> Result<Seen<'a>, serde_json::Error> {
        Ok(match record::kind(line)?.as_str() {
            record::ROW | record::OBJECT => {
                let (key, prefix) = KeyFields::read(line)?;
                let cluster = self.saw_data(&key.cluster);
                let table = self.tables.number(cluster, key.position, &key.resource);
                let id = TableId { cluster, table };
                self.prefix.learn(prefix, id);
                Seen::Row(key, id)
            }
            record::GROUP => Seen::Group(serde_json::from_str(line)?),
            record::TEXT => match Record::parse(line)? {
                Record::Text(text) => Seen::Text(text.cluster),
                _ => Seen::Other,
            },
            record::RESULT => Seen::Result(serde_json::from_str(line)?),
            record::SUMMARY => {
                self.outcomes.saw_summary(&serde_json::from_str(line)?);
                Seen::Summary
            }
            record::SHOW => Seen::Show,
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

/// Returns what of the clusters' rows is missing.
fn lacking(what: &str, summary: &Summary<'_>) -> Option<String> {
    let missing = summary.failed.saturating_add(summary.skipped);
    (missing > 0).then(|| format!("{what} {missing} of {} clusters", summary.total))
}

/// Returns the Result of a cluster whose rows there is no room for.
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

/// Returns what is reported of a line that is not a record.
pub(crate) fn not_a_record(number: u64, line: &str, error: &serde_json::Error) -> BadLine {
    let problem = match looks_like_json(line) {
        true => format!("not a record, left out: {error}"),
        false => {
            let start: String = line.trim().chars().take(MAX_SHOWN).collect();
            format!(
                "not a record but text, left out: {start:?} (mc-merge and mc-format read what mc-exec writes into a pipe \
                 without -o)"
            )
        }
    };
    BadLine::new(number, problem, line.as_bytes())
}

fn pass_on(output: &mut dyn Write, line: &str) -> io::Result<()> {
    output.write_all(line.as_bytes())?;
    output.write_all(b"\n")
}
