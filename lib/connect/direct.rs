//! A direct connection to a server.

use super::connection::{Connection, Target};
use super::dial::Names;
use super::transport::{Connecting, Progress, Step, Transport};
use std::sync::Arc;

/// Connects to the server's own address.
#[derive(Debug)]
pub(crate) struct Direct {
    pub names: Arc<Names>,
}

impl Transport for Direct {
    fn connect<'a>(&'a self, target: Target<'a>, progress: &'a Progress) -> Connecting<'a> {
        Box::pin(async move {
            let server = target.server;
            let tcp = self
                .names
                .connect(&server.host, server.port, &server.shown, progress)
                .await?;
            progress.at(Step::Handshake);
            Connection::open(target, tcp, None).await
        })
    }
}
