//! The flags of `kubectl get` and kubectl's global ones, on one member, against kubectl: the same bytes and
//! the same success.

use serde_json::Value;

use crate::home::{Home, Outcome};

/// An age can tick over between the two runs: so often are they tried.
const ATTEMPTS: usize = 8;

/// A home in which the CLUSTER column is off.
fn home() -> Home {
    Home::new().plain()
}

/// Whether they differ in what they print on stdout or in their success, or, where kubectl says something on
/// stderr, in whether that is said. What differs is shown.
fn differs(home: &Home, args: &[&str]) -> bool {
    let mut left = ATTEMPTS;
    loop {
        left -= 1;
        let (ours, theirs) = (home.mc_get(&[args, &["-v"]].concat()), home.kubectl_get(args));
        let equal = ours.stdout == theirs.stdout
            && (ours.status == 0) == (theirs.status == 0)
            && theirs.stderr.lines().all(|line| ours.stderr.contains(line));
        if equal {
            return false;
        }
        if left == 0 {
            let shown = |o: &Outcome| format!("status {}\n{}\n{}", o.status, o.stdout, o.stderr);
            eprintln!("=== {args:?}:\n{}\n--- kubectl\n{}", shown(&ours), shown(&theirs));
            return true;
        }
    }
}

fn all_same(cases: &[&str]) {
    let home = home();
    let failures: Vec<&str> = cases
        .iter()
        .copied()
        .filter(|case| {
            let args: Vec<&str> = case.split(' ').collect();
            differs(&home, &args)
        })
        .collect();
    assert!(failures.is_empty(), "these differ from kubectl: {failures:#?}");
}

#[test]
fn global_flags() {
    all_same(&[
        "pods --as=nobody",
        "pods --as=alice --as-group=system:masters",
        "pods --as=alice --as-group=a --as-group=system:masters --as-uid=1 --as-user-extra=k=v",
        "pods --request-timeout=30s",
        "pods --request-timeout=30",
        "pods --request-timeout=0",
    ]);
}

#[test]
fn subresources() {
    all_same(&[
        "pod pending --subresource=status",
        "pod/pending deploy/web --subresource=status",
        "deploy web --subresource=scale",
        "deploy web --subresource=scale -o name",
        "deploy web --subresource=status -o name",
        "deploy/web rs/web-5d9c7b8f6 --subresource=status",
        "pod pending --subresource=resize",
        "pod pending --subresource=nothing",
        "pod pending --subresource=scale",
        "pod missing --subresource=status",
        "pods --subresource=status",
        "pod pending --subresource=a/b",
        "widget gear --subresource=status",
        "node worker-1 --subresource=status -o wide",
    ]);
}

#[test]
fn printed_here() {
    all_same(&[
        "pods --server-print=false",
        "pods -A --server-print=false",
        "pods -A -o wide --server-print=false",
        "pod pending --server-print=false",
        "pods,services --server-print=false",
        "pods,services -n shop --server-print=false",
        "pods,persistentvolumeclaims --server-print=false",
        "nodes --server-print=false -L kubernetes.io/arch --show-labels",
        "nodes --server-print=false --no-headers",
        "pods --server-print=false --show-kind",
        "widgets -A --server-print=false",
        "pods -n empty --server-print=false",
        "pods --server-print",
        "pods -o name --server-print=false",
    ]);
}

#[test]
fn kinds() {
    all_same(&[
        "pods --show-kind",
        "pods,persistentvolumeclaims",
        "persistentvolumeclaims,pods -n shop",
        "persistentvolumeclaims,pods -n a",
        "widgets,pods -n a",
        "pods,pods --show-kind=false",
        "pods,widgets -n empty",
    ]);
}

#[test]
fn raw_paths() {
    all_same(&[
        "--raw /readyz",
        "--raw=/version",
        "--raw /api/v1/namespaces/default",
        "--raw /api/v1/namespaces?limit=1",
        "--raw /nothing/here",
        "--raw /api/v1/namespaces/missing",
        "--raw readyz",
        "--raw /readyz pods",
        "--raw /readyz -l a=b",
        "--raw /readyz -o json",
        "--raw /readyz -A -n x",
    ]);
}

