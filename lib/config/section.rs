//! Mappings of the user's own files, read strictly: an unknown key and a key that is repeated are errors, at the place
//! of the key. serde's derive does not do: it takes a list for a mapping, and does not suggest the nearest key.

use crate::suggest::did_you_mean;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, Visitor};
use std::fmt;

/// A mapping with known keys. `null` in the file is the same as leaving it out.
pub trait Section {
    /// Returns its keys, in the order in which errors list them.
    fn keys(&self) -> Vec<&'static str>;

    /// Returns a key that is known by this name. There may be more of them than [`keys`](Self::keys) lists.
    fn known(&self, name: &str) -> Option<&'static str> {
        self.keys().into_iter().find(|known| *known == name)
    }

    /// Reads the value of one of its keys.
    ///
    /// # Errors
    /// A value that is not right.
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &'static str, map: &mut A) -> Result<(), A::Error>;

    /// Returns the clause of an error that says where an unknown key belongs; empty if that is not known.
    fn elsewhere(&self, _key: &str) -> String {
        String::new()
    }
}

/// Reads a section and returns it.
pub struct Reader<S>(pub S);

impl<'de, S: Section> DeserializeSeed<'de> for Reader<S> {
    type Value = S;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, S: Section> Visitor<'de> for Reader<S> {
    type Value = S;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping")
    }

    fn visit_unit<E>(self) -> Result<S, E> {
        Ok(self.0)
    }

    fn visit_none<E>(self) -> Result<S, E> {
        Ok(self.0)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<S, A::Error> {
        let mut seen = Vec::new();
        loop {
            let key = KnownKey {
                section: &self.0,
                seen: &seen,
            };
            match map.next_key_seed(key)? {
                Some(key) => {
                    self.0.read(key, &mut map)?;
                    seen.push(key);
                }
                None => return Ok(self.0),
            }
        }
    }
}

/// Reads a key that must be known and new.
struct KnownKey<'a, S> {
    section: &'a S,
    seen: &'a [&'static str],
}

impl<'de, S: Section> DeserializeSeed<'de> for KnownKey<'_, S> {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<&'static str, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<S: Section> Visitor<'_> for KnownKey<'_, S> {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<&'static str, E> {
        if self.seen.contains(&key) {
            return Err(E::custom(format_args!("key {key:?} stands twice")));
        }
        if let Some(known) = self.section.known(key) {
            return Ok(known);
        }
        let known = self.section.keys();
        let mut hint = did_you_mean(key, known.iter().copied());
        if hint.is_empty() {
            hint = self.section.elsewhere(key);
        }
        Err(E::custom(format_args!(
            "unknown key {key:?}{hint}; possible here: {}",
            known.join(", ")
        )))
    }
}

/// Reads a value that may only be this one.
pub struct Constant(pub &'static str);

impl<'de> DeserializeSeed<'de> for Constant {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Constant {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }

    fn visit_none<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        match text == self.0 {
            true => Ok(()),
            false => Err(E::custom(format_args!(
                "{text:?} is not known here, only {}",
                self.0
            ))),
        }
    }
}

/// The `apiVersion` of the user's files.
pub const API_VERSION: Constant = Constant("kubectl-mc.k8s.io/v1alpha1");

/// Returns a text, unless it is empty: an empty text is the same as leaving it out.
pub fn not_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
