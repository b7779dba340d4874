//! The fields of rows that a strategy looks at: columns by their headings, and paths into objects.

use super::row_key::KeyFields;
use crate::go;
use crate::json::{Members, plain_string};
use crate::jsonpath::{self, Template, Tree, Value};
use crate::record::{Cell, Columns, Str};
use std::borrow::Cow;
use std::fmt::Write as _;

/// Stands for a value that a row does not have, as in kubectl.
pub(super) const NONE: &str = "<none>";

/// A column or a path, as it was typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The heading that its values have in the output.
    pub(super) heading: String,
    pub(super) source: FieldSource,
}

/// The part of a row that a field's value comes from.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldSource {
    /// The name of the row's cluster.
    Cluster,
    /// The cell with the field's heading.
    Column,
    /// The values that a JSONPath finds in the object.
    Path { template: Template, typed: String },
}

impl Field {
    /// Reads a heading, or, if it has a dot, a JSONPath. A heading for the path may stand before it: `VERSION:.status.x`.
    ///
    /// # Errors
    /// The path is not valid.
    pub fn parse(typed: &str) -> Result<Self, String> {
        let typed = typed.trim();
        if !is_path(typed) {
            let heading = typed.to_uppercase();
            let source = match heading.as_str() {
                "" => return Err("a column or a path is missing between two commas".into()),
                "CLUSTER" => FieldSource::Cluster,
                _ => FieldSource::Column,
            };
            return Ok(Self { heading, source });
        }
        Self::parse_path(typed)
    }

    /// Reads a JSONPath, which may have a heading before it.
    ///
    /// # Errors
    /// The path is not valid.
    pub fn parse_path(typed: &str) -> Result<Self, String> {
        let (heading, path) = match typed.split_once(':') {
            Some((heading, path)) if !heading.is_empty() && !heading.contains(['.', '[', '{', '\'']) => {
                (heading.to_owned(), path)
            }
            _ => (heading_of(typed), typed),
        };
        let template = jsonpath::relaxed(path).and_then(|path| Template::parse(&path));
        let template = template.map_err(|error| format!("{path:?} is no JSONPath: {error}"))?;
        Ok(Self {
            heading,
            source: FieldSource::Path {
                template: template.allow_missing_keys(true),
                typed: path.to_owned(),
            },
        })
    }

    /// Returns the path, if it is one.
    pub fn path(&self) -> Option<&str> {
        match &self.source {
            FieldSource::Path { typed, .. } => Some(typed),
            _ => None,
        }
    }

    /// Returns true if its value may be the cell of a column that only wide tables have.
    pub fn may_be_wide(&self) -> bool {
        self.source == FieldSource::Column && !matches!(self.heading.as_str(), "NAMESPACE" | "NAME")
    }
}

/// Returns true if a word is a JSONPath and not a heading.
pub fn is_path(word: &str) -> bool {
    word.contains(['.', '{'])
}

