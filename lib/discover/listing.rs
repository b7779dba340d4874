//! Lists the fleet: reads the sources, joins what they list and selects from it.

use super::finding::{Finding, FindingKind};
use super::fleet::Fleet;
use super::globs::Globs;
use super::hub::{self, Hub};
use super::join::{self, Part};
use super::member::Member;
use super::options::{Files, Options};
use super::profile_names;
use super::question::CacheLookup;
use super::questions::{Asked, CachedSource, fingerprint, look_in_cache};
use super::scope::Scope;
use super::selection::Filter;
use super::sources::{Lister, kubeconfig, lister, stdin};
use crate::config::Source;
use crate::exit::{FailOn, Fatal, Status};
use crate::record::{Health, Reason, Skip};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::time::SystemTime;

/// The fleet as it was asked for.
#[derive(Debug)]
pub struct Listing {
    /// The selected clusters.
    pub members: Vec<Member>,
    /// Complete, or what the findings make of it.
    pub status: Status,
}

/// The fleet cannot be listed.
#[derive(Debug)]
pub struct Error {
    /// Failed, or Usage for a wrong command line.
    pub status: Status,
    /// The reasons. There are several if several hubs were asked.
    pub reasons: Vec<Finding>,
}

impl From<Fatal> for Error {
    fn from(fatal: Fatal) -> Self {
        Self {
            status: fatal.status,
            reasons: vec![Finding::missing(fatal.message)],
        }
    }
}

impl From<Error> for Fatal {
    fn from(error: Error) -> Self {
        let lines: Vec<String> = error
            .reasons
            .into_iter()
            .flat_map(|reason| [Some(reason.message), reason.remedy])
            .flatten()
            .collect();
        Self {
            status: error.status,
            ..Self::failed(lines.join("\n"))
        }
    }
}

/// Lists the fleet. Findings go to `report` as they occur. `input` is read for the source `stdin` only; its records of
/// other kinds are written to `pass_on`.
///
/// No network is needed if the cache is fresh. If one of several hubs and sources fails, only what it alone lists is
/// missing; that is reported, and the status is [`Status::Partial`]. So it is if a hub lists something that cannot be
/// read, also when the fleet comes from the cache.
///
/// # Errors
/// There is no hub, it does not serve the API, or nothing is selected.
pub fn list(
    options: &Options,
    files: Files<'_>,
    input: impl Read,
    pass_on: &mut dyn Write,
    report: &mut dyn FnMut(Finding),
) -> Result<Listing, Error> {
    let filter = Filter::parse(&options.selection)?;
    let scope = Scope::of(options)?;
    let mut parts = Vec::new();
    let mut others = String::new();
    let mut status = Status::Complete;
    if options.sources.contains(&Source::Stdin) {
        let read = stdin::read(input)?;
        status = read.outcomes.status(FailOn::Any);
        others = read.others;
        if read.fleet.is_empty() && status != Status::Complete {
            // The stages before have reported why there is nothing.
            write_all(pass_on, &others)?;
            let members = Vec::new();
            return Ok(Listing { members, status });
        }
        parts.push(Part {
            source: Source::Stdin,
            hub: None,
            fleet: read.fleet,
        });
    }
    let members = local_members(options, files, &filter, parts.first())?;
    if options.sources.contains(&Source::Kubeconfig) {
        parts.push(Part {
            source: Source::Kubeconfig,
            hub: None,
            fleet: kubeconfig::list(&members),
        });
    }
    let hubs = Hub::find_all(options, files.kubeconfig)?;
    let fingerprint = match asks_members(options) {
        true => fingerprint(&members, files),
        false => String::new(),
    };
    let asked = Asked {
        options,
        files,
        scope: &scope,
        hubs: &hubs,
        members: &members,
        fingerprint: &fingerprint,
    };
    let mut report = |finding: Finding| {
        if finding.is_loss() {
            status = status.join(Status::Partial);
        }
        report(finding);
    };
    report_region(options, &hubs, &mut report);
    asked.answer(&mut parts, &mut report).map_err(|reasons| Error {
        status: Status::Failed,
        reasons,
    })?;
    // In the order of the options, and the parts of one source in the order of the hubs, in which they are already.
    parts.sort_by_key(|part| options.sources.iter().position(|source| *source == part.source));
    report_empty(&parts, &scope, &hubs, &mut report)?;
    write_all(pass_on, &others)?;
    let Fleet {
        members, findings, ..
    } = join_parts(parts, options);
    let is_failed = members.is_empty() && findings.iter().any(Finding::is_loss);
    let (missing, notes): (Vec<_>, Vec<_>) = findings
        .into_iter()
        .partition(|finding| finding.kind == FindingKind::Missing);
    notes.into_iter().chain(missing).for_each(&mut report);
    let members = match filter.is_all() {
        true => members,
        false => filter.select(members, &mut report)?,
    };
    if is_failed {
        status = status.join(Status::Failed);
    }
    Ok(Listing {
        members: match options.skip_unhealthy {
            true => members.into_iter().map(skip_if_unhealthy).collect(),
            false => members,
        },
        status,
    })
}

