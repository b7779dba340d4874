//! The clusters that `--expect` names: one of which nothing came has failed. Read at the end of the input, since what
//! writes the file may be a part of the same pipe.

use super::Merger;
use crate::error_text::chain;
use crate::exit::Status;
use crate::record::{self, Asked, Cluster, Problem, Str};
use crate::term::is_hostile;
use crate::wire::{BadLine, Line, LineReader, looks_like_json};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

impl Merger {
    /// Counts each cluster that the file names, and announces on the output those of which nothing came. What is
    /// wrong with the file goes to `complain` and to the output.
    ///
    /// # Errors
    /// Any error of the output.
    pub(super) fn expect(
        &mut self,
        path: &Path,
        output: &mut dyn Write,
        complain: &mut dyn FnMut(&str),
    ) -> io::Result<()> {
        let mut count = 0;
        let read = File::open(path).map(LineReader::new);
        let ended = match read {
            Ok(mut lines) => self.expect_all(&mut lines, &mut count, output, complain)?,
            Err(error) => Err(error),
        };
        let what = match ended {
            Err(error) => format!("--expect {}: {}", path.display(), chain(&error)),
            Ok(()) if count == 0 => format!("--expect {}: it names no cluster", path.display()),
            Ok(()) => return Ok(()),
        };
        complain(&what);
        self.lost(
            &Problem::new(super::TOOL, Status::Failed, &what).said_here(),
            output,
        )
    }

    /// The outer error is the output's, the inner one the file's.
    fn expect_all(
        &mut self,
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
                        self.expect_one(&cluster, output)?;
                        continue;
                    }
                    Ok(Named::Problem(problem)) => {
                        self.lost(&problem, output)?;
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
            self.bad_line(&bad, output)?;
            if let Some(problem) = self.problem() {
                complain(&problem);
            }
        }
    }

    fn expect_one(&mut self, cluster: &str, output: &mut dyn Write) -> io::Result<()> {
        if self.outcomes.knows(cluster) {
            return Ok(());
        }
        let asked = Asked {
            cluster: cluster.into(),
        };
        self.outcomes.saw_asked(&asked);
        record::write(&mut &mut *output, &asked)
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
            true => Err("not a record, and no cluster's name either: it has control characters".into()),
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
