//! `-o jsonpath=…`, `-o go-template=…` and their kind: the output of a template for each cluster's answer.
//!
//! A template is evaluated once for each cluster, over the same data as with kubectl: the object itself if one was
//! asked for by its name, and otherwise a `v1` List of all objects, which may be empty. Each line of the output starts
//! with the cluster's name and a tab. Control characters in it are escaped, except for tabs, since other programs may
//! read them as the end of a line. Without the CLUSTER column the output is kubectl's byte for byte, which may lack a
//! newline at its end; only between clusters there is always one. A cluster without output has no line.
//!
//! kubectl dumps a failed template and its object, for JSONPath on stderr and for a Go template on stdout. With the
//! column only the error is reported, since every line of stdout is a result.
//!
//! Cluster records are a List of their own. Their output has no cluster's name in front.

use super::answer_lines::AnswerLines;
use crate::format::align::{Aligner, End};
use crate::format::escape;
use crate::format::failures::Failures;
use crate::format::items::Items;
use crate::format::left_out::LeftOut;
use crate::format::line_error::LineError;
use crate::format::options::Options;
use crate::format::printer::Printer;
use crate::format::template_engine::{AnswerText, Template};
use crate::json::Tree;
use crate::outcomes::Outcomes;
use crate::record::{Cluster, Object, Outcome, Row};
use crate::spill::ClusterStore as _;
use std::borrow::Cow;
use std::io::{self, Write};

/// Prints the output of a template for each cluster's answer.
#[derive(Debug)]
pub(super) struct TemplatePrinter {
    options: Options,
    template: Template,
    /// Objects that have not been printed yet.
    items: Items,
    /// The state of the objects of each cluster, by its number.
    answers: Vec<KeptAnswer>,
    /// The numbers of clusters with something to print.
    waiting: Vec<u32>,
    fleet: Vec<String>,
    /// True if the output lacks a newline at its end.
    open_line: bool,
    /// Output of events that has not been printed yet, and the cluster of the last one.
    events: String,
    event_cluster: String,
    aligner: Aligner,
    failures: Failures,
    /// The number of bytes that dumps on stderr may still have.
    dump_room: usize,
    /// True if the template needs all objects of a cluster at once.
    needs_all: bool,
}

/// Bytes of objects that are kept in memory until they are printed. Printing a cluster takes much more.
const MOST_WAITING: usize = 64 << 20;

/// The maximum number of bytes of all dumps on stderr.
const MOST_DUMPED: usize = 16 << 20;

#[derive(Debug, Default)]
struct KeptAnswer {
    objects: usize,
    /// The bytes of all of them.
    length: usize,
    /// The memory that they take while a template is evaluated: for their text and its tree.
    memory: usize,
    single: bool,
    /// True if there is something to print, even an empty List.
    present: bool,
}

impl TemplatePrinter {
    pub(super) fn new(options: Options, template: Template) -> Self {
        Self {
            items: Items::new(options.memory.min(MOST_WAITING)),
            options,
            dump_room: MOST_DUMPED,
            needs_all: !template.is_per_item() && template.item_fields().is_none(),
            template,
            answers: Vec::new(),
            waiting: Vec::new(),
            fleet: Vec::new(),
            open_line: false,
            events: String::new(),
            event_cluster: String::new(),
            aligner: Aligner::default(),
            failures: Failures::default(),
        }
    }

    /// Returns the maximum memory of a cluster's objects while a template is evaluated.
    fn most(&self) -> usize {
        (self.options.memory / 4).saturating_mul(7)
    }

    /// Keeps an object. It is `single` if it was asked for alone and by its name.
    fn push(&mut self, cluster: &str, single: bool, json: &str) {
        // Without the column, kubectl's dump shows also fields that the template does not look at.
        let fields = self
            .template
            .item_fields()
            .filter(|_| !single && self.options.show_cluster_column);
        let (json, is_trimmed) = match fields {
            Some(fields) => (fields.trim(json).unwrap_or(Cow::Borrowed(json)), true),
            None => (Cow::Borrowed(json), false),
        };
        let most = self.most();
        let needs_all = is_trimmed || self.needs_all;
        let kept = self.kept(cluster);
        kept.single = single && kept.objects == 0;
        kept.objects += 1;
        kept.length += json.len();
        kept.memory += memory_of(&json);
        if kept.memory <= most || !needs_all && !kept.single {
            return self.items.push(cluster, &json);
        }
        *kept = KeptAnswer::default();
        let number = self.items.clusters.number(cluster).0;
        self.items.leave_out(number, io::Error::other(too_large(most)));
    }

