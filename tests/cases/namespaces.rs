//! Which namespace a row is of, where the clusters' contexts have different ones.

use crate::fleet::{Fleet, Spec};
use crate::support::Home;

/// The contexts of two clusters, one of which has the namespace `shop`, and a third that is mapped to no other.
fn home(fleet: &Fleet) -> Home {
    let home = Home::of(fleet);
    home.write(
        "extra",
        "contexts: [{name: shop-eu, context: {cluster: eu, user: eu, namespace: shop}}]\n",
    );
    home.write(".kube/kubectl-mc-clusters.yaml", "clusters: {eu: shop-eu}\n");
    home
}

fn run(home: &Home, line: &str) -> String {
    home.shell(&format!("export KUBECONFIG=$KUBECONFIG:extra; {line}"))
        .expect(0)
}

#[test]
fn rows_say_their_namespace_if_those_of_the_contexts_differ() {
    let fleet = Fleet::start(Spec::named(&["eu", "us"]));
    let home = home(&fleet);
    let table = run(&home, "kubectl-mc get pods");
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("NAMESPACE   NAME "), "{table}");
    for line in lines {
        let mut words = line.split_whitespace();
        let (namespace, cluster) = (words.next().unwrap(), words.nth(1).unwrap());
        assert!(
            matches!((namespace, cluster), ("shop", "eu") | ("default", "us")),
            "{line}"
        );
    }
    assert!(table.contains("shop ") && table.contains("default "), "{table}");
    let streamed = run(&home, "kubectl-mc get pods --stream");
    assert!(streamed.starts_with("NAMESPACE   NAME "), "{streamed}");
    let csv = run(&home, "kubectl-mc get pods -o csv");
    assert!(csv.starts_with("CLUSTER,NAMESPACE,NAME,"), "{csv}");
    assert!(
        csv.contains("\neu,shop,") && csv.contains("\nus,default,"),
        "{csv}"
    );
    let both = run(&home, "kubectl-mc get pods,nodes -o csv");
    assert!(both.starts_with("CLUSTER,TYPE,NAMESPACE,NAME,"), "{both}");
    assert!(
        both.contains("\neu,node,,") && both.contains("\nus,pod,default,"),
        "{both}"
    );
    for line in run(&home, "kubectl-mc get pods -o name").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        assert!(
            matches!(fields[..], ["eu", _, "shop"] | ["us", _, "default"]),
            "{line}"
        );
    }
    // No column where there is nothing to tell apart.
    for args in [
        "pods -n shop",
        "nodes",
        "pods --clusters=eu",
        "pods --clusters=us",
    ] {
        let table = run(&home, &format!("kubectl-mc get {args}"));
        assert!(table.starts_with("NAME "), "{args}: {table}");
    }
    assert!(run(&home, "KUBECTL_MC_SHOW_CLUSTER_COLUMN=false kubectl-mc get pods").starts_with("NAME "));
}

#[test]
fn names_of_all_namespaces_are_followed_by_their_namespace() {
    let fleet = Fleet::start(Spec::named(&["eu", "us"]));
    let home = Home::of(&fleet);
    let names = run(&home, "kubectl-mc get pods,nodes -A -o name");
    for line in names.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let is_node = fields[1].starts_with("node/");
        assert_eq!(fields.len(), if is_node { 2 } else { 3 }, "{line}");
    }
    assert!(names.contains("\tshop\n"), "{names}");
    let names = run(&home, "kubectl-mc get pods -n shop -o name");
    assert!(names.lines().all(|line| line.split('\t').count() == 2), "{names}");
    let kubectls = run(
        &home,
        "KUBECTL_MC_SHOW_CLUSTER_COLUMN=false kubectl-mc get pods -A -o name --clusters=eu",
    );
    assert!(!kubectls.contains('\t'), "{kubectls}");
}
