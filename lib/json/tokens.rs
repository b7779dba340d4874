//! Splits JSON text into tokens, and keeps the order of keys and the spelling of numbers.
//!
//! The text must be known to be JSON (`RawValue` is). Other text ends early here, without an error. Nothing recurses,
//! so that depth costs no stack.

use super::scan::string_end;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// A token of JSON text. Commas, colons and blanks are left out: they follow from the others.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Token<'a> {
    /// `{` or `[`
    Open(Bracket),
    /// `}` or `]`
    Close(Bracket),
    /// The key of a member, in its quotes.
    Key(&'a str),
    /// A string, in its quotes.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Plain(&'a str),
}

/// The two kinds of containers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Bracket {
    /// `{}`
    Object,
    /// `[]`
    Array,
}

/// The tokens of a JSON text, in order.
#[derive(Clone, Debug)]
pub(crate) struct Tokens<'a> {
    text: &'a str,
    start: usize,
    at: usize,
}

impl<'a> Tokens<'a> {
    /// Splits the text of one value.
    pub(crate) fn new(text: &'a str) -> Self {
        Self {
            text,
            start: 0,
            at: 0,
        }
    }

    /// Returns the place where the last token started.
    pub(crate) fn start(&self) -> usize {
        self.start
    }

    /// Returns the place where the last token ended. For a string, this is after the blanks that follow it.
    pub(crate) fn end(&self) -> usize {
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
        self.start = start;
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

/// Deserializes any value as its text, and null as `None`.
///
/// # Errors
/// The value is not JSON.
pub(crate) fn text_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de str>, D::Error> {
    Ok(Option::<&RawValue>::deserialize(deserializer)?.map(RawValue::get))
}

/// Returns the text of a JSON string in its quotes. Half of a surrogate pair, which JSON allows, becomes U+FFFD as in
/// Go.
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
                    (Some(high @ 0xd800..0xdc00), Some((low, after))) => {
                        rest = after;
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
    fn tokens_as_they_are_spelled() {
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
    fn unquote_as_serde_does() {
        for text in [r#""a\n\t\"\\\/\u00e9\ud83d\ude00z""#, r#""""#, r#""plain é""#] {
            let expected: String = serde_json::from_str(text).unwrap_or_default();
            assert_eq!(unquote(text), expected);
        }
        assert_eq!(unquote(r#""\ud83dx\udc00\u12""#), "\u{fffd}x\u{fffd}\u{fffd}12");
    }
}
