//! The data that a template sees, as `json.Unmarshal` would hand it over.

use crate::go::text::push_json_float;
use crate::json::{Bracket, Token, Tokens, unquote};
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// How deep data nests: it is printed and dropped by recursion. Go has ten thousand.
const MAX_NESTED: usize = 300;

/// A value of Go's.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A nil interface.
    Nil,
    /// bool
    Bool(bool),
    /// int: of the template itself
    Int(i64),
    /// int64: of the data
    Int64(i64),
    /// uint8: of an indexed string
    Byte(u8),
    /// float64
    Float(f64),
    /// string
    Text(Rc<str>),
    /// []interface {}
    List(Rc<[Value]>),
    /// map[string]interface {}
    Map(Rc<BTreeMap<Rc<str>, Value>>),
}

impl Value {
    /// Go's name of its type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
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

    /// Whether it is something else than the zero of its type.
    pub(super) fn is_true(&self) -> bool {
        match self {
            Value::Nil => false,
            Value::Bool(value) => *value,
            Value::Int(number) | Value::Int64(number) => *number != 0,
            Value::Byte(number) => *number != 0,
            Value::Float(number) => *number != 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Map(members) => !members.is_empty(),
        }
    }

    /// As an integer, where it is one.
    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Value::Int(number) | Value::Int64(number) => Some(*number),
            Value::Byte(number) => Some(i64::from(*number)),
            _ => None,
        }
    }

    /// Reads JSON text that has been through a parser already.
    ///
    /// # Errors
    /// Go's text for what nests too deeply.
    pub(super) fn read(json: &str) -> Result<Value, String> {
        let mut open: Vec<Open> = Vec::new();
        for token in Tokens::new(json) {
            if open.len() > MAX_NESTED {
                return Err("exceeded max depth".to_owned());
            }
            let value = match token {
                Token::Open(Bracket::Object) => {
                    open.push(Open::Map(BTreeMap::new(), None));
                    continue;
                }
                Token::Open(Bracket::Array) => {
                    open.push(Open::List(Vec::new()));
                    continue;
                }
                Token::Key(quoted) => {
                    if let Some(Open::Map(_, key)) = open.last_mut() {
                        *key = Some(Rc::from(unquote(quoted)));
                    }
                    continue;
                }
                Token::Close(_) => match open.pop() {
                    Some(Open::Map(members, _)) => Value::Map(Rc::new(members)),
                    Some(Open::List(items)) => Value::List(Rc::from(items)),
                    None => Value::Nil,
                },
                Token::Text(quoted) => Value::Text(Rc::from(unquote(quoted))),
                Token::Plain("null") => Value::Nil,
                Token::Plain("true") => Value::Bool(true),
                Token::Plain("false") => Value::Bool(false),
                Token::Plain(number) => read_number(number),
            };
            match open.last_mut() {
                Some(Open::Map(members, key)) => {
                    members.insert(key.take().unwrap_or_default(), value);
                }
                Some(Open::List(items)) => items.push(value),
                None => return Ok(value),
            }
        }
        Ok(Value::Nil)
    }
}

enum Open {
    Map(BTreeMap<Rc<str>, Value>, Option<Rc<str>>),
    List(Vec<Value>),
}

/// kubectl writes an object as JSON once more before the template gets it, which makes `1.0` a whole
/// number.
fn read_number(text: &str) -> Value {
    if let Ok(number) = text.parse() {
        return Value::Int64(number);
    }
    let number = text.parse::<f64>().unwrap_or_default();
    let mut written = String::new();
    push_json_float(&mut written, number);
    match written.parse() {
        Ok(whole) => Value::Int64(whole),
        Err(_) => Value::Float(number),
    }
}

/// As `%v` prints it.
impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Nil => out.write_str("<nil>"),
            Value::Bool(value) => write!(out, "{value}"),
            Value::Int(number) | Value::Int64(number) => write!(out, "{number}"),
            Value::Byte(number) => write!(out, "{number}"),
            Value::Float(number) => out.write_str(&super::float::general(*number, None, 'e')),
            Value::Text(text) => out.write_str(text),
            Value::List(items) => {
                out.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let blank = if index > 0 { " " } else { "" };
                    write!(out, "{blank}{item}")?;
                }
                out.write_str("]")
            }
            Value::Map(members) => {
                out.write_str("map[")?;
                for (index, (key, value)) in members.iter().enumerate() {
                    let blank = if index > 0 { " " } else { "" };
                    write!(out, "{blank}{key}:{value}")?;
                }
                out.write_str("]")
            }
        }
    }
}
