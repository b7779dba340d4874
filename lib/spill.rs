//! Files for data that has to wait and does not fit into the memory set aside for it.
//!
//! Such a file has no name, so that no other process can open it, and it disappears with the process, however that
//! ends. It is in the folder that TMPDIR names, otherwise in /tmp.

mod cluster_store;
mod file;
mod segments;
mod spool;

pub(crate) use cluster_store::ClusterStore;
#[cfg(feature = "cluster")]
pub(crate) use file::SpillFile;
#[cfg(test)]
pub(crate) use file::with_disk;
pub(crate) use segments::{SegmentReader, Segments};
pub(crate) use spool::Spool;

/// The bytes that a stage keeps in memory.
pub const MOST_HELD: usize = 256 << 20;

/// The bytes that each stage keeps in memory where several are one process, as on a terminal.
pub(crate) const MOST_HELD_TOGETHER: usize = 64 << 20;
