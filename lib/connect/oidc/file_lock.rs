//! Locks on kubeconfigs, held while their tokens are refreshed.

use crate::kubeconfig::Origin;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// The longest wait for another process that refreshes: it waits for a server, and may be stopped.
const PATIENCE: Duration = Duration::from_secs(30);

const RETRY_EVERY: Duration = Duration::from_millis(50);

/// Locks the files of these entries, each once and always in the same order. A file that cannot be locked in time stays
/// unlocked: two refreshes are better than none.
pub(super) async fn all(origins: &[Origin]) -> Vec<File> {
    let mut files: Vec<&Path> = origins.iter().map(|origin| origin.file.as_path()).collect();
    files.sort_unstable();
    files.dedup();
    let deadline = Instant::now() + PATIENCE;
    let mut locks = Vec::new();
    for file in files {
        locks.extend(one(file, deadline).await);
    }
    locks
}

async fn one(path: &Path, deadline: Instant) -> Option<File> {
    while Instant::now() < deadline {
        let file = File::open(path).ok()?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            // The previous holder may have replaced the file.
            Ok(()) if is_still(&file, path) => return Some(file),
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => sleep(RETRY_EVERY).await,
            Err(_) => return None,
        }
    }
    None
}

fn is_still(file: &File, path: &Path) -> bool {
    match (file.metadata(), std::fs::metadata(path)) {
        (Ok(ours), Ok(theirs)) => (ours.dev(), ours.ino()) == (theirs.dev(), theirs.ino()),
        _ => false,
    }
}
