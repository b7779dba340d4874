//! A hub that several teams share: a team that may write ClusterProfiles in one namespace cannot take over clusters of
//! another.

use crate::fleet::{Fleet, Spec};
use crate::support::access::{eks, fleet, home, mc, result, results, with_tools};
use crate::support::{Home, records};
use serde_json::{Value, json};

/// The ClusterProfile that another team writes for `prod`, later than the real one.
fn rival(server: &str, ca: &str) -> Value {
    json!({
        "apiVersion": "multicluster.x-k8s.io/v1alpha1",
        "kind": "ClusterProfile",
        "metadata": {
            "name": "prod", "namespace": "evil", "creationTimestamp": "2026-06-01T00:00:00Z",
            "labels": {"x-k8s.io/cluster-manager": "simulated-fleet"},
        },
        "spec": {"clusterManager": {"name": "simulated-fleet"}, "displayName": "prod"},
        "status": {
            "properties": [
                {"name": "region", "value": "eu-west-1", "lastObservedTime": "2030-01-01T00:00:00Z"},
                {"name": "cluster.name", "value": "prod", "lastObservedTime": "2030-01-01T00:00:00Z"},
            ],
            "accessProviders": [{"name": "eks", "cluster": {"server": server, "certificate-authority-data": ca}}],
        },
    })
}

/// A hub with `prod` and `dev` and the rival's `prod`, which leads to another fleet's server.
fn shared(prod: crate::fleet::Member) -> (Fleet, Fleet, Home, crate::standins::Standins) {
    let evil = Fleet::start(Spec::named(&["evil"]));
    let text = std::fs::read_to_string(evil.kubeconfig()).unwrap();
    let whole: Value = serde_yaml::from_str(&text).unwrap();
    let cluster = &whole["clusters"].as_array().unwrap()[1]["cluster"];
    let ca = cluster["certificate-authority-data"].as_str().unwrap();
    let mut spec = fleet([prod, eks("dev")]);
    spec.extra_profiles = vec![rival(evil.member("evil").server(), ca).to_string()];
    let hub = Fleet::start(spec);
    let (home, tools) = home(&hub);
    (hub, evil, home, tools)
}

#[test]
fn clusterprofile_in_another_namespace_does_not_take_over() {
    for (prod, server) in [
        (eks("prod"), "\"https://127.0.0.1:PORT\""),
        // The real one publishes no access at all.
        (
            crate::fleet::Member {
                access_providers: None,
                ..eks("prod")
            },
            "none",
        ),
    ] {
        let (_hub, evil, home, _tools) = shared(prod);
        let got = mc(&home, "get pods -A -o name");
        let said = format!(
            "mc-discover: Warning: cluster \"prod\": its ClusterProfiles publish different access, and none is \
             used: \"evil/prod\" (\"https://127.0.0.1:PORT\"), \"fleet-system/prod\" ({server}): name the namespace \
             that you trust with --hub-namespace, or map the cluster to a context of your own\n\
             Warning: Failed to query 1/2 clusters:\n  \
             prod: Unresolved: its ClusterProfiles \"evil/prod\" and \"fleet-system/prod\" publish different \
             access, and none is used: name the namespace that you trust with --hub-namespace, or map the cluster \
             to a context of your own; there is no context named \"prod\" in the kubeconfig and no mapping in \
             ~/.kube/kubectl-mc-clusters.yaml; kubectl mc setup adds one\n"
        );
        let records = home.shell(&with_tools("mc-discover 2>/dev/null | mc-exec get pods -A"));
        let results = results(&records.expect(3));
        assert_eq!(result(&results, "prod")["reason"], "Unresolved");
        assert_eq!(result(&results, "dev")["ok"], true);
        assert!(!got.expect_saying(3, &said).contains("prod\t"));
        assert_eq!(evil.member("evil").counters().connections(), 0);
        // The trusted namespace has only one of them.
        let trusted = mc(&home, "get pods -A --hub-namespace fleet-system");
        assert!(!trusted.stderr.contains("evil"), "{trusted:?}");
        assert_eq!(evil.member("evil").counters().connections(), 0);
    }
}

#[test]
fn own_context_leads_to_an_ambiguous_cluster() {
    let (hub, evil, home, _tools) = shared(crate::fleet::Member {
        context: true,
        ..eks("prod")
    });
    let got = mc(&home, "get pods -A -o name");
    assert_eq!(got.status, 0, "{got:?}");
    assert!(hub.member("prod").counters().requests() > 0);
    assert_eq!(evil.member("evil").counters().connections(), 0);
    let listed = home.run("mc-discover", &["--clusters=prod"]).expect_saying(
        0,
        "mc-discover: Warning: cluster \"prod\": its ClusterProfiles publish different access, \
            and none is used: \"evil/prod\" (\"https://127.0.0.1:PORT\"), \"fleet-system/prod\" \
            (\"https://127.0.0.1:PORT\"): name the namespace that you trust with --hub-namespace, or \
            map the cluster to a context of your own\n",
    );
    let record = records::read(listed.trim_end());
    assert_eq!(record["ambiguous"], json!(["evil/prod", "fleet-system/prod"]));
    assert_eq!(record["namespace"], "fleet-system");
    assert_eq!(record["accessProviders"], Value::Null);
}
