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
    /// The findings: what could not be listed, and what else a person should know.
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
mod testing;
