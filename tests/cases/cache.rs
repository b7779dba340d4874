//! The discovery cache: no network while it is fresh, a warning when it is not and nobody answers.

use crate::fleet::{Fault, Fleet, Spec};
use crate::support::Home;
use std::os::unix::fs::PermissionsExt;

const FRESH_FOR_NO_TIME: &str = "discovery:\n  cacheTTL: 0s\n";

#[test]
fn a_fresh_cache_needs_no_hub_and_refresh_asks_it() {
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
fn the_cache_is_the_users_alone() {
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
fn an_expired_cache_serves_when_the_hub_is_away_and_says_so() {
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
    assert_eq!(stale.expect(0), fresh);
    let forbidden = home.run("mc-discover", &["--no-stale"]);
    assert_eq!(forbidden.stdout, "");
    forbidden.complaint(1);
}

#[test]
fn a_damaged_cache_is_replaced() {
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
        // Behind the first line, which says when and how fast the hub answered.
        let records = std::fs::read_to_string(&file).unwrap();
        assert_eq!(records.split_once('\n').unwrap().1, fresh);
    }
}

#[test]
fn many_at_once_do_not_spoil_it() {
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
fn a_home_that_cannot_be_written_is_no_obstacle() {
    let fleet = Fleet::start(Spec::new(3));
    let home = Home::of(&fleet);
    // A file in the folder's place: this stops root too.
    home.write(".kube/cache", "");
    let outcome = home.mc(&["get", "pods", "-A"]);
    assert!(outcome.stderr.contains("cache"), "{}", outcome.stderr);
    assert_eq!(outcome.stderr.lines().count(), 1, "{}", outcome.stderr);
    outcome.expect(0);
}
