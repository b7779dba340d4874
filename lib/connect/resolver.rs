//! Looking up names with the system's resolver.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::thread::Builder;
use tokio::sync::oneshot;

/// Asks the system's resolver in a thread of its own, as it blocks. tokio's blocking threads would panic if the system had
/// no thread left.
///
/// # Errors
/// The resolver fails, or there is no thread.
pub(super) async fn ask_resolver(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let (tell, told) = oneshot::channel();
    let host = host.to_owned();
    let look_up = move || {
        let found = (host.as_str(), port).to_socket_addrs();
        // The receiver is gone if the request was given up.
        let _ = tell.send(found.map(Iterator::collect));
    };
    Builder::new()
        .name("name look-up".into())
        .spawn(look_up)
        .map_err(|error| io::Error::other(format!("no thread can be started to look it up: {error}")))?;
    told.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn resolver_finds_localhost() {
        let found = ask_resolver("localhost", 7).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(|address| address.ip().is_loopback()));
        assert!(ask_resolver("no such name", 7).await.is_err());
    }
}
