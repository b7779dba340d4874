//! One source of one hub, or of all members: answered from the cache while that is fresh, else over the network, else
//! from the expired cache.

use super::cache::{self, CacheKey, CachedFleet};
use super::finding::{Finding, FindingKind};
use super::fleet::Fleet;
use super::options::Options;
use super::sources::hub_api;
use crate::config::Source;
use crate::connect;
use crate::error_text::io_text;
use crate::record::Reason;
use std::time::SystemTime;

/// A source that is asked for its fleet.
#[derive(Debug)]
pub struct Question<'a> {
    pub options: &'a Options,
    pub source: Source,
    /// The hub's context. Empty if all members are asked.
    pub context: &'a str,
    /// The hub as messages name it.
    pub hub_name: String,
    /// The key of the answer in the cache.
    pub key: CacheKey<'a>,
    pub now: SystemTime,
}

/// The content of the cache for a question.
#[derive(Debug)]
pub enum CacheLookup {
    /// A fresh answer.
    Fresh(Fleet),
    /// The hub has to be asked. There may be an older answer.
    Expired(Option<CachedFleet>),
}

/// The reason why a question has no answer.
#[derive(Debug)]
pub struct NoAnswer {
    pub finding: Finding,
    /// True if the hub does not serve the API at all, so that it has nothing to list.
    pub is_unserved: bool,
}

impl Question<'_> {
    /// Looks in the cache.
    pub fn look_in_cache(&self) -> CacheLookup {
        let mut cached = cache::read(&self.options.cache_dir, self.key);
        if let Some(cached) = &mut cached
            && !self.context.is_empty()
        {
            cached.fleet.set_hub(self.context);
        }
        match cached {
            Some(cached) if !self.options.refresh && cached.is_fresh(self.options.cache_ttl, self.now) => {
                CacheLookup::Fresh(cached.fleet)
            }
            other => CacheLookup::Expired(other),
        }
    }

    /// Takes the answer of the network and caches it. If there is none because of the network, the expired cache is used
    /// and reported.
    ///
    /// # Errors
    /// There is no answer.
    pub fn settle(
        &self,
        old: Option<CachedFleet>,
        answer: Result<Fleet, connect::Error>,
        report: &mut dyn FnMut(Finding),
    ) -> Result<Fleet, NoAnswer> {
        let error = match answer {
            Ok(fleet) => {
                self.keep(&fleet, report);
                return Ok(fleet);
            }
            Err(error) => error,
        };
        let refusal = |finding| NoAnswer {
            finding,
            is_unserved: error.status == Some(404),
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
                _ => format!("the hub {}", self.hub_name),
            };
            report(Finding::new(
                FindingKind::Stale,
                format!("{which} {trouble}, so this is its fleet {age}: {error}"),
            ));
            return Ok(cached.fleet);
        }
        let forbidden_by = match self.options.max_stale {
            never if never.is_zero() => "--no-stale, or --max-stale=0, forbids it".to_owned(),
            most => format!("--max-stale allows {}", cache::in_words(most)),
        };
        Err(refusal(Finding::missing(format!(
            "cannot list the fleet from {}: {error} (there is a cached one {age}, and {forbidden_by})",
            self.hub_name,
        ))))
    }

    /// Caches a fleet. The answers of members are cached only if all members have answered, because those that have not
    /// may be well again in a moment. An empty fleet is not cached, because it is an error that someone is about to
    /// correct.
    fn keep(&self, fleet: &Fleet, report: &mut dyn FnMut(Finding)) {
        let is_of_members = hub_api(self.source).is_none();
        if !self.options.keep || (is_of_members && !fleet.is_complete()) {
            return;
        }
        let kept = match fleet.members.is_empty() {
            true => cache::forget(&self.options.cache_dir, self.key),
            false => cache::write(&self.options.cache_dir, self.key, fleet, self.now),
        };
        if let Err(error) = kept {
            let folder = self.options.cache_dir.display();
            report(Finding::note(format!(
                "the fleet cannot be cached in {folder}, so every run asks the hub: {}",
                io_text(&error)
            )));
        }
    }

    /// Reports a hub that has answered with an error.
    fn refused(&self, error: &connect::Error) -> Finding {
        let hub = &self.hub_name;
        let Some(api) = hub_api(self.source) else {
            return self.unlisted(error);
        };
        match (error.reason, error.status) {
            (Reason::NotFound, _) => {
                let (why, setup) = match self.options.hubs.is_empty() && self.options.sources.len() == 1 {
                    true => (
                        ", and is taken for the hub because it is the current context",
                        ", or with kubectl mc setup, which keeps it",
                    ),
                    false => ("", ""),
                };
                Finding::missing(format!(
                    "{hub} does not serve {} ({}){why}: {} there, or name the hub with --hub-context{setup}; without any \
                     hub, --source kubeconfig asks every context",
                    api.kind, api.group_versions, api.remedy
                ))
            }
            (Reason::Forbidden, _) => {
                let place = match self.key.namespace {
                    Some(namespace) => format!("in its namespace {namespace}"),
                    None if !api.has_namespaces => "there".into(),
                    None => "in all its namespaces (or name one that you may with --hub-namespace)".into(),
                };
                let remedy = format!("ask for the permission to list {} {place}", api.resources);
                Finding::missing(format!("{hub} refuses: {error}")).with_remedy(remedy)
            }
            // The placement does not exist, or is ambiguous.
            (Reason::BadRequest, None) => Finding::missing(format!("{hub}: {error}")),
            _ => self.unlisted(error),
        }
    }

    fn unlisted(&self, error: &connect::Error) -> Finding {
        let problem = format!("cannot list the fleet from {}: {error}", self.hub_name);
        Finding {
            remedy: error.remedy().map(str::to_owned),
            ..Finding::missing(problem)
        }
    }
}

/// Returns a clause about a hub that does not list its fleet because of the network or its load. Then the fleet that it
/// listed earlier may be used. `None` for all other errors: after a missing login, a login page or a certificate of
/// another authority it may be another hub, or no longer the user's to ask.
fn trouble(error: &connect::Error) -> Option<&'static str> {
    match error.reason {
        Reason::Dns | Reason::Connect | Reason::Timeout => Some("cannot be reached"),
        // The connection broke while it was answering.
        Reason::Protocol if error.is_broken_connection() => Some("cannot be reached"),
        Reason::TooManyRequests | Reason::ServerError => Some("does not list its fleet now"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
