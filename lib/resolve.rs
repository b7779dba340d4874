//! From a cluster's name to a way into it (mc-resolve): the mapping file, then a context of the cluster's own
//! name, then one that leads to the server that its hub publishes, then the access providers that its hub publishes,
//! in this order or the configuration's.

mod lookup;
pub mod providers;
mod record_line;
mod server_address;
mod servers;
mod stage;
mod suspicions;

use crate::config::{ClusterMapping, MappedCluster, Paths, Way};
use crate::connect;
use crate::discover;
use crate::exit::Fatal;
use crate::kubeconfig::{self, Kubeconfig};
use crate::record::{self, Access, Cluster, Reason, Skip};
pub use lookup::Lookup;
use providers::{Found, Policy};
use record_line::{Item, read};
pub use stage::run;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use suspicions::Doubts;

/// Where access comes from.
#[derive(Debug)]
pub struct Resolver {
    kubeconfig: Arc<Kubeconfig>,
    mapping: Arc<ClusterMapping>,
    /// The mapping file, as messages name it.
    mapping_file: String,
    policy: Policy,
    /// True if clusters that nothing leads into are left out.
    accessible: bool,
    doubts: Mutex<Doubts>,
    /// The contexts by the servers that they lead to.
    contexts: OnceLock<HashMap<String, Vec<String>>>,
    lookup: Option<Arc<Lookup>>,
    /// How many clusters were left out, and how many were not.
    left_out: AtomicU64,
    kept: AtomicU64,
}

/// What a cluster resolved to.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one for a moment, and it is nearly always the large one"
)]
#[derive(Debug)]
pub enum Resolution {
    /// There is a way in.
    Access(Access<'static>),
    /// There is none.
    Skip(Skip<'static>),
}

/// A cluster that a line stands for, and the way into it.
#[derive(Debug)]
pub struct ResolvedCluster {
    /// Its name.
    pub name: String,
    /// What the record had already, or what it resolves to.
    pub resolution: Resolution,
    /// True if it is left out, because nothing leads into it.
    pub is_left_out: bool,
}

/// How the way into a cluster was found, or why there is none.
#[derive(Debug)]
pub struct Explanation {
    /// What came of it.
    pub resolution: Resolution,
    /// What was looked at, in its order.
    pub tried: Vec<Tried>,
    /// The reason to doubt that this is the cluster that the hub means, in a clause.
    pub doubt: Option<String>,
    /// True if nothing leads into it, and such clusters are to be left out without a word.
    pub is_left_out: bool,
}

/// One place where the way into a cluster was looked for.
#[derive(Debug)]
pub struct Tried {
    /// Where.
    pub way: Way,
    /// What came of it.
    pub verdict: Verdict,
    /// In a clause, for a person: what was chosen, or why not.
    pub why: String,
}

/// What came of looking at one place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// This is the way in.
    Chosen,
    /// There is something, and it cannot be used.
    Refused,
    /// There is nothing.
    Nothing,
    /// There is something, and another goes first.
    Unused,
    /// There are several, and the user has to choose.
    Undecided,
}

impl Explanation {
    /// All of it in a line, what was chosen first.
    pub fn text(&self) -> String {
        let (first, others): (Vec<_>, Vec<_>) = self
            .tried
            .iter()
            .partition(|tried| tried.verdict == Verdict::Chosen);
        let mut clauses: Vec<String> = first.iter().map(|tried| tried.why.clone()).collect();
        if let Resolution::Skip(skip) = &self.resolution {
            let word = match skip.reason {
                _ if self.is_left_out => "left out",
                Reason::Skipped => "skipped",
                _ => "unresolved",
            };
            return format!("{word}: {}", skip.message);
        }
        clauses.extend(others.iter().map(|tried| tried.why.clone()));
        clauses.join("; ")
    }
}

impl Resolver {
    /// A resolver over the user's own files.
    pub fn new(kubeconfig: Kubeconfig, mapping: ClusterMapping) -> Self {
        Self {
            kubeconfig: Arc::new(kubeconfig),
            mapping: Arc::new(mapping),
            mapping_file: mapping_file(),
            policy: Policy::default(),
            accessible: false,
            doubts: Mutex::default(),
            contexts: OnceLock::new(),
            lookup: None,
            left_out: AtomicU64::new(0),
            kept: AtomicU64::new(0),
        }
    }

