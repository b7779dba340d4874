//! When a request is sent again: the server counts what arrives.

use super::server::{Act, Server, answer, ok};
use super::{client, text};
use crate::connect::{Client, Error};
use crate::record::Reason;

const FIRST_BYTES: &[u8] = b"HTTP/1.1 20";

async fn get(client: &Client) -> Result<String, Error> {
    text(client, "/").await
}

async fn post(client: &Client) -> Result<String, Error> {
    let bytes = client
        .post("/reviews", b"{\"kind\":\"Review\"}".to_vec(), 100)
        .await?;
    Ok(String::from_utf8(bytes).unwrap())
}

/// Starts a server that takes the first request, does this instead of answering, and answers all others.
async fn failing_once(act: fn() -> Act) -> Server {
    Server::start(None, move |number, _| match number {
        1 => act(),
        _ => Act::Answer(ok("fine")),
    })
    .await
}

#[tokio::test]
async fn get_is_sent_again_when_the_connection_breaks_before_the_answer() {
    for act in [|| Act::Close(Vec::new()), || Act::Reset(Vec::new())] {
        let server = failing_once(act).await;
        assert_eq!(get(&client(&server, "", "")).await.unwrap(), "fine");
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn get_is_sent_again_when_the_connection_breaks_after_the_first_byte() {
    for act in [
        || Act::Close(FIRST_BYTES.to_vec()),
        || Act::Reset(FIRST_BYTES.to_vec()),
    ] {
        let server = failing_once(act).await;
        assert_eq!(get(&client(&server, "", "")).await.unwrap(), "fine");
        assert_eq!(server.requests().len(), 2);
    }
}

#[tokio::test]
async fn post_is_not_sent_again_when_the_connection_breaks_before_the_answer() {
    for act in [|| Act::Close(Vec::new()), || Act::Reset(Vec::new())] {
        let server = failing_once(act).await;
        let error = post(&client(&server, "", "")).await.unwrap_err();
        assert_eq!((error.reason, server.requests().len()), (Reason::Connect, 1));
        assert!(error.is_broken_connection());
    }
}

#[tokio::test]
async fn post_is_not_sent_again_when_the_connection_breaks_after_the_first_byte() {
    for act in [
        || Act::Close(FIRST_BYTES.to_vec()),
        || Act::Reset(FIRST_BYTES.to_vec()),
    ] {
        let server = failing_once(act).await;
        let error = post(&client(&server, "", "")).await.unwrap_err();
        assert_eq!((error.reason, server.requests().len()), (Reason::Connect, 1));
    }
}

#[tokio::test]
async fn post_is_not_sent_again_over_a_connection_that_was_kept() {
    let server = Server::start(None, |number, _| match number {
        1 => Act::Answer(ok("fine")),
        _ => Act::Close(Vec::new()),
    })
    .await;
    let client = client(&server, "", "");
    assert_eq!(get(&client).await.unwrap(), "fine");
    let error = post(&client).await.unwrap_err();
    assert_eq!((error.reason, server.requests().len()), (Reason::Connect, 2));
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn post_is_sent_over_a_new_connection_if_the_kept_one_was_closed() {
    let server = Server::start(None, |_, _| Act::Close(ok("fine"))).await;
    let client = client(&server, "", "");
    assert_eq!(get(&client).await.unwrap(), "fine");
    // The client reads to the end of the answer, and learns of the end of the connection a moment later.
    while client.has_kept_connection() {
        tokio::task::yield_now().await;
    }
    assert_eq!(post(&client).await.unwrap(), "fine");
    assert_eq!((server.requests().len(), server.connections()), (2, 2));
}

#[tokio::test]
async fn only_get_is_sent_again_after_429_or_503_with_retry_after() {
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let later = move || Act::Answer(answer(status, "Retry-After: 0\r\n", b"later"));
        let start = || {
            Server::start(None, move |number, _| match number {
                1 => later(),
                _ => Act::Answer(ok("fine")),
            })
        };
        let server = start().await;
        assert_eq!(get(&client(&server, "", "")).await.unwrap(), "fine");
        assert_eq!(server.requests().len(), 2, "{status}");

        let server = start().await;
        let error = post(&client(&server, "", "")).await.unwrap_err();
        assert_eq!(error.status, status.split(' ').next().unwrap().parse().ok());
        assert_eq!(server.requests().len(), 1, "{status}");
    }
}
