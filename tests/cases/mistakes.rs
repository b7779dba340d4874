//! Mistakes that people make, and faults that they meet: what is said about each is kept in `tests/data/snapshots`, one
//! file for each group of the table. A message says what happened, to which cluster or file, and what to do.

use crate::fleet::{Fault, Fleet, Member, Spec};
use crate::support::{Home, check_snapshot};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The lines that are typed, by group.
const MISTAKES: [(&str, &[&str]); 7] = [
    (
        "kubeconfig",
        &[
            "KUBECONFIG=nowhere kubectl-mc get pods",
            "KUBECONFIG=empty kubectl-mc get pods",
            "KUBECONFIG=broken kubectl-mc get pods",
            "KUBECONFIG=odd mc-discover --source kubeconfig -o name",
            "KUBECONFIG=no-current kubectl-mc get pods",
            "KUBECONFIG=lost-user kubectl-mc get pods",
            "kubectl-mc get pods --kubeconfig=nowhere",
        ],
    ),
    (
        "hub",
        &[
            "kubectl-mc get pods --hub-context=hubb",
            "kubectl-mc get pods --hub-context=prod-eu-1",
            "kubectl-mc get pods --kubeconfig=member-is-current",
            "kubectl-mc get pods --hub-context=refused",
            "kubectl-mc get pods --hub-context=silent --connect-timeout=1s",
            "kubectl-mc get pods --hub-context=no-name",
            "kubectl-mc get pods --hub-context=bad-token",
            "kubectl-mc get pods --hub-context=bad-certificate",
            "kubectl-mc get pods --hub-context=expired-certificate",
            "kubectl-mc get pods --hub-context=no-right",
            "kubectl-mc get pods --hub-context=wrong-ca",
            "kubectl-mc get pods --hub-context=dead-proxy",
            "kubectl-mc get pods --hub-context=plugin-fails",
            "kubectl-mc get pods --region=eu-west-1 --clusters=prod-eu-1 nothing",
            "kubectl-mc get pods --source=ocm",
        ],
    ),
    (
        "members",
        &[
            "kubectl-mc get pods --connect-timeout=1s >/dev/null",
            "kubectl-mc get pods --connect-timeout=1s -v >/dev/null",
            "mc-discover | mc-exec get pods --connect-timeout=1s | mc-format >/dev/null",
            "echo refused | mc-exec get pods | mc-merge | mc-format",
            "echo no-contxt | mc-exec get pods | mc-format",
            "mc-discover --clusters='*token*' | mc-exec get pods -o csv",
        ],
    ),
    (
        "credentials",
        &[
            "kubectl-mc get pods --source=kubeconfig --contexts='plugin-*,anonymous,dead-proxy,no-name'",
            "kubectl-mc get pods --source=kubeconfig --contexts='plugin-*,anonymous,dead-proxy,no-name' -v",
            "echo plugin-missing | mc-exec get pods | mc-format",
            "kubectl-mc get pods --clusters='prod-*' --as-group=admins",
            "kubectl-mc get pods --token=secret",
            "kubectl-mc get pods --context=prod-eu-1",
        ],
    ),
    (
        "typing",
        &[
            "kubectl-mc gte pods",
            "kubectl-mc describe pods",
            "mc-exec gte pods >/dev/null",
            "kubectl-mc --clusters='prod-*'",
            "kubectl-mc get",
            "kubectl-mc get pods --namepsace=web",
            "kubectl-mc get podz",
            "kubectl-mc get deploymnets.apps -A",
            "kubectl-mc get pods --clusters=prod-eu1",
            "kubectl-mc get pods --clusters='stage-*'",
            "kubectl-mc get pods --exclude='*'",
            "kubectl-mc get pods --cluster-selector='env in (prod'",
            "kubectl-mc get pods --cluster-selector=evn=prod",
            "kubectl-mc get pods --cluster-selector=env=prodd",
            "kubectl-mc get pods --cluster-set=shop",
            "kubectl-mc get pods -o jsn",
            "kubectl-mc get pods --sort-by=.metadata.nmae",
            "kubectl-mc get pods --sort-by='{.metadata.name'",
            "kubectl-mc get pods -o jsonpath='{.items[*.metadata.name}'",
            "kubectl-mc get pods -o custom-columns=NAME",
            "kubectl-mc get pods -n nowhere",
            "kubectl-mc get pods nothing",
            "kubectl-mc get -f missing.yaml",
            "kubectl-mc get pods --timeout=soon",
            "kubectl-mc get pods --source=clusterprofiles",
            "kubectl-mc get pods --fail-on=half",
            "kubectl-mc -n nowhere get pods -v 6",
        ],
    ),
    (
        "files",
        &[
            "echo 'execution: {timeout: soon}' >.kube/kubectl-mc-config.yaml; kubectl-mc get pods",
            "echo 'execution: [30s]' >.kube/kubectl-mc-config.yaml; kubectl-mc get pods",
            "echo 'execution: {timeot: 30s}' >.kube/kubectl-mc-config.yaml; kubectl-mc get pods",
            "echo 'output: [' >.kube/kubectl-mc-config.yaml; mc-discover | mc-exec get pods | mc-format",
            "rm .kube/kubectl-mc-config.yaml; echo 'clusters: {prod-eu-1: 7}' >.kube/kubectl-mc-clusters.yaml; \
             kubectl-mc get pods",
            "echo 'clusters: [{nmae: prod-eu-1}]' >.kube/kubectl-mc-clusters.yaml; kubectl-mc get pods",
            "echo 'clusters: [{name: prod-eu-1, context: prod-ue-1}]' >.kube/kubectl-mc-clusters.yaml; \
             kubectl-mc get pods nothing",
            "rm .kube/kubectl-mc-clusters.yaml; echo '{\"providers\": {}}' >.kube/kubectl-mc-providers.json; \
             kubectl-mc get pods",
            "echo '{\"providers\": [{\"nmae\": \"eks\"}]}' >.kube/kubectl-mc-providers.json; kubectl-mc get pods",
            "echo '{' >.kube/kubectl-mc-providers.json; kubectl-mc get pods",
        ],
    ),
    (
        "pipes",
        &[
            "echo hello, world | mc-exec get pods | mc-format",
            "echo hello, world | mc-merge | mc-format",
            "echo hello, world | mc-format",
            "echo '{\"cluster\": 7}' | mc-exec get pods | mc-format",
            "kubectl-mc get pods -A | mc-merge | mc-format",
            "mc-exec get pods </dev/null | mc-format",
            "mc-format </dev/null",
            "mc-discover | mc-format -o table | mc-exec get pods | mc-format",
            "mc-discover | mc-merge | mc-format -o wide | head -1",
            "mc-discover | mc-exec get pods | mc-discover - | mc-format",
            "mc-exec get pods </dev/null | mc-resolve | mc-format",
            "mc-discover | mc-exec get pods | mc-format -o jsonpath='{.items[*].metadata.name}'",
        ],
    ),
];

