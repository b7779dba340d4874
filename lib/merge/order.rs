//! How the rows, objects and texts of all clusters become one stream: the seam for strategies.

use super::row_key::KeyFields;
use super::table_order::{TableId, TableOrder};
use crate::arena::Interner;
use std::fmt::Debug;
use std::io::{self, Write};

/// Combines what the clusters sent.
///
/// [`Merger`](super::Merger) reads the records, counts outcomes, and writes Results and the Summary, whatever the
/// strategy: an implementation cannot hide that a cluster failed.
pub(super) trait Order: Debug + Send {
    /// Takes a row or an object, and returns the clusters that had to be left out.
    fn row(&mut self, table: TableId, key: &KeyFields<'_>, line: &str) -> Vec<NoRoom>;

    /// Takes a text, and returns the clusters that had to be left out.
    fn text(&mut self, cluster: u32, line: &str) -> Vec<NoRoom>;

    /// Ends the input, and returns the clusters that had to be left out only then.
    fn end(&mut self) -> Vec<NoRoom> {
        Vec::new()
    }

    /// Writes everything; of rows and objects nothing unless they are wanted.
    ///
    /// # Errors
    /// Any error of the output, or of the file that lines were put aside in.
    fn write(self: Box<Self>, ranks: &Ranks, wants_rows: bool, output: &mut dyn Write) -> io::Result<()>;
}

/// A cluster whose rows and texts are left out because there is no room for them.
#[derive(Debug)]
pub(super) struct NoRoom {
    pub(super) cluster: u32,
    pub(super) error: io::Error,
}

/// The places of clusters and of tables in the output, by their numbers.
#[derive(Debug)]
pub(super) struct Ranks {
    clusters: Vec<u32>,
    tables: Vec<u32>,
}

impl Ranks {
    pub(super) fn new(clusters: &Interner, tables: &TableOrder) -> Self {
        let clusters = clusters.ranks();
        let tables = tables.ranks(&clusters);
        Self { clusters, tables }
    }

    pub(super) fn of_cluster(&self, number: u32) -> u32 {
        rank(&self.clusters, number)
    }

    /// Returns the ranks of both the cluster and the table.
    pub(super) fn of(&self, id: TableId) -> TableId {
        TableId {
            cluster: rank(&self.clusters, id.cluster),
            table: rank(&self.tables, id.table),
        }
    }
}

fn rank(ranks: &[u32], number: u32) -> u32 {
    ranks.get(number as usize).copied().unwrap_or(u32::MAX)
}
