//! Requests, answers and failures of plain HTTP.

use super::server::{Act, Server, answer, ok};
use super::{JSON, LIMIT, access, client, connector, text};
use crate::connect::progress::RequestStep;
use crate::record::Reason;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;
use std::time::Duration;

#[tokio::test]
async fn requests_have_the_usual_headers_and_share_a_connection() {
    let server = Server::start(None, |number, _| Act::Answer(ok(&number.to_string()))).await;
    let url = format!("http://127.0.0.1:{}/k8s/clusters/c-1/", server.port);
    let client = connector()
        .client(&access(&url, "", "{as: alice, token: secret}"))
        .unwrap();
    assert_eq!(text(&client, "/api/v1/pods?limit=500").await.unwrap(), "1");
    assert_eq!(text(&client, "/version").await.unwrap(), "2");
    assert_eq!(server.connections(), 1);
    let request = &server.requests()[0];
    assert!(
        request.starts_with("GET /k8s/clusters/c-1/api/v1/pods?limit=500 HTTP/1.1\r\n"),
        "{request}"
    );
    for header in [
        format!("host: 127.0.0.1:{}\r\n", server.port),
        format!("user-agent: kubectl-mc/{} (", env!("CARGO_PKG_VERSION")),
        "accept: application/json\r\n".into(),
        "accept-encoding: gzip\r\n".into(),
        "impersonate-user: alice\r\n".into(),
    ] {
        assert!(request.contains(&header), "{header} in {request}");
    }
    assert!(!request.contains("secret"));
    assert_eq!(
        client.server(),
        format!("http://127.0.0.1:{}/k8s/clusters/c-1", server.port)
    );
}

