//! Rows that do not fit in memory, in a file for each type.
//!
//! A row in the file is the number of its cluster, the index of its list of columns, the number of its cells and the
//! end of each, four bytes each, and then the text of its cells.

use super::stored_row::StoredRow;
use crate::spill::SpillFile;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};

/// The size of the buffer for reading, in bytes.
const BUFFER: usize = 256 << 10;

/// The rows of a type that came first.
#[derive(Debug, Default)]
pub(super) struct SpilledRows {
    file: Option<SpillFile>,
    /// The clusters of the rows, each with how many bytes are its own.
    clusters: BTreeMap<u32, u64>,
    left_out: BTreeSet<u32>,
}

impl SpilledRows {
    pub(super) fn is_empty(&self) -> bool {
        self.clusters.is_empty()
    }

    /// Returns the clusters of the rows, each with how many bytes of the file are its own.
    pub(super) fn clusters(&self) -> impl Iterator<Item = (u32, u64)> {
        self.clusters.iter().map(|(cluster, bytes)| (*cluster, *bytes))
    }

    /// Appends all of some rows, or none of them. `limit` is the most that a new file may hold, for tests of a full
    /// disk.
    pub(super) fn append<'r>(
        &mut self,
        rows: impl Iterator<Item = StoredRow<'r>>,
        limit: Option<u64>,
    ) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            file => file.insert(limit.map_or_else(SpillFile::create, SpillFile::with_limit)?),
        };
        let length = file.length();
        let mut clusters = BTreeMap::new();
        let written = write(file, rows, &mut clusters);
        match &written {
            Ok(()) => {
                for (cluster, bytes) in clusters {
                    *self.clusters.entry(cluster).or_default() += bytes;
                }
            }
            Err(_) => file.truncate(length),
        }
        written
    }

    /// Forgets a cluster's rows.
    pub(super) fn leave_out(&mut self, cluster: u32) {
        if self.clusters.remove(&cluster).is_some() {
            self.left_out.insert(cluster);
        }
    }

    /// Calls with each row.
    pub(super) fn each(&self, mut call: impl FnMut(StoredRow<'_>) -> io::Result<()>) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut reader = file.reader(0..file.length(), BUFFER);
        let (mut ends, mut bytes) = (Vec::new(), Vec::new());
        let mut left = file.length();
        while left > 0 {
            let mut head = [[0; 4]; 3];
            for number in &mut head {
                reader.read_exact(number)?;
            }
            let [cluster, layout, cells] = head.map(u32::from_le_bytes);
            bytes.clear();
            bytes.resize(cells as usize * 4, 0);
            reader.read_exact(&mut bytes)?;
            ends.clear();
            let (numbers, _) = bytes.as_chunks();
            ends.extend(numbers.iter().map(|number| u32::from_le_bytes(*number)));
            let length = ends.last().copied().unwrap_or_default();
            bytes.clear();
            bytes.resize(length as usize, 0);
            reader.read_exact(&mut bytes)?;
            let taken = 12 + u64::from(cells) * 4 + u64::from(length);
            left = left.saturating_sub(taken);
            if self.left_out.contains(&cluster) {
                continue;
            }
            call(StoredRow {
                cluster,
                layout: layout as usize,
                ends: &ends,
                text: &bytes,
            })?;
        }
        Ok(())
    }
}

/// Writes rows, and adds up how many bytes are whose.
fn write<'r>(
    file: &mut SpillFile,
    rows: impl Iterator<Item = StoredRow<'r>>,
    clusters: &mut BTreeMap<u32, u64>,
) -> io::Result<()> {
    let to_u32 = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    for row in rows {
        let start = file.length();
        let numbers = [row.cluster, to_u32(row.layout), to_u32(row.ends.len())];
        for number in numbers.iter().chain(row.ends) {
            file.append(&number.to_le_bytes())?;
        }
        file.append(row.text)?;
        *clusters.entry(row.cluster).or_default() += file.length() - start;
    }
    file.flush()
}
