//! Sentences that a stage has said. Which of them are Problems is known only when its status is.

use crate::exit::Status;
use crate::record::Problem;
use crate::term;

/// Losses that a stage has told the user, until it is known what status they come to.
#[derive(Debug)]
pub(super) struct ReportedProblems {
    tool: &'static str,
    lost: Vec<String>,
    warned: Vec<String>,
}

/// So many sentences are kept; the others are counted.
const MAX_KEPT: usize = 100;

/// How a sentence begins that by itself costs nothing.
const WARNING: &str = "warning: ";

impl ReportedProblems {
    /// Nothing yet.
    pub(super) fn by(tool: &'static str) -> Self {
        Self {
            tool,
            lost: Vec::new(),
            warned: Vec::new(),
        }
    }

    /// Says a sentence on standard error.
    pub(super) fn say(&mut self, sentence: &str) {
        term::complain(self.tool, sentence);
        let kept = match sentence.starts_with(WARNING) {
            true => &mut self.warned,
            false => &mut self.lost,
        };
        if kept.len() < MAX_KEPT {
            kept.push(sentence.to_owned());
        }
    }

    /// The Problems that go with a status: what was said to be lost, else what was warned of.
    pub(super) fn problems(&self, status: Status) -> impl Iterator<Item = Problem<'static>> {
        let sentences = match (status, self.lost.is_empty()) {
            (Status::Complete | Status::Interrupted, _) => [].as_slice(),
            (_, false) => self.lost.as_slice(),
            (_, true) => self.warned.as_slice(),
        };
        sentences.iter().map(move |sentence| {
            let sentence = sentence.strip_prefix(WARNING).unwrap_or(sentence);
            Problem::new(self.tool, status, sentence).said_here()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_problems_only_where_nothing_else_explains_the_status() {
        let messages = |said: &ReportedProblems, status| -> Vec<String> {
            said.problems(status)
                .map(|problem| problem.message.to_string())
                .collect()
        };
        let mut said = ReportedProblems::by("mc-discover");
        said.say("warning: the fleet is old");
        assert_eq!(messages(&said, Status::Complete), [""; 0]);
        assert_eq!(messages(&said, Status::Partial), ["the fleet is old"]);
        said.say("hub b is down");
        assert_eq!(messages(&said, Status::Partial), ["hub b is down"]);
    }
}
