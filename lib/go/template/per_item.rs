//! Templates that do nothing with a List but go through its items, such as `{{range .items}}…{{end}}`. They are run
//! item by item, with no more than one item in memory.

use super::exec;
use super::limits::NAME;
use super::node::{Branch, Operand, TemplateNode, any_operand};
use super::parser::Templates;
use crate::json::Tree;
use std::fmt::Write;
use std::ops::ControlFlow;

/// The parts of a template that is run item by item: what is before the range, the range, and what is after it.
type PerItemParts<'t> = (&'t [TemplateNode], &'t Branch, &'t [TemplateNode]);

/// Returns the parts of a template; `None` if it needs the List for anything else.
pub(super) fn parts(templates: &Templates) -> Option<PerItemParts<'_>> {
    let root = templates.get(NAME)?;
    let place = root
        .iter()
        .position(|node| matches!(node, TemplateNode::Range(_)))?;
    let (before, rest) = root.split_at(place);
    let (TemplateNode::Range(range), after) = rest.split_first()? else {
        return None;
    };
    let [command] = range.pipe.commands.as_slice() else {
        return None;
    };
    let is_per_item = matches!(command.to_string().as_str(), ".items" | "$.items")
        && !range.pipe.is_assignment
        && before.iter().chain(after).all(is_constant)
        && !any_operand(&range.list, &is_root);
    is_per_item.then_some((before, range, after))
}

/// A template that is run item by item.
pub(crate) struct ItemByItem<'t> {
    run: exec::Settings<'t>,
    range: &'t Branch,
    after: &'t [TemplateNode],
    out: &'t mut dyn Write,
    items: usize,
    outcome: Result<ControlFlow<()>, String>,
}

impl<'t> ItemByItem<'t> {
    /// Writes the output before the items.
    pub(super) fn begin(run: exec::Settings<'t>, parts: PerItemParts<'t>, out: &'t mut dyn Write) -> Self {
        let (before, range, after) = parts;
        Self {
            outcome: exec::run_constant(run, before, out).map(ControlFlow::Continue),
            run,
            range,
            after,
            out,
            items: 0,
        }
    }

    /// Writes the output of the next item, unless the template has failed or ended.
    pub(crate) fn item(&mut self, item: &str) {
        if let Ok(ControlFlow::Continue(())) = self.outcome {
            let tree = Tree::of_valid(item).map_err(|error| error.to_string());
            self.outcome = tree.and_then(|tree| {
                let tree = tree.with_whole_numbers();
                exec::run_item(self.run, self.range, self.items, tree.root(), self.out)
            });
            self.items += 1;
        }
    }

    /// Ends the run with an error, unless it has ended.
    pub(crate) fn fail(&mut self, error: String) {
        if let Ok(ControlFlow::Continue(())) = self.outcome {
            self.outcome = Err(error);
        }
    }

    /// Writes the output after the items.
    ///
    /// # Errors
    /// kubectl's text for what went wrong.
    pub(crate) fn end(self) -> Result<(), String> {
        let outcome = self.outcome;
        let outcome = outcome.and_then(|_| exec::run_constant(self.run, self.after, self.out));
        outcome.map_err(|error| self.run.failure(&error))
    }
}

/// Returns whether a node prints the same whatever the data is.
fn is_constant(node: &TemplateNode) -> bool {
    let depends_on_data = |operand: &Operand| match operand {
        Operand::Bool(_) | Operand::Number(..) | Operand::Text(..) | Operand::Identifier(_) => false,
        Operand::Pipe(pipe) => !pipe.variables.is_empty(),
        _ => true,
    };
    match node {
        TemplateNode::Text(_) => true,
        TemplateNode::Action(pipe) => {
            pipe.variables.is_empty() && !any_operand(std::slice::from_ref(node), &depends_on_data)
        }
        _ => false,
    }
}

/// Returns whether an operand is the whole data, or part of it.
fn is_root(operand: &Operand) -> bool {
    matches!(operand, Operand::Variable(names) if names.first().is_some_and(|name| name == "$"))
}
