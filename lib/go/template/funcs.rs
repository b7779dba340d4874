//! The functions of templates: those of `text/template/funcs.go`, and kubectl's `exists` and `base64decode`.

use super::item::{Item, Slot, concrete, is_true};
use crate::go::printf;
use crate::go::text::is_print;
use crate::go::value::Value;
use crate::percent::query_escape;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write as _;

/// The type of a parameter.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Parameter {
    /// interface {}
    Any,
    /// reflect.Value
    Value,
    /// string
    Text,
}

/// The parameters of a function.
pub(super) struct Signature {
    pub(super) fixed: &'static [Parameter],
    /// The type of any number of further arguments.
    pub(super) more: Option<Parameter>,
}

impl Signature {
    /// Returns the type of a parameter.
    pub(super) fn parameter(&self, index: usize) -> Parameter {
        let fixed = self.fixed.get(index).copied();
        fixed.or(self.more).unwrap_or(Parameter::Any)
    }
}

/// Returns the parameters of a function, if there is one of that name.
pub(super) fn signature(name: &str) -> Option<Signature> {
    use Parameter::{Any, Text, Value};
    let (fixed, more): (&[Parameter], _) = match name {
        "and" | "or" | "index" | "slice" | "eq" | "call" => (&[Value], Some(Value)),
        "not" | "len" => (&[Value], None),
        "ne" | "lt" | "le" | "gt" | "ge" => (&[Value, Value], None),
        "print" | "println" | "html" | "js" | "urlquery" => (&[], Some(Any)),
        "printf" => (&[Text], Some(Any)),
        "exists" => (&[Any], Some(Any)),
        "base64decode" => (&[Text], None),
        _ => return None,
    };
    Some(Signature { fixed, more })
}

/// Calls a function with a valid number of arguments.
///
/// # Errors
/// Go's text for what is wrong.
pub(super) fn run<'t>(name: &str, arguments: Vec<Item<'t>>) -> Result<Item<'t>, String> {
    let boolean = |value| Ok(Slot::of(Value::Bool(value)));
    let text = |text: String| Ok(Slot::of(Value::Text(Cow::Owned(text))));
    let Some((first, rest)) = arguments.split_first() else {
        return match name {
            "println" => text("\n".to_owned()),
            _ => text(String::new()),
        };
    };
    match name {
        "not" => boolean(!is_true(first)),
        "len" => length(first),
        "index" => index(first, rest),
        "slice" => slice(first, rest),
        "eq" => boolean(equal(first, rest)?),
        "ne" => boolean(!equal(first, rest)?),
        "lt" => boolean(compare(first, rest)? == Some(Ordering::Less)),
        "le" => boolean(matches!(
            compare(first, rest)?,
            Some(Ordering::Less | Ordering::Equal)
        )),
        "gt" => boolean(!matches!(
            compare(first, rest)?,
            Some(Ordering::Less | Ordering::Equal)
        )),
        "ge" => boolean(compare(first, rest)? != Some(Ordering::Less)),
        "print" => text(print(&values(&arguments))),
        "println" => {
            let shown: Vec<String> = values(&arguments).iter().map(ToString::to_string).collect();
            text(shown.join(" ") + "\n")
        }
        "printf" => match values(&arguments).split_first() {
            Some((Value::Text(format), arguments)) => text(printf::sprintf(format, arguments)),
            _ => text(String::new()),
        },
        "html" => text(html(&plain(&arguments))),
        "js" => text(js(&plain(&arguments))),
        "urlquery" => text(query_escape(&plain(&arguments))),
        "exists" => boolean(exists(first, rest)),
        "base64decode" => text(base64decode(first)?),
        _ => Ok(None),
    }
}

