//! ClusterProfiles that PlacementDecisions choose: the Cluster Inventory API's own (KEP-5313,
//! `multicluster.x-k8s.io/v1alpha1`) and Open Cluster Management's
//! (`cluster.open-cluster-management.io/v1beta1`). A hub may serve either or both.
//!
//! A decision comes in slices of at most a hundred clusters, which labels tie together. Entries without a name
//! are not scheduled, and are passed over.

use super::clusterprofile::Profiles;
use super::ocm::MANAGER;
use crate::config::Source;
use crate::connect::Error;
use crate::discover::gathering::{Fleet, Rank, name_refusal, quoted};
use crate::discover::options::Placement;
use crate::discover::paged_list::{self, Meta, Pages, Taker, place, strings};
use crate::record::{Cluster, Reason, Str};
use crate::suggest::did_you_mean;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The Cluster Inventory API's.
pub const SIG: &str = "multicluster.x-k8s.io/v1alpha1";

/// Open Cluster Management's.
pub const OCM: &str = "cluster.open-cluster-management.io/v1beta1";

/// What names the placement that a slice belongs to; the second is OCM's.
const PLACEMENT: [&str; 2] = [
    "multicluster.x-k8s.io/placement-key",
    "cluster.open-cluster-management.io/placement",
];

/// What the slices of one decision have in common.
const DECISION: &str = "multicluster.x-k8s.io/decision-key";

/// So many decisions are read at most: more are a hub that floods.
const MAX_SLICES: usize = 10_000;

/// Lists the clusters that a placement chose, or any.
///
/// # Errors
/// As with [`paged_list::read`]; a hub that serves neither kind of decision; a placement that is not there, or is in
/// several namespaces.
pub async fn list(
    pages: &mut impl Pages,
    hub: &str,
    namespace: Option<&str>,
    placement: Option<&Placement>,
) -> Result<Fleet, Error> {
    let mut decisions = Decisions::default();
    let within = placement
        .and_then(|placement| placement.namespace.as_deref())
        .or(namespace);
    let mut refusals = Vec::new();
    for group_version in [SIG, OCM] {
        let path = paged_list::path(group_version, within, "placementdecisions");
        match paged_list::read(pages, &path, &mut decisions.of(group_version)).await {
            Err(error) if error.status == Some(404) => refusals.push(error),
            outcome => outcome?,
        }
    }
    if let (2, Some(refusal)) = (refusals.len(), refusals.pop()) {
        return Err(refusal);
    }
    let chosen = decisions.chosen(placement)?;
    let mut fleet = Chosen::new(chosen).profiles(pages, hub, namespace).await?;
    fleet.problems.splice(0..0, decisions.problems);
    Ok(fleet)
}

/// Decisions of both kinds.
#[derive(Default)]
struct Decisions {
    slices: Vec<Slice>,
    problems: Vec<String>,
}

/// One PlacementDecision.
struct Slice {
    group_version: &'static str,
    namespace: String,
    /// What it may be called by: its placement, its decision, itself.
    names: BTreeSet<String>,
    /// What its decision is called, where it may have several slices.
    decision: Option<String>,
    choices: Vec<Choice>,
}

/// One entry of a decision.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Choice {
    /// A ClusterProfile by its namespace and name.
    Profile(String, String),
    /// A cluster of Open Cluster Management's by its name.
    Cluster(String),
}

