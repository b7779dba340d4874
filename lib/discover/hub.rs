//! The hub: which context it is, and asking it.

use super::clusterprofile::{Page, Pages};
use super::failure;
use super::fleet::quoted;
use crate::connect::{self, Client, Connector, Error, Phase};
use crate::exit::Fatal;
use crate::kubeconfig::{Access, Kubeconfig};
use crate::record::Reason;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;

const JSON: &str = "application/json";

/// The hub's context.
#[derive(Debug)]
pub struct Hub {
    access: Access,
    /// Its address without credentials, for messages and as the cache's key.
    server: String,
}

impl Hub {
    /// The context of this name, else the current one.
    ///
    /// # Errors
    /// Neither is there, or the context leads nowhere.
    pub fn find(context: Option<&str>, kubeconfig: &Kubeconfig) -> Result<Self, Fatal> {
        let context = context
            .filter(|context| !context.is_empty())
            .or_else(|| kubeconfig.current_context())
            .ok_or_else(|| Fatal::failed(NO_HUB))?;
        let access = kubeconfig
            .access(context)
            .map_err(|error| Fatal::failed(format!("the hub cannot be used: {error}")))?;
        let server = public(access.cluster.server.as_deref().unwrap_or_default());
        Ok(Self { access, server })
    }

    /// The context's name.
    pub fn context(&self) -> &str {
        &self.access.context
    }

    /// The server's address without credentials.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// `context "hub" (https://…)`
    pub fn name(&self) -> String {
        format!("context {} ({})", quoted(self.context()), self.server)
    }

    /// Makes ready for asking: the one place where discovery needs a runtime.
    ///
    /// # Errors
    /// Credentials that cannot be read.
    pub fn connect(&self, timeout: Duration) -> Result<Online, Error> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime
            .map_err(|error| failure(Reason::Connect, format!("cannot start the network: {error}")))?;
        let client = Connector::new(connect::Options::default()).client(&self.access)?;
        let now = {
            let _inside = runtime.enter();
            Instant::now()
        };
        Ok(Online {
            runtime: Some(runtime),
            client,
            server: self.server.clone(),
            timeout,
            deadline: now + timeout,
        })
    }
}

const NO_HUB: &str = "no hub: name the context of the cluster that lists the fleet with --hub-context, \
    or with hubContext in ~/.kube/kubectl-mc-config.yaml or ~/.kube/kubectl-mc-clusters.yaml, or make it \
    the current one with kubectl config use-context";

/// An address without the credentials that it may hold, nor slashes at its end.
fn public(server: &str) -> String {
    let (scheme, rest) = server.split_once("://").unwrap_or(("https", server));
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}{}", path.trim_end_matches('/'))
}

/// A hub that can be asked, until its deadline.
#[derive(Debug)]
pub struct Online {
    runtime: Option<Runtime>,
    client: Client,
    server: String,
    timeout: Duration,
    deadline: Instant,
}

impl Pages for Online {
    fn page(&mut self, path_and_query: &str, limit: usize) -> Result<Page, Error> {
        let Some(runtime) = &self.runtime else {
            return Err(self.late());
        };
        let answer = runtime.block_on(async {
            tokio::time::timeout_at(self.deadline, ask(&self.client, path_and_query, limit)).await
        });
        answer.unwrap_or_else(|_| Err(self.late()))
    }
}

impl Online {
    fn late(&self) -> Error {
        let phase = match self.client.phase() {
            Phase::Credentials => "waiting for credentials",
            Phase::Connecting => "connecting",
            Phase::Waiting => "waiting for an answer",
            Phase::Reading => "reading the answer",
            Phase::Throttled => "waiting as the server demanded",
        };
        let message = format!("{} took longer than {:?}: {phase}", self.server, self.timeout);
        failure(Reason::Timeout, message)
    }
}

impl Drop for Online {
    fn drop(&mut self) {
        // A name that is being looked up would hold the process: nobody waits for it any more.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn ask(client: &Client, path_and_query: &str, limit: usize) -> Result<Page, Error> {
    // Only the answer to a continue token can have expired. Any other error is asked for again in the
    // form that words it.
    if path_and_query.contains("&continue=") {
        let answer = client.get(path_and_query, JSON).await?;
        if answer.status() == http::StatusCode::GONE {
            return Ok(Page::Expired);
        }
        if !answer.status().is_client_error() && !answer.status().is_server_error() {
            return answer.into_body().read_to_end(limit).await.map(Page::Body);
        }
    }
    let answer = client.get_ok(path_and_query, JSON).await?;
    answer.into_body().read_to_end(limit).await.map(Page::Body)
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
