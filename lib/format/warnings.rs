//! Lines for stderr that clusters send beside their answers, such as warning headers.

use super::cluster_names::list;
use super::options::Options;
use crate::record::Text;
use crate::term;
use std::collections::BTreeMap;

/// The lines so far, each once.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    lines: BTreeMap<String, Warning>,
    /// How many pairs of a line and a cluster came.
    count: usize,
}

#[derive(Debug, Default)]
struct Warning {
    /// The clusters that sent it, and how many pairs of a line and a cluster came before.
    clusters: Vec<(String, usize)>,
    /// As in [`Text::about_types`].
    about_types: bool,
}

impl Warnings {
    pub(super) fn push(&mut self, text: &Text<'_>) {
        for line in text.text.lines() {
            let warning = self.lines.entry(line.to_owned()).or_default();
            warning.about_types |= text.about_types;
            let clusters = &mut warning.clusters;
            if clusters.last().is_none_or(|(last, _)| *last != *text.cluster) {
                clusters.push((text.cluster.to_string(), self.count));
                self.count += 1;
            }
        }
    }

    /// Keeps only lines about the types that were asked for.
    pub(super) fn keep_about_types(&mut self) {
        self.lines.retain(|_, warning| warning.about_types);
    }

    /// Prints the lines, each with the clusters that sent it, and forgets them. They are in the order in which the
    /// first cluster by name sent them, which does not depend on which cluster is faster.
    pub(super) fn print(&mut self, options: &Options, complain: &mut dyn FnMut(&str)) {
        let lines = std::mem::take(&mut self.lines);
        let mut lines: Vec<_> = lines.iter().collect();
        lines.sort_by_key(|(_, warning)| warning.clusters.iter().min());
        for (line, warning) in lines {
            let line = term::escape(line);
            if options.show_cluster_column {
                let clusters = list(warning.clusters.iter().map(|(cluster, _)| cluster.as_str()));
                complain(&format!("{line} ({clusters})"));
            } else {
                complain(&line);
            }
        }
    }
}
