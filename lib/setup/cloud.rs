//! The clouds whose own tools write a kubeconfig context: what such a tool has to be told about a cluster, and
//! how it is called.
//!
//! What is known of a cluster comes from its hub, which is not trusted with commands: each tool has one fixed
//! form of call here, and a value goes into it only if it has the form that the cloud itself gives to such
//! names. None of these can begin with a dash, so none is taken for a flag.

use crate::discover::quoted;
use crate::record::Cluster;
use crate::resolve::providers::told;
use crate::vendor::Vendor;
use std::collections::BTreeMap;
use std::path::Path;

/// A cloud.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Provider {
    /// Amazon EKS.
    Aws,
    /// Google GKE.
    Gcp,
    /// Azure AKS.
    Azure,
    /// Alibaba Cloud ACK.
    Alibaba,
}

impl Provider {
    /// As people call it.
    pub fn title(self) -> &'static str {
        match self {
            Provider::Aws => "AWS",
            Provider::Gcp => "Google Cloud",
            Provider::Azure => "Azure",
            Provider::Alibaba => "Alibaba Cloud",
        }
    }

    /// Its tool.
    pub fn tool(self) -> &'static str {
        match self {
            Provider::Aws => "aws",
            Provider::Gcp => "gcloud",
            Provider::Azure => "az",
            Provider::Alibaba => "aliyun",
        }
    }

    /// The arguments with which its tool says who is logged in. gcloud succeeds and says nothing where nobody
    /// is.
    pub fn who(self) -> &'static [&'static str] {
        match self {
            Provider::Aws => &["sts", "get-caller-identity"],
            Provider::Gcp => &[
                "auth",
                "list",
                "--filter=status:ACTIVE",
                "--format=value(account)",
            ],
            Provider::Azure => &["account", "show"],
            Provider::Alibaba => &["sts", "GetCallerIdentity"],
        }
    }

    /// The command that logs in.
    fn login(self) -> &'static str {
        match self {
            Provider::Aws => "aws configure",
            Provider::Gcp => "gcloud auth login",
            Provider::Azure => "az login",
            Provider::Alibaba => "aliyun configure",
        }
    }

    /// What to say where the tool is not there.
    pub fn not_found(self) -> String {
        format!(
            "WARN: \"{} CLI not found. Install it or configure context manually.\"",
            self.title()
        )
    }

    /// What to say where nobody is logged in.
    pub fn not_authenticated(self) -> String {
        format!(
            "WARN: \"Not authenticated to {}. Run '{}' or set up manually.\"",
            self.title(),
            self.login()
        )
    }

    /// By what a hub calls the cloud, or the kind of cluster that it offers.
    pub fn named(name: &str) -> Option<Self> {
        Vendor::named(name).map(|vendor| match vendor {
            Vendor::Eks => Provider::Aws,
            Vendor::Gke => Provider::Gcp,
            Vendor::Aks => Provider::Azure,
            Vendor::Ack => Provider::Alibaba,
        })
    }
}

/// The call that fetches a cluster's context.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fetch {
    /// Whose tool.
    pub provider: Provider,
    /// Its arguments.
    pub args: Vec<String>,
    /// How the context that it writes is named: exactly so, or with this at its end.
    ending: Option<String>,
}

impl Fetch {
    /// As a person would type it.
    pub fn line(&self) -> String {
        let mut words = vec![self.provider.tool()];
        words.extend(self.args.iter().map(String::as_str));
        words.join(" ")
    }

    /// The same for a kubeconfig in another place than `~/.kube/config`: az takes no notice of `$KUBECONFIG`.
    #[must_use]
    pub fn into_file(mut self, file: &Path) -> Self {
        if self.provider == Provider::Azure {
            self.args.push("--file".into());
            self.args.push(file.display().to_string());
        }
        self
    }

    /// Whether it is known how the tool names contexts.
    pub fn names_contexts(&self) -> bool {
        self.ending.is_some()
    }

