//! `-w`: events of several clusters, which come and go meanwhile.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::processes::{PATIENCE, await_child, await_that};
use crate::support::{Home, records};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read};
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

/// A watch that runs, and what it prints, line by line.
pub struct Watch {
    pub child: Child,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

#[track_caller]
fn next(lines: &Receiver<String>) -> String {
    match lines.recv_timeout(PATIENCE) {
        Ok(line) => line,
        Err(RecvTimeoutError::Timeout) => panic!("nothing more came"),
        Err(RecvTimeoutError::Disconnected) => panic!("it has ended"),
    }
}

impl Watch {
    pub fn start(home: &Home, program: &str, args: &[&str]) -> Watch {
        let mut child = home.start(program, args);
        let stdout = lines_of(child.stdout.take().unwrap());
        let stderr = lines_of(child.stderr.take().unwrap());
        Watch {
            child,
            stdout,
            stderr,
        }
    }

    /// `kubectl mc get configmaps …`
    pub fn of(home: &Home, args: &[&str]) -> Watch {
        let mut all = vec!["get", "configmaps"];
        all.extend(args);
        Watch::start(home, "kubectl-mc", &all)
    }

    /// The next line.
    #[track_caller]
    pub fn line(&self) -> String {
        next(&self.stdout)
    }

    /// The next line with runs of blanks as one: other tests look at the alignment.
    #[track_caller]
    pub fn row(&self) -> String {
        let line = next(&self.stdout);
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[track_caller]
    pub fn rows(&self, count: usize) -> Vec<String> {
        let mut rows: Vec<String> = (0..count).map(|_| self.row()).collect();
        rows.sort();
        rows
    }

    #[track_caller]
    pub fn said(&self) -> String {
        next(&self.stderr)
    }

    /// Interrupts it; returns the rest of its stdout and its stderr.
    #[track_caller]
    pub fn interrupt(mut self) -> (Vec<String>, Vec<String>) {
        kill_process(Pid::from_child(&self.child), Signal::INT).unwrap();
        let rest = self.stdout.iter().collect();
        let said: Vec<String> = self.stderr.iter().collect();
        assert_eq!(self.child.wait().unwrap().code(), Some(130), "{said:?}");
        (rest, said)
    }

    /// Interrupts it, and asserts that it prints nothing more.
    #[track_caller]
    pub fn ends_quietly(self) {
        let (rest, said) = self.interrupt();
        assert_eq!((rest, said), (vec![], vec![]));
    }
}

pub fn fleet(names: &[&str]) -> Fleet {
    let fleet = Fleet::start(Spec::named(names));
    for member in fleet.members() {
        member.live().begin();
    }
    fleet
}

/// Waits until so many connections of a member are watched.
#[track_caller]
pub fn await_watches(fleet: &Fleet, member: &str, count: usize) {
    await_that(&format!("{member} is not watched {count} times"), || {
        fleet.member(member).live().watching() == count
    });
}

#[track_caller]
fn await_request(fleet: &Fleet, member: &str, part: &str, count: usize) {
    await_that(&format!("{member} was not asked for {part}"), || {
        let seen = fleet.member(member).counters().seen();
        seen.iter().filter(|request| request.path.contains(part)).count() >= count
    });
}

#[test]
fn watch_shows_changes_of_every_cluster() {
    let fleet = fleet(&["a", "b"]);
    let home = Home::of(&fleet);
    let (a, b) = (fleet.member("a").live(), fleet.member("b").live());
    a.put("default", "first", &["x"]);
    b.put("default", "other", &[]);
    let watch = Watch::of(&home, &["-w"]);
    assert_eq!(watch.row(), "NAME CLUSTER DATA AGE");
    assert_eq!(watch.rows(2), ["first a 1 5m", "other b 0 5m"]);
    await_watches(&fleet, "a", 1);
    await_watches(&fleet, "b", 1);
    for member in [a, b] {
        member.put("default", "new", &[]);
        assert!(watch.row().starts_with("new "));
        member.put("default", "new", &["x", "y"]);
        assert!(watch.row().ends_with(" 2 5m"));
        member.delete("default", "new");
        assert!(watch.row().ends_with(" 2 5m"));
        member.put("elsewhere", "new", &[]);
    }
    watch.ends_quietly();
    for member in ["a", "b"] {
        assert_eq!(
            fleet.member(member).counters().requests(),
            2,
            "one list, one watch"
        );
    }
}

#[test]
fn output_watch_events_shows_the_event() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    live.put("default", "x", &[]);
    let watch = Watch::of(&home, &["-A", "-w", "--output-watch-events"]);
    assert_eq!(
        next(&watch.stdout),
        "EVENT      NAMESPACE   NAME   CLUSTER   DATA   AGE"
    );
    assert_eq!(
        next(&watch.stdout),
        "ADDED      default     x      a         0      5m"
    );
    await_watches(&fleet, "a", 1);
    live.put("default", "x", &["k"]);
    assert_eq!(
        next(&watch.stdout),
        "MODIFIED   default     x      a         1      5m"
    );
    live.delete("default", "x");
    assert_eq!(
        next(&watch.stdout),
        "DELETED    default     x      a         1      5m"
    );
    live.put("default", "longer-name", &[]);
    assert_eq!(
        next(&watch.stdout),
        "ADDED      default     longer-name   a         0      5m"
    );
    live.put("default", "y", &[]);
    assert_eq!(
        next(&watch.stdout),
        "ADDED      default     y             a         0      5m"
    );
    watch.ends_quietly();
}

#[test]
fn watch_only_prints_no_list() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    for args in [
        &["-w"][..],
        &["-w", "-o", "json"],
        &["-w", "-o", "yaml"],
        &["-w", "-o", "name"],
    ] {
        let watch = Watch::of(&home, args);
        await_watches(&fleet, "a", 1);
        watch.ends_quietly();
        live.end_watches();
    }
    live.put("default", "x", &[]);
    let watch = Watch::of(&home, &["--watch-only"]);
    await_watches(&fleet, "a", 1);
    live.put("default", "y", &[]);
    assert_eq!(watch.row(), "NAME CLUSTER DATA AGE");
    assert_eq!(watch.row(), "y a 0 5m");
    // The objects that were shown are remembered: a fresh list shows only new ones.
    live.forget(false);
    live.put("default", "z", &[]);
    assert_eq!(watch.row(), "z a 0 5m");
    live.drop_watches();
    await_watches(&fleet, "a", 1);
    watch.ends_quietly();
}