#[tokio::test]
async fn connection_closed_by_the_server_is_replaced() {
    let server = Server::start(None, |_, _| Act::Close(ok("fine"))).await;
    let client = client(&server, "", "");
    for _ in 0..3 {
        assert_eq!(text(&client, "/").await.unwrap(), "fine");
        while client.has_kept_connection() {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(server.connections(), 3);
}

#[tokio::test]
async fn get_is_retried_only_once_after_a_reset() {
    let server = Server::start(None, |number, _| match number {
        1 => Act::Reset(Vec::new()),
        _ => Act::Answer(ok("fine")),
    })
    .await;
    assert_eq!(text(&client(&server, "", ""), "/").await.unwrap(), "fine");
    assert_eq!(server.requests().len(), 2);

    let server = Server::start(None, |_, _| Act::Reset(Vec::new())).await;
    let error = text(&client(&server, "", ""), "/").await.unwrap_err();
    assert_eq!((error.reason, server.requests().len()), (Reason::Connect, 2));
    assert!(
        error.message.contains("reset the connection before it answered"),
        "{error}"
    );
    assert!(error.is_broken_connection());
}

#[tokio::test]
async fn get_bytes_reads_a_broken_body_again_once() {
    let short = || b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234".to_vec();
    let server = Server::start(None, move |number, _| match number {
        1 => Act::Reset(short()),
        _ => Act::Answer(ok("fine")),
    })
    .await;
    assert_eq!(text(&client(&server, "", ""), "/").await.unwrap(), "fine");

    let server = Server::start(None, move |_, _| Act::Close(short())).await;
    let error = text(&client(&server, "", ""), "/").await.unwrap_err();
    assert_eq!((error.reason, server.requests().len()), (Reason::Protocol, 2));
    assert!(error.message.contains("ends after 4 of 10 bytes"), "{error}");

    let server = Server::start(None, move |_, _| Act::Reset(short())).await;
    let error = text(&client(&server, "", ""), "/").await.unwrap_err();
    assert_eq!(error.reason, Reason::Connect);
    assert!(
        error.message.contains("inside its answer, after 4 of 10 bytes"),
        "{error}"
    );

    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n1234\r\n";
    let server = Server::start(None, |_, _| Act::Close(chunked.to_vec())).await;
    let error = text(&client(&server, "", ""), "/").await.unwrap_err();
    assert_eq!(error.reason, Reason::Protocol);
    assert!(error.message.contains("after 4 bytes, before its end"), "{error}");
}

#[tokio::test]
async fn get_waits_as_told_by_429_and_503_at_most_ten_times() {
    let later = || answer("429 Too Many Requests", "Retry-After: 0\r\n", b"no");
    let server = Server::start(None, move |number, _| match number {
        1 | 2 => Act::Answer(later()),
        3 => Act::Answer(answer("503 Service Unavailable", "Retry-After: 0\r\n", b"")),
        _ => Act::Answer(ok("fine")),
    })
    .await;
    assert_eq!(text(&client(&server, "", ""), "/").await.unwrap(), "fine");
    assert_eq!((server.requests().len(), server.connections()), (4, 1));

    let server = Server::start(None, move |_, _| Act::Answer(later())).await;
    let error = text(&client(&server, "", ""), "/").await.unwrap_err();
    assert_eq!(
        (error.reason, server.requests().len()),
        (Reason::TooManyRequests, 11)
    );

    let server = Server::start(None, |_, _| Act::Answer(answer("500 Oops", "", b"boom"))).await;
    let error = text(&client(&server, "", ""), "/").await.unwrap_err();
    assert_eq!((error.reason, server.requests().len()), (Reason::ServerError, 1));
}

#[tokio::test]
async fn timeout_error_says_what_was_waited_for() {
    let server = Server::start(None, |_, head| match head.split(' ').nth(1) {
        Some("/reads") => Act::Hang(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n1234".to_vec()),
        Some("/waits") => Act::Hang(Vec::new()),
        _ => Act::Answer(answer("429 Later", "Retry-After: 60\r\n", b"")),
    })
    .await;
    let client = client(&server, "", "");
    for (path, step, said) in [
        (
            "/reads",
            RequestStep::Reading,
            "within 30s: it stopped or is slow after 4 bytes",
        ),
        (
            "/waits",
            RequestStep::Waiting,
            "within 30s: connected, and still waiting",
        ),
        (
            "/throttles",
            RequestStep::Throttled,
            "within 30s: it says to come back later",
        ),
    ] {
        let error = || client.timeout_error(Duration::from_secs(30));
        let says_so = async {
            while !error().message.contains(said) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            outcome = text(&client, path) => panic!("{outcome:?}"),
            () = says_so => assert_eq!((client.step(), error().reason), (step, Reason::Timeout)),
        }
    }
}

#[tokio::test]
async fn connect_timeout_covers_the_tls_handshake() {
    // A listener that accepts connections but never begins TLS.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let connector = crate::connect::Connector::new(crate::connect::ConnectorOptions {
        connect_timeout: Duration::from_millis(100),
        ..Default::default()
    });
    let client = connector
        .client(&access(&url, "insecure-skip-tls-verify: true", ""))
        .unwrap();
    let error = text(&client, "/").await.unwrap_err();
    assert_eq!(error.reason, Reason::Timeout);
    assert!(
        error
            .message
            .contains(&format!("{url}: no answer within 100ms while the TLS handshake")),
        "{error}"
    );
}

#[tokio::test]
async fn unreachable_servers_are_reported() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("http://{closed}");
    let error = text(&connector().client(&access(&url, "", "")).unwrap(), "/")
        .await
        .unwrap_err();
    assert_eq!(error.reason, Reason::Connect);
    assert_eq!(
        error.message,
        format!("cannot connect to {url}: connection refused ({closed})")
    );

    let client = connector().client(&access(
        "https://no-such-host.invalid:6443",
        "insecure-skip-tls-verify: true",
        "",
    ));
    let error = text(&client.unwrap(), "/").await.unwrap_err();
    assert_eq!(error.reason, Reason::Dns);
    assert!(
        error.message.starts_with(
            "cannot look up the address of no-such-host.invalid (https://no-such-host.invalid:6443): "
        ),
        "{error}"
    );

    let server = Server::start(None, |_, _| Act::Close(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())).await;
    let error = text(&super::client(&server, "", ""), "/").await.unwrap_err();
    assert_eq!(error.reason, Reason::Protocol, "{error}");
}

#[tokio::test]
async fn request_futures_are_send() {
    fn may_be_spawned<T: Send + 'static>(_: &T) {}
    let server = Server::start(None, |_, _| Act::Answer(ok("fine"))).await;
    let client = client(&server, "", "");
    let asking = async move { client.get_bytes("/", JSON, LIMIT).await.map(|(_, bytes)| bytes) };
    may_be_spawned(&asking);
    assert_eq!(asking.await.unwrap(), b"fine");
}

