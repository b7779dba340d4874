//! Evaluates templates.
//!
//! As in client-go, errors come with results: a filter that asks whether something exists (`[?(@.a[0])]`) looks only at
//! the results.

use super::error::{Error, error};
use super::parse::{EXISTS, Filter, Node, Slice};
use crate::go::value::Value;
use crate::json::Elements;
use std::cmp::Ordering;

/// The maximum depth of ranges. Real templates have a few.
const MAX_RANGES: usize = 500;

/// Results, or an error with the results until then.
type Step<'v> = Result<Vec<Value<'v>>, (Vec<Value<'v>>, Error)>;

/// Evaluates a template, and calls `each` with the results of each of its parts. Fails if a step finds more than `most`
/// values.
pub(super) fn evaluate<'v>(
    nodes: &'v [Node],
    allow_missing_keys: bool,
    value: Value<'v>,
    most: usize,
    each: &mut dyn FnMut(Vec<Value<'v>>),
) -> Result<(), Error> {
    let mut evaluation = Evaluation {
        nodes,
        allow_missing_keys,
        most,
        begun: 0,
        inside: 0,
        ended: 0,
        last_end: None,
    };
    evaluation.run(&value, 0, each)
}

/// The state of an evaluation. The words `range` and `end` may stand anywhere in an expression and only change this
/// state; it takes effect when the whole `{…}` has been evaluated.
struct Evaluation<'v> {
    nodes: &'v [Node],
    allow_missing_keys: bool,
    /// The maximum number of values that a step may find.
    most: usize,
    /// The number of ranges that have been read and not entered yet.
    begun: usize,
    /// The number of ranges that are running.
    inside: usize,
    /// The number of ends that have been read and have not ended a range yet.
    ended: usize,
    /// The node of the last end.
    last_end: Option<usize>,
}

impl<'v> Evaluation<'v> {
    /// Evaluates the nodes from `first` on, up to the end of the range that they are in.
    fn run(
        &mut self,
        at_hand: &Value<'v>,
        first: usize,
        each: &mut dyn FnMut(Vec<Value<'v>>),
    ) -> Result<(), Error> {
        let mut index = first;
        while let Some(node) = self.nodes.get(index) {
            let results = self.walk(vec![at_hand.clone()], node);
            let results = results.map_err(|(_, error)| error)?;
            if self.ended > 0 && self.ended <= self.inside {
                self.ended -= 1;
                self.last_end = Some(index);
                break;
            }
            if self.begun > 0 {
                self.begun -= 1;
                if self.inside >= MAX_RANGES {
                    return error("ranges are nested too deep");
                }
                self.inside += 1;
                if results.is_empty() {
                    // Runs the body only to find its end. An error in it counts all the same.
                    self.run(&Value::Invalid, index + 1, &mut |_| {})?;
                }
                for found in results {
                    let at_hand = match found {
                        Value::Nil => Value::Invalid,
                        other => other,
                    };
                    self.run(&at_hand, index + 1, each)?;
                }
                self.inside -= 1;
                if let Some(end) = self.last_end.filter(|end| *end > index) {
                    index = end;
                }
            } else {
                each(results);
            }
            index += 1;
        }
        Ok(())
    }

    fn walk(&mut self, input: Vec<Value<'v>>, node: &'v Node) -> Step<'v> {
        match node {
            Node::Text(text) => Ok(vec![Value::Text(text.into())]),
            Node::List(nodes) => self.list(input, nodes),
            Node::Field(name) => self.field(&input, name),
            Node::Identifier(word) => self.identifier(input, word),
            Node::Slice(slice) => self.slice(input, *slice),
            Node::Filter(filter) => self.filter(input, filter),
            Node::Int(int) => Ok(vec![Value::Int(*int); input.len()]),
            Node::Float(float) => Ok(vec![Value::Float(*float); input.len()]),
            Node::Bool(value) => Ok(vec![Value::Bool(*value); input.len()]),
            Node::Wildcard => {
                let mut results = Vec::new();
                for found in &input {
                    self.add(members(found), &mut results)?;
                }
                Ok(results)
            }
            Node::Recursive => {
                let mut results = Vec::new();
                for found in input {
                    self.descend(found, &mut |found| Some(found), &mut results)?;
                }
                Ok(results)
            }
            Node::Union(operands) => {
                let mut results = Vec::new();
                for operand in operands {
                    match self.list(input.clone(), operand) {
                        Ok(found) => self.add(found.into_iter(), &mut results)?,
                        Err((_, error)) => return Err((input, error)),
                    }
                }
                Ok(results)
            }
        }
    }

