//! A template's tokens taken into its tree: a port of `text/template/parse/parse.go`, with its error
//! texts.

mod pipeline;

use super::lexer::{Token, Type, tokens};
use super::node::{Branch, Call, List, Node};
use super::text::{quote, unquote};
use super::{MAX_NESTED, NAME};
use std::collections::BTreeMap;

/// The named bodies of a template, its own among them.
pub(super) type Templates = BTreeMap<String, List>;

/// Reads a template.
///
/// # Errors
/// Go's text for what is wrong.
pub(super) fn parse(source: &str) -> Result<Templates, String> {
    let mut parser = Parser {
        tokens: tokens(source),
        at: 0,
        furthest: 0,
        action_line: 0,
        variables: vec!["$".to_owned()],
        range_depth: 0,
        depth: 0,
        templates: Templates::new(),
    };
    let root = parser.root()?;
    parser.add(NAME.to_owned(), root)?;
    Ok(parser.templates)
}

struct Parser {
    tokens: Vec<Token>,
    /// The token that comes next.
    at: usize,
    /// Behind the last token that was looked at: errors are said to be on its line.
    furthest: usize,
    action_line: usize,
    variables: Vec<String>,
    range_depth: usize,
    depth: usize,
    templates: Templates,
}

/// What a body ends with.
#[derive(Clone, Copy, PartialEq)]
enum End {
    End,
    Else,
}

impl End {
    fn text(self) -> &'static str {
        match self {
            End::End => "{{end}}",
            End::Else => "{{else}}",
        }
    }
}

/// A part of a body, or its end.
enum Item {
    Node(Node),
    End(End),
}

impl Parser {
    fn next(&mut self) -> Token {
        let token = self.tokens.get(self.at).or(self.tokens.last()).cloned();
        self.at += 1;
        self.furthest = self.furthest.max(self.at);
        // There is always an end.
        token.unwrap_or(Token {
            type_: Type::Eof,
            position: 0,
            text: "EOF".to_owned(),
            line: 1,
        })
    }

    fn back(&mut self) {
        self.at -= 1;
    }

    fn peek(&mut self) -> Type {
        let type_ = self.next().type_;
        self.back();
        type_
    }

    fn next_word(&mut self) -> Token {
        loop {
            let token = self.next();
            if token.type_ != Type::Space {
                return token;
            }
        }
    }

    /// Skips blanks.
    fn peek_word(&mut self) -> Token {
        let token = self.next_word();
        self.back();
        token
    }

    fn error<T>(&self, message: &str) -> Result<T, String> {
        let token = self
            .tokens
            .get(self.furthest.saturating_sub(1))
            .or(self.tokens.last());
        let line = token.map_or(1, |token| token.line);
        Err(format!("template: {NAME}:{line}: {message}"))
    }

    fn unexpected<T>(&self, token: &Token, context: &str) -> Result<T, String> {
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

    fn expect(&mut self, wanted: Type, context: &str) -> Result<(), String> {
        let token = self.next_word();
        if token.type_ == wanted {
            return Ok(());
        }
        self.unexpected(&token, context)
    }

    fn enter(&mut self) -> Result<(), String> {
        if self.depth >= MAX_NESTED {
            return self.error("max expression depth exceeded");
        }
        self.depth += 1;
        Ok(())
    }

    fn add(&mut self, name: String, list: List) -> Result<(), String> {
        let is_empty = |list: &List| {
            list.iter()
                .all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
        };
        match self.templates.get(&name) {
            Some(old) if !is_empty(old) => {
                if !is_empty(&list) {
                    let name = quote(&name);
                    return self.error(&format!("template: multiple definition of template {name}"));
                }
            }
            _ => {
                self.templates.insert(name, list);
            }
        }
        Ok(())
    }

    fn root(&mut self) -> Result<List, String> {
        let mut list = List::new();
        while self.peek() != Type::Eof {
            let start = self.at;
            if self.next().type_ == Type::LeftDelim && self.next_word().type_ == Type::Define {
                self.definition()?;
                continue;
            }
            self.at = start;
            match self.text_or_action()? {
                Item::Node(node) => list.push(node),
                Item::End(end) => return self.error(&format!("unexpected {}", end.text())),
            }
        }
        Ok(list)
    }

    fn definition(&mut self) -> Result<(), String> {
        let context = "define clause";
        let token = self.next_word();
        let name = self.template_name(&token, context)?;
        self.expect(Type::RightDelim, context)?;
        let list = self.named_body(context)?;
        self.add(name, list)
    }

    /// The body of a `define` or `block`, which sees no variable from outside.
    fn named_body(&mut self, context: &str) -> Result<List, String> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".to_owned()]);
        let range_depth = std::mem::take(&mut self.range_depth);
        let action_line = std::mem::take(&mut self.action_line);
        let (list, end) = self.list()?;
        if end != End::End {
            return self.error(&format!("unexpected {} in {context}", end.text()));
        }
        self.variables = variables;
        self.range_depth = range_depth;
        self.action_line = action_line;
        Ok(list)
    }