/// mc-discover: writes a Cluster record for each selected member, in the order of their names. Findings go to `report`.
///
/// # Errors
/// Those of [`list`]; the output cannot be written.
pub fn run(
    options: &Options,
    files: Files<'_>,
    input: impl Read,
    output: &mut dyn Write,
    report: &mut dyn FnMut(Finding),
) -> Result<Status, Fatal> {
    let listing = list(options, files, input, output, report)?;
    for member in &listing.members {
        write_all(output, member.record())?;
        write_all(output, "\n")?;
    }
    output.flush().map_err(|error| Fatal::output(&error))?;
    Ok(listing.status)
}

fn write_all(output: &mut dyn Write, text: &str) -> Result<(), Fatal> {
    let written = output.write_all(text.as_bytes());
    written.map_err(|error| Fatal::output(&error))
}

/// Returns the fleet that the hubs have listed last, without any network. `None` if a hub has not been asked yet, or
/// not for longer than an old fleet may be used. Sources that need no hub are left out, because they give no access.
pub fn last_listed(options: &Options, files: Files<'_>) -> Option<Vec<Member>> {
    let mut parts = Vec::new();
    for CachedSource {
        source, hub, lookup, ..
    } in look_in_cache(options, files).ok()?
    {
        let fleet = match lookup {
            CacheLookup::Fresh(fleet) => fleet,
            CacheLookup::Expired(Some(cached)) if cached.may_serve(options.max_stale, SystemTime::now()) => {
                cached.fleet
            }
            CacheLookup::Expired(_) => return None,
        };
        let hub = Some(hub);
        parts.push(Part { source, hub, fleet });
    }
    (!parts.is_empty()).then(|| join_parts(parts, options).members)
}

fn asks_members(options: &Options) -> bool {
    let mut sources = options.sources.iter();
    sources.any(|source| matches!(lister(*source), Lister::Members))
}

/// Reports the hubs that list nothing.
///
/// # Errors
/// There are no clusters at all.
fn report_empty(
    parts: &[Part],
    scope: &Scope<'_>,
    hubs: &[Hub],
    report: &mut dyn FnMut(Finding),
) -> Result<(), Fatal> {
    let place = match scope.namespace {
        Some(name) => format!(" in its namespace {name}: check --hub-namespace"),
        None => String::new(),
    };
    let empty = || parts.iter().filter(|part| part.fleet.is_empty());
    let problems: Vec<String> = empty()
        .filter_map(|part| match (part.hub_context(), part.source) {
            (Some(context), _) => {
                let hub = hubs.iter().find(|hub| hub.context() == context);
                let name = hub.map_or_else(|| context.to_owned(), Hub::name);
                Some(format!("{name} lists no clusters{place}"))
            }
            (None, Source::Stdin) => Some(
                "standard input names no cluster: it may have names, one a line, or what mc-discover writes into a pipe".to_owned(),
            ),
            (None, _) => None,
        })
        .collect();
    // Standard input names the whole fleet.
    let is_all = empty().count() == parts.len() || empty().any(|part| part.source == Source::Stdin);
    if !problems.is_empty() && is_all {
        return Err(Fatal::failed(problems.join("\n")));
    }
    for problem in problems {
        report(Finding::note(problem));
    }
    Ok(())
}

