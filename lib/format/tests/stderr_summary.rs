//! Stderr, the exit status, and the human form of a tool's records.

use super::{failed, formatted, join, ok, options, pod, with_short_hint};
use crate::exit::Status;
use crate::format::{HumanWriter, Options, Output};
use crate::merge;
use crate::record::Problem;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

fn said(options: Options, lines: &[String]) -> (Vec<String>, Status) {
    let (_, complaints, status) = formatted(options, &join(lines));
    (complaints, status)
}

fn table() -> Options {
    options(Output::Auto)
}

fn verbose() -> Options {
    Options {
        verbose: true,
        ..table()
    }
}

#[test]
fn failed_clusters_are_counted() {
    let lines = [
        ok("a"),
        failed("b", "Timeout", "no answer in 30s"),
        failed("c\\u001b", "Dns", "no such\\nhost"),
    ];
    assert_eq!(
        said(table(), &lines),
        (
            [
                "Warning: Failed to query 2/3 clusters. Run with -v for details.",
                "  Dns (1): c^[: HINT",
                "  Timeout (1): b: HINT"
            ]
            .map(String::from)
            .into(),
            Status::Partial
        )
    );
    let (lines, _) = said(verbose(), &lines);
    assert_eq!(
        lines,
        [
            "Warning: Failed to query 2/3 clusters:",
            "  b: Timeout: no answer in 30s (the API server or the network is slow, or drops packets: check the VPN, or try with a longer --timeout)",
            "  c^[: Dns: no such; host (check the server's name in the kubeconfig, and that your VPN is connected if the name needs one)",
        ]
    );
    let hint = r#"{"kind":"Result","cluster":"a","ok":false,"reason":"Dns","message":"m","hint":"do x"}"#;
    let (lines, status) = said(verbose(), &[hint.to_owned()]);
    assert_eq!(lines[1], "  a: Dns: m (do x)");
    assert_eq!(status, Status::Failed);
}

#[test]
fn failed_clusters_are_named_by_reason() {
    let mut lines: Vec<String> = (1..=8)
        .map(|number| failed(&format!("c{number}"), "Timeout", "late"))
        .collect();
    lines.push(failed("d", "Forbidden", "no"));
    lines.push(ok("e"));
    assert_eq!(
        said(table(), &lines).0,
        [
            "Warning: Failed to query 9/10 clusters. Run with -v for details.",
            "  Timeout (8): c1, c2, c3, c4, c5 and 3 more: HINT",
            "  Forbidden (1): d: HINT",
        ]
    );
    let detailed = said(verbose(), &lines).0;
    assert!((1..=8).all(|number| detailed[number].starts_with(&format!("  c{number}: Timeout: late"))));
}

#[test]
fn problem_of_a_stage_is_printed_unless_the_stage_printed_it() {
    let problem = Problem::new("mc-discover", Status::Partial, "hub b is down\nreally\u{1b}");
    let line = |problem: &Problem<'_>| serde_json::to_string(problem).unwrap();
    let told = [line(&problem), line(&problem), ok("a")];
    assert_eq!(
        said(table(), &told),
        (
            vec![
                "mc-discover: hub b is down".into(),
                "mc-discover: really^[".into()
            ],
            Status::Partial
        )
    );
    let told = [line(&problem.said_here()), ok("a")];
    assert_eq!(said(table(), &told), (vec![], Status::Partial));
}

#[test]
fn skipped_clusters_are_named() {
    let skipped = |name: &str| failed(name, "Skipped", "no context");
    assert_eq!(
        said(table(), &[ok("a"), skipped("orphan")]).0,
        [
            "Warning: Skipped 1/2 clusters. Run with -v for details.",
            "  Skipped (1): orphan: no context"
        ]
    );
    let many: Vec<String> = (0..9).map(|n| skipped(&format!("c{n}"))).collect();
    assert_eq!(
        said(table(), &many).0,
        [
            "Warning: Skipped 9/9 clusters. Run with -v for details.",
            "  Skipped (9): c0, c1, c2, c3, c4 and 4 more: no context"
        ]
    );
    assert_eq!(said(verbose(), &many).0.len(), 10);
}

