//! Records of rows.

use super::columns::Columns;
use super::omit::is_zero;
use super::str::Str;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Positions of consecutive arguments differ by this much; no category has that many types.
pub const POSITIONS: u32 = 1000;

/// Returns the number of the argument that a [`Row::position`] belongs to.
pub fn argument(position: u32) -> u32 {
    position / POSITIONS
}

/// Returns the place of a [`Row::position`] within its [`argument`].
pub fn within_argument(position: u32) -> u32 {
    position % POSITIONS
}

/// One row of a table, as the cluster's API server printed it.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Row")]
pub struct Row<'a> {
    /// The cluster that it came from.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// The resource, plural and with its API group where it has one: `pods`, `deployments.apps`.
    #[serde(borrow, default)]
    pub resource: Str<'a>,
    /// The lower-case kind with its group, as kubectl writes it before a slash: `pod`, `deployment.apps`.
    #[serde(borrow, default, rename = "type", skip_serializing_if = "Str::is_empty")]
    pub type_: Str<'a>,
    /// The place of its type among the types that were asked for: [`POSITIONS`] for each argument, and for types of a
    /// category their place in it, counted from 1. Rows of one resource and one [`argument`] are one table, even if the
    /// place in a category differs between clusters. A name that follows a name of another version of the same resource
    /// has 1 more, which begins a table.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub position: u32,
    /// The object's namespace. Absent for cluster-scoped objects.
    #[serde(borrow, default, skip_serializing_if = "Str::is_empty")]
    pub namespace: Str<'a>,
    /// The object's name.
    #[serde(borrow, default)]
    pub name: Str<'a>,
    /// Headings and cells, in kubectl's order: NAMESPACE first with `-A`, then the columns of `-L` and `--show-labels`
    /// at their places. No two have the same name.
    #[serde(borrow, default)]
    pub columns: Columns<'a>,
    /// The heading of each column that has another name because another column has its heading: `{"NAMESPACE_2":
    /// "NAMESPACE"}`. See [`headings`](super::headings).
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headings: BTreeMap<Str<'a>, Str<'a>>,
    /// The fields of the object that mc-exec was told to send along (`--fields`), in the object's form. Absent if there are
    /// none.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<&'a RawValue>,
    /// The key to sort by instead of namespace and name, within the cluster and the type: a JSON array or scalar. An
    /// object `{"by": …}` sorts the rows of all clusters together (`--sort-by`); namespace and name then decide between
    /// equal keys. Absent if rows keep the API server's order.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<&'a RawValue>,
    /// The event of a watched object (`-w`). Absent if it is not watched. Such a row is passed on and printed at
    /// once, whatever the order is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// True if the object existed when the watch of its cluster began. Absent if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
}

/// The event of a watched object (apimachinery `pkg/watch`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Event {
    /// It existed from the start, has been created, or has begun to match the selectors.
    Added,
    /// It has changed.
    Modified,
    /// It was deleted, or does not match the selectors any more. The record has its last state.
    Deleted,
}

impl Event {
    /// Returns the text for records and the EVENT column.
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Added => "ADDED",
            Event::Modified => "MODIFIED",
            Event::Deleted => "DELETED",
        }
    }
}
