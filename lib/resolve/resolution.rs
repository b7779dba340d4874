//! The access to a cluster, and how it was found.

use crate::config::Way;
use crate::record::{Access, Reason, Skip};

/// The result of resolving a cluster.
#[expect(
    clippy::large_enum_variant,
    reason = "there is one at a time, and it is nearly always the large one"
)]
#[derive(Debug)]
pub enum Resolution {
    /// There is access.
    Access(Access<'static>),
    /// There is none.
    Skip(Skip<'static>),
}

impl Resolution {
    /// Returns a resolution without access.
    pub(super) fn skip(reason: Reason, message: &str) -> Self {
        Resolution::Skip(Skip {
            reason,
            message: message.to_owned().into(),
        })
    }
}

/// The namespace of a context that does not name one.
pub const DEFAULT_NAMESPACE: &str = "default";

/// The cluster of a line, with its access.
#[derive(Debug)]
pub struct ResolvedCluster {
    /// The namespace of the context, if there is access.
    pub namespace: Option<String>,
    /// The cluster's name.
    pub name: String,
    /// The access or skip that the record has already, or that was found.
    pub resolution: Resolution,
    /// True if the cluster is left out because there is no access to it.
    pub is_left_out: bool,
}

/// How the access to a cluster was found, or why there is none.
#[derive(Debug)]
pub struct Explanation {
    /// The result.
    pub resolution: Resolution,
    /// The places where access was looked for, in their order.
    pub tried: Vec<Tried>,
    /// A clause about the access leading to another server than the hub publishes, if it seems to.
    pub doubt: Option<String>,
    /// True if there is no access, and such clusters are left out without a message.
    pub is_left_out: bool,
}

/// A place where access was looked for.
#[derive(Debug)]
pub struct Tried {
    /// The place.
    pub way: Way,
    /// The result.
    pub verdict: Verdict,
    /// A clause for a person: what was chosen, or why not.
    pub why: String,
}

/// The result of looking in one place.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Verdict {
    /// The access that is used.
    Chosen,
    /// Something that cannot be used.
    Refused,
    /// Nothing.
    Nothing,
    /// Something, but another place takes precedence.
    Unused,
    /// Several contexts, of which the user has to choose one.
    Undecided,
}

/// The result of looking in one place.
pub(crate) struct Attempt {
    pub verdict: Verdict,
    pub why: String,
    /// The access, if it was chosen.
    pub access: Option<Access<'static>>,
}

impl Attempt {
    /// Chooses an access.
    pub fn chosen(access: Access<'static>, why: impl Into<String>) -> Self {
        Self {
            access: Some(access),
            ..Self::without_access(Verdict::Chosen, why)
        }
    }

    /// Chooses a context. `via` is the name of the place in the record.
    pub fn context(context: &str, via: &'static str, why: impl Into<String>) -> Self {
        let access = Access {
            context: Some(context.to_owned().into()),
            via: Some(via.into()),
            ..Access::default()
        };
        Self::chosen(access, why)
    }

    /// Finds something that cannot be used.
    pub fn refused(why: impl Into<String>) -> Self {
        Self::without_access(Verdict::Refused, why)
    }

    /// Finds nothing.
    pub fn nothing(why: impl Into<String>) -> Self {
        Self::without_access(Verdict::Nothing, why)
    }

    /// Finds several contexts.
    pub fn undecided(why: impl Into<String>) -> Self {
        Self::without_access(Verdict::Undecided, why)
    }

    fn without_access(verdict: Verdict, why: impl Into<String>) -> Self {
        Self {
            verdict,
            why: why.into(),
            access: None,
        }
    }
}

impl Explanation {
    /// Returns all of it in one line, what was chosen first.
    pub fn text(&self) -> String {
        if let Resolution::Skip(skip) = &self.resolution {
            let word = match skip.reason {
                _ if self.is_left_out => "left out",
                Reason::Skipped => "skipped",
                _ => "unresolved",
            };
            return format!("{word}: {}", skip.message);
        }
        let (first, others): (Vec<_>, Vec<_>) = self
            .tried
            .iter()
            .partition(|tried| tried.verdict == Verdict::Chosen);
        let clauses: Vec<&str> = first
            .into_iter()
            .chain(others)
            .map(|tried| tried.why.as_str())
            .collect();
        clauses.join("; ")
    }
}
