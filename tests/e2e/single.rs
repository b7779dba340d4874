//! `kubectl mc get` on one member, without its CLUSTER column, is `kubectl get` on that member: the same
//! bytes, whatever is asked.

use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::apiserver::User;
use crate::fleet::RICH;
use crate::home::{Home, Outcome};

/// The two runs are a moment apart, and an age can tick over in between: so often are they tried. Pods that are
/// seconds old tick every time, but a pair of runs takes well under a second.
const ATTEMPTS: usize = 8;

/// A home in which the CLUSTER column is off.
fn home() -> Home {
    Home::new().plain()
}

/// Asserts that both print the same and end the same for `args`. kubectl itself must succeed, so that two
/// programs that both fail never pass for equal.
fn same(home: &Home, args: &[&str]) {
    let mut left = ATTEMPTS;
    loop {
        left -= 1;
        let (ours, theirs) = (home.mc_get(args), home.kubectl_get(args));
        assert_eq!(
            theirs.status, 0,
            "kubectl get {args:?} is a bad example:\n{}",
            theirs.stderr
        );
        if left > 0 && (&ours.stdout, ours.status) != (&theirs.stdout, theirs.status) {
            thread::sleep(Duration::from_millis(100));
            continue;
        }
        let shown = |o: &Outcome| format!("status {}\n{}\n{}", o.status, o.stdout, o.stderr);
        assert_eq!(
            ours.stdout,
            theirs.stdout,
            "kubectl mc get {args:?}:\n{}",
            shown(&ours)
        );
        assert_eq!(ours.status, 0, "kubectl mc get {args:?}:\n{}", shown(&ours));
        return;
    }
}

/// Runs every case of `cases`, each one a command line.
fn all_same(cases: &[&str]) {
    let home = home();
    let mut failures = Vec::new();
    for case in cases {
        let args: Vec<&str> = case.split(' ').collect();
        let outcome = std::panic::catch_unwind(|| same(&home, &args));
        if outcome.is_err() {
            failures.push(*case);
        }
    }
    assert!(
        failures.is_empty(),
        "{} of {} differ from kubectl: {failures:#?}",
        failures.len(),
        cases.len()
    );
}

#[test]
fn every_workload_type() {
    all_same(&[
        "pods -A",
        "services -A",
        "deployments -A",
        "replicasets -A",
        "statefulsets -A",
        "daemonsets -A",
        "jobs -A",
        "cronjobs -A",
        "nodes",
        "namespaces",
        "configmaps -A",
        "secrets -A",
        "serviceaccounts -A",
        "ingresses -A",
        "endpointslices -A",
        "networkpolicies -A",
        "horizontalpodautoscalers -A",
        "poddisruptionbudgets -A",
        "resourcequotas -A",
        "leases -A",
        "persistentvolumes",
        "persistentvolumeclaims -A",
        "storageclasses",
        "roles -A",
        "rolebindings -A",
        "clusterroles",
        "customresourcedefinitions",
        "widgets -A",
    ]);
}

#[test]
fn every_spelling_of_a_type() {
    all_same(&[
        "pods",
        "pod",
        "po",
        "Pod",
        "PODS",
        "pods.",
        "pods.v1.",
        "deploy",
        "deployment",
        "deployments.apps",
        "deployment.apps",
        "deploy.apps",
        "deployments.v1.apps",
        "svc",
        "no",
        "ns",
        "cm",
        "ev -A",
        "events.v1. -A",
        "events.events.k8s.io -A",
        "ing -A",
        "hpa",
        "pv",
        "pvc -A",
        "sc",
        "crd",
        "crds",
        "widget",
        "wd",
        "wdg",
        "widgets.example.com",
        "widgets.v1.example.com",
        "widgets.v1beta1.example.com",
        "wd.example.com",
        "gadgets",
    ]);
}

