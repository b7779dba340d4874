//! All rows and objects of all clusters, in the order in which kubectl would print them, then all texts.

use super::groups::{COUNTS, Groups};
use super::order::{NoRoom, Order, Ranks};
use super::row_key::KeyFields;
use super::sort_keys::SortKeys;
use super::spilled::{self, SegmentLabel, Spilled};
use super::table_order::TableId;
use crate::arena::{Arena, Interner, Span};
use crate::record::Group;
use crate::spill::ClusterStore;
use std::io::{self, Write};

/// How many bytes of a key are compared once lines are put aside. Keys that have more in common count as equal.
const LONGEST_KEY: usize = 64 << 10;

/// The order in which kubectl would print them. See the documentation of [`merge`](super).
#[derive(Debug)]
pub(super) struct Union {
    lines: Arena,
    keys: SortKeys,
    /// The key of the row that came last.
    key: Vec<u8>,
    /// Rows, objects and texts in the order of arrival.
    stored: Vec<Stored>,
    /// Lines that did not fit into memory.
    spilled: Spilled,
    /// Groups that other mc-merges have made.
    groups: Groups,
    /// How many bytes may be in memory.
    most_held: usize,
    /// The clusters that have been left out since they were last returned.
    left_out: Vec<NoRoom>,
}

/// A line that waits for its turn.
#[derive(Clone, Copy, Debug)]
struct Stored {
    table: TableId,
    /// True if its key is compared before its cluster.
    across: bool,
    /// How many came before it. It names the key.
    number: u32,
    line: Span,
}

impl Union {
    /// Creates one that holds about so many bytes in memory, and the rest in a file.
    pub(super) fn new(most_held: usize) -> Self {
        Self {
            lines: Arena::default(),
            keys: SortKeys::default(),
            key: Vec::new(),
            stored: Vec::new(),
            spilled: Spilled::default(),
            groups: Groups::default(),
            most_held,
            left_out: Vec::new(),
        }
    }

    /// Keeps a line whose key is in `self.key`.
    fn keep(&mut self, table: TableId, across: bool, line: &str) -> Vec<NoRoom> {
        if !self.keys.push(table, across, &self.key) {
            self.keep_keys();
            self.keys.add(&self.key);
        }
        self.stored.push(Stored {
            table,
            across,
            number: u32::try_from(self.stored.len()).unwrap_or(u32::MAX),
            line: self.lines.keep_line(line),
        });
        self.make_room(self.most_held);
        std::mem::take(&mut self.left_out)
    }

    /// Keeps the keys of all rows that have come.
    fn keep_keys(&mut self) {
        let mut key = Vec::new();
        for stored in &self.stored {
            read_key(&self.lines, stored, &mut key);
            self.keys.add(&key);
        }
    }
}

impl ClusterStore for Union {
    fn size(&self) -> usize {
        self.lines.size() + self.stored.len() * size_of::<Stored>() + self.keys.size()
    }

    fn put_aside(&mut self) -> io::Result<()> {
        let Self {
            lines,
            keys,
            key,
            stored,
            spilled,
            ..
        } = self;
        // By the numbers of tables: the ranks are known only at the end.
        stored.sort_by(|a, b| {
            let table = |stored: &Stored| (stored.table.table, stored.table.cluster, stored.across);
            let by_table = table(a).cmp(&table(b));
            by_table.then_with(|| keys.get(a.number).cmp(&keys.get(b.number)))
        });
        let outcome = spilled.put_aside(|writer| {
            for stored in &*stored {
                let line = lines.get_bytes(stored.line);
                let key = match keys.get(stored.number) {
                    Some(key) => key,
                    None => {
                        read_key(lines, stored, key);
                        key.as_slice()
                    }
                };
                let key = key.get(..LONGEST_KEY).unwrap_or(key);
                let label = SegmentLabel {
                    table: stored.table,
                    across: stored.across,
                };
                writer.add(label, [key.len(), line.len()], &[key, line])?;
            }
            Ok(())
        });
        if outcome.is_err() {
            // Keys are known by the numbers that the lines had when they came.
            stored.sort_by_key(|stored| stored.number);
            return outcome;
        }
        self.stored = Vec::new();
        self.keys = SortKeys::default();
        self.lines = Arena::default();
        Ok(())
    }