    /// Adds values that a step has found.
    fn add(
        &self,
        found: impl Iterator<Item = Value<'v>>,
        results: &mut Vec<Value<'v>>,
    ) -> Result<(), (Vec<Value<'v>>, Error)> {
        let room = self.most.saturating_sub(results.len());
        let mut found = found.fuse();
        results.extend(found.by_ref().take(room));
        match found.next() {
            None => Ok(()),
            Some(_) => {
                let text = format!("more than {} values are found at once", self.most);
                Err((Vec::new(), Error(text)))
            }
        }
    }

    /// Calls `wanted` with the value, if it has members (or bytes, for a string), and with all such values in it, in
    /// the order of the text. Adds what `wanted` returns.
    fn descend(
        &self,
        found: Value<'v>,
        wanted: &mut dyn FnMut(Value<'v>) -> Option<Value<'v>>,
        results: &mut Vec<Value<'v>>,
    ) -> Result<(), (Vec<Value<'v>>, Error)> {
        let mut members = members(&found).peekable();
        if members.peek().is_some() {
            self.add(wanted(found).into_iter(), results)?;
            for member in members {
                self.descend(member, wanted, results)?;
            }
        }
        Ok(())
    }

    fn list(&mut self, mut input: Vec<Value<'v>>, nodes: &'v [Node]) -> Step<'v> {
        let mut nodes = nodes.iter();
        while let Some(node) = nodes.next() {
            input = match (node, nodes.as_slice().first()) {
                (Node::Recursive, Some(Node::Field(name))) => {
                    nodes.next();
                    self.field_anywhere(input, name)?
                }
                _ => self.walk(input, node)?,
            };
        }
        Ok(input)
    }

    fn field(&self, input: &[Value<'v>], name: &str) -> Step<'v> {
        let results: Vec<_> = input.iter().filter_map(|found| member(found, name)).collect();
        self.found(results, input.is_empty(), name)
    }

    /// Finds a field wherever it is (`..name`). Values without the field are not collected: there may be very many.
    fn field_anywhere(&self, input: Vec<Value<'v>>, name: &str) -> Step<'v> {
        let mut results = Vec::new();
        let mut is_empty = true;
        for found in input {
            let mut wanted = |found| {
                is_empty = false;
                member(&found, name)
            };
            self.descend(found, &mut wanted, &mut results)?;
        }
        self.found(results, is_empty, name)
    }

    fn found(&self, results: Vec<Value<'v>>, is_input_empty: bool, name: &str) -> Step<'v> {
        if results.is_empty() && !is_input_empty && !self.allow_missing_keys {
            return Err((results, Error(format!("{name} is not found"))));
        }
        Ok(results)
    }

    fn slice(&self, input: Vec<Value<'v>>, slice: Slice) -> Step<'v> {
        let mut results = Vec::new();
        for found in &input {
            let list = match found {
                Value::Nil => continue,
                Value::List(list) => list,
                other => {
                    let text = format!("{} is not array or slice", type_name(other));
                    return Err((input, Error(text)));
                }
            };
            match bounds(list.len(), slice) {
                // As in client-go, this skips the lists that follow, too.
                Ok(None) => return Ok(results),
                Ok(Some((start, end, step))) => {
                    let indexes = (start..end).step_by(step);
                    let elements = indexes.filter_map(|index| list.get(index)).map(Value::from);
                    self.add(elements, &mut results)?;
                }
                Err(error) => return Err((input, error)),
            }
        }
        Ok(results)
    }

    fn identifier(&mut self, input: Vec<Value<'v>>, word: &str) -> Step<'v> {
        match word {
            "range" => {
                self.begun += 1;
                Ok(input)
            }
            "end" if self.inside > 0 => {
                self.ended += 1;
                Ok(Vec::new())
            }
            "end" => Err((Vec::new(), Error("not in range, nothing to end".into()))),
            _ => Err((input, Error(format!("unrecognized identifier {word}")))),
        }
    }

    fn filter(&mut self, input: Vec<Value<'v>>, filter: &'v Filter) -> Step<'v> {
        let mut results = Vec::new();
        for found in &input {
            let Value::List(list) = found else {
                let text = format!("{found} is not array or slice and cannot be filtered");
                return Err((input, Error(text)));
            };
            let list = list.clone();
            for member in list.iter().map(Value::from) {
                match self.passes(&member, filter) {
                    Ok(true) => self.add(std::iter::once(member), &mut results)?,
                    Ok(false) => {}
                    Err(Refusal::Operands(error)) => return Err((input, error)),
                    Err(Refusal::Comparison(error)) => return Err((results, error)),
                }
            }
        }
        Ok(results)
    }

    fn passes(&mut self, member: &Value<'v>, filter: &'v Filter) -> Result<bool, Refusal> {
        let lefts = self.list(vec![member.clone()], &filter.left);
        if filter.operator == EXISTS {
            let (Ok(lefts) | Err((lefts, _))) = lefts;
            return Ok(!lefts.is_empty());
        }
        let Some(left) = only(lefts)? else {
            return Ok(false);
        };
        let Some(right) = only(self.list(vec![member.clone()], &filter.right))? else {
            return Ok(false);
        };
        compare(&left, &filter.operator, &right).map_err(Refusal::Comparison)
    }
}

/// Why a filter failed, which decides what results come with the error.
enum Refusal {
    Operands(Error),
    Comparison(Error),
}

/// Returns the result to compare, if there is one.
fn only<'v>(results: Step<'v>) -> Result<Option<Value<'v>>, Refusal> {
    let mut results = results.map_err(|(_, error)| Refusal::Operands(error))?;
    match results.len() {
        0 | 1 => Ok(results.pop()),
        _ => {
            let text = "can only compare one element at a time";
            Err(Refusal::Operands(Error(text.into())))
        }
    }
}

/// Returns the members of an object, the elements of a list, or the bytes of a string.
fn members<'v>(found: &Value<'v>) -> Box<dyn Iterator<Item = Value<'v>> + 'v> {
    match found {
        Value::Map(map) => Box::new(map.members().map(|(_, member)| member.into())),
        Value::List(list) => {
            let list: Elements<'v> = list.clone();
            Box::new((0..list.len()).filter_map(move |index| list.get(index).map(Value::from)))
        }
        Value::Text(text) => Box::new(
            text.clone()
                .into_owned()
                .into_bytes()
                .into_iter()
                .map(Value::Byte),
        ),
        _ => Box::new(std::iter::empty()),
    }
}

fn member<'v>(found: &Value<'v>, name: &str) -> Option<Value<'v>> {
    match found {
        Value::Map(map) => map.get(name).map(Value::from),
        _ => None,
    }
}

