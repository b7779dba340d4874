//! A row of a table.

use super::columns::Columns;
use super::omit::is_zero;
use super::str::Str;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// So far stand the positions of two arguments apart: more types than any category has.
pub const POSITIONS: u32 = 1000;

/// Which of the arguments a [`Row::position`] is of.
pub fn argument(position: u32) -> u32 {
    position / POSITIONS
}

/// What a [`Row::position`] counts beyond its [`argument`].
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
    /// The lower-case kind with its group, as kubectl writes it before a slash: `pod`,
    /// `deployment.apps`.
    #[serde(borrow, default, rename = "type", skip_serializing_if = "Str::is_empty")]
    pub type_: Str<'a>,
    /// Which of the types asked for it belongs to, in the order asked for: [`POSITIONS`] for each argument, and
    /// for the types of a category, counted from 1, the place in it. Rows of one resource and one [`argument`] are
    /// one table, though clusters whose categories differ count differently. For a name right behind one of
    /// another version of its resource it is 1 more, which begins a table.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub position: u32,
    /// The object's namespace; absent for what is cluster-scoped.
    #[serde(borrow, default, skip_serializing_if = "Str::is_empty")]
    pub namespace: Str<'a>,
    /// The object's name.
    #[serde(borrow, default)]
    pub name: Str<'a>,
    /// Heading → cell, in the order in which kubectl would print them (so with NAMESPACE first where
    /// `-A` was asked for, and with the columns that `-L` and `--show-labels` add). No two are called the same.
    #[serde(borrow, default)]
    pub columns: Columns<'a>,
    /// For columns that are called otherwise because another one has their heading, that heading:
    /// `{"NAMESPACE_2": "NAMESPACE"}`. See [`headings`].
    #[serde(borrow, default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headings: BTreeMap<Str<'a>, Str<'a>>,
    /// What to sort by within the cluster and the type in place of namespace and name: a JSON array or
    /// scalar. An object `{"by": …}` says the same for rows of all clusters, which then only decide between
    /// equals (`--sort-by`). Absent where the order of the API server is meant.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<&'a RawValue>,
    /// What happened to the object, where it is watched (`-w`); absent where it is not. Such a row is passed
    /// on and printed as it comes, whatever else is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// Whether it was there already when the watch of its cluster began. Absent where false, and where there
    /// is no `event`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
}

/// What happened to an object that is watched (apimachinery `pkg/watch`).
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Event {
    /// It is there: from the start, or it has come, or it is now among those that are selected.
    Added,
    /// It has changed.
    Modified,
    /// It is gone, or no longer among those that are selected; the record has its last state.
    Deleted,
}

impl Event {
    /// As the API server and the EVENT column have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Event::Added => "ADDED",
            Event::Modified => "MODIFIED",
            Event::Deleted => "DELETED",
        }
    }
}
