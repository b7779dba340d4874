//! Rows in memory: the text of their cells in one piece.

use super::group::RowGroup;
use super::stored_row::StoredRow;
use crate::arena::{Arena, Span};

/// The rows of a type that are in memory.
#[derive(Debug, Default)]
pub(super) struct HeldRows {
    rows: Vec<HeldRow>,
    /// The end of each cell, counted from the start of its row's text.
    ends: Vec<u32>,
    texts: Arena,
    /// The memory that they take, in bytes.
    weight: usize,
}

#[derive(Clone, Copy, Debug)]
struct HeldRow {
    cluster: u32,
    layout: u32,
    first_end: usize,
    text: Span,
}

impl HeldRows {
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The memory that they take, in bytes.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }

    /// Adds a row, given the ends of its cells and their text, and returns the memory that it takes.
    pub(super) fn push(&mut self, group: RowGroup, ends: &[u32], text: &str) -> usize {
        let first_end = self.ends.len();
        self.ends.extend_from_slice(ends);
        let text = self.texts.keep(text);
        self.add(group.cluster, group.layout, first_end, text)
    }

    /// Adds a row, given the ends of its cells and the cells one by one.
    pub(super) fn push_cells<'a>(
        &mut self,
        group: RowGroup,
        ends: impl Iterator<Item = u32>,
        cells: impl Iterator<Item = &'a [u8]>,
    ) -> usize {
        let first_end = self.ends.len();
        self.ends.extend(ends);
        let length = self.ends.get(first_end..).and_then(<[u32]>::last).copied();
        let text = self.texts.keep_parts(length.unwrap_or_default() as usize, cells);
        self.add(group.cluster, group.layout, first_end, text)
    }

    fn add(&mut self, cluster: u32, layout: u32, first_end: usize, text: Span) -> usize {
        let weight = size_of::<HeldRow>() + (self.ends.len() - first_end) * size_of::<u32>() + text.length();
        self.weight += weight;
        self.rows.push(HeldRow {
            cluster,
            layout,
            first_end,
            text,
        });
        weight
    }

    /// Returns the rows in the order in which they came.
    pub(super) fn iter(&self) -> impl Iterator<Item = StoredRow<'_>> {
        self.rows.iter().enumerate().map(|(index, row)| {
            let next = self.rows.get(index + 1);
            let ends = row.first_end..next.map_or(self.ends.len(), |next| next.first_end);
            StoredRow {
                cluster: row.cluster,
                layout: row.layout as usize,
                ends: self.ends.get(ends).unwrap_or_default(),
                text: self.texts.get_bytes(row.text),
            }
        })
    }

    /// Forgets a cluster's rows.
    pub(super) fn leave_out(&mut self, cluster: u32) {
        let old = std::mem::take(self);
        for (row, stored) in old.rows.iter().zip(old.iter()) {
            if row.cluster != cluster {
                let first_end = self.ends.len();
                self.ends.extend_from_slice(stored.ends);
                let text = self.texts.keep_bytes(stored.text);
                self.add(row.cluster, row.layout, first_end, text);
            }
        }
    }
}
