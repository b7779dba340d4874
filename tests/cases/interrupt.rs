//! Ctrl-C, signals, readers that close the pipe, stages that are killed.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;
use crate::support::processes::{await_child, await_that, has_ended};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::Stdio;
use std::time::Duration;

/// Long enough that only the signal can have ended a run.
const NEVER: &str = "600s";

fn half_hanging() -> Fleet {
    Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]).fault("2", Fault::HangHeaders))
}

/// Asks one cluster after the other: once prod-us-1 is asked, prod-eu-1 has answered.
const IN_TURN: &str = "--concurrency=1";

fn await_request(fleet: &Fleet, member: &str) {
    await_that(&format!("{member} was never asked"), || {
        fleet.member(member).counters().requests() > 0
    });
}

#[test]
fn interrupted_wrapper_prints_the_rows_so_far() {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let fleet = half_hanging();
        let home = Home::of(&fleet);
        let mut child = home.start("kubectl-mc", &["get", "pods", "-A", "--timeout", NEVER, IN_TURN]);
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
fn interrupted_pipe_prints_the_rows_so_far() {
    let fleet = half_hanging();
    let home = Home::of(&fleet);
    // A process group of its own, as a shell on a terminal makes for a pipe: the signal goes to all at once.
    let line = format!(
        "trap '' INT; (trap - INT; mc-discover | mc-exec get pods -A --timeout {NEVER} {IN_TURN} | mc-merge | mc-format; echo $?)"
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
fn closed_stdout_ends_the_run_quietly() {
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
fn closed_stdout_ends_a_hanging_run() {
    // The slow cluster has to send something before the closed pipe is noticed; the other never does.
    let slow = Fault::Slow(Duration::from_secs(1));
    let members = ["prod-eu-1", "prod-us-1", "prod-ap-1"];
    let spec = Spec::named(&members)
        .fault("2", Fault::HangHeaders)
        .fault("3", slow);
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let mut child = home.start(
        "kubectl-mc",
        &["get", "pods", "-A", "--stream", "--timeout", NEVER],
    );
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    lines.read_line(&mut String::new()).unwrap();
    drop(lines);
    let mut stderr = String::new();
    child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
    assert_eq!((child.wait().unwrap().code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn sigterm_after_the_end_of_output_keeps_the_exit_status() {
    let fleet = Fleet::start(Spec::new(1).fault("hub", Fault::Forbidden));
    let home = Home::of(&fleet);
    // The wrapper sends it SIGTERM once the stages after it have ended.
    for _ in 0..20 {
        for (tool, status) in [("mc-discover", 1), ("mc-resolve", 1), ("mc-exec", 1)] {
            let args: &[&str] = if tool == "mc-exec" { &["get", "pods"] } else { &[] };
            let mut child = home.start(tool, args);
            drop(child.stdin.take());
            let mut output = child.stdout.take().unwrap();
            output.read_to_end(&mut Vec::new()).unwrap();
            kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(status), "{tool}");
        }
    }
}

#[test]
fn inherited_child_process_is_not_taken_for_a_stage() {
    let fleet = Fleet::start(Spec::new(2));
    let home = Home::of(&fleet);
    // It ends as soon as the shell has become the wrapper, which does not know of it.
    let line = "until grep -q kubectl-mc /proc/$$/comm; do :; done & exec kubectl-mc get pods -A";
    let outcome = home.run("/bin/bash", &["-c", line]);
    assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""));
    assert!(outcome.stdout.contains("CLUSTER"), "{}", outcome.stdout);
}

#[test]
fn killed_stage_is_named_and_the_others_end() {
    // The hub does not answer, so that all stages wait for it, and only the end of the pipe ends them.
    let fleet = Fleet::start(Spec::new(2).fault("hub", Fault::HangHeaders));
    let home = Home::of(&fleet);
    for stage in ["mc-discover", "mc-resolve", "mc-exec", "mc-merge", "mc-format"] {
        fleet.reset_counters();
        let mut child = home.start("kubectl-mc", &["get", "pods", "-A", "--timeout", NEVER]);
        await_hub(&fleet);
        kill_process(await_child(child.id(), stage), Signal::KILL).unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{stage}: {stderr}");
        let says = format!("{stage} was killed by signal 9: the output may be incomplete");
        assert!(stderr.contains(&says), "{stage}: {stderr}");
        assert_eq!(stderr.matches("was killed").count(), 1, "{stderr}");
    }
}

/// Waits until the hub has been asked.
fn await_hub(fleet: &Fleet) {
    await_that("the hub was never asked", || {
        fleet.hub().counters().requests() > 0
    });
}

#[test]
fn killed_mc_exec_is_reported_by_the_last_stage() {
    let fleet = half_hanging();
    let home = Home::of(&fleet);
    for (clusters, end, status) in [
        ("*", "mc-merge | mc-format -o name", 3),
        ("*", "mc-format", 3),
        ("*", "mc-merge > merged.ndjson", 3),
        ("prod-us-1", "mc-merge | mc-format", 1),
    ] {
        fleet.reset_counters();
        let _ = std::fs::remove_file(home.path().join("seen"));
        let line = format!(
            "mc-discover --clusters='{clusters}' | mc-exec get pods -A --timeout={NEVER} | tee seen | {end}"
        );
        let mut shell = home.command("/bin/bash");
        shell.args(["-c", &line]).stdin(Stdio::null());
        let child = shell
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        await_request(&fleet, "prod-us-1");
        if status == 3 {
            await_that("prod-eu-1 never answered", || {
                let seen = std::fs::read_to_string(home.path().join("seen")).unwrap_or_default();
                seen.contains(r#""kind":"Result""#)
            });
        }
        kill_process(await_child(child.id(), "mc-exec"), Signal::KILL).unwrap();
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(status), "{line}: {stderr}");
        if end.contains("mc-format") {
            assert!(stderr.contains("prod-us-1"), "{line}: {stderr}");
        }
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            stdout.contains("prod-eu-1"),
            status == 3 && end.contains("mc-format"),
            "{line}"
        );
    }
    home.shell("mc-format < merged.ndjson").complaint(3);
}

#[test]
fn full_disk_is_reported_and_fails() {
    let fleet = Fleet::start(Spec::new(3));
    let home = Home::of(&fleet);
    for line in [
        "kubectl-mc get pods -A >/dev/full",
        "kubectl-mc get pods -A --stream >/dev/full",
        "kubectl-mc get pods -A -o json >/dev/full",
        "kubectl-mc get pods -A -o csv >/dev/full",
        "kubectl-mc clusters >/dev/full",
        "kubectl-mc version --client >/dev/full",
        "kubectl-mc doctor >/dev/full",
        "mc-discover >/dev/full",
        "mc-discover | mc-resolve >/dev/full",
        "mc-discover | mc-exec get pods -A >/dev/full",
        "mc-discover | mc-exec get pods -A | mc-merge >/dev/full",
        "mc-discover | mc-exec get pods -A | mc-merge | mc-format >/dev/full",
    ] {
        let outcome = home.shell(line);
        assert_eq!(outcome.status, 1, "{line}: {outcome:?}");
        assert!(
            outcome.stderr.contains("cannot write the output"),
            "{line}: {}",
            outcome.stderr
        );
    }
}

#[test]
fn closed_standard_streams_act_as_dev_null() {
    let fleet = half_failing();
    let home = Home::of(&fleet);
    for (line, status) in [
        ("kubectl-mc get pods -A", 3),
        ("kubectl-mc get pods -A -o json", 3),
        ("kubectl-mc clusters", 0),
        ("mc-discover", 0),
        ("mc-discover | mc-exec get pods -A", 3),
        ("mc-discover | mc-exec get pods -A | mc-merge", 3),
        ("mc-discover | mc-exec get pods -A | mc-format", 3),
    ] {
        let open = home.shell(line);
        let closed = home.shell(&format!("{line} >&-"));
        assert_eq!((closed.status, closed.stdout.as_str()), (status, ""), "{line}");
        assert_eq!(closed.stderr, open.stderr, "{line}");
        // A file that is opened later must not get the closed stream's descriptor.
        let mute = home.shell(&format!("{line} 2>&-"));
        assert_eq!((mute.status, mute.stderr.as_str()), (status, ""), "{line}");
        assert_eq!(mute.stdout.lines().count(), open.stdout.lines().count(), "{line}");
    }
    home.shell("kubectl-mc get pods -A <&- >&- 2>&-").expect(3);
    assert!(home.mc(&["get", "pods", "-A"]).stdout.contains("prod-eu-1"));
}

/// A fleet of which one member answers and the other one refuses.
fn half_failing() -> Fleet {
    Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]).fault("2", Fault::Forbidden))
}

