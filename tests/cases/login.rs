//! Logins at a credential plugin that has the terminal: they stop the clock of the run.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::{Home, Outcome};

/// A home in which the users of these clusters log in with a plugin that runs `until` before it asks for a code.
fn home(fleet: &Fleet, clusters: &[&str], until: &str) -> Home {
    let ask = "printf 'code: ' >&2; read -r code; [ \"$code\" = 1234 ] || exit 1";
    logging_in(
        fleet,
        clusters,
        "interactiveMode: Always",
        &format!("{until}\n{ask}"),
    )
}

/// A home in which the users of these clusters log in with a plugin of this configuration that runs `does` first.
fn logging_in(fleet: &Fleet, clusters: &[&str], config: &str, does: &str) -> Home {
    let home = Home::of(fleet);
    let mut kubeconfig = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    for name in clusters {
        let token = match *name {
            "hub" => fleet.hub().token(),
            name => fleet.member(name).token(),
        };
        let line = format!("token: {token}\n");
        assert!(kubeconfig.contains(&line));
        let exec = format!(
            "exec: {{apiVersion: client.authentication.k8s.io/v1beta1, command: /bin/sh, args: [plugin, {token}, \
             {name}], {config}}}\n"
        );
        kubeconfig = kubeconfig.replace(&line, &exec);
    }
    home.write("kubeconfig", &kubeconfig);
    let gives = r#"echo '{"apiVersion":"client.authentication.k8s.io/v1beta1","kind":"ExecCredential","status":{"token":"'"$1"'"}}'
"#;
    home.write(
        "plugin",
        &format!("echo \"$2 $KUBERNETES_EXEC_INFO\" >>runs\n{does}\n{gives}"),
    );
    home
}

/// Runs a line on a terminal of its own, on which the codes are typed ahead.
fn typing(home: &Home, line: &str) -> Outcome {
    let line = format!("export KUBECONFIG=kubeconfig; setsid -cw sh -c '{line}'");
    home.typing(&line, "1234\n1234\n1234\n")
}

#[test]
fn login_time_does_not_count_for_clusters_that_wait_for_it() {
    let fleet = Fleet::start(Spec::named(&["a-login", "b-hangs", "c-login"]).fault("2", Fault::HangHeaders));
    // The plugin asks for the code once a cluster that does not wait for it has timed out: the time of those that do
    // would be over, too. The third waits for the terminal meanwhile.
    let until = r#"until grep -q '"cluster":"b-hangs".*"Timeout"' records; do sleep 0.02; done"#;
    let home = home(&fleet, &["a-login", "c-login"], until);
    let line = "mc-discover | mc-exec get pods -A --timeout=1s | tee records | mc-merge | mc-format -o name";
    let shown = typing(&home, line).expect(3);
    assert_eq!(shown.matches("code: ").count(), 2, "{shown}");
    for cluster in ["a-login", "c-login"] {
        assert!(shown.contains(&format!("{cluster}\tpod/")), "{shown}");
    }
    assert!(shown.contains("1/3 clusters"), "{shown}");
}

#[test]
fn login_time_does_not_count_for_total_timeout_and_hub() {
    let fleet = Fleet::start(Spec::named(&["a-login", "b-hangs"]).fault("2", Fault::HangHeaders));
    // The login takes longer than all timeouts.
    let home = home(&fleet, &["hub", "a-login"], "sleep 3");
    let line = "kubectl-mc get pods -A -o name -v --total-timeout=2s --timeout=2s";
    let shown = typing(&home, line).expect(3);
    assert_eq!(shown.matches("code: ").count(), 2, "{shown}");
    assert!(shown.contains("a-login\tpod/"), "{shown}");
    assert!(shown.contains("1/2 clusters"), "{shown}");
    // After the login the clock goes on.
    let line = "kubectl-mc get pods -A -o name -v --total-timeout=2s --timeout=600s";
    let shown = typing(&home, line).expect(3);
    assert!(shown.contains("a-login\tpod/"), "{shown}");
    assert!(shown.contains("--total-timeout"), "{shown}");
}

/// How often the plugin ran.
fn runs(home: &Home) -> usize {
    let runs = std::fs::read_to_string(home.path().join("runs")).unwrap_or_default();
    runs.lines().count()
}

/// Runs a line on a terminal of its own, and answers each prompt.
fn replying(home: &Home, line: &str, replies: &[(&str, &str)]) -> Outcome {
    let line = format!("export KUBECONFIG=kubeconfig; setsid -cw sh -c '{line}'");
    home.replying(&line, replies)
}

const GET: &str = "kubectl-mc get pods -A -o name -v";

