//! Go templates (`-o go-template=…`), as kubectl runs them.
//!
//! This is code of our own, for data that comes from JSON: without methods, structures and channels. No library prints
//! what kubectl prints, which includes the places of errors, on stdout even, and names of Go's types (`%!s(int64=3)`).
//! Of the newest ones (`gotmpl` 0.6.1, `gtmpl` 0.7.1), `gotmpl` has no places in its errors and no int64, reads `null`
//! as a missing key, and accepts a template without its `{{end}}`. `tests/data/gotemplate.json` has what kubectl itself
//! printed.
//!
//! Unlike in Go, there are no complex numbers and no hexadecimal floats, bodies nest at most 100 levels deep and calls
//! 250, and bytes that are not UTF-8 print as U+FFFD.

mod exec;
mod funcs;
mod item;
mod lexer;
mod limits;
mod node;
mod parser;
mod per_item;

pub(crate) use per_item::ItemByItem;

use super::json;
use crate::json::Tree;
use std::fmt::{self, Write};

/// A template that has been read.
#[derive(Debug)]
pub(crate) struct GoTemplate {
    source: String,
    templates: parser::Templates,
    allow_missing_keys: bool,
}

/// Templates with the same text are equal.
impl PartialEq for GoTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.allow_missing_keys == other.allow_missing_keys
    }
}

impl GoTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// kubectl's text for a mistake in it.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        let templates =
            parser::parse(source).map_err(|error| format!("error parsing template {source}, {error}"))?;
        Ok(Self {
            source: source.to_owned(),
            templates,
            allow_missing_keys: true,
        })
    }

    /// Sets whether a missing key prints `<no value>`, which is the default, or is an error.
    pub(crate) fn allow_missing_keys(mut self, allow: bool) -> Self {
        self.allow_missing_keys = allow;
        self
    }

    /// Runs the template over the root of a tree.
    ///
    /// # Errors
    /// Go's text for what went wrong. The output until then has been written.
    pub(crate) fn print(&self, tree: &Tree<'_>, out: &mut dyn Write) -> Result<(), String> {
        exec::execute(self.run(), tree.root().into(), out)
    }

    /// Returns whether a run item by item prints the same as a run over the whole List.
    pub(crate) fn is_per_item(&self) -> bool {
        per_item::parts(&self.templates).is_some()
    }

    /// Begins a run item by item, if that prints the same as a run over the whole List.
    pub(crate) fn item_by_item<'t>(&'t self, out: &'t mut dyn Write) -> Option<ItemByItem<'t>> {
        let parts = per_item::parts(&self.templates)?;
        Some(ItemByItem::begin(self.run(), parts, out))
    }

    /// Returns kubectl's text for an error of [`print`](Self::print), in one line.
    pub(crate) fn failure(&self, error: &str) -> String {
        self.run().failure(error)
    }

    fn run(&self) -> exec::Settings<'_> {
        exec::Settings {
            source: &self.source,
            templates: &self.templates,
            allow_missing_keys: self.allow_missing_keys,
        }
    }

    /// Writes the template and the object, as kubectl does after the output of a failed template.
    pub(crate) fn dump(&self, error: &str, tree: &Tree<'_>, out: &mut dyn Write) -> fmt::Result {
        let data = tree.root().into();
        let source = &self.source;
        write!(
            out,
            "Error executing template: {error}. Printing more information for debugging the template:\n\
             \ttemplate was:\n\t\t{source}\n\
             \traw data was:\n\t\t"
        )?;
        json::write(&data, out)?;
        write!(out, "\n\tobject given to template engine was:\n\t\t{data}\n\n")
    }
}

#[cfg(test)]
mod tests;
