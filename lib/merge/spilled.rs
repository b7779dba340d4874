//! Lines that did not fit into memory. Each time memory is full, the lines of each table are put aside in their order: a
//! segment. At the end the segments of each table are merged.

use super::order::Ranks;
use super::table_order::TableId;
use crate::spill::{SegmentReader, Segments};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Write};
use std::ops::Range;

/// The size of all buffers for reading together, in bytes, and the limits for each of them.
const BUFFERS: usize = 32 << 20;
const SMALLEST: usize = 4 << 10;
const LARGEST: usize = 256 << 10;

/// The label of a segment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct SegmentLabel {
    pub(super) table: TableId,
    /// True if keys are compared before clusters.
    pub(super) across: bool,
}

/// Lines with their newlines and keys, in a file. The numbers of a record are the lengths of its key and of its line.
pub(super) type Spilled = Segments<SegmentLabel>;

/// Writes the lines of all tables in their order, texts last; rows only if they are wanted.
///
/// # Errors
/// Any error of the output, or of reading the file.
pub(super) fn write(spilled: &Spilled, ranks: &Ranks<'_>, output: &mut dyn Write) -> io::Result<()> {
    let order = |label: SegmentLabel| {
        let TableId { cluster, table } = ranks.of(label.table);
        match label.across {
            // All clusters' are one group.
            true => (table, 0, 0),
            false => (table, 1, cluster),
        }
    };
    let mut segments: Vec<_> = spilled.iter().collect();
    segments.retain(|(label, _)| ranks.wants_rows || label.table.is_of_texts());
    // Stable: those of a table stay in the order in which they were put aside.
    segments.sort_by_key(|(label, _)| order(*label));
    for group in segments.chunk_by(|one, other| order(one.0) == order(other.0)) {
        merge(spilled, group, ranks, output)?;
    }
    Ok(())
}

/// Reads a segment.
struct Cursor<'f> {
    reader: SegmentReader<'f>,
    /// The rank of its cluster.
    cluster: u32,
    /// The length of the next line.
    line: u32,
}

impl Cursor<'_> {
    /// Reads the key of the next line into the buffer that it is given; `None` at the end.
    fn next(&mut self, mut key: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        let Some([length, line]) = self.reader.numbers()? else {
            return Ok(None);
        };
        self.line = line;
        self.reader.bytes(length, &mut key)?;
        Ok(Some(key))
    }
}

/// Writes the lines of some sorted segments: by key, then by cluster, then in the order of arrival.
fn merge(
    spilled: &Spilled,
    segments: &[(SegmentLabel, Range<u64>)],
    ranks: &Ranks<'_>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let buffer = (BUFFERS / segments.len().max(1)).clamp(SMALLEST, LARGEST);
    let cursor = |(label, range): &(SegmentLabel, Range<u64>)| {
        Some(Cursor {
            reader: spilled.reader(range.clone(), buffer)?,
            cluster: ranks.of_cluster(label.table.cluster),
            line: 0,
        })
    };
    let mut cursors: Vec<Cursor<'_>> = segments.iter().filter_map(cursor).collect();
    let mut next = BinaryHeap::new();
    for (index, cursor) in cursors.iter_mut().enumerate() {
        if let Some(key) = cursor.next(Vec::new())? {
            next.push(Reverse((key, cursor.cluster, index)));
        }
    }
    while let Some(Reverse((key, cluster, index))) = next.pop() {
        let Some(cursor) = cursors.get_mut(index) else {
            continue;
        };
        cursor.reader.copy(cursor.line, output)?;
        if let Some(key) = cursor.next(key)? {
            next.push(Reverse((key, cluster, index)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
