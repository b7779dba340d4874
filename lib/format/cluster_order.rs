//! Sorts the records of clusters.

use super::cluster_columns::ClusterOrder;
use super::cluster_rows::{self, UNKNOWN};
use super::options::Options;
use crate::jsonpath::Tree;
use crate::record::{Cell, Cluster};
use std::cmp::Ordering;

/// Returns the text that a cluster is sorted by; `None` for one that has nothing of the kind, which comes last.
fn key(order: &ClusterOrder, line: &str, options: &Options) -> Option<String> {
    let cluster: Cluster<'_> = serde_json::from_str(line).ok()?;
    let row = cluster_rows::row(&cluster, options, true);
    let column = row
        .columns
        .0
        .iter()
        .find(|(heading, _)| heading.eq_ignore_ascii_case(&order.typed));
    let text = match column {
        Some((_, Cell::Text(text))) => text.to_string(),
        _ => {
            let tree = Tree::parse(line).ok()?;
            let results = order.field.find_results(&tree).ok()?;
            results.iter().flatten().next()?.to_string()
        }
    };
    Some(text).filter(|text| !text.is_empty() && text != UNKNOWN)
}

/// Sorts the lines of Cluster records. Those that are equal stay in their order.
pub(super) fn sort(order: &ClusterOrder, lines: &mut [String], options: &Options) {
    lines.sort_by_cached_key(|line| {
        let key = key(order, line, options);
        (key.is_none(), key.map(Natural))
    });
}

/// A text that is compared as people do: numbers in it by their value, so that v1.9 comes before v1.30.
#[derive(Eq, PartialEq)]
struct Natural(String);

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut a, mut b) = (self.0.as_str(), other.0.as_str());
        loop {
            let (first, second) = (take_part(&mut a), take_part(&mut b));
            let order = match (first, second) {
                ("", "") => return self.0.cmp(&other.0),
                _ if is_number(first) && is_number(second) => {
                    let (first, second) = (first.trim_start_matches('0'), second.trim_start_matches('0'));
                    first.len().cmp(&second.len()).then_with(|| first.cmp(second))
                }
                _ => first.cmp(second),
            };
            if order != Ordering::Equal {
                return order;
            }
        }
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn is_number(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_digit())
}

/// Takes the digits, or all up to the next digit, from the start of a text.
fn take_part<'t>(text: &mut &'t str) -> &'t str {
    let is_digits = is_number(text);
    let end = text.find(|c: char| c.is_ascii_digit() != is_digits);
    let (part, rest) = text.split_at(end.unwrap_or(text.len()));
    *text = rest;
    part
}

#[cfg(test)]
mod tests {
    use super::Natural;

    #[test]
    fn numbers_in_texts_are_compared_by_value() {
        let mut texts = ["v1.30.1", "v1.9", "", "v1.30", "a10", "a9", "10", "9", "v1.030"]
            .map(|text| Natural(text.into()));
        texts.sort();
        let texts: Vec<&str> = texts.iter().map(|text| text.0.as_str()).collect();
        assert_eq!(
            texts,
            ["", "9", "10", "a9", "a10", "v1.9", "v1.030", "v1.30", "v1.30.1"]
        );
    }
}
