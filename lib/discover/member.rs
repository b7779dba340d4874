//! One cluster of the fleet.

use super::json_object::JsonObject;
use crate::record::{self, Cluster};

/// A cluster of the fleet, with the Cluster record that is written for it.
///
/// The record is kept as its line of JSON. It may have fields that this release does not know, which must reach the
/// output; and most runs write it without looking at more than the name.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Member {
    name: String,
    /// The record, without a line break.
    record: String,
}

impl Member {
    /// Returns the member that a record describes.
    pub fn new(cluster: &Cluster<'_>) -> Self {
        let mut line = Vec::new();
        // Writing to memory does not fail.
        let _ = record::write(&mut line, cluster);
        line.pop();
        Self {
            name: cluster.cluster.to_string(),
            record: String::from_utf8(line).unwrap_or_default(),
        }
    }

    /// Returns the member whose record has been written before. `name` is the cluster's name in it.
    pub fn from_record(name: &str, record: &str) -> Self {
        Self {
            name: name.to_owned(),
            record: record.to_owned(),
        }
    }

    /// Returns the cluster's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the record, one line without its line break.
    pub fn record(&self) -> &str {
        &self.record
    }

    /// Parses the record.
    pub fn cluster(&self) -> Cluster<'_> {
        serde_json::from_str(&self.record).unwrap_or_else(|_| record::bare_cluster(&self.name))
    }

    /// Changes the record's known fields. Only for records without other fields, which would be lost.
    pub fn change(&mut self, change: impl FnOnce(&mut Cluster<'_>)) {
        let mut cluster = self.cluster();
        change(&mut cluster);
        *self = Self::new(&cluster);
    }

    /// Changes the record's fields as JSON, keeping their order and the fields that this release does not know. The
    /// change must not concern the name.
    pub fn change_json(&mut self, change: impl FnOnce(&mut JsonObject<'_>)) {
        let record = {
            let mut fields = JsonObject::parse(&self.record);
            change(&mut fields);
            fields.to_json()
        };
        self.record = record;
    }
}
