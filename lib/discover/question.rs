//! One source's question, through one hub or none: answered from the cache while that is fresh, else over the
//! network, else from the cache after all.

use super::Options;
use super::cache::{self, Cached, Key};
use super::gathering::Fleet;
use super::sources::{inventory, ocm};
use crate::config::Source;
use crate::connect;
use crate::exit::Fatal;
use crate::record::Reason;
use std::time::SystemTime;

/// One question, with what it takes to answer it from the cache.
#[derive(Debug)]
pub struct Ask<'a> {
    /// What was asked for.
    pub options: &'a Options,
    /// Which source.
    pub source: Source,
    /// The hub's context; empty where there is no hub.
    pub context: &'a str,
    /// The hub, as messages call it.
    pub hub: &'a str,
    /// What the cache knows it by.
    pub key: Key<'a>,
    /// When this is.
    pub now: SystemTime,
}

/// A question's answer.
#[derive(Debug)]
pub struct Settled {
    /// The fleet.
    pub fleet: Fleet,
    /// True if it is from a cache that has expired.
    pub is_stale: bool,
}

/// What the cache has.
#[derive(Debug)]
pub enum Known {
    /// An answer that still holds.
    Fresh(Fleet),
    /// An answer that held, if any.
    Old(Option<Cached>),
}

impl Ask<'_> {
    /// Looks into the cache.
    pub fn known(&self) -> Known {
        let mut cached = cache::read(&self.options.cache_dir, self.key);
        if let Some(cached) = &mut cached
            && !self.context.is_empty()
        {
            cached.fleet.set_hub(self.context);
        }
        match cached {
            Some(cached) if !self.options.refresh && cached.is_fresh(self.options.cache_ttl, self.now) => {
                Known::Fresh(cached.fleet)
            }
            other => Known::Old(other),
        }
    }

    /// Takes the answer of the network, or what stands in for it.
    ///
    /// # Errors
    /// No fleet: what to say, and what may help.
    pub fn settle(
        &self,
        old: Option<Cached>,
        answer: Result<Fleet, connect::Error>,
        complain: &mut dyn FnMut(&str),
    ) -> Result<Settled, Refusal> {
        let error = match answer {
            Ok(fleet) => {
                self.keep(&fleet, complain);
                let is_stale = false;
                return Ok(Settled { fleet, is_stale });
            }
            Err(error) => error,
        };
        let is_unserved = error.status == Some(404);
        let refusal = |message| Refusal {
            fatal: Fatal::failed(message),
            is_unserved,
        };
        let Some(trouble) = trouble(&error) else {
            return Err(refusal(self.refused(&error)));
        };
        let Some(cached) = old else {
            return Err(refusal(self.unlisted(&error)));
        };
        let age = cached.age(self.now);
        if cached.may_serve(self.options.max_stale, self.now) {
            let which = match self.options.hubs.len() {
                0 | 1 => "the hub".to_owned(),
                _ => format!("the hub {}", self.hub),
            };
            complain(&format!(
                "warning: {which} {trouble}, so this is its fleet {age}: {error}"
            ));
            let (fleet, is_stale) = (cached.fleet, true);
            return Ok(Settled { fleet, is_stale });
        }
        let forbidden_by = match self.options.max_stale {
            never if never.is_zero() => "--no-stale, or --max-stale=0, forbids it".to_owned(),
            most => format!("--max-stale allows {}", cache::words(most)),
        };
        Err(refusal(format!(
            "cannot list the fleet from {}: {error} (there is a cached one {age}, and {forbidden_by})",
            self.hub,
        )))
    }

    /// Caches a fleet. One that members were to say themselves is cached only if all did: what one of them
    /// failed to say is not the hub's state, and it may be well again in a moment. An empty one is not cached,
    /// because it is an error that somebody is about to correct.
    fn keep(&self, fleet: &Fleet, complain: &mut dyn FnMut(&str)) {
        if !self.options.keep || (self.source == Source::About && !fleet.problems.is_empty()) {
            return;
        }
        let kept = match fleet.count {
            0 => cache::forget(&self.options.cache_dir, self.key),
            _ => cache::write(&self.options.cache_dir, self.key, fleet, self.now),
        };
        if let Err(error) = kept {
            let folder = self.options.cache_dir.display();
            complain(&format!(
                "warning: the fleet cannot be cached in {folder}, so every run asks the hub: {error}"
            ));
        }
    }

    /// What to say of a hub that answered, and not with a fleet.
    fn refused(&self, error: &connect::Error) -> String {
        let hub = self.hub;
        let Api {
            kind,
            group_version,
            plural,
            install,
        } = Api::of(self.source);
        match (error.reason, error.status) {
            (Reason::NotFound, _) => format!(
                "{hub} does not serve {kind} ({group_version}): {install} there, or name the hub with \
                 --hub-context; without any hub, --source kubeconfig asks every context"
            ),
            (Reason::Forbidden, _) => {
                let place = match self.key.namespace {
                    Some(namespace) => format!("in its namespace {namespace}"),
                    None if self.source == Source::Ocm => "there".into(),
                    None => "in all its namespaces (or name one that you may with --hub-namespace)".into(),
                };
                format!("{hub} refuses: {error}\nask for the permission to list {plural} {place}")
            }
            // What was asked for is not there, or is not one thing.
            (Reason::BadRequest, None) => format!("{hub}: {error}"),
            _ => self.unlisted(error),
        }
    }

    /// What to say where there is no fleet, and what to try.
    fn unlisted(&self, error: &connect::Error) -> String {
        let mut text = format!("cannot list the fleet from {}: {error}", self.hub);
        if let Some(remedy) = error.remedy() {
            text.push('\n');
            text.push_str(remedy);
        }
        text
    }
}

/// Why a question has no answer.
#[derive(Debug)]
pub struct Refusal {
    /// What to say.
    pub fatal: Fatal,
    /// Whether the hub does not have this API at all, so that nothing can be missing from it.
    pub is_unserved: bool,
}

/// What messages say of a source's API.
struct Api {
    kind: &'static str,
    group_version: String,
    plural: &'static str,
    install: &'static str,
}

impl Api {
    fn of(source: Source) -> Self {
        let (kind, group_version, plural, install) = match source {
            Source::Ocm => (
                "ManagedCluster",
                ocm::GROUP_VERSION.to_owned(),
                "managedclusters.cluster.open-cluster-management.io",
                "install Open Cluster Management",
            ),
            Source::Inventory => (
                "PlacementDecision",
                format!("{} or {}", inventory::SIG, inventory::OCM),
                "placementdecisions and clusterprofiles",
                "install the Cluster Inventory API",
            ),
            _ => (
                "ClusterProfile",
                "multicluster.x-k8s.io/v1alpha1".to_owned(),
                "clusterprofiles.multicluster.x-k8s.io",
                "install the Cluster Inventory API",
            ),
        };
        Self {
            kind,
            group_version,
            plural,
            install,
        }
    }
}

/// Says why a hub could not list its fleet, where that is no answer: then what it listed earlier may stand in
/// for it. `None` where it answered otherwise. A login that is missing, a login page, and a certificate of another
/// authority are answers, as it may be another hub or no longer ours to ask.
fn trouble(error: &connect::Error) -> Option<&'static str> {
    match error.reason {
        Reason::Dns | Reason::Connect | Reason::Timeout => Some("cannot be reached"),
        // The connection broke while it was answering.
        Reason::Protocol if error.is_broken_connection() => Some("cannot be reached"),
        Reason::TooManyRequests | Reason::ServerError => Some("does not list its fleet now"),
        _ => None,
    }
}