#[test]
fn watch_of_one_object_by_name() {
    let fleet = fleet(&["a", "b"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    live.put("default", "x", &[]);
    live.put("default", "y", &[]);
    let watch = Watch::of(&home, &["x", "-w"]);
    assert_eq!(watch.rows(2), ["NAME CLUSTER DATA AGE", "x a 0 5m"]);
    await_watches(&fleet, "a", 1);
    live.put("default", "y", &["k"]);
    live.put("default", "x", &["k"]);
    assert_eq!(watch.row(), "x a 1 5m");
    live.delete("default", "x");
    assert_eq!(watch.row(), "x a 1 5m");
    live.put("default", "x", &[]);
    assert_eq!(watch.row(), "x a 0 5m");
    let (rest, said) = watch.interrupt();
    assert!(rest.is_empty(), "{rest:?}");
    assert_eq!(
        said,
        ["mc-exec: b: not watched: Error from server (NotFound): configmaps \"x\" not found"],
        "who never had it has no part in it"
    );
    let nobody = home.mc(&["get", "configmaps", "z", "-w"]);
    assert_eq!(nobody.stdout, "");
    assert_eq!(nobody.status, 1);
    assert!(
        nobody
            .stderr
            .ends_with("Error from server (NotFound): configmaps \"z\" not found\n"),
        "{}",
        nobody.stderr
    );
    assert_eq!(
        home.mc(&["get", "configmaps", "z", "-w", "--ignore-not-found"])
            .status,
        0
    );
}

#[test]
fn watch_survives_ended_and_broken_connections() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    live.put("default", "x", &[]);
    let watch = Watch::of(&home, &["-w"]);
    assert_eq!(watch.rows(2), ["NAME CLUSTER DATA AGE", "x a 0 5m"]);
    for round in 1..=3 {
        await_watches(&fleet, "a", 1);
        let name = format!("while-there-{round}");
        live.put("default", &name, &[]);
        assert_eq!(watch.row(), format!("{name} a 0 5m"));
        if round == 2 {
            // Only a bookmark tells that the version is newer. It comes before the end, which a
            // connection that breaks would not promise.
            live.forget(false);
            live.bookmark();
            live.end_watches();
        } else {
            live.drop_watches();
        }
        let name = format!("while-away-{round}");
        live.put("default", &name, &[]);
        assert_eq!(watch.row(), format!("{name} a 0 5m"));
    }
    watch.ends_quietly();
    let seen = fleet.member("a").counters().seen();
    let lists = seen.iter().filter(|request| !request.path.contains("watch=true"));
    assert_eq!(lists.count(), 1, "bookmarks make a second list needless");
}

#[test]
fn watch_after_410_loses_and_repeats_nothing() {
    for late in [false, true] {
        let fleet = fleet(&["a"]);
        let home = Home::of(&fleet);
        let live = fleet.member("a").live();
        for name in ["same", "changes", "goes", "is-replaced"] {
            live.put("default", name, &[]);
        }
        let watch = Watch::of(&home, &["-w", "--output-watch-events", "--no-headers"]);
        assert_eq!(watch.rows(4).len(), 4);
        await_watches(&fleet, "a", 1);
        fleet.member("a").set_fault(Fault::Reset);
        live.drop_watches();
        live.put("default", "changes", &["k"]);
        live.delete("default", "goes");
        live.delete("default", "is-replaced");
        live.put("default", "is-replaced", &["k", "l"]);
        live.put("default", "comes-and-goes", &[]);
        live.delete("default", "comes-and-goes");
        live.put("default", "comes", &[]);
        live.forget(late);
        assert!(watch.said().starts_with("mc-exec: a: lost: "));
        fleet.member("a").set_fault(Fault::None);
        assert_eq!(watch.said(), "mc-exec: a: is back");
        let rows: Vec<String> = (0..5).map(|_| watch.row()).collect();
        assert_eq!(
            rows,
            [
                "DELETED goes a 0 5m",
                "DELETED is-replaced a 0 5m",
                "MODIFIED changes a 1 5m",
                "ADDED comes a 0 5m",
                "ADDED is-replaced a 2 5m",
            ][..],
            "what is gone goes first; the others in the server's order"
        );
        await_watches(&fleet, "a", 1);
        live.put("default", "same", &["k"]);
        assert_eq!(watch.row(), "MODIFIED same a 1 5m");
        watch.ends_quietly();
    }
}

#[test]
fn watch_backs_off_if_every_version_is_too_old() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    live.put("default", "x", &[]);
    live.forget_always();
    let watch = Watch::of(&home, &["-w"]);
    assert_eq!(watch.rows(2), ["NAME CLUSTER DATA AGE", "x a 0 5m"]);
    let said = watch.said();
    assert!(
        said.starts_with("mc-exec: a: not reached: Error from server (Expired): too old resource version")
            && said.ends_with("; trying again"),
        "and not that the time is over: {said}"
    );
    live.forget(false);
    assert_eq!(watch.said(), "mc-exec: a: is there");
    live.put("default", "y", &[]);
    assert_eq!(watch.row(), "y a 0 5m");
    watch.ends_quietly();
}

