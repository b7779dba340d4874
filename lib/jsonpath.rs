//! kubectl's JSONPath dialect, for `-o jsonpath=…`, `-o custom-columns=…` and `--sort-by`.
//!
//! It is the template language of client-go's `util/jsonpath` (release 0.36), which only looks like JSONPath: text with
//! `{…}` in it, where `{range …}` and `{end}` repeat what stands between them. Output and errors are the same byte for
//! byte, with two exceptions: Go visits the keys of a map in random order, while `.*` and `..` visit them sorted here;
//! and where Go's evaluator crashes, an error is returned.
//!
//! | expression | meaning |
//! |---|---|
//! | `.a.b`, `['a']`, `.a\.b` | a field; `['a.b']` is `.a.b`, a dot in a name needs a backslash |
//! | `.*`, `[*]` | all values of an object, of a list, or the bytes of a string |
//! | `..a` | `a` wherever it is |
//! | `[2]`, `[-1]`, `[1:3]`, `[::2]` | of a list; what is out of bounds is an error |
//! | `[0,2]`, `['a','b']` | a union: all results of the first, then all of the second |
//! | `[?(@.a=="x")]` | members of a list that compare so: `==` `!=` `<` `<=` `>` `>=`, or that have it: `[?(@.a)]` |
//! | `"text"`, `'text'`, `1`, `2.5`, `true` | themselves |
//! | `@`, `$` | nothing at all: every path starts at the object at hand |
//!
//! Numbers compare only with numbers of their type: comparing an integer with `2.5`, or a `2.0` in the data with `2`,
//! is an error.

mod error;
mod eval;
mod fields;
mod parse;

use crate::go::json;
use std::fmt::{self, Write};

pub use crate::go::value::Value;
pub use crate::json::Tree;
pub use error::Error;
pub use fields::Fields;
use parse::Node;

