//! How a query of the fleet ended, counted from Result, Asked, Problem and Summary records. All stages that can
//! end a pipe count here, so that each of them ends with the same status.
//!
//! - Clusters are counted by name; of several Results of one cluster the last one counts.
//! - A cluster that lacks what was asked for (`NotFound`) has answered if any other cluster has it.
//! - Objects and types are lacking only where every cluster that answered lacks them. A cluster that does not
//!   serve a type lacks all of its objects.
//! - A cluster that sent rows or was announced (`Asked`) but has no Result has failed, because the stream was cut
//!   off. Where there is neither a Result nor an Asked, somebody filtered them out, and nothing is said of clusters.
//! - A cluster that a Problem names has failed, whatever its Result says. Any other Problem makes the run at least
//!   partial; it has failed where nothing else came.
//! - A Summary counts only where there are no Results and no Asked. Several are added up.

mod problems;

use crate::exit::{FailOn, Status, Tally};
use crate::record::{self, Asked, Lack, Outcome, Problem, Reason, Str, Summary, SummaryError};
use problems::Problems;
use std::collections::{BTreeMap, HashSet};

/// What is said of a cluster whose rows came without a Result.
const CUT_OFF: &str = "its answer ended without a Result: the stream was cut off or filtered";

/// The same of a cluster that was announced and of which nothing else came.
const LOST: &str =
    "no Result came: what asks it was stopped, or its records were lost or filtered on the way";

/// Advice where records are lost.
const ASK_AGAIN: &str = "run it again, and look at how each stage of the pipe ended";

/// The Results, Asked, Problems and Summaries that have been seen.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// By name; `None` for a cluster that was announced or sent rows and has no Result yet.
    clusters: BTreeMap<String, Option<Ended>>,
    /// Clusters that sent something beside a Result.
    with_data: HashSet<String>,
    results: u64,
    asked: u64,
    summary: Option<Totals>,
    problems: Problems,
    /// True if rows, objects, texts or clusters came.
    has_data: bool,
}

/// How the query of one cluster ended: what is worth keeping of an [`Outcome`].
#[derive(Debug, Default)]
pub struct Ended {
    /// As in [`Outcome::ok`].
    pub ok: bool,
    /// As in [`Outcome::reason`].
    pub reason: Option<Reason>,
    /// As in [`Outcome::message`].
    pub message: Option<String>,
    /// As in [`Outcome::hint`].
    pub hint: Option<String>,
    /// As in [`Outcome::missing`].
    pub missing: Vec<Lack<'static>>,
    /// As in [`Outcome::unserved`].
    pub unserved: Vec<Lack<'static>>,
    /// As in [`Outcome::items`].
    pub items: u64,
    /// As in [`Outcome::notice`].
    pub notice: Option<String>,
    /// As in [`Outcome::unsorted`].
    pub unsorted: Option<String>,
    /// Whether any rows or objects came of it.
    pub has_items: bool,
}

impl Ended {
    fn is_not_found(&self) -> bool {
        !self.ok && self.reason == Some(Reason::NotFound)
    }

    /// Whether it says what it has and what not: it answered, or said so before it failed.
    fn knows(&self) -> bool {
        let says = !self.unserved.is_empty() || !self.missing.is_empty();
        // Who refuses the request itself has looked up its types.
        let refuses = self.reason == Some(Reason::BadRequest);
        self.ok || says || refuses || self.items > 0 && !self.is_not_found()
    }

    fn serves(&self, type_: &str) -> bool {
        !self.unserved.iter().any(|lack| *lack.type_ == *type_)
    }

    fn misses(&self, object: &Lack<'_>) -> bool {
        let same = |lack: &Lack<'_>| lack.type_ == object.type_ && lack.name == object.name;
        !self.serves(&object.type_) || self.missing.iter().any(same)
    }
}

/// What the Summaries of a stream come to.
#[derive(Debug, Default)]
struct Totals {
    successful: u64,
    failed: u64,
    skipped: u64,
    errors: BTreeMap<String, SummaryError<'static>>,
}