impl Decisions {
    fn of(&mut self, group_version: &'static str) -> Reading<'_> {
        Reading {
            start: (self.slices.len(), self.problems.len()),
            decisions: self,
            group_version,
        }
    }

    /// What the slices of a placement choose together, or all.
    fn chosen(&self, placement: Option<&Placement>) -> Result<BTreeSet<Choice>, Error> {
        let Some(placement) = placement else {
            return Ok(self
                .slices
                .iter()
                .flat_map(|slice| slice.choices.clone())
                .collect());
        };
        let wanted = &placement.name;
        let named: Vec<&Slice> = self
            .slices
            .iter()
            .filter(|slice| slice.names.contains(wanted))
            .collect();
        let namespaces: BTreeSet<&str> = named.iter().map(|slice| slice.namespace.as_str()).collect();
        match namespaces.len() {
            0 => return Err(self.no_such(placement)),
            1 => {}
            _ => {
                let all: Vec<String> = namespaces
                    .iter()
                    .map(|namespace| format!("{namespace}/{wanted}"))
                    .collect();
                return Err(Error::new(
                    Reason::BadRequest,
                    format!(
                        "placement {} is in several namespaces: name one of {}",
                        quoted(wanted),
                        all.join(", ")
                    ),
                ));
            }
        }
        let decisions: BTreeSet<(&str, &str)> = named
            .iter()
            .filter_map(|slice| Some((slice.group_version, slice.decision.as_deref()?)))
            .collect();
        let belongs = |slice: &&Slice| {
            namespaces.contains(slice.namespace.as_str())
                && (slice.names.contains(wanted)
                    || slice
                        .decision
                        .as_deref()
                        .is_some_and(|decision| decisions.contains(&(slice.group_version, decision))))
        };
        let slices = self.slices.iter().filter(belongs);
        Ok(slices.flat_map(|slice| slice.choices.clone()).collect())
    }

    fn no_such(&self, placement: &Placement) -> Error {
        let names: BTreeSet<&str> = self
            .slices
            .iter()
            .flat_map(|slice| slice.names.iter().map(String::as_str))
            .collect();
        let place = match &placement.namespace {
            Some(namespace) => format!(" in namespace {}", quoted(namespace)),
            None => String::new(),
        };
        let near = did_you_mean(&placement.name, names.iter().copied());
        let hint = match names.len() {
            0 => "; there are no decisions at all".to_owned(),
            1..=10 if near.is_empty() => {
                let all: Vec<String> = names.iter().map(|name| quoted(name)).collect();
                format!("; there are those of {}", all.join(", "))
            }
            _ => near,
        };
        Error::new(
            Reason::BadRequest,
            format!(
                "no PlacementDecision{place} is of placement {}{hint}",
                quoted(&placement.name)
            ),
        )
    }
}

/// Decisions of one kind while they are read.
struct Reading<'d> {
    decisions: &'d mut Decisions,
    group_version: &'static str,
    /// How many slices and problems there were before.
    start: (usize, usize),
}

#[derive(Deserialize)]
struct PlacementDecision<'a> {
    #[serde(borrow, default)]
    metadata: Option<Meta<'a>>,
    /// The Cluster Inventory API's.
    #[serde(borrow, default)]
    decisions: Option<Vec<Option<Decision<'a>>>>,
    #[serde(borrow, default)]
    status: Option<Status<'a>>,
}

#[derive(Deserialize)]
struct Status<'a> {
    /// Open Cluster Management's.
    #[serde(borrow, default)]
    decisions: Option<Vec<Option<Decision<'a>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decision<'a> {
    #[serde(borrow, default)]
    cluster_profile_ref: Option<Reference<'a>>,
    #[serde(borrow, default)]
    cluster_name: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Reference<'a> {
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
    #[serde(borrow, default)]
    namespace: Option<Str<'a>>,
}

impl Taker for Reading<'_> {
    const KIND: &'static str = "PlacementDecision";

    fn start_over(&mut self) {
        self.decisions.slices.truncate(self.start.0);
        self.decisions.problems.truncate(self.start.1);
    }

    fn take(&mut self, item: &RawValue, index: usize) -> Result<(), String> {
        let decision: PlacementDecision<'_> = match serde_json::from_str(item.get()) {
            Ok(decision) => decision,
            Err(error) => {
                let problem = format!("{} is left out: {error}", place(Self::KIND, item, index));
                self.left_out(problem);
                return Ok(());
            }
        };
        let meta = decision.metadata.unwrap_or_default();
        let namespace = meta.namespace.unwrap_or_default();
        let labels = strings(meta.labels.unwrap_or_default());
        let label = |key: &str| {
            labels
                .get(key)
                .filter(|value| !value.is_empty())
                .map(|value| value.as_str().to_owned())
        };
        let entries = decision
            .decisions
            .or_else(|| decision.status.and_then(|status| status.decisions));
        let choices = entries
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.choice(&namespace));
        self.decisions.slices.push(Slice {
            group_version: self.group_version,
            names: PLACEMENT
                .iter()
                .filter_map(|key| label(key))
                .chain(label(DECISION))
                .chain(meta.name.map(|name| name.0.into_owned()))
                .collect(),
            decision: label(DECISION),
            choices: choices.collect(),
            namespace: namespace.0.into_owned(),
        });
        match self.decisions.slices.len() {
            ..=MAX_SLICES => Ok(()),
            _ => Err(format!("it has more than {MAX_SLICES} decisions")),
        }
    }

    fn left_out(&mut self, problem: String) {
        const MAX_PROBLEMS: usize = 20;
        if self.decisions.problems.len() < MAX_PROBLEMS {
            self.decisions.problems.push(problem);
        }
    }
}

