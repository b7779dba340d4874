//! How a query of the fleet ended, counted from Result, Asked, Problem and Summary records. Every stage that can end a
//! pipe counts here, so that all of them exit with the same status.
//!
//! - Clusters are counted by name; of several Results of one cluster the last one counts.
//! - A cluster that lacks what was asked for (`NotFound`) has answered if any other cluster has it.
//! - Objects and types are missing only if every cluster that answered lacks them. A cluster that does not serve a type
//!   lacks all of its objects.
//! - A cluster that sent rows or was announced (`Asked`) but has no Result has failed, because the stream was cut off.
//!   A stream with neither a Result nor an Asked was filtered, and says nothing about clusters.
//! - A cluster that a Problem names has failed, whatever its Result says. Any other Problem makes the run at least
//!   partial, and failed if nothing else came.
//! - A Summary counts only where there are no Results and no Asked. Several are added up.

mod cluster_outcome;
mod problems;
mod standing;

pub use standing::{Counts, Failure, Standing};

use crate::exit::{FailOn, Status, Tally};
#[cfg(feature = "cluster")]
use crate::record;
use crate::record::{Asked, Lack, Outcome, Problem, Reason, Summary, SummaryError};
use cluster_outcome::ClusterOutcome;
use problems::Problems;
use std::collections::{BTreeMap, HashSet};

/// The message about a cluster whose rows came without a Result.
const CUT_OFF: &str = "its answer ended without a Result: the stream was cut off or filtered";

/// The message about a cluster that was announced and sent nothing.
const LOST: &str =
    "no Result came: what asks it was stopped, or its records were lost or filtered on the way";

/// The hint where records are lost.
const ASK_AGAIN: &str = "run it again, and look at how each stage of the pipe ended";

/// The hint where a stage has said what it lost.
const SEE_STAGES: &str = "a part of its answer was lost: see the message of the stage";

/// The Results, Asked, Problems and Summaries that have been seen.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// By name; `None` for a cluster that was announced or sent rows, and has no Result yet.
    clusters: BTreeMap<String, Option<ClusterOutcome>>,
    /// Clusters that sent something other than a Result.
    with_data: HashSet<String>,
    results: u64,
    asked: u64,
    summary: Option<Totals>,
    /// The last Summary's word for what is lacking.
    lacking: Option<String>,
    /// True if a Summary says that clusters differ.
    differs: bool,
    problems: Problems,
    /// True if rows, objects, texts or clusters came.
    has_data: bool,
}

/// The sum of a stream's Summaries.
#[derive(Debug, Default)]
struct Totals {
    successful: u64,
    failed: u64,
    skipped: u64,
    errors: BTreeMap<String, SummaryError<'static>>,
}

impl Outcomes {
    /// Counts a row, an object or a text of a cluster.
    pub fn saw_data(&mut self, cluster: &str) {
        self.has_data = true;
        if !self.with_data.contains(cluster) {
            self.with_data.insert(cluster.to_owned());
            if !self.clusters.contains_key(cluster) {
                self.clusters.insert(cluster.to_owned(), None);
            }
        }
    }

    /// Counts a record that belongs to no answer, such as a Cluster.
    pub fn saw_other(&mut self) {
        self.has_data = true;
    }

    /// Counts a record that a stage before mc-merge passes on, for which only the Problems of earlier stages matter.
    #[cfg(feature = "cluster")]
    pub fn saw_passed_on(&mut self, line: &str) {
        match record::kind(line).as_deref() {
            Ok(record::PROBLEM) => match serde_json::from_str(line) {
                Ok(problem) => self.saw_problem(&problem),
                Err(_) => self.saw_other(),
            },
            Ok(record::ASKED | record::RESULT | record::SUMMARY) => {}
            _ => self.saw_other(),
        }
    }

    /// Counts a Result.
    pub fn saw_result(&mut self, outcome: &Outcome<'_>) {
        self.results += 1;
        let cluster = outcome.cluster.as_str().to_owned();
        self.clusters.insert(cluster, Some(ClusterOutcome::of(outcome)));
    }

