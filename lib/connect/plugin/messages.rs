//! The words of a credential plugin on stderr: passed on while it waits, and quoted when it fails.

use crate::mutex::lock;
use crate::term::is_hostile;
use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// The most of the end of its stderr that is quoted when it fails. gcloud says in 15 lines what to type.
const MAX_QUOTE: usize = 8 * 1024;

/// The time after which a plugin that spoke and goes on is waiting, perhaps for a person, so that its words are shown.
/// The words of one that ends before are quoted if it failed, and are only noise otherwise.
const SHOWN_AFTER: Duration = Duration::from_millis(500);

/// A question has no line break at its end. After so long without more, an unfinished line counts as finished.
const UNFINISHED_AFTER: Duration = Duration::from_millis(300);

/// So many lines of one run are passed on, and so many bytes of each.
const MOST_LINES: usize = 40;
const LONGEST_LINE: usize = 4 * 1024;

/// The lines that runs of one command have passed on, so that hundreds of clusters don't repeat them.
#[derive(Debug, Default)]
pub(super) struct ShownLines(Mutex<HashSet<String>>);

impl ShownLines {
    /// So many lines are remembered.
    const MOST: usize = 1000;

    fn is_new(&self, line: &str) -> bool {
        let mut said = lock(&self.0);
        if said.len() >= Self::MOST {
            said.clear();
        }
        said.insert(line.to_owned())
    }
}

/// The words of one run.
#[derive(Debug)]
pub(super) struct Messages {
    started: Instant,
    /// The end of all that was said.
    tail: Vec<u8>,
    is_cut: bool,
    /// The end that has not been passed on yet.
    fresh: Vec<u8>,
    last: Option<Instant>,
    lines: usize,
}

impl Messages {
    pub(super) fn new() -> Self {
        Self {
            started: Instant::now(),
            tail: Vec::new(),
            is_cut: false,
            fresh: Vec::new(),
            last: None,
            lines: 0,
        }
    }

    /// Takes what it said.
    pub(super) fn take(&mut self, piece: &[u8]) {
        self.last = Some(Instant::now());
        self.tail.extend_from_slice(piece);
        let beyond = self.tail.len().saturating_sub(MAX_QUOTE);
        self.is_cut |= beyond > 0;
        self.tail.drain(..beyond);
        if self.lines < MOST_LINES {
            self.fresh.extend_from_slice(piece);
            self.fresh.truncate(MOST_LINES * LONGEST_LINE);
        }
    }

    /// Returns when something is to be passed on; `None` where there is nothing.
    pub(super) fn due(&self) -> Option<Instant> {
        let last = self.last.filter(|_| !self.fresh.is_empty())?;
        let complete = if self.fresh.contains(&b'\n') {
            last
        } else {
            last + UNFINISHED_AFTER
        };
        Some(complete.max(self.started + SHOWN_AFTER))
    }

    /// The lines that are to be passed on now, each behind `lead`.
    pub(super) fn fresh(&mut self, lead: &str, said: &ShownLines) -> Option<String> {
        if self.due().is_none_or(|due| due > Instant::now()) {
            return None;
        }
        let end = match self.fresh.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => end + 1,
            None => self.fresh.len(),
        };
        let rest = self.fresh.split_off(end);
        let text = String::from_utf8_lossy(&self.fresh).into_owned();
        self.fresh = rest;
        let mut shown = Vec::new();
        for line in text.lines().map(clean).filter(|line| !line.is_empty()) {
            if self.lines >= MOST_LINES {
                break;
            }
            let line: String = line.chars().take(LONGEST_LINE).collect();
            if said.is_new(&line) {
                self.lines += 1;
                let more = if self.lines == MOST_LINES {
                    " … (more is not shown)"
                } else {
                    ""
                };
                shown.push(format!("{lead}: {line}{more}"));
            }
        }
        if self.lines >= MOST_LINES {
            self.fresh.clear();
        }
        (!shown.is_empty()).then(|| shown.join("\n"))
    }

    /// Quotes what a plugin wrote on stderr, on one line, for the error of one that failed.
    pub(super) fn quote(&self) -> String {
        quote(&self.tail, self.is_cut)
    }
}

