//! One connection: DNS, TCP, a proxy where there is one, TLS, HTTP/1.1.

use super::address::{Server, host_and_port};
use super::proxy::{Kind, Proxy};
use super::resolver::ask_resolver;
use super::tls::Tls;
use super::{Error, failure, tls, tunnel};
use crate::record::Reason;
use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use http_body_util::Full;
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use rustix::net::sockopt;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio_rustls::TlsConnector;

/// For how long one address is tried alone before the next one is tried beside it (RFC 8305 recommends
/// 250 ms; Go waits 300).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// For how long a connection that failed is asked why.
const WHY_IT_FAILED: Duration = Duration::from_millis(100);

/// After so long without a word the other side is asked whether it is there (client-go's dialer, and the pings
/// that kubectl's HTTP/2 has in place of this).
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);

/// How long it has for an answer before it is asked again.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);

/// So many questions without an answer and the connection is broken: 45 s after the last word, as with client-go's
/// pings. Linux' own numbers come to more than two hours.
const KEEPALIVE_PROBES: u32 = 3;

/// How many headers an answer may have. Go counts their bytes alone; hyper takes 400 KiB of them.
const MOST_HEADERS: usize = 4096;

/// What a connection runs over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Of a name, once they are there.
type Addresses = Arc<OnceCell<Vec<SocketAddr>>>;

/// Names that were looked up, each once: many clusters may stand behind one host.
#[derive(Debug, Default)]
pub(crate) struct Names {
    known: Mutex<HashMap<(String, u16), Addresses>>,
}

impl Names {
    async fn look_up(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let cell = tls::lock(&self.known)
            .entry((host.to_owned(), port))
            .or_default()
            .clone();
        let addresses = cell
            .get_or_try_init(|| async {
                let found = ask_resolver(host, port).await?;
                if found.is_empty() {
                    return Err(io::Error::new(io::ErrorKind::NotFound, "the name has no address"));
                }
                Ok(take_turns(found))
            })
            .await?;
        Ok(addresses.clone())
    }

    /// Looks it up again the next time: nobody answers there any more.
    fn forget(&self, host: &str, port: u16) {
        tls::lock(&self.known).remove(&(host.to_owned(), port));
    }
}

/// The families in turns, beginning with that of the first address: a family without a route costs no more
/// than one attempt.
fn take_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, others): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut preferred = preferred.into_iter();
    let mut others = others.into_iter();
    let mut sorted = Vec::new();
    loop {
        match (preferred.next(), others.next()) {
            (None, None) => return sorted,
            (first, second) => sorted.extend(first.into_iter().chain(second)),
        }
    }
}

/// Where to, and how.
#[derive(Debug)]
pub(crate) struct Route<'a> {
    pub server: &'a Server,
    pub proxy: Option<&'a Proxy>,
    /// For the server; `None` is plain http.
    pub tls: Option<&'a Arc<Tls>>,
    /// For an https proxy, without the client certificate.
    pub proxy_tls: Option<&'a Arc<Tls>>,
    /// tls-server-name, or the server's host.
    pub tls_name: &'a str,
}

/// A connection that requests can be sent on, one after the other.
#[derive(Debug)]
pub(crate) struct Connection {
    pub sender: SendRequest<Full<Bytes>>,
    /// Whether requests name the whole URL (an http server behind an http proxy).
    pub absolute: bool,
    /// What it was made with, as a credential plugin may bring another client certificate.
    pub tls: Option<Arc<Tls>>,
    driver: JoinHandle<Result<(), hyper::Error>>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Nobody reads on: without this, a body that never ends would hold the socket.
        self.driver.abort();
    }
}

impl Connection {
    /// Why a request on it failed: the driver may know more than the request was told.
    pub(crate) async fn failure(mut self, server: &Server, error: hyper::Error) -> Error {
        if error.is_canceled() || error.is_closed() {
            let driver = tokio::time::timeout(WHY_IT_FAILED, &mut self.driver).await;
            if let Ok(Ok(Err(cause))) = driver {
                return failure::request(server, &cause);
            }
        }
        failure::request(server, &error)
    }
}

/// The steps of connecting, for the message of a timeout.
const STEPS: [&str; 4] = [
    "looking up its name",
    "connecting",
    "asking the proxy",
    "the TLS handshake",
];

