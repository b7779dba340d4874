//! JSON text that is passed on without being parsed.

use crate::json::{Members, Token, Tokens, Unusual, unquote, value_end};
use crate::record::Str;
use memchr::{memchr, memchr2, memmem};
use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::Result;
use serde_json::value::RawValue;

/// Writes text as a JSON string.
pub fn quote(out: &mut Vec<u8>, text: &str) {
    // Writing a string to memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

/// Writes a JSON string. If it has escapes it is encoded again: API servers escape `<`, `>` and `&` for HTML, and
/// `grep '<none>'` would not find them.
///
/// Half of a surrogate pair, which is valid JSON but not valid text, becomes U+FFFD, as in Go.
///
/// # Errors
/// A value that is not a string.
pub fn write_string(out: &mut Vec<u8>, raw: &str) -> Result<()> {
    if !raw.starts_with('"') {
        let shown: String = raw.chars().take(20).collect();
        return Err(serde_json::Error::custom(format_args!(
            "{shown} where a string should be"
        )));
    }
    if raw.contains('\\') {
        quote(out, &unquote(raw));
    } else {
        out.extend_from_slice(raw.as_bytes());
    }
    Ok(())
}

/// How deep a value may be nested: serde reads up to 128 levels, and the record around the value has levels of its own.
const MOST_NESTED: usize = 100;

/// Writes any JSON value in one line.
///
/// # Errors
/// See [`write_string`]; a value that is nested too deep.
pub fn write_value(out: &mut Vec<u8>, raw: &str) -> Result<()> {
    if raw.starts_with('"') {
        return write_string(out, raw);
    }
    if raw.starts_with(['{', '[']) && nesting(raw) > MOST_NESTED {
        return Err(serde_json::Error::custom(format_args!(
            "a cell is nested more than {MOST_NESTED} deep"
        )));
    }
    write_in_line(out, raw);
    Ok(())
}

/// Returns how deep a value is nested.
fn nesting(raw: &str) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for token in Tokens::new(raw) {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close(_) => depth = depth.saturating_sub(1),
            _ => continue,
        }
        most = most.max(depth);
    }
    most
}

/// Writes JSON text as it is, or without the white space between its tokens if it has several lines.
pub fn write_in_line(out: &mut Vec<u8>, raw: &str) {
    let bytes = raw.as_bytes();
    // A newline inside a string is always escaped.
    if memchr2(b'\n', b'\r', bytes).is_none() {
        out.extend_from_slice(bytes);
        return;
    }
    let mut in_string = false;
    let mut escaped = false;
    for byte in bytes {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
        } else if byte.is_ascii_whitespace() {
            continue;
        } else {
            in_string = *byte == b'"';
        }
        out.push(*byte);
    }
}

/// Returns the range of a part of a text.
pub fn span(whole: &str, part: &str) -> std::ops::Range<usize> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

/// Returns the range of an object's member with its comma, so that the text without it is still an object. `value` is the
/// member's value, a part of the same text.
pub fn member_span(whole: &str, value: &str) -> std::ops::Range<usize> {
    let bytes = whole.as_bytes();
    let value = span(whole, value);
    let back = |mut at: usize, until: &dyn Fn(u8) -> bool| {
        while at > 0 && !until(bytes[at - 1]) {
            at -= 1;
        }
        at
    };
    let is_token = |byte: u8| !byte.is_ascii_whitespace();
    // Go back over the colon, the key's closing quote, and the key, which has no quotes itself.
    let colon = back(value.start, &|byte| byte == b':').saturating_sub(1);
    let closing = back(colon, &|byte| byte == b'"').saturating_sub(1);
    let opening = back(closing, &|byte| byte == b'"').saturating_sub(1);
    let before = back(opening, &is_token).saturating_sub(1);
    if bytes.get(before) == Some(&b',') {
        return before..value.end;
    }
    let after = bytes[value.end..].iter().position(|byte| is_token(*byte));
    let after = value.end + after.unwrap_or(0);
    let end = if bytes.get(after) == Some(&b',') {
        after + 1
    } else {
        value.end
    };
    opening..end
}

