//! Writes rows.

use super::head::ObjectHead;
use crate::exec::get::json::{self, write_string};
use crate::exec::get::query::SentFields;
use crate::exec::get::record_identity::{RecordIdentity, SeenObjects};
use crate::exec::get::sort::SortKey;
use crate::record::Str;
use crate::record::headings::distinct;
use serde::de::Error as _;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How rows are written.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// True if all columns are written, not only those of priority 0.
    pub wide: bool,
    /// True if NAMESPACE is the first column.
    pub namespace_column: bool,
    /// Labels that have a column each.
    pub label_columns: Vec<String>,
    /// True if LABELS is the last column.
    pub show_labels: bool,
    /// True if the server's order is not that of the names, so that rows have to be numbered.
    pub numbered: bool,
    /// The fields of each object that its row gets.
    pub fields: Option<SentFields>,
    /// True if only names will be printed: kubectl prints a placeholder for an object without a name.
    pub names_only: bool,
}

/// Writes the rows of a list's tables. Keeps the columns from one page to the next, since later pages may leave them out.
#[derive(Default)]
pub struct Rows {
    pub(super) style: Style,
    pub(super) sort_by: Option<Arc<SortKey>>,
    /// `{"kind":"Row",…`, up to the namespace or the name.
    prefix: Vec<u8>,
    /// The end of a record, after its columns.
    suffix: Vec<u8>,
    pub(super) columns: Option<Vec<Column>>,
    /// The headings of `-L`, and of `--show-labels`.
    label_headings: Vec<Vec<u8>>,
    labels_heading: Vec<u8>,
    /// `,"headings":{…}` for columns whose names differ from their headings.
    renamed: Vec<u8>,
    seen: SeenObjects,
    /// How many rows have been written.
    pub items: u64,
    /// How many of them have the field of `--sort-by`.
    pub sortable: u64,
}

/// A column, with its heading as it is in a record, including the colon.
#[derive(Clone, Debug)]
pub(super) struct Column {
    heading: Vec<u8>,
    shown: bool,
}

impl Rows {
    /// Writes rows of one type of one cluster.
    pub fn new(identity: &RecordIdentity<'_>, style: Style) -> Self {
        Self {
            sort_by: identity.sort_by.clone(),
            sortable: 0,
            prefix: identity.prefix(crate::record::ROW),
            suffix: identity.suffix(),
            columns: None,
            label_headings: Vec::new(),
            labels_heading: Vec::new(),
            renamed: Vec::new(),
            style,
            seen: SeenObjects::default(),
            items: 0,
        }
    }

    /// Returns whether rows contain a sort key or fields, for which the whole object is needed.
    pub fn needs_objects(&self) -> bool {
        self.sort_by.is_some() || self.style.fields.is_some()
    }

    /// Returns whether rows are sorted by apiVersion or kind, which the items of a list may leave out.
    pub fn sorts_by_type(&self) -> bool {
        self.sort_by
            .as_ref()
            .is_some_and(|sort_by| sort_by.is_about_type())
    }

    /// Returns whether the sort key or the fields may be in managedFields.
    pub fn needs_managed_fields(&self) -> bool {
        let fields = self.style.fields.as_ref();
        let sort_by = self.sort_by.as_ref();
        sort_by.is_some_and(|sort_by| sort_by.needs_managed_fields())
            || fields.is_some_and(|fields| fields.reach_managed_fields)
    }

    /// Forgets which rows have been written.
    pub fn forget(&mut self) {
        self.seen = SeenObjects::default();
    }

    /// From now on skips rows that have been written already. See [`SeenObjects::start_again`].
    pub fn start_again(&mut self) -> bool {
        self.seen.start_again()
    }

