//! Bad input of every kind: the error names the place and the remedy, and the rest still works.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::{Home, check_snapshot};

#[test]
fn trouble_with_the_configuration() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let mut said = String::new();
    for text in [
        "execution:\n  maxConcurency: 3\n",
        "execution:\n  timeout: soon\n",
        "output: [",
        "discovery:\n  api: guess\n",
    ] {
        home.write(".kube/kubectl-mc-config.yaml", text);
        said += &home.transcript(&["cat ~/.kube/kubectl-mc-config.yaml", "kubectl-mc get pods"]);
    }
    check_snapshot("trouble-configuration", &said);
}

#[test]
fn trouble_with_the_mapping() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    home.write(
        ".kube/kubectl-mc-clusters.yaml",
        "clusters:\n  prod-eu-1: 7\n  other: [x]\n",
    );
    check_snapshot("trouble-mapping", &home.mc(&["get", "pods"]));
}

#[test]
fn trouble_with_the_kubeconfig() {
    let home = Home::empty();
    let mut said = String::new();
    for text in [
        "clusters: {a: [}\n",
        "apiVersion: v1\nkind: Config\n",
        "contexts: [{name: a, context: {cluster: b}}]\n",
    ] {
        home.write(".kube/config", text);
        said += &home.transcript(&["cat ~/.kube/config", "kubectl-mc get pods"]);
    }
    said += &home.transcript(&["kubectl-mc get pods --kubeconfig nowhere"]);
    check_snapshot("trouble-kubeconfig", &said);
}

#[test]
fn selections_that_match_nothing() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = Home::of(&fleet);
    let said = home.transcript(&[
        "kubectl-mc get pods --clusters prod-eu1",
        "kubectl-mc get pods --clusters 'stage-*'",
        "kubectl-mc get pods --exclude 'prod-*'",
        "kubectl-mc get pods --cluster-selector env=nowhere",
        "kubectl-mc get pods --cluster-selector 'env in (prod'",
        "kubectl-mc get pods --hub-namespace nowhere",
        // Without the API.
        "kubectl-mc get pods --hub-context prod-eu-1",
    ]);
    check_snapshot("trouble-selection", &said);
}

#[test]
fn trouble_with_records() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let rows = home.shell("mc-discover | mc-exec get pods -A").expect(0);
    let spoiled = format!(
        "{{\"kind\":\"Row\"\n{rows}[1]\n{{\"kind\":\"Row\",\"cluster\":7}}\n{{\"kind\":\"New\",\"x\":1}}\n"
    );
    let mut said = String::new();
    for tool in ["mc-merge", "mc-format"] {
        let outcome = home.feed(tool, &[], &spoiled);
        assert_eq!(outcome.status, 3, "{}", outcome.stderr);
        said += &outcome.stderr;
        let clean = home.feed(tool, &[], &rows).expect(0);
        for line in clean.lines().filter(|line| !line.contains("Summary")) {
            assert!(outcome.stdout.contains(line), "{tool} lost {line}");
        }
    }
    check_snapshot("trouble-records", &said);
    let outcome =
        home.shell("printf '{\"kind\":\"Cluster\"\\nprod-eu-1\\n' | mc-exec get pods gated -o name");
    check_snapshot("trouble-cluster-record", &outcome);
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
    check_snapshot("trouble-profiles", &home.shell("mc-discover -o name"));
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
    let mut spec = Spec::new(6);
    for (index, fault) in faults.into_iter().enumerate() {
        spec = spec.fault(&(index + 2).to_string(), fault);
    }
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    check_snapshot(
        "trouble-answers",
        &home.mc(&["get", "pods", "-A", "-o", "name", "-v"]),
    );
}

#[test]
fn command_lines_that_kubectl_would_refuse() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let said = home.transcript(&[
        "kubectl-mc get",
        "kubectl-mc get pods/x y",
        "kubectl-mc get pods x -l a=b",
        "kubectl-mc get pods x -A",
    ]);
    check_snapshot("trouble-command-lines", &said);
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
    let types = ["pods", "widgets", "pods,widgets"];
    let lines = types.map(|types| format!("kubectl-mc get {types} -A -v -o name | tail -n 1"));
    check_snapshot("trouble-404", &home.transcript(&lines));
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
    check_snapshot("trouble-selector", &home.mc(&["get", "pods", "-l", "a in (b"]));
}