/// Returns the value at a path of fields in valid JSON; `None` if a value on the way is missing or not an object. This does
/// not find keys with unusual spelling or duplicates: those need a parser, which takes several times as long.
///
/// # Errors
/// Only [`Unusual`].
pub fn at_path<'a>(
    mut text: &'a str,
    fields: &[impl AsRef<str>],
) -> std::result::Result<Option<&'a str>, Unusual> {
    for field in fields {
        if text.starts_with(|first: char| first != '{' && !first.is_ascii_whitespace()) {
            return Ok(None);
        }
        let mut members = Members::new(text)?;
        let mut found = None;
        while let Some((key, value)) = members.next_member()? {
            if key == field.as_ref() && found.replace(value).is_some() {
                return Err(Unusual);
            }
        }
        match found {
            Some(value) => text = value,
            None => return Ok(None),
        }
    }
    Ok(Some(text))
}

/// Replaces all managedFields in a text by 0: they are not needed of the objects of rows, and are nine tenths of them. Does
/// not check what is in them.
pub fn drop_managed_fields(text: &mut Vec<u8>) {
    const KEY: &[u8] = b"\"managedFields\":";
    let finder = memmem::Finder::new(KEY);
    // What is kept is moved to the front.
    let (mut kept, mut read) = (0, 0);
    let mut from = 0;
    while let Some(found) = finder.find(&text[from..]) {
        let value = from + found + KEY.len();
        from = value;
        // Inside a string the quotes would be escaped, so this is the key, unless it is only the end of one.
        let before = (from - KEY.len()).checked_sub(1).map(|before| text[before]);
        if !matches!(before, Some(b'{' | b',')) {
            continue;
        }
        let Some(end) = plain_list_end(text, value).or_else(|| value_end(text, value)) else {
            break;
        };
        text.copy_within(read..value, kept);
        kept += value - read;
        // A single digit is no longer than any value.
        text[kept] = b'0';
        kept += 1;
        read = end;
        from = end;
    }
    let length = text.len();
    text.copy_within(read..length, kept);
    text.truncate(kept + length - read);
}

/// Returns the same as [`value_end`] for a list without nested lists, as managedFields are. Checking all bytes in the same
/// way takes a tenth of the time of going from token to token. `None` if this cannot tell.
fn plain_list_end(text: &[u8], start: usize) -> Option<usize> {
    let list = text.get(start..).filter(|list| list.starts_with(b"["))?;
    let end = memchr(b']', list)?;
    // A quote after a backslash is escaped. If the backslash is escaped itself, this cannot tell.
    let (mut in_string, mut strange, mut depth) = (0, 0, 0_u8);
    for (before, byte) in list[..end].iter().zip(&list[1..end]) {
        let escaped = *before == b'\\';
        in_string ^= u8::from(*byte == b'"') & u8::from(!escaped);
        strange |= u8::from(*byte == b'[') | u8::from(*byte == b'\\') & u8::from(escaped);
        depth = depth.wrapping_add(u8::from(*byte == b'{'));
        depth = depth.wrapping_sub(u8::from(*byte == b'}'));
    }
    (in_string | strange | depth == 0).then_some(start + end + 1)
}

/// Reads a struct from an object. Any other value is none, as it is to kubectl, which does not mind fields of other types.
/// Serde would read an array as a struct, too.
///
/// # Errors
/// Malformed JSON.
pub fn object_or_none<'de, D, T>(deserializer: D) -> std::result::Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    match raw.starts_with('{') {
        true => serde_json::from_str(raw).map(Some).map_err(D::Error::custom),
        false => Ok(None),
    }
}

