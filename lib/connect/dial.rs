//! TCP connections: looking up names, and trying their addresses.

use super::error::Error;
use super::failure;
use super::progress::{ConnectStep, Progress};
use super::resolver::ask_resolver;
use crate::error_text::io_text;
use crate::mutex::lock;
use crate::record::Reason;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rustix::net::sockopt;
use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::OnceCell;

/// How long one address is tried alone before the next is tried beside it (RFC 8305 recommends 250 ms; Go waits 300).
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// How long a connection may be silent before the system asks the other side for a sign of life (client-go's dialer,
/// and the pings of kubectl's HTTP/2).
const KEEPALIVE_AFTER: Duration = Duration::from_secs(30);

/// How long to wait for that sign before asking again.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(5);

/// After this many probes without an answer the connection counts as broken: 45 s after the last byte, as with
/// client-go's pings. Linux' defaults add up to more than two hours.
const KEEPALIVE_PROBES: u32 = 3;

/// The addresses of a name, once they have been looked up.
type Addresses = Arc<OnceCell<Vec<SocketAddr>>>;

/// A cache of looked-up names. Many clusters may share one host.
#[derive(Debug, Default)]
pub(crate) struct NameCache {
    known: Mutex<HashMap<(String, u16), Addresses>>,
}

impl NameCache {
    /// Connects to a host. `shown` describes it in errors.
    pub(crate) async fn connect(
        &self,
        host: &str,
        port: u16,
        shown: &str,
        progress: &Progress,
    ) -> Result<TcpStream, Error> {
        progress.connecting(ConnectStep::LookUp);
        let addresses = self.look_up(host, port).await.map_err(|error| {
            let text = io_text(&error);
            let text = text
                .strip_prefix("failed to lookup address information: ")
                .unwrap_or(&text);
            Error::new(
                Reason::Dns,
                format!("cannot look up the address of {host} ({shown}): {text}"),
            )
        })?;
        progress.connecting(ConnectStep::Dial);
        dial(&addresses).await.map_err(|attempts| {
            self.forget(host, port);
            failure::connect(shown, &attempts)
        })
    }

    async fn look_up(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let cell = lock(&self.known)
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

    /// Forgets a name that no longer leads to a server, so that it is looked up again.
    fn forget(&self, host: &str, port: u16) {
        lock(&self.known).remove(&(host.to_owned(), port));
    }
}

/// Sorts addresses so that the families alternate, starting with the first address's: a family without a route costs no
/// more than one attempt.
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

/// Connects to the first of several addresses that accepts. The next address is tried as soon as one fails, or at the same
/// time if one is slow.
async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, Vec<(SocketAddr, io::Error)>> {
    let mut failed = Vec::new();
    let mut waiting = addresses.iter().copied();
    let mut trying = FuturesUnordered::new();
    let attempt = |address: SocketAddr| async move {
        let stream = TcpStream::connect(address).await;
        let stream = stream.and_then(|stream| stream.set_nodelay(true).map(|()| stream));
        stream
            .inspect(|stream| {
                // Without keep-alive it only takes longer to notice a broken connection.
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

/// Makes the system probe a silent connection. A machine that loses its network or goes to sleep closes nothing, and a
/// watch, which may be silent for minutes, would wait for it for ever.
fn keep_alive(stream: &TcpStream) -> rustix::io::Result<()> {
    sockopt::set_tcp_keepidle(stream, KEEPALIVE_AFTER)?;
    sockopt::set_tcp_keepintvl(stream, KEEPALIVE_EVERY)?;
    sockopt::set_tcp_keepcnt(stream, KEEPALIVE_PROBES)?;
    sockopt::set_socket_keepalive(stream, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connect::address::Server;
    use crate::connect::connection::ConnectTarget;
    use crate::connect::direct::Direct;
    use crate::connect::transport;

    #[test]
    fn addresses_alternate_between_families() {
        let addresses: Vec<SocketAddr> = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"]
            .iter()
            .map(|address| address.parse().unwrap())
            .collect();
        let order: Vec<_> = take_turns(addresses).iter().map(ToString::to_string).collect();
        assert_eq!(order, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
    }

    #[tokio::test(start_paused = true)]
    async fn connect_timeout_covers_a_resolver_that_hangs() {
        let names = Arc::new(NameCache::default());
        let cell = Addresses::default();
        lock(&names.known).insert(("hub.example".into(), 443), cell.clone());
        let hangs = tokio::spawn(async move { cell.get_or_init(std::future::pending).await.len() });
        tokio::task::yield_now().await;
        let server = Server::parse("c", "https://hub.example").unwrap();
        let target = ConnectTarget {
            server: &server,
            tls: None,
            tls_name: "hub.example",
        };
        let limit = Duration::from_secs(2);
        let error = transport::connect(&Direct { names }, target, &Progress::default(), limit)
            .await
            .unwrap_err();
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
    async fn dial_tries_the_next_address_after_a_refusal() {
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
