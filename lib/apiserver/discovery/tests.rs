#![allow(clippy::unwrap_used)]
use super::*;
use crate::apiserver::server::Reply;
use crate::apiserver::testing::{FakeServer, json, recorded as file, tagged};
use crate::record::Reason;
use std::cell::Cell;

const KEY: &str = "https://127.0.0.1:6443/with/path\n\n\n\nCA";

fn discovery_in(cache: &Path) -> Discovery {
    Discovery::new(DiscoveryCache::new(cache), Workers::default())
}

fn aggregated(path: &str) -> Reply {
    tagged(
        &format!("\"tag of {path}\""),
        &file(&format!(
            "member.{}.aggregated.json",
            path.trim_start_matches('/')
        )),
    )
}

/// Answers of a server without aggregated discovery.
fn of_old(path: &str) -> Reply {
    let name = path.trim_start_matches('/').replace('/', "_");
    json(200, &file(&format!("member.{name}.json")))
}

#[tokio::test]
async fn discovery_takes_two_requests_and_then_uses_the_cache() {
    let dir = tempfile::tempdir().unwrap();
    let server = FakeServer::new(|path, _, _| aggregated(path));
    let (known, fresh) = discovery_in(dir.path()).of(&server, KEY).await.unwrap();
    assert!(fresh);
    assert_eq!(known.index, recorded());
    assert_eq!(server.asked(), ["/api", "/apis"]);

    // The next run.
    let (known, fresh) = discovery_in(dir.path()).of(&server, KEY).await.unwrap();
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

    // Another key is another server.
    discovery_in(dir.path())
        .of(&server, &KEY.replace("CA", "CB"))
        .await
        .unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn file_of_another_server_is_ignored() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let dir = tempfile::tempdir().unwrap();
    let server = FakeServer::new(|path, _, _| aggregated(path));
    let ask = async || {
        discovery_in(dir.path()).of(&server, KEY).await.unwrap();
        server.asked().len()
    };
    assert_eq!((ask().await, ask().await), (2, 0));
    let file = dir.path().join("discovery").join(file_name(KEY));
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert!(cached_types(dir.path()).is_none());
    assert_eq!((ask().await, ask().await), (2, 0));
    let elsewhere = dir.path().join("elsewhere");
    std::fs::rename(&file, &elsewhere).unwrap();
    symlink(&elsewhere, &file).unwrap();
    assert_eq!((ask().await, ask().await), (2, 0));
    assert!(cached_types(dir.path()).is_some());
}

#[tokio::test]
async fn server_without_any_api_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let server = FakeServer::new(|_, _, _| json(404, "not here"));
    let error = discovery_in(dir.path()).of(&server, KEY).await.unwrap_err();
    assert_eq!(error.reason, crate::record::Reason::Protocol);
    // One of the two documents may be missing.
    let server = FakeServer::new(|path, _, _| match path {
        "/api" => json(404, "not here"),
        path => aggregated(path),
    });
    discovery_in(dir.path()).of(&server, KEY).await.unwrap();
}

#[tokio::test]
async fn unchanged_documents_are_not_sent_again() {
    let dir = tempfile::tempdir().unwrap();
    let unchanged = Cell::new(0);
    let server = FakeServer::new(|path, _, etag| match etag {
        Some(etag) => {
            assert_eq!(etag, format!("\"tag of {path}\""));
            unchanged.set(unchanged.get() + 1);
            json(304, "")
        }
        None => aggregated(path),
    });
    discovery_in(dir.path()).of(&server, KEY).await.unwrap();
    let discovery = discovery_in(dir.path());
    let known = discovery.refresh(&server, KEY).await.unwrap();
    assert_eq!(known.index, recorded());
    assert_eq!(unchanged.get(), 2);
    // The entity tags are kept.
    discovery.refresh(&server, KEY).await.unwrap();
    assert_eq!(unchanged.get(), 4);
}

