//! A cell as text: as in kubectl's table, or in full.
//!
//! kubectl decodes a cell and prints it with Go's `fmt.Sprint` (`cli-runtime` `printers/tableprinter.go` and
//! `terminal.go`), and so do these functions with numbers and lists.

use crate::record::Cell;
use crate::term;
use serde_json::Value;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Appends the text of a cell to that of a row's other cells.
pub(crate) type Render = fn(&Cell<'_>, &mut String);

/// Appends a cell as in kubectl's table: only the first line of a string, ESC as `^[`, null as nothing.
pub(crate) fn table(cell: &Cell<'_>, out: &mut String) {
    match cell {
        Cell::Text(text) if is_plain(text) => out.push_str(text),
        Cell::Text(text) => match text.find(['\u{c}', '\n', '\r']) {
            Some(end) => {
                escape_as_kubectl(&text[..end], out);
                out.push_str("...");
            }
            None => escape_as_kubectl(text, out),
        },
        Cell::Json(raw) => match raw.get() {
            "null" => {}
            json => escape_as_kubectl(&sprint(json), out),
        },
    }
}

/// Appends the same for a terminal, which gets no other control character either. In kubectl a tab begins a new column;
/// here it is shown.
pub(crate) fn terminal(cell: &Cell<'_>, out: &mut String) {
    let start = out.len();
    table(cell, out);
    escape_from(start, term::escape, out);
}

/// Appends the same for a pipe, in a table that names clusters: no cell can begin another column, or another row with
/// another cluster's name.
pub(crate) fn piped(cell: &Cell<'_>, out: &mut String) {
    let start = out.len();
    table(cell, out);
    escape_from(start, term::escape_controls, out);
}

/// Escapes the text from `start` on.
fn escape_from(start: usize, escape: fn(&str) -> Cow<'_, str>, out: &mut String) {
    if let Some(Cow::Owned(escaped)) = out.get(start..).map(escape) {
        out.truncate(start);
        out.push_str(&escaped);
    }
}

/// Appends a cell as in kubectl's custom columns: all lines of a string, ESC as `^[`.
pub(crate) fn lines(cell: &Cell<'_>, out: &mut String) {
    match cell {
        Cell::Text(text) => escape_as_kubectl(text, out),
        Cell::Json(_) => table(cell, out),
    }
}

/// Appends the same for a terminal, which gets no other control characters but newlines.
pub(crate) fn lines_on_terminal(cell: &Cell<'_>, out: &mut String) {
    let mut text = String::new();
    lines(cell, &mut text);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push_str(&term::escape(line));
    }
}

/// Appends the same for custom columns in a table that names clusters, in which every row is one line.
pub(crate) fn line(cell: &Cell<'_>, out: &mut String) {
    let start = out.len();
    lines(cell, out);
    escape_from(start, term::escape_controls, out);
}

/// Appends the same for a terminal.
pub(crate) fn line_on_terminal(cell: &Cell<'_>, out: &mut String) {
    let start = out.len();
    lines(cell, out);
    escape_from(start, term::escape, out);
}

/// Appends a cell in full, for machines: a string as it is, null as nothing, any other value in its JSON spelling.
pub(crate) fn full(cell: &Cell<'_>, out: &mut String) {
    match cell {
        Cell::Text(text) => out.push_str(text),
        Cell::Json(raw) if raw.get() == "null" => {}
        Cell::Json(raw) => out.push_str(raw.get()),
    }
}

/// Returns true for a text without control characters.
fn is_plain(text: &str) -> bool {
    // A fold without an early exit is vectorised.
    text.bytes().fold(true, |all, byte| all & (byte >= b' '))
}

fn escape_as_kubectl(text: &str, out: &mut String) {
    if is_plain(text) {
        return out.push_str(text);
    }
    for character in text.chars() {
        match character {
            '\u{1b}' => out.push_str("^["),
            '\r' => out.push_str("\\r"),
            _ => out.push(character),
        }
    }
}

