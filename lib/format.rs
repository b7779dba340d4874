//! What a person, a spreadsheet or a script reads (mc-format).
//!
//! One output format a file. Which cluster failed, and why, goes to `complain`, one line a call and
//! exactly as it should be printed: some of these lines are kubectl's own and scripts compare them.

mod align;
mod cell;
mod cluster_annotation;
mod cluster_rows;
mod column_union;
mod custom_columns;
mod escape;
mod events;
mod headings;
mod human;
mod items;
mod left_out;
mod options;
mod output;
mod printers;
mod row_store;
mod row_template;
mod stderr_summary;
mod syntax;
mod template_engine;
mod text_records;

pub use crate::spill::MOST_HELD;
pub use custom_columns::{Columns, Look};
pub use human::Human;
pub use options::Options;
pub use output::{NAMES, Output, Typed, Understood, file_of, understand, understand_reading};
pub use template_engine::Template;

use crate::exit::{Fatal, Status};
use crate::merge::not_a_record;
use crate::outcomes::Outcomes;
use crate::record::fast_row::{skim_last_object, skim_object, skim_row};
use crate::record::{self, BadLines, Cell, Cluster, Object, Outcome, Problem, Record, Row, Str, Stream};
use crate::spill::Spool;
use crate::term;
use crate::wire::{BadLine, Line, LineReader};
use options::WRITE_SIZE;
use printers::{Document, Failures, Sink, Table, name};
use row_template::Shape;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Read, Write};
use syntax::Syntax;

/// The tool that says what is wrong with a line.
const TOOL: &str = "mc-format";

/// Said where rows came and objects were needed.
const UNFIT: &str = "error: rows cannot be put into a template, into columns of one's own or into a List, which \
need whole objects: give mc-exec --for the format that mc-format prints";

/// Takes the lines of a stream one by one.
pub struct Formatter {
    options: Options,
    sink: Option<Sink>,
    /// How the last row was spelled, if it went where only its cells are kept, and nothing has gone there since.
    shape: Shape,
    outcomes: Outcomes,
    /// The cluster of the last row: most rows are of the same one as the row before.
    last_cluster: String,
    /// Whether rows, objects or text came.
    found: bool,
    /// Text that has to wait for rows to be printed.
    held: Spool,
    /// Clusters that there was no room for.
    left_out: BTreeSet<String>,
    /// Whether something came that a template or columns of the user's own cannot be made of.
    unfit: bool,
    /// True if the row that came last has too many columns.
    refused: bool,
    /// What clusters say beside their answers, and which, each with how many came before.
    asides: BTreeMap<String, Vec<(String, usize)>>,
    /// How many of those came.
    asides_seen: usize,
    /// Whether a cluster answered for several types, though all rows may be of one.
    several_types: bool,
    bad_lines: BadLines,
    /// Problem records of our own, where records are printed.
    lost: Vec<u8>,
    /// True if any record came.
    any: bool,
    /// Whether there are events: what came of them has been printed.
    watching: bool,
    /// Whether a document has been printed of one of them.
    has_documents: bool,
}

impl Formatter {
    /// A formatter that has seen nothing.
    pub fn new(options: Options) -> Self {
        let sink = printers::of(&options);
        Self {
            held: Spool::new(options.memory),
            left_out: BTreeSet::new(),
            options,
            sink,
            shape: Shape::default(),
            outcomes: Outcomes::default(),
            last_cluster: String::new(),
            found: false,
            unfit: false,
            refused: false,
            asides: BTreeMap::new(),
            asides_seen: 0,
            several_types: false,
            bad_lines: BadLines::of(TOOL),
            lost: Vec::new(),
            any: false,
            watching: false,
            has_documents: false,
        }
    }

