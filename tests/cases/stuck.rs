//! A reader that never reads, and a stage that is stopped: a signal still ends the run, and no process is left.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;
use crate::support::processes::{await_some, await_that, has_ended, in_group, is_blocked_on_pipe};
use rustix::process::{Pid, Signal, kill_process, test_kill_process_group};
use std::os::unix::process::CommandExt;
use std::process::{Child, Stdio};

/// Starts a line in a process group of its own. Its output is not read.
fn start(home: &Home, line: &str) -> Child {
    let mut command = home.command("/bin/bash");
    command.args(["-c", line]).process_group(0).stdin(Stdio::null());
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until a process of a group sleeps while it writes to a pipe that is full.
fn await_blocked(group: &Child, name: &str) -> Pid {
    let pid = await_some(&format!("{name} never started"), || in_group(group.id(), name));
    await_that(&format!("{name} is never blocked"), || is_blocked_on_pipe(pid));
    pid
}

/// Waits for the end; returns the status, and asserts that no process of the group is left.
fn end_of(mut child: Child, about: &str) -> Option<i32> {
    let group = Pid::from_child(&child);
    let status = await_some(&format!("{about}: it does not end"), || child.try_wait().unwrap());
    await_that(&format!("{about}: something is left"), || {
        test_kill_process_group(group).is_err()
    });
    status.code()
}

#[test]
fn wrapper_whose_reader_never_reads_ends_at_a_signal() {
    let fleet = Fleet::start(Spec::new(5).pods(2000));
    let home = Home::of(&fleet);
    std::thread::scope(|scope| {
        for signal in [Signal::TERM, Signal::INT, Signal::HUP] {
            for args in ["-o json", "--stream", "-o csv"] {
                let home = &home;
                scope.spawn(move || {
                    let about = format!("{args} {signal:?}");
                    let child = start(home, &format!("exec kubectl-mc get pods -A {args}"));
                    await_blocked(&child, "mc-format");
                    kill_process(Pid::from_child(&child), signal).unwrap();
                    assert_eq!(end_of(child, &about), Some(130), "{about}");
                });
            }
        }
    });
}

#[test]
fn wrapper_with_a_stopped_stage_ends_at_a_signal() {
    let hanging = Fleet::start(Spec::new(2).fault("1", Fault::HangHeaders));
    let home = Home::of(&hanging);
    std::thread::scope(|scope| {
        for stage in ["mc-exec", "mc-merge", "mc-format"] {
            for twice in [false, true] {
                let (home, hanging) = (&home, &hanging);
                scope.spawn(move || {
                    let about = format!("{stage} twice: {twice}");
                    let mut child = start(home, "exec kubectl-mc get pods -A --timeout=600s");
                    await_that("it never asks", || {
                        hanging.members().all(|member| member.counters().requests() > 0)
                    });
                    let stopped = await_some("it never starts", || in_group(child.id(), stage));
                    kill_process(stopped, Signal::STOP).unwrap();
                    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
                    if twice {
                        // Signals close together count as one: send them until one counts as the second.
                        await_that("no second signal ends it", || {
                            let _ = kill_process(Pid::from_child(&child), Signal::INT);
                            child.try_wait().unwrap().is_some()
                        });
                    }
                    assert_eq!(end_of(child, &about), Some(130), "{about}");
                });
            }
        }
    });
}

/// If a stage is killed, only the wrapper can end its plugin.
#[test]
fn plugin_of_a_stopped_stage_ends_with_the_wrapper() {
    let home = Home::empty();
    home.script(
        "hangs",
        "sleep 600 &\necho $$ > $HOME/plugin.new\nmv $HOME/plugin.new $HOME/plugin\nwait\n",
    );
    home.write(
        ".kube/config",
        "current-context: a\ncontexts: [{name: a, context: {cluster: a, user: u}}]\n\
         clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\n\
         users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ../bin/hangs, \
         interactiveMode: Never}}}]\n",
    );
    let plugin = home.path().join("plugin");
    let child = start(
        &home,
        "exec kubectl-mc get pods -A --source kubeconfig --timeout=600s",
    );
    await_that("the plugin was never run", || plugin.exists());
    let id: i32 = std::fs::read_to_string(&plugin).unwrap().trim().parse().unwrap();
    kill_process(in_group(child.id(), "mc-exec").unwrap(), Signal::STOP).unwrap();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(end_of(child, "with a plugin"), Some(130));
    await_that("the plugin is left", || has_ended(id));
}

/// Each tool by itself, with a reader that never reads.
#[test]
fn tool_whose_reader_never_reads_ends_at_a_signal() {
    let fleet = Fleet::start(Spec::new(5).pods(2000));
    let home = Home::of(&fleet);
    home.shell("mc-discover | tee fleet | mc-exec get pods -A > rows")
        .expect(0);
    let names: String = (0..50_000).map(|number| format!("cluster-{number}\n")).collect();
    home.write("names", &names);
    std::thread::scope(|scope| {
        for (tool, line) in [
            ("mc-discover", "exec mc-discover - < names"),
            ("mc-discover", "exec mc-discover - -o name < names"),
            ("mc-resolve", "exec mc-resolve < names"),
            ("mc-exec", "exec mc-exec get pods -A < fleet"),
            ("mc-exec", "exec mc-exec get pods -A -o csv < fleet"),
            ("mc-merge", "exec mc-merge < rows"),
            ("mc-merge", "exec mc-merge -o csv < rows"),
            ("mc-format", "exec mc-format < rows"),
            ("mc-format", "exec mc-format -o json < rows"),
        ] {
            for signal in [Signal::TERM, Signal::INT] {
                let home = &home;
                scope.spawn(move || {
                    let about = format!("{line} {signal:?}");
                    let child = start(home, line);
                    let pid = await_blocked(&child, tool);
                    kill_process(pid, signal).unwrap();
                    // Some are ended by the signal itself.
                    assert!(matches!(end_of(child, &about), None | Some(130)), "{about}");
                });
            }
        }
    });
}

#[test]
fn tool_whose_input_never_ends_ends_at_a_signal_and_prints_what_came() {
    let home = Home::empty();
    let row = r#"{"kind":"Row","cluster":"a","resource":"pods","name":"x","columns":{"NAME":"x"}}"#;
    for tool in ["mc-merge", "mc-format"] {
        let mut child = home.start(tool, &[""; 0]);
        let mut stdin = child.stdin.take().unwrap();
        std::io::Write::write_all(&mut stdin, format!("{row}\n").as_bytes()).unwrap();
        await_that(&format!("{tool} never reads"), || {
            rustix::io::ioctl_fionread(&stdin).unwrap() == 0
        });
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{tool}");
        assert!(String::from_utf8(output.stdout).unwrap().contains('x'), "{tool}");
        drop(stdin);
    }
}
