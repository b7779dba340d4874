//! Templates and custom columns.

use super::{formatted, join, ok, options, pod};
use crate::exit::Status;
use crate::format::{FormatFlags, Options, Output, parse_output};

fn output(output: &str) -> Output {
    let flags = FormatFlags {
        output,
        template: "",
        allow_missing_keys: true,
    };
    parse_output(flags).unwrap().output
}

fn object(cluster: &str, object: &str) -> String {
    format!(r#"{{"kind":"Object","cluster":"{cluster}","resource":"pods","object":{object}}}"#)
}

fn single(cluster: &str, object: &str) -> String {
    format!(r#"{{"kind":"Object","cluster":"{cluster}","resource":"pods","single":true,"object":{object}}}"#)
}

fn empty(cluster: &str) -> String {
    format!(r#"{{"kind":"Result","cluster":"{cluster}","ok":true,"items":0,"emptyList":true}}"#)
}

const WEB: &str = r#"{"metadata":{"name":"web","labels":{"b":"<2>","a":1.50}},"spec":{"c":[{"i":"x"},{"i":"y"}],"n":null}}"#;
const DB: &str = r#"{"metadata":{"name":"db"},"spec":{"text":"one\ntwo"}}"#;

/// Without the CLUSTER column.
fn bare(format: &str) -> Options {
    Options {
        show_cluster_column: false,
        ..options(output(format))
    }
}

fn stdout(options: Options, lines: &[String]) -> String {
    let (stdout, complaints, status) = formatted(options, &join(lines));
    assert_eq!((complaints, status), (Vec::new(), Status::Complete));
    stdout
}

#[test]
fn template_runs_once_per_cluster_sorted_by_name() {
    let lines = [
        object("b", WEB),
        object("a", DB),
        object("b", DB),
        ok("a"),
        ok("b"),
        empty("c"),
    ];
    let names = "jsonpath={.items[*].metadata.name}";
    assert_eq!(stdout(options(output(names)), &lines), "a\tdb\nb\tweb db\n");
    assert_eq!(stdout(bare(names), &lines), "db\nweb db");
    let range = r#"jsonpath={range .items[*]}{.metadata.name}{"\n"}{end}"#;
    assert_eq!(stdout(options(output(range)), &lines), "a\tdb\nb\tweb\nb\tdb\n");
    assert_eq!(stdout(bare(range), &lines), "db\nweb\ndb\n");
    let kind = "jsonpath={.apiVersion} {.kind} {.metadata}";
    assert_eq!(
        stdout(bare(kind), &lines[5..]),
        r#"v1 List {"resourceVersion":""}"#
    );
    // A Result alone does not say that objects were asked for.
    assert_eq!(stdout(bare(kind), &[ok("a")]), "");
}

#[test]
fn template_gets_a_single_object_as_it_is() {
    let name = "jsonpath={.metadata.name}";
    let lines = [single("a", WEB), ok("a")];
    assert_eq!(stdout(options(output(name)), &lines), "a\tweb\n");
    assert_eq!(stdout(bare(name), &[object("a", WEB)]), "");
    let json = "jsonpath-as-json={.metadata.labels}";
    assert_eq!(
        stdout(bare(json), &lines),
        "[\n    {\n        \"a\": 1.5,\n        \"b\": \"\\u003c2\\u003e\"\n    }\n]\n"
    );
}

#[test]
fn failing_template_prints_kubectls_error() {
    let lines = [single("a", r#"{"x":[1]}"#), single("b", r#"{"x":[1,2]}"#)];
    let index = "jsonpath={.x[1]}";
    let (text, complaints, status) = formatted(options(output(index)), &join(&lines));
    assert_eq!((text.as_str(), status), ("b\t2\n", Status::Partial));
    let start = r#"error: error executing jsonpath "{.x[1]}": Error executing template: array index out of bounds: index 1, length 1."#;
    assert_eq!(complaints, [format!("{start} (a)")]);

    let (text, complaints, status) = formatted(bare(index), &join(&lines[..1]));
    assert_eq!((text.as_str(), status), ("", Status::Failed));
    let expected = format!(
        "{start} Printing more information for debugging the template:\n\ttemplate was:\n\t\t{{.x[1]}}\n\tobject given \
         to jsonpath engine was:\n\t\tmap[string]interface {{}}{{\"x\":[]interface {{}}{{1}}}}\n\n"
    );
    assert_eq!(complaints, [expected]);
}

#[test]
fn template_gets_cluster_records_as_a_list() {
    let clusters = ["x", "y"].map(|name| format!(r#"{{"kind":"Cluster","cluster":"{name}"}}"#));
    assert_eq!(
        stdout(options(output("jsonpath={.items[*].cluster}")), &clusters),
        "x y"
    );
    assert_eq!(
        stdout(options(output("custom-columns=NAME:.cluster")), &clusters),
        "NAME\nx\ny\n"
    );
}

#[test]
fn custom_columns_as_in_kubectl() {
    let spec = "custom-columns=NAME:.metadata.name,I:.spec.c[*].i,L:.metadata.labels,N:.spec.n,M:.missing";
    let lines = [object("a", WEB), object("b", DB)];
    assert_eq!(
        stdout(options(output(spec)), &lines),
        "NAME   CLUSTER   I        L                  N        M\n\
         web    a         x,y      map[a:1.5 b:<2>]   <nil>    <none>\n\
         db     b         <none>   <none>             <none>   <none>\n"
    );
    let headless = Options {
        no_headers: true,
        ..bare("custom-columns=T:.spec.text,X:.metadata.name")
    };
    assert_eq!(stdout(headless, &lines[1..]), "one\ntwo   db\n");
    assert_eq!(
        stdout(options(output("custom-columns=A:.metadata.name")), &lines),
        "CLUSTER   A\na         web\nb         db\n"
    );
}

#[test]
fn custom_columns_without_rows_print_headings() {
    let spec = "custom-columns=NAME:.x,B:.y";
    assert_eq!(stdout(bare(spec), &[empty("a")]), "NAME   B\n");
    assert_eq!(
        stdout(options(output(spec)), &[empty("a"), empty("b")]),
        "NAME   CLUSTER   B\n"
    );
    assert_eq!(stdout(bare(spec), &[ok("a")]), "");
    let headless = Options {
        no_headers: true,
        ..bare(spec)
    };
    assert_eq!(stdout(headless, &[empty("a")]), "");
}

#[test]
fn custom_columns_as_csv() {
    let spec = "csv=NAME:.metadata.name,I:.spec.c[*].i,L:.metadata.labels,N:.spec.n,T:.spec.text";
    let lines = [object("a", WEB), object("b", DB)];
    assert_eq!(
        stdout(options(output(spec)), &lines),
        "CLUSTER,NAME,I,L,N,T\na,web,\"x,y\",\"{\"\"a\"\":1.5,\"\"b\"\":\"\"\\u003c2\\u003e\"\"}\",,\nb,db,,,,\"one\ntwo\"\n"
    );
    assert_eq!(stdout(bare("tsv=T:.spec.text"), &lines[1..]), "T\none\\ntwo\n");
}

#[test]
fn failing_column_ends_its_cluster() {
    let lines = [
        object("a", r#"{"x":[1,2]}"#),
        object("a", r#"{"x":[]}"#),
        object("a", r#"{"x":[1,2]}"#),
        object("b", r#"{"x":[3,4]}"#),
    ];
    let (text, complaints, status) = formatted(options(output("custom-columns=X:.x[1]")), &join(&lines));
    assert_eq!(text, "CLUSTER   X\na         2\nb         4\n");
    assert_eq!(
        complaints,
        ["error: array index out of bounds: index 1, length 0 (a)"]
    );
    assert_eq!(status, Status::Partial);
}

#[test]
fn rows_cannot_be_put_into_a_template() {
    let (text, complaints, status) = formatted(
        options(output("jsonpath={.x}")),
        &join(&[pod("a", r#"{"NAME":"x"}"#)]),
    );
    assert_eq!((text.as_str(), status), ("", Status::Failed));
    assert!(
        complaints[0].starts_with("mc-format: rows cannot"),
        "{complaints:?}"
    );
}

#[test]
fn managed_fields_are_fetched_only_if_shown() {
    for (format, shown) in [
        ("json", false),
        ("jsonpath={.kind}", true),
        ("custom-columns=A:.metadata.name,B:.spec.c[*].i", false),
        ("csv=A:.metadata.name", false),
        ("custom-columns=A:.metadata", true),
        ("custom-columns=A:.metadata.managedFields[*].manager", true),
        ("custom-columns=A:..name", true),
        ("custom-columns=A:.*", true),
    ] {
        assert_eq!(output(format).shows_managed_fields(), shown, "{format}");
    }
}

#[test]
fn template_output_on_a_terminal_has_no_control_characters() {
    let lines = [single("a", r#"{"x":"\u001b[31m\tred\u0007\nnext"}"#)];
    for format in ["jsonpath={.x}", "custom-columns=X:.x", "csv=X:.x"] {
        let mut options = options(output(format));
        options.terminal.is_terminal = true;
        let text = formatted(options, &join(&lines)).0;
        let hostile = |c: char| c.is_control() && c != '\n' && c != '\t';
        assert!(format.starts_with("csv") || !text.contains(hostile), "{text:?}");
    }
}

#[test]
fn go_template_runs_once_per_cluster() {
    let names = r#"go-template={{range .items}}{{.metadata.name}}{{"\n"}}{{end}}"#;
    let lines = [
        object("b", WEB),
        object("a", DB),
        object("b", DB),
        ok("a"),
        ok("b"),
    ];
    assert_eq!(stdout(options(output(names)), &lines), "a\tdb\nb\tweb\nb\tdb\n");
    assert_eq!(stdout(bare(names), &lines), "db\nweb\ndb\n");
    let list = "template={{.kind}} {{len .items}} {{.metadata}}";
    assert_eq!(stdout(bare(list), &[empty("a")]), "List 0 map[resourceVersion:]");
    let one = "go-template={{.metadata.name}} {{.spec.n}} {{.metadata.labels.a}}";
    assert_eq!(
        stdout(options(output(one)), &[single("a", WEB), ok("a")]),
        "a\tweb <no value> 1.5\n"
    );
}

/// kubectl prints its dump to stdout. With the column CLUSTER, stdout has results only.
#[test]
fn failing_go_template_prints_on_stdout_and_stderr() {
    let format = "go-template={{.metadata.name.x}}";
    let lines = [single("a", DB), ok("a")];
    let error = "template: output:1:11: executing \"output\" at <.metadata.name.x>: can't evaluate field x in type \
                 interface {}";
    let (text, complaints, status) = formatted(bare(format), &join(&lines));
    assert_eq!(
        text,
        format!(
            "Error executing template: {error}. Printing more information for debugging the template:\n\
             \ttemplate was:\n\t\t{{{{.metadata.name.x}}}}\n\
             \traw data was:\n\t\t{{\"metadata\":{{\"name\":\"db\"}},\"spec\":{{\"text\":\"one\\ntwo\"}}}}\n\
             \tobject given to template engine was:\n\
             \t\tmap[metadata:map[name:db] spec:map[text:one\ntwo]]\n\n"
        )
    );
    assert_eq!(
        complaints,
        [format!(
            "error: error executing template \"{{{{.metadata.name.x}}}}\": {error}"
        )]
    );
    assert_eq!(status, Status::Failed);

    let format = "go-template=of {{.metadata.name}}{{.metadata.name.x}}";
    let (text, complaints, _) = formatted(options(output(format)), &join(&lines));
    assert_eq!(text, "a\tof db\n");
    assert_eq!(complaints.len(), 1);
    assert!(complaints[0].ends_with("can't evaluate field x in type interface {} (a)"));
}

#[test]
fn rows_cannot_be_a_list() {
    let list = Options {
        list: true,
        ..options(Output::Json)
    };
    let (text, complaints, status) = formatted(list, &join(&[pod("a", r#"{"NAME":"x"}"#), ok("a")]));
    assert!(text.contains("\"items\": [],"));
    assert!(
        complaints
            .iter()
            .any(|line| line.starts_with("mc-format: rows cannot be put"))
    );
    assert_eq!(status, Status::Failed);
}
