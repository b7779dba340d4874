//! mc-resolve as a stage of the pipe: line by line.

use super::record_line::{Item, fill_in, read};
use super::{Resolution, Resolver};
use crate::exit::{FailOn, Fatal, Status};
use crate::outcomes::Outcomes;
use crate::record::{self, BadLines, Cluster, Problem};
use crate::wire::{BadLine, Line, LineReader, pass_on};
use std::io::{BufWriter, Read, Write};

/// mc-resolve: passes every line on, and fills in `access` or `skip` where a cluster record has neither.
/// A line that is not JSON is a cluster's name and becomes a record. What was written is flushed whenever
/// no more input is there yet.
///
/// A malformed line is reported on `complain` with its number, and left out. `verbose` says there for each
/// cluster what was chosen and why.
///
/// The status is Partial where a line was malformed or a stage before lost something, and Failed where no cluster
/// came beside that. A cluster without access is a good record here: it is for mc-exec, which cannot ask it, to
/// count it.
///
/// # Errors
/// Only on the input or the output itself, and an input that holds nothing.
pub fn run(
    resolver: &Resolver,
    verbose: bool,
    input: impl Read,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let mut reader = LineReader::new(input);
    let mut out = BufWriter::new(output);
    let mut outcomes = Outcomes::default();
    let mut bad_lines = BadLines::of("mc-resolve");
    let mut is_empty = true;
    let lost = |problem: Option<Problem<'_>>,
                outcomes: &mut Outcomes,
                out: &mut BufWriter<&mut dyn Write>,
                complain: &mut dyn FnMut(&str)| {
        let Some(problem) = problem else { return Ok(()) };
        complain(&problem.message);
        outcomes.saw_problem(&problem);
        record::write(out, &problem).map_err(|error| Fatal::output(&error))
    };
    while let Some((number, line)) = reader.next_numbered().map_err(|error| Fatal::input(&error))? {
        is_empty = false;
        let bad = match line {
            Line::Text(line) => one(resolver, line, &mut out, verbose, &mut outcomes, complain)?
                .map(|problem| BadLine::new(number, problem, line.as_bytes())),
            Line::Bad(bad) => Some(bad),
        };
        if let Some(bad) = bad {
            lost(bad_lines.take(&bad), &mut outcomes, &mut out, complain)?;
        }
        if !reader.has_buffered() {
            out.flush().map_err(|error| Fatal::output(&error))?;
        }
    }
    lost(bad_lines.rest(), &mut outcomes, &mut out, complain)?;
    out.flush().map_err(|error| Fatal::output(&error))?;
    for doubt in resolver.doubts() {
        complain(&format!("warning: {doubt}"));
    }
    resolver.check_left_out()?;
    match is_empty {
        true => Err(Fatal::no_input()),
        false => Ok(outcomes.status(FailOn::Any)),
    }
}

/// Deals with one line. Gives what is wrong with it, if something is.
fn one(
    resolver: &Resolver,
    line: &str,
    out: &mut impl Write,
    verbose: bool,
    outcomes: &mut Outcomes,
    complain: &mut dyn FnMut(&str),
) -> Result<Option<String>, Fatal> {
    let mut decide = |cluster: &Cluster<'_>| {
        let explained = resolver.explain(cluster);
        if verbose {
            complain(&format!("{}: {}", cluster.cluster, explained.text()));
        }
        resolver.count(explained.is_left_out);
        (!explained.is_left_out).then_some(explained.resolution)
    };
    let known = resolver.lookup.as_ref().and_then(|lookup| lookup.record_of(line));
    let line = known.unwrap_or(line);
    let written = match read(line) {
        Err(problem) => return Ok(Some(problem)),
        Ok(Item::Other) => {
            outcomes.saw_passed_on(line);
            pass_on(out, line)
        }
        Ok(Item::Name(name)) => {
            outcomes.saw_other();
            let mut cluster = record::bare_cluster(name);
            match decide(&cluster) {
                None => return Ok(None),
                Some(Resolution::Access(access)) => cluster.access = Some(access),
                Some(Resolution::Skip(skip)) => cluster.skip = Some(skip),
            }
            record::write(out, &cluster)
        }
        Ok(Item::Cluster(cluster)) if cluster.skip.is_some() || cluster.access.is_some() => {
            outcomes.saw_other();
            if verbose {
                complain(&format!("{}: resolved already", cluster.cluster));
            }
            resolver.count(false);
            pass_on(out, line)
        }
        Ok(Item::Cluster(cluster)) => {
            let Some(resolution) = decide(&cluster) else {
                return Ok(None);
            };
            match fill_in(line, &resolution) {
                Ok(filled) => {
                    outcomes.saw_other();
                    pass_on(out, &filled)
                }
                Err(error) => return Ok(Some(error.to_string())),
            }
        }
    };
    written.map_err(|error| Fatal::output(&error))?;
    Ok(None)
}
