#![allow(clippy::unwrap_used, clippy::panic)]
use super::*;
use crate::apiserver::testing::{FakeServer, json, recorded};
use crate::apiserver::wellknown;
use crate::apiserver::workers::Workers;
use crate::exec::fanout::testing::written;
use crate::exec::get::objects::Objects;
use crate::exec::get::reader::ACCEPT_TABLE;
use crate::exec::get::record_identity::RecordIdentity;
use crate::exec::get::table::{Rows, Style};
use crate::record::{Reason, Record};

fn rows() -> RecordReader {
    RecordReader::Rows(Rows::new(&RecordIdentity::default(), Style::default()))
}

fn table(names: &[&str], next: &str) -> String {
    let rows: Vec<String> = names
        .iter()
        .map(|name| format!(r#"{{"cells":["{name}"],"object":{{"metadata":{{"name":"{name}"}}}}}}"#))
        .collect();
    format!(
        r#"{{"kind":"Table","metadata":{{"continue":"{next}"}},"columnDefinitions":[{{"name":"Name"}}],"rows":[{}]}}"#,
        rows.join(",")
    )
}

fn names(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .map(|line| match Record::parse(line).unwrap() {
            Record::Row(row) => row.name.to_string(),
            Record::Object(object) => object.name.to_string(),
            other => panic!("{other:?}"),
        })
        .collect()
}

async fn lists(
    server: &impl ApiServer,
    reader: &mut RecordReader,
    chunk: u32,
) -> (Result<(), RequestFailure>, Vec<String>) {
    let pods = wellknown::find("pods").unwrap();
    let selection = Selection {
        namespace: Some("n"),
        chunk,
        ..Selection::default()
    };
    let workers = Workers::default();
    let (outcome, lines) = written(async |sink, state| {
        let outcome = list(
            server,
            &pods,
            &selection,
            reader,
            RecordWriter {
                sink,
                state,
                workers: &workers,
                tracker: None,
            },
        )
        .await;
        (outcome, state.items())
    })
    .await;
    assert_eq!(outcome.1, lines.len() as u64, "items are counted");
    (outcome.0.map(drop), names(&lines))
}

#[test]
fn paths_and_queries() {
    let deployments = wellknown::find("deploy").unwrap();
    let nodes = wellknown::find("no").unwrap();
    assert_eq!(
        path(&deployments, Some("a b"), None),
        "/apis/apps/v1/namespaces/a%20b/deployments"
    );
    assert_eq!(path(&deployments, None, None), "/apis/apps/v1/deployments");
    assert_eq!(path(&nodes, Some("n"), Some("é")), "/api/v1/nodes/%C3%A9");
    let selection = Selection {
        labels: Some("a in (b, c)"),
        fields: Some("x=y,z!=1"),
        ..Selection::default()
    };
    assert_eq!(
        query(&selection, None, 500, "t/+="),
        "?continue=t%2F%2B%3D&fieldSelector=x%3Dy%2Cz%21%3D1&labelSelector=a%20in%20%28b%2C%20c%29&limit=500"
    );
    assert_eq!(query(&Selection::default(), None, 0, ""), "");
}

#[tokio::test]
async fn list_is_asked_for_in_chunks() {
    let server = FakeServer::new(|path, accept, _| {
        assert_eq!(accept, ACCEPT_TABLE);
        match path.contains("continue") {
            false => json(200, &table(&["a", "b"], "t1")),
            true => json(200, &table(&["c"], "")),
        }
    });
    let (outcome, names) = lists(&server, &mut rows(), 2).await;
    outcome.unwrap();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(
        server.asked(),
        [
            "/api/v1/namespaces/n/pods?limit=2",
            "/api/v1/namespaces/n/pods?continue=t1&limit=2"
        ]
    );
}

#[tokio::test]
async fn full_page_without_token_is_asked_for_again_without_limit() {
    let server = FakeServer::new(|path, _, _| match path.contains("limit") {
        // The token has been lost.
        true => json(200, &table(&["a", "b"], "")),
        false => json(200, &table(&["a", "b", "c"], "")),
    });
    let (outcome, names) = lists(&server, &mut rows(), 2).await;
    outcome.unwrap();
    assert_eq!(names, ["a", "b", "c"]);
    let asked = server.asked();
    assert_eq!(
        asked,
        ["/api/v1/namespaces/n/pods?limit=2", "/api/v1/namespaces/n/pods"]
    );
    // Shorter and longer lists are complete, and so are those with tokens.
    for chunk in [1, 3] {
        let server = FakeServer::new(|_, _, _| json(200, &table(&["a", "b"], "")));
        lists(&server, &mut rows(), chunk).await.0.unwrap();
        assert_eq!(server.asked().len(), 1, "{chunk}");
    }
    let server = FakeServer::new(|path, _, _| match path.contains("continue") {
        true => json(200, &table(&["c", "d"], "")),
        false => json(200, &table(&["a", "b"], "t1")),
    });
    lists(&server, &mut rows(), 2).await.0.unwrap();
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn expired_token_asks_for_everything_and_repeats_nothing() {
    let server = FakeServer::new(|path, _, _| {
        if path.contains("continue") {
            json(410, &recorded("error.410.json"))
        } else if path.contains("limit") {
            json(200, &table(&["a", "b"], "t1"))
        } else {
            json(200, &table(&["a", "aa", "b", "c"], ""))
        }
    });
    let (outcome, names) = lists(&server, &mut rows(), 2).await;
    outcome.unwrap();
    assert_eq!(names, ["a", "b", "aa", "c"]);
    assert_eq!(server.asked().last().unwrap(), "/api/v1/namespaces/n/pods");

    // The first request has no token that could expire.
    let server = FakeServer::new(|_, _, _| json(410, &recorded("error.410.json")));
    let (outcome, names) = lists(&server, &mut rows(), 2).await;
    assert!(matches!(outcome, Err(RequestFailure::Refused(_))) && names.is_empty());
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn expired_token_of_a_list_of_objects() {
    let list = |names: &[&str], next: &str| {
        let items: Vec<String> = names
            .iter()
            .map(|name| format!(r#"{{"metadata":{{"name":"{name}"}}}}"#))
            .collect();
        format!(
            r#"{{"kind":"PodList","apiVersion":"v1","metadata":{{"continue":"{next}"}},"items":[{}]}}"#,
            items.join(",")
        )
    };
    let server = FakeServer::new(|path, accept, _| {
        assert_eq!(accept, ACCEPT_JSON);
        if path.contains("continue") {
            json(410, "")
        } else if path.contains("limit") {
            json(200, &list(&["a"], "t1"))
        } else {
            json(200, &list(&["a", "b"], ""))
        }
    });
    let mut reader = RecordReader::Objects(Objects::new(&RecordIdentity::default(), false, None));
    let (outcome, names) = lists(&server, &mut reader, 1).await;
    outcome.unwrap();
    assert_eq!(names, ["a", "b"]);
}

/// Returns a list of rows or objects of 1 KiB each, so long that it is read in parts, and their names.
fn long(kind: &str, items: &str, count: usize) -> (String, Vec<String>) {
    let names: Vec<String> = (0..count).map(|number| format!("p{number}")).collect();
    let pad = "x".repeat(1 << 10);
    let of_name = |name: &String| match kind {
        "Table" => format!(
            r#"{{"cells":["{name}"],"object":{{"metadata":{{"name":"{name}","namespace":"n","annotations":{{"a":"{pad}"}}}}}}}}"#
        ),
        _ => format!(r#"{{"metadata":{{"name":"{name}","annotations":{{"a":"{pad}"}}}}}}"#),
    };
    let all: Vec<String> = names.iter().map(of_name).collect();
    let version = if kind == "Table" { "meta.k8s.io/v1" } else { "v1" };
    let text = format!(
        r#"{{"kind":"{kind}","apiVersion":"{version}","metadata":{{"resourceVersion":"7"}},"columnDefinitions":[{{"name":"Name"}}],"{items}":[{}]}}"#,
        all.join(",")
    );
    assert!(text.len() > crate::apiserver::response_body::WHOLE + (4 << 20));
    (text, names)
}

#[tokio::test]
async fn long_list_is_read_in_parts() {
    for (kind, items) in [("Table", "rows"), ("PodList", "items")] {
        let (text, expected) = long(kind, items, 24 << 10);
        let server = FakeServer::new(move |_, _, _| json(200, &text));
        let mut reader = match kind {
            "Table" => rows(),
            _ => RecordReader::Objects(Objects::new(&RecordIdentity::default(), false, None)),
        };
        let (outcome, names) = lists(&server, &mut reader, 0).await;
        outcome.unwrap();
        assert!(names == expected, "{kind}: {} of {}", names.len(), expected.len());
        assert_eq!(server.asked().len(), 1);
    }
}

#[tokio::test]
async fn endless_pages_are_an_error_with_a_hint() {
    let workers = Workers::default();
    for with_rows in [true, false] {
        let page = std::cell::Cell::new(0);
        let server = FakeServer::new(move |_, _, _| {
            page.set(page.get() + 1);
            let names = [format!("p{}", page.get())];
            let names: Vec<&str> = names.iter().map(String::as_str).filter(|_| with_rows).collect();
            json(200, &table(&names, &format!("t{}", page.get())))
        });
        let (outcome, lines) = written(async |sink, state| {
            state.set_most_sent(1 << 20);
            let out = RecordWriter {
                sink,
                state,
                workers: &workers,
                tracker: None,
            };
            let pods = wellknown::find("pods").unwrap();
            list(&server, &pods, &Selection::default(), &mut rows(), out).await
        })
        .await;
        let Err(RequestFailure::Broken(error)) = outcome else {
            panic!("{outcome:?}")
        };
        assert_eq!(error.reason, crate::record::Reason::Protocol);
        assert!(
            error.message.starts_with("c1 has sent more than 1 MiB"),
            "{}",
            error.message
        );
        assert!(error.hint.unwrap().contains("--field-selector"));
        // The rows before that have been sent.
        let asked = server.asked().len();
        assert_eq!(lines.len(), if with_rows { asked } else { 0 });
        assert!((100..300).contains(&asked), "{asked}");
    }
}

#[tokio::test]
async fn expired_token_of_a_very_long_list_is_an_error() {
    let name = "x".repeat(1 << 20);
    let page = std::cell::Cell::new(0);
    let server = FakeServer::new(move |_, _, _| {
        page.set(page.get() + 1);
        match page.get() {
            40 => json(410, &recorded("error.410.json")),
            page => json(200, &table(&[&name], &format!("t{page}"))),
        }
    });
    let (outcome, names) = lists(&server, &mut rows(), 1).await;
    assert!(matches!(outcome, Err(RequestFailure::Refused(_))), "{outcome:?}");
    assert_eq!((server.asked().len(), names.len()), (40, 39));
}

#[tokio::test]
async fn repeated_token_is_an_error() {
    let server = FakeServer::new(|_, _, _| json(200, &table(&["a"], "again")));
    let (outcome, _) = lists(&server, &mut rows(), 1).await;
    let Err(RequestFailure::Broken(error)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error.reason, Reason::Protocol);
    assert_eq!(server.asked().len(), 2);
}

#[tokio::test]
async fn server_without_tables_gives_plain_rows() {
    let list = recorded("pods.list.json");
    let server = FakeServer::new(|_, _, _| json(200, &list));
    let (outcome, plain) = lists(&server, &mut rows(), 500).await;
    outcome.unwrap();
    assert!(plain.len() > 20);
    let server = FakeServer::new(|_, accept, _| match accept {
        ACCEPT_JSON => json(200, &list),
        _ => json(406, &recorded("error.406.json")),
    });
    let (outcome, names) = lists(&server, &mut rows(), 500).await;
    outcome.unwrap();
    assert_eq!(names, plain);
}

#[tokio::test]
async fn malformed_answer_is_an_error_after_the_rows_before_it() {
    let text = table(&["a", "b"], "").replace(r#"["b"]"#, r#"["b"],"cells":[1]"#);
    let server = FakeServer::new(|_, _, _| json(200, &text));
    let (outcome, names) = lists(&server, &mut rows(), 500).await;
    assert_eq!(names, ["a"]);
    let Err(RequestFailure::Broken(error)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(error.reason, Reason::Protocol);
    let start = "the answer to GET /api/v1/namespaces/n/pods?limit=500 is malformed: row 1: ";
    assert!(error.message.starts_with(start), "{}", error.message);
    for bad in ["", "<html>", "\u{feff}{}", "[]", r#"{"kind":"Status"}"#] {
        let server = FakeServer::new(|_, _, _| json(200, bad));
        let (outcome, _) = lists(&server, &mut rows(), 500).await;
        assert!(matches!(outcome, Err(RequestFailure::Broken(_))), "{bad}");
    }
    let server = FakeServer::new(|_, _, _| {
        let mut reply = json(200, &table(&["a"], ""));
        reply.body.push(0xff);
        reply
    });
    assert!(matches!(
        lists(&server, &mut rows(), 1).await.0,
        Err(RequestFailure::Broken(_))
    ));
}

/// The texts of kubectl 1.36 for the recorded refusals.
#[tokio::test]
async fn refusals_have_kubectls_words() {
    for (status, file, expected) in [
        (
            400,
            "error.400-label.json",
            "Error from server (BadRequest): Unable to find \"/v1, Resource=pods\" that match label selector \
             \"a===b\", field selector \"\": unable to parse requirement: found '=', expected: identifier",
        ),
        (
            403,
            "error.403.json",
            "Error from server (Forbidden): pods is forbidden: User \"nobody\" cannot list resource \"pods\" in \
             API group \"\" at the cluster scope",
        ),
        (
            401,
            "error.401.json",
            "error: You must be logged in to the server (Unauthorized)",
        ),
    ] {
        let text = recorded(file);
        let server = FakeServer::new(|_, _, _| json(status, &text));
        let selection = Selection {
            labels: Some("a===b"),
            ..Selection::default()
        };
        let pods = wellknown::find("pods").unwrap();
        let workers = Workers::default();
        let (outcome, _) = written(async |sink, state| {
            list(
                &server,
                &pods,
                &selection,
                &mut rows(),
                RecordWriter {
                    sink,
                    state,
                    workers: &workers,
                    tracker: None,
                },
            )
            .await
        })
        .await;
        let Err(RequestFailure::Refused(error)) = outcome else {
            panic!("{outcome:?}");
        };
        assert_eq!(error.message, expected);
    }
    let server = FakeServer::new(|_, _, _| json(404, &recorded("error.404-resource.json")));
    let (outcome, _) = lists(&server, &mut rows(), 500).await;
    let Err(RequestFailure::NoType(error)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        error.message,
        "Error from server (NotFound): Unable to list \"/v1, Resource=pods\": the server could not find the \
         requested resource"
    );
}

async fn gets(server: &impl ApiServer, name: &str) -> (Result<(), RequestFailure>, Vec<String>) {
    gets_in(server, "shop", name).await
}

async fn gets_in(
    server: &impl ApiServer,
    namespace: &str,
    name: &str,
) -> (Result<(), RequestFailure>, Vec<String>) {
    let pods = wellknown::find("pods").unwrap();
    let workers = Workers::default();
    written(async |sink, state| {
        get(
            server,
            &pods,
            NamedObject {
                namespace: Some(namespace),
                name,
                subresource: "",
            },
            &mut rows(),
            RecordWriter {
                sink,
                state,
                workers: &workers,
                tracker: None,
            },
        )
        .await
    })
    .await
}

#[tokio::test]
async fn long_pages_are_read_by_workers() {
    let all: Vec<String> = (0..3000).map(|number| format!("name-{number:040}")).collect();
    let pages: Vec<&[String]> = all.chunks(1000).collect();
    let server = FakeServer::new(|path, _, _| {
        let page = path
            .split_once("continue=")
            .map_or(0, |(_, token)| token[..1].parse().unwrap());
        let names: Vec<&str> = pages[page].iter().map(String::as_str).collect();
        let next = if page == 2 {
            String::new()
        } else {
            (page + 1).to_string()
        };
        let mut text = table(&names, &next);
        assert!(text.len() > 64 << 10, "a worker reads it");
        if page == 2 {
            text.truncate(text.len() - "]}".len());
        }
        json(200, &text)
    });
    let mut reader = rows();
    let (outcome, lines) = lists(&server, &mut reader, 1000).await;
    let Err(RequestFailure::Broken(error)) = outcome else {
        panic!("{outcome:?}");
    };
    assert!(
        error.message.contains("continue=2&limit=1000 is malformed"),
        "{}",
        error.message
    );
    // The malformed part is after the last row.
    assert!(lines == all, "{} of {}", lines.len(), all.len());
    assert_eq!(reader.items(), 3000);
}

#[tokio::test]
async fn get_of_one_object_by_name() {
    let server = FakeServer::new(|path, _, _| match path {
        "/api/v1/namespaces/shop/pods/cart-0" => json(200, &recorded("pod.table.json")),
        _ => json(404, &recorded("error.404-pod.json")),
    });
    let (outcome, lines) = gets(&server, "cart-0").await;
    outcome.unwrap();
    assert_eq!(lines.len(), 1);
    let (outcome, _) = gets(&server, "missing").await;
    let Err(RequestFailure::NoObject(error)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(
        error.message,
        "Error from server (NotFound): pods \"missing\" not found"
    );
    // Is it the namespace that does not exist? The namespace default always does.
    server.asked();
    gets_in(&server, "shop", "missing").await.0.unwrap_err();
    assert_eq!(server.asked().len(), 2);
    gets_in(&server, "default", "missing").await.0.unwrap_err();
    assert_eq!(server.asked().len(), 1);
    let server = FakeServer::new(|_, _, _| json(404, &recorded("error.404-resource.json")));
    assert!(matches!(
        gets(&server, "x").await.0,
        Err(RequestFailure::NoType(_))
    ));
}
