//! Records of rows that are equal in some columns.

use super::columns::Columns;
use super::omit::is_zero;
use super::str::Str;
use crate::quantity::Notation;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
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
    /// True if a whole row is shown for all of them, and not how many they are (`--fold`). Absent if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub folded: bool,
    /// Numbers that are computed from the rows' objects.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub computed: Vec<Computed<'a>>,
    /// The changes on these clusters (`--diff`, `--drift`), if the object is neither added nor missing there.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change<'a>>,
}

/// A column of a row or a field of an object that differs from what it is compared with.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Change<'a> {
    /// The heading or the path.
    #[serde(borrow)]
    pub field: Str<'a>,
    /// The value that it is compared with. Absent if there is none.
    #[serde(
        borrow,
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "any_value"
    )]
    pub from: Option<&'a RawValue>,
    /// The value on these clusters. Absent if there is none.
    #[serde(
        borrow,
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "any_value"
    )]
    pub to: Option<&'a RawValue>,
}

/// Reads a value, which may be `null`.
fn any_value<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A number that is computed from the values that a path finds in the objects of a group.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Computed<'a> {
    /// The heading that it has in tables.
    #[serde(borrow)]
    pub heading: Str<'a>,
    /// How it is computed.
    pub of: Operation,
    /// The path.
    #[serde(borrow)]
    pub path: Str<'a>,
    /// The number: a quantity in a string, as Kubernetes spells it, or a number of JSON where all values are such; of
    /// `min` and `max` also a time. Absent if there are no values.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub value: Option<&'a RawValue>,
    /// The exact sum, of `avg`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub sum: Option<&'a RawValue>,
    /// How a sum is spelled, which the number alone does not tell. Present for `sum` and `avg`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub form: Option<Notation>,
    /// The number of values.
    pub number: u64,
    /// The number of values that are not among them, since they are not numbers. Absent if it is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub other: u64,
}

/// How a number is computed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// The sum.
    #[default]
    Sum,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// The arithmetic mean.
    Avg,
}
