//! Connections through a SOCKS 5 proxy (RFC 1928).

use super::address::Server;
use super::connection::{ConnectTarget, Connection};
use super::dial::NameCache;
use super::error::Error;
use super::progress::{ConnectStep, Progress};
use super::proxy::Proxy;
use super::transport::{Connecting, Transport};
use hyper_util::client::legacy::connect::proxy::SocksV5;
use hyper_util::rt::TokioIo;
use std::future::ready;
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;
use tower::Service as _;

/// Connects through a SOCKS proxy.
#[derive(Debug)]
pub(crate) struct Socks5 {
    pub proxy: Proxy,
    pub names: Arc<NameCache>,
}

impl Transport for Socks5 {
    fn connect<'a>(&'a self, target: ConnectTarget<'a>, progress: &'a Progress) -> Connecting<'a> {
        Box::pin(async move {
            let proxy = &self.proxy;
            let shown = proxy.to_server(target.server);
            let tcp = self
                .names
                .connect(&proxy.host, proxy.port, &shown, progress)
                .await
                .map_err(|error| proxy.not_reached(error))?;
            progress.connecting(ConnectStep::AskProxy);
            let tunnel = open_tunnel(tcp, proxy, target.server).await?;
            progress.connecting(ConnectStep::Handshake);
            Connection::open(target, tunnel, None).await
        })
    }

    fn via(&self) -> String {
        format!(" through the proxy {}", self.proxy)
    }
}

/// Asks a proxy for a tunnel. The proxy looks the server's name up, as with Go.
async fn open_tunnel(tcp: TcpStream, proxy: &Proxy, server: &Server) -> Result<TcpStream, Error> {
    let uri = |text: String| -> Result<http::Uri, Error> {
        text.parse().map_err(|_| proxy.refused(server, "not an address"))
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
            Err(proxy.refused(server, text.strip_prefix("SOCKS error: ").unwrap_or(&text)))
        }
    }
}
