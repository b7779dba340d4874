//! The findings about one subject, or about all.

use super::finding::{Finding, Level};
use super::progress::Progress;
use crate::exit::Status;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The findings.
#[derive(Default)]
pub struct Report {
    /// In the order in which the links depend on each other; clusters in the order of the fleet.
    pub findings: Vec<Finding>,
    /// The cluster that new findings are about, if they are about one.
    cluster: Option<String>,
    /// Precedes the check of new findings.
    prefix: &'static str,
    /// Shows new findings at once.
    progress: Option<Arc<Progress>>,
}

impl Report {
    /// Returns a report whose findings are shown at once.
    pub fn shown(progress: &Arc<Progress>) -> Self {
        Self {
            progress: Some(Arc::clone(progress)),
            ..Self::default()
        }
    }

    /// Returns a report about one cluster.
    pub fn about_cluster(name: &str) -> Self {
        Self {
            cluster: Some(name.to_owned()),
            ..Self::default()
        }
    }

    /// Returns a report about a hub, whose findings are shown as those of this report are.
    pub fn about_hub(&self) -> Self {
        Self {
            prefix: "hub ",
            progress: self.progress.clone(),
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
        let finding = Finding {
            level,
            check: format!("{}{check}", self.prefix),
            cluster: self.cluster.clone(),
            message,
            remedy: remedy.map(str::to_owned),
        };
        self.push(finding);
    }

    /// Adds the findings of another report, which has not shown them.
    pub fn extend(&mut self, other: Self) {
        other.findings.into_iter().for_each(|finding| self.push(finding));
    }

    /// Adds the findings of another report, which has shown them already.
    pub fn take(&mut self, other: Self) {
        self.findings.extend(other.findings);
    }

    fn push(&mut self, finding: Finding) {
        if let Some(progress) = &self.progress {
            progress.show(&finding);
        }
        self.findings.push(finding);
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
}

#[cfg(test)]
mod tests {
    use super::{Level, Report};
    use crate::exit::Status;

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
}
