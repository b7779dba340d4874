//! One entry of the mapping file's `clusters`.

use super::key::set;
use super::lines::{end_of_line, indent, key_of, parse, replace, scalar};
use serde_yaml::{Mapping, Value};
use std::ops::Range;

const CLUSTERS: &str = "clusters";

/// Maps a cluster to a context in its entry of the list, and adds the entry if it does not exist. Metadata that the entry
/// lacks is added. A file in which `clusters` is a mapping of names to contexts keeps that form.
///
/// # Errors
/// The text has a form that cannot be edited.
pub fn map(text: &str, cluster: &str, context: &str, metadata: &[(&str, &str)]) -> Result<String, String> {
    let before = parse(text)?;
    let clusters = match &before {
        Value::Null => Value::Null,
        Value::Mapping(document) => document.get(CLUSTERS).cloned().unwrap_or_default(),
        _ => return Err("something else stands where a mapping belongs".into()),
    };
    let entries = match clusters {
        Value::Null => Vec::new(),
        Value::Mapping(none) if none.is_empty() => Vec::new(),
        Value::Mapping(short) => {
            return match short.get(cluster) {
                Some(Value::Mapping(entry)) => map_long(text, cluster, entry, context, metadata),
                _ => set(text, &[CLUSTERS, cluster], context),
            };
        }
        Value::Sequence(entries) => entries,
        _ => return Err("clusters is neither a list nor a mapping".into()),
    };
    let at = entries
        .iter()
        .position(|entry| entry.get("name").and_then(Value::as_str) == Some(cluster));
    let mut changes = Changes::new(at.and_then(|at| entries.get(at)), cluster, context, metadata);
    let wanted = changes.apply(&before, &entries, at);
    let candidates = [
        block(text, at, &changes.fields),
        flow_entry(text, at, &changes.entry),
        flow_list(text, &entries, at, &changes.entry),
    ];
    candidates
        .into_iter()
        .flatten()
        .find(|changed| parse(changed).is_ok_and(|after| after == wanted))
        .ok_or_else(|| "it is written in a form of YAML that is not edited here".into())
}

/// Does the same for an entry of the short form that is a mapping itself.
fn map_long(
    text: &str,
    cluster: &str,
    entry: &Mapping,
    context: &str,
    metadata: &[(&str, &str)],
) -> Result<String, String> {
    let changed = set(text, &[CLUSTERS, cluster, "context"], context)?;
    let missing = metadata.iter().filter(|(key, _)| !is_set(entry, key));
    // No key can be added to an entry in braces. The hub has the metadata as well.
    Ok(missing.fold(changed, |text, (key, value)| {
        set(&text, &[CLUSTERS, cluster, key], value).unwrap_or(text)
    }))
}

fn is_set(entry: &Mapping, key: &str) -> bool {
    entry.get(key).is_some_and(|value| !value.is_null())
}

/// The change of one entry of the list.
struct Changes {
    /// The keys to set, in order.
    fields: Vec<(String, String)>,
    /// The whole entry with the change.
    entry: Mapping,
}

impl Changes {
    fn new(before: Option<&Value>, cluster: &str, context: &str, metadata: &[(&str, &str)]) -> Self {
        let before = before.and_then(Value::as_mapping);
        let mut fields = Vec::new();
        if before.is_none() {
            fields.push(("name".to_owned(), cluster.to_owned()));
        }
        fields.push(("context".to_owned(), context.to_owned()));
        let missing = metadata
            .iter()
            .filter(|(key, _)| before.is_none_or(|entry| !is_set(entry, key)));
        fields.extend(missing.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())));
        let mut entry = before.cloned().unwrap_or_default();
        for (key, value) in &fields {
            entry.insert(key.as_str().into(), value.as_str().into());
        }
        Self { fields, entry }
    }

    /// Returns the document with the changed entry.
    fn apply(&mut self, before: &Value, entries: &[Value], at: Option<usize>) -> Value {
        let mut entries = entries.to_vec();
        let changed = Value::Mapping(self.entry.clone());
        match at.and_then(|at| entries.get_mut(at)) {
            Some(entry) => *entry = changed,
            None => entries.push(changed),
        }
        let mut document = before.as_mapping().cloned().unwrap_or_default();
        document.insert(CLUSTERS.into(), Value::Sequence(entries));
        Value::Mapping(document)
    }
}

/// A file with the lines of its list.
struct List {
    mark: &'static str,
    eol: &'static str,
    lines: Vec<String>,
    /// The line of the key `clusters`, if it is there.
    key: Option<usize>,
    /// The column of the dashes.
    column: usize,
    /// The lines of each entry.
    entries: Vec<Range<usize>>,
}

impl List {
    fn read(text: &str) -> Self {
        let (mark, body) = match text.strip_prefix('\u{feff}') {
            Some(body) => ("\u{feff}", body),
            None => ("", text),
        };
        let lines: Vec<String> = body.split_inclusive('\n').map(str::to_owned).collect();
        let is_key = |line: &String| {
            indent(line) == Some(0) && key_of(line).is_some_and(|(found, _)| found == CLUSTERS)
        };
        let key = lines.iter().position(is_key);
        let mut list = Self {
            mark,
            eol: end_of_line(body),
            key,
            column: 0,
            entries: Vec::new(),
            lines,
        };
        if let Some(key) = key {
            list.find_entries(key + 1);
        }
        list
    }

    fn find_entries(&mut self, from: usize) {
        let mut starts: Vec<usize> = Vec::new();
        let mut end = self.lines.len();
        for (at, line) in self.lines.iter().enumerate().skip(from) {
            let Some(column) = indent(line) else { continue };
            let content = line.trim();
            let is_dash = content == "-" || content.starts_with("- ");
            if starts.is_empty() {
                self.column = column;
            }
            if column < self.column || (column == self.column && !is_dash) {
                end = at;
                break;
            }
            if column == self.column {
                starts.push(at);
            }
        }
        let ends = starts.iter().copied().skip(1).chain([end]);
        self.entries = starts
            .iter()
            .copied()
            .zip(ends)
            .map(|(from, to)| from..to)
            .collect();
    }

