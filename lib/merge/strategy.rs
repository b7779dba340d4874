//! The ways to put rows together that a user can choose instead of one row after the other.

use super::field::Field;

/// A strategy, as its flags say it.
#[derive(Clone, Debug, PartialEq)]
pub enum Strategy {
    /// `--group-by` and `--count`
    Group(GroupSpec),
}

/// The fields that rows are grouped by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GroupSpec {
    /// The fields, in the order in which they are printed.
    pub fields: Vec<Field>,
}

impl Strategy {
    /// Returns the fields that it reads from rows.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        match self {
            Strategy::Group(spec) => spec.fields.iter(),
        }
    }
}
