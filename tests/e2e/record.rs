//! The simulator's answers: what a real API server said, byte for byte, in `tests/data/recorded`.

use std::fs;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::apiserver::User;
use crate::fixtures;
use crate::fleet::{HUB, RICH, fleet};
use crate::http::Answer;

/// How kubectl asks for a Table.
const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
/// How plain objects are asked for.
const JSON: &str = "application/json";
/// How kubectl asks for the aggregated discovery documents.
const DISCOVERY: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                         application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,\
                         application/json";

/// The headers that a client reads.
const HEADERS: [&str; 4] = ["content-type", "etag", "retry-after", "warning"];

/// The file `index.json`.
#[derive(Deserialize, Serialize)]
struct Index {
    /// The release that answered.
    kubernetes: String,
    answers: Vec<Recorded>,
}

/// One answer, and the request that it was for.
#[derive(Deserialize, Serialize)]
struct Recorded {
    /// `hub` or `member`.
    cluster: String,
    method: String,
    /// Path and query exactly as sent.
    path: String,
    /// The Accept header exactly as sent.
    accept: String,
    status: u16,
    headers: serde_json::Map<String, Value>,
    /// The user who asked, unless it was an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    /// The body's file beside the index.
    file: String,
}

/// The resources that are recorded as a Table and as a List: path up to the resource, and the file's stem.
const RESOURCES: [(&str, &str); 25] = [
    ("/api/v1", "pods"),
    ("/api/v1", "services"),
    ("/api/v1", "replicationcontrollers"),
    ("/apis/apps/v1", "deployments"),
    ("/apis/apps/v1", "replicasets"),
    ("/apis/apps/v1", "statefulsets"),
    ("/apis/apps/v1", "daemonsets"),
    ("/apis/batch/v1", "jobs"),
    ("/apis/batch/v1", "cronjobs"),
    ("/api/v1", "nodes"),
    ("/api/v1", "namespaces"),
    ("/api/v1", "configmaps"),
    ("/api/v1", "secrets"),
    ("/api/v1", "serviceaccounts"),
    ("/api/v1", "events"),
    ("/apis/networking.k8s.io/v1", "ingresses"),
    ("/apis/discovery.k8s.io/v1", "endpointslices"),
    ("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    ("/api/v1", "persistentvolumes"),
    ("/api/v1", "persistentvolumeclaims"),
    ("/apis/storage.k8s.io/v1", "storageclasses"),
    ("/apis/rbac.authorization.k8s.io/v1", "roles"),
    ("/apis/rbac.authorization.k8s.io/v1", "rolebindings"),
    ("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions"),
    ("/apis/example.com/v1", "widgets"),
];

/// Asks everything that is recorded.
fn ask() -> Vec<(Recorded, Vec<u8>)> {
    let mut asked = Vec::new();
    let mut ask = |cluster: &str, user: User, path: &str, accept: &str, file: &str| {
        let name = if cluster == "hub" { HUB } else { RICH };
        let answer = fleet().server(name).get(user, path, accept);
        let recorded = recorded(cluster, user, path, accept, file, &answer);
        asked.push((recorded, answer.body));
    };
    let admin = User::Admin;

    for (prefix, resource) in RESOURCES {
        let path = format!("{prefix}/{resource}?limit=500");
        ask("member", admin, &path, TABLE, &format!("{resource}.table.json"));
        ask("member", admin, &path, JSON, &format!("{resource}.list.json"));
    }
    // With whole objects in the rows, as sorting asks for; a namespace; single objects; nothing.
    ask(
        "member",
        admin,
        "/api/v1/pods?includeObject=Object",
        TABLE,
        "pods.objects.table.json",
    );
    ask(
        "member",
        admin,
        "/api/v1/pods?includeObject=None&limit=500",
        TABLE,
        "pods.none.table.json",
    );
    ask(
        "member",
        admin,
        "/api/v1/namespaces/shop/pods?limit=500",
        TABLE,
        "pods.shop.table.json",
    );
    ask(
        "member",
        admin,
        "/api/v1/namespaces/shop/pods/cart-0",
        TABLE,
        "pod.table.json",
    );
    ask(
        "member",
        admin,
        "/api/v1/namespaces/shop/pods/cart-0",
        JSON,
        "pod.json",
    );
    ask(
        "member",
        admin,
        "/api/v1/namespaces/empty/pods?limit=500",
        TABLE,
        "pods.empty.table.json",
    );
    ask(
        "member",
        admin,
        "/api/v1/namespaces/empty/pods?limit=500",
        JSON,
        "pods.empty.list.json",
    );
    ask(
        "member",
        admin,
        "/apis/example.com/v1beta1/widgets?limit=500",
        TABLE,
        "widgets.v1beta1.table.json",
    );

    // With a Warning header.
    ask(
        "member",
        admin,
        "/api/v1/endpoints?limit=500",
        TABLE,
        "endpoints.table.json",
    );
    ask(
        "member",
        admin,
        "/api/v1/componentstatuses?limit=500",
        TABLE,
        "componentstatuses.table.json",
    );

    for cluster in ["member", "hub"] {
        for (path, stem) in [("/api", "api"), ("/apis", "apis")] {
            ask(
                cluster,
                admin,
                path,
                DISCOVERY,
                &format!("{cluster}.{stem}.aggregated.json"),
            );
            ask(cluster, admin, path, JSON, &format!("{cluster}.{stem}.json"));
        }
        ask(
            cluster,
            admin,
            "/version",
            JSON,
            &format!("{cluster}.version.json"),
        );
    }
    // The old discovery: a document a group and version, as many as the server's list names.
    let groups = fleet().server(RICH).get(admin, "/apis", JSON).json();
    let mut paths = vec!["/api/v1".to_owned()];
    for group in groups["groups"].as_array().expect("groups") {
        for version in group["versions"].as_array().expect("versions") {
            paths.push(format!(
                "/apis/{}",
                version["groupVersion"].as_str().expect("a version")
            ));
        }
    }
    for path in &paths {
        let stem = path.trim_start_matches('/').replace('/', "_");
        ask("member", admin, path, JSON, &format!("member.{stem}.json"));
    }
    ask(
        "hub",
        admin,
        "/apis/multicluster.x-k8s.io/v1alpha1",
        JSON,
        "hub.apis_multicluster.json",
    );

    let profiles = "/apis/multicluster.x-k8s.io/v1alpha1/clusterprofiles?limit=500";
    ask("hub", admin, profiles, JSON, "clusterprofiles.list.json");
    ask("hub", admin, profiles, TABLE, "clusterprofiles.table.json");
    ask("member", admin, profiles, JSON, "error.404-no-api.json");

    let pods = "/api/v1/pods?limit=500";
    ask("member", User::Stranger, pods, TABLE, "error.401.json");
    ask("member", User::Nobody, pods, TABLE, "error.403.json");
    ask(
        "member",
        User::Nobody,
        "/api/v1/namespaces/shop/pods/cart-0",
        TABLE,
        "error.403-named.json",
    );
    ask(
        "member",
        User::Viewer,
        "/api/v1/secrets?limit=500",
        TABLE,
        "error.403-secrets.json",
    );
    ask(
        "member",
        admin,
        "/api/v1/namespaces/default/pods/missing",
        TABLE,
        "error.404-pod.json",
    );
    ask(
        "member",
        admin,
        "/apis/apps/v1/sprockets?limit=500",
        TABLE,
        "error.404-resource.json",
    );
    ask(
        "member",
        admin,
        "/api/v1/pods?fieldSelector=spec.colour%3Dred&limit=500",
        TABLE,
        "error.400-field.json",
    );
    ask(
        "member",
        admin,
        "/api/v1/pods?labelSelector=a%3D%3D%3Db&limit=500",
        TABLE,
        "error.400-label.json",
    );
    ask(
        "member",
        admin,
        "/api/v1/pods?continue=nonsense&limit=500",
        TABLE,
        "error.400-continue.json",
    );
    ask("member", admin, pods, "application/xml", "error.406.json");

    // Pages. Then the continue token of a revision that etcd has forgotten.
    let first = "/api/v1/pods?limit=10";
    ask("member", admin, first, TABLE, "pods.page-1.table.json");
    let page = fleet().server(RICH).get(admin, first, TABLE).json();
    let token = page["metadata"]["continue"]
        .as_str()
        .expect("there are more than ten pods")
        .to_owned();
    let next = format!("/api/v1/pods?continue={token}&limit=10");
    ask("member", admin, &next, TABLE, "pods.page-2.table.json");

    // A continue token that has expired: etcd has forgotten its revision. The server remembers its own
    // snapshots of most resources for minutes, but keeps none of events.
    let first = "/api/v1/events?limit=1";
    let page = fleet().server(RICH).get(admin, first, TABLE).json();
    let token = page["metadata"]["continue"]
        .as_str()
        .expect("there is more than one event")
        .to_owned();
    fleet().etcd.forget();
    ask(
        "member",
        admin,
        &format!("/api/v1/events?continue={token}&limit=1"),
        TABLE,
        "error.410.json",
    );
    asked
}

fn recorded(cluster: &str, user: User, path: &str, accept: &str, file: &str, answer: &Answer) -> Recorded {
    let mut headers = serde_json::Map::new();
    for name in HEADERS {
        if let Some(value) = answer.header(name).first() {
            headers.insert(name.to_owned(), (*value).into());
        }
    }
    Recorded {
        cluster: cluster.to_owned(),
        method: "GET".to_owned(),
        path: path.to_owned(),
        accept: accept.to_owned(),
        status: answer.status,
        headers,
        user: (user != User::Admin).then(|| format!("{user:?}").to_lowercase()),
        file: file.to_owned(),
    }
}

fn folder() -> std::path::PathBuf {
    fixtures::data().join("recorded")
}

/// Writes the recorded answers anew; run by `make record`.
#[test]
#[ignore = "writes tests/data/recorded"]
fn record() {
    let asked = ask();
    // The folder holds nothing else, so that what is no longer asked goes away.
    let _ = fs::remove_dir_all(folder());
    fs::create_dir_all(folder()).expect("the folder is made");
    let mut answers = Vec::new();
    for (recorded, body) in asked {
        fs::write(folder().join(&recorded.file), body).expect("a body is written");
        answers.push(recorded);
    }
    let kubernetes = fleet().server(HUB).get(User::Admin, "/version", JSON).json();
    let kubernetes = kubernetes["gitVersion"].as_str().expect("a version").to_owned();
    let index = serde_json::to_string_pretty(&Index { kubernetes, answers }).expect("an index");
    fs::write(folder().join("index.json"), index + "\n").expect("the index is written");
}

/// A recording without what may differ between two of them: times, ages and versions of objects.
fn shape(recorded: &Recorded, body: &[u8]) -> String {
    // The one part of a path that is made up by the server.
    let path = match recorded.path.split_once("continue=ey") {
        Some((before, after)) => format!("{before}continue=…{}", after.trim_start_matches(|c| c != '&')),
        None => recorded.path.clone(),
    };
    let content_type = recorded
        .headers
        .get("content-type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let mut shape = format!(
        "{} {} {} as {}: {} {content_type}",
        recorded.cluster, recorded.file, path, recorded.accept, recorded.status,
    );
    if let Ok(body) = serde_json::from_slice::<Value>(body) {
        for part in ["apiVersion", "kind", "reason", "columnDefinitions"] {
            shape.push_str(&format!("\n  {part}: {}", body[part]));
        }
        // A server that runs has events of its own, as when its repair of addresses comes around: not in every run, and
        // not named `crash-loop.1`, as fixtures are.
        let is_fixture = |name: &&str| !path.contains("/events?") || name.ends_with(".1");
        for part in ["rows", "items"] {
            let names = body[part].as_array().map(|objects| {
                let mut names: Vec<_> = objects.iter().map(name).filter(is_fixture).collect();
                // Some, such as componentstatuses, come in random order.
                names.sort_unstable();
                names
            });
            shape.push_str(&format!("\n  {part}: {names:?}"));
        }
    }
    shape
}

/// An object's name.
fn name(object: &Value) -> &str {
    // A row of a Table has the object's metadata one level down.
    let metadata = [&object["metadata"], &object["object"]["metadata"]];
    metadata
        .into_iter()
        .find_map(|metadata| metadata["name"].as_str())
        .unwrap_or_default()
}

/// The committed answers are those that the pinned release gives on these fixtures.
#[test]
fn recorded_answers_have_not_drifted() {
    let index = fs::read_to_string(folder().join("index.json")).expect("recorded answers: `make record`");
    let index: Index = serde_json::from_str(&index).expect("a valid index");
    let body = |recorded: &Recorded| fs::read(folder().join(&recorded.file)).expect("a recorded body");
    let committed: Vec<String> = index.answers.iter().map(|r| shape(r, &body(r))).collect();
    let fresh: Vec<String> = ask().iter().map(|(r, body)| shape(r, body)).collect();
    // One at a time, for a difference that can be read.
    for (committed, fresh) in committed.iter().zip(&fresh) {
        assert_eq!(
            committed, fresh,
            "the recorded answers have drifted: `make record`"
        );
    }
    assert_eq!(
        committed.len(),
        fresh.len(),
        "answers were added or left out: `make record`"
    );
}
