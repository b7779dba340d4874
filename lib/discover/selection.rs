//! Chooses clusters of the fleet by name, label selector, cluster set and health.

use super::finding::Finding;
use super::globs::Globs;
use super::member::Member;
use super::names::quoted_list;
use super::options::Selection;
use crate::exit::Fatal;
use crate::record::{Cluster, Health};
use crate::selector::Selector;
use crate::suggest::{did_you_mean, suggestions};
use std::collections::BTreeSet;

/// The most names that an error lists if none is similar.
const FEW: usize = 10;

/// A parsed [`Selection`].
#[derive(Debug)]
pub struct Filter {
    clusters: Globs,
    exclude: Globs,
    /// The selector with its text, prefixed with the flag.
    selector: Option<(String, Selector)>,
    healthy: bool,
    cluster_sets: Globs,
}

/// A key of the selector that cannot be a label's.
struct OddKey<'s> {
    key: &'s str,
    /// Why not.
    problem: &'s str,
    /// True if some cluster has a property of that name.
    is_property: bool,
}

impl Filter {
    /// Parses a selection, before anything is looked up.
    ///
    /// # Errors
    /// A pattern or the selector cannot be parsed, or a flag is given without any pattern.
    pub fn parse(selection: &Selection) -> Result<Self, Fatal> {
        let example = "name clusters (--clusters='prod-*,eu-1')";
        let by = &selection.named_by;
        let groups = Some(&selection.groups);
        let clusters = Globs::parse_not_empty(&by.clusters, &selection.clusters, groups, example)?;
        let selector = selection.selector.as_ref().map(|text| {
            let named = format!("{} {text:?}", by.selector);
            match Selector::parse(text) {
                Ok(selector) => Ok((named, selector)),
                Err(problem) => Err(Fatal::usage(format!(
                    "{named}: {problem} (write it like 'env in (prod,stage),!legacy')"
                ))),
            }
        });
        Ok(Self {
            clusters,
            exclude: Globs::parse(&by.exclude, &selection.exclude, groups)?,
            selector: selector.transpose()?,
            healthy: selection.healthy,
            cluster_sets: Globs::parse_not_empty(
                &by.cluster_sets,
                &selection.cluster_sets,
                None,
                "name some",
            )?,
        })
    }

    /// Returns true if it selects everything.
    pub fn is_all(&self) -> bool {
        self.clusters.is_empty()
            && self.exclude.is_empty()
            && self.selector.is_none()
            && self.cluster_sets.is_empty()
            && !self.healthy
    }

    /// Returns true if a cluster of this name may be selected. Labels and health are known only after the cluster or
    /// its hub has been asked.
    pub fn may_select(&self, name: &str) -> bool {
        (self.clusters.is_empty() || self.clusters.would_match(name)) && !self.exclude.would_match(name)
    }

    /// Returns the members that are selected. An exclusion that excludes nothing is reported.
    ///
    /// # Errors
    /// A pattern of `--clusters` or `--cluster-set` matches nothing; the selector has a key or a value that is neither
    /// a label's nor a property's; nothing is left.
    pub fn select(
        &self,
        members: Vec<Member>,
        report: &mut dyn FnMut(Finding),
    ) -> Result<Vec<Member>, Fatal> {
        let all: Vec<Cluster<'_>> = members.iter().map(Member::cluster).collect();
        let mut used = (
            self.clusters.clone(),
            self.exclude.clone(),
            self.cluster_sets.clone(),
        );
        let mut odd_keys: Vec<OddKey<'_>> = self
            .selector
            .iter()
            .flat_map(|(_, selector)| selector.doubts())
            .map(|(key, problem)| OddKey {
                key,
                problem,
                is_property: false,
            })
            .collect();
        let (mut named, mut labelled) = (0, 0);
        let mut is_selected = Vec::with_capacity(all.len());
        for cluster in &all {
            let is_in = used.0.matches(&cluster.cluster);
            let is_out = used.1.match_any(&cluster.cluster);
            for odd in &mut odd_keys {
                odd.is_property |= cluster.properties.contains_key(odd.key);
            }
            let mut in_set = self.cluster_sets.is_empty();
            for set in &cluster.cluster_sets {
                in_set |= used.2.match_any(set);
            }
            let is_named = is_in && !is_out && in_set;
            let is_labelled = is_named && self.matches_labels(cluster);
            named += usize::from(is_named);
            labelled += usize::from(is_labelled);
            is_selected.push(is_labelled && !(self.healthy && cluster.health == Health::Unhealthy));
        }
        let (used_clusters, used_exclude, used_sets) = used;
        for text in used_exclude.unused().filter(|_| !all.is_empty()) {
            report(Finding::note(format!(
                "{} {text:?} matches no cluster",
                self.exclude.flag()
            )));
        }
        let unknown: Vec<String> = used_clusters
            .unused()
            .map(|text| unknown_cluster(self.clusters.flag(), text, &all))
            .collect();
        if !unknown.is_empty() {
            return Err(Fatal::failed(unknown.join("\n")));
        }
        if let Some(text) = used_sets.unused().next() {
            return Err(Fatal::failed(unknown_set(self.cluster_sets.flag(), text, &all)));
        }
        if let (Some((named, _)), Some(odd)) = (&self.selector, odd_keys.iter().find(|odd| !odd.is_property))
        {
            let problem = odd.problem;
            return Err(Fatal::usage(format!("{named}: {problem}")));
        }
        if !all.is_empty() && !is_selected.contains(&true) {
            return Err(Fatal::failed(self.nothing_left(&all, named, labelled)));
        }
        let selected = members.into_iter().zip(is_selected);
        Ok(selected
            .filter_map(|(member, is_selected)| is_selected.then_some(member))
            .collect())
    }

