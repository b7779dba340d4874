//! The fleet, from its sources or from the cache (mc-discover).
//!
//! | source | where the fleet comes from | through |
//! |---|---|---|
//! | `clusterprofile` | ClusterProfiles | a hub, or several |
//! | `inventory` | ClusterProfiles that PlacementDecisions choose | a hub, or several |
//! | `ocm` | ManagedClusters | a hub, or several |
//! | `about` | what each member says of itself (ClusterProperty) | every context |
//! | `kubeconfig` | the contexts of the kubeconfig | |
//! | `stdin` | names or records on standard input | |
//!
//! Each source says its part, a part a hub; the parts are joined by cluster.

pub mod cache;
mod gathering;
mod hub;
mod join;
mod json_object;
mod options;
mod paged_list;
mod profile_name;
mod question;
mod refresh;
mod rival_profiles;
mod selection;
mod sources;

use crate::config::Source;
use crate::connect::plugin::Stderr;
use crate::connect::{self, Connector};
use crate::exit::{FailOn, Fatal, Status};
use crate::kubeconfig::Kubeconfig;
use crate::record::{Cluster, Health, Reason, Skip};
use crate::wire;
use cache::{Cached, Key};
use futures_util::future::join_all;
use gathering::Fleet;
pub(crate) use gathering::quoted;
use hub::{Hub, Online};
use join::{Part, PartHub};
use json_object::Fields;
use options::Wanted;
pub use options::{Files, HubContext, Limits, Options, Selection};
use question::{Ask, Known, Refusal};
pub use refresh::refresh;
use selection::{Filter, Globs};
use sources::{about, clusterprofile, inventory, kubeconfig as contexts, ocm, stdin};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

/// mc-discover: writes a Cluster record for each selected member, in the order of their names. What a
/// person should know beside it (a stale cache, an empty fleet) goes to `complain`, a line a call. `input` is
/// read for the source `stdin` only.
///
/// A fleet from a cache that is fresh needs no network. Of several hubs and sources those that fail cost what
/// they alone know: that is said, and makes the outcome [`Status::Partial`], as does what a hub lists and cannot
/// be read, also when it comes from the cache.
///
/// # Errors
/// No hub, a hub without the API, a selection that matches nothing.
pub fn run(
    options: &Options,
    files: Files<'_>,
    input: impl Read,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    let filter = Filter::new(&options.selection)?;
    let wanted = Wanted::check(options)?;
    let mut parts = Vec::new();
    let mut others = String::new();
    let mut upstream = Status::Complete;
    if options.sources.contains(&Source::Stdin) {
        let read = stdin::read(input)?;
        upstream = read.outcomes.status(FailOn::Any);
        others = read.others;
        if read.fleet.count == 0 && read.fleet.problems.is_empty() && upstream != Status::Complete {
            // The stages before have said why there is nothing.
            let written = output.write_all(others.as_bytes());
            return written.map(|()| upstream).map_err(|error| Fatal::output(&error));
        }
        parts.push(Part {
            source: Source::Stdin,
            hub: None,
            fleet: read.fleet,
        });
    }
    let members = members(options, files, &filter, parts.first())?;
    if options.sources.contains(&Source::Kubeconfig) {
        parts.push(Part {
            source: Source::Kubeconfig,
            hub: None,
            fleet: contexts::list(&members),
        });
    }
    let hubs = Hubs::find(options, files.kubeconfig)?;
    let fingerprint = match options.sources.contains(&Source::About) {
        true => cache::fingerprint(&members, |context| match files.kubeconfig.access(context) {
            Ok(access) => hub::way(files.kubeconfig, &access),
            Err(_) => String::new(),
        }),
        false => String::new(),
    };
    let questions = questions(options, &wanted, &hubs, &fingerprint);
    let lost = {
        let asked = Asked {
            options,
            files,
            wanted: &wanted,
            hubs: &hubs,
            members: &members,
        };
        asked.answer(questions, &mut parts, complain)?
    };
    // In the order that the user gave, of one source that of the hubs: they have been asked like that.
    parts.sort_by_key(|part| options.sources.iter().position(|source| *source == part.source));
    say_what_is_empty(&parts, &wanted, &hubs, complain)?;
    let fleet = one_fleet(parts, options);
    output
        .write_all(others.as_bytes())
        .map_err(|error| Fatal::output(&error))?;
    let status = deliver(options, &fleet, &filter, output, complain)?.join(upstream);
    Ok(if lost {
        status.join(Status::Partial)
    } else {
        status
    })
}

