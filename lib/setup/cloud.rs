//! The clouds whose own tools write a kubeconfig context: what such a tool has to be told about a cluster, and
//! how it is called.
//!
//! Facts about a cluster come from its hub, and where the hub does not say it from the cluster's entry in the
//! user's mapping file. The hub is not trusted with commands: each tool has one fixed form of call here, and a value
//! goes into it only if it has the form that the cloud itself gives to such names. None of these can begin with a
//! dash, so none is taken for a flag.

mod facts;
mod tool;

pub use tool::tool;

use crate::config::MappedCluster;
use crate::record::Cluster;
use crate::vendor::Vendor;
use crate::vendor::forms::{
    is_ack_id, is_aks_name, is_eks_name, is_gke_name, is_group, is_place, is_project, is_subscription,
    is_zone,
};
use facts::{CLUSTER_ID, Facts, GROUP, LOCATION, NAME, PROJECT, REGION, SUBSCRIPTION};
use std::path::Path;

/// The call that fetches a cluster's context.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fetch {
    /// The vendor whose tool it is.
    pub vendor: Vendor,
    /// Its arguments.
    pub args: Vec<String>,
    /// The name of the context that it writes, or the end of the name.
    ending: Option<String>,
}

impl Fetch {
    /// Returns the call as a person would type it.
    pub fn line(&self) -> String {
        let mut words = vec![tool(self.vendor).program];
        words.extend(self.args.iter().map(String::as_str));
        words.join(" ")
    }

    /// Returns the call for a kubeconfig other than `~/.kube/config`: az ignores `$KUBECONFIG`.
    #[must_use]
    pub fn into_file(mut self, file: &Path) -> Self {
        if self.vendor == Vendor::Aks {
            self.args.push("--file".into());
            self.args.push(file.display().to_string());
        }
        self
    }

    /// Returns whether it is known how the tool names contexts.
    pub fn names_contexts(&self) -> bool {
        self.ending.is_some()
    }

    /// Returns whether the tool may have given a context this name.
    pub fn names(&self, context: &str) -> bool {
        match (&self.ending, self.vendor) {
            (None, _) => true,
            (Some(ending), Vendor::Eks) => {
                context.starts_with("arn:aws") && context.ends_with(ending.as_str())
            }
            (Some(ending), _) => context == ending,
        }
    }
}

/// The known facts about a cluster's cloud.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Known {
    /// Nothing, or a cloud that has no tool here.
    Nothing,
    /// The cloud, and not all that its tool has to be told: says what is missing or refused.
    Part(Vendor, String),
    /// All of it.
    All(Fetch),
}

impl Known {
    /// The cloud.
    pub fn vendor(&self) -> Option<Vendor> {
        match self {
            Known::Nothing => None,
            Known::Part(vendor, _) => Some(*vendor),
            Known::All(fetch) => Some(fetch.vendor),
        }
    }

    /// Reads a cluster's properties, its labels, what its credential plugins are told, and its entry in the mapping
    /// file, in this order.
    pub fn of(cluster: &Cluster<'_>, entry: Option<&MappedCluster>) -> Self {
        let facts = Facts::of(cluster, entry);
        let Some(vendor) = facts.vendor() else {
            return Known::Nothing;
        };
        let fetch = match vendor {
            Vendor::Eks => aws(&facts),
            Vendor::Gke => gcp(&facts),
            Vendor::Aks => azure(&facts),
            Vendor::Ack => alibaba(&facts),
        };
        match fetch {
            Ok((args, ending)) => Known::All(Fetch { vendor, args, ending }),
            Err(problem) => Known::Part(vendor, problem),
        }
    }
}

/// The metadata of a cluster that its cloud's tool needs, by the keys of the mapping file: what is known and has the
/// form that the cloud gives to it.
pub fn metadata(cluster: &Cluster<'_>, entry: Option<&MappedCluster>) -> Vec<(&'static str, String)> {
    let facts = Facts::of(cluster, entry);
    let Some(vendor) = facts.vendor() else {
        return Vec::new();
    };
    let name = facts.find(NAME).filter(|name| *name != cluster.cluster.as_str());
    let region = facts.find(REGION).filter(|place| is_place(place));
    let known: Vec<(&'static str, Option<&str>)> = match vendor {
        Vendor::Eks => vec![
            ("clusterName", name.filter(|name| is_eks_name(name))),
            ("region", region),
        ],
        Vendor::Gke => {
            let place = facts.find(LOCATION).filter(|place| is_place(place));
            let key = match place {
                Some(place) if is_zone(place) => "zone",
                _ => "region",
            };
            vec![
                ("clusterName", name.filter(|name| is_gke_name(name))),
                (key, place),
                ("project", facts.find(PROJECT).filter(|id| is_project(id))),
            ]
        }
        Vendor::Aks => vec![
            ("clusterName", name.filter(|name| is_aks_name(name))),
            ("resourceGroup", facts.find(GROUP).filter(|group| is_group(group))),
            (
                "subscription",
                facts.find(SUBSCRIPTION).filter(|id| is_subscription(id)),
            ),
        ],
        Vendor::Ack => vec![
            ("region", region),
            ("clusterId", facts.find(CLUSTER_ID).filter(|id| is_ack_id(id))),
        ],
    };
    let known = known
        .into_iter()
        .filter_map(|(key, value)| Some((key, value?.to_owned())));
    std::iter::once(("cloudProvider", vendor.cloud().to_owned()))
        .chain(known)
        .collect()
}

type Call = (Vec<String>, Option<String>);

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn aws(facts: &Facts<'_>) -> Result<Call, String> {
    let name = facts.name(is_eks_name)?;
    let region = facts.need("region", REGION, is_place)?;
    Ok((
        words(&["eks", "update-kubeconfig", "--name", name, "--region", region]),
        Some(format!(":cluster/{name}")),
    ))
}

fn gcp(facts: &Facts<'_>) -> Result<Call, String> {
    let name = facts.name(is_gke_name)?;
    let place = facts.need("region", LOCATION, is_place)?;
    let project = facts.need("project", PROJECT, is_project)?;
    let flag = if is_zone(place) { "--zone" } else { "--region" };
    Ok((
        words(&[
            "container",
            "clusters",
            "get-credentials",
            name,
            flag,
            place,
            "--project",
            project,
        ]),
        Some(format!("gke_{project}_{place}_{name}")),
    ))
}

fn azure(facts: &Facts<'_>) -> Result<Call, String> {
    let name = facts.name(is_aks_name)?;
    let group = facts.need("resource group", GROUP, is_group)?;
    let mut args = words(&[
        "aks",
        "get-credentials",
        "--name",
        name,
        "--resource-group",
        group,
    ]);
    if facts.find(SUBSCRIPTION).is_some() {
        let id = facts.need("subscription", SUBSCRIPTION, is_subscription)?;
        args.extend(words(&["--subscription", id]));
    }
    Ok((args, Some(name.to_owned())))
}

fn alibaba(facts: &Facts<'_>) -> Result<Call, String> {
    let id = facts.need("cluster id", CLUSTER_ID, is_ack_id)?;
    Ok((words(&["cs", "cluster", "get-kubeconfig", "--cluster", id]), None))
}

#[cfg(test)]
mod tests;
