//! The signal dispositions that children of the tests start with.

use signal_hook::consts::SIGINT;
use std::sync::Once;

/// Gives children the default disposition of SIGINT where the test run itself ignores it, as a shell without job
/// control makes what it starts in the background (`make test &` in a script). The tools keep an ignored SIGINT
/// ignored, so tests that interrupt them would wait for ever.
pub fn reset_ignored_interrupt() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        if is_ignored(SIGINT) {
            // exec(2) resets a signal that has a handler to its default, and leaves an ignored one ignored.
            signal_hook::flag::register(SIGINT, std::sync::Arc::default()).unwrap();
        }
    });
}

/// Returns whether this process ignores a signal (proc(5), `SigIgn`).
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & (1 << (signal - 1)) != 0)
}
