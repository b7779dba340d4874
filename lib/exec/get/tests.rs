#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::apiserver::server::Reply;
use crate::apiserver::testing::{FakeServer, json, recorded};
use crate::apiserver::workers::Workers;
use crate::config::{ClusterMapping, Concurrency};
use crate::connect::{self, Connector};
use crate::exec::act_as::ActAs;
use crate::exec::ask::ConnectingQuery;
use crate::exec::fanout::query::Query as _;
use crate::exec::fanout::testing::written;
use crate::exec::options::Options;
use crate::exec::want::Want;
use crate::exit::FailOn;
use crate::kubeconfig::Kubeconfig;
use crate::record::{Access, Lack, Reason, Record, Row};
use crate::resolve::Resolver;
use std::cell::Cell;
use std::time::Duration;

/// Answers as a recorded cluster does: by the path without its query, and 404 for all other paths.
fn member(path: &str) -> Reply {
    let path = path.split('?').next().unwrap();
    let file = match path {
        "/api" => "member.api.aggregated.json",
        "/apis" => "member.apis.aggregated.json",
        "/api/v1/namespaces/default/pods/missing" => return json(404, &recorded("error.404-pod.json")),
        "/api/v1/namespaces/shop/pods/cart-0" => "pod.table.json",
        "/api/v1/namespaces/empty/pods" => "pods.empty.table.json",
        "/api/v1/secrets" => return json(403, &recorded("error.403-secrets.json")),
        "/apis/example.com/v1/widgets" => "widgets.table.json",
        _ => match path.rsplit('/').next().unwrap() {
            name @ ("pods" | "services" | "deployments" | "nodes" | "jobs") => {
                return json(200, &recorded(&format!("{name}.table.json")));
            }
            _ => return json(404, &recorded("error.404-resource.json")),
        },
    };
    json(200, &recorded(file))
}

/// The requests of a query, and its answer.
struct QueryOutcome {
    answer: Answer,
    lines: Vec<String>,
    paths: Vec<String>,
}

