//! The text of the progress line while clusters are outstanding.

use crate::term::{escape, fit};
use std::time::Duration;

/// The progress of a run.
pub struct ProgressState<'a> {
    /// How many clusters have answered.
    pub answered: usize,
    /// How many clusters have ended in another way.
    pub failed: usize,
    /// The names of outstanding clusters, those that were asked first in front.
    pub waiting_for: &'a [&'a str],
    /// The time since the start of the run.
    pub elapsed: Duration,
}

/// Returns the text for a width in columns. The seconds are always in it; empty if nothing is waited for.
pub fn text(state: &ProgressState<'_>, width: usize) -> String {
    let count = state.waiting_for.len();
    let first = state.waiting_for.iter().take(fit::MOST_NAMES);
    let first: Vec<String> = first.map(|name| escape(name).into_owned()).collect();
    let end = format!(" ({}s)", state.elapsed.as_secs());
    if count == 0 {
        return String::new();
    }
    let starts = [counted(state, "answered"), counted(state, "ok"), String::new()]
        .map(|counts| format!("{counts}waiting for "));
    let room = |start: &str| width.saturating_sub(start.len() + end.len());
    let whole = |start: &String| Some((start.clone(), fit::names(&first, count, room(start))?));
    let cut = |start: &String| Some((start.clone(), fit::cut_name(&first, count, room(start))?));
    let number = |start: &String| {
        let number = count.to_string();
        (number.len() <= room(start)).then(|| (start.clone(), number))
    };
    let found = starts.iter().find_map(whole);
    let found = found.or_else(|| starts.iter().rev().find_map(cut));
    match found.or_else(|| starts.iter().find_map(number)) {
        Some((start, names)) => format!("{start}{names}{end}"),
        None => fit::cut(end.trim(), width),
    }
}

/// Returns `38 answered, 2 failed, `, without what is 0.
fn counted(state: &ProgressState<'_>, answered: &str) -> String {
    [(state.answered, answered), (state.failed, "failed")]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}, "))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(answered: usize, failed: usize, waiting_for: &[&str], width: usize) -> String {
        let state = ProgressState {
            answered,
            failed,
            waiting_for,
            elapsed: Duration::from_millis(12_900),
        };
        text(&state, width)
    }

    #[test]
    fn progress_counts_what_failed_apart_from_what_answered() {
        assert_eq!(of(7, 0, &["a"], 79), "7 answered, waiting for a (12s)");
        assert_eq!(
            of(38, 2, &["dev-ap-15", "b\u{1b}[1m"], 79),
            "38 answered, 2 failed, waiting for dev-ap-15, b^[[1m (12s)"
        );
        assert_eq!(of(0, 0, &["a", "b"], 79), "waiting for a, b (12s)");
        assert_eq!(of(7, 0, &[], 79), "");
    }

    #[test]
    fn progress_shows_the_seconds_at_every_width() {
        let names: Vec<String> = (11..30).map(|number| format!("dev-ap-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let of = |width| of(38, 2, &names, width);
        assert_eq!(
            of(199),
            "38 answered, 2 failed, waiting for dev-ap-11, dev-ap-12, dev-ap-13, dev-ap-14, dev-ap-15, dev-ap-16 +13 (12s)"
        );
        assert_eq!(
            of(79),
            "38 answered, 2 failed, waiting for dev-ap-11, dev-ap-12, dev-ap-13 +16 (12s)"
        );
        assert_eq!(of(39), "waiting for dev-ap-11 +18 (12s)");
        assert_eq!(of(30), "waiting for dev-ap-… +18 (12s)");
        assert_eq!(of(22), "waiting for 19 (12s)");
        for width in 5..200 {
            let line = of(width);
            assert!(line.contains("12s"), "{width}: {line}");
            assert!(
                unicode_width::UnicodeWidthStr::width(line.as_str()) <= width,
                "{width}: {line}"
            );
        }
    }
}
