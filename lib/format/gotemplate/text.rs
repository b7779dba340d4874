//! Strings as Go's `strconv` quotes and reads them, and JSON as `encoding/json` writes it.

use super::value::Value;
use std::fmt::Write as _;

/// Whether Go takes a character for printable (`unicode.IsPrint`).
pub(crate) fn is_print(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    // Rust escapes combining characters as well, but only at the start of a string.
    let mut text = String::from("a");
    text.push(character);
    text.escape_debug().nth(1) == Some(character)
}

/// `%q`
pub(crate) fn quote(text: &str) -> String {
    quote_with(text, '"')
}

/// A string or a character in quotes.
pub(super) fn quote_with(text: &str, quote: char) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for character in text.chars() {
        // Writing to a String does not fail.
        match character {
            '\\' => quoted.push_str("\\\\"),
            _ if character == quote => {
                quoted.push('\\');
                quoted.push(quote);
            }
            _ if is_print(character) => quoted.push(character),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{b}' => quoted.push_str("\\v"),
            '\0'..='\u{1f}' | '\u{7f}' => {
                let _ = write!(quoted, "\\x{:02x}", u32::from(character));
            }
            '\0'..='\u{ffff}' => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(character));
            }
            _ => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(character));
            }
        }
    }
    quoted.push(quote);
    quoted
}

/// What a Go string literal says (`strconv.Unquote`). Bytes that are not UTF-8 become U+FFFD.
pub(super) fn unquote(literal: &str) -> Option<String> {
    if let Some(raw) = literal.strip_prefix('`') {
        return Some(raw.strip_suffix('`')?.replace('\r', ""));
    }
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let mut bytes = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while !rest.is_empty() {
        let (unit, behind) = unquote_char(rest, '"')?;
        match unit {
            Unit::Byte(byte) => bytes.push(byte),
            Unit::Char(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = behind;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// What a character constant stands for; nothing in it where there is more than one character.
pub(super) fn unquote_constant(literal: &str) -> Option<Option<i64>> {
    let (unit, rest) = unquote_char(literal.strip_prefix('\'')?, '\'')?;
    Some((rest == "'").then(|| match unit {
        Unit::Byte(byte) => i64::from(byte),
        Unit::Char(character) => i64::from(u32::from(character)),
    }))
}

enum Unit {
    Byte(u8),
    Char(char),
}

fn unquote_char(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut characters = text.chars();
    let first = characters.next()?;
    if first == quote || first == '\n' {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Char(first), characters.as_str()));
    }
    let escape = characters.next()?;
    let rest = characters.as_str();
    let digits = |length: usize, radix: u32| {
        let digits = rest.get(..length)?;
        let number = digits
            .chars()
            .all(|digit| digit.is_digit(radix))
            .then(|| u32::from_str_radix(digits, radix).ok())??;
        Some((number, rest.get(length..)?))
    };
    let character = |unit| Some((Unit::Char(unit), rest));
    match escape {
        'a' => character('\u{7}'),
        'b' => character('\u{8}'),
        'f' => character('\u{c}'),
        'n' => character('\n'),
        'r' => character('\r'),
        't' => character('\t'),
        'v' => character('\u{b}'),
        '\\' => character('\\'),
        '\'' | '"' => (escape == quote).then_some((Unit::Char(quote), rest)),
        'x' => digits(2, 16).and_then(|(number, rest)| Some((Unit::Byte(u8::try_from(number).ok()?), rest))),
        'u' => digits(4, 16).and_then(|(number, rest)| Some((Unit::Char(char::from_u32(number)?), rest))),
        'U' => digits(8, 16).and_then(|(number, rest)| Some((Unit::Char(char::from_u32(number)?), rest))),
        '0'..='7' => {
            let digits = text.get(1..4)?;
            let number = digits
                .chars()
                .all(|digit| digit.is_digit(8))
                .then(|| u32::from_str_radix(digits, 8).ok())??;
            Some((Unit::Byte(u8::try_from(number).ok()?), text.get(4..)?))
        }
        _ => None,
    }
}

/// A value as `json.Marshal` writes it: keys sorted, no blanks, HTML escaped.
pub(super) fn push_json(out: &mut String, value: &Value) {
    match value {
        Value::Nil => out.push_str("null"),
        Value::Text(text) => push_json_string(out, text),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_json(out, item);
            }
            out.push(']');
        }
        Value::Map(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_json_string(out, key);
                out.push(':');
                push_json(out, value);
            }
            out.push('}');
        }
        Value::Float(number) => out.push_str(&json_float(*number)),
        Value::Bool(_) | Value::Int(_) | Value::Int64(_) | Value::Byte(_) => {
            let _ = write!(out, "{value}");
        }
    }
}

/// A float as `encoding/json` writes it.
pub(super) fn json_float(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-6..1e21).contains(&size) {
        return format!("{number:e}").replace('e', if size < 1.0 { "e" } else { "e+" });
    }
    format!("{number}")
}

fn push_json_string(out: &mut String, text: &str) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out.push('"');
}