    /// Takes one line. What is held back until the end or until [`flush`](Self::flush) depends on the
    /// format.
    ///
    /// # Errors
    /// What the output returns.
    pub fn line(
        &mut self,
        number: u64,
        line: &str,
        output: &mut dyn Write,
        complain: &mut dyn FnMut(&str),
    ) -> io::Result<()> {
        match self.record(line, output, complain) {
            Ok(written) => {
                self.any = true;
                if std::mem::take(&mut self.refused) {
                    let bad = BadLine {
                        number,
                        problem: "a row with more columns than its cluster may add to the table".into(),
                        cluster: Some(self.last_cluster.clone()),
                    };
                    self.bad_line(&bad, complain);
                }
                written?;
            }
            Err(error) => self.bad_line(&not_a_record(number, line, &error), complain),
        }
        self.look_at_room(output, complain)
    }

    /// Names clusters that there was no room for. Names and text that there is no room for are printed before all is
    /// there.
    fn look_at_room(&mut self, output: &mut dyn Write, complain: &mut dyn FnMut(&str)) -> io::Result<()> {
        let is_stuck = |sink: &Option<Sink>| matches!(sink, Some(Sink::Name(held)) if held.is_stuck());
        if self.held.is_stuck() || is_stuck(&self.sink) {
            self.options.stream = true;
            self.print_rows(output)?;
        }
        let Some(left_out) = self.sink.as_mut().and_then(Sink::left_out) else {
            return Ok(());
        };
        if left_out.has_news() {
            for outcome in left_out.take_news() {
                let message = outcome.message.as_deref().unwrap_or_default();
                let text = format!("{}: {message}", outcome.cluster);
                complain(&format!("mc-format: {}", term::escape(&text)));
                self.outcomes.saw_result(&outcome);
                self.left_out.insert(outcome.cluster.to_string());
            }
        }
        Ok(())
    }

    /// A line that could not be read: the run is partial at best.
    pub fn bad_line(&mut self, bad: &BadLine, complain: &mut dyn FnMut(&str)) {
        if let Some(problem) = self.bad_lines.take(bad) {
            self.lost(&problem, complain);
        }
    }

    /// Says and counts what this tool itself has lost.
    fn lost(&mut self, problem: &Problem<'_>, complain: &mut dyn FnMut(&str)) {
        // Unlike what kubectl would have said, this is the tool's own.
        complain(&format!("{}: {}", problem.stage, term::escape(&problem.message)));
        self.outcomes.saw_problem(problem);
        if matches!(self.sink, Some(Sink::Ndjson)) {
            // Writing to memory does not fail.
            let _ = record::write(&mut self.lost, problem);
        }
    }

    /// Returns whether nothing came, neither a record nor a line that was meant to be one.
    pub fn is_empty(&self) -> bool {
        !self.any && self.bad_lines.count() == 0
    }

    /// With [`Options::stream`], prints the rows that have come since the last time. To be called where
    /// no further line has arrived yet; the more rows come at once, the better columns align.
    ///
    /// # Errors
    /// What the output returns.
    pub fn flush(&mut self, output: &mut dyn Write) -> io::Result<()> {
        if self.options.stream {
            self.print_rows(output)?;
        }
        output.flush()
    }

