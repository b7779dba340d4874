//! From lines to what is printed of them.

use super::cluster_order;
use super::failures::Failures;
use super::line_error::LineError;
use super::options::Options;
use super::output::Output;
use super::printer::Printer;
use super::printers;
use super::report::Report;
use super::text_lines::TextLines;
use crate::exit::Status;
use crate::merge::not_a_record;
use crate::record::fast_row;
use crate::record::{Object, Record, Row, Stream, Text};
use crate::wire::BadLine;
use serde::de::IgnoredAny;
use std::io::{self, Write};

/// Prints the records of a stream, one line after another.
pub struct Formatter {
    options: Options,
    printer: Box<dyn Printer>,
    /// True while no record has come that says which format suits.
    is_undecided: bool,
    text: TextLines,
    report: Report,
    /// The lines of clusters that wait to be sorted.
    clusters: Vec<String>,
    /// True if records of a watch came, which are printed as they come.
    is_watching: bool,
}

impl Formatter {
    /// Returns a formatter that has seen nothing.
    pub fn new(options: Options) -> Self {
        Self {
            printer: printers::choose(&options),
            is_undecided: options.output == Output::Auto,
            text: TextLines::new(options.clone()),
            report: Report::new(),
            clusters: Vec::new(),
            is_watching: false,
            options,
        }
    }

    /// Takes one line. Some formats hold records back until the end or until [`flush`](Self::flush).
    ///
    /// # Errors
    /// The output's errors.
    pub fn line(
        &mut self,
        number: u64,
        line: &str,
        output: &mut dyn Write,
        complain: &mut dyn FnMut(&str),
    ) -> io::Result<()> {
        // Most lines are rows like the one before: nothing is new about them but the row.
        if let Some(store) = self.printer.row_store()
            && store.push_line(line)
        {
            if store.left_out.has_news() {
                self.report.saw_left_out(&mut store.left_out, complain);
            }
            return Ok(());
        }
        let result = self.record(line, output, complain);
        if !matches!(result, Err(LineError::NotARecord(_))) {
            self.report.saw_record();
        }
        let printer = self.printer.as_mut();
        match result {
            Ok(()) => {}
            Err(LineError::Output(error)) => return Err(error),
            Err(LineError::NeedsObjects) => self.report.saw_row_for_object(),
            Err(LineError::NotForGroups) => self.report.saw_group_that_does_not_fit(),
            Err(LineError::TooManyColumns) => self.report.saw_wide_row(number, printer, complain),
            Err(LineError::NotARecord(error)) => {
                let bad = not_a_record(number, line, &error);
                self.report.saw_bad_line(&bad, printer, complain);
            }
        }
        if let Some(left_out) = self.printer.left_out()
            && left_out.has_news()
        {
            self.report.saw_left_out(left_out, complain);
        }
        Ok(())
    }

    /// Takes a line that cannot be read, which makes the run a partial success at best.
    pub fn bad_line(&mut self, bad: &BadLine, complain: &mut dyn FnMut(&str)) {
        self.report.saw_bad_line(bad, self.printer.as_mut(), complain);
    }

    /// Returns true if nothing came, neither a record nor a line that was meant to be one.
    pub fn is_empty(&self) -> bool {
        self.report.is_empty()
    }

    /// Returns true if nothing more is printed, because a template or a column failed on an object of a watch. As in
    /// kubectl, that ends the output, so that the error is shown at once and not when the user ends the watch.
    pub(super) fn is_over(&self) -> bool {
        let has_failed = |failures: &Failures| failures.failed > 0;
        self.is_watching && self.printer.failures().is_some_and(has_failed)
    }

    /// With [`Options::stream`], prints the rows that have come since the last time. To be called when no further line
    /// has arrived yet: the more rows come at once, the better their columns align.
    ///
    /// # Errors
    /// The output's errors.
    pub fn flush(&mut self, output: &mut dyn Write) -> io::Result<()> {
        if self.options.stream {
            self.print(output)?;
        }
        output.flush()
    }

    /// Prints what was held back, and hands `complain` the lines for stderr: clusters that failed or were skipped,
    /// objects that no cluster has.
    ///
    /// # Errors
    /// The output's errors.
    pub fn finish(mut self, output: &mut dyn Write, complain: &mut dyn FnMut(&str)) -> io::Result<Status> {
        self.report.saw_end(self.printer.as_mut(), complain);
        if self.report.lacks_type() {
            self.printer.forget_answers();
            self.text.clear();
        }
        self.take_sorted_clusters();
        let is_over = self.is_over();
        if is_over {
            self.report.outcomes.stop_early();
        }
        self.print(output)?;
        self.printer.finish(&self.report.outcomes, is_over, output)?;
        output.flush()?;
        let none = Failures::default();
        let failures = self.printer.failures().unwrap_or(&none);
        Ok(self.report.finish(&self.options, failures, complain))
    }

    /// Gives the printer the clusters that waited to be sorted.
    fn take_sorted_clusters(&mut self) {
        let mut clusters = std::mem::take(&mut self.clusters);
        if let Some(order) = &self.options.clusters.sort_by {
            cluster_order::sort(order, &mut clusters, &self.options);
        }
        for line in &clusters {
            // It was read before, and is one of a list that the printers keep.
            if let Ok(cluster) = serde_json::from_str(line) {
                let _ = self.printer.cluster(line, &cluster);
            }
        }
    }

