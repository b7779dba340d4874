//! Changes a key of a YAML file and leaves every other byte as it is: comments, order, quotes, line ends.
//!
//! No YAML writer keeps these, so the file is edited as lines. What comes out is read again and must hold what
//! the file held before and the one change, or nothing is changed: a form of YAML that this does not
//! understand is thereby refused, never damaged.

use crate::term::is_unfit_for_name;
use serde_yaml::Value;
use std::fmt::Write as _;

/// A text in which the key at a path has this value: replaced where it stands, else added behind its
/// siblings.
///
/// # Errors
/// A text whose form this does not understand.
pub fn set(text: &str, path: &[&str], value: &str) -> Result<String, String> {
    let before = parse(text)?;
    let wanted = with(before, path, value)?;
    // From the finest change to the coarsest.
    let candidates = [lines(text, path, value), flow(text, path, value)];
    candidates
        .into_iter()
        .flatten()
        .find(|changed| parse(changed).is_ok_and(|after| after == wanted))
        .ok_or_else(|| "it is written in a form of YAML that is not edited here".into())
}

fn parse(text: &str) -> Result<Value, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Ok(Value::Null);
    }
    serde_yaml::from_str(text).map_err(|error| error.to_string())
}

/// The document with the change in it.
fn with(before: Value, path: &[&str], value: &str) -> Result<Value, String> {
    let Some((key, rest)) = path.split_first() else {
        return Ok(Value::String(value.to_owned()));
    };
    let mut mapping = match before {
        Value::Mapping(mapping) => mapping,
        Value::Null => serde_yaml::Mapping::new(),
        _ => return Err("something else stands where a mapping belongs".into()),
    };
    let key = Value::String((*key).to_owned());
    let inner = mapping.get(&key).cloned().unwrap_or(Value::Null);
    mapping.insert(key, with(inner, rest, value)?);
    Ok(Value::Mapping(mapping))
}