    fn held(&self) -> impl Iterator<Item = (u32, usize)> {
        self.stored
            .iter()
            .map(|stored| (stored.table.cluster, stored.line.length()))
    }

    fn length_aside(&self, cluster: u32) -> u64 {
        self.spilled.length_of(|label| label.table.cluster == cluster)
    }

    fn leave_out(&mut self, cluster: u32, error: io::Error) {
        self.left_out.push(NoRoom { cluster, error });
        self.spilled.drop_those(|label| label.table.cluster == cluster);
        self.stored.retain(|stored| stored.table.cluster != cluster);
        for (number, stored) in (0..).zip(&mut self.stored) {
            stored.number = number;
        }
        self.lines
            .keep_only(self.stored.iter_mut().map(|stored| &mut stored.line));
        self.keys = SortKeys::default();
        self.keep_keys();
    }
}

impl Order for Union {
    fn can_end_early(&self) -> bool {
        true
    }

    fn row(&mut self, _names: &Interner, table: TableId, key: &KeyFields<'_>, line: &str) -> Vec<NoRoom> {
        key.write_key(&mut self.key);
        self.keep(table, key.is_across(), line)
    }

    fn text(&mut self, cluster: u32, line: &str) -> Vec<NoRoom> {
        self.key.clear();
        self.keep(TableId::of_texts(cluster), false, line)
    }

    fn group(&mut self, names: &mut Interner, table: u32, group: &Group<'_>) {
        self.groups.add_group(names, table, group);
    }

    fn lacking(&self) -> Option<&'static str> {
        (!self.groups.is_empty()).then_some(COUNTS)
    }

    fn end(&mut self) -> Vec<NoRoom> {
        if !self.spilled.is_empty() {
            self.make_room(0);
        }
        std::mem::take(&mut self.left_out)
    }

    fn write(self: Box<Self>, ranks: &Ranks<'_>, output: &mut dyn Write) -> io::Result<bool> {
        let Self {
            mut lines,
            keys,
            mut stored,
            spilled,
            groups,
            ..
        } = *self;
        if ranks.wants_rows {
            groups.write(ranks, output)?;
        }
        spilled::write(&spilled, ranks, output)?;
        if !ranks.wants_rows {
            stored.retain(|stored| stored.table.is_of_texts());
        }
        for stored in &mut stored {
            stored.table = ranks.of(stored.table);
        }
        // References, since sorting moves what it sorts. It is stable: equal keys stay in the order of arrival.
        let mut sorted: Vec<&Stored> = stored.iter().collect();
        sorted.sort_by(|a, b| {
            let table = |stored: &Stored| (stored.table.table, !stored.across);
            let by_cluster = || a.table.cluster.cmp(&b.table.cluster);
            let by_key = || keys.get(a.number).cmp(&keys.get(b.number));
            let by_table = table(a).cmp(&table(b));
            by_table.then_with(|| match a.across {
                true => by_key().then_with(by_cluster),
                false => by_cluster().then_with(by_key),
            })
        });
        drop(keys);
        let mut in_order = sorted.into_iter().map(|stored| stored.line);
        let mut next = in_order.next();
        while let Some(first) = next {
            // Lines that came one after the other, as most of a cluster's did, are written from where they are.
            let mut together = first;
            let mut count = 1;
            next = loop {
                let line = in_order.next();
                match line.and_then(|line| together.followed_by(line)) {
                    Some(longer) => together = longer,
                    None => break line,
                }
                count += 1;
            };
            output.write_all(lines.get_bytes(together))?;
            lines.release(together, count);
        }
        Ok(false)
    }
}

/// Reads the key of a line that has been read before.
fn read_key(lines: &Arena, stored: &Stored, key: &mut Vec<u8>) {
    key.clear();
    if !stored.table.is_of_texts()
        && let Ok((fields, _)) = KeyFields::read(lines.get(stored.line).trim_end())
    {
        fields.write_key(key);
    }
}
