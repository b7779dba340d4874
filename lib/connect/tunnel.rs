//! Ways through a proxy to a server: HTTP CONNECT (RFC 9110, 9.3.6) and SOCKS 5 (RFC 1928).

use super::address::Server;
use super::proxy::Proxy;
use super::transport::Stream;
use super::{Error, failure};
use crate::record::Reason;
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::rt::TokioIo;
use std::future::ready;
use std::io;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tower::Service as _;

/// The most that a proxy may say before the tunnel is there.
const MAX_ANSWER: usize = 16 * 1024;

fn broken(proxy: &Proxy, server: &Server, what: &str) -> Error {
    Error::new(
        Reason::Connect,
        format!("the proxy {proxy} gives no way to {}: {what}", server.shown),
    )
}

/// Asks an HTTP proxy for a tunnel. hyper-util's `Tunnel` would do, but does not say why a proxy refuses.
pub(crate) async fn connect<S: Stream>(mut stream: S, proxy: &Proxy, server: &Server) -> Result<S, Error> {
    let target = server.host_and_port();
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(value) = proxy.authorization() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(value.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let io_failed = |error: io::Error| {
        let mut failed = broken(proxy, server, &failure::io_text(&error));
        failed.broken = failure::is_broken(&error);
        failed
    };
    stream.write_all(&request).await.map_err(io_failed)?;
    let mut answer = Vec::with_capacity(256);
    loop {
        // The server says nothing before we do, so what follows the head is not lost in `answer`.
        if stream.read_buf(&mut answer).await.map_err(io_failed)? == 0 {
            let mut failed = broken(proxy, server, "it closed the connection");
            failed.broken = true;
            return Err(failed);
        }
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = &answer[..end];
            let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
            return accept(line, proxy, server).map(|()| stream);
        }
        if answer.len() > MAX_ANSWER {
            return Err(broken(proxy, server, "what it answers is not HTTP"));
        }
    }
}

/// Reads `HTTP/1.1 200 Connection established`.
fn accept(line: &[u8], proxy: &Proxy, server: &Server) -> Result<(), Error> {
    let line = String::from_utf8_lossy(line);
    let status = line
        .strip_prefix("HTTP/1.")
        .and_then(|rest| rest.split_once(' '))
        .map(|(_, status)| status.trim());
    match status.map(|status| (status, status.get(..3).unwrap_or_default())) {
        Some((_, code)) if code.starts_with('2') => Ok(()),
        Some((status, "407")) => Err(broken(proxy, server, &format!("it answers {status}"))
            .with_hint("the proxy wants a user and a password: http://user:password@host:port")),
        Some((status, _)) => Err(broken(proxy, server, &format!("it answers {status}"))),
        None => Err(broken(proxy, server, "what it answers is not HTTP")),
    }
}

/// Asks a SOCKS proxy for a tunnel; names are looked up by the proxy, as Go does.
pub(crate) async fn socks5(tcp: TcpStream, proxy: &Proxy, server: &Server) -> Result<TcpStream, Error> {
    let uri = |text: String| -> Result<http::Uri, Error> {
        text.parse().map_err(|_| broken(proxy, server, "not an address"))
    };
    let mut stream = Some(TokioIo::new(tcp));
    let connected = tower::service_fn(move |_: http::Uri| {
        ready(
            stream
                .take()
                .ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)),
        )
    });
    let mut socks = SocksV5::new(uri(proxy.to_string())?, connected);
    if let Some((user, password)) = proxy.user.clone() {
        socks = socks.with_auth(user, password);
    }
    let target = uri(format!("socks5://{}", server.host_and_port()))?;
    match socks.call(target).await {
        Ok(stream) => Ok(stream.into_inner()),
        Err(error) => {
            let text = error.to_string();
            Err(broken(
                proxy,
                server,
                text.strip_prefix("SOCKS error: ").unwrap_or(&text),
            ))
        }
    }
}
