//! Selectors over labels and properties (`--cluster-selector`).

use kubectl_mc::selector::Selector;
use std::collections::HashMap;

/// The first line is a selector, the others are `key=value`.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (selector, labels) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(selector) = Selector::parse(selector) else {
        return;
    };
    let labels: HashMap<&str, &str> = labels.lines().filter_map(|line| line.split_once('=')).collect();
    let first = selector.matches(|key| labels.get(key).copied());
    assert_eq!(first, selector.matches(|key| labels.get(key).copied()));
    let _ = selector.wanted_keys().count() + selector.doubts().count();
}
