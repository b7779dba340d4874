//! Words of a shell line that a person can paste.

use std::ffi::OsStr;
use std::path::Path;

/// Quotes a word for a POSIX shell (XCU 2.2.2).
pub(crate) fn quote(word: impl AsRef<OsStr>) -> String {
    let word = Path::new(word.as_ref()).display().to_string();
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_=+,./:@%".contains(c);
    if !word.is_empty() && word.chars().all(safe) {
        return word;
    }
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    // --flag='value' reads better than '--flag=value'.
    match word.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") && flag.chars().all(safe) => {
            format!("{flag}={}", quoted(value))
        }
        _ => quoted(&word),
    }
}