    /// Counts the announcement of a cluster.
    pub fn saw_asked(&mut self, asked: &Asked<'_>) {
        self.asked += 1;
        if !self.clusters.contains_key(asked.cluster.as_str()) {
            self.clusters.insert(asked.cluster.as_str().to_owned(), None);
        }
    }

    /// Forgets announcements, because this tool itself stops before the Results can come.
    pub fn stop_early(&mut self) {
        self.asked = 0;
        let with_data = &self.with_data;
        self.clusters
            .retain(|cluster, ended| ended.is_some() || with_data.contains(cluster));
    }

    /// Returns true if a cluster sent anything or was announced.
    pub fn knows(&self, cluster: &str) -> bool {
        self.clusters.contains_key(cluster)
    }

    /// Returns the names of all clusters that sent anything or were announced.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        self.clusters.keys().map(String::as_str)
    }

    /// Notes that clusters differ, and that the status is to say so.
    pub fn saw_difference(&mut self) {
        self.differs = true;
    }

    /// Counts a Problem; a repeated one only once.
    pub fn saw_problem(&mut self, problem: &Problem<'_>) {
        self.problems.take(problem);
    }

    /// Counts a Summary.
    pub fn saw_summary(&mut self, summary: &Summary<'_>) {
        if let Some(lacking) = &summary.lacking {
            self.lacking = Some(lacking.to_string());
        }
        self.differs |= summary.differs;
        let totals = self.summary.get_or_insert_default();
        totals.successful = totals.successful.saturating_add(summary.successful);
        totals.failed = totals.failed.saturating_add(summary.failed);
        totals.skipped = totals.skipped.saturating_add(summary.skipped);
        for (cluster, error) in &summary.errors {
            totals.errors.insert(
                cluster.as_str().to_owned(),
                SummaryError {
                    reason: error.reason,
                    message: error.message.clone().into_owned(),
                },
            );
        }
    }

    /// Returns the Problems in the order of arrival, each once.
    pub fn problems(&self) -> &[Problem<'static>] {
        &self.problems.kept
    }

    /// Returns the number of Problems beyond [`problems`](Self::problems).
    pub fn more_problems(&self) -> u64 {
        self.problems.more
    }

    /// Returns true if records came that name every cluster, and not only Summaries.
    pub fn knows_clusters(&self) -> bool {
        self.results > 0 || self.asked > 0
    }

    /// Returns true if there is anything to sum up.
    pub fn is_known(&self) -> bool {
        self.knows_clusters() || self.summary.is_some()
    }

    /// Returns the names of the clusters that answered.
    pub fn answered(&self) -> impl Iterator<Item = &str> {
        let any_ok = self.any_ok();
        self.ended()
            .filter(move |(cluster, ended)| self.standing(cluster, *ended, any_ok) == Standing::Answered)
            .map(|(cluster, _)| cluster)
    }

    /// Returns the clusters that did not answer, by name.
    pub fn failures(&self) -> impl Iterator<Item = Failure<'_>> {
        let any_ok = self.any_ok();
        let of_clusters = self.ended().filter_map(move |(cluster, ended)| {
            let standing = self.standing(cluster, ended, any_ok);
            (standing != Standing::Answered).then(|| self.failure(cluster, standing, ended))
        });
        let from_summary = self.totals().into_iter().flat_map(|totals| {
            totals.errors.iter().map(|(cluster, error)| Failure {
                cluster,
                standing: match error.reason {
                    Some(Reason::Skipped) => Standing::Skipped,
                    _ => Standing::Failed,
                },
                reason: error.reason,
                message: &error.message,
                hint: error.reason.and_then(Reason::hint),
            })
        });
        of_clusters.chain(from_summary).chain(self.named_by_problems())
    }

    /// Returns why a cluster did not answer.
    fn failure<'a>(
        &'a self,
        cluster: &'a str,
        standing: Standing,
        ended: Option<&'a ClusterOutcome>,
    ) -> Failure<'a> {
        let Some(ended) = ended.filter(|ended| !ended.ok) else {
            let problem = self.problems.of_clusters.get(cluster);
            let message = match problem {
                Some(problem) => problem.as_str(),
                None if self.with_data.contains(cluster) => CUT_OFF,
                None => LOST,
            };
            return Failure {
                cluster,
                standing,
                reason: Some(Reason::Protocol),
                message,
                hint: Some(match problem {
                    Some(_) => SEE_STAGES,
                    None => ASK_AGAIN,
                }),
            };
        };
        Failure {
            cluster,
            standing,
            reason: ended.reason.or(Some(Reason::Protocol)),
            message: match (ended.message.as_deref(), ended.reason) {
                (Some(message), _) => message,
                (None, Some(reason)) => reason.as_str(),
                (None, None) => "no reason given",
            },
            hint: ended
                .hint
                .as_deref()
                .or_else(|| ended.reason.and_then(Reason::hint)),
        }
    }

    /// Returns the clusters that only Problems name, if the others are known.
    fn named_by_problems(&self) -> impl Iterator<Item = Failure<'_>> {
        let is_counted = |cluster: &str| {
            self.knows_clusters() && self.clusters.contains_key(cluster)
                || self
                    .totals()
                    .is_some_and(|totals| totals.errors.contains_key(cluster))
        };
        let problems = self.is_known().then(|| self.problems.of_clusters.iter());
        problems
            .into_iter()
            .flatten()
            .filter(move |(cluster, _)| !is_counted(cluster))
            .map(|(cluster, message)| Failure {
                cluster,
                standing: Standing::Failed,
                reason: Some(Reason::Protocol),
                message,
                hint: Some(SEE_STAGES),
            })
    }

    /// Returns what the rows or groups lack, as a Summary says it.
    pub fn lack_of_clusters(&self) -> Option<&str> {
        self.lacking.as_deref()
    }

    /// Counts clusters by standing.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        if let Some(totals) = self.totals() {
            counts = Counts {
                successful: totals.successful,
                failed: totals.failed,
                skipped: totals.skipped,
            };
        }
        let any_ok = self.any_ok();
        for (cluster, ended) in self.ended() {
            match self.standing(cluster, ended, any_ok) {
                Standing::Answered => counts.successful += 1,
                Standing::Skipped => counts.skipped += 1,
                Standing::Failed => counts.failed += 1,
            }
        }
        let named = self.named_by_problems().count();
        counts.failed = counts
            .failed
            .saturating_add(u64::try_from(named).unwrap_or(u64::MAX));
        counts
    }

    /// Returns kubectl's messages about the requested types that no cluster serves.
    pub fn unserved_everywhere(&self) -> Vec<&str> {
        self.lacking(|ended| &ended.unserved, |ended, lack| !ended.serves(&lack.type_))
    }

    /// Returns the question that names types similar to one that is not served, given the message about it.
    pub fn similar_types(&self, message: &str) -> Option<&str> {
        let mut lacks = self.clusters.values().flatten().flat_map(|ended| &ended.unserved);
        lacks.find(|lack| *lack.message == *message)?.hint.as_deref()
    }

    /// Returns the same and then those about objects, requested by name, that no cluster has.
    pub fn missing_everywhere(&self) -> Vec<&str> {
        let mut missing = self.unserved_everywhere();
        missing.extend(self.lacking(|ended| &ended.missing, ClusterOutcome::misses));
        missing
    }

    /// Returns the messages about what some clusters say they lack, and all that know lack.
    fn lacking<'a>(
        &'a self,
        said: impl Fn(&'a ClusterOutcome) -> &'a [Lack<'static>],
        lacks: impl Fn(&ClusterOutcome, &Lack<'_>) -> bool,
    ) -> Vec<&'a str> {
        let knowing = || self.clusters.values().flatten().filter(|ended| ended.knows());
        let mut messages: Vec<&str> = Vec::new();
        // Compared by type and name, since servers may word it differently; the first one's message is used.
        let mut looked_at: HashSet<(&str, &str)> = HashSet::new();
        for lack in knowing().flat_map(said) {
            if looked_at.insert((&lack.type_, &lack.name))
                && knowing().all(|ended| lacks(ended, lack))
                && !messages.contains(&lack.message.as_str())
            {
                messages.push(&lack.message);
            }
        }
        messages
    }

    /// Returns true if no cluster has what was asked for, and at least one said so.
    pub fn not_found_anywhere(&self) -> bool {
        !self.any_ok() && self.clusters.values().flatten().any(ClusterOutcome::is_not_found)
    }

    /// Returns the notices of the clusters that found nothing, each once.
    pub fn notices(&self) -> Vec<&str> {
        let mut notices: Vec<&str> = self
            .clusters
            .values()
            .flatten()
            .filter_map(|ended| ended.notice.as_deref())
            .collect();
        notices.sort_unstable();
        notices.dedup();
        notices
    }

    /// Returns what is wrong with the sort key, if no object of any cluster has it.
    pub fn unsorted(&self) -> Option<&str> {
        let mut unsorted = None;
        for ended in self.clusters.values().flatten().filter(|ended| ended.items > 0) {
            unsorted = Some(ended.unsorted.as_deref()?);
        }
        unsorted
    }

    /// Returns the exit status.
    pub fn status(&self, fail_on: FailOn) -> Status {
        self.status_of(self.tally(), fail_on)
    }

    /// Returns the exit status for a tally that contains more than these records say.
    pub fn status_of(&self, tally: Tally, fail_on: FailOn) -> Status {
        let of_problems = match self.problems.status {
            // A stage that failed is only a part of the run if others did something; and if nothing else came, what a
            // stage lost was everything.
            Status::Failed | Status::Partial => match tally.successful > 0 || self.has_data {
                true => Status::Partial,
                false => Status::Failed,
            },
            status => status,
        };
        let of_difference = if self.differs {
            Status::Differs
        } else {
            Status::Complete
        };
        tally.status(fail_on).join(of_problems).join(of_difference)
    }

    /// Returns the tally of clusters that the exit status follows from.
    pub fn tally(&self) -> Tally {
        let counts = self.counts();
        Tally {
            successful: counts.successful,
            failed: counts.failed.saturating_add(counts.skipped),
            missing_everywhere: !self.missing_everywhere().is_empty() || self.unsorted().is_some(),
            interrupted: false,
        }
    }

    /// Returns the Summary record.
    pub fn summary(&self) -> Summary<'_> {
        let counts = self.counts();
        Summary {
            total: counts.total(),
            successful: counts.successful,
            failed: counts.failed,
            skipped: counts.skipped,
            errors: self
                .failures()
                .map(|failure| {
                    let error = SummaryError {
                        reason: failure.reason,
                        message: failure.message.into(),
                    };
                    (failure.cluster.into(), error)
                })
                .collect(),
            lacking: None,
            differs: self.differs,
        }
    }

    /// Returns the sum of the Summaries, if nothing else is known.
    fn totals(&self) -> Option<&Totals> {
        self.summary.as_ref().filter(|_| !self.knows_clusters())
    }

    /// Returns the clusters and their outcomes, if these are known.
    fn ended(&self) -> impl Iterator<Item = (&str, Option<&ClusterOutcome>)> {
        let clusters = self.knows_clusters().then(|| self.clusters.iter());
        clusters
            .into_iter()
            .flatten()
            .map(|(cluster, ended)| (cluster.as_str(), ended.as_ref()))
    }

    fn any_ok(&self) -> bool {
        self.clusters.values().flatten().any(|ended| ended.ok)
    }

    fn standing(&self, cluster: &str, ended: Option<&ClusterOutcome>, any_ok: bool) -> Standing {
        let is_incomplete = self.problems.of_clusters.contains_key(cluster);
        match ended {
            Some(ended) if (ended.ok || (any_ok && ended.is_not_found())) && !is_incomplete => {
                Standing::Answered
            }
            Some(ended) if ended.reason == Some(Reason::Skipped) => Standing::Skipped,
            _ => Standing::Failed,
        }
    }
}

#[cfg(test)]
mod tests;