    /// Prints what was held back, and on `complain` what a person should know: clusters that failed or
    /// were skipped, things that no cluster has.
    ///
    /// # Errors
    /// What the output returns.
    pub fn finish(mut self, output: &mut dyn Write, complain: &mut dyn FnMut(&str)) -> io::Result<Status> {
        if let Some(rest) = self.bad_lines.rest() {
            self.lost(&rest, complain);
        }
        // As kubectl does, which looks at the types before it asks for anything.
        if !self.outcomes.unserved_everywhere().is_empty() {
            self.forget_answers();
            // Nor what servers warn of then; which type a short name means is said before.
            self.asides
                .retain(|text, _| text.starts_with("Warning: short name "));
        }
        let is_over = self.is_over();
        if is_over {
            self.outcomes.stop_early();
        }
        self.print_rows(output)?;
        output.write_all(&self.lost)?;
        let terminal = self.options.terminal;
        let mut unprinted = Failures::default();
        match self.sink {
            Some(Sink::Document(..)) if self.watching => {}
            Some(Sink::Document(document, syntax)) => {
                let mut emitter = syntax.emitter(terminal);
                document.print(&self.outcomes, emitter.as_mut(), output)?;
            }
            Some(Sink::Template(mut answers)) => {
                answers.print(output)?;
                unprinted = answers.failures;
            }
            Some(Sink::Columns(mut columns)) => {
                // kubectl loses the headings then, but for a single one, which its alignment holds back for nothing.
                if !is_over || columns.are_one() {
                    columns.finish(output)?;
                }
                unprinted = columns.failures;
            }
            _ => {}
        }
        output.flush()?;
        stderr_summary::problems(&self.outcomes, complain);
        stderr_summary::asides(&self.options, &self.asides, complain);
        let alone = !self.options.show_cluster_column;
        if !alone {
            stderr_summary::unprinted(&self.options, &unprinted.texts, true, complain);
        }
        if self.unfit {
            complain(UNFIT);
        }
        let says_errors = stderr_summary::report(
            &self.options,
            &self.outcomes,
            self.found,
            !alone || unprinted.texts.is_empty(),
            complain,
        );
        if alone {
            // As with kubectl, where an error that is one of several is led by nothing.
            stderr_summary::unprinted(&self.options, &unprinted.texts, !says_errors, complain);
        }
        let mut status = self.outcomes.status(self.options.fail_on);
        if unprinted.failed > 0 || self.unfit {
            let none = unprinted.printed == 0;
            status = status.join(if none { Status::Failed } else { Status::Partial });
        }
        Ok(status)
    }

    /// Takes a record. The outer error is the line's, the inner one the output's.
    fn record(
        &mut self,
        line: &str,
        output: &mut dyn Write,
        complain: &mut dyn FnMut(&str),
    ) -> Result<io::Result<()>, serde_json::Error> {
        if let Some(row) = self.shape.fit(line)
            && let Some(sheets) = self.sink.as_mut().and_then(Sink::sheets)
        {
            // Its cluster was seen with the row before.
            match row.is_plain {
                true => sheets.push_plain(row.place, row.bytes()),
                false => sheets.push_at(row.place, row.cells()),
            }
            return Ok(Ok(()));
        }
        // A record passed on as it is need not be read but for what is counted.
        if matches!(self.sink, Some(Sink::Ndjson)) {
            self.count(line)?;
            let line = escape::json(line, self.options.terminal);
            return Ok(output
                .write_all(line.as_bytes())
                .and_then(|()| output.write_all(b"\n")));
        }
        // These take an object as it is, once it is certain that it is JSON.
        if let Some(Sink::Document(document, _)) = &mut self.sink
            && let Ok((cluster, json)) = skim_object(line)
        {
            document.push_object(&cluster, json);
            self.saw_data(&cluster);
            return Ok(Ok(()));
        }
        if let Some(Sink::Columns(columns)) = &mut self.sink
            && let Ok((cluster, json)) = skim_last_object(line)
            && columns.try_push(&cluster, false, json).is_ok()
        {
            self.saw_data(&cluster);
            return Ok(Ok(()));
        }
        let record = match skim_row(line) {
            Ok(row) => Record::Row(row),
            Err(_) => Record::parse(line)?,
        };
        match record {
            Record::Row(mut row) => {
                self.saw_data(&row.cluster);
                row.restore_headings();
                return Ok(match row.event {
                    Some(event) => self.event_row(row, event, output),
                    None => {
                        let written = self.row(&row, output);
                        if self.refused {
                            return Ok(written);
                        }
                        let sheets = self.sink.as_mut().and_then(Sink::sheets);
                        if let Some(place) = sheets.and_then(|sheets| sheets.last_place()) {
                            self.shape.learn(line, &row, place);
                        }
                        written
                    }
                });
            }
            Record::Object(object) => {
                self.saw_data(&object.cluster);
                return Ok(match object.event {
                    Some(event) => self.event_object(&object, event, output),
                    None => self.object(&object, output),
                });
            }
            Record::Cluster(cluster) => {
                self.outcomes.saw_other();
                return Ok(self.cluster(line, &cluster, output));
            }
            Record::Text(text) if text.stream == Stream::Stderr => {
                self.outcomes.saw_data(&text.cluster);
                self.aside(&text, complain);
            }
            Record::Text(text) => return Ok(self.text(&text, output)),
            Record::Outcome(outcome) => {
                self.several_types |= outcome.types > 1;
                self.watching |= outcome.watched;
                // Whatever it says itself, not all of it is printed.
                if !self.left_out.contains(outcome.cluster.as_str()) {
                    self.outcomes.saw_result(&outcome);
                }
                return Ok(self.outcome(&outcome, output));
            }
            Record::Asked(asked) => self.outcomes.saw_asked(&asked),
            Record::Problem(problem) => self.outcomes.saw_problem(&problem),
            Record::Summary(summary) => self.outcomes.saw_summary(&summary),
            Record::Unknown(line) => {
                serde_json::from_str::<serde::de::IgnoredAny>(line)?;
                self.outcomes.saw_other();
            }
        }
        Ok(Ok(()))
    }

