//! The findings that a stage has reported. Which of them are Problems is known only when its status is.

use crate::discover::{Finding, FindingKind};
use crate::exit::Status;
use crate::record::Problem;
use crate::term;

/// The largest number of findings that are kept.
const MAX_KEPT: usize = 100;

/// The findings that a stage has reported to the user, until it is known what status they come to.
#[derive(Debug)]
pub struct ReportedProblems {
    tool: &'static str,
    losses: Vec<String>,
    warnings: Vec<String>,
}

impl ReportedProblems {
    /// Returns an empty list for a tool.
    pub fn by(tool: &'static str) -> Self {
        Self {
            tool,
            losses: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Prints a finding on standard error.
    pub fn report(&mut self, finding: &Finding) {
        term::complain(self.tool, &finding.to_string());
        let kept = match finding.kind {
            FindingKind::Missing => &mut self.losses,
            _ => &mut self.warnings,
        };
        if kept.len() < MAX_KEPT {
            kept.push(finding.text_with_remedy());
        }
    }

    /// Returns the Problems that explain a status: what is missing, else the warnings.
    pub fn problems(&self, status: Status) -> impl Iterator<Item = Problem<'static>> {
        let messages = match (status, self.losses.is_empty()) {
            (Status::Complete | Status::Interrupted, _) => [].as_slice(),
            (_, false) => self.losses.as_slice(),
            (_, true) => self.warnings.as_slice(),
        };
        let problem = move |message: &String| Problem::new(self.tool, status, message).said_here();
        messages.iter().map(problem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_problems_only_if_nothing_else_explains_the_status() {
        let messages = |reported: &ReportedProblems, status| -> Vec<String> {
            let problems = reported.problems(status);
            problems.map(|problem| problem.message.to_string()).collect()
        };
        let mut reported = ReportedProblems::by("mc-discover");
        reported.report(&Finding::note("the fleet is old"));
        assert_eq!(messages(&reported, Status::Complete), [""; 0]);
        assert_eq!(messages(&reported, Status::Partial), ["the fleet is old"]);
        reported.report(&Finding::missing("hub b is down"));
        assert_eq!(messages(&reported, Status::Partial), ["hub b is down"]);
    }
}
