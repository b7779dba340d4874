//! Templates and columns of the user's own on one member, without the CLUSTER column: the bytes of kubectl.

use crate::fleet::HUB;
use crate::home::Home;

fn home() -> Home {
    Home::new().plain()
}

/// Asserts that both print the same on stdout and both succeed or both fail, for every case: what to get, and
/// the rest of the command line in one piece.
fn all_same(home: &Home, cases: &[(&str, &str)]) {
    let mut failures = Vec::new();
    for (what, output) in cases {
        let mut args: Vec<&str> = what.split(' ').collect();
        args.extend(["-o", output]);
        let (ours, theirs) = (home.mc_get(&args), home.kubectl_get(&args));
        if ours.stdout != theirs.stdout || (ours.status == 0) != (theirs.status == 0) {
            failures.push(format!(
                "{args:?}\nours, status {}:\n{}\n{}\nkubectl's, status {}:\n{}\n{}\n",
                ours.status, ours.stdout, ours.stderr, theirs.status, theirs.stdout, theirs.stderr
            ));
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} differ from kubectl:\n{}",
        failures.len(),
        cases.len(),
        failures.join("\n")
    );
}

#[test]
fn jsonpath() {
    let range =
        r#"jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\t"}{.status.phase}{"\n"}{end}"#;
    all_same(
        &home(),
        &[
            ("pods -A", "jsonpath={.items[*].metadata.name}"),
            ("pods -A", range),
            ("pods", range),
            ("pods -A", "jsonpath={.kind} {.apiVersion} {.metadata}"),
            ("pods -A", "jsonpath={.items[0]}"),
            ("pods -A", "jsonpath={.items[0].metadata}"),
            (
                "pods -A",
                "jsonpath={.items[0].metadata.managedFields[*].manager}",
            ),
            ("pods -A", "jsonpath={.items[-1:].metadata.name}"),
            ("pods -A", "jsonpath={.items[1:6:2].metadata.name}"),
            ("pods -A", "jsonpath={.items[*]['metadata.name','status.phase']}"),
            ("pods -A", "jsonpath={.items[*].spec.containers[*].image}"),
            (
                "pods -A",
                r#"jsonpath={.items[?(@.status.phase=="Running")].metadata.name}"#,
            ),
            (
                "pods -A",
                r#"jsonpath={.items[?(@.metadata.namespace!="shop")].metadata.name}"#,
            ),
            (
                "pods -A",
                "jsonpath={.items[?(@.metadata.deletionTimestamp)].metadata.name}",
            ),
            (
                "pods -A",
                "jsonpath={.items[*].status.containerStatuses[?(@.restartCount>0)].name}",
            ),
            ("pods -A", "jsonpath={.items[*].missing}"),
            ("pods -A", "jsonpath=no template at all"),
            ("pods -A -l app=web", "jsonpath={.items[*].metadata.labels.app}"),
            ("pods -n empty", "jsonpath={.items[*].metadata.name}"),
            ("pods -n empty", "jsonpath={.kind}{.items}{.metadata}"),
            ("pods -n empty --ignore-not-found", "jsonpath={.kind}"),
            ("pod pending", "jsonpath={.metadata.name}"),
            ("pod pending", "jsonpath={.kind} {.spec}"),
            ("pod/pending", "jsonpath={.metadata.name}{'\\n'}"),
            ("pod pending gated", "jsonpath={.items[*].metadata.name} {.kind}"),
            ("pod/pending svc/web", "jsonpath={.items[*].kind}"),
            (
                "pod pending missing",
                "jsonpath={.items[*].metadata.name} {.kind}",
            ),
            ("pod missing", "jsonpath={.kind}"),
            ("pod missing --ignore-not-found", "jsonpath={.kind}"),
            ("pod missing absent", "jsonpath={.kind}"),
            ("pods,services -n shop", "jsonpath={.items[*].kind}"),
            ("nodes", "jsonpath={.items[*].status.addresses[0].address}"),
            ("nodes", "jsonpath={.items[*].status.capacity.cpu}"),
            (
                "nodes",
                r"jsonpath={.items[*].metadata.labels.kubernetes\.io/arch}",
            ),
            (
                "nodes",
                r"jsonpath={.items[*].metadata.labels['kubernetes\.io/arch']}",
            ),
            ("widgets -A", "jsonpath={.items[*].spec}"),
            ("widget gear", "jsonpath={.spec}"),
            ("configmaps -A", "jsonpath={.items[*].data}"),
            ("pods -A", "jsonpath-as-json={.items[*].metadata.labels}"),
            ("pods -A", "jsonpath-as-json={.items[0].spec}{.missing}"),
            ("pod pending", "jsonpath-as-json={.metadata.name}"),
            ("pod pending --template={.metadata.name}", "jsonpath"),
            ("pod pending --template={.metadata.name}", "jsonpath-as-json"),
            (
                "pod pending --allow-missing-template-keys=false",
                "jsonpath={.metadata.name}",
            ),
            ("pods -A --no-headers", "jsonpath={.kind}"),
        ],
    );
}

