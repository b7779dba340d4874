//! JSON text that is passed on without being understood.

use crate::json::{Members, Token, Tokens, Unusual, unquote, value_end};
use crate::record::Str;
use memchr::{memchr, memchr2, memmem};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Result;
use serde_json::value::RawValue;
use std::fmt;
use std::marker::PhantomData;

/// Writes a text as a JSON string.
pub fn quote(out: &mut Vec<u8>, text: &str) {
    // Writing a string to memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

/// Writes a JSON string. Where it holds escapes it is written anew: API servers escape `<`, `>` and `&` for
/// the sake of HTML, which `grep '<none>'` would miss.
///
/// Half of a surrogate pair, which is JSON but no text, becomes U+FFFD, as in Go.
///
/// # Errors
/// A value that is no string.
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

/// How deep a value may be nested for whoever reads its record: serde goes to 128, and a record has levels of its own.
const MOST_NESTED: usize = 100;

/// Writes any JSON value, in one line.
///
/// # Errors
/// As [`write_string`]; a value that nobody could read.
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

/// How deep a value is nested.
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

/// Writes a JSON text as it is, unless it stands in several lines: then without the white space between its
/// tokens.
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

/// Where a part of a text stands in it.
pub fn span(whole: &str, part: &str) -> std::ops::Range<usize> {
    let start = part.as_ptr() as usize - whole.as_ptr() as usize;
    start..start + part.len()
}

/// Where a member of an object stands in its text, with the comma that goes with it: what is left without
/// it is an object. `value` is its value, as a part of the same text.
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
    // Backwards over the colon, the key's closing quote, and the key, which holds no quote itself.
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

/// The value behind some fields of a text that a parser has been through; what is no object on the way has none. Not
/// found in this way is what is spelled in an unusual way, or stands there twice: that takes a parser, which also takes
/// several times as long.
///
/// # Errors
/// Nothing but [`Unusual`].
pub fn behind<'a>(
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

/// Empties all managedFields in a text, which nobody looks at in the objects behind rows, and which are nine tenths
/// of them. What they hold is not looked at either.
pub fn drop_managed_fields(text: &mut Vec<u8>) {
    const KEY: &[u8] = b"\"managedFields\":";
    let finder = memmem::Finder::new(KEY);
    // What is kept goes to the front.
    let (mut kept, mut read) = (0, 0);
    let mut from = 0;
    while let Some(found) = finder.find(&text[from..]) {
        let value = from + found + KEY.len();
        from = value;
        // Inside a string the quotes would be escaped: what looks like the key is the key, unless it only ends so.
        let before = (from - KEY.len()).checked_sub(1).map(|before| text[before]);
        if !matches!(before, Some(b'{' | b',')) {
            continue;
        }
        let Some(end) = plain_list_end(text, value).or_else(|| value_end(text, value)) else {
            break;
        };
        text.copy_within(read..value, kept);
        kept += value - read;
        // It is no longer than any value.
        text[kept] = b'0';
        kept += 1;
        read = end;
        from = end;
    }
    let length = text.len();
    text.copy_within(read..length, kept);
    text.truncate(kept + length - read);
}

/// The same as [`value_end`] of a list in which no other begins, as managed fields come: all its bytes are looked at
/// in the same few ways, which takes a tenth of the time of going from token to token. `None` where that does not tell.
fn plain_list_end(text: &[u8], start: usize) -> Option<usize> {
    let list = text.get(start..).filter(|list| list.starts_with(b"["))?;
    let end = memchr(b']', list)?;
    // A quote behind a backslash is escaped, unless the backslash is: then it is not told here.
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

/// Reads a struct from an object. Anything else is none, as it is to kubectl, which looks for the fields of what a
/// server sends and does not mind what stands in their place. To serde a list would be as good as an object.
///
/// # Errors
/// JSON that is malformed.
pub fn object_or_none<'de, D, T>(deserializer: D) -> std::result::Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct ObjectOrNone<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectOrNone<T> {
        type Value = Option<T>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_unit<E>(self) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_bool<E>(self, _: bool) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_i64<E>(self, _: i64) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_u64<E>(self, _: u64) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_f64<E>(self, _: f64) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_str<E>(self, _: &str) -> std::result::Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_seq<S: SeqAccess<'de>>(self, mut seq: S) -> std::result::Result<Self::Value, S::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(None)
        }

        fn visit_map<M: MapAccess<'de>>(self, map: M) -> std::result::Result<Self::Value, M::Error> {
            T::deserialize(MapAccessDeserializer::new(map)).map(Some)
        }
    }

    deserializer.deserialize_any(ObjectOrNone(PhantomData))
}

/// Reads a text. Anything else is none.
///
/// # Errors
/// JSON that is malformed.
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
    fn strings_are_written_as_people_read_them() {
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
    fn a_value_stands_in_one_line() {
        let mut out = Vec::new();
        write_in_line(&mut out, "{ \"a b\\\" \\\\\" :\n [1, 2],\r\n\"c\": \"x y\" }");
        assert_eq!(out, br#"{"a b\" \\":[1,2],"c":"x y"}"#);
        out.clear();
        write_in_line(&mut out, "{ \"a\" : 1.50 }");
        assert_eq!(out, b"{ \"a\" : 1.50 }");
    }

    #[test]
    fn managed_fields_go_and_nothing_else_does() {
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
    fn plain_lists_end_where_lists_end() {
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
    fn a_member_is_cut_out_with_its_comma() {
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
