//! Records of how the query of the fleet ended.

use super::reason::Reason;
use super::str::Str;
use serde::de::{Deserializer, Error, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// How the query of the fleet ended. mc-merge writes one, as the last record.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Summary")]
pub struct Summary<'a> {
    /// The number of selected clusters: the sum of the three below.
    pub total: u64,
    /// The number of clusters that answered. A cluster that merely does not have what was asked for has answered.
    pub successful: u64,
    /// The number of clusters that did not answer, or not in full.
    pub failed: u64,
    /// The number of clusters that were not asked because nothing gives access to them.
    #[serde(default)]
    pub skipped: u64,
    /// Why clusters failed or were skipped, by name.
    #[serde(borrow, default)]
    pub errors: BTreeMap<Str<'a>, SummaryError<'a>>,
    /// The lack of the rows or groups before it, in words: `counts lack 2 of 47 clusters`. Absent if mc-merge put nothing
    /// together, or every cluster answered.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub lacking: Option<Str<'a>>,
    /// True if clusters differ and the exit status is to say so (`--exit-code`). Absent if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub differs: bool,
}

/// Why a cluster failed or was skipped, in a [`Summary`](super::Summary).
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct SummaryError<'a> {
    /// The reason. Absent if it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// A message for people.
    pub message: Str<'a>,
}

// Written by hand, since earlier releases wrote the message alone.
impl<'de: 'a, 'a> Deserialize<'de> for SummaryError<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ErrorVisitor)
    }
}

struct ErrorVisitor;

impl<'de> Visitor<'de> for ErrorVisitor {
    type Value = SummaryError<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a reason and a message, or a message")
    }

    fn visit_borrowed_str<E: Error>(self, message: &'de str) -> Result<Self::Value, E> {
        Ok(SummaryError {
            reason: None,
            message: message.into(),
        })
    }

    fn visit_str<E: Error>(self, message: &str) -> Result<Self::Value, E> {
        Ok(SummaryError {
            reason: None,
            message: message.to_owned().into(),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        #[derive(Deserialize)]
        struct ErrorFields<'a> {
            #[serde(default)]
            reason: Option<Reason>,
            #[serde(borrow, default)]
            message: Str<'a>,
        }
        let fields = ErrorFields::deserialize(MapAccessDeserializer::new(map))?;
        Ok(SummaryError {
            reason: fields.reason,
            message: fields.message,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn summary_errors_as_objects_and_as_strings_of_earlier_releases() {
        let line = r#"{"kind":"Summary","total":2,"successful":0,"failed":2,"errors":{"a":"late","b":{"reason":"Timeout","message":"la\"te","new":1}}}"#;
        let summary: Summary<'_> = serde_json::from_str(line).unwrap();
        let of = |cluster: &str| summary.errors.get(cluster).unwrap();
        assert_eq!((of("a").reason, of("a").message.as_str()), (None, "late"));
        assert_eq!(
            (of("b").reason, of("b").message.as_str()),
            (Some(Reason::Timeout), "la\"te")
        );
    }
}
