//! The ways to reach a server. A new way is a file with a type that implements [`Transport`], and a line in `client.rs`
//! that chooses it.

use super::connection::{ConnectTarget, Connection};
use super::deadline::format_duration;
use super::error::Error;
use super::progress::{ConnectStep, Progress, RequestStep};
use crate::record::Reason;
use std::fmt;
use std::pin::Pin;
use std::time::Duration;

/// A way to reach a server.
///
/// It returns a whole connection rather than a byte stream: so the calls through this trait are one a connection, and
/// reading and writing are compiled for the stream's own type.
pub(crate) trait Transport: fmt::Debug + Send + Sync {
    /// Connects. `progress` is told of each step, so that a timeout can name it.
    fn connect<'a>(&'a self, target: ConnectTarget<'a>, progress: &'a Progress) -> Connecting<'a>;

    /// Describes the way for messages, after the server's address: ` through the proxy http://proxy:3128`.
    fn via(&self) -> String {
        String::new()
    }
}

/// A connection that is being made.
pub(crate) type Connecting<'a> = Pin<Box<dyn Future<Output = Result<Connection, Error>> + Send + 'a>>;

/// Connects within a time limit.
pub(crate) async fn connect(
    transport: &dyn Transport,
    target: ConnectTarget<'_>,
    progress: &Progress,
    limit: Duration,
) -> Result<Connection, Error> {
    let connecting = transport.connect(target, progress);
    tokio::time::timeout(limit, connecting).await.unwrap_or_else(|_| {
        let step = match progress.step() {
            RequestStep::Connecting(ConnectStep::LookUp) => "looking up its name",
            RequestStep::Connecting(ConnectStep::AskProxy) => "asking the proxy",
            RequestStep::Connecting(ConnectStep::Handshake) => "the TLS handshake",
            _ => "connecting",
        };
        let message = format!(
            "cannot connect to {}{}: no answer within {} while {step}",
            target.server.shown,
            transport.via(),
            format_duration(limit),
        );
        Err(Error::new(Reason::Timeout, message).with_hint(
            "check that the address is right and that the network, a VPN or a firewall lets it through",
        ))
    })
}
