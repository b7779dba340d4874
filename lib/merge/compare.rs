//! `--diff` and `--drift`: what differs between clusters, of rows or of objects of one type, namespace and name.

use super::field::text_of;
use super::group_by::push_columns;
use super::groups::{Groups, TableIdentity};
use super::object_diff::{OwnedChange, changes};
use super::order::{NoRoom, Order, Ranks};
use super::row_key::KeyFields;
use super::strategy::CompareSpec;
use super::table_order::TableId;
use super::union::Union;
use crate::arena::Interner;
use crate::exit::Status;
use crate::outcomes::Outcomes;
use crate::record::headings::distinct;
use crate::record::{self, Cell, Columns, Group, Str};
use crate::suggest::did_you_mean;
use serde_json::value::to_raw_value;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};

/// The column that says what differs.
const CHANGE: &str = "CHANGE";

/// Compares clusters.
#[derive(Debug)]
pub(super) struct Compare {
    spec: CompareSpec,
    tables: HashMap<u32, TableIdentity>,
    /// By table, namespace and name.
    subjects: BTreeMap<(u32, Box<str>, Box<str>), Vec<Variant>>,
    text: String,
    groups: Groups,
    texts: Union,
    differs: bool,
}

/// A state that an object has on some clusters.
#[derive(Debug)]
struct Variant {
    /// The cells or the object, as JSON.
    text: Box<str>,
    is_object: bool,
    clusters: BTreeSet<u32>,
}

impl Compare {
    pub(super) fn new(spec: CompareSpec, texts: Union) -> Self {
        Self {
            spec,
            tables: HashMap::new(),
            subjects: BTreeMap::new(),
            text: String::new(),
            groups: Groups::default(),
            texts,
            differs: false,
        }
    }

    /// Returns the state that the others are compared with, if it is there at all: that of the reference, or that of
    /// most clusters.
    fn expected<'v>(&self, variants: &'v [Variant], ranks: &Ranks<'_>) -> Option<&'v Variant> {
        if let Some(reference) = &self.spec.reference {
            let is_reference = |cluster: &u32| ranks.name(*cluster) == reference;
            return variants
                .iter()
                .find(|variant| variant.clusters.iter().any(is_reference));
        }
        let answered = |variant: &Variant| variant.clusters.intersection(&ranks.answered).count();
        let present: usize = variants.iter().map(answered).sum();
        let absent = ranks.answered.len().saturating_sub(present);
        // Of equally many, that of the first cluster, so that it does not depend on the order of arrival.
        let first = |variant: &Variant| {
            variant
                .clusters
                .iter()
                .map(|cluster| ranks.of_cluster(*cluster))
                .min()
        };
        let most = variants
            .iter()
            .max_by_key(|variant| (answered(variant), std::cmp::Reverse(first(variant))))?;
        (answered(most) >= absent).then_some(most)
    }