#[test]
fn watch_reports_an_unreachable_cluster_and_its_return() {
    let fleet = fleet(&["a", "b"]);
    let home = Home::of(&fleet);
    let (a, b) = (fleet.member("a"), fleet.member("b"));
    b.set_fault(Fault::Reset);
    a.live().put("default", "x", &[]);
    b.live().put("default", "x", &[]);
    let watch = Watch::of(&home, &["-w"]);
    // The others do not wait for one that cannot be reached.
    assert_eq!(watch.rows(2), ["NAME CLUSTER DATA AGE", "x a 0 5m"]);
    let said = watch.said();
    assert!(
        said.starts_with("mc-exec: b: not reached: ") && said.ends_with("; trying again"),
        "{said}"
    );
    let connections = b.counters().connections();
    await_that("it is not tried again", || {
        b.counters().connections() >= connections + 4
    });
    b.set_fault(Fault::None);
    assert_eq!(watch.said(), "mc-exec: b: is there");
    assert_eq!(watch.row(), "x b 0 5m");
    await_watches(&fleet, "b", 1);
    b.set_fault(Fault::Unavailable);
    b.live().drop_watches();
    let said = watch.said();
    assert!(said.starts_with("mc-exec: b: lost: Error from server"), "{said}");
    b.live().put("default", "y", &[]);
    b.set_fault(Fault::None);
    assert_eq!(watch.said(), "mc-exec: b: is back");
    assert_eq!(watch.row(), "y b 0 5m");
    watch.ends_quietly();
}