impl Decision<'_> {
    /// What it chooses; `None` where it is not scheduled. A reference without namespace means the decision's.
    fn choice(self, namespace: &str) -> Option<Choice> {
        let given = |text: Option<Str<'_>>| {
            let text = text.filter(|text| !text.is_empty());
            text.map(|text| text.0.into_owned())
        };
        if let Some(reference) = self.cluster_profile_ref {
            let name = given(reference.name)?;
            let namespace = given(reference.namespace).unwrap_or_else(|| namespace.to_owned());
            return Some(Choice::Profile(namespace, name));
        }
        given(self.cluster_name).map(Choice::Cluster)
    }
}

/// What was chosen, and of that, what no profile was seen of.
struct Chosen {
    all: BTreeSet<Choice>,
    unseen: Rc<RefCell<BTreeSet<Choice>>>,
}

impl Chosen {
    fn new(all: BTreeSet<Choice>) -> Self {
        Self {
            unseen: Rc::new(RefCell::new(all.clone())),
            all,
        }
    }

    /// The only namespace that they are in; `None` where there are several, or where it is not known.
    fn namespace(&self) -> Option<String> {
        let mut namespaces = self.all.iter().map(|choice| match choice {
            Choice::Profile(namespace, _) => Some(namespace),
            Choice::Cluster(_) => None,
        });
        let first = namespaces.next()??;
        namespaces
            .all(|other| other == Some(first))
            .then(|| first.clone())
    }

    /// Their profiles, and of OCM's clusters that have none the name alone.
    async fn profiles(
        self,
        pages: &mut impl Pages,
        hub: &str,
        namespace: Option<&str>,
    ) -> Result<Fleet, Error> {
        let mut profiles = Profiles::new(hub, Source::Inventory);
        let (all, unseen) = (self.all.clone(), Rc::clone(&self.unseen));
        profiles.wanted = Some(Box::new(move |namespace, name, cluster, manager| {
            let profile = Choice::Profile(namespace.to_owned(), name.to_owned());
            let ours = manager.is_empty() || manager == MANAGER;
            let cluster = ours.then(|| Choice::Cluster(cluster.to_owned()));
            let is_wanted = |choice: &Choice| {
                unseen.borrow_mut().remove(choice);
                all.contains(choice)
            };
            // Both, so that neither is missed later.
            is_wanted(&profile) | cluster.as_ref().is_some_and(is_wanted)
        }));
        if !self.all.is_empty() {
            let only = self.namespace();
            let within = only.as_deref().or(namespace.filter(|_| self.is_of_ocm()));
            match profiles.read(pages, within).await {
                // OCM's own API does without profiles.
                Err(error) if error.status == Some(404) && self.is_of_ocm() => {}
                outcome => outcome?,
            }
        }
        let unseen: BTreeMap<bool, Vec<Choice>> = {
            let mut kinds = BTreeMap::new();
            for choice in self.unseen.take() {
                let of_ocm = matches!(choice, Choice::Cluster(_));
                kinds.entry(of_ocm).or_insert_with(Vec::new).push(choice);
            }
            kinds
        };
        for choice in unseen.into_values().flatten() {
            match choice {
                Choice::Profile(namespace, name) => profiles.gathering.problem(format!(
                    "ClusterProfile {} is chosen by a PlacementDecision and is not there",
                    quoted(&format!("{namespace}/{name}"))
                )),
                Choice::Cluster(name) => match name_refusal(&name) {
                    Some(refusal) => profiles
                        .gathering
                        .problem(format!("an entry of a PlacementDecision is left out: {refusal}")),
                    None => bare(&mut profiles, hub, &name)?,
                },
            }
        }
        Ok(profiles.gathering.finish(hub))
    }

    fn is_of_ocm(&self) -> bool {
        self.all.iter().any(|choice| matches!(choice, Choice::Cluster(_)))
    }
}

/// Lists a cluster of OCM's that has no profile.
fn bare(profiles: &mut Profiles<'_>, hub: &str, name: &str) -> Result<(), Error> {
    let cluster = Cluster {
        cluster: name.into(),
        hub: Some(hub.into()),
        source: Some(Source::Inventory.as_str().into()),
        manager: Some(MANAGER.into()),
        ..Cluster::default()
    };
    let rank = Rank::new("", name, None);
    profiles
        .gathering
        .add(&cluster, rank)
        .map_err(|problem| Error::new(Reason::Protocol, problem))
}

#[cfg(test)]
mod tests;
