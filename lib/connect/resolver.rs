//! Addresses of names.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::thread::Builder;
use tokio::sync::oneshot;

/// Asks the system's resolver, which blocks, in a thread of its own. A runtime's own threads do the same, but panic where
/// the system has no thread left.
///
/// # Errors
/// The resolver's, or that there is no thread.
pub(super) async fn ask_resolver(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    let (tell, told) = oneshot::channel();
    let host = host.to_owned();
    let look_up = move || {
        let found = (host.as_str(), port).to_socket_addrs();
        // Whoever asked may no longer wait.
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
    async fn names_are_looked_up() {
        let found = ask_resolver("localhost", 7).await.unwrap();
        assert!(!found.is_empty() && found.iter().all(|address| address.ip().is_loopback()));
        assert!(ask_resolver("no such name", 7).await.is_err());
    }
}