#[tokio::test]
async fn one_document_changes_without_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let server = FakeServer::new(|path, _, _| aggregated(path));
    discovery_in(dir.path()).of(&server, KEY).await.unwrap();
    let server = FakeServer::new(|path, _, etag| match (path, etag) {
        ("/api", Some(_)) => json(304, ""),
        ("/apis", _) => tagged("\"new\"", &file("hub.apis.aggregated.json")),
        _ => aggregated(path),
    });
    let known = discovery_in(dir.path()).refresh(&server, KEY).await.unwrap();
    assert!(known.index.find("pods").is_some());
    assert!(known.index.find("clusterprofiles").is_some());
    assert!(known.index.find("widgets").is_none());
    assert_eq!(server.asked(), ["/api", "/apis", "/api"]);
}

#[tokio::test]
async fn servers_with_equal_documents_share_one_copy() {
    let dir = tempfile::tempdir().unwrap();
    let server = FakeServer::new(|path, _, _| aggregated(path));
    let discovery = discovery_in(dir.path());
    let (one, _) = discovery.of(&server, "https://one").await.unwrap();
    let (two, _) = discovery.of(&server, "https://two").await.unwrap();
    assert!(Arc::ptr_eq(&one, &two));
    let discovery = discovery_in(dir.path());
    let (one, _) = discovery.of(&server, "https://one").await.unwrap();
    let (two, _) = discovery.of(&server, "https://two").await.unwrap();
    assert!(Arc::ptr_eq(&one, &two), "from disk too");
}

