//! `-w` of the object of a file, and where a watch ends by itself.

use super::watch::{Watch, await_watches, fleet};
use crate::fleet::{Fleet, Spec};
use crate::support::Home;

const CONFIG_MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: elsewhere}\n";

#[test]
fn watch_of_a_file_uses_its_namespace() {
    let fleet = fleet(&["a", "b"]);
    let home = Home::of(&fleet);
    home.write("x.yaml", CONFIG_MAP);
    let live = fleet.member("a").live();
    live.put("elsewhere", "x", &[]);
    live.put("default", "x", &["not", "this"]);
    let watch = Watch::start(&home, "kubectl-mc", &["get", "-w", "-f", "x.yaml"]);
    assert_eq!(watch.rows(2), ["NAME CLUSTER DATA AGE", "x a 0 5m"]);
    await_watches(&fleet, "a", 1);
    live.put("default", "x", &[]);
    live.put("elsewhere", "x", &["k"]);
    assert_eq!(watch.row(), "x a 1 5m");
    // Deleted and created again while the watch was interrupted: shown as deleted, and as new.
    live.delete("elsewhere", "x");
    assert_eq!(watch.row(), "x a 1 5m");
    live.forget(false);
    live.drop_watches();
    await_watches(&fleet, "a", 1);
    live.put("elsewhere", "x", &["k", "l"]);
    assert_eq!(watch.row(), "x a 2 5m");
    assert_eq!(
        watch.said(),
        "mc-exec: b: not watched: Error from server (NotFound): namespaces \"elsewhere\" not found",
        "who lacks it has no part in it"
    );
    watch.ends_quietly();
}

#[test]
fn watch_of_standard_input_with_all_namespaces() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    home.write("x.yaml", CONFIG_MAP);
    fleet.member("a").live().put("elsewhere", "x", &[]);
    let line = "exec kubectl-mc get -A --watch-only -f - < x.yaml";
    let watch = Watch::start(&home, "/bin/sh", &["-c", line]);
    await_watches(&fleet, "a", 1);
    fleet.member("a").live().put("elsewhere", "x", &["k"]);
    assert_eq!(watch.row(), "NAMESPACE NAME CLUSTER DATA AGE");
    assert_eq!(watch.row(), "elsewhere x a 1 5m");
    watch.ends_quietly();
}

#[test]
fn watch_refuses_files_without_exactly_one_object() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    home.write("x.yaml", CONFIG_MAP);
    home.write("two.yaml", &format!("{CONFIG_MAP}---\n{CONFIG_MAP}"));
    home.write("list.yaml", "apiVersion: v1\nkind: List\nitems: []\n");
    home.write("nothing.yaml", "");
    home.write("bad.yaml", &format!("{CONFIG_MAP}---\na: b: c\n"));
    let only = "watch is only supported on individual resources and resource collections";
    for (args, said) in [
        (
            &["-f", "two.yaml"][..],
            format!("{only} - 2 resources were found"),
        ),
        (
            &["-f", "nothing.yaml"],
            format!("{only} - 0 resources were found"),
        ),
        (
            &["-f", "list.yaml"],
            format!("{only}, but a list of resources is found"),
        ),
        (
            &["-f", "x.yaml", "-f", "x.yaml"],
            "you may only watch a single resource or type of resource at a time".into(),
        ),
        (&["-f", "bad.yaml"], "error parsing bad.yaml: ".into()),
    ] {
        let outcome = home.mc(&[&["get", "-w"], args].concat());
        assert_eq!(outcome.stdout, "", "{args:?}");
        assert!([1, 2].contains(&outcome.status), "{args:?}");
        let said = format!("error: {said}");
        assert!(outcome.stderr.starts_with(&said), "{args:?}: {}", outcome.stderr);
        assert_eq!(outcome.stderr.lines().count(), 1, "{args:?}: {}", outcome.stderr);
    }
    assert_eq!(fleet.member("a").counters().requests(), 0);
}

