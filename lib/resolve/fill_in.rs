//! Adds the access to a record.

use super::resolution::Resolution;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The two fields that mc-resolve adds, as they are in the line. They may be `null`.
#[derive(Deserialize)]
struct Present<'a> {
    #[serde(borrow, default, deserialize_with = "raw")]
    access: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "raw")]
    skip: Option<&'a RawValue>,
}

fn raw<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// Adds `access` or `skip` to the line of an unresolved record: before its closing brace, or instead of the `null` that
/// the field has. Every other byte stays as it is.
pub(super) fn fill_in(line: &str, resolution: &Resolution) -> Result<String, serde_json::Error> {
    let present: Present<'_> = serde_json::from_str(line)?;
    let (field, value, null) = match resolution {
        Resolution::Access(access) => ("access", serde_json::to_string(access)?, present.access),
        Resolution::Skip(skip) => ("skip", serde_json::to_string(skip)?, present.skip),
    };
    let mut filled = String::with_capacity(line.len() + value.len() + 12);
    if let Some(null) = null {
        // The raw value is a part of the line, so its address tells its position.
        let at = null.get().as_ptr().addr() - line.as_ptr().addr();
        filled.push_str(&line[..at]);
        filled.push_str(&value);
        filled.push_str(&line[at + null.get().len()..]);
    } else {
        // It has been parsed as an object, so it ends in a brace; and it has a kind, so it needs a comma.
        let end = line.rfind('}').unwrap_or(line.len());
        filled.push_str(&line[..end]);
        filled.push_str(",\"");
        filled.push_str(field);
        filled.push_str("\":");
        filled.push_str(&value);
        filled.push_str(&line[end..]);
    }
    Ok(filled)
}
