//! Contexts compared with the servers that hubs publish: the context that leads to a cluster's server under another
//! name, and contexts that lead elsewhere than the hub says.

use super::providers::Policy;
use super::resolution::Attempt;
use super::server_address::ServerAddress;
use super::user_files::UserFiles;
use crate::config::Way;
use crate::record::{Access, Cluster};
use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

/// The contexts by the addresses of their servers. It is made when it is needed first.
#[derive(Debug, Default)]
pub(super) struct ContextsByServer(OnceLock<HashMap<String, Vec<String>>>);

impl ContextsByServer {
    /// Looks for the context that leads to the server which a cluster's hub publishes, whatever its name.
    pub fn find(&self, files: &UserFiles, policy: &Policy, cluster: &Cluster<'_>) -> Attempt {
        let kubeconfig = &files.kubeconfig;
        let published = ServerAddress::published(cluster, policy);
        let index = self.0.get_or_init(|| {
            let mut index: HashMap<String, Vec<String>> = HashMap::new();
            for context in kubeconfig.context_names() {
                if let Some(address) = ServerAddress::of_context(kubeconfig, context) {
                    index.entry(address.server).or_default().push(context.to_owned());
                }
            }
            index
        });
        let leads_there = |context: &&String| {
            let address = ServerAddress::of_context(kubeconfig, context);
            let is_there = address.is_some_and(|address| {
                let mut published = published.iter();
                published.any(|other| address.is_same_server(other) && address.has_same_authority(other))
            });
            is_there && kubeconfig.check(context).is_ok()
        };
        let servers: BTreeSet<&str> = published.iter().map(|address| address.server.as_str()).collect();
        let candidates = servers.iter().filter_map(|server| index.get(*server)).flatten();
        let found: Vec<&str> = candidates.filter(leads_there).map(String::as_str).collect();
        let current = kubeconfig.current_context();
        let context = match found.as_slice() {
            [] => return Attempt::nothing("no context leads to a server that its hub publishes"),
            [only] => only,
            several => match several.iter().find(|context| Some(**context) == current) {
                Some(current) => current,
                None => {
                    let names: Vec<String> = several.iter().map(|name| format!("{name:?}")).collect();
                    return Attempt::undecided(format!(
                        "the contexts {} all lead to its server: map it to one of them in {}",
                        names.join(", "),
                        files.mapping_file
                    ));
                }
            },
        };
        let why = format!("context {context:?}, which leads to the server that its hub publishes");
        Attempt::context(context, "server", why)
    }
}

/// Returns a clause about a context that leads elsewhere than the hub says, so that it may be another cluster's. `None`
/// if it does not seem to.
pub(super) fn mismatch(
    files: &UserFiles,
    policy: &Policy,
    cluster: &Cluster<'_>,
    way: Way,
    access: &Access<'_>,
) -> Option<String> {
    if !matches!(way, Way::Mapping | Way::Context)
        || (cluster.access_providers.is_none() && cluster.client_configs.is_empty())
    {
        return None;
    }
    let context = access.context.as_deref()?;
    let address = ServerAddress::of_context(&files.kubeconfig, context)?;
    let published = ServerAddress::published(cluster, policy);
    if !address.is_another_than(&published, policy) {
        return None;
    }
    let servers: Vec<&str> = published.iter().map(|address| address.server.as_str()).collect();
    Some(format!(
        "context {context:?} leads to {}, and the hub publishes {} with another certificate authority",
        address.server,
        servers.join(", ")
    ))
}

/// Returns the message for a mismatch that the configuration forbids.
pub(super) fn forbidden_mismatch(files: &UserFiles, way: Way, mismatch: &str) -> String {
    let what = match way {
        Way::Mapping => format!("the mapping in {}", files.mapping_file),
        _ => "the context, or map the cluster to another".to_owned(),
    };
    format!(
        "{mismatch}, which access.verifyServer forbids: correct {what}, or allow the host of a gateway in \
         access.allowedHosts"
    )
}

#[cfg(test)]
mod tests;
