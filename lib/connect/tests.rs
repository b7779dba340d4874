//! The whole stack against scripted servers.

mod answers;
pub(super) mod forge;
mod http;
mod odd;
mod oidc;
mod pki;
mod plugins;
mod proxies;
mod retry;
mod server;
mod trust;

use super::{Client, Connector, ConnectorOptions, Error};
use crate::kubeconfig::Access;
use server::Server;
use std::time::Duration;

const LIMIT: usize = 1 << 20;
const JSON: &str = "application/json";

/// Returns a context for a server; `cluster` and `user` are more fields of those, as YAML.
fn access(server: &str, cluster: &str, user: &str) -> Access {
    Access {
        context: "test".into(),
        cluster: serde_yaml::from_str(&format!("server: {server}\n{cluster}")).unwrap(),
        user: serde_yaml::from_str(if user.is_empty() { "{}" } else { user }).unwrap(),
        namespace: None,
        origin: None,
    }
}

fn connector() -> Connector {
    let connector = Connector::new(ConnectorOptions {
        // Far away: a handshake with a large key takes seconds in a debug build on a busy machine.
        connect_timeout: Duration::from_secs(120),
        login_timeout: Duration::from_secs(10),
        ..ConnectorOptions::default()
    });
    // Ignore the proxies of this machine's environment.
    connector.shared.proxies.get_or_init(Default::default);
    connector
}

fn client(server: &Server, cluster: &str, user: &str) -> Client {
    let scheme = if cluster.is_empty() { "http" } else { "https" };
    let url = format!("{scheme}://127.0.0.1:{}", server.port);
    connector().client(&access(&url, cluster, user)).unwrap()
}

async fn text(client: &Client, path: &str) -> Result<String, Error> {
    let (_, bytes) = client.get_bytes(path, JSON, LIMIT).await?;
    Ok(String::from_utf8(bytes).unwrap())
}