#[test]
fn watch_counts_a_cluster_that_was_never_reached_as_failed() {
    let fleet = fleet(&["a", "b"]);
    fleet.member("b").set_fault(Fault::Reset);
    let home = Home::of(&fleet);
    fleet.member("a").live().put("default", "x", &[]);
    let watch = Watch::of(&home, &["-w", "-v"]);
    watch.rows(2);
    while !watch.said().contains("b: not reached") {}
    await_watches(&fleet, "a", 1);
    let (_, said) = watch.interrupt();
    assert!(
        said.iter()
            .any(|line| line.contains("Failed to query 1/2 clusters")),
        "{said:?}"
    );
    assert!(
        said.iter().any(|line| line.contains("  b: Connect: ")),
        "{said:?}"
    );
}

#[test]
fn watch_goes_on_after_one_cluster_refuses() {
    let fleet = fleet(&["a", "b"]);
    let home = Home::of(&fleet);
    fleet.member("b").set_fault(Fault::Forbidden);
    let watch = Watch::of(&home, &["-w"]);
    let said = watch.said();
    assert!(
        said.starts_with("mc-exec: b: not watched: Error from server (Forbidden)"),
        "{said}"
    );
    await_watches(&fleet, "a", 1);
    fleet.member("a").live().put("default", "x", &[]);
    assert_eq!(watch.rows(2), ["NAME CLUSTER DATA AGE", "x a 0 5m"]);
    let (_, said) = watch.interrupt();
    assert!(said[0].contains("Failed to query 1/2 clusters"), "{said:?}");
    // If all clusters refuse, there is nothing to wait for.
    fleet.member("a").set_fault(Fault::Unauthorized);
    let outcome = home.mc(&["get", "configmaps", "-w"]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""));
    let outcome = home.mc(&["get", "nonsense", "-w"]);
    assert_eq!(outcome.status, 1);
}