    /// Takes of a record only what the status and the warnings follow from.
    fn count(&mut self, line: &str) -> Result<(), serde_json::Error> {
        #[derive(serde::Deserialize)]
        struct Data<'a> {
            #[serde(borrow)]
            cluster: Str<'a>,
        }
        match record::kind(line)?.as_str() {
            record::ROW | record::OBJECT | record::TEXT => {
                let data: Data<'_> = serde_json::from_str(line)?;
                self.saw_data(&data.cluster);
            }
            record::RESULT => self.outcomes.saw_result(&serde_json::from_str(line)?),
            record::ASKED => self.outcomes.saw_asked(&serde_json::from_str(line)?),
            record::PROBLEM => self.outcomes.saw_problem(&serde_json::from_str(line)?),
            record::SUMMARY => self.outcomes.saw_summary(&serde_json::from_str(line)?),
            _ => {
                serde_json::from_str::<serde::de::IgnoredAny>(line)?;
                self.outcomes.saw_other();
            }
        }
        Ok(())
    }

    /// What the end of a cluster's answer means for what is printed of it.
    fn outcome(&mut self, outcome: &Outcome<'_>, output: &mut dyn Write) -> io::Result<()> {
        match &mut self.sink {
            Some(Sink::Template(answers)) => {
                if outcome.empty_list {
                    answers.push_empty(&outcome.cluster);
                }
                if self.options.stream {
                    return answers.print(output);
                }
            }
            Some(Sink::Columns(columns)) if outcome.empty_list => columns.push_empty(),
            _ => {}
        }
        Ok(())
    }

    fn saw_data(&mut self, cluster: &str) {
        if !self.found || self.last_cluster != cluster {
            self.found = true;
            self.outcomes.saw_data(cluster);
            cluster.clone_into(&mut self.last_cluster);
        }
    }

    fn row(&mut self, row: &Row<'_>, output: &mut dyn Write) -> io::Result<()> {
        self.shape.forget();
        let options = &self.options;
        let kept = match self
            .sink
            .get_or_insert_with(|| Sink::Table(Table::new(options.clone())))
        {
            Sink::Table(table) => table.push(row),
            Sink::Values(values) => values.push(row),
            _ => Ok(()),
        };
        self.refused = kept.is_err();
        match &mut self.sink {
            Some(Sink::Document(document, _)) if document.is_list() => self.unfit = true,
            Some(Sink::Document(document, _)) => document.push_row(row),
            Some(Sink::Name(held)) => {
                let type_ = if row.type_.is_empty() {
                    &row.resource
                } else {
                    &row.type_
                };
                let output: &mut dyn Write = if options.stream { output } else { held };
                return name::write(options, output, &row.cluster, type_, &row.name);
            }
            Some(Sink::Template(_) | Sink::Columns(_)) => self.unfit = true,
            _ => {}
        }
        Ok(())
    }

    fn object(&mut self, object: &Object<'_>, output: &mut dyn Write) -> io::Result<()> {
        let (list, memory) = (self.options.list, self.options.memory);
        let document = || Sink::Document(Document::new(list, memory), Syntax::Json);
        let json = object.object.get();
        match self.sink.get_or_insert_with(document) {
            Sink::Document(document, _) => {
                document.push_object(&object.cluster, json);
                return Ok(());
            }
            Sink::Template(answers) => {
                answers.push(&object.cluster, object.single, json);
                return Ok(());
            }
            Sink::Columns(columns) => {
                columns.push(&object.cluster, false, json);
                return Ok(());
            }
            _ => {}
        }
        // Other formats show what the record says of it.
        let mut columns = Vec::new();
        if !object.namespace.is_empty() {
            columns.push((Str::from("NAMESPACE"), Cell::from(object.namespace.as_str())));
        }
        columns.push((Str::from(headings::NAME), Cell::from(object.name.as_str())));
        let row = Row {
            cluster: object.cluster.as_str().into(),
            resource: object.resource.as_str().into(),
            type_: object.type_.as_str().into(),
            position: object.position,
            namespace: object.namespace.as_str().into(),
            name: object.name.as_str().into(),
            columns: record::Columns(columns),
            ..Row::default()
        };
        self.row(&row, output)
    }

    fn cluster(&mut self, line: &str, cluster: &Cluster<'_>, output: &mut dyn Write) -> io::Result<()> {
        match &mut self.sink {
            Some(Sink::Document(document, _)) => {
                document.push_cluster(line);
                Ok(())
            }
            Some(Sink::Template(answers)) => {
                answers.push_cluster(line);
                Ok(())
            }
            Some(Sink::Columns(columns)) => {
                columns.push(&cluster.cluster, true, line);
                Ok(())
            }
            Some(Sink::Name(held)) => {
                let output: &mut dyn Write = if self.options.stream { output } else { held };
                writeln!(output, "{}", term::escape(&cluster.cluster))
            }
            _ => self.row(&cluster_rows::row(cluster, self.options.wide), output),
        }
    }

    /// Drops what is held back of the clusters' answers.
    fn forget_answers(&mut self) {
        match &mut self.sink {
            Some(Sink::Table(table)) => *table = Table::new(self.options.clone()),
            Some(Sink::Values(values)) => values.forget(),
            Some(Sink::Document(document, _)) => document.forget_answers(),
            Some(Sink::Name(held)) => held.clear(),
            Some(Sink::Template(_) | Sink::Columns(_)) => self.sink = printers::of(&self.options),
            Some(Sink::Ndjson) | None => {}
        }
        self.held.clear();
    }

    /// Prints rows that are held, and the text behind them.
    fn print_rows(&mut self, output: &mut dyn Write) -> io::Result<()> {
        match &mut self.sink {
            Some(Sink::Table(table)) => table.print(self.several_types, output)?,
            Some(Sink::Values(values)) => values.print(output)?,
            Some(Sink::Name(held)) => {
                held.write(output)?;
            }
            Some(Sink::Columns(columns)) => columns.print(output)?,
            Some(Sink::Template(answers)) => answers.print_events(output)?,
            _ => {}
        }
        self.held.write(output)
    }
}

/// mc-format.
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
    let mut formatter = Formatter::new(options);
    let mut reader = LineReader::new(input);
    loop {
        if !reader.has_buffered() {
            formatter
                .flush(&mut output)
                .map_err(|error| Fatal::output(&error))?;
        }
        match reader.next_numbered().map_err(|error| Fatal::input(&error))? {
            Some((number, Line::Text(line))) => formatter
                .line(number, line, &mut output, complain)
                .map_err(|error| Fatal::output(&error))?,
            Some((_, Line::Bad(bad))) => formatter.bad_line(&bad, complain),
            None => break,
        }
        if formatter.is_over() {
            break;
        }
    }
    let is_empty = formatter.is_empty();
    let status = formatter
        .finish(&mut output, complain)
        .map_err(|error| Fatal::output(&error))?;
    match is_empty {
        true => Err(Fatal::no_input()),
        false => Ok(status),
    }
}

#[cfg(test)]
mod tests;
