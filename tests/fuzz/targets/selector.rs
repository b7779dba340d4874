//! Selectors over labels and properties (`--cluster-selector`): the first line is one, the others `key=value`.

#![no_main]

use kubectl_mc::discover::selector::Selector;
use libfuzzer_sys::fuzz_target;
use std::collections::HashMap;

fuzz_target!(|text: &str| {
    let (selector, labels) = text.split_once('\n').unwrap_or((text, ""));
    let Ok(selector) = Selector::parse(selector) else {
        return;
    };
    let labels: HashMap<&str, &str> = labels.lines().filter_map(|line| line.split_once('=')).collect();
    let first = selector.matches(|key| labels.get(key).copied());
    assert_eq!(first, selector.matches(|key| labels.get(key).copied()));
    let _ = selector.wanted_keys().count() + selector.doubts().count();
});