/// Runs the lines of a group, and compares what there is to see with its snapshot.
#[track_caller]
fn check(group: &str, home: &Home) {
    let (_, lines) = MISTAKES.iter().find(|(name, _)| *name == group).unwrap();
    // Resolvers word it differently.
    let text = home.transcript(lines).replace(
        "Temporary failure in name resolution",
        "Name or service not known",
    );
    check_snapshot(&format!("mistakes-{group}"), &text);
}

/// Starts a fleet with two clusters that work. All other contexts of the home's kubeconfig have a fault, and some of
/// those are members too.
fn faulty_fleet() -> (Fleet, Home) {
    let mut spec = Spec::named(&[
        "prod-eu-1",
        "prod-us-1",
        "bad-token",
        "no-right",
        "refused",
        "silent",
    ])
    .fault("3", Fault::Unauthorized)
    .fault("4", Fault::Forbidden)
    .fault("5", Fault::Refuse)
    .fault("6", Fault::HangConnect);
    spec.members.push(Member {
        fault: Fault::Unauthorized,
        client_certificate: true,
        ..Member::new("bad-certificate")
    });
    spec.members.push(Member {
        fault: Fault::UnknownCa,
        ..Member::new("wrong-ca")
    });
    spec.members.push(Member {
        context: false,
        ..Member::new("no-context")
    });
    let fleet = Fleet::start(spec);
    let home = Home::empty();
    let text = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let mut kubeconfig: Value = serde_yaml::from_str(&text).unwrap();
    home.write(
        "member-is-current",
        &text.replace("current-context: \"hub\"", "current-context: \"prod-eu-1\""),
    );
    let cluster = kubeconfig["clusters"][1]["cluster"].clone();
    let with = |key: &str, value: &str| {
        let mut cluster = cluster.clone();
        cluster[key] = value.into();
        cluster
    };
    let plugin = |script: &str, mode: &str| {
        json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "interactiveMode": mode,
            "args": ["-c", script]}})
    };
    let words = "echo 'ERROR: (gcloud.config.config-helper) There was a problem refreshing your current auth tokens.' >&2; \
        echo 'Please run:' >&2; echo >&2; echo '  $ gcloud auth login' >&2; echo >&2; \
        echo 'to obtain new credentials.' >&2; exit 1";
    let identity = expired_identity();
    let missing = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never",
        "command": "fleet-login", "installHint": "Install it with: brew install fleet-login"}});
    let token = json!({"token": "x"});
    for (name, cluster, user) in [
        (
            "no-name",
            with("server", "https://no-such-host.invalid:6443"),
            Some(token.clone()),
        ),
        ("dead-proxy", with("proxy-url", "http://127.0.0.1:1"), Some(token)),
        (
            "expired-certificate",
            cluster_of(&kubeconfig, "bad-token"),
            Some(identity),
        ),
        ("anonymous", cluster_of(&kubeconfig, "no-right"), None),
        ("plugin-missing", cluster.clone(), Some(missing)),
        ("plugin-fails", cluster.clone(), Some(plugin(words, "Never"))),
        (
            "plugin-terminal",
            cluster.clone(),
            Some(plugin("exit 1", "Always")),
        ),
    ] {
        let mut context = json!({"cluster": name});
        if let Some(user) = user {
            context["user"] = name.into();
            push(&mut kubeconfig, "users", json!({"name": name, "user": user}));
        }
        push(
            &mut kubeconfig,
            "clusters",
            json!({"name": name, "cluster": cluster}),
        );
        push(
            &mut kubeconfig,
            "contexts",
            json!({"name": name, "context": context}),
        );
    }
    home.write(".kube/config", &kubeconfig.to_string());
    (fleet, home)
}

