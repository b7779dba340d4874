//! Deadlines: every phase of a query has one, and clusters that wait for theirs do not delay others.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::processes::{await_child, await_that, has_ended};
use crate::support::{Home, records};
use rustix::process::{Signal, kill_process};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::Duration;

/// Long enough that no deadline has ended a run.
const NEVER: &str = "600s";

#[test]
fn fifty_hanging_clusters_of_five_hundred_do_not_delay_the_others() {
    let phases = [
        Fault::HangAccept,
        Fault::HangTls,
        Fault::HangAfterTls,
        Fault::HangHeaders,
        Fault::HalfHeaders,
        Fault::HangBody,
        Fault::Drip,
        Fault::Throttle(u32::MAX),
        Fault::Slow(Duration::from_secs(600)),
        Fault::HangConnect,
    ];
    let mut spec = Spec::new(500);
    // Together and early, so that they hold every slot at some time.
    for (member, fault) in (11..=60).zip(phases.into_iter().cycle()) {
        spec = spec.fault(&member.to_string(), fault);
    }
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let line = format!("mc-discover | exec mc-exec get pods -A --timeout={NEVER} --connect-timeout={NEVER}");
    let mut command = home.command("/bin/bash");
    let mut shell = command
        .args(["-c", &line])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(shell.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut results = Vec::new();
    let take = |line: String, results: &mut Vec<Value>| {
        let record = records::read(&line);
        if record["kind"] == "Result" {
            results.push(record);
        }
    };
    while results.len() < 450 {
        take(lines.next().unwrap(), &mut results);
    }
    for result in &results {
        assert_eq!(result["ok"], true, "none that hangs has ended: {result}");
    }
    // Only an interrupt ends the rest, which get a Result then.
    kill_process(await_child(shell.id(), "mc-exec"), Signal::INT).unwrap();
    lines.for_each(|line| take(line, &mut results));
    assert_eq!(results.len(), 500);
    assert!(
        results[450..]
            .iter()
            .all(|result| result["reason"] == "Cancelled")
    );
    shell.wait().unwrap();
}

#[test]
fn run_ends_at_the_timeout_and_names_hanging_clusters() {
    let fleet = Fleet::start(
        Spec::new(6)
            .fault("2", Fault::Drip)
            .fault("5", Fault::HangHeaders),
    );
    let home = Home::of(&fleet);
    let outcome = home.mc(&["get", "pods", "-A", "--timeout=2s", "-v"]);
    assert_eq!(outcome.status, 3);
    assert!(
        outcome.stderr.contains("Failed to query 2/6 clusters"),
        "{}",
        outcome.stderr
    );
    for member in [1, 4] {
        let name = fleet.members().nth(member).unwrap().name();
        let of_member = outcome.stderr.lines().find(|line| line.contains(name)).unwrap();
        assert!(of_member.contains("within 2s"), "{of_member}");
    }
    // None has ended before the deadline.
    let records = home.shell("mc-discover | mc-exec get pods -A --timeout=2s | grep Timeout");
    assert_eq!(records.stdout.lines().count(), 2, "{records:?}");
    for line in records.stdout.lines() {
        let record = records::read(line);
        assert!(record["seconds"].as_f64().unwrap() >= 2.0, "{line}");
    }
}

#[test]
fn hub_that_hangs_in_any_phase_times_out() {
    for fault in [
        Fault::HangConnect,
        Fault::HangAccept,
        Fault::HangTls,
        Fault::HangAfterTls,
        Fault::HalfHeaders,
        Fault::HangBody,
        Fault::Drip,
    ] {
        let fleet = Fleet::start(Spec::new(1).fault("hub", fault));
        let outcome = Home::of(&fleet).mc(&["get", "pods", "--timeout=300ms"]);
        let stderr = outcome.complaint(1);
        assert!(
            stderr.contains("within 0.3s") || stderr.contains("within 300ms"),
            "{fault}: {stderr}"
        );
    }
}

#[test]
fn hanging_credential_plugin_times_out_and_is_killed() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = Home::of(&fleet);
    home.write("plugin", "#!/bin/sh\necho $$ > pid\nexec sleep 600\n");
    let plugin = home.path().join("plugin");
    let exec = format!(
        "exec: {{apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: [{}], interactiveMode: Never}}",
        plugin.display()
    );
    let kubeconfig = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let token = format!("token: {}", fleet.member("prod-us-1").token());
    assert!(kubeconfig.contains(&token));
    home.write("kubeconfig", &kubeconfig.replace(&token, &exec));
    let line = "export KUBECONFIG=kubeconfig; mc-discover | mc-exec get pods -A --timeout=1s | grep Result";
    let outcome = home.shell(line);
    let of = |member: &str| outcome.stdout.lines().find(|line| line.contains(member)).unwrap();
    assert!(of("prod-eu-1").contains(r#""ok":true"#), "{outcome:?}");
    assert!(of("prod-us-1").contains(r#""reason":"Timeout""#), "{outcome:?}");
    assert!(of("prod-us-1").contains("has not ended"), "{outcome:?}");
    assert_eq!(fleet.member("prod-us-1").counters().connections(), 0);
    let pid = std::fs::read_to_string(home.path().join("pid")).unwrap();
    let pid = pid.trim().parse().unwrap();
    await_that("the plugin still runs", || has_ended(pid));
}
