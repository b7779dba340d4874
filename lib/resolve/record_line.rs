//! One line of the stream: parsing it, and adding the access to it.

use super::resolution::Resolution;
use crate::record::{CLUSTER, Cluster, Str};
use crate::term::{escape, is_unfit_for_name};
use crate::wire::looks_like_json;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The content of a line.
pub(super) enum LineItem<'a> {
    /// The name of a cluster.
    Name(&'a str),
    /// The record of a cluster.
    Cluster(Box<Cluster<'a>>),
    /// A record of another kind.
    Other,
}

#[derive(Deserialize)]
#[serde(expecting = "a record: a JSON object with a string \"kind\"")]
struct KindField<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
}

/// Parses a line. A record of another kind is only checked to be JSON with a `kind`.
pub(super) fn read(line: &str) -> Result<LineItem<'_>, String> {
    if !looks_like_json(line) {
        let name = line.trim();
        return match name.chars().find(|character| is_unfit_for_name(*character)) {
            _ if name.is_empty() => Err("an empty line is no cluster's name".into()),
            Some(character) => Err(format!(
                "not a record, and no cluster's name either: {}",
                has(character)
            )),
            None => Ok(LineItem::Name(name)),
        };
    }
    // serde would read a list as an object, and its first element as `kind`.
    if !line.trim_start().starts_with('{') {
        return Err("malformed record: not a JSON object".into());
    }
    let kind: KindField<'_> = serde_json::from_str(line).map_err(|error| problem(&error))?;
    if kind.kind != CLUSTER {
        return Ok(LineItem::Other);
    }
    let cluster: Box<Cluster<'_>> = serde_json::from_str(line).map_err(|error| problem(&error))?;
    match cluster
        .cluster
        .chars()
        .find(|character| is_unfit_for_name(*character))
    {
        _ if cluster.cluster.is_empty() => Err("a Cluster record with an empty name".into()),
        Some(character) => Err(format!(
            "a Cluster record with the name \"{}\", which is left out: {}",
            escape(&cluster.cluster),
            has(character)
        )),
        None => Ok(LineItem::Cluster(cluster)),
    }
}

/// Returns why a name with this character is refused.
fn has(character: char) -> String {
    let kind = match character.is_control() {
        true => "control",
        false => "invisible",
    };
    format!("it has the {kind} character \\u{{{:x}}}", u32::from(character))
}

/// Returns serde_json's message without its line number, which is always 1.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rsplit_once(" at line ") {
        Some((text, _)) if error.column() > 0 => {
            format!("malformed record: {text} at column {}", error.column())
        }
        Some((text, _)) => format!("malformed record: {text}"),
        None => format!("malformed record: {text}"),
    }
}

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
