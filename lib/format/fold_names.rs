//! Many names in a few characters: `prod-eu-[1-12,14],staging`. Nothing is lost: unfolding gives the names back.

use std::collections::{BTreeMap, BTreeSet};

/// Longer numbers are not looked at as numbers.
const MOST_DIGITS: usize = 18;

/// The characters that mean something in folded names; in a name they get a backslash.
const SPECIAL: [char; 4] = ['[', ']', ',', '\\'];

/// Names that differ in their last number only.
#[derive(Debug, Default)]
struct Alike<'a> {
    /// The name itself, where it has no number.
    plain: Option<&'a str>,
    /// The numbers as they are written, by how many digits they are filled up to with zeros; 0 where they are not.
    numbers: BTreeMap<usize, BTreeSet<u64>>,
}

/// Folds names. Each part of the result stands for one or more names; the parts are joined by commas.
pub(super) fn fold<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut all: BTreeMap<(&str, &str), Alike<'_>> = BTreeMap::new();
    let split: Vec<_> = names.into_iter().map(split).collect();
    for (before, digits, after) in &split {
        let alike = all.entry((before, after)).or_default();
        match digits.parse::<u64>() {
            Ok(_) if is_filled(digits) => {
                alike.numbers.entry(digits.len()).or_default();
            }
            Ok(_) => {}
            Err(_) => alike.plain = Some(before),
        }
    }
    for (before, digits, after) in &split {
        if let Some(alike) = all.get_mut(&(*before, *after))
            && let Ok(number) = digits.parse()
        {
            // 10 belongs to 08 and 09, if those are there.
            let is_filled = alike.numbers.contains_key(&digits.len());
            let width = if is_filled { digits.len() } else { 0 };
            alike.numbers.entry(width).or_default().insert(number);
        }
    }
    let mut parts = Vec::new();
    for ((before, after), alike) in all {
        parts.extend(alike.plain.map(escape));
        for (width, numbers) in alike.numbers {
            let (before, after) = (escape(before), escape(after));
            let ranges = ranges(&numbers, width);
            parts.push(match numbers.len() {
                1 => format!("{before}{ranges}{after}"),
                _ => format!("{before}[{ranges}]{after}"),
            });
        }
    }
    parts
}

/// Returns a text of about so many characters, from the parts of folded names.
pub(super) fn shorten(parts: &[String], most: usize) -> String {
    let mut text = String::new();
    for (index, part) in parts.iter().enumerate() {
        let comma = if index > 0 { "," } else { "" };
        if text.len() + part.len() <= most {
            text.push_str(comma);
            text.push_str(part);
            continue;
        }
        // A part of many ranges is cut after one of them.
        let room = most.saturating_sub(text.len());
        let ends_range = |(at, c): &(usize, char)| *c == ',' && *at <= room && !part[..*at].ends_with('\\');
        let cut = part.char_indices().rfind(ends_range);
        match cut {
            Some((at, _)) => text.push_str(&format!("{comma}{},…]", &part[..at])),
            None if index == 0 => text.push_str(part),
            None => text.push_str(",…"),
        }
        if index + 1 < parts.len() && !text.ends_with(",…") {
            text.push_str(",…");
        }
        break;
    }
    text
}

/// Splits a name at its last number.
fn split(name: &str) -> (&str, &str, &str) {
    let is_digit = |c: char| c.is_ascii_digit();
    let end = name.rfind(is_digit).map_or(0, |last| last + 1);
    let (numbered, after) = name.split_at(end);
    let before = numbered.trim_end_matches(is_digit);
    let digits = &numbered[before.len()..];
    match digits.len() {
        1..=MOST_DIGITS => (before, digits, after),
        _ => (name, "", ""),
    }
}

fn is_filled(digits: &str) -> bool {
    digits.len() > 1 && digits.starts_with('0')
}

/// Writes numbers as `1-12,14`.
fn ranges(numbers: &BTreeSet<u64>, width: usize) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let text = ranges.iter().map(|(first, last)| match last - first {
        0 => format!("{first:0width$}"),
        1 => format!("{first:0width$},{last:0width$}"),
        _ => format!("{first:0width$}-{last:0width$}"),
    });
    text.collect::<Vec<_>>().join(",")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if SPECIAL.contains(&character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Returns the names that a folded text stands for.
    fn unfold(text: &str) -> Vec<String> {
        let mut names = Vec::new();
        let (mut before, mut after) = (String::new(), String::new());
        let mut numbers: Option<String> = None;
        let mut is_inside = false;
        let mut characters = text.chars().chain([',']);
        while let Some(character) = characters.next() {
            match character {
                '[' => (numbers, is_inside) = (Some(String::new()), true),
                ']' => is_inside = false,
                ',' if !is_inside => {
                    match &numbers {
                        None => names.push(before.clone()),
                        Some(numbers) => {
                            for range in numbers.split(',') {
                                let (first, last) = range.split_once('-').unwrap_or((range, range));
                                let width = if is_filled(first) { first.len() } else { 0 };
                                let first: u64 = first.parse().unwrap_or_default();
                                let last: u64 = last.parse().unwrap_or_default();
                                names.extend((first..=last).map(|n| format!("{before}{n:0width$}{after}")));
                            }
                        }
                    }
                    (before, after, numbers) = (String::new(), String::new(), None);
                }
                character => {
                    let character = match character {
                        '\\' => characters.next().unwrap_or_default(),
                        character => character,
                    };
                    match &mut numbers {
                        Some(numbers) if is_inside => numbers.push(character),
                        Some(_) => after.push(character),
                        None => before.push(character),
                    }
                }
            }
        }
        names
    }

    #[test]
    fn names_that_differ_in_a_number_are_folded() {
        for (names, folded) in [
            (&["prod-eu-1"][..], "prod-eu-1"),
            (&["a-1", "a-2", "a-3", "a-5", "b"], "a-[1-3,5],b"),
            (&["a-1", "a-2"], "a-[1,2]"),
            (&["a08x", "a09x", "a10x"], "a[08-10]x"),
            (&["a8", "a08", "a9"], "a[8,9],a08"),
            (&["eu1-a", "eu2-a", "eu2-b"], "eu[1,2]-a,eu2-b"),
            (&["a,1", "b[2]"], "a\\,1,b\\[2\\]"),
            (&["x12345678901234567890"], "x12345678901234567890"),
            (&[""], ""),
        ] {
            assert_eq!(fold(names.iter().copied()).join(","), folded);
        }
    }

    #[test]
    fn long_folded_names_are_cut_at_a_comma() {
        let parts = fold(["a-1", "a-3", "a-5", "a-7", "b", "c"]);
        assert_eq!(parts.join(","), "a-[1,3,5,7],b,c");
        assert_eq!(shorten(&parts, 40), "a-[1,3,5,7],b,c");
        assert_eq!(shorten(&parts, 12), "a-[1,3,5,7],b,…");
        assert_eq!(shorten(&parts, 8), "a-[1,3,5,…],…");
        assert_eq!(shorten(&parts, 1), "a-[1,3,5,7],…");
    }

    proptest! {
        #[test]
        fn folded_names_unfold_to_the_same_names(
            names in proptest::collection::btree_set(r"[ab\[\],\\é-]{0,3}[0-2]{0,3}[x,\]]{0,1}", 1..30),
        ) {
            let folded = fold(names.iter().map(String::as_str)).join(",");
            let unfolded: std::collections::BTreeSet<String> = unfold(&folded).into_iter().collect();
            prop_assert_eq!(unfolded, names, "{}", folded);
        }
    }
}
