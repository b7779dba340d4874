//! The `Warning` header (RFC 7234, section 5.5), parsed like apimachinery's `net.ParseWarningHeader`.

use http::HeaderMap;
use http::header::WARNING;

/// The only code that API servers send and kubectl prints: "Miscellaneous persistent warning".
const CODE: &str = "299";

/// Returns the texts of an answer's warnings. A malformed warning is skipped, with the rest of its header.
pub(super) fn texts(headers: &HeaderMap) -> Vec<String> {
    let mut texts = Vec::new();
    for header in headers.get_all(WARNING) {
        let Ok(mut rest) = std::str::from_utf8(header.as_bytes()) else {
            continue;
        };
        while !rest.trim().is_empty()
            && let Some((code, text, after)) = one(rest)
        {
            if code == CODE && !text.is_empty() {
                texts.push(text);
            }
            rest = after;
        }
    }
    texts
}

/// Parses `code agent "text" ["date"][, …]` into the code, the text and the rest.
fn one(header: &str) -> Option<(&str, String, &str)> {
    let (code, rest) = header.trim().split_once(' ')?;
    let (agent, rest) = rest.split_once(' ')?;
    if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (text, rest) = quoted(rest)?;
    if agent.is_empty() || agent.chars().chain(text.chars()).any(char::is_control) {
        return None;
    }
    let rest = match rest.strip_prefix('"') {
        Some(date) => date.split_once('"')?.1.trim(),
        None => rest,
    };
    match rest.strip_prefix(',') {
        Some(rest) => Some((code, text, rest.trim())),
        None if rest.is_empty() => Some((code, text, rest)),
        None => None,
    }
}

/// Parses a quoted string and returns its content and the rest. As in Go, a backslash is dropped before any character.
fn quoted(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('"')?;
    let mut plain = String::new();
    let mut escaping = false;
    for (at, character) in text.char_indices() {
        match character {
            '"' if !escaping => return Some((plain, text[at + 1..].trim())),
            '\\' if !escaping => escaping = true,
            _ => {
                plain.push(character);
                escaping = false;
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn of(headers: &[&str]) -> Vec<String> {
        let mut map = HeaderMap::new();
        for header in headers {
            map.append(WARNING, http::HeaderValue::from_bytes(header.as_bytes()).unwrap());
        }
        texts(&map)
    }

    #[test]
    fn warning_headers_are_parsed_as_by_kubectl() {
        for (headers, expected) in [
            (
                &["299 - \"v1 ComponentStatus is deprecated in v1.19+\""][..],
                &["v1 ComponentStatus is deprecated in v1.19+"][..],
            ),
            (
                &["299 a \"one\", 299 b \"two\" \"Mon, 1 Jan 2026\", 299 c \"three\""],
                &["one", "two", "three"],
            ),
            (&["299 - \"one\"", "299 - \"two\""], &["one", "two"]),
            (&[r#"299 - "a \"b\" \\ \c é""#], &[r#"a "b" \ c é"#]),
            (&["199 - \"other code\"", "299 - \"\""], &[]),
            (
                &[
                    "29 - \"x\"",
                    "299 \"x\"",
                    "299 - x",
                    "299 - \"x",
                    "299  \"x\"",
                    "299 - \"x\" y",
                    "299 - \"a\tb\"",
                ],
                &[],
            ),
            (&["299 - \"good\", bad"], &["good"]),
        ] {
            assert_eq!(of(headers), expected, "{headers:?}");
        }
    }
}