/// Returns Go's name for the type of a result.
fn type_name(found: &Value<'_>) -> &'static str {
    match found {
        Value::Nil => "<nil>",
        other => other.type_name(),
    }
}

/// Returns start, end and step of a slice of a list. Returns `None` for an empty slice, which may be out of bounds.
fn bounds(length: usize, slice: Slice) -> Result<Option<(usize, usize, usize)>, Error> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let mut start = slice.start.unwrap_or(0);
    if start < 0 {
        start += length;
    }
    let mut end = slice.end.unwrap_or(length);
    if end < 0 || (end == 0 && slice.end_is_derived) {
        end += length;
    }
    if start == end {
        return Ok(None);
    }
    let out_of_bounds = |index: i64| {
        error(format!(
            "array index out of bounds: index {index}, length {length}"
        ))
    };
    if start >= length || start < 0 {
        return out_of_bounds(start);
    }
    if end > length || end < 0 {
        return out_of_bounds(end.wrapping_sub(1));
    }
    if start > end {
        return error(format!(
            "starting index {start} is greater than ending index {end}"
        ));
    }
    let step = slice.step.unwrap_or(1);
    if step <= 0 {
        return error("step must be > 0");
    }
    let index = |number: i64| usize::try_from(number).unwrap_or(usize::MAX);
    Ok(Some((index(start), index(end), index(step))))
}

fn compare(left: &Value<'_>, operator: &str, right: &Value<'_>) -> Result<bool, Error> {
    match operator {
        "==" => equal(left, right),
        "!=" => Ok(!equal(left, right)?),
        "<" => Ok(order(left, right)? == Ordering::Less),
        "<=" => Ok(order(left, right)? != Ordering::Greater),
        ">" => Ok(order(left, right)? == Ordering::Greater),
        ">=" => Ok(order(left, right)? != Ordering::Less),
        _ => error(format!("unrecognized filter operator {operator}")),
    }
}

fn equal(left: &Value<'_>, right: &Value<'_>) -> Result<bool, Error> {
    match (left, right) {
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        _ => Ok(order(left, right)? == Ordering::Equal),
    }
}

fn order(left: &Value<'_>, right: &Value<'_>) -> Result<Ordering, Error> {
    let has_order = |value: &Value<'_>| {
        !matches!(
            value,
            Value::Nil | Value::Invalid | Value::List(_) | Value::Map(_)
        )
    };
    match (left, right) {
        (left, right) if !has_order(left) || !has_order(right) => error("invalid type for comparison"),
        (Value::Text(left), Value::Text(right)) => Ok(left.cmp(right)),
        // JSON has no NaN.
        (Value::Float(left), Value::Float(right)) => Ok(left.partial_cmp(right).unwrap_or(Ordering::Equal)),
        (Value::Bool(_), Value::Bool(_)) => error("invalid type for comparison"),
        (left, right) => match (left.integer(), right.integer()) {
            (Some(left), Some(right)) => Ok(left.cmp(&right)),
            _ => error("incompatible types for comparison"),
        },
    }
}
