//! JSON as kubectl indents it: four spaces, `": "`, `{}` and `[]` where there is nothing. Keys, numbers and
//! strings are passed on as they are spelled.

use super::document::Emitter;
use crate::merge::json::{Bracket, Token, Tokens, string_end};
use crate::term;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Containers nested deeper than this stay on one line. Nobody reads them, and indentation would make
/// a megabyte of brackets into a terabyte of blanks.
const MAX_INDENTED: usize = 64;

/// A comma, a newline and as many blanks as are ever needed.
const INDENTATION: &str = match std::str::from_utf8(&INDENTATION_BYTES) {
    Ok(text) => text,
    Err(_) => ",\n",
};

const INDENTATION_BYTES: [u8; 2 + 4 * MAX_INDENTED] = {
    let mut bytes = [b' '; 2 + 4 * MAX_INDENTED];
    bytes[0] = b',';
    bytes[1] = b'\n';
    bytes
};

/// Writes JSON.
#[derive(Debug, Default)]
pub(crate) struct Json {
    text: String,
    /// For each open container, whether it has members yet.
    open: Vec<bool>,
    behind_key: bool,
    is_terminal: bool,
}

impl Json {
    /// For a terminal, control characters inside strings are written as `\u…`, which says the same.
    pub(crate) fn new(is_terminal: bool) -> Self {
        Self {
            is_terminal,
            ..Self::default()
        }
    }

    /// Begins a line, behind a comma or not: one copy for all of it.
    fn line(&mut self, depth: usize, comma: bool) {
        let start = usize::from(!comma);
        self.text
            .push_str(INDENTATION.get(start..2 + depth * 4).unwrap_or("\n"));
    }

    /// What stands before a key or a value.
    fn separate(&mut self) {
        if std::mem::take(&mut self.behind_key) {
            return;
        }
        let depth = self.open.len();
        let Some(has_members) = self.open.last_mut() else {
            return;
        };
        let comma = std::mem::replace(has_members, true);
        if depth <= MAX_INDENTED {
            self.line(depth, comma);
        } else if comma {
            self.text.push_str(", ");
        }
    }

    fn open(&mut self, bracket: char) {
        self.separate();
        self.text.push(bracket);
        self.open.push(false);
    }

    fn close(&mut self, bracket: char) {
        let depth = self.open.len();
        if self.open.pop() == Some(true) && depth <= MAX_INDENTED {
            self.line(depth - 1, false);
        }
        self.text.push(bracket);
    }

    fn push(&mut self, text: &str) {
        if self.is_terminal {
            self.text.push_str(&escape(text));
        } else {
            self.text.push_str(text);
        }
    }
}

impl Emitter for Json {
    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Open(bracket) => self.open(if bracket == Bracket::Object { '{' } else { '[' }),
            Token::Close(bracket) => self.close(if bracket == Bracket::Object { '}' } else { ']' }),
            Token::Key(text) => {
                self.separate();
                self.push(text);
                self.text.push_str(": ");
                self.behind_key = true;
            }
            Token::Text(text) | Token::Plain(text) => {
                self.separate();
                self.push(text);
            }
        }
        if self.open.is_empty() {
            self.text.push('\n');
        }
    }

    /// Letter by letter what its tokens would come to, which is where the time of a big document goes.
    fn value(&mut self, json: &str) {
        if self.is_terminal {
            return Tokens::new(json).for_each(|token| self.token(token));
        }
        // Indented it is half as long again.
        self.text.reserve(json.len() + json.len() / 2);
        let bytes = json.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let start = at;
            at += 1;
            match byte {
                b'{' | b'[' => self.open(char::from(*byte)),
                b'}' | b']' => self.close(char::from(*byte)),
                b':' => self.text.push_str(": "),
                b',' | b' ' | b'\t' => continue,
                b'"' => {
                    self.separate();
                    at = string_end(bytes, start).unwrap_or(bytes.len());
                    self.text.push_str(json.get(start..at).unwrap_or_default());
                }
                _ => {
                    self.separate();
                    let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t');
                    let length = bytes[at..].iter().position(ends);
                    at = length.map_or(bytes.len(), |length| at + length);
                    self.text.push_str(json.get(start..at).unwrap_or_default());
                }
            }
            self.behind_key = *byte == b':';
        }
        if self.open.is_empty() {
            self.text.push('\n');
        }
    }

    fn text(&mut self) -> &mut String {
        &mut self.text
    }
}

/// JSON text that says the same without a character that a terminal could take as a command.
pub(crate) fn escape(json: &str) -> Cow<'_, str> {
    if !json.chars().any(term::is_hostile) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len() + 8);
    for character in json.chars() {
        // Blanks between tokens are control characters, too, and JSON has none inside strings.
        if character == '\r' {
            escaped.push(' ');
        } else if term::is_hostile(character) && !matches!(character, '\n' | '\t') {
            let mut units = [0; 2];
            for unit in character.encode_utf16(&mut units) {
                // Writing to a String does not fail.
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}
