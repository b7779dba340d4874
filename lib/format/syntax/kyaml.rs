//! KYAML as kubectl writes it (KEP-5295, `sigs.k8s.io/yaml/kyaml`): YAML in flow style with every string in quotes, so
//! that indentation has no meaning and no string is read as another type.
//!
//! Keys keep their order and numbers their spelling. The lists of the document itself are always cuddled (`[{`), those
//! of objects if they hold nothing but containers.

use super::emitter::Emitter;
use super::yaml_scalar::escape_letter;
use crate::go::text::is_print;
use crate::json::{Bracket, Token, Tokens, unquote};
use crate::term;
use std::fmt::Write as _;

/// Containers nested deeper than this are not indented any further, as in JSON.
const MAX_INDENTED: usize = 64;

/// The longest key without a `?` in front, which YAML requires beyond 1024 characters.
const MAX_SIMPLE_KEY: usize = 900;

/// Writes KYAML.
#[derive(Debug, Default)]
pub(crate) struct Kyaml {
    text: String,
    open: Vec<KyamlContainer>,
    after_key: bool,
    begun: bool,
    /// For each list of the announced value that is still to come, whether it is cuddled.
    cuddled: std::vec::IntoIter<bool>,
    is_terminal: bool,
}

#[derive(Debug)]
struct KyamlContainer {
    bracket: Bracket,
    /// True if its members begin on its own line.
    cuddled: bool,
    depth: usize,
    has_members: bool,
}

impl Kyaml {
    /// On a terminal, control characters and bidirectional marks are escaped.
    pub(crate) fn new(is_terminal: bool) -> Self {
        Self {
            is_terminal,
            ..Self::default()
        }
    }

    fn indent(&mut self, depth: usize) {
        for _ in 0..depth.min(MAX_INDENTED) {
            self.text.push_str("  ");
        }
    }

    /// Writes the separator before a key or a value, and returns the depth of the value.
    fn separate(&mut self) -> usize {
        if !std::mem::replace(&mut self.begun, true) {
            self.text.push_str("---\n");
        }
        let Some(frame) = self.open.last_mut() else {
            return 0;
        };
        let depth = frame.depth + usize::from(!frame.cuddled);
        if std::mem::take(&mut self.after_key) {
            return depth;
        }
        let first = !std::mem::replace(&mut frame.has_members, true);
        if frame.cuddled {
            self.text.push_str(if first { "" } else { ", " });
        } else {
            self.text.push_str(if first { "\n" } else { ",\n" });
            self.indent(depth);
        }
        depth
    }

    fn open(&mut self, bracket: Bracket, cuddled: bool) {
        let depth = self.separate();
        self.text.push(if bracket == Bracket::Object { '{' } else { '[' });
        self.open.push(KyamlContainer {
            bracket,
            cuddled,
            depth,
            has_members: false,
        });
    }

    fn close(&mut self) {
        let Some(frame) = self.open.pop() else {
            return;
        };
        if frame.has_members && !frame.cuddled {
            self.text.push_str(",\n");
            self.indent(frame.depth);
        }
        self.text.push(if frame.bracket == Bracket::Object {
            '}'
        } else {
            ']'
        });
    }

    fn key(&mut self, quoted: &str) {
        self.separate();
        let key = unquote(quoted);
        let start = self.text.len();
        if needs_quotes(&key) {
            self.text.push('"');
            for character in key.chars() {
                self.push_escaped(character);
            }
            self.text.push('"');
        } else {
            self.text.push_str(&key);
        }
        if self.text.len() - start > MAX_SIMPLE_KEY {
            self.text.insert_str(start, "? ");
        }
        self.text.push_str(": ");
        self.after_key = true;
    }

    /// Writes a string, each of its lines on a line of its own.
    fn string(&mut self, quoted: &str) {
        let depth = self.separate() + 1;
        let text = unquote(quoted);
        let folded = text.contains('\n');
        self.text.push('"');
        if folded {
            self.text.push_str("\\\n");
        }
        let mut at_start = folded;
        for character in text.chars() {
            if std::mem::take(&mut at_start) {
                self.indent(depth);
                // YAML drops blanks at the start of a line unless a backslash precedes them. kubectl writes one
                // before `\r` and no-break spaces, too, which turns them into a backslash and a letter.
                let is_blank = matches!(character, ' ' | '\t');
                self.text.push(if is_blank { '\\' } else { ' ' });
            }
            match character {
                '\n' => {
                    self.text.push_str("\\n\\\n");
                    at_start = true;
                }
                '\t' => self.text.push('\t'),
                _ => self.push_escaped(character),
            }
        }
        if folded {
            if !at_start {
                self.text.push_str("\\\n");
            }
            self.indent(depth);
        }
        self.text.push('"');
    }

