//! The discovery cache: no network while it is fresh, a warning when it has expired and the hub does not answer.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;
use std::os::unix::fs::PermissionsExt;

const FRESH_FOR_NO_TIME: &str = "discovery:\n  cacheTTL: 0s\n";

/// Returns the records without Problems.
fn clusters(records: &str) -> String {
    let lines = records.lines();
    lines
        .filter(|line| !line.starts_with(r#"{"kind":"Problem","stage":"mc-discover","#))
        .map(|line| format!("{line}\n"))
        .collect()
}

const STALE: &str = "mc-discover: Warning: the hub does not list its fleet now, so this is its fleet from SOME \
    seconds ago: Error from server (InternalError): Internal error occurred: etcdserver: \
    request timed out\n";

#[test]
fn fresh_fleet_cache_is_used_without_the_hub_until_refresh() {
    let fleet = Fleet::start(Spec::new(3));
    let home = Home::of(&fleet);
    let first = home.run("mc-discover", &[]).expect(0);
    assert_eq!(
        home.run("mc-discover", &["--clusters", "prod-*"])
            .expect(0)
            .lines()
            .count(),
        2
    );
    assert_eq!(fleet.hub().counters().connections(), 1);
    assert_eq!(home.run("mc-discover", &["--refresh"]).expect(0), first);
    assert_eq!(fleet.hub().counters().connections(), 2);
}

#[test]
fn fleet_cache_is_readable_by_its_user_only() {
    let fleet = Fleet::start(Spec::new(3));
    let home = Home::of(&fleet);
    home.run("mc-discover", &[]).expect(0);
    let files = home.files();
    assert_eq!(files.len(), 1, "{files:?}");
    let mode = std::fs::metadata(home.path().join(&files[0]))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(
        !std::fs::read_to_string(home.path().join(&files[0]))
            .unwrap()
            .contains(fleet.hub().token())
    );
}

#[test]
fn expired_fleet_cache_is_used_with_a_warning_if_the_hub_is_down() {
    let fleet = Fleet::start(Spec::new(3));
    let home = Home::of(&fleet);
    let fresh = home.run("mc-discover", &[]).expect(0);
    home.write(".kube/kubectl-mc-config.yaml", FRESH_FOR_NO_TIME);
    fleet.hub().set_fault(Fault::Error);
    let stale = home.run("mc-discover", &[]);
    assert!(
        stale
            .stderr
            .contains("the hub does not list its fleet now, so this is its fleet from ")
            && stale.stderr.contains(" ago: "),
        "{}",
        stale.stderr
    );
    assert_eq!(clusters(&stale.expect_saying(3, STALE)), fresh);
    // The wrapper has the same status.
    let got = home.mc(&["get", "pods", "-A"]);
    assert!(got.stderr.contains("this is its fleet from "), "{got:?}");
    got.expect_saying(3, STALE);
    for args in [&["--no-stale"][..], &["--max-stale=0"], &["--max-stale=1ns"]] {
        let forbidden = home.run("mc-discover", args);
        assert_eq!(clusters(&forbidden.stdout), "");
        assert!(
            forbidden.stderr.contains("there is a cached one from "),
            "{forbidden:?}"
        );
        forbidden.complaint(1);
    }
    home.write(
        ".kube/kubectl-mc-config.yaml",
        "discovery: {cacheTTL: 0s, maxStale: 1ns}\n",
    );
    home.run("mc-discover", &[]).complaint(1);
    home.run("mc-discover", &["--max-stale", "1h"])
        .expect_saying(3, STALE);
    home.shell("KUBECTL_MC_MAX_STALE=1h mc-discover")
        .expect_saying(3, STALE);
}

#[test]
fn stale_fleet_is_not_used_if_the_hub_refuses_or_is_not_trusted() {
    let fleet = Fleet::start(Spec::new(3));
    let home = Home::of(&fleet);
    home.run("mc-discover", &[]).expect(0);
    home.write(".kube/kubectl-mc-config.yaml", FRESH_FOR_NO_TIME);
    for fault in [Fault::Unauthorized, Fault::InvalidJson, Fault::Redirect] {
        fleet.hub().set_fault(fault);
        let outcome = home.mc(&["get", "pods", "-A"]);
        assert_eq!(outcome.stdout, "", "{fault:?}: {outcome:?}");
        assert_eq!(outcome.status, 1, "{outcome}");
    }
    fleet.hub().set_fault(Fault::None);
    // The same address with a certificate of another authority.
    let mut other = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    let ca = Fleet::start(Spec::new(1));
    let authority = |text: &str| {
        let start = text.find("certificate-authority-data: ").unwrap();
        text[start..].lines().next().unwrap().to_owned()
    };
    let theirs = authority(&std::fs::read_to_string(ca.kubeconfig()).unwrap());
    other = other.replacen(&authority(&other), &theirs, 1);
    home.write("other", &other);
    let outcome = home.run("mc-discover", &["--kubeconfig", "other"]);
    assert_eq!(clusters(&outcome.stdout), "", "{outcome:?}");
    outcome.complaint(1);
}

#[test]
fn fleet_cache_is_kept_per_user_and_proxy_of_a_hub() {
    let fleet = Fleet::start(Spec::new(2));
    let home = Home::of(&fleet);
    home.run("mc-discover", &[]).expect(0);
    assert_eq!(fleet.hub().counters().requests(), 1);
    let text = std::fs::read_to_string(fleet.kubeconfig()).unwrap();
    // Another user, who may see another fleet.
    let token = fleet.hub().token();
    home.write("other-user", &text.replacen(token, "not-a-token", 1));
    let other = home.run("mc-discover", &["--kubeconfig", "other-user"]);
    assert_eq!(clusters(&other.stdout), "", "{other:?}");
    other.complaint(1);
    // Another proxy: nothing listens at its address.
    let server = fleet.hub().server();
    home.write(
        "other-way",
        &text.replacen(server, &format!("{server}\n    proxy-url: http://127.0.0.1:1"), 1),
    );
    let other = home.run("mc-discover", &["--kubeconfig", "other-way"]);
    assert_eq!(clusters(&other.stdout), "", "{other:?}");
    other.complaint(1);
    // A token that was renewed in the same file uses the same cache.
    fleet.reset_counters();
    let renewed = home.path().join("renewed");
    std::fs::write(&renewed, &text).unwrap();
    home.run("mc-discover", &["--kubeconfig", "renewed"]).expect(0);
    assert_eq!(fleet.hub().counters().requests(), 1);
    std::fs::write(&renewed, text.replacen(token, "renewed-token", 1)).unwrap();
    home.run("mc-discover", &["--kubeconfig", "renewed"]).expect(0);
    assert_eq!(fleet.hub().counters().requests(), 1);
    for file in home.files().iter().filter(|file| file.contains("cache/")) {
        let text = std::fs::read_to_string(home.path().join(file)).unwrap();
        assert!(
            !text.contains("token") && !file.contains("token"),
            "{file}: {text}"
        );
    }
}

#[test]
fn hub_without_clusters_is_an_error() {
    let fleet = Fleet::start(Spec::new(2));
    let home = Home::of(&fleet);
    for line in [
        "mc-discover -n typo",
        "kubectl-mc get pods --hub-namespace=typo",
        "mc-setup --hub-namespace=typo",
    ] {
        let outcome = home.shell(line);
        assert!(
            outcome
                .stderr
                .contains("lists no clusters in its namespace typo: check --hub-namespace"),
            "{outcome:?}"
        );
        assert_eq!(outcome.status, 1, "{outcome}");
    }
    // Nothing of it is cached.
    assert!(
        home.files().iter().all(|file| !file.contains("cache/")),
        "{:?}",
        home.files()
    );
    let empty = home.feed("mc-discover", &["-"], "");
    assert!(
        empty.stderr.contains("standard input names no cluster"),
        "{empty:?}"
    );
    empty.complaint(1);
}

#[test]
fn damaged_fleet_cache_is_replaced() {
    let fleet = Fleet::start(Spec::new(3));
    let home = Home::of(&fleet);
    let fresh = home.run("mc-discover", &[]).expect(0);
    let file = home.path().join(&home.files()[0]);
    let whole = std::fs::read(&file).unwrap();
    for spoiled in [
        &b""[..],
        b"{}",
        b"\xff\xfe\n",
        &whole[..whole.len() / 2],
        &whole[whole.len() / 2..],
    ] {
        std::fs::write(&file, spoiled).unwrap();
        let outcome = home.run("mc-discover", &[]);
        assert_eq!(outcome.expect(0), fresh);
        // After the first line, which says when and how fast the hub answered.
        let records = std::fs::read_to_string(&file).unwrap();
        assert_eq!(records.split_once('\n').unwrap().1, fresh);
    }
}

#[test]
fn concurrent_runs_keep_the_fleet_cache_whole() {
    let fleet = Fleet::start(Spec::new(30));
    let home = Home::of(&fleet);
    let fresh = home.run("mc-discover", &[]).expect(0);
    let line = "for i in 1 2 3 4 5 6 7 8 9 10; do mc-discover --refresh >out.$i & mc-discover >out.c$i & done; wait; cat out.*";
    let all = home.shell(line).expect(0);
    assert_eq!(all, fresh.repeat(20));
    assert!(
        home.files().iter().filter(|file| file.contains("cache")).count() == 1,
        "{:?}",
        home.files()
    );
}

#[test]
fn unwritable_home_disables_the_fleet_cache() {
    let fleet = Fleet::start(Spec::new(3));
    let home = Home::of(&fleet);
    // A file in the folder's place: this stops root too.
    home.write(".kube/cache", "");
    let outcome = home.mc(&["get", "pods", "-A"]);
    assert!(outcome.stderr.contains("cache"), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    outcome.expect_saying(
        0,
        "mc-discover: Warning: the fleet cannot be cached in HOME/.kube/cache/kubectl-mc, so every \
            run asks the hub: not a directory\n",
    );
}
