//! `-f`, `-k` and `-R` on one member, against kubectl.

use std::collections::BTreeSet;

use crate::fleet::{HUB, RICH};
use crate::home::Home;
use crate::single;

fn home() -> Home {
    let home = Home::new().plain();
    fill(&home);
    home
}

/// Writes the files that the command lines name.
pub fn fill(home: &Home) {
    let pod = |name: &str| format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {name}\n");
    home.write("pod.yaml", &pod("pending"));
    home.write("missing.yaml", &pod("missing"));
    home.write(
        "two.yaml",
        &format!("---\n{}---\n# nothing\n---\n{}", pod("pending"), pod("gated")),
    );
    home.write(
        "one-missing.yaml",
        &format!("{}---\n{}", pod("pending"), pod("missing")),
    );
    home.write(
        "shop.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: cart-0, namespace: shop}\n",
    );
    home.write(
        "nowhere.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: cart-0, namespace: nowhere}\n",
    );
    home.write(
        "shop-missing.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: missing, namespace: shop}\n",
    );
    home.write(
        "node.yaml",
        "apiVersion: v1\nkind: Node\nmetadata: {name: worker-1, namespace: shop}\n",
    );
    home.write(
        "widget.yaml",
        "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: gear}\n",
    );
    home.write(
        "lower.yaml",
        "apiVersion: v1\nkind: pod\nmetadata: {name: pending}\n",
    );
    home.write(
        "deploy.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n",
    );
    home.write("list.yaml", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: pending}\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web}\n");
    home.write(
        "podlist.yaml",
        "apiVersion: v1\nkind: PodList\nitems:\n- metadata: {name: pending}\n- metadata: {name: gated}\n",
    );
    home.write("emptylist.yaml", "apiVersion: v1\nkind: List\nitems: []\n");
    home.write("nulllist.yaml", "apiVersion: v1\nkind: List\nitems: null\n");
    home.write("noitems.yaml", "apiVersion: v1\nkind: List\n");
    home.write("badlist.yaml", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: missing}\n- apiVersion: v1\n  kind: Nope\n  metadata: {name: x}\n- metadata: {name: y}\n- {apiVersion: v1, kind: Pod, metadata: {name: pending}}\n");
    home.write(
        "badlist1.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: missing}\n",
    );
    home.write("nestedlist.yaml", "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: List\n  items:\n  - {apiVersion: v1, kind: Pod, metadata: {name: gated}}\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: pending}\n");
    home.write("scalaritems.yaml", "apiVersion: v1\nkind: List\nitems: 3\n");
    home.write("scalaritem.yaml", "apiVersion: v1\nkind: List\nitems: [3]\n");
    home.write(
        "widgetlist.yaml",
        "apiVersion: nope.com/v1\nkind: NopeList\nitems: []\n",
    );
    home.write("stream.json", "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"pending\"}}\n{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"gated\"}}\n");
    home.write("nokind.yaml", "apiVersion: v1\nmetadata:\n  name: pending\n");
    home.write("noversion.yaml", "kind: Pod\nmetadata:\n  name: pending\n");
    home.write(
        "noname.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  labels: {a: b}\n",
    );
    home.write("nometa.yaml", "apiVersion: v1\nkind: Pod\n");
    home.write(
        "generate.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n",
    );
    home.write("nope.yaml", "apiVersion: v1\nkind: Nope\nmetadata:\n  name: x\n");
    home.write(
        "nope2.yaml",
        "apiVersion: nope.com/v1\nkind: Nope\nmetadata: {name: x, namespace: shop}\n",
    );
    home.write(
        "badversion.yaml",
        "apiVersion: a/b/c\nkind: Nope\nmetadata: {name: x}\n",
    );
    home.write("scalar.yaml", "just text\n");
    home.write("number.yaml", "3\n");
    home.write("seq.yaml", "- a\n- b\n");
    home.write("bad.yaml", "a: b: c\n");
    home.write("bad2.yaml", "a: [1\nb: 2\n");
    home.write("bad3.yaml", "a:\n\t- b\n");
    home.write("bad4.yaml", "kind: Pod\nmetadata:\n  name: 'x\n");
    home.write("bad.json", "{\"apiVersion\": \"v1\", \n");
    home.write("bad2.json", "{\"apiVersion\": \"v1\",} \n");
    home.write(
        "bad3.json",
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"pending\"}} {oops\n",
    );
    home.write(
        "badsep.yaml",
        &format!("{}--- x\n{}", pod("pending"), pod("gated")),
    );
    home.write(
        "latebad.yaml",
        &format!("{}---\na: b: c\n---\n{}", pod("pending"), pod("gated")),
    );
    home.write(
        "latenokind.yaml",
        &format!(
            "{}---\nmetadata: {{name: x}}\n---\n{}",
            pod("pending"),
            pod("gated")
        ),
    );
    home.write("badmeta.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: 3}\n");
    home.write("badmeta2.yaml", "apiVersion: v1\nkind: Pod\nmetadata: text\n");
    home.write(
        "badmeta3.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x, labels: {a: 1}}\n",
    );
    home.write("badkind.yaml", "apiVersion: v1\nkind: [a]\nmetadata: {name: x}\n");
    home.write(
        "dup.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: x, name: pending}\n",
    );
    home.write(
        "intkey.yaml",
        "apiVersion: v1\nkind: Pod\ndata: {1: x, true: y}\nmetadata: {name: pending}\n",
    );
    home.write(
        "anchor.yaml",
        "x: &m {name: pending}\napiVersion: v1\nkind: Pod\nmetadata:\n  <<: *m\n",
    );
    home.write("empty.yaml", "");
    home.write("comment.yaml", "# nothing\n");
    home.write("null.yaml", "null\n");
    home.write("slash.yaml", &pod("a%b"));
    home.write("dir/b.yaml", &pod("pending"));
    home.write(
        "dir/a.json",
        "{\"apiVersion\":\"apps/v1\",\"kind\":\"Deployment\",\"metadata\":{\"name\":\"web\"}}",
    );
    home.write("dir/c.yml", &pod("gated"));
    home.write("dir/d.txt", "not read");
    home.write("dir/sub/e.yaml", &pod("missing"));
    home.write("nofiles/x.txt", "");
    home.write("nofiles2/sub/x.yaml", &pod("pending"));
    home.write("onefile/x.yaml", &pod("pending"));
    home.write("x.txt", &pod("pending"));
    home.write("kust/kustomization.yaml", "resources: [p.yaml, q.yaml]\n");
    home.write("kust/p.yaml", &pod("pending"));
    home.write(
        "kust/q.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n",
    );
    home.write("kust1/kustomization.yaml", "resources: [p.yaml]\n");
    home.write("kust1/p.yaml", &pod("pending"));
    home.write("badkust/kustomization.yaml", "resources: [nope.yaml]\n");
    home.shell("set -e; mkdir emptydir; ln -s dir linkdir; ln -s nowhere dangling.yaml; mkdir dl; ln -s nowhere dl/x.yaml; iconv -f utf8 -t utf16 pod.yaml > utf16.yaml; printf '\\357\\273\\277' > bom.yaml; cat pod.yaml >> bom.yaml")
        .success();
}