/// The end of what a plugin wrote on stderr, on one line.
fn quote(stderr: &[u8], is_cut: bool) -> String {
    let text = String::from_utf8_lossy(stderr);
    let mut lines: Vec<_> = text.lines().map(clean).filter(|line| !line.is_empty()).collect();
    if is_cut && let Some(first) = lines.first_mut() {
        // It may have begun long before, in the middle of a word.
        first.insert(0, '…');
    }
    if lines.is_empty() {
        String::new()
    } else {
        format!(": {}", lines.join(" "))
    }
}

/// Text without control characters and without the sequences of a terminal that begin with one.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                // CSI … final byte; any other escape is two characters.
                if characters.next() == Some('[') {
                    characters
                        .by_ref()
                        .find(|next| ('\u{40}'..='\u{7e}').contains(next));
                }
            }
            '\n' | '\t' => cleaned.push(' '),
            _ if is_hostile(character) => {}
            _ => cleaned.push(character),
        }
    }
    cleaned.trim().to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use tokio::time::advance;

    #[test]
    fn what_a_plugin_says_cannot_drive_a_terminal() {
        assert_eq!(
            clean("\u{1b}[1;31mno\u{1b}[0m \u{7}login\u{202e}\r\n now"),
            "no login  now"
        );
        assert_eq!(quote(b"a\n\n\x1b]b\n", false), ": a b");
        assert_eq!(quote(b"\n", false), "");
    }

    #[test]
    fn the_whole_of_what_gcloud_says_is_quoted() {
        let gcloud = "ERROR: (gcloud.config.config-helper) There was a problem refreshing your current auth tokens: \
            ('invalid_grant: Bad Request', {'error': 'invalid_grant'})\nPlease run:\n\n  $ gcloud auth login\n\nto \
            obtain new credentials.\n\nIf you have already logged in with a different account, run:\n\n  $ gcloud \
            config set account ACCOUNT\n\nto select an already authenticated account to use.\n";
        let mut words = Messages::new();
        words.take(gcloud.as_bytes());
        let said = words.quote();
        assert!(said.starts_with(": ERROR: (gcloud."), "{said}");
        assert!(
            said.contains("Please run: $ gcloud auth login to obtain"),
            "{said}"
        );
        words.take(&b"x".repeat(MAX_QUOTE));
        assert!(words.quote().starts_with(": …x"));
    }

    #[tokio::test(start_paused = true)]
    async fn words_are_passed_on_once_the_plugin_goes_on_after_them() {
        let said = ShownLines::default();
        let mut words = Messages::new();
        words.take(b"open https://login\n");
        assert_eq!(words.fresh("c1", &said), None);
        advance(SHOWN_AFTER).await;
        words.take(b"code: ");
        assert_eq!(words.fresh("c1", &said).unwrap(), "c1: open https://login");
        assert_eq!(words.fresh("c1", &said), None);
        // A question is not ended by a line break.
        advance(UNFINISHED_AFTER).await;
        assert_eq!(words.fresh("c1", &said).unwrap(), "c1: code:");
        // Another run of the same command says the same.
        let mut other = Messages::new();
        other.take(b"open https://login\nABCD\n");
        advance(SHOWN_AFTER).await;
        assert_eq!(other.fresh("c2", &said).unwrap(), "c2: ABCD");
        for number in 0..2 * MOST_LINES {
            other.take(format!("{number}\n").as_bytes());
            let passed = other.fresh("c2", &said).unwrap_or_default();
            assert_eq!(
                passed.contains("more is not shown"),
                number == MOST_LINES - 2,
                "{number}"
            );
        }
    }
}
