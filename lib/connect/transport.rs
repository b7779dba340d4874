//! The ways to reach a server. A new way is a file with a type that implements [`Transport`], and a line in `client.rs`
//! that chooses it.

use super::connection::{Connection, Target};
use super::deadline::format_duration;
use super::error::Error;
use crate::record::Reason;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// A way to reach a server.
///
/// It returns a whole connection rather than a byte stream: so the calls through this trait are one a connection, and
/// reading and writing are compiled for the stream's own type.
pub(crate) trait Transport: fmt::Debug + Send + Sync {
    /// Connects. `progress` is told of each step, so that a timeout can name it.
    fn connect<'a>(&'a self, target: Target<'a>, progress: &'a Progress) -> Connecting<'a>;

    /// Describes the way for messages, after the server's address: ` through the proxy http://proxy:3128`.
    fn via(&self) -> String {
        String::new()
    }
}

/// A connection that is being made.
pub(crate) type Connecting<'a> = Pin<Box<dyn Future<Output = Result<Connection, Error>> + Send + 'a>>;

/// A step of connecting.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    LookUp,
    Dial,
    AskProxy,
    Handshake,
}

/// The step that a connection is at.
#[derive(Debug, Default)]
pub(crate) struct Progress(AtomicU8);

impl Progress {
    pub(crate) fn at(&self, step: Step) {
        self.0.store(step as u8, Ordering::Relaxed);
    }

    fn describe(&self) -> &'static str {
        const LOOK_UP: u8 = Step::LookUp as u8;
        const ASK_PROXY: u8 = Step::AskProxy as u8;
        const HANDSHAKE: u8 = Step::Handshake as u8;
        match self.0.load(Ordering::Relaxed) {
            LOOK_UP => "looking up its name",
            ASK_PROXY => "asking the proxy",
            HANDSHAKE => "the TLS handshake",
            _ => "connecting",
        }
    }
}

/// Connects within a time limit.
pub(crate) async fn connect(
    transport: &dyn Transport,
    target: Target<'_>,
    limit: Duration,
) -> Result<Connection, Error> {
    let progress = Progress::default();
    match tokio::time::timeout(limit, transport.connect(target, &progress)).await {
        Ok(result) => result,
        Err(_) => Err(Error::new(
            Reason::Timeout,
            format!(
                "cannot connect to {}{}: no answer within {} while {}",
                target.server.shown,
                transport.via(),
                format_duration(limit),
                progress.describe()
            ),
        )
        .with_hint(
            "check that the address is right and that the network, a VPN or a firewall lets it through",
        )),
    }
}
