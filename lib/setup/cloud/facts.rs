//! The facts about a cluster, from its hub and from the user's mapping file.

use crate::config::MappedCluster;
use crate::discover::quoted;
use crate::record::{Cluster, facts};
use crate::resolve::providers::plugin_configs;
use crate::vendor::{Vendor, says_nothing};
use std::collections::BTreeMap;

// Spellings as `plain` leaves them.
pub const NAME: &[&str] = &["clustername", "name"];
pub use crate::record::facts::REGION;
/// Of Google's clusters, as one in a single zone has its region too.
pub const LOCATION: &[&str] = &["location", "zone", "region", "topologykubernetesioregion"];
pub const PROJECT: &[&str] = &["project", "projectid"];
pub const GROUP: &[&str] = &["resourcegroup", "resourcegroupname"];
pub const SUBSCRIPTION: &[&str] = &["subscription", "subscriptionid"];
pub const CLUSTER_ID: &[&str] = &["clusterid", "id"];

/// All that is known of a cluster.
pub struct Facts<'a> {
    cluster: &'a Cluster<'a>,
    /// The facts that the hub tells the credential plugins of the access providers, by their names.
    told: Vec<(String, BTreeMap<String, String>)>,
    /// The cluster's entry in the mapping file.
    entry: Option<&'a MappedCluster>,
}

impl<'a> Facts<'a> {
    pub fn of(cluster: &'a Cluster<'a>, entry: Option<&'a MappedCluster>) -> Self {
        Self {
            cluster,
            told: plugin_configs(cluster.access_providers),
            entry,
        }
    }

    /// The cloud, as the hub says it; where it names none that has a tool, as the user's entry says it.
    pub fn vendor(&self) -> Option<Vendor> {
        let of_entry = || {
            let said = self.entry?.metadata.get("cloudProvider")?;
            Vendor::named(said)
        };
        let said = |name| self.find_of_hub(&[name]).filter(|said| !says_nothing(said));
        // The kind of cluster goes first: what else runs on a cloud is not fetched with that cloud's tool.
        let of_hub = match facts::PRODUCT.iter().copied().find_map(said) {
            Some(kind) => Vendor::named(kind),
            None => facts::CLOUD
                .iter()
                .copied()
                .find_map(said)
                .or_else(|| Some(self.told.first()?.0.as_str()))
                .and_then(Vendor::named),
        };
        of_hub.or_else(of_entry)
    }

    /// Finds the first of the properties, then of the labels, then of what plugins are told, then of the entry's
    /// metadata that has one of these names. Writers spell them differently: case, separators, a leading name of the
    /// cloud and Open Cluster Management's domain do not count.
    pub fn find(&self, names: &[&str]) -> Option<&str> {
        self.find_of_hub(names).or_else(|| self.find_of_entry(names))
    }

    fn find_of_entry(&self, names: &[&str]) -> Option<&str> {
        let said = &self.entry?.metadata;
        facts::first(names, || said.iter().map(|(key, value)| (*key, value.as_str())))
    }

    /// Finds what the hub says. A cluster whose ClusterProfiles disagree on the way into it may be two clusters, so
    /// nothing of it is passed to a tool.
    fn find_of_hub(&self, names: &[&str]) -> Option<&str> {
        if !self.cluster.ambiguous.is_empty() {
            return None;
        }
        facts::find(self.cluster, names).or_else(|| {
            let told = self.told.iter();
            told.map(|(_, said)| said)
                .find_map(|said| facts::first(names, || said.iter().map(|(key, value)| (&**key, &**value))))
        })
    }

    /// Finds a value of a form: the hub's, else the entry's.
    ///
    /// # Errors
    /// No value is said, or it does not have that form.
    pub fn need(&self, what: &str, names: &[&str], is_valid: impl Fn(&str) -> bool) -> Result<&str, String> {
        let said = [
            ("the hub", self.find_of_hub(names)),
            ("the mapping file", self.find_of_entry(names)),
        ];
        let mut refusal = None;
        for (who, value) in said {
            match value {
                Some(value) if is_valid(value) => return Ok(value),
                Some(value) => refusal = refusal.or(Some(refused(who, what, value))),
                None => {}
            }
        }
        Err(refusal.unwrap_or_else(|| format!("neither the hub nor the mapping file says its {what}")))
    }

    /// The cloud's name for the cluster, else the hub's.
    ///
    /// # Errors
    /// It does not have the form that the cloud gives to names.
    pub fn name(&self, is_valid: impl Fn(&str) -> bool) -> Result<&str, String> {
        if self.find(NAME).is_some() {
            return self.need("name", NAME, is_valid);
        }
        let name = self.cluster.cluster.as_str();
        if is_valid(name) {
            Ok(name)
        } else {
            Err(refused("the hub", "name", name))
        }
    }
}

fn refused(who: &str, what: &str, value: &str) -> String {
    format!(
        "{who}'s {what} for it is refused, the cloud has none of that form: {}",
        quoted(value)
    )
}