#[test]
fn names() {
    all_same(&[
        "pod pending",
        "pod pending gated",
        "pod gated pending",
        "pod pending pending",
        "pod/pending",
        "pod/pending pod/gated",
        "pod/pending svc/web",
        "po/pending po/gated deploy/web",
        "pod/cart-0 -n shop",
        "node worker-1",
        "node/worker-2 node/worker-1",
        "namespace a-b",
        "widget gear",
        "wd/gear wd/spring",
        "widgets.v1beta1.example.com/gear",
    ]);
}

#[test]
fn several_types() {
    all_same(&[
        "pods,services",
        "services,pods",
        "po,svc,deploy",
        "pods,services -A",
        "pods,services -n shop",
        "nodes,namespaces",
        "nodes,pods",
        "pods,widgets -A",
        "pods,pods",
        "widgets,deployments -n shop",
        "all",
        "all -A",
        "pods,services -o wide",
        "pods,services -o name",
        "pods,services --no-headers",
        "deploy,rs -l app=web",
        "deploy,cronjobs -n a",
        "svc,pods -n empty --ignore-not-found",
    ]);
}

#[test]
fn namespaces() {
    all_same(&[
        "pods -n shop",
        "pods --namespace shop",
        "pods --namespace=shop",
        "pods -nshop",
        "pods -n a",
        "pods -n a-b",
        "pods --all-namespaces",
        "pods -A -n shop",
        "nodes -A",
        "nodes -n shop",
        "widgets -n shop",
    ]);
}

#[test]
fn selectors() {
    all_same(&[
        "pods -l app=web",
        "pods -A -l app",
        "pods -A -l !app",
        "pods -A --selector app=web,track!=stable",
        "pods -A --selector=app=web",
        "pods -A --field-selector status.phase=Running",
        "pods -A --field-selector=status.phase!=Running,spec.nodeName=worker-1",
        "pods -A -l app=web --field-selector metadata.name=web-7f6d5c4b3-ccccc",
        "pods -l app=nothing -l app=web",
        "nodes -l kubernetes.io/arch=arm64",
        "namespaces -l tier",
        "widgets -A -l line=metal",
        "widgets -A --field-selector metadata.namespace=shop",
    ]);
    let home = home();
    same(&home, &["pods", "-A", "-l", "app in (web, cart)"]);
    same(&home, &["pods", "-A", "-l", "app notin (web)"]);
}

#[test]
fn columns() {
    all_same(&[
        "pods -o wide",
        "pods -A -o wide",
        "pods -A -owide",
        "pods -A --output=wide",
        "nodes -o wide",
        "services -A -o wide",
        "deployments -A -o wide",
        "jobs -A -o wide",
        "persistentvolumes -o wide",
        "widgets -A -o wide",
        "ingresses -A -o wide",
        "pods --show-labels",
        "pods -A -o wide --show-labels",
        "nodes --show-labels",
        "pods -L app",
        "pods -A -L app,track",
        "pods -A -L app -L track",
        "pods -A --label-columns=app --show-labels",
        "pods -L example.test/missing",
        "pods,services -L app",
        "nodes -L topology.kubernetes.io/zone",
        "pods --no-headers",
        "pods -A --no-headers -o wide",
        "pods --show-kind",
        "nodes --show-kind",
    ]);
}

#[test]
fn names_as_output() {
    all_same(&[
        "pods -o name",
        "pods -A -o name",
        "deployments -A -o name",
        "nodes -o name",
        "widgets -A -o name",
        "pod/pending deploy/web -o name",
        "pod pending -o name",
    ]);
}

