//! Where a kubeconfig comes from: several files with the same names, UTF-16, and a pod's service account.

use crate::fleet::{Fleet, HUB, Spec};
use crate::support::Home;
use std::path::Path;

/// A kubeconfig of one context of each name, all for one server.
fn kubeconfig(fleet: &Fleet, member: &str, names: [&str; 3]) -> String {
    let text = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let whole: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let entry = |list: &str, field: &str| {
        let all = whole[list].as_array().unwrap();
        all.iter().find(|entry| entry["name"] == member).unwrap()[field].clone()
    };
    let [context, cluster, user] = names;
    serde_json::json!({
        "clusters": [{"name": cluster, "cluster": entry("clusters", "cluster")}],
        "users": [{"name": user, "user": entry("users", "user")}],
        "contexts": [{"name": context, "context": {"cluster": cluster, "user": user}}],
    })
    .to_string()
}

#[test]
fn equal_names_in_two_kubeconfig_files_are_reported() {
    let fleet = Fleet::start(Spec::named(&["one", "two"]));
    let home = Home::of(&fleet);
    home.write("a.yaml", &kubeconfig(&fleet, "one", ["default"; 3]));
    home.write("b.yaml", &kubeconfig(&fleet, "two", ["two", "two", "default"]));
    let with = |line: &str| home.shell(&format!("KUBECONFIG=a.yaml:b.yaml; export KUBECONFIG; {line}"));
    let got = with("kubectl-mc get pods -A --source kubeconfig");
    assert_eq!(
        got.stderr
            .matches("user \"default\" of b.yaml, because a.yaml has")
            .count(),
        1,
        "{got:?}"
    );
    let doctor = with("mc-doctor --source kubeconfig");
    assert!(
        doctor
            .stdout
            .contains("user \"default\" of b.yaml is hidden: a.yaml has"),
        "{doctor:?}"
    );
    // A file with the same content hides nothing.
    let same = home.shell("cp a.yaml c.yaml; KUBECONFIG=a.yaml:c.yaml mc-discover --source kubeconfig");
    assert_eq!(same.stderr, "");
}

#[test]
fn kubeconfig_in_utf16_is_read() {
    let fleet = Fleet::start(Spec::named(&["one"]));
    let home = Home::of(&fleet);
    let text = format!("\u{feff}{}", kubeconfig(&fleet, "one", ["größe"; 3]));
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(home.path().join("utf16"), bytes).unwrap();
    let names = home
        .shell("mc-discover --source kubeconfig --kubeconfig utf16 | mc-exec get pods -A --kubeconfig utf16");
    assert!(
        names.stdout.contains("\"cluster\":\"größe\",\"ok\":true"),
        "{names:?}"
    );
}

/// Runs a shell line where the files of a pod's service account are, if this machine lets us mount them.
fn in_pod(home: &Home, fleet: &Fleet, line: &str) -> Option<crate::support::Outcome> {
    let allowed = home.shell("unshare -m true").status == 0 && Path::new("/run").is_dir();
    if !allowed {
        return None;
    }
    let text = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let whole: serde_json::Value = serde_yaml::from_str(&text).unwrap();
    let hub = &whole["clusters"].as_array().unwrap()[0];
    assert_eq!(hub["name"], HUB);
    let ca = hub["cluster"]["certificate-authority-data"].as_str().unwrap();
    home.write("ca.b64", ca);
    home.write("token", fleet.hub().token());
    home.write("line", line);
    let port = fleet.hub().server().rsplit(':').next().unwrap().to_owned();
    Some(home.shell(&format!(
        "unset KUBECONFIG; export KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT={port} W=\"$PWD\"; \
         exec unshare -m sh -c 'mount -t tmpfs tmpfs /run && S=/run/secrets/kubernetes.io/serviceaccount && \
         mkdir -p $S && cp \"$W/token\" $S/token && base64 -d <\"$W/ca.b64\" >$S/ca.crt && \
         printf kube-system >$S/namespace && . \"$W/line\"'"
    )))
}

#[test]
fn a_pod_without_kubeconfig_uses_its_service_account() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let Some(listed) = in_pod(
        &home,
        &fleet,
        "mc-discover; kubectl-mc get pods --source kubeconfig -o name",
    ) else {
        return;
    };
    assert_eq!(listed.status, 0, "{listed:?}");
    assert!(
        listed
            .stdout
            .starts_with("{\"kind\":\"Cluster\",\"cluster\":\"prod-eu-1\",\"hub\":\"in-cluster\""),
        "{listed:?}"
    );
    // With --source kubeconfig the pod's own cluster is listed, with the pod's namespace.
    let asked = fleet.hub().counters().seen();
    let last = asked.last().unwrap();
    assert!(
        last.path.starts_with("/api/v1/namespaces/kube-system/pods"),
        "{last:?}"
    );
    let sent: Vec<_> = asked
        .iter()
        .filter_map(|request| request.header("authorization"))
        .collect();
    assert!(
        sent.iter()
            .all(|header| *header == format!("Bearer {}", fleet.hub().token()))
    );
    // A kubeconfig that is given takes precedence.
    home.write("mine", &kubeconfig(&fleet, "prod-eu-1", ["mine"; 3]));
    let own = in_pod(
        &home,
        &fleet,
        "KUBECONFIG=$W/mine mc-discover --source kubeconfig",
    )
    .unwrap();
    assert!(own.stdout.contains("\"cluster\":\"mine\""), "{own:?}");
}
