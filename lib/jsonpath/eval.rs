//! From a template and a value to results.
//!
//! Errors come with results here, as they do in client-go: a filter that asks whether something is there
//! (`[?(@.a[0])]`) looks only at the results.

use super::parse::{EXISTS, Filter, Node, Slice};
use super::{Error, Value, print};
use std::cmp::Ordering;

/// How deep ranges may be nested. Nobody writes ten.
const MAX_RANGES: usize = 500;

/// A result: a value, or what only a template makes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Found<'v> {
    /// A value in the object.
    Value(&'v Value<'v>),
    /// Text of the template.
    Text(&'v str),
    /// An integer of the template: a Go `int`, not an `int64`.
    Int(i64),
    /// A float of the template.
    Float(f64),
    /// `true` or `false` of the template.
    Bool(bool),
    /// One byte of a string: what `.*` finds in it.
    Byte(u8),
    /// What a range over nothing, or over a `null`, has at hand: Go's invalid value.
    Nothing,
}

/// Results, or an error with the results that go with it.
type Step<'v> = Result<Vec<Found<'v>>, (Vec<Found<'v>>, Error)>;

/// A value as comparisons see it.
#[derive(Clone, Copy, PartialEq)]
enum Basic<'v> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'v str),
    Byte(u8),
}

impl<'v> Found<'v> {
    /// Appends it as `-o jsonpath` prints it: text and numbers as Go's `fmt` does, objects and lists as
    /// JSON.
    pub fn print(&self, output: &mut String) {
        match self {
            Found::Value(value @ (Value::Array(_) | Value::Object(_))) => print::json(value, output),
            Found::Value(Value::Null) => output.push_str("null"),
            Found::Nothing => output.push_str("<no value>"),
            other => other.print_plain(output),
        }
    }

    /// Appends it as Go's `fmt.Sprint` prints it, which is what custom columns show: `<nil>`, `[a b]`,
    /// `map[a:1]`.
    pub fn print_plain(&self, output: &mut String) {
        match self {
            Found::Value(value) => print::plain(value, output),
            Found::Text(text) => output.push_str(text),
            Found::Int(int) => output.push_str(&int.to_string()),
            Found::Float(float) => print::float(*float, output),
            Found::Bool(value) => output.push_str(if *value { "true" } else { "false" }),
            Found::Byte(byte) => output.push_str(&byte.to_string()),
            Found::Nothing => output.push_str("<invalid reflect.Value>"),
        }
    }

    /// Go's name for its type.
    fn type_name(&self) -> &'static str {
        match self {
            Found::Value(Value::Null) | Found::Nothing => "<nil>",
            Found::Value(Value::Bool(_)) | Found::Bool(_) => "bool",
            Found::Value(Value::Int(_)) => "int64",
            Found::Value(Value::Float(_)) | Found::Float(_) => "float64",
            Found::Value(Value::String(_)) | Found::Text(_) => "string",
            Found::Value(Value::Array(_)) => "[]interface {}",
            Found::Value(Value::Object(_)) => "map[string]interface {}",
            Found::Int(_) => "int",
            Found::Byte(_) => "uint8",
        }
    }

    /// All that is directly in it.
    fn members(self) -> Vec<Found<'v>> {
        match self {
            Found::Value(Value::Object(map)) => map.iter().map(|(_, value)| Found::Value(value)).collect(),
            Found::Value(Value::Array(list)) => list.iter().map(Found::Value).collect(),
            Found::Value(Value::String(text)) => text.bytes().map(Found::Byte).collect(),
            Found::Text(text) => text.bytes().map(Found::Byte).collect(),
            _ => Vec::new(),
        }
    }

    fn basic(self) -> Result<Basic<'v>, Error> {
        Ok(match self {
            Found::Value(Value::Bool(value)) => Basic::Bool(*value),
            Found::Bool(value) => Basic::Bool(value),
            Found::Value(Value::Int(int)) => Basic::Int(*int),
            Found::Int(int) => Basic::Int(int),
            Found::Value(Value::Float(float)) => Basic::Float(*float),
            Found::Float(float) => Basic::Float(float),
            Found::Value(Value::String(text)) => Basic::Text(text),
            Found::Text(text) => Basic::Text(text),
            Found::Byte(byte) => Basic::Byte(byte),
            Found::Value(Value::Null | Value::Array(_) | Value::Object(_)) | Found::Nothing => {
                return bad_type();
            }
        })
    }
}