    /// Sets the columns of the following rows: the name of each, and whether it is shown.
    pub(super) fn set_columns<'n>(&mut self, columns: impl Iterator<Item = (&'n str, bool)>) {
        let columns: Vec<(String, bool)> = columns.map(|(name, shown)| (upper_case(name), shown)).collect();
        let labels = self.style.label_columns.iter();
        let labels: Vec<String> = labels
            .map(|key| upper_case(key.rsplit('/').next().unwrap_or_default()))
            .collect();
        let shown = columns
            .iter()
            .filter(|(_, shown)| *shown)
            .map(|(heading, _)| heading);
        let mut headings: Vec<&str> = Vec::with_capacity(columns.len() + labels.len() + 2);
        headings.extend(self.style.namespace_column.then_some("NAMESPACE"));
        headings.extend(shown.chain(&labels).map(String::as_str));
        headings.extend(self.style.show_labels.then_some("LABELS"));
        let names = distinct(&[], &headings);
        let renamed = names
            .iter()
            .zip(&headings)
            .filter(|(name, heading)| name != *heading);
        let renamed: BTreeMap<&str, &str> = renamed.map(|(name, heading)| (&**name, *heading)).collect();
        self.renamed = match renamed.is_empty() {
            true => Vec::new(),
            false => format!(",\"headings\":{}", serde_json::json!(renamed)).into_bytes(),
        };
        let mut names = names.iter().map(|name| quoted_heading(name));
        names
            .by_ref()
            .take(usize::from(self.style.namespace_column))
            .for_each(drop);
        let column = |(_, shown): &(String, bool)| Column {
            heading: if *shown { names.next() } else { None }.unwrap_or_default(),
            shown: *shown,
        };
        self.columns = Some(columns.iter().map(column).collect());
        self.label_headings = names.by_ref().take(labels.len()).collect();
        self.labels_heading = names.next().unwrap_or_default();
    }

    /// Writes one row with the columns given here, for servers without Tables.
    ///
    /// # Errors
    /// A row that cannot be written.
    pub fn plain_row(
        &mut self,
        head: &ObjectHead<'_>,
        columns: &[(&str, &str)],
        object: &str,
        out: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        if self.columns.is_none() {
            self.set_columns(columns.iter().map(|(heading, _)| (*heading, true)));
        }
        let seen = &mut self.seen;
        if seen.is_known(head.namespace(), head.name()) {
            return Ok(());
        }
        let named = self.columns.as_deref().unwrap_or_default();
        let sortable = self.write(head, object, out, |first, out| {
            for (column, (_, cell)) in named.iter().zip(columns) {
                separate(first, out);
                out.extend_from_slice(&column.heading);
                json::quote(out, cell);
            }
            Ok(())
        })?;
        self.items += 1;
        self.sortable += u64::from(sortable);
        Ok(())
    }

    /// Writes one row. `object` is the whole object if rows [need](Self::needs_objects) it.
    pub(super) fn row(
        &mut self,
        cells: &[&str],
        head: &ObjectHead<'_>,
        object: &str,
        out: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        if self.columns.is_none() {
            self.set_columns(std::iter::empty());
        }
        let columns = self.columns.as_deref().unwrap_or_default();
        if columns.is_empty() && !cells.is_empty() {
            return Err(serde_json::Error::custom("cells and no columns"));
        }
        let seen = &mut self.seen;
        if seen.is_known(head.namespace(), head.name()) {
            return Ok(());
        }
        let sortable = self.write(head, object, out, |first, out| {
            // Servers may send too many cells (1.36 does for ipaddresses). Like kubectl, skip those
            // (issue.k8s.io/66379). A row with too few cells has fewer columns.
            for (column, cell) in columns.iter().zip(cells) {
                if column.shown {
                    separate(first, out);
                    out.extend_from_slice(&column.heading);
                    json::write_value(out, cell)?;
                }
            }
            Ok(())
        })?;
        self.items += 1;
        self.sortable += u64::from(sortable);
        Ok(())
    }

    /// Writes a whole record, or nothing of it. Returns whether it has the field of `--sort-by`.
    fn write(
        &self,
        head: &ObjectHead<'_>,
        object: &str,
        out: &mut Vec<u8>,
        cells: impl FnOnce(&mut bool, &mut Vec<u8>) -> serde_json::Result<()>,
    ) -> serde_json::Result<bool> {
        let start = out.len();
        let written = self.write_all(head, object, out, cells);
        if written.is_err() {
            out.truncate(start);
        }
        written
    }

    fn write_all(
        &self,
        head: &ObjectHead<'_>,
        object: &str,
        out: &mut Vec<u8>,
        cells: impl FnOnce(&mut bool, &mut Vec<u8>) -> serde_json::Result<()>,
    ) -> serde_json::Result<bool> {
        out.extend_from_slice(&self.prefix);
        if let Some(namespace) = head.namespace() {
            out.extend_from_slice(b",\"namespace\":");
            write_string(out, namespace)?;
        }
        out.extend_from_slice(b",\"name\":");
        match head.name() {
            "\"\"" if self.style.names_only => out.extend_from_slice(b"\"<unknown>\""),
            name => write_string(out, name)?,
        }
        out.extend_from_slice(b",\"columns\":{");
        let mut first = true;
        if self.style.namespace_column {
            separate(&mut first, out);
            out.extend_from_slice(b"\"NAMESPACE\":");
            write_string(out, head.namespace().unwrap_or("\"\""))?;
        }
        cells(&mut first, out)?;
        if self.style.show_labels || !self.label_headings.is_empty() {
            self.label_cells(head, &mut first, out)?;
        }
        out.push(b'}');
        out.extend_from_slice(&self.renamed);
        if let Some(SentFields { fields, .. }) = &self.style.fields {
            out.extend_from_slice(b",\"fields\":");
            json::write_in_line(out, &fields.trim(object)?);
        }
        let sortable = match &self.sort_by {
            Some(key) => key.write(object, out)?,
            None => false,
        };
        if self.style.numbered && self.sort_by.is_none() {
            out.extend_from_slice(format!(",\"sort\":[{}]}}\n", self.items).as_bytes());
        } else {
            out.extend_from_slice(&self.suffix);
        }
        Ok(sortable)
    }

    fn label_cells(
        &self,
        head: &ObjectHead<'_>,
        first: &mut bool,
        out: &mut Vec<u8>,
    ) -> serde_json::Result<()> {
        let labels: BTreeMap<Str<'_>, Str<'_>> = match head.labels {
            // Like kubectl, ignore malformed labels.
            Some(labels) => serde_json::from_str(labels).unwrap_or_default(),
            _ => BTreeMap::new(),
        };
        for (heading, key) in self.label_headings.iter().zip(&self.style.label_columns) {
            separate(first, out);
            out.extend_from_slice(heading);
            json::quote(out, labels.get(key.as_str()).map_or("", Str::as_str));
        }
        if self.style.show_labels {
            separate(first, out);
            out.extend_from_slice(&self.labels_heading);
            let mut pairs: Vec<String> = labels
                .iter()
                .map(|(key, value)| format!("{key}={value}"))
                .collect();
            // Like kubectl, sort by the whole text, in which `=` sorts among a key's characters.
            pairs.sort_unstable();
            let pairs = pairs.join(",");
            json::quote(out, if pairs.is_empty() { "<none>" } else { &pairs });
        }
        Ok(())
    }
}

fn separate(first: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::take(first) {
        out.push(b',');
    }
}

/// Returns a heading in upper case like Go, which never turns one character into two.
fn upper_case(name: &str) -> String {
    let upper = |character: char| {
        let mut upper = character.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(single), None) => single,
            _ => character,
        }
    };
    name.chars().map(upper).collect()
}

/// Returns a column's name as the key of an object, with its colon.
fn quoted_heading(name: &str) -> Vec<u8> {
    let mut quoted = Vec::new();
    json::quote(&mut quoted, name);
    quoted.push(b':');
    quoted
}
