//! The part that all records of one type of one cluster have in common, and which objects have been written.

use super::json;
use super::sort::SortKey;
use std::collections::HashSet;
use std::sync::Arc;

/// The members of records that are the same for all objects of one type of one cluster.
#[derive(Clone, Debug, Default)]
pub struct RecordIdentity<'a> {
    /// The cluster.
    pub cluster: &'a str,
    /// See [`Row::resource`](crate::record::Row::resource).
    pub resource: String,
    /// See [`Row::type_`](crate::record::Row::type_).
    pub type_: String,
    /// See [`Row::position`](crate::record::Row::position).
    pub position: u32,
    /// The only element of [`Row::sort`](crate::record::Row::sort).
    pub sort: Option<usize>,
    /// The key to sort by over all clusters, instead of `sort`.
    pub sort_by: Option<Arc<SortKey>>,
    /// See [`Object::single`](crate::record::Object::single).
    pub single: bool,
}

impl RecordIdentity<'_> {
    /// Returns the start of a record of this kind, without its closing brace.
    pub fn prefix(&self, kind: &str) -> Vec<u8> {
        let mut prefix = format!("{{\"kind\":\"{kind}\"").into_bytes();
        for (key, value) in [
            ("cluster", self.cluster),
            ("resource", &self.resource),
            ("type", &self.type_),
        ] {
            prefix.extend_from_slice(format!(",\"{key}\":").as_bytes());
            json::quote(&mut prefix, value);
        }
        if self.position > 0 {
            prefix.extend_from_slice(format!(",\"position\":{}", self.position).as_bytes());
        }
        if self.single && kind == crate::record::OBJECT {
            prefix.extend_from_slice(b",\"single\":true");
        }
        prefix
    }

    /// Returns the end of a record, with its closing brace and newline.
    pub fn suffix(&self) -> Vec<u8> {
        match self.sort {
            Some(sort) => format!(",\"sort\":[{sort}]}}\n").into_bytes(),
            None => b"}\n".to_vec(),
        }
    }
}

/// Remembers which objects have been written, so that a list that has to be started again repeats none.
#[derive(Default)]
pub struct SeenObjects {
    /// The namespace and name of each object as JSON, one line each: 50,000 objects take 2 MB.
    keys: Vec<u8>,
    /// True if there were so many objects that they are no longer noted.
    is_full: bool,
    skip: HashSet<Vec<u8>>,
}

/// The most bytes of names that are noted, enough for about a million objects.
const MOST_NOTED: usize = 32 << 20;

impl SeenObjects {
    /// Notes an object, and returns whether it was written before the list was started again.
    pub fn is_known(&mut self, namespace: Option<&str>, name: &str) -> bool {
        if self.is_full {
            return false;
        }
        let start = self.keys.len();
        self.keys
            .extend_from_slice(namespace.unwrap_or_default().as_bytes());
        self.keys.push(b'/');
        self.keys.extend_from_slice(name.as_bytes());
        let known = !self.skip.is_empty() && self.skip.contains(&self.keys[start..]);
        self.keys.push(b'\n');
        if self.keys.len() > MOST_NOTED {
            (self.keys, self.skip, self.is_full) = (Vec::new(), HashSet::new(), true);
        }
        known
    }

    /// From now on the objects noted so far are known. Returns false if there were too many to note all: then the list cannot
    /// be started again.
    pub fn start_again(&mut self) -> bool {
        if self.is_full {
            return false;
        }
        let keys = std::mem::take(&mut self.keys);
        let keys = keys.split(|byte| *byte == b'\n').filter(|key| !key.is_empty());
        self.skip.extend(keys.map(<[u8]>::to_vec));
        true
    }
}
