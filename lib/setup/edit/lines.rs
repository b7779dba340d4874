//! A YAML file as lines.

use serde_yaml::Value;

/// Parses a whole file; an empty one is null.
pub fn parse(text: &str) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

/// Writes a text as a YAML scalar: unquoted if it is parsed as the same text then.
pub fn scalar(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./@:".contains(c);
    let reads_back = serde_yaml::from_str::<Value>(text).is_ok_and(|read| read.as_str() == Some(text));
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(safe) && reads_back {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Returns a text in double quotes. Characters that YAML does not accept, or that end a line, are escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            ' '..='~' => quoted.push(c),
            c if c.is_alphanumeric() => quoted.push(c),
            c => quoted.push_str(&format!("\\U{:08X}", u32::from(c))),
        }
    }
    quoted.push('"');
    quoted
}

/// Returns the line ends of a file.
pub fn end_of_line(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Counts the blanks that a line begins with; `None` for one that is blank or only a comment.
pub fn indent(line: &str) -> Option<usize> {
    let content = line.trim_start_matches(' ');
    let says_nothing = content.trim().is_empty() || content.starts_with('#');
    (!says_nothing).then(|| line.len() - content.len())
}

/// Returns the key of a line, as YAML reads it, and where its value begins.
pub fn key_of(line: &str) -> Option<(String, usize)> {
    let start = line.len() - line.trim_start().len();
    let content = &line[start..];
    let quote = content.chars().next().filter(|c| matches!(c, '"' | '\''));
    let colon = match quote {
        Some(quote) => {
            let mut escaped = false;
            let close = content.char_indices().skip(1).find(|(_, c)| {
                let ends = *c == quote && !escaped;
                escaped = *c == '\\' && quote == '"' && !escaped;
                ends
            });
            let close = close?.0 + 1;
            close + content[close..].find(':')?
        }
        None => content
            .match_indices(':')
            .map(|(at, _)| at)
            .find(|at| content[at + 1..].chars().next().is_none_or(char::is_whitespace))?,
    };
    let key: Value = serde_yaml::from_str(&content[..colon]).ok()?;
    Some((key.as_str()?.to_owned(), start + colon + 1))
}

/// Gives a line another value and keeps its comment.
pub fn replace(line: &str, start: usize, value: &str) -> String {
    let (head, rest) = line.split_at(start);
    let body = rest.trim_end_matches(['\n', '\r']);
    let end = &rest[body.len()..];
    // With the blanks before it. A ` #` inside quotes is noticed when the result is parsed.
    let comment = body
        .find(" #")
        .map_or("", |at| &body[body[..at].trim_end().len()..]);
    format!("{head} {}{comment}{end}", scalar(value))
}