/// Evaluates a template.
pub(super) fn find_results<'v>(
    nodes: &'v [Node],
    allow_missing_keys: bool,
    value: &'v Value<'v>,
) -> Result<Vec<Vec<Found<'v>>>, Error> {
    let mut evaluation = Evaluation {
        nodes,
        allow_missing_keys,
        begun: 0,
        inside: 0,
        ended: 0,
        last_end: None,
    };
    evaluation.run(Found::Value(value), 0)
}

/// The state of an evaluation. `range` and `end` are words in the middle of expressions, which only leave
/// a note here; what they mean is decided when the whole `{…}` has been evaluated.
struct Evaluation<'v> {
    nodes: &'v [Node],
    allow_missing_keys: bool,
    /// How many ranges have been met and not yet entered.
    begun: usize,
    /// How many are being gone through.
    inside: usize,
    /// How many ends have been met and not yet acted on.
    ended: usize,
    /// Where the last one was.
    last_end: Option<usize>,
}

impl<'v> Evaluation<'v> {
    /// The nodes from `first` on, up to the end of the range that they stand in.
    fn run(&mut self, at_hand: Found<'v>, first: usize) -> Result<Vec<Vec<Found<'v>>>, Error> {
        let mut all = Vec::new();
        let mut index = first;
        while let Some(node) = self.nodes.get(index) {
            let results = self.walk(vec![at_hand], node).map_err(|(_, error)| error)?;
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
                    // Only to find its end. An error in it is an error nevertheless.
                    self.run(Found::Nothing, index + 1)?;
                }
                for found in results {
                    let at_hand = match found {
                        Found::Value(Value::Null) => Found::Nothing,
                        other => other,
                    };
                    all.extend(self.run(at_hand, index + 1)?);
                }
                self.inside -= 1;
                if let Some(end) = self.last_end.filter(|end| *end > index) {
                    index = end;
                }
            } else {
                all.push(results);
            }
            index += 1;
        }
        Ok(all)
    }

    fn walk(&mut self, input: Vec<Found<'v>>, node: &'v Node) -> Step<'v> {
        match node {
            Node::Text(text) => Ok(vec![Found::Text(text)]),
            Node::List(nodes) => self.list(input, nodes),
            Node::Field(name) => self.field(&input, name),
            Node::Identifier(word) => self.identifier(input, word),
            Node::Slice(slice) => slice_all(input, *slice),
            Node::Filter(filter) => self.filter(input, filter),
            Node::Int(int) => Ok(vec![Found::Int(*int); input.len()]),
            Node::Float(float) => Ok(vec![Found::Float(*float); input.len()]),
            Node::Bool(value) => Ok(vec![Found::Bool(*value); input.len()]),
            Node::Wildcard => Ok(input.into_iter().flat_map(Found::members).collect()),
            Node::Recursive => {
                let mut results = Vec::new();
                input.into_iter().for_each(|found| descend(found, &mut results));
                Ok(results)
            }
            Node::Union(operands) => {
                let mut results = Vec::new();
                for operand in operands {
                    match self.list(input.clone(), operand) {
                        Ok(found) => results.extend(found),
                        Err((_, error)) => return Err((input, error)),
                    }
                }
                Ok(results)
            }
        }
    }

    fn list(&mut self, input: Vec<Found<'v>>, nodes: &'v [Node]) -> Step<'v> {
        nodes.iter().try_fold(input, |input, node| self.walk(input, node))
    }

    fn field(&self, input: &[Found<'v>], name: &str) -> Step<'v> {
        let field = |found: &Found<'v>| match found {
            Found::Value(Value::Object(map)) => map.get(name).map(Found::Value),
            _ => None,
        };
        let results: Vec<_> = input.iter().filter_map(field).collect();
        if results.is_empty() && !input.is_empty() && !self.allow_missing_keys {
            return Err((results, Error(format!("{name} is not found"))));
        }
        Ok(results)
    }

    fn identifier(&mut self, input: Vec<Found<'v>>, word: &str) -> Step<'v> {
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

    fn filter(&mut self, input: Vec<Found<'v>>, filter: &'v Filter) -> Step<'v> {
        let mut results = Vec::new();
        for found in &input {
            let Found::Value(Value::Array(list)) = found else {
                let mut text = String::new();
                found.print_plain(&mut text);
                text.push_str(" is not array or slice and cannot be filtered");
                return Err((input, Error(text)));
            };
            for member in list.iter().map(Found::Value) {
                match self.passes(member, filter) {
                    Ok(true) => results.push(member),
                    Ok(false) => {}
                    Err(Refusal::Operands(error)) => return Err((input, error)),
                    Err(Refusal::Comparison(error)) => return Err((results, error)),
                }
            }
        }
        Ok(results)
    }

    fn passes(&mut self, member: Found<'v>, filter: &'v Filter) -> Result<bool, Refusal> {
        let lefts = self.list(vec![member], &filter.left);
        if filter.operator == EXISTS {
            let (Ok(lefts) | Err((lefts, _))) = lefts;
            return Ok(!lefts.is_empty());
        }
        let Some(left) = only(lefts)? else {
            return Ok(false);
        };
        let Some(right) = only(self.list(vec![member], &filter.right))? else {
            return Ok(false);
        };
        compare(left, &filter.operator, right).map_err(Refusal::Comparison)
    }
}

/// Why a filter fails, which decides on the results that go with it.
enum Refusal {
    Operands(Error),
    Comparison(Error),
}

/// The one result that can be compared.
fn only<'v>(results: Step<'v>) -> Result<Option<Found<'v>>, Refusal> {
    let results = results.map_err(|(_, error)| Refusal::Operands(error))?;
    match results.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(*one)),
        _ => {
            let text = "can only compare one element at a time";
            Err(Refusal::Operands(Error(text.into())))
        }
    }
}

