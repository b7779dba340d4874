//! A template's data as `encoding/json` writes it.

use super::value::Value;
use crate::go::text::{push_json_float, push_json_string};
use std::fmt::Write as _;

/// A value as `json.Marshal` writes it: keys sorted, no blanks, HTML escaped.
pub(super) fn push_json(out: &mut String, value: &Value) {
    match value {
        Value::Nil => out.push_str("null"),
        Value::Text(text) => push_json_string(out, text),
        Value::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_json(out, item);
            }
            out.push(']');
        }
        Value::Map(members) => {
            out.push('{');
            for (index, (key, value)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                push_json_string(out, key);
                out.push(':');
                push_json(out, value);
            }
            out.push('}');
        }
        Value::Float(number) => push_json_float(out, *number),
        Value::Bool(_) | Value::Int(_) | Value::Int64(_) | Value::Byte(_) => {
            let _ = write!(out, "{value}");
        }
    }
}
