//! The fleet, from a hub or from its cache (mc-discover).

pub mod cache;
mod clusterprofile;
mod fleet;
mod hub;
mod label;
mod selection;
pub mod selector;

use crate::config::Source;
use crate::connect;
use crate::exit::{Fatal, Status};
use crate::kubeconfig::Kubeconfig;
use crate::record::Reason;
use crate::wire;
use cache::Key;
use fleet::Fleet;
use hub::Hub;
use selection::Filter;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// What mc-discover was asked for, with configuration and environment taken in.
#[derive(Clone, Debug)]
pub struct Options {
    /// The hub's context; `None` is the kubeconfig's current one.
    pub hub_context: Option<HubContext>,
    /// The API that lists the fleet.
    pub source: Source,
    /// Only this namespace of the hub; `None` is all.
    pub hub_namespace: Option<String>,
    /// Ask the hub even if the cache is fresh.
    pub refresh: bool,
    /// Whether an expired cache may serve when the hub cannot be reached.
    pub allow_stale: bool,
    /// For how long a cached fleet is fresh.
    pub cache_ttl: Duration,
    /// The cache's folder, `~/.kube/cache/kubectl-mc`.
    pub cache_dir: PathBuf,
    /// For the whole talk with the hub.
    pub timeout: Duration,
    /// Which of the fleet.
    pub selection: Selection,
}

/// The context that leads to the hub.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HubContext {
    /// Its name.
    pub name: String,
    /// What names it, for messages: `--hub-context`.
    pub by: String,
}

/// Which clusters of the fleet: all conditions must hold.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selection {
    /// Names or globs (`prod-*`), each possibly several separated by commas; empty is all.
    pub clusters: Vec<String>,
    /// Names or globs to leave out, likewise.
    pub exclude: Vec<String>,
    /// A Kubernetes label selector, set-based too, over labels and properties.
    pub selector: Option<String>,
    /// Leave out those whose ControlPlaneHealthy is False.
    pub healthy: bool,
}

/// mc-discover: writes a Cluster record for each selected member, in the order of their names. What a
/// person should know beside it (a stale cache, an empty fleet) goes to `complain`, a line a call.
///
/// A fleet from a cache that is fresh needs no network. What the hub lists and what cannot be read makes
/// the outcome [`Status::Partial`], also when it comes from the cache.
///
/// # Errors
/// No hub, a hub without the API, a selection that matches nothing.
pub fn run(
    options: &Options,
    kubeconfig: &Kubeconfig,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let filter = Filter::new(&options.selection)?;
    let namespace = checked(options)?;
    let hub = Hub::find(options.hub_context.as_ref(), kubeconfig)?;
    let ask = Ask {
        options,
        context: hub.context(),
        hub: &hub.name(),
        key: Key {
            server: hub.server(),
            source: options.source.as_str(),
            namespace,
        },
        now: SystemTime::now(),
    };
    let fleet = ask.fleet(
        || {
            let mut online = hub.connect(options.timeout)?;
            clusterprofile::list(&mut online, hub.context(), namespace)
        },
        complain,
    )?;
    ask.deliver(&fleet, &filter, output, complain)
}

/// The namespace that is asked for, after what cannot be asked for was refused.
fn checked(options: &Options) -> Result<Option<&str>, Fatal> {
    if options.source != Source::ClusterProfile {
        return Err(Fatal::usage(format!(
            "the discovery API {} is not supported yet: use {}",
            options.source,
            Source::ClusterProfile
        )));
    }
    let namespace = options.hub_namespace.as_deref().filter(|name| !name.is_empty());
    match namespace {
        Some(name) if !label::is_namespace(name) => Err(Fatal::usage(format!(
            "the hub's namespace {name:?} cannot be one: lower case letters, digits and dashes, at most 63"
        ))),
        _ => Ok(namespace),
    }
}

/// One run's question, with what it takes to answer it from the cache.
struct Ask<'a> {
    options: &'a Options,
    context: &'a str,
    /// The hub, as messages call it.
    hub: &'a str,
    key: Key<'a>,
    now: SystemTime,
}

