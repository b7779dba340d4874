//! Reasons to doubt that rows carry the right cluster's name: contexts that lead elsewhere than the hub says, and several
//! clusters that lead to one server.

use super::server_address::ServerAddress;
use std::collections::BTreeMap;

/// The most clusters, or groups of clusters, that a sentence names.
const MOST: usize = 5;

/// The reasons found so far.
#[derive(Debug, Default)]
pub(super) struct Suspicions {
    /// Clusters whose context leads elsewhere, with a clause about it.
    elsewhere: BTreeMap<String, String>,
    /// The clusters that lead to each server, with their addresses.
    by_server: BTreeMap<String, Vec<(String, ServerAddress)>>,
}

impl Suspicions {
    /// Adds a cluster whose context leads elsewhere than its hub says.
    pub fn leads_elsewhere(&mut self, cluster: &str, how: &str) {
        self.elsewhere.insert(cluster.to_owned(), how.to_owned());
    }

    /// Adds the server that a cluster leads to.
    pub fn leads_to(&mut self, cluster: &str, address: ServerAddress) {
        let there = self.by_server.entry(address.server.clone()).or_default();
        if there.iter().all(|(other, _)| other != cluster) {
            there.push((cluster.to_owned(), address));
        }
    }

    /// Returns the groups of clusters that lead to one server, each with its address.
    pub fn same_servers(&self) -> Vec<(Vec<String>, String)> {
        let mut same = Vec::new();
        for (server, clusters) in &self.by_server {
            let mut left: Vec<&(String, ServerAddress)> = clusters.iter().collect();
            while let Some((first, address)) = left.first() {
                let (group, others): (Vec<_>, Vec<_>) = left
                    .iter()
                    .copied()
                    .partition(|(cluster, other)| cluster == first || other.is_same_way(address));
                if group.len() > 1 {
                    let names = group.iter().map(|(cluster, _)| cluster.clone()).collect();
                    same.push((names, server.clone()));
                }
                left = others;
            }
        }
        same
    }

    /// Returns a sentence for each kind of reason.
    pub fn sentences(&self) -> Vec<String> {
        let mut said = Vec::new();
        if !self.elsewhere.is_empty() {
            let named = self
                .elsewhere
                .iter()
                .map(|(cluster, how)| format!("{cluster}: {how}"));
            said.push(format!(
                "the access to {} leads elsewhere than the hub says: {}: correct the mapping or the context, or allow the \
                 host of a gateway in access.allowedHosts; access.verifyServer: true asks no such cluster",
                match self.elsewhere.len() {
                    1 => "a cluster".to_owned(),
                    count => format!("{count} clusters"),
                },
                listed(named)
            ));
        }
        let same = self.same_servers();
        if !same.is_empty() {
            let groups = same
                .iter()
                .map(|(clusters, server)| format!("{} ({server})", listed_with("and", clusters)));
            said.push(format!(
                "several clusters lead to one server, so that its rows come more than once: {}: leave one out with \
                 --exclude, or correct the mapping",
                listed(groups)
            ));
        }
        said
    }
}

fn listed(texts: impl ExactSizeIterator<Item = String>) -> String {
    let more = match texts.len().checked_sub(MOST) {
        Some(more @ 1..) => format!("; and {more} more"),
        _ => String::new(),
    };
    let texts: Vec<String> = texts.take(MOST).collect();
    texts.join("; ") + &more
}

fn listed_with(word: &str, names: &[String]) -> String {
    match names {
        [names @ .., last] if !names.is_empty() && names.len() < MOST => {
            format!("{} {word} {last}", names.join(", "))
        }
        _ => format!(
            "{} {word} {} more",
            names
                .iter()
                .take(MOST)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", "),
            names.len().saturating_sub(MOST)
        ),
    }
}
