//! Connections through proxies.

use super::pki::{Ca, base64};
use super::server::{Act, Server, answer, ok};
use super::{access, connector, text};
use crate::record::Reason;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

async fn member(ca: &Ca) -> Server {
    Server::start(Some(ca.server().config()), |_, _| Act::Answer(ok("fine"))).await
}

fn through(ca: &Ca, member: &Server, proxy: &str) -> crate::connect::Client {
    let cluster = format!(
        "certificate-authority-data: {}\nproxy-url: {proxy}",
        base64(&ca.pem)
    );
    let url = format!("https://127.0.0.1:{}", member.port);
    connector().client(&access(&url, &cluster, "")).unwrap()
}

#[tokio::test]
async fn connect_request_has_proxy_authorization() {
    let ca = Ca::new("kube-ca");
    let member = member(&ca).await;
    let proxy = Server::start(None, |_, _| {
        Act::Answer(b"HTTP/1.1 200 Connection established\r\n\r\n".to_vec())
    })
    .await;
    let client = through(&ca, &member, &format!("http://u:p@127.0.0.1:{}", proxy.port));
    assert_eq!(text(&client, "/").await.unwrap(), "fine");
    assert_eq!(text(&client, "/").await.unwrap(), "fine");
    let request = proxy.requests().remove(0);
    assert!(
        request.starts_with(&format!("CONNECT 127.0.0.1:{} HTTP/1.1\r\n", member.port)),
        "{request}"
    );
    assert!(
        request.contains("Proxy-Authorization: Basic dTpw\r\n"),
        "{request}"
    );
    assert_eq!(member.connections(), 1);
    assert!(!member.requests()[0].contains("roxy-"));
}

#[tokio::test]
async fn https_proxy_leads_to_https_server() {
    let ca = Ca::new("kube-ca");
    let member = member(&ca).await;
    let proxy = Server::start(Some(ca.server().config()), |_, _| {
        Act::Answer(b"HTTP/1.1 200 OK\r\n\r\n".to_vec())
    })
    .await;
    let client = through(&ca, &member, &format!("https://127.0.0.1:{}", proxy.port));
    assert_eq!(text(&client, "/").await.unwrap(), "fine");
    assert_eq!((proxy.requests().len(), member.connections()), (1, 1));
}

#[tokio::test]
async fn proxy_that_refuses_is_named() {
    let ca = Ca::new("kube-ca");
    let member = member(&ca).await;
    let proxy = Server::start(Some(ca.server().config()), |_, _| {
        Act::Close(answer("407 Proxy Authentication Required", "", b""))
    })
    .await;
    let client = through(
        &ca,
        &member,
        &format!("https://u:secret@127.0.0.1:{}", proxy.port),
    );
    let error = text(&client, "/").await.unwrap_err();
    assert_eq!(error.reason, Reason::Connect);
    assert_eq!(
        error.message,
        format!(
            "the proxy https://127.0.0.1:{} does not connect to https://127.0.0.1:{}: it answers 407 Proxy \
             Authentication Required",
            proxy.port, member.port
        )
    );
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let error = text(&through(&ca, &member, &format!("http://{closed}")), "/")
        .await
        .unwrap_err();
    assert!(
        error
            .message
            .contains(&format!("the proxy http://{closed} that leads to https://127")),
        "{error}"
    );
}

#[tokio::test]
async fn plain_http_is_forwarded_by_the_proxy() {
    let proxy = Server::start(None, |_, _| Act::Answer(ok("fine"))).await;
    let cluster = format!("proxy-url: http://u:p@127.0.0.1:{}", proxy.port);
    let client = connector()
        .client(&access("http://member.example/base", &cluster, ""))
        .unwrap();
    assert_eq!(text(&client, "/version").await.unwrap(), "fine");
    let request = proxy.requests().remove(0);
    assert!(
        request.starts_with("GET http://member.example:80/base/version HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains("proxy-authorization: Basic dTpw\r\n"),
        "{request}"
    );
    assert!(request.contains("host: member.example\r\n"), "{request}");
}

/// Starts a SOCKS 5 proxy for one connection, without authentication.
async fn socks() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 3];
        stream.read_exact(&mut greeting).await.unwrap();
        stream.write_all(&[5, 0]).await.unwrap();
        let mut request = [0; 10];
        stream.read_exact(&mut request).await.unwrap();
        let target = u16::from_be_bytes([request[8], request[9]]);
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        let mut onward = TcpStream::connect(("127.0.0.1", target)).await.unwrap();
        let _ = tokio::io::copy_bidirectional(&mut stream, &mut onward).await;
    });
    port
}

#[tokio::test]
async fn socks5_proxy_leads_to_https_server() {
    let ca = Ca::new("kube-ca");
    let member = member(&ca).await;
    let client = through(&ca, &member, &format!("socks5://127.0.0.1:{}", socks().await));
    assert_eq!(text(&client, "/").await.unwrap(), "fine");
}
