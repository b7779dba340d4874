//! One HTTP stack for every cluster: TLS, credentials, proxies, deadlines.
//!
//! A [`Connector`] makes [`Client`]s. Each client has one HTTP/1.1 connection, which is made for the first request and kept
//! for later ones; if the server disappears, that is noticed within a minute. Behaviour follows client-go: the precedence of
//! credentials, what is retried and how often, which certificates and proxies are accepted, and the wording of errors.
//!
//! Futures need a tokio runtime with everything enabled, which may be of the current thread. Only connecting has a time
//! limit: callers drop a request's future when they have waited long enough, and [`Client::timeout_error`] says what it was
//! waiting for. Credential plugins and name look-ups go on in the background, so a program should end with
//! `Runtime::shutdown_background`: that stops plugins and does not wait for a resolver that hangs. After `process::exit`
//! plugins would go on running.
//!
//! | to change | look in |
//! |---|---|
//! | what is sent again, and when | `request`, `client`, `client/sender` |
//! | the ways to reach a server | `transport` (the trait), `direct`, `http_proxy`, `socks5`; `dial`, `connection` |
//! | which proxy is used | `proxy` |
//! | who the user is | `credentials`, `plugin`, `oidc`, `tls/identity` |
//! | which servers are trusted | `tls/server_verifier`, `tls/x509` |
//! | the words of errors | `status` (answers), `failure` (sockets and HTTP), `tls/failure` |
//! | how bodies are read | `body`, `gzip_body` |
//! | how many clusters are asked at once | `concurrency` |

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
use shared::ConnectorState;
use std::sync::Arc;

/// Makes clients, and holds what they share: TLS configurations, credentials, looked-up names, the environment's proxies.
/// Clones share it too.
#[derive(Clone, Debug)]
pub struct Connector {
    shared: Arc<ConnectorState>,
}

impl Connector {
    /// Creates a connector with nothing cached yet. It costs nothing until the first client.
    pub fn new(options: ConnectorOptions) -> Self {
        Self {
            shared: Arc::new_cyclic(|shared| {
                let requests = ProviderClient(shared.clone());
                ConnectorState::new(options, Providers::new(Arc::new(requests)))
            }),
        }
    }

    /// Makes a client for a cluster. It reads the files that the kubeconfig names, but sends nothing and runs no plugin
    /// before the first request.
    ///
    /// # Errors
    /// Credentials or certificates cannot be read, or the server is not an http(s) URL.
    pub fn client(&self, access: &Access) -> Result<Client, Error> {
        self.client_waiting(access, &Arc::default())
    }

    /// Makes a client like [`client`](Self::client), with a given clock for the time in which it waits for a person to log
    /// in ([`Client::logins`]).
    ///
    /// # Errors
    /// As with [`client`](Self::client).
    pub fn client_waiting(&self, access: &Access, logins: &Arc<HeldUp>) -> Result<Client, Error> {
        Client::new(&self.shared, access, Arc::clone(logins))
    }

    /// Returns the clock of the time in which credential plugins waited for a person.
    pub fn logins(&self) -> &Arc<HeldUp> {
        &self.shared.options.logins
    }
}
