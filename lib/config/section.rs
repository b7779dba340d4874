//! Mappings of the user's own files, read strictly: an unknown key and a key that stands twice are
//! errors, at the place of the key.

use crate::suggest::did_you_mean;
use serde::de::{DeserializeSeed, Deserializer, Error, Visitor};
use std::fmt;

/// A struct of optional fields, each with its key in the file. `null` is the same as leaving a key out.
///
/// Not derived: serde would take a list for a mapping, and its errors do not name the nearest key.
macro_rules! section {
    ($(#[$attribute:meta])* $name:ident { $($field:ident: $type:ty = $key:literal,)* }) => {
        $(#[$attribute])*
        #[derive(Default)]
        pub(in crate::config) struct $name {
            $(pub $field: Option<$type>,)*
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields;

                impl<'de> serde::de::Visitor<'de> for Fields {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("a mapping")
                    }

                    fn visit_unit<E>(self) -> Result<$name, E> {
                        Ok($name::default())
                    }

                    fn visit_none<E>(self) -> Result<$name, E> {
                        Ok($name::default())
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<$name, A::Error> {
                        const KNOWN: &[&str] = &[$($key),*];
                        let mut fields = $name::default();
                        let mut seen = Vec::new();
                        while let Some(key) = map.next_key_seed($crate::config::section::Key { known: KNOWN, seen: &seen })? {
                            match key {
                                $($key => fields.$field = map.next_value()?,)*
                                _ => {
                                    map.next_value::<serde::de::IgnoredAny>()?;
                                }
                            }
                            seen.push(key);
                        }
                        Ok(fields)
                    }
                }

                deserializer.deserialize_any(Fields)
            }
        }
    };
}

pub(super) use section;

/// All keys of the configuration file, to find one that stands in the wrong place.
pub(crate) const EVERYWHERE: &[&str] = &[
    "discovery.cacheTTL",
    "discovery.api",
    "discovery.placement",
    "discovery.skipUnhealthy",
    "discovery.maxStale",
    "discovery.accessible",
    "execution.maxConcurrency",
    "execution.timeout",
    "execution.continueOnError",
    "access.order",
    "access.providers",
    "access.allowedHosts",
    "access.allowedCommands",
    "access.verifyServer",
    "access.allowedVariables",
    "access.loginTimeout",
    "output.colorize",
    "output.showClusterColumn",
];

/// The key that the mapping file alone has.
const CLUSTERS: &str = "clusters";

/// A clause for a key that belongs elsewhere: into the other file, or into a section.
fn elsewhere(key: &str, is_mapping: bool) -> String {
    let sections = EVERYWHERE.iter().filter_map(|name| name.split('.').next());
    match is_mapping {
        true if key == "hubs" || sections.clone().any(|section| section == key) => {
            " (it belongs into kubectl-mc-config.yaml)".into()
        }
        true => String::new(),
        false if key == CLUSTERS => " (it belongs into kubectl-mc-clusters.yaml)".into(),
        false => did_you_mean(key, EVERYWHERE.iter().copied()),
    }
}

/// Reads a key that must be one of the known ones, and new.
pub(super) struct Key<'a> {
    pub known: &'static [&'static str],
    pub seen: &'a [&'static str],
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<&'static str, E> {
        if self.seen.contains(&key) {
            return Err(E::custom(format_args!("key {key:?} stands twice")));
        }
        if let Some(known) = self.known.iter().find(|known| **known == key) {
            return Ok(known);
        }
        let mut near = did_you_mean(key, self.known.iter().copied());
        if near.is_empty() {
            near = elsewhere(key, self.known.contains(&CLUSTERS));
        }
        Err(E::custom(format_args!(
            "unknown key {key:?}{near}; possible here: {}",
            self.known.join(", ")
        )))
    }
}
