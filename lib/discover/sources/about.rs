//! ClusterProperty, `about.k8s.io` (KEP-2149): each cluster says who it is.
//!
//! There is no hub: every member is asked with the user's own credentials for it, in parallel and with the limits that
//! mc-exec has. The properties are added to what other sources list. The name stays the one that the user has for the
//! cluster, because a cluster must not be able to take the place of another by what it says of itself.

use super::object_fields::{Metadata, cluster_sets};
use crate::config::Source;
use crate::connect::concurrency::{self, Patience, Slots, raise_open_file_limit};
use crate::connect::{Connector, Deadline, Error};
use crate::discover::api_client::ApiClient;
use crate::discover::finding::Finding;
use crate::discover::fleet::Fleet;
use crate::discover::member::Member;
use crate::discover::names::{context_refusal, quoted, quoted_list};
use crate::discover::options::Limits;
use crate::discover::paged_list::{self, ItemPlace, ItemReader, as_text};
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

/// The versions that are in use, the newest first.
const GROUP_VERSIONS: [&str; 2] = ["about.k8s.io/v1beta1", "about.k8s.io/v1alpha1"];

/// The property with the cluster's id.
pub const ID_PROPERTY: &str = "cluster.clusterset.k8s.io";

/// The longest value that is kept, in bytes. Values are ids, names, regions.
const MAX_VALUE: usize = 128 << 10;

/// The most properties of one cluster.
const MAX_PROPERTIES: usize = 1_000;

/// The most properties of one cluster that are reported as left out.
const MAX_PROBLEMS: usize = 5;

/// Asks members, given by name and context, and lists all of them. One that does not answer is listed with nothing but
/// its name, and its properties are reported as missing.
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
        // The semaphores are never closed.
        let _open = open.acquire().await.ok();
        let mut slot = answering.acquire().await.ok();
        let started = Instant::now();
        let mut work = pin!(properties(connector, kubeconfig, context, limits.timeout));
        let answer = loop {
            let silence = patience.borrow().limit();
            match timeout(silence.saturating_sub(started.elapsed()), &mut work).await {
                Ok(answer) => break answer,
                // The answers of other members have shown in the meantime that they take longer.
                Err(_) if slots.is_maximum && patience.borrow().limit() > started.elapsed() => (),
                Err(_) => {
                    // While it waits it uses nothing but a socket, so another member may start.
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

/// Returns the properties of one member, or `None` if it does not serve the API.
async fn properties(
    connector: &Connector,
    kubeconfig: &Kubeconfig,
    context: &str,
    limit: Duration,
) -> Result<Option<Properties>, Error> {
    let access = kubeconfig
        .access(context)
        .map_err(|error| Error::new(Reason::Unresolved, error.to_string()))?;
    let mut online = ApiClient::new(connector.client(&access)?, limit);
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

/// Returns the fleet of all members, each with its answer.
fn gather(members: &BTreeMap<String, String>, answers: Vec<Result<Option<Properties>, Error>>) -> Fleet {
    let mut fleet = Fleet::default();
    let mut without_api = Vec::new();
    let mut ids: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for ((name, context), answer) in members.iter().zip(answers) {
        if let Some(refusal) = context_refusal(name) {
            fleet.findings.push(Finding::missing(refusal));
            continue;
        }
        let found = match answer {
            Ok(Some(found)) => found,
            Ok(None) => {
                without_api.push(name);
                Properties::default()
            }
            Err(error) => {
                let problem = format!("the properties of {} are unknown: {error}", quoted(name));
                fleet.findings.push(Finding::missing(problem));
                Properties::default()
            }
        };
        let problems = found.problems.into_iter();
        fleet.findings.extend(
            problems.map(|problem| Finding::missing(format!("context {}: {problem}", quoted(context)))),
        );
        if let Some(id) = found.all.get(ID_PROPERTY) {
            ids.entry(id.to_string()).or_default().insert(name);
        }
        fleet.members.push(Member::new(&Cluster {
            cluster: name.as_str().into(),
            source: Some(Source::About.as_str().into()),
            cluster_sets: cluster_sets(&BTreeMap::new(), &found.all),
            properties: found.all.clone(),
            ..Cluster::default()
        }));
    }
    if !without_api.is_empty() && without_api.len() == members.len() {
        fleet.findings.push(Finding::note(
            "no context's cluster serves ClusterProperty (about.k8s.io)",
        ));
    } else if !without_api.is_empty() {
        fleet.findings.push(Finding::note(format!(
            "these clusters do not serve ClusterProperty (about.k8s.io) and are listed without properties: {}",
            quoted_list(without_api)
        )));
    }
    for (id, names) in ids.iter().filter(|(_, names)| names.len() > 1) {
        let names: Vec<String> = names.iter().map(|name| quoted(name)).collect();
        fleet.findings.push(Finding::note(format!(
            "{} say that they are one cluster, {}",
            names.join(" and "),
            quoted(id)
        )));
    }
    fleet
}

/// The properties of one cluster.
#[derive(Default)]
struct Properties {
    all: BTreeMap<Str<'static>, Str<'static>>,
    problems: Vec<String>,
}

#[derive(Deserialize)]
struct ClusterProperty<'a> {
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    #[serde(borrow, default)]
    spec: Option<PropertySpec<'a>>,
}

#[derive(Default, Deserialize)]
struct PropertySpec<'a> {
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
}

impl ItemReader for Properties {
    const KIND: &'static str = "ClusterProperty";

    type ListItem<'a> = ClusterProperty<'a>;

    fn restart(&mut self) {
        *self = Self::default();
    }

    fn read(&mut self, property: ClusterProperty<'_>, place: &ItemPlace<'_>) -> Result<(), String> {
        let name = property.metadata.and_then(|meta| meta.name);
        let value = property.spec.and_then(|spec| spec.value).and_then(as_text);
        if let (Some(name), Some(value)) = (name.filter(|name| !name.is_empty()), value) {
            if value.len() > MAX_VALUE {
                let limit = MAX_VALUE >> 10;
                self.left_out(format!("{place} is left out: it is larger than {limit} KiB"));
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
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }
}

#[cfg(test)]
mod tests;