/// Asserts that both print the same on stdout, say the same lines on stderr (in the order and number that the man page
/// says), and that both succeed or both fail; `GET` stands for the command. Ages can tick over between the two runs.
fn all_same(cases: &[&str]) {
    const ATTEMPTS: usize = 8;
    let home = home();
    let ours = format!("kubectl-mc get --clusters {RICH} --hub-context {HUB}");
    let theirs = format!("kubectl --context {RICH} get");
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let mut failures = Vec::new();
    for case in cases {
        for attempt in 1.. {
            let ours = home.shell(&case.replace("GET", &ours));
            let theirs = home.shell(&case.replace("GET", &theirs));
            if ours.stdout == theirs.stdout
                && (ours.status == 0) == (theirs.status == 0)
                && lines(&single::said(&ours.stderr)) == lines(&theirs.stderr)
            {
                break;
            }
            if attempt == ATTEMPTS {
                failures.push(format!("{case}\nours: {ours:#?}\nkubectl's: {theirs:#?}"));
                break;
            }
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
fn get_f_objects_and_flags() {
    all_same(&[
        "GET -f pod.yaml",
        "GET -f pod.yaml -o name",
        "GET -f two.yaml",
        "GET -f two.yaml -o jsonpath='{.kind}'",
        "GET -f pod.yaml -o jsonpath='{.kind}'",
        "GET -f shop.yaml",
        "GET -f shop.yaml -f pod.yaml",
        "GET -f widget.yaml",
        "GET -f widget.yaml -f pod.yaml",
        "GET -f lower.yaml",
        "GET -f lower.yaml -f pod.yaml",
        "GET -f deploy.yaml -f pod.yaml",
        "GET -f dup.yaml",
        "GET -f intkey.yaml",
        "GET -f anchor.yaml",
        "GET -f empty.yaml",
        "GET -f empty.yaml -o jsonpath='{.kind}'",
        "GET -f comment.yaml",
        "GET -f null.yaml",
        "GET -f ''",
        "GET -f '' pods",
        "GET -f pod.yaml pods",
        "GET -f pod.yaml pod pending",
        "GET -f pod.yaml pod/pending",
        "GET -f pod.yaml -l app=web",
        "GET -f pod.yaml -l app=web -o name",
        "GET -f pod.yaml -l '!app'",
        "GET -f pod.yaml -l '!app' -o jsonpath='{.kind}'",
        "GET -f pod.yaml -l 'a=('",
        "GET -f pod.yaml -l 'app=web' -o jsonpath='{.kind}'",
        "GET -f two.yaml --field-selector a=b",
        "GET -f pod.yaml --subresource=status",
        "GET -f pod.yaml --show-labels",
        "GET -f pod.yaml -L app",
        "GET -f pod.yaml --server-print=false",
        "GET -f pod.yaml --no-headers",
        "GET -f pod.yaml -o wide",
        "GET -f two.yaml -o custom-columns=A:.metadata.name",
        "GET -f pod.yaml --raw /readyz",
        "GET -f utf16.yaml",
        "GET -f bom.yaml",
        "GET -R",
        "GET pods -R",
        "GET -f pod.yaml --as=nobody",
        "GET -f pod.yaml -f shop.yaml --as=nobody",
    ]);
}

#[test]
fn get_f_missing_objects_and_namespaces() {
    all_same(&[
        "GET -f missing.yaml",
        "GET -f missing.yaml -o name",
        "GET -f missing.yaml -o jsonpath='{.kind}'",
        "GET -f missing.yaml --ignore-not-found",
        "GET -f missing.yaml --ignore-not-found -o jsonpath='{.kind}'",
        "GET -f one-missing.yaml",
        "GET -f one-missing.yaml -o name",
        "GET -f one-missing.yaml -o jsonpath='{.kind}'",
        "GET -f one-missing.yaml -o jsonpath='{.kind}' --ignore-not-found",
        "GET -f pod.yaml -f missing.yaml",
        "GET -f pod.yaml,missing.yaml -o name",
        "GET -f missing.yaml -f missing.yaml",
        "GET -f shop.yaml -n default",
        "GET -f shop.yaml -n shop",
        "GET -f pod.yaml -n shop",
        "GET -f nowhere.yaml",
        "GET pod x -n nowhere",
        "GET -f shop-missing.yaml",
        "GET -f shop-missing.yaml -n default",
        "GET -f shop.yaml -f missing.yaml -n default",
        "GET -f shop.yaml -A",
        "GET -f pod.yaml -A",
        "GET -f pod.yaml -f missing.yaml -A",
        "GET -f shop.yaml -A -n default",
        "GET -f node.yaml",
        "GET -f node.yaml -n default",
        "GET -f node.yaml -A",
    ]);
}

#[test]
fn get_f_folders_and_paths() {
    all_same(&[
        "GET -f pod.yaml -f missing.yaml -o jsonpath='{.kind}{.items[*].kind}'",
        "GET -f missing.yaml -f missing.yaml -o jsonpath='{.kind}{.items[*].kind}'",
        "GET -f podlist.yaml",
        "GET -f badlist.yaml",
        "GET -f badlist1.yaml",
        "GET -f nestedlist.yaml",
        "GET -f dir",
        "GET -f dir -R",
        "GET -f dir -R=false",
        "GET -f dir/",
        "GET -f dir/b.yaml,dir/a.json",
        "GET -f dir -o jsonpath='{.kind}'",
        "GET -f onefile -o jsonpath='{.kind}'",
        "GET -f nofiles",
        "GET -f nofiles2",
        "GET -f nofiles2 -R",
        "GET -f emptydir",
        "GET -f emptydir -f pod.yaml",
        "GET -f linkdir",
        "GET -f x.txt",
        "GET -f 'dir/*.yaml'",
        "GET -f '*.nope'",
        "GET -f '[.yaml'",
        "GET -f ghost.yaml",
        "GET -f ghost.yaml -f ghost2.yaml",
        "GET -f ghost.yaml -f pod.yaml",
        "GET -f dangling.yaml",
        "GET -f dl",
        "GET -f pod.yaml/x",
    ]);
}

#[test]
fn get_f_lists_and_streams() {
    all_same(&[
        "GET -f list.yaml",
        "GET -f list.yaml -o jsonpath='{.kind}'",
        "GET -f emptylist.yaml",
        "GET -f emptylist.yaml -o jsonpath='{.kind}'",
        "GET -f nulllist.yaml",
        "GET -f widgetlist.yaml",
        "GET -f stream.json",
    ]);
}

#[test]
fn get_f_malformed_documents() {
    all_same(&[
        "GET -f scalaritems.yaml",
        "GET -f scalaritem.yaml",
        "GET -f nokind.yaml",
        "GET -f noversion.yaml",
        "GET -f nope.yaml",
        "GET -f nope2.yaml",
        "GET -f nope.yaml -f pod.yaml",
        "GET -f badversion.yaml",
        "GET -f scalar.yaml",
        "GET -f number.yaml",
        "GET -f seq.yaml",
        "GET -f bad.yaml",
        "GET -f bad2.yaml",
        "GET -f bad3.yaml",
        "GET -f bad4.yaml",
        "GET -f bad.json",
        "GET -f bad2.json",
        "GET -f badsep.yaml",
        "GET -f latebad.yaml",
        "GET -f latenokind.yaml",
        "GET -f latenokind.yaml -o jsonpath='{.kind}'",
        "GET -f badmeta.yaml",
        "GET -f badmeta2.yaml",
        "GET -f badmeta3.yaml",
        "GET -f badkind.yaml",
        "GET -f slash.yaml",
    ]);
}

#[test]
fn get_k_kustomizations() {
    all_same(&[
        "GET -f pod.yaml -k kust",
        "GET -k kust -R",
        "GET -f pod.yaml -k kust -R",
        "GET -k kust",
        "GET -k kust/",
        "GET -k kust1 -o jsonpath='{.kind}'",
        "GET -k badkust",
        "GET -k ghost",
        "GET -k emptydir",
        "GET -k kust pods",
        "GET -k kust -k kust1",
        "GET -f pod.yaml --show-kind",
    ]);
}

#[test]
fn get_f_standard_input() {
    all_same(&[
        "GET -f - < pod.yaml",
        "cat two.yaml | GET -f -",
        "cat two.yaml | GET -f - -f pod.yaml",
        "cat two.yaml | GET -f - -f -",
        "GET -f - < /dev/null",
        "cat pod.yaml | GET -f - -o jsonpath='{.kind}'",
        "cat pod.yaml | GET -f /dev/stdin",
        "cat bad.yaml | GET -f -",
    ]);
}

/// Where kubectl prints the file's own object, prints nothing for want of a sort key, or fetches.
#[test]
fn get_f_differences_from_kubectl() {
    let home = home();
    let run = |args: &[&str]| home.mc_get(args);
    for file in ["noname.yaml", "nometa.yaml", "generate.yaml", "noitems.yaml"] {
        let outcome = run(&["-f", file]);
        assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""), "{outcome:?}");
        assert!(
            outcome.stderr.contains("has no metadata.name to look for"),
            "{outcome:?}"
        );
    }
    let sorted = run(&["-f", "two.yaml", "--sort-by", ".metadata.name", "-o", "name"]).success();
    assert_eq!(sorted, "pod/gated\npod/pending\n");
    let url = run(&["-f", "https://127.0.0.1:1/x"]);
    assert_eq!(url.status, 2);
    assert!(
        url.stderr
            .contains("curl -sfL https://127.0.0.1:1/x | kubectl mc get -f -")
    );
}