/// Runs `call`, which always fails: no value from JSON is a function.
pub(super) fn call<'t>(callee: Option<&Item<'t>>, shown: Option<String>) -> Result<Item<'t>, String> {
    let Some(slot) = concrete(callee.cloned().flatten()) else {
        return Err("call of nil".to_owned());
    };
    let type_ = slot.value.type_name();
    let shown = shown.unwrap_or_else(|| match &slot.value {
        Value::Text(text) => text.to_string(),
        _ => format!("<{type_} Value>"),
    });
    Err(format!("non-function {shown} of type {type_}"))
}

fn values<'t>(items: &[Item<'t>]) -> Vec<Value<'t>> {
    let value = |item: &Item<'t>| item.as_ref().map_or(Value::Nil, |slot| slot.value.clone());
    items.iter().map(value).collect()
}

/// Prints like `fmt.Sprint`: with a blank between two operands if neither is a string.
fn print(values: &[Value<'_>]) -> String {
    let mut out = String::new();
    let mut after_text = true;
    for value in values {
        let is_text = matches!(value, Value::Text(_));
        if !after_text && !is_text {
            out.push(' ');
        }
        out.push_str(&value.to_string());
        after_text = is_text;
    }
    out
}

/// Returns the text that an escaping function escapes.
fn plain(arguments: &[Item<'_>]) -> String {
    let mut values = values(arguments);
    for value in &mut values {
        if *value == Value::Nil {
            *value = Value::Text(Cow::Borrowed("<no value>"));
        }
    }
    print(&values)
}

fn length<'t>(item: &Item<'t>) -> Result<Item<'t>, String> {
    let length = match item.as_ref().map(|slot| &slot.value) {
        None => return Err("reflect: call of reflect.Value.Type on zero Value".to_owned()),
        Some(Value::Nil) => return Err("len of nil pointer".to_owned()),
        Some(Value::Text(text)) => text.len(),
        Some(Value::List(items)) => items.len(),
        Some(Value::Map(map)) => map.members().len(),
        Some(other) => return Err(format!("len of type {}", other.type_name())),
    };
    Ok(Slot::of(Value::Int(i64::try_from(length).unwrap_or(i64::MAX))))
}

fn index_argument(index: &Item<'_>, capacity: usize) -> Result<usize, String> {
    let Some(slot) = concrete(index.clone()) else {
        return Err("cannot index slice/array with nil".to_owned());
    };
    let Some(number) = slot.value.integer() else {
        let type_ = slot.value.type_name();
        return Err(format!("cannot index slice/array with type {type_}"));
    };
    usize::try_from(number)
        .ok()
        .filter(|place| *place <= capacity)
        .ok_or_else(|| format!("index out of range: {number}"))
}

