//! Finds the access to each cluster.

use super::by_server::{ContextsByServer, forbidden_mismatch, mismatch};
use super::lookup::Lookup;
use super::providers::Policy;
use super::resolution::{
    Attempt, DEFAULT_NAMESPACE, Explanation, Resolution, ResolvedCluster, Tried, Verdict,
};
use super::server_address::ServerAddress;
use super::suspicions::Suspicions;
use super::user_files::UserFiles;
use crate::config::{ClusterMapping, Way};
use crate::connect;
use crate::discover;
use crate::discover::record_line::{self, LineItem};
use crate::exit::Fatal;
use crate::kubeconfig::{self, Kubeconfig};
use crate::mutex::lock;
use crate::record::{self, Access, Cluster, Reason, Skip};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// The message about a line of a table that came where a cluster's name should be.
const ROW_OF_A_TABLE: &str = "this is a row of a table, not a cluster's name: the stage before must write records (leave out \
its -o) or names (-o name)";

/// Finds the access to clusters in the user's files and in what hubs publish.
#[derive(Debug)]
pub struct Resolver {
    files: UserFiles,
    pub(super) policy: Policy,
    /// True if clusters without access are left out.
    accessible: bool,
    suspicions: Mutex<Suspicions>,
    contexts: ContextsByServer,
    lookup: Option<Arc<Lookup>>,
    /// The number of clusters that were left out.
    left_out: AtomicU64,
    /// The number of the others.
    kept: AtomicU64,
}

impl Resolver {
    /// Returns a resolver over the user's own files.
    pub fn new(kubeconfig: Kubeconfig, mapping: ClusterMapping) -> Self {
        Self {
            files: UserFiles::new(kubeconfig, mapping),
            policy: Policy::default(),
            accessible: false,
            suspicions: Mutex::default(),
            contexts: ContextsByServer::default(),
            lookup: None,
            left_out: AtomicU64::new(0),
            kept: AtomicU64::new(0),
        }
    }

    /// Looks up bare names in the fleet that these options list. `tool` is the name that messages begin with.
    #[must_use]
    pub fn with_lookup(mut self, options: discover::Options, tool: &'static str) -> Self {
        let kubeconfig = Arc::clone(&self.files.kubeconfig);
        let mapping = Arc::clone(&self.files.mapping);
        let lookup = Lookup::new(options, kubeconfig, mapping, tool);
        self.lookup = Some(Arc::new(lookup));
        self
    }

    /// Leaves out clusters without access.
    #[must_use]
    pub fn with_accessible(mut self, accessible: bool) -> Self {
        self.accessible = accessible;
        self
    }

    /// Sets what the user allows hubs.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// Returns where bare names are looked up, if anywhere.
    pub fn lookup(&self) -> Option<Arc<Lookup>> {
        self.lookup.clone()
    }

