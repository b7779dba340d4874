//! The hub: which context it is, and asking it.

use super::HubContext;
use super::cache::fnv;
use super::gathering::quoted;
use super::paged_list::Pages;
use crate::connect::{self, Client, Connector, Deadline, Error};
use crate::exit::Fatal;
use crate::kubeconfig::{Access, Kubeconfig};
use std::sync::Arc;
use std::time::Duration;

const JSON: &str = "application/json";

/// The hub's context.
#[derive(Debug)]
pub struct Hub {
    access: Access,
    /// Its address without credentials, for messages and for the names of the cache's files.
    server: String,
    /// A fingerprint of the way to it and of its user, without any secret.
    way: String,
}

impl Hub {
    /// The context of this name, else the current one.
    ///
    /// # Errors
    /// Neither is there, or the context leads nowhere.
    pub fn find(context: Option<&HubContext>, kubeconfig: &Kubeconfig) -> Result<Self, Fatal> {
        let (context, by) = match (context, kubeconfig.current_context()) {
            (Some(named), _) => (named.name.as_str(), named.by.as_str()),
            (None, Some(current)) => (current, "current-context in the kubeconfig"),
            (None, None) => return Err(Fatal::failed(no_hub(kubeconfig))),
        };
        let access = kubeconfig
            .access(context)
            .map_err(|error| Fatal::failed(format!("the hub that {by} names cannot be used: {error}")))?;
        let server = public(access.cluster.server.as_deref().unwrap_or_default());
        let way = way(kubeconfig, &access);
        Ok(Self { access, server, way })
    }

    /// The context's name.
    pub fn context(&self) -> &str {
        &self.access.context
    }

    /// The server's address without credentials.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// A fingerprint of the way to it and of its user. Behind another proxy or another authority, or for another
    /// user, the same address may list another fleet.
    pub fn way(&self) -> &str {
        &self.way
    }

    /// `context "hub" (https://…)`
    pub fn name(&self) -> String {
        format!("context {} ({})", quoted(self.context()), self.server)
    }

    /// Makes ready for asking. Nothing is sent yet.
    ///
    /// # Errors
    /// Credentials that cannot be read.
    pub fn client(&self, connector: &Connector) -> Result<Client, Error> {
        connector.client(&self.access)
    }
}

/// A fingerprint of how a context leads to its server, and as whom.
pub(super) fn way(kubeconfig: &Kubeconfig, access: &Access) -> String {
    let entry = kubeconfig.user_entry(&access.context);
    let way = format!(
        "{}\0{}",
        connect::way(access),
        connect::identity(&access.user, &entry)
    );
    format!("{:016x}", fnv(way.as_bytes()))
}

/// What to say where no context is the hub's.
fn no_hub(kubeconfig: &Kubeconfig) -> String {
    if kubeconfig.context_names().next().is_none() {
        return format!("no hub: {}", no_contexts(kubeconfig));
    }
    "no hub: name the context of the cluster that lists the fleet with --hub-context, or with hubContext in \
     ~/.kube/kubectl-mc-config.yaml or ~/.kube/kubectl-mc-clusters.yaml, or make it the current one with \
     kubectl config use-context; without any hub, --source kubeconfig asks every context"
        .into()
}

/// What to say of a kubeconfig without contexts.
pub fn no_contexts(kubeconfig: &Kubeconfig) -> String {
    let files: Vec<String> = kubeconfig
        .files()
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let looked = match files.join(", ") {
        none if none.is_empty() => "there is no kubeconfig".into(),
        files => format!("there are no contexts in the kubeconfig ({files})"),
    };
    format!("{looked}: set KUBECONFIG or --kubeconfig")
}

/// An address without the credentials that it may hold, nor slashes at its end.
fn public(server: &str) -> String {
    let (scheme, rest) = server.split_once("://").unwrap_or(("https", server));
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}{}", path.trim_end_matches('/'))
}

/// A cluster that can be asked, until its deadline.
#[derive(Debug)]
pub struct Online {
    client: Client,
    timeout: Duration,
    deadline: Deadline,
}

impl Online {
    /// From now on for this time, in which a person's login does not count.
    pub fn new(client: Client, timeout: Duration) -> Self {
        Self {
            deadline: Deadline::new(timeout, [Arc::clone(client.logins())]),
            client,
            timeout,
        }
    }
}

impl Pages for Online {
    async fn page(&mut self, path_and_query: &str, limit: usize) -> Result<Vec<u8>, Error> {
        let answer = self.client.get_bytes(path_and_query, JSON, limit);
        let answer = self.deadline.bound(answer).await;
        Ok(answer
            .unwrap_or_else(|| Err(self.client.timeout_error(self.timeout)))?
            .1)
    }
}

#[cfg(test)]
mod tests {
    use super::public;

    #[test]
    fn an_address_shows_no_credentials() {
        assert_eq!(public("https://hub:6443"), "https://hub:6443");
        assert_eq!(public("https://me:secret@hub:6443/"), "https://hub:6443");
        assert_eq!(
            public("https://me:se@cret@[::1]:6443/k8s/a@b/?token=x"),
            "https://[::1]:6443/k8s/a@b"
        );
        assert_eq!(public("hub"), "https://hub");
        assert_eq!(public(""), "https://");
    }
}