/// Says which hubs list nothing.
///
/// # Errors
/// No cluster at all: a pattern that matches nothing is an error, too, and most often a name is wrong.
fn say_what_is_empty(
    parts: &[Part],
    wanted: &Wanted<'_>,
    hubs: &Hubs,
    complain: &mut dyn FnMut(&str),
) -> Result<(), Fatal> {
    let place = match wanted.namespace {
        Some(name) => format!(" in its namespace {name}: check --hub-namespace"),
        None => String::new(),
    };
    let is_empty = |part: &&Part| part.fleet.count == 0 && part.fleet.problems.is_empty();
    let empty: Vec<String> = parts
        .iter()
        .filter(is_empty)
        .filter_map(|part| match (&part.hub, part.source) {
            (Some(hub), _) => Some(format!("{} lists no clusters{place}", hubs.name(&hub.context))),
            (None, Source::Stdin) => Some("standard input names no cluster".to_owned()),
            (None, _) => None,
        })
        .collect();
    // What standard input names is all of the fleet.
    let is_all = |part: &Part| part.source == Source::Stdin && is_empty(&part);
    if !empty.is_empty() && (parts.iter().any(is_all) || parts.iter().all(|part| is_empty(&part))) {
        return Err(Fatal::failed(empty.join("\n")));
    }
    for line in empty {
        complain(&format!("warning: {line}"));
    }
    Ok(())
}

/// Returns what all parts list together.
fn one_fleet(parts: Vec<Part>, options: &Options) -> Fleet {
    let mut fleet = match <[Part; 1]>::try_from(parts) {
        Ok([only]) if only.source != Source::Stdin => only.fleet,
        Ok(only) => join::join(&only, None),
        Err(parts) => join::join(&parts, options.region.as_deref()),
    };
    profile_name::leave_out_ambiguous(&mut fleet);
    fleet
}

/// The fleet that was listed last by the hubs, a Cluster record a line, without any network; `None` where a hub has not
/// been asked yet, or not for longer than an old fleet may be used. Sources that need no hub are left out, since they
/// give no access.
pub fn remembered(options: &Options, files: Files<'_>) -> Option<String> {
    let wanted = Wanted::check(options).ok()?;
    let hubs = Hubs::find(options, files.kubeconfig).ok()?;
    let mut parts = Vec::new();
    for (ask, hub) in questions(options, &wanted, &hubs, "") {
        let Some(hub) = hub else { continue };
        let fleet = match ask.known() {
            Known::Fresh(fleet) => fleet,
            Known::Old(Some(cached)) if cached.may_serve(options.max_stale, ask.now) => cached.fleet,
            Known::Old(_) => return None,
        };
        let (source, hub) = (ask.source, Some(hubs.all[hub].1.clone()));
        parts.push(Part { source, hub, fleet });
    }
    if parts.is_empty() {
        return None;
    }
    Some(one_fleet(parts, options).lines)
}

/// The members that are to be listed, or asked who they are, by name with their contexts.
fn members(
    options: &Options,
    files: Files<'_>,
    filter: &Filter,
    named: Option<&Part>,
) -> Result<BTreeMap<String, String>, Fatal> {
    let mut globs = Globs::new("--contexts", &options.contexts)?;
    let is_listed = options.sources.contains(&Source::Kubeconfig);
    let is_asked = options.sources.contains(&Source::About);
    if !is_listed && !is_asked {
        if !options.contexts.is_empty() {
            return Err(Fatal::usage(
                "--contexts chooses from the kubeconfig: it goes with --source kubeconfig or about",
            ));
        }
        return Ok(BTreeMap::new());
    }
    let kubeconfig = files.kubeconfig;
    let mut members = contexts::members(kubeconfig, files.mapping, &mut globs);
    let unused = globs.unused(
        "context",
        kubeconfig.context_names().collect::<Vec<_>>().into_iter(),
    );
    if !unused.is_empty() {
        return Err(Fatal::failed(unused));
    }
    if members.is_empty() {
        return Err(Fatal::failed(hub::no_contexts(kubeconfig)));
    }
    if is_asked && !is_listed {
        // Who is not selected is not asked.
        let names: Option<BTreeSet<String>> = named.map(|part| {
            let lines = part.fleet.lines.lines();
            let clusters = lines.filter_map(|line| serde_json::from_str::<Cluster<'_>>(line).ok());
            clusters.map(|cluster| cluster.cluster.0.into_owned()).collect()
        });
        members
            .retain(|name, _| filter.may_be(name) && names.as_ref().is_none_or(|names| names.contains(name)));
    }
    Ok(members)
}

/// The hubs, and how messages call them.
#[derive(Debug)]
struct Hubs {
    all: Vec<(Hub, PartHub)>,
    names: Vec<String>,
}

impl Hubs {
    /// Those that some source needs.
    fn find(options: &Options, kubeconfig: &Kubeconfig) -> Result<Self, Fatal> {
        let mut all = Vec::new();
        if options.sources.iter().any(|source| source.needs_hub()) {
            let named: Vec<Option<&HubContext>> = match options.hubs.as_slice() {
                [] => vec![None],
                hubs => hubs.iter().map(Some).collect(),
            };
            for context in named {
                let hub = Hub::find(context, kubeconfig)?;
                let part = PartHub {
                    context: hub.context().to_owned(),
                    region: context.and_then(|context| context.region.clone()),
                };
                all.push((hub, part));
            }
        }
        let names = all.iter().map(|(hub, _)| hub.name()).collect();
        Ok(Self { all, names })
    }

    /// How messages call the hub of a context.
    fn name<'a>(&'a self, context: &'a str) -> &'a str {
        let index = self.all.iter().position(|(hub, _)| hub.context() == context);
        index.map_or(context, |index| &self.names[index])
    }
}

/// A question, and the hub that it goes to.
type Question<'a> = (Ask<'a>, Option<usize>);

