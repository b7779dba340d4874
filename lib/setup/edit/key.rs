//! One key of a file.

use super::lines::{end_of_line, indent, key_of, parse, replace, scalar};
use serde_yaml::Value;

/// Sets the key at a path to a value. A key that does not exist is added after its siblings.
///
/// # Errors
/// The text has a form that cannot be edited.
pub fn set(text: &str, path: &[&str], value: &str) -> Result<String, String> {
    let before = parse(text)?;
    let wanted = with(before, path, value)?;
    // The smallest change first.
    let candidates = [lines(text, path, value), flow(text, path, value)];
    candidates
        .into_iter()
        .flatten()
        .find(|changed| parse(changed).is_ok_and(|after| after == wanted))
        .ok_or_else(|| "it is written in a form of YAML that is not edited here".into())
}

/// Returns the document with the change.
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

/// Changes a mapping in block style.
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
            // `clusters: {}` and `clusters: null` become a block; `in_braces` edits one that has keys.
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

/// Adds a key after the last line of a block that is not blank or a comment.
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
    // A new key of the whole document goes after its comments, too.
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

/// Adds a key to a mapping that is in braces on one line.
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
    fn comments_and_order_are_kept() {
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
    fn empty_and_commented_files_are_edited() {
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
    fn context_in_an_entry_that_is_a_mapping_is_replaced() {
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
    fn unsupported_entries_are_refused_unchanged() {
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
