//! The types and names that shell completion offers after `get`.

use super::list::path;
use super::reader::ACCEPT_TABLE;
use crate::apiserver::discovery::{DiscoveryCache, TypeNames, cached_types, types_of_groups};
use crate::apiserver::mapper::Mapping;
use crate::apiserver::protocol::protocol;
use crate::apiserver::wellknown;
use crate::connect::{Client, Error};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::path::Path;

/// The most names that are asked for. Nobody reads through more.
const MOST_NAMES: usize = 500;

/// The longest answer that is read, in bytes.
const MAX_ANSWER: usize = 4 << 20;

/// Returns the built-in types and those in the discovery cache, and whether any are cached. Does not use the network.
pub fn known_types(cache_dir: &Path) -> (TypeNames, bool) {
    let cached = cached_types(cache_dir);
    let is_cached = cached.is_some();
    (with_built_in(cached.unwrap_or_default()), is_cached)
}

/// Returns the built-in types and those that a server serves.
///
/// # Errors
/// Those of [`types_of_groups`].
pub async fn served_types(client: &Client) -> Result<TypeNames, Error> {
    Ok(with_built_in(types_of_groups(client).await?))
}

/// Adds the built-in types, which are offered without their group.
fn with_built_in(mut types: TypeNames) -> TypeNames {
    types.retain(|name, _| wellknown::find(name).is_none());
    let built_in = wellknown::names();
    let owned = |short: &[&str]| short.iter().map(|name| (*name).to_owned()).collect();
    types.extend(built_in.map(|(plural, short)| (plural.to_owned(), owned(short))));
    types
}

/// Returns the type that a spelling means on a server, if it is built in or cached. `server` is the server's key in the
/// cache.
pub fn known_type(cache_dir: &Path, server: &str, text: &str) -> Option<Mapping> {
    wellknown::find(text).or_else(|| DiscoveryCache::new(cache_dir).find(server, text))
}

/// Returns the type of namespaces.
pub fn namespaces() -> Option<Mapping> {
    wellknown::find("namespaces")
}

/// Asks a server for the names of a type's objects, in one request. `namespace` counts for types that have namespaces.
///
/// # Errors
/// The server does not answer, or not with a list.
pub async fn names(client: &Client, mapping: &Mapping, namespace: &str) -> Result<Vec<String>, Error> {
    let path = path(mapping, Some(namespace), None);
    // A Table without objects is a hundredth of the list.
    let path = format!("{path}?includeObject=None&limit={MOST_NAMES}");
    let (_, body) = client.get_bytes(&path, ACCEPT_TABLE, MAX_ANSWER).await?;
    names_in(&body).map_err(|error| protocol(format!("the answer is not a list: {error}")))
}

/// A Table, or a list of objects from a server that has no Tables.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NameTable<'a> {
    #[serde(default)]
    column_definitions: Vec<NameColumn>,
    #[serde(borrow, default)]
    rows: Option<Vec<NameRow<'a>>>,
    #[serde(default)]
    items: Option<Vec<NamedItem>>,
}

#[derive(Deserialize)]
struct NameColumn {
    name: String,
}

#[derive(Deserialize)]
struct NameRow<'a> {
    #[serde(borrow)]
    cells: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct NamedItem {
    metadata: ItemName,
}

#[derive(Deserialize)]
struct ItemName {
    name: String,
}

fn names_in(body: &[u8]) -> serde_json::Result<Vec<String>> {
    let table: NameTable<'_> = serde_json::from_slice(body)?;
    let mut columns = table.column_definitions.iter();
    let column = columns.position(|column| column.name == "Name").unwrap_or(0);
    let of_rows = table.rows.unwrap_or_default();
    let of_rows = of_rows
        .iter()
        .filter_map(|row| serde_json::from_str(row.cells.get(column)?.get()).ok());
    let of_items = table.items.unwrap_or_default();
    let of_items = of_items.into_iter().map(|item| item.metadata.name);
    Ok(of_rows.chain(of_items).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::names_in;

    #[test]
    fn names_of_a_table_and_of_a_list() {
        let table = br#"{"kind":"Table","columnDefinitions":[{"name":"Age"},{"name":"Name"}],
            "rows":[{"cells":["1d","a"]},{"cells":["2d"]},{"cells":[3,"b"],"object":null}]}"#;
        assert_eq!(names_in(table).unwrap(), ["a", "b"]);
        let list = br#"{"kind":"PodList","items":[{"metadata":{"name":"c","uid":"u"}}]}"#;
        assert_eq!(names_in(list).unwrap(), ["c"]);
        assert!(
            names_in(br#"{"kind":"Table","columnDefinitions":[],"rows":null}"#)
                .unwrap()
                .is_empty()
        );
        assert!(names_in(b"<html>").is_err());
    }
}
