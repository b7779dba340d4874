//! The mapping file, `~/.kube/kubectl-mc-clusters.yaml`: which kubeconfig context leads to which cluster, and what
//! the clouds' own tools have to be told about it.

use super::error::Error;
use super::file;
use super::keys::sections;
use super::section::{API_VERSION, Constant, Section, not_empty};
use crate::suggest::did_you_mean;
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Unexpected,
    Visitor,
};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// The mapping file's content.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ClusterMapping {
    /// The kubeconfig context of the hub (`hubContext`).
    pub hub_context: Option<String>,
    /// The entries by the names of their clusters.
    pub clusters: BTreeMap<String, MappedCluster>,
}

/// One entry of the mapping file.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MappedCluster {
    /// The kubeconfig context that leads to the cluster. An entry without one holds metadata only.
    pub context: Option<String>,
    /// Metadata for the cloud's own tool, by the keys of [`METADATA`].
    pub metadata: BTreeMap<&'static str, String>,
    /// Keys of the entry that are not known here. They are kept in the file and have no effect.
    pub unknown: Vec<String>,
}

/// The keys of an entry's metadata, in the order in which setup writes them.
pub const METADATA: [&str; 8] = [
    "cloudProvider",
    "clusterName",
    "region",
    "zone",
    "project",
    "resourceGroup",
    "subscription",
    "clusterId",
];

/// All keys of an entry that have an effect.
fn keys() -> impl Iterator<Item = &'static str> {
    ["name", "context"].into_iter().chain(METADATA)
}

impl ClusterMapping {
    /// Reads a file; one that is not there gives an empty mapping.
    ///
    /// # Errors
    /// Any other mistake in the file, and a cluster that is mapped twice.
    pub fn load(file: &Path) -> Result<Self, Error> {
        file::read(file, Self::default())
    }

    /// Reads a file's text; `file` is for messages.
    ///
    /// # Errors
    /// Those of [`load`](Self::load).
    pub fn from_text(text: &str, file: &Path) -> Result<Self, Error> {
        file::parse(text, file, Self::default())
    }

    /// Finds the entry of a cluster, with the name that it stands under: the cluster's name, else that of its
    /// ClusterProfile, where that is another.
    pub fn find(&self, name: &str, profile: Option<&str>) -> Option<(&str, &MappedCluster)> {
        let of_profile = || self.clusters.get_key_value(profile?);
        let (name, entry) = self.clusters.get_key_value(name).or_else(of_profile)?;
        Some((name, entry))
    }

    /// The clusters that are mapped, with their contexts.
    pub fn contexts(&self) -> impl Iterator<Item = (&str, &str)> {
        let mapped = self.clusters.iter();
        mapped.filter_map(|(name, entry)| Some((name.as_str(), entry.context.as_deref()?)))
    }
}

impl MappedCluster {
    /// The keys that have no effect and are nearly those that have one, each with what it may stand for:
    /// `"cloudprovider" (did you mean "cloudProvider"?)`.
    pub fn mistyped(&self) -> Vec<String> {
        let unknown = self.unknown.iter();
        let near = unknown.map(|key| (key, did_you_mean(key, keys())));
        near.filter(|(_, near)| !near.is_empty())
            .map(|(key, near)| format!("{key:?}{near}"))
            .collect()
    }
}

impl Section for ClusterMapping {
    fn keys(&self) -> Vec<&'static str> {
        vec!["apiVersion", "kind", "hubContext", "clusters"]
    }

    fn read<'de, A: MapAccess<'de>>(&mut self, key: &'static str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "apiVersion" => map.next_value_seed(API_VERSION)?,
            "kind" => map.next_value_seed(Constant("ClusterMapping"))?,
            "hubContext" => self.hub_context = not_empty(map.next_value()?),
            _ => self.clusters = map.next_value::<Option<Clusters>>()?.unwrap_or_default().0,
        }
        Ok(())
    }

    fn elsewhere(&self, key: &str) -> String {
        match matches!(key, "hubs" | "groups") || sections().contains(&key) {
            true => " (it belongs into kubectl-mc-config.yaml)".into(),
            false => String::new(),
        }
    }
}

/// `clusters`: a list of entries, or in short a mapping of names to contexts.
#[derive(Default)]
pub(super) struct Clusters(BTreeMap<String, MappedCluster>);

impl Clusters {
    /// Adds an entry.
    fn add<E: serde::de::Error>(&mut self, name: String, entry: MappedCluster) -> Result<(), E> {
        if let Some(before) = self.0.get(&name) {
            return Err(mapped_twice(&name, before));
        }
        self.0.insert(name, entry);
        Ok(())
    }
}

fn mapped_twice<E: serde::de::Error>(name: &str, before: &MappedCluster) -> E {
    let context = before
        .context
        .as_ref()
        .map(|context| format!(", to context {context:?} before"));
    E::custom(format_args!(
        "cluster {name:?} is mapped twice{}: remove one of the two entries",
        context.unwrap_or_default()
    ))
}

