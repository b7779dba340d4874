//! Control characters of what clusters say: none reaches a terminal as it is, and none begins another line where each
//! line names its cluster.

use super::options::Options;
use crate::term::{self, Terminal};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Escapes text for a terminal. A pipe gets it as it is.
pub(super) fn text(text: &str, terminal: Terminal) -> Cow<'_, str> {
    if terminal.is_terminal {
        term::escape(text)
    } else {
        Cow::Borrowed(text)
    }
}

/// Escapes text for a terminal, but for its newlines.
pub(super) fn lines(text: &str) -> Cow<'_, str> {
    if !text.contains(term::is_hostile) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<_> = text.split('\n').map(term::escape).collect();
    Cow::Owned(lines.join("\n"))
}

/// Escapes text that stands in one line. In a pipe it cannot begin another line, which could bear another cluster's
/// name; without clusters' names it stays as it is.
pub(super) fn line<'t>(text: &'t str, options: &Options) -> Cow<'t, str> {
    match (options.terminal.is_terminal, options.show_cluster_column) {
        (true, _) => term::escape(text),
        (false, true) => term::escape_controls(text),
        (false, false) => Cow::Borrowed(text),
    }
}

/// Escapes JSON for a terminal: what comes of it is JSON that says the same.
pub(super) fn json(json: &str, terminal: Terminal) -> Cow<'_, str> {
    if !terminal.is_terminal || !json.chars().any(term::is_hostile) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 8);
    for character in json.chars() {
        // Blanks between tokens are control characters, too, and JSON has none inside strings.
        if character == '\r' {
            escaped.push(' ');
        } else if term::is_hostile(character) && !matches!(character, '\n' | '\t') {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a String does not fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}
