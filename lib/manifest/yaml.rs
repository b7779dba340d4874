//! YAML as JSON, read as kubectl's library reads it: the last of several equal keys counts, keys may be numbers, and
//! `<<` merges.

use serde::Deserialize;
use serde::de::{Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Reads the first document of a text.
///
/// # Errors
/// A text that is not YAML, with kubectl's message.
pub fn to_json(text: &str) -> Result<Value, String> {
    let Some(document) = serde_yaml::Deserializer::from_str(text).next() else {
        return Ok(Value::Null);
    };
    match Node::deserialize(document) {
        Ok(node) => node.into_json(),
        Err(error) => Err(format!("error converting YAML to JSON: yaml: {}", go(&error))),
    }
}

/// Words an error of the YAML reader as Go's does; both are ports of one library (libyaml).
fn go(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    let marks: Vec<usize> = text
        .match_indices(" at line ")
        .filter_map(|(at, start)| {
            let number = text[at + start.len()..].split(' ').next()?;
            number.parse().ok()
        })
        .collect();
    let problem = text.split(" at line ").next().unwrap_or_default();
    // Go counts lines from 0, and adds one for an error in a token.
    let parsing = [
        "did not find expected key",
        "did not find expected '-' indicator",
        "did not find expected ',' or ']'",
        "did not find expected ',' or '}'",
        "did not find expected node content",
        "did not find expected <document start>",
        "found undefined tag handle",
    ];
    let is_token = !parsing.contains(&problem);
    let line = match marks.as_slice() {
        [line, ..] if *line > 1 => line - 1 + usize::from(is_token),
        [_, context, ..] if *context > 1 => context - 1,
        _ => return problem.to_owned(),
    };
    format!("line {line}: {problem}")
}

/// A YAML value, with keys of any kind and in their order.
enum Node {
    Plain(Value),
    List(Vec<Node>),
    Map(Vec<(Node, Node)>),
}

impl Node {
    fn into_json(self) -> Result<Value, String> {
        Ok(match self {
            Node::Plain(value) => value,
            Node::List(items) => {
                Value::Array(items.into_iter().map(Node::into_json).collect::<Result<_, _>>()?)
            }
            Node::Map(entries) => {
                let mut merged = Map::new();
                let mut map = Map::new();
                for (key, value) in entries {
                    let key = key.into_key()?;
                    let value = value.into_json()?;
                    if key == "<<" {
                        merge(value, &mut merged)?;
                    } else {
                        map.insert(key, value);
                    }
                }
                // The map's own keys override those merged in.
                merged.append(&mut map);
                Value::Object(merged)
            }
        })
    }

    fn into_key(self) -> Result<String, String> {
        match self {
            Node::Plain(Value::String(key)) => Ok(key),
            Node::Plain(key @ (Value::Number(_) | Value::Bool(_))) => Ok(key.to_string()),
            Node::Plain(_) => Ok("null".to_owned()),
            _ => Err("error converting YAML to JSON: yaml: invalid map key".to_owned()),
        }
    }
}

fn merge(value: Value, into: &mut Map<String, Value>) -> Result<(), String> {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                into.entry(key).or_insert(value);
            }
            Ok(())
        }
        Value::Array(maps) => maps.into_iter().try_for_each(|map| merge(map, into)),
        _ => Err(
            "error converting YAML to JSON: yaml: map merge requires map or sequence of maps as the value"
                .to_owned(),
        ),
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Plain(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Plain(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Plain(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Plain(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Plain(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        // JSON has no infinities, and kubectl accepts none.
        Ok(Node::Plain(
            Number::from_f64(value).map_or(Value::Null, Value::Number),
        ))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Plain(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(Node::Map(map))
    }

    /// A value with a tag; the tag is dropped.
    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<Node, A::Error> {
        let (_, value): (serde::de::IgnoredAny, _) = tagged.variant()?;
        value.newtype_variant()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    #[test]
    fn repeated_keys_number_keys_merges_and_tags() {
        let text = "base: &b {name: x, kind: y}\n1: one\ntrue: two\na: 1\na: 2\nm:\n  kind: z\n  <<: *b\nt: !any [1.5]\n";
        assert_eq!(
            to_json(text).unwrap(),
            json!({
                "base": {"name": "x", "kind": "y"}, "1": "one", "true": "two", "a": 2,
                "m": {"name": "x", "kind": "z"}, "t": [1.5]
            })
        );
        assert_eq!(to_json("# nothing").unwrap(), Value::Null);
    }

    /// Each compared with kubectl 1.36.
    #[test]
    fn syntax_errors_are_worded_as_kubectl_does() {
        for (text, expected) in [
            ("a: b: c\n", "mapping values are not allowed in this context"),
            ("a: [1\nb: 2\n", "line 1: did not find expected ',' or ']'"),
            (
                "a:\n\t- b\n",
                "line 2: found character that cannot start any token",
            ),
            (
                "kind: Pod\nmetadata:\n  name: 'x\n",
                "line 4: found unexpected end of stream",
            ),
        ] {
            let expected = format!("error converting YAML to JSON: yaml: {expected}");
            assert_eq!(to_json(text).unwrap_err(), expected);
        }
    }
}
