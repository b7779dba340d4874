//! The state of the parser: its place in the tokens, and what it keeps of those before.

use crate::go::template::lexer::{Token, Type, tokens};
use crate::go::template::limits::{MAX_NESTED, NAME};
use crate::go::template::node::Body;
use crate::go::text::{quote, unquote};
use std::collections::BTreeMap;

/// The named bodies of a template, its own among them.
pub(crate) type Templates = BTreeMap<String, Body>;

pub(super) struct TemplateParser {
    pub(super) tokens: Vec<Token>,
    /// The number of the next token.
    pub(super) at: usize,
    /// The number of tokens that were looked at. Errors are reported for the line of the last of them.
    pub(super) furthest: usize,
    pub(super) action_line: usize,
    pub(super) variables: Vec<String>,
    pub(super) range_depth: usize,
    pub(super) depth: usize,
    pub(super) templates: Templates,
}

impl TemplateParser {
    pub(super) fn new(source: &str) -> Self {
        Self {
            tokens: tokens(source),
            at: 0,
            furthest: 0,
            action_line: 0,
            variables: vec!["$".to_owned()],
            range_depth: 0,
            depth: 0,
            templates: Templates::new(),
        }
    }

    pub(super) fn next(&mut self) -> Token {
        let token = self.tokens.get(self.at).or(self.tokens.last()).cloned();
        self.at += 1;
        self.furthest = self.furthest.max(self.at);
        // The tokens always have an end.
        token.unwrap_or(Token {
            type_: Type::Eof,
            position: 0,
            text: "EOF".to_owned(),
            line: 1,
        })
    }

    pub(super) fn back(&mut self) {
        self.at -= 1;
    }

    pub(super) fn peek(&mut self) -> Type {
        let type_ = self.next().type_;
        self.back();
        type_
    }

    pub(super) fn next_word(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.type_ != Type::Space {
                return token;
            }
        }
    }

    /// Returns the next token that is not a blank.
    pub(super) fn peek_word(&mut self) -> Token {
        let token = self.next_word();
        self.back();
        token
    }

    pub(super) fn error<T>(&self, message: &str) -> Result<T, String> {
        let token = self
            .tokens
            .get(self.furthest.saturating_sub(1))
            .or(self.tokens.last());
        let line = token.map_or(1, |token| token.line);
        Err(format!("template: {NAME}:{line}: {message}"))
    }

    pub(super) fn unexpected<T>(&self, token: &Token, context: &str) -> Result<T, String> {
        if token.type_ == Type::Error {
            let mut message = token.text.clone();
            if self.action_line != 0 && self.action_line != token.line {
                let started = format!(" started at {NAME}:{}", self.action_line);
                if !message.ends_with(" action") {
                    message.push_str(" in action");
                }
                message.push_str(&started);
            }
            return self.error(&message);
        }
        let shown = match token.type_ {
            Type::Eof => "EOF".to_owned(),
            type_ if type_.is_keyword() => format!("<{}>", token.text),
            _ if token.text.len() > 10 => {
                let start: String = token.text.chars().take(10).collect();
                format!("{}...", quote(&start))
            }
            _ => quote(&token.text),
        };
        self.error(&format!("unexpected {shown} in {context}"))
    }

    pub(super) fn expect(&mut self, wanted: Type, context: &str) -> Result<(), String> {
        let token = self.next_word();
        if token.type_ == wanted {
            return Ok(());
        }
        self.unexpected(&token, context)
    }

    pub(super) fn enter(&mut self) -> Result<(), String> {
        if self.depth >= MAX_NESTED {
            return self.error("max expression depth exceeded");
        }
        self.depth += 1;
        Ok(())
    }

    pub(super) fn unquote(&self, literal: &str) -> Result<String, String> {
        let said = match literal.strip_prefix('`') {
            Some(raw) => raw.strip_suffix('`').map(|raw| raw.replace('\r', "")),
            None => unquote(literal, '"'),
        };
        said.map_or_else(|| self.error("invalid syntax"), Ok)
    }
}
