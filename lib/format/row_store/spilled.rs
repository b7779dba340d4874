//! Rows that do not fit in memory, in a file for each type.

use super::stored_row::StoredRow;
use crate::spill::Segments;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// The rows of a type that came first. The numbers of a record are that of its cluster, the index of its list of columns,
/// and that of its cells, followed by the end of each cell.
#[derive(Debug, Default)]
pub(super) struct SpilledRows {
    /// Under one label, since the rows of all clusters stay in their order.
    rows: Segments<()>,
    /// The clusters of the rows, each with how many bytes are its own.
    clusters: BTreeMap<u32, u64>,
    left_out: BTreeSet<u32>,
}

impl SpilledRows {
    pub(super) fn is_empty(&self) -> bool {
        self.clusters.is_empty()
    }

    /// Returns the clusters of the rows, each with how many bytes of the file are its own.
    pub(super) fn clusters(&self) -> &BTreeMap<u32, u64> {
        &self.clusters
    }

    /// Appends all of some rows, or none of them.
    pub(super) fn append<'r>(&mut self, rows: impl Iterator<Item = StoredRow<'r>>) -> io::Result<()> {
        let mut clusters = self.clusters.clone();
        self.rows.put_aside(|writer| {
            for row in rows {
                let numbers = [row.cluster as usize, row.layout, row.ends.len()];
                let ends = row.ends.iter().map(|end| *end as usize);
                let length = writer.add((), numbers.into_iter().chain(ends), &[row.text])?;
                *clusters.entry(row.cluster).or_default() += length;
            }
            Ok(())
        })?;
        self.clusters = clusters;
        Ok(())
    }

    /// Forgets a cluster's rows.
    pub(super) fn leave_out(&mut self, cluster: u32) {
        if self.clusters.remove(&cluster).is_some() {
            self.left_out.insert(cluster);
        }
    }

    /// Calls with each row.
    pub(super) fn each(&self, mut call: impl FnMut(StoredRow<'_>) -> io::Result<()>) -> io::Result<()> {
        let (mut ends, mut bytes) = (Vec::new(), Vec::new());
        for mut reader in self.rows.readers(|()| true) {
            while let Some([cluster, layout, cells]) = reader.numbers()? {
                reader.bytes(cells.saturating_mul(4), &mut bytes)?;
                ends.clear();
                let (numbers, _) = bytes.as_chunks();
                ends.extend(numbers.iter().map(|number| u32::from_le_bytes(*number)));
                reader.bytes(ends.last().copied().unwrap_or_default(), &mut bytes)?;
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
        }
        Ok(())
    }
}
