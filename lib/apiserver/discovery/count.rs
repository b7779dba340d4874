//! Counts what a discovery document lists before it is parsed: a few bytes of it can become hundreds in memory.

use serde::de::{Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, de};
use std::fmt;
use std::marker::PhantomData;

/// Returns how many types a document of any form lists, and how many other things that would be kept.
///
/// # Errors
/// Malformed JSON.
pub(super) fn count(body: &[u8]) -> serde_json::Result<(usize, usize)> {
    /// An aggregated document has items, an unaggregated one groups, versions or resources.
    #[derive(Deserialize)]
    struct Lists {
        #[serde(default)]
        items: Sum<CountedGroup>,
        #[serde(default)]
        groups: Sum<CountedGroup>,
        #[serde(default)]
        versions: Sum<IgnoredAny>,
        #[serde(default)]
        resources: Sum<CountedResource>,
    }
    let document: Lists = serde_json::from_slice(body)?;
    let Lists {
        items,
        groups,
        versions,
        resources,
    } = document;
    let all = [items.counted, groups.counted, versions.counted, resources.counted];
    Ok(all.into_iter().fold((0, 0), |(types, others), counted| {
        (types + counted.types, others + counted.others)
    }))
}

#[derive(Clone, Copy, Default)]
struct Counted {
    types: usize,
    others: usize,
}

/// Counts the content of an element of a list.
trait Count {
    fn counted(&self) -> Counted;
}

impl Count for IgnoredAny {
    fn counted(&self) -> Counted {
        Counted { types: 0, others: 1 }
    }
}

#[derive(Deserialize)]
struct CountedGroup {
    #[serde(default)]
    versions: Sum<CountedVersion>,
}

impl Count for CountedGroup {
    fn counted(&self) -> Counted {
        let mut counted = self.versions.counted;
        counted.others += 1;
        counted
    }
}

#[derive(Deserialize)]
struct CountedVersion {
    #[serde(default)]
    resources: Sum<CountedResource>,
}

impl Count for CountedVersion {
    fn counted(&self) -> Counted {
        let mut counted = self.resources.counted;
        counted.others += 1;
        counted
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CountedResource {
    /// Only in unaggregated documents: a name with a slash is a subresource, which is not kept.
    #[serde(default)]
    name: SubresourceName,
    #[serde(default)]
    short_names: Sum<IgnoredAny>,
    #[serde(default)]
    categories: Sum<IgnoredAny>,
}

impl Count for CountedResource {
    fn counted(&self) -> Counted {
        Counted {
            types: usize::from(!self.name.0),
            others: self.short_names.counted.others + self.categories.counted.others,
        }
    }
}

/// Returns whether a name is that of a subresource.
#[derive(Default)]
struct SubresourceName(bool);

impl<'de> Deserialize<'de> for SubresourceName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = <&serde_json::value::RawValue>::deserialize(deserializer)?;
        Ok(Self(name.get().contains('/')))
    }
}

/// The sum over a list whose elements are not kept; null is an empty list.
struct Sum<T> {
    counted: Counted,
    element: PhantomData<T>,
}

impl<T> Default for Sum<T> {
    fn default() -> Self {
        Self {
            counted: Counted::default(),
            element: PhantomData,
        }
    }
}

impl<'de, T: Count + Deserialize<'de>> Deserialize<'de> for Sum<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_option(Self::default())
    }
}

impl<'de, T: Count + Deserialize<'de>> Visitor<'de> for Sum<T> {
    type Value = Self;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_none<E: de::Error>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(self)
    }

    fn visit_seq<S: SeqAccess<'de>>(mut self, mut seq: S) -> Result<Self, S::Error> {
        while let Some(element) = seq.next_element::<T>()? {
            let Counted { types, others } = element.counted();
            self.counted.types = self.counted.types.saturating_add(types);
            self.counted.others = self.counted.others.saturating_add(others);
        }
        Ok(self)
    }
}