#[test]
fn watch_ends_at_a_template_error() {
    let fleet = fleet(&["a", "b"]);
    let home = Home::of(&fleet);
    let live = fleet.member("a").live();
    live.put("default", "good", &["k"]);
    let template = "jsonpath={.metadata.name}{.data.k}{\"\\n\"}";
    let strict = ["-w", "--allow-missing-template-keys=false", "-o", template];
    let mut watch = Watch::of(&home, &strict);
    assert_eq!(watch.row(), "a good");
    await_watches(&fleet, "a", 1);
    await_watches(&fleet, "b", 1);
    live.put("default", "bad", &[]);
    let said = watch.said();
    assert!(
        said.starts_with("error: error executing jsonpath") && said.ends_with("k is not found. (a)"),
        "{said}"
    );
    assert_eq!(watch.child.wait().unwrap().code(), Some(3), "some came");
    // For the objects of the list the message is kubectl's. The same where mc-exec prints the table itself, on a
    // terminal.
    let line = "mc-discover --clusters a | mc-exec get cm -w --allow-missing-template-keys=false -o";
    let line = format!("{line} 'jsonpath={{.data.k}}{{.data.nothing}}'; echo status $?");
    let shown = home.on_terminal(&line).stdout;
    let failures = shown.matches("error: unable to output the provided object: error executing jsonpath");
    assert_eq!(failures.count(), 1, "{shown}");
    assert!(shown.contains("status 1"), "{shown}");
    let outcome = home.mc(&["get", "cm", "-w", "-o", "custom-columns=N:.metadata.name[1]"]);
    assert_eq!((outcome.status, outcome.stdout.as_str()), (1, ""));
    assert_eq!(
        outcome.stderr,
        "error: unable to output the provided object: string is not array or slice (a)\n"
    );
}

#[test]
fn watch_of_a_template_without_cluster_column_aligns_tabs() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    home.write(
        ".kube/kubectl-mc-config.yaml",
        "output:\n  showClusterColumn: false\n",
    );
    let live = fleet.member("a").live();
    live.put("default", "long-name", &[]);
    live.put("default", "x", &[]);
    let template = "jsonpath={.metadata.name}{\"\\t\"}{.kind}{\"\\n\"}";
    let watch = Watch::of(&home, &["-w", "-o", template]);
    assert_eq!(watch.line(), "long-name   ConfigMap");
    assert_eq!(watch.line(), "x           ConfigMap");
    await_watches(&fleet, "a", 1);
    live.put("default", "y", &[]);
    assert_eq!(watch.line(), "y           ConfigMap");
    watch.ends_quietly();
    // Nothing but the template's own text is put between them.
    let outcome = home.mc(&[
        "get",
        "cm",
        "-w",
        "-o",
        "jsonpath={.metadata.name},",
        "--total-timeout=1s",
    ]);
    assert_eq!(outcome.expect(0), "long-name,x,y,");
}

#[test]
fn watch_ignores_subresource() {
    let fleet = fleet(&["a"]);
    let home = Home::of(&fleet);
    fleet.member("a").live().put("default", "x", &[]);
    let watch = Watch::of(&home, &["-w", "--subresource=status", "--no-headers"]);
    assert_eq!(watch.row(), "x a 0 5m");
    await_watches(&fleet, "a", 1);
    watch.ends_quietly();
}

/// The demo of the simulated fleet (`--restarts`).
#[test]
fn watch_shows_restarting_pods() {
    let mut spec = Spec::named(&["prod-eu-1", "prod-us-1"]);
    spec.restarts = Some(std::time::Duration::from_millis(20));
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let line = "kubectl-mc get pod cart-0 -n shop --no-headers --clusters=prod-us-1";
    let restarts = |row: &str| -> u64 {
        let words: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(words[..2], ["cart-0", "prod-us-1"], "{row}");
        words[4].parse().unwrap()
    };
    let watch = Watch::start(&home, "/bin/sh", &["-c", &format!("exec {line} -w")]);
    let seen: Vec<u64> = (0..3).map(|_| restarts(&watch.row())).collect();
    assert!(seen.is_sorted_by(|before, after| before < after), "{seen:?}");
    assert!(
        restarts(&home.shell(line).expect(0)) >= seen[2],
        "a list knows of it"
    );
    let path = "{.status.containerStatuses[0].restartCount}";
    let object = home.shell(&format!("{line} -o jsonpath='{path}'")).expect(0);
    let count: u64 = object
        .trim()
        .strip_prefix("prod-us-1\t")
        .unwrap()
        .parse()
        .unwrap();
    assert!(count >= seen[2], "and the object too: {object}");
    let (_, said) = watch.interrupt();
    assert_eq!(said, Vec::<String>::new());
}
