//! The tools on a terminal: progress, colours, widths.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;
use crate::support::session::Session;
use std::time::Duration;

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
    assert!(shown.contains("1 answered, waiting for prod-us-1 ("), "{shown:?}");
    // Whatever was drawn, the line is erased at the end, before the warning.
    let last = shown.rfind("1 answered").unwrap();
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
fn progress_line_names_the_hub_and_counts_what_failed() {
    let spec = Spec::named(&["prod-eu-1", "prod-us-1", "prod-us-2", "dev-eu-1"])
        .fault("hub", Fault::Slow(Duration::from_secs(1)))
        .fault("2", Fault::HangHeaders)
        .fault("3", Fault::Refuse)
        .fault("4", Fault::Forbidden);
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let shown = home
        .on_terminal("kubectl-mc get pods -A --timeout 3s >table")
        .expect(3);
    let hub = shown.find("asking hub \"hub\" (");
    let members = shown.find("1 answered, 2 failed, waiting for prod-us-1 (");
    assert!(hub.is_some() && hub < members, "{shown:?}");
}

/// The hub's plugin is started by a stage whose progress line is not the one that counts the clusters.
#[test]
fn prompt_of_a_plugin_is_announced_and_nothing_is_drawn_over_it() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]).fault("1", Fault::Slow(Duration::from_secs(1))));
    let home = Home::of(&fleet);
    let kubeconfig = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let mut asking = kubeconfig.clone();
    for (name, token) in [
        ("hub", fleet.hub().token()),
        ("prod-eu-1", fleet.member("prod-eu-1").token()),
    ] {
        asking = asking.replace(
            &format!("token: {token}\n"),
            &format!(
                "exec: {{apiVersion: client.authentication.k8s.io/v1beta1, command: /bin/sh, args: [plugin, {token}, {name}]}}\n"
            ),
        );
    }
    assert_ne!(asking, kubeconfig);
    home.write("kubeconfig", &asking);
    home.write(
        "plugin",
        r#"printf 'code for %s: ' "$2" >&2; sleep 1; read -r code
echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"'"$1"'"}}'
"#,
    );
    let mut command = home.command("/bin/sh");
    command.args([
        "-c",
        "KUBECONFIG=kubeconfig kubectl-mc get pods -A -o name; echo ended with $?",
    ]);
    let mut session = Session::start(&command);
    for name in ["hub", "prod-eu-1"] {
        session.wait_for(&format!("credential plugin sh for {name}: code for {name}: "));
        session.types("1234\n");
    }
    session.wait_for("ended with 0");
    let shown = session.end();
    for name in ["hub", "prod-eu-1"] {
        let (_, after) = shown.split_once(&format!("code for {name}: ")).unwrap();
        assert!(after.starts_with("1234\r\n"), "{shown:?}");
    }
}

#[test]
fn message_of_another_stage_takes_the_place_of_the_progress_line() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]).fault("2", Fault::HangHeaders));
    let home = Home::of(&fleet);
    let mut command = home.command("/bin/sh");
    let line = "mc-discover | mc-exec get pods -A --progress --timeout=20s | \
        { until [ -e go ]; do sleep 0.05; done; echo '{'; cat; } | mc-merge >merged; echo ended with $?";
    command.args(["-c", line]);
    let mut session = Session::start(&command);
    session.wait_for("1 answered, waiting for prod-us-1 (");
    home.write("go", "");
    session.wait_for("mc-merge: line 1:");
    // It is drawn again, below the message.
    session.wait_for("1 answered, waiting for prod-us-1 (");
    session.types("\u{3}");
    let shown = session.end();
    assert!(shown.contains("\r\u{1b}[Kmc-merge: line 1:"), "{shown:?}");
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
        "KUBECTL_MC_COLORIZE=always kubectl-mc get pods -A --color=never",
        "CLICOLOR_FORCE=1 NO_COLOR=1 kubectl-mc get pods -A",
    ] {
        let plain = home.on_terminal(line).expect(0);
        assert!(!plain.contains("\u{1b}["), "{line}: {plain:?}");
    }
    for (line, is_coloured) in [
        ("kubectl-mc get pods -A", false),
        ("kubectl-mc get pods -A --color=always", true),
        ("CLICOLOR_FORCE=1 kubectl-mc get pods -A", true),
        ("CLICOLOR_FORCE=1 kubectl-mc get pods -A --color auto", true),
        ("CLICOLOR_FORCE=1 kubectl-mc get pods -A --color=never", false),
        ("mc-discover -o table --color=always", true),
        ("kubectl-mc doctor --color=always", true),
    ] {
        let piped = home.shell(line).expect(0);
        assert_eq!(piped.contains('\u{1b}'), is_coloured, "{line}: {piped:?}");
    }
}

/// A pager that notes that it was used, and goes on until a line is typed.
fn with_pager(home: &Home) {
    home.script(
        "pager",
        "#!/bin/sh\ntrap : INT\ncat >paged\necho \"END $LESS\"\nuntil read -r line </dev/tty; do :; done\necho left\n",
    );
}

