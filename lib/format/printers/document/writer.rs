//! Writes a long document piece by piece.

use crate::format::syntax::Emitter;
use crate::json::{Bracket, Token, Tokens};
use std::io::{self, Write};

/// The document is handed to the output in pieces of about this many bytes.
const CHUNK: usize = 64 << 10;

/// A value of more bytes than this is handed on while it is written.
const LONG: usize = 1 << 20;

/// Writes a document to an output.
pub(super) struct DocumentWriter<'a> {
    emitter: Box<dyn Emitter>,
    output: &'a mut dyn Write,
}

impl<'a> DocumentWriter<'a> {
    pub(super) fn new(emitter: Box<dyn Emitter>, output: &'a mut dyn Write) -> Self {
        Self { emitter, output }
    }

    pub(super) fn open(&mut self, bracket: Bracket) {
        self.emitter.token(Token::Open(bracket));
    }

    pub(super) fn close(&mut self, bracket: Bracket) {
        self.emitter.token(Token::Close(bracket));
    }

    pub(super) fn key(&mut self, name: &str) {
        self.emitter.token(Token::Key(&quote(name)));
    }

    pub(super) fn member(&mut self, name: &str, text: &str) {
        self.key(name);
        self.emitter.token(Token::Text(&quote(text)));
    }

    pub(super) fn count(&mut self, name: &str, count: u64) {
        self.key(name);
        self.emitter.token(Token::Plain(&count.to_string()));
    }

    /// Writes a whole value, which is JSON text.
    pub(super) fn value(&mut self, json: &str) -> io::Result<()> {
        if json.len() > LONG {
            self.emitter.announce(json);
            for token in Tokens::new(json) {
                self.emitter.token(token);
                self.hand_on()?;
            }
        } else {
            self.emitter.value(json);
        }
        self.hand_on()
    }

    /// Hands on the text so far, if it is more than a little.
    pub(super) fn hand_on(&mut self) -> io::Result<()> {
        if self.emitter.text().len() > CHUNK {
            self.output.write_all(self.emitter.text())?;
            self.emitter.clear();
        }
        Ok(())
    }

    /// Hands on the rest.
    pub(super) fn finish(self) -> io::Result<()> {
        self.output.write_all(self.emitter.text())
    }
}

/// Returns a text as a JSON string.
pub(super) fn quote(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