#[test]
fn nothing_is_said_as_kubectl_says_it() {
    let home = home();
    for args in [
        &["pods", "-n", "empty"][..],
        &["pods", "-n", "no-such-namespace"],
        &["pods", "-l", "app=nothing"],
        &["pods", "-A", "-l", "app=nothing"],
        &["nodes", "-l", "app=nothing"],
        &["pods,services", "-n", "empty"],
        &["widgets", "-n", "empty"],
    ] {
        same(&home, args);
        let (ours, theirs) = (home.mc_get(args), home.kubectl_get(args));
        assert!(
            theirs.stderr.starts_with("No resources found"),
            "{args:?} is a bad example"
        );
        assert!(
            ours.stderr.contains(theirs.stderr.trim_end()),
            "{args:?}: {:?}",
            ours.stderr
        );
    }
    for args in [
        &["pods", "-n", "empty", "-o", "name"][..],
        &["pod", "missing", "--ignore-not-found"],
        &["pod/missing", "svc/missing", "--ignore-not-found"],
        &["pod", "missing", "pending", "--ignore-not-found"],
        &["pods", "-n", "empty", "--ignore-not-found"],
    ] {
        same(&home, args);
    }
    assert_eq!(
        home.mc_get(&["pods", "-n", "empty", "--ignore-not-found"]).stderr,
        ""
    );
    assert_eq!(home.mc_get(&["pod", "missing", "--ignore-not-found"]).stderr, "");
}

/// The objects of the only cluster of a `MultiClusterResult`.
fn items(result: &Value) -> &Vec<Value> {
    assert_eq!(result["apiVersion"], "kubectl-mc.k8s.io/v1alpha1");
    assert_eq!(result["kind"], "MultiClusterResult");
    assert_eq!(result["summary"]["total"], 1);
    assert_eq!(result["summary"]["successful"], 1);
    assert_eq!(result["summary"]["failed"], 0);
    let clusters = result["clusters"].as_array().expect("clusters");
    assert_eq!(clusters.len(), 1);
    assert_eq!(clusters[0]["cluster"], RICH);
    clusters[0]["items"].as_array().expect("items")
}

/// What kubectl's answer holds: a List's items, or the one object itself.
fn items_of_kubectl(answer: &Value) -> Vec<Value> {
    match answer["items"].as_array() {
        Some(items) => items.clone(),
        None => vec![answer.clone()],
    }
}

/// As JSON and YAML the objects are kubectl's; what is around them is our own.
#[test]
fn objects() {
    let home = home();
    for args in [
        &["pods"][..],
        &["pods", "-A"],
        &["pod", "pending"],
        &["pod/pending", "svc/web"],
        &["nodes"],
        &["widgets", "-A"],
        &["configmaps", "-A"],
        &["pods,services", "-n", "shop"],
        &["pods", "-n", "empty"],
    ] {
        let json = [args, &["-o", "json"]].concat();
        let ours: Value = serde_json::from_str(&home.mc_get(&json).success()).expect("JSON");
        let theirs: Value = serde_json::from_str(&home.kubectl_get(&json).success()).expect("JSON");
        assert_eq!(items(&ours), &items_of_kubectl(&theirs), "{args:?}");

        let yaml = [args, &["-o", "yaml"]].concat();
        let ours: Value = serde_yaml::from_str(&home.mc_get(&yaml).success()).expect("YAML");
        let theirs: Value = serde_yaml::from_str(&home.kubectl_get(&yaml).success()).expect("YAML");
        assert_eq!(items(&ours), &items_of_kubectl(&theirs), "{args:?}");
    }
}

/// What a parser would hide: long numbers stay whole, and keys stay in the order that they came in.
#[test]
fn objects_are_untouched() {
    let home = home();
    let stdout = home.mc_get(&["widget", "gear", "-o", "json"]).success();
    assert!(stdout.contains("9007199254740993"), "{stdout}");
    let at = |key: &str| {
        stdout
            .find(&format!("\"{key}\":"))
            .unwrap_or_else(|| panic!("no {key}: {stdout}"))
    };
    assert!(
        at("metadata") < at("spec") && at("spec") < at("status"),
        "{stdout}"
    );
    assert!(!stdout.contains("managedFields"), "{stdout}");
}

