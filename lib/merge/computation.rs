//! `--sum`, `--min`, `--max` and `--avg`: numbers of the values that a path finds in the objects of a group.

use super::field::{Field, FieldSource, RowText};
use crate::go::value::Value;
use crate::quantity::{Notation, Quantity};
use crate::record::{Computed, Operation, Str};
use serde_json::value::{RawValue, to_raw_value};
use std::fmt;

/// A number that is computed for each group.
#[derive(Clone, Debug, PartialEq)]
pub struct Computation {
    pub(super) of: Operation,
    pub(super) heading: String,
    pub(super) field: Field,
}

impl Computation {
    /// Computes a number from a path, which may have a heading before it: `MEMORY:.status.capacity.memory`.
    ///
    /// # Errors
    /// The path is not valid.
    pub fn parse(of: Operation, typed: &str) -> Result<Self, String> {
        let field = Field::parse_path(typed.trim())?;
        let name = match of {
            Operation::Sum => "SUM",
            Operation::Min => "MIN",
            Operation::Max => "MAX",
            Operation::Avg => "AVG",
        };
        let heading = match typed.split_once(':') {
            Some((heading, _)) if heading == field.heading => field.heading.clone(),
            _ => format!("{name}({})", field.heading),
        };
        Ok(Self { of, heading, field })
    }

    /// Returns the field that it is computed from.
    pub fn field(&self) -> &Field {
        &self.field
    }
}

/// The values of a group, as far as a computation needs them.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Values {
    of: Operation,
    heading: Box<str>,
    path: Box<str>,
    total: Quantity,
    best: Option<Amount>,
    number: u64,
    other: u64,
}

/// A value that can be compared with others. Times come after quantities: among both the times count.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Amount {
    Quantity(Quantity),
    Time(Box<str>),
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Amount::Quantity(quantity) => quantity.fmt(f),
            Amount::Time(time) => f.write_str(time),
        }
    }
}

impl Values {
    pub(super) fn new(computation: &Computation) -> Self {
        Self {
            of: computation.of,
            heading: computation.heading.as_str().into(),
            path: computation.field.path().unwrap_or_default().into(),
            total: Quantity::default(),
            best: None,
            number: 0,
            other: 0,
        }
    }

    /// Returns those that another mc-merge has written.
    pub(super) fn of_record(record: &Computed<'_>) -> Self {
        let value = |json: Option<&RawValue>| amount_of_json(json?.get());
        let total = match value(record.sum.or(record.value)) {
            Some(Amount::Quantity(total)) => total,
            _ => Quantity::default(),
        };
        Self {
            of: record.of,
            heading: record.heading.as_str().into(),
            path: record.path.as_str().into(),
            total: total.with_form(record.form.unwrap_or_default()),
            best: value(record.value),
            number: record.number,
            other: record.other,
        }
    }

    /// Returns the same computation of no rows.
    pub(super) fn emptied(&self) -> Self {
        Self {
            total: Quantity::default(),
            best: None,
            number: 0,
            other: 0,
            ..self.clone()
        }
    }

    /// Adds the values of a row.
    pub(super) fn add_row(&mut self, field: &Field, row: &RowText<'_>) {
        let FieldSource::Path { template, .. } = &field.source else {
            return;
        };
        row.each_value(template, &mut |value| {
            match (amount_of_value(value), self.of) {
                (Some(Amount::Quantity(quantity)), Operation::Sum | Operation::Avg) => {
                    // The first one has no form to keep.
                    self.total = match self.number {
                        0 => quantity,
                        _ => self.total.plus(quantity),
                    };
                    self.number += 1;
                }
                (Some(amount), Operation::Min | Operation::Max) => {
                    self.number += 1;
                    self.best = better(self.of, self.best.take(), Some(amount));
                }
                _ => self.other += 1,
            }
        });
    }

    /// Adds those of another part of the group.
    pub(super) fn add(&mut self, other: &Self) {
        self.total = self.total.plus(other.total);
        self.best = better(self.of, self.best.take(), other.best.clone());
        self.number = self.number.saturating_add(other.number);
        self.other = self.other.saturating_add(other.other);
    }