/// Splits a list at its commas, but for those in brackets, braces and quotes of a path.
pub fn split_list(list: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut quote, mut start) = (0_u32, None, 0);
    let mut is_escaped = false;
    for (at, character) in list.char_indices() {
        match (character, quote) {
            _ if is_escaped => is_escaped = false,
            ('\\', _) => {
                is_escaped = true;
                continue;
            }
            (_, Some(open)) => quote = (character != open).then_some(open),
            ('\'' | '"', None) => quote = Some(character),
            ('[' | '{' | '(', None) => depth += 1,
            (']' | '}' | ')', None) => depth = depth.saturating_sub(1),
            (',', None) if depth == 0 => {
                parts.extend(list.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(list.get(start..));
    parts
}

/// Returns the heading of a path: the last name in it, in upper case.
fn heading_of(path: &str) -> String {
    let path = path.trim_end_matches(|c: char| !c.is_alphanumeric());
    let name = path.rsplit(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    let name = name.into_iter().next().unwrap_or_default().to_uppercase();
    if name.is_empty() { "VALUE".into() } else { name }
}

/// A row or an object, as far as fields are read from it.
pub(super) struct RowText<'a> {
    pub(super) cluster: &'a str,
    pub(super) key: &'a KeyFields<'a>,
    tree: Option<Tree<'a>>,
}

impl<'a> RowText<'a> {
    /// Reads the object of a row if any of the fields is a path.
    pub(super) fn new(cluster: &'a str, key: &'a KeyFields<'a>, has_paths: bool) -> Self {
        let object = key.object.filter(|_| has_paths);
        Self {
            cluster,
            key,
            tree: object.and_then(|object| Tree::parse(object).ok()),
        }
    }

    /// Returns true if fields can be read from the object.
    pub(super) fn has_object(&self) -> bool {
        self.tree.is_some()
    }

    /// Returns a field's value; `None` if the row does not have it.
    pub(super) fn value(&self, field: &Field) -> Option<Cow<'_, str>> {
        match &field.source {
            FieldSource::Cluster => Some(self.cluster.into()),
            FieldSource::Column => self.cell(&field.heading),
            FieldSource::Path { template, .. } => {
                let mut text = String::new();
                self.each_value(template, &mut |value| {
                    if !text.is_empty() {
                        text.push(',');
                    }
                    // Writing to a String does not fail.
                    let _ = match value {
                        Value::List(_) | Value::Map(_) => go::json::write(value, &mut text),
                        Value::Invalid => Ok(()),
                        value => write!(text, "{value}"),
                    };
                });
                Some(text.into()).filter(|text: &Cow<'_, str>| !text.is_empty())
            }
        }
    }

    /// Calls with each value that a path finds.
    pub(super) fn each_value(&self, template: &Template, each: &mut dyn FnMut(&Value<'_>)) {
        let Some(tree) = &self.tree else { return };
        // An object that lacks a part of the path has no value.
        let found = template.find_results(tree).unwrap_or_default();
        found
            .iter()
            .flatten()
            .filter(|value| !matches!(value, Value::Nil))
            .for_each(each);
    }

    /// Returns the cell of a column. NAMESPACE and NAME are known for rows without such a column, too.
    pub(super) fn cell(&self, heading: &str) -> Option<Cow<'a, str>> {
        let cell = self.key.columns.and_then(|columns| find_cell(columns, heading));
        cell.or_else(|| {
            match heading {
                "NAMESPACE" => Some(self.key.namespace.as_str()).filter(|name| !name.is_empty()),
                "NAME" => Some(self.key.name.as_str()),
                _ => None,
            }
            .map(|text| Cow::Owned(text.to_owned()))
        })
    }
}

/// Returns the text of the cell with a heading, whose case does not matter.
fn find_cell<'a>(columns: &'a str, heading: &str) -> Option<Cow<'a, str>> {
    let fast = || {
        let mut members = Members::new(columns)?;
        while let Some((key, text)) = members.next_member()? {
            if key.eq_ignore_ascii_case(heading) {
                return Ok(Some(text));
            }
        }
        Ok::<_, crate::json::Unusual>(None)
    };
    match fast() {
        Ok(found) => found.map(text_of_cell),
        Err(_) => {
            let columns: Columns<'_> = serde_json::from_str(columns).ok()?;
            let (_, cell) = columns
                .0
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(heading))?;
            Some(Cow::Owned(text_of(cell).into_owned()))
        }
    }
}

/// Returns the text of a cell.
pub(super) fn text_of<'c>(cell: &'c Cell<'_>) -> Cow<'c, str> {
    match cell {
        Cell::Text(text) => text.as_str().into(),
        Cell::Json(json) => text_of_cell(json.get()),
    }
}

/// Returns the text of a cell, given its JSON.
pub(super) fn text_of_cell(json: &str) -> Cow<'_, str> {
    match (plain_string(json), json) {
        (Some(text), _) => text.into(),
        (None, "null") => NONE.into(),
        (None, json) if json.starts_with('"') => {
            serde_json::from_str::<Str<'_>>(json).map_or(json.into(), |text| text.0)
        }
        (None, json) => json.into(),
    }
}
