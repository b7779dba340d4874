//! The keys of rows, kept only if rows do not arrive in order. From a server they do.

use super::table_order::TableId;
use crate::arena::{Arena, Span};
use std::collections::HashMap;

/// The keys of rows, in the order of arrival.
#[derive(Debug, Default)]
pub(super) struct SortKeys {
    /// The table of the last row, and its key.
    table: TableId,
    last: Vec<u8>,
    /// The last keys of the other tables.
    others: HashMap<TableId, Vec<u8>>,
    /// All keys, as soon as one was less than the one before it.
    kept: Option<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    keys: Arena,
    spans: Vec<Span>,
}

impl SortKeys {
    /// Takes the key of the next row. Returns false if that is the first one out of order: then the keys of all rows
    /// so far, this one included, have to be [added](Self::add).
    pub(super) fn push(&mut self, table: TableId, across: bool, key: &[u8]) -> bool {
        if self.kept.is_some() {
            self.add(key);
            return true;
        }
        if table != self.table {
            let last = self.others.remove(&table).unwrap_or_default();
            let before = std::mem::replace(&mut self.last, last);
            self.others
                .insert(std::mem::replace(&mut self.table, table), before);
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

    /// Returns how many bytes of memory they take.
    pub(super) fn size(&self) -> usize {
        let kept = self.kept.as_ref();
        kept.map_or(0, |kept| kept.keys.size() + kept.spans.len() * size_of::<Span>())
    }

    /// Returns the key of a row by its number; `None` where keys are not kept, since the rows of each table are in
    /// order.
    pub(super) fn get(&self, row: u32) -> Option<&[u8]> {
        let kept = self.kept.as_ref()?;
        Some(kept.keys.get_bytes(*kept.spans.get(row as usize)?))
    }
}