    /// Returns a text that differs for different computations.
    pub(super) fn identity(&self) -> String {
        format!("\n{:?} {} {}", self.of, self.path, self.heading)
    }

    /// Returns the number of values that are not numbers.
    pub(super) fn other(&self) -> u64 {
        self.other
    }

    pub(super) fn json(&self) -> ValuesJson {
        let value = match self.of {
            _ if self.number == 0 => None,
            Operation::Sum => json(&Amount::Quantity(self.total)),
            Operation::Avg => json(&Amount::Quantity(self.total.divided_by(self.number))),
            Operation::Min | Operation::Max => self.best.as_ref().and_then(json),
        };
        let is_average = self.of == Operation::Avg && self.number > 0;
        ValuesJson {
            value,
            sum: is_average.then(|| json(&Amount::Quantity(self.total))).flatten(),
        }
    }

    pub(super) fn record<'a>(&'a self, json: &'a ValuesJson) -> Computed<'a> {
        let is_sum = matches!(self.of, Operation::Sum | Operation::Avg) && self.number > 0;
        Computed {
            heading: Str::from(&*self.heading),
            of: self.of,
            path: Str::from(&*self.path),
            value: json.value.as_deref(),
            sum: json.sum.as_deref(),
            form: is_sum.then_some(self.total.form()),
            number: self.number,
            other: self.other,
        }
    }
}

/// Numbers as a record has them.
pub(super) struct ValuesJson {
    value: Option<Box<RawValue>>,
    sum: Option<Box<RawValue>>,
}

fn better(of: Operation, one: Option<Amount>, other: Option<Amount>) -> Option<Amount> {
    let (Some(one), Some(other)) = (&one, &other) else {
        return one.or(other);
    };
    let is_time = |amount: &Amount| matches!(amount, Amount::Time(_));
    let least = of == Operation::Min && is_time(one) == is_time(other);
    Some(if least { one.min(other) } else { one.max(other) }.clone())
}

/// Returns the amount that a value of an object is, if it is one.
pub(super) fn amount_of_value(value: &Value<'_>) -> Option<Amount> {
    match value {
        Value::Text(text) => amount_of_text(text),
        Value::Bool(_) | Value::List(_) | Value::Map(_) | Value::Nil | Value::Invalid => None,
        number => Quantity::of_number(&number.to_string()).map(Amount::Quantity),
    }
}

pub(super) fn amount_of_text(text: &str) -> Option<Amount> {
    let quantity = Quantity::parse(text).map(Amount::Quantity);
    quantity.or_else(|| is_time(text).then(|| Amount::Time(text.into())))
}

fn amount_of_json(json: &str) -> Option<Amount> {
    match json.starts_with('"') {
        true => amount_of_text(&serde_json::from_str::<Str<'_>>(json).ok()?),
        false => Quantity::of_number(json).map(Amount::Quantity),
    }
}

/// Returns true if a text is a time as API servers write it: `2026-11-30T23:59:59Z`, perhaps with parts of a second. Such
/// texts are in the order of the times.
fn is_time(text: &str) -> bool {
    let shape = |byte: u8| if byte.is_ascii_digit() { b'0' } else { byte };
    let (Some(start), Some(end)) = (text.get(..19), text.get(19..)) else {
        return false;
    };
    let fraction = end
        .strip_suffix('Z')
        .map(|end| end.strip_prefix('.').unwrap_or(end));
    start.bytes().map(shape).eq(*b"0000-00-00T00:00:00")
        && fraction.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn json(amount: &Amount) -> Option<Box<RawValue>> {
    match amount {
        Amount::Quantity(quantity) if quantity.form() == Notation::Plain => {
            RawValue::from_string(quantity.to_string()).ok()
        }
        Amount::Quantity(quantity) => to_raw_value(&quantity.to_string()).ok(),
        Amount::Time(time) => to_raw_value(&**time).ok(),
    }
}
