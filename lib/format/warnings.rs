//! Lines for stderr that clusters send beside their answers, such as warning headers.

use super::options::Options;
use super::stderr_summary::list;
use crate::record::Text;
use crate::term;
use std::collections::BTreeMap;

/// The lines so far, each once.
#[derive(Debug, Default)]
pub(super) struct Warnings {
    /// The clusters that sent each line, and how many pairs of a line and a cluster came before.
    lines: BTreeMap<String, Vec<(String, usize)>>,
    count: usize,
}

impl Warnings {
    pub(super) fn push(&mut self, text: &Text<'_>) {
        for line in text.text.lines() {
            let clusters = self.lines.entry(line.to_owned()).or_default();
            if clusters.last().is_none_or(|(last, _)| *last != *text.cluster) {
                clusters.push((text.cluster.to_string(), self.count));
                self.count += 1;
            }
        }
    }

    /// Drops the lines of servers. Which type a short name means is said before anything is asked for.
    pub(super) fn keep_short_names(&mut self) {
        self.lines
            .retain(|line, _| line.starts_with("Warning: short name "));
    }

    /// Prints the lines, each with the clusters that sent it, and forgets them. They are in the order in which the
    /// first cluster by name sent them, which does not depend on which cluster is faster.
    pub(super) fn print(&mut self, options: &Options, complain: &mut dyn FnMut(&str)) {
        let lines = std::mem::take(&mut self.lines);
        let mut lines: Vec<_> = lines.iter().collect();
        lines.sort_by_key(|(_, clusters)| clusters.iter().min());
        for (line, clusters) in lines {
            let line = term::escape(line);
            if options.show_cluster_column {
                let clusters = list(clusters.iter().map(|(cluster, _)| cluster.as_str()));
                complain(&format!("{line} ({clusters})"));
            } else {
                complain(&line);
            }
        }
    }
}
