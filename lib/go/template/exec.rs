//! Runs a template over data from JSON.
//!
//! Output and error texts are those of Go's `text/template`. Its reflection is not needed here, since a value has one
//! of few types.

use super::funcs::{self, Parameter};
use super::item::{Item, Slot, concrete, is_true};
use super::limits::{MAX_DEPTH, NAME};
use super::node::{Body, Branch, Call, Command, Number, Operand, Pipe, TemplateNode, Word};
use super::parser::Templates;
use crate::go::text::quote;
use crate::go::value::Value;
use crate::json::TreeNode;
use std::borrow::Cow;
use std::fmt::{self, Write};
use std::ops::ControlFlow;

/// Why a body ended early.
enum BodyEnd {
    Break,
    Continue,
    Error(String),
}

type Run<T> = Result<T, BodyEnd>;

/// The node that an error is about.
#[derive(Clone, Copy)]
enum At<'t> {
    Nothing,
    Word(&'t Word),
    Command(&'t Command),
    Pipe(&'t Pipe),
    Call(&'t Call),
}

/// The state of a run besides its data.
#[derive(Clone, Copy)]
pub(super) struct Settings<'t> {
    pub(super) source: &'t str,
    pub(super) templates: &'t Templates,
    pub(super) allow_missing_keys: bool,
}

impl Settings<'_> {
    /// Returns kubectl's text for an error, in one line.
    pub(super) fn failure(&self, error: &str) -> String {
        format!("error executing template {}: {error}", quote(self.source))
    }
}

/// Runs a template over data, and writes what it prints.
///
/// # Errors
/// Go's text for what went wrong. The output until then has been written.
pub(super) fn execute<'t>(run: Settings<'t>, data: Value<'t>, out: &mut dyn Write) -> Result<(), String> {
    let Some(root) = run.templates.get(NAME) else {
        return Err(format!(
            "template: {NAME}: {NAME:?} is an incomplete or empty template"
        ));
    };
    let data = Slot::of(data);
    outcome(Execution::new(run, data.clone(), out).list(&data, root))
}

/// Runs nodes of a template that do not depend on its data.
///
/// # Errors
/// As [`execute`].
pub(super) fn run_constant(
    run: Settings<'_>,
    nodes: &[TemplateNode],
    out: &mut dyn Write,
) -> Result<(), String> {
    let mut state = Execution::new(run, None, out);
    outcome(nodes.iter().try_for_each(|node| state.node(&None, node)))
}

/// Runs the body of a range over a List for one of its items, and returns whether the range goes on.
///
/// # Errors
/// As [`execute`].
pub(super) fn run_item<'t>(
    run: Settings<'t>,
    range: &'t Branch,
    index: usize,
    item: TreeNode<'t>,
    out: &mut dyn Write,
) -> Result<ControlFlow<()>, String> {
    let mut state = Execution::new(run, None, out);
    let names = range.pipe.variables.iter();
    state.variables.extend(names.map(|name| (name.as_str(), None)));
    // The template itself counts as a body.
    state.depth = 1;
    let index = Slot::of(Value::Int(i64::try_from(index).unwrap_or(i64::MAX)));
    match state.iteration(range, index, Slot::member(item)) {
        Err(BodyEnd::Break) => Ok(ControlFlow::Break(())),
        done => outcome(done).map(ControlFlow::Continue),
    }
}

fn outcome(done: Run<()>) -> Result<(), String> {
    match done {
        Err(BodyEnd::Error(message)) => Err(message),
        // The parser accepts the others only inside a range.
        _ => Ok(()),
    }
}

struct Execution<'t, 'o> {
    run: Settings<'t>,
    /// The name of the body that runs.
    name: &'t str,
    at: At<'t>,
    variables: Vec<(&'t str, Item<'t>)>,
    depth: usize,
    out: &'o mut dyn Write,
}

impl<'t, 'o> Execution<'t, 'o> {
    fn new(run: Settings<'t>, data: Item<'t>, out: &'o mut dyn Write) -> Self {
        Self {
            run,
            name: NAME,
            at: At::Nothing,
            variables: vec![("$", data)],
            depth: 0,
            out,
        }
    }

    fn error<T>(&self, message: &str) -> Run<T> {
        let (position, context) = match self.at {
            At::Nothing => return Err(BodyEnd::Error(format!("template: {}: {message}", self.name))),
            At::Word(word) => (word.position, word.to_string()),
            At::Command(command) => (command.position, command.to_string()),
            At::Pipe(pipe) => (pipe.position, pipe.to_string()),
            At::Call(call) => (call.position, call.to_string()),
        };
        let before = self.run.source.get(..position).unwrap_or_default();
        let line = 1 + before.matches('\n').count();
        let column = before
            .rfind('\n')
            .map_or(position, |newline| position - newline - 1);
        let name = quote(self.name);
        Err(BodyEnd::Error(format!(
            "template: {NAME}:{line}:{column}: executing {name} at <{context}>: {message}"
        )))
    }

