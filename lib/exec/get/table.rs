//! From a `meta.k8s.io/v1` Table to Row records.
//!
//! This is where a run spends its time, so nothing is built that is not written: cells go from the answer
//! into the record as the JSON text that they are, and of the objects behind the rows only the name, the
//! namespace and, where asked for, the labels are looked at. A hundred rows of pods (150 KB, of which nine
//! tenths are managed fields) take 0.15 ms.

mod reader;

use super::json::{self, write_string};
use super::record_identity::{RecordIdentity, Seen};
use super::sort::SortKey;
use crate::json::{Members, Unusual, text_of};
use crate::record::Str;
use crate::record::headings::{MAX_COLUMNS, distinct};
use reader::TableSeed;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Error as _};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How rows are written.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// All columns, not only those of priority 0.
    pub wide: bool,
    /// NAMESPACE stands first.
    pub namespace_column: bool,
    /// Labels that get a column each.
    pub label_columns: Vec<String>,
    /// LABELS stands last.
    pub show_labels: bool,
    /// The server's order is not that of the names, so rows say which place they have.
    pub numbered: bool,
    /// Only the names are printed, and kubectl has one for what has none.
    pub names_only: bool,
}

/// What a page of a list came to.
#[derive(Debug, Default, Eq, PartialEq)]
pub struct Page {
    /// The token for the next one; empty for none.
    pub next: String,
    /// The list's resourceVersion.
    pub version: String,
    /// How many rows or objects it has, those included that had been written before.
    pub items: usize,
}

/// Writes the rows of the tables that a list comes in. Keeps the columns from one page to the next, since
/// later ones may leave them out.
#[derive(Default)]
pub struct Rows {
    style: Style,
    sort_by: Option<Arc<SortKey>>,
    /// `{"kind":"Row",…` up to where the namespace or the name follows.
    prefix: Vec<u8>,
    /// What follows the columns.
    suffix: Vec<u8>,
    columns: Option<Vec<Column>>,
    /// The headings of `-L`, and of `--show-labels`.
    label_headings: Vec<Vec<u8>>,
    labels_heading: Vec<u8>,
    /// `,"headings":{…}` where columns are called otherwise than their headings.
    renamed: Vec<u8>,
    seen: Seen,
    /// How many rows have been written.
    pub items: u64,
    /// How many of them have what they are to be sorted by.
    pub sortable: u64,
}

/// A column's heading, as it stands in a record, with its colon.
#[derive(Clone, Debug)]
struct Column {
    heading: Vec<u8>,
    shown: bool,
}

impl Rows {
    /// For one type of one cluster.
    pub fn new(subject: &RecordIdentity<'_>, style: Style) -> Self {
        Self {
            sort_by: subject.sort_by.clone(),
            sortable: 0,
            prefix: subject.prefix(crate::record::ROW),
            suffix: subject.suffix(),
            columns: None,
            label_headings: Vec::new(),
            labels_heading: Vec::new(),
            renamed: Vec::new(),
            style,
            seen: Seen::default(),
            items: 0,
        }
    }

    /// Whether rows say what they are sorted by, for which all of each object is needed.
    pub fn is_sorted(&self) -> bool {
        self.sort_by.is_some()
    }

    /// Whether they are sorted by what the items of a list need not say of themselves.
    pub fn sorts_by_type(&self) -> bool {
        self.sort_by
            .as_ref()
            .is_some_and(|sort_by| sort_by.is_about_type())
    }

    /// Whether what rows are sorted by may be in managedFields.
    pub fn needs_managed_fields(&self) -> bool {
        self.sort_by
            .as_ref()
            .is_some_and(|sort_by| sort_by.needs_managed_fields())
    }

    /// Forgets what has been written.
    pub fn forget(&mut self) {
        self.seen = Seen::default();
    }

    /// From now on passes over what has been written already. Says whether that is known: see [`Seen::start_again`].
    pub fn start_again(&mut self) -> bool {
        self.seen.start_again()
    }