    pub(super) fn count(&self, is_left_out: bool) {
        let counter = if is_left_out { &self.left_out } else { &self.kept };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Checks that not every cluster was left out.
    ///
    /// # Errors
    /// There were clusters, and there is access to none of them.
    pub fn check_left_out(&self) -> Result<(), Fatal> {
        match (
            self.left_out.load(Ordering::Relaxed),
            self.kept.load(Ordering::Relaxed),
        ) {
            (0, _) | (_, 1..) => Ok(()),
            (count, 0) => Err(Fatal::failed(format!(
                "--accessible leaves none of {count} clusters, as there is no access to them: kubectl mc clusters says \
                 why, and kubectl mc setup sets it up"
            ))),
        }
    }

    /// Returns the time limit for one run of a credential plugin that cannot ask a person at a terminal.
    pub fn login_timeout(&self) -> Duration {
        self.policy.login_timeout()
    }

    /// Returns the kubeconfig in which contexts are looked up.
    pub fn kubeconfig(&self) -> &Kubeconfig {
        &self.files.kubeconfig
    }

    /// Returns the user's mapping of clusters to contexts.
    pub fn mapping(&self) -> &ClusterMapping {
        &self.files.mapping
    }

    /// Finds the access to a cluster that no stage has resolved yet.
    pub fn resolve(&self, cluster: &Cluster<'_>) -> Resolution {
        self.explain(cluster).resolution
    }

    /// Returns what is needed to connect through an access, whether it comes from this resolver or from a record that
    /// anyone may have written: it is checked against what the user allows. `cluster` is the cluster's name, for
    /// messages.
    ///
    /// # Errors
    /// The context cannot be used, or a rule forbids the access.
    pub fn connection(
        &self,
        access: &Access<'_>,
        cluster: &str,
    ) -> Result<kubeconfig::Access, connect::Error> {
        let unresolved = |message: String| connect::Error::new(Reason::Unresolved, message);
        let kubeconfig = &self.files.kubeconfig;
        if let Some(context) = &access.context {
            let found = kubeconfig.access(context);
            return found.map_err(|error| unresolved(error.to_string()));
        }
        let admitted = self.policy.admit(kubeconfig, access, cluster);
        admitted.map_err(|refusal| unresolved(refusal.what_and_rule()).with_hint(refusal.remedy))
    }

    /// Resolves the cluster of a line of the stream: a bare name, or a `Cluster` record, whose own `access` or `skip`
    /// is kept (`skip` if it has both). Returns `None` for a record of another kind, which is to be passed on.
    ///
    /// # Errors
    /// The line is neither a record nor a name.
    pub fn cluster_of_line(&self, line: &str) -> Result<Option<ResolvedCluster>, String> {
        let mut cluster = match record_line::parse(line)? {
            LineItem::Name(name) => record::bare_cluster(name),
            LineItem::Cluster(cluster) => *cluster,
            LineItem::Other => return Ok(None),
        };
        let mut is_left_out = false;
        let resolution = match (cluster.skip.take(), cluster.access.take()) {
            (Some(skip), _) => Resolution::Skip(Skip {
                reason: skip.reason,
                message: skip.message.into_owned(),
            }),
            (None, Some(access)) if access.context.is_none() && access.provider.is_none() => {
                Resolution::skip(
                    Reason::Unresolved,
                    "access of a kind that this release does not know",
                )
            }
            (None, Some(access)) => Resolution::Access(access.into_owned()),
            (None, None) => {
                let explained = self.explain(&cluster);
                is_left_out = explained.is_left_out;
                explained.resolution
            }
        };
        self.count(is_left_out);
        let namespace = match &resolution {
            Resolution::Access(access) => {
                let context = access.context.as_deref();
                let named = context.and_then(|context| self.files.kubeconfig.namespace(context));
                Some(named.unwrap_or(DEFAULT_NAMESPACE).to_owned())
            }
            Resolution::Skip(_) => None,
        };
        Ok(Some(ResolvedCluster {
            namespace,
            name: cluster.cluster.0.into_owned(),
            resolution,
            is_left_out,
        }))
    }

    /// Finds the access to a cluster that no stage has resolved yet, and explains how.
    pub fn explain(&self, cluster: &Cluster<'_>) -> Explanation {
        let mut tried: Vec<Tried> = Vec::new();
        let mut chosen = None;
        let mut broken: Option<String> = None;
        let mut doubt = None;
        for way in self.policy.order().iter().copied() {
            if chosen.is_some() || broken.is_some() {
                if let Some(why) = self.unused(way, cluster, &tried) {
                    let verdict = Verdict::Unused;
                    tried.push(Tried { way, verdict, why });
                }
                continue;
            }
            let mut attempt = self.attempt(way, cluster);
            let access = attempt.access.as_ref();
            doubt = access.and_then(|access| mismatch(&self.files, &self.policy, cluster, way, access));
            if let Some(mismatch) = doubt.take_if(|_| self.policy.verifies_server()) {
                attempt = Attempt::refused(forbidden_mismatch(&self.files, way, &mismatch));
            }
            let Attempt { verdict, why, access } = attempt;
            chosen = access;
            // An error in the user's own files has to be corrected. What a hub publishes may be ignored.
            if verdict == Verdict::Refused && way != Way::Providers {
                broken = Some(why.clone());
            }
            tried.push(Tried { way, verdict, why });
        }
        let mut is_absent = false;
        let resolution = match (chosen, broken) {
            (Some(access), _) => {
                self.note_server(cluster, &access, doubt.as_deref());
                Resolution::Access(access)
            }
            (None, Some(why)) => Resolution::skip(Reason::Unresolved, &why),
            (None, None) => {
                // Access that is undecided or ambiguous is not simply absent.
                let is_undecided = tried.iter().any(|tried| tried.verdict == Verdict::Undecided);
                is_absent = !is_undecided && cluster.ambiguous.is_empty();
                self.no_access(cluster, &tried)
            }
        };
        Explanation {
            resolution,
            tried,
            doubt,
            is_left_out: is_absent && self.accessible,
        }
    }

    fn attempt(&self, way: Way, cluster: &Cluster<'_>) -> Attempt {
        match way {
            Way::Mapping => self.files.mapped_context(cluster),
            Way::Context => self.files.context_of_same_name(&cluster.cluster),
            Way::Server => self.contexts.find(&self.files, &self.policy, cluster),
            Way::Providers => self.policy.find(&self.files.kubeconfig, cluster),
        }
    }

    /// Returns a clause about a place that was not looked at because another takes precedence, if there is something.
    fn unused(&self, way: Way, cluster: &Cluster<'_>, tried: &[Tried]) -> Option<String> {
        let first = tried
            .iter()
            .find(|tried| matches!(tried.verdict, Verdict::Chosen | Verdict::Refused))?;
        let first = match first.way {
            Way::Mapping => "the mapping goes",
            Way::Context | Way::Server => "the context goes",
            Way::Providers => "its access providers go",
        };
        let name = cluster.cluster.as_str();
        let mapped = || self.files.entry(cluster)?.context.as_deref();
        let what = match way {
            Way::Mapping => {
                mapped()?;
                format!("the mapping in {} is", self.files.mapping_file)
            }
            Way::Context => {
                if mapped() == Some(name) || !self.files.kubeconfig.has_context(name) {
                    return None;
                }
                "the context of its own name is".to_owned()
            }
            // Nearly always this is the context that was found before.
            Way::Server => return None,
            Way::Providers => {
                cluster.access_providers?;
                "its access providers are".to_owned()
            }
        };
        Some(format!("{what} not used, {first} first"))
    }

    /// Explains why there is no access, and what to do.
    fn no_access(&self, cluster: &Cluster<'_>, tried: &[Tried]) -> Resolution {
        if let Some(undecided) = tried.iter().find(|tried| tried.verdict == Verdict::Undecided) {
            return Resolution::skip(Reason::Unresolved, &undecided.why);
        }
        let name = cluster.cluster.as_str();
        if name.contains("  ") {
            return Resolution::skip(Reason::Skipped, ROW_OF_A_TABLE);
        }
        let looked_at = |way| tried.iter().find(|tried| tried.way == way);
        let mut parts = Vec::new();
        if looked_at(Way::Context).is_some() {
            parts.push(format!("no context named {name:?} in the kubeconfig"));
        }
        if let Some(mapping) = looked_at(Way::Mapping) {
            parts.push(mapping.why.clone());
        }
        let mut message = parts.join(" and ");
        if !message.is_empty() {
            message.push_str(&self.files.kubeconfig.did_you_mean(name));
            message.push_str("; kubectl mc setup adds one");
        }
        let of_hub = looked_at(Way::Providers).filter(|_| {
            cluster.access_providers.is_some()
                || !cluster.client_configs.is_empty()
                || !cluster.ambiguous.is_empty()
                || message.is_empty()
        });
        let Some(of_hub) = of_hub else {
            return Resolution::skip(Reason::Skipped, &message);
        };
        // A refusal by a rule comes first, because the user can allow it.
        let message = if message.is_empty() {
            of_hub.why.clone()
        } else if of_hub.verdict == Verdict::Refused {
            format!("{}; there is {message}", of_hub.why)
        } else {
            format!("{message}; {}", of_hub.why)
        };
        let reason = match of_hub.verdict {
            Verdict::Refused => Reason::Unresolved,
            _ => Reason::Skipped,
        };
        Resolution::skip(reason, &message)
    }

    /// Notes the server that a cluster's access leads to, and a mismatch if there is one.
    fn note_server(&self, cluster: &Cluster<'_>, access: &Access<'_>, mismatch: Option<&str>) {
        let address = ServerAddress::of_access(&self.files.kubeconfig, access);
        let mut suspicions = self.lock_suspicions();
        if let Some(mismatch) = mismatch {
            suspicions.leads_elsewhere(&cluster.cluster, mismatch);
        }
        if let Some(address) = address {
            suspicions.leads_to(&cluster.cluster, address);
        }
    }

    /// Returns the reasons found so far to doubt that rows carry the right cluster's name, a sentence each.
    pub fn doubts(&self) -> Vec<String> {
        self.lock_suspicions().sentences()
    }

    /// Returns the groups of clusters that lead to one server, each with the server's address.
    pub fn same_servers(&self) -> Vec<(Vec<String>, String)> {
        self.lock_suspicions().same_servers()
    }

    fn lock_suspicions(&self) -> MutexGuard<'_, Suspicions> {
        lock(&self.suspicions)
    }
}

#[cfg(test)]
mod tests;
