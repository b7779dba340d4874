//! Bad input of every kind: the error names the place and the remedy, and the rest still works.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;

/// Asserts that there is one message, which has all of these words.
#[track_caller]
fn names(stderr: &str, words: &[&str]) {
    for word in words {
        assert!(stderr.contains(word), "no {word:?} in:\n{stderr}");
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn trouble_with_the_configuration() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    for (text, words) in [
        ("execution:\n  maxConcurency: 3\n", ["line 2", "maxConcurrency"]),
        ("execution:\n  timeout: soon\n", ["line 2", "timeout"]),
        ("output: [", ["line 1", "kubectl-mc-config.yaml"]),
        ("discovery:\n  api: guess\n", ["line 2", "clusterprofile"]),
    ] {
        home.write(".kube/kubectl-mc-config.yaml", text);
        let stderr = home.mc(&["get", "pods"]).complaint(1);
        names(&stderr, &words);
        names(&stderr, &["kubectl-mc-config.yaml"]);
        assert_eq!(
            stderr.lines().count(),
            1,
            "said once, not by every stage:\n{stderr}"
        );
    }
}

#[test]
fn trouble_with_the_mapping() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    home.write(
        ".kube/kubectl-mc-clusters.yaml",
        "clusters:\n  prod-eu-1: 7\n  other: [x]\n",
    );
    let stderr = home.mc(&["get", "pods"]).complaint(1);
    names(&stderr, &["kubectl-mc-clusters.yaml", "line"]);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
}

#[test]
fn trouble_with_the_kubeconfig() {
    let home = Home::empty();
    home.write(".kube/config", "clusters: {a: [}\n");
    let stderr = home.mc(&["get", "pods"]).complaint(1);
    names(&stderr, &[".kube/config"]);
    assert_eq!(stderr.lines().count(), 1, "{stderr}");

    home.write(".kube/config", "apiVersion: v1\nkind: Config\n");
    let stderr = home.mc(&["get", "pods"]).complaint(1);
    names(&stderr, &["no contexts", ".kube/config", "--kubeconfig"]);
    let lost = "contexts: [{name: a, context: {cluster: b}}]\n";
    home.write(".kube/config", lost);
    let stderr = home.mc(&["get", "pods"]).complaint(1);
    names(&stderr, &["--hub-context"]);

    let stderr = home.mc(&["get", "pods", "--kubeconfig", "nowhere"]).complaint(1);
    names(&stderr, &["nowhere"]);
}

#[test]
fn selections_that_match_nothing() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = Home::of(&fleet);
    let stderr = home.mc(&["get", "pods", "--clusters", "prod-eu1"]).complaint(1);
    names(&stderr, &["prod-eu1", "prod-eu-1"]);
    let stderr = home.mc(&["get", "pods", "--clusters", "stage-*"]).complaint(1);
    names(&stderr, &["stage-*"]);
    let outcome = home.mc(&["get", "pods", "--cluster-selector", "env in (prod"]);
    assert!(outcome.status == 1 || outcome.status == 2, "{outcome:?}");
    names(&outcome.stderr, &["env in (prod"]);
}

#[test]
fn hub_without_the_clusterprofile_api() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let stderr = home
        .mc(&["get", "pods", "--hub-context", "prod-eu-1"])
        .complaint(1);
    names(
        &stderr,
        &[
            "ClusterProfile",
            "multicluster.x-k8s.io",
            "prod-eu-1",
            "--hub-context",
        ],
    );
}

