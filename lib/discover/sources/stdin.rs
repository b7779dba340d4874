//! Standard input as a source: names, one a line, or Cluster records, which are kept unchanged.

use crate::config::Source;
use crate::discover::finding::Finding;
use crate::discover::fleet::Fleet;
use crate::discover::member::Member;
use crate::discover::record_line::{self, LineItem};
use crate::exit::Fatal;
use crate::outcomes::Outcomes;
use crate::record::{self, Cluster};
use crate::wire::{BadLine, Line, LineReader};
use std::collections::HashSet;
use std::io::Read;

/// The content of standard input.
#[derive(Debug, Default)]
pub struct Input {
    /// The clusters in the order of the input, each once.
    pub fleet: Fleet,
    /// The lines of records of other kinds, which are passed on.
    pub others: String,
    /// The losses that earlier stages have reported.
    pub outcomes: Outcomes,
}

/// Reads to the end. A line that is neither a name nor a record is reported as a finding of the fleet.
///
/// # Errors
/// The input cannot be read.
pub fn read(input: impl Read) -> Result<Input, Fatal> {
    let mut reader = LineReader::new(input);
    let mut read = Input::default();
    let mut seen = HashSet::new();
    while let Some((number, line)) = reader.next_numbered().map_err(|error| Fatal::input(&error))? {
        let problem = match line {
            Line::Bad(bad) => Some(bad.problem),
            Line::Text(line) => read.add_line(line, &mut seen).err(),
        };
        if let Some(problem) = problem {
            let bad = BadLine::new(number, problem, b"");
            read.fleet.findings.push(Finding::missing(bad.to_string()));
        }
    }
    if !read.fleet.members.is_empty() {
        read.outcomes.saw_other();
    }
    Ok(read)
}

impl Input {
    fn add_line(&mut self, line: &str, seen: &mut HashSet<(String, String)>) -> Result<(), String> {
        let cluster = match record_line::parse(line)? {
            LineItem::Name(name) => {
                if seen.insert((name.to_owned(), String::new())) {
                    self.fleet.members.push(Member::new(&Cluster {
                        source: Some(Source::Stdin.as_str().into()),
                        ..record::bare_cluster(name)
                    }));
                }
                return Ok(());
            }
            LineItem::Other => {
                self.outcomes.saw_passed_on(line);
                self.others.push_str(line);
                self.others.push('\n');
                return Ok(());
            }
            LineItem::Cluster(cluster) => cluster,
        };
        let name = cluster.cluster.as_str();
        let manager = cluster.manager.as_deref().unwrap_or_default();
        if seen.insert((name.to_owned(), manager.to_owned())) {
            self.fleet.members.push(Member::from_record(name, line));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::read;

    #[test]
    fn stdin_names_and_records_are_listed_once_and_other_records_passed_on() {
        let record = r#"{"kind":"Cluster","cluster":"b","new":1}"#;
        let text =
            format!("a\n\n{record}\n{{\"kind\":\"Row\"}}\na\n{record}\n[1]\n{{\"kind\":\"Cluster\"}}\n");
        let input = read(text.as_bytes()).unwrap();
        assert_eq!(
            input.fleet.lines(),
            format!(
                "{{\"kind\":\"Cluster\",\"cluster\":\"a\",\"source\":\"stdin\",\"health\":\"Unknown\"}}\n{record}\n"
            )
        );
        assert_eq!(input.others, "{\"kind\":\"Row\"}\n");
        let missing = input.fleet.missing();
        assert_eq!(missing.len(), 2, "{missing:?}");
        assert!(missing[0].starts_with("line 7: "), "{missing:?}");
        assert!(missing[1].starts_with("line 8: "), "{missing:?}");
    }

    #[test]
    fn stdin_name_with_control_characters_is_reported() {
        let record = r#"{"kind":"Cluster","cluster":"b\u200b"}"#;
        let text = format!("a\x1b[2J\na\u{200b}\n{record}\n");
        let fleet = read(text.as_bytes()).unwrap().fleet;
        let missing = fleet.missing();
        assert_eq!((fleet.members.len(), missing.len()), (0, 3));
        assert!(missing[2].contains(r"b\u{200b}"), "{missing:?}");
    }
}
