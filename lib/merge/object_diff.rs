//! Differences between two objects, without the fields that always differ.

use crate::record::{Change, Str};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

/// Fields that differ on any two clusters.
const ALWAYS: [&str; 7] = [
    ".metadata.uid",
    ".metadata.resourceVersion",
    ".metadata.creationTimestamp",
    ".metadata.generation",
    ".metadata.managedFields",
    ".metadata.selfLink",
    ".metadata.ownerReferences[*].uid",
];

/// A step of a path to a field.
#[derive(Clone, Debug, Eq, PartialEq)]
enum DiffStep {
    Field(String),
    /// All elements of a list.
    Each,
}

/// The fields of objects that are not compared.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct IgnoredFields(Vec<Vec<DiffStep>>);

impl IgnoredFields {
    /// Returns the fields that always differ, with the status unless it is to be compared.
    pub fn new(with_status: bool) -> Self {
        let mut paths: Vec<&str> = ALWAYS.to_vec();
        if !with_status {
            paths.push(".status");
        }
        Self(paths.into_iter().filter_map(steps).collect())
    }

    /// Adds the field that a path of names leads to, and `[*]` through lists.
    ///
    /// # Errors
    /// The path is of another kind.
    pub fn add(&mut self, path: &str) -> Result<(), String> {
        let steps = steps(path).ok_or_else(|| {
            format!("{path:?} is no path of names: .metadata.labels, .spec.containers[*].image or .metadata.labels['a.b/c']")
        })?;
        self.0.push(steps);
        Ok(())
    }

    /// Returns an object without them.
    pub(super) fn remove_from(&self, object: &str) -> Option<Value> {
        let mut object: Value = serde_json::from_str(object).ok()?;
        self.0.iter().for_each(|steps| remove(&mut object, steps));
        Some(object)
    }
}

/// Splits a path such as `.a.b[*]['c.d']`.
fn steps(path: &str) -> Option<Vec<DiffStep>> {
    let path = path
        .strip_prefix('{')
        .and_then(|path| path.strip_suffix('}'))
        .unwrap_or(path);
    let mut rest = path;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("[*]") {
            steps.push(DiffStep::Each);
            rest = after;
        } else if let Some(after) = rest.strip_prefix("['") {
            let (name, after) = after.split_once("']")?;
            steps.push(DiffStep::Field(name.to_owned()));
            rest = after;
        } else {
            let after = rest.strip_prefix('.')?;
            let mut name = String::new();
            let mut end = after.len();
            let mut is_escaped = false;
            for (at, character) in after.char_indices() {
                match character {
                    '\\' if !is_escaped => {
                        is_escaped = true;
                        continue;
                    }
                    '.' | '[' if !is_escaped => {
                        end = at;
                        break;
                    }
                    character => name.push(character),
                }
                is_escaped = false;
            }
            if name.is_empty() {
                return None;
            }
            steps.push(DiffStep::Field(name));
            rest = &after[end..];
        }
    }
    (!steps.is_empty()).then_some(steps)
}

fn remove(value: &mut Value, steps: &[DiffStep]) {
    match (steps.split_first(), value) {
        (Some((DiffStep::Field(name), [])), Value::Object(object)) => {
            object.remove(name);
        }
        (Some((DiffStep::Field(name), rest)), Value::Object(object)) => {
            if let Some(value) = object.get_mut(name) {
                remove(value, rest);
            }
        }
        (Some((DiffStep::Each, rest)), Value::Array(list)) => {
            list.iter_mut().for_each(|value| remove(value, rest));
        }
        _ => {}
    }
}

/// Returns the fields that differ, given both objects as JSON.
pub(super) fn changes(from: &str, to: &str) -> Vec<OwnedChange> {
    let parse = |text: &str| serde_json::from_str(text).unwrap_or(Value::Null);
    let mut changes = Vec::new();
    compare(
        &mut String::new(),
        Some(&parse(from)),
        Some(&parse(to)),
        &mut changes,
    );
    changes
}