#[test]
fn what_is_missing_is_named() {
    let home = home();
    let missing = home.mc_get(&["pod", "missing"]);
    assert_eq!(missing.status, 1, "{missing:?}");
    assert_eq!(missing.stdout, "");
    assert!(
        missing.stderr.contains("pods \"missing\" not found"),
        "{}",
        missing.stderr
    );

    let unknown = home.mc_get(&["sprockets"]);
    assert_eq!(unknown.status, 1, "{unknown:?}");
    assert_eq!(unknown.stdout, "");
    assert!(unknown.stderr.contains("sprockets"), "{}", unknown.stderr);

    // `pods.v1` is group "v1" to kubectl, which does not exist; `pods.v1.` is the one that works.
    let group = home.mc_get(&["pods.v1"]);
    assert_eq!(group.status, 1, "{group:?}");
    assert_eq!(group.stdout, "");
    assert!(group.stderr.contains("pods"), "{}", group.stderr);

    // One of two: the one that is there is printed, the other named.
    let half = home.mc_get(&["pod", "pending", "missing"]);
    assert!(half.stdout.contains("pending"), "{half:?}");
    assert!(half.stderr.contains("missing"), "{half:?}");
    assert_ne!(half.status, 0, "{half:?}");

    // One unknown type spoils the command, as with kubectl.
    let unknown = home.mc_get(&["pods,sprockets"]);
    assert_eq!(unknown.stdout, "", "{unknown:?}");
    assert_ne!(unknown.status, 0, "{unknown:?}");
}

#[test]
fn flags_together() {
    all_same(&[
        "po -owide --no-headers",
        "pod pending --show-labels",
        "pod pending gated -o wide",
        "pod pending gated -L app",
        "pods -A --show-kind",
        "pods -A --show-kind -o wide",
        "pods -A --no-headers --show-labels",
        "pods --chunk-size=3 -A",
        "nodes --chunk-size 1 -o wide",
        "pods -A --chunk-size=0",
        "pods -A --chunk-size=7 -l app -o name",
        "pods --all-namespaces=false",
        "pods -A=true",
        "pods --show-labels=false",
        "pods -n shop -A=false",
        // Not the other way round: kubectl's NAMESPACE column then stays, empty, for the nodes.
        "nodes,pods -A",
        "nodes,pods -n shop --no-headers",
        "all -A -o wide",
        "all --show-labels",
        "all -A -o name",
        "all --no-headers -n shop",
        "gadgets -A",
        "gadgets,pods -A",
        "pods,all",
        "all,pods -n shop",
        "wd -A -o wide --show-labels",
        "nodes worker-1 -o wide",
        "nodes worker-1 worker-2 --no-headers",
        "nodes worker-2 worker-1 --show-kind",
        "services/web deployments/web -o wide",
        "services/web deployments/web services/web",
        "pods/pending -L app --no-headers",
        "deployments,statefulsets -n shop",
        "pod pending missing --ignore-not-found -o name",
        "pods -A --field-selector= -l app=web",
        "pods -l app=web -n shop -o wide --no-headers --show-labels -L track",
    ]);
}

#[test]
fn every_other_type() {
    all_same(&[
        "endpoints -A",
        "replicationcontrollers -A",
        "priorityclasses",
        "apiservices",
        "runtimeclasses",
        "csidrivers",
        "csinodes",
        "volumeattachments",
        "ingressclasses",
        "clusterrolebindings",
        "limitranges -A",
        "podtemplates -A",
        "controllerrevisions -A",
        "prioritylevelconfigurations",
        "certificatesigningrequests",
        "servicecidrs",
        "ipaddresses",
        "resourceclaims -A",
        "deviceclasses",
        "mutatingwebhookconfigurations",
        "validatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "events -A -o wide",
        "clusterroles -o wide",
        "crd -o wide",
        "apiservices -o wide",
    ]);
}

