//! Groups of rows: how many each cluster has of each. Adding is associative and commutative, so the groups of the parts
//! of a fleet add up to those of the fleet.

use super::order::Ranks;
use super::table_order::TableId;
use crate::arena::Interner;
use crate::record::{self, Columns, Group, Str};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{self, Write};

/// Names groups where something is missing from them.
pub(super) const COUNTS: &str = "counts";

/// The groups of all types.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// By the number of the table.
    tables: Vec<GroupTable>,
    groups: Vec<GroupCounts>,
    /// The group of the last row: its table, its key and its number. Many rows are of the same group as the row before.
    last: Option<(u32, Box<str>, usize)>,
}

/// The groups of one type.
#[derive(Debug, Default)]
struct GroupTable {
    identity: TableIdentity,
    /// The numbers of groups by `by`, a JSON object.
    numbers: HashMap<Box<str>, usize>,
}

/// The type that the rows of a table are of.
#[derive(Clone, Debug, Default)]
pub(super) struct TableIdentity {
    pub(super) resource: Box<str>,
    pub(super) type_: Box<str>,
    pub(super) position: u32,
}

/// A group.
#[derive(Debug)]
struct GroupCounts {
    table: u32,
    by: Box<str>,
    /// The number of rows by the number of the cluster, sorted.
    clusters: Vec<(u32, u64)>,
    /// The place of the cluster that was counted last.
    last: usize,
}

impl Groups {
    /// Remembers the type of a table.
    pub(super) fn name_table(&mut self, table: u32, identity: impl FnOnce() -> TableIdentity) {
        let table = table as usize;
        if self.tables.len() <= table {
            self.tables.resize_with(table + 1, GroupTable::default);
        }
        if let Some(table) = self.tables.get_mut(table)
            && table.numbers.is_empty()
        {
            table.identity = identity();
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// Counts rows of a group, whose key is a JSON object of headings and values.
    pub(super) fn add(&mut self, id: TableId, by: &str, rows: u64) {
        let number = match &self.last {
            Some((table, key, number)) if *table == id.table && **key == *by => *number,
            _ => {
                let number = self.number(id.table, by);
                self.last = Some((id.table, by.into(), number));
                number
            }
        };
        if let Some(group) = self.groups.get_mut(number) {
            group.add(id.cluster, rows);
        }
    }

    /// Adds a group that another mc-merge has counted.
    pub(super) fn add_group(&mut self, names: &mut Interner, table: u32, group: &Group<'_>) {
        self.name_table(table, || TableIdentity {
            resource: group.resource.as_str().into(),
            type_: group.type_.as_str().into(),
            position: group.position,
        });
        let by = serde_json::to_string(&group.by).unwrap_or_default();
        for (cluster, rows) in &group.clusters {
            let cluster = names.number(cluster).0;
            self.add(TableId { cluster, table }, &by, *rows);
        }
    }

    fn number(&mut self, table: u32, by: &str) -> usize {
        let next = self.groups.len();
        let Some(known) = self.tables.get_mut(table as usize) else {
            return next;
        };
        if let Some(number) = known.numbers.get(by) {
            return *number;
        }
        known.numbers.insert(by.into(), next);
        self.groups.push(GroupCounts {
            table,
            by: by.into(),
            clusters: Vec::new(),
            last: 0,
        });
        next
    }

    /// Writes the groups of each type, the largest first.
    ///
    /// # Errors
    /// Any error of the output.
    pub(super) fn write(mut self, ranks: &Ranks<'_>, output: &mut dyn Write) -> io::Result<()> {
        self.groups.sort_by_cached_key(|group| {
            let table = ranks.of_table(group.table);
            (table, Reverse(group.count()), group.by.clone())
        });
        for group in &self.groups {
            let Some(GroupTable { identity, .. }) = self.tables.get(group.table as usize) else {
                continue;
            };
            let clusters = group.clusters.iter();
            let clusters = clusters.map(|(cluster, rows)| (Str::from(ranks.name(*cluster)), *rows));
            let record = Group {
                resource: Str::from(&*identity.resource),
                type_: Str::from(&*identity.type_),
                position: identity.position,
                by: serde_json::from_str::<Columns<'_>>(&group.by)?,
                count: group.count(),
                clusters: clusters.collect(),
            };
            record::write(&mut &mut *output, &record)?;
        }
        Ok(())
    }
}

impl GroupCounts {
    fn add(&mut self, cluster: u32, rows: u64) {
        let is_last = |(last, _): &(u32, u64)| *last == cluster;
        if !self.clusters.get(self.last).is_some_and(is_last) {
            self.last = match self
                .clusters
                .binary_search_by_key(&cluster, |(cluster, _)| *cluster)
            {
                Ok(place) => place,
                Err(place) => {
                    self.clusters.insert(place, (cluster, 0));
                    place
                }
            };
        }
        if let Some((_, count)) = self.clusters.get_mut(self.last) {
            *count = count.saturating_add(rows);
        }
    }

    fn count(&self) -> u64 {
        let counts = self.clusters.iter().map(|(_, count)| *count);
        counts.fold(0, u64::saturating_add)
    }
}
