//! Messages on stderr, which may be a terminal where other processes of the pipe show something.

use super::screen_lock::{OnScreen, ScreenLock};
use std::io::Write as _;

/// Goes back to the start of the line and wipes to its end.
pub const WIPE: &str = "\r\u{1b}[K";

/// Returns whether the terminal is one that cannot wipe what it shows.
pub fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Prints complete lines on stderr: in place of a progress line, and not after what another program has asked. Errors of
/// stderr itself have nowhere to go.
pub fn print_lines(text: &str) {
    let lock = ScreenLock::of_stderr();
    let start = match lock.as_ref().map(ScreenLock::look) {
        None | Some(OnScreen::Nothing) => "",
        Some(OnScreen::Progress) => WIPE,
        Some(OnScreen::Program) => "\n",
    };
    // At once, so that nothing comes between.
    let _ = std::io::stderr().write_all(format!("{start}{text}").as_bytes());
}
