//! What `-f`, `-k` and `-R` name: files of objects, as kubectl reads them (cli-runtime
//! `pkg/resource/builder.go` and `visitor.go`), with its words for what is wrong with them.
//!
//! Finding the files and reading them are two steps: the first can be taken by whoever wants to refuse a wrong
//! command line, the second only once, since a pipe can be read only once.

mod document;
mod sources;
mod yaml;

pub use sources::Sources;

use std::os::fd::RawFd;

/// What was typed.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Files {
    /// `-f`, each path on its own; `-` is standard input.
    pub filenames: Vec<String>,
    /// `-k`; empty is none.
    pub kustomize: String,
    /// `-R`
    pub recursive: bool,
    /// The descriptor that stands for standard input where that is the record stream.
    pub stdin: Option<RawFd>,
}

impl Files {
    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        self.filenames.is_empty() && self.kustomize.is_empty()
    }

    /// One path as a value of `-f`: quoted where it would be split.
    pub fn join(path: &str) -> String {
        if path.contains([',', '"']) {
            format!("\"{}\"", path.replace('"', "\"\""))
        } else {
            path.to_owned()
        }
    }

    /// The paths in one value of `-f`: a line of CSV, as kubectl's flag library has it.
    ///
    /// # Errors
    /// A quote that is not closed.
    pub fn split(value: &str) -> Result<Vec<String>, String> {
        if value.is_empty() {
            return Ok(Vec::new());
        }
        check_quotes(value.lines().next().unwrap_or_default())?;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(value.as_bytes());
        let mut record = csv::StringRecord::new();
        match reader.read_record(&mut record) {
            Ok(_) => Ok(record.iter().map(str::to_owned).collect()),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Refuses quotes where the flag library does (Go's `encoding/csv`), which the reader takes as they come.
fn check_quotes(line: &str) -> Result<(), String> {
    let mut rest = line;
    loop {
        let end = match rest.strip_prefix('"') {
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                if rest[..end].contains('"') {
                    return Err("a quote stands inside a word".into());
                }
                &rest[end..]
            }
            Some(quoted) => {
                let mut quoted = quoted;
                loop {
                    let Some(close) = quoted.find('"') else {
                        return Err("a quote is not closed".into());
                    };
                    quoted = &quoted[close + 1..];
                    match quoted.strip_prefix('"') {
                        Some(after) => quoted = after,
                        None => break quoted,
                    }
                }
            }
        };
        match end.strip_prefix(',') {
            Some(after) => rest = after,
            None if end.is_empty() => return Ok(()),
            None => return Err("a word goes on behind its quote".into()),
        }
    }
}

/// The objects that files name, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manifest {
    /// What the files came to, a document each.
    pub documents: Vec<Document>,
    /// Whether it was one file that was named, which kubectl prints as the one object that it may hold, and
    /// of which it prints nothing but a table where anything in it is wrong.
    pub single: bool,
}

/// One document of a file, or why there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The file, as kubectl names it.
    pub source: String,
    /// What stands in it, or what is wrong with it.
    pub content: Result<Content, String>,
}

/// What stands in a document.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// An object.
    Object(Object),
    /// A list, with what stands for the list itself: only its kind means anything.
    List(Object, Vec<Result<Object, String>>),
}

/// An object to look for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Object {
    /// API group; empty is core.
    pub group: String,
    /// API version.
    pub version: String,
    /// Kind.
    pub kind: String,
    /// `metadata.namespace`; empty is none.
    pub namespace: String,
    /// `metadata.name`
    pub name: String,
}

impl Object {
    /// Group and version as `apiVersion` has them.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

/// Go's `%q`, as far as paths and names need it.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if control.is_control() => quoted.push_str(&format!("\\x{:02x}", u32::from(control))),
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