    /// Writes what differs about one object.
    fn write_subject(
        &mut self,
        (table, namespace, name): &(u32, Box<str>, Box<str>),
        variants: &[Variant],
        ranks: &Ranks<'_>,
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let expected = self.expected(variants, ranks);
        let mut absent = ranks.answered.clone();
        let mut found: Vec<(&'static str, Option<&Variant>, BTreeSet<u32>)> = Vec::new();
        for variant in variants {
            absent.retain(|cluster| !variant.clusters.contains(cluster));
            let clusters: BTreeSet<u32> = variant.clusters.intersection(&ranks.answered).copied().collect();
            match expected {
                _ if clusters.is_empty() => {}
                Some(expected) if expected.text == variant.text => {}
                Some(_) => found.push(("changed", Some(variant), clusters)),
                None => found.push(("added", Some(variant), clusters)),
            }
        }
        if expected.is_some() && !absent.is_empty() {
            found.push(("missing", None, absent));
        }
        let mut lines = Vec::new();
        for (change, variant, clusters) in found {
            self.differs = true;
            let (from, to) = (expected.map(|v| &*v.text), variant.map(|v| &*v.text));
            let is_object = variant.or(expected).is_some_and(|variant| variant.is_object);
            let (by, changes) = match is_object {
                true => of_objects(change, namespace, name, from, to),
                false => of_cells(change, from, to),
            };
            let identity = self.tables.get(table).cloned().unwrap_or_default();
            let clusters = clusters
                .iter()
                .map(|cluster| (Str::from(ranks.name(*cluster)), 1));
            let clusters: BTreeMap<Str<'_>, u64> = clusters.collect();
            let group = Group {
                resource: Str::from(&*identity.resource),
                type_: Str::from(&*identity.type_),
                position: identity.position,
                by: Columns(by),
                count: clusters.len() as u64,
                clusters,
                folded: true,
                changes: changes.iter().map(OwnedChange::record).collect(),
                ..Group::default()
            };
            let mut line = Vec::new();
            record::write(&mut line, &group)?;
            lines.push(line);
        }
        lines.sort_unstable();
        lines.iter().try_for_each(|line| output.write_all(line))
    }
}

impl Order for Compare {
    fn row(&mut self, _names: &Interner, table: TableId, key: &KeyFields<'_>, _line: &str) -> Vec<NoRoom> {
        self.tables
            .entry(table.table)
            .or_insert_with(|| TableIdentity::of_row(key));
        self.text.clear();
        let is_object = key.columns.is_none();
        if is_object {
            let object = key
                .object
                .and_then(|object| self.spec.ignored_fields.remove_from(object));
            self.text.push_str(&object.unwrap_or_default().to_string());
        } else {
            self.text.push('{');
            let ignored = |heading: &str| self.spec.ignored_columns.iter().any(|ignored| ignored == heading);
            push_columns(&mut self.text, key.columns.unwrap_or("{}"), &ignored);
            self.text.push('}');
        }
        let subject = (
            table.table,
            key.namespace.as_str().into(),
            key.name.as_str().into(),
        );
        let variants = self.subjects.entry(subject).or_default();
        match variants.iter_mut().find(|variant| *variant.text == *self.text) {
            Some(variant) => {
                variant.clusters.insert(table.cluster);
            }
            None => variants.push(Variant {
                text: self.text.as_str().into(),
                is_object,
                clusters: BTreeSet::from([table.cluster]),
            }),
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

    fn needs_answers(&self) -> bool {
        true
    }

    fn mistake(&self, outcomes: &Outcomes) -> Option<(Status, String)> {
        let reference = self.spec.reference.as_deref()?;
        if outcomes.answered().any(|cluster| cluster == reference) {
            return None;
        }
        if outcomes.knows(reference) {
            return outcomes.knows_clusters().then(|| {
                let message =
                    format!("--diff {reference}: it did not answer, so there is nothing to compare with");
                (Status::Failed, message)
            });
        }
        let known: Vec<&str> = outcomes.known().collect();
        let message = format!(
            "--diff {reference}: no cluster of this name was asked{}",
            did_you_mean(reference, known)
        );
        Some((Status::Usage, message))
    }

    fn lacking(&self) -> Option<&'static str> {
        Some("comparison lacks")
    }

    fn write(mut self: Box<Self>, ranks: &Ranks<'_>, output: &mut dyn Write) -> io::Result<bool> {
        let has_reference = self.spec.reference.as_ref().is_none_or(|reference| {
            let mut answered = ranks.answered.iter();
            answered.any(|cluster| ranks.name(*cluster) == reference)
        });
        if ranks.wants_rows && has_reference {
            let mut subjects: Vec<_> = std::mem::take(&mut self.subjects).into_iter().collect();
            // Otherwise they are in the order of namespaces and names.
            subjects.sort_by_key(|((table, ..), _)| ranks.of_table(*table));
            for (subject, variants) in &subjects {
                self.write_subject(subject, variants, ranks, output)?;
            }
        }
        let differs = self.differs && self.spec.exit_code;
        std::mem::take(&mut self.groups).write(ranks, output)?;
        Box::new(self.texts).write(ranks, output)?;
        Ok(differs)
    }
}

type Cells = Vec<(Str<'static>, Cell<'static>)>;

/// Returns the cells of a row that differs, `a -> b` where they do, and the changes.
fn of_cells(change: &'static str, from: Option<&str>, to: Option<&str>) -> (Cells, Vec<OwnedChange>) {
    let read = |text: Option<&str>| -> Vec<(String, String)> {
        let columns: Columns<'_> = serde_json::from_str(text.unwrap_or("{}")).unwrap_or_default();
        let columns = columns.0.iter();
        columns
            .map(|(heading, cell)| (heading.to_string(), text_of(cell).into_owned()))
            .collect()
    };
    let (from, to) = (read(from), read(to));
    let get = |cells: &[(String, String)], heading: &str| {
        cells
            .iter()
            .find(|(other, _)| other == heading)
            .map(|(_, cell)| cell.clone())
    };
    let mut headings: Vec<&str> = from.iter().map(|(heading, _)| heading.as_str()).collect();
    for (heading, _) in &to {
        if !headings.contains(&heading.as_str()) {
            headings.push(heading);
        }
    }
    let names = distinct(&[CHANGE], &headings);
    let mut by: Cells = Vec::new();
    let mut changes = Vec::new();
    for (heading, name) in headings.iter().zip(&names) {
        let (old, new) = (get(&from, heading), get(&to, heading));
        let text = match (&old, &new) {
            (Some(old), Some(new)) if old != new => format!("{old} -> {new}"),
            (None, Some(new)) if change == "changed" => format!("<none> -> {new}"),
            (Some(old), None) if change == "changed" => format!("{old} -> <none>"),
            (old, new) => new.as_ref().or(old.as_ref()).cloned().unwrap_or_default(),
        };
        if change == "changed" && old != new {
            let raw = |text: &Option<String>| text.as_ref().and_then(|text| to_raw_value(text).ok());
            changes.push(OwnedChange {
                field: (*heading).to_owned(),
                from: raw(&old),
                to: raw(&new),
            });
        }
        by.push((Str::from(name.to_string()), Cell::from(text)));
    }
    // Where CLUSTER is in a table of all rows.
    let name = headings.iter().position(|heading| *heading == "NAME");
    by.insert(
        name.map_or(0, |name| name + 1),
        (CHANGE.into(), Cell::from(change)),
    );
    (by, changes)
}

/// Returns the name of an object that differs, and the fields that do.
fn of_objects(
    change: &'static str,
    namespace: &str,
    name: &str,
    from: Option<&str>,
    to: Option<&str>,
) -> (Cells, Vec<OwnedChange>) {
    let mut by: Cells = Vec::new();
    if !namespace.is_empty() {
        by.push(("NAMESPACE".into(), Cell::from(namespace.to_owned())));
    }
    by.push(("NAME".into(), Cell::from(name.to_owned())));
    by.push((CHANGE.into(), Cell::from(change)));
    let changes = match (from, to) {
        (Some(from), Some(to)) => changes(from, to),
        _ => Vec::new(),
    };
    (by, changes)
}
