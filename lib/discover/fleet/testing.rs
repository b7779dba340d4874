//! Views of a fleet for tests.

use super::{Fleet, Member};
use crate::record::Cluster;

impl Fleet {
    /// Returns the records as they are written.
    pub fn lines(&self) -> String {
        let lines = self.members.iter().map(|member| format!("{}\n", member.record()));
        lines.collect()
    }

    /// Returns the names of the members.
    pub fn names(&self) -> Vec<&str> {
        self.members.iter().map(Member::name).collect()
    }

    /// Returns the records.
    pub fn clusters(&self) -> Vec<Cluster<'_>> {
        self.members.iter().map(Member::cluster).collect()
    }

    /// Returns the findings about what is missing, as they are written to stderr.
    pub fn missing(&self) -> Vec<String> {
        let losses = self.findings.iter().filter(|finding| finding.is_loss());
        losses.map(ToString::to_string).collect()
    }

    /// Returns the other findings, as they are written to stderr after `Warning: `.
    pub fn notes(&self) -> Vec<String> {
        let notes = self.findings.iter().filter(|finding| !finding.is_loss());
        notes
            .map(|note| note.to_string().replacen("Warning: ", "", 1))
            .collect()
    }
}
