//! ClusterProperty, `about.k8s.io` (KEP-2149): each member says who it is.
//!
//! There is no hub: every member is asked with the user's own credentials for it, in parallel and under the
//! limits that mc-exec has. Properties enrich what other sources list; the name stays the one that the user has
//! for it, because what a cluster says of itself must not take another cluster's place.

use super::kubeconfig::{name_problem, push};
use crate::config::Source;
use crate::connect::concurrency::{self, Patience, Slots, raise_open_file_limit};
use crate::connect::{Connector, Deadline, Error};
use crate::discover::gathering::{Fleet, quoted, sets};
use crate::discover::hub::Online;
use crate::discover::options::Limits;
use crate::discover::paged_list::{self, Meta, Taker, place, text};
use crate::kubeconfig::Kubeconfig;
use crate::record::{Cluster, Reason, Str};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

/// The versions that are in use, the newer first.
const GROUP_VERSIONS: [&str; 2] = ["about.k8s.io/v1beta1", "about.k8s.io/v1alpha1"];

/// The property that is the cluster's id.
pub const ID: &str = "cluster.clusterset.k8s.io";

/// The longest value that is kept, in bytes: an id, a name, a region.
const MAX_VALUE: usize = 128 << 10;

/// How many properties of one cluster are kept.
const MAX_PROPERTIES: usize = 1_000;

/// Asks members, given by name and context, and lists all of them: one that does not answer is listed by its
/// name, and that its properties are not known is a problem.
pub async fn list(
    connector: &Connector,
    kubeconfig: &Kubeconfig,
    members: &BTreeMap<String, String>,
    limits: &Limits,
) -> Fleet {
    let slots = Slots::new(limits.concurrency, raise_open_file_limit());
    let (answering, open) = (Semaphore::new(slots.answering), Semaphore::new(slots.open));
    let patience = RefCell::new(Patience::new(&slots));
    let total = limits.total_timeout.unwrap_or_else(|| {
        let count = u32::try_from(members.len()).unwrap_or(u32::MAX);
        concurrency::total_timeout(count, limits.timeout, limits.connect_timeout)
    });
    let end = Deadline::new(total, [Arc::clone(connector.logins())]);
    let ask = async |context: &str| {
        // Neither is ever closed.
        let _open = open.acquire().await.ok();
        let mut slot = answering.acquire().await.ok();
        let started = Instant::now();
        let mut work = pin!(properties(connector, kubeconfig, context, limits.timeout));
        let answer = loop {
            let silence = patience.borrow().limit();
            match timeout(silence.saturating_sub(started.elapsed()), &mut work).await {
                Ok(answer) => break answer,
                // Others have shown meanwhile that answers take longer.
                Err(_) if slots.is_maximum && patience.borrow().limit() > started.elapsed() => (),
                Err(_) => {
                    // It uses nothing but a socket: others go on in its place.
                    drop(slot.take());
                    break work.await;
                }
            }
        };
        if answer.is_ok() {
            patience.borrow_mut().learn(started.elapsed());
        }
        answer
    };
    let asked = members.values().map(|context| async {
        end.bound(ask(context)).await.unwrap_or_else(|| {
            Err(Error::new(
                Reason::Timeout,
                "not done within the time for all clusters together (--total-timeout)",
            ))
        })
    });
    let answers = join_all(asked).await;
    gather(members, answers)
}

