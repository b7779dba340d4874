//! The findings, and how they are printed.

use crate::exit::Status;
use crate::term::{Label, Terminal, escape};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// A level of severity.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// It works.
    Ok,
    /// It works, but may stop working.
    Warn,
    /// It does not work.
    Fail,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Level::Ok => "ok",
            Level::Warn => "warn",
            Level::Fail => "fail",
        }
    }

    fn label(self) -> Label {
        match self {
            Level::Ok => Label::Good,
            Level::Warn => Label::Warning,
            Level::Fail => Label::Bad,
        }
    }
}

/// One link that was checked.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Finding {
    /// Its severity.
    pub level: Level,
    /// The link: `kubeconfig`, `kubectl`, `hub`, `access`, `plugin`, `connect`, `tls`, `clock`, `rbac` and so on.
    pub check: String,
    /// The cluster that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// The result of the check.
    pub message: String,
    /// The remedy; there is one unless the level is ok.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// The findings.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Report {
    /// In the order in which the links depend on each other; clusters in the order of the fleet.
    pub findings: Vec<Finding>,
    /// The cluster that new findings are about, if they are about one.
    #[serde(skip)]
    cluster: Option<String>,
    /// Precedes the check of new findings.
    #[serde(skip)]
    prefix: &'static str,
}

impl Report {
    /// Returns a report about one cluster.
    pub fn about_cluster(name: &str) -> Self {
        Self {
            cluster: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// Returns a report about a hub.
    pub fn about_hub() -> Self {
        Self {
            prefix: "hub ",
            ..Self::default()
        }
    }

    /// Adds a link that works.
    pub fn ok(&mut self, check: &str, message: String) {
        self.add(Level::Ok, check, message, None);
    }

    /// Adds a link that may break.
    pub fn warn(&mut self, check: &str, message: String, remedy: &str) {
        self.add(Level::Warn, check, message, Some(remedy));
    }

    /// Adds a link that is broken.
    pub fn fail(&mut self, check: &str, message: String, remedy: &str) {
        self.add(Level::Fail, check, message, Some(remedy));
    }

    /// Adds a link. One that is not ok has a remedy.
    pub fn add(&mut self, level: Level, check: &str, message: String, remedy: Option<&str>) {
        self.findings.push(Finding {
            level,
            check: format!("{}{check}", self.prefix),
            cluster: self.cluster.clone(),
            message,
            remedy: remedy.map(str::to_owned),
        });
    }

    /// Adds the findings of another report.
    pub fn extend(&mut self, other: Self) {
        self.findings.extend(other.findings);
    }

    /// Returns Complete if nothing is broken, Failed if something is broken that all clusters depend on or if every
    /// cluster has something broken, else Partial.
    pub fn status(&self) -> Status {
        let broken = || {
            self.findings
                .iter()
                .filter(|finding| finding.level == Level::Fail)
        };
        let clusters: BTreeSet<&String> = self
            .findings
            .iter()
            .flat_map(|finding| &finding.cluster)
            .collect();
        let broken_clusters: BTreeSet<&String> = broken().flat_map(|finding| &finding.cluster).collect();
        let is_shared = broken().any(|finding| finding.cluster.is_none());
        match (is_shared, broken_clusters.len()) {
            (false, 0) => Status::Complete,
            (false, count) if count < clusters.len() => Status::Partial,
            _ => Status::Failed,
        }
    }

    /// A line a finding, with what to do below it, and a line that counts them.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn print(&self, out: &mut impl Write, terminal: Terminal) -> io::Result<()> {
        let subject = |finding: &Finding| match &finding.cluster {
            Some(cluster) => format!("{cluster} {}", finding.check),
            None => finding.check.clone(),
        };
        let width = self.findings.iter().map(|one| subject(one).chars().count()).max();
        let width = width.unwrap_or_default();
        for finding in &self.findings {
            let level = terminal.paint(finding.level.label(), finding.level.as_str());
            let blanks = " ".repeat(4_usize.saturating_sub(finding.level.as_str().len()));
            let subject = subject(finding);
            // Lines of one message stand below each other.
            let message: Vec<_> = finding.message.lines().map(escape).collect();
            let message = message.join(&format!("\n{}", " ".repeat(width + 8)));
            let subject = escape(&subject);
            writeln!(out, "{level}{blanks}  {subject:width$}  {message}")?;
            for line in finding.remedy.iter().flat_map(|remedy| remedy.lines()) {
                writeln!(out, "      {:width$}  → {}", "", escape(line))?;
            }
        }
        let count = |level| {
            self.findings
                .iter()
                .filter(|finding| finding.level == level)
                .count()
        };
        let (ok, warn, fail) = (count(Level::Ok), count(Level::Warn), count(Level::Fail));
        writeln!(out, "{ok} ok, {warn} to look at, {fail} broken")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Level, Report};
    use crate::exit::Status;
    use crate::term::Terminal;

    fn report(clusters: &[(&str, Level)]) -> Report {
        let mut report = Report::default();
        report.ok("kubectl", "1.36".into());
        for (cluster, level) in clusters {
            let mut about = Report::about_cluster(cluster);
            about.add(*level, "connect", "x".into(), None);
            report.extend(about);
        }
        report
    }

    #[test]
    fn the_status_tells_some_from_all() {
        use Level::{Fail, Ok, Warn};
        assert_eq!(report(&[]).status(), Status::Complete);
        assert_eq!(report(&[("a", Ok), ("b", Warn)]).status(), Status::Complete);
        assert_eq!(report(&[("a", Ok), ("b", Fail)]).status(), Status::Partial);
        assert_eq!(
            report(&[("a", Ok), ("a", Fail), ("b", Fail)]).status(),
            Status::Failed
        );
        let mut hub = report(&[("a", Ok)]);
        hub.fail("hub", "x".into(), "y");
        assert_eq!(hub.status(), Status::Failed);
    }

    #[test]
    fn what_to_do_stands_below_what_is_wrong() {
        let mut report = report(&[("a", Level::Ok)]);
        report.fail("hub", "\u{1b}[31mevil".into(), "do this");
        let mut out = Vec::new();
        report.print(&mut out, Terminal::default()).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(
            text,
            "ok    kubectl    1.36\nok    a connect  x\nfail  hub        ^[[31mevil\n                 → do this\n\
             2 ok, 0 to look at, 1 broken\n"
        );
    }
}