/// A field that differs.
pub(super) struct OwnedChange {
    pub(super) field: String,
    pub(super) from: Option<Box<RawValue>>,
    pub(super) to: Option<Box<RawValue>>,
}

impl OwnedChange {
    pub(super) fn record(&self) -> Change<'_> {
        Change {
            field: Str::from(self.field.as_str()),
            from: self.from.as_deref(),
            to: self.to.as_deref(),
        }
    }
}

fn compare(path: &mut String, from: Option<&Value>, to: Option<&Value>, changes: &mut Vec<OwnedChange>) {
    let length = path.len();
    match (from, to) {
        (Some(from), Some(to)) if from == to => {}
        (Some(Value::Object(from)), Some(Value::Object(to))) => {
            for key in keys(from, to) {
                push_key(path, key);
                compare(path, from.get(key), to.get(key), changes);
                path.truncate(length);
            }
        }
        (Some(Value::Array(from)), Some(Value::Array(to))) => {
            for index in 0..from.len().max(to.len()) {
                path.push_str(&format!("[{index}]"));
                compare(path, from.get(index), to.get(index), changes);
                path.truncate(length);
            }
        }
        (from, to) => {
            let raw = |value: Option<&Value>| value.and_then(|value| to_raw_value(value).ok());
            changes.push(OwnedChange {
                field: path.clone(),
                from: raw(from),
                to: raw(to),
            });
        }
    }
}

/// Returns the keys of both objects, sorted.
fn keys<'v>(one: &'v Map<String, Value>, other: &'v Map<String, Value>) -> Vec<&'v str> {
    let mut keys: Vec<&str> = one.keys().chain(other.keys()).map(String::as_str).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn push_key(path: &mut String, key: &str) {
    let is_plain = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    match key.chars().all(is_plain) && !key.is_empty() {
        true => {
            path.push('.');
            path.push_str(key);
        }
        false => path.push_str(&format!("['{key}']")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn fields_that_always_differ_are_not_compared() {
        let mut ignored = IgnoredFields::new(false);
        ignored.add(r".metadata.labels.app\.io/x").unwrap();
        ignored.add("{.spec.containers[*]['image']}").unwrap();
        let object = r#"{"metadata":{"name":"x","uid":"1","labels":{"app.io/x":"1","y":"2"},"ownerReferences":[{"uid":"3","name":"o"}]},
            "spec":{"containers":[{"image":"i","name":"c"}]},"status":{"a":1}}"#;
        assert_eq!(
            ignored.remove_from(object).unwrap().to_string(),
            r#"{"metadata":{"labels":{"y":"2"},"name":"x","ownerReferences":[{"name":"o"}]},"spec":{"containers":[{"name":"c"}]}}"#
        );
        assert!(
            IgnoredFields::new(true)
                .remove_from(object)
                .unwrap()
                .get("status")
                .is_some()
        );
        for path in ["", "STATUS", ".a[0]", ".a..b", ".a[?(@.b)]"] {
            assert!(ignored.add(path).is_err(), "{path}");
        }
    }

    #[test]
    fn changes_name_the_smallest_fields_that_differ() {
        let from = r#"{"a":1,"l":[1,{"x.y":true}],"gone":null,"same":{"b":2}}"#;
        let to = r#"{"a":2,"l":[1,{"x.y":false},3],"same":{"b":2},"new":{"c":1}}"#;
        let found: Vec<String> = changes(from, to)
            .iter()
            .map(|change| serde_json::to_string(&change.record()).unwrap())
            .collect();
        assert_eq!(
            found,
            [
                r#"{"field":".a","from":1,"to":2}"#,
                r#"{"field":".gone","from":null}"#,
                r#"{"field":".l[1]['x.y']","from":true,"to":false}"#,
                r#"{"field":".l[2]","to":3}"#,
                r#"{"field":".new","to":{"c":1}}"#,
            ]
        );
    }
}
