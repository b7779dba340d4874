//! Reads and writes text as Go does: string literals, numbers, and characters in error texts.

use std::fmt::Write as _;

/// The letters that stand for control characters after a backslash, in Go as in C.
pub(super) const LETTERS: [(char, char); 7] = [
    ('a', '\u{7}'),
    ('b', '\u{8}'),
    ('f', '\u{c}'),
    ('n', '\n'),
    ('r', '\r'),
    ('t', '\t'),
    ('v', '\u{b}'),
];

/// Reads an integer as `strconv.ParseInt` does in base 0: with a sign, in hexadecimal, octal or binary after its
/// prefix, and with `_` between digits.
pub(crate) fn parse_int(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        _ if lower.len() > 1 && lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    // The first underscore may follow the prefix.
    let between = if radix == 10 {
        digits
    } else {
        digits.strip_prefix('_').unwrap_or(digits)
    };
    let is_parted = |part: &str| !part.is_empty() && part.chars().all(|digit| digit.is_digit(radix));
    if !between.split('_').all(is_parted) {
        return None;
    }
    let number = i64::from_str_radix(&between.replace('_', ""), radix).ok()?;
    Some(if negative { -number } else { number })
}

/// Returns whether a character is printable to Go (`unicode.IsPrint`).
pub(crate) fn is_print(character: char) -> bool {
    if character.is_ascii() {
        return matches!(character, ' '..='~');
    }
    // Rust escapes combining characters as well, but only at the start of a string.
    let mut text = String::from("a");
    text.push(character);
    text.escape_debug().nth(1) == Some(character)
}

/// Writes a character as the verb `%#U` does: `U+007C '|'`. `None` is the end of a text.
pub(crate) fn code_point(character: Option<char>) -> String {
    match character {
        Some(character) if is_print(character) => {
            format!("U+{:04X} '{character}'", u32::from(character))
        }
        Some(character) => format!("U+{:04X}", u32::from(character)),
        None => "U+FFFFFFFFFFFFFFFF".to_owned(),
    }
}

/// Writes a string literal as the verb `%q` does.
pub(crate) fn quote(text: &str) -> String {
    quote_with(text, '"')
}

/// Writes a string or a character in its quotes.
pub(crate) fn quote_with(text: &str, quote: char) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push(quote);
    for character in text.chars() {
        let letter = LETTERS.iter().find(|(_, meant)| *meant == character);
        let code = u32::from(character);
        // Writing to a String does not fail.
        let _ = match letter {
            Some((letter, _)) => write!(quoted, "\\{letter}"),
            None if character == quote || character == '\\' => write!(quoted, "\\{character}"),
            None if is_print(character) => write!(quoted, "{character}"),
            None if code < 0x80 => write!(quoted, "\\x{code:02x}"),
            None if code < 0x1_0000 => write!(quoted, "\\u{code:04x}"),
            None => write!(quoted, "\\U{code:08x}"),
        };
    }
    quoted.push(quote);
    quoted
}

/// Reads a literal in these quotes. Bytes that are not UTF-8 (`"\xff"`) become U+FFFD.
pub(crate) fn unquote(literal: &str, quote: char) -> Option<String> {
    let mut rest = literal.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut bytes = Vec::with_capacity(rest.len());
    while !rest.is_empty() {
        let (unit, after) = unit(rest, quote)?;
        match unit {
            Unit::Byte(byte) => bytes.push(byte),
            Unit::Char(character) => bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes()),
        }
        rest = after;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Reads a character constant. Returns `Some(None)` if there is more than one character in it.
pub(crate) fn unquote_constant(literal: &str) -> Option<Option<i64>> {
    let (unit, rest) = unit(literal.strip_prefix('\'')?, '\'')?;
    Some((rest == "'").then(|| match unit {
        Unit::Byte(byte) => i64::from(byte),
        Unit::Char(character) => i64::from(u32::from(character)),
    }))
}

/// A character or an escape.
enum Unit {
    Byte(u8),
    Char(char),
}

/// Reads the first character or escape of a literal in these quotes, and returns the rest.
fn unit(text: &str, quote: char) -> Option<(Unit, &str)> {
    let mut characters = text.chars();
    let first = characters.next()?;
    if first == quote || first == '\n' {
        return None;
    }
    if first != '\\' {
        return Some((Unit::Char(first), characters.as_str()));
    }
    let escape = characters.next()?;
    let mut number = |first: u32, count: usize, radix: u32| {
        (0..count).try_fold(first, |number, _| {
            let digit = characters.next()?.to_digit(radix)?;
            number.checked_mul(radix)?.checked_add(digit)
        })
    };
    let unit = match escape {
        'x' => Unit::Byte(u8::try_from(number(0, 2, 16)?).ok()?),
        '0'..='7' => Unit::Byte(u8::try_from(number(escape.to_digit(8)?, 2, 8)?).ok()?),
        'u' => Unit::Char(char::from_u32(number(0, 4, 16)?)?),
        'U' => Unit::Char(char::from_u32(number(0, 8, 16)?)?),
        _ if escape == '\\' || escape == quote => Unit::Char(escape),
        _ => Unit::Char(LETTERS.iter().find(|(letter, _)| *letter == escape)?.1),
    };
    Some((unit, characters.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for (text, number) in [
            ("0", 0),
            ("500", 500),
            ("+3", 3),
            ("-1", -1),
            ("0x10", 16),
            ("0B1", 1),
            ("0o17", 15),
            ("017", 15),
            ("0_17", 15),
            ("1_000", 1000),
            ("0x_f", 15),
            ("9223372036854775807", i64::MAX),
        ] {
            assert_eq!(parse_int(text), Some(number), "{text}");
        }
        for text in [
            "9223372036854775808",
            "",
            "-",
            "x",
            "1.5",
            "1e3",
            "08",
            "0x",
            "_1",
            "1_",
            "1__0",
            " 1",
            "0b2",
            "--1",
            "+-1",
        ] {
            assert_eq!(parse_int(text), None, "{text}");
        }
    }

    #[test]
    fn quoted_text_is_unquoted_again() {
        let text = "a\"b'c\\ \u{7}\u{8}\u{c}\n\r\t\u{b}\0\u{7f} é \u{301}\u{200b}\u{10ffff} 世";
        for mark in ['"', '\''] {
            assert_eq!(unquote(&quote_with(text, mark), mark).as_deref(), Some(text));
        }
        assert_eq!(
            quote("\u{0}\n\u{200b}\u{10ffff}'\""),
            r#""\x00\n\u200b\U0010ffff'\"""#
        );
    }

    #[test]
    fn literals() {
        for (literal, said) in [
            (r#""\x41\101\u0042\U00000043""#, Some("AABC")),
            (r#""\xff""#, Some("\u{fffd}")),
            (r#""\'""#, None),
            (r#""\q""#, None),
            (r#""\400""#, None),
            (r#""\ud800""#, None),
            (r#""\x4""#, None),
            (r#""a"b""#, None),
            ("\"a\nb\"", None),
        ] {
            assert_eq!(unquote(literal, '"').as_deref(), said, "{literal}");
        }
        assert_eq!(unquote_constant(r"'\x41'"), Some(Some(65)));
        assert_eq!(unquote_constant("'ab'"), Some(None));
        assert_eq!(unquote_constant("''"), None);
    }
}
