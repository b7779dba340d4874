//! What records say of the cluster and the type that they come from, and which objects have been written.

use super::json;
use super::sort::SortKey;
use std::collections::HashSet;
use std::sync::Arc;

/// What a cluster is asked and what its records say of that.
#[derive(Clone, Debug, Default)]
pub struct RecordIdentity<'a> {
    /// The cluster.
    pub cluster: &'a str,
    /// As in [`Row::resource`](crate::record::Row::resource).
    pub resource: String,
    /// As in [`Row::type_`](crate::record::Row::type_).
    pub type_: String,
    /// As in [`Row::position`](crate::record::Row::position).
    pub position: u32,
    /// As the one element of [`Row::sort`](crate::record::Row::sort).
    pub sort: Option<usize>,
    /// What objects are sorted by over all clusters, in place of that.
    pub sort_by: Option<Arc<SortKey>>,
    /// As in [`Object::single`](crate::record::Object::single).
    pub single: bool,
}

impl RecordIdentity<'_> {
    /// The start of a record of this kind, without its closing brace.
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

    /// The end of a record, closing brace and newline included.
    pub fn suffix(&self) -> Vec<u8> {
        match self.sort {
            Some(sort) => format!(",\"sort\":[{sort}]}}\n").into_bytes(),
            None => b"}\n".to_vec(),
        }
    }
}

/// Which objects have been written, so that a list that had to be started again repeats none.
#[derive(Default)]
pub struct Seen {
    /// Namespace and name of each as the JSON that they came as, a line each: 50,000 take 2 MB.
    keys: Vec<u8>,
    /// True if there were so many that they are no longer noted.
    is_full: bool,
    skip: HashSet<Vec<u8>>,
}

/// So many bytes of names are noted, those of a million objects or so.
const MOST_NOTED: usize = 32 << 20;

impl Seen {
    /// Whether it was written before the list was started again; notes it otherwise.
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

    /// From now on what has been noted is known. Says whether all has been noted: where there were too many, the list
    /// cannot be started again.
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