/// Reports a region that is that of no hub: it has no effect then.
fn report_region(options: &Options, hubs: &[Hub], report: &mut dyn FnMut(Finding)) {
    let regions: BTreeSet<&str> = hubs.iter().filter_map(Hub::region).collect();
    let Some(wanted) = options.region.as_deref().filter(|wanted| {
        let is_there = regions.iter().any(|region| join::covers(region, wanted));
        !hubs.is_empty() && !is_there
    }) else {
        return;
    };
    let remedy = match regions.is_empty() {
        true => "none of the hubs has a region: name it with the hub in hubs of the configuration".to_owned(),
        false => {
            let regions: Vec<&str> = regions.into_iter().collect();
            format!("no hub is there; the hubs' regions are {}", regions.join(", "))
        }
    };
    report(Finding::note(format!(
        "--region {wanted:?} chooses no hub: {remedy}"
    )));
}

/// Returns what all parts list together.
fn join_parts(parts: Vec<Part>, options: &Options) -> Fleet {
    let mut fleet = match <[Part; 1]>::try_from(parts) {
        Ok([only]) if only.source != Source::Stdin => only.fleet,
        Ok(only) => join::join(&only, None),
        Err(parts) => join::join(&parts, options.region.as_deref()),
    };
    profile_names::remove_ambiguous(&mut fleet.members);
    fleet
}

/// Returns the members that are listed or asked without a hub, by name with their contexts.
fn local_members(
    options: &Options,
    files: Files<'_>,
    filter: &Filter,
    named: Option<&Part>,
) -> Result<BTreeMap<String, String>, Fatal> {
    let mut globs = Globs::parse_not_empty("--contexts", &options.contexts, None, "name some")?;
    let is_listed = options.sources.contains(&Source::Kubeconfig);
    if !is_listed && !asks_members(options) {
        if !options.contexts.is_empty() {
            return Err(Fatal::usage(
                "--contexts chooses from the kubeconfig: it goes with --source kubeconfig or about",
            ));
        }
        return Ok(BTreeMap::new());
    }
    let mut members = kubeconfig::members(files.kubeconfig, files.mapping, &mut globs);
    let names: Vec<&str> = files.kubeconfig.context_names().collect();
    let unused = globs.unused_message("context", names.into_iter());
    if !unused.is_empty() {
        return Err(Fatal::failed(unused));
    }
    if members.is_empty() {
        return Err(Fatal::failed(hub::no_contexts(files.kubeconfig)));
    }
    if !is_listed {
        // Only members that may be selected are asked.
        let names: Option<BTreeSet<&str>> =
            named.map(|part| part.fleet.members.iter().map(Member::name).collect());
        members.retain(|name, _| {
            filter.may_select(name) && names.as_ref().is_none_or(|names| names.contains(name.as_str()))
        });
    }
    Ok(members)
}

/// Adds a `skip` to the record of an unhealthy cluster.
fn skip_if_unhealthy(mut member: Member) -> Member {
    let reason = match member.cluster() {
        cluster if cluster.health != Health::Unhealthy || cluster.skip.is_some() => None,
        cluster => {
            let reason = cluster.health_reason.map(|reason| format!(" ({reason})"));
            Some(reason.unwrap_or_default())
        }
    };
    let skip = reason.map(|reason| Skip {
        reason: Reason::Skipped,
        message: format!(
            "unhealthy{reason}, and unhealthy clusters are left out: --skip-unhealthy=false asks them too"
        )
        .into(),
    });
    if let Some(json) = skip.and_then(|skip| serde_json::to_string(&skip).ok()) {
        member.change_json(|fields| fields.set("skip", json));
    }
    member
}

#[cfg(test)]
pub(super) mod tests;
