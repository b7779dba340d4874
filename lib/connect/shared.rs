//! State that all clients of a connector share.

use super::deadline::HeldUp;
use super::dial::NameCache;
use super::oidc::Providers;
use super::plugin::{Plugins, Screen};
use super::proxy::Environment;
use super::tls::Configurations;
use http::HeaderValue;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// Settings that all connections share.
#[derive(Clone, Debug)]
pub struct ConnectorOptions {
    /// The limit for DNS, TCP, a proxy and TLS together.
    pub connect_timeout: Duration,
    /// The limit for one run of a credential plugin that has no terminal to ask on.
    pub login_timeout: Duration,
    /// A clock that runs while a credential plugin waits for a person.
    pub logins: Arc<HeldUp>,
    /// Where credential plugins print what is meant for a person.
    pub screen: Screen,
}

impl Default for ConnectorOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            login_timeout: crate::config::LOGIN_TIMEOUT,
            logins: Arc::default(),
            screen: Screen::of("kubectl-mc"),
        }
    }
}

/// TLS configurations, looked-up names, credentials and proxies, each made once for all clients.
#[derive(Debug)]
pub(super) struct ConnectorState {
    pub options: ConnectorOptions,
    pub tls: Configurations,
    pub names: Arc<NameCache>,
    pub plugins: Plugins,
    pub oidc: Providers,
    pub proxies: OnceLock<Environment>,
    pub user_agent: HeaderValue,
}

impl ConnectorState {
    pub(super) fn new(options: ConnectorOptions, oidc: Providers) -> Self {
        let agent = format!("kubectl-mc/{} ({})", env!("CARGO_PKG_VERSION"), platform());
        Self {
            tls: Configurations::default(),
            names: Arc::default(),
            plugins: Plugins::new(
                options.login_timeout,
                Arc::clone(&options.logins),
                options.screen.clone(),
            ),
            oidc,
            proxies: OnceLock::new(),
            user_agent: HeaderValue::try_from(agent)
                .unwrap_or_else(|_| HeaderValue::from_static("kubectl-mc")),
            options,
        }
    }

    /// Returns the environment's proxies, which are read for the first client.
    pub(super) fn proxies(&self) -> &Environment {
        self.proxies.get_or_init(Environment::from_env)
    }
}

/// Returns Go's names for the platform that this was built for, as in kubectl's User-Agent.
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
