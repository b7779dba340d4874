//! The progress line on a terminal's stderr. It is shown while clusters are outstanding and leaves no trace.

use crate::connect::plugin::Screen;
use crate::mutex::lock;
use crate::term::{self, escape};
use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};
use std::time::Duration;
use tokio::time::Instant;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The line is not shown before this: most runs are over by then, and a line that flashes by is a distraction.
const FIRST_AFTER: Duration = Duration::from_millis(300);

/// The shortest time between two redraws.
const REDRAW_EVERY: Duration = Duration::from_millis(100);

/// The width in columns of a terminal that does not report one.
const DEFAULT_WIDTH: usize = 80;

/// How many outstanding clusters are named.
const NAMED: usize = 2;

/// Goes back to the start of the line and wipes to its end.
const WIPE: &[u8] = b"\r\x1b[K";

/// The progress line on the terminal. Code that writes to the same terminal wipes it first, and keeps it wiped until it is
/// done.
#[derive(Debug, Default)]
pub struct ProgressLine {
    shown: Mutex<bool>,
    /// True if a credential plugin has the terminal: then nothing is drawn.
    lent: AtomicBool,
}

impl Screen for ProgressLine {
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

impl ProgressLine {
    /// Wipes the line. It is not drawn again before the guard is dropped.
    pub fn wipe(&self) -> MutexGuard<'_, bool> {
        let mut shown = lock(&self.shown);
        wipe(&mut shown);
        shown
    }

    /// Does the same without waiting. `None` if another guard keeps the line wiped, which can last: the writer holds one
    /// while its reader takes nothing.
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

/// The progress of a run.
pub struct ProgressState<'a> {
    /// How many clusters have ended, in whatever way.
    pub answered: usize,
    /// How many clusters are known so far.
    pub total: usize,
    /// The names of outstanding clusters, those that were asked first in front.
    pub waiting_for: &'a [&'a str],
    /// The time since the start of the run.
    pub elapsed: Duration,
}

/// Decides when the progress line is drawn.
pub struct Progress {
    line: Arc<ProgressLine>,
    enabled: bool,
    started: Instant,
    drawn: Option<Instant>,
}

impl Progress {
    /// Draws only if `wanted` and if stderr is a terminal.
    pub fn new(line: Arc<ProgressLine>, wanted: bool) -> Self {
        Self {
            line,
            enabled: wanted && std::io::stderr().is_terminal(),
            started: Instant::now(),
            drawn: None,
        }
    }

    /// Returns when the line is to be drawn next; `None` is never.
    pub fn due(&self) -> Option<Instant> {
        let due = match self.drawn {
            None => self.started + FIRST_AFTER,
            Some(drawn) => drawn + REDRAW_EVERY,
        };
        self.enabled.then_some(due)
    }

    /// Draws the line.
    pub fn draw(&mut self, state: &ProgressState<'_>) {
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

fn text(state: &ProgressState<'_>) -> String {
    let mut text = format!("{}/{} clusters answered", state.answered, state.total);
    let waiting = state.waiting_for;
    if !waiting.is_empty() {
        // One more name takes no more room than `and 1 more`.
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

/// Returns the start of a text that fits a width in columns, with an ellipsis if it is cut.
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
        text(&ProgressState {
            answered: 7,
            total: 12,
            waiting_for,
            elapsed: Duration::from_millis(4900),
        })
    }

    #[test]
    fn progress_names_a_few_clusters_and_counts_the_rest() {
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
    fn progress_is_cut_to_the_width_of_the_terminal() {
        assert_eq!(cut("12345", 5), "12345");
        assert_eq!(cut("123456", 5), "1234…");
        assert_eq!(cut("日本語", 5), "日本…");
        assert_eq!(cut("日本語", 4), "日…");
        assert_eq!(cut("abc", 0), "…");
    }
}
