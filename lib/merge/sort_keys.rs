//! What rows are sorted by within their list: kept only if they do not come in order already, as those of a server do.

use super::row_key::TableId;
use crate::arena::{Arena, Span};
use std::collections::HashMap;

/// The keys of rows, in the order in which these came.
#[derive(Debug, Default)]
pub(super) struct SortKeys {
    /// Whose row came last, and its key.
    list: TableId,
    last: Vec<u8>,
    /// The last keys of the other lists.
    others: HashMap<TableId, Vec<u8>>,
    /// All keys, once one was less than the one before it.
    kept: Option<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    keys: Arena,
    spans: Vec<Span>,
}

impl SortKeys {
    /// Takes the key of the next row. Where that is the first one that comes too late, those of all rows before it must
    /// be [added](Self::add) first: this says so, and is to be called again.
    pub(super) fn push(&mut self, list: TableId, across: bool, key: &[u8]) -> bool {
        if self.kept.is_some() {
            self.add(key);
            return true;
        }
        if list != self.list {
            let last = self.others.remove(&list).unwrap_or_default();
            let before = std::mem::replace(&mut self.last, last);
            self.others
                .insert(std::mem::replace(&mut self.list, list), before);
        }
        if across || *key < *self.last {
            self.kept = Some(Kept::default());
            self.others = HashMap::new();
            return false;
        }
        self.last.clear();
        self.last.extend_from_slice(key);
        true
    }

    /// Adds the key of the next row.
    pub(super) fn add(&mut self, key: &[u8]) {
        let kept = self.kept.get_or_insert_default();
        kept.spans.push(kept.keys.keep_bytes(key));
    }

    /// How many bytes of memory they take.
    pub(super) fn size(&self) -> usize {
        let kept = self.kept.as_ref();
        kept.map_or(0, |kept| kept.keys.size() + kept.spans.len() * size_of::<Span>())
    }

    /// The key of a row, by its number; empty where the rows of each list are in order.
    pub(super) fn get(&self, row: u32) -> &[u8] {
        let kept = self.kept.as_ref();
        kept.and_then(|kept| Some(kept.keys.get_bytes(*kept.spans.get(row as usize)?)))
            .unwrap_or_default()
    }
}
