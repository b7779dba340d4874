//! Clusters on standard input.

use crate::exit::{FailOn, Fatal, Status};
use crate::outcomes::Outcomes;
use crate::record;
use crate::wire::{Line, LineReader, looks_like_json, pass_on};
use std::io::IsTerminal;

/// Refuses to wait for records on a terminal, where nothing writes them.
///
/// # Errors
/// Standard input is a terminal.
pub fn require_pipe(tool: &str) -> Result<(), Fatal> {
    if std::io::stdin().is_terminal() {
        return Err(Fatal::usage(format!(
            "reads clusters from standard input, which is a terminal: try mc-discover | {tool} …, or \
             kubectl mc get …"
        )));
    }
    Ok(())
}

/// Returns what was loaded. Where that failed and no cluster comes in anyway, because an earlier stage has failed,
/// returns the status of the earlier stages instead of an error: their message is enough. Their records are passed on.
///
/// # Errors
/// Returns the error of `loaded` if a cluster comes in, or if no earlier stage has failed.
pub fn or_earlier_status<T>(
    loaded: Result<T, Fatal>,
    writes_records: bool,
) -> Result<Result<T, Status>, Fatal> {
    let error = match loaded {
        Ok(loaded) => return Ok(Ok(loaded)),
        Err(error) => error,
    };
    let mut outcomes = Outcomes::default();
    let mut reader = LineReader::new(std::io::stdin());
    while let Ok(Some(Line::Text(line))) = reader.next_line() {
        let is_cluster =
            !looks_like_json(line) || record::kind(line).is_ok_and(|kind| kind == record::CLUSTER);
        if is_cluster {
            return Err(error);
        }
        outcomes.saw_passed_on(line);
        if writes_records {
            pass_on(&mut std::io::stdout(), line).map_err(|error| Fatal::output(&error))?;
        }
    }
    match outcomes.problems() {
        [] => Err(error),
        _ => Ok(Err(outcomes.status(FailOn::Any))),
    }
}
