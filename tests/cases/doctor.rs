//! `kubectl mc doctor`: its report for each fault, with what to do.

use crate::fleet::{Fault, Fleet, Spec};
use crate::standins::Mode;
use crate::support::processes::await_that;
use crate::support::{Home, Outcome, check_snapshot};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};

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
fn doctor_of_a_healthy_fleet() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = home(&fleet);
    check_snapshot("doctor-healthy", &doctor(&home, ""));
    let coloured = home
        .on_terminal("PATH=\"$HOME/bin:$PATH\" kubectl-mc doctor")
        .expect(0);
    assert!(coloured.contains("\u{1b}[32mok\u{1b}[0m"), "{coloured:?}");
}

#[test]
fn doctor_finds_the_fault_of_each_cluster() {
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
    check_snapshot("doctor-failed", &doctor(&home, "--failed --timeout 2s"));
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
fn doctor_tells_a_hub_without_the_api_from_a_missing_hub() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = home(&fleet);
    check_snapshot(
        "doctor-hub-without-api",
        &doctor(&home, "--hub-context prod-eu-1"),
    );
    check_snapshot("doctor-hub-not-there", &doctor(&home, "--hub-context hup"));
}

#[test]
fn doctor_finds_file_modes_and_missing_programs() {
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
fn doctor_reports_files_that_cannot_be_read() {
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
fn doctor_shows_the_install_hint_of_a_missing_plugin() {
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
fn doctor_checks_access_by_access_providers() {
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

/// Long enough that only the signal can have ended a run.
const NEVER: &str = "--timeout=600s";

#[test]
fn doctor_prints_as_it_goes_and_sums_up_on_ctrl_c() {
    let spec = Spec::named(&["fine", "hanging", "zealous"]).fault("hanging", Fault::HangHeaders);
    let fleet = Fleet::start(spec);
    let home = home(&fleet);
    for (program, args) in [("mc-doctor", &[NEVER][..]), ("kubectl-mc", &["doctor", NEVER])] {
        let mut child = home.start(program, args);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = lines.by_ref().map(Result::unwrap);
        assert!(seen.any(|line| line.starts_with("ok    fine rbac")), "{program}");
        await_that("the last cluster was never asked", || {
            fleet.member("zealous").counters().requests() > 1
        });
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let rest: Vec<String> = seen.collect();
        assert_eq!(rest.len(), 1, "{rest:?}");
        let summary = rest[0].split_once("; ").unwrap().1;
        assert_eq!(
            summary, "interrupted: 2 of 3 clusters were not checked: hanging, zealous",
            "those after a hanging one are not shown yet"
        );
        assert_eq!(child.wait().unwrap().code(), Some(130));
        fleet.reset_counters();
    }
    let mut child = home.start("mc-doctor", &["-o", "json", NEVER]);
    await_that("the last cluster was never asked", || {
        fleet.member("zealous").counters().requests() > 1
    });
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let mut text = String::new();
    child.stdout.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let report: Value = serde_json::from_str(&text).unwrap();
    let left: Vec<&str> = report["notChecked"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(Value::as_str)
        .collect();
    assert!(left.ends_with(&["hanging", "zealous"]), "{text}");
}

#[test]
fn doctor_shows_clusters_as_they_end_on_a_terminal_and_in_order_in_a_pipe() {
    let spec = Spec::named(&["a-hanging", "b-fine"]).fault("a-hanging", Fault::HangHeaders);
    let fleet = Fleet::start(spec);
    let home = home(&fleet);
    let is_in_order =
        |text: &str| text.find("a-hanging connect").unwrap() < text.find("b-fine rbac").unwrap();
    assert!(is_in_order(&doctor(&home, "--timeout 2s").stdout));
    let shown = home.on_terminal("PATH=\"$HOME/bin:$PATH\" kubectl-mc doctor --timeout 2s");
    assert!(!is_in_order(&shown.stdout), "{shown}");
}

#[test]
fn doctor_does_not_wait_for_silent_clusters_before_it_asks_others() {
    let mut spec = Spec::new(15);
    spec.set_fault("1-15", Fault::HangHeaders).unwrap();
    let fleet = Fleet::start(spec);
    let home = home(&fleet);
    let asked = || {
        fleet
            .members()
            .filter(|member| member.counters().requests() > 0)
            .count()
    };
    let mut child = home.start("mc-doctor", &[NEVER]);
    await_that("some clusters were never asked", || asked() == 15);
    child.kill().unwrap();
    child.wait().unwrap();
    fleet.reset_counters();
    let mut child = home.start("mc-doctor", &[NEVER, "--concurrency=3"]);
    await_that("three clusters were never asked", || asked() == 3);
    assert_eq!(asked(), 3, "the number that was asked for is kept to");
    child.kill().unwrap();
    child.wait().unwrap();
}
