#![allow(clippy::unwrap_used, clippy::panic)]
use super::Resolver;
use crate::config::ClusterMapping;
use crate::exit::Status;
use crate::kubeconfig::Kubeconfig;
use crate::record::Reason;
use crate::resolve::{Resolution, run};
use proptest::prelude::{Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest};
use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::path::Path;
use std::rc::Rc;

const KUBECONFIG: &str = "clusters: [{name: k, cluster: {server: 'https://h'}}, {name: bare, cluster: {}}]\n\
    contexts:\n- {name: alpha, context: {cluster: k}}\n- {name: beta, context: {cluster: k}}\n\
    - {name: arn/gamma, context: {cluster: k}}\n- {name: broken, context: {cluster: bare}}\n";

fn resolver() -> Resolver {
    let mapping = "clusters:\n- {name: beta, context: alpha}\n- {name: one, context: alpha}\n\
                   - {name: lost, context: alhpa}\n- {name: half, context: broken}\n\
                   - {name: of-profile, context: alpha}\n- {name: metadata-only, region: eu}\n";
    let mut resolver = Resolver::new(
        Kubeconfig::from_text(KUBECONFIG, Path::new("/k")).unwrap(),
        ClusterMapping::from_text(mapping, Path::new("/m")).unwrap(),
    );
    resolver.files.mapping_file = "MAPPING".into();
    resolver
}

/// Returns stdout, stderr and status.
fn resolved(input: &str, verbose: bool) -> (String, Vec<String>, Status) {
    let (mut out, mut said) = (Vec::new(), Vec::new());
    let status = run(&resolver(), verbose, input.as_bytes(), &mut out, &mut |text| {
        said.push(text.to_owned());
    });
    // The clusters here share a server.
    said.retain(|text: &String| !text.starts_with("Warning: several clusters lead to one server"));
    let status = status.unwrap_or_else(|fatal| fatal.status);
    (String::from_utf8(out).unwrap(), said, status)
}

fn skip_of(name: &str) -> (Reason, String) {
    match resolver().cluster_of_line(name).unwrap().unwrap().resolution {
        Resolution::Skip(skip) => (skip.reason, skip.message.to_string()),
        Resolution::Access(access) => panic!("{access:?}"),
    }
}

#[test]
fn entry_of_mapping_matches_cluster_and_profile_name() {
    let record = |name: &str, profile: &str| {
        format!("{{\"kind\":\"Cluster\",\"cluster\":\"{name}\",\"profile\":\"{profile}\"}}")
    };
    for (name, profile) in [("of-profile", "any"), ("other", "of-profile"), ("one", "lost")] {
        let resolved = resolver()
            .cluster_of_line(&record(name, profile))
            .unwrap()
            .unwrap();
        match resolved.resolution {
            Resolution::Access(access) => assert_eq!(access.context.as_deref(), Some("alpha"), "{name}"),
            Resolution::Skip(skip) => panic!("{name}: {}", skip.message),
        }
    }
    assert_eq!(
        skip_of("metadata-only"),
        (
            Reason::Skipped,
            "no context named \"metadata-only\" in the kubeconfig and its entry in MAPPING names no context; kubectl mc setup adds one"
                .into()
        )
    );
}

#[test]
fn resolve_adds_access_and_changes_nothing_else() {
    let (out, said, status) = resolved(
        "{ \"kind\" : \"Cluster\", \"later\":{\"n\":1.50,\"b\":1,\"a\":[]},\"cluster\":\"alpha\" } \n\
         {\"cluster\":\"one\",\"kind\":\"Cluster\"}\n",
        false,
    );
    assert_eq!(
        out,
        "{ \"kind\" : \"Cluster\", \"later\":{\"n\":1.50,\"b\":1,\"a\":[]},\"cluster\":\"alpha\" ,\"access\":{\"context\":\"alpha\",\"via\":\"context\"}} \n\
         {\"cluster\":\"one\",\"kind\":\"Cluster\",\"access\":{\"context\":\"alpha\",\"via\":\"mapping\"}}\n"
    );
    assert_eq!((said, status), (vec![], Status::Complete));
}

#[test]
fn null_access_is_replaced_in_place() {
    let (out, _, _) = resolved(
        "{\"kind\":\"Cluster\",\"access\": null ,\"cluster\":\"alpha\",\"skip\":null}\n\
         {\"kind\":\"Cluster\",\"access\":null,\"cluster\":\"lost\",\"skip\":null}\n",
        false,
    );
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!(
        lines[0],
        "{\"kind\":\"Cluster\",\"access\": {\"context\":\"alpha\",\"via\":\"context\"} ,\"cluster\":\"alpha\",\"skip\":null}"
    );
    assert!(lines[1].starts_with(
        "{\"kind\":\"Cluster\",\"access\":null,\"cluster\":\"lost\",\"skip\":{\"reason\":\"Unresolved\","
    ));
    // The output is resolved.
    assert_eq!(resolved(&out, false).0, out);
}

