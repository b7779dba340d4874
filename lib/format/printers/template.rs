//! What a template makes of each cluster's answer: `-o jsonpath=…`, `-o go-template=…` and their kind.
//!
//! A template is evaluated once a cluster, over what kubectl would evaluate it over: the object itself
//! where one was asked for by its name, and in any other case a `v1` List of all that came, be it empty.
//! Each line of what comes of it is led by the cluster's name and a tab, and has no control characters but tabs, which
//! other programs may take for the end of a line. Without that column it is
//! kubectl's output byte for byte, which may have no newline at its end; only from one cluster to the next
//! there is always one. A cluster for which nothing comes of it has no line.
//!
//! What kubectl dumps of a template that fails and of its object, a jsonpath's on stderr and a go-template's on
//! stdout, is part of that. With the column the error alone is said, since every line of stdout then is a result.
//!
//! Cluster records are a List of their own, and have no name before them.

use crate::format::align::{Aligner, End};
use crate::format::escape;
use crate::format::failures::Failures;
use crate::format::items::Items;
use crate::format::left_out::LeftOut;
use crate::format::options::Options;
use crate::format::printer::{LineError, Printer};
use crate::format::template_engine::{Answer, Template};
use crate::outcomes::Outcomes;
use crate::record::{Cluster, Event, Object, Outcome, Row};
use std::io::{self, Write};

/// Prints the output of a template for each cluster's answer.
#[derive(Debug)]
pub(super) struct TemplatePrinter {
    options: Options,
    template: Template,
    /// Objects that have not been printed yet.
    items: Items,
    /// For each cluster by its number, what there is of that.
    answers: Vec<Kept>,
    /// The numbers of those for which there is something to print.
    waiting: Vec<u32>,
    fleet: Vec<String>,
    /// Whether the output so far lacks a newline at its end.
    open_line: bool,
    /// What came of events and has not been printed yet, and of which cluster the last one was.
    events: String,
    event_cluster: String,
    aligner: Aligner,
    failures: Failures,
}

#[derive(Debug, Default)]
struct Kept {
    objects: usize,
    /// How long they are together, in bytes.
    length: usize,
    single: bool,
    /// Whether there is something to print, be it an empty List.
    present: bool,
}

impl TemplatePrinter {
    pub(super) fn new(options: Options, template: Template) -> Self {
        Self {
            items: Items::new(options.memory),
            options,
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

    /// Keeps an object; `single` if it is all that was asked for, by its name.
    ///
    /// The answer of a cluster is put into a template as a whole, so that there is a limit to it.
    fn push(&mut self, cluster: &str, single: bool, json: &str) {
        let most = self.options.memory / 2;
        let kept = self.kept(cluster);
        kept.single = single && kept.objects == 0;
        kept.objects += 1;
        kept.length += json.len();
        if kept.length <= most {
            return self.items.push(cluster, json);
        }
        *kept = Kept::default();
        let error = io::Error::other(format!(
            "a template takes {} MiB of each cluster; -o custom-columns=… and -o csv=… take more",
            most >> 20
        ));
        let number = self.items.clusters.number(cluster).0;
        self.items.leave_out(number, &error);
    }

    fn kept(&mut self, cluster: &str) -> &mut Kept {
        let number = self.items.clusters.number(cluster).0;
        let index = number as usize;
        if self.answers.len() <= index {
            self.answers.resize_with(index + 1, Kept::default);
        }
        // It has just been made so long.
        let kept = &mut self.answers[index];
        if !std::mem::replace(&mut kept.present, true) {
            self.waiting.push(number);
        }
        kept
    }

    /// Prints what is kept, by the names of the clusters, and forgets it.
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
                let objects = self.items.all_of(number)?;
                let (text, failure) = evaluate(&self.template, &objects, kept.single, !with_column);
                match failure {
                    None => self.failures.printed += 1,
                    Some(failure) => self.failures.add(&name, failure),
                }
                let column = with_column.then_some(&*name);
                self.open_line = write(&self.options, self.open_line, column, &text, output)?;
            }
        }
        if !self.fleet.is_empty() {
            let fleet = std::mem::take(&mut self.fleet);
            let (text, failure) = evaluate(&self.template, &fleet, false, true);
            match failure {
                None => self.failures.printed += 1,
                Some(failure) => self.failures.add("", failure),
            }
            self.open_line = write(&self.options, self.open_line, None, &text, output)?;
        }
        self.items.clear();
        Ok(())
    }

    /// Evaluates the template over one object of what is watched; one that was there already may wait for
    /// [`print_events`](Self::print_events).
    ///
    /// With the clusters' names it is as of any answer. Without them it is kubectl's output, which aligns what
    /// tabs separate and begins no line by itself.
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
            let (text, failure) = evaluate(&self.template, &[json], true, true);
            match failure {
                None => self.failures.printed += 1,
                Some(failure) => self.failures.add(cluster, failure),
            }
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

    /// Prints what waits of events.
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
            // That of the row's end.
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

    fn watched_object(
        &mut self,
        object: &Object<'_>,
        _event: Event,
        output: &mut dyn Write,
    ) -> Result<(), LineError> {
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

/// Returns what comes of a cluster's answer, and what there is to say of it.
fn evaluate(
    template: &Template,
    objects: &[impl AsRef<str>],
    single: bool,
    with_dump: bool,
) -> (String, Option<String>) {
    let answer = Answer {
        single,
        objects: objects.iter().map(AsRef::as_ref).collect(),
    };
    let mut text = String::new();
    let failure = template.execute(&answer, &mut text).err();
    let failure = failure.map(|failure| match with_dump {
        true => {
            text.push_str(&failure.on_stdout);
            failure.error + &failure.on_stderr
        }
        false => failure.error,
    });
    (text, failure)
}

/// Writes what came of a cluster, and says whether its last line lacks its newline.
fn write(
    options: &Options,
    open_line: bool,
    cluster: Option<&str>,
    text: &str,
    output: &mut dyn Write,
) -> io::Result<bool> {
    if text.is_empty() {
        return Ok(open_line);
    }
    if open_line {
        output.write_all(b"\n")?;
    }
    let mut ends = true;
    for line in text.split_inclusive('\n') {
        if let Some(cluster) = cluster {
            write!(output, "{}\t", escape::line(cluster, options))?;
        }
        let content = line.strip_suffix('\n').unwrap_or(line);
        ends = content.len() < line.len();
        // Tabs are what templates make columns with.
        for (index, piece) in content.split('\t').enumerate() {
            if index > 0 {
                output.write_all(b"\t")?;
            }
            output.write_all(escape::line(piece, options).as_bytes())?;
        }
        if ends || cluster.is_some() {
            output.write_all(b"\n")?;
        }
    }
    Ok(!ends && cluster.is_none())
}