#[tokio::test]
async fn unaggregated_documents_give_the_same_types() {
    let dir = tempfile::tempdir().unwrap();
    let server = FakeServer::new(|path, _, _| of_old(path));
    let (known, _) = discovery_in(dir.path()).of(&server, KEY).await.unwrap();
    let recorded = recorded();
    for (group, expected) in known.index.0.iter().zip(&recorded.0) {
        assert_eq!(group.name, expected.name);
        for (version, expected) in group.versions.iter().zip(&expected.versions) {
            let names = |version: &ApiVersion| -> Vec<String> {
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
async fn unavailable_version_is_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let server = FakeServer::new(|path, _, _| match path {
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
    let (known, _) = discovery_in(dir.path()).of(&server, KEY).await.unwrap();
    let mapping = known.index.find("x").unwrap();
    assert_eq!((&*mapping.version, &*mapping.resource), ("v1", "xs"));
    assert!(known.index.find("parents").is_none());
}

#[tokio::test]
async fn broken_old_or_unwritable_cache_is_not_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let server = FakeServer::new(|path, _, _| aggregated(path));
    let discovery = discovery_in(dir.path());
    discovery.of(&server, KEY).await.unwrap();
    let path = discovery.cache.file(KEY);
    let text = std::fs::read_to_string(&path).unwrap();
    server.asked();
    let broken = &text[..text.len() / 2];
    let old = text.replacen(&format!("\"fetched\":{}", now()), "\"fetched\":1", 1);
    let to_come = text.replacen("\"fetched\":1", "\"fetched\":9", 1);
    for bad in [broken, "", "[]", &old, &to_come] {
        std::fs::write(&path, bad).unwrap();
        let (known, fresh) = discovery_in(dir.path()).of(&server, KEY).await.unwrap();
        assert!(fresh, "{bad:.80}");
        assert_eq!(known.index, recorded());
        assert_eq!(server.asked().len(), 2);
    }
    let nowhere = discovery_in(Path::new("/proc/nowhere"));
    assert!(nowhere.of(&server, KEY).await.is_ok());
}

#[tokio::test]
async fn server_errors_are_returned() {
    let dir = tempfile::tempdir().unwrap();
    let server = FakeServer::new(|_, _, _| json(403, &file("error.403.json")));
    let error = discovery_in(dir.path()).of(&server, KEY).await.unwrap_err();
    assert_eq!(error.reason, crate::record::Reason::Forbidden);
    let server = FakeServer::new(|_, _, _| json(200, "{\"items\":[{\"versions\":1}]}"));
    let error = discovery_in(dir.path()).of(&server, KEY).await.unwrap_err();
    assert_eq!(error.reason, crate::record::Reason::Protocol);
    assert!(
        error
            .message
            .starts_with("the discovery document /api is malformed: ")
    );
}

#[tokio::test]
async fn json_of_another_kind_is_an_error() {
    let dir = tempfile::tempdir().unwrap();
    let other = [
        r#"{"error":"log in first"}"#,
        r#"{"kind":"List","items":[]}"#,
        "{ }",
    ];
    for body in other {
        let server = FakeServer::new(|_, _, _| json(200, body));
        let error = discovery_in(dir.path()).of(&server, KEY).await.unwrap_err();
        assert_eq!(error.reason, crate::record::Reason::Protocol, "{body}");
        assert!(
            error.message.contains("not a discovery document"),
            "{}",
            error.message
        );
    }
    let server = FakeServer::new(|path, _, _| match path {
        "/api" => json(200, r#"{"kind":"APIVersions","versions":["v1"]}"#),
        "/api/v1" => json(200, other[1]),
        _ => json(404, "{}"),
    });
    let error = discovery_in(dir.path()).of(&server, KEY).await.unwrap_err();
    assert!(error.message.contains("/api/v1"), "{}", error.message);
}

const METRICS: &str = "metrics.k8s.io";

/// A server with an aggregated API server for metrics, which may be unavailable.
fn with_metrics(path: &str, is_away: bool, is_of_old: bool, status: u16) -> Reply {
    let refused = || {
        json(
            status,
            r#"{"kind":"Status","apiVersion":"v1","message":"not now","reason":"No","code":0}"#,
        )
    };
    let list = r#"{"kind":"APIResourceList","resources":[
        {"name":"podmetrics","singularName":"pod","namespaced":true,"kind":"PodMetrics","categories":["all"]}]}"#;
    match path {
        "/api" => json(404, "{}"),
        "/apis" if is_of_old => json(
            200,
            r#"{"kind":"APIGroupList","groups":[{"name":"metrics.k8s.io","versions":[{"version":"v1beta1"}]},
                {"name":"x.io","versions":[{"version":"v1"}],"preferredVersion":{"version":"v1"}}]}"#,
        ),
        "/apis/metrics.k8s.io/v1beta1" if is_away => refused(),
        "/apis/metrics.k8s.io/v1beta1" => json(200, list),
        "/apis/x.io/v1" => json(
            200,
            r#"{"kind":"APIResourceList","resources":[{"name":"xs","kind":"X","categories":["all"]}]}"#,
        ),
        _ => {
            let of_metrics = match is_away {
                true => r#"{"version":"v1beta1","freshness":"Stale"}"#,
                false => {
                    r#"{"version":"v1beta1","freshness":"Current","resources":[{"resource":"podmetrics",
                    "responseKind":{"kind":"PodMetrics"},"scope":"Namespaced","categories":["all"]}]}"#
                }
            };
            json(
                200,
                &format!(
                    r#"{{"kind":"APIGroupDiscoveryList","items":[
                    {{"metadata":{{"name":"metrics.k8s.io"}},"versions":[{of_metrics}]}},
                    {{"metadata":{{"name":"x.io"}},"versions":[{{"version":"v1","resources":[{{"resource":"xs",
                    "responseKind":{{"kind":"X"}},"categories":["all"]}}]}}]}}]}}"#
                ),
            )
        }
    }
}

#[tokio::test]
async fn versions_of_an_unavailable_api_server_are_broken() {
    for (is_of_old, status, reason) in [
        (false, 503, Reason::ServerError),
        (true, 503, Reason::ServerError),
        (true, 500, Reason::ServerError),
        (true, 403, Reason::Forbidden),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let server = FakeServer::new(|path, _, _| with_metrics(path, true, is_of_old, status));
        discovery_in(dir.path()).of(&server, KEY).await.unwrap();
        // The file keeps it as broken.
        let (known, _) = discovery_in(dir.path()).of(&server, KEY).await.unwrap();
        assert!(known.index.find("xs").is_some());
        assert!(known.index.find("podmetrics").is_none());
        let doubt = known.index.doubt("podmetrics.metrics.k8s.io").unwrap();
        assert_eq!((doubt.reason, doubt.status), (reason, Some(status)));
        assert!(known.index.doubt("ys.x.io").is_none());
    }
    // A version without a document is left out, and without credentials there is no list at all.
    let dir = tempfile::tempdir().unwrap();
    let server = FakeServer::new(|path, _, _| with_metrics(path, true, true, 404));
    let (known, _) = discovery_in(dir.path()).of(&server, KEY).await.unwrap();
    assert!(known.index.doubt("podmetrics").is_none());
    let server = FakeServer::new(|path, _, _| with_metrics(path, true, true, 401));
    let error = discovery_in(dir.path()).refresh(&server, KEY).await.unwrap_err();
    assert_eq!(error.reason, Reason::Unauthorized);
}