    /// Writes the rows of one Table.
    ///
    /// # Errors
    /// A table that is malformed; the rows before that have been written.
    pub fn table(&mut self, text: &str, out: &mut Vec<u8>) -> serde_json::Result<Page> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let page = TableSeed { rows: self, out }.deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(page)
    }

    /// Takes the columns of the table: the name of each, and whether it is shown. From now on rows have these.
    fn set_columns<'n>(&mut self, columns: impl Iterator<Item = (&'n str, bool)>) {
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

    /// Writes one row of columns that are given here, for servers without Tables.
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

    /// `object` is all of the object, where rows are sorted.
    fn row(
        &mut self,
        cells: &[&RawValue],
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
            // Real servers send too many (1.36 does for ipaddresses): those are passed over, as kubectl does
            // (issue.k8s.io/66379), and a row that has too few has fewer columns.
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

    /// Writes a whole record or nothing of it; says whether it has what it is to be sorted by.
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
            // Labels that are none are none to kubectl, too.
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
            // As kubectl does: by the whole text, in which `=` sorts among a key's characters.
            pairs.sort_unstable();
            let pairs = pairs.join(",");
            json::quote(out, if pairs.is_empty() { "<none>" } else { &pairs });
        }
        Ok(())
    }
}

/// More columns than this are none that anybody could read.
const MOST_COLUMNS: usize = MAX_COLUMNS;

fn separate(first: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::take(first) {
        out.push(b',');
    }
}

/// A heading in upper case as Go makes it, which never makes two characters of one.
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

/// A column's name as the key of an object, with its colon.
fn quoted_heading(name: &str) -> Vec<u8> {
    let mut quoted = Vec::new();
    json::quote(&mut quoted, name);
    quoted.push(b':');
    quoted
}

/// What is looked at of an object's metadata, each as its JSON text; null is none.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct ObjectHead<'a> {
    #[serde(borrow, default, deserialize_with = "text_of")]
    name: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "text_of")]
    namespace: Option<&'a str>,
    #[serde(borrow, default, deserialize_with = "text_of")]
    labels: Option<&'a str>,
    #[serde(borrow, default, rename = "creationTimestamp", deserialize_with = "text_of")]
    created: Option<&'a str>,
    #[serde(borrow, default, rename = "managedFields", deserialize_with = "text_of")]
    managed: Option<&'a str>,
}

impl<'a> ObjectHead<'a> {
    /// The value of the last key, if it is an object or null. What it holds is JSON, but unlike serde this does not
    /// tell what is unusual about it.
    pub(crate) fn skim(members: &mut Members<'a>) -> std::result::Result<Self, Unusual> {
        let mut head = Self::default();
        let Some(mut inner) = members.open() else {
            return match members.value()? {
                "null" => Ok(head),
                _ => Err(Unusual),
            };
        };
        let mut seen = 0_u8;
        while let Some(key) = inner.next_key()? {
            let text = Some(inner.value()?).filter(|text| *text != "null");
            let (place, bit) = match key {
                "name" => (&mut head.name, 1),
                "namespace" => (&mut head.namespace, 2),
                "labels" => (&mut head.labels, 4),
                "creationTimestamp" => (&mut head.created, 8),
                "managedFields" => (&mut head.managed, 16),
                _ => continue,
            };
            if seen & bit != 0 {
                return Err(Unusual);
            }
            seen |= bit;
            *place = text;
        }
        members.close(inner);
        Ok(head)
    }

    /// The name, as a JSON string. Like kubectl, it takes what is no string, or not there, for the empty one.
    pub fn name(&self) -> &'a str {
        string(self.name).unwrap_or("\"\"")
    }

    /// The namespace, as a JSON string, if it has one.
    pub fn namespace(&self) -> Option<&'a str> {
        string(self.namespace).filter(|namespace| *namespace != "\"\"")
    }

    /// When it was created, as a JSON string, if it says so.
    pub fn created(&self) -> Option<&'a str> {
        string(self.created)
    }

    /// Who manages which of its fields, if it says so.
    pub fn managed(&self) -> Option<&'a str> {
        self.managed
    }
}

fn string(json: Option<&str>) -> Option<&str> {
    json.filter(|json| json.starts_with('"'))
}

/// A list's own metadata.
#[derive(Default, Deserialize)]
pub struct ListHead<'a> {
    /// The token for the next page.
    #[serde(borrow, default, rename = "continue")]
    pub next: Option<Str<'a>>,
    /// Where a watch goes on.
    #[serde(borrow, default, rename = "resourceVersion")]
    pub version: Option<Str<'a>>,
}

impl ListHead<'_> {
    /// As a [`Page`].
    pub fn into_page(self) -> Page {
        Page {
            next: self.next.map(|next| next.0.into_owned()).unwrap_or_default(),
            version: self
                .version
                .map(|version| version.0.into_owned())
                .unwrap_or_default(),
            items: 0,
        }
    }
}

#[cfg(test)]
mod tests;
