//! Lines that did not fit into memory, in a file. Each time memory is full, the lines of each table are appended to it,
//! sorted: a segment. At the end the segments of each table are merged.
//!
//! An entry of a segment is the length of its key and that of its line, four bytes each, then the key and the line.

use super::order::Ranks;
use super::table_order::TableId;
use crate::spill::{SpillFile, SpillReader};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Read as _, Write};
use std::ops::Range;

/// How many bytes of a key are compared. Keys that have more in common count as equal.
const LONGEST_KEY: usize = 64 << 10;

/// The size of all buffers for reading together, in bytes, and the limits for each of them.
const BUFFERS: usize = 32 << 20;
const SMALLEST: usize = 4 << 10;
const LARGEST: usize = 256 << 10;

/// The content of the file.
#[derive(Debug, Default)]
pub(super) struct Spilled {
    file: Option<SpillFile>,
    segments: Vec<Segment>,
    /// The number of times that lines have been put aside.
    times: u32,
    /// See [`SpillFile::with_limit`].
    most: Option<u64>,
}

/// The lines of one table that were put aside at one time, in their order.
#[derive(Clone, Debug)]
struct Segment {
    table: TableId,
    /// True if keys are compared before clusters.
    across: bool,
    time: u32,
    range: Range<u64>,
}

impl Spilled {
    /// Returns true if nothing has been put aside.
    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Acts as if the disk was full when so many bytes have been put aside.
    #[cfg(test)]
    pub(super) fn limit(&mut self, most: u64) {
        self.most = Some(most);
    }

    /// Returns how many bytes of a cluster have been put aside.
    pub(super) fn bytes_of(&self, cluster: u32) -> u64 {
        let of_cluster = self.segments.iter().filter(|one| one.table.cluster == cluster);
        of_cluster.map(|one| one.range.end - one.range.start).sum()
    }

    /// Forgets a cluster.
    pub(super) fn forget(&mut self, cluster: u32) {
        let file = &mut self.file;
        self.segments.retain(|segment| {
            let stays = segment.table.cluster != cluster;
            if !stays && let Some(file) = file {
                file.free(segment.range.clone());
            }
            stays
        });
        if self.segments.is_empty() {
            self.file = None;
        }
    }

    /// Puts aside the lines that `write` adds: all of them, or none if there is no room for all.
    ///
    /// # Errors
    /// There is no room.
    pub(super) fn put_aside(
        &mut self,
        write: impl FnOnce(&mut Writer<'_>) -> io::Result<()>,
    ) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(match self.most {
                Some(most) => SpillFile::with_limit(most)?,
                None => SpillFile::create()?,
            }),
        };
        let (length, before) = (file.length(), self.segments.len());
        self.times += 1;
        let mut writer = Writer {
            file,
            segments: &mut self.segments,
            time: self.times,
        };
        let outcome = write(&mut writer).and_then(|()| writer.file.flush());
        if outcome.is_err() {
            writer.file.truncate(length);
            self.segments.truncate(before);
            if before == 0 {
                self.file = None;
            }
        }
        outcome
    }

    /// Writes the lines of all tables in their order, texts last; rows only if they are wanted.
    ///
    /// # Errors
    /// Any error of the output, or of reading the file.
    pub(super) fn write(self, ranks: &Ranks<'_>, output: &mut dyn Write) -> io::Result<()> {
        let Some(file) = self.file else { return Ok(()) };
        let order = |segment: &Segment| {
            let TableId { cluster, table } = ranks.of(segment.table);
            match segment.across {
                // All clusters' are one group.
                true => (table, 0, 0),
                false => (table, 1, cluster),
            }
        };
        let mut segments = self.segments;
        segments.retain(|segment| ranks.wants_rows || segment.table.is_of_texts());
        segments.sort_by_key(order);
        for group in segments.chunk_by(|one, other| order(one) == order(other)) {
            merge(&file, group, ranks, output)?;
        }
        Ok(())
    }
}

/// Puts lines aside.
pub(super) struct Writer<'s> {
    file: &'s mut SpillFile,
    segments: &'s mut Vec<Segment>,
    time: u32,
}

impl Writer<'_> {
    /// Adds a line with its newline. The lines of one table must follow one another.
    pub(super) fn add(&mut self, table: TableId, across: bool, key: &[u8], line: &[u8]) -> io::Result<()> {
        let start = self.file.length();
        let key = key.get(..LONGEST_KEY).unwrap_or(key);
        for length in [key.len(), line.len()] {
            let length = u32::try_from(length).unwrap_or(u32::MAX);
            self.file.append(&length.to_le_bytes())?;
        }
        self.file.append(key)?;
        self.file.append(line)?;
        let end = self.file.length();
        match self.segments.last_mut() {
            Some(last) if (last.time, last.table, last.across) == (self.time, table, across) => {
                last.range.end = end;
            }
            _ => self.segments.push(Segment {
                table,
                across,
                time: self.time,
                range: start..end,
            }),
        }
        Ok(())
    }
}

/// Reads a segment.
struct Cursor<'f> {
    reader: SpillReader<'f>,
    /// The bytes of it that are still to be read.
    left: u64,
    /// The length of the next line.
    line: u32,
}

impl Cursor<'_> {
    /// Reads the key of the next line into the buffer that it is given; `None` at the end.
    fn next(&mut self, mut key: Vec<u8>) -> io::Result<Option<Vec<u8>>> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut lengths = [[0; 4]; 2];
        for length in &mut lengths {
            self.reader.read_exact(length)?;
        }
        let [key_length, line] = lengths.map(u32::from_le_bytes);
        self.line = line;
        key.clear();
        key.resize(key_length as usize, 0);
        self.reader.read_exact(&mut key)?;
        let taken = 8 + u64::from(key_length) + u64::from(line);
        self.left = self.left.saturating_sub(taken);
        Ok(Some(key))
    }

    fn write(&mut self, output: &mut dyn Write) -> io::Result<()> {
        let length = u64::from(self.line);
        let copied = io::copy(&mut self.reader.by_ref().take(length), output)?;
        match copied == length {
            true => Ok(()),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Writes the lines of some sorted segments: by key, then by cluster, then in the order of arrival.
fn merge(
    file: &SpillFile,
    segments: &[Segment],
    ranks: &Ranks<'_>,
    output: &mut dyn Write,
) -> io::Result<()> {
    let buffer = (BUFFERS / segments.len().max(1)).clamp(SMALLEST, LARGEST);
    let mut cursors: Vec<Cursor<'_>> = segments
        .iter()
        .map(|segment| Cursor {
            reader: file.reader(segment.range.clone(), buffer),
            left: segment.range.end - segment.range.start,
            line: 0,
        })
        .collect();
    let mut next = BinaryHeap::new();
    for (index, (cursor, segment)) in cursors.iter_mut().zip(segments).enumerate() {
        if let Some(key) = cursor.next(Vec::new())? {
            let cluster = ranks.of_cluster(segment.table.cluster);
            next.push(Reverse((key, cluster, segment.time, index)));
        }
    }
    while let Some(Reverse((key, cluster, time, index))) = next.pop() {
        let Some(cursor) = cursors.get_mut(index) else {
            continue;
        };
        cursor.write(output)?;
        if let Some(key) = cursor.next(key)? {
            next.push(Reverse((key, cluster, time, index)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
