//! `-l` for objects that files name.

use crate::exec::get::json;
use crate::exec::get::query::Query;
use crate::selector::Selector;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Parses `-l` for objects that files name. They are got by name, so the server does not apply it.
///
/// # Errors
/// An invalid selector, in kubectl's words.
pub fn selector(query: &Query) -> Result<Option<Selector>, String> {
    let text = query.selector.as_deref().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let refused = |why: &str| format!("error: the provided selector {text:?} is not valid: {why}");
    let selector = Selector::parse(text).map_err(|why| refused(&why))?;
    if let Some((_, why)) = selector.doubts().next() {
        return Err(refused(why));
    }
    Ok(Some(selector))
}

/// Returns whether a selector matches an object, or the row of a Table.
pub fn selects(selector: &Selector, answer: &[u8]) -> bool {
    #[derive(Default, Deserialize)]
    struct Labelled {
        #[serde(default, deserialize_with = "json::object_or_none")]
        metadata: Option<Metadata>,
        #[serde(default)]
        rows: Option<Vec<Row>>,
    }
    #[derive(Default, Deserialize)]
    struct Metadata {
        #[serde(default)]
        labels: Option<BTreeMap<String, String>>,
    }
    #[derive(Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "json::object_or_none")]
        object: Option<LabelledObject>,
    }
    #[derive(Deserialize)]
    struct LabelledObject {
        #[serde(default, deserialize_with = "json::object_or_none")]
        metadata: Option<Metadata>,
    }
    // A malformed answer is reported where records are made of it.
    let Ok(answer) = serde_json::from_slice::<Labelled>(answer) else {
        return true;
    };
    let row = answer.rows.unwrap_or_default().into_iter().next();
    let metadata = match row {
        Some(row) => row.object.and_then(|object| object.metadata),
        None => answer.metadata,
    };
    let metadata = metadata.unwrap_or_default();
    let labels = metadata.labels.unwrap_or_default();
    selector.matches(|key| labels.get(key).map(String::as_str))
}