#[tokio::test]
async fn body_announced_over_the_limit_is_not_read() {
    let server = Server::start(None, |_, _| {
        Act::Hang(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n1".to_vec())
    })
    .await;
    let error = text(&client(&server, "", ""), "/").await.unwrap_err();
    assert!(error.message.contains("is over 1048576 bytes"), "{error}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn gzip_body_comes_in_bounded_pieces() {
    let large = vec![b'x'; 8 << 20];
    let compressed = gzip(&large);
    assert!(compressed.len() < 16 << 10);
    let server = Server::start(None, move |_, _| {
        Act::Answer(answer("200 OK", "Content-Encoding: gzip\r\n", &compressed))
    })
    .await;
    let client = client(&server, "", "");
    let mut body = client.get("/", JSON, None).await.unwrap().into_body();
    let mut total = 0;
    while let Some(piece) = body.chunk().await.unwrap() {
        assert!(piece.len() <= 1 << 20, "{}", piece.len());
        total += piece.len();
    }
    assert_eq!(total, large.len());
    let (_, whole) = client.get_bytes("/", JSON, large.len()).await.unwrap();
    assert!(whole == large);
    let error = client.get_bytes("/", JSON, LIMIT).await.unwrap_err();
    assert_eq!(error.reason, Reason::Protocol);
    assert!(error.message.contains("is over 1048576 bytes"), "{error}");
}

#[tokio::test]
async fn malformed_gzip_is_an_error() {
    let good = gzip(b"fine");
    let mut members = good.clone();
    members.extend(gzip(b", twice"));
    let short = good[..good.len() - 3].to_vec();
    let mut wrong = good.clone();
    let checksum = wrong.len() - 8;
    wrong[checksum] ^= 1;
    let behind = [good.clone(), b"plain".to_vec()].concat();
    let bodies = [
        good.clone(),
        members,
        short,
        b"plain".to_vec(),
        wrong,
        behind,
        Vec::new(),
    ];
    let server = Server::start(None, move |number, _| {
        Act::Answer(answer(
            "200 OK",
            "Content-Encoding: GZIP\r\n",
            &bodies[number - 1],
        ))
    })
    .await;
    let client = client(&server, "", "");
    assert_eq!(text(&client, "/").await.unwrap(), "fine");
    assert_eq!(text(&client, "/").await.unwrap(), "fine, twice");
    for _ in 0..4 {
        let error = text(&client, "/").await.unwrap_err();
        assert_eq!(error.reason, Reason::Protocol);
        assert!(error.message.contains("is not valid gzip"), "{error}");
    }
    assert_eq!(text(&client, "/").await.unwrap(), "");
}

#[tokio::test]
async fn disable_compression_omits_accept_encoding() {
    let server = Server::start(None, |_, _| Act::Answer(ok("fine"))).await;
    let url = format!("http://127.0.0.1:{}", server.port);
    let client = connector()
        .client(&access(&url, "disable-compression: true", ""))
        .unwrap();
    text(&client, "/").await.unwrap();
    assert!(!server.requests()[0].contains("accept-encoding"));
}

#[tokio::test]
async fn redirect_to_another_host_is_reported_without_its_query() {
    let server = Server::start(None, |_, _| {
        Act::Answer(answer(
            "302 Found",
            "Location: https://login.example/x?session=secret\r\n",
            b"",
        ))
    })
    .await;
    let error = text(&client(&server, "", "token: t"), "/").await.unwrap_err();
    assert_eq!((error.reason, error.status), (Reason::Protocol, Some(302)));
    assert!(
        error.message.contains("redirects to login.example (status 302)"),
        "{error}"
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn unauthorized_is_worded_as_by_kubectl_with_a_hint() {
    let status =
        r#"{"kind":"Status","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}"#;
    let server = Server::start(None, move |_, _| {
        Act::Answer(answer(
            "401 Unauthorized",
            "Content-Type: application/json\r\n",
            status.as_bytes(),
        ))
    })
    .await;
    let client = client(&server, "", "");
    let error = text(&client, "/").await.unwrap_err();
    assert_eq!(
        error.message,
        "error: You must be logged in to the server (Unauthorized)"
    );
    assert_eq!((error.reason, error.status), (Reason::Unauthorized, Some(401)));
    assert!(
        error
            .hint
            .unwrap()
            .contains("context \"test\" has no credentials")
    );
    text(&client, "/").await.unwrap_err();
    assert_eq!(
        server.connections(),
        1,
        "the body of an error is read, so the connection is kept"
    );
}