impl Ask<'_> {
    /// The fleet: from the cache while that is fresh, else from the hub, else from the cache after all.
    fn fleet(
        &self,
        list: impl FnOnce() -> Result<Fleet, connect::Error>,
        complain: &mut dyn FnMut(&str),
    ) -> Result<Fleet, Fatal> {
        let mut cached = cache::read(&self.options.cache_dir, self.key);
        if let Some(cached) = &mut cached {
            cached.fleet.set_hub(self.context);
        }
        let cached = match cached {
            Some(cached) if !self.options.refresh && cached.is_fresh(self.options.cache_ttl, self.now) => {
                return Ok(cached.fleet);
            }
            other => other,
        };
        let error = match list() {
            Ok(fleet) => {
                if let Err(error) = cache::write(&self.options.cache_dir, self.key, &fleet, self.now) {
                    let folder = self.options.cache_dir.display();
                    complain(&format!(
                        "warning: the fleet cannot be cached in {folder}, so every run asks the hub: {error}"
                    ));
                }
                return Ok(fleet);
            }
            Err(error) => error,
        };
        if is_refusal(error.reason) {
            return Err(Fatal::failed(self.refused(&error)));
        }
        match cached {
            Some(cached) if self.options.allow_stale => {
                complain(&format!(
                    "warning: the hub cannot be reached, so this is its fleet {}: {error}",
                    cached.age(self.now)
                ));
                Ok(cached.fleet)
            }
            Some(cached) => Err(Fatal::failed(format!(
                "cannot list the fleet from {}: {error} (there is a cached one {}, and --no-stale forbids it)",
                self.hub,
                cached.age(self.now)
            ))),
            None => Err(Fatal::failed(self.unlisted(&error))),
        }
    }

    /// What to say of a hub that answered, and not with a fleet.
    fn refused(&self, error: &connect::Error) -> String {
        let hub = self.hub;
        match error.reason {
            Reason::NotFound => format!(
                "{hub} does not serve ClusterProfile (multicluster.x-k8s.io/v1alpha1): install the Cluster \
                 Inventory API there, or name the hub with --hub-context"
            ),
            Reason::Forbidden => {
                let place = match self.key.namespace {
                    Some(namespace) => format!("in its namespace {namespace}"),
                    None => "in all its namespaces (or name one that you may with --hub-namespace)".into(),
                };
                format!(
                    "{hub} refuses: {error}\nask for the permission to list \
                     clusterprofiles.multicluster.x-k8s.io {place}"
                )
            }
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

    /// Writes what is selected, and says what is to be said.
    fn deliver(
        &self,
        fleet: &Fleet,
        filter: &Filter,
        output: &mut dyn Write,
        complain: &mut dyn FnMut(&str),
    ) -> Result<Status, Fatal> {
        for note in &fleet.notes {
            complain(&format!("warning: {note}"));
        }
        for problem in &fleet.problems {
            complain(problem);
        }
        if fleet.count == 0 && fleet.problems.is_empty() {
            let place = self.key.namespace.map(|name| format!(" in its namespace {name}"));
            let place = place.unwrap_or_default();
            complain(&format!("warning: {} lists no clusters{place}", self.hub));
        }
        let written = if filter.is_all() {
            output.write_all(fleet.lines.as_bytes())
        } else {
            let mut selected = filter.select(&fleet.lines, fleet.count, complain)?.into_iter();
            selected.try_for_each(|line| wire::pass_on(&mut &mut *output, line))
        };
        written
            .and_then(|()| output.flush())
            .map_err(|error| Fatal::output(&error))?;
        Ok(match (fleet.problems.is_empty(), fleet.count) {
            (true, _) => Status::Complete,
            (false, 0) => Status::Failed,
            (false, _) => Status::Partial,
        })
    }
}

/// Whether the hub was reached and said no, so that what it said earlier is no answer.
fn is_refusal(reason: Reason) -> bool {
    match reason {
        Reason::NotFound | Reason::Forbidden | Reason::BadRequest => true,
        Reason::Skipped | Reason::Unresolved | Reason::Cancelled => true,
        Reason::CredentialPlugin | Reason::Unauthorized => false,
        Reason::Dns | Reason::Connect | Reason::Tls | Reason::Timeout => false,
        Reason::TooManyRequests | Reason::ServerError | Reason::Protocol => false,
    }
}

#[cfg(test)]
mod tests;
