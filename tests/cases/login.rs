//! A person who logs in, at a credential plugin that has the terminal, is given time.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::{Home, Outcome};

/// The users of these clusters log in at a plugin, which waits as `until` says before it asks for a code.
fn home(fleet: &Fleet, clusters: &[&str], until: &str) -> Home {
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
            "exec: {{apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, args: [plugin, {token}], \
             interactiveMode: Always}}\n"
        );
        kubeconfig = kubeconfig.replace(&line, &exec);
    }
    home.write("kubeconfig", &kubeconfig);
    let plugin = r#"printf 'code: ' >&2; read -r code; [ "$code" = 1234 ] || exit 1
echo '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'"$1"'"}}'
"#;
    home.write("plugin", &format!("{until}\n{plugin}"));
    home
}

/// On a terminal of its own, on which the codes are typed.
fn typing(home: &Home, line: &str) -> Outcome {
    let line = format!("export KUBECONFIG=kubeconfig; setsid -cw sh -c '{line}'");
    home.typing(&line, "1234\n1234\n1234\n")
}

#[test]
fn those_who_wait_for_a_login_have_their_time_behind_it_and_others_do_not() {
    let fleet = Fleet::start(Spec::named(&["a-login", "b-hangs", "c-login"]).fault("2", Fault::HangHeaders));
    // The code is asked for when the time of one that does not wait for it is over: theirs would be, too. The
    // third waits for the terminal meanwhile.
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
fn a_login_is_not_on_the_clock_of_the_run_nor_of_the_hub() {
    let fleet = Fleet::start(Spec::named(&["a-login", "b-hangs"]).fault("2", Fault::HangHeaders));
    // A person who thinks for longer than everything may take.
    let home = home(&fleet, &["hub", "a-login"], "sleep 3");
    let line = "kubectl-mc get pods -A -o name -v --total-timeout=2s --timeout=2s";
    let shown = typing(&home, line).expect(3);
    assert_eq!(shown.matches("code: ").count(), 2, "{shown}");
    assert!(shown.contains("a-login\tpod/"), "{shown}");
    assert!(shown.contains("1/2 clusters"), "{shown}");
    // Behind the login it goes on.
    let line = "kubectl-mc get pods -A -o name -v --total-timeout=2s --timeout=600s";
    let shown = typing(&home, line).expect(3);
    assert!(shown.contains("a-login\tpod/"), "{shown}");
    assert!(shown.contains("--total-timeout"), "{shown}");
}
