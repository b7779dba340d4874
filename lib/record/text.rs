//! Records of text.

use super::str::Str;
use serde::{Deserialize, Serialize};

/// Text that a cluster answered with, or a message beside its rows: an object that it does not have, or a warning
/// header.
#[derive(Debug, Deserialize, Serialize)]
#[serde(tag = "kind", rename = "Text", rename_all = "camelCase")]
pub struct Text<'a> {
    /// The cluster that it came from.
    #[serde(borrow)]
    pub cluster: Str<'a>,
    /// The stream that it is printed on.
    pub stream: Stream,
    /// One or more lines, as they came.
    #[serde(borrow)]
    pub text: Str<'a>,
    /// True for a warning about the meaning of a type that was asked for. It is printed even if no cluster serves one of
    /// the types. Absent if false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub about_types: bool,
}

/// The stream that a [`Text`] is printed on.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// The answer itself.
    Stdout,
    /// Messages about the answer.
    Stderr,
}
