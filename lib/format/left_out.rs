//! Clusters of which nothing more is printed, since there is no room for what they sent.

use crate::merge::no_room;
use crate::record::Outcome;
use std::collections::BTreeSet;
use std::io;

/// See the module. Clusters are known by their numbers.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    clusters: BTreeSet<u32>,
    news: Vec<Outcome<'static>>,
}

impl LeftOut {
    /// Returns whether a cluster is one of them.
    pub(super) fn has(&self, cluster: u32) -> bool {
        // Hardly ever there are any.
        !self.clusters.is_empty() && self.clusters.contains(&cluster)
    }

    /// Adds one, and why.
    pub(super) fn add(&mut self, cluster: u32, name: &str, error: &io::Error) {
        if self.clusters.insert(cluster) {
            self.news.push(no_room(name, error));
        }
    }

    /// Returns whether any have been added since [`take_news`](Self::take_news).
    pub(super) fn has_news(&self) -> bool {
        !self.news.is_empty()
    }

    /// The Results of those that have been added since the last time, which take the place of their own.
    pub(super) fn take_news(&mut self) -> Vec<Outcome<'static>> {
        std::mem::take(&mut self.news)
    }
}