#[test]
fn no_resources_found() {
    let notice = |cluster: &str, text: &str| {
        format!(r#"{{"kind":"Result","cluster":"{cluster}","ok":true,"notice":"{text}"}}"#)
    };
    let default = "No resources found in default namespace.";
    assert_eq!(
        said(table(), &[notice("a", default), notice("b", default)]).0,
        [default]
    );
    assert_eq!(
        said(
            table(),
            &[
                notice("a", default),
                notice("b", "No resources found in x namespace.")
            ]
        )
        .0,
        ["No resources found"]
    );
    let row = pod("b", r#"{"NAME":"x"}"#);
    assert!(said(table(), &[row, notice("a", default), ok("b")]).0.is_empty());
    assert!(said(options(Output::Json), &[notice("a", default)]).0.is_empty());
}

#[test]
fn not_found_on_any_cluster() {
    let text = r#"Error from server (NotFound): pods \"x\" not found"#;
    let plain = text.replace('\\', "");
    let lost = |cluster: &str| {
        format!(
            r#"{{"kind":"Result","cluster":"{cluster}","ok":false,"reason":"NotFound","message":"m","missing":[{{"type":"pod","name":"x","message":"{text}"}}]}}"#
        )
    };
    assert_eq!(
        said(table(), &[lost("a"), lost("b")]),
        (vec![plain.clone()], Status::Failed)
    );
    assert_eq!(said(table(), &[lost("a"), ok("b")]), (vec![], Status::Complete));
    assert_eq!(
        said(table(), &[lost("a"), failed("b", "Dns", "m")]),
        (
            vec![
                plain,
                "Warning: Failed to query 1/2 clusters. Run with -v for details.".into(),
                "  Dns (1): b: HINT".into()
            ],
            Status::Failed
        )
    );
    let no_type = failed(
        "a",
        "NotFound",
        r#"the server doesn't have a resource type \"y\""#,
    );
    assert_eq!(
        said(table(), &[no_type]).0,
        [r#"error: the server doesn't have a resource type "y""#]
    );
}

#[test]
fn summary_record_without_results() {
    let summary =
        r#"{"kind":"Summary","total":3,"successful":1,"failed":1,"skipped":1,"errors":{"x":"gone","y":"z"}}"#;
    assert_eq!(
        said(table(), &[summary.to_owned()]),
        (
            vec![
                "Warning: Failed to query 1/3 clusters. Run with -v for details.".to_owned(),
                "Warning: Skipped 1/3 clusters. Run with -v for details.".to_owned(),
            ],
            Status::Partial
        )
    );
}

#[test]
fn warnings_are_printed_once_with_their_clusters() {
    let aside = |cluster: &str| {
        format!(
            r#"{{"kind":"Text","cluster":"{cluster}","stream":"stderr","text":"Warning: v1 Y is deprecated\u0007"}}"#
        )
    };
    let lines = [aside("a"), aside("b"), ok("a"), ok("b")];
    assert_eq!(
        said(table(), &lines).0,
        [r"Warning: v1 Y is deprecated\u{7} (a, b)"]
    );
    let plain = Options {
        show_cluster_column: false,
        ..table()
    };
    assert_eq!(said(plain, &lines).0, [r"Warning: v1 Y is deprecated\u{7}"]);
}

#[test]
fn bad_lines_are_reported_and_the_rest_is_printed() {
    let input = format!(
        "prod-eu\n{}\n\n{{\"kind\":\"Row\",\n",
        pod("a", r#"{"NAME":"x"}"#)
    );
    let (output, complaints, status) = formatted(table(), &input);
    assert_eq!(output, "NAME   CLUSTER\nx      a\n");
    assert_eq!(complaints.len(), 2);
    assert!(
        complaints[0].starts_with("mc-format: line 1: not a record"),
        "{complaints:?}"
    );
    assert!(
        complaints[1].starts_with("mc-format: line 4: not a record"),
        "{complaints:?}"
    );
    assert_eq!(status, Status::Partial);
}

#[derive(Clone, Default)]
struct Shared(Arc<Mutex<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[test]
fn human_writer_prints_the_same_as_the_pipe() {
    let lines = [
        pod("b", r#"{"NAME":"é"}"#),
        pod("a", r#"{"NAME":"y"}"#),
        "nonsense".to_owned(),
        ok("a"),
        failed("b", "Timeout", "late"),
    ];
    let input = join(&lines);
    for size in [1, 3, 7, input.len()] {
        let (output, stderr) = (Shared::default(), Shared::default());
        let mut said = stderr.clone();
        let complain = move |line: &str| writeln!(said, "{line}").unwrap();
        let mut human = HumanWriter::new(
            merge::Options::default(),
            table(),
            Box::new(output.clone()),
            Box::new(complain),
        );
        for piece in input.as_bytes().chunks(size) {
            human.write_all(piece).unwrap();
        }
        assert_eq!(human.finish().unwrap(), Status::Partial);
        assert_eq!(output.text(), "NAME   CLUSTER\ny      a\né      b\n");
        let stderr = stderr.text();
        let stderr: Vec<String> = stderr.lines().map(with_short_hint).collect();
        assert_eq!(stderr.len(), 3, "{stderr:?}");
        assert!(stderr[0].starts_with("line 3: not a record"), "{stderr:?}");
        assert_eq!(
            stderr[1..],
            [
                "Warning: Failed to query 1/2 clusters. Run with -v for details.",
                "  Timeout (1): b: HINT"
            ]
        );
    }
}

#[test]
fn streamed_records_are_printed_at_each_flush() {
    let output = Shared::default();
    let stream = merge::Options {
        stream: true,
        ..merge::Options::default()
    };
    let format = Options {
        stream: true,
        ..table()
    };
    let mut human = HumanWriter::new(stream, format, Box::new(output.clone()), Box::new(|_| {}));
    writeln!(human, "{}", pod("a", r#"{"NAME":"x"}"#)).unwrap();
    assert_eq!(output.text(), "");
    human.flush().unwrap();
    assert_eq!(output.text(), "NAME   CLUSTER\nx      a\n");
    human.finish().unwrap();
}

#[test]
fn type_not_served_by_any_cluster_prints_no_rows() {
    let text = r#"error: the server doesn't have a resource type \"wd\""#;
    let plain = text.replace('\\', "");
    let without = |cluster: &str| {
        format!(
            r#"{{"kind":"Result","cluster":"{cluster}","ok":true,"items":1,"unserved":[{{"type":"wd","message":"{text}"}}]}}"#
        )
    };
    let row = |cluster: &str| pod(cluster, r#"{"NAME":"x"}"#);
    for output in [
        Output::Auto,
        Output::Table,
        Output::Csv,
        Output::Tsv,
        Output::Name,
    ] {
        let lines = [row("a"), row("b"), without("a"), without("b")];
        let (shown, complaints, status) = formatted(options(output.clone()), &join(&lines));
        assert_eq!(
            (shown, complaints, status),
            (String::new(), vec![plain.clone()], Status::Failed)
        );
        // Warnings of a server are about the objects, which are not printed.
        let warning = |text: &str| {
            format!(r#"{{"kind":"Text","cluster":"a","stream":"stderr","text":"Warning: {text}"}}"#)
        };
        let about_types = warning("short name x").replace(r#""kind""#, r#""aboutTypes":true,"kind""#);
        let lines = [about_types, warning("old"), row("a"), without("a")];
        let mut one = options(output.clone());
        one.show_cluster_column = false;
        let (.., complaints, _) = formatted(one, &join(&lines));
        assert_eq!(complaints, ["Warning: short name x", &plain]);
        // Some clusters serve it.
        let lines = [row("a"), row("b"), without("a"), ok("b")];
        let (shown, complaints, status) = formatted(options(output.clone()), &join(&lines));
        assert!(
            shown.contains('a') && complaints.is_empty(),
            "{shown} {complaints:?}"
        );
        assert_eq!(status, Status::Complete);
    }
    let lines = [row("a"), without("a")];
    let (shown, ..) = formatted(options(Output::Json), &join(&lines));
    assert!(shown.contains(r#""items": []"#), "{shown}");
}

#[test]
fn unknown_type_is_the_only_error() {
    let mut one = table();
    one.show_cluster_column = false;
    let none = |name: &str| format!(r#"{{"type":"{name}","message":"no {name}"}}"#);
    let (a, b) = (none("a"), none("b"));
    let line = format!(
        r#"{{"kind":"Result","cluster":"x","ok":false,"reason":"Forbidden","message":"no","unserved":[{a},{b}],"missing":[{a}]}}"#
    );
    assert_eq!(said(one, &[line]), (vec!["no a".into()], Status::Failed));
}

#[test]
fn error_prefix_of_messages_without_a_server() {
    let alone = |reason: &str| {
        let mut one = table();
        one.show_cluster_column = false;
        said(one, &[failed("a", reason, "unable to decode")]).0
    };
    assert_eq!(alone("BadRequest"), ["unable to decode"]);
    assert_eq!(alone("Forbidden"), ["unable to decode"]);
    assert_eq!(alone("Protocol"), ["error: unable to decode"]);
}

#[test]
fn request_refused_by_all_clusters() {
    let refused = |cluster: &str| {
        failed(
            cluster,
            "BadRequest",
            "Error from server (BadRequest): bad selector",
        )
    };
    let warning = |n: u64| format!("Warning: Failed to query {n}/2 clusters. Run with -v for details.");
    assert_eq!(
        said(table(), &[refused("a"), refused("b")]),
        (
            vec![
                "Error from server (BadRequest): bad selector".into(),
                warning(2),
                "  BadRequest (2): a, b: HINT".into()
            ],
            Status::Failed
        )
    );
    assert_eq!(
        said(table(), &[refused("a"), ok("b")]),
        (
            vec![warning(1), "  BadRequest (1): a: HINT".into()],
            Status::Partial
        )
    );
    assert_eq!(
        said(table(), &[refused("a"), failed("b", "Dns", "m")]).0,
        [
            "Error from server (BadRequest): bad selector".into(),
            warning(2),
            "  Dns (1): b: HINT".into(),
            "  BadRequest (1): a: HINT".into()
        ],
        "what every server that answered refuses"
    );
    let other = failed("b", "BadRequest", "error: other words");
    assert_eq!(
        said(table(), &[refused("a"), other]).0,
        [
            "Error from server (BadRequest): bad selector".into(),
            "error: other words".into(),
            warning(2),
            "  BadRequest (2): a, b: HINT".into()
        ]
    );
    let lacks = r#"{"kind":"Result","cluster":"b","ok":false,"reason":"NotFound","message":"no wd","unserved":[{"type":"wd","message":"no wd"}]}"#;
    assert_eq!(
        said(table(), &[refused("a"), lacks.to_owned()]),
        (
            vec![
                "Error from server (BadRequest): bad selector".into(),
                "Warning: Failed to query 1/2 clusters. Run with -v for details.".into(),
                "  BadRequest (1): a: HINT".into()
            ],
            Status::Failed
        ),
        "what every server that has the type refuses"
    );
}

#[test]
fn single_cluster_fails_in_kubectls_words() {
    let refused = failed(
        "a",
        "Unauthorized",
        "error: You must be logged in to the server (Unauthorized)",
    );
    let hint = "log in again: the credentials are not accepted";
    assert_eq!(
        said(table(), std::slice::from_ref(&refused)).0,
        [
            "Warning: Failed to query 1/1 clusters:".to_owned(),
            format!("  a: Unauthorized: You must be logged in to the server (Unauthorized) ({hint})")
        ]
    );
    let plain = Options {
        show_cluster_column: false,
        ..table()
    };
    assert_eq!(
        said(plain, &[refused]).0,
        ["error: You must be logged in to the server (Unauthorized)"]
    );
    let bad = failed("a", "BadRequest", "error: bad");
    assert_eq!(
        said(table(), &[bad]).0,
        [
            "error: bad",
            "Warning: Failed to query 1/1 clusters. Run with -v for details.",
            "  BadRequest (1): a: HINT"
        ]
    );
}

#[test]
fn unknown_sort_field_is_the_only_error() {
    let unsorted =
        r#"{"kind":"Result","cluster":"a","ok":true,"items":2,"unsorted":"couldn't find any field"}"#;
    let empty = r#"{"kind":"Result","cluster":"b","ok":true,"notice":"No resources found in n namespace."}"#;
    assert_eq!(
        said(table(), &[unsorted.to_owned(), empty.to_owned()]),
        (vec!["error: couldn't find any field".into()], Status::Failed)
    );
}
