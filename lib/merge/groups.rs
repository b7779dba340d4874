//! Groups of rows: how many each cluster has of each. Adding is associative and commutative, so the groups of the parts
//! of a fleet add up to those of the fleet.

use super::computation::Values;
use super::order::Ranks;
use super::row_key::KeyFields;
use super::table_order::TableId;
use crate::arena::Interner;
use crate::record::{self, Columns, Group, Str};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{self, Write};

/// Names groups where something is missing from them.
pub(super) const COUNTS: &str = "counts lack";

/// The groups of all types.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// By the number of the table.
    tables: Vec<GroupTable>,
    groups: Vec<GroupCounts>,
    /// The group of the last row: its table, its key and its number. Many rows are of the same group as the row before.
    last: Option<(u32, Box<str>, usize)>,
    /// The key that was looked for last.
    key: String,
}

/// The identity of a group in its table.
pub(super) struct GroupKey<'a> {
    /// A JSON object of headings and values.
    pub(super) by: &'a str,
    /// The [rest](suffix), which is the same for all groups of one strategy.
    pub(super) suffix: &'a str,
    pub(super) folded: bool,
    /// The values of a group without rows.
    pub(super) values: &'a [Values],
    /// The changes that it is about, as JSON.
    pub(super) changes: &'a str,
    /// True if it is of a group that another mc-merge has made.
    pub(super) is_incoming: bool,
}

/// Returns what tells the groups of one strategy from those of another.
pub(super) fn suffix(folded: bool, values: &[Values]) -> String {
    let folded = if folded { "\nfolded" } else { "" };
    values
        .iter()
        .map(Values::identity)
        .fold(folded.to_owned(), |all, one| all + &one)
}

/// The groups of one type.
#[derive(Debug, Default)]
struct GroupTable {
    identity: TableIdentity,
    /// The numbers of groups by their keys.
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
    /// A JSON object.
    by: Box<str>,
    folded: bool,
    values: Vec<Values>,
    /// A JSON list; empty if there are none.
    changes: Box<str>,
    /// The number of rows by the number of the cluster, sorted.
    clusters: Vec<(u32, u64)>,
    /// The place of the cluster that was counted last.
    last: usize,
}

impl TableIdentity {
    pub(super) fn of_row(key: &KeyFields<'_>) -> Self {
        Self {
            resource: key.resource.as_str().into(),
            type_: key.type_.as_str().into(),
            position: key.position,
        }
    }
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

    /// Counts rows of a group, and returns its values.
    pub(super) fn add(&mut self, id: TableId, key: &GroupKey<'_>, rows: u64) -> Option<&mut [Values]> {
        let number = match &self.last {
            Some((table, last, number)) if *table == id.table && **last == *key.by && !key.is_incoming => {
                *number
            }
            _ => {
                let number = self.number(id.table, key);
                self.last = (!key.is_incoming).then(|| (id.table, key.by.into(), number));
                number
            }
        };
        let group = self.groups.get_mut(number)?;
        group.add(id.cluster, rows);
        Some(&mut group.values)
    }

    /// Adds a group that another mc-merge has counted.
    pub(super) fn add_group(&mut self, names: &mut Interner, table: u32, group: &Group<'_>) {
        self.name_table(table, || TableIdentity {
            resource: group.resource.as_str().into(),
            type_: group.type_.as_str().into(),
            position: group.position,
        });
        let by = serde_json::to_string(&group.by).unwrap_or_default();
        let changes = match group.changes.is_empty() {
            true => String::new(),
            false => serde_json::to_string(&group.changes).unwrap_or_default(),
        };
        let values: Vec<Values> = group.computed.iter().map(Values::of_record).collect();
        let empty: Vec<Values> = values.iter().map(Values::emptied).collect();
        let key = GroupKey {
            by: &by,
            suffix: &(suffix(group.folded, &values) + &changes),
            changes: &changes,
            folded: group.folded,
            values: &empty,
            is_incoming: true,
        };
        for (index, (cluster, rows)) in group.clusters.iter().enumerate() {
            let cluster = names.number(cluster).0;
            let own = self.add(TableId { cluster, table }, &key, *rows);
            // They are of all clusters together.
            if index == 0 {
                let both = own.into_iter().flatten().zip(&values);
                both.for_each(|(own, values)| own.add(values));
            }
        }
    }

    fn number(&mut self, table: u32, key: &GroupKey<'_>) -> usize {
        let next = self.groups.len();
        let Some(known) = self.tables.get_mut(table as usize) else {
            return next;
        };
        self.key.clear();
        self.key.push_str(key.by);
        self.key.push_str(key.suffix);
        if let Some(number) = known.numbers.get(self.key.as_str()) {
            return *number;
        }
        known.numbers.insert(self.key.as_str().into(), next);
        self.groups.push(GroupCounts {
            table,
            by: key.by.into(),
            folded: key.folded,
            values: key.values.to_vec(),
            changes: key.changes.into(),
            clusters: Vec::new(),
            last: 0,
        });
        next
    }

    /// Returns how many values were not numbers, for the first computation with such values.
    pub(super) fn not_numbers(&self) -> Option<(usize, u64)> {
        let of_place = |place: usize| {
            let others = self.groups.iter().filter_map(|group| group.values.get(place));
            others.map(Values::other).fold(0, u64::saturating_add)
        };
        let places = self.groups.iter().map(|group| group.values.len()).max()?;
        (0..places)
            .map(|place| (place, of_place(place)))
            .find(|(_, other)| *other > 0)
    }

    /// Writes the groups of each type, the largest first.
    ///
    /// # Errors
    /// Any error of the output.
    pub(super) fn write(mut self, ranks: &Ranks<'_>, output: &mut dyn Write) -> io::Result<()> {
        self.groups.sort_by_cached_key(|group| {
            let table = ranks.of_table(group.table);
            // Folded rows are in the order in which kubectl would print them, and groups by their size.
            let count = if group.folded { 0 } else { group.count() };
            (table, Reverse(count), group.by.clone())
        });
        for group in &self.groups {
            let Some(GroupTable { identity, .. }) = self.tables.get(group.table as usize) else {
                continue;
            };
            let clusters = group.clusters.iter();
            let clusters = clusters.map(|(cluster, rows)| (Str::from(ranks.name(*cluster)), *rows));
            let json: Vec<_> = group.values.iter().map(Values::json).collect();
            let values = group.values.iter().zip(&json);
            let record = Group {
                resource: Str::from(&*identity.resource),
                type_: Str::from(&*identity.type_),
                position: identity.position,
                by: serde_json::from_str::<Columns<'_>>(&group.by)?,
                count: group.count(),
                clusters: clusters.collect(),
                folded: group.folded,
                changes: serde_json::from_str(&group.changes).unwrap_or_default(),
                computed: values.map(|(values, json)| values.record(json)).collect(),
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