    fn variable(&self, name: &str) -> Run<Item<'t>> {
        match self.variables.iter().rfind(|(other, _)| *other == name) {
            Some((_, value)) => Ok(value.clone()),
            None => self.error(&format!("undefined variable: {name}")),
        }
    }

    fn assign(&mut self, name: &str, value: Item<'t>) -> Run<()> {
        match self.variables.iter_mut().rfind(|(other, _)| *other == name) {
            Some((_, old)) => {
                *old = value;
                Ok(())
            }
            None => self.error(&format!("undefined variable: {name}")),
        }
    }

    fn check_depth(&self) -> Run<()> {
        if self.depth >= MAX_DEPTH {
            return self.error(&format!("exceeded maximum template depth ({MAX_DEPTH})"));
        }
        Ok(())
    }

    fn list(&mut self, dot: &Item<'t>, list: &'t Body) -> Run<()> {
        self.check_depth()?;
        self.depth += 1;
        let done = list.iter().try_for_each(|node| self.node(dot, node));
        self.depth -= 1;
        done
    }

    fn node(&mut self, dot: &Item<'t>, node: &'t TemplateNode) -> Run<()> {
        match node {
            TemplateNode::Text(text) => self.write(text)?,
            TemplateNode::Action(pipe) => {
                let value = self.pipe(dot, pipe)?;
                if pipe.variables.is_empty() {
                    match value {
                        Some(slot) => self.write(slot.value)?,
                        None => self.write("<no value>")?,
                    }
                }
            }
            TemplateNode::If(branch) => self.branch(dot, branch, false)?,
            TemplateNode::With(branch) => self.branch(dot, branch, true)?,
            TemplateNode::Range(branch) => self.range(dot, branch)?,
            TemplateNode::Template(call) => self.call(dot, call)?,
            TemplateNode::Break => return Err(BodyEnd::Break),
            TemplateNode::Continue => return Err(BodyEnd::Continue),
        }
        Ok(())
    }

    fn write(&mut self, text: impl fmt::Display) -> Run<()> {
        write!(self.out, "{text}").map_err(|error| BodyEnd::Error(error.to_string()))
    }

    fn branch(&mut self, dot: &Item<'t>, branch: &'t Branch, with: bool) -> Run<()> {
        let mark = self.variables.len();
        let value = self.pipe(dot, &branch.pipe)?;
        let done = if is_true(&value) {
            self.list(if with { &value } else { dot }, &branch.list)
        } else {
            branch
                .otherwise
                .as_ref()
                .map_or(Ok(()), |list| self.list(dot, list))
        };
        self.variables.truncate(mark);
        done
    }

    fn range(&mut self, dot: &Item<'t>, branch: &'t Branch) -> Run<()> {
        let mark = self.variables.len();
        let value = self.pipe(dot, &branch.pipe)?.map(|slot| slot.value);
        let several = branch.pipe.variables.len() > 1;
        let mut ran = false;
        let mut body = |index: Item<'t>, member: Item<'t>| {
            ran = true;
            self.iteration(branch, index, member)
        };
        let done = match &value {
            None => Ok(()),
            Some(Value::List(items)) => (0..)
                .zip(items.iter())
                .try_for_each(|(index, item)| body(Slot::of(Value::Int(index)), Slot::member(item))),
            Some(Value::Map(map)) => map
                .members()
                .try_for_each(|(key, member)| body(Slot::of(Value::Text(key)), Slot::member(member))),
            Some(number @ (Value::Int(_) | Value::Int64(_) | Value::Byte(_))) => {
                if several {
                    let message = format!("can't use {number} to iterate over more than one variable");
                    return self.error(&message);
                }
                (0..number.integer().unwrap_or(0)).try_for_each(|index| {
                    let index = match number {
                        Value::Int(_) => Value::Int(index),
                        Value::Byte(_) => Value::Byte(u8::try_from(index).unwrap_or(0)),
                        _ => Value::Int64(index),
                    };
                    body(None, Slot::of(index))
                })
            }
            Some(other) => return self.error(&format!("range can't iterate over {other}")),
        };
        let done = match done {
            Err(BodyEnd::Break) => Ok(()),
            Ok(()) if !ran => branch
                .otherwise
                .as_ref()
                .map_or(Ok(()), |list| self.list(dot, list)),
            done => done,
        };
        self.variables.truncate(mark);
        done
    }

    fn iteration(&mut self, branch: &'t Branch, index: Item<'t>, member: Item<'t>) -> Run<()> {
        let mark = self.variables.len();
        let pipe = &branch.pipe;
        // With two variables, the index comes first.
        let values = match pipe.variables.len() {
            0 => vec![],
            1 => vec![member.clone()],
            _ => vec![index, member.clone()],
        };
        let count = values.len();
        for (place, (name, value)) in pipe.variables.iter().zip(values).enumerate() {
            if pipe.is_assignment {
                self.assign(name, value)?;
            } else if let Some((_, top)) = self.variables.get_mut(mark - count + place) {
                *top = value;
            }
        }
        let done = self.list(&member, &branch.list);
        self.variables.truncate(mark);
        match done {
            Err(BodyEnd::Continue) => Ok(()),
            done => done,
        }
    }

    fn call(&mut self, dot: &Item<'t>, call: &'t Call) -> Run<()> {
        self.at = At::Call(call);
        let Some((name, list)) = self.run.templates.get_key_value(&call.name) else {
            return self.error(&format!("template {} not defined", quote(&call.name)));
        };
        self.check_depth()?;
        let dot = match &call.pipe {
            Some(pipe) => self.pipe(dot, pipe)?,
            None => None,
        };
        let outer = std::mem::replace(&mut self.variables, vec![("$", dot.clone())]);
        let outer_name = std::mem::replace(&mut self.name, name);
        let done = self.list(&dot, list);
        self.variables = outer;
        self.name = outer_name;
        done
    }

    fn pipe(&mut self, dot: &Item<'t>, pipe: &'t Pipe) -> Run<Item<'t>> {
        self.at = At::Pipe(pipe);
        let mut value = None;
        for command in &pipe.commands {
            let result = self.command(dot, command, value)?;
            value = Some(concrete(result));
        }
        let value = value.flatten();
        for name in &pipe.variables {
            if pipe.is_assignment {
                self.assign(name, value.clone())?;
            } else {
                self.variables.push((name, value.clone()));
            }
        }
        Ok(value)
    }

    /// Runs a command. `last` is the result of the command before it in the pipe, and its last argument.
    fn command(&mut self, dot: &Item<'t>, command: &'t Command, last: Option<Item<'t>>) -> Run<Item<'t>> {
        let Some((first, rest)) = command.words.split_first() else {
            return Ok(None);
        };
        let has_arguments = !rest.is_empty() || last.is_some();
        match &first.operand {
            Operand::Identifier(name) => {
                self.at = At::Word(first);
                self.function(dot, name, At::Command(command), rest, last)
            }
            Operand::Field(_) | Operand::Chain(..) => self.operand(dot, first, has_arguments),
            Operand::Variable(names) if names.len() > 1 => self.operand(dot, first, has_arguments),
            Operand::Variable(_) => {
                let value = self.operand(dot, first, false)?;
                self.no_arguments(first, has_arguments)?;
                Ok(value)
            }
            Operand::Pipe(pipe) => {
                self.no_arguments(first, has_arguments)?;
                self.pipe(dot, pipe)
            }
            _ => {
                self.at = At::Word(first);
                self.no_arguments(first, has_arguments)?;
                if matches!(first.operand, Operand::Nil) {
                    return self.error("nil is not a command");
                }
                self.operand(dot, first, false)
            }
        }
    }

    fn no_arguments(&self, first: &Word, has_arguments: bool) -> Run<()> {
        if has_arguments {
            return self.error(&format!("can't give argument to non-function {first}"));
        }
        Ok(())
    }

    /// Evaluates an operand.
    fn operand(&mut self, dot: &Item<'t>, word: &'t Word, has_arguments: bool) -> Run<Item<'t>> {
        self.at = At::Word(word);
        match &word.operand {
            Operand::Dot => Ok(dot.clone()),
            Operand::Nil => Ok(None),
            Operand::Bool(value) => Ok(Slot::of(Value::Bool(*value))),
            Operand::Text(_, text) => Ok(Slot::of(Value::Text(Cow::Borrowed(text)))),
            Operand::Number(_, Number::Int(number)) => Ok(Slot::of(Value::Int(*number))),
            Operand::Number(_, Number::Float(number)) => Ok(Slot::of(Value::Float(*number))),
            Operand::Number(text, Number::Overflow) => self.error(&format!("{text} overflows int")),
            Operand::Field(names) => self.fields(dot.clone(), names, has_arguments),
            Operand::Variable(names) => {
                let (name, fields) = match names.split_first() {
                    Some((name, fields)) => (name.as_str(), fields),
                    None => ("$", &[][..]),
                };
                let value = self.variable(name)?;
                self.fields(value, fields, has_arguments)
            }
            Operand::Identifier(name) => self.function(dot, name, At::Word(word), &[], None),
            Operand::Pipe(pipe) => self.pipe(dot, pipe),
            Operand::Chain(inner, names) => {
                if matches!(inner.operand, Operand::Nil) {
                    return self.error(&format!("indirection through explicit nil in {word}"));
                }
                let value = self.operand(dot, inner, false)?;
                self.fields(value, names, has_arguments)
            }
        }
    }

    fn fields(&mut self, value: Item<'t>, names: &[String], has_arguments: bool) -> Run<Item<'t>> {
        let mut value = value;
        for (index, name) in names.iter().enumerate() {
            value = self.field(value, name, has_arguments && index + 1 == names.len())?;
        }
        Ok(value)
    }

    fn field(&self, receiver: Item<'t>, name: &str, has_arguments: bool) -> Run<Item<'t>> {
        let Some(slot) = receiver else {
            if self.run.allow_missing_keys {
                return Ok(None);
            }
            return self.error(&format!("nil data; no entry for key {}", quote(name)));
        };
        match &slot.value {
            Value::Nil => self.error(&format!("nil pointer evaluating {}.{name}", slot.type_name())),
            Value::Map(_) if has_arguments => {
                self.error(&format!("{name} is not a method but has arguments"))
            }
            Value::Map(map) => match map.get(name) {
                Some(member) => Ok(Slot::member(member)),
                None if self.run.allow_missing_keys => Ok(None),
                None => self.error(&format!("map has no entry for key {}", quote(name))),
            },
            _ => self.error(&format!(
                "can't evaluate field {name} in type {}",
                slot.type_name()
            )),
        }
    }

    /// Calls a function. An error of the function itself is about `call`.
    fn function(
        &mut self,
        dot: &Item<'t>,
        name: &str,
        call: At<'t>,
        words: &'t [Word],
        last: Option<Item<'t>>,
    ) -> Run<Item<'t>> {
        let Some(signature) = funcs::signature(name) else {
            return self.error(&format!("{} is not a defined function", quote(name)));
        };
        let count = words.len() + usize::from(last.is_some());
        let wanted = signature.fixed.len();
        if signature.more.is_none() && count != wanted {
            return self.error(&format!(
                "wrong number of args for {name}: want {wanted} got {count}"
            ));
        }
        if count < wanted {
            let got = words.len();
            return self.error(&format!(
                "wrong number of args for {name}: want at least {wanted} got {got}"
            ));
        }
        // These two evaluate no more arguments than they need.
        if matches!(name, "and" | "or") {
            let mut value = None;
            for word in words {
                value = self.argument(dot, Parameter::Value, word)?;
                if is_true(&value) == (name == "or") {
                    return Ok(value);
                }
            }
            return Ok(last.unwrap_or(value));
        }
        let mut arguments = Vec::with_capacity(count);
        for (index, word) in words.iter().enumerate() {
            arguments.push(self.argument(dot, signature.parameter(index), word)?);
        }
        if let Some(last) = last {
            arguments.push(self.validate(last, signature.parameter(count - 1))?);
        }
        let result = if name == "call" {
            let callee = words.first().map(ToString::to_string);
            funcs::call(arguments.first(), callee)
        } else {
            funcs::run(name, arguments)
        };
        result.or_else(|message| {
            self.at = call;
            self.error(&format!("error calling {name}: {message}"))
        })
    }

    fn argument(&mut self, dot: &Item<'t>, parameter: Parameter, word: &'t Word) -> Run<Item<'t>> {
        self.at = At::Word(word);
        match &word.operand {
            Operand::Nil => match parameter {
                Parameter::Text => self.error("cannot assign nil to string"),
                Parameter::Any | Parameter::Value => Ok(None),
            },
            Operand::Bool(_) | Operand::Number(..) if parameter == Parameter::Text => {
                self.error(&format!("expected string; found {word}"))
            }
            _ => {
                let value = self.operand(dot, word, false)?;
                self.validate(value, parameter)
            }
        }
    }

    fn validate(&self, item: Item<'t>, parameter: Parameter) -> Run<Item<'t>> {
        if parameter != Parameter::Text {
            return Ok(item);
        }
        match item {
            None => self.error("invalid value; expected string"),
            Some(slot) if matches!(slot.value, Value::Text(_)) => Ok(Slot::of(slot.value)),
            Some(slot) => {
                let type_ = slot.value.type_name();
                self.error(&format!("wrong type for value; expected string; got {type_}"))
            }
        }
    }
}
