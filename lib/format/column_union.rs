//! The union of the columns of all rows in a table.
//!
//! Servers of different versions print different columns of one type. A column that only some rows have comes after the
//! one that it follows there. Adding columns takes time in proportion to their number, however many there are already:
//! a cluster must not be able to delay the others by its columns.

use std::collections::HashMap;

/// A column: its heading, and its index among the columns with that heading.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(crate) struct UnionColumn {
    pub(crate) heading: Box<str>,
    pub(crate) repetition: u32,
}

/// Columns in order, each with a number that never changes.
#[derive(Debug, Default)]
pub(crate) struct ColumnUnion {
    columns: Vec<UnionColumn>,
    numbers: HashMap<UnionColumn, u32>,
    /// For each column by number, the one that follows it.
    next: Vec<Option<u32>>,
    first: Option<u32>,
}

impl ColumnUnion {
    /// Returns the number of columns.
    pub(crate) fn len(&self) -> usize {
        self.columns.len()
    }

    /// Returns a column by its number.
    pub(crate) fn get(&self, number: u32) -> Option<&UnionColumn> {
        self.columns.get(number as usize)
    }

    /// Returns how many of some columns are missing here.
    pub(crate) fn lacks(&self, columns: &[UnionColumn]) -> usize {
        let is_new = |column: &&UnionColumn| !self.numbers.contains_key(*column);
        columns.iter().filter(is_new).count()
    }

    /// Adds columns, each after the one that it follows, and returns their numbers.
    pub(crate) fn add<'c>(&mut self, columns: impl Iterator<Item = &'c UnionColumn>) -> Vec<u32> {
        let mut before = None;
        let place = |column: &UnionColumn| {
            let number = match self.numbers.get(column) {
                Some(number) => *number,
                None => self.insert(before, column.clone()),
            };
            before = Some(number);
            number
        };
        columns.map(place).collect()
    }

    fn insert(&mut self, before: Option<u32>, column: UnionColumn) -> u32 {
        let number = u32::try_from(self.columns.len()).unwrap_or(u32::MAX);
        let link = match before {
            Some(before) => self.next.get_mut(before as usize),
            None => Some(&mut self.first),
        };
        let after = link.and_then(|link| link.replace(number));
        self.next.push(after);
        self.numbers.insert(column.clone(), number);
        self.columns.push(column);
        number
    }

    /// Returns the numbers of all columns in order.
    pub(crate) fn order(&self) -> Vec<u32> {
        let mut order = Vec::with_capacity(self.columns.len());
        let mut at = self.first;
        while let Some(number) = at {
            order.push(number);
            at = self.next.get(number as usize).copied().flatten();
        }
        order
    }

    /// Returns the columns for a list of headings.
    pub(crate) fn columns_of<'h>(headings: impl Iterator<Item = &'h str>) -> Vec<UnionColumn> {
        let mut repetitions: HashMap<&str, u32> = HashMap::new();
        let column = |heading: &'h str| {
            let count = repetitions.entry(heading).or_default();
            let repetition = *count;
            *count = count.saturating_add(1);
            UnionColumn {
                heading: heading.into(),
                repetition,
            }
        };
        headings.map(column).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn headings(union: &ColumnUnion) -> Vec<&str> {
        let columns = union.order().into_iter().filter_map(|number| union.get(number));
        columns.map(|column| &*column.heading).collect()
    }

    fn add(union: &mut ColumnUnion, headings: &[&str]) {
        union.add(ColumnUnion::columns_of(headings.iter().copied()).iter());
    }

    #[test]
    fn column_is_inserted_after_the_one_it_follows() {
        let mut union = ColumnUnion::default();
        add(&mut union, &["NAME", "STATUS", "AGE"]);
        add(
            &mut union,
            &["NAMESPACE", "NAME", "ROLE", "STATUS", "AGE", "LABELS"],
        );
        assert_eq!(
            headings(&union),
            ["NAMESPACE", "NAME", "ROLE", "STATUS", "AGE", "LABELS"]
        );
        add(&mut union, &["NAME", "AGE", "STATUS", "X"]);
        assert_eq!(
            headings(&union),
            ["NAMESPACE", "NAME", "ROLE", "STATUS", "X", "AGE", "LABELS"]
        );
    }

    #[test]
    fn columns_with_equal_headings_are_distinct() {
        let mut union = ColumnUnion::default();
        add(&mut union, &["A", "A", "B"]);
        add(&mut union, &["A", "B", "A"]);
        assert_eq!(headings(&union), ["A", "A", "B"]);
    }

    proptest! {
        /// As if each column were inserted into a list.
        #[test]
        fn order_equals_inserting_one_by_one(
            layouts in proptest::collection::vec(proptest::collection::vec("[A-F]", 0..6), 0..6),
        ) {
            let mut union = ColumnUnion::default();
            let mut expected: Vec<UnionColumn> = Vec::new();
            for layout in &layouts {
                let columns = ColumnUnion::columns_of(layout.iter().map(String::as_str));
                union.add(columns.iter());
                let mut behind = 0;
                for column in columns {
                    behind = match expected.iter().position(|known| *known == column) {
                        Some(at) => at + 1,
                        None => {
                            expected.insert(behind, column);
                            behind + 1
                        }
                    };
                }
            }
            let order = union.order();
            let order: Vec<&UnionColumn> = order.iter().filter_map(|number| union.get(*number)).collect();
            prop_assert_eq!(order, expected.iter().collect::<Vec<_>>());
        }
    }
}
