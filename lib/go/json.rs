//! Writes values as `encoding/json` does: with sorted keys and with characters escaped that HTML interprets.

use super::float;
use super::text::LETTERS;
use super::value::Value;
use std::fmt::{self, Write};

/// Writes a value on one line without blanks, as `json.Marshal` does.
pub(crate) fn write(value: &Value<'_>, out: &mut dyn Write) -> fmt::Result {
    write_from(value, None, out)
}

/// Writes values as a list, indented by four blanks, and a newline, as `json.MarshalIndent` does.
pub(crate) fn write_indented(values: &[Value<'_>], out: &mut dyn Write) -> fmt::Result {
    write_list(values.iter().cloned(), Some(0), out)?;
    out.write_char('\n')
}

/// Writes a value on one line, or indented by a depth.
fn write_from(value: &Value<'_>, depth: Option<usize>, out: &mut dyn Write) -> fmt::Result {
    match value {
        Value::Nil | Value::Invalid => out.write_str("null"),
        Value::Bool(_) | Value::Int(_) | Value::Int64(_) | Value::Byte(_) => write!(out, "{value}"),
        Value::Float(number) => out.write_str(&float::json(*number)),
        Value::Text(text) => write_string(text, out),
        Value::List(list) => write_list(list.iter().map(Value::from), depth, out),
        Value::Map(map) => {
            let inside = depth.map(|depth| depth + 1);
            let members = map.members();
            let is_empty = members.len() == 0;
            out.write_char('{')?;
            for (index, (key, member)) in members.enumerate() {
                begin(index, inside, out)?;
                write_string(&key, out)?;
                out.write_str(if depth.is_some() { ": " } else { ":" })?;
                write_from(&member.into(), inside, out)?;
            }
            end(is_empty, depth, '}', out)
        }
    }
}

fn write_list<'t>(
    values: impl ExactSizeIterator<Item = Value<'t>>,
    depth: Option<usize>,
    out: &mut dyn Write,
) -> fmt::Result {
    let inside = depth.map(|depth| depth + 1);
    let is_empty = values.len() == 0;
    out.write_char('[')?;
    for (index, value) in values.enumerate() {
        begin(index, inside, out)?;
        write_from(&value, inside, out)?;
    }
    end(is_empty, depth, ']', out)
}

fn begin(index: usize, depth: Option<usize>, out: &mut dyn Write) -> fmt::Result {
    if index > 0 {
        out.write_char(',')?;
    }
    new_line(depth, out)
}

fn end(is_empty: bool, depth: Option<usize>, bracket: char, out: &mut dyn Write) -> fmt::Result {
    if !is_empty {
        new_line(depth, out)?;
    }
    out.write_char(bracket)
}

fn new_line(depth: Option<usize>, out: &mut dyn Write) -> fmt::Result {
    match depth {
        Some(depth) => write!(out, "\n{:1$}", "", 4 * depth),
        None => Ok(()),
    }
}

fn write_string(text: &str, out: &mut dyn Write) -> fmt::Result {
    out.write_char('"')?;
    let mut rest = text;
    while let Some(at) = rest.find(|character: char| {
        character < ' ' || matches!(character, '"' | '\\' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}')
    }) {
        let (before, from) = rest.split_at(at);
        out.write_str(before)?;
        let mut characters = from.chars();
        let character = characters.next().unwrap_or_default();
        let letter = LETTERS.iter().find(|(_, meant)| *meant == character);
        match letter {
            // JSON has all of these letters but two.
            Some((letter, _)) if !matches!(letter, 'a' | 'v') => write!(out, "\\{letter}"),
            _ if matches!(character, '"' | '\\') => write!(out, "\\{character}"),
            _ => write!(out, "\\u{:04x}", u32::from(character)),
        }?;
        rest = characters.as_str();
    }
    out.write_str(rest)?;
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::write_string;

    #[test]
    fn strings() {
        let mut out = String::new();
        write_string("\"\\\u{7}\u{8}\u{b}\n<&>\u{2028}é\u{1f}", &mut out).unwrap();
        assert_eq!(out, r#""\"\\\u0007\b\u000b\n\u003c\u0026\u003e\u2028é\u001f""#);
    }
}
