//! `--group-by` and `--fold`: rows with the same values are counted, and not kept.

use super::computation::{Computation, Values};
use super::field::{Field, NONE, RowText, text_of, text_of_cell};
use super::groups::{COUNTS, GroupKey, Groups, TableIdentity, suffix};
use super::order::{NoRoom, Order, Ranks};
use super::row_key::KeyFields;
use super::strategy::GroupSpec;
use super::table_order::TableId;
use super::union::Union;
use crate::arena::Interner;
use crate::exit::Status;
use crate::json::{Members, Unusual};
use crate::outcomes::Outcomes;
use crate::record::headings::distinct;
use crate::record::{Columns, Group};
use crate::suggest::did_you_mean;
use std::io::{self, Write};

/// Groups rows.
#[derive(Debug)]
pub(super) struct GroupBy {
    spec: GroupSpec,
    /// The part of the groups' keys that all have.
    suffix: String,
    /// The headings of the fields in quotes, with a colon.
    headings: Vec<String>,
    has_paths: bool,
    /// True for each field that a row has had.
    found: Vec<bool>,
    /// The columns of the first row.
    columns: Option<Box<str>>,
    /// True if a row came from which no path can be read.
    lacks_objects: bool,
    groups: Groups,
    /// The key of the row that came last.
    by: String,
    /// Without any row.
    values: Vec<Values>,
    texts: Union,
}

impl GroupBy {
    pub(super) fn new(spec: GroupSpec, texts: Union) -> Self {
        let headings: Vec<&str> = spec.fields.iter().map(|field| field.heading.as_str()).collect();
        let headings = distinct(&["COUNT", "CLUSTERS"], &headings);
        let quoted = |heading: &str| format!("{}:", serde_json::Value::from(heading));
        let values: Vec<Values> = spec.computed.iter().map(Values::new).collect();
        Self {
            suffix: suffix(spec.folded, &values),
            headings: headings.iter().map(|heading| quoted(heading)).collect(),
            has_paths: !spec.computed.is_empty() || spec.fields.iter().any(|field| field.path().is_some()),
            found: vec![false; spec.fields.len()],
            spec,
            values,
            columns: None,
            lacks_objects: false,
            groups: Groups::default(),
            by: String::new(),
            texts,
        }
    }
}

impl GroupBy {
    /// Returns what is wrong, as far as the rows tell.
    fn wrong(&self) -> Option<(Status, String)> {
        let columns = self.columns.as_deref()?;
        let mut fields = self.spec.fields.iter().zip(&self.found);
        let unknown = fields.find(|(field, found)| field.path().is_none() && !**found);
        if let Some((field, _)) = unknown {
            return Some((Status::Usage, no_column(&field.heading, columns)));
        }
        if self.lacks_objects {
            let computed = self.spec.computed.iter().map(Computation::field);
            let path = self.spec.fields.iter().chain(computed).find_map(Field::path)?;
            let message = format!("rows came without the field {path}: give mc-exec --fields={path}");
            return Some((Status::Usage, message));
        }
        let (place, other) = self.groups.not_numbers()?;
        let heading = self
            .spec
            .computed
            .get(place)
            .map_or("", |computed| &computed.heading);
        let message = format!("{heading} lacks {other} values, which are not numbers");
        Some((Status::Partial, message))
    }
}

impl Order for GroupBy {
    fn row(&mut self, names: &Interner, table: TableId, key: &KeyFields<'_>, _line: &str) -> Vec<NoRoom> {
        self.groups.name_table(table.table, || TableIdentity::of_row(key));
        if self.columns.is_none() {
            self.columns = Some(key.columns.unwrap_or("{}").into());
        }
        let row = RowText::new(names.name(table.cluster), key, self.has_paths);
        self.lacks_objects |= self.has_paths && !row.has_object();
        self.by.clear();
        self.by.push('{');
        if self.spec.by_all_columns {
            push_columns(&mut self.by, key.columns.unwrap_or("{}"), &|_| false);
        }
        for ((field, heading), found) in self.spec.fields.iter().zip(&self.headings).zip(&mut self.found) {
            if self.by.len() > 1 {
                self.by.push(',');
            }
            self.by.push_str(heading);
            let value = row.value(field);
            *found |= value.is_some();
            push_quoted(&mut self.by, value.as_deref().unwrap_or(NONE));
        }
        self.by.push('}');
        let key = GroupKey {
            by: &self.by,
            suffix: &self.suffix,
            folded: self.spec.folded,
            values: &self.values,
            changes: "",
            is_incoming: false,
        };
        let values = self.groups.add(table, &key, 1).into_iter().flatten();
        for (values, computation) in values.zip(&self.spec.computed) {
            values.add_row(&computation.field, &row);
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
        self.wrong()
    }

    fn lacking(&self) -> Option<&'static str> {
        Some(COUNTS)
    }

    fn write(self: Box<Self>, ranks: &Ranks<'_>, output: &mut dyn Write) -> io::Result<bool> {
        let is_wrong = self.wrong().is_some_and(|(status, _)| status == Status::Usage);
        if ranks.wants_rows && !is_wrong {
            self.groups.write(ranks, output)?;
        }
        Box::new(self.texts).write(ranks, output)
    }
}

/// Adds the cells of all columns but CLUSTER, AGE and those that are ignored.
pub(super) fn push_columns(json: &mut String, columns: &str, ignored: &dyn Fn(&str) -> bool) {
    let before = json.len();
    let push = |json: &mut String, heading: &str, text: &str| {
        if heading != "CLUSTER" && heading != "AGE" && !ignored(heading) {
            if json.len() > 1 {
                json.push(',');
            }
            push_quoted(json, heading);
            json.push(':');
            push_quoted(json, text);
        }
    };
    let mut fast = || -> Result<(), Unusual> {
        let mut members = Members::new(columns)?;
        while let Some((heading, cell)) = members.next_member()? {
            push(json, heading, &text_of_cell(cell));
        }
        Ok(())
    };
    if fast().is_ok() {
        return;
    }
    json.truncate(before);
    let columns: Columns<'_> = serde_json::from_str(columns).unwrap_or_default();
    for (heading, cell) in &columns.0 {
        push(json, heading, &text_of(cell));
    }
}

/// Returns what is wrong with a heading that no row has.
pub(super) fn no_column(heading: &str, columns: &str) -> String {
    let columns: Columns<'_> = serde_json::from_str(columns).unwrap_or_default();
    let headings: Vec<&str> = columns.0.iter().map(|(heading, _)| heading.as_str()).collect();
    format!(
        "no row has a column {heading}{}: there are CLUSTER, {}; a field of the object is written with a dot: .metadata.name",
        did_you_mean(heading, headings.iter().copied()),
        headings.join(", ")
    )
}

/// Adds a text as a JSON string.
fn push_quoted(json: &mut String, text: &str) {
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&serde_json::Value::from(text).to_string());
    }
}