#[test]
fn concurrency_does_not_limit_watches() {
    let names: Vec<String> = (0..8).map(|number| format!("m{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let fleet = fleet(&names);
    let home = Home::of(&fleet);
    let watch = Watch::of(&home, &["-w", "--concurrency", "1", "--no-headers"]);
    for name in &names {
        await_watches(&fleet, name, 1);
        fleet.member(name).live().put("default", "x", &[]);
        assert_eq!(watch.row(), format!("x {name} 0 5m"));
    }
    watch.ends_quietly();
}

#[test]
fn timeouts_apply_to_the_list_and_not_to_the_watch() {
    let fleet = fleet(&["a", "b"]);
    let home = Home::of(&fleet);
    fleet.member("b").set_fault(Fault::HangHeaders);
    home.write(".kube/kubectl-mc-config.yaml", "execution:\n  timeout: 300ms\n");
    let watch = Watch::of(&home, &["-w", "--no-headers"]);
    let said = watch.said();
    assert!(said.starts_with("mc-exec: b: not reached: "), "{said}");
    assert!(said.contains("within 300ms"), "{said}");
    fleet.member("a").live().put("default", "x", &[]);
    assert_eq!(watch.row(), "x a 0 5m");
    let (_, said) = watch.interrupt();
    assert!(said[0].contains("Failed to query 1/2 clusters"), "{said:?}");
    // A script ends a watch with --total-timeout.
    let outcome = home.mc(&["get", "configmaps", "-w", "--clusters=a", "--total-timeout=500ms"]);
    assert_eq!(
        outcome.expect(0),
        "NAME   CLUSTER   DATA   AGE\nx      a         0      5m\n"
    );
}

#[test]
fn every_format_prints_watch_events_at_once() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    live.put("default", "x", &["k"]);
    let object = |version: &str| {
        format!(
            r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"name":"x","namespace":"default","uid":"00000000-0000-0000-0000-000000000001","resourceVersion":"{version}","creationTimestamp":"2026-01-01T00:00:00Z","annotations":{{"kubectl-mc.k8s.io/cluster":"a"}}}},"data":{{"k":""}}}}"#
        )
    };
    let mut version = 1001;
    let mut check = |args: &[&str], listed: &[&str], changed: &[&str]| {
        let mut all = vec!["-w"];
        all.extend(args);
        let watch = Watch::of(&home, &all);
        for line in listed {
            assert_eq!(next(&watch.stdout), *line, "{args:?}");
        }
        await_watches(&fleet, "a", 1);
        live.put("default", "x", &["k"]);
        version += 1;
        for line in changed {
            assert_eq!(next(&watch.stdout), *line, "{args:?}");
        }
        watch.ends_quietly();
        live.end_watches();
        version
    };
    check(&["-o", "name"], &["a\tconfigmap/x"], &["a\tconfigmap/x"]);
    check(
        &["-o", "csv"],
        &["CLUSTER,NAME,DATA,AGE", "a,x,1,5m"],
        &["a,x,1,5m"],
    );
    check(
        &["-o", "tsv", "--output-watch-events"],
        &["CLUSTER\tEVENT\tNAME\tDATA\tAGE", "a\tADDED\tx\t1\t5m"],
        &["a\tMODIFIED\tx\t1\t5m"],
    );
    check(
        &["-o", "jsonpath={.metadata.name}{\"\\n\"}"],
        &["a\tx"],
        &["a\tx"],
    );
    check(
        &[
            "-o",
            "go-template={{.type}} {{.object.metadata.name}}{{\"\\n\"}}",
            "--output-watch-events",
        ],
        &["a\tADDED x"],
        &["a\tMODIFIED x"],
    );
    let now = check(
        &["-o", "custom-columns=NAME:.metadata.name,KIND:.kind"],
        &["NAME   CLUSTER   KIND", "x      a         ConfigMap"],
        &["x      a         ConfigMap"],
    );
    let before = format!(
        r#"{{"type":"ADDED","object":{}}}"#,
        with_sorted_kind(&object(&now.to_string()))
    );
    let after = format!(
        r#"{{"type":"MODIFIED","object":{}}}"#,
        object(&(now + 1).to_string())
    );
    check(&["-o", "json", "--output-watch-events"], &[&before], &[&after]);
}

/// In a list the kind is ours to print, in kubectl's order of keys.
fn with_sorted_kind(object: &str) -> String {
    object.replace(
        r#""kind":"ConfigMap","apiVersion":"v1""#,
        r#""apiVersion":"v1","kind":"ConfigMap""#,
    )
}

