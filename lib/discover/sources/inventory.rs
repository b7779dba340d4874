//! ClusterProfiles that PlacementDecisions choose: those of the Cluster Inventory API (KEP-5313,
//! `multicluster.x-k8s.io/v1alpha1`) and those of Open Cluster Management
//! (`cluster.open-cluster-management.io/v1beta1`). A hub may serve either or both.
//!
//! A decision comes in slices of at most a hundred clusters, which have labels in common. Entries without a name are not
//! scheduled yet, and are skipped.

use super::clusterprofile::Profiles;
use super::hub_api::{HubApi, HubScope};
use super::object_fields::Metadata;
use super::ocm::MANAGER;
use crate::config::Source;
use crate::connect::Error;
use crate::discover::finding::Finding;
use crate::discover::fleet::Fleet;
use crate::discover::gathering::Rank;
use crate::discover::names::{name_refusal, quoted, quoted_list};
use crate::discover::paged_list::{self, ItemPlace, ItemReader, Pages};
use crate::discover::placement::Placement;
use crate::record::{Cluster, Reason, Str};
use crate::suggest::did_you_mean;
use futures_util::FutureExt as _;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

/// The source `inventory`.
pub const API: HubApi = HubApi {
    kind: "PlacementDecision",
    group_versions: "multicluster.x-k8s.io/v1alpha1 or cluster.open-cluster-management.io/v1beta1",
    resources: "placementdecisions and clusterprofiles",
    remedy: "install the Cluster Inventory API",
    has_namespaces: true,
    has_placements: true,
    list: |pages, scope| list(pages, scope).boxed_local(),
};

/// The group and version of the Cluster Inventory API.
const SIG: &str = "multicluster.x-k8s.io/v1alpha1";

/// The group and version of Open Cluster Management.
const OCM: &str = "cluster.open-cluster-management.io/v1beta1";

/// The labels that name the placement of a slice. The second is OCM's.
const PLACEMENT_LABELS: [&str; 2] = [
    "multicluster.x-k8s.io/placement-key",
    "cluster.open-cluster-management.io/placement",
];

/// The label that the slices of one decision have in common.
const DECISION_LABEL: &str = "multicluster.x-k8s.io/decision-key";

/// The most slices that are read.
const MAX_SLICES: usize = 10_000;

/// The most slices that are reported as left out.
const MAX_PROBLEMS: usize = 20;

/// Lists the clusters that one placement chose, or any.
///
/// # Errors
/// Those of [`paged_list::read`]; the hub serves neither kind of decision; the placement does not exist, or exists in
/// several namespaces.
async fn list(pages: &mut impl Pages, scope: HubScope<'_>) -> Result<Fleet, Error> {
    let mut decisions = Decisions::default();
    let within = scope
        .placement
        .and_then(|placement| placement.namespace.as_deref())
        .or(scope.namespace);
    let mut refusals = Vec::new();
    for group_version in [SIG, OCM] {
        let path = paged_list::path(group_version, within, "placementdecisions");
        match paged_list::read(pages, &path, &mut decisions.reader(group_version)).await {
            Err(error) if error.status == Some(404) => refusals.push(error),
            outcome => outcome?,
        }
    }
    if let (2, Some(refusal)) = (refusals.len(), refusals.pop()) {
        return Err(refusal);
    }
    let chosen = decisions.chosen(scope.placement)?;
    let mut fleet = Chosen::new(chosen).list(pages, scope).await?;
    let problems = decisions.problems.into_iter().map(Finding::missing);
    fleet.findings.splice(0..0, problems);
    Ok(fleet)
}

/// The decisions of both APIs.
#[derive(Default)]
struct Decisions {
    slices: Vec<Slice>,
    problems: Vec<String>,
}

/// One PlacementDecision object.
struct Slice {
    group_version: &'static str,
    namespace: String,
    /// The names that `--placement` may give: those of the placement, the decision and the object.
    names: BTreeSet<String>,
    /// The name that the slices of its decision have in common, if there can be several.
    decision: Option<String>,
    choices: Vec<Choice>,
}

/// One entry of a decision. Profiles sort before clusters.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum Choice {
    /// A ClusterProfile by its namespace and name.
    Profile(String, String),
    /// A cluster of Open Cluster Management by its name.
    Cluster(String),
}

