//! Records of whole objects.

use super::omit::is_zero;
use super::row::Event;
use super::str::Str;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A whole object, or, if mc-exec was told to trim objects, the fields of it that the user's columns show.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Object")]
pub struct Object<'a> {
    /// The cluster that it came from.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// As in [`Row::resource`].
    #[serde(borrow, default)]
    pub resource: Str<'a>,
    /// As in [`Row::type_`].
    #[serde(borrow, default, rename = "type", skip_serializing_if = "Str::is_empty")]
    pub type_: Str<'a>,
    /// As in [`Row::position`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub position: u32,
    /// As in [`Row::namespace`].
    #[serde(borrow, default, skip_serializing_if = "Str::is_empty")]
    pub namespace: Str<'a>,
    /// As in [`Row::name`].
    #[serde(borrow, default)]
    pub name: Str<'a>,
    /// True if the object was asked for alone and by its name. kubectl gives a template the object itself then, and a
    /// List otherwise, even a List of one object. Absent if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single: bool,
    /// The object as the API server wrote it, with its order of keys and its spelling of numbers.
    #[serde(borrow)]
    pub object: &'a RawValue,
    /// As in [`Row::sort`].
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<&'a RawValue>,
    /// As in [`Row::event`]. With `--output-watch-events`, [`object`](Self::object) is the whole event:
    /// `{"type": …, "object": …}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<Event>,
    /// As in [`Row::listed`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listed: bool,
}