    /// Returns the lines of an entry, with a blank instead of its dash.
    fn undashed(&self, entry: &Range<usize>) -> Vec<String> {
        let mut lines = self.lines[entry.clone()].to_vec();
        if let Some(first) = lines.first_mut() {
            first.replace_range(self.column..=self.column, " ");
        }
        lines
    }

    /// Returns the line after the last one of a range that is not blank or a comment.
    fn end_of(&self, range: &Range<usize>) -> usize {
        let last = range.clone().rev().find(|at| indent(&self.lines[*at]).is_some());
        last.map_or(range.start, |last| last + 1)
    }

    /// Inserts whole lines.
    fn insert(&mut self, at: usize, lines: impl IntoIterator<Item = String>) {
        if let Some(before) = at.checked_sub(1).and_then(|before| self.lines.get_mut(before))
            && !before.ends_with('\n')
        {
            before.push_str(self.eol);
        }
        let lines: Vec<String> = lines.into_iter().map(|line| line + self.eol).collect();
        self.lines.splice(at..at, lines);
    }

    fn text(&self) -> String {
        self.mark.to_owned() + &self.lines.concat()
    }
}

/// Changes a list in block style.
fn block(text: &str, at: Option<usize>, fields: &[(String, String)]) -> Option<String> {
    let mut list = List::read(text);
    match at {
        Some(at) => change(&mut list, at, fields)?,
        None => add(&mut list, fields)?,
    }
    Some(list.text())
}

/// Sets keys of an entry.
fn change(list: &mut List, at: usize, fields: &[(String, String)]) -> Option<()> {
    let entry = list.entries.get(at)?.clone();
    let mut lines = list.undashed(&entry);
    let column = lines.iter().find_map(|line| indent(line))?;
    let mut added = Vec::new();
    for (key, value) in fields {
        let found = lines.iter().position(|line| {
            indent(line) == Some(column) && key_of(line).is_some_and(|(found, _)| found == *key)
        });
        match found {
            Some(found) => {
                let (_, start) = key_of(&lines[found])?;
                lines[found] = replace(&lines[found], start, value);
            }
            None => added.push(format!("{}{key}: {}", " ".repeat(column), scalar(value))),
        }
    }
    lines.first_mut()?.replace_range(list.column..=list.column, "-");
    list.lines.splice(entry.clone(), lines);
    let end = list.end_of(&entry);
    list.insert(end, added);
    Some(())
}

/// Adds an entry after the others.
fn add(list: &mut List, fields: &[(String, String)]) -> Option<()> {
    let dash = " ".repeat(list.column);
    let mut lines = Vec::new();
    let end = match (list.key, list.entries.last()) {
        (_, Some(last)) => list.end_of(last),
        (Some(key), None) => {
            let (_, start) = key_of(&list.lines[key])?;
            let line = &mut list.lines[key];
            let inline = line[start..].trim();
            let bare = inline.split('#').next().unwrap_or_default().trim();
            if !bare.is_empty() {
                *line = line.replacen(bare, "", 1).trim_end().to_owned() + list.eol;
            }
            key + 1
        }
        (None, None) => {
            lines.push(format!("{CLUSTERS}:"));
            list.lines.len()
        }
    };
    let column = if list.entries.is_empty() {
        ""
    } else {
        dash.as_str()
    };
    for (number, (key, value)) in fields.iter().enumerate() {
        let start = if number == 0 { "- " } else { "  " };
        lines.push(format!("{column}{start}{key}: {}", scalar(value)));
    }
    list.insert(end, lines);
    Some(())
}

/// Rewrites an entry that is in braces on one line.
fn flow_entry(text: &str, at: Option<usize>, entry: &Mapping) -> Option<String> {
    let mut list = List::read(text);
    let line = &mut list.lines[list.entries.get(at?)?.start];
    let (open, close) = pair(line, '{', '}')?;
    line.replace_range(open..=close, &flow(&Value::Mapping(entry.clone())));
    Some(list.text())
}

/// Changes a list that is in brackets on one line.
fn flow_list(text: &str, entries: &[Value], at: Option<usize>, entry: &Mapping) -> Option<String> {
    let mut list = List::read(text);
    let line = &mut list.lines[list.key?];
    let (open, close) = pair(line, '[', ']')?;
    let entry = Value::Mapping(entry.clone());
    match at {
        Some(at) => {
            let mut entries = entries.to_vec();
            *entries.get_mut(at)? = entry;
            line.replace_range(open..=close, &flow(&Value::Sequence(entries)));
        }
        None => {
            let end = line[..close].trim_end().len();
            let comma = if line[..end].ends_with([',', '[']) {
                ""
            } else {
                ","
            };
            line.replace_range(end..close, &format!("{comma} {}", flow(&entry)));
        }
    }
    Some(list.text())
}

/// Returns the places of the first opening and the last closing bracket of a line.
fn pair(line: &str, open: char, close: char) -> Option<(usize, usize)> {
    let (open, close) = (line.find(open)?, line.rfind(close)?);
    (open < close).then_some((open, close))
}

/// Writes a value in one line.
fn flow(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        Value::Sequence(items) => {
            let items: Vec<String> = items.iter().map(flow).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Mapping(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{}: {}", flow(key), flow(value)))
                .collect();
            format!("{{{}}}", fields.join(", "))
        }
        // Numbers, booleans and null are the same in JSON.
        other => serde_json::to_string(other).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
