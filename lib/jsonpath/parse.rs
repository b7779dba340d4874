//! Parses templates.
//!
//! The language has no grammar but client-go's parser. So the steps here have its order: its mistakes are accepted
//! here, too, and errors have the same place.

use super::error::{Error, error};
use crate::go::text::{code_point, unquote};

/// A node of a template or of an expression in it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    /// Text outside of braces.
    Text(String),
    /// `{…}`, or an operand of a filter or a union. Each node is applied to the results of the one before.
    List(Vec<Node>),
    /// `.name`
    Field(String),
    /// `range`, `end`, or any other word, which is an error only when it is evaluated.
    Identifier(String),
    /// `[…]` on a list.
    Slice(Slice),
    /// `[?(…)]`
    Filter(Box<Filter>),
    Int(i64),
    Float(f64),
    Bool(bool),
    /// `.*`
    Wildcard,
    /// `..`
    Recursive,
    /// `[…,…]`
    Union(Vec<Vec<Node>>),
}

/// `[start:end:step]`. `[n]` is `[n:n+1]` with a derived end, so that `[-1]` does not end at 0.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Slice {
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) end_is_derived: bool,
    pub(super) step: Option<i64>,
}

/// `[?(left operator right)]`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Filter {
    pub(super) left: Vec<Node>,
    pub(super) right: Vec<Node>,
    /// The operator as typed, or [`EXISTS`].
    pub(super) operator: String,
}

/// The operator of a filter without one.
pub(super) const EXISTS: &str = "exists";

/// Parses a whole template.
pub(super) fn parse(text: &str) -> Result<Vec<Node>, Error> {
    let mut parser = Parser {
        input: text,
        start: 0,
        at: 0,
    };
    let mut root = Vec::new();
    while parser.text(&mut root) {
        let action = parser.action()?;
        root.push(Node::List(action));
    }
    Ok(root)
}

/// Parses text between braces. What follows a brace in it is parsed, and then ignored.
fn parse_action(text: &str) -> Result<Vec<Node>, Error> {
    match parse(&format!("{{{text}}}"))?.into_iter().next() {
        Some(Node::List(nodes)) => Ok(nodes),
        _ => Ok(Vec::new()),
    }
}

/// Returns whether nodes may lead to a path, or to a part of it.
pub(super) fn reaches(nodes: &[Node], path: &[&str]) -> bool {
    let mut path = path.iter();
    for node in nodes {
        match (node, path.next()) {
            (Node::Field(name), Some(step)) if name == step => {}
            (Node::Field(_), Some(_)) => return false,
            _ => return true,
        }
    }
    true
}

