//! The lines that sum up a run on stderr.
//!
//! Each is handed over exactly as it should be printed: kubectl's own texts stay kubectl's.

use super::cluster_names::list;
use super::failure_kinds::by_kind;
use super::options::Options;
use crate::outcomes::{Failure, Outcomes, Standing};
use crate::record::{Reason, place_of_words};
use crate::term;
use std::collections::BTreeMap;

/// The most refusals of one request that are reported.
const MAX_REFUSALS: usize = 5;

/// Reports clusters that failed or were skipped, objects that no cluster has, and that nothing was found.
/// With `prefixed`, errors keep their `error: `, which kubectl leaves out if there are several.
/// Returns true if there are errors that kubectl would report.
pub(crate) fn report(
    options: &Options,
    outcomes: &Outcomes,
    found: bool,
    prefixed: bool,
    complain: &mut dyn FnMut(&str),
) -> bool {
    // As in kubectl, a type that does not exist is reported alone, and only the first of several.
    let no_type = outcomes.unserved_everywhere().first().copied();
    let mut errors: Vec<String> = match no_type {
        Some(no_type) => {
            let similar = outcomes
                .similar_types(no_type)
                .filter(|_| options.show_cluster_column);
            vec![similar.map_or_else(|| no_type.to_owned(), |similar| format!("{no_type} ({similar})"))]
        }
        None => outcomes
            .missing_everywhere()
            .into_iter()
            .map(str::to_owned)
            .collect(),
    };
    let not_found_anywhere = outcomes.not_found_anywhere();
    let refusals = refused_everywhere(outcomes);
    if not_found_anywhere && errors.is_empty() && refusals.is_empty() {
        for failure in outcomes.failures().filter(is_not_found) {
            let error = as_kubectl(failure.message);
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
    }
    let total = outcomes.counts().total();
    // An object that no cluster has is reported once, in kubectl's own words.
    let failed: Vec<Failure<'_>> = outcomes
        .failures()
        .filter(|failure| {
            failure.standing == Standing::Failed && !(not_found_anywhere && is_not_found(failure))
        })
        .collect();
    let skipped: Vec<Failure<'_>> = outcomes
        .failures()
        .filter(|failure| failure.standing == Standing::Skipped)
        .collect();
    // A Summary alone counts more clusters than it names.
    let counts = outcomes.counts();
    let failed_count = if outcomes.knows_clusters() {
        failed.len() as u64
    } else {
        counts.failed
    };
    let skipped_count = if outcomes.knows_clusters() {
        skipped.len() as u64
    } else {
        counts.skipped
    };

    let unsorted = outcomes.unsorted();
    if !found && errors.is_empty() && unsorted.is_none() && options.output.is_for_people() {
        match outcomes.notices().as_slice() {
            [] => {}
            [notice] => complain(&term::escape(notice)),
            _ => complain("No resources found"),
        }
    }
    // If all clusters refuse the request itself, the request is wrong: its selector, most often. A single cluster whose
    // name is not shown fails in kubectl's words only.
    let alone = total == 1 && !options.show_cluster_column && !options.verbose;
    let failed_alone = failed.first().filter(|_| alone);
    let messages = match failed_alone {
        Some(_) if no_type.is_some() => Vec::new(),
        Some(failure) => vec![failure.message],
        None => refusals,
    };
    // Messages about a server's answer are in kubectl's words already.
    let is_kubectls = failed_alone.is_none_or(|failure| failure.reason.is_some_and(is_of_server));
    errors.extend(
        messages
            .iter()
            .flat_map(|message| message.split('\n'))
            .map(|line| match is_kubectls {
                true => line.to_owned(),
                false => as_kubectl(line),
            }),
    );
    if let Some(unsorted) = unsorted {
        errors.push(as_kubectl(unsorted));
    }
    // kubectl keeps the prefix of "You must be logged in" in any case.
    let is_unauthorized = |failure: &Failure<'_>| failure.reason == Some(Reason::Unauthorized);
    let keeps_prefix = prefixed || failed_alone.is_some_and(is_unauthorized);
    // kubectl's own texts may have several lines.
    for line in errors.iter().flat_map(|error| error.lines()) {
        let line = line
            .strip_prefix("error: ")
            .filter(|_| !keeps_prefix)
            .unwrap_or(line);
        complain(&term::escape(line));
    }
    // The details of a single cluster are short.
    let in_detail = options.verbose || total == 1 && messages.is_empty();
    let end = if in_detail {
        ":"
    } else {
        ". Run with -v for details."
    };
    if failed_count > 0 && failed_alone.is_none() {
        complain(&format!(
            "Warning: Failed to query {failed_count}/{total} clusters{end}"
        ));
        list_failures(in_detail, failed_count, &failed, complain);
    }
    if skipped_count > 0 {
        complain(&format!("Warning: Skipped {skipped_count}/{total} clusters{end}"));
        list_failures(in_detail, skipped_count, &skipped, complain);
    }
    if let Some(lacking) = outcomes.lack_of_clusters() {
        complain(&format!("Warning: {}", term::escape(lacking)));
    }
    !errors.is_empty()
}

/// Names the clusters of failures: each with its message, or those of one kind together.
fn list_failures(in_detail: bool, count: u64, failures: &[Failure<'_>], complain: &mut dyn FnMut(&str)) {
    match in_detail {
        true => details(failures, complain),
        // Summaries of earlier releases did not name the clusters that were only skipped.
        false if failures.len() as u64 == count => by_kind(failures, complain),
        false => {}
    }
}

/// Reports the problems of stages, unless they reported them on the same stderr.
pub(crate) fn problems(outcomes: &Outcomes, complain: &mut dyn FnMut(&str)) {
    if outcomes.problems().is_empty() {
        return;
    }
    let here = place_of_words();
    for problem in outcomes.problems() {
        if problem.said.is_empty() || *problem.said != *here {
            for line in problem.message.lines() {
                complain(&term::escape(&format!("{}: {line}", problem.stage)));
            }
        }
    }
    match outcomes.more_problems() {
        0 => {}
        more => complain(&format!(
            "mc-format: and {more} more problems of the stages before"
        )),
    }
}

/// Reports failures, one line for each cluster, with the reason and advice.
fn details(failures: &[Failure<'_>], complain: &mut dyn FnMut(&str)) {
    for failure in failures {
        let mut line = format!("  {}: ", failure.cluster);
        if let Some(reason) = failure.reason {
            line.push_str(reason.as_str());
            line.push_str(": ");
        }
        let message = failure.message.strip_prefix("error: ").unwrap_or(failure.message);
        line.push_str(&message.replace('\n', "; "));
        if let Some(hint) = failure.hint {
            line.push_str(" (");
            line.push_str(hint);
            line.push(')');
        }
        complain(&term::escape(&line));
    }
}

/// Returns the messages of clusters that refuse the request itself, if none answers. Servers of different versions may
/// word them differently; each text comes once.
fn refused_everywhere(outcomes: &Outcomes) -> Vec<&str> {
    if outcomes.answered().next().is_some() {
        return Vec::new();
    }
    let mut messages: Vec<&str> = Vec::new();
    let refusals = outcomes.failures();
    for failure in refusals.filter(|failure| failure.reason == Some(Reason::BadRequest)) {
        if messages.len() < MAX_REFUSALS && !messages.contains(&failure.message) {
            messages.push(failure.message);
        }
    }
    messages
}

/// Reports answers that could not be printed, prefixed with `error: ` or not. kubectl's text has lines and tabs of its
/// own.
pub(crate) fn unprinted(
    options: &Options,
    texts: &BTreeMap<String, Vec<String>>,
    prefixed: bool,
    complain: &mut dyn FnMut(&str),
) {
    for (text, clusters) in texts {
        let lines = text.split('\n').map(|line| {
            let pieces: Vec<_> = line.split('\t').map(term::escape).collect();
            pieces.join("\t")
        });
        let text = lines.collect::<Vec<_>>().join("\n");
        let mut text = if prefixed { format!("error: {text}") } else { text };
        if !prefixed && text.ends_with('\n') {
            // kubectl adds a newline to a single error only if it lacks one.
            text.push('\n');
        }
        if options.show_cluster_column && clusters.iter().any(|cluster| !cluster.is_empty()) {
            complain(&format!("{text} ({})", list(clusters.iter().map(String::as_str))));
        } else {
            complain(&text);
        }
    }
}

fn is_not_found(failure: &Failure<'_>) -> bool {
    failure.reason == Some(Reason::NotFound)
}

/// Returns true if a failure is an answer of the server.
fn is_of_server(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::Unauthorized
            | Reason::Forbidden
            | Reason::NotFound
            | Reason::BadRequest
            | Reason::TooManyRequests
            | Reason::ServerError
    )
}

/// Returns a message with kubectl's prefix.
fn as_kubectl(message: &str) -> String {
    if message.starts_with("Error") || message.starts_with("error") {
        message.to_owned()
    } else {
        format!("error: {message}")
    }
}