#[test]
fn full_disk_disables_the_caches() {
    let fleet = Fleet::start(Spec::new(3));
    let reference = Home::of(&fleet).mc(&["get", "pods,widgets", "-A"]).expect(0);
    let home = Home::of(&fleet);
    // No file may have a byte in it, as on a full disk.
    let limited = "trap '' XFSZ; ulimit -f 0; kubectl-mc get pods,widgets -A";
    for _ in 0..2 {
        let outcome = home.shell(limited);
        let said = "mc-discover: Warning: the fleet cannot be cached in HOME/.kube/cache/kubectl-mc, so every run asks \
                    the hub: file too large\n";
        assert_eq!(outcome.expect_saying(0, said), reference);
        assert_eq!(home.files(), Vec::<String>::new(), "nothing half is left");
    }
    assert_eq!(home.mc(&["get", "pods,widgets", "-A"]).expect(0), reference);
}

#[test]
fn missing_or_read_only_home_disables_the_caches() {
    let fleet = Fleet::start(Spec::new(3));
    let reference = Home::of(&fleet).mc(&["get", "pods,widgets", "-A"]).expect(0);
    // No user can make a folder in /proc, not even root.
    for (folder, why) in [
        ("/proc/home", "no such file or directory"),
        ("/proc/1/home", "no such file or directory"),
        ("/dev/null", "not a directory"),
    ] {
        let home = Home::of(&fleet);
        let outcome = home.shell(&format!("HOME={folder} kubectl-mc get pods,widgets -A"));
        let said = format!(
            "mc-discover: Warning: the fleet cannot be cached in {folder}/.kube/cache/kubectl-mc, so every run asks \
             the hub: {why}\n"
        );
        assert_eq!(outcome.expect_saying(0, &said), reference);
    }
}

