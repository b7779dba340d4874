//! Templates that do nothing with a List but go through its items, such as `{{range .items}}…{{end}}`. They are run
//! item by item, with no more than one item in memory.

use super::exec;
use super::limits::NAME;
use super::node::{Branch, Command, Operand, Pipe, TemplateNode, Word};
use super::parser::Templates;
use crate::json::Tree;
use std::fmt::Write;
use std::ops::ControlFlow;

/// Runs a template item by item.
pub(crate) struct PerItem<'t> {
    run: exec::Settings<'t>,
    before: &'t [TemplateNode],
    range: &'t Branch,
    after: &'t [TemplateNode],
}

impl<'t> PerItem<'t> {
    /// Returns `None` for a template that needs the List for anything else.
    pub(super) fn of(run: exec::Settings<'t>, templates: &'t Templates) -> Option<Self> {
        let root = templates.get(NAME)?;
        let place = root
            .iter()
            .position(|node| matches!(node, TemplateNode::Range(_)))?;
        let (before, rest) = root.split_at(place);
        let (TemplateNode::Range(range), after) = rest.split_first()? else {
            return None;
        };
        let goes_through_items = match range.pipe.commands.as_slice() {
            [Command { words, .. }] => match words.as_slice() {
                [
                    Word {
                        operand: Operand::Field(names),
                        ..
                    },
                ] => names == &["items"],
                [
                    Word {
                        operand: Operand::Variable(names),
                        ..
                    },
                ] => names == &["$", "items"],
                _ => false,
            },
            _ => false,
        };
        let is_per_item = goes_through_items
            && !range.pipe.is_assignment
            && before.iter().chain(after).all(is_constant)
            && !range.list.iter().any(needs_root);
        is_per_item.then_some(Self {
            run,
            before,
            range,
            after,
        })
    }

    /// Writes the output before the items.
    ///
    /// # Errors
    /// As [`GoTemplate::print`](super::GoTemplate::print).
    pub(crate) fn begin(&self, out: &mut dyn Write) -> Result<(), String> {
        exec::run_constant(self.run, self.before, out)
    }

    /// Writes the output of an item, and returns whether the template goes on with the next.
    ///
    /// # Errors
    /// As [`GoTemplate::print`](super::GoTemplate::print).
    pub(crate) fn item(
        &self,
        index: usize,
        item: &str,
        out: &mut dyn Write,
    ) -> Result<ControlFlow<()>, String> {
        let item = Tree::of_valid(item).map_err(|error| error.to_string())?;
        exec::run_item(self.run, self.range, index, item.with_whole_numbers().root(), out)
    }

    /// Writes the output after the items.
    ///
    /// # Errors
    /// As [`GoTemplate::print`](super::GoTemplate::print).
    pub(crate) fn end(&self, out: &mut dyn Write) -> Result<(), String> {
        exec::run_constant(self.run, self.after, out)
    }
}

/// Returns whether a node prints the same whatever the data is.
fn is_constant(node: &TemplateNode) -> bool {
    fn is_constant_pipe(pipe: &Pipe) -> bool {
        pipe.variables.is_empty()
            && pipe
                .commands
                .iter()
                .flat_map(|command| &command.words)
                .all(|word| match &word.operand {
                    Operand::Bool(_) | Operand::Number(..) | Operand::Text(..) | Operand::Identifier(_) => {
                        true
                    }
                    Operand::Pipe(pipe) => is_constant_pipe(pipe),
                    _ => false,
                })
    }
    match node {
        TemplateNode::Text(_) => true,
        TemplateNode::Action(pipe) => is_constant_pipe(pipe),
        _ => false,
    }
}

/// Returns whether a node looks at the whole data, `$`.
fn needs_root(node: &TemplateNode) -> bool {
    fn word_needs_root(word: &Word) -> bool {
        match &word.operand {
            Operand::Variable(names) => names.first().is_some_and(|name| name == "$"),
            Operand::Chain(inner, _) => word_needs_root(inner),
            Operand::Pipe(pipe) => pipe_needs_root(pipe),
            _ => false,
        }
    }
    fn pipe_needs_root(pipe: &Pipe) -> bool {
        pipe.commands
            .iter()
            .flat_map(|command| &command.words)
            .any(word_needs_root)
    }
    match node {
        TemplateNode::Action(pipe) => pipe_needs_root(pipe),
        TemplateNode::If(branch) | TemplateNode::With(branch) | TemplateNode::Range(branch) => {
            let bodies = branch.list.iter().chain(branch.otherwise.iter().flatten());
            pipe_needs_root(&branch.pipe) || bodies.into_iter().any(needs_root)
        }
        // Its own `$` is its argument.
        TemplateNode::Template(call) => call.pipe.as_ref().is_some_and(pipe_needs_root),
        TemplateNode::Text(_) | TemplateNode::Break | TemplateNode::Continue => false,
    }
}