    /// The same, looking bare names up in the fleet that these options list; `tool` says what is to be said.
    #[must_use]
    pub fn with_lookup(mut self, options: discover::Options, tool: &'static str) -> Self {
        let (kubeconfig, mapping) = (Arc::clone(&self.kubeconfig), Arc::clone(&self.mapping));
        let lookup = Lookup::new(options, kubeconfig, mapping, tool);
        self.lookup = Some(Arc::new(lookup));
        self
    }

    /// Where bare names are looked up, if anywhere.
    pub fn lookup(&self) -> Option<Arc<Lookup>> {
        self.lookup.clone()
    }

    fn count(&self, is_left_out: bool) {
        let counter = if is_left_out { &self.left_out } else { &self.kept };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Refuses to have left out every cluster: what selects none is an error.
    ///
    /// # Errors
    /// There were clusters, and nothing leads into any of them.
    pub fn check_left_out(&self) -> Result<(), Fatal> {
        match (
            self.left_out.load(Ordering::Relaxed),
            self.kept.load(Ordering::Relaxed),
        ) {
            (0, _) | (_, 1..) => Ok(()),
            (count, 0) => Err(Fatal::failed(format!(
                "--accessible leaves none of {count} clusters, as nothing leads into them: kubectl mc clusters says why, \
                 and kubectl mc setup makes the way into them"
            ))),
        }
    }

    /// The same, leaving out clusters that nothing leads into.
    #[must_use]
    pub fn with_accessible(mut self, accessible: bool) -> Self {
        self.accessible = accessible;
        self
    }

    /// The same with what the user allows hubs.
    #[must_use]
    pub fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    /// For one run of a credential plugin, where nobody on a terminal can be asked.
    pub fn login_timeout(&self) -> Duration {
        self.policy.login_timeout()
    }

    /// The kubeconfig that contexts are looked up in.
    pub fn kubeconfig(&self) -> &Kubeconfig {
        &self.kubeconfig
    }

    /// The user's mapping of clusters to contexts.
    pub fn mapping(&self) -> &ClusterMapping {
        &self.mapping
    }

    /// The way into a cluster that no stage has resolved yet.
    pub fn resolve(&self, cluster: &Cluster<'_>) -> Resolution {
        self.explain(cluster).resolution
    }

    /// All that is needed to connect through an access, be it of this resolver or of a record that somebody
    /// wrote: what the user does not allow is refused. `cluster` is the cluster's name, for messages.
    ///
    /// # Errors
    /// A context that cannot be used; the rule that forbids what a record says, and how to allow it.
    pub fn connection(
        &self,
        access: &Access<'_>,
        cluster: &str,
    ) -> Result<kubeconfig::Access, connect::Error> {
        let unresolved = |message: String| connect::Error::new(Reason::Unresolved, message);
        if let Some(context) = &access.context {
            let found = self.kubeconfig.access(context);
            return found.map_err(|error| unresolved(error.to_string()));
        }
        let admitted = self.policy.admit(&self.kubeconfig, access, cluster);
        admitted.map_err(|refusal| unresolved(refusal.what_and_rule()).with_hint(refusal.remedy))
    }

    /// The cluster that a line of the stream stands for: a bare name, or a `Cluster` record, whose own
    /// `access` or `skip` is taken as it is (`skip` where it has both). `None` for a record of another
    /// kind, which is to be passed on.
    ///
    /// # Errors
    /// What is wrong with a line that is neither a record nor a name.
    pub fn cluster_of_line(&self, line: &str) -> Result<Option<ResolvedCluster>, String> {
        let mut cluster = match read(line)? {
            Item::Name(name) => record::bare_cluster(name),
            Item::Cluster(cluster) => *cluster,
            Item::Other => return Ok(None),
        };
        let mut is_left_out = false;
        let resolution = match (cluster.skip.take(), cluster.access.take()) {
            (Some(skip), _) => Resolution::Skip(Skip {
                reason: skip.reason,
                message: skip.message.into_owned(),
            }),
            (None, Some(access)) if access.context.is_none() && access.provider.is_none() => self::skip(
                Reason::Unresolved,
                "access of a kind that this release does not know",
            ),
            (None, Some(access)) => Resolution::Access(access.into_owned()),
            (None, None) => {
                let explained = self.explain(&cluster);
                is_left_out = explained.is_left_out;
                explained.resolution
            }
        };
        self.count(is_left_out);
        Ok(Some(ResolvedCluster {
            name: cluster.cluster.0.into_owned(),
            resolution,
            is_left_out,
        }))
    }

    /// The way into a cluster that no stage has resolved yet, with all that was looked at.
    pub fn explain(&self, cluster: &Cluster<'_>) -> Explanation {
        let mut tried: Vec<Tried> = Vec::new();
        let mut chosen = None;
        let mut broken: Option<String> = None;
        let mut doubt = None;
        for way in self.policy.order().iter().copied() {
            if chosen.is_some() || broken.is_some() {
                if let Some(why) = self.unused(way, cluster, &tried) {
                    tried.push(Tried {
                        way,
                        verdict: Verdict::Unused,
                        why,
                    });
                }
                continue;
            }
            let (verdict, why) = match way {
                Way::Mapping => self.mapped(cluster, &mut chosen),
                Way::Context => self.namesake(&cluster.cluster, &mut chosen),
                Way::Server => self.by_server(cluster, &mut chosen),
                Way::Providers => match self.policy.find(&self.kubeconfig, cluster) {
                    Found::Access(access, why) => {
                        chosen = Some(*access);
                        (Verdict::Chosen, why)
                    }
                    Found::Refused(why) => (Verdict::Refused, why),
                    Found::Nothing(why) => (Verdict::Nothing, why),
                },
            };
            let (verdict, why) = match chosen
                .as_ref()
                .and_then(|access| self.doubt(cluster, way, access))
            {
                Some(doubtful) if self.policy.verifies_server() => {
                    chosen = None;
                    (Verdict::Refused, self.refused_elsewhere(way, &doubtful))
                }
                found => {
                    doubt = found;
                    (verdict, why)
                }
            };
            // What the user has said must be right; what a hub says may be passed over.
            if verdict == Verdict::Refused && way != Way::Providers {
                broken = Some(why.clone());
            }
            tried.push(Tried { way, verdict, why });
        }
        let mut is_absent = false;
        let resolution = match (chosen, broken) {
            (Some(access), _) => {
                self.remember(cluster, &access, doubt.as_deref());
                Resolution::Access(access)
            }
            (None, Some(why)) => skip(Reason::Unresolved, &why),
            (None, None) => {
                // What is broken, or what somebody else has spoilt, is not merely absent.
                is_absent = !servers::is_undecided(&tried) && cluster.ambiguous.is_empty();
                self.no_way(cluster, &tried)
            }
        };
        Explanation {
            resolution,
            tried,
            doubt,
            is_left_out: is_absent && self.accessible,
        }
    }

    /// The user's mapping of a cluster.
    fn entry(&self, cluster: &Cluster<'_>) -> Option<&MappedCluster> {
        let found = self.mapping.find(&cluster.cluster, cluster.profile.as_deref());
        found.map(|(_, entry)| entry)
    }

    fn mapped(&self, cluster: &Cluster<'_>, chosen: &mut Option<Access<'static>>) -> (Verdict, String) {
        let name = cluster.cluster.as_str();
        let file = &self.mapping_file;
        let Some(entry) = self.entry(cluster) else {
            return (Verdict::Nothing, format!("no mapping in {file}"));
        };
        let Some(context) = &entry.context else {
            return (Verdict::Nothing, format!("its entry in {file} names no context"));
        };
        match self.kubeconfig.check(context) {
            Ok(()) => {
                *chosen = Some(access(context, "mapping"));
                (Verdict::Chosen, format!("context {context:?}, mapped in {file}"))
            }
            Err(_) if !self.kubeconfig.has_context(context) => (
                Verdict::Refused,
                format!(
                    "{file} maps cluster {name:?} to context {context:?}, which is not in the kubeconfig{}; \
                     correct the mapping or add the context",
                    self.kubeconfig.did_you_mean(context)
                ),
            ),
            Err(error) => (
                Verdict::Refused,
                format!("{error}; {file} maps cluster {name:?} to it"),
            ),
        }
    }

    fn namesake(&self, name: &str, chosen: &mut Option<Access<'static>>) -> (Verdict, String) {
        if !self.kubeconfig.has_context(name) {
            return (
                Verdict::Nothing,
                format!("no context named {name:?} in the kubeconfig"),
            );
        }
        match self.kubeconfig.check(name) {
            Ok(()) => {
                *chosen = Some(access(name, "context"));
                (Verdict::Chosen, "the context of its own name".to_owned())
            }
            Err(error) => (Verdict::Refused, error.0),
        }
    }

    /// What is there and was not looked at, because another way was found first.
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
        let what = match way {
            Way::Mapping => format!(
                "the mapping in {} is",
                self.entry(cluster)?
                    .context
                    .as_ref()
                    .map(|_| &self.mapping_file)?
            ),
            Way::Context => {
                let mapped = self.entry(cluster).and_then(|entry| entry.context.as_deref());
                let is_mapped_to = mapped == Some(name);
                if is_mapped_to || !self.kubeconfig.has_context(name) {
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

    /// Nothing gives access: why, and what to do.
    fn no_way(&self, cluster: &Cluster<'_>, tried: &[Tried]) -> Resolution {
        if let Some(undecided) = tried.iter().find(|tried| tried.verdict == Verdict::Undecided) {
            return skip(Reason::Unresolved, &undecided.why);
        }
        let name = cluster.cluster.as_str();
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
            message.push_str(&self.kubeconfig.did_you_mean(name));
            message.push_str("; add one of them");
        }
        let of_hub = tried.iter().find(|tried| tried.way == Way::Providers);
        let Some(of_hub) = of_hub.filter(|_| {
            cluster.access_providers.is_some()
                || !cluster.client_configs.is_empty()
                || !cluster.ambiguous.is_empty()
                || message.is_empty()
        }) else {
            return skip(Reason::Skipped, &message);
        };
        // What a rule stopped comes first: it is what can be allowed.
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
        skip(reason, &message)
    }
}

fn access(context: &str, via: &'static str) -> Access<'static> {
    Access {
        context: Some(context.to_owned().into()),
        via: Some(via.into()),
        ..Access::default()
    }
}

fn skip(reason: Reason, message: &str) -> Resolution {
    Resolution::Skip(Skip {
        reason,
        message: message.to_owned().into(),
    })
}

/// The mapping file's place, with `~` for the home folder.
fn mapping_file() -> String {
    match Paths::from_env() {
        Ok(paths) => at_home(&paths.clusters()),
        Err(_) => "~/.kube/kubectl-mc-clusters.yaml".into(),
    }
}

/// A file as messages name it: with `~` for the home folder.
pub(crate) fn at_home(file: &Path) -> String {
    let paths = Paths::from_env().ok();
    let home = paths.as_ref().and_then(|paths| paths.kube.parent());
    match home.map(|home| file.strip_prefix(home)) {
        Some(Ok(below)) => format!("~/{}", below.display()),
        _ => file.display().to_string(),
    }
}

#[cfg(test)]
mod tests;