/// A parsed template.
///
/// ```
/// use kubectl_mc::jsonpath::{Template, Tree};
/// let template = Template::parse("{range .items[*]}{.name}{'\\n'}{end}")?;
/// let list = Tree::parse(r#"{"items": [{"name": "a"}, {"name": "b"}]}"#)?;
/// let mut output = String::new();
/// template.execute(&list, &mut output)?;
/// assert_eq!(output, "a\nb\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    nodes: Vec<Node>,
    allow_missing_keys: bool,
    json_output: bool,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// Client-go's text for a mistake in it. kubectl prints it as `error parsing jsonpath <template>, <text>`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self {
            nodes: parse::parse(text)?,
            allow_missing_keys: false,
            json_output: false,
        })
    }

    /// Sets whether a missing field is ignored. This is the default of kubectl's `--allow-missing-template-keys`, but
    /// not of this type.
    #[must_use]
    pub fn allow_missing_keys(mut self, allow: bool) -> Self {
        self.allow_missing_keys = allow;
        self
    }

    /// Sets whether [`execute`](Self::execute) writes each part of the template as an indented JSON array (`-o
    /// jsonpath-as-json`).
    #[must_use]
    pub fn json_output(mut self, json: bool) -> Self {
        self.json_output = json;
        self
    }

    /// Evaluates the template over the root of a tree and writes its results.
    ///
    /// # Errors
    /// Client-go's text for what went wrong, in which case nothing has been written; or an error in writing.
    pub fn execute(&self, tree: &Tree<'_>, output: &mut dyn Write) -> Result<(), Error> {
        self.execute_within(usize::MAX, tree, output)
    }

    /// Evaluates it like [`execute`](Self::execute), but fails if a step of the evaluation finds more than `most`
    /// values.
    pub(crate) fn execute_within(
        &self,
        most: usize,
        tree: &Tree<'_>,
        output: &mut dyn Write,
    ) -> Result<(), Error> {
        // A template with an error prints nothing at all. Evaluating it twice takes less memory than keeping all
        // results.
        self.each_part(most, tree, &mut |_| {})?;
        let mut written = Ok(());
        self.each_part(most, tree, &mut |results| {
            written = written.and_then(|()| self.write(&results, output));
        })?;
        written.map_err(|error| Error(error.to_string()))
    }

    fn each_part<'v>(
        &'v self,
        most: usize,
        tree: &'v Tree<'_>,
        each: &mut dyn FnMut(Vec<Value<'v>>),
    ) -> Result<(), Error> {
        let root = tree.root().into();
        eval::evaluate(&self.nodes, self.allow_missing_keys, root, most, each)
    }

    fn write(&self, results: &[Value<'_>], output: &mut dyn Write) -> fmt::Result {
        if self.json_output {
            return json::write_indented(results, output);
        }
        for (index, found) in results.iter().enumerate() {
            if index > 0 {
                output.write_char(' ')?;
            }
            match found {
                Value::List(_) | Value::Map(_) | Value::Nil => json::write(found, output)?,
                Value::Invalid => output.write_str("<no value>")?,
                other => write!(output, "{other}")?,
            }
        }
        Ok(())
    }

    /// Returns the results of each part of the template: of each text and each `{…}`, and of the parts of a range for
    /// each of its values.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn find_results<'v>(&'v self, tree: &'v Tree<'_>) -> Result<Vec<Vec<Value<'v>>>, Error> {
        let mut all = Vec::new();
        self.each_part(usize::MAX, tree, &mut |results| all.push(results))?;
        Ok(all)
    }

    /// Returns whether a path of fields, or something above or below it, may be among the results or affect them.
    /// Returns true if only evaluation could tell.
    pub fn reaches(&self, path: &[&str]) -> bool {
        self.nodes.iter().any(|node| match node {
            Node::List(nodes) => parse::reaches(nodes, path),
            _ => false,
        })
    }

    /// Returns the fields that it can look at in each item of a List.
    pub(crate) fn item_fields(&self) -> Fields {
        let mut fields = Fields::default();
        // The paths of the open ranges. What stands in a range is relative to its path.
        let mut ranges: Vec<Vec<Node>> = Vec::new();
        for node in &self.nodes {
            let Node::List(nodes) = node else { continue };
            let path = |nodes: &[Node]| [ranges.last().map_or(&[][..], Vec::as_slice), nodes].concat();
            match nodes.as_slice() {
                [Node::Identifier(word), nodes @ ..] if word == "range" => {
                    let path = path(nodes);
                    // The range itself needs only the number of values.
                    fields.add(&[&path[..], &[Node::Text(String::new())]].concat());
                    ranges.push(path);
                }
                [Node::Identifier(word)] if word == "end" && !ranges.is_empty() => {
                    ranges.pop();
                }
                nodes => fields.add(&path(nodes)),
            }
        }
        if !ranges.is_empty() {
            // What follows a range without an end is evaluated over the whole object as well.
            fields.add_all();
        }
        fields.of_items()
    }

    /// Adds the fields that it can look at in an object. [`Fields::trim`] drops the others.
    pub fn add_fields(&self, fields: &mut Fields) {
        for node in &self.nodes {
            match node {
                Node::Text(_) => {}
                Node::List(nodes) => fields.add(nodes),
                _ => fields.add_all(),
            }
        }
    }
}

/// Completes the path of a column or of `--sort-by`, in which kubectl allows to leave out the braces and the first dot:
/// `metadata.name`, `.metadata.name`, `{metadata.name}` and `{.metadata.name}` all become the last of these. An empty
/// path stays empty.
///
/// # Errors
/// The text has braces elsewhere.
pub fn relaxed(path: &str) -> Result<String, Error> {
    if path.is_empty() {
        return Ok(String::new());
    }
    let inner = path
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(path);
    // A dot alone is the field itself.
    let field = inner
        .strip_prefix('.')
        .filter(|rest| !rest.is_empty())
        .unwrap_or(inner);
    if field.is_empty() || field.contains(['{', '}']) {
        return Err(Error(
            "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
             '{.name1.name2}'"
                .into(),
        ));
    }
    Ok(format!("{{.{field}}}"))
}

#[cfg(test)]
mod tests;
