//! The progress line on a terminal's stderr. It is shown while something is waited for and leaves no trace.

use super::fit::cut;
use super::keyboard::Keyboard;
use super::message::{WIPE, is_dumb, print_lines};
use super::screen_lock::ScreenLock;
use crate::mutex::lock;
use std::io::{IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, TryLockError};
use std::time::{Duration, Instant};

/// The line is not shown before this: most runs are over by then, and a line that flashes by is a distraction.
const FIRST_AFTER: Duration = Duration::from_millis(300);

/// The shortest time between two redraws.
const REDRAW_EVERY: Duration = Duration::from_millis(100);

/// The width in columns of a terminal that does not report one.
const DEFAULT_WIDTH: usize = 80;

/// The progress line on the terminal. Code that writes to the same terminal wipes it first, and keeps it wiped until it is
/// done. While another program has the terminal, nothing is drawn and messages are held back.
#[derive(Debug, Default)]
pub struct ProgressLine {
    shown: Mutex<bool>,
    /// True if another program has the terminal.
    lent: AtomicBool,
    held_back: Mutex<String>,
    lock: OnceLock<Option<ScreenLock>>,
}

impl ProgressLine {
    /// Wipes the line. It is not drawn again before the guard is dropped.
    pub fn wipe(&self) -> MutexGuard<'_, bool> {
        let mut shown = lock(&self.shown);
        self.wipe_if(&mut shown);
        shown
    }

    /// Does the same without waiting. `None` if another guard keeps the line wiped, which can last: the writer holds one
    /// while its reader takes nothing.
    pub fn try_wipe(&self) -> Option<MutexGuard<'_, bool>> {
        let mut shown = self.try_lock()?;
        self.wipe_if(&mut shown);
        Some(shown)
    }

    /// Hands the terminal to another program, and shows `lead` in front of what that prints or asks.
    pub fn lend(&self, lead: &str) {
        self.lent.store(true, Ordering::SeqCst);
        drop(self.try_wipe());
        if let Some(lock) = self.lock() {
            lock.alone();
        }
        if can_draw() {
            write(&cut(lead, width().saturating_sub(1)));
        }
    }

    /// Takes the terminal back, and prints the messages that were held back.
    pub fn take_back(&self) {
        if can_draw() {
            // The program may have printed nothing.
            write(WIPE);
        }
        if let Some(lock) = self.lock() {
            lock.release();
        }
        self.lent.store(false, Ordering::SeqCst);
        let text = std::mem::take(&mut *lock(&self.held_back));
        if !text.is_empty() {
            print_lines(&text);
        }
    }

    /// Takes Enter if it has been typed below the line, and wipes both.
    pub fn takes_enter(&self, keyboard: &mut Keyboard) -> bool {
        let Some(mut shown) = self.try_lock() else {
            return false;
        };
        if self.lent.load(Ordering::SeqCst) || !*shown || !keyboard.takes_enter() {
            return false;
        }
        // The terminal has shown it as a new line.
        write("\u{1b}[A");
        self.wipe_if(&mut shown);
        true
    }

    /// Prints complete lines, later if another program has the terminal.
    pub fn say(&self, lines: &str) {
        if self.lent.load(Ordering::SeqCst) {
            lock(&self.held_back).push_str(lines);
        } else {
            let _wiped = self.try_wipe();
            print_lines(lines);
        }
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, bool>> {
        match self.shown.try_lock() {
            Ok(shown) => Some(shown),
            Err(TryLockError::Poisoned(shown)) => Some(shown.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn lock(&self) -> Option<&ScreenLock> {
        self.lock.get_or_init(ScreenLock::of_stderr).as_ref()
    }

    fn wipe_if(&self, shown: &mut bool) {
        if std::mem::take(shown) {
            write(WIPE);
            if let Some(lock) = self.lock() {
                lock.release();
            }
        }
    }

    fn draw(&self, text: &str) {
        let Some(mut shown) = self.try_lock() else { return };
        if self.lent.load(Ordering::SeqCst) {
            return;
        }
        let lock = self.lock();
        if lock.is_some_and(|lock| !lock.try_alone()) {
            // A message is being printed, or another program has the terminal. Both have wiped the line.
            *shown = false;
            return;
        }
        write(&format!("{WIPE}{text}"));
        *shown = true;
        if let Some(lock) = lock {
            lock.try_share();
        }
    }
}

/// Decides when the progress line is drawn.
#[derive(Debug)]
pub struct ProgressTimer {
    line: Arc<ProgressLine>,
    enabled: bool,
    started: Instant,
    drawn: Option<Instant>,
}

impl ProgressTimer {
    /// Draws only if `wanted` and if stderr is a terminal.
    pub fn new(line: Arc<ProgressLine>, wanted: bool) -> Self {
        Self {
            line,
            enabled: wanted && can_draw(),
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

    /// Returns the time since it was begun.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Takes Enter if it has been typed.
    pub fn takes_enter(&self, keyboard: &mut Keyboard) -> bool {
        self.line.takes_enter(keyboard)
    }

    /// Draws the line: the text for a width in columns. An empty one wipes it.
    pub fn draw(&mut self, text: impl FnOnce(usize) -> String) {
        self.drawn = Some(Instant::now());
        // A line that fills the last column makes some terminals wrap.
        let text = text(width().saturating_sub(1));
        if text.is_empty() {
            drop(self.line.try_wipe());
        } else {
            self.line.draw(&text);
        }
    }
}

impl Drop for ProgressTimer {
    fn drop(&mut self) {
        drop(self.line.try_wipe());
    }
}

/// Returns whether stderr is a terminal on which a line can be wiped.
fn can_draw() -> bool {
    std::io::stderr().is_terminal() && !is_dumb()
}

fn width() -> usize {
    rustix::termios::tcgetwinsize(std::io::stderr())
        .map(|size| usize::from(size.ws_col))
        .ok()
        .filter(|width| *width > 0)
        .unwrap_or(DEFAULT_WIDTH)
}

fn write(text: &str) {
    // Errors on stderr itself have nowhere to go.
    let _ = std::io::stderr().write_all(text.as_bytes());
}
