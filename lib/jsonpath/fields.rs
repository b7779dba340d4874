//! The fields that templates can look at, so that others need not be sent or read.

use super::parse::{EXISTS, Node};
use crate::json::{Members, Unusual};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The fields of an object that templates can look at. If that is everything, it is all of the object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(What);

#[derive(Clone, Debug, Default, PartialEq)]
enum What {
    #[default]
    Nothing,
    All,
    /// Some fields, and the parts of each.
    Named(Vec<(Box<str>, Fields)>),
    /// The same parts of every member of an object or a list.
    Each(Box<Fields>),
    /// The same parts of every element of a list, and all of an object.
    Elements(Box<Fields>),
}

/// Fields nested deeper than this are not told apart.
const DEEPEST: usize = 64;

/// Everything.
static ALL: Fields = Fields(What::All);

impl Fields {
    /// Adds the fields that an expression leads to.
    pub(super) fn add(&mut self, nodes: &[Node]) {
        self.add_within(nodes, DEEPEST);
    }

    fn add_within(&mut self, nodes: &[Node], depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return self.add_all();
        };
        match nodes.split_first() {
            Some((Node::Field(name), rest)) if !name.is_empty() => {
                if let What::Nothing = self.0 {
                    self.0 = What::Named(Vec::new());
                }
                let What::Named(named) = &mut self.0 else {
                    return self.add_all();
                };
                let place = named.iter().position(|(other, _)| **other == **name);
                let place = place.unwrap_or_else(|| {
                    named.push((name.as_str().into(), Fields::default()));
                    named.len() - 1
                });
                if let Some((_, inner)) = named.get_mut(place) {
                    inner.add_within(rest, depth);
                }
            }
            Some((Node::Wildcard, rest)) => match self.each() {
                Some(inner) => inner.add_within(rest, depth),
                None => self.add_all(),
            },
            Some((Node::Slice(_), rest)) => match self.elements() {
                Some(inner) => inner.add_within(rest, depth),
                None => self.add_all(),
            },
            Some((Node::Filter(filter), rest)) => match self.elements() {
                Some(inner) => {
                    inner.add_within(rest, depth);
                    inner.add_within(&filter.left, depth);
                    if filter.operator != EXISTS {
                        inner.add_within(&filter.right, depth);
                    }
                }
                None => self.add_all(),
            },
            Some((Node::Union(operands), rest)) => {
                for operand in operands {
                    self.add_within(&[operand, rest].concat(), depth);
                }
            }
            // A constant.
            Some((Node::Text(_) | Node::Int(_) | Node::Float(_) | Node::Bool(_), _)) => {}
            // The value at the end of a path is shown as a whole, and other nodes may look at anything.
            _ => self.add_all(),
        }
    }

    fn each(&mut self) -> Option<&mut Fields> {
        if let What::Nothing = self.0 {
            self.0 = What::Each(Box::default());
        }
        match &mut self.0 {
            What::Each(inner) => Some(inner),
            _ => None,
        }
    }

    fn elements(&mut self) -> Option<&mut Fields> {
        if let What::Nothing = self.0 {
            self.0 = What::Elements(Box::default());
        }
        match &mut self.0 {
            What::Elements(inner) => Some(inner),
            _ => None,
        }
    }

    /// Adds everything.
    pub(super) fn add_all(&mut self) {
        self.0 = What::All;
    }

    /// Returns the parts of a field, and `None` if templates do not look at it.
    fn field(&self, name: &str) -> Option<&Fields> {
        match &self.0 {
            What::Nothing => None,
            What::All | What::Elements(_) => Some(&ALL),
            What::Named(named) => named
                .iter()
                .find(|(other, _)| **other == *name)
                .map(|(_, inner)| inner),
            What::Each(inner) => Some(inner),
        }
    }

    /// Returns the parts of each item of a List.
    pub(super) fn of_items(&self) -> Fields {
        match self.field("items") {
            Some(items) => items.element().clone(),
            None => Fields::default(),
        }
    }

    /// Returns whether templates can look at everything.
    pub fn are_all(&self) -> bool {
        matches!(self.0, What::All)
    }

    /// Returns the parts of each element of a list.
    fn element(&self) -> &Fields {
        match &self.0 {
            What::Each(inner) | What::Elements(inner) => inner,
            _ => &ALL,
        }
    }

    /// Drops the members of JSON objects that templates do not look at. Leaves text with an unusual spelling as it is.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn trim<'j>(&self, json: &'j str) -> serde_json::Result<Cow<'j, str>> {
        let mut text = b"{".to_vec();
        if !self.are_all() && self.write(json, &mut text).is_ok() {
            text.push(b'}');
            return Ok(Cow::Owned(String::from_utf8(text).unwrap_or_default()));
        }
        let value: &RawValue = serde_json::from_str(json)?;
        Ok(Cow::Borrowed(value.get()))
    }

    /// Writes the members of a JSON object that templates look at, without its braces and spelled as they are, and
    /// returns whether there are any. In their values, too, other members are left out.
    ///
    /// # Errors
    /// The text is not a JSON object, or not spelled as API servers spell it. The output is useless then.
    pub(crate) fn write(&self, json: &str, out: &mut Vec<u8>) -> Result<bool, Unusual> {
        self.write_members(&mut Members::checked(json)?, out)
    }

    fn write_members(&self, members: &mut Members<'_>, out: &mut Vec<u8>) -> Result<bool, Unusual> {
        let mut any = false;
        while let Some(key) = members.next_key()? {
            let Some(inner) = self.field(key) else {
                members.value()?;
                continue;
            };
            if std::mem::replace(&mut any, true) {
                out.push(b',');
            }
            out.push(b'"');
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(b"\":");
            inner.write_value(members, out)?;
        }
        Ok(any)
    }

    fn write_value(&self, members: &mut Members<'_>, out: &mut Vec<u8>) -> Result<(), Unusual> {
        if !self.are_all() {
            if let Some(mut object) = members.open() {
                out.push(b'{');
                self.write_members(&mut object, out)?;
                out.push(b'}');
                members.close(object);
                return Ok(());
            }
            if let Some(mut list) = members.open_list() {
                out.push(b'[');
                let mut any = false;
                while list.next_element()? {
                    if std::mem::replace(&mut any, true) {
                        out.push(b',');
                    }
                    self.element().write_value(&mut list, out)?;
                }
                out.push(b']');
                members.close(list);
                return Ok(());
            }
        }
        out.extend_from_slice(members.value()?.as_bytes());
        Ok(())
    }
}
