//! The style in which go-yaml (`resolve.go`, `emitterc.go`) writes a string.

use crate::format::align::is_printable_ascii;
use crate::term;
use std::fmt::Write as _;

/// The style of a string.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Style {
    /// Without quotes.
    Plain,
    /// In single quotes: YAML would not read it as one string, but it has nothing to escape.
    Single,
    /// In double quotes: YAML would read it as something other than a string, or it needs escapes.
    Double,
    /// As a literal block.
    Literal,
}

/// Returns the style for a string outside of flow style.
pub(crate) fn style(text: &str, is_terminal: bool) -> Style {
    let may_need_escapes = !is_printable_ascii(text);
    if may_need_escapes && text.chars().any(|character| needs_escape(character, is_terminal)) {
        return Style::Double;
    }
    if text.contains('\n') {
        // A block would lose a blank at the end of a line.
        let blank_at_end = text.ends_with(' ') || text.contains(" \n");
        return if blank_at_end {
            Style::Double
        } else {
            Style::Literal
        };
    }
    if is_other_than_string(text) {
        return Style::Double;
    }
    if can_be_unquoted(text) {
        Style::Plain
    } else {
        Style::Single
    }
}

/// Writes a string in double quotes.
pub(crate) fn write_quoted(out: &mut String, text: &str, is_terminal: bool) {
    out.push('"');
    for character in text.chars() {
        if let Some(letter) = escape_letter(character) {
            out.extend(['\\', letter]);
            continue;
        }
        // Writing to a String does not fail.
        match character {
            _ if !needs_escape(character, is_terminal) => out.push(character),
            '\0'..='\u{ff}' => drop(write!(out, "\\x{:02X}", u32::from(character))),
            '\0'..='\u{ffff}' => drop(write!(out, "\\u{:04X}", u32::from(character))),
            _ => drop(write!(out, "\\U{:08X}", u32::from(character))),
        }
    }
    out.push('"');
}

/// Returns the letter that stands for a character after a backslash, if there is one.
pub(super) fn escape_letter(character: char) -> Option<char> {
    Some(match character {
        '"' | '\\' => character,
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => return None,
    })
}

/// Returns true for a character that has to be escaped. To go-yaml, nothing beyond the basic plane is printable, emoji
/// included.
fn needs_escape(character: char, is_terminal: bool) -> bool {
    match character {
        '\n' | ' '..='~' => false,
        '\u{2028}' | '\u{2029}' | '\u{feff}' => true,
        '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' => is_terminal && term::is_hostile(character),
        _ => true,
    }
}

/// Returns true if a string's characters allow it to stand without quotes.
fn can_be_unquoted(text: &str) -> bool {
    let first = match text.chars().next() {
        Some(first) => first,
        None => return false,
    };
    let blank_follows = text.chars().nth(1).is_none_or(|second| second == ' ');
    let starts_well = match first {
        '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`'
        | ' ' => false,
        '?' | ':' | '-' => !blank_follows,
        _ => true,
    };
    starts_well
        && !text.ends_with([' ', ':'])
        && !has_indicator(text)
        && !text.starts_with("---")
        && !text.starts_with("...")
}

/// Returns true if a plain string would end within itself: after a colon as a key, or before a hash for a comment.
fn has_indicator(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(b':', b'#', bytes).any(|at| match bytes.get(at) {
        Some(b':') => bytes.get(at + 1) == Some(&b' '),
        _ => at > 0 && bytes.get(at - 1) == Some(&b' '),
    })
}

/// Returns true if YAML 1.1 or 1.2 may read a plain string as something else. When in doubt it is true: quotes do not
/// change the string.
fn is_other_than_string(text: &str) -> bool {
    let Some(first) = text.bytes().next() else {
        return true;
    };
    match first {
        b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~' | b'<' | b'=' => {
            const WORDS: [&str; 30] = [
                "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON", "n", "N", "no",
                "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF", "~", "null", "Null", "NULL",
                "<<", "=", "NaN", "nan",
            ];
            WORDS.contains(&text)
        }
        b'.' | b'+' | b'-' | b'0'..=b'9' => is_number(text) || is_timestamp(text),
        _ => false,
    }
}

fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") {
        return true;
    }
    let plain: String = unsigned.chars().filter(|character| *character != '_').collect();
    let all =
        |text: &str, is_digit: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|byte| is_digit(&byte));
    let with_base = plain.get(..2).is_some_and(|base| {
        matches!(base, "0x" | "0X" | "0o" | "0O" | "0b" | "0B")
            && plain
                .get(2..)
                .is_some_and(|digits| all(digits, u8::is_ascii_hexdigit))
    });
    // 190:20:30 is a number to YAML 1.1.
    let base_60 = plain.contains(':') && all(&plain.replace([':', '.'], ""), u8::is_ascii_digit);
    let (mantissa, exponent) = plain.split_once(['e', 'E']).unwrap_or((&plain, "0"));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let float = all(exponent, u8::is_ascii_digit)
        && digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty());
    with_base || base_60 || float
}

/// Matches `2006-1-2`, alone or followed by a time.
fn is_timestamp(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (day, time) = match rest.find(['T', 't', ' ']) {
        Some(at) => (&rest[..at], &rest[at + 1..]),
        None => (rest, "0"),
    };
    year.len() == 4
        && digits(year)
        && month.len() <= 2
        && digits(month)
        && day.len() <= 2
        && digits(day)
        && time.starts_with(|first: char| first.is_ascii_digit())
        && time
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b':' | b'.' | b'+' | b'-' | b'Z' | b'z' | b' '))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colons_and_hashes_within_a_string_need_quotes_beside_blanks_only() {
        for text in ["a: b", "a #b", "a:b: c", "a# #b", "é: x", "a:", "#a"] {
            assert_eq!(style(text, false), Style::Single, "{text}");
        }
        for text in ["a:b", "a#b", "a:#b", "http://a.b:80/#c", "é:x"] {
            assert_eq!(style(text, false), Style::Plain, "{text}");
        }
        for text in ["a\u{7}", "a: b\u{7}", "\u{1f600}"] {
            assert_eq!(style(text, false), Style::Double, "{text}");
        }
    }
}
