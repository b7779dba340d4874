//! How a query of the fleet ended, counted from Result and Summary records. mc-merge and mc-format both
//! count, so that either may end a pipe, and they count here.
//!
//! - Clusters are counted by name; of several Results of one cluster the last one counts.
//! - A cluster that lacks what was asked for (`NotFound`) has answered if any other cluster has it.
//! - Objects and types are lacking only where every cluster that answered lacks them. A cluster that does not
//!   serve a type lacks all of its objects.
//! - A cluster that sent rows but no Result has failed, because the stream was cut off. Where there are
//!   no Results at all, somebody filtered them out, and nothing can be said.
//! - A Summary counts only where there are no Results. Several are added up.

use crate::exit::Tally;
use crate::record::{Lack, Outcome, Reason, Str, Summary};
use std::collections::{BTreeMap, HashSet};

/// What is said of a cluster whose rows came without a Result.
const CUT_OFF: &str = "its answer ended without a Result: the stream was cut off or filtered";

/// What has been seen of Results and Summaries.
#[derive(Debug, Default)]
pub struct Outcomes {
    /// By name; `None` for a cluster that sent rows and no Result yet.
    clusters: BTreeMap<String, Option<Ended>>,
    results: u64,
    summary: Option<Totals>,
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
    errors: BTreeMap<String, String>,
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
    /// What the Result says a person may try.
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
        if !self.clusters.contains_key(cluster) {
            self.clusters.insert(cluster.to_owned(), None);
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

    /// A Summary came.
    pub fn saw_summary(&mut self, summary: &Summary<'_>) {
        let totals = self.summary.get_or_insert_default();
        totals.successful = totals.successful.saturating_add(summary.successful);
        totals.failed = totals.failed.saturating_add(summary.failed);
        totals.skipped = totals.skipped.saturating_add(summary.skipped);
        for (cluster, message) in &summary.errors {
            totals
                .errors
                .insert(cluster.as_str().to_owned(), message.as_str().to_owned());
        }
    }

    /// Whether Results came, which name every cluster, and not only Summaries.
    pub fn knows_results(&self) -> bool {
        self.results > 0
    }

    /// Whether there is anything to sum up.
    pub fn is_known(&self) -> bool {
        self.results > 0 || self.summary.is_some()
    }

    /// Clusters that answered, by name.
    pub fn answered(&self) -> impl Iterator<Item = &str> {
        let any_ok = self.any_ok();
        self.ended()
            .filter(move |(_, ended)| self.standing(*ended, any_ok) == Standing::Answered)
            .map(|(cluster, _)| cluster)
    }

    /// Clusters that did not, by name.
    pub fn failures(&self) -> impl Iterator<Item = Failure<'_>> {
        let any_ok = self.any_ok();
        let from_results = self.ended().filter_map(move |(cluster, ended)| {
            let standing = self.standing(ended, any_ok);
            let reason = ended.and_then(|ended| ended.reason);
            let said = ended.and_then(|ended| ended.message.as_deref());
            (standing != Standing::Answered).then_some(Failure {
                cluster,
                standing,
                reason: reason.or(Some(Reason::Protocol)),
                message: match (ended, said, reason) {
                    (_, Some(message), _) => message,
                    (None, ..) => CUT_OFF,
                    (_, None, Some(reason)) => reason.as_str(),
                    (_, None, None) => "no reason given",
                },
                hint: ended.and_then(|ended| ended.hint.as_deref()),
            })
        });
        // A Summary does not say which of its errors are of clusters that were skipped.
        let from_summary = self.totals().into_iter().flat_map(|totals| {
            totals.errors.iter().map(|(cluster, message)| Failure {
                cluster,
                standing: Standing::Failed,
                reason: None,
                message,
                hint: None,
            })
        });
        from_results.chain(from_summary)
    }

