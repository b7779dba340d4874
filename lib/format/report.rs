//! Stderr and the exit status of a run.

use super::failures::Failures;
use super::left_out::LeftOut;
use super::options::Options;
use super::printer::Printer;
use super::stderr_summary;
use super::warnings::Warnings;
use crate::exit::Status;
use crate::outcomes::Outcomes;
use crate::record::{self, BadLines, Group, Outcome, Problem, Str, Text};
use crate::term;
use crate::wire::BadLine;
use serde::de::IgnoredAny;
use std::collections::BTreeSet;

/// The tool that reports a bad line.
const TOOL: &str = "mc-format";

/// The error for rows where the format needs objects.
const NEEDS_OBJECTS: &str = "mc-format: rows cannot be put into a template, into columns of one's own or into a List, \
which need whole objects: give mc-exec --for the format that mc-format prints";

/// The error for groups where the format has no place for them.
pub(super) const NOT_FOR_GROUPS: &str = "error: groups cannot be put into a template, into columns of one's own, into \
names or into a List: use -o table, wide, csv, tsv, json, yaml, kyaml or ndjson";

/// Collects what happened in a run.
pub(super) struct Report {
    pub(super) outcomes: Outcomes,
    /// The cluster of the last row, object or text: most are of the same one as the one before.
    last_cluster: Option<String>,
    /// Clusters that there was no room for.
    left_out: BTreeSet<String>,
    warnings: Warnings,
    bad_lines: BadLines,
    has_records: bool,
    /// True if a row came where the format needs objects.
    needs_objects: bool,
    /// True if a group came that the format cannot show.
    has_unfit_group: bool,
}

impl Report {
    pub(super) fn new() -> Self {
        Self {
            outcomes: Outcomes::default(),
            last_cluster: None,
            left_out: BTreeSet::new(),
            warnings: Warnings::default(),
            bad_lines: BadLines::of(TOOL),
            has_records: false,
            needs_objects: false,
            has_unfit_group: false,
        }
    }

    /// Returns true if nothing came, neither a record nor a line that was meant to be one.
    pub(super) fn is_empty(&self) -> bool {
        !self.has_records && self.bad_lines.count() == 0
    }

    pub(super) fn saw_record(&mut self) {
        self.has_records = true;
    }

    pub(super) fn saw_row_for_object(&mut self) {
        self.needs_objects = true;
    }

    pub(super) fn saw_group_that_does_not_fit(&mut self) {
        self.has_unfit_group = true;
    }

    /// Notes the clusters that have rows of a group.
    pub(super) fn saw_group(&mut self, group: &Group<'_>) {
        for cluster in group.clusters.keys() {
            self.saw_data(cluster);
        }
    }

    /// Notes a row, an object or text of a cluster.
    pub(super) fn saw_data(&mut self, cluster: &str) {
        if self.last_cluster.as_deref() != Some(cluster) {
            self.outcomes.saw_data(cluster);
            cluster.clone_into(self.last_cluster.get_or_insert_default());
        }
    }

    pub(super) fn saw_outcome(&mut self, outcome: &Outcome<'_>) {
        // If there was no room for a cluster, its own Result does not count.
        if !self.left_out.contains(outcome.cluster.as_str()) {
            self.outcomes.saw_result(outcome);
        }
    }

    /// Notes a line for stderr. With [`Options::stream`], says it at once.
    pub(super) fn saw_warning(&mut self, text: &Text<'_>, options: &Options, complain: &mut dyn FnMut(&str)) {
        self.outcomes.saw_data(&text.cluster);
        self.warnings.push(text);
        if options.stream {
            self.warnings.print(options, complain);
        }
    }

