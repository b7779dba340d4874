//! How the rows, objects and texts of all clusters become one stream: the seam for strategies.

use super::row_key::KeyFields;
use super::table_order::{TableId, TableOrder};
use crate::arena::Interner;
use crate::exit::Status;
use crate::outcomes::Outcomes;
use crate::record::Group;
use std::collections::BTreeSet;
use std::fmt::Debug;
use std::io::{self, Write};

/// Combines what the clusters sent.
///
/// [`Merger`](super::Merger) reads the records, counts outcomes, and writes Results and the Summary, whatever the
/// strategy: an implementation cannot hide that a cluster failed.
pub(super) trait Order: Debug + Send {
    /// Takes a row or an object, and returns the clusters that had to be left out.
    /// `names` are those of the clusters, by number.
    fn row(&mut self, names: &Interner, table: TableId, key: &KeyFields<'_>, line: &str) -> Vec<NoRoom>;

    /// Takes a text, and returns the clusters that had to be left out.
    fn text(&mut self, cluster: u32, line: &str) -> Vec<NoRoom>;

    /// Takes a group that another mc-merge made of rows of a table.
    fn group(&mut self, names: &mut Interner, table: u32, group: &Group<'_>);

    /// Returns whether it can end while more is to come, which then passes as it arrives.
    fn can_end_early(&self) -> bool {
        false
    }

    /// Ends the input, and returns the clusters that had to be left out only then.
    fn end(&mut self) -> Vec<NoRoom> {
        Vec::new()
    }

    /// Returns what is wrong, which only the rows could tell: with the command line, or with the result.
    fn mistake(&self, _outcomes: &Outcomes) -> Option<(Status, String)> {
        None
    }

    /// Returns a word for what it writes, of which parts are missing if clusters have failed.
    fn lacking(&self) -> Option<&'static str> {
        None
    }

    /// Returns true if it has to know which clusters answered.
    fn needs_answers(&self) -> bool {
        false
    }

    /// Writes everything; of rows and objects nothing unless they are wanted. Returns true if clusters differ and the exit
    /// status is to say so.
    ///
    /// # Errors
    /// Any error of the output, or of the file that lines were put aside in.
    fn write(self: Box<Self>, ranks: &Ranks<'_>, output: &mut dyn Write) -> io::Result<bool>;
}

/// A cluster whose rows and texts are left out because there is no room for them.
#[derive(Debug)]
pub(super) struct NoRoom {
    pub(super) cluster: u32,
    pub(super) error: io::Error,
}

/// The places of clusters and of tables in the output, by their numbers.
#[derive(Debug)]
pub(super) struct Ranks<'a> {
    names: &'a Interner,
    clusters: Vec<u32>,
    tables: Vec<u32>,
    /// False if rows and objects are not to be written.
    pub(super) wants_rows: bool,
    /// The clusters that answered, if that [is needed](Order::needs_answers).
    pub(super) answered: BTreeSet<u32>,
}

impl<'a> Ranks<'a> {
    pub(super) fn new(
        names: &'a Interner,
        tables: &TableOrder,
        wants_rows: bool,
        answered: BTreeSet<u32>,
    ) -> Self {
        let clusters = names.ranks();
        let tables = tables.ranks(&clusters);
        Self {
            names,
            clusters,
            tables,
            wants_rows,
            answered,
        }
    }

    /// Returns the name of a cluster.
    pub(super) fn name(&self, cluster: u32) -> &'a str {
        self.names.name(cluster)
    }

    pub(super) fn of_table(&self, number: u32) -> u32 {
        rank(&self.tables, number)
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
