//! Standard input as a source: names, a line each, or Cluster records, which are kept whole.

use crate::config::Source;
use crate::discover::gathering::{Fleet, quoted};
use crate::exit::Fatal;
use crate::outcomes::Outcomes;
use crate::record::{self, CLUSTER, Cluster};
use crate::term::is_unfit_for_name;
use crate::wire::{BadLine, Line, LineReader, looks_like_json};
use serde_json::value::RawValue;
use std::collections::HashSet;
use std::io::Read;

/// The fault of a name that has characters which no name may have.
const UNSEEN: &str = "has control characters, or such that cannot be seen";

/// What stood in the input.
#[derive(Debug, Default)]
pub struct Input {
    /// The clusters, in the order in which they came, each once.
    pub fleet: Fleet,
    /// Records of other kinds, to be passed on.
    pub others: String,
    /// Losses that the stages before have told.
    pub outcomes: Outcomes,
}

/// Reads to the end. A line that is neither a name nor a record is a problem of the fleet.
///
/// # Errors
/// Only on the input itself.
pub fn read(input: impl Read) -> Result<Input, Fatal> {
    let mut reader = LineReader::new(input);
    let mut read = Input::default();
    let mut seen = HashSet::new();
    while let Some((number, line)) = reader.next_numbered().map_err(|error| Fatal::input(&error))? {
        let problem = match line {
            Line::Bad(bad) => Some(bad.problem),
            Line::Text(line) => read.take(line, &mut seen).err(),
        };
        if let Some(problem) = problem {
            read.fleet
                .problems
                .push(BadLine::new(number, problem, b"").to_string());
        }
    }
    if read.fleet.count > 0 {
        read.outcomes.saw_other();
    }
    Ok(read)
}

impl Input {
    fn take(&mut self, line: &str, seen: &mut HashSet<(String, String)>) -> Result<(), String> {
        if !looks_like_json(line) {
            let name = line.trim();
            if name.chars().any(is_unfit_for_name) {
                return Err(format!("not a record, and no cluster's name either: it {UNSEEN}"));
            }
            if seen.insert((name.to_owned(), String::new())) {
                let cluster = Cluster {
                    source: Some(Source::Stdin.as_str().into()),
                    ..record::bare_cluster(name)
                };
                super::kubeconfig::push(&mut self.fleet, &cluster);
            }
            return Ok(());
        }
        // serde would take a list for an object.
        if !line.trim_start().starts_with('{') {
            return Err("malformed record: not a JSON object".into());
        }
        let malformed = |error: serde_json::Error| format!("malformed record: {error}");
        if record::kind(line).map_err(malformed)?.as_str() != CLUSTER {
            serde_json::from_str::<&RawValue>(line).map_err(malformed)?;
            self.outcomes.saw_passed_on(line);
            self.others.push_str(line);
            self.others.push('\n');
            return Ok(());
        }
        let cluster: Cluster<'_> = serde_json::from_str(line).map_err(malformed)?;
        if cluster.cluster.is_empty() {
            return Err("a Cluster record with an empty name".into());
        }
        if cluster.cluster.chars().any(is_unfit_for_name) {
            return Err(format!(
                "a Cluster record with the name {}, which is left out: it {UNSEEN}",
                quoted(&cluster.cluster)
            ));
        }
        let manager = cluster.manager.as_deref().unwrap_or_default();
        if seen.insert((cluster.cluster.as_str().to_owned(), manager.to_owned())) {
            self.fleet.lines.push_str(line);
            self.fleet.lines.push('\n');
            self.fleet.count += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::read;

    #[test]
    fn names_and_records_are_taken_once_each_and_others_kept() {
        let record = r#"{"kind":"Cluster","cluster":"b","new":1}"#;
        let text =
            format!("a\n\n{record}\n{{\"kind\":\"Row\"}}\na\n{record}\n[1]\n{{\"kind\":\"Cluster\"}}\n");
        let input = read(text.as_bytes()).unwrap();
        assert_eq!(
            input.fleet.lines,
            format!(
                "{{\"kind\":\"Cluster\",\"cluster\":\"a\",\"source\":\"stdin\",\"health\":\"Unknown\"}}\n{record}\n"
            )
        );
        assert_eq!(
            (input.fleet.count, input.others.as_str()),
            (2, "{\"kind\":\"Row\"}\n")
        );
        assert_eq!(input.fleet.problems.len(), 2);
        assert!(
            input.fleet.problems[0].starts_with("line 7: "),
            "{:?}",
            input.fleet.problems
        );
        assert!(
            input.fleet.problems[1].starts_with("line 8: "),
            "{:?}",
            input.fleet.problems
        );
    }

    #[test]
    fn a_name_with_control_characters_is_a_problem() {
        let record = r#"{"kind":"Cluster","cluster":"b\u200b"}"#;
        let text = format!("a\x1b[2J\na\u{200b}\n{record}\n");
        let input = read(text.as_bytes()).unwrap();
        assert_eq!((input.fleet.count, input.fleet.problems.len()), (0, 3));
        assert!(
            input.fleet.problems[2].contains(r"b\u{200b}"),
            "{:?}",
            input.fleet.problems
        );
    }
}
