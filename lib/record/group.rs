//! Records of rows that are equal in some columns.

use super::columns::Columns;
use super::omit::is_zero;
use super::str::Str;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Rows of one type that have the same values in some columns. mc-merge writes it; of several with the same
/// [`by`](Self::by) it makes one.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Group")]
pub struct Group<'a> {
    /// As in [`Row::resource`](super::Row::resource).
    #[serde(borrow, default, skip_serializing_if = "Str::is_empty")]
    pub resource: Str<'a>,
    /// As in [`Row::type_`](super::Row::type_).
    #[serde(borrow, default, rename = "type", skip_serializing_if = "Str::is_empty")]
    pub type_: Str<'a>,
    /// As in [`Row::position`](super::Row::position).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub position: u32,
    /// The headings that the rows are grouped by, and the value that all of them have. `<none>` stands for rows without
    /// a value.
    #[serde(borrow, default)]
    pub by: Columns<'a>,
    /// The number of rows.
    pub count: u64,
    /// The number of rows of each cluster that has any.
    #[serde(borrow, default)]
    pub clusters: BTreeMap<Str<'a>, u64>,
}
