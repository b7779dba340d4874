//! One HTTP stack for every cluster: TLS, credentials, proxies, deadlines.
//!
//! A [`Connector`] holds what clusters share; its [`Client`]s have one HTTP/1.1 connection each, which is made
//! at the first request and kept between requests; that its other side is gone is noticed within a minute.
//! Behaviour follows client-go: which credentials win, what is retried and how often, which certificates and
//! proxies are accepted, and the words of errors.
//!
//! Futures need a tokio runtime with everything enabled; one of the current thread is enough. A request has no
//! deadline of its own beyond that for connecting: callers drop its future when they have waited long enough,
//! and ask [`Client::timeout_error`] what it was waiting for. Credential plugins and name look-ups go on in
//! the background: end with `Runtime::shutdown_background`, which stops plugins and does not wait for a
//! resolver that hangs; `process::exit` would leave plugins running.

mod address;
mod authorization;
mod body;
mod cache_key;
mod causes;
mod client;
pub mod concurrency;
mod connection;
mod credentials;
mod deadline;
mod dial;
mod direct;
mod error;
mod failure;
mod gzip_body;
mod http_proxy;
#[cfg(feature = "enrich")]
mod kube_client;
mod link;
mod oidc;
pub mod plugin;
mod progress;
mod provider_client;
mod proxy;
mod request;
mod resolver;
mod shared;
mod socks5;
pub(crate) mod status;
#[cfg(test)]
mod tests;
mod text;
mod tls;
mod transport;
mod warning;

pub use body::Body;
pub use client::Client;
pub use deadline::{HeldUp, HeldUpGuard};
pub use error::Error;
pub use gzip_body::{Inflated, Received};
pub use shared::ConnectorOptions;

pub(crate) use address::{Server, host_and_port};
pub(crate) use cache_key::{server_key, user_key};
pub(crate) use deadline::{Deadline, FAR, after};

use crate::kubeconfig::Access;
use oidc::Providers;
use provider_client::ProviderClient;
use shared::Shared;
use std::sync::Arc;

/// Makes clients, and holds what they share: TLS configurations, credentials, looked-up names, the proxy
/// environment. Clones share it too.
#[derive(Clone, Debug)]
pub struct Connector {
    shared: Arc<Shared>,
}

impl Connector {
    /// Creates a connector with nothing cached yet. It costs nothing until the first client.
    pub fn new(options: ConnectorOptions) -> Self {
        Self {
            shared: Arc::new_cyclic(|shared| {
                let requests = ProviderClient(shared.clone());
                Shared::new(options, Providers::new(Arc::new(requests)))
            }),
        }
    }

    /// A client for a cluster. Nothing is sent, and no plugin run, before the first request; files that the
    /// kubeconfig names are read here.
    ///
    /// # Errors
    /// Credentials or certificates that cannot be read; a server that is not an http(s) URL.
    pub fn client(&self, access: &Access) -> Result<Client, Error> {
        self.client_waiting(access, &Arc::default())
    }

    /// The same, with a clock of its own for the time in which it waits for a person who logs in:
    /// [`Client::logins`].
    ///
    /// # Errors
    /// As with [`client`](Self::client).
    pub fn client_waiting(&self, access: &Access, logins: &Arc<HeldUp>) -> Result<Client, Error> {
        Client::new(&self.shared, access, Arc::clone(logins))
    }

    /// The time in which a credential plugin waited for a person.
    pub fn logins(&self) -> &Arc<HeldUp> {
        &self.shared.options.logins
    }
}
