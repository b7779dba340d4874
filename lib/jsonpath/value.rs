//! A JSON value as Go sees it: what Kubernetes' own decoder makes of an object.

use super::fields::{ALL, Fields};
use super::print;
use crate::json::{Members, Unusual, plain_string};
use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use std::borrow::Cow;
use std::fmt;

/// A JSON value with Go's types. Text is borrowed from the JSON where that has no escapes.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value<'a> {
    /// `null`, Go's `nil`
    #[default]
    Null,
    /// A `bool`
    Bool(bool),
    /// An `int64`: a number without fraction and exponent that fits.
    Int(i64),
    /// A `float64`: any other number.
    Float(f64),
    /// A `string`
    String(Cow<'a, str>),
    /// A `[]interface {}`
    Array(Vec<Value<'a>>),
    /// A `map[string]interface {}`
    Object(Map<'a>),
}

/// An object's members, sorted by key: Go's maps have no order, and print sorted. Of a key that stands
/// twice the last one counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Map<'a> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        let found = self.0.binary_search_by(|(other, _)| other.as_ref().cmp(key));
        found
            .ok()
            .and_then(|index| self.0.get(index))
            .map(|(_, value)| value)
    }

    /// The members in the order of their keys.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(key, value)| (key.as_ref(), value))
    }

    /// Whether it has no members.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> FromIterator<(Cow<'a, str>, Value<'a>)> for Map<'a> {
    fn from_iter<I: IntoIterator<Item = (Cow<'a, str>, Value<'a>)>>(members: I) -> Self {
        let mut members: Vec<_> = members.into_iter().collect();
        // Stable, and the last of equals is kept.
        members.sort_by(|(a, _), (b, _)| a.cmp(b));
        members.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        Self(members)
    }
}

impl<'a> Value<'a> {
    /// Reads JSON text.
    ///
    /// # Errors
    /// What is not JSON, or nested deeper than 128 levels.
    pub fn parse(json: &'a str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Reads JSON text; of objects, only what some fields lead to. Skipping the rest costs a fraction of reading it.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_fields(json: &'a str, fields: &Fields) -> Result<Self, serde_json::Error> {
        // What is spelled in an unusual way, or is no JSON, takes a parser, which takes several times as long.
        match Members::checked(json).and_then(|mut members| pick(&mut members, fields)) {
            Ok(value) => Ok(value),
            Err(Unusual) => parse_part(json, fields),
        }
    }

    /// The value of a field, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        match self {
            Value::Object(map) => map.get(key),
            _ => None,
        }
    }

    /// Appends it as Go's `fmt.Sprint` prints it: `<nil>`, `[a b]`, `map[a:1]`.
    pub fn print_plain(&self, output: &mut String) {
        print::plain(self, output);
    }

    /// Appends it as Go's verb `%#v` prints it: as Go source.
    pub fn print_source(&self, output: &mut String) {
        print::source(self, output);
    }

    /// Appends it as Go's `json.Marshal` writes it: keys sorted, no blanks, `<` as `\u003c`.
    pub fn print_json(&self, output: &mut String) {
        print::json(self, output);
    }
}

fn parse_part<'a>(json: &'a str, fields: &Fields) -> Result<Value<'a>, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = Reader(fields).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// What some fields lead to, out of the members of an object. The others are passed over without being read.
fn pick<'a>(members: &mut Members<'a>, fields: &Fields) -> Result<Value<'a>, Unusual> {
    let mut picked = Vec::new();
    while let Some(key) = members.next_key()? {
        match fields.field(key) {
            Some(inner) => picked.push((Cow::Borrowed(key), pick_value(members, inner)?)),
            None => {
                members.value()?;
            }
        }
    }
    Ok(Value::Object(picked.into_iter().collect()))
}

/// The same of the value that comes next.
fn pick_value<'a>(members: &mut Members<'a>, fields: &Fields) -> Result<Value<'a>, Unusual> {
    if !fields.are_all() {
        if let Some(mut object) = members.open() {
            let value = pick(&mut object, fields)?;
            members.close(object);
            return Ok(value);
        }
        if let Some(mut list) = members.open_list() {
            let mut picked = Vec::new();
            while list.next_element()? {
                picked.push(pick_value(&mut list, fields.element())?);
            }
            members.close(list);
            return Ok(Value::Array(picked));
        }
    }
    let json = members.value()?;
    match plain_string(json) {
        Some(text) => Ok(Value::from(text)),
        None => parse_part(json, fields).map_err(|_| Unusual),
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::String(Cow::Borrowed(text))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Value<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader(&ALL).deserialize(deserializer)
    }
}

/// Reads of a value, and of objects in it, what some fields lead to.
struct Reader<'f>(&'f Fields);

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Int(value))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "what does not fit is a float64 in Go, too"
    )]
    fn visit_u64<E: Error>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(value).map_or(Value::Float(value as f64), Value::Int))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Float(value))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::from(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = list.next_element_seed(Reader(self.0.element()))? {
            members.push(member);
        }
        Ok(Value::Array(members))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(Key(key)) = map.next_key()? {
            match self.0.field(&key) {
                Some(inner) => members.push((key, map.next_value_seed(Reader(inner))?)),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::Object(members.into_iter().collect()))
    }
}

/// A key, borrowed where it has no escapes: what a plain `Cow` would not do.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(Text)
    }
}