    fn kept(&mut self, cluster: &str) -> &mut KeptAnswer {
        let number = self.items.clusters.number(cluster).0;
        let index = number as usize;
        if self.answers.len() <= index {
            self.answers.resize_with(index + 1, KeptAnswer::default);
        }
        // The list has just been made this long.
        let kept = &mut self.answers[index];
        if !std::mem::replace(&mut kept.present, true) {
            self.waiting.push(number);
        }
        kept
    }

    /// Prints the answers by the names of their clusters, and drops them.
    fn print_answers(&mut self, output: &mut dyn Write) -> io::Result<()> {
        let mut numbers = std::mem::take(&mut self.waiting);
        let clusters = &self.items.clusters;
        numbers.sort_unstable_by(|one, other| clusters.name(*one).cmp(clusters.name(*other)));
        self.items.sort_as(&numbers);
        let with_column = self.options.show_cluster_column;
        for number in numbers {
            let kept = self.answers.get_mut(number as usize).map(std::mem::take);
            let kept = kept.unwrap_or_default();
            let name = self.items.clusters.name(number).to_owned();
            if kept.present && !self.items.left_out.has(number) {
                let column = with_column.then_some(&*name);
                if kept.memory > self.most() {
                    self.print_large(number, &name, column, output)?;
                } else {
                    let mut answer = AnswerText::new(kept.single, kept.length + kept.objects);
                    self.items.each_of(number, |object| {
                        answer.push(object);
                        Ok(())
                    })?;
                    self.print_answer(&name, column, &answer.finish(), column.is_none(), output)?;
                }
            }
        }
        if !self.fleet.is_empty() {
            let fleet = std::mem::take(&mut self.fleet);
            let mut answer = AnswerText::new(false, fleet.iter().map(|cluster| cluster.len() + 1).sum());
            fleet.iter().for_each(|cluster| answer.push(cluster));
            self.print_answer("", None, &answer.finish(), true, output)?;
        }
        self.items.clear();
        Ok(())
    }

    /// Prints an answer that is too large to be evaluated as a whole, which the template does not need.
    fn print_large(
        &mut self,
        number: u32,
        cluster: &str,
        column: Option<&str>,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let (template, most) = (self.template.clone(), self.most());
        let Some(fields) = template.item_fields() else {
            let mut lines = AnswerLines::new(&self.options, column, self.open_line, output);
            if let Some(mut run) = template.item_by_item(&mut lines) {
                self.items.each_of(number, |object| {
                    match memory_of(object) <= most {
                        true => run.item(object),
                        false => run.fail(too_large(most)),
                    }
                    Ok(())
                })?;
                self.failures.note(cluster, run.end());
            }
            self.open_line = lines.finish()?;
            return Ok(());
        };
        let mut answer = AnswerText::new(false, 0);
        let mut memory = 0;
        self.items.each_of(number, |object| {
            let object = fields.trim(object).unwrap_or(Cow::Borrowed(object));
            memory += memory_of(&object);
            if memory <= most {
                answer.push(&object);
            }
            Ok(())
        })?;
        if memory > most {
            self.failures.add(cluster, too_large(most));
            return Ok(());
        }
        self.print_answer(cluster, column, &answer.finish(), false, output)
    }

    /// Prints the output for an answer. Each line starts with the column, if there is one.
    fn print_answer(
        &mut self,
        cluster: &str,
        column: Option<&str>,
        answer: &str,
        with_dump: bool,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let left = self.most().saturating_sub(memory_of(answer));
        let room = left.saturating_add(self.options.memory / 8);
        let mut lines = AnswerLines::new(&self.options, column, self.open_line, output);
        let dump_room = with_dump.then_some(&mut self.dump_room);
        // A step has the values of the one before, and its own.
        let outcome = self.template.execute(answer, room / 2, dump_room, &mut lines);
        self.open_line = lines.finish()?;
        self.failures.note(cluster, outcome);
        Ok(())
    }