/// What kubectl refuses we refuse, with the same on stdout and kubectl's own words on stderr.
#[test]
fn what_kubectl_refuses() {
    let home = home();
    let mut differ = Vec::new();
    for case in [
        "pod missing",
        "pod missing -n shop",
        "pod missing other",
        "pod pending missing",
        "pod missing pending -o name",
        "pod/pending svc/missing",
        "pod/missing svc/web -o name",
        "sprockets",
        "sprocket/x",
        "sprockets x",
        "pods,sprockets",
        "sprockets,pods -A",
        "pods,sprockets -o name",
        "pods,sprockets -o wide --no-headers",
        "pod/pending sprocket/x",
        "pods.v1",
        "pods.nosuch.io",
        "deployments.v9.apps",
        "pods pending -A",
        "pod/pending -A",
        "pods/pending gated",
        "pods pending -l a=b",
        "pods pending --field-selector a=b",
        "",
        "-A",
        "pods,",
        ",pods",
        "pod/",
        "/x",
        "pod//x",
        "pod/x/y",
        "pods,services x",
        "all x",
        "pod/a,pod/b",
        "pods --no-such-flag",
        "pods -o nosuch",
        "pods -L",
        "pods -l a===b",
        "pods -A -l a=b,=c",
        "pods --field-selector spec.colour=red",
        "pods --field-selector nonsense",
        "pods --chunk-size=x",
    ] {
        let args: Vec<&str> = case.split(' ').filter(|arg| !arg.is_empty()).collect();
        let (ours, theirs) = (
            home.mc_get(&[&args[..], &["-v"]].concat()),
            home.kubectl_get(&args),
        );
        assert_ne!(theirs.status, 0, "kubectl get {case} is a bad example");
        let words = |line: &str| {
            line.trim_start_matches("error: ")
                .trim_end_matches('.')
                .to_owned()
        };
        // Its first complaint; command lines that are wrong in themselves are told in our parser's words.
        let said = theirs.stderr.lines().next().map(words).unwrap_or_default();
        if ours.stdout != theirs.stdout || ours.status == 0 {
            differ.push(format!("{case}\n  ours {ours:?}\n  theirs {theirs:?}"));
        } else if ours.status != 2 && !ours.stderr.contains(&said) {
            differ.push(format!("{case}\n  ours {:?}\n  theirs {said:?}", ours.stderr));
        }
    }
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

#[test]
fn the_servers_refusals_are_passed_on() {
    let home = home();
    let field = home.mc_get(&["pods", "--field-selector", "spec.colour=red", "-v"]);
    assert_eq!(field.status, 1, "{field:?}");
    assert!(
        field.stderr.contains("field label not supported: spec.colour"),
        "{}",
        field.stderr
    );

    let label = home.mc_get(&["pods", "-l", "a===b", "-v"]);
    assert_ne!(label.status, 0, "{label:?}");
    assert!(
        label.stderr.contains("a===b") || label.stderr.contains("unable to parse"),
        "{}",
        label.stderr
    );
}

#[test]
fn who_may_not_is_told_so() {
    let home = Home::with_users(&[(RICH, User::Nobody)]).plain();
    let forbidden = home.mc_get(&["pods", "-v"]);
    assert_eq!(forbidden.status, 1, "{forbidden:?}");
    assert_eq!(forbidden.stdout, "");
    let said = "User \"nobody\" cannot list resource \"pods\"";
    assert!(forbidden.stderr.contains(said), "{}", forbidden.stderr);

    let home = Home::with_users(&[(RICH, User::Stranger)]).plain();
    let unauthorized = home.mc_get(&["pods", "-v"]);
    assert_eq!(unauthorized.status, 1, "{unauthorized:?}");
    assert!(
        unauthorized.stderr.contains("Unauthorized"),
        "{}",
        unauthorized.stderr
    );

    // May read pods and no secrets: what it may is printed, the rest named, and the status is not 0.
    let home = Home::with_users(&[(RICH, User::Viewer)]).plain();
    same(&home, &["pods", "-A"]);
    let half = home.mc_get(&["pods,secrets", "-v"]);
    assert!(half.stdout.contains("web-5d9c7b8f6-aaaaa"), "{half:?}");
    assert!(half.stderr.contains("secrets"), "{half:?}");
    assert_ne!(half.status, 0, "{half:?}");
}