#[test]
fn watch_prints_yaml_and_json_documents() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    live.put("default", "x", &[]);
    live.put("default", "y", &[]);
    let time = "--total-timeout=1s";
    let yaml = home
        .mc(&["get", "configmaps", "-w", "-o", "yaml", time])
        .expect(0);
    let documents: Vec<&str> = yaml.split("---\n").collect();
    assert_eq!(documents.len(), 2, "{yaml}");
    assert!(
        documents
            .iter()
            .all(|document| document.starts_with("apiVersion: v1\n")),
        "{yaml}"
    );
    assert!(
        documents[0].contains("    kubectl-mc.k8s.io/cluster: a\n"),
        "{yaml}"
    );
    let json = home
        .mc(&["get", "configmaps", "-w", "-o", "json", time])
        .expect(0);
    let names: Vec<serde_json::Value> = serde_json::Deserializer::from_str(&json)
        .into_iter::<serde_json::Value>()
        .map(|document| document.unwrap()["metadata"]["name"].clone())
        .collect();
    assert_eq!(names, ["x", "y"]);
}

#[test]
fn watch_streams_through_a_pipe() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    live.put("default", "x", &[]);
    let line = "echo a | mc-exec get configmaps -w | mc-merge | mc-format";
    let watch = Watch::start(&home, "/bin/sh", &["-c", line]);
    assert_eq!(watch.rows(2), ["NAME CLUSTER DATA AGE", "x a 0 5m"]);
    await_watches(&fleet, "a", 1);
    live.put("default", "x", &["k"]);
    assert_eq!(watch.row(), "x a 1 5m");
    kill_process(await_child(watch.child.id(), "mc-exec"), Signal::INT).unwrap();
    let mut child = watch.child;
    assert_eq!(
        child.wait().unwrap().code(),
        Some(0),
        "mc-format saw that all was well"
    );
}

#[test]
fn watch_records_have_event_and_listed() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    live.put("default", "x", &[]);
    let watch = Watch::start(&home, "/bin/sh", &["-c", "exec mc-exec get cm -w <<END\na\nEND"]);
    let record = |line: String| records::read(&line);
    assert_eq!(record(next(&watch.stdout))["kind"], "Asked");
    let listed = record(next(&watch.stdout));
    assert_eq!(
        (&listed["event"], &listed["listed"]),
        (&"ADDED".into(), &true.into())
    );
    await_watches(&fleet, "a", 1);
    live.delete("default", "x");
    let deleted = record(next(&watch.stdout));
    assert_eq!(deleted["event"], "DELETED");
    assert_eq!(deleted.get("listed"), None);
    kill_process(Pid::from_child(&watch.child), Signal::INT).unwrap();
    let result = record(next(&watch.stdout));
    assert_eq!(
        (&result["ok"], &result["items"], &result["watched"]),
        (&true.into(), &2.into(), &true.into())
    );
}

#[test]
fn closed_stdout_ends_the_watch() {
    let fleet = fleet(&["a", "b"]);
    let home = Home::of(&fleet);
    for member in fleet.members() {
        member.live().put("default", "x", &[]);
    }
    // There are no more events: no write can fail, and the end must be noticed otherwise.
    for line in [
        "kubectl-mc get cm -w | head -3",
        "kubectl-mc get cm -w -o name | head -2",
        "mc-discover | mc-exec get cm -w | head -2",
        "mc-discover | mc-exec get cm -w | mc-merge | head -2",
    ] {
        let outcome = home.run("/bin/bash", &["-c", &format!("set -o pipefail; {line}")]);
        assert_eq!((outcome.status, outcome.stderr.as_str()), (0, ""), "{line}");
        assert!(outcome.stdout.lines().count() >= 2, "{line}");
    }
}