struct Parser<'a> {
    input: &'a str,
    /// The end of the text that has been taken.
    start: usize,
    /// The end of the text that has been read.
    at: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.input.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let next = self.peek();
        self.at += next.map_or(0, char::len_utf8);
        next
    }

    fn take(&mut self) -> &'a str {
        let taken = self.input.get(self.start..self.at).unwrap_or_default();
        self.start = self.at;
        taken
    }

    /// Returns whether a backslash stands before the last character. As in client-go, a backslash counts that is itself
    /// escaped.
    fn is_escaped(&self) -> bool {
        self.at
            .checked_sub(2)
            .and_then(|at| self.input.as_bytes().get(at))
            == Some(&b'\\')
    }

    /// Takes text up to the next brace. Returns whether there is one.
    fn text(&mut self, root: &mut Vec<Node>) -> bool {
        let brace = self.rest().find('{');
        self.at += brace.unwrap_or(self.rest().len());
        let text = self.take();
        if !text.is_empty() {
            root.push(Node::Text(text.to_owned()));
        }
        if brace.is_some() {
            self.at += 1;
            self.take();
        }
        brace.is_some()
    }

    /// Takes everything up to the closing brace.
    fn action(&mut self) -> Result<Vec<Node>, Error> {
        let mut nodes = Vec::new();
        loop {
            let rest = self.rest();
            if rest.starts_with('}') {
                self.at += 1;
                self.take();
                return Ok(nodes);
            }
            if rest.starts_with("[?(") {
                nodes.push(self.filter()?);
                continue;
            }
            if rest.starts_with("..") {
                self.recursive(&mut nodes)?;
                continue;
            }
            let Some(next) = self.peek().filter(|next| !is_end_of_line(*next)) else {
                return error("unclosed action");
            };
            match next {
                ' ' | '@' | '$' => {
                    self.next();
                    self.take();
                }
                '[' => self.array(&mut nodes)?,
                '"' | '\'' => nodes.push(self.quote(next)?),
                '.' => {
                    self.next();
                    nodes.push(self.field());
                }
                '+' | '-' => nodes.push(self.number()?),
                _ if next.is_numeric() => nodes.push(self.number()?),
                _ if next == '_' || next.is_alphabetic() => nodes.push(self.identifier()),
                _ => {
                    let next = code_point(Some(next));
                    return error(format!("unrecognized character in action: {next}"));
                }
            }
        }
    }

    fn identifier(&mut self) -> Node {
        while self.peek().is_some_and(|next| !is_terminator(next)) {
            self.next();
        }
        match self.take() {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            word => Node::Identifier(word.to_owned()),
        }
    }

    fn recursive(&mut self, nodes: &mut Vec<Node>) -> Result<(), Error> {
        if nodes.last() == Some(&Node::Recursive) {
            return error("invalid multiple recursive descent");
        }
        self.at += 2;
        self.take();
        nodes.push(Node::Recursive);
        let next = self.peek();
        if next.is_some_and(|next| next == '_' || next.is_alphabetic() || next.is_numeric()) {
            nodes.push(self.field());
        }
        Ok(())
    }

    fn number(&mut self) -> Result<Node, Error> {
        self.next();
        while self.peek().is_some_and(|next| next == '.' || next.is_numeric()) {
            self.next();
        }
        let text = self.take();
        if let Ok(int) = text.parse() {
            return Ok(Node::Int(int));
        }
        match text.parse::<f64>() {
            Ok(float) if float.is_finite() => Ok(Node::Float(float)),
            _ => error(format!("cannot parse number {text}")),
        }
    }

    /// Takes `[…]`, which ends at the first bracket, even one in quotes.
    fn array(&mut self, nodes: &mut Vec<Node>) -> Result<(), Error> {
        loop {
            match self.next() {
                None | Some('\n') => return error("unterminated array"),
                Some(']') => break,
                Some(_) => {}
            }
        }
        let text = self.take();
        let text = text.get(1..text.len() - 1).unwrap_or_default();
        if text.contains(',') {
            let operands = text.split(',');
            let operands = operands.map(|operand| parse_action(&format!("[{}]", operand.trim_matches(' '))));
            nodes.push(Node::Union(operands.collect::<Result<_, _>>()?));
            return Ok(());
        }
        let key = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        if let Some(key) = key.filter(|key| !key.contains('\'')) {
            nodes.extend(parse_action(&format!(".{key}"))?);
            return Ok(());
        }
        nodes.push(Node::Slice(slice(if text == "*" { ":" } else { text })?));
        Ok(())
    }

    fn filter(&mut self) -> Result<Node, Error> {
        self.at += "[?(".len();
        self.take();
        let mut quote = None;
        let mut ended = false;
        loop {
            match self.next() {
                None | Some('\n') => return error("unterminated filter"),
                Some(next @ ('"' | '\'')) => match quote {
                    None => quote = Some(next),
                    Some(quote) if quote == next && !self.is_escaped() => ended = true,
                    Some(_) => {}
                },
                Some(')') if quote.is_some() == ended => break,
                Some(_) => {}
            }
        }
        if self.next() != Some(']') {
            return error("unclosed array expect ]");
        }
        let text = self.take();
        let text = text.get(..text.len() - 2).unwrap_or_default();
        let filter = match comparison(text) {
            Some((left, operator, right)) => Filter {
                left: parse_action(left)?,
                right: parse_action(right)?,
                operator: operator.to_owned(),
            },
            None => Filter {
                left: parse_action(text)?,
                right: Vec::new(),
                operator: EXISTS.to_owned(),
            },
        };
        Ok(Node::Filter(Box::new(filter)))
    }

    fn quote(&mut self, quote: char) -> Result<Node, Error> {
        self.next();
        loop {
            match self.next() {
                None | Some('\n') => return error("unterminated quoted string"),
                Some(next) if next == quote && !self.is_escaped() => break,
                Some(_) => {}
            }
        }
        let quoted = self.take();
        match unquote(quoted, quote) {
            Some(text) => Ok(Node::Text(text)),
            None => error(format!("unquote string {quoted} error invalid syntax")),
        }
    }

    fn field(&mut self) -> Node {
        self.take();
        while let Some(next) = self.peek() {
            if next == '\\' {
                self.next();
            } else if is_terminator(next) {
                break;
            }
            self.next();
        }
        match self.take() {
            "*" => Node::Wildcard,
            name => Node::Field(name.replace('\\', "")),
        }
    }
}

fn is_end_of_line(character: char) -> bool {
    matches!(character, '\r' | '\n')
}

fn is_terminator(character: char) -> bool {
    matches!(
        character,
        ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}'
    )
}

/// Parses `start:end:step`, of which each may be missing.
fn slice(text: &str) -> Result<Slice, Error> {
    let is_number = |part: &str| {
        let digits = part.strip_prefix('-').unwrap_or(part);
        digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if text.split(':').count() > 3 || !text.split(':').all(is_number) {
        return error(format!("invalid array index {text}"));
    }
    let mut parts = text.split(':');
    let mut part = || match parts.next() {
        None => Ok(None),
        Some("") => Ok(Some(None)),
        Some(part) => match part.parse() {
            Ok(number) => Ok(Some(Some(number))),
            Err(_) => error(format!("array index {part} is not a number")),
        },
    };
    let (start, end, step) = (part()?.flatten(), part()?, part()?.flatten());
    Ok(Slice {
        start,
        end: end.unwrap_or_else(|| Some(start.unwrap_or_default().wrapping_add(1))),
        end_is_derived: end.is_none(),
        step,
    })
}

/// Splits `left operator right`. An operator is any run of `!`, `<`, `=` and `>` that leaves something after it.
fn comparison(text: &str) -> Option<(&str, &str, &str)> {
    const SIGNS: [char; 4] = ['!', '<', '>', '='];
    let (left, rest) = text.split_at(text.find(SIGNS)?);
    let mut length = rest.find(|other| !SIGNS.contains(&other)).unwrap_or(rest.len());
    if length == rest.len() {
        length -= 1;
    }
    (!left.is_empty() && length > 0).then(|| {
        let (operator, right) = rest.split_at(length);
        (left, operator, right)
    })
}
