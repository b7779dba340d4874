//! Selectors over labels and properties (`--cluster-selector`).

use kubectl_mc::selector::Selector;
use std::collections::HashMap;

/// The first line is a selector, the others are `key=value`.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (text, labels) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(selector) = Selector::parse(text) else {
        return;
    };
    let labels: HashMap<&str, &str> = labels.lines().filter_map(|line| line.split_once('=')).collect();
    let is_selected = |selector: &Selector| selector.matches(|key| labels.get(key).copied());
    let matches = is_selected(&selector);
    if matches {
        for key in selector.wanted_keys() {
            assert!(labels.contains_key(key), "{text:?} matches without {key:?}");
        }
    }
    assert_eq!(
        selector.matches(|_| None),
        selector.wanted_keys().next().is_none(),
        "{text:?} of a cluster without labels"
    );
    for (key, reason) in selector.doubts() {
        assert!(text.contains(key) && !reason.is_empty(), "{key:?}: {reason:?}");
    }
    // NUL ends a selector, and nothing can be added to an empty one with a comma.
    if text.contains('\0') || text.trim().is_empty() {
        return;
    }
    for (key, value) in labels
        .iter()
        .filter(|(key, value)| is_plain(key) && is_plain(value))
    {
        for (more, holds) in [
            ((*key).to_owned(), true),
            (format!("{key}={value}"), true),
            (format!("{key} in (other, {value})"), true),
            (format!("{key}!=other-{value}"), true),
            (format!("!{key}"), false),
            (format!("{key}!={value}"), false),
            (format!("{key} notin ({value})"), false),
            (format!("{key}==other-{value}"), false),
        ] {
            let both = format!("{text},{more}");
            let parsed = Selector::parse(&both).unwrap_or_else(|error| panic!("{both:?}: {error}"));
            assert_eq!(is_selected(&parsed), matches && holds, "{both:?}");
        }
    }
}

/// Returns whether a key or a value means itself wherever it stands in a selector.
fn is_plain(word: &str) -> bool {
    let is_operator = matches!(word, "in" | "notin");
    !word.is_empty()
        && !is_operator
        && word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}
