//! Ctrl-C, signals, readers that go away, stages that die.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Long enough that only the signal can have ended a run.
const NEVER: &str = "600s";

fn half_hanging() -> Fleet {
    Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]).fault("2", Fault::HangHeaders))
}

/// Waits until a member has been asked.
fn await_request(fleet: &Fleet, member: &str) {
    let start = Instant::now();
    while fleet.member(member).counters().requests() == 0 {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{member} was never asked"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    // The answer of the other one is on its way.
    std::thread::sleep(Duration::from_millis(300));
}

#[test]
fn a_signal_to_the_wrapper_shows_what_had_arrived() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let fleet = half_hanging();
        let home = Home::of(&fleet);
        let mut child = home.start("kubectl-mc", &["get", "pods", "-A", "--timeout", NEVER]);
        await_request(&fleet, "prod-us-1");
        kill_process(Pid::from_child(&child), signal).unwrap();
        let mut table = String::new();
        child.stdout.take().unwrap().read_to_string(&mut table).unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{stderr}");
        assert!(table.contains("prod-eu-1"), "{table}\n{stderr}");
        assert!(stderr.contains("Failed to query 1/2 clusters"), "{stderr}");
    }
}

#[test]
fn ctrl_c_on_a_terminal_reaches_a_hand_made_pipe() {
    let fleet = half_hanging();
    let home = Home::of(&fleet);
    // A process group of its own, as a shell on a terminal makes for a pipe: the signal goes to all at once.
    let line = format!(
        "trap '' INT; (trap - INT; mc-discover | mc-exec get pods -A --timeout {NEVER} | mc-merge | mc-format; echo $?)"
    );
    let mut command = home.command("/bin/bash");
    command
        .args(["-c", &line])
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let child = command.spawn().unwrap();
    await_request(&fleet, "prod-us-1");
    kill_process_group(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("prod-eu-1"), "{shown}");
    assert_eq!(shown.lines().last(), Some("130"), "{shown}");
}

#[test]
fn a_reader_that_goes_away_ends_everything_quietly() {
    let fleet = Fleet::start(Spec::new(10).pods(2000));
    let home = Home::of(&fleet);
    for line in [
        "kubectl-mc get pods -A | head -1",
        "kubectl-mc get pods -A --stream | head -1",
        "mc-discover | mc-exec get pods -A | head -1",
        "mc-discover | mc-exec get pods -A | mc-merge | head -1",
        "mc-discover | head -1",
        "mc-discover | mc-resolve | head -1",
    ] {
        let outcome = home.run("/bin/bash", &["-c", &format!("set -o pipefail; {line}")]);
        assert_eq!(
            (outcome.stderr.as_str(), outcome.stdout.lines().count()),
            ("", 1),
            "{line}"
        );
        assert_eq!(outcome.status, 0, "{line}");
    }
}

#[test]
fn a_reader_that_goes_away_stops_a_hanging_run() {
    let fleet = half_hanging();
    let home = Home::of(&fleet);
    let mut child = home.start(
        "kubectl-mc",
        &["get", "pods", "-A", "--stream", "--timeout", NEVER],
    );
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    lines.read_line(&mut String::new()).unwrap();
    drop(lines);
    // The stages see it when they next write; nothing more comes from this fleet, so tell the wrapper.
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    child.wait().unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
}

#[test]
fn a_stage_that_is_killed_is_named() {
    let fleet = half_hanging();
    let home = Home::of(&fleet);
    let mut child = home.start("kubectl-mc", &["get", "pods", "-A", "--timeout", NEVER]);
    await_request(&fleet, "prod-us-1");
    let children = home
        .run("/usr/bin/pgrep", &["-P", &child.id().to_string(), "mc-exec"])
        .expect(0);
    let pid = Pid::from_raw(children.trim().parse().unwrap()).unwrap();
    kill_process(pid, Signal::KILL).unwrap();
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(stderr.contains("mc-exec was killed by signal 9"), "{stderr}");
}
