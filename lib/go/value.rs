//! Values of Go's types: those of JSON, and those that templates make.

use super::float;
use crate::json::{Elements, NodeType, TreeNode};
use std::borrow::Cow;

/// A value of one of Go's types.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'t> {
    /// Go's invalid `reflect.Value`, which is the object of a JSONPath range over nothing.
    Invalid,
    /// A nil interface: JSON's `null`.
    Nil,
    /// A `bool`
    Bool(bool),
    /// An `int`: a number of the template.
    Int(i64),
    /// An `int64`: a number of the data without fraction and exponent that fits.
    Int64(i64),
    /// A `uint8`: a byte of a string.
    Byte(u8),
    /// A `float64`: any other number.
    Float(f64),
    /// A `string`
    Text(Cow<'t, str>),
    /// A `[]interface {}`
    List(Elements<'t>),
    /// A `map[string]interface {}`
    Map(TreeNode<'t>),
}

impl<'t> Value<'t> {
    /// Returns Go's name of its type.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Value::Invalid => "<nil>",
            Value::Nil => "interface {}",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Int64(_) => "int64",
            Value::Byte(_) => "uint8",
            Value::Float(_) => "float64",
            Value::Text(_) => "string",
            Value::List(_) => "[]interface {}",
            Value::Map(_) => "map[string]interface {}",
        }
    }

    /// Returns the value as an integer, if it is one.
    pub(crate) fn integer(&self) -> Option<i64> {
        match self {
            Value::Int(number) | Value::Int64(number) => Some(*number),
            Value::Byte(number) => Some(i64::from(*number)),
            _ => None,
        }
    }
}

impl<'t> From<TreeNode<'t>> for Value<'t> {
    fn from(node: TreeNode<'t>) -> Self {
        match node.node_type() {
            NodeType::Null => Value::Nil,
            NodeType::Bool => Value::Bool(node.json() == "true"),
            NodeType::Number => number(node),
            NodeType::Text => Value::Text(node.text()),
            NodeType::List => Value::List(node.elements()),
            NodeType::Object => Value::Map(node),
        }
    }
}

fn number<'t>(node: TreeNode<'t>) -> Value<'t> {
    if let Ok(number) = node.json().parse() {
        return Value::Int64(number);
    }
    let number = node.json().parse().unwrap_or_default();
    match float::json(number).parse() {
        Ok(whole) if node.has_whole_numbers() => Value::Int64(whole),
        _ => Value::Float(number),
    }
}