/// What is to be asked, of the hubs or of the members.
fn questions<'a>(
    options: &'a Options,
    wanted: &'a Wanted<'a>,
    hubs: &'a Hubs,
    fingerprint: &'a str,
) -> Vec<Question<'a>> {
    let now = SystemTime::now();
    let mut questions = Vec::new();
    for source in options.sources.iter().copied() {
        let ask = |context, hub, key| Ask {
            options,
            source,
            context,
            hub,
            key,
            now,
        };
        if source == Source::About {
            let key = Key {
                server: "contexts",
                way: "",
                source: source.as_str(),
                namespace: None,
                about: fingerprint,
            };
            questions.push((ask("", "the members", key), None));
        }
        if !source.needs_hub() {
            continue;
        }
        for (index, ((hub, _), name)) in hubs.all.iter().zip(&hubs.names).enumerate() {
            let key = Key {
                server: hub.server(),
                way: hub.way(),
                source: source.as_str(),
                namespace: wanted.namespace.filter(|_| source != Source::Ocm),
                about: match source {
                    Source::Inventory => wanted.placement_text,
                    _ => "",
                },
            };
            questions.push((ask(hub.context(), name, key), Some(index)));
        }
    }
    questions
}

/// Who can be asked what.
struct Asked<'a> {
    options: &'a Options,
    files: Files<'a>,
    wanted: &'a Wanted<'a>,
    hubs: &'a Hubs,
    members: &'a BTreeMap<String, String>,
}