    /// Whether a context's name is one that the tool gives to this cluster's.
    pub fn names(&self, context: &str) -> bool {
        match (&self.ending, self.provider) {
            (None, _) => true,
            (Some(ending), Provider::Aws) => {
                context.starts_with("arn:aws") && context.ends_with(ending.as_str())
            }
            (Some(ending), _) => context == ending,
        }
    }
}

/// What is known of a cluster's cloud.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Known {
    /// Nothing, or a cloud that has no tool here.
    Nothing,
    /// The cloud, and not all that its tool has to be told: says what is missing or refused.
    Part(Provider, String),
    /// All of it.
    All(Fetch),
}

impl Known {
    /// The cloud.
    pub fn provider(&self) -> Option<Provider> {
        match self {
            Known::Nothing => None,
            Known::Part(provider, _) => Some(*provider),
            Known::All(fetch) => Some(fetch.provider),
        }
    }

    /// From a cluster's properties, else from its labels.
    pub fn of(cluster: &Cluster<'_>) -> Self {
        let facts = Facts {
            cluster,
            told: told(cluster.access_providers),
        };
        // The kind of cluster goes first: what else runs on a cloud is not fetched with that cloud's tool.
        let provider = match facts.find(&["clustertype", "product"]) {
            Some(kind) => Provider::named(kind),
            None => facts
                .find(&["provider", "cloudprovider", "cloud", "platform", "vendor"])
                .or_else(|| Some(facts.told.first()?.0.as_str()))
                .and_then(Provider::named),
        };
        let Some(provider) = provider else {
            return Known::Nothing;
        };
        let fetch = match provider {
            Provider::Aws => aws(&facts),
            Provider::Gcp => gcp(&facts),
            Provider::Azure => azure(&facts),
            Provider::Alibaba => alibaba(&facts),
        };
        match fetch {
            Ok((args, ending)) => Known::All(Fetch {
                provider,
                args,
                ending,
            }),
            Err(problem) => Known::Part(provider, problem),
        }
    }
}

type Call = (Vec<String>, Option<String>);

const NAME: &[&str] = &["clustername", "name"];
const REGION: &[&str] = &["region", "location", "zone", "topologykubernetesioregion"];
/// Of Google's clusters, as one in a single zone has its region too.
const LOCATION: &[&str] = &["location", "zone", "region", "topologykubernetesioregion"];
const PROJECT: &[&str] = &["project", "projectid"];

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn aws(facts: &Facts<'_>) -> Result<Call, String> {
    let name = facts.name(|name| form(name, 1..=100, alphanumeric, "-_"))?;
    let region = facts.need("region", REGION, is_place)?;
    Ok((
        words(&["eks", "update-kubeconfig", "--name", name, "--region", region]),
        Some(format!(":cluster/{name}")),
    ))
}

fn gcp(facts: &Facts<'_>) -> Result<Call, String> {
    let name = facts.name(|name| form(name, 1..=40, lower, "-"))?;
    let place = facts.need("region", LOCATION, is_place)?;
    let project = facts.need("project", PROJECT, |id| form(id, 4..=100, lower, "-.:"))?;
    // europe-west1-b is a zone of europe-west1.
    let is_zone = place
        .rsplit_once('-')
        .is_some_and(|(_, last)| last.len() == 1 && last.chars().all(lower));
    let flag = if is_zone { "--zone" } else { "--region" };
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
    let name = facts.name(|name| form(name, 1..=63, alphanumeric, "-_"))?;
    let group = facts.need(
        "resource group",
        &["resourcegroup", "resourcegroupname"],
        |group| form(group, 1..=90, alphanumeric, "-_.()") && !group.ends_with('.'),
    )?;
    let mut args = words(&[
        "aks",
        "get-credentials",
        "--name",
        name,
        "--resource-group",
        group,
    ]);
    if let Some(id) = facts.find(&["subscription", "subscriptionid"]) {
        if !form(id, 36..=36, |c| c.is_ascii_hexdigit(), "-") {
            return Err(refused("subscription", id));
        }
        args.extend(words(&["--subscription", id]));
    }
    Ok((args, Some(name.to_owned())))
}

