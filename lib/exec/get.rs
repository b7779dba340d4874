//! `kubectl get`, asked of one cluster at a time.
//!
//! On the hot path, a type that every server has, that is one request: no discovery, rows as the server's
//! own Table, written as they come.

mod actas;
pub mod age;
mod files;
mod json;
mod list;
pub mod objects;
mod parts;
pub mod plan;
mod quantity;
mod raw;
pub mod record_identity;
mod session;
pub mod sort;
pub mod table;
mod targets;
#[cfg(test)]
pub(crate) mod testing;
mod tracker;
mod watch;

use super::fanout::{Answer, Ask};
use super::{Options, Query};
use crate::apiserver::discovery::Discovery;
use crate::apiserver::query_state::QueryState;
use crate::apiserver::server::Http;
use crate::apiserver::workers::Workers;
use crate::apiserver::{discovery, wellknown};
use crate::connect::{self, Connector, Error};
use crate::exec::fanout::output::Sink;
use crate::exit::Fatal;
use crate::manifest::Manifest;
use crate::record::{Access, Reason};
use crate::resolve::Resolver;
use crate::selector::Selector;
use list::RecordWriter;
use plan::Plan;
use session::Session;
use sort::SortKey;
use std::rc::Rc;
use std::sync::Arc;
use tracker::Tracker;

/// The namespace of a context that names none.
const DEFAULT_NAMESPACE: &str = "default";

/// The types that shell completion offers: what is built in, and what the discovery cache knows beside it.
/// No network.
pub fn known_types(cache_dir: &std::path::Path) -> Vec<String> {
    let built_in = wellknown::plurals().map(str::to_owned);
    let cached = discovery::cached_types(cache_dir);
    let others = cached.into_iter().filter(|name| wellknown::find(name).is_none());
    let mut types: Vec<String> = built_in.chain(others).collect();
    types.sort();
    types.dedup();
    types
}

/// What is asked for, understood as far as that can be done without a server.
pub(super) struct Understood {
    plan: Plan,
    sort_by: Option<Arc<SortKey>>,
    /// `-l`, where it is judged here: of objects that files name.
    labels: Option<Selector>,
}

/// Understands what is asked for and what it is sorted by. Files are found, but not opened.
///
/// # Errors
/// See [`plan::plan`]; an expression or a selector that is none.
pub(super) fn plan(query: &Query) -> Result<Understood, Fatal> {
    let plan = plan::plan(query)?;
    let labels = match &plan {
        Plan::Files(_) => files::selector(query).map_err(Fatal::usage)?,
        _ => None,
    };
    Ok(Understood {
        plan,
        sort_by: SortKey::parse(&query.sort_by)
            .map_err(Fatal::usage)?
            .map(Arc::new),
        labels,
    })
}

/// Refuses what no cluster need be asked about.
///
/// # Errors
/// What [`run`](super::run) would refuse before it asks any.
pub fn check(query: &Query) -> Result<(), Fatal> {
    plan(query).map(drop)
}

/// Asks clusters what `kubectl get` would ask.
pub struct Getter<'a> {
    options: &'a Options,
    understood: Understood,
    manifest: Manifest,
    resolver: &'a Resolver,
    connector: Connector,
    discovery: Discovery,
    workers: Workers,
    /// Objects that are watched, as far as they are kept.
    watched: tracker::Shared,
    say: &'a dyn Fn(&str),
}

impl<'a> Getter<'a> {
    /// With arguments that have been understood. Reads the files that they name; no network.
    ///
    /// # Errors
    /// What files hold that cannot be watched, where that is wanted.
    pub(super) fn new(
        options: &'a Options,
        understood: Understood,
        resolver: &'a Resolver,
        connector: Connector,
        say: &'a dyn Fn(&str),
    ) -> Result<Self, Fatal> {
        let manifest = match &understood.plan {
            Plan::Files(sources) => sources.read(),
            _ => Manifest::default(),
        };
        if let (Plan::Files(_), Some(_)) = (&understood.plan, options.query.watch) {
            files::check_watched(&manifest).map_err(Fatal::failed)?;
        }
        let workers = Workers::default();
        Ok(Self {
            options,
            understood,
            manifest,
            resolver,
            connector,
            discovery: Discovery::new(&options.cache_dir, workers.clone()),
            workers,
            watched: tracker::Shared::default(),
            say,
        })
    }
}

impl Ask for Getter<'_> {
    async fn ask(&self, access: &Access<'_>, state: &QueryState, sink: &Sink) -> Answer {
        let mut access = match self.resolver.connection(access, state.cluster()) {
            Ok(access) => access,
            Err(error) => return error.into(),
        };
        self.options.act_as.put_into(&mut access);
        let client = match self.connector.client_waiting(&access, state.logins()) {
            Ok(client) => Rc::new(client),
            Err(error) => return error.into(),
        };
        state.connect_through(Rc::clone(&client));
        let server = Http {
            client,
            state,
            sink,
            workers: &self.workers,
            say: self.options.verbose.then_some(self.say),
        };
        let tracker = self.options.query.watch;
        let tracker = tracker.map(|watch| Tracker::new(watch, Arc::clone(&self.watched)));
        let session = Session {
            server,
            query: &self.options.query,
            plan: &self.understood.plan,
            sort_by: self.understood.sort_by.as_ref(),
            labels: self.understood.labels.as_ref(),
            manifest: &self.manifest,
            discovery: &self.discovery,
            key: connect::way(&access),
            namespace: access.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE),
            out: RecordWriter {
                sink,
                state,
                workers: &self.workers,
                tracker: tracker.as_ref(),
            },
            verbose: self.options.verbose,
        };
        let mut answer = match &tracker {
            // What is rare is boxed, here and further down: the room for it would be taken for every cluster.
            Some(tracker) => Box::pin(watch::run(&session, tracker, self.options, self.say)).await,
            None => session.run().await,
        };
        // As with kubectl, another error goes before.
        if self.options.warnings_as_errors && answer.failure.is_none() && answer.missing.is_empty() {
            answer.failure = state.warnings_as_error();
        }
        answer
    }
}

fn bad_request(message: &str) -> Error {
    Error::new(Reason::BadRequest, message)
}

#[cfg(test)]
mod tests;
