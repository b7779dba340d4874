//! The documents of one file, and the objects in them: YAML between lines of `---`, or JSON objects one after the
//! other. They are told apart as kubectl does (apimachinery `pkg/util/yaml/decoder.go`).

use super::objects::{Content, Document, Object};
use super::yaml;
use crate::go::text::quote;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Reads a file's documents, up to the first that cannot be parsed, as kubectl does.
pub fn read(source: &str, bytes: &[u8], documents: &mut Vec<Document>) {
    let text = decode(bytes);
    let mut add = |content| {
        documents.push(Document {
            source: source.to_owned(),
            content,
        });
    };
    let mut each = |value: &Value, text: &str| {
        if !value.is_null() {
            add(content(source, value, text));
        }
    };
    if let Err(problem) = parse(&text, &mut each) {
        add(Err(format!("error parsing {source}: {problem}")));
    }
}

/// Decodes UTF-8, or UTF-16 where a byte order mark says so.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes
            .chunks_exact(2)
            .map(|pair| unit([pair[0], pair[1]]))
            .collect();
        Cow::Owned(String::from_utf16_lossy(&units))
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        bytes => String::from_utf8_lossy(bytes),
    }
}

/// Calls `each` with each document and its text as JSON.
fn parse(text: &str, each: &mut impl FnMut(&Value, &str)) -> Result<(), String> {
    if !text.trim_start().starts_with('{') {
        return parse_yaml(text, None, each);
    }
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<Box<RawValue>>();
    let mut count = 0;
    loop {
        let start = objects.byte_offset();
        match objects.next() {
            None => return Ok(()),
            Some(Ok(object)) => {
                count += 1;
                let value = serde_json::from_str(object.get()).unwrap_or_default();
                each(&value, object.get());
            }
            Some(Err(error)) => {
                let problem = if error.is_eof() {
                    "unexpected EOF".to_owned()
                } else {
                    syntax(text, &error)
                };
                // After several objects it must be JSON; otherwise it may be YAML in braces.
                if count > 1 {
                    return Err(problem);
                }
                let rest = &text[start..];
                let blank = rest.len() - rest.trim_start().len();
                let end = rest[..blank].find('\n').map_or(blank, |newline| newline + 1);
                return parse_yaml(&rest[end..], Some(problem), each);
            }
        }
    }
}

/// Says what is wrong with JSON, and after how many bytes.
fn syntax(text: &str, error: &serde_json::Error) -> String {
    let before: usize = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1))
        .map(str::len)
        .sum();
    let said = error.to_string();
    let said = said.split(" at line ").next().unwrap_or_default();
    format!("json: offset {}: {said}", before + error.column())
}

/// Does the same for YAML. `first` is the error to report if the first document cannot be parsed.
fn parse_yaml(
    text: &str,
    mut first: Option<String>,
    each: &mut impl FnMut(&Value, &str),
) -> Result<(), String> {
    let mut buffer = String::new();
    let mut flush = |buffer: &mut String, first: &mut Option<String>| {
        let value = yaml::to_json(buffer);
        buffer.clear();
        let value = value.map_err(|error| first.take().unwrap_or(error))?;
        *first = None;
        each(&value, &value.to_string());
        Ok::<_, String>(())
    };
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("---") {
            let rest = rest.trim();
            if !rest.is_empty() && !rest.starts_with('#') {
                return Err(first.unwrap_or_else(|| format!("invalid Yaml document separator: {rest}")));
            }
            if !buffer.is_empty() {
                flush(&mut buffer, &mut first)?;
                continue;
            }
        }
        buffer.push_str(line);
        buffer.push('\n');
    }
    if buffer.is_empty() {
        Ok(())
    } else {
        flush(&mut buffer, &mut first)
    }
}

