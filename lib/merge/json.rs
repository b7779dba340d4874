//! JSON text taken apart without being understood: keys stay in their order and numbers in their own
//! spelling, which no tree of values keeps.
//!
//! The text must have been through a parser already (`RawValue` has): what is not JSON ends early here
//! and is not reported. Nothing recurses, so that depth costs no stack.

use std::borrow::Cow;

/// A piece of JSON text. Commas, colons and blanks are not reported: they follow from the rest.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Token<'a> {
    /// `{` or `[`, and which.
    Open(Bracket),
    /// `}` or `]`.
    Close(Bracket),
    /// The key of a member, in its quotes.
    Key(&'a str),
    /// A string, in its quotes.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Plain(&'a str),
}

/// Which of the two containers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bracket {
    /// `{}`
    Object,
    /// `[]`
    Array,
}

/// The pieces of a JSON text, in order.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// Of one value.
    pub(crate) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Where the last token ended; behind a string, the blanks after it are passed as well.
    pub(crate) fn behind(&self) -> usize {
        self.at
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn skip(&mut self, unwanted: impl Fn(u8) -> bool) {
        while self.byte(self.at).is_some_and(&unwanted) {
            self.at += 1;
        }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        self.skip(|byte| byte.is_ascii_whitespace() || byte == b',');
        let start = self.at;
        let token = match self.byte(start)? {
            b'{' => Token::Open(Bracket::Object),
            b'[' => Token::Open(Bracket::Array),
            b'}' => Token::Close(Bracket::Object),
            b']' => Token::Close(Bracket::Array),
            b'"' => {
                let end = string_end(self.text.as_bytes(), start).unwrap_or(self.text.len());
                let text = self.text.get(start..end)?;
                self.at = end;
                self.skip(|byte| byte.is_ascii_whitespace());
                if self.byte(self.at) == Some(b':') {
                    self.at += 1;
                    return Some(Token::Key(text));
                }
                return Some(Token::Text(text));
            }
            _ => {
                self.skip(|byte| {
                    !matches!(byte, b',' | b']' | b'}' | b':' | b'"') && !byte.is_ascii_whitespace()
                });
                let text = self.text.get(start..self.at).filter(|text| !text.is_empty())?;
                return Some(Token::Plain(text));
            }
        };
        self.at += 1;
        Some(token)
    }
}

/// Where the value that begins at a place ends, told by its brackets and quotes alone: for what need not be
/// looked into. `None` where it does not end.
pub(crate) fn value_end(text: &[u8], start: usize) -> Option<usize> {
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    let mut at = start + text.get(start..)?.iter().position(|byte| !is_blank(byte))?;
    if !matches!(text[at], b'{' | b'[' | b'"') {
        let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b'"') || is_blank(byte);
        let length = text[at..].iter().position(ends).unwrap_or(text.len() - at);
        return (length > 0).then_some(at + length);
    }
    let mut depth = 0_usize;
    loop {
        match text.get(at)? {
            b'"' => {
                at = string_end(text, at)?;
                if depth == 0 {
                    return Some(at);
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Where the string that starts at a place ends, behind its closing quote.
pub(crate) fn string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// The same as [`value_end`] of what is JSON to the last letter (RFC 8259) and has no blanks between its tokens;
/// `None` for anything else. That there are no control characters has been seen to.
fn checked_end(text: &[u8], start: usize) -> Option<usize> {
    let is = |at: usize, byte: u8| text.get(at) == Some(&byte);
    let key_end = |at: usize| {
        let end = is(at, b'"').then(|| checked_string_end(text, at))??;
        is(end, b':').then_some(end + 1)
    };
    // For each open container, whether it is an object.
    let mut open = Vec::new();
    let mut at = start;
    loop {
        let byte = *text.get(at)?;
        at = match byte {
            b'{' if is(at + 1, b'}') => at + 2,
            b'[' if is(at + 1, b']') => at + 2,
            b'{' | b'[' => {
                open.push(byte == b'{');
                at = if byte == b'{' { key_end(at + 1)? } else { at + 1 };
                continue;
            }
            b'"' => checked_string_end(text, at)?,
            b'-' | b'0'..=b'9' => number_end(text, at)?,
            _ => {
                let words: [&[u8]; 3] = [b"true", b"false", b"null"];
                let word = words.into_iter().find(|word| text[at..].starts_with(word))?;
                at + word.len()
            }
        };
        // Behind a value.
        loop {
            let Some(in_object) = open.last() else {
                return Some(at);
            };
            match (*text.get(at)?, in_object) {
                (b',', true) => {
                    at = key_end(at + 1)?;
                    break;
                }
                (b',', false) => {
                    at += 1;
                    break;
                }
                (b'}', true) | (b']', false) => {
                    open.pop();
                    at += 1;
                }
                _ => return None,
            }
        }
    }
}

fn checked_string_end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += match *text.get(at + 1)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => 2,
            b'u' if text.get(at + 2..at + 6)?.iter().all(u8::is_ascii_hexdigit) => 6,
            _ => return None,
        };
    }
}

fn number_end(text: &[u8], start: usize) -> Option<usize> {
    let digits = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        (count > 0).then_some(at + count)
    };
    let is = |at: usize, bytes: &[u8]| text.get(at).is_some_and(|byte| bytes.contains(byte));
    let mut at = start + usize::from(is(start, b"-"));
    // No digit follows a zero at the start.
    at = if is(at, b"0") { at + 1 } else { digits(at)? };
    if is(at, b".") {
        at = digits(at + 1)?;
    }
    if is(at, b"eE") {
        at += 1;
        at = digits(at + usize::from(is(at, b"+-")))?;
    }
    Some(at)
}