impl Asked<'_> {
    /// Adds the answers to `parts`. Gives whether any is missing, or from an expired cache.
    ///
    /// # Errors
    /// None of the questions has an answer.
    fn answer(
        &self,
        questions: Vec<Question<'_>>,
        parts: &mut Vec<Part>,
        complain: &mut dyn FnMut(&str),
    ) -> Result<bool, Fatal> {
        let mut open: Vec<(Question<'_>, Option<Cached>)> = Vec::new();
        let mut found: Vec<(usize, Source, Option<usize>, Fleet)> = Vec::new();
        let mut places = Vec::new();
        for (place, (ask, hub)) in questions.into_iter().enumerate() {
            match ask.known() {
                Known::Fresh(fleet) => found.push((place, ask.source, hub, fleet)),
                Known::Old(old) => {
                    places.push(place);
                    open.push(((ask, hub), old));
                }
            }
        }
        let asked: Vec<(Source, Option<usize>)> =
            open.iter().map(|((ask, hub), _)| (ask.source, *hub)).collect();
        let answers = self.over_the_network(&asked)?;
        let mut refusals: Vec<(Option<usize>, Refusal)> = Vec::new();
        let mut lost = false;
        for ((place, ((ask, hub), old)), answer) in places.into_iter().zip(open).zip(answers) {
            match ask.settle(old, answer, complain) {
                Ok(settled) => {
                    // What has come or gone since then is missing from it.
                    lost |= settled.is_stale;
                    found.push((place, ask.source, hub, settled.fleet));
                }
                Err(refusal) => refusals.push((hub, refusal)),
            }
        }
        if found.is_empty() && parts.is_empty() && !refusals.is_empty() {
            let said: Vec<String> = refusals
                .into_iter()
                .map(|(_, refusal)| refusal.fatal.message)
                .collect();
            return Err(Fatal::failed(said.join("\n")));
        }
        for (hub, refusal) in refusals {
            // A hub that has one of several APIs lacks nothing that the others would say.
            let is_served = found
                .iter()
                .any(|(_, _, other, _)| hub.is_some() && *other == hub);
            if refusal.is_unserved && is_served {
                complain(&format!("warning: {}", refusal.fatal.message));
            } else {
                complain(&refusal.fatal.message);
                lost = true;
            }
        }
        found.sort_by_key(|(place, ..)| *place);
        parts.extend(found.into_iter().map(|(_, source, hub, fleet)| Part {
            source,
            hub: hub.map(|hub| self.hubs.all[hub].1.clone()),
            fleet,
        }));
        Ok(lost)
    }

    /// Asks all at once: the one place where discovery needs a runtime.
    fn over_the_network(
        &self,
        asked: &[(Source, Option<usize>)],
    ) -> Result<Vec<Result<Fleet, connect::Error>>, Fatal> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Fatal::failed(format!("cannot start the network: {error}")))?;
        let connector = Connector::new(connect::ConnectorOptions {
            connect_timeout: self.options.limits.connect_timeout,
            login_timeout: self.options.limits.login_timeout,
            screen: Arc::new(Stderr("mc-discover")),
            ..connect::ConnectorOptions::default()
        });
        let answers = runtime.block_on(async {
            // One client a hub, so that what its sources share (credentials, a connection) is shared.
            let clients: Vec<_> = self
                .hubs
                .all
                .iter()
                .map(|(hub, _)| hub.client(&connector))
                .collect();
            let asked = asked.iter().map(|(source, hub)| {
                let client = hub.map(|hub| (hub, clients[hub].clone()));
                self.one(*source, client, &connector)
            });
            join_all(asked).await
        });
        // A name that is being looked up would hold the process: nobody waits for it any more.
        runtime.shutdown_background();
        Ok(answers)
    }

    async fn one(
        &self,
        source: Source,
        client: Option<(usize, Result<connect::Client, connect::Error>)>,
        connector: &Connector,
    ) -> Result<Fleet, connect::Error> {
        let limits = &self.options.limits;
        let Some((hub, client)) = client else {
            return Ok(about::list(connector, self.files.kubeconfig, self.members, limits).await);
        };
        let started = Instant::now();
        let mut hub_pages = Online::new(client?, limits.timeout);
        let context = self.hubs.all[hub].0.context();
        let namespace = self.wanted.namespace;
        let fleet = match source {
            Source::Ocm => ocm::list(&mut hub_pages, context).await,
            Source::Inventory => {
                let placement = self.wanted.placement.as_ref();
                inventory::list(&mut hub_pages, context, namespace, placement).await
            }
            _ => clusterprofile::list(&mut hub_pages, context, namespace).await,
        };
        fleet.map(|fleet| Fleet {
            millis: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
            ..fleet
        })
    }
}

/// Writes what is selected, and says what is to be said.
fn deliver(
    options: &Options,
    fleet: &Fleet,
    filter: &Filter,
    output: &mut dyn Write,
    complain: &mut dyn FnMut(&str),
) -> Result<Status, Fatal> {
    for note in &fleet.notes {
        complain(&format!("warning: {note}"));
    }
    for problem in &fleet.problems {
        complain(problem);
    }
    let written = if filter.is_all() && !options.skip_unhealthy {
        output.write_all(fleet.lines.as_bytes())
    } else {
        let mut selected = filter.select(&fleet.lines, fleet.count, complain)?.into_iter();
        selected.try_for_each(|line| match skipped(line).filter(|_| options.skip_unhealthy) {
            Some(skipped) => wire::pass_on(&mut &mut *output, &skipped),
            None => wire::pass_on(&mut &mut *output, line),
        })
    };
    written
        .and_then(|()| output.flush())
        .map_err(|error| Fatal::output(&error))?;
    Ok(match (fleet.problems.is_empty(), fleet.count) {
        (true, _) => Status::Complete,
        (false, 0) => Status::Failed,
        (false, _) => Status::Partial,
    })
}

/// An unhealthy cluster's record with the `skip` that leaves it out; `None` for any other.
fn skipped(line: &str) -> Option<String> {
    let cluster: Cluster<'_> = serde_json::from_str(line).ok()?;
    if cluster.health != Health::Unhealthy || cluster.skip.is_some() {
        return None;
    }
    let why = cluster
        .health_reason
        .as_ref()
        .map(|reason| format!(" ({reason})"));
    let skip = Skip {
        reason: Reason::Skipped,
        message: format!(
            "unhealthy{}, and unhealthy clusters are left out: --skip-unhealthy=false asks them too",
            why.unwrap_or_default()
        )
        .into(),
    };
    let mut fields = Fields::read(line);
    fields.set("skip", serde_json::to_string(&skip).ok()?);
    Some(fields.json())
}

#[cfg(test)]
mod tests;
