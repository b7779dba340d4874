//! What JSON, YAML and KYAML have in common.

use crate::json::{Token, Tokens};
use std::io::{self, Write};

/// Text is handed to the output in pieces of about this many bytes.
pub(crate) const CHUNK: usize = 64 << 10;

/// Writes JSON tokens in some syntax.
pub(crate) trait Emitter {
    /// The next token of the one value that is written.
    fn token(&mut self, token: Token<'_>);

    /// A whole value, which is JSON text.
    fn value(&mut self, json: &str) {
        for token in Tokens::new(json) {
            self.token(token);
        }
    }

    /// The same of a value that may be long: hands on what has been written now and then.
    fn long_value(&mut self, json: &str, output: &mut dyn Write) -> io::Result<()> {
        for token in Tokens::new(json) {
            self.token(token);
            self.hand_on(output)?;
        }
        Ok(())
    }

    /// Hands on what has been written, if it is more than a little.
    fn hand_on(&mut self, output: &mut dyn Write) -> io::Result<()> {
        if self.text().len() > CHUNK {
            output.write_all(self.text())?;
            self.clear();
        }
        Ok(())
    }

    /// What has been written so far, as UTF-8.
    fn text(&self) -> &[u8];

    /// Forgets what has been written so far.
    fn clear(&mut self);
}
