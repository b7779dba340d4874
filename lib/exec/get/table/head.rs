//! Metadata of lists and of their objects, as far as it is read.

use crate::json::{Members, Unusual, text_of};
use crate::record::Str;
use serde::Deserialize;

/// One page of a list.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Page {
    /// The token for the next page; empty for none.
    pub next: String,
    /// The list's resourceVersion.
    pub version: String,
    /// How many rows or objects the page has, including those that had been written before.
    pub items: usize,
}

/// The parts of an object's metadata that are read, as JSON text; null is none.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct ObjectHead<'a> {
    #[serde(borrow, default, deserialize_with = "text_of")]
    pub(super) name: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "text_of")]
    pub(super) namespace: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "text_of")]
    pub(super) labels: Option<&'a str>,
    #[serde(borrow, default, rename = "creationTimestamp", deserialize_with = "text_of")]
    pub(super) created: Option<&'a str>,
    #[serde(borrow, default, rename = "managedFields", deserialize_with = "text_of")]
    pub(super) managed: Option<&'a str>,
}

impl<'a> ObjectHead<'a> {
    /// Reads the value of the last key, if it is an object or null. Unlike serde this does not report what is wrong.
    pub(crate) fn skim(members: &mut Members<'a>) -> std::result::Result<Self, Unusual> {
        let mut head = Self::default();
        let Some(mut inner) = members.open() else {
            return match members.value()? {
                "null" => Ok(head),
                _ => Err(Unusual),
            };
        };
        let mut seen = 0_u8;
        while let Some(key) = inner.next_key()? {
            let text = Some(inner.value()?).filter(|text| *text != "null");
            let (place, bit) = match key {
                "name" => (&mut head.name, 1),
                "namespace" => (&mut head.namespace, 2),
                "labels" => (&mut head.labels, 4),
                "creationTimestamp" => (&mut head.created, 8),
                "managedFields" => (&mut head.managed, 16),
                _ => continue,
            };
            if seen & bit != 0 {
                return Err(Unusual);
            }
            seen |= bit;
            *place = text;
        }
        members.close(inner);
        Ok(head)
    }

    /// Returns the name as a JSON string. Like kubectl, it treats a value that is missing or not a string as empty.
    pub fn name(&self) -> &'a str {
        string(self.name).unwrap_or("\"\"")
    }

    /// Returns the namespace as a JSON string.
    pub fn namespace(&self) -> Option<&'a str> {
        string(self.namespace).filter(|namespace| *namespace != "\"\"")
    }

    /// Returns the creation time as a JSON string.
    pub fn created(&self) -> Option<&'a str> {
        string(self.created)
    }

    /// Returns the managedFields.
    pub fn managed(&self) -> Option<&'a str> {
        self.managed
    }
}

fn string(json: Option<&str>) -> Option<&str> {
    json.filter(|json| json.starts_with('"'))
}

/// The metadata of a list itself.
#[derive(Default, Deserialize)]
pub struct ListHead<'a> {
    /// The token for the next page.
    #[serde(borrow, default, rename = "continue")]
    pub next: Option<Str<'a>>,
    /// The version from which a watch goes on.
    #[serde(borrow, default, rename = "resourceVersion")]
    pub version: Option<Str<'a>>,
}

impl ListHead<'_> {
    /// Returns the page that this describes.
    pub fn into_page(self) -> Page {
        Page {
            next: self.next.map(|next| next.0.into_owned()).unwrap_or_default(),
            version: self
                .version
                .map(|version| version.0.into_owned())
                .unwrap_or_default(),
            items: 0,
        }
    }
}