#[test]
fn trouble_with_records() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let rows = home.shell("mc-discover | mc-exec get pods -A").expect(0);
    let spoiled = format!(
        "{{\"kind\":\"Row\"\n{rows}[1]\n{{\"kind\":\"Row\",\"cluster\":7}}\n{{\"kind\":\"New\",\"x\":1}}\n"
    );
    let last = rows.lines().count() + 2;
    for tool in ["mc-merge", "mc-format"] {
        let outcome = home.feed(tool, &[], &spoiled);
        names(
            &outcome.stderr,
            &["line 1", &format!("line {last}"), &format!("line {}", last + 1)],
        );
        assert_eq!(outcome.status, 3, "{}", outcome.stderr);
        let clean = home.feed(tool, &[], &rows).expect(0);
        for line in clean.lines().filter(|line| !line.contains("Summary")) {
            assert!(outcome.stdout.contains(line), "{tool} lost {line}");
        }
    }
    let outcome = home.feed(
        "mc-exec",
        &["get", "pods", "-A"],
        "{\"kind\":\"Cluster\"\nprod-eu-1\n",
    );
    names(&outcome.stderr, &["line 1"]);
    assert_eq!(outcome.status, 3);
    assert!(outcome.stdout.contains(r#""ok":true"#));
}

#[test]
fn malformed_clusterprofiles_are_named_and_skipped() {
    let mut spec = Spec::named(&["prod-eu-1"]);
    spec.extra_profiles = vec![
        r#"{"metadata":{"name":"bad/../name","namespace":"fleet"},"spec":{"clusterManager":{"name":"m"}}}"#.into(),
        r#"{"metadata":{"name":"odd","namespace":"fleet"},"spec":{"clusterManager":{"name":"m"}},"status":{"properties":7}}"#.into(),
    ];
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let outcome = home.run("mc-discover", &[]);
    assert!(outcome.stdout.contains("prod-eu-1"), "{outcome:?}");
    assert_eq!(outcome.status, 3, "{outcome:?}");
    names(&outcome.stderr, &["bad/../name"]);
}

#[test]
fn trouble_with_answers_of_clusters() {
    let faults = [
        Fault::InvalidJson,
        Fault::Error,
        Fault::Unauthorized,
        Fault::UnknownCa,
        Fault::Truncated,
    ];
    let reasons = ["Protocol", "ServerError", "Unauthorized", "Tls", "Protocol"];
    let mut spec = Spec::new(6);
    for (index, fault) in faults.into_iter().enumerate() {
        spec = spec.fault(&(index + 2).to_string(), fault);
    }
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let outcome = home.shell("mc-discover | mc-exec get pods -A");
    assert_eq!(outcome.status, 3, "{outcome:?}");
    for (member, reason) in fleet.members().skip(1).zip(reasons) {
        let line = outcome.stdout.lines().find(|line| {
            line.contains(r#""kind":"Result""#) && line.contains(&format!("\"{}\"", member.name()))
        });
        assert!(
            line.is_some_and(|line| line.contains(&format!(r#""reason":"{reason}""#))),
            "{reason}: {line:?}"
        );
    }
}

#[test]
fn command_lines_that_kubectl_would_refuse() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    for (args, words) in [
        (&["get"][..], "You must specify the type of resource to get"),
        (
            &["get", "pods/x", "y"],
            "there is no need to specify a resource type as a separate argument",
        ),
        (
            &["get", "pods", "x", "-l", "a=b"],
            "name cannot be provided when a selector is specified",
        ),
        (
            &["get", "pods", "x", "-A"],
            "a resource cannot be retrieved by name across all namespaces",
        ),
    ] {
        names(&home.mc(args).complaint(2), &[words]);
    }
    assert_eq!(fleet.member("prod-eu-1").counters().requests(), 0);
}

#[test]
fn type_that_no_cluster_serves_prints_no_rows() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = Home::of(&fleet);
    let error = "error: the server doesn't have a resource type \"sprockets\"\n";
    for output in ["table", "wide", "csv", "tsv", "name"] {
        let outcome = home.mc(&["get", "pods,sprockets", "-A", "-o", output]);
        assert_eq!(
            (outcome.status, &*outcome.stdout, &*outcome.stderr),
            (1, "", error),
            "{output}"
        );
    }
    let outcome = home.mc(&["get", "pods,sprockets", "-A", "-o", "json"]);
    assert_eq!((outcome.status, &*outcome.stderr), (1, error));
    assert!(!outcome.stdout.contains("Pod"), "{}", outcome.stdout);
    let records = home.shell("mc-discover | mc-exec get pods,sprockets -A | grep Result");
    assert!(
        records
            .stdout
            .contains(r#""unserved":[{"type":"sprockets","message":"error: "#),
        "{records:?}"
    );
}

#[test]
fn server_that_answers_404_to_everything_fails() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]).fault("1", Fault::NotFound));
    let home = Home::of(&fleet);
    for types in ["pods", "widgets", "pods,widgets"] {
        let stderr = home.mc(&["get", types, "-A", "-v"]).complaint(3);
        names(&stderr, &["prod-eu-1: Protocol", "no Kubernetes API"]);
    }
}

#[test]
fn reset_connection_is_tried_again() {
    for _ in 0..5 {
        let fleet = Fleet::start(Spec::named(&["prod-eu-1"]).fault("1", Fault::ResetOnce));
        let home = Home::of(&fleet);
        home.mc(&["get", "pods", "-A"]).expect(0);
    }
}

#[test]
fn timeout_of_zero_is_no_limit() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let limits = [
        "--timeout=0",
        "--total-timeout=0",
        "--connect-timeout=0s",
        "--refresh",
    ];
    home.mc(&[&["get", "pods", "-A"], &limits[..]].concat()).expect(0);
}

#[test]
fn selector_that_every_cluster_refuses_is_explained_without_v() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = Home::of(&fleet);
    let stderr = home.mc(&["get", "pods", "-l", "a in (b"]).complaint(1);
    names(
        &stderr,
        &[
            "Error from server (BadRequest)",
            "2/2 clusters",
            "  BadRequest: prod-eu-1, prod-us-1\n",
        ],
    );
    assert_eq!(stderr.lines().count(), 3, "{stderr}");
}
