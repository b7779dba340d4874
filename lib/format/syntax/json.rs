//! JSON as kubectl indents it: four spaces, `": "`, `{}` and `[]` where there is nothing. Keys, numbers and
//! strings are passed on as they are spelled.

use super::emitter::Emitter;
use crate::format::escape;
use crate::json::{Bracket, Token, Tokens, string_end};
use crate::term::Terminal;

/// Containers nested deeper than this stay on one line. Nobody reads them, and indentation would make
/// a megabyte of brackets into a terabyte of blanks.
const MAX_INDENTED: usize = 64;

/// A comma, a newline and as many blanks as are ever needed.
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
    /// For each open container, whether it has members yet.
    open: Vec<bool>,
    behind_key: bool,
    terminal: Terminal,
}

impl Json {
    /// For a terminal, control characters inside strings are written as `\u…`, which says the same.
    pub(crate) fn new(terminal: Terminal) -> Self {
        Self {
            terminal,
            ..Self::default()
        }
    }

    /// Begins a line, behind a comma or not.
    fn line(&mut self, depth: usize, comma: bool) {
        copy(&mut self.text, &INDENTATION, usize::from(!comma), 2 + depth * 4);
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
                self.behind_key = true;
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

    /// Letter by letter what its tokens would come to, which is where the time of a big document goes.
    fn value(&mut self, json: &str) {
        if self.terminal.is_terminal {
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
                b'{' | b'[' => self.open(*byte),
                b'}' | b']' => self.close(*byte),
                b',' | b' ' | b'\t' | b'\r' => {}
                // Behind a blank: nearly all stand right behind their keys, and are copied with them.
                b':' => {
                    self.text.extend_from_slice(b": ");
                    self.behind_key = true;
                }
                b'"' => {
                    self.separate();
                    at = string_end(bytes, start).unwrap_or(bytes.len());
                    self.behind_key = bytes.get(at) == Some(&b':');
                    if self.behind_key {
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

/// Adds a part of some bytes. Most parts are short: as much is copied as a wide register holds, and what is too much
/// dropped again, which costs less than a copy of just so many.
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
