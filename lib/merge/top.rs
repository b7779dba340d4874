//! `--top`: the rows with the greatest values, of the fleet or of each group.

use super::computation::{Amount, amount_of_text, amount_of_value};
use super::field::{Field, FieldSource, NONE, RowText};
use super::group_by::no_column;
use super::groups::Groups;
use super::order::{NoRoom, Order, Ranks};
use super::row_key::KeyFields;
use super::strategy::TopSpec;
use super::table_order::TableId;
use super::union::Union;
use crate::arena::Interner;
use crate::exit::Status;
use crate::outcomes::Outcomes;
use crate::quantity::Quantity;
use crate::record::{self, Cell, Group, Row, Str};
use serde_json::value::RawValue;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Keeps the rows with the greatest values.
#[derive(Debug)]
pub(super) struct Top {
    spec: TopSpec,
    has_paths: bool,
    /// The rows by table and by the values of their group, the greatest first.
    ranked: BTreeMap<(u32, Vec<Box<str>>), Vec<Ranked>>,
    /// The columns of the first row.
    columns: Option<Box<str>>,
    /// True if a row had the column or the object that the value is in.
    found: bool,
    groups: Groups,
    texts: Union,
}

/// A row among the greatest.
#[derive(Debug)]
struct Ranked {
    amount: Amount,
    cluster: Box<str>,
    namespace: Box<str>,
    name: Box<str>,
    line: Box<str>,
}

impl Top {
    pub(super) fn new(spec: TopSpec, texts: Union) -> Self {
        let has_paths = spec
            .groups
            .iter()
            .chain([&spec.by])
            .any(|field| field.path().is_some());
        Self {
            has_paths,
            spec,
            ranked: BTreeMap::new(),
            columns: None,
            found: false,
            groups: Groups::default(),
            texts,
        }
    }

    /// Returns the number that a row is ranked by: of a path that finds several, their sum, or the latest time.
    fn amount(&mut self, row: &RowText<'_>) -> Option<Amount> {
        let FieldSource::Path { template, .. } = &self.spec.by.source else {
            let cell = row.cell(&self.spec.by.heading)?;
            self.found = true;
            // `3 (5h ago)`
            return amount_of_text(cell.split(' ').next().unwrap_or_default());
        };
        self.found |= row.has_object();
        let mut all: Option<Amount> = None;
        row.each_value(template, &mut |value| {
            all = match (all.take(), amount_of_value(value)) {
                (Some(Amount::Quantity(one)), Some(Amount::Quantity(other))) => {
                    Some(Amount::Quantity(one.plus(other)))
                }
                (one, other) => one.max(other),
            };
        });
        all
    }

    /// Returns what a row is sorted by among those of all clusters.
    fn sort_key(&self, group: &[Box<str>], amount: &Amount) -> String {
        let number = match amount {
            Amount::Quantity(quantity) => quantity.with_form(Quantity::default().form()).to_string(),
            // In the order of the times.
            Amount::Time(time) => time.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect(),
        };
        let number = match (self.spec.least_first, number.strip_prefix('-')) {
            (true, _) => number,
            (false, Some(number)) => number.to_owned(),
            (false, None) => format!("-{number}"),
        };
        let mut key = String::from("{\"by\":[");
        for value in group {
            key.push_str(&serde_json::Value::from(&**value).to_string());
            key.push(',');
        }
        key + &number + "]}"
    }

    /// Writes a row with the values that no column of it shows, and with its rank as the key that it is sorted by.
    fn write_row(&self, group: &[Box<str>], ranked: &Ranked, output: &mut dyn Write) -> io::Result<()> {
        let Ok(mut row) = serde_json::from_str::<Row<'_>>(&ranked.line) else {
            return Ok(());
        };
        let key = RawValue::from_string(self.sort_key(group, &ranked.amount))?;
        row.sort = Some(&*key);
        let mut add = |field: &Field, value: &str| {
            if field.path().is_some() && row.columns.get(&field.heading).is_none() {
                let heading = Str::from(field.heading.clone());
                row.columns.0.push((heading, Cell::from(value.to_owned())));
            }
        };
        for (field, value) in self.spec.groups.iter().zip(group) {
            add(field, value);
        }
        if !self.spec.least_first {
            add(&self.spec.by, &ranked.amount.to_string());
        }
        record::write(&mut &mut *output, &row)
    }
}

/// Compares two amounts: the greater one comes first, or the earlier one if ages are compared.
fn compare(least_first: bool, one: &Amount, other: &Amount) -> Ordering {
    match least_first {
        true => one.cmp(other),
        false => other.cmp(one),
    }
}

impl Order for Top {
    fn row(&mut self, names: &Interner, table: TableId, key: &KeyFields<'_>, line: &str) -> Vec<NoRoom> {
        if self.columns.is_none() {
            self.columns = Some(key.columns.unwrap_or("{}").into());
        }
        let cluster = names.name(table.cluster);
        let row = RowText::new(cluster, key, self.has_paths);
        let Some(amount) = self.amount(&row) else {
            return Vec::new();
        };
        let value = |field: &Field| -> Box<str> { row.value(field).as_deref().unwrap_or(NONE).into() };
        let group = self.spec.groups.iter().map(value).collect();
        let ranked = self.ranked.entry((table.table, group)).or_default();
        let place = ranked.partition_point(|other| {
            let by_name = || {
                let other = (&*other.cluster, &*other.namespace, &*other.name);
                other.cmp(&(cluster, key.namespace.as_str(), key.name.as_str()))
            };
            let order = compare(self.spec.least_first, &other.amount, &amount);
            order.then_with(by_name).is_lt()
        });
        if place < self.spec.count {
            ranked.truncate(self.spec.count - 1);
            ranked.insert(
                place,
                Ranked {
                    amount,
                    cluster: cluster.into(),
                    namespace: key.namespace.as_str().into(),
                    name: key.name.as_str().into(),
                    line: line.into(),
                },
            );
        }
        Vec::new()
    }

    fn text(&mut self, cluster: u32, line: &str) -> Vec<NoRoom> {
        self.texts.text(cluster, line)
    }

    fn group(&mut self, names: &mut Interner, table: u32, group: &Group<'_>) {
        self.groups.add_group(names, table, group);
    }

    fn end(&mut self) -> Vec<NoRoom> {
        self.texts.end()
    }

    fn mistake(&self, _outcomes: &Outcomes) -> Option<(Status, String)> {
        let columns = self.columns.as_deref().filter(|_| self.ranked.is_empty())?;
        let by = &self.spec.by;
        let message = match (by.path(), self.found) {
            (Some(path), false) => {
                format!("rows came without the field {path}: give mc-exec --fields={path}")
            }
            (None, false) => no_column(&by.heading, columns),
            (Some(path), true) => format!("--by {path}: no row has a number or a time there"),
            (None, true) => format!("--by {}: no row has a number in this column", by.heading),
        };
        Some((Status::Usage, message))
    }

    fn lacking(&self) -> Option<&'static str> {
        Some("ranking lacks")
    }

    fn write(mut self: Box<Self>, ranks: &Ranks<'_>, output: &mut dyn Write) -> io::Result<bool> {
        if ranks.wants_rows {
            let mut ranked: Vec<_> = std::mem::take(&mut self.ranked).into_iter().collect();
            ranked.sort_by_key(|((table, _), _)| ranks.of_table(*table));
            for ((_, group), rows) in &ranked {
                rows.iter()
                    .try_for_each(|row| self.write_row(group, row, output))?;
            }
        }
        std::mem::take(&mut self.groups).write(ranks, output)?;
        Box::new(self.texts).write(ranks, output)
    }
}
