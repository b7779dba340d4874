//! `kubectl mc doctor`: what each fault looks like, and what it says to do.

use crate::fleet::{Fault, Fleet, Spec};
use crate::standins::Mode;
use crate::support::{Home, Outcome};
use serde_json::Value;

fn home(fleet: &Fleet) -> Home {
    let home = Home::of(fleet);
    home.script(
        "kubectl",
        "echo '{\"clientVersion\": {\"gitVersion\": \"v1.36.3\"}}'\n",
    );
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(fleet.kubeconfig(), mode).unwrap();
    home
}

fn doctor(home: &Home, args: &str) -> Outcome {
    home.shell(&format!("PATH=\"$HOME/bin:$PATH\" kubectl-mc doctor {args}"))
}

/// The findings of a check of a cluster, or of none: level, message and remedy.
fn found(outcome: &Outcome, cluster: Option<&str>, check: &str) -> Vec<(String, String, String)> {
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap_or_else(|_| panic!("{outcome:?}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|one| one["cluster"].as_str() == cluster && one["check"] == check)
        .map(|one| (text(&one["level"]), text(&one["message"]), text(&one["remedy"])))
        .collect()
}

#[test]
fn a_healthy_fleet_is_all_ok() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = home(&fleet);
    let shown = doctor(&home, "").expect(0);
    assert!(shown.ends_with(" ok, 0 to look at, 0 broken\n"), "{shown}");
    assert!(
        shown
            .lines()
            .all(|line| line.starts_with("ok  ") || line.contains(" ok, ")),
        "{shown}"
    );
    for words in [
        "v1.36.3, ",
        "it serves ClusterProfile",
        "may list clusterprofiles.multicluster.x-k8s.io in all",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let coloured = home
        .on_terminal("PATH=\"$HOME/bin:$PATH\" kubectl-mc doctor")
        .expect(0);
    assert!(coloured.contains("\u{1b}[32mok\u{1b}[0m"), "{coloured:?}");
}

#[test]
fn each_fault_is_found_where_it_is_with_what_to_do() {
    let mut spec = Spec::named(&[
        "fine",
        "forbidden",
        "late",
        "expired",
        "refusing",
        "hanging",
        "stranger",
        "absent",
    ])
    .fault("forbidden", Fault::Forbidden)
    .fault("late", Fault::Late)
    .fault("expired", Fault::ExpiredCertificate)
    .fault("refusing", Fault::Refuse)
    .fault("hanging", Fault::HangHeaders)
    .fault("stranger", Fault::Unauthorized);
    spec.members.last_mut().unwrap().context = false;
    let fleet = Fleet::start(spec);
    let home = home(&fleet);
    let outcome = doctor(&home, "-o json --timeout 2s");
    assert_eq!(outcome.status, 3, "{outcome:?}");
    for (cluster, check, level, words) in [
        ("fine", "rbac", "ok", "may list pods in all namespaces"),
        ("fine", "clock", "ok", "within 30s"),
        ("forbidden", "rbac", "fail", "may not list pods"),
        ("late", "clock", "warn", "behind ours"),
        ("expired", "tls", "fail", "expired"),
        ("refusing", "connect", "fail", "refused"),
        ("hanging", "connect", "fail", "within 2s"),
        ("stranger", "login", "fail", "Unauthorized"),
        ("absent", "access", "fail", "no context named \"absent\""),
    ] {
        let all = found(&outcome, Some(cluster), check);
        let [one] = &all[..] else {
            panic!("{cluster} {check}: {all:?}\n{outcome:?}")
        };
        assert!(
            one.0 == level && one.1.contains(words),
            "{cluster} {check}: {one:?}"
        );
        assert_eq!(one.2.is_empty(), level == "ok", "{cluster} {check}: {one:?}");
    }
}

#[test]
fn a_hub_without_the_api_and_one_that_is_not_there_are_told_apart() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = home(&fleet);
    let outcome = doctor(&home, "-o json --hub-context prod-eu-1");
    assert_eq!(outcome.status, 1, "{outcome:?}");
    let api = found(&outcome, None, "hub api");
    assert!(
        api.len() == 1 && api[0].0 == "fail" && api[0].1.contains("does not serve ClusterProfile"),
        "{outcome:?}"
    );
    let outcome = doctor(&home, "-o json --hub-context hup");
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert!(
        found(&outcome, None, "hub")[0].1.contains("did you mean \"hub\""),
        "{outcome:?}"
    );
}

#[test]
fn files_that_others_can_read_or_change_and_what_is_missing_are_found() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = home(&fleet);
    let open = |file: &std::path::Path, mode| {
        std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    open(&fleet.kubeconfig(), 0o644);
    home.write(".kube/kubectl-mc-config.yaml", "hubContext: hub\n");
    open(&home.path().join(".kube/kubectl-mc-config.yaml"), 0o666);
    home.write(
        ".kube/kubectl-mc-clusters.yaml",
        "clusters: {prod-eu-1: nowhere}\n",
    );
    std::fs::remove_file(home.path().join("bin/kubectl")).unwrap();
    let outcome = home.shell("PATH=${PATH%%:*} kubectl-mc doctor -o json");
    assert_eq!(outcome.status, 1, "{outcome:?}");
    let kubeconfig = found(&outcome, None, "kubeconfig");
    assert!(
        kubeconfig
            .iter()
            .any(|one| one.0 == "warn" && one.2.starts_with("chmod 600 ")),
        "{kubeconfig:?}"
    );
    let config = found(&outcome, None, "config");
    assert!(
        config
            .iter()
            .any(|one| one.0 == "warn" && one.2.starts_with("chmod go-w ")),
        "{config:?}"
    );
    assert_eq!(found(&outcome, None, "kubectl")[0].0, "warn");
    assert_eq!(found(&outcome, Some("prod-eu-1"), "access")[0].0, "fail");
}

#[test]
fn files_that_are_wrong_are_findings_too() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = home(&fleet);
    home.write(".kube/kubectl-mc-config.yaml", "hubContxt: hub\n");
    let outcome = doctor(&home, "-o json");
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert!(
        found(&outcome, None, "config")[0].1.contains("hubContext"),
        "{outcome:?}"
    );
    home.write(".kube/kubectl-mc-config.yaml", "hubContext: hub\nhubs: [hub]\n");
    let outcome = doctor(&home, "-o json");
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert!(
        found(&outcome, None, "config")
            .iter()
            .any(|one| one.0 == "fail" && one.1.contains("leave one of them out")),
        "{outcome:?}"
    );
    assert_eq!(found(&outcome, Some("prod-eu-1"), "rbac")[0].0, "ok");
    home.write(".kube/kubectl-mc-config.yaml", "");
    home.write("broken", "contexts: 7\n");
    let outcome = doctor(&home, "-o json --kubeconfig broken");
    assert_eq!(outcome.status, 1, "{outcome:?}");
    assert_eq!(found(&outcome, None, "kubeconfig")[0].0, "fail");
    doctor(&home, "-o csv").expect_saying(2, "mc-doctor: doctor prints lines, or JSON with -o json\n");
}