    fn list(&mut self) -> Result<(List, End), String> {
        self.enter()?;
        let mut list = List::new();
        while self.peek_word().type_ != Type::Eof {
            match self.text_or_action()? {
                Item::Node(node) => list.push(node),
                Item::End(end) => {
                    self.depth -= 1;
                    return Ok((list, end));
                }
            }
        }
        self.error("unexpected EOF")
    }

    fn text_or_action(&mut self) -> Result<Item, String> {
        let token = self.next_word();
        match token.type_ {
            Type::Text => Ok(Item::Node(Node::Text(token.text))),
            Type::LeftDelim => {
                self.action_line = token.line;
                let item = self.action()?;
                self.action_line = 0;
                Ok(item)
            }
            _ => self.unexpected(&token, "input"),
        }
    }

    fn action(&mut self) -> Result<Item, String> {
        let token = self.next_word();
        let node = match token.type_ {
            Type::Block => self.block()?,
            Type::Break => self.leave_range("{{break}}", Node::Break)?,
            Type::Continue => self.leave_range("{{continue}}", Node::Continue)?,
            Type::Else => {
                if !matches!(self.peek_word().type_, Type::If | Type::With) {
                    self.expect(Type::RightDelim, "else")?;
                }
                return Ok(Item::End(End::Else));
            }
            Type::End => {
                self.expect(Type::RightDelim, "end")?;
                return Ok(Item::End(End::End));
            }
            Type::If => Node::If(self.control("if")?),
            Type::Range => Node::Range(self.control("range")?),
            Type::Template => self.call()?,
            Type::With => Node::With(self.control("with")?),
            _ => {
                self.back();
                Node::Action(self.pipeline("command", Type::RightDelim)?)
            }
        };
        Ok(Item::Node(node))
    }

    fn leave_range(&mut self, text: &str, node: Node) -> Result<Node, String> {
        let token = self.next_word();
        if token.type_ != Type::RightDelim {
            return self.unexpected(&token, text);
        }
        if self.range_depth == 0 {
            return self.error(&format!("{text} outside {{{{range}}}}"));
        }
        Ok(node)
    }

    fn control(&mut self, context: &str) -> Result<Branch, String> {
        let variables = self.variables.len();
        let pipe = self.pipeline(context, Type::RightDelim)?;
        let depth = usize::from(context == "range");
        self.range_depth += depth;
        let (list, end) = self.list()?;
        self.range_depth -= depth;
        let otherwise = match end {
            End::End => None,
            End::Else => {
                let next = self.peek();
                let node = match (context, next) {
                    ("if", Type::If) | ("with", Type::With) => {
                        self.next();
                        self.enter()?;
                        let branch = self.control(context)?;
                        self.depth -= 1;
                        Some(if context == "if" {
                            Node::If(branch)
                        } else {
                            Node::With(branch)
                        })
                    }
                    _ => None,
                };
                match node {
                    Some(node) => Some(vec![node]),
                    None => {
                        let (list, end) = self.list()?;
                        if end != End::End {
                            return self.error(&format!("expected end; found {}", end.text()));
                        }
                        Some(list)
                    }
                }
            }
        };
        self.variables.truncate(variables);
        Ok(Branch {
            pipe,
            list,
            otherwise,
        })
    }

    fn block(&mut self) -> Result<Node, String> {
        let context = "block clause";
        let token = self.next_word();
        let name = self.template_name(&token, context)?;
        let pipe = self.pipeline(context, Type::RightDelim)?;
        let list = self.named_body(context)?;
        self.add(name.clone(), list)?;
        Ok(Node::Template(Call {
            position: token.position,
            name,
            pipe: Some(pipe),
        }))
    }

    fn call(&mut self) -> Result<Node, String> {
        let context = "template clause";
        let token = self.next_word();
        let name = self.template_name(&token, context)?;
        let mut pipe = None;
        if self.next_word().type_ != Type::RightDelim {
            self.back();
            pipe = Some(self.pipeline(context, Type::RightDelim)?);
        }
        Ok(Node::Template(Call {
            position: token.position,
            name,
            pipe,
        }))
    }

    fn template_name(&self, token: &Token, context: &str) -> Result<String, String> {
        match token.type_ {
            Type::String | Type::RawString => self.unquote(&token.text),
            _ => self.unexpected(token, context),
        }
    }

    fn unquote(&self, literal: &str) -> Result<String, String> {
        match unquote(literal) {
            Some(text) => Ok(text),
            None => self.error("invalid syntax"),
        }
    }
}
