//! Go templates (`-o go-template=…`), as kubectl runs them.
//!
//! Own code, for the data that templates see here, which is JSON: no methods, no structures, no channels. Nothing
//! else gives kubectl's output, which users see with the places of errors in it, on stdout even, and with Go's
//! types (`%!s(int64=3)`). Of the newest libraries (`gotmpl` 0.6.1, `gtmpl` 0.7.1), `gotmpl` says no places in its
//! errors, has no int64, reads `null` as a missing key and takes a template whose `{{end}}` is missing.
//! `tests/data/gotemplate.json` holds what kubectl itself printed.
//!
//! Other than in Go, there are no complex numbers and no hexadecimal floats, bodies and calls nest at most
//! [`MAX_NESTED`] and [`MAX_DEPTH`] deep, and bytes that are not UTF-8 print as U+FFFD.

mod exec;
mod funcs;
mod item;
mod lexer;
mod node;
mod parser;

use super::json::push_json;
use super::value::Value;
use crate::go::text::quote;

/// What kubectl calls its template.
const NAME: &str = "output";

/// How deep bodies and calls of templates nest while they run. Go allows a hundred thousand calls, on a
/// stack that grows.
const MAX_DEPTH: usize = 250;

/// How deep bodies and parentheses nest as they are written.
const MAX_NESTED: usize = 100;

/// A template that has been read.
#[derive(Debug)]
pub(crate) struct GoTemplate {
    source: String,
    templates: parser::Templates,
    allow_missing_keys: bool,
}

/// What is read from the same text is the same.
impl PartialEq for GoTemplate {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.allow_missing_keys == other.allow_missing_keys
    }
}

/// Why a template printed no object, in kubectl's words.
#[derive(Debug)]
pub(crate) struct Failed {
    /// In one line.
    pub(crate) error: String,
    /// Template and object: what kubectl prints behind the output, for finding the mistake.
    pub(crate) dump: String,
}

impl GoTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// kubectl's text for what is wrong with it.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        let templates =
            parser::parse(source).map_err(|error| format!("error parsing template {source}, {error}"))?;
        Ok(Self {
            source: source.to_owned(),
            templates,
            allow_missing_keys: true,
        })
    }

    /// Whether a missing key prints `<no value>`, which it does unless told otherwise, or is an error.
    pub(crate) fn allow_missing_keys(mut self, allow: bool) -> Self {
        self.allow_missing_keys = allow;
        self
    }

    /// Prints an object, which is JSON text that has been through a parser.
    ///
    /// # Errors
    /// What went wrong. What the template had printed before stands.
    pub(crate) fn print(&self, json: &str, out: &mut String) -> Result<(), Failed> {
        let data = Value::read(json).map_err(|error| Failed {
            error,
            dump: String::new(),
        })?;
        let source = &self.source;
        let run = exec::execute(
            source,
            &self.templates,
            data.clone(),
            self.allow_missing_keys,
            out,
        );
        run.map_err(|error| {
            let mut raw = String::new();
            push_json(&mut raw, &data);
            let dump = format!(
                "Error executing template: {error}. Printing more information for debugging the template:\n\
                 \ttemplate was:\n\t\t{source}\n\
                 \traw data was:\n\t\t{raw}\n\
                 \tobject given to template engine was:\n\t\t{data}\n\n"
            );
            let error = format!("error executing template {}: {error}", quote(source));
            Failed { error, dump }
        })
    }
}

#[cfg(test)]
mod tests;