struct Progress(AtomicU8);

impl Progress {
    fn at(&self, step: u8) {
        self.0.store(step, Ordering::Relaxed);
    }
}

/// Connects within a limit.
pub(crate) async fn connect(route: &Route<'_>, names: &Names, limit: Duration) -> Result<Connection, Error> {
    let progress = Progress(AtomicU8::new(0));
    match tokio::time::timeout(limit, open(route, names, &progress)).await {
        Ok(result) => result,
        Err(_) => {
            let step = STEPS
                .get(usize::from(progress.0.load(Ordering::Relaxed)))
                .unwrap_or(&STEPS[1]);
            Err(Error::new(
                Reason::Timeout,
                format!(
                    "cannot connect to {}: no answer within {} while {step}",
                    route.shown(),
                    failure::format_duration(limit)
                ),
            )
            .with_hint(
                "check that the address is right and that the network, a VPN or a firewall lets it through",
            ))
        }
    }
}

impl Route<'_> {
    /// What was tried.
    fn shown(&self) -> String {
        match self.proxy {
            Some(proxy) => format!("{} through the proxy {proxy}", self.server.shown),
            None => self.server.shown.clone(),
        }
    }
}

async fn open(route: &Route<'_>, names: &Names, progress: &Progress) -> Result<Connection, Error> {
    let server = route.server;
    let (host, port) = match route.proxy {
        Some(proxy) => (proxy.host.as_str(), proxy.port),
        None => (server.host.as_str(), server.port),
    };
    let shown = match route.proxy {
        Some(proxy) => format!("the proxy {proxy} that leads to {}", server.shown),
        None => server.shown.clone(),
    };
    let addresses = names.look_up(host, port).await.map_err(|error| {
        let text = failure::io_text(&error);
        let text = text
            .strip_prefix("failed to lookup address information: ")
            .unwrap_or(&text);
        Error::new(Reason::Dns, format!("cannot look up {host} of {shown}: {text}"))
    })?;
    progress.at(1);
    let tcp = dial(&addresses).await.map_err(|attempts| {
        names.forget(host, port);
        failure::connect(&shown, &attempts)
    })?;
    let Some(proxy) = route.proxy else {
        return finish(route, tcp, false, progress).await;
    };
    if proxy.kind == Kind::Socks5 {
        progress.at(2);
        let tunnel = tunnel::socks5(tcp, proxy, server).await?;
        return finish(route, tunnel, false, progress).await;
    }
    // Go checks an https proxy by the cluster's own TLS settings too.
    let to_proxy: Box<dyn Stream> = match (proxy.kind, route.proxy_tls) {
        (Kind::Https, Some(tls)) => {
            progress.at(3);
            Box::new(encrypt(&shown, tls, &proxy.host, tcp).await?)
        }
        _ => Box::new(tcp),
    };
    if route.tls.is_none() {
        return finish(route, to_proxy, true, progress).await;
    }
    progress.at(2);
    let tunnel = tunnel::connect(to_proxy, proxy, server).await?;
    finish(route, tunnel, false, progress).await
}

/// TLS and HTTP over a stream that reaches the server.
async fn finish(
    route: &Route<'_>,
    stream: impl Stream + 'static,
    absolute: bool,
    progress: &Progress,
) -> Result<Connection, Error> {
    match route.tls {
        None => speak(route, stream, absolute).await,
        Some(tls) => {
            progress.at(3);
            let stream = encrypt(&route.server.shown, tls, route.tls_name, stream).await?;
            speak(route, stream, absolute).await
        }
    }
}

async fn encrypt<S: Stream>(
    shown: &str,
    tls: &Arc<Tls>,
    name: &str,
    stream: S,
) -> Result<tokio_rustls::client::TlsStream<S>, Error> {
    let (configuration, name) = tls.to(name);
    TlsConnector::from(configuration)
        .connect(name, stream)
        .await
        .map_err(|error| failure::handshake(shown, &error))
}

