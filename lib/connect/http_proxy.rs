//! Connections through an HTTP proxy: a tunnel by CONNECT (RFC 9110, 9.3.6) for https servers, and requests that the
//! proxy forwards one by one for http servers.

use super::address::Server;
use super::causes;
use super::connection::{ByteStream, ConnectTarget, Connection, Forwarding, encrypt};
use super::dial::NameCache;
use super::error::Error;
use super::progress::{ConnectStep, Progress};
use super::proxy::Proxy;
use super::tls::Tls;
use super::transport::{Connecting, Transport};
use crate::error_text::io_text;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// The most that a proxy may answer before the tunnel is open.
const MAX_ANSWER: usize = 16 * 1024;

/// Connects through an HTTP proxy.
#[derive(Debug)]
pub(crate) struct HttpProxy {
    pub proxy: Proxy,
    /// For an https proxy, which Go checks by the cluster's own TLS settings too. Without the client certificate.
    pub tls: Option<Arc<Tls>>,
    pub names: Arc<NameCache>,
}

impl Transport for HttpProxy {
    fn connect<'a>(&'a self, target: ConnectTarget<'a>, progress: &'a Progress) -> Connecting<'a> {
        Box::pin(async move {
            let shown = self.proxy.to_server(target.server);
            let proxy = &self.proxy;
            let tcp = self
                .names
                .connect(&proxy.host, proxy.port, &shown, progress)
                .await
                .map_err(|error| proxy.not_reached(error))?;
            match &self.tls {
                None => self.finish(target, tcp, progress).await,
                Some(tls) => {
                    progress.connecting(ConnectStep::Handshake);
                    let stream = encrypt(&shown, tls, &proxy.host, tcp).await?;
                    self.finish(target, stream, progress).await
                }
            }
        })
    }

    fn via(&self) -> String {
        format!(" through the proxy {}", self.proxy)
    }
}

impl HttpProxy {
    async fn finish(
        &self,
        target: ConnectTarget<'_>,
        to_proxy: impl ByteStream + 'static,
        progress: &Progress,
    ) -> Result<Connection, Error> {
        if target.tls.is_none() {
            let authorization = self.proxy.authorization();
            return Connection::open(target, to_proxy, Some(Forwarding { authorization })).await;
        }
        progress.connecting(ConnectStep::AskProxy);
        let tunnel = open_tunnel(to_proxy, &self.proxy, target.server).await?;
        progress.connecting(ConnectStep::Handshake);
        Connection::open(target, tunnel, None).await
    }
}

/// Asks a proxy for a tunnel. hyper-util's `Tunnel` does not say why a proxy refuses.
async fn open_tunnel<S: ByteStream>(mut stream: S, proxy: &Proxy, server: &Server) -> Result<S, Error> {
    let target = server.host_and_port();
    let mut request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n").into_bytes();
    if let Some(value) = proxy.authorization() {
        request.extend_from_slice(b"Proxy-Authorization: ");
        request.extend_from_slice(value.as_bytes());
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let io_failed = |error: io::Error| {
        let mut failed = proxy.refused(server, &io_text(&error));
        failed.broken = causes::is_broken(&error);
        failed
    };
    stream.write_all(&request).await.map_err(io_failed)?;
    let mut answer = Vec::with_capacity(256);
    loop {
        // The server waits for our first byte, so nothing of its own follows the head in `answer`.
        if stream.read_buf(&mut answer).await.map_err(io_failed)? == 0 {
            let mut failed = proxy.refused(server, "it closed the connection");
            failed.broken = true;
            return Err(failed);
        }
        if let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = &answer[..end];
            let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
            return accept(line, proxy, server).map(|()| stream);
        }
        if answer.len() > MAX_ANSWER {
            return Err(proxy.refused(server, "its answer is not HTTP"));
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
        Some((status, "407")) => Err(proxy
            .refused(server, &format!("it answers {status}"))
            .with_hint("the proxy wants a user and a password: http://user:password@host:port")),
        Some((status, _)) => Err(proxy.refused(server, &format!("it answers {status}"))),
        None => Err(proxy.refused(server, "its answer is not HTTP")),
    }
}