#[test]
fn line_that_is_not_json_is_a_name() {
    let (out, _, status) = resolved("  alpha\r\n\narn/gamma\n", false);
    assert_eq!(
        out,
        "{\"kind\":\"Cluster\",\"cluster\":\"alpha\",\"health\":\"Unknown\",\"access\":{\"context\":\"alpha\",\"via\":\"context\"}}\n\
         {\"kind\":\"Cluster\",\"cluster\":\"arn/gamma\",\"health\":\"Unknown\",\"access\":{\"context\":\"arn/gamma\",\"via\":\"context\"}}\n"
    );
    assert_eq!(status, Status::Complete);
}

#[test]
fn missing_access_says_what_to_do() {
    assert_eq!(
        skip_of("gamma"),
        (
            Reason::Skipped,
            "no context named \"gamma\" in the kubeconfig and no mapping in MAPPING (did you mean \"arn/gamma\"?); kubectl mc setup adds one".into()
        )
    );
    assert_eq!(
        skip_of("lost"),
        (
            Reason::Unresolved,
            "MAPPING maps cluster \"lost\" to context \"alhpa\", which is not in the kubeconfig (did you mean \"alpha\"?); correct the mapping or add the context".into()
        )
    );
    let server = "context \"broken\" cannot be used: no server found for cluster \"bare\" (correct cluster \"bare\" in /k)";
    assert_eq!(skip_of("broken"), (Reason::Unresolved, server.into()));
    assert_eq!(
        skip_of("half"),
        (
            Reason::Unresolved,
            format!("{server}; MAPPING maps cluster \"half\" to it")
        )
    );
}

#[test]
fn resolved_record_keeps_its_access_or_skip() {
    let resolver = resolver();
    let of = |line: &str| resolver.cluster_of_line(line).unwrap().unwrap();
    let cluster = of("{\"kind\":\"Cluster\",\"cluster\":\"beta\",\"access\":{\"context\":\"elsewhere\"}}");
    assert_eq!(cluster.name, "beta");
    assert!(
        matches!(cluster.resolution, Resolution::Access(access) if access.context.as_deref() == Some("elsewhere"))
    );
    let skip = "{\"kind\":\"Cluster\",\"cluster\":\"beta\",\"access\":{\"context\":\"x\"},\"skip\":{\"reason\":\"Skipped\",\"message\":\"m\"}}";
    assert_eq!(skip_of(skip), (Reason::Skipped, "m".into()));
    assert_eq!(
        skip_of("{\"kind\":\"Cluster\",\"cluster\":\"beta\",\"access\":{\"server\":\"https://later\"}}"),
        (
            Reason::Unresolved,
            "access of a kind that this release does not know".into()
        )
    );
    assert!(
        resolver
            .cluster_of_line("{\"kind\":\"Row\",\"cluster\":\"a\"}")
            .unwrap()
            .is_none()
    );
    assert!(
        resolver
            .cluster_of_line("{\"kind\":\"Future\"}")
            .unwrap()
            .is_none()
    );
}

#[test]
fn malformed_lines_are_reported_and_the_rest_resolved() {
    let (out, said, status) = resolved(
        "{\"kind\":\"Cluster\"}\n{\"kind\":\"Row\",\nalpha\n[\"Row\"]\na\u{7}b\n{\"kind\":\"Cluster\",\"cluster\":\"\"}\n{\"cluster\":\"x\"}\n",
        false,
    );
    let is_problem = |line: &&str| line.starts_with(r#"{"kind":"Problem","stage":"mc-resolve","#);
    let (problems, clusters): (Vec<_>, Vec<_>) = out.lines().partition(is_problem);
    assert_eq!((problems.len(), clusters.len()), (6, 1));
    assert_eq!(
        said,
        [
            "line 1: malformed record: missing field `cluster` at column 18",
            "line 2: malformed record: EOF while parsing a value at column 14",
            "line 4: malformed record: not a JSON object",
            "line 5: not a record, and no cluster's name either: it has the control character \\u{7}",
            "line 6: a Cluster record with an empty name",
            "line 7: malformed record: missing field `kind` at column 15",
        ]
    );
    assert_eq!(status, Status::Partial);
}

#[test]
fn resolve_exit_status() {
    for (input, status) in [
        ("", Status::Failed),
        ("\n", Status::Failed),
        ("{\"kind\":\"Problem\",\"status\":1}\n", Status::Failed),
        ("{\"kind\":\"Problem\",\"status\":1}\nalpha\n", Status::Partial),
        ("{\"kind\":\"Problem\",\"status\":2}\nalpha\n", Status::Usage),
        ("{\"kind\":\"Row\",\"cluster\":\"a\"}\n", Status::Complete),
        ("alpha\nlost\n", Status::Complete),
        ("lost\n", Status::Complete),
        ("{\n", Status::Failed),
        ("{\n{\"kind\":\"Row\",\"cluster\":\"a\"}\n", Status::Partial),
        (
            "{\"kind\":\"Cluster\",\"cluster\":\"a\",\"skip\":{\"reason\":\"Skipped\",\"message\":\"\"}}\n",
            Status::Complete,
        ),
    ] {
        assert_eq!(resolved(input, false).2, status, "{input}");
    }
}

#[test]
fn verbose_explains_each_cluster() {
    let said = resolved(
        "alpha\nbeta\none\nlost\n{\"kind\":\"Cluster\",\"cluster\":\"x\",\"access\":{}}\n",
        true,
    )
    .1;
    assert_eq!(
        said[0],
        "alpha: the context of its own name; no mapping in MAPPING"
    );
    assert_eq!(
        said[1],
        "beta: context \"alpha\", mapped in MAPPING; the context of its own name is not used, the mapping goes first"
    );
    assert_eq!(said[2], "one: context \"alpha\", mapped in MAPPING");
    assert!(said[3].starts_with("lost: unresolved: MAPPING maps"), "{said:?}");
    assert_eq!(said[4], "x: resolved already");
}

/// Returns a line at a time, and records how much output had been flushed when it was asked for more.
struct Slow {
    lines: Vec<&'static str>,
    flushed: Rc<RefCell<Vec<u8>>>,
    seen: Rc<RefCell<Vec<usize>>>,
}

impl Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let lines = self
            .flushed
            .borrow()
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        self.seen.borrow_mut().push(lines);
        if self.lines.is_empty() {
            return Ok(0);
        }
        let line = self.lines.remove(0);
        buffer[..line.len()].copy_from_slice(line.as_bytes());
        Ok(line.len())
    }
}

struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn output_is_flushed_before_waiting_for_input() {
    let flushed = Rc::new(RefCell::new(Vec::new()));
    let seen = Rc::new(RefCell::new(Vec::new()));
    let input = Slow {
        lines: vec!["alpha\n", "beta\none\n", "lost\n"],
        flushed: Rc::clone(&flushed),
        seen: Rc::clone(&seen),
    };
    run(&resolver(), false, input, &mut Shared(flushed), &mut |_| {}).unwrap();
    assert_eq!(seen.borrow()[..4], [0, 1, 3, 4]);
}

#[test]
fn closed_stdout_is_not_a_failure() {
    struct Gone;
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let fatal = run(&resolver(), false, "alpha\n".as_bytes(), &mut Gone, &mut |_| {}).unwrap_err();
    assert_eq!((fatal.status, fatal.message.as_str()), (Status::Complete, ""));
}

/// Generates lines that mc-resolve must not change.
fn foreign() -> impl Strategy<Value = String> {
    let text = "[ -!#-\\[\\]-~\u{e9}\u{4e2d}]{0,20}";
    prop_oneof![
        text.prop_map(|text| format!(
            "{{\"kind\":\"Row\",\"cluster\":\"c\",\"columns\":{{\"NAME\":\"{text}\"}}}}"
        )),
        (text, any::<f64>()).prop_map(|(text, n)| {
            let n = if n.is_finite() { n } else { 1.50 };
            format!(" {{ \"x\":[{n:?},\"{text}\"] ,\"kind\":\"Future\"}}\t")
        }),
        text.prop_map(|text| format!(
            "{{\"kind\":\"Cluster\",\"cluster\":\"c\",\"x\":\"{text}\",\"access\":{{\"later\":1}}}}"
        )),
        Just("{\"kind\":\"Summary\",\"total\":1,\"successful\":1,\"failed\":0}".to_owned()),
    ]
}

proptest! {
    /// Records of other kinds are passed on unchanged and in order.
    #[test]
    fn unrelated_lines_keep_every_byte(
        lines in prop::collection::vec((foreign(), "([a-z]{0,5}|\\{\"kind\":\"Cluster\",\"cluster\":\"[a-z]{1,3}\"[,}]|\\{[ -~]{0,5})"), 0..8)
    ) {
        let input: String = lines.iter().map(|(foreign, other)| format!("{foreign}\n{other}\n")).collect();
        let (out, _, _) = resolved(&input, false);
        let mut rest = out.as_str();
        for (foreign, _) in &lines {
            let wanted = format!("{foreign}\n");
            let at = rest.find(&wanted);
            prop_assert!(at.is_some(), "{wanted} {out}");
            rest = &rest[at.unwrap() + wanted.len()..];
        }
    }

    /// A resolved record is its line with one more field.
    #[test]
    fn a_filled_in_record_is_its_line_and_one_field(space in "[ \t]{0,2}", name in "[a-z]{1,5}", x in "[ -!#-\\[\\]-~}]{0,9}") {
        let line = format!("{space}{{{space}\"kind\":\"Cluster\",\"x\":\"{x}\",{space}\"cluster\":\"{name}\"{space}}}{space}");
        let (out, said, _) = resolved(&format!("{line}\n"), false);
        prop_assert_eq!(said, Vec::<String>::new());
        let end = line.rfind('}').unwrap();
        prop_assert!(out.starts_with(&line[..end]));
        let tail = format!("{}\n", &line[end..]);
        prop_assert!(out.ends_with(&tail));
        prop_assert!(matches!(crate::record::Record::parse(out.trim_end_matches('\n')), Ok(crate::record::Record::Cluster(_))));
    }
}
