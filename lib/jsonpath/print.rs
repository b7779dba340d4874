//! Values as Go writes them: its `fmt` verbs and its `encoding/json`.

use super::{Found, Value};
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
        Value::String(text) => quote(text, output),
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
                quote(key, output);
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
            Found::Text(text) => json_string(text, output),
            Found::Float(float) => json_float(*float, output),
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
        Value::Float(float) => json_float(*float, output),
        Value::String(text) => json_string(text, output),
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
                json_string(key, output);
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
    shortest(number, -4, 6, 2, output);
}

/// The same as JSON: `1.5`, `1000000`, `1e-7`, `1e+21`.
fn json_float(number: f64, output: &mut String) {
    shortest(number, -6, 21, 1, output);
}

/// The fewest digits that read back as the same number: with an exponent, of `digits` digits at least,
/// where that is less than `least` or not less than `most`; else without.
fn shortest(number: f64, least: i32, most: i32, digits: usize, output: &mut String) {
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let _ = if exponent < least || exponent >= most {
        let sign = if exponent < 0 { '-' } else { '+' };
        let exponent = exponent.abs();
        write!(output, "{mantissa}e{sign}{exponent:0digits$}")
    } else {
        write!(output, "{number}")
    };
}

/// As `strconv.Quote` does.
fn quote(text: &str, output: &mut String) {
    output.push('"');
    for character in text.chars() {
        let code = u32::from(character);
        let _ = match character {
            '"' => write!(output, "\\\""),
            '\\' => write!(output, "\\\\"),
            '\x07' => write!(output, "\\a"),
            '\x08' => write!(output, "\\b"),
            '\x0c' => write!(output, "\\f"),
            '\n' => write!(output, "\\n"),
            '\r' => write!(output, "\\r"),
            '\t' => write!(output, "\\t"),
            '\x0b' => write!(output, "\\v"),
            _ if is_printable(character) => write!(output, "{character}"),
            _ if code < 0x80 => write!(output, "\\x{code:02x}"),
            _ if code < 0x1_0000 => write!(output, "\\u{code:04x}"),
            _ => write!(output, "\\U{code:08x}"),
        };
    }
    output.push('"');
}

/// Whether Go takes a character for one that can be seen (`unicode.IsPrint`).
pub(super) fn is_printable(character: char) -> bool {
    match character {
        ' '..='~' => true,
        '\0'..='\x7f' => false,
        // Only what follows other text is escaped for being unprintable alone.
        _ => format!("x{character}").escape_debug().count() == 2,
    }
}

fn json_string(text: &str, output: &mut String) {
    output.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(|character: char| {
        character < ' ' || matches!(character, '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}')
    }) {
        let (before, from) = rest.split_at(at);
        output.push_str(before);
        let mut characters = from.chars();
        let _ = match characters.next().unwrap_or_default() {
            '"' => write!(output, "\\\""),
            '\\' => write!(output, "\\\\"),
            '\x08' => write!(output, "\\b"),
            '\x0c' => write!(output, "\\f"),
            '\n' => write!(output, "\\n"),
            '\r' => write!(output, "\\r"),
            '\t' => write!(output, "\\t"),
            other => write!(output, "\\u{:04x}", u32::from(other)),
        };
        rest = characters.as_str();
    }
    output.push_str(rest);
    output.push('"');
}
