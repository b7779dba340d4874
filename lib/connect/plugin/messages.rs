//! The stderr of a credential plugin: it is passed on while the plugin waits, and quoted if it fails.

use crate::mutex::lock;
use crate::term::is_hostile;
use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;
use tokio::time::Instant;

/// The most that is quoted from the end of stderr. gcloud prints 15 lines of instructions.
const MAX_QUOTE: usize = 8 * 1024;

/// How long a plugin has to run before its messages are passed on: then it may be waiting for a person. If it ends sooner,
/// they are quoted if it failed, and not interesting if it succeeded.
const SHOWN_AFTER: Duration = Duration::from_millis(500);

/// After this long without more text, an unfinished line is passed on: a question has no line break at its end.
const UNFINISHED_AFTER: Duration = Duration::from_millis(300);

/// The most lines that are passed on from one run, and the most characters of each.
const MOST_LINES: usize = 40;
const LONGEST_LINE: usize = 4 * 1024;

/// The most bytes that wait to be passed on.
const MOST_WAITING: usize = MOST_LINES * LONGEST_LINE;

/// The lines that were passed on from runs of one program, so that hundreds of clusters don't repeat them.
#[derive(Debug, Default)]
pub(super) struct ShownLines(Mutex<HashSet<String>>);

impl ShownLines {
    /// The most lines that are remembered.
    const MOST: usize = 1000;

    fn is_new(&self, line: &str) -> bool {
        let mut said = lock(&self.0);
        if said.len() >= Self::MOST {
            said.clear();
        }
        said.insert(line.to_owned())
    }
}

/// The messages of one run.
#[derive(Debug)]
pub(super) struct Messages {
    started: Instant,
    /// The end of everything that was printed.
    tail: Vec<u8>,
    is_cut: bool,
    /// The text that has not been passed on yet.
    fresh: Vec<u8>,
    last: Option<Instant>,
    lines: usize,
    /// True once the limit of what is passed on is reached: everything after it is dropped.
    is_full: bool,
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
            is_full: false,
        }
    }

    /// Adds printed text.
    pub(super) fn take(&mut self, piece: &[u8]) {
        self.last = Some(Instant::now());
        self.tail.extend_from_slice(piece);
        let beyond = self.tail.len().saturating_sub(MAX_QUOTE);
        self.is_cut |= beyond > 0;
        self.tail.drain(..beyond);
        if self.is_full {
            return;
        }
        self.fresh.extend_from_slice(piece);
        if self.fresh.len() > MOST_WAITING {
            // At the end of a line, so that no line is torn.
            self.fresh.truncate(MOST_WAITING);
            let end = self.fresh.iter().rposition(|byte| *byte == b'\n');
            self.fresh.truncate(end.map_or(MOST_WAITING, |end| end + 1));
            self.is_full = true;
        }
    }

    /// Returns when text has to be passed on; `None` if there is none.
    pub(super) fn due(&self) -> Option<Instant> {
        let last = self.last.filter(|_| !self.fresh.is_empty())?;
        let complete = if self.fresh.contains(&b'\n') {
            last
        } else {
            last + UNFINISHED_AFTER
        };
        Some(complete.max(self.started + SHOWN_AFTER))
    }

    /// Returns the lines to pass on now, each with the prefix `lead`.
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
            let line: String = line.chars().take(LONGEST_LINE).collect();
            if said.is_new(&line) {
                self.lines += 1;
                shown.push(format!("{lead}: {line}"));
            }
            if self.lines == MOST_LINES {
                self.is_full = true;
                break;
            }
        }
        if self.is_full {
            self.fresh.clear();
            if let Some(last) = shown.last_mut() {
                last.push_str(" … (more is not shown)");
            }
        }
        (!shown.is_empty()).then(|| shown.join("\n"))
    }

    /// Quotes the end of stderr on one line, for the error of a failed run.
    pub(super) fn quote(&self) -> String {
        quote(&self.tail, self.is_cut)
    }
}

/// Joins the lines of a text for an error.
fn quote(stderr: &[u8], is_cut: bool) -> String {
    let text = String::from_utf8_lossy(stderr);
    let mut lines: Vec<_> = text.lines().map(clean).filter(|line| !line.is_empty()).collect();
    if is_cut && let Some(first) = lines.first_mut() {
        // The beginning was cut off, perhaps in the middle of a word.
        first.insert(0, '…');
    }
    if lines.is_empty() {
        String::new()
    } else {
        format!(": {}", lines.join(" "))
    }
}

/// Removes control characters and terminal escape sequences.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\u{1b}' => {
                // CSI sequences end with a final byte; other escapes have two characters.
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
    fn escape_sequences_of_a_plugin_are_removed() {
        assert_eq!(
            clean("\u{1b}[1;31mno\u{1b}[0m \u{7}login\u{202e}\r\n now"),
            "no login  now"
        );
        assert_eq!(quote(b"a\n\n\x1b]b\n", false), ": a b");
        assert_eq!(quote(b"\n", false), "");
    }

    #[test]
    fn gclouds_whole_message_is_quoted() {
        let gcloud = "ERROR: (gcloud.config.config-helper) There was a problem refreshing your current auth tokens: \
            ('invalid_grant: Bad Request', {'error': 'invalid_grant'})\nPlease run:\n\n  $ gcloud auth login\n\nto \
            obtain new credentials.\n\nIf you have already logged in with a different account, run:\n\n  $ gcloud \
            config set account ACCOUNT\n\nto select an already authenticated account to use.\n";
        let mut messages = Messages::new();
        messages.take(gcloud.as_bytes());
        let said = messages.quote();
        assert!(said.starts_with(": ERROR: (gcloud."), "{said}");
        assert!(
            said.contains("Please run: $ gcloud auth login to obtain"),
            "{said}"
        );
        messages.take(&b"x".repeat(MAX_QUOTE));
        assert!(messages.quote().starts_with(": …x"));
    }

    #[tokio::test(start_paused = true)]
    async fn flood_of_messages_is_cut_between_lines() {
        let mut messages = Messages::new();
        for number in 0..MOST_WAITING {
            messages.take(format!("{:05}\n", number % 7).as_bytes());
        }
        advance(SHOWN_AFTER).await;
        let shown = messages.fresh("c1", &ShownLines::default()).unwrap();
        let expected = (0..7).map(|number| format!("c1: {number:05}"));
        let expected = expected.collect::<Vec<_>>().join("\n");
        assert_eq!(shown, expected + " … (more is not shown)");
        messages.take(b"more\n");
        assert_eq!(messages.fresh("c1", &ShownLines::default()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn messages_are_passed_on_while_the_plugin_goes_on() {
        let said = ShownLines::default();
        let mut messages = Messages::new();
        messages.take(b"open https://login\n");
        assert_eq!(messages.fresh("c1", &said), None);
        advance(SHOWN_AFTER).await;
        messages.take(b"code: ");
        assert_eq!(messages.fresh("c1", &said).unwrap(), "c1: open https://login");
        assert_eq!(messages.fresh("c1", &said), None);
        // A question without a line break.
        advance(UNFINISHED_AFTER).await;
        assert_eq!(messages.fresh("c1", &said).unwrap(), "c1: code:");
        // Another run of the same program prints the same line.
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