/// What became of a cluster.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Standing {
    /// It answered, or answered that it lacks what others have.
    Answered,
    /// It was not asked.
    Skipped,
    /// It should have answered and did not, or not in full.
    Failed,
}

/// A cluster that did not answer.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// Its name.
    pub cluster: &'a str,
    /// [`Standing::Skipped`] or [`Standing::Failed`].
    pub standing: Standing,
    /// Why; only Results say so.
    pub reason: Option<Reason>,
    /// The same for a person.
    pub message: &'a str,
    /// Advice for the user.
    pub hint: Option<&'a str>,
}

/// How many clusters came to what.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Answered.
    pub successful: u64,
    /// Should have and did not.
    pub failed: u64,
    /// Were not asked.
    pub skipped: u64,
}

impl Counts {
    /// All of them.
    pub fn total(self) -> u64 {
        self.successful
            .saturating_add(self.failed)
            .saturating_add(self.skipped)
    }
}

impl Outcomes {
    /// A row, an object or text of this cluster came.
    pub fn saw_data(&mut self, cluster: &str) {
        self.has_data = true;
        if !self.with_data.contains(cluster) {
            self.with_data.insert(cluster.to_owned());
            if !self.clusters.contains_key(cluster) {
                self.clusters.insert(cluster.to_owned(), None);
            }
        }
    }

    /// A record came that stands for itself, such as a Cluster.
    pub fn saw_other(&mut self) {
        self.has_data = true;
    }

    /// A record came that is passed on by a stage to which only Problems of the stages before matter.
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

    /// A Result came.
    pub fn saw_result(&mut self, outcome: &Outcome<'_>) {
        self.results += 1;
        let text = |text: &Str<'_>| text.as_str().to_owned();
        let ended = Ended {
            ok: outcome.ok,
            reason: outcome.reason,
            message: outcome.message.as_ref().map(text),
            hint: outcome.hint.as_ref().map(text),
            missing: outcome.missing.iter().map(Lack::to_owned).collect(),
            unserved: outcome.unserved.iter().map(Lack::to_owned).collect(),
            items: outcome.items,
            notice: outcome.notice.as_ref().map(text),
            unsorted: outcome.unsorted.as_ref().map(text),
            has_items: outcome.items > 0,
        };
        self.clusters.insert(text(&outcome.cluster), Some(ended));
    }

    /// A cluster was announced.
    pub fn saw_asked(&mut self, asked: &Asked<'_>) {
        self.asked += 1;
        if !self.clusters.contains_key(asked.cluster.as_str()) {
            self.clusters.insert(asked.cluster.as_str().to_owned(), None);
        }
    }

    /// Forgets who was announced, since this tool itself stops before the Results can come.
    pub fn stop_early(&mut self) {
        self.asked = 0;
        let with_data = &self.with_data;
        self.clusters
            .retain(|cluster, ended| ended.is_some() || with_data.contains(cluster));
    }

    /// Returns whether anything came of a cluster, or at least that it was announced.
    pub fn knows(&self, cluster: &str) -> bool {
        self.clusters.contains_key(cluster)
    }

    /// A Problem came. One that comes again says nothing new.
    pub fn saw_problem(&mut self, problem: &Problem<'_>) {
        self.problems.take(problem);
    }

    /// A Summary came.
    pub fn saw_summary(&mut self, summary: &Summary<'_>) {
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

    /// The Problems that came, in the order of arrival, each once.
    pub fn problems(&self) -> &[Problem<'static>] {
        &self.problems.kept
    }

    /// How many Problems came beyond [`problems`](Self::problems).
    pub fn more_problems(&self) -> u64 {
        self.problems.more
    }

    /// Returns whether records came that name every cluster, and not only Summaries.
    pub fn knows_clusters(&self) -> bool {
        self.results > 0 || self.asked > 0
    }

    /// Whether there is anything to sum up.
    pub fn is_known(&self) -> bool {
        self.knows_clusters() || self.summary.is_some()
    }

    /// Clusters that answered, by name.
    pub fn answered(&self) -> impl Iterator<Item = &str> {
        let any_ok = self.any_ok();
        self.ended()
            .filter(move |(cluster, ended)| self.standing(cluster, *ended, any_ok) == Standing::Answered)
            .map(|(cluster, _)| cluster)
    }

    /// Clusters that did not, by name.
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

    /// Of a cluster that did not answer, why.
    fn failure<'a>(&'a self, cluster: &'a str, standing: Standing, ended: Option<&'a Ended>) -> Failure<'a> {
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
                hint: problem.is_none().then_some(ASK_AGAIN),
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

