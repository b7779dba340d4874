//! `--diff` and `--drift`.

use super::merged;
use crate::exit::Status;
use crate::merge::{self, CompareSpec, IgnoredFields, Options};

fn compare(reference: Option<&str>) -> Options {
    options(CompareSpec {
        reference: reference.map(str::to_owned),
        ignored_fields: IgnoredFields::new(false),
        exit_code: true,
        ..CompareSpec::default()
    })
}

fn options(spec: CompareSpec) -> Options {
    Options {
        strategy: Some(merge::Strategy::Compare(spec)),
        ..Options::default()
    }
}

fn row(cluster: &str, name: &str, ready: &str) -> String {
    format!(
        r#"{{"kind":"Row","cluster":"{cluster}","resource":"deployments.apps","type":"deployment.apps","namespace":"n","name":"{name}","columns":{{"NAME":"{name}","READY":"{ready}","AGE":"{cluster}"}}}}"#
    )
}

fn object(cluster: &str, uid: u32, replicas: u32) -> String {
    format!(
        r#"{{"kind":"Object","cluster":"{cluster}","resource":"pods","type":"pod","namespace":"n","name":"x","object":{{"metadata":{{"uid":"{uid}"}},"spec":{{"replicas":{replicas}}},"status":{{"n":{uid}}}}}}}"#
    )
}

fn ok(cluster: &str) -> String {
    format!(r#"{{"kind":"Result","cluster":"{cluster}","ok":true}}"#)
}

fn failed(cluster: &str) -> String {
    format!(r#"{{"kind":"Result","cluster":"{cluster}","ok":false,"reason":"Timeout"}}"#)
}

/// Returns each difference as `by` and the clusters.
fn differences(options: Options, input: &[String]) -> (Vec<String>, Status) {
    let (lines, complaints, status) = merged(options, &input.join("\n"));
    assert_eq!(complaints, [""; 0]);
    let mut differences = Vec::new();
    for line in lines.iter().filter(|line| line.starts_with(r#"{"kind":"Group""#)) {
        let group: serde_json::Value = serde_json::from_str(line).unwrap();
        let cells = group["by"].as_object().unwrap().values();
        let cells: Vec<&str> = cells.map(|cell| cell.as_str().unwrap()).collect();
        let clusters: Vec<&String> = group["clusters"].as_object().unwrap().keys().collect();
        differences.push(format!("{} {clusters:?}", cells.join("|")).replace('"', ""));
    }
    (differences, status)
}

fn fleet() -> Vec<String> {
    let mut input = Vec::new();
    for cluster in ["a", "b", "c", "d"] {
        input.push(row(cluster, "api", if cluster > "b" { "2/3" } else { "3/3" }));
        if cluster != "d" {
            input.push(row(cluster, "web", "1/1"));
        }
        input.push(ok(cluster));
    }
    input.push(row("c", "odd", "0/1"));
    input
}

#[test]
fn diff_compares_every_cluster_with_the_reference() {
    let (found, status) = differences(compare(Some("a")), &fleet());
    assert_eq!(
        found,
        [
            "changed|api|3/3 -> 2/3 [c, d]",
            "added|odd|0/1 [c]",
            "missing|web|1/1 [d]",
        ]
    );
    assert_eq!(status, Status::Differs);
    let (found, _) = differences(compare(Some("d")), &fleet());
    assert_eq!(
        found,
        [
            "changed|api|2/3 -> 3/3 [a, b]",
            "added|odd|0/1 [c]",
            "added|web|1/1 [a, b, c]",
        ]
    );
}

#[test]
fn drift_names_the_clusters_that_differ_from_most() {
    let mut input = fleet();
    input.extend([row("e", "api", "3/3"), row("e", "web", "1/1"), ok("e")]);
    let (found, status) = differences(compare(None), &input);
    assert_eq!(
        found,
        [
            "changed|api|3/3 -> 2/3 [c, d]",
            "added|odd|0/1 [c]",
            "missing|web|1/1 [d]",
        ]
    );
    assert_eq!(status, Status::Differs);
    // The order of arrival decides nothing, not even between equally many.
    let whole = differences(compare(None), &fleet());
    let mut reversed = fleet();
    reversed.reverse();
    assert_eq!(differences(compare(None), &reversed), whole);
}

#[test]
fn clusters_that_did_not_answer_are_not_compared() {
    let mut input = fleet();
    input.extend([row("e", "api", "9/9"), failed("e"), failed("f")]);
    let (found, status) = differences(compare(Some("a")), &input);
    assert_eq!(found, differences(compare(Some("a")), &fleet()).0);
    assert_eq!(status, Status::Partial);
    let (lines, _, _) = merged(compare(Some("a")), &input.join("\n"));
    let summary = lines.last().unwrap();
    assert!(
        summary.ends_with(r#""lacking":"comparison lacks 2 of 6 clusters","differs":true}"#),
        "{summary}"
    );
}

#[test]
fn reference_that_did_not_answer_is_an_error() {
    let input = [row("a", "x", "1/1"), ok("a"), failed("b1")].join("\n");
    let (lines, complaints, status) = merged(compare(Some("b1")), &input);
    assert_eq!(
        complaints,
        ["--diff b1: it did not answer, so there is nothing to compare with"]
    );
    assert_eq!(status, Status::Partial);
    assert!(lines.iter().all(|line| !line.contains("Group")), "{lines:?}");
    let (_, complaints, status) = merged(compare(Some("prod-b1")), &input);
    assert_eq!(complaints, ["--diff prod-b1: no cluster of this name was asked"]);
    assert_eq!(status, Status::Usage);
}

#[test]
fn equal_clusters_have_no_differences() {
    let input = [row("a", "x", "1/1"), ok("a"), row("b", "x", "1/1"), ok("b")];
    for reference in [None, Some("a")] {
        assert_eq!(
            differences(compare(reference), &input),
            (Vec::new(), Status::Complete)
        );
    }
    // Without --exit-code, differences are no reason for another status.
    let spec = CompareSpec::default();
    let (found, status) = differences(options(spec), &fleet());
    assert_eq!((found.len(), status), (3, Status::Complete));
}

#[test]
fn columns_and_fields_that_are_ignored_are_not_compared() {
    let spec = CompareSpec {
        ignored_columns: vec!["READY".into()],
        ..CompareSpec::default()
    };
    let (found, _) = differences(options(spec), &fleet());
    assert_eq!(found, ["added|odd [c]", "missing|web [d]"]);
    let objects = [object("a", 1, 2), object("b", 2, 2)];
    assert_eq!(differences(compare(None), &objects).0, [""; 0]);
}

#[test]
fn objects_are_compared_field_by_field() {
    let input = [object("a", 1, 2), object("b", 2, 3), object("c", 3, 2)];
    let (lines, _, _) = merged(compare(None), &input.join("\n"));
    assert_eq!(
        lines[0],
        r#"{"kind":"Group","resource":"pods","type":"pod","by":{"NAMESPACE":"n","NAME":"x","CHANGE":"changed"},"count":1,"clusters":{"b":1},"folded":true,"changes":[{"field":".spec.replicas","from":2,"to":3}]}"#
    );
    // A later mc-merge passes differences on.
    assert_eq!(merged(Options::default(), &lines[0]).0, lines[..1]);
}
