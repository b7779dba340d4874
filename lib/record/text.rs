//! Text of a cluster.

use super::str::Str;
use serde::{Deserialize, Serialize};

/// Text that a cluster's answer came as, and what a cluster says to the user beside its rows
/// (an object that it does not have, a warning header).
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Text", rename_all = "camelCase")]
pub struct Text<'a> {
    /// The cluster that it came from.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// Where it belongs.
    pub stream: Stream,
    /// One line or several, as they came.
    #[serde(borrow)]
    pub text: Str<'a>,
    /// True for a warning about the meaning of a type that was asked for. It is printed even if no cluster serves one of
    /// the types. Absent if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub about_types: bool,
}

/// Where a [`Text`] belongs.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Part of the answer.
    Stdout,
    /// About the answer.
    Stderr,
}
