//! The rows of one type.

use super::group::RowGroup;
use super::held_rows::HeldRows;
use super::spilled::SpilledRows;
use super::stored_row::StoredRow;
use crate::format::align::is_printable_ascii;
use crate::format::column_union::ColumnUnion;
use crate::record::headings::MAX_COLUMNS;
use crate::record::{Columns, Row};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io;

/// The most columns that one cluster may add: those of its server's Table, and some for what the user asked for beside
/// them.
const MAX_ADDED: usize = MAX_COLUMNS + MAX_COLUMNS / 4;

/// The rows of one type, which together have the union of their columns.
#[derive(Debug, Default)]
pub(crate) struct TypeRows {
    /// As in [`Row::position`].
    pub(crate) position: u32,
    /// As in [`Row::resource`].
    pub(crate) resource: Box<str>,
    /// As in [`Row::type_`], or the resource where a row has none.
    pub(crate) type_: Box<str>,
    /// True if its objects have namespaces.
    pub(crate) is_namespaced: bool,
    /// The columns of all rows.
    pub(crate) union: ColumnUnion,
    /// Distinct lists of columns, by their numbers in the union.
    pub(super) layouts: Vec<Vec<u32>>,
    last_layout: u32,
    /// The layouts by a hash of their headings.
    by_hash: HashMap<u64, Vec<u32>>,
    hasher: RandomState,
    /// The number of columns that each cluster has added.
    added: HashMap<u32, usize>,
    /// Rows that came before those in memory.
    pub(super) spilled: SpilledRows,
    pub(super) held: HeldRows,
    /// The greatest length of each cell, where all rows have one layout.
    longest: Vec<u32>,
    /// True if all cells are printable ASCII.
    is_plain: bool,
    /// The ends of the cells of the row that is being pushed.
    ends: Vec<u32>,
}

/// Returns a row's type, or its resource if the row has none.
pub(crate) fn type_of<'a>(row: &'a Row<'_>) -> &'a str {
    match row.type_.is_empty() {
        true => &row.resource,
        false => &row.type_,
    }
}

impl TypeRows {
    pub(super) fn new(row: &Row<'_>) -> Self {
        Self {
            position: row.position,
            resource: row.resource.as_str().into(),
            type_: type_of(row).into(),
            is_namespaced: !row.namespace.is_empty(),
            is_plain: true,
            ..Self::default()
        }
    }

    /// Keeps a row whose cells `append` puts one after another into `text`. Returns how many bytes of memory it takes.
    pub(super) fn push<C>(
        &mut self,
        group: RowGroup,
        cells: impl ExactSizeIterator<Item = C>,
        mut append: impl FnMut(C, &mut String),
        text: &mut String,
    ) -> usize {
        text.clear();
        self.widen(cells.len());
        let mut start = 0;
        self.ends.clear();
        for (cell, longest) in cells.zip(&mut self.longest) {
            append(cell, text);
            let end = u32::try_from(text.len()).unwrap_or(u32::MAX);
            self.ends.push(end);
            *longest = (*longest).max(end - start);
            start = end;
        }
        self.is_plain = self.is_plain && is_printable_ascii(text);
        self.held.push(group, &self.ends, text)
    }

    /// Keeps a row of plain cells as they are.
    pub(super) fn push_plain<'a>(
        &mut self,
        group: RowGroup,
        cells: impl ExactSizeIterator<Item = &'a [u8]> + Clone,
    ) -> usize {
        self.widen(cells.len());
        let mut end = 0;
        let widths = cells.clone().zip(&mut self.longest);
        let ends = widths.map(|(cell, longest)| {
            let width = u32::try_from(cell.len()).unwrap_or(u32::MAX);
            *longest = width.max(*longest);
            end = width.saturating_add(end);
            end
        });
        self.held.push_cells(group, ends, cells)
    }

    fn widen(&mut self, cells: usize) {
        if self.longest.len() < cells {
            self.longest.resize(cells, 0);
        }
    }

    /// Returns the index of the layout that has these columns, and how many of them are new; `None` if the cluster may
    /// not add that many.
    pub(super) fn layout(
        &mut self,
        cluster: u32,
        columns: &Columns<'_>,
        room: usize,
    ) -> Option<(u32, usize)> {
        if self.has_layout(self.last_layout, columns) {
            return Some((self.last_layout, 0));
        }
        let headings = || columns.0.iter().map(|(heading, _)| heading.as_str());
        let hash = self.hasher.hash_one(headings().collect::<Vec<_>>());
        let known = self.by_hash.get(&hash).into_iter().flatten().copied();
        if let Some(known) = { known }.find(|layout| self.has_layout(*layout, columns)) {
            self.last_layout = known;
            return Some((known, 0));
        }
        let layout = ColumnUnion::columns_of(headings());
        let new = self.union.lacks(&layout);
        let added = self.added.entry(cluster).or_default();
        if new > room.min(MAX_ADDED.saturating_sub(*added)) {
            return None;
        }
        *added += new;
        let numbers = self.union.add(layout.iter());
        self.last_layout = u32::try_from(self.layouts.len()).unwrap_or(u32::MAX);
        self.layouts.push(numbers);
        self.by_hash.entry(hash).or_default().push(self.last_layout);
        Some((self.last_layout, new))
    }

    /// Returns whether a layout has these columns.
    fn has_layout(&self, layout: u32, columns: &Columns<'_>) -> bool {
        let Some(layout) = self.layouts.get(layout as usize) else {
            return false;
        };
        let is_same = |(number, heading): (&u32, &str)| {
            self.union
                .get(*number)
                .is_some_and(|column| *column.heading == *heading)
        };
        let headings = columns.0.iter().map(|(heading, _)| heading.as_str());
        layout.len() == columns.0.len() && layout.iter().zip(headings).all(is_same)
    }

    /// Calls with each row, in the order in which they came.
    ///
    /// # Errors
    /// Any error of `call`; a file that cannot be read.
    pub(crate) fn each_row(&self, mut call: impl FnMut(StoredRow<'_>) -> io::Result<()>) -> io::Result<()> {
        self.spilled.each(&mut call)?;
        self.held.iter().try_for_each(call)
    }

    /// Returns the clusters of the rows, some of them several times.
    pub(crate) fn clusters(&self) -> impl Iterator<Item = u32> {
        let spilled = self.spilled.clusters().keys().copied();
        spilled.chain(self.held.iter().map(|row| row.cluster))
    }

    /// Returns the greatest width of each column's cells, headings left out, where it is known without looking at
    /// them.
    pub(crate) fn widths(&self) -> Option<&[u32]> {
        // With one layout, the columns of the union are that layout.
        (self.is_plain && self.layouts.len() == 1).then_some(self.longest.as_slice())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty() && self.spilled.is_empty()
    }

    /// Forgets the rows and keeps the columns.
    pub(super) fn clear(&mut self) {
        self.held = HeldRows::default();
        self.spilled = SpilledRows::default();
        self.longest.clear();
        self.is_plain = true;
    }

    /// Moves all rows in memory to a file, or none of them if there is no room.
    pub(super) fn spill(&mut self) -> io::Result<()> {
        self.spilled.append(self.held.iter())?;
        self.held = HeldRows::default();
        Ok(())
    }

    /// Forgets a cluster's rows.
    pub(super) fn leave_out(&mut self, cluster: u32) {
        self.spilled.leave_out(cluster);
        self.held.leave_out(cluster);
        // The other rows have to look as they would without it, so their widths have to be measured again.
        self.is_plain = false;
    }
}
