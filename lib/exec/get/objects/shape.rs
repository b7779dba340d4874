//! Distinguishes Tables, lists and objects.

use serde::Deserializer as _;
use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::{Error, Result};

/// The form of an answer.
#[derive(Debug, Eq, PartialEq)]
pub enum AnswerShape {
    /// A Table.
    Table,
    /// A list of objects.
    List,
    /// One object.
    Object,
}

/// Returns the form of an answer. Reads only as much of it as needed.
///
/// # Errors
/// Text that is not a JSON object.
pub fn shape(text: &str) -> Result<AnswerShape> {
    let mut head = Head::default();
    let outcome = serde_json::Deserializer::from_str(text).deserialize_map(&mut head);
    if let Some(shape) = head.shape() {
        return Ok(shape);
    }
    if head.api_version.is_none() && head.kind.as_deref() == Some("Table") {
        return Ok(AnswerShape::Table);
    }
    outcome?;
    match head.kind.unwrap_or_default().as_str() {
        kind @ ("" | "Status") => Err(Error::custom(format_args!("its kind is {kind:?}"))),
        _ => Ok(AnswerShape::Object),
    }
}

/// Returns whether a kind and apiVersion are those of an API server's Table. A custom resource may have a kind of the same
/// name.
pub fn is_table(kind: &str, api_version: Option<&str>) -> bool {
    kind == "Table" && api_version.is_none_or(|version| version.starts_with("meta.k8s.io/"))
}

/// The members that distinguish a list from an object.
#[derive(Default)]
struct Head<'a> {
    kind: Option<crate::record::Str<'a>>,
    api_version: Option<crate::record::Str<'a>>,
    has_items: bool,
}

impl Head<'_> {
    /// Returns the form as soon as it is certain. API servers write the kind first, and the items last.
    fn shape(&self) -> Option<AnswerShape> {
        match (self.kind.as_deref()?, self.api_version.as_deref()) {
            ("", _) | ("Table" | "Status", None) | ("Status", Some("v1")) => None,
            (kind, version) if is_table(kind, version) => Some(AnswerShape::Table),
            (kind, _) if kind.ends_with("List") => self.has_items.then_some(AnswerShape::List),
            _ => Some(AnswerShape::Object),
        }
    }
}

impl<'de> Visitor<'de> for &mut Head<'de> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> std::result::Result<(), M::Error> {
        while let Some(key) = map.next_key::<crate::record::Str<'_>>()? {
            match key.as_str() {
                "kind" if self.kind.is_some() => return Err(M::Error::duplicate_field("kind")),
                "kind" => self.kind = map.next_value()?,
                "apiVersion" => self.api_version = map.next_value()?,
                "items" if self.kind.is_some() => self.has_items = true,
                "items" => {
                    self.has_items = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            if self.shape().is_some() {
                return Ok(());
            }
        }
        Ok(())
    }
}