/// The members of an object as its text has them, key and value. What is unusual, such as an escape in a key or a
/// blank between tokens, is an error, and to be read by other means.
pub(crate) struct Members<'a> {
    text: &'a str,
    /// Behind the brace, or behind the last value.
    at: usize,
    value_end: fn(&[u8], usize) -> Option<usize>,
}

/// What a string in its quotes says, if it says it without escapes.
pub(crate) fn plain_string(quoted: &str) -> Option<&str> {
    let text = quoted.strip_prefix('"')?.strip_suffix('"')?;
    let is_plain = |byte: u8| byte >= b' ' && byte != b'\\' && byte != b'"';
    text.bytes().all(is_plain).then_some(text)
}

/// Not an object, or one that is written in an unusual way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Unusual;

impl<'a> Members<'a> {
    /// Of an object without blanks around it. Values are told by their brackets and quotes alone.
    pub(crate) fn new(text: &'a str) -> Result<Self, Unusual> {
        Self::told_by(text, value_end)
    }

    /// The same of an object whose values are JSON to the last letter, if all are taken.
    pub(crate) fn checked(text: &'a str) -> Result<Self, Unusual> {
        // All at once, for which the compiler takes wide registers.
        if text.bytes().fold(false, |any, byte| any | (byte < b' ')) {
            return Err(Unusual);
        }
        Self::told_by(text, checked_end)
    }

    fn told_by(text: &'a str, value_end: fn(&[u8], usize) -> Option<usize>) -> Result<Self, Unusual> {
        match text.starts_with('{') {
            true => Ok(Self {
                text,
                at: 1,
                value_end,
            }),
            false => Err(Unusual),
        }
    }

    /// The next one; `None` at the object's end, which is the text's.
    pub(crate) fn next_member(&mut self) -> Result<Option<(&'a str, &'a str)>, Unusual> {
        let Self { text, at, value_end } = *self;
        let rest = text.get(at..).ok_or(Unusual)?;
        if rest == "}" {
            return Ok(None);
        }
        let rest = match rest.strip_prefix(',') {
            Some(rest) if at > 1 => rest,
            None if at == 1 => rest,
            _ => return Err(Unusual),
        };
        let start = text.len() - rest.len();
        let bytes = text.as_bytes();
        let key_end = string_end(bytes, start).ok_or(Unusual)?;
        let key = text.get(start..key_end).and_then(plain_string).ok_or(Unusual)?;
        if bytes.get(key_end) != Some(&b':') {
            return Err(Unusual);
        }
        let start = key_end + 1;
        let end = value_end(bytes, start).ok_or(Unusual)?;
        self.at = end;
        Ok(Some((key, text.get(start..end).ok_or(Unusual)?)))
    }
}

/// What a JSON string in its quotes says. Half of a surrogate pair, which is JSON but no text, becomes
/// U+FFFD, as Go reads it.
pub(crate) fn unquote(quoted: &str) -> Cow<'_, str> {
    let inner = quoted.strip_prefix('"').unwrap_or(quoted);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let escape = rest[at + 1..].chars().next();
        rest = &rest[at + 1 + escape.map_or(0, char::len_utf8)..];
        match escape {
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('u') => {
                let high = hex4(&mut rest);
                let low = rest.strip_prefix("\\u").and_then(|mut low| {
                    let unit = hex4(&mut low).filter(|unit| (0xdc00..0xe000).contains(unit))?;
                    Some((unit, low))
                });
                let character = match (high, low) {
                    (Some(high @ 0xd800..0xdc00), Some((low, behind))) => {
                        rest = behind;
                        char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
                    }
                    (Some(unit), _) => char::from_u32(unit),
                    (None, _) => None,
                };
                text.push(character.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            Some(character) => text.push(character),
            None => {}
        }
    }
    text.push_str(rest);
    Cow::Owned(text)
}

