#![allow(clippy::unwrap_used)]

use super::{CacheKey, Seen, in_words, invalidate, read, read_any, write};
use crate::discover::finding::Finding;
use crate::discover::fleet::Fleet;
use crate::discover::member::Member;
use crate::record::Cluster;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const KEY: CacheKey<'static> = CacheKey {
    server: "https://hub.example.com:6443/k8s/clusters/c-1",
    way: "0123",
    source: "clusterprofile",
    namespace: None,
    about: "",
};

fn fleet(names: &[&str]) -> Fleet {
    let member = |name: &&str| {
        Member::new(&Cluster {
            cluster: (*name).into(),
            hub: Some("hub".into()),
            ..Cluster::default()
        })
    };
    Fleet {
        hub: "hub".into(),
        members: names.iter().map(member).collect(),
        findings: vec![
            Finding::missing("one is left out"),
            Finding::note("a note").with_remedy("a remedy"),
        ],
        millis: 7,
    }
}

/// Returns the only file of a cache.
fn file(dir: &Path) -> PathBuf {
    let mut files = fs::read_dir(dir.join("fleet")).unwrap();
    let file = files.next().unwrap().unwrap().path();
    assert!(files.next().is_none());
    file
}

#[test]
fn cached_fleet_is_read_as_written() {
    let dir = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    assert!(read(dir.path(), KEY).is_none());
    write(dir.path(), KEY, &fleet(&["a", "ü"]), now).unwrap();
    write(dir.path(), KEY, &fleet(&["b", "c"]), now).unwrap();
    let cached = read(dir.path(), KEY).unwrap();
    assert_eq!(cached.fleet, fleet(&["b", "c"]));
    assert!(cached.is_fresh(Duration::from_secs(60), now));
    let name = file(dir.path());
    let name = name.file_name().unwrap().to_str().unwrap();
    let start = "hub.example.com_6443_k8s_clusters_c_1-clusterprofile-";
    assert!(name.starts_with(start) && name.ends_with(".ndjson"), "{name}");
}

#[test]
fn cache_files_of_hubs_sources_and_namespaces_differ() {
    let dir = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    write(dir.path(), KEY, &fleet(&["a"]), now).unwrap();
    for other in [
        CacheKey {
            server: "https://hub.example.com:6443/k8s/clusters/c_1",
            ..KEY
        },
        CacheKey { way: "0124", ..KEY },
        CacheKey {
            source: "inventory",
            ..KEY
        },
        CacheKey {
            namespace: Some("n"),
            ..KEY
        },
        CacheKey { about: "x", ..KEY },
    ] {
        assert!(read(dir.path(), other).is_none(), "{other:?}");
        // A file with the name of another key is not used either.
        let copy = other.file(dir.path());
        fs::copy(KEY.file(dir.path()), &copy).unwrap();
        assert!(read(dir.path(), other).is_none(), "{other:?}");
    }
    assert!(read(dir.path(), KEY).is_some());
}

#[test]
fn cache_is_fresh_until_ttl_and_not_if_from_the_future() {
    let dir = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    write(dir.path(), KEY, &fleet(&["a"]), now).unwrap();
    let cached = read(dir.path(), KEY).unwrap();
    let ttl = Duration::from_secs(300);
    let later = |seconds| now + Duration::from_secs(seconds);
    assert!(cached.is_fresh(ttl, later(298)));
    assert!(!cached.is_fresh(ttl, later(301)));
    assert!(!cached.is_fresh(ttl, cached.written + ttl));
    assert!(!cached.is_fresh(Duration::ZERO, cached.written));
    assert!(cached.is_fresh(ttl, now - Duration::from_secs(30)));
    assert!(!cached.is_fresh(ttl, now - Duration::from_secs(90)));
    assert_eq!(cached.age(later(3 * 3600 + 5)), "from 3 hours ago");
    assert_eq!(cached.age(now - Duration::from_secs(30)), "from just now");
    assert!(cached.age(now - Duration::from_secs(3600)).contains("clock"));
}

#[test]
fn cache_age_in_words() {
    for (seconds, text) in [
        (0, "0 seconds"),
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (7_199, "119 minutes"),
        (7_200, "2 hours"),
        (86_400, "24 hours"),
        (172_800, "2 days"),
    ] {
        assert_eq!(in_words(Duration::from_secs(seconds)), text);
    }
}

