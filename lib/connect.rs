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
mod body;
mod cache_key;
mod client;
pub mod concurrency;
mod credentials;
mod deadline;
mod failure;
mod gzip_body;
#[cfg(feature = "enrich")]
mod kube_client;
mod oidc;
pub mod plugin;
mod proxy;
mod resolver;
pub(crate) mod status;
#[cfg(test)]
mod tests;
mod tls;
mod transport;
mod tunnel;
mod warning;

pub use body::Body;
pub use client::Client;
pub use deadline::{HeldUp, HeldUpGuard};
pub use gzip_body::{Inflated, Received};

use crate::connect::plugin::{Plugins, Screen, Stderr};
use crate::kubeconfig::Access;
use crate::record::Reason;
use http::HeaderValue;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub(crate) use address::{Server, host_and_port};
pub(crate) use cache_key::{identity, way};
pub(crate) use deadline::{Deadline, FAR, after};
pub(crate) use failure::{format_duration, io_text};
pub(crate) use tls::{Identity, decode, lock, non_empty};

/// Why a request got no answer that could be used.
#[derive(Clone, Debug)]
pub struct Error {
    /// For scripts.
    pub reason: Reason,
    /// For a person: what was tried and what came of it, causes included, in one line. Never a secret.
    pub message: String,
    /// What may help, where more is known than the reason alone suggests.
    pub hint: Option<String>,
    /// The HTTP status, where the server answered with one that is an error.
    pub status: Option<u16>,
    /// The `reason` of the server's own Status object, as it was sent: `NotFound`, `Expired`.
    pub status_reason: Option<String>,
    /// The name of the object that the Status is about; without it, it is about a whole type.
    pub status_name: Option<String>,
    /// Whether the connection broke, so that asking once more may help.
    pub(crate) broken: bool,
}

impl Error {
    /// An error that is no answer of the server's.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            hint: None,
            status: None,
            status_reason: None,
            status_name: None,
            broken: false,
        }
    }

    /// What may help, be it of this error or of its reason.
    pub fn remedy(&self) -> Option<&str> {
        self.hint.as_deref().or_else(|| self.reason.hint())
    }

    /// The same with something that may help.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether the server has forgotten what a continue token or a watch goes on from, so that a list has to be started
    /// anew (client-go's `IsResourceExpired` and `IsGone`). Proxies before it know only the status.
    pub fn is_expired(&self) -> bool {
        self.status_reason.as_deref() == Some("Expired") || self.status == Some(410)
    }

    /// Whether the connection broke under way (reset, or closed before the end), so that a read may be
    /// tried again from its start.
    pub fn is_broken_connection(&self) -> bool {
        self.broken
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// What all connections share.
#[derive(Clone, Debug)]
pub struct Options {
    /// For DNS, TCP, a proxy and TLS together.
    pub connect_timeout: Duration,
    /// For one run of a credential plugin, where nobody can be asked on a terminal.
    pub login_timeout: Duration,
    /// Runs while a credential plugin waits for a person.
    pub logins: Arc<HeldUp>,
    /// Where credential plugins say what is for a person.
    pub screen: Arc<dyn Screen>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            login_timeout: crate::config::LOGIN_TIMEOUT,
            logins: Arc::default(),
            screen: Arc::new(Stderr("kubectl-mc")),
        }
    }
}

/// Makes clients, and holds what they share: TLS configurations, credentials, looked-up names, the proxy
/// environment. Clones share it too.
#[derive(Clone, Debug)]
pub struct Connector {
    shared: Arc<Shared>,
}

/// What all clients of a connector share.
#[derive(Debug)]
struct Shared {
    options: Options,
    tls: tls::Configurations,
    names: transport::Names,
    plugins: Plugins,
    oidc: oidc::Providers,
    proxies: OnceLock<proxy::Environment>,
    user_agent: HeaderValue,
}

impl Shared {
    /// The environment's proxies, read at the first client.
    fn proxies(&self) -> &proxy::Environment {
        self.proxies.get_or_init(proxy::Environment::from_env)
    }
}

/// Go's names of what this was built for, as kubectl's User-Agent has them.
fn platform() -> String {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        os => os,
    };
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        architecture => architecture,
    };
    format!("{os}/{architecture}")
}

impl Connector {
    /// A connector with nothing cached yet. Costs nothing until the first client.
    pub fn new(options: Options) -> Self {
        let agent = format!("kubectl-mc/{} ({})", env!("CARGO_PKG_VERSION"), platform());
        Self {
            shared: Arc::new(Shared {
                tls: tls::Configurations::default(),
                names: transport::Names::default(),
                plugins: Plugins::new(
                    options.login_timeout,
                    Arc::clone(&options.logins),
                    Arc::clone(&options.screen),
                ),
                oidc: oidc::Providers::default(),
                proxies: OnceLock::new(),
                user_agent: HeaderValue::try_from(agent)
                    .unwrap_or_else(|_| HeaderValue::from_static("kubectl-mc")),
                options,
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

/// Where a request is, so that a timeout can say what it waited for.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Phase {
    /// Not started, or waiting for a credential plugin.
    #[default]
    Credentials,
    /// Looking up, connecting, TLS handshake.
    Connecting,
    /// The request is out, no headers have come.
    Waiting,
    /// The body is coming.
    Reading,
    /// Told by 429 or 503 to wait.
    Throttled,
}
