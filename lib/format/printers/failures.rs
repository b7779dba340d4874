//! Clusters whose answers could not be printed.

use std::collections::BTreeMap;

/// Clusters whose answers could not be printed.
#[derive(Debug, Default)]
pub(crate) struct Failures {
    /// How many could be.
    pub(crate) printed: usize,
    /// How many could not be.
    pub(crate) failed: usize,
    /// What is to be said, and of which clusters.
    pub(crate) texts: BTreeMap<String, Vec<String>>,
}

impl Failures {
    /// Says of those so far what kubectl says where a watch cannot print what is there when it begins.
    pub(crate) fn of_listed(&mut self) {
        let texts = std::mem::take(&mut self.texts).into_iter();
        self.texts = texts
            .map(|(text, clusters)| {
                let why = text.strip_prefix("error: ").unwrap_or(&text);
                (
                    format!("error: unable to output the provided object: {why}"),
                    clusters,
                )
            })
            .collect();
    }

    /// Notes one.
    pub(crate) fn add(&mut self, cluster: &str, text: String) {
        self.failed += 1;
        self.texts.entry(text).or_default().push(cluster.to_owned());
    }
}
