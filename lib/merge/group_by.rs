//! `--group-by`: rows with the same values are counted, and not kept.

use super::field::{Field, NONE, RowText};
use super::groups::{COUNTS, Groups, TableIdentity};
use super::order::{NoRoom, Order, Ranks};
use super::row_key::KeyFields;
use super::strategy::GroupSpec;
use super::table_order::TableId;
use super::union::Union;
use crate::arena::Interner;
use crate::record::headings::distinct;
use crate::record::{Columns, Group};
use crate::suggest::did_you_mean;
use std::io::{self, Write};

/// Groups rows.
#[derive(Debug)]
pub(super) struct GroupBy {
    fields: Vec<Field>,
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
    texts: Union,
}

impl GroupBy {
    pub(super) fn new(spec: GroupSpec, texts: Union) -> Self {
        let fields = spec.fields;
        let headings: Vec<&str> = fields.iter().map(|field| field.heading.as_str()).collect();
        let headings = distinct(&["COUNT", "CLUSTERS"], &headings);
        let quoted = |heading: &str| format!("{}:", serde_json::Value::from(heading));
        Self {
            headings: headings.iter().map(|heading| quoted(heading)).collect(),
            has_paths: fields.iter().any(|field| field.path().is_some()),
            found: vec![false; fields.len()],
            fields,
            columns: None,
            lacks_objects: false,
            groups: Groups::default(),
            by: String::new(),
            texts,
        }
    }
}

impl Order for GroupBy {
    fn row(&mut self, names: &Interner, table: TableId, key: &KeyFields<'_>, _line: &str) -> Vec<NoRoom> {
        self.groups.name_table(table.table, || TableIdentity {
            resource: key.resource.as_str().into(),
            type_: key.type_.as_str().into(),
            position: key.position,
        });
        if self.columns.is_none() {
            self.columns = Some(key.columns.unwrap_or("{}").into());
        }
        let row = RowText::new(names.name(table.cluster), key, self.has_paths);
        self.lacks_objects |= self.has_paths && !row.has_object();
        self.by.clear();
        self.by.push('{');
        for ((field, heading), found) in self.fields.iter().zip(&self.headings).zip(&mut self.found) {
            if self.by.len() > 1 {
                self.by.push(',');
            }
            self.by.push_str(heading);
            let value = row.value(field);
            *found |= value.is_some();
            push_quoted(&mut self.by, value.as_deref().unwrap_or(NONE));
        }
        self.by.push('}');
        self.groups.add(table, &self.by, 1);
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

    fn mistake(&self) -> Option<String> {
        let columns = self.columns.as_deref()?;
        let missing = self.fields.iter().zip(&self.found).find(|(_, found)| !**found);
        let (field, _) = missing?;
        if field.path().is_some() {
            return self.lacks_objects.then(|| {
                format!(
                    "rows do not have the field {}: give mc-exec --fields={}",
                    field.path().unwrap_or_default(),
                    field.path().unwrap_or_default()
                )
            });
        }
        let columns: Columns<'_> = serde_json::from_str(columns).unwrap_or_default();
        let headings: Vec<&str> = columns.0.iter().map(|(heading, _)| heading.as_str()).collect();
        Some(format!(
            "no row has a column {}{}: there are CLUSTER, {}; a field of the object is written with a dot: .metadata.name",
            field.heading,
            did_you_mean(&field.heading, headings.iter().copied()),
            headings.join(", ")
        ))
    }

    fn lacking(&self) -> Option<&'static str> {
        Some(COUNTS)
    }

    fn write(self: Box<Self>, ranks: &Ranks<'_>, output: &mut dyn Write) -> io::Result<()> {
        if ranks.wants_rows && self.mistake().is_none() {
            self.groups.write(ranks, output)?;
        }
        Box::new(self.texts).write(ranks, output)
    }
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
