//! Names for columns whose headings are equal.
//!
//! Columns of a table in Kubernetes may have equal headings: a custom resource may define a column `Namespace`, and
//! kubectl puts its own NAMESPACE in front. Most JSON readers drop all but one of equal keys, so a record calls the
//! second column `NAMESPACE_2`, and its field `headings` has the heading that kubectl prints.

use super::row::Row;
use super::str::Str;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

/// The maximum number of columns in a Table of an API server. Those of real servers have some tens.
pub const MAX_COLUMNS: usize = 1000;

/// Gives each column a unique name: its heading, followed by a number if another column has that name. No column gets
/// one of the names that are `taken`.
pub fn distinct<'a>(taken: &[&'a str], headings: &[&'a str]) -> Vec<Cow<'a, str>> {
    let mut used: HashSet<Cow<'a, str>> = headings
        .iter()
        .chain(taken)
        .map(|name| Cow::Borrowed(*name))
        .collect();
    // For each heading, the number of columns with it so far, which is also the last number that was given.
    let mut counts: HashMap<&str, u32> = taken.iter().map(|name| (*name, 1)).collect();
    let name = |heading: &&'a str| {
        let count = counts.entry(*heading).or_default();
        *count = count.saturating_add(1);
        if *count == 1 {
            return Cow::Borrowed(*heading);
        }
        loop {
            let name = Cow::Owned(format!("{heading}_{count}"));
            if used.insert(Cow::clone(&name)) {
                return name;
            }
            *count = count.saturating_add(1);
        }
    };
    headings.iter().map(name).collect()
}

impl Row<'_> {
    /// Gives the columns the headings again that kubectl prints, of which some may be equal.
    pub fn restore_headings(&mut self) {
        if self.headings.is_empty() {
            return;
        }
        for (name, _) in &mut self.columns.0 {
            if let Some(heading) = self.headings.get(name) {
                *name = heading.clone();
            }
        }
        self.headings.clear();
    }

    /// Gives columns with equal headings unique names, and keeps their headings in the record.
    pub fn distinguish_headings(&mut self) {
        self.restore_headings();
        let headings: Vec<String> = self
            .columns
            .0
            .iter()
            .map(|(name, _)| name.as_str().to_owned())
            .collect();
        let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
        let names = distinct(&[], &headings);
        for ((column, _), name) in self.columns.0.iter_mut().zip(names) {
            if *column != *name {
                let name: Str<'_> = name.into_owned().into();
                let heading = std::mem::replace(column, name.clone());
                self.headings.insert(name, heading);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn columns_with_equal_headings_are_numbered() {
        assert_eq!(distinct(&[], &["A", "B"]), ["A", "B"]);
        assert_eq!(distinct(&[], &["A", "A", "B", "A"]), ["A", "A_2", "B", "A_3"]);
        assert_eq!(
            distinct(&["CLUSTER"], &["NAME", "CLUSTER"]),
            ["NAME", "CLUSTER_2"]
        );
        assert_eq!(distinct(&[], &["A", "A", "A_2"]), ["A", "A_3", "A_2"]);
        assert_eq!(distinct(&["A"], &["A_2", "A_2", "A"]), ["A_2", "A_2_2", "A_3"]);
    }

    #[test]
    fn headings_are_restored_and_distinguished_again() {
        let line = r#"{"kind":"Row","cluster":"c","columns":{"A":1,"A_2":2},"headings":{"A_2":"A"}}"#;
        let mut row: Row<'_> = serde_json::from_str(line).unwrap();
        row.restore_headings();
        let headings = |row: &Row<'_>| -> Vec<String> {
            row.columns
                .0
                .iter()
                .map(|(heading, _)| heading.to_string())
                .collect()
        };
        assert_eq!(headings(&row), ["A", "A"]);
        row.distinguish_headings();
        assert_eq!(headings(&row), ["A", "A_2"]);
        assert!(
            serde_json::to_string(&row)
                .unwrap()
                .contains(r#""headings":{"A_2":"A"}"#)
        );
    }

    proptest! {
        #[test]
        fn names_of_columns_are_unique(
            headings in proptest::collection::vec("[AB](_[23])?", 0..12),
            taken in proptest::collection::vec("[AB](_2)?", 0..3),
        ) {
            let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
            let taken: Vec<&str> = taken.iter().map(String::as_str).collect();
            let names = distinct(&taken, &headings);
            prop_assert_eq!(names.len(), headings.len());
            let all: HashSet<&str> = names.iter().map(|name| &**name).chain(taken.iter().copied()).collect();
            prop_assert_eq!(all.len(), names.len() + taken.iter().collect::<HashSet<_>>().len());
            for (index, (heading, name)) in headings.iter().zip(&names).enumerate() {
                let is_first = !headings[..index].contains(heading) && !taken.contains(heading);
                prop_assert_eq!(is_first, *name == *heading);
            }
        }
    }
}
