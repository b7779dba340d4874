//! Findings about a listing of the fleet: what is missing from it, and why.

use serde::{Deserialize, Serialize};
use std::fmt;

/// How many findings of a kind are kept. The rest is counted.
const MAX_FINDINGS: usize = 20;

/// The most characters that are kept of a message's beginning and of its end. It may quote a hub's own text, or all that
/// a credential plugin printed, where the last words say what to do.
const MAX_BEGINNING: usize = 500;
const MAX_END: usize = 1500;

/// The consequence of a finding.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum FindingKind {
    /// Something is not listed, so the fleet is incomplete.
    Missing,
    /// The fleet is that of an expired cache, so what has changed since then is missing.
    Stale,
    /// Several clusters have one name and are listed under longer ones.
    Namesakes,
    /// The fleet is complete.
    Note,
}

/// Something that a person should know about a listing. It is kept in the cache, so that a run that is answered from
/// there reports it too.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Finding {
    /// Its consequence.
    pub kind: FindingKind,
    /// The context of the hub that it comes from, if there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hub: Option<String>,
    /// The message: what happened, and to what.
    pub message: String,
    /// The remedy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

impl Finding {
    /// Reports that something is not listed.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(FindingKind::Missing, message)
    }

    /// Reports something that a person should know, though nothing is missing.
    pub fn note(message: impl Into<String>) -> Self {
        Self::new(FindingKind::Note, message)
    }

    /// Returns a finding of a kind.
    pub fn new(kind: FindingKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            hub: None,
            message: message.into(),
            remedy: None,
        }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Returns the message with its hub, without the remedy.
    pub fn text(&self) -> String {
        match &self.hub {
            Some(hub) => format!("hub {hub}: {}", self.message),
            None => self.message.clone(),
        }
    }

    /// Returns the message with its hub and the remedy.
    pub fn text_with_remedy(&self) -> String {
        match (&self.remedy, self.kind) {
            // The remedy for something that is missing has a line of its own.
            (Some(remedy), FindingKind::Missing) => format!("{}\n{remedy}", self.text()),
            (Some(remedy), _) => format!("{}: {remedy}", self.text()),
            (None, _) => self.text(),
        }
    }

    /// Returns true if the fleet is incomplete because of it.
    pub fn is_loss(&self) -> bool {
        matches!(self.kind, FindingKind::Missing | FindingKind::Stale)
    }
}

/// The text for stderr. The remedy for something that is missing has a line of its own.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind != FindingKind::Missing {
            f.write_str("Warning: ")?;
        }
        f.write_str(&self.text_with_remedy())
    }
}

/// The findings of a listing, of which only a limited number is kept.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    missing: usize,
    others: usize,
}

impl Findings {
    /// Adds a finding, unless there are too many of its kind already.
    pub fn push(&mut self, mut finding: Finding) {
        let count = match finding.kind {
            FindingKind::Missing => &mut self.missing,
            _ => &mut self.others,
        };
        *count += 1;
        if *count > MAX_FINDINGS {
            return;
        }
        shorten(&mut finding.message);
        self.kept.push(finding);
    }

    /// Returns what was kept, with the number of those that were not.
    pub fn finish(mut self) -> Vec<Finding> {
        for (kind, count) in [
            (FindingKind::Missing, self.missing),
            (FindingKind::Note, self.others),
        ] {
            if let Some(more @ 1..) = count.checked_sub(MAX_FINDINGS) {
                let message = format!("and {more} more like these");
                self.kept.push(Finding::new(kind, message));
            }
        }
        self.kept
    }
}

/// Leaves out the middle of a message that is too long.
fn shorten(message: &mut String) {
    let at = |index: usize| message.char_indices().nth(index).map(|(at, _)| at);
    let count = message.chars().count();
    if let (Some(start), Some(end)) = (at(MAX_BEGINNING), at(count.saturating_sub(MAX_END)))
        && start < end
    {
        message.replace_range(start..end, " … ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_message_keeps_its_beginning_and_its_last_words() {
        let mut findings = Findings::default();
        let long = format!(
            "the plugin failed: {}Please run: gcloud auth login",
            "ü".repeat(5000)
        );
        findings.push(Finding::missing(long));
        let message = findings.finish().remove(0).message;
        assert!(message.starts_with("the plugin failed: ü"), "{message}");
        assert!(message.ends_with("üPlease run: gcloud auth login"), "{message}");
        assert_eq!(message.chars().count(), MAX_BEGINNING + 3 + MAX_END);
        let mut short = "ü".repeat(MAX_BEGINNING + MAX_END);
        shorten(&mut short);
        assert_eq!(short.chars().count(), MAX_BEGINNING + MAX_END);
    }
}
