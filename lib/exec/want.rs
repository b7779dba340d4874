//! The kind of records that a verb writes.

/// The kind of records that a verb writes, which follows from the output format.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Want {
    /// Row records with the columns of priority 0.
    #[default]
    Rows,
    /// Row records with all columns (`-o wide`).
    WideRows,
    /// Object records.
    Objects,
}