#[test]
fn what_the_server_warns_of() {
    all_same(&[
        "componentstatus etcd-0 -o name",
        "componentstatus etcd-0",
        "componentstatus etcd-0 --warnings-as-errors",
        "pods --warnings-as-errors",
        "endpoints --warnings-as-errors",
        "endpoints -A",
        "endpoints/missing componentstatus/etcd-0 --warnings-as-errors -o name",
        "endpoints,componentstatuses -n empty --field-selector metadata.name=x --warnings-as-errors",
        "endpoints nothing --warnings-as-errors",
    ]);
}

#[test]
fn managed_fields() {
    let home = home();
    for args in [&["pods", "-A"][..], &["pod", "pending"], &["widgets", "-A"]] {
        let args = [args, &["--show-managed-fields", "-o", "json"]].concat();
        let ours: Value = serde_json::from_str(&home.mc_get(&args).success()).expect("JSON");
        let theirs: Value = serde_json::from_str(&home.kubectl_get(&args).success()).expect("JSON");
        let theirs = match theirs["items"].as_array() {
            Some(items) => items.clone(),
            None => vec![theirs],
        };
        assert!(
            theirs[0]["metadata"]["managedFields"].is_array(),
            "{args:?} is a bad example"
        );
        assert_eq!(ours["clusters"][0]["items"].as_array(), Some(&theirs), "{args:?}");
    }
}

#[test]
fn sorted() {
    all_same(&[
        "pods --sort-by=.metadata.name",
        "pods -A --sort-by=metadata.uid",
        "pods -A --sort-by={.metadata.uid}",
        "pods -A --sort-by=.metadata.uid -o wide",
        "pods -A --sort-by=.metadata.uid -o name",
        "pods -A --sort-by=.metadata.uid --no-headers",
        "pods -A --sort-by=.metadata.uid --server-print=false",
        "pods -A --sort-by=.metadata.uid --chunk-size=2",
        "pods -A --sort-by=.metadata.uid -L app --show-labels",
        "nodes --sort-by=.metadata.name",
        "nodes --sort-by=.status.capacity.cpu",
        "nodes --sort-by=.status.capacity.memory",
        "nodes --sort-by=.metadata.creationTimestamp",
        r"nodes -l kubernetes.io/arch --sort-by=.metadata.labels.kubernetes\.io/arch",
        "deployments --sort-by=.spec.replicas",
        "services --sort-by=.spec.ports[0].port",
        "services --sort-by=.spec.clusterIP",
        "persistentvolumes --sort-by=.spec.capacity.storage",
        "persistentvolumes --sort-by=.spec.capacity.storage -o name",
        "events -A --sort-by=.metadata.name",
        "pod pending --sort-by=.nothing",
        "pod pending --sort-by=.metadata.name -o name",
        "pods -n empty --sort-by=.metadata.name",
        "pods -A -o name --sort-by=.nothing",
        "pods -A -o name --sort-by={.a}{.b}",
        "pods,services -n shop -o name --sort-by=.metadata.uid",
        "pods pending gated -o name --sort-by=.metadata.uid",
    ]);
}

/// kubectl says that nothing was found and succeeds; here it is an error.
#[test]
fn what_cannot_be_sorted_is_an_error() {
    let home = home();
    for key in [".nothing", ".spec.nothing[3].x"] {
        let args = ["pods", "-A", "--sort-by", key];
        let (ours, theirs) = (home.mc_get(&args), home.kubectl_get(&args));
        assert_eq!(theirs.stdout, "", "a bad example");
        assert_eq!(ours.stdout, "");
        assert_eq!(ours.status, 1, "{ours:?}");
        let said = format!("error: couldn't find any field with path \"{{{key}}}\" in the list of objects");
        assert_eq!(ours.stderr.trim_end(), said);
    }
}
