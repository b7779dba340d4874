//! Values as Go writes them: its `fmt` verbs and its `encoding/json`.

use super::{Found, Value};
use crate::go::text::{push_float, push_json_float, push_json_string, quote};
use std::fmt::Write as _;

/// As `%v` does: `<nil>`, `[a b]`, `map[a:1 b:2]`.
pub(super) fn plain(value: &Value<'_>, output: &mut String) {
    match value {
        Value::Null => output.push_str("<nil>"),
        Value::Bool(value) => output.push_str(if *value { "true" } else { "false" }),
        Value::Int(int) => int_text(*int, output),
        Value::Float(number) => float(*number, output),
        Value::String(text) => output.push_str(text),
        Value::Array(list) => {
            output.push('[');
            for (index, member) in list.iter().enumerate() {
                if index > 0 {
                    output.push(' ');
                }
                plain(member, output);
            }
            output.push(']');
        }
        Value::Object(map) => {
            output.push_str("map[");
            for (index, (key, member)) in map.iter().enumerate() {
                if index > 0 {
                    output.push(' ');
                }
                output.push_str(key);
                output.push(':');
                plain(member, output);
            }
            output.push(']');
        }
    }
}

/// As `%#v` does: Go source.
pub(super) fn source(value: &Value<'_>, output: &mut String) {
    match value {
        Value::Null => output.push_str("interface {}(nil)"),
        Value::String(text) => output.push_str(&quote(text)),
        Value::Array(list) => {
            output.push_str("[]interface {}{");
            for (index, member) in list.iter().enumerate() {
                if index > 0 {
                    output.push_str(", ");
                }
                source(member, output);
            }
            output.push('}');
        }
        Value::Object(map) => {
            output.push_str("map[string]interface {}{");
            for (index, (key, member)) in map.iter().enumerate() {
                if index > 0 {
                    output.push_str(", ");
                }
                output.push_str(&quote(key));
                output.push(':');
                source(member, output);
            }
            output.push('}');
        }
        other => plain(other, output),
    }
}

/// As `json.Marshal` does: no blanks, keys sorted, fit for HTML.
pub(super) fn json(value: &Value<'_>, output: &mut String) {
    write(value, None, output);
}

/// As `json.MarshalIndent` with four blanks does, and a newline: what `-o jsonpath-as-json` prints.
pub(super) fn indented(results: &[Found<'_>], output: &mut String) {
    output.push('[');
    for (index, found) in results.iter().enumerate() {
        if index > 0 {
            output.push(',');
        }
        line(1, output);
        match found {
            Found::Value(value) => write(value, Some(1), output),
            Found::Text(text) => push_json_string(output, text),
            Found::Float(float) => push_json_float(output, *float),
            Found::Nothing => output.push_str("null"),
            Found::Int(_) | Found::Bool(_) | Found::Byte(_) => found.print_plain(output),
        }
    }
    if !results.is_empty() {
        line(0, output);
    }
    output.push_str("]\n");
}

fn line(depth: usize, output: &mut String) {
    output.push('\n');
    for _ in 0..depth {
        output.push_str("    ");
    }
}

/// On one line, or indented from a depth on.
fn write(value: &Value<'_>, depth: Option<usize>, output: &mut String) {
    let inside = depth.map(|depth| depth + 1);
    let new_line = |depth: Option<usize>, output: &mut String| {
        if let Some(depth) = depth {
            line(depth, output);
        }
    };
    match value {
        Value::Null => output.push_str("null"),
        Value::Bool(_) | Value::Int(_) => plain(value, output),
        Value::Float(float) => push_json_float(output, *float),
        Value::String(text) => push_json_string(output, text),
        Value::Array(list) => {
            output.push('[');
            for (index, member) in list.iter().enumerate() {
                if index > 0 {
                    output.push(',');
                }
                new_line(inside, output);
                write(member, inside, output);
            }
            if !list.is_empty() {
                new_line(depth, output);
            }
            output.push(']');
        }
        Value::Object(map) => {
            output.push('{');
            for (index, (key, member)) in map.iter().enumerate() {
                if index > 0 {
                    output.push(',');
                }
                new_line(inside, output);
                push_json_string(output, key);
                output.push_str(if depth.is_some() { ": " } else { ":" });
                write(member, inside, output);
            }
            if !map.is_empty() {
                new_line(depth, output);
            }
            output.push('}');
        }
    }
}

fn int_text(int: i64, output: &mut String) {
    // Writing to a String does not fail.
    let _ = write!(output, "{int}");
}

/// A `float64` as `%v` does: `1.5`, `1e+06`, `1e-05`.
pub(super) fn float(number: f64, output: &mut String) {
    push_float(output, number, -4..6, 2);
}
