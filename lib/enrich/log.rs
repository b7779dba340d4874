//! A structured log: one JSON object per line on stderr, with `time`, `level`, `message` and further fields. On a
//! terminal, lines of plain text.

use crate::term;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::io::IsTerminal;
use std::sync::LazyLock;

const TOOL: &str = "mc-enrich";

static IS_TERMINAL: LazyLock<bool> = LazyLock::new(|| std::io::stderr().is_terminal());

/// Logs normal operation.
pub fn info(message: &str, fields: &[(&str, &str)]) {
    write("info", message, fields);
}

/// Logs something that a person should look at.
pub fn warn(message: &str, fields: &[(&str, &str)]) {
    write("warning", message, fields);
}

/// Logs a failure; it will be tried again.
pub fn error(message: &str, fields: &[(&str, &str)]) {
    write("error", message, fields);
}

fn write(level: &str, message: &str, fields: &[(&str, &str)]) {
    if *IS_TERMINAL {
        return term::complain(TOOL, &sentence(level, message, fields));
    }
    term::print_lines(&(line(&Timestamp::now().to_string(), level, message, fields) + "\n"));
}

/// Formats `Warning: MESSAGE (profile fleet/shop, reason ValueTooLong)`.
fn sentence(level: &str, message: &str, fields: &[(&str, &str)]) -> String {
    let mut text = match level {
        "warning" => format!("Warning: {message}"),
        _ => message.to_owned(),
    };
    let fields: Vec<String> = fields
        .iter()
        .map(|(key, value)| format!("{key} {value}"))
        .collect();
    if !fields.is_empty() {
        text.push_str(&format!(" ({})", fields.join(", ")));
    }
    text
}

/// Formats a line of JSON. C1 control characters are escaped as well, which JSON does not require: a terminal may
/// interpret them.
fn line(time: &str, level: &str, message: &str, fields: &[(&str, &str)]) -> String {
    let mut object = Map::new();
    for (key, value) in [("time", time), ("level", level), ("message", message)]
        .iter()
        .chain(fields)
    {
        object.insert((*key).to_owned(), Value::String((*value).to_owned()));
    }
    let text = Value::Object(object).to_string();
    text.chars()
        .map(|c| match c {
            '\u{7f}'..='\u{9f}' => format!("\\u{:04x}", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{line, sentence};
    use serde_json::{Value, json};

    #[test]
    fn line_for_a_terminal() {
        let fields = [("profile", "fleet/shop"), ("reason", "ValueTooLong")];
        assert_eq!(
            sentence("warning", "not published", &fields),
            "Warning: not published (profile fleet/shop, reason ValueTooLong)"
        );
        assert_eq!(sentence("info", "stopped", &[]), "stopped");
    }

    #[test]
    fn line_is_one_object_without_control_characters() {
        let line = line("t", "info", "a \"b\"\n\u{1b}[31m\u{9b}", &[("cluster", "x")]);
        assert!(!line.chars().any(char::is_control), "{line:?}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read,
            json!({"time": "t", "level": "info", "message": "a \"b\"\n\u{1b}[31m\u{9b}", "cluster": "x"})
        );
    }
}