/// A text as a YAML scalar: as it is where that reads back as the same text.
fn scalar(text: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./@:".contains(c);
    let reads_back = serde_yaml::from_str::<Value>(text).is_ok_and(|read| read.as_str() == Some(text));
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(safe) && reads_back {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// A text in double quotes, with nothing in it that YAML takes for a line's end, forbids, or that cannot be seen.
fn quoted(text: &str) -> String {
    // A JSON string is a YAML string, but for characters that JSON lets stand as they are.
    let json = serde_json::Value::from(text).to_string();
    let mut quoted = String::with_capacity(json.len());
    for character in json.chars() {
        // Writing to a String does not fail.
        let _ = match u32::from(character) {
            _ if !is_unfit_for_name(character) && !matches!(character, '\u{fffe}' | '\u{ffff}') => {
                quoted.write_char(character)
            }
            code @ ..=0xffff => write!(quoted, "\\u{code:04x}"),
            code => write!(quoted, "\\U{code:08x}"),
        };
    }
    quoted
}

fn end_of_line(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// How many blanks a line begins with; `None` for one that is blank or only a comment.
fn indent(line: &str) -> Option<usize> {
    let content = line.trim_start_matches(' ');
    let says_nothing = content.trim().is_empty() || content.starts_with('#');
    (!says_nothing).then(|| line.len() - content.len())
}

/// What stands before the colon, as YAML reads it, and where the value begins.
fn key_of(line: &str) -> Option<(String, usize)> {
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

/// Changes block style.
fn lines(text: &str, path: &[&str], value: &str) -> Option<String> {
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let eol = end_of_line(body);
    let mut all: Vec<String> = body.split_inclusive('\n').map(str::to_owned).collect();
    let (mut from, mut to, mut column) = (0, all.len(), 0);
    for (depth, key) in path.iter().enumerate() {
        let found = (from..to).find(|at| {
            indent(&all[*at]) == Some(column) && key_of(&all[*at]).is_some_and(|(found, _)| found == *key)
        });
        let Some(at) = found else {
            insert(&mut all, from..to, column, &path[depth..], value, eol);
            return Some(mark.to_owned() + &all.concat());
        };
        let below = (at + 1..to).find(|next| indent(&all[*next]).is_some_and(|other| other <= column));
        if depth + 1 == path.len() {
            let (_, start) = key_of(&all[at])?;
            all[at] = replace(&all[at], start, value);
            return Some(mark.to_owned() + &all.concat());
        }
        (from, to) = (at + 1, below.unwrap_or(to));
        let child = (from..to).find_map(|next| indent(&all[next]));
        let (_, start) = key_of(&all[at])?;
        let inline = all[at][start..].trim();
        if !(inline.is_empty() || inline.starts_with('#')) {
            // `clusters: {}` and `clusters: null` become a block; a filled one is not this function's.
            let bare = inline.split('#').next().unwrap_or_default().trim();
            if !matches!(bare, "{}" | "~" | "null") {
                return None;
            }
            all[at] = all[at].replacen(bare, "", 1).trim_end().to_owned() + eol;
        }
        column = child.unwrap_or(column + 2);
    }
    None
}

/// Adds a key behind the last line of a block that says something.
fn insert(
    all: &mut Vec<String>,
    block: std::ops::Range<usize>,
    column: usize,
    path: &[&str],
    value: &str,
    eol: &str,
) {
    let last = block.clone().rev().find(|at| indent(&all[*at]).is_some());
    let mut at = last.map_or(block.start, |last| last + 1);
    // A new key of the whole document goes behind its comments, too.
    if column == 0 && last.is_none() {
        at = block.end;
    }
    if let Some(before) = at.checked_sub(1).and_then(|before| all.get_mut(before))
        && !before.ends_with('\n')
    {
        before.push_str(eol);
    }
    for (depth, key) in path.iter().enumerate() {
        let blanks = " ".repeat(column + 2 * depth);
        let end = if depth + 1 == path.len() {
            format!(" {}", scalar(value))
        } else {
            String::new()
        };
        all.insert(at + depth, format!("{blanks}{}:{end}{eol}", scalar(key)));
    }
}

/// A line with another value, its comment kept.
fn replace(line: &str, start: usize, value: &str) -> String {
    let (head, rest) = line.split_at(start);
    let body = rest.trim_end_matches(['\n', '\r']);
    let end = &rest[body.len()..];
    // The blanks before it, too; a ` #` inside of quotes is caught when the result is read.
    let comment = body
        .find(" #")
        .map_or("", |at| &body[body[..at].trim_end().len()..]);
    format!("{head} {}{comment}{end}", scalar(value))
}

/// Adds to a mapping that is written in one line of braces.
fn flow(text: &str, path: &[&str], value: &str) -> Option<String> {
    let [section, key] = path else { return None };
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some((found, _)) = key_of(line)
            && found == *section
            && let Some(close) = line.rfind('}')
        {
            let entry = format!(", {}: {}", scalar(key), scalar(value));
            let close = at + line[..close].trim_end().len();
            return Some(format!("{}{entry}{}", &text[..close], &text[close..]));
        }
        at += line.len();
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::set;
    use crate::term::is_unfit_for_name;

    fn mapped(text: &str) -> String {
        set(text, &["clusters", "new"], "admin@new").unwrap()
    }

    #[test]
    fn comments_and_order_stay() {
        let text = "# mine\nclusters:   # all\n  z: ctx-z   # last letter\n\n  # about a\n  a: 'ctx-a'\n\n# end\nhubContext: hub\n";
        assert_eq!(
            mapped(text),
            "# mine\nclusters:   # all\n  z: ctx-z   # last letter\n\n  # about a\n  a: 'ctx-a'\n  new: admin@new\n\n# end\nhubContext: hub\n"
        );
        assert_eq!(
            set(text, &["clusters", "z"], "other").unwrap(),
            text.replace("ctx-z", "other")
        );
    }

    #[test]
    fn every_way_to_begin_is_understood() {
        assert_eq!(mapped(""), "clusters:\n  new: admin@new\n");
        assert_eq!(
            mapped("# only this"),
            "# only this\nclusters:\n  new: admin@new\n"
        );
        assert_eq!(
            mapped("hubContext: h"),
            "hubContext: h\nclusters:\n  new: admin@new\n"
        );
        assert_eq!(mapped("clusters:\n"), "clusters:\n  new: admin@new\n");
        assert_eq!(
            mapped("clusters: {} # none\n"),
            "clusters:  # none\n  new: admin@new\n"
        );
        assert_eq!(mapped("clusters: {a: b}\n"), "clusters: {a: b, new: admin@new}\n");
        assert_eq!(
            mapped("clusters:\n    a: b\n"),
            "clusters:\n    a: b\n    new: admin@new\n"
        );
        assert_eq!(
            mapped("clusters:\r\n  a: b\r\n"),
            "clusters:\r\n  a: b\r\n  new: admin@new\r\n"
        );
        assert_eq!(
            mapped("\u{feff}clusters:\n  a: b\n"),
            "\u{feff}clusters:\n  a: b\n  new: admin@new\n"
        );
        assert_eq!(
            mapped("---\nclusters:\n  a: b"),
            "---\nclusters:\n  a: b\n  new: admin@new\n"
        );
    }

    #[test]
    fn a_context_in_a_mapping_of_its_own_is_replaced_there() {
        let text = "clusters:\n  new:\n    # why\n    context: old\n  b: c\n";
        let changed = set(text, &["clusters", "new", "context"], "admin@new").unwrap();
        assert_eq!(
            changed,
            "clusters:\n  new:\n    # why\n    context: admin@new\n  b: c\n"
        );
    }

    #[test]
    fn names_are_quoted_where_they_have_to_be() {
        for (name, context) in [("true", "on"), ("12", "a: b"), ("a b", "#x"), ("é\"", "'")] {
            let text = set("clusters:\n  a: b\n", &["clusters", name], context).unwrap();
            let again = set(&text, &["clusters", name], context).unwrap();
            assert_eq!(text, again);
            let read: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
            assert_eq!(read["clusters"][name], *context, "{text}");
        }
        let arn = "arn:aws:eks:eu-west-1:111122223333:cluster/prod";
        assert_eq!(
            set("", &["clusters", "p"], arn).unwrap(),
            format!("clusters:\n  p: {arn}\n")
        );
    }

    #[test]
    fn names_with_characters_that_yaml_forbids_or_nobody_sees_are_escaped() {
        for name in [
            "a\u{2028}b",
            "a\u{85}b",
            "\u{feff}a",
            "a\u{200b}",
            "a\u{e0041}",
            "a\u{7f}",
            "a\nb",
            "\u{fffe}",
        ] {
            let text = set("clusters:\n  a: b\n", &["clusters", name], name).unwrap();
            let read: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
            assert_eq!(read["clusters"][name], *name, "{text}");
            assert!(
                !text.chars().any(|c| c != '\n' && is_unfit_for_name(c)),
                "{text:?}"
            );
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_and_not_damaged() {
        for text in [
            "clusters: {a: b,\n  c: d}\n",
            "clusters: &x\n  a: b\nother: *x\n",
            "- a\n",
            "clusters: [a]\n",
        ] {
            assert!(set(text, &["clusters", "new"], "admin@new").is_err(), "{text}");
        }
    }
}
