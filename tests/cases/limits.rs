//! Limits of time and number: 0 means no limit, as with kubectl's --request-timeout, and invalid values are refused.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;
use std::time::Duration;

#[test]
fn zero_means_no_limit_in_flags_file_and_environment() {
    let slow = Fault::Slow(Duration::from_millis(200));
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]).fault("hub", slow).fault("1", slow));
    let home = Home::of(&fleet);
    let get = ["get", "pods", "gated", "-o", "name", "--refresh", "--no-stale"];
    let limits = ["--timeout=0", "--connect-timeout=0s", "--total-timeout=0"];
    let answer = home.mc(&[&get[..], &limits[..]].concat()).expect(0);
    assert_eq!(answer, "prod-eu-1\tpod/gated\n");

    home.write(".kube/kubectl-mc-config.yaml", "execution:\n  timeout: 0\n");
    assert_eq!(home.mc(&get).expect(0), answer);
    home.write(".kube/kubectl-mc-config.yaml", "execution:\n  timeout: 1ms\n");
    home.mc(&get).complaint(1);
    let line = "KUBECTL_MC_TIMEOUT=0 mc-discover --refresh | KUBECTL_MC_TIMEOUT=0 mc-exec get pods gated";
    home.shell(line).expect(0);
}

#[test]
fn invalid_limits_are_refused_before_any_request() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    for (flag, word) in [
        ("--timeout=-1s", "negative"),
        ("--timeout=99999999h", "292 years"),
        ("--connect-timeout=soon", "1h30m"),
        ("--total-timeout=", "1h30m"),
        ("--concurrency=-1", "whole number"),
        ("--concurrency=70000", "65535"),
        ("--fail-on=101%", "percentage"),
    ] {
        let stderr = home.mc(&["get", "pods", flag]).complaint(2);
        assert!(stderr.contains(word), "{flag}: {stderr}");
    }
    assert_eq!(fleet.hub().counters().connections(), 0);
    let longest = [
        "--timeout=292y",
        "--timeout=9223372036s",
        "--total-timeout=2562047h",
    ];
    home.mc(&["get", "pods", longest[1], longest[2]]).expect(0);
    home.mc(&["get", "pods", longest[0]]).complaint(2);
}

#[test]
fn explicit_concurrency_is_never_exceeded() {
    // Longer than the time after which a silent cluster gives up its slot, if no concurrency was given.
    let latency = Duration::from_millis(1200);
    let fleet = Fleet::start(Spec::new(7).pods(2).latency(latency));
    let home = Home::of(&fleet);
    let get = ["get", "pods", "-A", "-o", "name"];
    let all = home.mc(&[&get[..], &["--concurrency=0"]].concat()).expect(0);
    assert_eq!(all.lines().count(), 14);
    let flag = [&get[..], &["--concurrency=3"]].concat();
    let by_variable = "KUBECTL_MC_MAX_CONCURRENCY=3 kubectl-mc get pods -A -o name";
    fleet.reset_counters();
    assert_eq!(home.mc(&flag).expect(0), all);
    assert_eq!(fleet.in_flight().most(), 3, "a flag");
    fleet.reset_counters();
    assert_eq!(home.shell(by_variable).expect(0), all);
    assert_eq!(fleet.in_flight().most(), 3, "a variable");
    let keys = "execution:\n  maxConcurrency: 3\n";
    home.write(".kube/kubectl-mc-config.yaml", keys);
    fleet.reset_counters();
    assert_eq!(home.mc(&get).expect(0), all);
    assert_eq!(fleet.in_flight().most(), 3, "a key");
}

#[test]
fn open_file_limit_bounds_concurrency() {
    // With this latency the first clusters are still waiting while the others start.
    let latency = Duration::from_millis(100);
    let fleet = Fleet::start(Spec::new(30).pods(2).latency(latency));
    let home = Home::of(&fleet);
    let all = home.mc(&["get", "pods", "-A", "-o", "name"]).expect(0);
    assert_eq!(all.lines().count(), 60);
    for (files, said) in [(100, "18 clusters"), (64, "1 cluster")] {
        let line = format!("ulimit -n {files}; kubectl-mc get pods -A -o name --concurrency 0");
        let outcome = home.shell(&line);
        let said = format!(
            "mc-exec: the limit on open files allows for {said} at once, the others wait (ulimit -n raises it)\n"
        );
        assert_eq!(outcome.expect_saying(0, &said), all);
    }
    for member in fleet.members() {
        assert_eq!(
            (member.counters().requests(), member.counters().connections()),
            (3, 3)
        );
    }
}
