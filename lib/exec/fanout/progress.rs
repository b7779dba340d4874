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
    /// True if Enter shows the rows so far.
    pub offers_rows: bool,
}

/// Returns the text for a width in columns. The seconds are always in it; empty if nothing is waited for.
pub fn text(state: &ProgressState<'_>, width: usize) -> String {
    let count = state.waiting_for.len();
    let first = state.waiting_for.iter().take(fit::MOST_NAMES);
    let first: Vec<String> = first.map(|name| escape(name).into_owned()).collect();
    if count == 0 {
        return String::new();
    }
    let plain = format!(" ({}s)", state.elapsed.as_secs());
    let offers: &[&str] = match state.offers_rows {
        true => &[", Enter: rows so far", ", Enter: rows"],
        false => &[""],
    };
    let ends: Vec<String> = offers.iter().map(|offer| format!("{plain}{offer}")).collect();
    let starts = [counted(state, "answered"), counted(state, "ok"), String::new()]
        .map(|counts| format!("{counts}waiting for "));
    // The first that fits, from the one that says most.
    let around = || {
        ends.iter()
            .flat_map(|end| starts.iter().map(move |start| (start, end)))
    };
    let fitting = |names: &dyn Fn(usize) -> Option<String>| {
        around().find_map(|(start, end)| {
            let names = names(width.checked_sub(start.len() + end.len())?)?;
            Some(format!("{start}{names}{end}"))
        })
    };
    let number = count.to_string();
    fitting(&|room| fit::names(&first, count, room))
        .or_else(|| fitting(&|room| fit::cut_name(&first, count, room)))
        .or_else(|| fitting(&|room| (number.len() <= room).then(|| number.clone())))
        .unwrap_or_else(|| fit::cut(plain.trim(), width))
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
            offers_rows: false,
        };
        text(&state, width)
    }

    #[test]
    fn progress_offers_the_rows_so_far_at_every_width() {
        let of = |waiting_for: &[&str], width| {
            let state = ProgressState {
                answered: 38,
                failed: 2,
                waiting_for,
                elapsed: Duration::from_secs(12),
                offers_rows: true,
            };
            text(&state, width)
        };
        let names = ["dev-ap-15", "dev-ap-16", "dev-ap-17"];
        assert_eq!(
            of(&names, 199),
            "38 answered, 2 failed, waiting for dev-ap-15, dev-ap-16, dev-ap-17 (12s), Enter: rows so far"
        );
        assert_eq!(
            of(&names, 79),
            "38 answered, 2 failed, waiting for dev-ap-15 +2 (12s), Enter: rows so far"
        );
        assert_eq!(of(&names, 39), "waiting for 3 (12s), Enter: rows so far");
        assert_eq!(of(&["a"], 39), "waiting for a (12s), Enter: rows so far");
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
