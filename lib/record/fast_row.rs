//! The records that there are most of, read without serde, which takes several times as long. What is spelled in an
//! unusual way, or is not JSON to the last letter, is an error, and to be read by serde.

use super::columns::{Cell, Columns};
use super::row::Row;
use super::str::Str;
use crate::json::{Members, Unusual};
use serde::Deserialize;

/// Of an Object record as mc-exec writes it, its cluster and its object. Of any other line, and of events, an error.
pub(crate) fn skim_object(line: &str) -> Result<(Str<'_>, &str), Unusual> {
    if !line.starts_with(r#"{"kind":"Object","#) {
        return Err(Unusual);
    }
    let (mut cluster, mut object) = (None, None);
    let mut members = Members::checked(line)?;
    while let Some((key, text)) = members.next_member()? {
        let place = match key {
            "cluster" => &mut cluster,
            "object" => &mut object,
            "event" => return Err(Unusual),
            _ => continue,
        };
        if place.replace(text).is_some() {
            return Err(Unusual);
        }
    }
    Ok((value(cluster.ok_or(Unusual)?)?, object.ok_or(Unusual)?))
}

/// Of an Object record as mc-exec writes it, its cluster and its object, if that comes last, for one who reads it
/// anyway: what is called the object here is all that could be, and is JSON only if it is.
pub(crate) fn skim_last_object(line: &str) -> Result<(Str<'_>, &str), Unusual> {
    if !line.starts_with(r#"{"kind":"Object","#) {
        return Err(Unusual);
    }
    let mut cluster = None;
    let mut members = Members::new(line)?;
    loop {
        match members.next_key()?.ok_or(Unusual)? {
            "object" => break,
            "event" => return Err(Unusual),
            "cluster" if cluster.is_some() => return Err(Unusual),
            "cluster" => cluster = Some(members.value()?),
            _ => {
                members.value()?;
            }
        }
    }
    let cluster = value(cluster.ok_or(Unusual)?)?;
    let object = line.get(members.at()..).and_then(|rest| rest.strip_suffix('}'));
    Ok((cluster, object.ok_or(Unusual)?))
}

/// A Row record as mc-exec writes it. Of any other line, and of events, an error.
pub(crate) fn skim_row(line: &str) -> Result<Row<'_>, Unusual> {
    if !line.starts_with(r#"{"kind":"Row","#) {
        return Err(Unusual);
    }
    let (mut kind, mut cluster, mut resource, mut type_, mut position) = (None, None, None, None, None);
    let (mut namespace, mut name, mut columns, mut headings, mut sort) = (None, None, None, None, None);
    let mut members = Members::checked(line)?;
    while let Some(key) = members.next_key()? {
        let repeated = match key {
            "kind" => kind.replace(members.value()?).is_some(),
            "cluster" => cluster.replace(string(members.value()?)?).is_some(),
            "resource" => resource.replace(string(members.value()?)?).is_some(),
            "type" => type_.replace(string(members.value()?)?).is_some(),
            "position" => position.replace(value(members.value()?)?).is_some(),
            "namespace" => namespace.replace(string(members.value()?)?).is_some(),
            "name" => name.replace(string(members.value()?)?).is_some(),
            "columns" => columns.replace(cells(&mut members)?).is_some(),
            "headings" => headings.replace(value(members.value()?)?).is_some(),
            "sort" => sort.replace(value(members.value()?)?).is_some(),
            "event" | "listed" => return Err(Unusual),
            _ => {
                members.value()?;
                false
            }
        };
        if repeated {
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
        headings: headings.unwrap_or_default(),
        sort: sort.flatten(),
        ..Row::default()
    })
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

/// What a string says; that it is written as JSON has been seen to.
fn string(text: &str) -> Result<Str<'_>, Unusual> {
    match text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        Some(inner) if !inner.bytes().any(|byte| byte == b'\\') => Ok(inner.into()),
        _ => value(text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// A row as a record again, which shows all of it.
    fn shown(row: &Row<'_>) -> String {
        serde_json::to_string(row).unwrap()
    }

    #[test]
    fn an_object_that_comes_last_is_found_without_its_end() {
        let found = |line| skim_last_object(line).map(|(cluster, object)| (cluster.to_string(), object));
        let line = r#"{"kind":"Object","cluster":"c\n","name":"x","object":{"a":"}"}}"#;
        assert_eq!(found(line), Ok(("c\n".to_owned(), r#"{"a":"}"}"#)));
        // Then it is none, which its reader says.
        let line = r#"{"kind":"Object","cluster":"c","object":{},"sort":[1]}"#;
        assert_eq!(found(line), Ok(("c".to_owned(), r#"{},"sort":[1]"#)));
        for line in [
            r#"{"kind":"Object","object":{},"cluster":"c"}"#,
            r#"{"kind":"Object","cluster":"c","cluster":"d","object":{}}"#,
            r#"{"kind":"Object","cluster":"c","event":"ADDED","object":{}}"#,
            r#"{"kind":"Object","cluster":"c"}"#,
            r#"{"kind":"Object","cluster":"c","object":{}"#,
            r#"{"kind":"Row","cluster":"c","object":{}}"#,
        ] {
            let object = found(line).map(|(_, object)| object);
            assert!(object.is_err() || object == Ok("{"), "{line}");
        }
    }

    #[test]
    fn rows_are_skimmed_as_serde_reads_them() {
        for line in [
            r#"{"kind":"Row","cluster":"c"}"#,
            r#"{"kind":"Row","cluster":"c","columns":{"A":"x","A_2":"y"},"headings":{"A_2":"A"}}"#,
            r#"{"kind":"Row","cluster":"c","resource":"pods","type":"pod","position":3,"namespace":"n","name":"x","columns":{"NAME":"x","N":1.50,"N":null,"L":[1,"a"],"E":"a\n\u00e9"},"sort":{"by":["a"]}}"#,
            r#"{"kind":"Row","name":"\"é\"","cluster":"c\td","unknown":{"columns":{"a":1}},"columns":{},"sort":null}"#,
        ] {
            let skimmed = skim_row(line).unwrap();
            let read: Row<'_> = serde_json::from_str(line).unwrap();
            assert_eq!(shown(&skimmed), shown(&read), "{line}");
        }
        // What serde refuses, or what is only spelled in another way.
        for line in [
            r#"{"kind":"Row","resource":"pods"}"#,
            r#"{"kind":"Row","cluster":1}"#,
            r#"{"kind":"Row","cluster":"a","cluster":"b"}"#,
            r#"{"kind":"Row","cluster":"a","columns":[]}"#,
            r#"{"kind":"Row","cluster":"a","columns":{"a"}}"#,
            r#"{"kind":"Row","cluster":"a","columns":{"a":1}"#,
            r#"{"kind":"Row","cluster":"a","columns":{"a":"\ud800"}}"#,
            r#"{"kind":"Row","cluster":"a","columns":{"a":01}}"#,
            r#"{"kind":"Row","cluster":"a","columns":{"\u0061":1}}"#,
            r#"{"kind":"Row","cluster":"a","event":"ADDED"}"#,
            r#"{"kind":"Row","cluster":"a","position":-1}"#,
            r#"{"kind":"Row", "cluster":"a"}"#,
            r#"{"kind":"Row","cluster":"a"} "#,
            r#"{"kind":"Object","cluster":"a"}"#,
        ] {
            assert!(skim_row(line).is_err(), "{line}");
        }
    }
}
