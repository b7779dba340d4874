//! The hubs: which contexts they are, and how to reach them.

use super::cache::fnv;
use super::names::quoted;
use super::options::{HubContext, Options};
use super::sources::hub_api;
use crate::connect::{self, Client, Connector, Error};
use crate::exit::Fatal;
use crate::kubeconfig::{Access, Kubeconfig};
use std::path::PathBuf;

/// A hub.
#[derive(Debug)]
pub struct Hub {
    access: Access,
    /// The region that the user has configured for it.
    region: Option<String>,
    /// Its address without credentials, for messages and for the names of cache files.
    server: String,
    /// See [`way`](Self::way).
    way: String,
}

impl Hub {
    /// Returns the hubs that the sources need.
    ///
    /// # Errors
    /// Those of [`find`](Self::find).
    pub fn find_all(options: &Options, kubeconfig: &Kubeconfig) -> Result<Vec<Self>, Fatal> {
        if options.sources.iter().all(|source| hub_api(*source).is_none()) {
            return Ok(Vec::new());
        }
        match options.hubs.as_slice() {
            [] => Ok(vec![Self::find(None, kubeconfig)?]),
            hubs => hubs
                .iter()
                .map(|context| Self::find(Some(context), kubeconfig))
                .collect(),
        }
    }

    /// Returns the hub of a context, or of the current one if none is named.
    ///
    /// # Errors
    /// There is no such context, or it cannot be used.
    pub fn find(context: Option<&HubContext>, kubeconfig: &Kubeconfig) -> Result<Self, Fatal> {
        let (name, by) = match (context, kubeconfig.current_context()) {
            (Some(named), _) => (named.name.as_str(), named.by.as_str()),
            (None, Some(current)) => (current, "current-context in the kubeconfig"),
            (None, None) => return Err(Fatal::failed(no_hub(kubeconfig))),
        };
        let access = kubeconfig
            .access(name)
            .map_err(|error| Fatal::failed(format!("the hub that {by} names cannot be used: {error}")))?;
        Ok(Self {
            server: without_credentials(access.cluster.server.as_deref().unwrap_or_default()),
            way: way(kubeconfig, &access),
            region: context.and_then(|context| context.region.clone()),
            access,
        })
    }

    /// Returns the context's name.
    pub fn context(&self) -> &str {
        &self.access.context
    }

    /// Returns the region that the user has configured.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Returns the server's address without credentials.
    pub fn server(&self) -> &str {
        &self.server
    }

    /// Returns a fingerprint of the way to the hub and of its user, without any secret. Through another proxy, with
    /// another authority or for another user, the same address may list another fleet.
    pub fn way(&self) -> &str {
        &self.way
    }

    /// Returns the hub as messages name it: `context "hub" (https://…)`.
    pub fn name(&self) -> String {
        format!("context {} ({})", quoted(self.context()), self.server)
    }

    /// Returns a client. Nothing is sent yet.
    ///
    /// # Errors
    /// The credentials cannot be read.
    pub fn client(&self, connector: &Connector) -> Result<Client, Error> {
        connector.client(&self.access)
    }
}

/// Returns a fingerprint of the way to a context's server and of its user.
pub(super) fn way(kubeconfig: &Kubeconfig, access: &Access) -> String {
    let entry = kubeconfig.user_entry(&access.context);
    let way = format!(
        "{}\0{}",
        connect::server_key(access),
        connect::user_key(&access.user, &entry)
    );
    format!("{:016x}", fnv(way.as_bytes()))
}

/// Returns the message for a missing hub.
fn no_hub(kubeconfig: &Kubeconfig) -> String {
    if kubeconfig.context_names().next().is_none() {
        return no_contexts(kubeconfig);
    }
    "no hub is named, and the kubeconfig has no current context: --hub-context names the context of the hub, the \
     cluster that lists the fleet, and kubectl mc setup asks for it and keeps it; without any hub, --source kubeconfig \
     asks every context"
        .into()
}

/// Returns the message for a kubeconfig without contexts.
pub fn no_contexts(kubeconfig: &Kubeconfig) -> String {
    let files = || kubeconfig.files().iter();
    let names = |files: Vec<&PathBuf>| {
        let names: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
        names.join(", ")
    };
    let there: Vec<&PathBuf> = files().filter(|file| file.exists()).collect();
    let looked = match (files().len(), there.len()) {
        (0, _) => "there is no kubeconfig".into(),
        (_, 0) => format!(
            "there is no kubeconfig: {} does not exist",
            names(files().collect())
        ),
        _ => format!("the kubeconfig {} has no contexts", names(there)),
    };
    format!("{looked}; name yours with KUBECONFIG or --kubeconfig")
}

/// Returns an address without the credentials that it may contain, and without slashes at its end.
fn without_credentials(server: &str) -> String {
    let (scheme, rest) = server.split_once("://").unwrap_or(("https", server));
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{host}{}", path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::without_credentials;

    #[test]
    fn hub_address_in_messages_has_no_credentials() {
        assert_eq!(without_credentials("https://hub:6443"), "https://hub:6443");
        assert_eq!(
            without_credentials("https://me:secret@hub:6443/"),
            "https://hub:6443"
        );
        assert_eq!(
            without_credentials("https://me:se@cret@[::1]:6443/k8s/a@b/?token=x"),
            "https://[::1]:6443/k8s/a@b"
        );
        assert_eq!(without_credentials("hub"), "https://hub");
        assert_eq!(without_credentials(""), "https://");
    }
}
