//! A direct connection to a server.

use super::connection::{ConnectTarget, Connection};
use super::dial::NameCache;
use super::progress::{ConnectStep, Progress};
use super::transport::{Connecting, Transport};
use std::sync::Arc;

/// Connects to the server's own address.
#[derive(Debug)]
pub(crate) struct Direct {
    pub names: Arc<NameCache>,
}

impl Transport for Direct {
    fn connect<'a>(&'a self, target: ConnectTarget<'a>, progress: &'a Progress) -> Connecting<'a> {
        Box::pin(async move {
            let server = target.server;
            let tcp = self
                .names
                .connect(&server.host, server.port, &server.shown, progress)
                .await?;
            progress.connecting(ConnectStep::Handshake);
            Connection::open(target, tcp, None).await
        })
    }
}