impl Decisions {
    fn reader(&mut self, group_version: &'static str) -> SliceReader<'_> {
        SliceReader {
            before: (self.slices.len(), self.problems.len()),
            decisions: self,
            group_version,
        }
    }

    /// Returns the choices of all slices of a placement, or of all placements.
    fn chosen(&self, placement: Option<&Placement>) -> Result<BTreeSet<Choice>, Error> {
        let Some(placement) = placement else {
            let choices = self.slices.iter().flat_map(|slice| slice.choices.clone());
            return Ok(choices.collect());
        };
        let name = &placement.name;
        let named = || self.slices.iter().filter(|slice| slice.names.contains(name));
        let namespaces: BTreeSet<&str> = named().map(|slice| slice.namespace.as_str()).collect();
        match namespaces.len() {
            0 => return Err(self.unknown_placement(placement)),
            1 => {}
            _ => {
                let all: Vec<String> = namespaces
                    .iter()
                    .map(|namespace| format!("{namespace}/{name}"))
                    .collect();
                return Err(Error::new(
                    Reason::BadRequest,
                    format!(
                        "placement {} is in several namespaces: name one of {}",
                        quoted(name),
                        all.join(", ")
                    ),
                ));
            }
        }
        let decisions: BTreeSet<(&str, &str)> = named()
            .filter_map(|slice| Some((slice.group_version, slice.decision.as_deref()?)))
            .collect();
        let belongs = |slice: &&Slice| {
            let decision = slice.decision.as_deref();
            let is_of_decision =
                || decision.is_some_and(|name| decisions.contains(&(slice.group_version, name)));
            namespaces.contains(slice.namespace.as_str()) && (slice.names.contains(name) || is_of_decision())
        };
        let slices = self.slices.iter().filter(belongs);
        Ok(slices.flat_map(|slice| slice.choices.clone()).collect())
    }

    fn unknown_placement(&self, placement: &Placement) -> Error {
        let names: BTreeSet<&str> = self
            .slices
            .iter()
            .flat_map(|slice| slice.names.iter().map(String::as_str))
            .collect();
        let place = match &placement.namespace {
            Some(namespace) => format!(" in namespace {}", quoted(namespace)),
            None => String::new(),
        };
        let similar = did_you_mean(&placement.name, names.iter().copied());
        let hint = match names.len() {
            0 => "; there are no decisions at all".to_owned(),
            1..=10 if similar.is_empty() => format!("; there are those of {}", quoted_list(&names)),
            _ => similar,
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

/// Reads the decisions of one API.
struct SliceReader<'d> {
    decisions: &'d mut Decisions,
    group_version: &'static str,
    /// The numbers of slices and of problems before the list was started.
    before: (usize, usize),
}

#[derive(Deserialize)]
struct PlacementDecision<'a> {
    #[serde(borrow, default)]
    metadata: Option<Metadata<'a>>,
    /// The field of the Cluster Inventory API.
    #[serde(borrow, default)]
    decisions: Option<Vec<Option<Decision<'a>>>>,
    #[serde(borrow, default)]
    status: Option<DecisionStatus<'a>>,
}

#[derive(Deserialize)]
struct DecisionStatus<'a> {
    /// The field of Open Cluster Management.
    #[serde(borrow, default)]
    decisions: Option<Vec<Option<Decision<'a>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decision<'a> {
    #[serde(borrow, default)]
    cluster_profile_ref: Option<ProfileRef<'a>>,
    #[serde(borrow, default)]
    cluster_name: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct ProfileRef<'a> {
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
    #[serde(borrow, default)]
    namespace: Option<Str<'a>>,
}

impl ItemReader for SliceReader<'_> {
    const KIND: &'static str = "PlacementDecision";

    type ListItem<'a> = PlacementDecision<'a>;

    fn restart(&mut self) {
        self.decisions.slices.truncate(self.before.0);
        self.decisions.problems.truncate(self.before.1);
    }

    fn read(&mut self, object: PlacementDecision<'_>, _: &ItemPlace<'_>) -> Result<(), String> {
        let mut meta = object.metadata.unwrap_or_default();
        let labels = meta.take_labels();
        let namespace = meta.namespace.unwrap_or_default();
        let label = |key: &str| not_empty(labels.get(key).cloned());
        let entries = object
            .decisions
            .or_else(|| object.status.and_then(|status| status.decisions));
        let entries = entries.into_iter().flatten().flatten();
        self.decisions.slices.push(Slice {
            group_version: self.group_version,
            names: PLACEMENT_LABELS
                .iter()
                .filter_map(|key| label(key))
                .chain(label(DECISION_LABEL))
                .chain(meta.name.map(|name| name.0.into_owned()))
                .collect(),
            decision: label(DECISION_LABEL),
            choices: entries.filter_map(|entry| entry.choice(&namespace)).collect(),
            namespace: namespace.0.into_owned(),
        });
        match self.decisions.slices.len() {
            ..=MAX_SLICES => Ok(()),
            _ => Err(format!("it has more than {MAX_SLICES} decisions")),
        }
    }

    fn left_out(&mut self, problem: String) {
        if self.decisions.problems.len() < MAX_PROBLEMS {
            self.decisions.problems.push(problem);
        }
    }
}

impl Decision<'_> {
    /// Returns the cluster that it chooses, or `None` if it is not scheduled. A reference without a namespace is to a
    /// profile in the decision's own.
    fn choice(self, namespace: &str) -> Option<Choice> {
        if let Some(reference) = self.cluster_profile_ref {
            let name = not_empty(reference.name)?;
            let namespace = not_empty(reference.namespace).unwrap_or_else(|| namespace.to_owned());
            return Some(Choice::Profile(namespace, name));
        }
        not_empty(self.cluster_name).map(Choice::Cluster)
    }
}