/// What Go's `fmt.Sprint` makes of a JSON value that is no string.
fn sprint(json: &str) -> String {
    let mut text = String::new();
    match json.as_bytes().first() {
        Some(b'{' | b'[') => match serde_json::from_str(json) {
            Ok(value) => sprint_value(&value, &mut text),
            // Nested too deep: no API server prints that.
            Err(_) => text.push_str(json),
        },
        Some(b'-' | b'0'..=b'9') => sprint_number(json, &mut text),
        _ => text.push_str(json),
    }
    text
}

/// Recursion ends where serde_json's parser ends it, at 128 levels.
fn sprint_value(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("<nil>"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => sprint_number(&number.to_string(), out),
        Value::String(text) => out.push_str(text),
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                sprint_value(value, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            out.push_str("map[");
            for (index, (key, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(' ');
                }
                out.push_str(key);
                out.push(':');
                sprint_value(value, out);
            }
            out.push(']');
        }
    }
}

/// An integer that fits 64 bits stays one, everything else is a float: the shortest digits that say it,
/// with an exponent from 10⁶ on and below 10⁻⁴.
fn sprint_number(number: &str, out: &mut String) {
    // Writing to a String does not fail.
    if let Ok(integer) = number.parse::<i64>() {
        let _ = write!(out, "{integer}");
        return;
    }
    let Ok(float) = number.parse::<f64>() else {
        return out.push_str(number);
    };
    let scientific = format!("{float:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) || float == 0.0 {
        let _ = write!(out, "{float}");
    } else if float.is_infinite() {
        out.push_str(if float > 0.0 { "+Inf" } else { "-Inf" });
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{digits}e{sign}{:02}", exponent.unsigned_abs());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn rendered(render: Render, json: &str) -> String {
        let mut out = String::new();
        render(&serde_json::from_str(json).unwrap(), &mut out);
        out
    }

    // What Go 1.26 printed for the same cells.
    #[test]
    fn cells_look_as_in_kubectl() {
        for (json, expected) in [
            ("null", ""),
            ("true", "true"),
            ("1", "1"),
            ("-0", "0"),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9.223372036854776e+18"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("100000.0", "100000"),
            ("1e6", "1e+06"),
            ("123456789.0", "1.23456789e+08"),
            ("12345.678", "12345.678"),
            ("0.0001", "0.0001"),
            ("0.00001", "1e-05"),
            ("1e100", "1e+100"),
            (r#"["a",1.5,null,[true]]"#, "[a 1.5 <nil> [true]]"),
            (r#"{"b":1,"a":"x"}"#, "map[a:x b:1]"),
            ("[]", "[]"),
            (r#""one\ntwo""#, "one..."),
            (r#""\r""#, "..."),
            (r#""a\fb""#, "a..."),
            (r#""\u001b[31mred\u0007""#, "^[[31mred\u{7}"),
            (r#"["a\rb\u001b"]"#, "[a\\rb^[]"),
            (r#""a\tb""#, "a\tb"),
        ] {
            assert_eq!(rendered(table, json), expected, "{json}");
        }
    }

    #[test]
    fn nothing_hostile_reaches_a_terminal() {
        assert_eq!(
            rendered(terminal, r#""a\tb\u0007\u009b\u202e""#),
            "a\\tb\\u{7}\\u{9b}\\u{202e}"
        );
    }

    #[test]
    fn no_cell_begins_a_line_or_a_column_where_rows_bear_clusters_names() {
        for (json, expected) in [
            (r#""a\tb\u000bc\u2028d\u0085""#, "a\\tb\\u{b}c\\u{2028}d\\u{85}"),
            (r#"["a\nb"]"#, "[a\\nb]"),
            (r#""a\nb""#, "a..."),
        ] {
            assert_eq!(rendered(piped, json), expected);
        }
        for render in [line as Render, line_on_terminal] {
            assert_eq!(rendered(render, r#""a\nb\u001b""#), "a\\nb^[");
        }
    }

    #[test]
    fn machines_get_everything() {
        for (json, expected) in [
            ("null", ""),
            ("1.50", "1.50"),
            (r#""a\nb""#, "a\nb"),
            ("[1,\"a\"]", "[1,\"a\"]"),
        ] {
            assert_eq!(rendered(full, json), expected);
        }
    }
}