fn index<'t>(item: &Item<'t>, indexes: &[Item<'t>]) -> Result<Item<'t>, String> {
    let Some(mut slot) = concrete(item.clone()) else {
        return Err("index of untyped nil".to_owned());
    };
    for index in indexes {
        let member = match &slot.value {
            Value::Nil => return Err("index of nil pointer".to_owned()),
            Value::List(items) => {
                let place = index_argument(index, items.len())?;
                let element = items.get(place);
                element.ok_or("reflect: slice index out of range")?.into()
            }
            Value::Text(text) => {
                let place = index_argument(index, text.len())?;
                let byte = text.as_bytes().get(place);
                Value::Byte(*byte.ok_or("reflect: string index out of range")?)
            }
            Value::Map(members) => {
                let key = concrete(index.clone()).ok_or("value is nil; should be of type string")?;
                match &key.value {
                    Value::Text(key) => members.get(key).map_or(Value::Nil, Value::from),
                    other => {
                        let type_ = other.type_name();
                        return Err(format!("value has type {type_}; should be string"));
                    }
                }
            }
            other => return Err(format!("can't index item of type {}", other.type_name())),
        };
        let is_interface = !matches!(slot.value, Value::Text(_));
        slot = Slot {
            value: member,
            is_interface,
        };
    }
    Ok(Some(slot))
}

fn slice<'t>(item: &Item<'t>, indexes: &[Item<'t>]) -> Result<Item<'t>, String> {
    let Some(slot) = concrete(item.clone()) else {
        return Err("slice of untyped nil".to_owned());
    };
    if indexes.len() > 3 {
        return Err(format!("too many slice indexes: {}", indexes.len()));
    }
    let length = match &slot.value {
        Value::Text(_) if indexes.len() == 3 => return Err("cannot 3-index slice a string".to_owned()),
        Value::Text(text) => text.len(),
        Value::List(items) => items.len(),
        other => return Err(format!("can't slice item of type {}", other.type_name())),
    };
    let mut bounds = [0, length, length];
    for (bound, index) in bounds.iter_mut().zip(indexes) {
        *bound = index_argument(index, length)?;
    }
    let [start, end, capacity] = bounds;
    if start > end {
        return Err(format!("invalid slice index: {start} > {end}"));
    }
    if end > capacity {
        return Err(format!("invalid slice index: {end} > {capacity}"));
    }
    Ok(Slot::of(match &slot.value {
        Value::List(items) => Value::List(items.part(start..end)),
        Value::Text(text) => {
            let bytes = text.as_bytes().get(start..end).unwrap_or_default();
            Value::Text(Cow::Owned(String::from_utf8_lossy(bytes).into_owned()))
        }
        _ => Value::Nil,
    }))
}

/// The types that Go compares.
#[derive(Clone, Copy, PartialEq)]
enum Comparable {
    Other,
    Bool,
    Int,
    Float,
    Text,
}

fn kind(item: &Item<'_>) -> Comparable {
    match item.as_ref().map(|slot| &slot.value) {
        Some(Value::Bool(_)) => Comparable::Bool,
        Some(Value::Int(_) | Value::Int64(_) | Value::Byte(_)) => Comparable::Int,
        Some(Value::Float(_)) => Comparable::Float,
        Some(Value::Text(_)) => Comparable::Text,
        _ => Comparable::Other,
    }
}

fn equal(first: &Item<'_>, others: &[Item<'_>]) -> Result<bool, String> {
    if others.is_empty() {
        return Err("missing argument for comparison".to_owned());
    }
    let first = concrete(first.clone());
    for other in others {
        let other = concrete(other.clone());
        let is_equal = match (&first, &other) {
            (None, None) => true,
            (None, Some(_)) | (Some(_), None) => false,
            (Some(one), Some(two)) => {
                let (left, right) = (one.value.type_name(), two.value.type_name());
                match (kind(&first), kind(&other)) {
                    (Comparable::Int, Comparable::Int) => one.value.integer() == two.value.integer(),
                    (Comparable::Other, Comparable::Other) if left == right => {
                        return Err(format!(
                            "non-comparable type {}: {right}",
                            printf::sprintf("%s", std::slice::from_ref(&two.value))
                        ));
                    }
                    (Comparable::Other, Comparable::Other) => {
                        let (one, two) = (
                            printf::sprintf("%s", std::slice::from_ref(&one.value)),
                            &two.value,
                        );
                        return Err(format!("non-comparable types {one}: {left}, {right}: {two}"));
                    }
                    (one_kind, other_kind) if one_kind == other_kind => one.value == two.value,
                    _ => {
                        return Err(format!("incompatible types for comparison: {left} and {right}"));
                    }
                }
            }
        };
        if is_equal {
            return Ok(true);
        }
    }
    Ok(false)
}

fn compare(first: &Item<'_>, rest: &[Item<'_>]) -> Result<Option<Ordering>, String> {
    let bad_type = || "invalid type for comparison".to_owned();
    let one = concrete(first.clone());
    let two = concrete(rest.first().cloned().flatten());
    let (one_kind, two_kind) = (kind(&one), kind(&two));
    let (Some(one), Some(two)) = (one, two) else {
        return Err(bad_type());
    };
    if one_kind == Comparable::Other || two_kind == Comparable::Other {
        return Err(bad_type());
    }
    if one_kind != two_kind {
        let (left, right) = (one.value.type_name(), two.value.type_name());
        return Err(format!("incompatible types for comparison: {left} and {right}"));
    }
    match (&one.value, &two.value) {
        (Value::Float(one), Value::Float(two)) => Ok(one.partial_cmp(two)),
        (Value::Text(one), Value::Text(two)) => Ok(Some(one.cmp(two))),
        (one, two) if one_kind == Comparable::Int => Ok(Some(one.integer().cmp(&two.integer()))),
        _ => Err(bad_type()),
    }
}

fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            _ => out.push(character),
        }
    }
    out
}

fn js(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' | '>' | '&' | '=' | '\0'..='\u{1f}' => {
                let _ = write!(out, "\\u{:04X}", u32::from(character));
            }
            _ if character.is_ascii() || is_print(character) => out.push(character),
            _ => {
                let _ = write!(out, "\\u{:04X}", u32::from(character));
            }
        }
    }
    out
}

/// Returns whether a path leads to a value other than null (kubectl's `exists`).
fn exists(item: &Item<'_>, indexes: &[Item<'_>]) -> bool {
    let mut value = item.as_ref().map_or(Value::Nil, |slot| slot.value.clone());
    // It ignores its first argument if there is no other.
    if indexes.is_empty() {
        return true;
    }
    for index in indexes {
        let index = index.as_ref().map(|slot| &slot.value);
        let place = index
            .and_then(Value::integer)
            .and_then(|place| usize::try_from(place).ok());
        let member = match &value {
            Value::List(items) => place.and_then(|place| items.get(place)).map(Value::from),
            Value::Text(text) => {
                let byte = place.and_then(|place| text.as_bytes().get(place));
                byte.copied().map(Value::Byte)
            }
            Value::Map(members) => match index {
                Some(Value::Text(key)) => members.get(key).map(Value::from),
                None | Some(Value::Nil) => members.get("").map(Value::from),
                _ => None,
            },
            _ => None,
        };
        match member {
            Some(member) => value = member,
            None => return false,
        }
    }
    value != Value::Nil
}

/// Runs kubectl's `base64decode`. Bytes that are not UTF-8 become U+FFFD.
fn base64decode(item: &Item<'_>) -> Result<String, String> {
    let text = match item.as_ref().map(|slot| &slot.value) {
        Some(Value::Text(text)) => text,
        _ => "",
    };
    match decode(text) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(at) => Err(format!(
            "base64 decode failed: illegal base64 data at input byte {at}"
        )),
    }
}

/// Decodes base64 with padding (RFC 4648), without newlines. The error is the place that Go reports, which the crate
/// `base64` does not.
fn decode(text: &str) -> Result<Vec<u8>, usize> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut input = text
        .bytes()
        .enumerate()
        .filter(|(_, byte)| !matches!(byte, b'\n' | b'\r'));
    loop {
        let mut group = 0_u32;
        let mut count = 0;
        while count < 4 {
            let Some((at, byte)) = input.next() else {
                return if count == 0 {
                    Ok(bytes)
                } else {
                    Err(text.len() - count)
                };
            };
            let digit = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                b'=' if count >= 2 => {
                    if count == 2 {
                        match input.next() {
                            Some((_, b'=')) => {}
                            Some((at, _)) => return Err(at - 1),
                            None => return Err(text.len()),
                        }
                    }
                    if let Some((at, _)) = input.next() {
                        return Err(at);
                    }
                    let group = (group << (6 * (4 - count))).to_be_bytes();
                    bytes.extend(group.iter().skip(1).take(count - 1));
                    return Ok(bytes);
                }
                _ => return Err(at),
            };
            group = group << 6 | u32::from(digit);
            count += 1;
        }
        bytes.extend(group.to_be_bytes().iter().skip(1));
    }
}
