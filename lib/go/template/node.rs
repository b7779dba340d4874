//! The nodes of a template, and how error texts show them (`text/template/parse/node.go`).

use std::fmt;

/// A body.
pub(super) type Body = Vec<TemplateNode>;

/// A node of a body.
#[derive(Debug)]
pub(super) enum TemplateNode {
    Text(String),
    Action(Pipe),
    If(Branch),
    With(Branch),
    Range(Branch),
    Template(Call),
    Break,
    Continue,
}

/// `if`, `with` or `range`.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) pipe: Pipe,
    pub(super) list: Body,
    pub(super) otherwise: Option<Body>,
}

/// A `template` action, or the call that a `block` is.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) position: usize,
    pub(super) name: String,
    pub(super) pipe: Option<Pipe>,
}

/// Commands, and the variables that get their result.
#[derive(Debug)]
pub(super) struct Pipe {
    pub(super) position: usize,
    pub(super) variables: Vec<String>,
    pub(super) is_assignment: bool,
    pub(super) commands: Vec<Command>,
}

/// A function or a value, and its arguments.
#[derive(Debug)]
pub(super) struct Command {
    pub(super) position: usize,
    pub(super) words: Vec<Word>,
}

/// An operand and its place.
#[derive(Debug)]
pub(super) struct Word {
    pub(super) position: usize,
    pub(super) operand: Operand,
}

/// An operand.
#[derive(Debug)]
pub(super) enum Operand {
    Dot,
    Nil,
    Bool(bool),
    Number(String, Number),
    /// A string as it was written, and its text.
    Text(String, String),
    Field(Vec<String>),
    /// The name of a variable, and fields of it.
    Variable(Vec<String>),
    Identifier(String),
    Chain(Box<Word>, Vec<String>),
    Pipe(Pipe),
}

/// A constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Int(i64),
    Float(f64),
    /// An integer that an `int` cannot hold.
    Overflow,
}

/// Returns whether an operand in some nodes, at any depth, passes a test. The bodies of templates that are called do not
/// count.
pub(super) fn any_operand(nodes: &[TemplateNode], test: &dyn Fn(&Operand) -> bool) -> bool {
    fn in_word(word: &Word, test: &dyn Fn(&Operand) -> bool) -> bool {
        let is_inside = match &word.operand {
            Operand::Chain(inner, _) => in_word(inner, test),
            Operand::Pipe(pipe) => in_pipe(pipe, test),
            _ => false,
        };
        is_inside || test(&word.operand)
    }
    fn in_pipe(pipe: &Pipe, test: &dyn Fn(&Operand) -> bool) -> bool {
        let mut words = pipe.commands.iter().flat_map(|command| &command.words);
        words.any(|word| in_word(word, test))
    }
    nodes.iter().any(|node| match node {
        TemplateNode::Action(pipe) => in_pipe(pipe, test),
        TemplateNode::If(branch) | TemplateNode::With(branch) | TemplateNode::Range(branch) => {
            let otherwise = branch.otherwise.as_deref().unwrap_or_default();
            in_pipe(&branch.pipe, test) || any_operand(&branch.list, test) || any_operand(otherwise, test)
        }
        TemplateNode::Template(call) => call.pipe.as_ref().is_some_and(|pipe| in_pipe(pipe, test)),
        TemplateNode::Text(_) | TemplateNode::Break | TemplateNode::Continue => false,
    })
}

impl fmt::Display for Pipe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.variables.is_empty() {
            let sign = if self.is_assignment { "=" } else { ":=" };
            write!(out, "{} {sign} ", self.variables.join(", "))?;
        }
        for (index, command) in self.commands.iter().enumerate() {
            let bar = if index > 0 { " | " } else { "" };
            write!(out, "{bar}{command}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Command {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.words.iter().enumerate() {
            let blank = if index > 0 { " " } else { "" };
            match &word.operand {
                Operand::Pipe(pipe) => write!(out, "{blank}({pipe})")?,
                _ => write!(out, "{blank}{word}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Word {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.operand {
            Operand::Dot => out.write_str("."),
            Operand::Nil => out.write_str("nil"),
            Operand::Bool(value) => write!(out, "{value}"),
            Operand::Number(text, _) | Operand::Text(text, _) => out.write_str(text),
            Operand::Field(names) => names.iter().try_for_each(|name| write!(out, ".{name}")),
            Operand::Variable(names) => out.write_str(&names.join(".")),
            Operand::Identifier(name) => out.write_str(name),
            Operand::Chain(word, names) => {
                match &word.operand {
                    Operand::Pipe(pipe) => write!(out, "({pipe})")?,
                    _ => write!(out, "{word}")?,
                }
                names.iter().try_for_each(|name| write!(out, ".{name}"))
            }
            Operand::Pipe(pipe) => write!(out, "{pipe}"),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{{{{template {}", crate::go::text::quote(&self.name))?;
        if let Some(pipe) = &self.pipe {
            write!(out, " {pipe}")?;
        }
        out.write_str("}}")
    }
}
