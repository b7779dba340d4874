#![allow(clippy::unwrap_used)]
use super::*;
use crate::exec::get::server::Reply;
use crate::exec::testing::{Fake, json, recorded as file, tagged};
use std::cell::Cell;

const KEY: &str = "https://127.0.0.1:6443/with/path\n\n\n\nCA";

fn aggregated(path: &str) -> Reply {
    tagged(
        &format!("\"tag of {path}\""),
        &file(&format!(
            "member.{}.aggregated.json",
            path.trim_start_matches('/')
        )),
    )
}

/// As of before aggregated discovery.
fn of_old(path: &str) -> Reply {
    let name = path.trim_start_matches('/').replace('/', "_");
    json(200, &file(&format!("member.{name}.json")))
}

#[tokio::test]
async fn it_takes_two_requests_and_then_none() {
    let dir = tempfile::tempdir().unwrap();
    let server = Fake::new(|path, _, _| aggregated(path));
    let (known, fresh) = Discovery::new(dir.path()).of(&server, KEY).await.unwrap();
    assert!(fresh);
    assert_eq!(known.index, recorded());
    assert_eq!(server.asked(), ["/api", "/apis"]);

    // Another run.
    let (known, fresh) = Discovery::new(dir.path()).of(&server, KEY).await.unwrap();
    assert!(!fresh);
    assert_eq!(known.index, recorded());
    assert!(server.asked().is_empty());
    let files: Vec<_> = std::fs::read_dir(dir.path().join("discovery"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .collect();
    assert_eq!(files.len(), 1);
    let name = files[0].file_name().into_string().unwrap();
    assert!(name.starts_with("127.0.0.1_6443-"), "{name}");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(files[0].metadata().unwrap().permissions().mode() & 0o777, 0o600);

    // Another way is another server.
    Discovery::new(dir.path())
        .of(&server, &KEY.replace("CA", "CB"))
        .await
        .unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn what_others_could_have_written_is_not_believed() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let server = Fake::new(|path, _, _| aggregated(path));
    let ask = async || {
        Discovery::new(dir.path()).of(&server, KEY).await.unwrap();
        server.asked().len()
    };
    assert_eq!((ask().await, ask().await), (2, 0));
    let file = dir.path().join("discovery").join(file_name(KEY));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert!(cached_types(dir.path()).is_empty());
    assert_eq!((ask().await, ask().await), (2, 0));
    let elsewhere = dir.path().join("elsewhere");
    std::fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    assert_eq!((ask().await, ask().await), (2, 0));
    assert!(!cached_types(dir.path()).is_empty());
}

#[tokio::test]
async fn what_finds_nothing_at_all_is_no_api_server() {
    let dir = tempfile::tempdir().unwrap();
    let server = Fake::new(|_, _, _| json(404, "not here"));
    let error = Discovery::new(dir.path()).of(&server, KEY).await.unwrap_err();
    assert_eq!(error.reason, crate::record::Reason::Protocol);
    // One of the two may be missing.
    let server = Fake::new(|path, _, _| match path {
        "/api" => json(404, "not here"),
        path => aggregated(path),
    });
    Discovery::new(dir.path()).of(&server, KEY).await.unwrap();
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let unchanged = Cell::new(0);
    let server = Fake::new(|path, _, etag| match etag {
        Some(etag) => {
            assert_eq!(etag, format!("\"tag of {path}\""));
            unchanged.set(unchanged.get() + 1);
            json(304, "")
        }
        None => aggregated(path),
    });
    Discovery::new(dir.path()).of(&server, KEY).await.unwrap();
    let discovery = Discovery::new(dir.path());
    let known = discovery.refresh(&server, KEY).await.unwrap();
    assert_eq!(known.index, recorded());
    assert_eq!(unchanged.get(), 2);
    // The tags are kept.
    discovery.refresh(&server, KEY).await.unwrap();
    assert_eq!(unchanged.get(), 4);
}

#[tokio::test]
async fn one_document_may_change_without_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let server = Fake::new(|path, _, _| aggregated(path));
    Discovery::new(dir.path()).of(&server, KEY).await.unwrap();
    let server = Fake::new(|path, _, etag| match (path, etag) {
        ("/api", Some(_)) => json(304, ""),
        ("/apis", _) => tagged("\"new\"", &file("hub.apis.aggregated.json")),
        _ => aggregated(path),
    });
    let known = Discovery::new(dir.path()).refresh(&server, KEY).await.unwrap();
    assert!(known.index.find("pods").is_some());
    assert!(known.index.find("clusterprofiles").is_some());
    assert!(known.index.find("widgets").is_none());
    assert_eq!(server.asked(), ["/api", "/apis", "/api"]);
}

#[tokio::test]
async fn servers_that_say_the_same_share_one_copy() {
    let dir = tempfile::tempdir().unwrap();
    let server = Fake::new(|path, _, _| aggregated(path));
    let discovery = Discovery::new(dir.path());
    let (one, _) = discovery.of(&server, "https://one").await.unwrap();
    let (two, _) = discovery.of(&server, "https://two").await.unwrap();
    assert!(Rc::ptr_eq(&one, &two));
    let discovery = Discovery::new(dir.path());
    let (one, _) = discovery.of(&server, "https://one").await.unwrap();
    let (two, _) = discovery.of(&server, "https://two").await.unwrap();
    assert!(Rc::ptr_eq(&one, &two), "from disk too");
}

#[tokio::test]
async fn the_documents_of_old_say_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let server = Fake::new(|path, _, _| of_old(path));
    let (known, _) = Discovery::new(dir.path()).of(&server, KEY).await.unwrap();
    let recorded = recorded();
    for (group, expected) in known.index.0.iter().zip(&recorded.0) {
        assert_eq!(group.name, expected.name);
        for (version, expected) in group.versions.iter().zip(&expected.versions) {
            let names = |version: &Version| -> Vec<String> {
                let mut names: Vec<_> = version.resources.iter().map(|one| one.plural.clone()).collect();
                names.sort();
                names
            };
            assert_eq!(names(version), names(expected));
        }
    }
    assert_eq!(known.index.0.len(), recorded.0.len());
    assert_eq!(known.index.find("wdg"), recorded.find("wdg"));
    assert!(server.asked().len() > 20);
}

