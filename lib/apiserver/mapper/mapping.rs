//! One resource of the API, and the ways to spell it.

use std::borrow::Cow;

/// One resource of the API.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Mapping {
    /// The API group; empty is core.
    pub group: Cow<'static, str>,
    /// The API version.
    pub version: Cow<'static, str>,
    /// The plural, in lower case.
    pub resource: Cow<'static, str>,
    /// The kind.
    pub kind: Cow<'static, str>,
    /// True if its objects are in namespaces.
    pub namespaced: bool,
}

impl Mapping {
    /// Returns the resource as in [`Row::resource`](crate::record::Row::resource): `pods`, `deployments.apps`.
    pub fn group_resource(&self) -> String {
        join_group(&self.resource, &self.group)
    }

    /// Returns the kind as in [`Row::type_`](crate::record::Row::type_): `pod`, `deployment.apps`.
    pub fn group_kind(&self) -> String {
        join_group(&self.kind.to_lowercase(), &self.group)
    }

    /// Returns the text of Go's GroupVersionResource, which is in kubectl's errors.
    pub fn in_go(&self) -> String {
        format!("{}/{}, Resource={}", self.group, self.version, self.resource)
    }
}

/// Returns `NAME.GROUP`, or only the name in the core group.
pub fn join_group(name: &str, group: &str) -> String {
    if group.is_empty() {
        name.to_owned()
    } else {
        format!("{name}.{group}")
    }
}

/// A type as it was typed: `NAME`, `NAME.GROUP` or `NAME.VERSION.GROUP`. With two or more dots it can be read in two ways.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Spelling<'a> {
    /// The text before the first dot: a plural, singular, short name or kind.
    pub name: &'a str,
    /// Everything after the first dot.
    pub group: &'a str,
    /// The version and group, if there is a second dot.
    pub versioned: Option<(&'a str, &'a str)>,
}

impl<'a> Spelling<'a> {
    /// Splits the text at its dots.
    pub fn parse(text: &'a str) -> Self {
        let (name, group) = text.split_once('.').unwrap_or((text, ""));
        Self {
            name,
            group,
            versioned: group.split_once('.'),
        }
    }
}

/// Returns the singular of a kind whose server does not give one (apimachinery `UnsafeGuessKindToResource`).
pub fn guess_singular(kind: &str) -> String {
    kind.to_lowercase()
}
