//! `kubectl get`, for one cluster at a time.
//!
//! On the hot path, which is a built-in type, a query is one request: no discovery, and rows from the server's own Table
//! that are written as they come.

pub mod age;
pub mod completion;
mod files;
mod json;
mod list;
pub mod objects;
mod out;
mod parts;
pub mod plan;
pub mod query;
mod raw;
mod raw_path;
mod reader;
pub mod record_identity;
mod run;
mod session;
pub mod sort;
pub mod table;
mod target;
mod targets;
mod tracker;
mod watch;
mod watched_list;

use super::ask::{Ask, Connection};
use super::fanout::answer::Answer;
use crate::apiserver::discovery::{Discovery, DiscoveryCache};
use crate::apiserver::server::ApiServer;
use crate::exit::Fatal;
use crate::manifest::Manifest;
use crate::selector::Selector;
use out::RecordWriter;
use plan::Plan;
use query::Query;
use session::Session;
use sort::SortKey;
use std::path::Path;
use std::sync::Arc;
use tracker::{KeptBytes, Tracker};

/// A query, understood as far as that is possible without a server.
struct Understood {
    plan: Plan,
    sort_by: Option<Arc<SortKey>>,
    /// `-l` for objects that files name. Servers apply it in all other cases.
    labels: Option<Selector>,
}

impl Understood {
    fn of(query: &Query) -> Result<Self, Fatal> {
        let plan = plan::plan(query)?;
        let labels = match &plan {
            Plan::Files(_) => files::selector(query).map_err(plan::refused)?,
            _ => None,
        };
        let sort_by = SortKey::parse(&query.sort_by).map_err(plan::refused)?;
        Ok(Self {
            plan,
            sort_by: sort_by.map(Arc::new),
            labels,
        })
    }
}

/// Refuses queries that make no sense for any cluster. Files are found, but not opened.
///
/// # Errors
/// See [`plan::plan`]; an invalid expression or selector.
pub fn check(query: &Query) -> Result<(), Fatal> {
    Understood::of(query).map(drop)
}

/// The verb `get`.
pub struct Getter {
    query: Query,
    understood: Understood,
    manifest: Manifest,
    cache: DiscoveryCache,
    /// The memory for all watched objects.
    kept: KeptBytes,
}

impl Getter {
    /// Understands a query and reads the files that it names. Does not use the network.
    ///
    /// # Errors
    /// See [`check`]; for a watch, files that hold something that cannot be watched.
    pub fn new(query: Query, cache_dir: &Path) -> Result<Self, Fatal> {
        let understood = Understood::of(&query)?;
        let manifest = match &understood.plan {
            Plan::Files(sources) => sources.read(),
            _ => Manifest::default(),
        };
        if let (Plan::Files(_), Some(_)) = (&understood.plan, query.watch) {
            files::check_watched(&manifest).map_err(|text| Fatal::failed(text).in_kubectls_words())?;
        }
        Ok(Self {
            query,
            understood,
            manifest,
            cache: DiscoveryCache::new(cache_dir),
            kept: KeptBytes::default(),
        })
    }
}

impl Ask for Getter {
    fn is_endless(&self) -> bool {
        self.query.watch.is_some()
    }

    fn asks_contexts_namespace(&self) -> bool {
        let query = &self.query;
        let is_named = query.namespace.as_deref().is_some_and(|name| !name.is_empty());
        !query.all_namespaces && !is_named && !matches!(self.understood.plan, Plan::Raw(_) | Plan::Files(_))
    }

    async fn ask<S: ApiServer>(&self, cluster: &Connection<'_, S>) -> Answer {
        let tracker = self.query.watch;
        let tracker = tracker.map(|watch| Tracker::new(watch, Arc::clone(&self.kept)));
        let discovery = Discovery::new(self.cache.clone(), cluster.workers.clone());
        let session = Session {
            server: &cluster.server,
            query: &self.query,
            plan: &self.understood.plan,
            sort_by: self.understood.sort_by.as_ref(),
            labels: self.understood.labels.as_ref(),
            manifest: &self.manifest,
            discovery: &discovery,
            key: &cluster.server_key,
            namespace: &cluster.namespace,
            out: RecordWriter {
                sink: cluster.sink,
                state: cluster.state,
                workers: cluster.workers,
                tracker: tracker.as_ref(),
            },
            say: cluster.say,
            verbose: cluster.verbose,
        };
        match (&tracker, self.query.watch) {
            // Boxed, as are other rare paths below: every query would otherwise reserve memory for them.
            (Some(tracker), Some(watch)) => Box::pin(watch::run(&session, tracker, watch)).await,
            _ => session.run().await,
        }
    }
}

#[cfg(test)]
mod tests;
