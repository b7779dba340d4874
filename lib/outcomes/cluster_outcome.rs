//! How the query of one cluster ended.

use crate::record::{Lack, Outcome, Reason, Str};

/// The parts of a cluster's [`Outcome`] that are kept.
#[derive(Debug, Default)]
pub(super) struct ClusterOutcome {
    pub(super) ok: bool,
    pub(super) reason: Option<Reason>,
    pub(super) message: Option<String>,
    pub(super) hint: Option<String>,
    pub(super) missing: Vec<Lack<'static>>,
    pub(super) unserved: Vec<Lack<'static>>,
    pub(super) items: u64,
    pub(super) notice: Option<String>,
    pub(super) unsorted: Option<String>,
}

impl ClusterOutcome {
    pub(super) fn of(outcome: &Outcome<'_>) -> Self {
        let text = |text: &Str<'_>| text.as_str().to_owned();
        Self {
            ok: outcome.ok,
            reason: outcome.reason,
            message: outcome.message.as_ref().map(text),
            hint: outcome.hint.as_ref().map(text),
            missing: outcome.missing.iter().map(Lack::to_owned).collect(),
            unserved: outcome.unserved.iter().map(Lack::to_owned).collect(),
            items: outcome.items,
            notice: outcome.notice.as_ref().map(text),
            unsorted: outcome.unsorted.as_ref().map(text),
        }
    }

    pub(super) fn is_not_found(&self) -> bool {
        !self.ok && self.reason == Some(Reason::NotFound)
    }

    /// Returns true if it says what the cluster has and what it lacks: it answered, or failed only after that.
    pub(super) fn knows(&self) -> bool {
        let says = !self.unserved.is_empty() || !self.missing.is_empty();
        // A server that refuses the request itself has looked up its types.
        let refuses = self.reason == Some(Reason::BadRequest);
        self.ok || says || refuses || self.items > 0 && !self.is_not_found()
    }

    pub(super) fn serves(&self, type_: &str) -> bool {
        !self.unserved.iter().any(|lack| *lack.type_ == *type_)
    }

    pub(super) fn misses(&self, object: &Lack<'_>) -> bool {
        let same = |lack: &Lack<'_>| lack.type_ == object.type_ && lack.name == object.name;
        !self.serves(&object.type_) || self.missing.iter().any(same)
    }
}
