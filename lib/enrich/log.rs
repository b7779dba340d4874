//! A structured log: a JSON object a line on stderr, with `time`, `level`, `message` and what it is about. On a
//! terminal, a line that a person reads.

use crate::term;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::io::{IsTerminal, Write};
use std::sync::LazyLock;

const TOOL: &str = "mc-enrich";

static FOR_A_PERSON: LazyLock<bool> = LazyLock::new(|| std::io::stderr().is_terminal());

/// Something happened as it should.
pub fn info(message: &str, fields: &[(&str, &str)]) {
    write("info", message, fields);
}

/// Something that a person should look at, while everything else goes on.
pub fn warn(message: &str, fields: &[(&str, &str)]) {
    write("warning", message, fields);
}

/// Something failed; it will be tried again.
pub fn error(message: &str, fields: &[(&str, &str)]) {
    write("error", message, fields);
}

fn write(level: &str, message: &str, fields: &[(&str, &str)]) {
    if *FOR_A_PERSON {
        return term::complain(TOOL, &sentence(level, message, fields));
    }
    let line = line(&Timestamp::now().to_string(), level, message, fields);
    // An error on stderr has nowhere to go.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// `warning: MESSAGE (profile fleet/shop, reason ValueTooLong)`.
fn sentence(level: &str, message: &str, fields: &[(&str, &str)]) -> String {
    let mut text = match level {
        "info" => message.to_owned(),
        _ => format!("{level}: {message}"),
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

/// JSON escapes what could be hostile to a terminal, C1 control characters excepted.
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
    fn a_person_reads_a_sentence() {
        let fields = [("profile", "fleet/shop"), ("reason", "ValueTooLong")];
        assert_eq!(
            sentence("warning", "not published", &fields),
            "warning: not published (profile fleet/shop, reason ValueTooLong)"
        );
        assert_eq!(sentence("info", "stopped", &[]), "stopped");
    }

    #[test]
    fn a_line_is_one_object_without_control_characters() {
        let line = line("t", "info", "a \"b\"\n\u{1b}[31m\u{9b}", &[("cluster", "x")]);
        assert!(!line.chars().any(char::is_control), "{line:?}");
        let read: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read,
            json!({"time": "t", "level": "info", "message": "a \"b\"\n\u{1b}[31m\u{9b}", "cluster": "x"})
        );
    }
}