/// Takes four hexadecimal digits off the front.
fn hex4(text: &mut &str) -> Option<u32> {
    let digits = text.get(..4)?;
    let unit = u32::from_str_radix(digits, 16).ok()?;
    *text = &text[4..];
    Some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_come_as_they_are_spelled() {
        let text = r#" {"a" : [1.50, -2E3,null],"b\"":{} , "c":"x:y"} "#;
        use Bracket::{Array, Object};
        use Token::{Close, Key, Open, Plain, Text};
        assert_eq!(
            Tokens::new(text).collect::<Vec<_>>(),
            [
                Open(Object),
                Key("\"a\""),
                Open(Array),
                Plain("1.50"),
                Plain("-2E3"),
                Plain("null"),
                Close(Array),
                Key(r#""b\"""#),
                Open(Object),
                Close(Object),
                Key("\"c\""),
                Text("\"x:y\""),
                Close(Object),
            ]
        );
    }

    #[test]
    fn values_end_where_they_end() {
        for text in [
            r#"{"a":[1,{"b":"}]\\"}],"c":"\""}"#,
            "[]",
            r#""a\\""#,
            r#""\"""#,
            "-1.5e3",
            "null",
            " {} ",
        ] {
            let end = text.trim_end().len();
            for behind in ["", ",1", "}", "]", " "] {
                assert_eq!(
                    value_end(format!("{text}{behind}").as_bytes(), 0),
                    Some(end),
                    "{text}"
                );
            }
        }
        for text in [
            "",
            " ",
            "{",
            "[1",
            r#""a"#,
            r#""a\"#,
            r#""a\""#,
            r#"{"a":"}"#,
            "}",
        ] {
            assert_eq!(value_end(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn what_is_checked_is_json() {
        let checked = |value: &str| {
            let text = format!("{{\"a\":{value}}}");
            let mut members = Members::checked(&text)?;
            let all = (
                members.next_member()?.map(|(_, value)| value.to_owned()),
                members.next_member()?,
            );
            assert_eq!(all, (Some(value.to_owned()), None));
            Ok(())
        };
        for value in [
            "{}",
            "[]",
            "0",
            "-0",
            "10.50e+3",
            "1E9",
            "true",
            "false",
            "null",
            r#""""#,
            r#""a\"\\\/\b\f\n\r\t\u00eFé""#,
            r#"{"a":{"b":[[],{},[1,"x",{"c":null}]]},"b":[true,-1]}"#,
            r#"["\ud800"]"#,
        ] {
            assert_eq!(checked(value), Ok(()), "{value}");
            assert!(
                serde_json::from_str::<serde::de::IgnoredAny>(value).is_ok(),
                "{value}"
            );
        }
        for value in [
            "",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "tru",
            "nulls",
            "'a'",
            r#""\x""#,
            r#""\u12g4""#,
            r#""a"#,
            "\"\t\"",
            "[1,]",
            "[,1]",
            "[1 ,2]",
            "[1",
            "[1}",
            r#"{"a"}"#,
            r#"{"a":1,}"#,
            r#"{a:1}"#,
            r#"{"a":1]"#,
            r#"{"a":1 }"#,
            "1 ",
            "\t1",
        ] {
            assert_eq!(checked(value), Err(Unusual), "{value}");
        }
    }

    proptest::proptest! {
        /// Whatever passes is JSON, and compact JSON passes.
        #[test]
        fn it_is_what_serde_takes(text in r#"[\[\]{}:,"\\ua1e.0\-+ tr]{0,12}"#) {
            let line = format!("{{\"a\":{text}}}");
            let all = |line: &str| -> Result<(), Unusual> {
                let mut members = Members::checked(line)?;
                while members.next_member()?.is_some() {}
                Ok(())
            };
            let value: Result<serde::de::IgnoredAny, _> = serde_json::from_str(&line);
            if all(&line).is_ok() {
                proptest::prop_assert!(value.is_ok(), "{}", line);
            }
        }
    }

    #[test]
    fn members_are_those_that_serde_sees() {
        let members = |text: &'static str| {
            let mut members = Members::new(text)?;
            let mut all = Vec::new();
            while let Some(member) = members.next_member()? {
                all.push(member);
            }
            Ok(all)
        };
        assert_eq!(members("{}"), Ok(vec![]));
        assert_eq!(
            members(r#"{"a":1,"b":{"a":2,"c":[3]},"d":"x,\"y\":1"}"#),
            Ok(vec![
                ("a", "1"),
                ("b", r#"{"a":2,"c":[3]}"#),
                ("d", r#""x,\"y\":1""#)
            ])
        );
        for text in [
            "",
            "[]",
            "null",
            "{",
            r#"{"a"}"#,
            r#"{"a":}"#,
            r#"{,"a":1}"#,
            r#"{"a":1,}"#,
            r#"{"a":1 }"#,
            r#"{"a":1}}"#,
            r#"{"a":1"b":2}"#,
            r#"{"a":1,,"b":2}"#,
            r#"{"\u0061":1}"#,
            r#"{"a":1} "#,
            r#"{a":1}"#,
            r#"{"a" :1}"#,
        ] {
            assert_eq!(members(text), Err(Unusual), "{text}");
        }
    }

    #[test]
    fn strings_are_read_as_serde_reads_them() {
        for text in [r#""a\n\t\"\\\/\u00e9\ud83d\ude00z""#, r#""""#, r#""plain é""#] {
            let expected: String = serde_json::from_str(text).unwrap_or_default();
            assert_eq!(unquote(text), expected);
        }
        assert_eq!(unquote(r#""\ud83dx\udc00\u12""#), "\u{fffd}x\u{fffd}\u{fffd}12");
    }
}