#[test]
fn pager_shows_long_output_and_the_summary_comes_after_it() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1", "prod-us-2"]).fault("3", Fault::Refuse));
    let home = Home::of(&fleet);
    with_pager(&home);
    for (line, status) in [
        ("PAGER=bin/pager kubectl-mc get pods -A", 3),
        (
            "KUBECTL_MC_PAGER='LESS=FRX bin/pager' PAGER=cat kubectl-mc get pods -A -o yaml",
            3,
        ),
        (
            "PAGER=bin/pager kubectl-mc get pods -A --clusters=prod-us-1,prod-eu-1",
            0,
        ),
    ] {
        let mut command = home.command("/bin/sh");
        command.args(["-c", &format!("trap : INT; {line}; echo ended with $?")]);
        let mut session = Session::start(&command);
        session.wait_for("END FRX");
        // It is for the pager, as often as it is typed. Within half a second it would count as typed once.
        session.types("\u{3}");
        std::thread::sleep(Duration::from_secs(1));
        session.types("\u{3}");
        std::thread::sleep(Duration::from_secs(1));
        session.types("q\n");
        let shown = session.end();
        let (_, after) = shown
            .split_once("left")
            .unwrap_or_else(|| panic!("{line}: {shown}"));
        assert!(after.contains(&format!("ended with {status}")), "{line}: {shown}");
        let has_warning = after.contains("Warning: Failed to query 1/3 clusters");
        assert_eq!(has_warning, status == 3, "{line}: {shown}");
        assert_eq!(shown.contains("Warning"), has_warning, "{line}: {shown}");
        assert!(!shown.contains("prod-eu-1"), "{line}: {shown}");
        let paged = std::fs::read_to_string(home.path().join("paged")).unwrap();
        assert!(
            paged.contains("prod-eu-1") && paged.contains("prod-us-1"),
            "{line}: {paged}"
        );
    }
}

#[test]
fn pager_is_left_out_where_it_is_not_wanted_or_not_there() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = Home::of(&fleet);
    with_pager(&home);
    home.write("off.yaml", "output: {pager: false}\n");
    let long = "kubectl-mc get pods -A --color=never";
    for line in [
        format!("PAGER=bin/pager {long} --no-pager"),
        format!("PAGER=bin/pager {long} --stream"),
        format!("PAGER=bin/pager {long} | cat"),
        format!("PAGER=bin/pager {long} </dev/null"),
        format!("PAGER=bin/pager KUBECTL_MC_PAGER=never {long}"),
        format!("PAGER=bin/pager KUBECTL_MC_CONFIG=off.yaml {long}"),
        format!("PAGER=bin/pager TERM=dumb {long}"),
        format!("PAGER= {long}"),
        format!("PAGER=bin/not-there {long}"),
        format!("PAGER='not-there | cat' {long}"),
        "PAGER=bin/pager kubectl-mc get namespaces --clusters=prod-eu-1".to_owned(),
    ] {
        let shown = home.on_terminal(&line).expect(0);
        assert!(shown.contains("prod-eu-1"), "{line}: {shown}");
        assert!(!home.path().join("paged").exists(), "{line}");
    }
}

#[test]
fn leaving_the_pager_early_ends_the_run_quietly() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1", "prod-us-1"]));
    let home = Home::of(&fleet);
    let shown = home
        .on_terminal("PAGER='head -n 1' kubectl-mc get pods -A -o yaml")
        .expect(0);
    assert_eq!(shown.lines().count(), 1, "{shown}");
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

#[test]
fn enter_shows_the_rows_so_far_and_the_rest_follows() {
    let spec = Spec::named(&["prod-eu-1", "prod-us-1"]).fault("2", Fault::Slow(Duration::from_secs(8)));
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let mut command = home.command("/bin/sh");
    command.args([
        "-c",
        "kubectl-mc get namespaces --color=never; echo ended with $?",
    ]);
    let mut session = Session::start(&command);
    session.wait_for("1 answered, waiting for prod-us-1 (2s), Enter: rows so far");
    session.types("\n");
    session.wait_for("prod-eu-1");
    // The progress line goes on below the rows, and offers nothing any more.
    session.wait_for("1 answered, waiting for prod-us-1 (");
    session.wait_for("ended with 0");
    let shown = session.end();
    assert!(
        shown.contains("Enter: rows so far\r\n\u{1b}[A\r\u{1b}[K"),
        "{shown:?}"
    );
    let (_, after) = shown.split_once("\u{1b}[KNAME ").unwrap();
    let (first, rest) = after.split_once("1 answered, ").unwrap();
    assert!(
        first.contains("prod-eu-1") && !first.contains("prod-us-1"),
        "{shown:?}"
    );
    assert!(!rest.contains("Enter") && !rest.contains("NAME"), "{shown:?}");
    assert!(
        rest.contains("prod-us-1  ") && !rest.contains("prod-eu-1"),
        "{shown:?}"
    );
}

#[test]
fn line_that_is_typed_ahead_is_left_to_the_shell() {
    let spec = Spec::named(&["prod-eu-1", "prod-us-1"]).fault("2", Fault::Slow(Duration::from_secs(4)));
    let fleet = Fleet::start(spec);
    let home = Home::of(&fleet);
    let mut command = home.command("/bin/sh");
    let line = "kubectl-mc get namespaces; read -r line; echo \"got $line\"";
    command.args(["-c", line]);
    let mut session = Session::start(&command);
    session.wait_for("Enter: rows so far");
    session.types("next\n");
    session.wait_for("got next");
    session.end();
}
