//! Watches, whose records are printed as they come.

use super::*;
use crate::format::{CustomColumns, RowLayout, Template};

fn row(cluster: &str, name: &str, event: &str, listed: bool) -> String {
    let listed = if listed { ",\"listed\":true" } else { "" };
    format!(
        r#"{{"kind":"Row","cluster":"{cluster}","resource":"pods","type":"pod","name":"{name}","columns":{{"NAME":"{name}","READY":"1/1"}},"event":"{event}"{listed}}}"#
    )
}

fn object(cluster: &str, name: &str, event: &str, listed: bool) -> String {
    let listed = if listed { ",\"listed\":true" } else { "" };
    format!(
        r#"{{"kind":"Object","cluster":"{cluster}","resource":"pods","type":"pod","name":"{name}","object":{{"metadata":{{"name":"{name}"}}}},"event":"{event}"{listed}}}"#
    )
}

fn plain(output: Output) -> Options {
    Options {
        show_cluster_column: false,
        ..options(output)
    }
}

#[test]
fn watched_rows_are_aligned_by_batch() {
    let lines = [
        row("a", "short", "ADDED", true),
        row("b", "much-longer", "ADDED", true),
        row("a", "x", "MODIFIED", false),
        // Member b was unreachable and is back.
        row("b", "the-longest-of-them-all", "DELETED", false),
        row("b", "y", "ADDED", false),
    ];
    assert_eq!(
        stdout(options(Output::Auto), &lines),
        "\
NAME          CLUSTER   READY
short         a         1/1
much-longer   b         1/1
x             a         1/1
the-longest-of-them-all   b         1/1
y                         b         1/1
"
    );
}

#[test]
fn event_column_has_a_fixed_width() {
    let event = |event: &str, name: &str| {
        format!(
            r#"{{"kind":"Row","cluster":"a","resource":"pods","name":"{name}","columns":{{"EVENT":"{event}","NAME":"{name}"}},"event":"{event}"}}"#
        )
    };
    let lines = [event("ADDED", "x"), event("MODIFIED", "x"), event("DELETED", "x")];
    assert_eq!(
        stdout(plain(Output::Auto), &lines),
        "EVENT      NAME\nADDED      x\nMODIFIED   x\nDELETED    x\n"
    );
    assert_eq!(
        stdout(plain(Output::Csv), &lines),
        "EVENT,NAME\nADDED,x\nMODIFIED,x\nDELETED,x\n",
        "values are not padded"
    );
}

#[test]
fn watched_objects_are_documents_with_their_cluster() {
    let lines = [object("a", "x", "ADDED", true), object("b", "y", "ADDED", false)];
    let yaml = stdout(options(Output::Yaml), &lines);
    let documents: Vec<&str> = yaml.split("---\n").collect();
    assert_eq!(documents.len(), 2, "{yaml}");
    assert!(documents[1].contains("kubectl-mc.k8s.io/cluster: b\n"), "{yaml}");
    assert!(!stdout(plain(Output::Yaml), &lines).contains("annotations"));
    let whole = r#"{"kind":"Object","cluster":"a","name":"x","object":{"type":"DELETED","object":{"metadata":{"name":"x"}}},"event":"DELETED"}"#;
    assert_eq!(
        stdout(plain(Output::Json), &[whole]),
        "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"x\"}}}\n",
        "an event is a line"
    );
}

#[test]
fn failing_template_ends_a_watch() {
    let text = "{.metadata.name}{.metadata.name[1]}{\"\\n\"}";
    let failing = Output::Template(Template::jsonpath(text, true, false).unwrap());
    let good = Output::Template(Template::jsonpath("{.metadata.name}{\"\\n\"}", true, false).unwrap());
    let there = [object("a", "x", "ADDED", true), object("b", "y", "ADDED", true)];
    let (output, said, status) = formatted(options(failing.clone()), &join(&there));
    assert_eq!((output.as_str(), status), ("", Status::Failed));
    assert_eq!(said.len(), 1, "the second one is not looked at: {said:?}");
    assert!(
        said[0].starts_with("error: unable to output the provided object: error executing jsonpath"),
        "{said:?}"
    );
    let later = [
        object("a", "x", "MODIFIED", false),
        object("b", "y", "ADDED", false),
    ];
    let (_, said, _) = formatted(options(failing), &join(&later));
    assert_eq!(said.len(), 1);
    assert!(said[0].starts_with("error: error executing jsonpath"), "{said:?}");
    assert_eq!(stdout(options(good), &later), "a\tx\nb\ty\n");
    let columns = CustomColumns::from_spec("N:.metadata.name[1]", RowLayout::Table).unwrap();
    let (output, said, status) = formatted(options(Output::Columns(columns)), &join(&there));
    assert_eq!((output.as_str(), status), ("", Status::Failed));
    assert_eq!(
        said,
        ["error: unable to output the provided object: string is not array or slice (a)"]
    );
}

#[test]
fn watched_template_without_cluster_names() {
    let template = |text: &str| Output::Template(Template::jsonpath(text, true, false).unwrap());
    let lines = [
        object("a", "long-name", "ADDED", true),
        object("a", "x", "ADDED", true),
        object("a", "y", "MODIFIED", false),
    ];
    assert_eq!(
        stdout(plain(template("{.metadata.name}\t!{\"\\n\"}")), &lines),
        "long-name   !\nx           !\ny           !\n"
    );
    assert_eq!(
        stdout(plain(template("{.metadata.name},")), &lines),
        "long-name,x,y,"
    );
    // Each cluster begins a line.
    let lines = [object("a", "x", "ADDED", false), object("b", "y", "ADDED", false)];
    assert_eq!(stdout(plain(template("{.metadata.name},")), &lines), "x,\ny,");
}