async fn speak(
    route: &Route<'_>,
    stream: impl Stream + 'static,
    absolute: bool,
) -> Result<Connection, Error> {
    // As much as Go puts up with. Room for the headers is taken for each answer and given back.
    let (sender, connection) = Builder::new()
        .max_headers(MOST_HEADERS)
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .ignore_invalid_headers_in_responses(true)
        .handshake(TokioIo::new(stream))
        .await
        .map_err(|error| failure::request(route.server, &error))?;
    Ok(Connection {
        sender,
        absolute,
        tls: route.tls.cloned(),
        driver: tokio::spawn(connection),
    })
}

/// The first of several addresses to take a connection: the next one is tried as soon as one fails, or
/// beside it when it takes long.
async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, Vec<(SocketAddr, io::Error)>> {
    let mut failed = Vec::new();
    let mut waiting = addresses.iter().copied();
    let mut trying = FuturesUnordered::new();
    let attempt = |address: SocketAddr| async move {
        let stream = TcpStream::connect(address).await;
        let stream = stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream));
        stream
            .inspect(|stream| {
                // A system that cannot merely takes longer to notice.
                let _ = keep_alive(stream);
            })
            .map_err(|error| (address, error))
    };
    if let Some(address) = waiting.next() {
        trying.push(attempt(address));
    }
    let mut more = waiting.next();
    loop {
        let patience = async {
            match more {
                Some(_) => tokio::time::sleep(NEXT_ADDRESS_AFTER).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            outcome = trying.next() => match outcome {
                Some(Ok(stream)) => return Ok(stream),
                Some(Err(failure)) => failed.push(failure),
                None => return Err(failed),
            },
            () = patience => {}
        }
        if let Some(address) = more.take() {
            trying.push(attempt(address));
            more = waiting.next();
        }
    }
}

/// Has the system ask the other side of a silent connection whether it is there: a machine that is cut off or
/// goes to sleep ends nothing, and a watch, which may be silent for minutes, would wait for it.
fn keep_alive(stream: &TcpStream) -> rustix::io::Result<()> {
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_PROBES)?;
    sockopt::set_socket_keepalive(stream, true)
}

impl Server {
    /// The target of a request: a path and query, or the whole URL for a proxy.
    pub(crate) fn target(&self, path_and_query: &str, absolute: bool) -> Result<http::Uri, Error> {
        let origin = if absolute {
            let host = self.host.split('%').next().unwrap_or_default();
            format!("http://{}", host_and_port(host, self.port))
        } else {
            String::new()
        };
        format!("{origin}{path_and_query}").parse().map_err(|_| {
            Error::new(
                Reason::BadRequest,
                format!(
                    "\"{path_and_query}\" is no path that could be asked of {}",
                    self.shown
                ),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let addresses: Vec<SocketAddr> = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
        let order: Vec<_> = take_turns(addresses).iter().map(ToString::to_string).collect();
        assert_eq!(order, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_resolver_that_hangs_has_a_deadline() {
        let names = Names::default();
        let cell = Addresses::default();
        tls::lock(&names.known).insert(("hub.example".into(), 443), cell.clone());
        let hangs = tokio::spawn(async move { cell.get_or_init(std::future::pending).await.len() });
        tokio::task::yield_now().await;
        let server = Server::parse("c", "https://hub.example").unwrap();
        let route = Route {
            server: &server,
            proxy: None,
            tls: None,
            proxy_tls: None,
            tls_name: "hub.example",
        };
        let error = connect(&route, &names, Duration::from_secs(2)).await.unwrap_err();
        hangs.abort();
        assert_eq!(error.reason, Reason::Timeout);
        assert!(
            error
                .message
                .ends_with("no answer within 2s while looking up its name"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn the_next_address_is_tried_when_one_is_refused() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let open = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = dial(&[closed, open.local_addr().unwrap()]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), open.local_addr().unwrap());
        assert!(stream.nodelay().unwrap());
        assert!(sockopt::socket_keepalive(&stream).unwrap());
        let probes = (
            sockopt::tcp_keepidle(&stream).unwrap(),
            sockopt::tcp_keepintvl(&stream).unwrap(),
            sockopt::tcp_keepcnt(&stream).unwrap(),
        );
        assert_eq!(probes, (KEEPALIVE_AFTER, KEEPALIVE_EVERY, KEEPALIVE_PROBES));
        let failed = dial(&[closed, closed]).await.unwrap_err();
        assert_eq!(failed.len(), 2);
    }
}
