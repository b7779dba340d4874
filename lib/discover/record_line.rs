//! Lines that name clusters: a bare name, or a record.

use crate::record::{CLUSTER, Cluster, Str};
use crate::term::{escape, is_unfit_for_name};
use crate::wire::looks_like_json;
use serde::Deserialize;

/// The content of a line.
pub enum LineItem<'a> {
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
pub fn parse(line: &str) -> Result<LineItem<'_>, String> {
    if !looks_like_json(line) {
        let name = line.trim();
        return match name.chars().find(|character| is_unfit_for_name(*character)) {
            _ if name.is_empty() => Err("an empty line is not a cluster's name".into()),
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
