//! Lines that wait to be put in order and are more than memory is to hold, in a file: each time memory is full, the rows of
//! each list go there in their order, one behind the other, and texts as they came. In the end what has been put aside
//! of each list is merged.
//!
//! An entry is the length of its key and that of its line, four bytes each, the key and the line.

use super::row_key::TableId;
use crate::spill::{SpillFile, SpillReader};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io::{self, Read as _, Write};
use std::ops::Range;

/// So many bytes of a key are compared. What has more in common is as good as equal.
const LONGEST_KEY: usize = 64 << 10;

/// The size of all buffers to read with, in bytes, and of each of them at least and at most.
const BUFFERS: usize = 32 << 20;
const SMALLEST: usize = 4 << 10;
const LARGEST: usize = 256 << 10;

/// The content of the file.
#[derive(Debug, Default)]
pub(super) struct Spilled {
    file: Option<SpillFile>,
    segments: Vec<Segment>,
    /// How often something has been put aside.
    times: u32,
    /// See [`SpillFile::with_limit`].
    most: Option<u64>,
}

/// The kind of a segment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Content {
    /// Rows or objects; `across` is as in the merger's rows.
    Rows {
        /// True if their keys are compared before their clusters.
        across: bool,
    },
    /// Texts.
    Texts,
}

/// Lines of one list that were put aside at one time, in their order.
#[derive(Clone, Debug)]
struct Segment {
    content: Content,
    list: TableId,
    time: u32,
    range: Range<u64>,
}

impl Spilled {
    /// Returns whether nothing has been put aside.
    pub(super) fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// Acts as if the disk was full when so many bytes have been put aside.
    #[cfg(test)]
    pub(super) fn limit(&mut self, most: u64) {
        self.most = Some(most);
    }

    /// How many bytes of a cluster's have been put aside.
    pub(super) fn bytes_of(&self, cluster: u32) -> u64 {
        let of_cluster = self.segments.iter().filter(|one| one.list.cluster == cluster);
        of_cluster.map(|one| one.range.end - one.range.start).sum()
    }

    /// Forgets a cluster.
    pub(super) fn forget(&mut self, cluster: u32) {
        let file = &mut self.file;
        self.segments.retain(|segment| {
            let stays = segment.list.cluster != cluster;
            if !stays && let Some(file) = file {
                file.free(segment.range.clone());
            }
            stays
        });
        if self.segments.is_empty() {
            self.file = None;
        }
    }

    /// Puts aside what `write` hands over: all that is in memory, or nothing.
    ///
    /// # Errors
    /// There is no room for it.
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

    /// Writes the lines of all lists in their order, as `rank` has it, which of its two numbers is said to be compared
    /// first; texts come last. Rows are left out unless they are wanted.
    ///
    /// # Errors
    /// Any error of the output; the file cannot be read.
    pub(super) fn write(
        self,
        rank: impl Fn(TableId) -> TableId,
        wants_rows: bool,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let Some(file) = self.file else { return Ok(()) };
        let order = |segment: &Segment| {
            let TableId { cluster, place } = rank(segment.list);
            match segment.content {
                // Those that are compared among all clusters are one group.
                Content::Rows { across: true } => (0, place, 0, 0),
                Content::Rows { across: false } => (0, place, 1, cluster),
                Content::Texts => (1, 0, 0, cluster),
            }
        };
        let mut segments = self.segments;
        segments.retain(|segment| wants_rows || segment.content == Content::Texts);
        segments.sort_by_key(order);
        for group in segments.chunk_by(|one, other| order(one) == order(other)) {
            merge(&file, group, |list| rank(list).cluster, output)?;
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
    /// The next line, with its newline and its key. Those of one list must follow one another.
    pub(super) fn add(&mut self, content: Content, list: TableId, key: &[u8], line: &[u8]) -> io::Result<()> {
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
            Some(last) if (last.time, last.content, last.list) == (self.time, content, list) => {
                last.range.end = end;
            }
            _ => self.segments.push(Segment {
                content,
                list,
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
    /// How many bytes of it are still to be read.
    left: u64,
    /// How long the next line is.
    line: u32,
}

impl Cursor<'_> {
    /// The key of the next line; `None` at the end.
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

/// Writes the lines of some segments, each of which is in order: by key, then by cluster, then as they came.
fn merge(
    file: &SpillFile,
    segments: &[Segment],
    rank: impl Fn(TableId) -> u32,
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
            next.push(Reverse((key, rank(segment.list), segment.time, index)));
        }
    }
    while let Some(Reverse((key, rank, time, index))) = next.pop() {
        let Some(cursor) = cursors.get_mut(index) else {
            continue;
        };
        cursor.write(output)?;
        if let Some(key) = cursor.next(key)? {
            next.push(Reverse((key, rank, time, index)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
