//! Contexts by the servers that they lead to: the one that is a cluster's though it is called otherwise, and those that
//! are not where the hub says.

use super::server_address::Place;
use super::suspicions::Doubts;
use super::{Resolver, Tried, Verdict, access};
use crate::config::Way;
use crate::record::{Access, Cluster};
use std::collections::{BTreeSet, HashMap};
use std::sync::{MutexGuard, PoisonError};

impl Resolver {
    /// Returns what makes it doubtful so far that rows carry the right cluster's name, a sentence each.
    pub fn doubts(&self) -> Vec<String> {
        self.lock_doubts().sentences()
    }

    /// The clusters that lead to one server, each group with the server's address.
    pub fn same_servers(&self) -> Vec<(Vec<String>, String)> {
        let doubts = self.lock_doubts();
        let groups = doubts.same_servers().into_iter();
        groups
            .map(|(clusters, server)| {
                (
                    clusters.into_iter().map(str::to_owned).collect(),
                    server.to_owned(),
                )
            })
            .collect()
    }

    fn lock_doubts(&self) -> MutexGuard<'_, Doubts> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn remember(&self, cluster: &Cluster<'_>, access: &Access<'_>, doubt: Option<&str>) {
        let place = Place::of_access(&self.kubeconfig, access);
        let mut doubts = self.lock_doubts();
        if let Some(how) = doubt {
            doubts.leads_elsewhere(&cluster.cluster, how);
        }
        if let Some(place) = place {
            doubts.leads_to(&cluster.cluster, place);
        }
    }

    /// Why the context that was found may be another cluster's than the hub's.
    pub(super) fn doubt(&self, cluster: &Cluster<'_>, way: Way, access: &Access<'_>) -> Option<String> {
        if !matches!(way, Way::Mapping | Way::Context)
            || (cluster.access_providers.is_none() && cluster.client_configs.is_empty())
        {
            return None;
        }
        let context = access.context.as_deref()?;
        let place = Place::of_context(&self.kubeconfig, context)?;
        let published = Place::published(cluster, &self.policy);
        if !place.is_another_than(&published, &self.policy) {
            return None;
        }
        let servers: Vec<&str> = published.iter().map(|place| place.server.as_str()).collect();
        Some(format!(
            "context {context:?} leads to {}, and the hub publishes {} with another certificate authority",
            place.server,
            servers.join(", ")
        ))
    }

    pub(super) fn refused_elsewhere(&self, way: Way, doubt: &str) -> String {
        let what = match way {
            Way::Mapping => format!("the mapping in {}", self.mapping_file),
            _ => "the context, or map the cluster to another".to_owned(),
        };
        format!(
            "{doubt}, which access.verifyServer forbids: correct {what}, or allow the host of a gateway in \
             access.allowedHosts"
        )
    }

    /// The context that leads to the server that the hub publishes, whatever it is called.
    pub(super) fn by_server(
        &self,
        cluster: &Cluster<'_>,
        chosen: &mut Option<Access<'static>>,
    ) -> (Verdict, String) {
        let published = Place::published(cluster, &self.policy);
        let index = self.contexts.get_or_init(|| {
            let mut index: HashMap<String, Vec<String>> = HashMap::new();
            for context in self.kubeconfig.context_names() {
                if let Some(place) = Place::of_context(&self.kubeconfig, context) {
                    index.entry(place.server).or_default().push(context.to_owned());
                }
            }
            index
        });
        let leads_there = |context: &&String| {
            let place = Place::of_context(&self.kubeconfig, context);
            let is_there = place.is_some_and(|place| {
                let mut published = published.iter();
                published.any(|other| place.is_same_server(other) && place.has_same_authority(other))
            });
            is_there && self.kubeconfig.check(context).is_ok()
        };
        let servers: BTreeSet<&str> = published.iter().map(|place| place.server.as_str()).collect();
        let candidates = servers.iter().filter_map(|server| index.get(*server)).flatten();
        let found: Vec<&str> = candidates.filter(leads_there).map(String::as_str).collect();
        let current = self.kubeconfig.current_context();
        let one = match found.as_slice() {
            [] => {
                let why = "no context leads to a server that its hub publishes";
                return (Verdict::Nothing, why.to_owned());
            }
            [one] => one,
            several => match several.iter().find(|context| Some(**context) == current) {
                Some(current) => current,
                None => {
                    let names: Vec<String> = several.iter().map(|name| format!("{name:?}")).collect();
                    let why = format!(
                        "the contexts {} all lead to its server: map it to one of them in {}",
                        names.join(", "),
                        self.mapping_file
                    );
                    return (Verdict::Undecided, why);
                }
            },
        };
        *chosen = Some(access(one, "server"));
        let why = format!("context {one:?}, which leads to the server that its hub publishes");
        (Verdict::Chosen, why)
    }
}

#[cfg(test)]
mod tests;

/// Returns whether several contexts lead into a cluster, of which the user has to choose one.
pub(super) fn is_undecided(tried: &[Tried]) -> bool {
    tried.iter().any(|tried| tried.verdict == Verdict::Undecided)
}