    /// Clusters that nothing but a Problem names, where the others are known.
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
                hint: None,
            })
    }

    /// How many clusters came to what.
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

    /// Types that were asked for and that none of the clusters that answered serves, each as kubectl says it.
    pub fn unserved_everywhere(&self) -> Vec<&str> {
        self.lacking(|ended| &ended.unserved, |ended, lack| !ended.serves(&lack.type_))
    }

    /// The same, and then objects that were asked for by name and are on none of them.
    pub fn missing_everywhere(&self) -> Vec<&str> {
        let mut missing = self.unserved_everywhere();
        missing.extend(self.lacking(|ended| &ended.missing, Ended::misses));
        missing
    }

    /// What some say they lack and all who know lack.
    fn lacking<'a>(
        &'a self,
        said: impl Fn(&'a Ended) -> &'a [Lack<'static>],
        lacks: impl Fn(&Ended, &Lack<'_>) -> bool,
    ) -> Vec<&'a str> {
        let knowing = || self.clusters.values().flatten().filter(|ended| ended.knows());
        let mut messages: Vec<&str> = Vec::new();
        // By type and name, since servers may word it differently; the first one's words are taken.
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

    /// Whether no cluster has what was asked for, and at least one said so.
    pub fn not_found_anywhere(&self) -> bool {
        !self.any_ok() && self.clusters.values().flatten().any(Ended::is_not_found)
    }

    /// What the clusters that found nothing would say, without repetitions.
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

    /// What is wrong with the sort key, where no cluster that has objects has one with it.
    pub fn unsorted(&self) -> Option<&str> {
        let mut unsorted = None;
        for ended in self.clusters.values().flatten().filter(|ended| ended.has_items) {
            unsorted = Some(ended.unsorted.as_deref()?);
        }
        unsorted
    }

    /// The exit status of a run that came to this.
    pub fn status(&self, fail_on: FailOn) -> Status {
        self.status_of(self.tally(), fail_on)
    }

    /// The same for a tally that says more than this can know.
    pub fn status_of(&self, tally: Tally, fail_on: FailOn) -> Status {
        let of_problems = match self.problems.status {
            // That a stage could do nothing is a part of the whole where others did something; and what one lost is
            // all there was where nothing else came.
            Status::Failed | Status::Partial => match tally.successful > 0 || self.has_data {
                true => Status::Partial,
                false => Status::Failed,
            },
            status => status,
        };
        tally.status(fail_on).join(of_problems)
    }

    /// Returns what the exit status follows from, as far as clusters are concerned.
    pub fn tally(&self) -> Tally {
        let counts = self.counts();
        Tally {
            successful: counts.successful,
            failed: counts.failed.saturating_add(counts.skipped),
            missing_everywhere: !self.missing_everywhere().is_empty() || self.unsorted().is_some(),
            interrupted: false,
        }
    }

    /// The record that sums it up.
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
        }
    }

    /// The Summaries, where they are all that is known.
    fn totals(&self) -> Option<&Totals> {
        self.summary.as_ref().filter(|_| !self.knows_clusters())
    }

    /// Clusters and how they ended, where that is known.
    fn ended(&self) -> impl Iterator<Item = (&str, Option<&Ended>)> {
        let clusters = self.knows_clusters().then(|| self.clusters.iter());
        clusters
            .into_iter()
            .flatten()
            .map(|(cluster, ended)| (cluster.as_str(), ended.as_ref()))
    }

    fn any_ok(&self) -> bool {
        self.clusters.values().flatten().any(|ended| ended.ok)
    }

    fn standing(&self, cluster: &str, ended: Option<&Ended>, any_ok: bool) -> Standing {
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