impl QueryOutcome {
    fn rows(&self) -> Vec<Row<'_>> {
        self.lines
            .iter()
            .map(|line| match Record::parse(line).unwrap() {
                Record::Row(row) => row,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    /// Returns the resource and position of each run of rows.
    fn runs(&self) -> Vec<(String, u32)> {
        let mut runs: Vec<_> = self
            .rows()
            .iter()
            .map(|row| (row.resource.to_string(), row.position))
            .collect();
        runs.dedup();
        runs
    }

    fn failure(&self) -> (Reason, &str) {
        let failure = self.answer.failure.as_ref().unwrap();
        (failure.reason, &failure.message)
    }
}

async fn ask_with(
    query: Query,
    cache: &std::path::Path,
    answer: impl Fn(&str, &str, Option<&str>) -> Reply,
) -> QueryOutcome {
    let getter = Getter::new(query, cache).unwrap();
    let workers = Workers::default();
    let ((answer, paths), lines) = written(async |sink, state| {
        let cluster = Connection {
            server: FakeServer::new(answer),
            server_key: "https://c1".into(),
            namespace: "default".into(),
            state,
            sink,
            workers: &workers,
            say: &|_| (),
            verbose: false,
        };
        let answer = getter.ask(&cluster).await;
        (answer, cluster.server.asked())
    })
    .await;
    QueryOutcome { answer, lines, paths }
}

async fn ask(query: Query) -> QueryOutcome {
    let cache = tempfile::tempdir().unwrap();
    ask_with(query, cache.path(), |path, _, _| member(path)).await
}

#[tokio::test]
async fn a_waiting_query_takes_little_memory() {
    let options = Options {
        concurrency: Concurrency::asked(0),
        timeout: Duration::ZERO,
        connect_timeout: Duration::ZERO,
        total_timeout: None,
        fail_fast: false,
        fail_on: FailOn::default(),
        progress: false,
        offer_rows: false,
        verbose: false,
        act_as: ActAs::default(),
        warnings_as_errors: false,
    };
    let query = ConnectingQuery {
        verb: &Getter::new(all("pods"), "/nowhere".as_ref()).unwrap(),
        options: &options,
        resolver: &Resolver::new(Kubeconfig::default(), ClusterMapping::default()),
        connector: Connector::new(connect::ConnectorOptions::default()),
        workers: Workers::default(),
        say: &|_| (),
    };
    let access = Access::default();
    let (bytes, _) = written(async |sink, state| size_of_val(&query.run(&access, state, sink))).await;
    // There is one future for each cluster. Box what makes it grow, unless every query needs it.
    assert!(bytes <= 6 * 1024, "{bytes} bytes");
}

fn all(args: &str) -> Query {
    Query {
        args: args.split(' ').map(str::to_owned).collect(),
        all_namespaces: true,
        chunk_size: 500,
        ..Query::default()
    }
}

fn of(args: &str, namespace: &str) -> Query {
    Query {
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        all_namespaces: false,
        ..all(args)
    }
}

#[tokio::test]
async fn built_in_type_takes_one_request() {
    let asked = ask(all("po")).await;
    assert_eq!(asked.paths, ["/api/v1/pods?limit=500"]);
    assert!(asked.answer.failure.is_none() && asked.answer.details.notice.is_none());
    assert_eq!(asked.runs(), [("pods".to_owned(), 0)]);
    let rows = asked.rows();
    assert_eq!(rows[0].columns.0[0].0.as_str(), "NAMESPACE");
    assert_eq!(rows[0].type_.as_str(), "pod");

    let asked = ask(of("deploy", "")).await;
    assert_eq!(
        asked.paths,
        ["/apis/apps/v1/namespaces/default/deployments?limit=500"]
    );
    assert_eq!(asked.rows()[0].type_.as_str(), "deployment.apps");
    let asked = ask(of("nodes", "n")).await;
    assert_eq!(asked.paths, ["/api/v1/nodes?limit=500"]);
    let asked = ask(all("nodes")).await;
    assert_ne!(asked.rows()[0].columns.0[0].0.as_str(), "NAMESPACE");
}

#[tokio::test]
async fn selectors_go_to_the_server() {
    let mut query = of("pods", "shop");
    query.selector = Some(" a=b ".into());
    query.field_selector = Some("x=y".into());
    query.chunk_size = 0;
    let asked = ask(query).await;
    assert_eq!(
        asked.paths,
        ["/api/v1/namespaces/shop/pods?fieldSelector=x%3Dy&labelSelector=a%3Db"]
    );
}

#[tokio::test]
async fn several_types_keep_their_order() {
    let asked = ask(all("svc,po,pods,widgets,deploy")).await;
    let runs = [
        ("services", 0),
        ("pods", 1000),
        ("widgets.example.com", 3000),
        ("deployments.apps", 4000),
    ];
    let runs: Vec<_> = runs
        .iter()
        .map(|(name, position)| ((*name).to_owned(), *position))
        .collect();
    assert_eq!(asked.runs(), runs);
    assert_eq!(asked.paths[..2], ["/api", "/apis"]);
}

#[tokio::test]
async fn category_is_all_of_its_types() {
    let asked = ask(all("all,nodes")).await;
    // The fake server lacks six of the types; that is not a failure of the others.
    let runs = [
        ("pods", 1),
        ("services", 3),
        ("deployments.apps", 5),
        ("jobs.batch", 10),
        ("nodes", 1000),
    ];
    let runs: Vec<_> = runs
        .iter()
        .map(|(name, position)| ((*name).to_owned(), *position))
        .collect();
    assert_eq!(asked.runs(), runs);
}

#[tokio::test]
async fn notices_of_empty_answers_are_kubectls() {
    let notice = async |query| ask(query).await.answer.details.notice;
    assert_eq!(
        notice(of("pods", "empty")).await.unwrap(),
        "No resources found in empty namespace."
    );
    let empty = |path: &str, _: &str, _: Option<&str>| match path.starts_with("/api/v1/") {
        true => json(200, &recorded("pods.empty.table.json")),
        false => member(path),
    };
    let cache = tempfile::tempdir().unwrap();
    let asked = ask_with(all("pods"), cache.path(), empty).await;
    assert_eq!(asked.answer.details.notice.unwrap(), "No resources found");
    let asked = ask_with(of("pods,nodes", ""), cache.path(), empty).await;
    assert_eq!(asked.answer.details.notice.unwrap(), "No resources found");
    let mut query = of("pods", "empty");
    query.ignore_not_found = true;
    assert_eq!(notice(query).await, None);
    let mut query = of("pods", "");
    query.want = Want::Objects;
    let list = |_: &str, _: &str, _: Option<&str>| json(200, &recorded("pods.empty.list.json"));
    assert_eq!(
        ask_with(query, cache.path(), list).await.answer.details.notice,
        None
    );
}

#[tokio::test]
async fn get_objects_by_name() {
    let asked = ask(of("pod cart-0", "shop")).await;
    assert_eq!(asked.paths, ["/api/v1/namespaces/shop/pods/cart-0"]);
    assert!(asked.rows()[0].sort.is_none());

    let asked = ask(of("pod missing cart-0", "shop")).await;
    let missing = "Error from server (NotFound): pods \"missing\" not found";
    // The fake server has that object in another namespace only.
    assert_eq!(
        asked.paths.len(),
        4,
        "a type that seems to be missing is looked up"
    );
    let asked_default = ask(of("pod missing", "")).await;
    let lacks = |name: &str, message: &str| Lack {
        type_: "pod".to_owned().into(),
        name: name.to_owned().into(),
        message: message.to_owned().into(),
        hint: None,
    };
    assert_eq!(asked_default.answer.missing, [lacks("missing", missing)]);
    assert_eq!(asked_default.failure(), (Reason::NotFound, missing));
    assert_eq!(asked.rows()[0].sort.unwrap().get(), "[1]");

    let mut query = of("pod missing", "");
    query.ignore_not_found = true;
    let asked = ask(query).await;
    assert!(
        asked.answer.failure.is_none()
            && asked.answer.missing.is_empty()
            && asked.answer.details.notice.is_none()
    );
}

#[tokio::test]
async fn missing_object_does_not_hide_the_others() {
    let cache = tempfile::tempdir().unwrap();
    let found = |path: &str, _: &str, _: Option<&str>| match path {
        "/api/v1/namespaces/n/pods/missing" => json(404, &recorded("error.404-pod.json")),
        "/api/v1/namespaces/n/pods/cart-0" | "/api/v1/namespaces/n/services/cart-0" => {
            json(200, &recorded("pod.table.json"))
        }
        _ => member(path),
    };
    let asked = ask_with(of("pod cart-0 missing", "n"), cache.path(), found).await;
    assert!(asked.answer.failure.is_none());
    assert_eq!(
        asked.answer.missing[0].message.as_str(),
        "Error from server (NotFound): pods \"missing\" not found"
    );
    assert_eq!(asked.lines.len(), 1);

    // A new table begins wherever the type changes.
    let asked = ask_with(
        of("po/cart-0 pods/cart-0 svc/cart-0 po/cart-0", "n"),
        cache.path(),
        found,
    )
    .await;
    let places: Vec<_> = asked
        .rows()
        .iter()
        .map(|row| (row.position, row.sort.unwrap().get().to_owned()))
        .collect();
    let expected = [(0, "[0]"), (0, "[1]"), (2000, "[2]"), (3000, "[3]")];
    assert_eq!(
        places,
        expected.map(|(position, sort)| (position, sort.to_owned()))
    );
}

#[tokio::test]
async fn unknown_type_is_unserved() {
    let text = "error: the server doesn't have a resource type \"sprockets\"";
    let asked = ask(all("sprockets.x.io")).await;
    assert_eq!(asked.failure(), (Reason::NotFound, text));
    let lack = |type_: &str| Lack {
        type_: type_.to_owned().into(),
        message: text.to_owned().into(),
        ..Lack::default()
    };
    assert_eq!(asked.answer.details.unserved, [lack("sprockets.x.io")]);
    assert_eq!(
        asked.paths,
        ["/api", "/apis"],
        "fresh discovery is not asked for twice"
    );
    let asked = ask(all("pods,sprockets")).await;
    assert!(asked.answer.failure.is_none());
    assert_eq!(asked.answer.details.unserved, [lack("sprockets")]);
    assert!(asked.answer.missing.is_empty());
    assert_eq!(asked.runs(), [("pods".to_owned(), 0)]);
    let asked = ask(of("sprocket/a sprocket/b", "")).await;
    assert_eq!(asked.answer.details.unserved.len(), 1);
    let asked = ask(all("po\\ds")).await;
    assert!(
        asked.failure().1.ends_with("type \"po\\\\ds\""),
        "{:?}",
        asked.failure()
    );
}

#[tokio::test]
async fn unknown_type_refreshes_the_discovery_cache() {
    let cache = tempfile::tempdir().unwrap();
    let later = Cell::new(false);
    let server = |path: &str, _: &str, etag: Option<&str>| match path {
        "/apis" if !later.get() => json(200, &recorded("hub.apis.aggregated.json")),
        "/api" | "/apis" => {
            assert!(etag.is_none());
            member(path)
        }
        _ => member(path),
    };
    let asked = ask_with(all("widgets"), cache.path(), server).await;
    assert_eq!(asked.failure().0, Reason::NotFound);
    later.set(true);
    let asked = ask_with(all("widgets"), cache.path(), server).await;
    assert_eq!(
        asked.paths,
        ["/api", "/apis", "/apis/example.com/v1/widgets?limit=500"]
    );
    assert!(!asked.lines.is_empty());
    let asked = ask_with(all("widgets"), cache.path(), server).await;
    assert_eq!(asked.paths, ["/apis/example.com/v1/widgets?limit=500"]);
    // A type that is no longer where the cache has it.
    later.set(false);
    let gone = |path: &str, accept: &str, etag: Option<&str>| match path.contains("widgets") {
        true => json(404, ""),
        false => server(path, accept, etag),
    };
    let asked = ask_with(all("widgets"), cache.path(), gone).await;
    assert_eq!(
        asked.failure(),
        (
            Reason::NotFound,
            "error: the server doesn't have a resource type \"widgets\""
        )
    );
}

#[tokio::test]
async fn built_in_type_that_a_server_lacks() {
    let cache = tempfile::tempdir().unwrap();
    // An older server has it in another version.
    let older = |path: &str, _: &str, _: Option<&str>| match path {
        "/apis" => json(
            200,
            &recorded("member.apis.aggregated.json").replace(r#""version":"v2""#, r#""version":"v2beta2""#),
        ),
        "/apis/autoscaling/v2beta2/horizontalpodautoscalers?limit=500" => {
            json(200, &recorded("pods.table.json"))
        }
        "/apis/autoscaling/v2/horizontalpodautoscalers?limit=500" => json(404, "404 page not found"),
        _ => member(path),
    };
    let asked = ask_with(all("hpa"), cache.path(), older).await;
    assert!(asked.answer.failure.is_none(), "{:?}", asked.answer);
    assert_eq!(asked.paths.len(), 4);
    assert_eq!(
        asked.rows()[0].resource.as_str(),
        "horizontalpodautoscalers.autoscaling"
    );
    // The server lists the type and does not answer for it.
    let asked = ask(all("ingresses")).await;
    let said = "Error from server (NotFound): Unable to list \"networking.k8s.io/v1, Resource=ingresses\": the \
                server could not find the requested resource";
    assert_eq!(asked.failure(), (Reason::Protocol, said));
}

#[tokio::test]
async fn forbidden_type_does_not_hide_the_others() {
    let asked = ask(all("secrets,pods")).await;
    let (reason, message) = asked.failure();
    assert_eq!(reason, Reason::Forbidden);
    assert!(message.starts_with("Error from server (Forbidden): secrets is forbidden: "));
    assert_eq!(asked.runs(), [("pods".to_owned(), 1000)]);
    let unauthorized = |_: &str, _: &str, _: Option<&str>| json(401, &recorded("error.401.json"));
    let cache = tempfile::tempdir().unwrap();
    let asked = ask_with(all("secrets,pods"), cache.path(), unauthorized).await;
    assert_eq!(asked.failure().0, Reason::Unauthorized);
    assert_eq!(asked.paths.len(), 1);
}

#[tokio::test]
async fn refusals_that_depend_on_the_servers_types() {
    let asked = ask(all("widget a")).await;
    assert_eq!(
        asked.failure(),
        (Reason::BadRequest, plan::NAME_IN_ALL_NAMESPACES)
    );
    let asked = ask(of("all a", "")).await;
    assert_eq!(
        asked.failure(),
        (Reason::BadRequest, "error: you must specify only one resource")
    );
    let asked = ask(of("gadgets a", "")).await;
    assert_eq!(
        asked.paths[2],
        "/apis/example.com/v1/namespaces/default/widgets/a"
    );
}
