//! Prints findings while the checks run, and a summary after them or after Ctrl-C.

use super::finding::{Finding, Level};
use crate::error_text::listed;
use crate::mutex::lock;
use crate::term::{Terminal, escape};
use serde::Serialize;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard};
use std::thread::sleep;
use std::time::Duration;

/// The width of the longest check that is not about a member: `hub connect`.
const SHARED_WIDTH: usize = 11;

/// The width of the longest check of a member: `connect`.
const MEMBER_WIDTH: usize = 7;

/// How many clusters the last line names that were not checked.
const MOST_NAMED: usize = 10;

/// After a signal, how often it is tried to print the summary while a finding is being printed.
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// The form of the findings.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// A line as soon as there is a finding.
    Lines(Terminal),
    /// One JSON document at the end.
    Json,
}

/// Shows each finding as it comes, and sums up.
pub struct Progress {
    form: Form,
    /// True if only what is wrong is shown.
    failed_only: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    findings: Vec<Finding>,
    /// The clusters that are checked, in their order, once they are known.
    members: Option<Vec<String>>,
    /// Those of them that have been checked.
    checked: Vec<String>,
    width: usize,
    /// The first error of the output, after which nothing is printed.
    broken: Option<io::Error>,
}

/// The report as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    findings: Vec<&'a Finding>,
    /// The clusters that were not checked, because the run was interrupted.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_checked: Option<Vec<&'a str>>,
}

impl Progress {
    /// Shows findings on stdout.
    pub fn new(form: Form, failed_only: bool) -> Self {
        let state = State {
            width: SHARED_WIDTH,
            ..State::default()
        };
        Self {
            form,
            failed_only,
            state: Mutex::new(state),
        }
    }

    /// Returns true if the clusters' findings are shown as they end, and not in the order of the clusters: only a person
    /// who watches gains by that.
    pub fn shows_as_they_end(&self) -> bool {
        matches!(self.form, Form::Lines(terminal) if terminal.is_terminal)
    }

    /// Returns true if nothing can be printed any more.
    pub fn is_broken(&self) -> bool {
        lock(&self.state).broken.is_some()
    }

    /// Takes the names of the clusters that will be checked.
    pub fn expect(&self, members: Vec<String>) {
        let mut state = lock(&self.state);
        let longest = members.iter().map(|name| name.chars().count()).max();
        let width = longest.map_or(0, |longest| longest + 1 + MEMBER_WIDTH);
        state.width = state.width.max(width);
        state.members = Some(members);
    }

    /// Takes the name of a cluster that has been checked.
    pub fn checked(&self, member: &str) {
        lock(&self.state).checked.push(member.to_owned());
    }

    /// Shows a finding.
    pub fn show(&self, finding: &Finding) {
        let mut state = lock(&self.state);
        if let Form::Lines(terminal) = self.form
            && self.is_shown(finding)
            && state.broken.is_none()
        {
            let lines = finding.lines(state.width, terminal);
            let written = write_out(lines.as_bytes());
            state.broken = written.err();
        }
        state.findings.push(finding.clone());
    }

    /// Sums up.
    ///
    /// # Errors
    /// Those of the output.
    pub fn finish(&self) -> io::Result<()> {
        let mut state = lock(&self.state);
        match state.broken.take() {
            Some(error) => Err(error),
            None => write_out(self.summary(&state, false).as_bytes()),
        }
    }

    /// Sums up what was checked and what was not, after a signal. If a finding is just being printed and the reader does
    /// not take it, nothing more is.
    pub fn interrupted(&self) {
        if let Some(state) = self.state_soon()
            && state.broken.is_none()
        {
            // The process ends anyway.
            let _ = write_out(self.summary(&state, true).as_bytes());
        }
    }

    fn state_soon(&self) -> Option<MutexGuard<'_, State>> {
        (0..TRIES).find_map(|_| {
            let state = self.state.try_lock().ok();
            if state.is_none() {
                sleep(BETWEEN_TRIES);
            }
            state
        })
    }

    fn is_shown(&self, finding: &Finding) -> bool {
        !self.failed_only || finding.level != Level::Ok
    }

    fn summary(&self, state: &State, is_interrupted: bool) -> String {
        let members = state.members.as_deref().unwrap_or_default();
        let left = members.iter().filter(|name| !state.checked.contains(name));
        let left: Vec<&str> = left.map(String::as_str).collect();
        if let Form::Json = self.form {
            let document = Document {
                findings: state.findings.iter().filter(|one| self.is_shown(one)).collect(),
                not_checked: is_interrupted.then_some(left),
            };
            // Texts and lists of them can always be written.
            return serde_json::to_string_pretty(&document).unwrap_or_default() + "\n";
        }
        let count = |level| state.findings.iter().filter(|one| one.level == level).count();
        let (ok, warn, fail) = (count(Level::Ok), count(Level::Warn), count(Level::Fail));
        let counts = format!("{ok} ok, {warn} to look at, {fail} broken");
        let unchecked = match (is_interrupted, &state.members) {
            (false, _) => String::new(),
            (true, None) => "; interrupted before the clusters were known: none was checked".to_owned(),
            (true, Some(_)) if left.is_empty() => "; interrupted".to_owned(),
            (true, Some(members)) => {
                let named = listed(left.iter().map(|name| escape(name)), MOST_NAMED);
                let (left, all) = (left.len(), members.len());
                format!("; interrupted: {left} of {all} clusters were not checked: {named}")
            }
        };
        format!("{counts}{unchecked}\n")
    }
}

/// Writes the text of one finding at once, so that none is shown in part.
fn write_out(text: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text)?;
    out.flush()
}