    /// Reads the next row's line as JSON, however much it resembles the one before.
    #[cfg(test)]
    pub(super) fn forget_last_row(&mut self) {
        if let Some(store) = self.printer.row_store() {
            store.forget_last_row();
        }
    }

    /// Takes the record of a line.
    fn record(
        &mut self,
        line: &str,
        output: &mut dyn Write,
        complain: &mut dyn FnMut(&str),
    ) -> Result<(), LineError> {
        if self.printer.copies_lines() {
            self.report.saw_line(line)?;
            return Ok(self.printer.copy_line(line, output)?);
        }
        if let Some(cluster) = self.printer.object_line(line) {
            self.report.saw_data(&cluster);
            return Ok(());
        }
        let record = match fast_row::row(line) {
            Ok(row) => Record::Row(row),
            Err(_) => Record::parse(line)?,
        };
        match record {
            Record::Row(row) => self.row(line, row, output),
            Record::Object(object) => self.object(&object, output),
            Record::Group(group) => {
                self.is_undecided = false;
                self.report.saw_group(&group);
                self.printer.group(&group)
            }
            Record::Cluster(cluster) => {
                self.is_undecided = false;
                self.report.outcomes.saw_other();
                if self.options.clusters.sort_by.is_some() {
                    self.clusters.push(line.to_owned());
                    return Ok(());
                }
                self.printer.cluster(line, &cluster)
            }
            Record::Text(text) if text.stream == Stream::Stderr => {
                self.report.saw_warning(&text, &self.options, complain);
                Ok(())
            }
            Record::Text(text) => self.text(&text, output),
            Record::Outcome(outcome) => {
                self.is_watching |= outcome.watched;
                self.report.saw_outcome(&outcome);
                Ok(self.printer.outcome(&outcome, output)?)
            }
            Record::Asked(asked) => {
                self.printer.asked(&asked);
                self.report.outcomes.saw_asked(&asked);
                Ok(())
            }
            Record::Problem(problem) => {
                self.report.outcomes.saw_problem(&problem);
                Ok(())
            }
            Record::Summary(summary) => {
                self.report.outcomes.saw_summary(&summary);
                Ok(())
            }
            Record::Show(_) => {
                self.stream();
                Ok(())
            }
            Record::Unknown(line) => {
                serde_json::from_str::<IgnoredAny>(line)?;
                self.report.outcomes.saw_other();
                Ok(())
            }
        }
    }

    fn row(&mut self, line: &str, mut row: Row<'_>, output: &mut dyn Write) -> Result<(), LineError> {
        self.is_undecided = false;
        self.report.saw_data(&row.cluster);
        row.restore_headings();
        if row.event.is_some() {
            return self.watched_row(row, output);
        }
        self.printer.row(&row)?;
        if let Some(store) = self.printer.row_store() {
            store.learn(line, &row);
        }
        self.print_if_stuck(output)
    }

    /// Prints a row of a watch, or keeps one that existed when the watch began until the next [`flush`](Self::flush).
    ///
    /// The rows that existed when a cluster's watch began are aligned with those that came together with them. As in
    /// kubectl, a later row keeps the widths so far, or widens them for the rows after it.
    fn watched_row(&mut self, mut row: Row<'_>, output: &mut dyn Write) -> Result<(), LineError> {
        self.begin_watching();
        let is_listed = row.listed;
        if !is_listed {
            self.print(output)?;
        }
        self.printer.watched_row(&mut row, output)?;
        if !is_listed {
            self.print(output)?;
        }
        Ok(())
    }

    fn object(&mut self, object: &Object<'_>, output: &mut dyn Write) -> Result<(), LineError> {
        if std::mem::take(&mut self.is_undecided) {
            self.printer = printers::for_objects(&self.options);
        }
        self.report.saw_data(&object.cluster);
        if object.event.is_some() {
            self.begin_watching();
            return self.printer.watched_object(object, output);
        }
        self.printer.object(object)?;
        self.print_if_stuck(output)
    }

    fn text(&mut self, text: &Text<'_>, output: &mut dyn Write) -> Result<(), LineError> {
        self.report.saw_data(&text.cluster);
        if !self.printer.text(text)? {
            self.text.push(text, self.printer.holds_rows(), output)?;
            self.print_if_stuck(output)?;
        }
        Ok(())
    }

    /// Prints as records come from now on: a watch has no end to wait for.
    fn begin_watching(&mut self) {
        self.is_watching = true;
        self.stream();
    }

    fn stream(&mut self) {
        self.options.stream = true;
        self.printer.stream();
    }

    /// Prints before the end if there is no room for what waits.
    fn print_if_stuck(&mut self, output: &mut dyn Write) -> Result<(), LineError> {
        if self.text.is_stuck() || self.printer.is_stuck() {
            self.stream();
            self.print(output)?;
        }
        Ok(())
    }

    /// Prints the rows so far, and the text after them.
    fn print(&mut self, output: &mut dyn Write) -> io::Result<()> {
        self.printer.print(output)?;
        self.text.print(output)
    }
}