    /// How many clusters came to what.
    pub fn counts(&self) -> Counts {
        if let Some(totals) = self.totals() {
            return Counts {
                successful: totals.successful,
                failed: totals.failed,
                skipped: totals.skipped,
            };
        }
        let any_ok = self.any_ok();
        let mut counts = Counts::default();
        for (_, ended) in self.ended() {
            match self.standing(ended, any_ok) {
                Standing::Answered => counts.successful += 1,
                Standing::Skipped => counts.skipped += 1,
                Standing::Failed => counts.failed += 1,
            }
        }
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

    /// What the exit status follows from.
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
                .map(|failure| (failure.cluster.into(), failure.message.into()))
                .collect(),
        }
    }

    /// The Summaries, where they are all that is known.
    fn totals(&self) -> Option<&Totals> {
        self.summary.as_ref().filter(|_| self.results == 0)
    }

    /// Clusters and how they ended, where Results are known.
    fn ended(&self) -> impl Iterator<Item = (&str, Option<&Ended>)> {
        let clusters = (self.results > 0).then(|| self.clusters.iter());
        clusters
            .into_iter()
            .flatten()
            .map(|(cluster, ended)| (cluster.as_str(), ended.as_ref()))
    }

    fn any_ok(&self) -> bool {
        self.clusters.values().flatten().any(|ended| ended.ok)
    }

    fn standing(&self, ended: Option<&Ended>, any_ok: bool) -> Standing {
        match ended {
            Some(ended) if ended.ok || (any_ok && ended.is_not_found()) => Standing::Answered,
            Some(ended) if ended.reason == Some(Reason::Skipped) => Standing::Skipped,
            _ => Standing::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::exit::{FailOn, Status};
    use crate::record::Record;

    fn seen(lines: &[&str]) -> Outcomes {
        let mut outcomes = Outcomes::default();
        for line in lines {
            match Record::parse(line).unwrap() {
                Record::Outcome(outcome) => outcomes.saw_result(&outcome),
                Record::Summary(summary) => outcomes.saw_summary(&summary),
                Record::Row(row) => outcomes.saw_data(&row.cluster),
                other => unreachable!("{other:?}"),
            }
        }
        outcomes
    }

    fn counts(successful: u64, failed: u64, skipped: u64) -> Counts {
        Counts {
            successful,
            failed,
            skipped,
        }
    }

    const OK_A: &str = r#"{"kind":"Result","cluster":"a","ok":true}"#;
    const LOST_B: &str = r#"{"kind":"Result","cluster":"b","ok":false,"reason":"NotFound","message":"pods \"x\" not found","missing":[{"type":"pod","name":"x","message":"no x"}]}"#;
    const LATE_C: &str = r#"{"kind":"Result","cluster":"c","ok":false,"reason":"Timeout","message":"late"}"#;
    const SKIP_D: &str =
        r#"{"kind":"Result","cluster":"d","ok":false,"reason":"Skipped","message":"no context"}"#;

    #[test]
    fn what_one_cluster_has_others_may_lack() {
        let outcomes = seen(&[OK_A, LOST_B]);
        assert_eq!(outcomes.counts(), counts(2, 0, 0));
        assert_eq!(outcomes.tally().status(FailOn::Any), Status::Complete);
        assert_eq!(outcomes.answered().collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn what_no_cluster_has_is_an_error() {
        let outcomes = seen(&[LOST_B]);
        assert_eq!(outcomes.counts(), counts(0, 1, 0));
        assert_eq!(outcomes.tally().status(FailOn::Any), Status::Failed);
        assert_eq!(outcomes.missing_everywhere(), ["no x"]);
        assert!(outcomes.unserved_everywhere().is_empty());
        assert!(outcomes.not_found_anywhere());

        let lacks = r#"{"kind":"Result","cluster":"a","ok":true,"missing":[{"type":"pod","name":"y","message":"no y"},{"type":"pod","name":"x","message":"no x"}]}"#;
        let outcomes = seen(&[lacks, LOST_B, LATE_C]);
        assert_eq!(outcomes.missing_everywhere(), ["no x"]);
        assert_eq!(outcomes.tally().status(FailOn::Any), Status::Failed);
        assert!(seen(&[lacks, OK_A]).missing_everywhere().is_empty());

        // A cluster that does not say what it lacks says nothing of names.
        let no_type = r#"{"kind":"Result","cluster":"e","ok":false,"reason":"NotFound"}"#;
        assert_eq!(seen(&[lacks, no_type]).missing_everywhere(), ["no y", "no x"]);
    }

    #[test]
    fn a_type_that_no_cluster_serves_is_an_error() {
        let without = |cluster: &str, ok: bool| {
            let reason = if ok { "" } else { r#","reason":"NotFound""# };
            format!(
                r#"{{"kind":"Result","cluster":"{cluster}","ok":{ok}{reason},"unserved":[{{"type":"wd","message":"no wd"}}]}}"#
            )
        };
        let outcomes = seen(&[&without("a", true), &without("b", false), LATE_C]);
        assert_eq!(outcomes.unserved_everywhere(), ["no wd"]);
        assert_eq!(outcomes.missing_everywhere(), ["no wd"]);
        assert_eq!(outcomes.tally().status(FailOn::All), Status::Failed);

        let has_it = OK_A.replace("\"a\"", "\"z\"");
        let outcomes = seen(&[&without("a", true), &without("b", false), &has_it]);
        assert!(outcomes.missing_everywhere().is_empty());
        assert_eq!(outcomes.tally().status(FailOn::Any), Status::Complete);

        // One that failed after it had sent rows may well serve it.
        let broke = r#"{"kind":"Result","cluster":"z","ok":false,"items":3,"reason":"Forbidden"}"#;
        assert!(
            seen(&[&without("a", true), broke])
                .missing_everywhere()
                .is_empty()
        );
    }

    #[test]
    fn who_does_not_serve_a_type_lacks_its_objects() {
        let no_type = r#"{"kind":"Result","cluster":"a","ok":true,"items":1,"unserved":[{"type":"wd","message":"no wd"}]}"#;
        let no_gear = r#"{"kind":"Result","cluster":"b","ok":true,"items":1,"missing":[{"type":"wd","name":"gear","message":"no gear"}]}"#;
        let no_pod = no_gear.replace("wd", "pod");
        assert_eq!(seen(&[no_type, no_gear]).missing_everywhere(), ["no gear"]);
        assert!(seen(&[no_type, &no_pod]).missing_everywhere().is_empty());
    }

    #[test]
    fn clusters_are_counted_once_and_the_last_result_wins() {
        let late_a = LATE_C.replace("\"c\"", "\"a\"");
        let outcomes = seen(&[OK_A, LATE_C, SKIP_D, &late_a, OK_A]);
        assert_eq!(outcomes.counts(), counts(1, 1, 1));
        assert_eq!(outcomes.tally().status(FailOn::Any), Status::Partial);
        let summary = outcomes.summary();
        assert_eq!(summary.total, 3);
        assert_eq!(summary.errors.get("c").unwrap().as_str(), "late");
        assert_eq!(summary.errors.get("d").unwrap().as_str(), "no context");
    }

    #[test]
    fn rows_without_a_result_are_a_failure_only_among_results() {
        let row = r#"{"kind":"Row","cluster":"z"}"#;
        assert_eq!(seen(&[row]).counts(), counts(0, 0, 0));
        let outcomes = seen(&[row, OK_A]);
        assert_eq!(outcomes.counts(), counts(1, 1, 0));
        assert_eq!(outcomes.failures().next().unwrap().message, CUT_OFF);
    }

    #[test]
    fn summaries_count_where_nothing_else_does() {
        let summary =
            r#"{"kind":"Summary","total":3,"successful":1,"failed":1,"skipped":1,"errors":{"x":"gone"}}"#;
        let outcomes = seen(&[summary, summary]);
        assert_eq!(outcomes.counts(), counts(2, 2, 2));
        assert_eq!(outcomes.failures().count(), 1);
        assert_eq!(seen(&[summary, OK_A]).counts(), counts(1, 0, 0));

        let most = format!(
            r#"{{"kind":"Summary","total":0,"successful":{0},"failed":{0},"skipped":1}}"#,
            u64::MAX
        );
        let outcomes = seen(&[&most, &most]);
        assert_eq!(outcomes.counts().total(), u64::MAX);
        assert_eq!(outcomes.tally().status(FailOn::Any), Status::Partial);
    }
}
