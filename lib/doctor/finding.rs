//! A finding: a link that was checked, and the result.

use crate::term::{Label, Terminal, escape};
use serde::Serialize;
use std::fmt::Write as _;

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

impl Finding {
    /// Returns a line with what was found, and what to do below it. The check and its cluster take `width` columns.
    pub fn lines(&self, width: usize, terminal: Terminal) -> String {
        let level = terminal.paint(self.level.label(), self.level.as_str());
        let blanks = " ".repeat(4_usize.saturating_sub(self.level.as_str().len()));
        let subject = match &self.cluster {
            Some(cluster) => format!("{cluster} {}", self.check),
            None => self.check.clone(),
        };
        // Lines of one message stand below each other.
        let message: Vec<_> = self.message.lines().map(escape).collect();
        let message = message.join(&format!("\n{}", " ".repeat(width + 8)));
        let subject = escape(&subject);
        let mut text = format!("{level}{blanks}  {subject:width$}  {message}\n");
        for line in self.remedy.iter().flat_map(|remedy| remedy.lines()) {
            // Writing to a String does not fail.
            let _ = writeln!(text, "      {:width$}  → {}", "", escape(line));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Finding, Level};
    use crate::term::Terminal;

    #[test]
    fn remedy_stands_below_the_message() {
        let mut finding = Finding {
            level: Level::Fail,
            check: "hub".into(),
            cluster: None,
            message: "\u{1b}[31mevil".into(),
            remedy: Some("do this".into()),
        };
        let lines = |finding: &Finding| finding.lines(9, Terminal::default());
        assert_eq!(
            lines(&finding),
            "fail  hub        ^[[31mevil\n                 → do this\n"
        );
        finding.level = Level::Ok;
        finding.cluster = Some("a".into());
        finding.remedy = None;
        assert_eq!(lines(&finding), "ok    a hub      ^[[31mevil\n");
    }
}
