//! A template's tokens taken into its tree: a port of `text/template/parse/parse.go`, with its error
//! texts.

use super::funcs;
use super::lexer::{Token, Type, tokens};
use super::node::{Branch, Call, Command, List, Node, Number, Operand, Pipe, Word};
use super::text::{quote, unquote, unquote_constant};
use super::{MAX_DEPTH, NAME};
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
        if self.depth >= MAX_DEPTH {
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

    fn pipeline(&mut self, context: &str, end: Type) -> Result<Pipe, String> {
        let mut pipe = Pipe {
            position: self.peek_word().position,
            variables: Vec::new(),
            is_assignment: false,
            commands: Vec::new(),
        };
        loop {
            let variable = self.peek_word();
            if variable.type_ != Type::Variable {
                break;
            }
            let start = self.at;
            self.next();
            let next = self.peek_word();
            if matches!(next.type_, Type::Assign | Type::Declare) {
                pipe.is_assignment = next.type_ == Type::Assign;
                self.next_word();
                pipe.variables.push(variable.text.clone());
                self.variables.push(variable.text);
                break;
            }
            if next.type_ != Type::Char || next.text != "," {
                self.at = start;
                break;
            }
            self.next_word();
            pipe.variables.push(variable.text.clone());
            self.variables.push(variable.text);
            if context != "range" || pipe.variables.len() > 1 {
                return self.error(&format!("too many declarations in {context}"));
            }
            if !matches!(
                self.peek_word().type_,
                Type::Variable | Type::RightDelim | Type::RightParen
            ) {
                return self.error("range can only initialize variables");
            }
        }
        loop {
            let token = self.next_word();
            match token.type_ {
                type_ if type_ == end => {
                    self.check(&pipe, context)?;
                    return Ok(pipe);
                }
                Type::Bool
                | Type::CharConstant
                | Type::Complex
                | Type::Dot
                | Type::Field
                | Type::Identifier
                | Type::Number
                | Type::Nil
                | Type::RawString
                | Type::String
                | Type::Variable
                | Type::LeftParen => {
                    self.back();
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => return self.unexpected(&token, context),
            }
        }
    }

    fn check(&self, pipe: &Pipe, context: &str) -> Result<(), String> {
        if pipe.commands.is_empty() {
            return self.error(&format!("missing value for {context}"));
        }
        for (index, command) in pipe.commands.iter().enumerate().skip(1) {
            use Operand::{Bool, Dot, Nil, Number, Text};
            let first = command.words.first().map(|word| &word.operand);
            if let Some(Bool(_) | Dot | Nil | Number(..) | Text(..)) = first {
                let stage = index + 1;
                return self.error(&format!("non executable command in pipeline stage {stage}"));
            }
        }
        Ok(())
    }

    fn command(&mut self) -> Result<Command, String> {
        let position = self.peek_word().position;
        let mut words = Vec::new();
        loop {
            self.peek_word();
            words.extend(self.operand()?);
            let token = self.next();
            match token.type_ {
                Type::Space => {}
                Type::RightDelim | Type::RightParen => {
                    self.back();
                    break;
                }
                Type::Pipe => break,
                _ => return self.unexpected(&token, "operand"),
            }
        }
        if words.is_empty() {
            return self.error("empty command");
        }
        Ok(Command { position, words })
    }

    fn operand(&mut self) -> Result<Option<Word>, String> {
        let Some(word) = self.term()? else {
            return Ok(None);
        };
        if self.peek() != Type::Field {
            return Ok(Some(word));
        }
        let mut position = None;
        let mut names = Vec::new();
        while self.peek() == Type::Field {
            let token = self.next();
            position.get_or_insert(token.position);
            names.push(token.text.trim_start_matches('.').to_owned());
        }
        let position = position.unwrap_or(word.position);
        let operand = match word.operand {
            Operand::Field(mut fields) => {
                fields.append(&mut names);
                Operand::Field(fields)
            }
            Operand::Variable(mut fields) => {
                fields.append(&mut names);
                Operand::Variable(fields)
            }
            Operand::Bool(_) | Operand::Text(..) | Operand::Number(..) | Operand::Nil | Operand::Dot => {
                let term = quote(&word.to_string());
                return self.error(&format!("unexpected . after term {term}"));
            }
            _ => Operand::Chain(Box::new(word), names),
        };
        Ok(Some(Word { position, operand }))
    }

    fn term(&mut self) -> Result<Option<Word>, String> {
        let token = self.next_word();
        let operand = match token.type_ {
            Type::Identifier => {
                if funcs::signature(&token.text).is_none() {
                    let name = quote(&token.text);
                    return self.error(&format!("function {name} not defined"));
                }
                Operand::Identifier(token.text)
            }
            Type::Dot => Operand::Dot,
            Type::Nil => Operand::Nil,
            Type::Variable => {
                if !self.variables.contains(&token.text) {
                    return self.error(&format!("undefined variable {}", quote(&token.text)));
                }
                Operand::Variable(vec![token.text])
            }
            Type::Field => Operand::Field(vec![token.text.trim_start_matches('.').to_owned()]),
            Type::Bool => Operand::Bool(token.text == "true"),
            Type::CharConstant => match unquote_constant(&token.text) {
                Some(number) => Operand::Number(token.text, Number::Int(number)),
                None => return self.error(&format!("malformed character constant: {}", token.text)),
            },
            Type::Complex | Type::Number => match number(&token.text) {
                Ok(number) => Operand::Number(token.text, number),
                Err(message) => return self.error(&message),
            },
            Type::LeftParen => {
                self.enter()?;
                let pipe = self.pipeline("parenthesized pipeline", Type::RightParen)?;
                self.depth -= 1;
                let position = pipe.position;
                return Ok(Some(Word {
                    position,
                    operand: Operand::Pipe(pipe),
                }));
            }
            Type::String | Type::RawString => {
                let text = self.unquote(&token.text)?;
                Operand::Text(token.text, text)
            }
            _ => {
                self.back();
                return Ok(None);
            }
        };
        Ok(Some(Word {
            position: token.position,
            operand,
        }))
    }
}

/// A number as Go's literals have it. Complex numbers and hexadecimal floats are not known here.
fn number(text: &str) -> Result<Number, String> {
    let illegal = || format!("illegal number syntax: {}", quote(text));
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (&text[..1], digits),
        None => ("", text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, body) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        _ if lower.len() > 1 && lower.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_') => {
            match lower.strip_prefix('0') {
                Some(octal) => (8, octal),
                None => (10, &*lower),
            }
        }
        _ => (10, &*lower),
    };
    let body = body.replace('_', "");
    if !body.is_empty() && body.chars().all(|digit| digit.is_digit(radix)) {
        if let Ok(number) = i64::from_str_radix(&format!("{sign}{body}"), radix) {
            return Ok(Number::Int(number));
        }
        if sign.is_empty() && u64::from_str_radix(&body, radix).is_ok() {
            return Ok(Number::Overflow);
        }
        return Err(format!("integer overflow: {}", quote(text)));
    }
    // What is no octal number, such as 08, is tried as a float.
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
        return Err(format!("integer overflow: {}", quote(text)));
    }
    if radix != 10 || text.contains('_') {
        return Err(illegal());
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(Number::Float(number)),
        _ => Err(illegal()),
    }
}