    /// Returns true if the selector matches. A label takes precedence over a property of the same name.
    fn matches_labels(&self, cluster: &Cluster<'_>) -> bool {
        self.selector.as_ref().is_none_or(|(_, selector)| {
            selector.matches(|key| {
                let value = cluster.labels.get(key).or_else(|| cluster.properties.get(key));
                value.map(|value| value.as_str())
            })
        })
    }

    fn nothing_left(&self, all: &[Cluster<'_>], named: usize, labelled: usize) -> String {
        match &self.selector {
            _ if named == 0 && !self.cluster_sets.is_empty() => format!(
                "none of {} is in these cluster sets and selected by name: kubectl mc clusters -o json has \
                 their clusterSets",
                count(all.len())
            ),
            _ if named == 0 => format!(
                "{} leaves none of {}: kubectl mc clusters lists them",
                self.exclude.flag(),
                count(all.len())
            ),
            Some((selects, selector)) if labelled == 0 => format!(
                "none of {} matches {selects}:{} see their labels and properties with kubectl mc \
                 clusters -o json",
                count(named),
                unknown_keys(selector, all)
            ),
            _ => format!(
                "none of {} is healthy enough for --healthy: kubectl mc clusters says why",
                count(labelled)
            ),
        }
    }
}

/// Returns a clause about the keys that a selector requires and no cluster has, with similar ones.
fn unknown_keys(selector: &Selector, all: &[Cluster<'_>]) -> String {
    let keys: BTreeSet<&str> = all
        .iter()
        .flat_map(|cluster| cluster.labels.keys().chain(cluster.properties.keys()))
        .map(|key| key.as_str())
        .collect();
    let unknown = selector.wanted_keys().filter(|key| !keys.contains(key));
    unknown
        .map(|key| {
            let similar = did_you_mean(key, keys.iter().copied());
            format!(" no cluster has a label or a property {key:?}{similar};")
        })
        .collect()
}

fn unknown_set(flag: &str, text: &str, all: &[Cluster<'_>]) -> String {
    let sets: BTreeSet<&str> = all
        .iter()
        .flat_map(|cluster| cluster.cluster_sets.iter().map(|set| set.as_str()))
        .collect();
    let hint = match sets.len() {
        0 => ": none of the clusters says which set it is in".to_owned(),
        1..=FEW => format!(": there are {}", quoted_list(&sets)),
        _ => did_you_mean(text, sets.iter().copied()),
    };
    format!("no cluster is in a set that matches {flag} {text:?}{hint}")
}

fn unknown_cluster(flag: &str, text: &str, all: &[Cluster<'_>]) -> String {
    let names = || all.iter().map(|cluster| cluster.cluster.as_str());
    if text.starts_with('@') {
        return format!(
            "no cluster matches {flag} {text:?}: see groups with kubectl mc config view, and clusters with kubectl mc clusters"
        );
    }
    let literal = text.replace(['*', '?', '[', ']', '!'], "");
    let similar = suggestions(&literal, names());
    let hint = if all.is_empty() {
        "the fleet is empty".to_owned()
    } else if !similar.is_empty() {
        format!(
            "similar names are {}; kubectl mc clusters lists all {}",
            quoted_list(&similar),
            all.len()
        )
    } else if all.len() <= FEW {
        format!("there are {}; see kubectl mc clusters", quoted_list(names()))
    } else {
        format!("kubectl mc clusters lists all {}", all.len())
    };
    format!("no cluster matches {flag} {text:?}: {hint}")
}

fn count(clusters: usize) -> String {
    let s = if clusters == 1 { "" } else { "s" };
    format!("{clusters} cluster{s}")
}

#[cfg(test)]
mod tests;
