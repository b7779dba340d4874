//! The interface of a syntax.

use crate::json::{Token, Tokens};

/// Writes a JSON value in some syntax, token by token.
pub(crate) trait Emitter {
    /// Writes the next token.
    fn token(&mut self, token: Token<'_>);

    /// Gets a look at a value whose tokens come next.
    fn announce(&mut self, _json: &str) {}

    /// Writes a whole value, which is JSON text.
    fn value(&mut self, json: &str) {
        self.announce(json);
        for token in Tokens::new(json) {
            self.token(token);
        }
    }

    /// Returns the text so far, which is UTF-8.
    fn text(&self) -> &[u8];

    /// Forgets the text so far.
    fn clear(&mut self);
}