#[tokio::test]
async fn types_of_an_unavailable_api_are_found_in_the_cache() {
    for is_of_old in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let is_away = Cell::new(false);
        let server = FakeServer::new(|path, _, _| with_metrics(path, is_away.get(), is_of_old, 503));
        discovery_in(dir.path()).of(&server, KEY).await.unwrap();
        is_away.set(true);
        for _ in 0..2 {
            let known = discovery_in(dir.path()).refresh(&server, KEY).await.unwrap();
            let mapping = known.index.find("podmetrics").unwrap();
            assert_eq!((&*mapping.group, &*mapping.version), (METRICS, "v1beta1"));
            assert!(known.index.doubt("nodemetrics").is_none());
            assert_eq!(known.index.category("all").unwrap().len(), 2);
        }
        is_away.set(false);
        let known = discovery_in(dir.path()).refresh(&server, KEY).await.unwrap();
        assert!(known.index.find("podmetrics").is_some());
    }
}

#[tokio::test]
async fn documents_that_list_more_than_20000_types_are_refused() {
    let types = |count: usize, of_old: bool| {
        let one = match of_old {
            true => r#"{"name":"xs","kind":"X"}"#,
            false => r#"{"resource":"xs","responseKind":{"kind":"X"}}"#,
        };
        vec![one; count].join(",")
    };
    for (count, is_refused) in [(20_000, false), (20_001, true)] {
        let whole = format!(
            r#"{{"kind":"APIGroupDiscoveryList","items":[{{"versions":[{{"version":"v1","resources":[{}]}}]}}]}}"#,
            types(count, false)
        );
        let list = format!(
            r#"{{"kind":"APIResourceList","resources":[{}]}}"#,
            types(count / 2, true)
        );
        let rest = format!(
            r#"{{"kind":"APIResourceList","resources":[{}]}}"#,
            types(count - count / 2, true)
        );
        for is_of_old in [false, true] {
            let server = FakeServer::new(|path, _, _| match (path, is_of_old) {
                ("/api", _) => json(404, "{}"),
                ("/apis", false) => json(200, &whole),
                ("/apis/x.io/v1", _) => json(200, &list),
                ("/apis/y.io/v1", _) => json(200, &rest),
                _ => json(
                    200,
                    r#"{"kind":"APIGroupList","groups":[{"name":"x.io","versions":[{"version":"v1"}]},
                        {"name":"y.io","versions":[{"version":"v1"}]}]}"#,
                ),
            });
            let dir = tempfile::tempdir().unwrap();
            let outcome = discovery_in(dir.path()).of(&server, KEY).await;
            assert_eq!(outcome.is_err(), is_refused, "{count} {is_of_old}");
            if let Err(error) = outcome {
                assert_eq!(error.reason, Reason::Protocol);
                assert!(
                    error.message.contains("lists more than 20000 types"),
                    "{}",
                    error.message
                );
            }
        }
    }
    // The limit holds for other things, too.
    let names = vec![r#""x""#; 200_000].join(",");
    let server = FakeServer::new(|_, _, _| {
        json(
            200,
            &format!(
                r#"{{"kind":"APIGroupDiscoveryList","items":[{{"versions":[{{"resources":[{{"shortNames":[{names}]}}]}}]}}]}}"#
            ),
        )
    });
    let dir = tempfile::tempdir().unwrap();
    let error = discovery_in(dir.path()).of(&server, KEY).await.unwrap_err();
    assert_eq!(error.reason, Reason::Protocol);
}
