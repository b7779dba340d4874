//! Unusual answers that Go's client accepts: redirects, odd heads and odd ends.

use super::pki::{Ca, base64};
use super::server::{Act, Server, answer, ok};
use super::{client, text};
use crate::record::Reason;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

/// Starts a server that redirects requests to `/old` and answers all others.
async fn redirecting(status: &'static str, location: &'static str) -> Server {
    Server::start(None, move |_, head| match head.starts_with("GET /old") {
        true => Act::Answer(answer(status, &format!("Location: {location}\r\n"), b"moved")),
        false => Act::Answer(ok("fine")),
    })
    .await
}

#[tokio::test]
async fn redirects_within_the_server_are_followed_with_credentials() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let server = redirecting(status, "/new?a=b").await;
        let client = client(&server, "", "{as: alice}");
        assert_eq!(text(&client, "/old").await.unwrap(), "fine");
        let requests = server.requests();
        assert!(
            requests[1].starts_with("GET /new?a=b HTTP/1.1\r\n"),
            "{requests:?}"
        );
        assert!(requests[1].contains("impersonate-user: alice"), "{requests:?}");
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn redirects_to_another_origin_are_refused_by_name() {
    let other = Server::start(None, |_, _| Act::Answer(ok("stolen"))).await;
    let location: &'static str = format!("http://127.0.0.1:{}/", other.port).leak();
    for (location, named) in [
        (location, "redirects to 127.0.0.1 (status 307)"),
        (
            "https://login.example/?session=secret",
            "redirects to login.example (status 307)",
        ),
        ("javascript:secret", "redirects elsewhere (status 307)"),
    ] {
        let server = redirecting("307 Temporary", location).await;
        let error = text(&client(&server, "", ""), "/old").await.unwrap_err();
        assert_eq!((error.reason, error.status), (Reason::Protocol, Some(307)));
        assert!(error.message.contains(named), "{error}");
        assert!(!error.message.contains("secret"), "{error}");
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn redirect_loop_ends_after_ten() {
    let server = redirecting("302 Found", "/old").await;
    let error = text(&client(&server, "", ""), "/old").await.unwrap_err();
    assert_eq!(server.requests().len(), 11);
    assert!(error.message.contains("redirects more than 10 times"), "{error}");
}

#[tokio::test]
async fn post_is_not_redirected() {
    let server = Server::start(None, |_, _| {
        Act::Answer(answer("307 Temporary", "Location: /new\r\n", b""))
    })
    .await;
    let error = client(&server, "", "")
        .post("/old", b"{}".to_vec(), 100)
        .await
        .unwrap_err();
    assert_eq!((server.requests().len(), error.status), (1, Some(307)));
}

/// Returns the result of an answer that a server sends before it closes the connection.
async fn closed_after(bytes: Vec<u8>) -> Result<String, crate::connect::Error> {
    let server = Server::start(None, move |_, _| Act::Close(bytes.clone())).await;
    text(&client(&server, "", ""), "/").await
}

#[tokio::test]
async fn odd_response_heads_are_accepted_as_by_go() {
    let many: String = (0..3000)
        .map(|number| format!("X-{number}: {number}\r\n"))
        .collect();
    let long = format!("X: {}\r\n", "x".repeat(200_000));
    for head in [
        "HTTP/1.0 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 200\r\ncontent-length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\nContent-Length: 4\n\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Blank : a\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX(odd): a\r\nContent-Length: 4\r\n\r\n",
        "HTTP/1.1 200 OK\r\nX-Latin: \u{e9}\r\nContent-Length: 4\r\n\r\n",
        &format!("HTTP/1.1 200 OK\r\n{many}Content-Length: 4\r\n\r\n"),
        &format!("HTTP/1.1 200 OK\r\n{long}Content-Length: 4\r\n\r\n"),
    ] {
        let answer = closed_after(format!("{head}fine").into_bytes()).await;
        let shown = &head[..head.len().min(100)];
        assert_eq!(answer.ok().as_deref(), Some("fine"), "{shown}");
    }
}

#[tokio::test]
async fn odd_chunks_and_compression_are_accepted() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\nTrailer: X\r\n\r\n2;a=b;c=\"d\"\r\nfi\r\n02\r\nne\r\n0\r\nX: y\r\n\r\n";
    assert_eq!(closed_after(chunked.into()).await.unwrap(), "fine");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(b"fine").unwrap();
    let gzip = gzip.finish().unwrap();
    for name in ["Content-Encoding: GZIP", "content-encoding:  gzip "] {
        let bytes = answer("200 OK", &format!("{name}\r\n"), &gzip);
        assert_eq!(closed_after(bytes).await.unwrap(), "fine", "{name}");
    }
    let twice = [&gzip[..], &gzip].concat();
    let bytes = answer("200 OK", "Content-Encoding: gzip\r\n", &twice);
    assert_eq!(closed_after(bytes).await.unwrap(), "finefine");
}

#[tokio::test]
async fn status_with_odd_content_type_is_parsed() {
    let status = br#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"no such thing","reason":"NotFound","code":404}"#;
    for kind in [
        "application/json",
        "Application/JSON",
        "application/json ; Charset=UTF-8",
        "APPLICATION/JSON;x",
    ] {
        let server = Server::start(None, move |_, _| {
            Act::Answer(answer(
                "404 Not Found",
                &format!("Content-Type: {kind}\r\n"),
                status,
            ))
        })
        .await;
        let error = text(&client(&server, "", ""), "/").await.unwrap_err();
        assert_eq!(
            error.message, "Error from server (NotFound): no such thing",
            "{kind}"
        );
    }
}

#[tokio::test]
async fn body_without_tls_close_notify_is_whole_if_json_or_gzip_is() {
    let ca = Ca::new("kube-ca");
    let cluster = format!("certificate-authority-data: {}", base64(&ca.pem));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(b"fine").unwrap();
    let gzip = gzip.finish().unwrap();
    let head = "HTTP/1.0 200 OK\r\n";
    let plain = |body: &str| format!("{head}\r\n{body}").into_bytes();
    let compressed = |body: &[u8]| {
        let head = format!("{head}Content-Encoding: gzip\r\n\r\n");
        [head.as_bytes(), body].concat()
    };
    for (bytes, expected) in [
        (plain("{\"a\": [\"}\"]}\n"), Some("{\"a\": [\"}\"]}\n")),
        (plain("{\"a\": [\"}\"]"), None),
        (plain("text that may be cut"), None),
        (compressed(&gzip), Some("fine")),
        (compressed(&gzip[..gzip.len() - 3]), None),
    ] {
        // The server closes without a close notify.
        let server = Server::start(Some(ca.server().config()), move |_, _| Act::Close(bytes.clone())).await;
        let answer = text(&client(&server, &cluster, ""), "/").await;
        match (answer, expected) {
            (Ok(answer), Some(expected)) => assert_eq!(answer, expected),
            (Err(error), None) => assert_eq!(error.reason, Reason::Protocol, "{error}"),
            (answer, expected) => panic!("{answer:?} {expected:?}"),
        }
    }
}
