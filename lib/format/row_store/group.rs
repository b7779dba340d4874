//! Rows that are kept together.

/// The rows of one cluster that have one type and one list of columns, in the store that made the group.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowGroup {
    /// The index of the type's rows in the store.
    pub(super) type_index: usize,
    /// The cluster's number.
    pub(super) cluster: u32,
    /// The index of the list of columns in the type's rows.
    pub(super) layout: u32,
}
