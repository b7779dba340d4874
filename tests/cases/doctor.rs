//! `kubectl mc doctor`: what each fault looks like, and what it says to do.

use crate::fleet::{Fault, Fleet, Spec};
use crate::standins::Mode;
use crate::support::{Home, Outcome, check_snapshot};
use serde_json::Value;

fn home(fleet: &Fleet) -> Home {
    let home = Home::of(fleet);
    has_kubectl(&home);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(fleet.kubeconfig(), mode).unwrap();
    home
}

fn has_kubectl(home: &Home) {
    home.script(
        "kubectl",
        "echo '{\"clientVersion\": {\"gitVersion\": \"v1.36.3\"}}'\n",
    );
}

fn doctor(home: &Home, args: &str) -> Outcome {
    home.shell(&format!("PATH=\"$HOME/bin:$PATH\" kubectl-mc doctor {args}"))
}

#[test]
fn a_healthy_fleet_is_all_ok() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = home(&fleet);
    check_snapshot("doctor-healthy", &doctor(&home, ""));
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
    check_snapshot("doctor-faults", &doctor(&home, "--timeout 2s"));
    // Each finding says what to do, unless all is well.
    let outcome = doctor(&home, "-o json --timeout 2s");
    assert_eq!(outcome.status, 3, "{outcome}");
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    for finding in report["findings"].as_array().unwrap() {
        let has_remedy = finding["remedy"]
            .as_str()
            .is_some_and(|remedy| !remedy.is_empty());
        assert_eq!(has_remedy, finding["level"] != "ok", "{finding}");
    }
}

#[test]
fn a_hub_without_the_api_and_one_that_is_not_there_are_told_apart() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = home(&fleet);
    check_snapshot(
        "doctor-hub-without-api",
        &doctor(&home, "--hub-context prod-eu-1"),
    );
    check_snapshot("doctor-hub-not-there", &doctor(&home, "--hub-context hup"));
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
    check_snapshot("doctor-files", &home.shell("PATH=${PATH%%:*} kubectl-mc doctor"));
}

#[test]
fn files_that_are_wrong_are_findings_too() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = home(&fleet);
    home.write(".kube/kubectl-mc-config.yaml", "hubContxt: hub\n");
    let unknown_key = doctor(&home, "");
    home.write(".kube/kubectl-mc-config.yaml", "hubContext: hub\nhubs: [hub]\n");
    let contradiction = doctor(&home, "");
    home.write(".kube/kubectl-mc-config.yaml", "");
    home.write("broken", "contexts: 7\n");
    let broken = doctor(&home, "--kubeconfig broken");
    check_snapshot(
        "doctor-wrong-files",
        &format!(
            "unknown key:\n{unknown_key}\ncontradiction:\n{contradiction}\nbroken kubeconfig:\n{broken}"
        ),
    );
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
    let line = "PATH=\"$HOME/bin:$PATH\" KUBECONFIG=$KUBECONFIG:extra kubectl-mc doctor";
    check_snapshot("doctor-missing-plugin", &home.shell(line));
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
    has_kubectl(&home);
    tools.mode_for("fails", Mode::Fail);
    tools.mode("gke-gcloud-auth-plugin", Mode::Hang);
    std::fs::remove_file(home.path().join("bin/kubelogin")).unwrap();
    home.write(
        access::CONFIG,
        "access: {allowedHosts: [127.0.0.1], loginTimeout: 2s}\n",
    );
    let outcome = doctor(&home, "--timeout 5s");
    check_snapshot("doctor-access-providers", &outcome);
    assert_eq!(tools.runs("aws"), 2, "none for the one that is refused");
    assert!(!outcome.stdout.contains("-token"), "{outcome:?}");
}