/// Returns a user whose client certificate has expired.
fn expired_identity() -> Value {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut parameters = rcgen::CertificateParams::default();
    parameters.not_after = rcgen::date_time_ymd(2021, 1, 1);
    let certificate = parameters.self_signed(&key).unwrap().pem();
    json!({"client-certificate-data": STANDARD.encode(certificate), "client-key-data": STANDARD.encode(key.serialize_pem())})
}

fn push(kubeconfig: &mut Value, list: &str, entry: Value) {
    kubeconfig[list].as_array_mut().unwrap().push(entry);
}

fn cluster_of(kubeconfig: &Value, name: &str) -> Value {
    let mut clusters = kubeconfig["clusters"].as_array().unwrap().iter();
    clusters.find(|entry| entry["name"] == name).unwrap()["cluster"].clone()
}

/// Starts a fleet without faults.
fn fleet() -> (Fleet, Home) {
    let fleet = Fleet::start(Spec::named(&["dev-eu-1", "prod-eu-1", "prod-us-1"]));
    let home = Home::of(&fleet);
    (fleet, home)
}

#[test]
fn kubeconfigs_that_are_missing_or_wrong() {
    let home = Home::empty();
    home.write("empty", "");
    home.write(
        "broken",
        "apiVersion: v1\nclusters:\n- name: a\n  cluster: {server: https://a\nusers: []\n",
    );
    home.write("odd", "apiVersion: v1\nclusters: yes\n");
    let context = "contexts:\n- {name: a, context: {cluster: a, user: me}}\nclusters:\n- {name: a, cluster: {server: 'https://a'}}\n";
    home.write("no-current", context);
    home.write(
        "lost-user",
        &format!("{context}current-context: a\nusers:\n- {{name: my, user: {{token: x}}}}\n"),
    );
    check("kubeconfig", &home);
}

#[test]
fn hubs_that_cannot_be_used() {
    let (_fleet, home) = faulty_fleet();
    check("hub", &home);
}

#[test]
fn members_that_cannot_be_asked() {
    let (_fleet, home) = faulty_fleet();
    check("members", &home);
}

#[test]
fn credentials_that_cannot_be_used() {
    let (_fleet, home) = faulty_fleet();
    check("credentials", &home);
}

#[test]
fn command_lines_with_typing_errors() {
    let (_fleet, home) = fleet();
    check("typing", &home);
}

#[test]
fn files_of_the_users_that_are_wrong() {
    let (_fleet, home) = fleet();
    home.write(".kube/kubectl-mc-config.yaml", "");
    check("files", &home);
}

#[test]
fn pipes_that_are_put_together_wrongly() {
    let (_fleet, home) = fleet();
    check("pipes", &home);
}