#[test]
fn what_fails() {
    all_same(
        &home(),
        &[
            ("pods", "jsonpath"),
            ("pods", "jsonpath="),
            ("pods", "jsonpath={"),
            ("pods", "jsonpath={.items[a]}"),
            ("pods", "jsonpath={.items[99]}"),
            ("pods", "jsonpath={hello}"),
            ("pods", "jsonpath={end}"),
            ("pods", "jsonpath={.items[?(@.metadata.generation>1.5)]}"),
            ("pods --allow-missing-template-keys=false", "jsonpath={.missing}"),
            ("pods --template={.kind}", "jsonpath={.kind}"),
            ("pods", "jsonpath-file=/does/not/exist"),
            ("pods", "JSONPATH={.kind}"),
            ("pods", "WIDE"),
            ("pods", "nothing"),
            ("pods", "json=x"),
            ("pods", "custom-columns"),
            ("pods", "custom-columns="),
            ("pods", "custom-columns=NAME"),
            ("pods", "custom-columns=NAME:{.a}{.b}"),
            ("pods -A", "custom-columns=NAME:.spec.containers[1].name"),
            ("pods", "custom-columns-file=/does/not/exist"),
        ],
    );
}

/// kubectl's own words on stderr: ours stand behind the tool's name where it is the command line that is wrong.
#[test]
fn what_is_said() {
    let home = home();
    for output in [
        "jsonpath=",
        "jsonpath={",
        "jsonpath-file=/does/not/exist",
        "custom-columns=NAME",
        "custom-columns=NAME:{.a}{.b}",
    ] {
        let args = ["pods", "-o", output];
        let (ours, theirs) = (home.mc_get(&args), home.kubectl_get(&args));
        assert_eq!(ours.stderr, format!("kubectl-mc: {}", theirs.stderr), "{output}");
    }
    for args in [
        ["pod", "pending", "-o", "jsonpath={.metadata[0]}"],
        ["pods", "-A", "-o", "custom-columns=A:.spec.containers[7].name"],
    ] {
        let (ours, theirs) = (home.mc_get(&args), home.kubectl_get(&args));
        assert_eq!(ours.stderr, theirs.stderr, "{args:?}");
    }
}

#[test]
fn columns() {
    all_same(
        &home(),
        &[
            ("pods -A", "custom-columns=NAME:.metadata.name"),
            (
                "pods -A",
                "custom-columns=NAME:metadata.name,NS:{.metadata.namespace},P:{status.phase}",
            ),
            (
                "pods -A",
                "custom-columns=A:.spec.containers[*].image,B:.missing,C:.metadata.labels",
            ),
            (
                "pods -A --no-headers",
                "custom-columns=NAME:.metadata.name,NODE:.spec.nodeName",
            ),
            (
                "pods -A --show-kind",
                "custom-columns=NAME:.metadata.name,NODE:.spec.nodeName",
            ),
            (
                "pods -n empty",
                "custom-columns=NAME:.metadata.name,NODE:.spec.nodeName",
            ),
            ("pods -n empty --no-headers", "custom-columns=NAME:.metadata.name"),
            ("pod pending", "custom-columns=NAME:.metadata.name,KIND:.kind"),
            (
                "pod pending gated",
                "custom-columns=NAME:.metadata.name,KIND:.kind",
            ),
            (
                "pods,services -n shop",
                "custom-columns=KIND:.kind,NAME:.metadata.name",
            ),
            ("pod missing", "custom-columns=NAME:.metadata.name"),
            ("pod missing absent", "custom-columns=NAME:.metadata.name"),
            ("pod pending missing", "custom-columns=NAME:.metadata.name"),
            (
                "nodes",
                "custom-columns=NAME:.metadata.name,CPU:.status.capacity.cpu,ADDR:.status.addresses",
            ),
            ("widgets -A", "custom-columns=NAME:.metadata.name,SPEC:.spec"),
            ("configmaps -A", "custom-columns=NAME:.metadata.name,DATA:.data"),
            ("pods -A", "custom-columns=:.metadata.name,X:"),
            ("pods -A", "custom-columns=M:.metadata.managedFields[*].manager"),
            ("pods -A --template=NAME:.metadata.name", "custom-columns"),
        ],
    );
}

#[test]
fn files() {
    let home = home();
    home.write("template", "{range .items[*]}{.metadata.name}{'\\n'}{end}\n");
    home.write(
        "columns",
        "NAME     NODE\n.metadata.name    {.spec.nodeName}\nmore\n",
    );
    home.write("one-line", "NAME\n");
    home.write("uneven", "NAME NODE\n.metadata.name\n");
    home.write("nothing", "");
    all_same(
        &home,
        &[
            ("pods -A", "jsonpath-file=template"),
            ("pods -A --template=template", "jsonpath-file"),
            ("pods -A", "jsonpath-file=nothing"),
            ("pods -A", "custom-columns-file=columns"),
            ("pods -A --no-headers", "custom-columns-file=columns"),
            ("pods -A --template=columns", "custom-columns-file"),
            ("pods -A", "custom-columns-file=one-line"),
            ("pods -A", "custom-columns-file=uneven"),
            ("pods -A", "custom-columns-file=nothing"),
            ("pods -A", "jsonpath-file=."),
        ],
    );
}

/// Over several members each line says whose it is.
#[test]
fn several_clusters() {
    let home = Home::new();
    let all = home.get(&[
        "--hub-context",
        HUB,
        "nodes",
        "-o",
        "jsonpath={.kind}{'\\n'}again",
    ]);
    let lines: Vec<&str> = all.stdout.lines().collect();
    assert!(lines.len() >= 4, "{all:?}");
    for pair in lines.chunks(2) {
        let cluster = pair[0].strip_suffix("\tList").expect("the kind");
        assert_eq!(pair[1], format!("{cluster}\tagain"));
    }
    let csv = home.get(&["--hub-context", HUB, "nodes", "-o", "csv=NAME:.metadata.name"]);
    assert!(csv.stdout.starts_with("CLUSTER,NAME\n"), "{csv:?}");
}