fn alibaba(facts: &Facts<'_>) -> Result<Call, String> {
    let is_id = |id: &str| form(id, 8..=64, |c| lower(c) || c.is_ascii_digit(), "");
    let id = facts.need("cluster id", &["clusterid", "id"], is_id)?;
    Ok((words(&["cs", "cluster", "get-kubeconfig", "--cluster", id]), None))
}

/// What a hub says of a cluster.
struct Facts<'a> {
    cluster: &'a Cluster<'a>,
    /// What it tells the credential plugins of the access providers, by their names.
    told: Vec<(String, BTreeMap<String, String>)>,
}

impl Facts<'_> {
    /// The first of the properties, then the first of the labels, then of what plugins are told, that has one of
    /// these names. Writers spell them differently: case, separators, a leading name of the cloud and Open
    /// Cluster Management's domain do not count.
    fn find(&self, names: &[&str]) -> Option<&str> {
        [&self.cluster.properties, &self.cluster.labels]
            .into_iter()
            .find_map(|facts| first(names, || facts.iter().map(|(key, value)| (&**key, &**value))))
            .or_else(|| {
                let told = self.told.iter();
                told.map(|(_, facts)| facts)
                    .find_map(|facts| first(names, || facts.iter().map(|(key, value)| (&**key, &**value))))
            })
    }

    fn need(&self, what: &str, names: &[&str], is_valid: impl Fn(&str) -> bool) -> Result<&str, String> {
        match self.find(names) {
            None => Err(format!("the hub does not say its {what}")),
            Some(value) if is_valid(value) => Ok(value),
            Some(value) => Err(refused(what, value)),
        }
    }

    /// The cloud's name for it, else the hub's.
    fn name(&self, is_valid: impl Fn(&str) -> bool) -> Result<&str, String> {
        let name = self.find(NAME).unwrap_or(self.cluster.cluster.as_str());
        if is_valid(name) {
            Ok(name)
        } else {
            Err(refused("name", name))
        }
    }
}

/// The value of the first of these names that has one.
fn first<'f, F: Iterator<Item = (&'f str, &'f str)>>(
    names: &[&str],
    facts: impl Fn() -> F,
) -> Option<&'f str> {
    names.iter().find_map(|name| {
        let found = facts().find(|(key, value)| !value.is_empty() && plain(key) == *name);
        found.map(|(_, value)| value)
    })
}

fn refused(what: &str, value: &str) -> String {
    format!(
        "the hub's {what} for it is refused, the cloud has none of that form: {}",
        quoted(value)
    )
}

/// A property's name as far as it counts.
fn plain(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    let name = name.strip_suffix(".open-cluster-management.io").unwrap_or(&name);
    let short = name
        .split_once('.')
        .filter(|(first, _)| {
            let cloud = [
                "cloud", "aws", "eks", "gcp", "gke", "google", "azure", "aks", "alibaba", "aliyun", "ack",
            ];
            cloud.contains(first)
        })
        .map_or(name, |(_, rest)| rest);
    short.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn lower(c: char) -> bool {
    c.is_ascii_lowercase()
}

fn alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric()
}

/// Whether a text has a length in bytes, begins with such a character, and goes on with these, digits and
/// some others.
fn form(
    text: &str,
    length: std::ops::RangeInclusive<usize>,
    first: impl Fn(char) -> bool,
    others: &str,
) -> bool {
    length.contains(&text.len())
        && text.starts_with(&first)
        && text
            .chars()
            .all(|c| first(c) || c.is_ascii_digit() || others.contains(c))
}

/// A region or a zone: `eu-west-1`, `westeurope`, `europe-west1-b`.
fn is_place(text: &str) -> bool {
    form(text, 2..=40, lower, "-") && !text.ends_with('-')
}

#[cfg(test)]
mod tests;
