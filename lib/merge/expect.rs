//! The clusters that `--expect` names: one of which nothing came counts as failed. The file is read at the end of the
//! input, since the program that writes it may be a part of the same pipe.

use super::merger::{Merger, TOOL};
use crate::error_text::chain;
use crate::exit::Status;
use crate::record::{self, Cluster, Problem, Str};
use crate::term::is_hostile;
use crate::wire::{BadLine, Line, LineReader, looks_like_json};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Counts each cluster that the file names, and announces on the output those of which nothing came. Reports what is
/// wrong with the file to `complain` and on the output.
///
/// # Errors
/// Any error of the output.
pub(super) fn read(
    merger: &mut Merger,
    path: &Path,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> io::Result<()> {
    let mut count = 0;
    let ended = match File::open(path).map(LineReader::new) {
        Ok(mut lines) => read_all(merger, &mut lines, &mut count, output, complain)?,
        Err(error) => Err(error),
    };
    let message = match ended {
        Err(error) => format!("--expect {}: {}", path.display(), chain(&error)),
        Ok(()) if count == 0 => format!("--expect {}: it names no cluster", path.display()),
        Ok(()) => return Ok(()),
    };
    complain(&message);
    merger.lost(&Problem::new(TOOL, Status::Failed, &message).said_here(), output)
}

/// Reads the lines of the file. The outer error is the output's, the inner one the file's.
fn read_all(
    merger: &mut Merger,
    lines: &mut LineReader<impl Read>,
    count: &mut u64,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> io::Result<io::Result<()>> {
    loop {
        let (number, line) = match lines.next_numbered() {
            Ok(Some(next)) => next,
            Ok(None) => return Ok(Ok(())),
            Err(error) => return Ok(Err(error)),
        };
        let bad = match line {
            Line::Bad(bad) => bad,
            Line::Text(line) => match name(line) {
                Ok(Named::Cluster(cluster)) => {
                    *count += 1;
                    merger.expect(&cluster, output)?;
                    continue;
                }
                Ok(Named::Problem(problem)) => {
                    merger.lost(&problem, output)?;
                    continue;
                }
                Ok(Named::Nothing) => continue,
                Err(problem) => BadLine::new(number, problem, b""),
            },
        };
        let bad = BadLine {
            problem: format!("{} (in the file of --expect)", bad.problem),
            ..bad
        };
        merger.bad_line(&bad, output)?;
        if let Some(problem) = merger.problem() {
            complain(&problem);
        }
    }
}

/// The cluster that a line of the file names.
enum Named<'a> {
    Cluster(Str<'a>),
    Problem(Box<Problem<'a>>),
    Nothing,
}

fn name(line: &str) -> Result<Named<'_>, String> {
    if !looks_like_json(line) {
        let name = line.trim();
        return match name.chars().any(is_hostile) {
            true => Err("neither a record nor the name of a cluster: it has control characters".into()),
            false => Ok(Named::Cluster(name.into())),
        };
    }
    let malformed = |error: serde_json::Error| format!("malformed record: {error}");
    Ok(match record::kind(line).map_err(malformed)?.as_str() {
        record::CLUSTER => {
            let cluster: Cluster<'_> = serde_json::from_str(line).map_err(malformed)?;
            Named::Cluster(cluster.cluster)
        }
        record::PROBLEM => Named::Problem(serde_json::from_str(line).map_err(malformed)?),
        _ => Named::Nothing,
    })
}
