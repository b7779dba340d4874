//! Names and versions of the objects in an answer.

use crate::exec::get::json::{object_or_none, text_or_none};
use crate::exec::get::objects::is_table;
use crate::exec::get::reader::Expected;
use crate::record::Str;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The metadata that tells objects, and versions of an object, apart.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Meta<'a> {
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    uid: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    namespace: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    name: Option<Str<'a>>,
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    resource_version: Option<Str<'a>>,
}

impl Meta<'_> {
    /// Returns what stays the same for as long as the object lives: its UID. Objects of some aggregated APIs have no UID;
    /// then it is the name.
    pub fn key(&self) -> String {
        match &self.uid {
            Some(uid) if !uid.is_empty() => uid.to_string(),
            _ => {
                let text =
                    |text: &Option<Str<'_>>| text.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("{}/{}", text(&self.namespace), text(&self.name))
            }
        }
    }

    /// Returns the resourceVersion; empty for none.
    pub fn version(&self) -> &str {
        self.resource_version.as_ref().map_or("", Str::as_str)
    }
}

/// The metadata of all objects of an answer: of a Table, of a List or of one object.
#[derive(Debug)]
pub struct Metas<'a> {
    /// The objects, in order.
    pub objects: Vec<Meta<'a>>,
    /// The metadata of the answer itself.
    own: Meta<'a>,
}

#[derive(Default, Deserialize)]
struct Holder<'a> {
    #[serde(borrow, default, deserialize_with = "object_or_none")]
    metadata: Option<Meta<'a>>,
}

#[derive(Deserialize)]
struct TableRow<'a> {
    #[serde(borrow, default, deserialize_with = "object_or_none")]
    object: Option<Holder<'a>>,
}

impl<'a> Metas<'a> {
    /// Reads JSON text.
    ///
    /// # Errors
    /// Malformed text.
    pub fn parse(text: &'a str, expected: Expected) -> serde_json::Result<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Any<'a> {
            #[serde(borrow, default)]
            kind: Option<Str<'a>>,
            #[serde(borrow, default, deserialize_with = "text_or_none")]
            api_version: Option<Str<'a>>,
            #[serde(borrow, default, deserialize_with = "object_or_none")]
            metadata: Option<Meta<'a>>,
            #[serde(borrow, default)]
            rows: Option<&'a RawValue>,
            #[serde(borrow, default)]
            items: Option<&'a RawValue>,
        }
        let any: Any<'_> = serde_json::from_str(text)?;
        let own = any.metadata.unwrap_or_default();
        let kind = any.kind.unwrap_or_default();
        let objects: Vec<Meta<'_>> = match (kind.as_str(), any.rows, any.items) {
            (kind, rows, _) if is_table(kind, any.api_version.as_deref()) => {
                let rows: Option<Vec<Option<TableRow<'_>>>> =
                    serde_json::from_str(rows.map_or("[]", RawValue::get))?;
                let meta = |row: Option<TableRow<'a>>| {
                    let object = row.and_then(|row| row.object);
                    object.and_then(|object| object.metadata).unwrap_or_default()
                };
                rows.unwrap_or_default().into_iter().map(meta).collect()
            }
            (kind, _, Some(items)) if expected == Expected::List && kind.ends_with("List") => {
                let items: Option<Vec<Option<Holder<'_>>>> = serde_json::from_str(items.get())?;
                let meta = |item: Option<Holder<'a>>| item.unwrap_or_default().metadata.unwrap_or_default();
                items.unwrap_or_default().into_iter().map(meta).collect()
            }
            _ => {
                return Ok(Self {
                    objects: vec![own],
                    own: Meta::default(),
                });
            }
        };
        Ok(Self { objects, own })
    }

    /// Returns the version that a watch has reached with this answer.
    pub fn version(&self) -> Option<String> {
        let of_object = self.objects.last().map_or("", Meta::version);
        let version = if of_object.is_empty() {
            self.own.version()
        } else {
            of_object
        };
        (!version.is_empty()).then(|| version.to_owned())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn objects_without_a_uid_go_by_their_name() {
        let metas =
            Metas::parse(r#"{"kind":"XList","metadata":{"resourceVersion":"5"},"items":[{"metadata":{"name":"a","namespace":"n"}},{"metadata":{"name":"b","uid":"u"}}]}"#, Expected::List)
                .unwrap();
        let keys: Vec<String> = metas.objects.iter().map(Meta::key).collect();
        assert_eq!(keys, ["n/a", "u"]);
        assert_eq!(metas.version().as_deref(), Some("5"));
    }
}