/// Everything that has something in it, strings included, in the order in which a reader meets it.
fn descend<'v>(found: Found<'v>, results: &mut Vec<Found<'v>>) {
    let members = found.members();
    if !members.is_empty() {
        results.push(found);
        for member in members {
            descend(member, results);
        }
    }
}

fn slice_all(input: Vec<Found<'_>>, slice: Slice) -> Step<'_> {
    let mut results = Vec::new();
    for found in &input {
        let list = match found {
            Found::Value(Value::Null) => continue,
            Found::Value(Value::Array(list)) => list,
            other => {
                let text = format!("{} is not array or slice", other.type_name());
                return Err((input, Error(text)));
            }
        };
        match bounds(list.len(), slice) {
            // That ends it for the lists that follow, too. The quirk is client-go's.
            Ok(None) => return Ok(results),
            Ok(Some((start, end, step))) => {
                let members = list.get(start..end).unwrap_or_default();
                results.extend(members.iter().step_by(step).map(Found::Value));
            }
            Err(error) => return Err((input, error)),
        }
    }
    Ok(results)
}

/// Start, end and step of a slice of a list; `None` for a slice of nothing, which may be out of bounds.
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

fn compare(left: Found<'_>, operator: &str, right: Found<'_>) -> Result<bool, Error> {
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

fn equal(left: Found<'_>, right: Found<'_>) -> Result<bool, Error> {
    match (left.basic()?, right.basic()?) {
        (Basic::Bool(left), Basic::Bool(right)) => Ok(left == right),
        (left, right) => Ok(order_basic(left, right)? == Ordering::Equal),
    }
}

fn order(left: Found<'_>, right: Found<'_>) -> Result<Ordering, Error> {
    order_basic(left.basic()?, right.basic()?)
}

fn order_basic(left: Basic<'_>, right: Basic<'_>) -> Result<Ordering, Error> {
    match (left, right) {
        (Basic::Int(left), Basic::Int(right)) => Ok(left.cmp(&right)),
        (Basic::Byte(left), Basic::Byte(right)) => Ok(left.cmp(&right)),
        (Basic::Int(left), Basic::Byte(right)) => Ok(left.cmp(&i64::from(right))),
        (Basic::Byte(left), Basic::Int(right)) => Ok(i64::from(left).cmp(&right)),
        (Basic::Text(left), Basic::Text(right)) => Ok(left.cmp(right)),
        // JSON has no number that is none.
        (Basic::Float(left), Basic::Float(right)) => Ok(left.partial_cmp(&right).unwrap_or(Ordering::Equal)),
        (Basic::Bool(_), Basic::Bool(_)) => bad_type(),
        _ => error("incompatible types for comparison"),
    }
}

fn bad_type<T>() -> Result<T, Error> {
    error("invalid type for comparison")
}

fn error<T>(text: impl Into<String>) -> Result<T, Error> {
    Err(Error(text.into()))
}
