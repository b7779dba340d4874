//! Rows that wait to be printed.
//!
//! The text of a row's cells is kept in one piece, and headings once for each distinct list of them. Keeping a record
//! takes no longer than its length warrants, whatever it contains, and no cluster can widen the others' rows by more
//! columns than any real one has.

mod column_map;
mod group;
mod held_rows;
mod row_template;
mod spilled;
mod stored_row;
mod type_rows;

pub(crate) use column_map::ColumnMap;
pub(crate) use stored_row::StoredRow;
pub(crate) use type_rows::{TypeRows, type_of};

use super::cell::Render;
use super::left_out::LeftOut;
use super::line_error::LineError;
use crate::arena::Interner;
use crate::record::headings::MAX_COLUMNS;
use crate::record::{Cell, Row, argument, within_argument};
use crate::spill::ClusterStore;
use group::RowGroup;
use row_template::RowTemplate;
use std::collections::{BTreeMap, HashMap};
use std::io;

/// The most columns that one cluster may add to the tables of all types together.
const MAX_ADDED_TO_ALL: usize = 50 * MAX_COLUMNS;

/// The rows of a run by their types, and the clusters that they are from.
#[derive(Debug, Default)]
pub(crate) struct RowStore {
    render: Render,
    pub(crate) clusters: Interner,
    types: Vec<TypeRows>,
    /// The index in `types` for the rows of an argument and a resource.
    by_resource: HashMap<u32, HashMap<Box<str>, usize>>,
    /// The last index for each position.
    by_position: BTreeMap<u32, usize>,
    /// The indexes of the types that have rows.
    filled: Vec<usize>,
    /// True if there were rows of more than one resource.
    several_types: bool,
    /// The number of columns that each cluster has added to all types.
    added: HashMap<u32, usize>,
    /// The index of the last row's type.
    last_type: usize,
    /// The group of the last row.
    last_group: Option<RowGroup>,
    /// The line of the last row.
    template: RowTemplate,
    /// The text of the row that is being pushed.
    text: String,
    /// The bytes of rows that are kept in memory, at most; the others go into files.
    memory: usize,
    /// The bytes of rows that are in memory.
    weight: usize,
    /// Clusters whose rows there is no room for.
    pub(crate) left_out: LeftOut,
}

impl RowStore {
    /// Returns an empty store that keeps cells as `render` writes them, and this many bytes of them in memory.
    pub(crate) fn new(render: Render, memory: usize) -> Self {
        Self {
            render,
            memory,
            ..Self::default()
        }
    }

    /// Keeps a row.
    ///
    /// # Errors
    /// The row would add more columns than its cluster may.
    pub(crate) fn push(&mut self, row: &Row<'_>) -> Result<(), LineError> {
        self.template.forget();
        self.last_group = None;
        let cluster = self.clusters.number(&row.cluster).0;
        let is_same = |rows: &TypeRows| {
            argument(rows.position) == argument(row.position) && row.resource == *rows.resource
        };
        if !self.types.get(self.last_type).is_some_and(is_same) {
            let known = self.by_resource.get(&argument(row.position));
            let known = known.and_then(|known| known.get(row.resource.as_str()).copied());
            let known = known.or_else(|| self.continued(row));
            self.last_type = known.unwrap_or_else(|| self.begin(row));
        }
        if self.left_out.has(cluster) {
            return Ok(());
        }
        let Some(rows) = self.types.get_mut(self.last_type) else {
            return Ok(());
        };
        let added = self.added.get(&cluster).copied().unwrap_or_default();
        let room = MAX_ADDED_TO_ALL.saturating_sub(added);
        let (layout, new) = rows
            .layout(cluster, &row.columns, room)
            .ok_or(LineError::TooManyColumns)?;
        if new > 0 {
            self.added.insert(cluster, added + new);
        }
        let group = RowGroup {
            type_index: self.last_type,
            cluster,
            layout,
        };
        if rows.is_empty() {
            self.filled.push(self.last_type);
        }
        let cells = row.columns.0.iter().map(|(_, cell)| cell);
        let render = |cell: &Cell<'_>, text: &mut String| self.render.append(cell, text);
        let bytes = rows.push(group, cells, render, &mut self.text);
        self.last_group = Some(group);
        self.weigh(bytes);
        Ok(())
    }

    /// Remembers the line of the row that was just pushed, for [`push_line`](Self::push_line).
    pub(crate) fn learn(&mut self, line: &str, row: &Row<'_>) {
        if let Some(group) = self.last_group {
            self.template.learn(line, row, group);
        }
    }

    /// Lets [`push_line`](Self::push_line) keep nothing until a line has been learned.
    #[cfg(test)]
    pub(super) fn forget_last_row(&mut self) {
        self.template.forget();
    }

    /// Keeps the row of a line that differs from the line learned last in its values only. Returns false for any
    /// other line.
    pub(crate) fn push_line(&mut self, line: &str) -> bool {
        let Some(row) = self.template.fit(line) else {
            return false;
        };
        let group = row.group;
        if !self.left_out.has(group.cluster)
            && let Some(rows) = self.types.get_mut(group.type_index)
        {
            if rows.is_empty() {
                self.filled.push(group.type_index);
            }
            let bytes = match row.is_plain {
                // Every renderer leaves plain cells as they are.
                true => rows.push_plain(group, row.bytes()),
                false => {
                    let render = |cell: &str, text: &mut String| self.render.append(&cell.into(), text);
                    rows.push(group, row.cells(), render, &mut self.text)
                }
            };
            self.weigh(bytes);
        }
        true
    }

