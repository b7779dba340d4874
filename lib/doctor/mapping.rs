//! The mapping file against the fleet and the kubeconfig.

use super::report::Report;
use crate::config::ClusterMapping;
use crate::error_text::listed;
use crate::kubeconfig::Kubeconfig;
use crate::record::Cluster;
use crate::suggest::did_you_mean;
use std::collections::{BTreeMap, BTreeSet};

/// The largest number of entries that a finding names.
const MOST_NAMED: usize = 10;

/// The files that are compared with each other.
pub struct Mapping<'a> {
    /// The file's content.
    pub mapping: &'a ClusterMapping,
    /// The file, as messages name it.
    pub file: &'a str,
    /// The kubeconfig with the contexts.
    pub kubeconfig: &'a Kubeconfig,
}

impl Mapping<'_> {
    /// Checks the entries. `fleet` is every cluster that there is; `None` where not all of them are known.
    pub fn check(&self, fleet: Option<&[Cluster<'_>]>, report: &mut Report) {
        self.mistyped(report);
        self.shared_contexts(report);
        let unmatched = fleet.map(|fleet| self.unmatched(fleet, report));
        self.missing_contexts(unmatched.as_ref(), report);
    }

    fn mistyped(&self, report: &mut Report) {
        for (name, entry) in &self.mapping.clusters {
            for key in entry.mistyped() {
                let problem = format!(
                    "{}: the entry of cluster {name:?} has the unknown key {key}",
                    self.file
                );
                report.warn(
                    "mapping",
                    problem,
                    "correct the key, which has no effect, or remove it",
                );
            }
        }
    }

    fn shared_contexts(&self, report: &mut Report) {
        let mut clusters: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, context) in self.mapping.contexts() {
            clusters.entry(context).or_default().push(name);
        }
        for (context, names) in clusters.iter().filter(|(_, names)| names.len() > 1) {
            let problem = format!(
                "{} maps {} clusters to one context, {context:?}: {}",
                self.file,
                names.len(),
                listed(names.iter(), MOST_NAMED)
            );
            report.warn(
                "mapping",
                problem,
                "map each to a context of its own: as it is, the rows of one cluster show under several names",
            );
        }
    }

    /// Warns of the entries that match no cluster of the fleet, and returns their names.
    fn unmatched(&self, fleet: &[Cluster<'_>], report: &mut Report) -> BTreeSet<&str> {
        let found = fleet.iter().filter_map(|cluster| {
            let (name, _) = self.mapping.find(&cluster.cluster, cluster.profile.as_deref())?;
            Some(name)
        });
        let matched: BTreeSet<&str> = found.collect();
        let names = self.mapping.clusters.keys().map(String::as_str);
        let unmatched: Vec<&str> = names.filter(|name| !matched.contains(name)).collect();
        let (entries, match_) = match unmatched.as_slice() {
            [] => return BTreeSet::new(),
            [_] => ("1 entry".to_owned(), "matches"),
            several => (format!("{} entries", several.len()), "match"),
        };
        let near = |name: &&str| {
            let clusters = fleet.iter().map(|cluster| cluster.cluster.as_str());
            let unmapped = clusters.filter(|cluster| !matched.contains(cluster));
            format!("{name:?}{}", did_you_mean(name, unmapped))
        };
        let problem = format!(
            "{entries} of {} {match_} no cluster of the fleet: {}",
            self.file,
            listed(unmatched.iter().map(near), MOST_NAMED)
        );
        report.warn(
            "mapping",
            problem,
            "correct the name to that of the ClusterProfile, or remove the entry",
        );
        unmatched.into_iter().collect()
    }

    /// Warns of contexts that do not exist in entries that match no cluster. For other entries, the check of the cluster
    /// reports it.
    fn missing_contexts(&self, unmatched: Option<&BTreeSet<&str>>, report: &mut Report) {
        for (name, context) in self.mapping.contexts() {
            let is_said = unmatched.is_none_or(|unmatched| !unmatched.contains(name));
            if is_said || self.kubeconfig.has_context(context) {
                continue;
            }
            let problem = format!(
                "{} maps cluster {name:?} to context {context:?}, which is not in the kubeconfig{}",
                self.file,
                self.kubeconfig.did_you_mean(context)
            );
            report.warn(
                "mapping",
                problem,
                "correct the context's name, or remove the entry",
            );
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Mapping, Report};
    use crate::config::ClusterMapping;
    use crate::kubeconfig::Kubeconfig;
    use crate::record::{Cluster, bare_cluster};
    use std::path::Path;

    const KUBECONFIG: &str = "clusters: [{name: k, cluster: {server: 'https://h'}}]\n\
        contexts: [{name: one, context: {cluster: k}}, {name: two, context: {cluster: k}}]\n";

    fn said(mapping: &str, fleet: Option<&[&str]>) -> Vec<String> {
        let mut report = Report::default();
        let clusters: Option<Vec<Cluster<'_>>> =
            fleet.map(|fleet| fleet.iter().map(|name| bare_cluster(name)).collect());
        Mapping {
            mapping: &ClusterMapping::from_text(mapping, Path::new("m")).unwrap(),
            file: "MAPPING",
            kubeconfig: &Kubeconfig::from_text(KUBECONFIG, Path::new("k")).unwrap(),
        }
        .check(clusters.as_deref(), &mut report);
        report
            .findings
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn entries_that_match_no_cluster_are_named() {
        let mapping =
            "clusters: [{name: a, context: one}, {name: prod-ue, context: two}, {name: zzz, context: tow}]";
        assert_eq!(
            said(mapping, Some(&["a", "prod-eu"])),
            [
                "2 entries of MAPPING match no cluster of the fleet: \"prod-ue\" (did you mean \"prod-eu\"?), \"zzz\"",
                "MAPPING maps cluster \"zzz\" to context \"tow\", which is not in the kubeconfig (did you mean \"two\"?)"
            ]
        );
        assert_eq!(said(mapping, Some(&["a", "prod-ue", "zzz"])), [""; 0]);
        assert_eq!(said(mapping, None), [""; 0], "the fleet is not known");
    }

    #[test]
    fn clusters_that_share_a_context_are_named() {
        assert_eq!(
            said("clusters: {a: one, b: two, c: one}", None),
            ["MAPPING maps 2 clusters to one context, \"one\": a, c"]
        );
    }

    #[test]
    fn key_that_is_nearly_known_is_named() {
        assert_eq!(
            said("clusters: [{name: a, context: one, regoin: eu, owner: me}]", None),
            ["MAPPING: the entry of cluster \"a\" has the unknown key \"regoin\" (did you mean \"region\"?)"]
        );
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (10..25)
            .map(|number| format!("{{name: c{number}, region: eu}}"))
            .collect();
        let said = said(&format!("clusters: [{}]", names.join(", ")), Some(&["zzzz"]));
        assert!(said[0].starts_with("15 entries of MAPPING match no"), "{said:?}");
        assert!(said[0].ends_with("\"c19\" and 5 more"), "{said:?}");
    }
}
