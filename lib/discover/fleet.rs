//! The fleet as a source lists it, or several together.

use super::finding::Finding;
use super::member::Member;

/// A whole fleet, before any selection. This is what the cache holds.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Fleet {
    /// The context of the hub that the records name.
    pub hub: String,
    /// In the order of their names.
    pub members: Vec<Member>,
    /// What could not be listed, and what else a person should know.
    pub findings: Vec<Finding>,
    /// How long the hub took to answer, in milliseconds.
    pub millis: u64,
}

impl Fleet {
    /// Returns true if nothing is missing.
    pub fn is_complete(&self) -> bool {
        !self.findings.iter().any(Finding::is_loss)
    }

    /// Returns true if there are no members, and nothing failed to be listed either.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.is_complete()
    }

    /// Puts another context of the hub into the records. Contexts can be renamed, and several can lead to one server.
    pub fn set_hub(&mut self, hub: &str) {
        if self.hub != hub {
            for member in &mut self.members {
                member.change(|cluster| cluster.hub = Some(hub.to_owned().into()));
            }
            hub.clone_into(&mut self.hub);
        }
    }
}

#[cfg(test)]
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
    pub fn clusters(&self) -> Vec<crate::record::Cluster<'_>> {
        self.members.iter().map(Member::cluster).collect()
    }

    /// Returns the findings about what is missing, as they are written to stderr.
    pub fn missing(&self) -> Vec<String> {
        let losses = self.findings.iter().filter(|finding| finding.is_loss());
        losses.map(ToString::to_string).collect()
    }

    /// Returns the other findings, as they are written to stderr after `warning: `.
    pub fn notes(&self) -> Vec<String> {
        let notes = self.findings.iter().filter(|finding| !finding.is_loss());
        notes
            .map(|note| note.to_string().replacen("warning: ", "", 1))
            .collect()
    }
}
