//! `--sort-by` of a list of clusters.

use super::cluster_rows::{self, UNKNOWN};
use super::options::Options;
use crate::exit::Fatal;
use crate::jsonpath::{self, Template, Tree};
use crate::record::{Cell, Cluster};
use std::cmp::Ordering;

/// What clusters are sorted by: a column, or a field of their records.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterOrder {
    typed: String,
    field: Template,
}

impl ClusterOrder {
    /// Reads the heading of a column, or a JSONPath expression for a field of the Cluster record.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self, Fatal> {
        let refuse = |error: jsonpath::Error| {
            let why = error.0;
            Fatal::usage(format!(
                "--sort-by={text} is neither a column, as --sort-by=region, nor a field of the Cluster record, as \
                 --sort-by=.labels.env: {why}"
            ))
        };
        let path = jsonpath::relaxed(text).map_err(refuse)?;
        let field = Template::parse(&path).map_err(refuse)?.allow_missing_keys(true);
        let typed = text.to_owned();
        Ok(Self { typed, field })
    }

    /// Returns the text that a cluster is sorted by; `None` for one that has nothing of the kind, which comes last.
    fn key(&self, line: &str, options: &Options) -> Option<String> {
        let cluster: Cluster<'_> = serde_json::from_str(line).ok()?;
        let row = cluster_rows::row(&cluster, options, true);
        let column = row
            .columns
            .0
            .iter()
            .find(|(heading, _)| heading.eq_ignore_ascii_case(&self.typed));
        let text = match column {
            Some((_, Cell::Text(text))) => text.to_string(),
            _ => {
                let tree = Tree::parse(line).ok()?;
                let results = self.field.find_results(&tree).ok()?;
                results.iter().flatten().next()?.to_string()
            }
        };
        Some(text).filter(|text| !text.is_empty() && text != UNKNOWN)
    }

    /// Sorts the lines of Cluster records. Those that are equal stay in their order.
    pub(super) fn sort(&self, lines: &mut [String], options: &Options) {
        lines.sort_by_cached_key(|line| {
            let key = self.key(line, options);
            (key.is_none(), key.map(Natural))
        });
    }
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