    /// Evaluates the template over a watched object. The output for an object that existed before the watch may wait
    /// for [`print_events`](Self::print_events).
    ///
    /// With the CLUSTER column, it is printed like any answer. Without it, the output is kubectl's, in which tabs align
    /// columns, and which may not end its last line.
    fn print_event(
        &mut self,
        cluster: &str,
        json: &str,
        listed: bool,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let failed = self.failures.failed;
        if self.options.show_cluster_column {
            self.push(cluster, true, json);
            self.print_answers(output)?;
        } else {
            let mut text = String::new();
            let dump_room = Some(&mut self.dump_room);
            let outcome = self.template.execute(json, usize::MAX, dump_room, &mut text);
            self.failures.note(cluster, outcome);
            let other = self.event_cluster != cluster;
            if other && !self.event_cluster.is_empty() {
                self.aligner.limit();
            }
            if other && (self.open_line || !self.events.is_empty() && !self.events.ends_with('\n')) {
                self.events.push('\n');
            }
            cluster.clone_into(&mut self.event_cluster);
            for piece in text.split_inclusive(['\t', '\n']) {
                let end = piece.trim_end_matches(['\t', '\n']).len();
                let (piece, end) = piece.split_at(end);
                self.events.push_str(&escape::text(piece, self.options.terminal));
                self.events.push_str(end);
            }
            if !listed {
                self.print_events(output)?;
            }
        }
        if listed && self.failures.failed > failed {
            self.failures.reword_for_listed();
        }
        Ok(())
    }

    /// Prints the output of events that waits.
    fn print_events(&mut self, output: &mut dyn Write) -> io::Result<()> {
        let text = std::mem::take(&mut self.events);
        if text.is_empty() {
            return Ok(());
        }
        self.open_line = !text.ends_with('\n');
        let lines = text.strip_suffix('\n').unwrap_or(&text);
        let mut aligned = Vec::new();
        self.aligner.measure(lines, End::Row);
        self.aligner.measured();
        self.aligner.write(&mut aligned, lines, End::Row, |output, text| {
            output.extend_from_slice(text.as_bytes());
        });
        self.aligner.written();
        if self.open_line {
            // The newline of the row's end.
            aligned.pop();
        }
        output.write_all(&aligned)
    }
}

impl Printer for TemplatePrinter {
    fn row(&mut self, _row: &Row<'_>) -> Result<(), LineError> {
        Err(LineError::NeedsObjects)
    }

    fn cluster(&mut self, line: &str, _cluster: &Cluster<'_>) -> Result<(), LineError> {
        self.fleet.push(line.to_owned());
        Ok(())
    }

    fn object(&mut self, object: &Object<'_>) -> Result<(), LineError> {
        self.push(&object.cluster, object.single, object.object.get());
        Ok(())
    }

    fn watched_object(&mut self, object: &Object<'_>, output: &mut dyn Write) -> Result<(), LineError> {
        // As in kubectl, the template then gets each object on its own.
        Ok(self.print_event(&object.cluster, object.object.get(), object.listed, output)?)
    }

    fn outcome(&mut self, outcome: &Outcome<'_>, output: &mut dyn Write) -> io::Result<()> {
        if outcome.empty_list {
            self.kept(&outcome.cluster);
        }
        match self.options.stream {
            true => self.print_answers(output),
            false => Ok(()),
        }
    }

    fn stream(&mut self) {
        self.options.stream = true;
    }

    fn left_out(&mut self) -> Option<&mut LeftOut> {
        Some(&mut self.items.left_out)
    }

    fn print(&mut self, output: &mut dyn Write) -> io::Result<()> {
        self.print_events(output)
    }

    fn forget_answers(&mut self) {
        *self = Self::new(self.options.clone(), self.template.clone());
    }

    fn finish(&mut self, _outcomes: &Outcomes, _is_over: bool, output: &mut dyn Write) -> io::Result<()> {
        self.print_answers(output)
    }

    fn failures(&self) -> Option<&Failures> {
        Some(&self.failures)
    }
}

/// Returns the memory that JSON takes while a template is evaluated: for its text and its tree.
fn memory_of(json: &str) -> usize {
    json.len() + Tree::estimate(json)
}

fn too_large(most: usize) -> String {
    format!(
        "this template needs all objects of a cluster at once, which would take more than {} MiB: ask for fewer by a \
         selector or a namespace, or use -o custom-columns, csv or json",
        most >> 20
    )
}