impl<'de> Deserialize<'de> for Clusters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Clusters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a list of clusters, like [{name: prod-eu, context: my-context}], or a mapping of clusters to \
                     contexts, like prod-eu: my-context",
                )
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Clusters, A::Error> {
                let mut clusters = Clusters::default();
                while list.next_element_seed(ListEntry(&mut clusters))?.is_some() {}
                Ok(clusters)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Clusters, A::Error> {
                let mut clusters = Clusters::default();
                while let Some(cluster) = map.next_key_seed(NewCluster(&clusters))? {
                    let ShortEntry(entry) = map.next_value()?;
                    clusters.add(cluster, entry)?;
                }
                Ok(clusters)
            }
        }

        deserializer.deserialize_any(Entries)
    }
}

/// Reads an entry of the list into the clusters. It fails inside of the entry, so that the error has its line.
struct ListEntry<'a>(&'a mut Clusters);

impl<'de> DeserializeSeed<'de> for ListEntry<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ListEntry<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry like {name: prod-eu, context: my-context}")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        let fields = Fields::read(map, Some(self.0))?;
        let Some(name) = fields.name else {
            let near = near_of("name", &fields.entry);
            return Err(A::Error::custom(format_args!(
                "name is missing{near}: write the ClusterProfile's name, like name: prod-eu"
            )));
        };
        let entry = fields.entry;
        if entry.context.is_none() && entry.metadata.is_empty() {
            return Err(A::Error::custom(format_args!(
                "cluster {name:?}: {}",
                no_context(&entry)
            )));
        }
        self.0.add(name, entry)
    }
}

/// An entry's fields as read.
#[derive(Default)]
struct Fields {
    name: Option<String>,
    entry: MappedCluster,
}

impl Fields {
    /// Reads the fields. A name that one of `others` has is refused where it stands.
    fn read<'de, A: MapAccess<'de>>(mut map: A, others: Option<&Clusters>) -> Result<Self, A::Error> {
        let mut fields = Fields::default();
        let mut seen: Vec<String> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(A::Error::custom(format_args!("key {key:?} stands twice")));
            }
            match key.as_str() {
                "name" => {
                    let name = NameValue {
                        what: "a cluster's name (in quotes if it is a number)",
                        others,
                    };
                    fields.name = map.next_value_seed(name)?;
                }
                "context" => {
                    let name = NameValue {
                        what: CONTEXT,
                        others: None,
                    };
                    fields.entry.context = map.next_value_seed(name)?;
                }
                other => match METADATA.into_iter().find(|known| *known == other) {
                    Some(known) => {
                        let value = map.next_value::<Option<String>>()?;
                        if let Some(value) = value.filter(|value| !value.is_empty()) {
                            fields.entry.metadata.insert(known, value);
                        }
                    }
                    None => {
                        map.next_value::<IgnoredAny>()?;
                        fields.entry.unknown.push(key.clone());
                    }
                },
            }
            seen.push(key);
        }
        Ok(fields)
    }
}

/// A clause with the unknown key of an entry that may stand for a known one which is missing.
fn near_of(missing: &str, entry: &MappedCluster) -> String {
    let typed = entry
        .unknown
        .iter()
        .find(|key| !did_you_mean(key, [missing]).is_empty());
    typed.map_or_else(String::new, |key| format!(" (is {key:?} meant for it?)"))
}

fn no_context(entry: &MappedCluster) -> String {
    format!(
        "context is missing{}: write the kubeconfig context that leads there, like context: my-context",
        near_of("context", entry)
    )
}

const CONTEXT: &str = "a context's name (in quotes if it is a number)";

/// Reads a text; nothing and null are no value.
struct NameValue<'a> {
    what: &'static str,
    others: Option<&'a Clusters>,
}

impl<'de> DeserializeSeed<'de> for NameValue<'_> {
    type Value = Option<String>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<String>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl Visitor<'_> for NameValue<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_unit<E>(self) -> Result<Option<String>, E> {
        Ok(None)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Option<String>, E> {
        if let Some(before) = self.others.and_then(|others| others.0.get(text)) {
            return Err(mapped_twice(text, before));
        }
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }
}

/// A name of the short form that must not be there yet.
struct NewCluster<'a>(&'a Clusters);

impl<'de> DeserializeSeed<'de> for NewCluster<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for NewCluster<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a cluster's name")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<String, E> {
        if name.is_empty() {
            return Err(E::custom("a cluster's name cannot be empty"));
        }
        if let Some(before) = self.0.0.get(name) {
            return Err(mapped_twice(name, before));
        }
        Ok(name.to_owned())
    }
}

/// An entry of the short form: a context's name, or the fields of an entry of the list without `name`.
struct ShortEntry(MappedCluster);

impl<'de> Deserialize<'de> for ShortEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Short;

        impl<'de> Visitor<'de> for Short {
            type Value = ShortEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(CONTEXT)
            }

            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<ShortEntry, E> {
                if name.is_empty() {
                    return Err(E::invalid_type(Unexpected::Unit, &self));
                }
                Ok(ShortEntry(MappedCluster {
                    context: Some(name.to_owned()),
                    ..MappedCluster::default()
                }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ShortEntry, A::Error> {
                let Fields { name, entry } = Fields::read(map, None)?;
                if name.is_some() {
                    return Err(A::Error::custom(
                        "the cluster's name is the key here: leave name out, or make clusters a list",
                    ));
                }
                if entry.context.is_none() && entry.metadata.is_empty() {
                    return Err(A::Error::custom(no_context(&entry)));
                }
                Ok(ShortEntry(entry))
            }
        }

        deserializer.deserialize_any(Short)
    }
}

#[cfg(test)]
mod tests;
