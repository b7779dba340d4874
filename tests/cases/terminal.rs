//! The tools on a terminal: progress, colours, widths.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;

#[test]
fn mc_exec_prints_a_table_on_a_terminal() {
    let fleet = Fleet::start(Spec::named(&["dev-eu-1", "prod-eu-1", "prod-us-1"]));
    let home = Home::of(&fleet);
    let shown = home
        .on_terminal("mc-discover | grep prod | NO_COLOR=1 mc-exec get pods -A")
        .expect(0);
    let heading: Vec<_> = shown.lines().next().unwrap().split_whitespace().take(3).collect();
    assert_eq!(heading, ["NAMESPACE", "NAME", "CLUSTER"], "{shown}");
    assert!(
        shown.contains("prod-us-1") && !shown.contains("dev-eu-1"),
        "{shown}"
    );

    let records = home
        .on_terminal("mc-discover | grep prod | mc-exec get pods -A -o ndjson")
        .expect(0);
    assert!(records.starts_with("{\"kind\":\"Asked\""), "{records}");
    let piped = home
        .shell("mc-discover | grep prod | mc-exec get pods -A")
        .expect(0);
    assert!(
        piped.lines().all(|line| line.starts_with("{\"kind\":")),
        "{piped}"
    );
}

#[test]
fn mc_discover_prints_a_table_on_a_terminal() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    for line in ["mc-discover", "mc-discover | mc-resolve", "kubectl-mc clusters"] {
        let shown = home.on_terminal(&format!("export NO_COLOR=1; {line}")).expect(0);
        assert!(shown.starts_with("NAME"), "{line}: {shown}");
        assert!(shown.contains("prod-eu-1"), "{line}: {shown}");
    }
}

#[test]
fn progress_line_names_outstanding_clusters_and_is_erased() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]).fault("2", Fault::HangHeaders));
    let home = Home::of(&fleet);
    let shown = home
        .on_terminal("kubectl-mc get pods -A --timeout 2s >table")
        .expect(3);
    assert!(
        shown.contains("1/2 clusters answered, waiting for prod-us-1"),
        "{shown:?}"
    );
    // Whatever was drawn, the line is erased at the end, before the warning.
    let last = shown.rfind("clusters answered").unwrap();
    let after = &shown[last..];
    let erased = after.rfind("\u{1b}[K").unwrap_or_else(|| panic!("{shown:?}"));
    assert!(
        after[erased..].contains("Warning: Failed to query 1/2 clusters."),
        "{shown:?}"
    );
    let table = std::fs::read_to_string(home.path().join("table")).unwrap();
    assert!(!table.contains("answered"), "{table}");
}

#[test]
fn colour_depends_on_terminal_and_settings() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let coloured = home.on_terminal("kubectl-mc get pods -A").expect(0);
    assert!(coloured.contains("\u{1b}["), "{coloured:?}");
    for line in [
        "NO_COLOR=1 kubectl-mc get pods -A",
        "TERM=dumb kubectl-mc get pods -A",
        "KUBECTL_MC_COLORIZE=false kubectl-mc get pods -A",
    ] {
        let plain = home.on_terminal(line).expect(0);
        assert!(!plain.contains("\u{1b}["), "{line}: {plain:?}");
    }
    let piped = home.shell("kubectl-mc get pods -A").expect(0);
    assert!(!piped.contains('\u{1b}'));
}

#[test]
fn escape_sequences_of_a_cluster_are_escaped_on_a_terminal() {
    let table = r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"1"},
        "columnDefinitions":[{"name":"Name","type":"string","format":"name","priority":0}],
        "rows":[{"cells":["\u001b[31mevil\u0007\u202e"],"object":{"metadata":{"name":"evil","namespace":"a"}}}]}"#;
    let spec = Spec::named(&["prod-eu-1"]).answer("prod-eu-1", "/api/v1/pods", table);
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let shown = home.on_terminal("NO_COLOR=1 kubectl-mc get pods -A").expect(0);
    assert!(shown.contains("evil"), "{shown:?}");
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown:?}");
}

#[test]
fn tool_with_a_terminal_as_stdin_explains_its_input() {
    let home = Home::empty();
    for tool in ["mc-exec get pods", "mc-resolve"] {
        let shown = home.on_terminal(tool).expect(2);
        assert!(
            shown.contains("standard input") && shown.contains("mc-discover |"),
            "{shown}"
        );
    }
}
