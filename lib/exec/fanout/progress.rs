//! The progress line on a terminal's stderr while clusters are outstanding, gone without trace afterwards.

use crate::connect::plugin::Screen;
use crate::term::{self, escape};
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Duration;
use tokio::time::Instant;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Not shown before this: most runs are over by then, and a line that flashes by only disturbs.
const FIRST_AFTER: Duration = Duration::from_millis(300);

/// How often it is redrawn at most.
const REDRAW_EVERY: Duration = Duration::from_millis(100);

/// The width of a terminal that does not know its own, in columns.
const DEFAULT_WIDTH: usize = 80;

/// How many clusters that are waited for are named.
const NAMED: usize = 2;

/// Back to the start of the line, and wipe to its end.
const WIPE: &[u8] = b"\r\x1b[K";

/// The line on the terminal. Whoever writes to the same terminal wipes it first and keeps it wiped until
/// done.
#[derive(Debug, Default)]
pub struct Line {
    shown: Mutex<bool>,
    /// True if a credential plugin has the terminal: then nothing is drawn.
    lent: AtomicBool,
}

impl Screen for Line {
    fn lend(&self) {
        self.lent.store(true, Ordering::SeqCst);
        drop(self.try_wipe());
    }

    fn take_back(&self) {
        self.lent.store(false, Ordering::SeqCst);
    }

    fn say(&self, words: &str) {
        let _wiped = self.try_wipe();
        term::complain("mc-exec", words);
    }
}

impl Line {
    /// Wipes it; it is not drawn again before the guard is dropped.
    pub fn wipe(&self) -> MutexGuard<'_, bool> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        wipe(&mut shown);
        shown
    }

    /// The same for whoever must not wait: `None` where somebody else has wiped it and may keep it so for long, as a
    /// writer does whose reader takes nothing.
    pub fn try_wipe(&self) -> Option<MutexGuard<'_, bool>> {
        let mut shown = self.try_lock()?;
        wipe(&mut shown);
        Some(shown)
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, bool>> {
        match self.shown.try_lock() {
            Ok(shown) => Some(shown),
            Err(TryLockError::Poisoned(shown)) => Some(shown.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn draw(&self, text: &str) {
        let Some(mut shown) = self.try_lock() else { return };
        if self.lent.load(Ordering::SeqCst) {
            return;
        }
        let mut bytes = WIPE.to_vec();
        bytes.extend_from_slice(text.as_bytes());
        *shown = std::io::stderr().write_all(&bytes).is_ok();
    }
}

fn wipe(shown: &mut bool) {
    if std::mem::take(shown) {
        // Errors on stderr itself have nowhere to go.
        let _ = std::io::stderr().write_all(WIPE);
    }
}

/// What there is to say.
pub struct State<'a> {
    /// Clusters that have ended, in whatever way.
    pub answered: usize,
    /// Clusters that are known so far.
    pub total: usize,
    /// The names of those that are being asked, longest first.
    pub waiting_for: &'a [&'a str],
    /// Since the start of the run.
    pub elapsed: Duration,
}

/// Decides when to draw.
pub struct Progress {
    line: Arc<Line>,
    enabled: bool,
    started: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// Draws only if wanted and stderr is a terminal.
    pub fn new(line: Arc<Line>, wanted: bool) -> Self {
        Self {
            line,
            enabled: wanted && std::io::stderr().is_terminal(),
            started: Instant::now(),
            drawn: None,
        }
    }

    /// When it wants to be drawn next; `None` for never.
    pub fn due(&self) -> Option<Instant> {
        let due = match self.drawn {
            None => self.started + FIRST_AFTER,
            Some(drawn) => drawn + REDRAW_EVERY,
        };
        self.enabled.then_some(due)
    }

    /// Draws it.
    pub fn draw(&mut self, state: &State<'_>) {
        self.drawn = Some(Instant::now());
        let width = rustix::termios::tcgetwinsize(std::io::stderr())
            .map(|size| usize::from(size.ws_col))
            .ok()
            .filter(|width| *width > 0)
            .unwrap_or(DEFAULT_WIDTH);
        // A line that fills the last column makes some terminals wrap.
        self.line.draw(&cut(&text(state), width - 1));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.line.try_wipe());
    }
}

fn text(state: &State<'_>) -> String {
    let mut text = format!("{}/{} clusters answered", state.answered, state.total);
    let waiting = state.waiting_for;
    if !waiting.is_empty() {
        // Naming one more costs no more room than `and 1 more`.
        let named = if waiting.len() == NAMED + 1 {
            waiting.len()
        } else {
            NAMED
        };
        let named = &waiting[..named.min(waiting.len())];
        text.push_str(", waiting for ");
        for (index, name) in named.iter().enumerate() {
            if index > 0 {
                let last = index + 1 == waiting.len();
                text.push_str(if last { " and " } else { ", " });
            }
            text.push_str(&escape(name));
        }
        if waiting.len() > named.len() {
            text.push_str(&format!(" and {} more", waiting.len() - named.len()));
        }
    }
    text.push_str(&format!(" ({}s)", state.elapsed.as_secs()));
    text
}

/// The start of a text that fits a width in columns, with a mark where something is missing.
fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let mut fits = String::new();
    for character in text.chars() {
        let wide = character.width().unwrap_or(0);
        if wide > room {
            break;
        }
        room -= wide;
        fits.push(character);
    }
    fits.push('…');
    fits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(waiting_for: &[&str]) -> String {
        text(&State {
            answered: 7,
            total: 12,
            waiting_for,
            elapsed: Duration::from_millis(4900),
        })
    }

    #[test]
    fn it_names_a_few_and_counts_the_rest() {
        assert_eq!(of(&[]), "7/12 clusters answered (4s)");
        assert_eq!(of(&["a"]), "7/12 clusters answered, waiting for a (4s)");
        assert_eq!(
            of(&["a", "b"]),
            "7/12 clusters answered, waiting for a and b (4s)"
        );
        assert_eq!(
            of(&["a", "b", "c"]),
            "7/12 clusters answered, waiting for a, b and c (4s)"
        );
        assert_eq!(
            of(&["a", "b\u{1b}[1m", "c", "d", "e"]),
            "7/12 clusters answered, waiting for a, b^[[1m and 3 more (4s)"
        );
    }

    #[test]
    fn it_is_cut_to_the_terminal() {
        assert_eq!(cut("12345", 5), "12345");
        assert_eq!(cut("123456", 5), "1234…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "…");
    }
}
