//! Clusters whose records are not printed because there is no room for them.

use crate::merge::no_room;
use crate::record::Outcome;
use std::collections::BTreeSet;
use std::io;

/// The clusters that are left out, by number.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    clusters: BTreeSet<u32>,
    news: Vec<Outcome<'static>>,
}

impl LeftOut {
    /// Returns true if a cluster is left out.
    pub(super) fn has(&self, cluster: u32) -> bool {
        // There is hardly ever one.
        !self.clusters.is_empty() && self.clusters.contains(&cluster)
    }

    /// Leaves out a cluster because of an error.
    pub(super) fn add(&mut self, cluster: u32, name: &str, error: &io::Error) {
        if self.clusters.insert(cluster) {
            self.news.push(no_room(name, error));
        }
    }

    /// Returns true if a cluster was added since the last [`take_news`](Self::take_news).
    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// Returns the Results of the clusters that were added since the last call. They replace the clusters' own.
    pub(super) fn take_news(&mut self) -> Vec<Outcome<'static>> {
        std::mem::take(&mut self.news)
    }
}