/// What one member says, `None` where it has no such API.
async fn properties(
    connector: &Connector,
    kubeconfig: &Kubeconfig,
    context: &str,
    limit: Duration,
) -> Result<Option<Properties>, Error> {
    let access = kubeconfig
        .access(context)
        .map_err(|error| Error::new(Reason::Unresolved, error.to_string()))?;
    let mut online = Online::new(connector.client(&access)?, limit);
    for group_version in GROUP_VERSIONS {
        let mut found = Properties::default();
        let path = paged_list::path(group_version, None, "clusterproperties");
        match paged_list::read(&mut online, &path, &mut found).await {
            Ok(()) => return Ok(Some(found)),
            Err(error) if error.status == Some(404) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The records of all members.
fn gather(members: &BTreeMap<String, String>, answers: Vec<Result<Option<Properties>, Error>>) -> Fleet {
    let mut fleet = Fleet::default();
    let mut silent = Vec::new();
    let mut ids: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for ((name, context), answer) in members.iter().zip(answers) {
        if let Some(problem) = name_problem(name) {
            fleet.problems.push(problem);
            continue;
        }
        let found = match answer {
            Ok(Some(found)) => found,
            Ok(None) => {
                silent.push(quoted(name));
                Properties::default()
            }
            Err(error) => {
                fleet.problems.push(format!(
                    "the properties of {} are not known: {error}",
                    quoted(name)
                ));
                Properties::default()
            }
        };
        fleet.problems.extend(
            found
                .problems
                .into_iter()
                .map(|problem| format!("context {}: {problem}", quoted(context))),
        );
        if let Some(id) = found.all.get(ID) {
            ids.entry(id.as_str().to_owned()).or_default().insert(name);
        }
        let cluster = Cluster {
            cluster: name.as_str().into(),
            source: Some(Source::About.as_str().into()),
            cluster_sets: sets(&BTreeMap::new(), &found.all),
            properties: found.all.clone(),
            ..Cluster::default()
        };
        push(&mut fleet, &cluster);
    }
    if !silent.is_empty() && silent.len() == members.len() {
        fleet
            .notes
            .push("no context's cluster serves ClusterProperty (about.k8s.io)".into());
    } else if !silent.is_empty() {
        fleet.notes.push(format!(
            "without ClusterProperty (about.k8s.io), so by their names alone: {}",
            silent.join(", ")
        ));
    }
    for (id, names) in ids.iter().filter(|(_, names)| names.len() > 1) {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        fleet.notes.push(format!(
            "{} say that they are one cluster, {}",
            names.join(" and "),
            quoted(id)
        ));
    }
    fleet
}

/// One cluster's.
#[derive(Default)]
struct Properties {
    all: BTreeMap<Str<'static>, Str<'static>>,
    problems: Vec<String>,
}

#[derive(Deserialize)]
struct ClusterProperty<'a> {
    #[serde(borrow, default)]
    metadata: Option<Meta<'a>>,
    #[serde(borrow, default)]
    spec: Option<Spec<'a>>,
}

#[derive(Default, Deserialize)]
struct Spec<'a> {
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
}

impl Taker for Properties {
    const KIND: &'static str = "ClusterProperty";

    fn start_over(&mut self) {
        *self = Self::default();
    }

    fn take(&mut self, item: &RawValue, index: usize) -> Result<(), String> {
        let property: ClusterProperty<'_> = match serde_json::from_str(item.get()) {
            Ok(property) => property,
            Err(error) => {
                self.left_out(format!("{} is left out: {error}", place(Self::KIND, item, index)));
                return Ok(());
            }
        };
        let name = property
            .metadata
            .and_then(|meta| meta.name)
            .filter(|name| !name.is_empty());
        let value = property.spec.unwrap_or_default().value.and_then(text);
        if let (Some(name), Some(value)) = (name, value) {
            if value.len() > MAX_VALUE {
                self.left_out(format!(
                    "{} is left out: it is larger than {} KiB",
                    place(Self::KIND, item, index),
                    MAX_VALUE >> 10
                ));
            } else {
                self.all.insert(name.into_owned(), value.into_owned());
            }
        }
        match self.all.len() {
            ..=MAX_PROPERTIES => Ok(()),
            _ => Err(format!("it has more than {MAX_PROPERTIES} properties")),
        }
    }

    fn left_out(&mut self, problem: String) {
        const MAX_PROBLEMS: usize = 5;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }
}

#[cfg(test)]
mod tests;