/// Returns the content of a document.
fn content(source: &str, value: &Value, text: &str) -> Result<Content, String> {
    let undecodable = |why: String| format!("unable to decode {}: {why}", quote(source));
    let Some(map) = value.as_object() else {
        return Err(undecodable(format!(
            "json: cannot unmarshal {} into Go value of type unstructured.detector",
            kind_of(value)
        )));
    };
    let items = match map.get("items") {
        Some(items) => {
            let refused = |value: &Value, into: &str| {
                undecodable(format!(
                    "json: cannot unmarshal {} into Go {into}",
                    kind_of(value)
                ))
            };
            let into = "struct field decodeList.items of type []json.RawMessage";
            let items = match items {
                Value::Null => &[],
                Value::Array(items) => items.as_slice(),
                other => return Err(refused(other, into)),
            };
            if let Some(item) = items.iter().find(|item| !item.is_object() && !item.is_null()) {
                return Err(refused(item, "value of type map[string]interface {}"));
            }
            Some(items)
        }
        None => None,
    };
    let head = head(value);
    let Some(head) = head.filter(|head| !head.kind.is_empty()) else {
        return Err(undecodable(format!("Object 'Kind' is missing in '{text}'")));
    };
    if let Some(problem) = bad_metadata(value) {
        return Err(undecodable(problem));
    }
    match items {
        None => named(source, head).map(Content::Object),
        // kubectl does not support lists in lists.
        Some(items)
            if items
                .iter()
                .any(|item| item.get("items").is_some_and(Value::is_array)) =>
        {
            Err("*unstructured.Unstructured is not a list: no Items field in this object".to_owned())
        }
        Some(items) => {
            let items = items.iter().map(|item| item_of(source, &head, item)).collect();
            Ok(Content::List(head, items))
        }
    }
}

/// Returns an item of a list. Without a kind and a version of its own it has the list's.
fn item_of(source: &str, list: &Object, item: &Value) -> Result<Object, String> {
    let text = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut object = head(item).unwrap_or_default();
    if text("kind").is_empty() && text("apiVersion").is_empty() {
        object.group.clone_from(&list.group);
        object.version.clone_from(&list.version);
        object.kind = list.kind.strip_suffix("List").unwrap_or(&list.kind).to_owned();
    }
    if object.kind.is_empty() {
        return Err(
            "unable to get type info from the object \"*unstructured.Unstructured\": Object 'Kind' is \
             missing in 'object has no kind field '"
                .to_owned(),
        );
    }
    named(source, object)
}

/// Refuses an object without a name: there is nothing to look for. (kubectl prints the file's own object as if it had
/// been found.)
fn named(source: &str, object: Object) -> Result<Object, String> {
    if object.name.is_empty() {
        let kind = &object.kind;
        return Err(format!(
            "unable to get {}: its {kind} has no metadata.name to look for",
            quote(source)
        ));
    }
    Ok(object)
}

/// Returns version, kind and name; `None` for a malformed version, with which kubectl ignores the kind, too.
fn head(value: &Value) -> Option<Object> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let version = text(value.get("apiVersion"));
    let (group, version) = match version.split_once('/') {
        Some((_, version)) if version.contains('/') => return None,
        Some((group, version)) => (group.to_owned(), version.to_owned()),
        None => (String::new(), version),
    };
    let metadata = value.get("metadata");
    let field = |key| text(metadata.and_then(|metadata| metadata.get(key)));
    Some(Object {
        group,
        version,
        kind: text(value.get("kind")),
        namespace: field("namespace"),
        name: field("name"),
    })
}

/// Returns Go's message about malformed metadata.
fn bad_metadata(value: &Value) -> Option<String> {
    let refused = |value: &Value, field: &str, type_: &str| {
        let kind = kind_of(value);
        Some(format!(
            "json: cannot unmarshal {kind} into Go struct field {field} of type {type_}"
        ))
    };
    let metadata = value.get("metadata").filter(|metadata| !metadata.is_null())?;
    if !metadata.is_object() {
        return refused(metadata, "metadataOnlyObject.metadata", "v1.ObjectMeta");
    }
    for key in ["name", "namespace", "generateName"] {
        if let Some(other) = metadata.get(key)
            && !other.is_string()
            && !other.is_null()
        {
            return refused(other, &format!("ObjectMeta.metadata.{key}"), "string");
        }
    }
    for key in ["labels", "annotations"] {
        let field = format!("ObjectMeta.metadata.{key}");
        match metadata.get(key) {
            None | Some(Value::Null) => (),
            Some(Value::Object(map)) => {
                if let Some(other) = map.values().find(|value| !value.is_string() && !value.is_null()) {
                    return refused(other, &field, "string");
                }
            }
            Some(other) => return refused(other, &field, "map[string]string"),
        }
    }
    None
}

/// As Go's JSON reader calls it.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