fn not_empty(text: Option<Str<'_>>) -> Option<String> {
    let text = text.filter(|text| !text.is_empty());
    text.map(|text| text.0.into_owned())
}

/// The chosen clusters, and those of them whose profile has not been seen yet.
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

    /// Returns the only namespace that all profiles are in, if there is one and it is known.
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

    /// Lists the profiles. Clusters of OCM that have no profile are listed with nothing but their names.
    async fn list(self, pages: &mut impl Pages, scope: HubScope<'_>) -> Result<Fleet, Error> {
        let hub = scope.hub;
        let mut profiles = Profiles::new(hub, Source::Inventory);
        let (all, unseen) = (self.all.clone(), Rc::clone(&self.unseen));
        profiles.is_wanted = Some(Box::new(move |namespace, name, cluster, manager| {
            let profile = Choice::Profile(namespace.to_owned(), name.to_owned());
            let is_of_ocm = manager.is_empty() || manager == MANAGER;
            let cluster = is_of_ocm.then(|| Choice::Cluster(cluster.to_owned()));
            let is_chosen = |choice: &Choice| {
                unseen.borrow_mut().remove(choice);
                all.contains(choice)
            };
            // Both are looked up, so that neither is reported as missing later.
            is_chosen(&profile) | cluster.as_ref().is_some_and(is_chosen)
        }));
        if !self.all.is_empty() {
            let only = self.namespace();
            let within = only
                .as_deref()
                .or(scope.namespace.filter(|_| self.has_clusters_of_ocm()));
            match profiles.read_all(pages, within).await {
                // OCM's own API can do without profiles.
                Err(error) if error.status == Some(404) && self.has_clusters_of_ocm() => {}
                outcome => outcome?,
            }
        }
        for choice in self.unseen.take() {
            let problem = match choice {
                Choice::Profile(namespace, name) => format!(
                    "ClusterProfile {} is chosen by a PlacementDecision and does not exist",
                    quoted(&format!("{namespace}/{name}"))
                ),
                Choice::Cluster(name) => match name_refusal(&name) {
                    Some(refusal) => format!("an entry of a PlacementDecision is left out: {refusal}"),
                    None => {
                        add_without_profile(&mut profiles, hub, &name)?;
                        continue;
                    }
                },
            };
            profiles.gathering.report(Finding::missing(problem));
        }
        Ok(profiles.gathering.finish(hub))
    }

    fn has_clusters_of_ocm(&self) -> bool {
        self.all.iter().any(|choice| matches!(choice, Choice::Cluster(_)))
    }
}

/// Adds a cluster of OCM that has no profile.
fn add_without_profile(profiles: &mut Profiles<'_>, hub: &str, name: &str) -> Result<(), Error> {
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
