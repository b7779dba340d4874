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
            Record::Cluster(_) => outcomes.saw_other(),
            Record::Asked(asked) => outcomes.saw_asked(&asked),
            Record::Problem(problem) => outcomes.saw_problem(&problem),
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
fn object_on_some_clusters_only_is_complete() {
    let outcomes = seen(&[OK_A, LOST_B]);
    assert_eq!(outcomes.counts(), counts(2, 0, 0));
    assert_eq!(outcomes.tally().status(FailOn::Any), Status::Complete);
    assert_eq!(outcomes.answered().collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn object_on_no_cluster_is_an_error() {
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

    // A cluster that does not say what it lacks says nothing about names.
    let no_type = r#"{"kind":"Result","cluster":"e","ok":false,"reason":"NotFound"}"#;
    assert_eq!(seen(&[lacks, no_type]).missing_everywhere(), ["no y", "no x"]);
}

#[test]
fn type_served_by_no_cluster_is_an_error() {
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

    // A cluster that failed after it had sent rows may serve the type.
    let broke = r#"{"kind":"Result","cluster":"z","ok":false,"items":3,"reason":"Forbidden"}"#;
    assert!(
        seen(&[&without("a", true), broke])
            .missing_everywhere()
            .is_empty()
    );
}

#[test]
fn cluster_that_does_not_serve_a_type_lacks_its_objects() {
    let no_type =
        r#"{"kind":"Result","cluster":"a","ok":true,"items":1,"unserved":[{"type":"wd","message":"no wd"}]}"#;
    let no_gear = r#"{"kind":"Result","cluster":"b","ok":true,"items":1,"missing":[{"type":"wd","name":"gear","message":"no gear"}]}"#;
    let no_pod = no_gear.replace("wd", "pod");
    assert_eq!(seen(&[no_type, no_gear]).missing_everywhere(), ["no gear"]);
    assert!(seen(&[no_type, &no_pod]).missing_everywhere().is_empty());
}

#[test]
fn last_of_several_results_of_a_cluster_counts() {
    let late_a = LATE_C.replace("\"c\"", "\"a\"");
    let outcomes = seen(&[OK_A, LATE_C, SKIP_D, &late_a, OK_A]);
    assert_eq!(outcomes.counts(), counts(1, 1, 1));
    assert_eq!(outcomes.tally().status(FailOn::Any), Status::Partial);
    let summary = outcomes.summary();
    assert_eq!(summary.total, 3);
    assert_eq!(summary.errors.get("c").unwrap().message.as_str(), "late");
    assert_eq!(summary.errors.get("d").unwrap().message.as_str(), "no context");
}

#[test]
fn rows_without_a_result_fail_a_cluster_only_if_others_have_results() {
    let row = r#"{"kind":"Row","cluster":"z"}"#;
    assert_eq!(seen(&[row]).counts(), counts(0, 0, 0));
    let outcomes = seen(&[row, OK_A]);
    assert_eq!(outcomes.counts(), counts(1, 1, 0));
    assert_eq!(outcomes.failures().next().unwrap().message, CUT_OFF);
}

#[test]
fn summaries_count_if_there_are_no_results() {
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

fn asked(cluster: &str) -> String {
    format!(r#"{{"kind":"Asked","cluster":"{cluster}"}}"#)
}

fn problem(status: u8, message: &str) -> String {
    format!(r#"{{"kind":"Problem","stage":"mc-x","status":{status},"message":"{message}"}}"#)
}

#[test]
fn stopping_early_forgets_only_announcements() {
    let row = r#"{"kind":"Row","cluster":"a","resource":"pods","name":"x","columns":{}}"#;
    let mut outcomes = seen(&[&asked("a"), row, &asked("b"), LATE_C]);
    outcomes.stop_early();
    let known = ["a", "b", "c"].map(|cluster| outcomes.knows(cluster));
    assert_eq!(known, [true, false, true]);
}

#[test]
fn equal_messages_about_missing_objects_are_printed_once() {
    let lacks = r#"{"kind":"Result","cluster":"a","ok":true,"missing":[{"type":"pod","name":"x","message":"no x"},{"type":"pods","name":"x","message":"no x"}]}"#;
    assert_eq!(seen(&[lacks]).missing_everywhere(), ["no x"]);
}

#[test]
fn announced_cluster_without_a_result_has_failed() {
    let outcomes = seen(&[&asked("a"), &asked("b"), &asked("b"), OK_A]);
    assert_eq!(outcomes.counts(), counts(1, 1, 0));
    assert_eq!(outcomes.status(FailOn::Any), Status::Partial);
    let failure = outcomes.failures().next().unwrap();
    assert_eq!((failure.cluster, failure.message), ("b", LOST));
    assert!(failure.hint.is_some());

    // No cluster answered; one sent some rows.
    let row = r#"{"kind":"Row","cluster":"b"}"#;
    let outcomes = seen(&[&asked("a"), row, &asked("b")]);
    assert_eq!(outcomes.status(FailOn::Any), Status::Failed);
    let messages: Vec<&str> = outcomes.failures().map(|failure| failure.message).collect();
    assert_eq!(messages, [LOST, CUT_OFF]);
    // An earlier Summary does not change that.
    let summary = r#"{"kind":"Summary","total":1,"successful":1,"failed":0}"#;
    assert_eq!(seen(&[summary, &asked("a")]).counts(), counts(0, 1, 0));
}

#[test]
fn problem_makes_the_run_partial_if_anything_else_came() {
    let row = r#"{"kind":"Row","cluster":"z"}"#;
    let cluster = r#"{"kind":"Cluster","cluster":"z"}"#;
    let (failed, partial, usage) = (problem(1, "x"), problem(3, "y"), problem(2, "z"));
    for (lines, expected) in [
        (vec![failed.as_str()], Status::Failed),
        (vec![&failed, &failed, &partial], Status::Failed),
        (vec![&partial], Status::Failed),
        (vec![&failed, OK_A], Status::Partial),
        (vec![&failed, row], Status::Partial),
        (vec![cluster, &failed], Status::Partial),
        (vec![&partial, OK_A], Status::Partial),
        (vec![&partial, LATE_C], Status::Failed),
        (vec![&usage], Status::Usage),
        (vec![&usage, OK_A], Status::Usage),
        (vec![&failed, &usage], Status::Usage),
    ] {
        assert_eq!(seen(&lines).status(FailOn::Any), expected, "{lines:?}");
        // --fail-on is about clusters, and this Problem is about none.
        assert_eq!(seen(&lines).status(FailOn::All), expected, "{lines:?}");
    }
    assert_eq!(seen(&[&failed, &failed, &partial]).problems().len(), 2);
}

#[test]
fn cluster_named_by_a_problem_has_failed() {
    let lost = |cluster: &str| {
        format!(
            r#"{{"kind":"Problem","stage":"mc-merge","cluster":"{cluster}","status":3,"message":"line 7"}}"#
        )
    };
    let ok_b = OK_A.replace("\"a\"", "\"b\"");
    let outcomes = seen(&[OK_A, &ok_b, &lost("a"), &lost("a")]);
    assert_eq!(outcomes.counts(), counts(1, 1, 0));
    assert_eq!(outcomes.failures().next().unwrap().message, "mc-merge: line 7");
    assert_eq!(outcomes.answered().collect::<Vec<_>>(), ["b"]);
    assert_eq!(outcomes.status(FailOn::Any), Status::Partial);
    // A cluster that only a Problem names.
    assert_eq!(seen(&[OK_A, &lost("q")]).counts(), counts(1, 1, 0));
    let summary = r#"{"kind":"Summary","total":1,"successful":1,"failed":0}"#;
    assert_eq!(seen(&[summary, &lost("q")]).counts(), counts(1, 1, 0));
    // If no cluster is known, none is counted.
    let outcomes = seen(&[r#"{"kind":"Row","cluster":"a"}"#, &lost("a")]);
    assert_eq!(outcomes.counts(), counts(0, 0, 0));
    assert_eq!(outcomes.status(FailOn::Any), Status::Partial);
}

#[test]
fn only_100_problems_are_kept() {
    let lines: Vec<String> = (0..500).map(|number| problem(3, &number.to_string())).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let outcomes = seen(&lines);
    assert_eq!((outcomes.problems().len(), outcomes.more_problems()), (100, 400));
}
