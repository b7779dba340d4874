//! JSON as kubectl indents it: four spaces, `": "`, and `{}` and `[]` for empty containers. Keys, numbers and strings
//! keep their spelling.

use super::emitter::Emitter;
use crate::format::escape;
use crate::json::{Bracket, Token, Tokens, string_end};
use crate::term::Terminal;

/// Containers nested deeper than this stay on one line: indentation would turn a megabyte of brackets into a terabyte of
/// blanks.
const MAX_INDENTED: usize = 64;

/// A comma, a newline and the deepest indentation.
const INDENTATION: [u8; 2 + 4 * MAX_INDENTED] = {
    let mut bytes = [b' '; 2 + 4 * MAX_INDENTED];
    bytes[0] = b',';
    bytes[1] = b'\n';
    bytes
};

/// Writes JSON.
#[derive(Debug, Default)]
pub(crate) struct Json {
    text: Vec<u8>,
    /// For each open container, true if it has members already.
    open: Vec<bool>,
    after_key: bool,
    terminal: Terminal,
}

impl Json {
    /// On a terminal, control characters in strings are written as `\u…`, which has the same meaning.
    pub(crate) fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            ..Self::default()
        }
    }

    /// Begins a line, after a comma or not.
    fn line(&mut self, depth: usize, comma: bool) {
        copy(&mut self.text, &INDENTATION, usize::from(!comma), 2 + depth * 4);
    }

    /// Writes the separator before a key or a value.
    fn separate(&mut self) {
        if std::mem::take(&mut self.after_key) {
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
            self.text.extend_from_slice(b", ");
        }
    }

    fn open(&mut self, bracket: u8) {
        self.separate();
        self.text.push(bracket);
        self.open.push(false);
    }

    fn close(&mut self, bracket: u8) {
        let depth = self.open.len();
        if self.open.pop() == Some(true) && depth <= MAX_INDENTED {
            self.line(depth - 1, false);
        }
        self.text.push(bracket);
    }

    fn push(&mut self, text: &str) {
        self.text
            .extend_from_slice(escape::json(text, self.terminal).as_bytes());
    }
}

impl Emitter for Json {
    fn token(&mut self, token: Token<'_>) {
        match token {
            Token::Open(bracket) => self.open(if bracket == Bracket::Object { b'{' } else { b'[' }),
            Token::Close(bracket) => self.close(if bracket == Bracket::Object { b'}' } else { b']' }),
            Token::Key(text) => {
                self.separate();
                self.push(text);
                self.text.extend_from_slice(b": ");
                self.after_key = true;
            }
            Token::Text(text) | Token::Plain(text) => {
                self.separate();
                self.push(text);
            }
        }
        if self.open.is_empty() {
            self.text.push(b'\n');
        }
    }

    /// Writes the same as its tokens would, in one scan: most of the time of a large document is spent here.
    fn value(&mut self, json: &str) {
        if self.terminal.is_terminal {
            return Tokens::new(json).for_each(|token| self.token(token));
        }
        // Indentation makes it about half as long again.
        self.text.reserve(json.len() + json.len() / 2);
        let bytes = json.as_bytes();
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            let start = at;
            at += 1;
            match byte {
                b'{' | b'[' => self.open(*byte),
                b'}' | b']' => self.close(*byte),
                b',' | b' ' | b'\t' | b'\r' => {}
                // After a blank. Nearly all colons directly follow their keys, and are copied with them.
                b':' => {
                    self.text.extend_from_slice(b": ");
                    self.after_key = true;
                }
                b'"' => {
                    self.separate();
                    at = string_end(bytes, start).unwrap_or(bytes.len());
                    self.after_key = bytes.get(at) == Some(&b':');
                    if self.after_key {
                        at += 1;
                        copy(&mut self.text, bytes, start, at);
                        self.text.push(b' ');
                    } else {
                        copy(&mut self.text, bytes, start, at);
                    }
                }
                _ => {
                    self.separate();
                    let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']' | b' ' | b'\t' | b'\r');
                    let length = bytes[at..].iter().position(ends);
                    at = length.map_or(bytes.len(), |length| at + length);
                    copy(&mut self.text, bytes, start, at);
                }
            }
        }
        if self.open.is_empty() {
            self.text.push(b'\n');
        }
    }

    fn text(&self) -> &[u8] {
        &self.text
    }

    fn clear(&mut self) {
        self.text.clear();
    }
}

/// Appends a part of some bytes. Most parts are short: copying the width of a register, and dropping the excess, costs
/// less than copying the exact length.
fn copy(out: &mut Vec<u8>, from: &[u8], start: usize, end: usize) {
    const WIDE: usize = 32;
    let wide: Option<&[u8; WIDE]> = from.get(start..).and_then(<[u8]>::first_chunk);
    match wide {
        Some(wide) if end - start <= WIDE => {
            let length = out.len() + end - start;
            out.extend_from_slice(wide);
            out.truncate(length);
        }
        _ => out.extend_from_slice(&from[start..end]),
    }
}
