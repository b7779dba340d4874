//! kubectl's flags on a fleet: what they mean for many clusters, and which are refused.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;

const NAMES: [&str; 2] = ["dev", "prod"];

#[test]
fn kubectl_flags_for_one_cluster_are_refused_with_an_alternative() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    for (flag, instead) in [
        ("--context=prod", "--clusters=NAME"),
        ("--cluster=prod", "--clusters=NAME"),
        ("--server=https://x", "set-cluster"),
        ("-shttps://x", "set-cluster"),
        ("--tls-server-name=x", "set-cluster"),
        ("--certificate-authority=x", "set-cluster"),
        ("--insecure-skip-tls-verify", "set-cluster"),
        ("--user=x", "set-credentials"),
        ("--token=secret", "set-credentials"),
        ("--username=x", "set-credentials"),
        ("--password=secret", "set-credentials"),
        ("--client-certificate=x", "set-credentials"),
        ("--client-key=x", "set-credentials"),
    ] {
        let complaint = home.mc(&["get", "pods", flag]).complaint(2);
        assert!(complaint.starts_with("kubectl-mc: --"), "{complaint}");
        assert!(complaint.contains(instead), "{flag}: {complaint}");
        assert!(!complaint.contains("secret"), "{complaint}");
        let complaint = home.feed("mc-exec", &["get", "pods", flag], "dev\n").complaint(2);
        assert!(complaint.contains(instead), "{flag}: {complaint}");
    }
    let help = home.mc(&["get", "--help"]).expect(0);
    assert!(
        !help.contains("--context ") && !help.contains("--token"),
        "{help}"
    );
    assert!(fleet.members().all(|member| member.counters().connections() == 0));
}

#[test]
fn request_timeout_sets_the_timeout() {
    let fleet = Fleet::start(Spec::named(&NAMES).fault("prod", Fault::HangHeaders));
    let home = Home::of(&fleet);
    for timeout in ["--request-timeout=1", "--request-timeout=1s", "--timeout=1s"] {
        let outcome = home.mc(&["get", "pods", "-v", timeout]);
        assert!(outcome.stderr.contains("1s"), "{}", outcome.stderr);
        outcome.expect_saying(
            3,
            "Warning: Failed to query 1/2 clusters:\n\
                \x20 prod: Timeout: no answer from https://127.0.0.1:PORT within 1s: connected, and still \
                waiting for its answer to begin (the API server or the network is slow, or drops packets: check the \
                VPN, or try with a longer --timeout)\n",
        );
    }
    // The last one typed counts, as with all flags.
    home.mc(&["get", "pods", "--request-timeout=0", "--timeout=1s"])
        .expect_saying(
            3,
            "Warning: Failed to query 1/2 clusters. Run with -v for details.\n\
                \x20 Timeout (1): prod: the API server or the network is slow, or drops packets: check the VPN, or try with a longer --timeout\n",
        );
}

#[test]
fn cache_dir_moves_the_cache() {
    let fleet = Fleet::start(Spec::named(&NAMES));
    let home = Home::of(&fleet);
    home.mc(&["get", "pods", "--cache-dir", "elsewhere"]).expect(0);
    let files = home.files();
    assert!(!files.is_empty());
    assert!(
        files.iter().all(|file| file.starts_with("elsewhere/kubectl-mc/")),
        "{files:?}"
    );
}