/// Without `interactiveMode`, as the clouds' tools write it, and with the hub's own plugin, whose stage has no stdin.
#[test]
fn plugin_without_interactive_mode_asks_on_the_terminal() {
    let fleet = Fleet::start(Spec::named(&["a"]));
    let ask = "[ -t 0 ] && [ -t 2 ] || exit 3; printf 'code for %s: ' \"$2\" >&2; read -r code; [ \"$code\" = 1234 ] || exit 4";
    for config in ["", "interactiveMode: IfAvailable"] {
        let home = logging_in(&fleet, &["hub", "a"], config, ask);
        let shown = replying(&home, GET, &[("code for ", "1234\n")]).expect(0);
        assert!(
            shown.contains("code for hub: ") && shown.contains("code for a: "),
            "{shown}"
        );
        assert!(shown.contains("a\tpod/"), "{shown}");
        let asked = std::fs::read_to_string(home.path().join("runs")).unwrap();
        assert_eq!(asked.matches(r#""interactive":true"#).count(), 2, "{asked}");
    }
}

/// A plugin that another run of it blocks is run again, alone and with the terminal.
#[test]
fn plugin_that_opens_dev_tty_gets_the_terminal() {
    let fleet = Fleet::start(Spec::named(&["a", "b", "c"]));
    let ask =
        "printf 'code for %s: ' \"$2\" >/dev/tty; read -r code </dev/tty; [ \"$code\" = 1234 ] || exit 4";
    for config in ["interactiveMode: Never", "interactiveMode: IfAvailable"] {
        let home = logging_in(&fleet, &["a", "b", "c"], config, ask);
        let shown = replying(&home, GET, &[("code for ", "1234\n")]).expect(0);
        for name in ["a", "b", "c"] {
            assert!(shown.contains(&format!("{name}\tpod/")), "{shown}");
        }
    }
}

/// A port, a file or a refresh token that only one run at a time can have.
#[test]
fn plugins_that_block_each_other_are_run_again() {
    let names = ["a", "b", "c", "d", "e"];
    let fleet = Fleet::start(Spec::named(&names));
    let holds =
        "mkdir held 2>/dev/null || { echo 'address already in use' >&2; exit 1; }; sleep 0.2; rmdir held";
    let home = logging_in(&fleet, &names, "", holds);
    let outcome = home.shell(&format!("export KUBECONFIG=kubeconfig; {GET}"));
    let rows = outcome.expect(0);
    for name in names {
        assert!(rows.contains(&format!("{name}\tpod/")), "{rows}");
    }
    assert!(runs(&home) > names.len(), "some of them met: {}", runs(&home));
}

#[test]
fn login_page_is_shown_without_a_terminal_and_stops_the_clock() {
    let fleet = Fleet::start(Spec::named(&["a", "b"]));
    // It goes on when the page has been shown, and longer than its cluster may take.
    let device = "printf '\\033[31mopen https://login.example/device and enter ABCD\\n' >&2; \
        until grep -q ABCD shown; do sleep 0.05; done; sleep 2";
    let home = logging_in(&fleet, &["a"], "", device);
    let line = format!("export KUBECONFIG=kubeconfig; {GET} --timeout=1s --total-timeout=1s 2>shown");
    let rows = home.shell(&line).expect(0);
    assert!(rows.contains("a\tpod/") && rows.contains("b\tpod/"), "{rows}");
    let shown = std::fs::read_to_string(home.path().join("shown")).unwrap();
    let words = "mc-exec: a: sh: open https://login.example/device and enter ABCD\n";
    assert!(shown.contains(words), "{shown}");
}

#[test]
fn login_ends_after_login_timeout() {
    let fleet = Fleet::start(Spec::named(&["a", "b"]));
    let home = logging_in(
        &fleet,
        &["a"],
        "",
        "echo open https://login.example >&2; sleep 600",
    );
    home.write(".kube/kubectl-mc-config.yaml", "access: {loginTimeout: 1s}\n");
    let outcome = home.shell(&format!("export KUBECONFIG=kubeconfig; {GET}"));
    let words =
        "a: CredentialPlugin: the credential plugin sh has not ended within 1s: open https://login.example";
    assert!(outcome.stderr.contains(words), "{outcome:?}");
    let rows = outcome.expect_saying(
        3,
        "mc-exec: a: sh: open https://login.example\n\
            Warning: Failed to query 1/2 clusters:\n\
            \x20 a: CredentialPlugin: the credential plugin sh has not ended within 1s: open \
            https://login.example (run it by hand and log in where it asks to: /bin/sh)\n",
    );
    assert!(rows.contains("b\tpod/"), "{rows}");
}

/// The plugin turns the echo off, and is killed before it could turn it on again.
#[test]
fn ctrl_c_at_a_prompt_restores_the_terminal() {
    let fleet = Fleet::start(Spec::named(&["a", "b"]));
    let ask = "stty -echo; printf 'password: ' >&2; read -r password; exit 1";
    for clusters in [["hub", "a"], ["a", "b"]] {
        let home = logging_in(&fleet, &clusters, "", ask);
        let line = format!("trap : INT; stty -a >before; {GET}; echo ended with $?; stty -a >after");
        let shown = replying(&home, &line, &[("password: ", "\u{3}")]).expect(0);
        assert!(shown.contains("ended with 130"), "{shown}");
        assert_eq!(shown.matches("password: ").count(), 1, "{shown}");
        let read = |name: &str| std::fs::read_to_string(home.path().join(name)).unwrap();
        assert_eq!(read("before"), read("after"));
        assert_eq!(runs(&home), 1);
    }
}

/// Without a login, hundreds of clusters must not ask for one after the other.
#[test]
fn failing_plugin_is_not_run_again_for_every_cluster() {
    let names: Vec<String> = (0..12).map(|number| format!("n-{number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let fleet = Fleet::start(Spec::named(&names));
    let says = "printf 'ERROR: expired\\nPlease run:\\n\\n  $ corp auth login\\n\\nto obtain new\\ncredentials.\\nOr\\nelse\\n' >&2; exit 1";
    let home = logging_in(&fleet, &names, "", says);
    let outcome = home.shell(&format!("export KUBECONFIG=kubeconfig; {GET}"));
    assert_eq!(outcome.status, 1);
    assert!(runs(&home) <= 12 + 2, "{}", runs(&home));
    let words = "failed (exit status: 1): ERROR: expired Please run: $ corp auth login to obtain new credentials. Or else";
    assert!(outcome.stderr.contains(words), "{}", outcome.stderr);
}