#[test]
fn damaged_or_foreign_cache_file_is_ignored_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    write(dir.path(), KEY, &fleet(&["a", "b"]), now).unwrap();
    let path = file(dir.path());
    let whole = fs::read(&path).unwrap();
    let text = String::from_utf8(whole.clone()).unwrap();
    let mut damaged: Vec<Vec<u8>> = (0..whole.len()).map(|end| whole[..end].to_vec()).collect();
    damaged.push(text.replacen("\"format\":4", "\"format\":3", 1).into_bytes());
    damaged.push(
        text.replacen("\"cluster\":\"a\"", "\"cluster\":\"x\"", 1)
            .into_bytes(),
    );
    damaged.push([whole.as_slice(), b"{\"kind\":\"Cluster\",\"cluster\":\"evil\"}\n"].concat());
    damaged.push([whole.as_slice(), b"\xff"].concat());
    damaged.push(b"\x00\xff\xfe".to_vec());
    for bytes in damaged {
        fs::write(&path, &bytes).unwrap();
        assert!(
            read(dir.path(), KEY).is_none(),
            "{}",
            String::from_utf8_lossy(&bytes)
        );
    }
    write(dir.path(), KEY, &fleet(&["a"]), now).unwrap();
    assert_eq!(read(dir.path(), KEY).unwrap().fleet.members.len(), 1);
}

#[cfg(unix)]
#[test]
fn cache_is_readable_and_writable_by_its_user_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let cache = dir.path().join("cache/kubectl-mc");
    write(&cache, KEY, &fleet(&["a"]), SystemTime::now()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&file(&cache)), 0o600);
    assert_eq!(mode(&cache.join("fleet")), 0o700);
    assert_eq!(mode(&cache), 0o700);
    // A file that others may write may have been written by them.
    fs::set_permissions(file(&cache), fs::Permissions::from_mode(0o666)).unwrap();
    assert!(read(&cache, KEY).is_none());
    assert_eq!(read_any(&cache), Seen::default());
}

#[test]
fn cache_folder_that_cannot_be_created_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    assert!(write(&dir.path().join("file"), KEY, &fleet(&["a"]), SystemTime::now()).is_err());
    assert!(read(&dir.path().join("file"), KEY).is_none());
}

#[test]
fn concurrent_cache_writers_leave_one_complete_file() {
    let dir = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let dir = dir.path();
            scope.spawn(move || {
                let names: Vec<String> = (0..50).map(|n| format!("c{writer}-{n}")).collect();
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                for _ in 0..20 {
                    write(dir, KEY, &fleet(&names), now).unwrap();
                    assert_eq!(read(dir, KEY).unwrap().fleet.members.len(), 50);
                }
            });
        }
    });
    file(dir.path());
}

#[test]
fn completion_reads_names_of_all_cached_fleets() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(read_any(dir.path()), Seen::default());
    let long_ago = SystemTime::UNIX_EPOCH;
    write(dir.path(), KEY, &fleet(&["b", "a"]), long_ago).unwrap();
    let other = CacheKey {
        server: "https://other",
        ..KEY
    };
    write(dir.path(), other, &fleet(&["c", "b"]), long_ago).unwrap();
    // A damaged line is skipped.
    let path = other.file(dir.path());
    let text =
        fs::read_to_string(&path).unwrap() + "{\"cluster\":\n{\"cluster\":\"x\\ny\"}\n{\"cluster\":\"d\"}\n";
    fs::write(&path, text).unwrap();
    let placed = CacheKey {
        source: "inventory",
        about: "shop/web",
        ..KEY
    };
    write(dir.path(), placed, &fleet(&["b"]), long_ago).unwrap();
    let path = placed.file(dir.path());
    let in_sets = "{\"cluster\":\"a\",\"clusterSets\":[\"global\",\"a\\nb\"]}\n";
    fs::write(&path, fs::read_to_string(&path).unwrap() + in_sets).unwrap();
    let seen = read_any(dir.path());
    assert!(seen.clusters.iter().eq(["a", "b", "c", "d"]), "{seen:?}");
    assert!(seen.cluster_sets.iter().eq(["global"]), "{seen:?}");
    assert!(seen.placements.iter().eq(["shop/web"]), "{seen:?}");
    invalidate(dir.path()).unwrap();
    invalidate(dir.path()).unwrap();
    assert_eq!(read_any(dir.path()), Seen::default());
}

#[test]
fn temporary_files_of_interrupted_runs_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    write(dir.path(), KEY, &fleet(&["a"]), now).unwrap();
    let left = dir.path().join("fleet/abc.tmp");
    fs::write(&left, "").unwrap();
    write(dir.path(), KEY, &fleet(&["a"]), now).unwrap();
    assert!(left.exists());
    write(dir.path(), KEY, &fleet(&["a"]), now + Duration::from_secs(4000)).unwrap();
    assert!(!left.exists());
}
