//! kubectl's JSONPath dialect: what `-o jsonpath=…`, `-o custom-columns=…` and `--sort-by` are written in.
//!
//! It is the template language of client-go's `util/jsonpath` (release 0.36), which is JSONPath in looks
//! only: text with `{…}` in it, where `{range …}` and `{end}` repeat what stands between them. What comes
//! out is the same byte for byte, errors included, with two exceptions: Go visits a map's keys in random
//! order, here `.*` and `..` visit them sorted; and where Go's evaluator crashes, an error is returned.
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
//! Numbers compare only with numbers of their sort: an integer with `2.5`, and a `2.0` in the data with
//! `2`, is an error.

mod eval;
mod fields;
mod parse;
mod print;
mod value;

use std::fmt;

pub use eval::Found;
pub use fields::Fields;
pub use value::Value;

/// What is wrong with a template, or went wrong in evaluating it: client-go's own words.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Error(pub String);

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

/// A template that has been understood.
///
/// ```
/// use kubectl_mc::jsonpath::{Template, Value};
/// let template = Template::parse("{range .items[*]}{.name}{'\\n'}{end}")?;
/// let list = Value::parse(r#"{"items": [{"name": "a"}, {"name": "b"}]}"#)?;
/// let mut output = String::new();
/// template.execute(&list, &mut output)?;
/// assert_eq!(output, "a\nb\n");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    nodes: Vec<parse::Node>,
    allow_missing_keys: bool,
    json_output: bool,
}

impl Template {
    /// Understands a template.
    ///
    /// # Errors
    /// Client-go's text for what cannot be understood. kubectl says it as `error parsing jsonpath
    /// <template>, <text>`.
    pub fn parse(text: &str) -> Result<Self, Error> {
        Ok(Self {
            nodes: parse::parse(text)?,
            allow_missing_keys: false,
            json_output: false,
        })
    }

    /// Whether a field that is missing is no error (kubectl's `--allow-missing-template-keys`, which is
    /// its default, but not this type's).
    #[must_use]
    pub fn allow_missing_keys(mut self, allow: bool) -> Self {
        self.allow_missing_keys = allow;
        self
    }

    /// Whether [`execute`](Self::execute) writes each part of the template as an indented JSON array
    /// (`-o jsonpath-as-json`).
    #[must_use]
    pub fn json_output(mut self, json: bool) -> Self {
        self.json_output = json;
        self
    }

    /// Evaluates it over `value` and appends what it comes to.
    ///
    /// # Errors
    /// Client-go's text for what cannot be evaluated; then nothing has been appended.
    pub fn execute(&self, value: &Value<'_>, output: &mut String) -> Result<(), Error> {
        for results in self.find_results(value)? {
            if self.json_output {
                print::indented(&results, output);
                continue;
            }
            for (index, found) in results.iter().enumerate() {
                if index > 0 {
                    output.push(' ');
                }
                found.print(output);
            }
        }
        Ok(())
    }

    /// What each part of the template comes to: one list for each text and each `{…}`, and of a range one
    /// for each part each time round.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn find_results<'v>(&'v self, value: &'v Value<'v>) -> Result<Vec<Vec<Found<'v>>>, Error> {
        eval::find_results(&self.nodes, self.allow_missing_keys, value)
    }

    /// The same in one list: what `--sort-by` compares and a column shows.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn values<'v>(&'v self, value: &'v Value<'v>) -> Result<Vec<Found<'v>>, Error> {
        Ok(self.find_results(value)?.into_iter().flatten().collect())
    }

    /// Whether a path of fields, or what it leads through or to, may be among the results or decide on
    /// them. Says yes where only evaluation could tell.
    pub fn reaches(&self, path: &[&str]) -> bool {
        self.nodes.iter().any(|node| match node {
            parse::Node::List(nodes) => parse::reaches(nodes, path),
            _ => false,
        })
    }

    /// Adds what it can look at in an object: the rest need not be read (see [`Value::parse_fields`]).
    pub fn add_fields(&self, fields: &mut Fields) {
        for node in &self.nodes {
            match node {
                parse::Node::Text(_) => {}
                parse::Node::List(nodes) => fields.add(nodes),
                _ => fields.add_all(),
            }
        }
    }
}

/// The path of a column or of `--sort-by`, in which kubectl lets the braces and the first dot be left out:
/// `metadata.name`, `.metadata.name`, `{metadata.name}` and `{.metadata.name}` are the same. Returns the
/// last of these; of an empty text the empty text.
///
/// # Errors
/// A text with braces elsewhere.
pub fn relaxed(path: &str) -> Result<String, Error> {
    if path.is_empty() {
        return Ok(String::new());
    }
    let inner = path
        .strip_prefix('{')
        .and_then(|rest| rest.strip_suffix('}'))
        .unwrap_or(path);
    // A dot alone is the field itself, not what may be left out.
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