    fn push_escaped(&mut self, character: char) {
        let hostile = self.is_terminal && term::is_hostile(character);
        if let Some(letter) = escape_letter(character) {
            return self.text.extend(['\\', letter]);
        }
        // Writing to a String does not fail.
        let _ = match character {
            _ if is_print(character) && !hostile => write!(self.text, "{character}"),
            '\u{a0}' => write!(self.text, "\\_"),
            '\0'..='\u{1f}' | '\u{7f}' => write!(self.text, "\\x{:02x}", u32::from(character)),
            '\0'..='\u{ffff}' => write!(self.text, "\\u{:04x}", u32::from(character)),
            _ => write!(self.text, "\\U{:08x}", u32::from(character)),
        };
    }
}

impl Emitter for Kyaml {
    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Open(Bracket::Object) => self.open(Bracket::Object, false),
            // The document's own lists are not announced.
            Token::Open(Bracket::Array) => {
                let cuddled = self.cuddled.next().unwrap_or(true);
                self.open(Bracket::Array, cuddled);
            }
            Token::Close(_) => self.close(),
            Token::Key(text) => self.key(text),
            Token::Text(text) => self.string(text),
            Token::Plain(text) => {
                self.separate();
                self.text.push_str(text);
            }
        }
        if self.open.is_empty() {
            self.text.push('\n');
        }
    }

    fn announce(&mut self, json: &str) {
        self.cuddled = cuddled_lists(json).into_iter();
    }

    fn text(&self) -> &[u8] {
        self.text.as_bytes()
    }

    fn clear(&mut self) {
        self.text.clear();
    }
}

/// Returns for each list of a JSON text, in the order of their starts, whether it holds nothing but containers.
fn cuddled_lists(json: &str) -> Vec<bool> {
    let mut cuddled = Vec::new();
    // The indexes of the open lists in `cuddled`; `None` for objects.
    let mut open: Vec<Option<usize>> = Vec::new();
    for token in Tokens::new(json) {
        match token {
            Token::Open(Bracket::Array) => {
                open.push(Some(cuddled.len()));
                cuddled.push(true);
            }
            Token::Open(Bracket::Object) => open.push(None),
            Token::Close(_) => drop(open.pop()),
            Token::Key(_) => {}
            Token::Text(_) | Token::Plain(_) => {
                if let Some(Some(list)) = open.last()
                    && let Some(cuddled) = cuddled.get_mut(*list)
                {
                    *cuddled = false;
                }
            }
        }
    }
    cuddled
}

/// Returns true if a key cannot stand without quotes.
fn needs_quotes(key: &str) -> bool {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let inner = key
        .strip_prefix(is_word)
        .map(|rest| rest.strip_suffix(is_word).unwrap_or(rest));
    let Some(inner) = inner else {
        return true;
    };
    let ends_well = key.ends_with(is_word);
    !ends_well
        || inner.contains(|character| !is_word(character) && !matches!(character, '-' | '.' | '/'))
        || is_ambiguous(key)
}

/// Returns true if some reader of YAML would read a key of these characters as something other than a string.
fn is_ambiguous(key: &str) -> bool {
    const WORDS: [&str; 11] = [
        "null", "true", "t", "y", "yes", "on", "false", "f", "n", "no", "off",
    ];
    let lower = key.to_ascii_lowercase();
    WORDS.contains(&lower.as_str()) || is_number(&lower.replace('_', "")) || is_date(key)
}

fn is_number(text: &str) -> bool {
    let of_radix = |digits: &str, radix| {
        !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix)) && {
            u64::from_str_radix(digits, radix).is_ok_and(|number| i64::try_from(number).is_ok())
        }
    };
    match text.get(..2) {
        Some("0x") if text.contains('p') => return true,
        Some("0x") => return of_radix(&text[2..], 16),
        Some("0o") => return of_radix(&text[2..], 8),
        Some("0b") => return of_radix(&text[2..], 2),
        _ => {}
    }
    match text.parse::<f64>() {
        Ok(number) => number.is_finite() || text.starts_with(['i', 'n']),
        Err(_) => false,
    }
}

/// Matches `2006-1-2`.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut part = |lengths: std::ops::RangeInclusive<usize>| {
        let digits = parts.next()?;
        let all = digits.bytes().all(|byte| byte.is_ascii_digit());
        (all && lengths.contains(&digits.len())).then(|| digits.parse::<u32>().ok())?
    };
    let (Some(year), Some(month), Some(day)) = (part(4..=4), part(1..=2), part(1..=2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => 0,
    };
    parts.next().is_none() && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests;