    /// Counts the memory of a row, and moves rows to files when there are too many in memory.
    fn weigh(&mut self, bytes: usize) {
        self.weight += bytes;
        if self.weight > self.memory {
            // So that this does not happen with every row from now on.
            self.make_room(self.memory / 2);
        }
    }

    /// Begins the rows of a type that a row belongs to.
    fn begin(&mut self, row: &Row<'_>) -> usize {
        let index = self.types.len();
        let first = self.types.first();
        self.several_types |= first.is_some_and(|first| row.resource != *first.resource);
        self.types.push(TypeRows::new(row));
        let of_argument = self.by_resource.entry(argument(row.position)).or_default();
        of_argument.entry(row.resource.as_str().into()).or_insert(index);
        self.by_position.insert(row.position, index);
        index
    }

    /// Returns the index for a row that continues a type after names of another one, as in
    /// `pod/a svc/missing pod/b` where no cluster has the other ones. As in kubectl, another version of the type
    /// directly after it begins a new table.
    fn continued(&self, row: &Row<'_>) -> Option<usize> {
        row.sort.as_ref()?;
        let (_, index) = self.by_position.range(..row.position).next_back()?;
        let rows = self.types.get(*index)?;
        (row.resource == *rows.resource && within_argument(row.position) == 0).then_some(*index)
    }

    /// Returns the types that have rows, with their indexes, in the order of their arguments, and those of a category
    /// as they came.
    pub(crate) fn in_order(&self) -> Vec<(usize, &TypeRows)> {
        let filled = self.filled.iter();
        let mut types: Vec<(usize, &TypeRows)> = filled
            .filter_map(|index| Some((*index, self.types.get(*index)?)))
            .collect();
        types.sort_by_key(|(index, rows)| (argument(rows.position), *index));
        types
    }

    /// Returns true if there were rows of more than one type, printed ones included.
    pub(crate) fn several_types(&self) -> bool {
        self.several_types
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.filled.is_empty()
    }

    /// Forgets the rows and keeps the columns.
    pub(crate) fn clear(&mut self) {
        for index in self.filled.drain(..) {
            if let Some(rows) = self.types.get_mut(index) {
                rows.clear();
            }
        }
        self.weight = 0;
    }

    fn weigh_all(&mut self) {
        self.weight = self.types.iter().map(|rows| rows.held.weight()).sum();
    }
}

impl ClusterStore for RowStore {
    fn size(&self) -> usize {
        self.weight
    }

    /// Moves the rows of the type that has most of them.
    fn put_aside(&mut self) -> io::Result<()> {
        let largest = self.types.iter_mut().max_by_key(|rows| rows.held.weight());
        largest.map_or(Ok(()), TypeRows::spill)?;
        self.weigh_all();
        Ok(())
    }

    fn held(&self) -> impl Iterator<Item = (u32, usize)> {
        let rows = self.types.iter().flat_map(|rows| rows.held.iter());
        rows.map(|row| (row.cluster, row.text.len()))
    }

    fn length_aside(&self, cluster: u32) -> u64 {
        let bytes = |rows: &TypeRows| rows.spilled.clusters().get(&cluster).copied();
        self.types.iter().filter_map(bytes).sum()
    }

    fn leave_out(&mut self, cluster: u32, error: io::Error) {
        self.left_out.add(cluster, self.clusters.name(cluster), &error);
        for rows in &mut self.types {
            rows.leave_out(cluster);
        }
        let types = &self.types;
        self.filled
            .retain(|index| types.get(*index).is_some_and(|rows| !rows.is_empty()));
        self.weigh_all();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::spill::with_disk;

    fn push(store: &mut RowStore, cluster: &str, name: &str) {
        let line = format!(
            r#"{{"kind":"Row","cluster":"{cluster}","resource":"pods","name":"{name}","columns":{{"NAME":"{name}"}}}}"#
        );
        let row: Row<'_> = serde_json::from_str(&line).unwrap();
        store.push(&row).unwrap();
    }

    #[test]
    fn full_disk_leaves_out_the_largest_cluster() {
        for disk in [0, 200_000] {
            let mut store = RowStore::new(Render::full(), 100_000);
            with_disk(disk, || {
                for number in 0..3000 {
                    push(&mut store, "huge", &format!("h{number}-{}", "x".repeat(300)));
                    if number % 50 == 0 {
                        push(&mut store, "small", &format!("s{number}"));
                    }
                }
            });
            let news = store.left_out.take_news();
            assert_eq!(news.len(), 1);
            assert_eq!(news[0].cluster.as_str(), "huge");
            assert!(news[0].message.as_ref().unwrap().contains("no room"));
            let mut names = Vec::new();
            for (_, rows) in store.in_order() {
                assert!(rows.widths().is_none(), "widths are measured again");
                rows.each_row(|row| {
                    names.push(row.cell(0).to_owned());
                    Ok(())
                })
                .unwrap();
            }
            let expected: Vec<String> = (0..3000).step_by(50).map(|number| format!("s{number}")).collect();
            assert_eq!(names, expected);
        }
    }
}