#[test]
fn a_credential_plugin_that_is_missing_is_named_with_its_hint() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = home(&fleet);
    home.write(
        "extra",
        "contexts: [{name: by-plugin, context: {cluster: prod-eu-1, user: p}}]\nusers: [{name: p, user: {exec: \
         {apiVersion: client.authentication.k8s.io/v1, command: no-such-plugin, interactiveMode: Never, \
         installHint: get it at the usual place}}}]\n",
    );
    home.write(
        ".kube/kubectl-mc-clusters.yaml",
        "clusters: {prod-eu-1: by-plugin}\n",
    );
    let outcome = home.shell("KUBECONFIG=$KUBECONFIG:extra kubectl-mc doctor -o json");
    let plugin = found(&outcome, Some("prod-eu-1"), "plugin");
    assert!(
        plugin[0].1.contains("no-such-plugin") && plugin[0].2 == "get it at the usual place",
        "{plugin:?}"
    );
}

#[test]
fn access_on_the_fly_is_checked_as_far_as_a_run_goes() {
    use crate::support::access;
    let names = ["fine", "fails", "hangs", "elsewhere", "refused"];
    let mut members: Vec<_> = names.iter().map(|name| access::eks(name)).collect();
    members[2] = access::gke("hangs");
    members[3] = access::member("elsewhere", "aks", &[]);
    members[4].access_providers = Some(
        r#"[{"name": "eks", "cluster": {"server": "@server@", "proxy-url": "http://evil.example"}}]"#.into(),
    );
    let fleet = Fleet::start(access::fleet(members));
    let (home, tools) = access::home(&fleet);
    tools.mode_for("fails", Mode::Fail);
    tools.mode("gke-gcloud-auth-plugin", Mode::Hang);
    std::fs::remove_file(home.path().join("bin/kubelogin")).unwrap();
    home.write(
        access::CONFIG,
        "access: {allowedHosts: [127.0.0.1], loginTimeout: 2s}\n",
    );
    let outcome = doctor(&home, "-o json --timeout 5s");
    assert_eq!(outcome.status, 3, "{outcome:?}");
    for (cluster, check, level, message, remedy) in [
        (
            "fine",
            "access",
            "ok",
            "access provider \"eks\": the credential plugin \"aws\", server https://",
            "",
        ),
        ("fine", "plugin", "ok", "aws", ""),
        ("fine", "connect", "ok", "access provider \"eks\"", ""),
        ("fine", "rbac", "ok", "may list pods in all namespaces", ""),
        (
            "elsewhere",
            "plugin",
            "fail",
            "kubelogin of access provider \"aks\" is not there",
            "install kubelogin",
        ),
        (
            "refused",
            "access",
            "fail",
            "(rule \"proxy\")",
            "kubectl mc setup",
        ),
    ] {
        let all = found(&outcome, Some(cluster), check);
        let [one] = &all[..] else {
            panic!("{cluster} {check}: {all:?}\n{outcome:?}")
        };
        assert!(
            one.0 == level && one.1.contains(message) && one.2.contains(remedy),
            "{cluster} {check}: {one:?}"
        );
    }
    let plugin = found(&outcome, Some("hangs"), "plugin");
    let words =
        "gke-gcloud-auth-plugin has not ended within 2s: to log in, open https://login.example/device";
    assert!(
        plugin.iter().any(|one| one.0 == "fail" && one.1.contains(words)),
        "{plugin:?}"
    );
    let plugin = found(&outcome, Some("fails"), "plugin");
    let failed = plugin.iter().find(|one| one.0 == "fail").unwrap();
    assert!(
        failed.1.contains("not logged in") && failed.2.contains("run it by hand"),
        "{failed:?}"
    );
    assert_eq!(tools.runs("aws"), 2, "none for the one that is refused");
    assert!(!outcome.stdout.contains("-token"), "{outcome:?}");
}
