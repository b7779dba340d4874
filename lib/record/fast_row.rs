//! Reads rows and objects without serde, which takes several times as long. Most records are rows and objects.
//!
//! A line is only read here if it is spelled as mc-exec spells it and has no other keys than those named below. Any other
//! line, a mistake in it included, is [`Unusual`] and left to serde: so no field can be lost.

use super::columns::{Cell, Columns};
use super::row::Row;
use super::str::Str;
use crate::json::{Members, Unusual};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Reads a Row record that is not of a watch.
pub(crate) fn row(line: &str) -> Result<Row<'_>, Unusual> {
    if !line.starts_with(r#"{"kind":"Row","#) {
        return Err(Unusual);
    }
    let (mut kind, mut cluster, mut resource, mut type_, mut position) = (None, None, None, None, None);
    let (mut namespace, mut name, mut columns, mut headings, mut sort) = (None, None, None, None, None);
    let mut fields = None;
    let mut members = Members::checked(line)?;
    while let Some(key) = members.next_key()? {
        let is_repeated = match key {
            "kind" => kind.replace(members.value()?).is_some(),
            "cluster" => cluster.replace(string(members.value()?)?).is_some(),
            "resource" => resource.replace(string(members.value()?)?).is_some(),
            "type" => type_.replace(string(members.value()?)?).is_some(),
            "position" => position.replace(value(members.value()?)?).is_some(),
            "namespace" => namespace.replace(string(members.value()?)?).is_some(),
            "name" => name.replace(string(members.value()?)?).is_some(),
            "columns" => columns.replace(cells(&mut members)?).is_some(),
            "headings" => headings.replace(value(members.value()?)?).is_some(),
            "fields" => fields.replace(value(members.value()?)?).is_some(),
            "sort" => sort.replace(value(members.value()?)?).is_some(),
            _ => true,
        };
        if is_repeated {
            return Err(Unusual);
        }
    }
    Ok(Row {
        cluster: cluster.ok_or(Unusual)?,
        resource: resource.unwrap_or_default(),
        type_: type_.unwrap_or_default(),
        position: position.unwrap_or_default(),
        namespace: namespace.unwrap_or_default(),
        name: name.unwrap_or_default(),
        columns: columns.unwrap_or_default(),
        headings: headings.unwrap_or_else(BTreeMap::new),
        fields: fields.flatten(),
        sort: sort.flatten(),
        event: None,
        listed: false,
    })
}

/// Reads the cluster and the object of an Object record that is not of a watch.
pub(crate) fn object(line: &str) -> Result<(Str<'_>, &str), Unusual> {
    let mut object = None;
    let cluster = object_members(line, Members::checked, |members| {
        object = Some(members.value()?);
        Ok(true)
    })?;
    Ok((cluster, object.ok_or(Unusual)?))
}

/// Reads the same from a record in which the object comes last, for a caller that parses the object anyway: it is only
/// known to be JSON if the caller finds that it is.
pub(crate) fn object_at_end(line: &str) -> Result<(Str<'_>, &str), Unusual> {
    let mut start = None;
    let cluster = object_members(line, Members::new, |members| {
        start = Some(members.at());
        Ok(false)
    })?;
    let object = line
        .get(start.ok_or(Unusual)?..)
        .and_then(|rest| rest.strip_suffix('}'));
    Ok((cluster, object.ok_or(Unusual)?))
}

/// Goes through the members of an Object record, and returns its cluster. At the object it calls `take`, which returns
/// whether to go on.
fn object_members<'a>(
    line: &'a str,
    members: impl Fn(&'a str) -> Result<Members<'a>, Unusual>,
    mut take: impl FnMut(&mut Members<'a>) -> Result<bool, Unusual>,
) -> Result<Str<'a>, Unusual> {
    if !line.starts_with(r#"{"kind":"Object","#) {
        return Err(Unusual);
    }
    let (mut cluster, mut has_object) = (None, false);
    let mut members = members(line)?;
    while let Some(key) = members.next_key()? {
        let is_repeated = match key {
            "cluster" => cluster.replace(string(members.value()?)?).is_some(),
            "object" => {
                if !take(&mut members)? {
                    break;
                }
                std::mem::replace(&mut has_object, true)
            }
            "kind" | "resource" | "type" | "position" | "namespace" | "name" | "single" | "sort" => {
                members.value()?;
                false
            }
            _ => true,
        };
        if is_repeated {
            return Err(Unusual);
        }
    }
    cluster.ok_or(Unusual)
}

fn cells<'a>(members: &mut Members<'a>) -> Result<Columns<'a>, Unusual> {
    let mut columns = Vec::with_capacity(8);
    members.object(|heading, text| {
        let cell = match text.starts_with('"') {
            true => Cell::Text(string(text)?),
            false => Cell::Json(value(text)?),
        };
        columns.push((Str::from(heading), cell));
        Ok(())
    })?;
    Ok(Columns(columns))
}

fn value<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unusual> {
    serde_json::from_str(text).map_err(|_| Unusual)
}

/// Returns the text of a string that is known to be JSON.
fn string(text: &str) -> Result<Str<'_>, Unusual> {
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inner) if !inner.bytes().any(|byte| byte == b'\\') => Ok(inner.into()),
        _ => value(text),
    }
}

#[cfg(test)]
mod tests;