    /// Reads a record only as far as stderr and the status depend on it.
    pub(super) fn saw_line(&mut self, line: &str) -> Result<(), serde_json::Error> {
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
            record::GROUP => self.saw_group(&serde_json::from_str(line)?),
            record::RESULT => self.outcomes.saw_result(&serde_json::from_str(line)?),
            record::ASKED => self.outcomes.saw_asked(&serde_json::from_str(line)?),
            record::PROBLEM => self.outcomes.saw_problem(&serde_json::from_str(line)?),
            record::SHOW => {}
            record::SUMMARY => self.outcomes.saw_summary(&serde_json::from_str(line)?),
            _ => {
                serde_json::from_str::<IgnoredAny>(line)?;
                self.outcomes.saw_other();
            }
        }
        Ok(())
    }

    /// Notes a line that is left out, and gives the printer the problem for the stages after this one.
    pub(super) fn saw_bad_line(
        &mut self,
        bad: &BadLine,
        printer: &mut dyn Printer,
        complain: &mut dyn FnMut(&str),
    ) {
        let problem = self.bad_lines.take(bad);
        self.say(problem.as_ref(), printer, complain);
    }

    /// Notes a row that has too many columns.
    pub(super) fn saw_wide_row(
        &mut self,
        number: u64,
        printer: &mut dyn Printer,
        complain: &mut dyn FnMut(&str),
    ) {
        let bad = BadLine {
            number,
            problem: "a row with more columns than its cluster may add to the table".into(),
            cluster: self.last_cluster.clone(),
        };
        self.saw_bad_line(&bad, printer, complain);
    }

    /// Notes the end of the input, at which one problem stands for the lines that were just counted.
    pub(super) fn saw_end(&mut self, printer: &mut dyn Printer, complain: &mut dyn FnMut(&str)) {
        let rest = self.bad_lines.rest();
        self.say(rest.as_ref(), printer, complain);
    }

    /// Says and counts a problem of this tool itself.
    fn say(
        &mut self,
        problem: Option<&Problem<'_>>,
        printer: &mut dyn Printer,
        complain: &mut dyn FnMut(&str),
    ) {
        if let Some(problem) = problem {
            complain(&format!("{}: {}", problem.stage, term::escape(&problem.message)));
            self.outcomes.saw_problem(problem);
            printer.problem(problem);
        }
    }

    /// Returns true if no cluster serves a type that was asked for. As in kubectl, which looks up the types before it
    /// asks for anything, nothing else is printed then, nor are the servers' warnings.
    pub(super) fn lacks_type(&mut self) -> bool {
        let lacks = !self.outcomes.unserved_everywhere().is_empty();
        if lacks {
            self.warnings.keep_about_types();
        }
        lacks
    }

    /// Says which clusters there is no room for any more.
    pub(super) fn saw_left_out(&mut self, left_out: &mut LeftOut, complain: &mut dyn FnMut(&str)) {
        for outcome in left_out.take_news() {
            let message = outcome.message.as_deref().unwrap_or_default();
            let text = format!("{}: {message}", outcome.cluster);
            complain(&format!("{TOOL}: {}", term::escape(&text)));
            self.outcomes.saw_result(&outcome);
            self.left_out.insert(outcome.cluster.to_string());
        }
    }

    /// Says what happened, and returns the exit status.
    pub(super) fn finish(
        mut self,
        options: &Options,
        failures: &Failures,
        complain: &mut dyn FnMut(&str),
    ) -> Status {
        stderr_summary::problems(&self.outcomes, complain);
        self.warnings.print(options, complain);
        let is_alone = !options.show_cluster_column;
        if !is_alone {
            stderr_summary::unprinted(options, &failures.errors, true, complain);
        }
        if self.needs_objects {
            complain(NEEDS_OBJECTS);
        }
        if self.has_unfit_group {
            complain(NOT_FOR_GROUPS);
        }
        let has_errors = stderr_summary::report(
            options,
            &self.outcomes,
            self.last_cluster.is_some(),
            !is_alone || failures.errors.is_empty(),
            complain,
        );
        if is_alone {
            // kubectl prefixes a single error with `error: `, but none of several.
            stderr_summary::unprinted(options, &failures.errors, !has_errors, complain);
        }
        let mut status = self.outcomes.status(options.fail_on);
        if failures.failed > 0 || self.needs_objects || self.has_unfit_group {
            status = status.join(match failures.printed {
                0 => Status::Failed,
                _ => Status::Partial,
            });
        }
        status
    }
}
