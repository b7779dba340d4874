//! What the order of rows and objects depends on, read without the rest of their lines.

use super::key_bytes;
use crate::json::{self, Members, Unusual, plain_string};
use crate::record::Str;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// What the order of rows and objects depends on. Nothing else of them is looked at.
#[derive(Debug, Default, Deserialize, PartialEq)]
pub(super) struct RowKey<'a> {
    #[serde(borrow)]
    pub(super) cluster: Str<'a>,
    #[serde(borrow, default)]
    pub(super) resource: Str<'a>,
    #[serde(default)]
    pub(super) position: u32,
    #[serde(borrow, default)]
    pub(super) namespace: Str<'a>,
    #[serde(borrow, default)]
    pub(super) name: Str<'a>,
    #[serde(borrow, default, deserialize_with = "json::text_of")]
    pub(super) sort: Option<&'a str>,
    #[serde(default)]
    pub(super) event: Option<IgnoredAny>,
}

/// How many bytes at the start of a line say which list it is of, where nothing behind them does; otherwise 0.
pub(super) type Start = usize;

impl<'a> RowKey<'a> {
    /// Writes what it is sorted by within its list, over what is there.
    pub(super) fn write_key(&self, key: &mut Vec<u8>) {
        key.clear();
        key_bytes::write_key(key, &self.namespace, &self.name, self.sort);
    }

    /// Of a line that is a row or an object.
    pub(super) fn read(line: &'a str) -> Result<(Self, Start), serde_json::Error> {
        // What is unusual is left to serde, which knows what is wrong with it.
        Self::skim(line).or_else(|_| Ok((serde_json::from_str(line)?, 0)))
    }

    /// The same without going through the columns or the object letter by letter, which is most of what a line
    /// has. That brackets and quotes match is enough here: who prints it reads it again.
    pub(super) fn skim(line: &'a str) -> Result<(Self, Start), Unusual> {
        let mut found = KeyFields::default();
        let mut members = Members::new(line)?;
        let mut start = 0;
        let mut is_start = true;
        while let Some((key, text)) = members.next_member()? {
            let is_of_list = found.take(key, text)?;
            if !is_start && is_of_list {
                start = 0;
            }
            is_start &= is_of_list || matches!(key, "kind" | "type");
            if is_start {
                start = members.at();
            }
        }
        let cluster = found.cluster.take().ok_or(Unusual)?;
        Ok((
            Self {
                cluster,
                ..found.into()
            },
            start,
        ))
    }

    /// Of a line whose start is known, what stands behind it: its cluster, resource and position are not looked at.
    pub(super) fn behind(line: &'a str, start: Start) -> Result<Self, Unusual> {
        let mut found = KeyFields::default();
        let mut members = Members::new(line)?.behind(start);
        while let Some((key, text)) = members.next_member()? {
            if found.take(key, text)? {
                return Err(Unusual);
            }
        }
        Ok(found.into())
    }
}

/// What has been found of a head.
#[derive(Default)]
struct KeyFields<'a> {
    cluster: Option<Str<'a>>,
    resource: Option<Str<'a>>,
    position: Option<u32>,
    namespace: Option<Str<'a>>,
    name: Option<Str<'a>>,
    sort: Option<&'a RawValue>,
    event: Option<Option<IgnoredAny>>,
}

impl<'a> KeyFields<'a> {
    /// Takes a member, and tells whether it says which list the line is of.
    fn take(&mut self, key: &str, text: &'a str) -> Result<bool, Unusual> {
        fn value<'a, T: Deserialize<'a>>(text: &'a str) -> Result<Option<T>, Unusual> {
            serde_json::from_str(text).map(Some).map_err(|_| Unusual)
        }
        fn string(text: &str) -> Result<Option<Str<'_>>, Unusual> {
            plain_string(text).map_or_else(|| value(text), |text| Ok(Some(text.into())))
        }
        let repeated = match key {
            "cluster" => std::mem::replace(&mut self.cluster, string(text)?).is_some(),
            "resource" => std::mem::replace(&mut self.resource, string(text)?).is_some(),
            "position" => std::mem::replace(&mut self.position, value(text)?).is_some(),
            "namespace" => std::mem::replace(&mut self.namespace, string(text)?).is_some(),
            "name" => std::mem::replace(&mut self.name, string(text)?).is_some(),
            "sort" => std::mem::replace(&mut self.sort, value(text)?).is_some(),
            "event" => std::mem::replace(&mut self.event, value(text)?).is_some(),
            _ => false,
        };
        match repeated {
            true => Err(Unusual),
            false => Ok(matches!(key, "cluster" | "resource" | "position")),
        }
    }
}

impl<'a> From<KeyFields<'a>> for RowKey<'a> {
    fn from(found: KeyFields<'a>) -> Self {
        Self {
            cluster: found.cluster.unwrap_or_default(),
            resource: found.resource.unwrap_or_default(),
            position: found.position.unwrap_or_default(),
            namespace: found.namespace.unwrap_or_default(),
            name: found.name.unwrap_or_default(),
            sort: found.sort.map(RawValue::get).filter(|sort| *sort != "null"),
            event: found.event.flatten(),
        }
    }
}

/// The start of the last row's line, and what it says. Most rows are of the same cluster and type as the row before
/// them, and are read from there on.
#[derive(Debug, Default)]
pub(super) struct LinePrefix {
    start: String,
    list: TableId,
}

/// Which list a row is of: its cluster and its place, both by number.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct TableId {
    pub(super) cluster: u32,
    pub(super) place: u32,
}

impl LinePrefix {
    /// Of a row or an object that starts in the same way, its list, and what stands behind that start.
    pub(super) fn followed_by<'a>(&self, line: &'a str) -> Option<(RowKey<'a>, TableId)> {
        if self.start.is_empty() || !line.starts_with(&self.start) {
            return None;
        }
        let head = RowKey::behind(line, self.start.len()).ok()?;
        Some((head, self.list))
    }

    /// Takes note of how a line starts.
    pub(super) fn learn(&mut self, start: &str, list: TableId) {
        start.clone_into(&mut self.start);
        self.list = list;
    }
}