#[tokio::test]
async fn a_version_that_is_away_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let server = Fake::new(|path, _, _| match path {
        "/api" => json(404, "{}"),
        _ => json(
            200,
            r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"x.io"},"versions":[
                {"version":"v2","freshness":"Stale","resources":[]},
                {"version":"v1","freshness":"Current","resources":[
                    {"resource":"xs","responseKind":{"kind":"X"},"scope":"Cluster","shortNames":null},
                    {"resource":"parents","responseKind":null,"scope":"Cluster"}]}]},
                {"metadata":{"name":"empty.io"},"versions":null}]}"#,
        ),
    });
    let (known, _) = Discovery::new(dir.path()).of(&server, KEY).await.unwrap();
    let mapping = known.index.find("x").unwrap();
    assert_eq!((&*mapping.version, &*mapping.resource), ("v1", "xs"));
    assert!(known.index.find("parents").is_none());
}

#[tokio::test]
async fn a_cache_that_is_broken_old_or_unwritable_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let server = Fake::new(|path, _, _| aggregated(path));
    let discovery = Discovery::new(dir.path());
    discovery.of(&server, KEY).await.unwrap();
    let path = discovery.file(KEY);
    let text = std::fs::read_to_string(&path).unwrap();
    server.asked();
    let broken = &text[..text.len() / 2];
    let old = text.replacen(&format!("\"fetched\":{}", now()), "\"fetched\":1", 1);
    let to_come = text.replacen("\"fetched\":1", "\"fetched\":9", 1);
    for bad in [broken, "", "[]", &old, &to_come] {
        std::fs::write(&path, bad).unwrap();
        let (known, fresh) = Discovery::new(dir.path()).of(&server, KEY).await.unwrap();
        assert!(fresh, "{bad:.80}");
        assert_eq!(known.index, recorded());
        assert_eq!(server.asked().len(), 2);
    }
    let nowhere = Discovery::new(Path::new("/proc/nowhere"));
    assert!(nowhere.of(&server, KEY).await.is_ok());
}

#[tokio::test]
async fn a_server_that_does_not_say() {
    let dir = tempfile::tempdir().unwrap();
    let server = Fake::new(|_, _, _| json(403, &file("error.403.json")));
    let error = Discovery::new(dir.path()).of(&server, KEY).await.unwrap_err();
    assert_eq!(error.reason, crate::record::Reason::Forbidden);
    let server = Fake::new(|_, _, _| json(200, "{\"items\":[{\"versions\":1}]}"));
    let error = Discovery::new(dir.path()).of(&server, KEY).await.unwrap_err();
    assert_eq!(error.reason, crate::record::Reason::Protocol);
    assert!(
        error
            .message
            .starts_with("the discovery document /api is malformed: ")
    );
}

#[tokio::test]
async fn json_that_is_no_discovery_document_does_not_mean_that_nothing_is_served() {
    let dir = tempfile::tempdir().unwrap();
    let other = [
        r#"{"error":"log in first"}"#,
        r#"{"kind":"List","items":[]}"#,
        "{ }",
    ];
    for body in other {
        let server = Fake::new(|_, _, _| json(200, body));
        let error = Discovery::new(dir.path()).of(&server, KEY).await.unwrap_err();
        assert_eq!(error.reason, crate::record::Reason::Protocol, "{body}");
        assert!(
            error.message.contains("no discovery document"),
            "{}",
            error.message
        );
    }
    let server = Fake::new(|path, _, _| match path {
        "/api" => json(200, r#"{"kind":"APIVersions","versions":["v1"]}"#),
        "/api/v1" => json(200, other[1]),
        _ => json(404, "{}"),
    });
    let error = Discovery::new(dir.path()).of(&server, KEY).await.unwrap_err();
    assert!(error.message.contains("/api/v1"), "{}", error.message);
}
