//! One line of the stream: what it stands for, and filling in what mc-resolve adds.

use super::Resolution;
use crate::record::{CLUSTER, Cluster, Str};
use crate::term::{escape, is_unfit_for_name};
use crate::wire::looks_like_json;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// What a line stands for.
pub(super) enum Item<'a> {
    /// A cluster, by its name alone.
    Name(&'a str),
    /// A cluster, by its record.
    Cluster(Box<Cluster<'a>>),
    /// A record of another kind.
    Other,
}

#[derive(Deserialize)]
#[serde(expecting = "a record: a JSON object with a string \"kind\"")]
struct Kind<'a> {
    #[serde(borrow)]
    kind: Str<'a>,
}

/// Reads a line. A record of another kind is checked to be JSON with a `kind`, no more.
pub(super) fn read(line: &str) -> Result<Item<'_>, String> {
    if !looks_like_json(line) {
        let name = line.trim();
        return match name.chars().find(|character| is_unfit_for_name(*character)) {
            _ if name.is_empty() => Err("an empty line is no cluster's name".into()),
            Some(character) => Err(format!(
                "not a record, and no cluster's name either: {}",
                has(character)
            )),
            None => Ok(Item::Name(name)),
        };
    }
    // serde would take a list for an object, its first element for `kind`.
    if !line.trim_start().starts_with('{') {
        return Err("malformed record: not a JSON object".into());
    }
    let kind: Kind<'_> = serde_json::from_str(line).map_err(|error| problem(&error))?;
    if kind.kind != CLUSTER {
        return Ok(Item::Other);
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
        None => Ok(Item::Cluster(cluster)),
    }
}

/// Why a name is refused.
fn has(character: char) -> String {
    let kind = match character.is_control() {
        true => "control",
        false => "invisible",
    };
    format!("it has the {kind} character \\u{{{:x}}}", u32::from(character))
}

/// serde_json's text, with its own line number (always 1) left out.
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

/// The two fields as they stand in the line, a `null` too.
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

/// An unresolved record's line with `access` or `skip` in it: before its closing brace, or in place of the
/// `null` that the field had. Every other byte stays as it is.
pub(super) fn fill_in(line: &str, resolution: &Resolution) -> Result<String, serde_json::Error> {
    let present: Present<'_> = serde_json::from_str(line)?;
    let (field, value, null) = match resolution {
        Resolution::Access(access) => ("access", serde_json::to_string(access)?, present.access),
        Resolution::Skip(skip) => ("skip", serde_json::to_string(skip)?, present.skip),
    };
    let mut filled = String::with_capacity(line.len() + value.len() + 12);
    if let Some(null) = null {
        // The raw value is a part of the line, so its address says where it stands.
        let at = null.get().as_ptr().addr() - line.as_ptr().addr();
        filled.push_str(&line[..at]);
        filled.push_str(&value);
        filled.push_str(&line[at + null.get().len()..]);
    } else {
        // It has been read as an object, so it ends in a brace; and it has a kind, so a comma is right.
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