#[test]
fn get_raw_asks_every_cluster() {
    let fleet = Fleet::start(Spec::named(&NAMES).fault("prod", Fault::Forbidden));
    let home = Home::of(&fleet);
    let path = "--raw=/api/v1/namespaces/default/pods?limit=1";
    let outcome = home.mc(&["get", path]);
    let text = outcome.expect_saying(
        3,
        "Warning: Failed to query 1/2 clusters. Run with -v for details.\n\
            \x20 Forbidden (1): prod: ask for the permission; kubectl --context prod auth can-i --list shows what you may do\n",
    );
    assert!(text.lines().all(|line| line.starts_with("dev\t")), "{text}");
    let plain = home
        .feed("mc-exec", &["get", path, "-o", "ndjson"], "dev\n")
        .expect(0);
    let first = plain.lines().nth(1).unwrap();
    assert!(
        first.starts_with(r#"{"kind":"Text","cluster":"dev","stream":"stdout","text":"{"#),
        "{first}"
    );

    for (args, said) in [
        (
            &["get", "--raw=/x", "pods"][..],
            "arguments may not be passed when --raw is specified",
        ),
        (
            &["get", "--raw=/x", "-o", "json"],
            "--raw and --output are mutually exclusive",
        ),
        (
            &["get", "--raw=/x", "-l", "a=b"],
            "--raw may not be specified with other flags",
        ),
    ] {
        let outcome = home.mc(args);
        assert_eq!(outcome.stdout, "");
        let complaint = outcome.complaint(2);
        assert!(complaint.contains(said), "{complaint}");
    }
}

#[test]
fn server_print_false_builds_rows_from_objects() {
    let fleet = Fleet::start(Spec::named(&NAMES).pods(2));
    let home = Home::of(&fleet);
    let table = home.mc(&["get", "pods", "-A", "--server-print=false"]).expect(0);
    let heading: Vec<_> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(heading, ["NAMESPACE", "NAME", "CLUSTER", "AGE"]);
}

#[test]
fn sort_by_sorts_over_all_clusters() {
    let fleet = Fleet::start(Spec::named(&NAMES).pods(30));
    let home = Home::of(&fleet);
    let table = home
        .mc(&["get", "pods", "-A", "--sort-by=.metadata.name", "--no-headers"])
        .expect(0);
    let rows: Vec<(&str, &str)> = table
        .lines()
        .map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            (words[1], words[2])
        })
        .collect();
    let mut sorted = rows.clone();
    sorted.sort();
    assert_eq!(rows.len(), 60);
    assert_eq!(rows, sorted);

    let outcome = home.mc(&["get", "pods", "-A", "--sort-by=.nothing"]);
    assert_eq!(outcome.stdout, "");
    let said = "error: couldn't find any field with path \"{.nothing}\" in the list of objects\n";
    assert_eq!(outcome.complaint(1), said);
    let complaint = home.mc(&["get", "pods", "--sort-by={"]).complaint(2);
    assert!(complaint.contains("unexpected path string"), "{complaint}");
}

#[test]
fn every_boolean_flag_takes_a_value() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    for flag in [
        "healthy",
        "refresh",
        "no-stale",
        "fail-fast",
        "stream",
        "recursive",
        "show-labels",
    ] {
        for value in ["", "=true", "=false", "=1", "=0", "=t", "=F"] {
            let flag = format!("--{flag}{value}");
            home.mc(&["get", "pods", &flag]).expect(0);
        }
        let complaint = home.mc(&["get", "pods", &format!("--{flag}=maybe")]).complaint(2);
        assert!(complaint.contains("expected true or false"), "{complaint}");
    }
    let printed = home
        .mc(&["get", "pods", "--healthy=false", "--print-pipeline=true"])
        .expect(0);
    assert!(printed.starts_with("mc-discover --healthy=false |"), "{printed}");
}

#[test]
fn arguments_that_are_not_utf8() {
    let fleet = Fleet::start(Spec::named(&["prod-eu-1"]));
    let home = Home::of(&fleet);
    let run = |line: &str| home.run("/bin/bash", &["-c", line]);
    for line in [
        r"kubectl-mc get $'p\xffds'",
        r"kubectl-mc get pods -l $'a=\xff'",
        r"kubectl-mc get pods --clusters $'\xff'",
        r"mc-exec get pods $'\xff' </dev/null",
        r"mc-format -o $'jsonpath={\xff}' </dev/null",
        r"kubectl-mc doctor $'--\xff'",
    ] {
        let stderr = run(line).complaint(2);
        assert!(
            stderr.starts_with("error: ") && stderr.contains("Usage: "),
            "{line}: {stderr}"
        );
    }
    assert_eq!(fleet.hub().counters().connections(), 0);
    run(r"cp $KUBECONFIG $'k\xff' && unset KUBECONFIG && kubectl-mc get pods -A --kubeconfig $'k\xff'")
        .expect(0);
}