/// Reads a string. Any other value is none.
///
/// # Errors
/// Malformed JSON.
pub fn text_or_none<'de, D>(deserializer: D) -> std::result::Result<Option<Str<'de>>, D::Error>
where
    D: Deserializer<'de>,
{
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    Ok(raw.starts_with('"').then(|| Str(unquote(raw))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::collections::BTreeMap;

    fn string(raw: &str) -> Result<String> {
        let mut out = Vec::new();
        write_string(&mut out, raw)?;
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn strings_are_written_without_html_escapes() {
        assert_eq!(string(r#""a \" é""#).unwrap(), r#""a \" é""#);
        assert_eq!(string(r#""\u003cnone\u003e""#).unwrap(), r#""<none>""#);
        assert_eq!(
            string(r#""\ud800""#).unwrap(),
            "\"\u{fffd}\"",
            "half a surrogate pair"
        );
        assert_eq!(
            string("12").unwrap_err().to_string(),
            "12 where a string should be"
        );
    }

    #[test]
    fn values_are_written_in_one_line() {
        let mut out = Vec::new();
        write_in_line(&mut out, "{ \"a b\\\" \\\\\" :\n [1, 2],\r\n\"c\": \"x y\" }");
        assert_eq!(out, br#"{"a b\" \\":[1,2],"c":"x y"}"#);
        out.clear();
        write_in_line(&mut out, "{ \"a\" : 1.50 }");
        assert_eq!(out, b"{ \"a\" : 1.50 }");
    }

    #[test]
    fn only_managed_fields_are_dropped() {
        for (text, left) in [
            (
                r#"{"a":{"managedFields":[{"x":"]"},{"y":{}}],"name":"n"},"b":{"name":"m","managedFields":{}}}"#,
                r#"{"a":{"managedFields":0,"name":"n"},"b":{"name":"m","managedFields":0}}"#,
            ),
            (
                r#"{"managedFields":[{"managedFields":[1]}],"z":1}"#,
                r#"{"managedFields":0,"z":1}"#,
            ),
            (r#"{"managedFields":1}"#, r#"{"managedFields":0}"#),
            (
                r#"{"a":"\"managedFields\":[1]"}"#,
                r#"{"a":"\"managedFields\":[1]"}"#,
            ),
            (r#"{"\"managedFields":[1]}"#, r#"{"\"managedFields":[1]}"#),
            (r#"{"a":1,"managedFields":[1"#, r#"{"a":1,"managedFields":[1"#),
            (r#"{"a":1,"managedFields":"#, r#"{"a":1,"managedFields":"#),
            (r#""managedFields":1"#, r#""managedFields":1"#),
            ("", ""),
        ] {
            let mut bytes = text.as_bytes().to_vec();
            drop_managed_fields(&mut bytes);
            assert_eq!(String::from_utf8(bytes).unwrap(), left);
        }
    }

    #[test]
    fn plain_list_end_equals_value_end() {
        for (text, told) in [
            (r#"[{"f:a":{},"k:{\"type\":\"x\"}":{".":{}}}],"b":[1]"#, true),
            ("[],[]", true),
            (r#"[{"a":"]"}]"#, false),
            (r#"[{"a":"}"}]"#, false),
            (r#"[{"a":"["}]"#, false),
            (r#"[{"a":[1]}]"#, false),
            (r#"[{"a":"\\"},{"b":"]"}]"#, false),
            (r#"[{"a":"\"]"}]"#, false),
            (r#"[{"a":"\"","b":"\""}]"#, true),
            (r#"[{"a":1]"#, false),
            ("[{", false),
            ("{}]", false),
        ] {
            let end = plain_list_end(text.as_bytes(), 0);
            assert_eq!(end.is_some(), told, "{text}");
            if told {
                assert_eq!(end, value_end(text.as_bytes(), 0), "{text}");
            }
        }
    }

    #[test]
    fn member_span_includes_the_comma() {
        for (text, left) in [
            (r#"{"x":1}"#, "{}"),
            (r#"{"x":1,"b":2}"#, r#"{"b":2}"#),
            (r#"{"a":0,"x":[1,{"x":2}]}"#, r#"{"a":0}"#),
            (r#"{"a":0 , "x" : 1 , "b":2}"#, r#"{"a":0  , "b":2}"#),
            (r#"{ "x" : 1 }"#, "{  }"),
            (r#"{"\u0078":1,"b":2}"#, r#"{"b":2}"#),
        ] {
            let members: BTreeMap<Str<'_>, &RawValue> = serde_json::from_str(text).unwrap();
            let mut cut = text.to_owned();
            cut.replace_range(member_span(text, members.get("x").unwrap().get()), "");
            assert_eq!(cut, left);
            serde_json::from_str::<serde_json::Value>(&cut).unwrap();
        }
    }
}
