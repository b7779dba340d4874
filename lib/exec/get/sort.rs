//! `--sort-by`: the value that a row is sorted by, as mc-merge compares it (kubectl's `get/sorter.go`).
//!
//! The value is written to the record as `"sort":{"by":[value]}`. The brackets are empty if the object lacks the field, which
//! kubectl sorts first; `null` is next. A quantity is written as its number, since kubectl compares two quantities by their
//! values. Anything else is written as it is.

use super::json;
use crate::go;
use crate::json::TreeNode;
use crate::jsonpath::{self, Template, Tree, Value};
use crate::quantity;
use crate::record::Str;
use serde::de::Error as _;

/// A parsed expression.
#[derive(Clone, Debug)]
pub struct SortKey {
    /// The expression with braces and dot, as kubectl shows it.
    expression: String,
    /// The fields at the start of the expression. Everything else in an object is skipped unread: that takes one instead of
    /// five milliseconds for a hundred pods.
    fields: Vec<String>,
    /// The rest of the expression, evaluated on the value of these fields.
    rest: Option<Template>,
    /// See [`needs_managed_fields`](Self::needs_managed_fields).
    needs_managed_fields: bool,
}

impl SortKey {
    /// Parses an expression; `None` if it is empty.
    ///
    /// # Errors
    /// An invalid expression, in kubectl's words.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let said = |error: jsonpath::Error| format!("error: {error}");
        let expression = jsonpath::relaxed(text).map_err(said)?;
        // All of it must be valid, even if not all of it is needed.
        Template::parse(&expression).map_err(said)?;
        let inner = expression
            .strip_prefix('{')
            .and_then(|inner| inner.strip_suffix('}'));
        let mut left = inner.unwrap_or_default();
        let mut fields = Vec::new();
        while let Some(after) = left.strip_prefix('.') {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            let end = after.find(|c| !is_plain(c)).unwrap_or(after.len());
            let (field, rest) = after.split_at(end);
            if field.is_empty() || !(rest.is_empty() || rest.starts_with(['.', '['])) {
                break;
            }
            fields.push(field.to_owned());
            left = rest;
        }
        let leads_anywhere = ["managedFields", "..", "*"]
            .iter()
            .any(|part| expression.contains(part));
        let rest = match left {
            "" => None,
            left => {
                let template = Template::parse(&format!("{{{left}}}")).map_err(said)?;
                Some(template.allow_missing_keys(true))
            }
        };
        Ok(Some(Self {
            needs_managed_fields: leads_anywhere || fields.is_empty() || fields == ["metadata"],
            expression,
            fields,
            rest,
        }))
    }

    /// Returns whether it reads apiVersion or kind, which the items of a list may leave out.
    pub fn is_about_type(&self) -> bool {
        self.fields
            .first()
            .is_some_and(|field| ["kind", "apiVersion"].contains(&field.as_str()))
    }

    /// Returns whether it may read managedFields, or all of what contains them.
    pub fn needs_managed_fields(&self) -> bool {
        self.needs_managed_fields
    }

    /// Returns kubectl's error if no object has the field.
    pub fn not_found(&self) -> String {
        format!(
            "error: couldn't find any field with path {:?} in the list of objects",
            self.expression
        )
    }

    /// Writes the record's member, with a comma in front. Returns whether the object has a value. The object is valid JSON.
    ///
    /// # Errors
    /// A value that cannot be written, such as half a surrogate pair.
    pub fn write(&self, object: &str, out: &mut Vec<u8>) -> serde_json::Result<bool> {
        let Ok(found) = json::at_path(object, &self.fields) else {
            let tree = Tree::of_valid(object).map_err(serde_json::Error::custom)?;
            let found = self
                .fields
                .iter()
                .try_fold(tree.root(), |value, field| value.get(field));
            return self.write_found(found.map(TreeNode::json), out);
        };
        self.write_found(found, out)
    }

    fn write_found(&self, found: Option<&str>, out: &mut Vec<u8>) -> serde_json::Result<bool> {
        out.extend_from_slice(b",\"sort\":{\"by\":[");
        let has_value = match found {
            Some(json) => self.write_value(json, out)?,
            None => false,
        };
        out.extend_from_slice(b"]}");
        Ok(has_value)
    }

    fn write_value(&self, json: &str, out: &mut Vec<u8>) -> serde_json::Result<bool> {
        let Some(rest) = &self.rest else {
            if json.starts_with('"') {
                write_text(&serde_json::from_str::<Str<'_>>(json)?, out);
            } else {
                json::write_in_line(out, json);
            }
            return Ok(true);
        };
        let Ok(tree) = Tree::of_valid(json) else {
            return Ok(false);
        };
        // A value that cannot be evaluated counts as missing: one pod with fewer containers than others should not hide all of
        // them, as it does with kubectl.
        let results = rest.find_results(&tree).unwrap_or_default();
        let Some(found) = results.first().and_then(|first| first.first()) else {
            return Ok(false);
        };
        match found {
            Value::Text(text) => write_text(text, out),
            // These values are not from the object but from the expression.
            Value::Invalid | Value::Int(_) | Value::Byte(_) => write_text(&found.to_string(), out),
            value => {
                let mut text = String::new();
                // Writing to a String does not fail.
                let _ = go::json::write(value, &mut text);
                out.extend_from_slice(text.as_bytes());
            }
        }
        Ok(true)
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    match quantity::number(text) {
        Some(number) => out.extend_from_slice(number.as_bytes()),
        None => json::quote(out, text),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const POD: &str = r#"{"metadata":{"name":"web","labels":{"a.b/c":"x"},"n":"1.5Ki","e":"a\u003cb"},
        "spec":{"list":[{"v":3},{"v":true}],"none":null,"replicas":2,"text":"t"}}"#;

    /// The same of an object in one line, which is gone through without a parser, and in several.
    fn by(expression: &str) -> (String, bool) {
        let in_line = POD.replace("\n        ", "");
        let of_line = of(expression, &in_line);
        assert_eq!(of(expression, POD), of_line, "{expression}");
        of_line
    }

    fn of(expression: &str, object: &str) -> (String, bool) {
        let key = SortKey::parse(expression).unwrap().unwrap();
        let mut out = Vec::new();
        let found = key.write(object, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let value = text.strip_prefix(",\"sort\":{\"by\":[").unwrap();
        (value.strip_suffix("]}").unwrap().to_owned(), found)
    }

    #[test]
    fn value_of_an_object() {
        for (expression, value) in [
            (".metadata.name", "\"web\""),
            ("metadata.name", "\"web\""),
            ("{.metadata.name}", "\"web\""),
            (".metadata.n", "15360e-1"),
            (".metadata.e", "\"a<b\""),
            (".spec.replicas", "2"),
            (".spec.none", "null"),
            (".spec.list[0].v", "3"),
            (".spec.list[-1].v", "true"),
            (".spec.list[*].v", "3"),
            (".spec.list[?(@.v)].v", "3"),
            (r".metadata.labels.a\.b/c", "\"x\""),
            (".spec.list", r#"[{"v":3},{"v":true}]"#),
            ("..v", "3"),
        ] {
            assert_eq!(by(expression), (value.to_owned(), true), "{expression}");
        }
        for expression in [
            ".metadata.missing",
            ".missing.name",
            ".spec.text.more",
            ".spec.none.more",
            ".spec.list.more",
            ".spec.list[7].v",
            ".spec.missing[0]",
        ] {
            assert_eq!(by(expression), (String::new(), false), "{expression}");
        }
    }

    #[test]
    fn expressions_that_need_managed_fields() {
        for (expression, looks) in [
            (".metadata.name", false),
            (".status.containerStatuses[0].restartCount", false),
            (".kind", false),
            (".metadata", true),
            (".metadata.managedFields[0].time", true),
            (".metadata['managedFields'][0].time", true),
            (".metadata.*", true),
            ("..time", true),
            ("[0]", true),
        ] {
            let key = SortKey::parse(expression).unwrap().unwrap();
            assert_eq!(key.needs_managed_fields(), looks, "{expression}");
        }
    }

    #[test]
    fn invalid_expressions_are_refused() {
        for expression in ["{.a}{.b}", "{", ".a[", ".a[?("] {
            let error = SortKey::parse(expression).unwrap_err();
            assert!(error.starts_with("error: "), "{expression}: {error}");
        }
        assert!(SortKey::parse("").unwrap().is_none());
        let key = SortKey::parse("spec.x").unwrap().unwrap();
        assert_eq!(
            key.not_found(),
            "error: couldn't find any field with path \"{.spec.x}\" in the list of objects"
        );
    }
}
