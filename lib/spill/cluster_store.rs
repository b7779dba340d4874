//! Stores that hold what clusters sent, and the one thing to do when both memory and disk are full.

use std::collections::BTreeMap;
use std::io;

/// Holds records of clusters, which go by number, in memory and in files.
pub(crate) trait ClusterStore {
    /// Returns about how many bytes of memory it takes.
    fn size(&self) -> usize;

    /// Moves records from memory to a file.
    ///
    /// # Errors
    /// There is no room for them. They are still in memory then.
    fn put_aside(&mut self) -> io::Result<()>;

    /// Returns the cluster and the length of each record in memory.
    fn held(&self) -> impl Iterator<Item = (u32, usize)>;

    /// Returns how many bytes of a cluster are in files.
    fn length_aside(&self, cluster: u32) -> u64;

    /// Drops the records of a cluster, since there is no room for them.
    fn leave_out(&mut self, cluster: u32, error: io::Error);

    /// Moves records to files until so many bytes of memory are enough. Where the disk is full, leaves out the largest
    /// cluster, and others, until there is room or the rest fits into memory.
    fn make_room(&mut self, enough: usize) {
        while self.size() > enough {
            let Err(error) = self.put_aside() else { continue };
            // Leaving out a cluster that has nothing in memory would free none of it.
            let mut bytes: BTreeMap<u32, u64> = BTreeMap::new();
            for (cluster, length) in self.held() {
                *bytes.entry(cluster).or_default() += length as u64;
            }
            let in_all = |(cluster, held): &(u32, u64)| held + self.length_aside(*cluster);
            let Some((largest, _)) = bytes.into_iter().max_by_key(in_all) else {
                return;
            };
            self.leave_out(largest, error);
        }
    }
}