#[test]
fn watch_refuses_several_types_and_raw() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    let mixed = "error: you may only specify a single resource type";
    for (args, said) in [
        (&["pods,services"][..], mixed),
        (&["po/a", "svc/b"], mixed),
        (&["all"], mixed),
        (
            &["pods", "a", "b"],
            "error: you may only watch a single resource or type of resource at a time",
        ),
        (
            &["po/a", "pods/b", "pod/c"],
            "error: you may only watch a single resource or type of resource at a time",
        ),
        (
            &[],
            "error: You must provide one or more resources by argument or filename.",
        ),
        (
            &["--raw=/version"],
            "error: --raw may not be specified with other flags that filter the server request or alter the output",
        ),
    ] {
        let mut all = vec!["get", "-w"];
        all.extend(args);
        let outcome = home.mc(&all);
        assert_eq!(outcome.stdout, "");
        assert!(outcome.stderr.contains(said), "{args:?}: {}", outcome.stderr);
        assert!([1, 2].contains(&outcome.status), "{args:?}");
    }
    let outcome = home.mc(&["get", "pods", "--output-watch-events"]);
    assert!(
        outcome
            .complaint(2)
            .contains("error: --output-watch-events option can only be used with --watch or --watch-only")
    );
}

#[test]
fn watch_with_sort_by_sorts_the_list_and_warns() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    for (name, data) in [("p", &["1", "2"][..]), ("q", &[]), ("r", &["1"])] {
        live.put("default", name, data);
    }
    let sort = "--sort-by=.metadata.resourceVersion";
    live.put("default", "p", &["1", "2", "3"]);
    let watch = Watch::of(&home, &["-w", sort, "--no-headers"]);
    assert_eq!(
        watch.said(),
        "warning: --watch requested, --sort-by will be ignored for watch events received"
    );
    let rows: Vec<String> = (0..3).map(|_| watch.row()).collect();
    assert_eq!(rows, ["q a 0 5m", "r a 1 5m", "p a 3 5m"]);
    // Only a cluster that is watched counts as reached.
    await_watches(&fleet, "a", 1);
    watch.ends_quietly();
}

#[test]
fn watch_lists_again_after_malformed_events() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    live.put("default", "x", &[]);
    let watch = Watch::of(&home, &["-w", "--no-headers"]);
    assert_eq!(watch.row(), "x a 0 5m");
    for (lists, nonsense) in [
        (2, "{\"type\":\"ADDED\",\"object\":[]}\n"),
        (3, "{\"type\":}\n"),
        (4, "\u{1}\n"),
        (
            5,
            "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"?\",\"code\":500}}\n",
        ),
    ] {
        await_watches(&fleet, "a", 1);
        live.say(nonsense);
        await_request(&fleet, "a", "limit=500", lists);
    }
    await_watches(&fleet, "a", 1);
    live.put("default", "y", &[]);
    assert_eq!(watch.row(), "y a 0 5m");
    watch.ends_quietly();
}

/// As in kubectl, which gets one object and does not list it.
#[test]
fn watch_of_one_object_without_the_right_to_list() {
    let run = |spec: Spec| {
        let fleet = Fleet::start(spec);
        let live = fleet.member("a").live();
        live.begin();
        live.put("default", "x", &[]);
        let watch = Watch::of(&Home::of(&fleet), &["x", "-w"]);
        assert_eq!(watch.rows(2), ["NAME CLUSTER DATA AGE", "x a 0 5m"]);
        await_watches(&fleet, "a", 1);
        live.put("default", "x", &["k"]);
        assert_eq!(watch.row(), "x a 1 5m");
        watch.ends_quietly();
        let seen = fleet.member("a").counters().seen();
        seen.into_iter().map(|request| request.path).collect::<Vec<_>>()
    };
    let paths = run(Spec::named(&["a"]));
    let list = paths
        .iter()
        .find(|path| path.contains("fieldSelector") && !path.contains("watch="));
    let list = list.expect("a list of one");
    let mut spec = Spec::named(&["a"]).answer(
        "a",
        list,
        r#"{"kind": "Status", "reason": "Forbidden", "code": 403}"#,
    );
    spec.fixed[0].status = 403;
    let paths = run(spec);
    assert!(paths.contains(list), "{paths:?}");
    let watched = paths.iter().find(|path| path.contains("watch=true"));
    assert!(
        watched.expect("a watch").contains("resourceVersion=0&"),
        "{paths:?}"
    );
}