#[test]
fn caches_with_impossible_times_are_not_used() {
    let fleet = Fleet::start(Spec::new(3));
    let home = Home::of(&fleet);
    let get = ["get", "widgets", "-A"];
    let reference = home.mc(&get).expect(0);
    let files: Vec<_> = home
        .files()
        .into_iter()
        .map(|file| home.path().join(file))
        .collect();
    assert_eq!(files.len(), 4, "the fleet and three discoveries: {files:?}");
    let whole: Vec<_> = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    for time in ["0", "1", "99999999999", "18446744073709551615"] {
        for (file, text) in files.iter().zip(&whole) {
            let key = if text.contains("\"written\":") {
                "\"written\":"
            } else {
                "\"fetched\":"
            };
            let (before, rest) = text.split_once(key).unwrap();
            let after = rest.trim_start_matches(|c: char| c.is_ascii_digit());
            std::fs::write(file, format!("{before}{key}{time}{after}")).unwrap();
        }
        fleet.reset_counters();
        let outcome = home.mc(&get);
        assert_eq!(outcome.stderr, "", "at {time}");
        assert_eq!(outcome.expect(0), reference);
        assert_eq!(
            fleet.hub().counters().requests(),
            1,
            "the cache of {time} was believed"
        );
        for member in fleet.members() {
            assert!(
                member.counters().requests() > 1,
                "the cache of {time} was believed"
            );
        }
    }
}

/// A credential plugin has a process group of its own, so that it ends with its helpers: Ctrl-C does not reach it.
#[test]
fn credential_plugin_ends_with_its_tool() {
    let home = Home::empty();
    home.script(
        "hangs",
        "sleep 600 &\necho $$ > $HOME/plugin.new\nmv $HOME/plugin.new $HOME/plugin\nwait\n",
    );
    home.write(
        ".kube/config",
        "current-context: hub\ncontexts: [{name: hub, context: {cluster: hub, user: u}}]\n\
         clusters: [{name: hub, cluster: {server: 'https://127.0.0.1:1'}}]\n\
         users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ../bin/hangs, \
         interactiveMode: Never}}}]\n",
    );
    let plugin = home.path().join("plugin");
    for (tool, args, signal, code) in [
        ("mc-discover", &[][..], Signal::INT, None),
        ("mc-setup", &["--yes"], Signal::TERM, None),
        // It sums up first.
        ("mc-doctor", &[], Signal::HUP, Some(130)),
    ] {
        let child = home.start(tool, args);
        await_that("the plugin was never run", || plugin.exists());
        let id = std::fs::read_to_string(&plugin).unwrap();
        std::fs::remove_file(&plugin).unwrap();
        kill_process(Pid::from_child(&child), signal).unwrap();
        let ended = child.wait_with_output().unwrap().status;
        assert_eq!(ended.code(), code, "{tool}");
        assert_eq!(
            ended.signal(),
            Some(signal.as_raw()).filter(|_| code.is_none()),
            "{tool}"
        );
        let id = id.trim().parse().unwrap();
        await_that(&format!("{tool} leaves the plugin behind"), || has_ended(id));
    }
}
