//! mc-resolve as a stage of the pipe.

use super::fill_in::fill_in;
use super::resolution::Resolution;
use super::resolver::Resolver;
use crate::discover::record_line::{self, LineItem};
use crate::exit::{FailOn, Fatal, Status};
use crate::outcomes::Outcomes;
use crate::record::{self, BadLines, Cluster, Problem};
use crate::wire::{BadLine, Line, LineReader, pass_on};
use std::io::{BufWriter, Read, Write};

/// mc-resolve: passes every line on, and adds `access` or `skip` to the cluster records that have neither. A line that
/// is not JSON is a cluster's name and becomes a record. The output is flushed whenever there is no more input yet.
///
/// A malformed line is reported to `complain` with its number, and left out. With `verbose`, each cluster is reported
/// with what was chosen and why.
///
/// The status is Partial if a line was malformed or an earlier stage has lost something, and Failed if there was no
/// cluster besides. A cluster without access does not change it: mc-exec, which cannot ask the cluster, counts it.
///
/// # Errors
/// The input cannot be read or is empty, the output cannot be written, or `--accessible` leaves no cluster.
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
        complain(&format!("Warning: {doubt}"));
    }
    resolver.check_left_out()?;
    match is_empty {
        true => Err(Fatal::no_input()),
        false => Ok(outcomes.status(FailOn::Any)),
    }
}

/// Handles one line. Returns what is wrong with it, if anything is.
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
    let known = resolver.lookup();
    let known = known.as_ref().and_then(|lookup| lookup.record_of(line));
    let line = known.unwrap_or(line);
    let written = match record_line::parse(line) {
        Err(problem) => return Ok(Some(problem)),
        Ok(LineItem::Other) => {
            outcomes.saw_passed_on(line);
            pass_on(out, line)
        }
        Ok(LineItem::Name(name)) => {
            outcomes.saw_other();
            let mut cluster = record::bare_cluster(name);
            match decide(&cluster) {
                None => return Ok(None),
                Some(Resolution::Access(access)) => cluster.access = Some(access),
                Some(Resolution::Skip(skip)) => cluster.skip = Some(skip),
            }
            record::write(out, &cluster)
        }
        Ok(LineItem::Cluster(cluster)) if cluster.skip.is_some() || cluster.access.is_some() => {
            outcomes.saw_other();
            if verbose {
                complain(&format!("{}: resolved already", cluster.cluster));
            }
            resolver.count(false);
            pass_on(out, line)
        }
        Ok(LineItem::Cluster(cluster)) => {
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
