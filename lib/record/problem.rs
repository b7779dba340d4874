//! Records by which later stages notice that something is missing: a cluster that is asked ([`Asked`]), and something
//! that a stage lost, or why it failed ([`Problem`]).

use super::str::Str;
use crate::exit::Status;
use rustix::fs::fstat;
use rustix::process::getpgrp;
use serde::{Deserialize, Serialize};

/// Announces a cluster that mc-exec is going to ask. A cluster that was announced and that has no Result at the end has
/// failed. So clusters without rows are told from clusters that a killed mc-exec left.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Asked")]
pub struct Asked<'a> {
    /// The cluster.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// The namespace that it is asked about, if that is the one of its context because nobody named another.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub namespace: Option<Str<'a>>,
}

/// Asks the stages after mc-exec to print what has come, and the rest as it comes.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Show")]
pub struct Show {}

/// Something that a stage lost, or why it failed. The stage writes it before it ends. Later stages pass it on, and it
/// counts for their exit status.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Problem")]
pub struct Problem<'a> {
    /// The tool that reports it.
    #[serde(borrow, default)]
    pub stage: Str<'a>,
    /// The cluster whose answer is incomplete because of it, if that is known.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<Str<'a>>,
    /// The exit status of the stage because of it.
    #[serde(default = "failed", with = "code")]
    pub status: Status,
    /// A message for the user: what happened and what to do.
    #[serde(borrow, default)]
    pub message: Str<'a>,
    /// The place where the stage has already reported it ([`place_of_words`]). A later stage with the same place does
    /// not report it again.
    #[serde(borrow, default, skip_serializing_if = "Str::is_empty")]
    pub said: Str<'a>,
}

impl Problem<'_> {
    /// Creates a problem of a stage.
    pub fn new(stage: &str, status: Status, message: &str) -> Problem<'static> {
        Problem {
            stage: stage.to_owned().into(),
            cluster: None,
            status,
            message: message.to_owned().into(),
            said: Str::default(),
        }
    }

    /// Marks the problem as reported on this process's stderr.
    #[must_use]
    pub fn said_here(mut self) -> Self {
        self.said = place_of_words().into();
        self
    }

    /// Returns whether the problem has been reported on this process's stderr.
    pub fn was_said_here(&self) -> bool {
        !self.said.is_empty() && *self.said == *place_of_words()
    }

    /// Copies it, so that it does not borrow from the line any more.
    pub fn into_owned(self) -> Problem<'static> {
        Problem {
            stage: self.stage.into_owned(),
            cluster: self.cluster.map(Str::into_owned),
            status: self.status,
            message: self.message.into_owned(),
            said: self.said.into_owned(),
        }
    }
}

/// Returns the place of this process's messages: its process group, which all stages of a pipe share, and the file that
/// is its stderr. Empty if that is unknown.
pub fn place_of_words() -> String {
    match fstat(std::io::stderr()) {
        Ok(file) => format!("{}:{}:{}", getpgrp().as_raw_nonzero(), file.st_dev, file.st_ino),
        Err(_) => String::new(),
    }
}

fn failed() -> Status {
    Status::Failed
}

/// Reads and writes a [`Status`] as its number.
mod code {
    use crate::exit::Status;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde's `with` passes a reference"
    )]
    pub(super) fn serialize<S: Serializer>(status: &Status, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(status.code())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Status, D::Error> {
        u64::deserialize(deserializer).map(Status::from_code)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::record::{Record, write};

    #[test]
    fn problem_says_its_status_as_a_number() {
        let problem = Problem::new("mc-discover", Status::Usage, "no such flag");
        let mut line = Vec::new();
        write(&mut line, &problem).unwrap();
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "{\"kind\":\"Problem\",\"stage\":\"mc-discover\",\"status\":2,\"message\":\"no such flag\"}\n"
        );
    }

    #[test]
    fn problem_with_an_unknown_status_or_none_counts_as_failed() {
        for (line, status) in [
            (
                r#"{"kind":"Problem","status":3,"cluster":"a","new":1}"#,
                Status::Partial,
            ),
            (r#"{"kind":"Problem","status":77}"#, Status::Failed),
            (r#"{"kind":"Problem"}"#, Status::Failed),
            (r#"{"kind":"Problem","status":130}"#, Status::Interrupted),
        ] {
            assert!(
                matches!(Record::parse(line).unwrap(), Record::Problem(p) if p.status == status),
                "{line}"
            );
        }
    }

    #[test]
    fn problem_said_on_this_standard_error_is_known_as_said() {
        let problem = Problem::new("mc-exec", Status::Failed, "x");
        assert!(!problem.was_said_here());
        assert!(problem.clone().said_here().was_said_here());
        let elsewhere = Problem {
            said: "1:2:3".into(),
            ..problem
        };
        assert!(!elsewhere.was_said_here());
    }
}
