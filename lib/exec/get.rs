//! `kubectl get`, asked of one cluster at a time.
//!
//! On the hot path, a type that every server has, that is one request: no discovery, rows as the server's
//! own Table, written as they come.

pub mod age;
pub mod args;
mod discovery;
mod json;
mod list;
mod mapper;
mod objects;
mod quantity;
mod raw;
pub(super) mod server;
mod sort;
pub mod subject;
pub mod table;
mod wellknown;

use super::contact::Contact;
use super::fanout::{Answer, Ask};
use super::output::Sink;
use super::{Options, Query, Want};
use crate::connect::{Connector, Error};
use crate::kubeconfig::{self, Kubeconfig};
use crate::record::{Access, Lack, Reason};
use args::Plan;
use discovery::{Discovery, Known};
use list::{Failure, Named, Out, Reader, Selection};
use mapper::{Index, Mapping};
use objects::Objects;
use server::{Http, Server};
use sort::SortKey;
use std::rc::Rc;
use subject::Subject;
use table::{Rows, Style};

/// The namespace of a context that names none.
const DEFAULT_NAMESPACE: &str = "default";

/// The one built-in type whose table is not in the order of the names: it goes by precedence
/// (kubernetes `pkg/printers/internalversion`).
const FLOW_SCHEMAS: &str = "flowschemas.flowcontrol.apiserver.k8s.io";

/// How far apart the positions of two types stand where a category may come to several: more than any has.
const CATEGORY_ROOM: u32 = 1000;

/// The types that shell completion offers: what is built in, and what the discovery cache knows beside it.
/// No network.
pub fn known_types(cache_dir: &std::path::Path) -> Vec<String> {
    let built_in = wellknown::plurals().map(str::to_owned);
    let cached = discovery::cached_types(cache_dir);
    let others = cached.into_iter().filter(|name| wellknown::find(name).is_none());
    let mut types: Vec<String> = built_in.chain(others).collect();
    types.sort();
    types.dedup();
    types
}

/// Understands what is asked for and what it is sorted by.
///
/// # Errors
/// See [`args::plan`]; an expression that is none.
pub(super) fn plan(query: &Query) -> Result<(Plan, Option<SortKey>), String> {
    let plan = args::plan(query)?;
    let sort_by = SortKey::parse(&query.sort_by)?;
    Ok((plan, sort_by))
}

/// Asks clusters what `kubectl get` would ask.
pub struct Getter<'a> {
    options: &'a Options,
    plan: Plan,
    sort_by: Option<SortKey>,
    kubeconfig: &'a Kubeconfig,
    connector: Connector,
    discovery: Discovery,
    say: &'a dyn Fn(&str),
}

impl<'a> Getter<'a> {
    /// With arguments that have been understood. Touches neither disk nor network.
    pub fn new(
        options: &'a Options,
        (plan, sort_by): (Plan, Option<SortKey>),
        kubeconfig: &'a Kubeconfig,
        connector: Connector,
        say: &'a dyn Fn(&str),
    ) -> Self {
        Self {
            options,
            plan,
            sort_by,
            kubeconfig,
            connector,
            discovery: Discovery::new(&options.cache_dir),
            say,
        }
    }
}

impl Ask for Getter<'_> {
    async fn ask(&self, access: &Access<'_>, contact: &Contact, sink: &Sink) -> Answer {
        let unresolved = |message: String| Error::new(Reason::Unresolved, message);
        let Some(context) = &access.context else {
            return unresolved("its record names no kubeconfig context".into()).into();
        };
        let mut access = match self.kubeconfig.access(context) {
            Ok(access) => access,
            Err(error) => return unresolved(error.to_string()).into(),
        };
        self.options.act_as.put_into(&mut access);
        let client = match self.connector.client(&access) {
            Ok(client) => Rc::new(client),
            Err(error) => return error.into(),
        };
        contact.connect_through(Rc::clone(&client));
        let server = Http {
            client,
            contact,
            sink,
            say: self.options.verbose.then_some(self.say),
        };
        let session = Session {
            server,
            query: &self.options.query,
            plan: &self.plan,
            sort_by: self.sort_by.as_ref(),
            discovery: &self.discovery,
            key: server_key(&access),
            namespace: access.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE),
            out: Out { sink, contact },
        };
        let mut answer = session.run().await;
        // As with kubectl, another error goes before.
        if self.options.warnings_as_errors && answer.failure.is_none() && answer.missing.is_empty() {
            answer.failure = contact.warnings_as_error();
        }
        answer
    }
}

/// All that makes up the way to a server: another proxy or another authority may lead to another server of
/// the same address.
fn server_key(access: &kubeconfig::Access) -> String {
    let cluster = &access.cluster;
    let parts = [
        &cluster.server,
        &cluster.proxy_url,
        &cluster.tls_server_name,
        &cluster.certificate_authority,
        &cluster.certificate_authority_data,
    ];
    let parts: Vec<&str> = parts
        .into_iter()
        .map(|part| part.as_deref().unwrap_or_default())
        .collect();
    parts.join("\n")
}

/// One cluster's share of a `kubectl get`.
struct Session<'a, S> {
    server: S,
    query: &'a Query,
    plan: &'a Plan,
    sort_by: Option<&'a SortKey>,
    discovery: &'a Discovery,
    key: String,
    /// The context's own.
    namespace: &'a str,
    out: Out<'a>,
}

/// One type, or one object, to ask for.
struct Target<'a> {
    /// The type as typed, or as its category has it.
    typed: String,
    mapping: Mapping,
    /// The object's name and its place among the names.
    name: Option<(&'a str, usize)>,
    position: u32,
}

/// What a plan comes to on a server.
#[derive(Default)]
struct Targets<'a> {
    targets: Vec<Target<'a>>,
    /// Types that the server does not have.
    unserved: Vec<Lack<'static>>,
}

/// What came of one target.
struct Came {
    /// Whether kubectl would count its type among those that came.
    a_type: bool,
    /// How many objects have what they are to be sorted by.
    sortable: u64,
}

impl Came {
    fn of(reader: &Reader<'_>) -> Self {
        Self {
            // An empty Table is as good as one with rows; an empty list is nothing.
            a_type: matches!(reader, Reader::Rows(_)) || reader.items() > 0,
            sortable: reader.sortable(),
        }
    }
}

/// What has come of it so far.
#[derive(Default)]
struct Progress {
    /// Whether anything of what was asked for is there.
    found: bool,
    /// The types that came, each once.
    types: Vec<Mapping>,
    /// How many objects have what they are to be sorted by.
    sortable: u64,
    missing: Vec<Lack<'static>>,
    unserved: Vec<Lack<'static>>,
    failures: Vec<Error>,
}

impl<S: Server> Session<'_, S> {
    async fn run(&self) -> Answer {
        if let Plan::Raw(path) = self.plan {
            return raw::get(&self.server, path, self.out).await;
        }
        let Targets { targets, unserved } = match self.targets().await {
            Ok(targets) => targets,
            Err(error) => return error.into(),
        };
        let mut progress = Progress {
            unserved,
            ..Progress::default()
        };
        for target in &targets {
            if self.query.all_namespaces && target.mapping.namespaced && target.name.is_some() {
                return bad_request(args::NAME_IN_ALL_NAMESPACES).into();
            }
            if !self.take(target, &mut progress).await {
                break;
            }
        }
        self.answer(&targets, progress)
    }

    /// Asks for one target; says whether there is a point in going on.
    async fn take(&self, target: &Target<'_>, progress: &mut Progress) -> bool {
        let mut outcome = self.ask(target, &target.mapping).await;
        if let Err(Failure::NoType(_)) = &outcome {
            // Built in, but not into this server; or no longer where the cache has it.
            let known = match self.discovery.refresh(&self.server, &self.key).await {
                Ok(known) => known,
                Err(error) => {
                    progress.failures.push(error);
                    return false;
                }
            };
            match known.index.find(&target.typed) {
                None => {
                    lack_type(&mut progress.unserved, &target.typed);
                    return true;
                }
                Some(mapping) if mapping != target.mapping => outcome = self.ask(target, &mapping).await,
                Some(_) => (),
            }
            if let Err(Failure::NoType(error)) = &outcome
                && !self.query.subresource.is_empty()
            {
                // The type has no such subresource here.
                progress.missing.push(lack_object(target, error.message.clone()));
                return true;
            }
            // It says that it has the type, and then does not: that is no type that is merely missing here.
            if let Err(Failure::NoType(error)) = &mut outcome {
                error.reason = Reason::Protocol;
            }
        }
        match outcome {
            Ok(came) => {
                progress.found = true;
                progress.sortable += came.sortable;
                if came.a_type && !progress.types.contains(&target.mapping) {
                    progress.types.push(target.mapping.clone());
                }
            }
            Err(Failure::NoObject(_)) if self.query.ignore_not_found => progress.found = true,
            Err(Failure::NoObject(error)) => progress.missing.push(lack_object(target, error.message)),
            Err(Failure::NoType(error) | Failure::Refused(error)) => {
                // Without credentials the other types are refused as well.
                let go_on = error.reason != Reason::Unauthorized;
                progress.failures.push(error);
                return go_on;
            }
            Err(Failure::Broken(error)) => {
                progress.failures.push(error);
                return false;
            }
        }
        true
    }

    /// Asks for one target.
    async fn ask(&self, target: &Target<'_>, mapping: &Mapping) -> Result<Came, Failure> {
        let query = self.query;
        let namespace = (!query.all_namespaces).then(|| self.namespace());
        let names = matches!(self.plan, Plan::Names(_, names) if names.len() > 1)
            || matches!(self.plan, Plan::Pairs(pairs) if pairs.len() > 1);
        // kubectl sorts all objects as one list, and tables each on its own.
        let one_list = self.sort_by.is_some() && (query.names_only || query.want == Want::Objects);
        let subject = Subject {
            cluster: self.out.contact.cluster(),
            resource: mapping.group_resource(),
            // The one subresource whose kind is another's; a table says what it is of, as kubectl's does.
            type_: if query.names_only && query.subresource == "scale" {
                "scale.autoscaling".into()
            } else {
                mapping.group_kind()
            },
            position: if one_list { 0 } else { target.position },
            sort: target
                .name
                .map(|(_, index)| index)
                .filter(|_| names && self.sort_by.is_none()),
            sort_by: self.sort_by,
            single: self.plan.is_single(),
        };
        let mut reader = match query.want {
            Want::Objects => Reader::Objects(Objects::new(&subject, query.show_managed_fields)),
            Want::Rows | Want::WideRows => {
                let style = Style {
                    wide: query.want == Want::WideRows,
                    namespace_column: query.all_namespaces && mapping.namespaced,
                    label_columns: query.label_columns.clone(),
                    show_labels: query.show_labels,
                    numbered: target.name.is_none() && subject.resource == FLOW_SCHEMAS,
                };
                let rows = Rows::new(&subject, style);
                if query.plain_rows {
                    Reader::PlainRows(rows)
                } else {
                    Reader::Rows(rows)
                }
            }
        };
        if let Some((name, _)) = target.name {
            let named = Named {
                namespace,
                name,
                subresource: &query.subresource,
            };
            list::get(&self.server, mapping, named, &mut reader, self.out).await?;
            return Ok(Came::of(&reader));
        }
        fn given(selector: &Option<String>) -> Option<&str> {
            selector
                .as_deref()
                .map(str::trim)
                .filter(|selector| !selector.is_empty())
        }
        let selection = Selection {
            namespace,
            labels: given(&query.selector),
            fields: given(&query.field_selector),
            chunk: if self.sort_by.is_some() {
                0
            } else {
                query.chunk_size
            },
        };
        list::list(&self.server, mapping, &selection, &mut reader, self.out).await?;
        Ok(Came::of(&reader))
    }

    fn namespace(&self) -> &str {
        let given = self
            .query
            .namespace
            .as_deref()
            .filter(|namespace| !namespace.is_empty());
        given.unwrap_or(self.namespace)
    }

    /// What the plan comes to here. Asks for discovery only if a type is not built in.
    async fn targets(&self) -> Result<Targets<'_>, Error> {
        if self
            .plan
            .types()
            .iter()
            .all(|type_| wellknown::find(type_).is_some())
        {
            return self.resolve(&Index::default());
        }
        let (known, is_fresh) = self.discovery.of(&self.server, &self.key).await?;
        let targets = self.resolve(&known.index)?;
        if targets.unserved.is_empty() || is_fresh {
            return Ok(targets);
        }
        let known: Rc<Known> = self.discovery.refresh(&self.server, &self.key).await?;
        self.resolve(&known.index)
    }

    fn resolve(&self, index: &Index) -> Result<Targets<'_>, Error> {
        let find = |type_: &str| wellknown::find(type_).or_else(|| index.find(type_));
        let mut targets = Targets::default();
        match self.plan {
            Plan::Lists(types) => {
                let mut position = 0;
                for type_ in types {
                    let members = self.members(type_, index);
                    let room = if members.is_some() { CATEGORY_ROOM } else { 1 };
                    match members.or_else(|| Some(vec![(type_.clone(), find(type_)?)])) {
                        Some(members) => {
                            for (offset, (typed, mapping)) in (0..).zip(members) {
                                // As kubectl does: each kind once, though it be asked for in several spellings.
                                if targets.targets.iter().any(|other| other.mapping == mapping) {
                                    continue;
                                }
                                targets.targets.push(Target {
                                    typed,
                                    mapping,
                                    name: None,
                                    position: position + offset,
                                });
                            }
                        }
                        None => lack_type(&mut targets.unserved, type_),
                    }
                    position += room;
                }
            }
            Plan::Names(type_, names) => {
                let mapping = match self.members(type_, index) {
                    Some(members) if members.len() > 1 => {
                        return Err(bad_request("error: you must specify only one resource"));
                    }
                    Some(members) => members.into_iter().next(),
                    None => find(type_).map(|mapping| (type_.clone(), mapping)),
                };
                match mapping {
                    Some((typed, mapping)) => {
                        targets
                            .targets
                            .extend(names.iter().enumerate().map(|(place, name)| Target {
                                typed: typed.clone(),
                                mapping: mapping.clone(),
                                name: Some((name, place)),
                                position: 0,
                            }));
                    }
                    None => lack_type(&mut targets.unserved, type_),
                }
            }
            Plan::Pairs(pairs) => {
                // kubectl starts a table wherever the type changes.
                let mut position = 0;
                let mut last = None;
                for (place, (type_, name)) in pairs.iter().enumerate() {
                    let Some(mapping) = find(type_) else {
                        lack_type(&mut targets.unserved, type_);
                        continue;
                    };
                    if last.as_ref().is_some_and(|last| *last != mapping) {
                        position += 1;
                    }
                    last = Some(mapping.clone());
                    targets.targets.push(Target {
                        typed: type_.clone(),
                        mapping,
                        name: Some((name, place)),
                        position,
                    });
                }
            }
            Plan::Raw(_) => (),
        }
        Ok(targets)
    }

    /// The members of a category, as typed and found; `None` for what is none.
    fn members(&self, category: &str, index: &Index) -> Option<Vec<(String, Mapping)>> {
        if wellknown::find(category).is_some() {
            return None;
        }
        let members = index.category(category)?;
        Some(
            members
                .into_iter()
                .map(|mapping| (mapping.group_resource(), mapping))
                .collect(),
        )
    }

    /// Whether there is more than kubectl prints without a look at what it is to be sorted by.
    fn wants_sorting(&self) -> bool {
        let query = self.query;
        let is_table = query.want != Want::Objects && !query.names_only;
        let single = is_table || !matches!(self.plan, Plan::Lists(_));
        self.out.contact.items() > u64::from(single)
    }

    fn answer(&self, targets: &[Target<'_>], progress: Progress) -> Answer {
        let Progress {
            found,
            types,
            sortable,
            missing,
            unserved,
            failures,
        } = progress;
        let unsorted = self.sort_by.filter(|_| sortable == 0 && self.wants_sorting());
        let lacks_any = !missing.is_empty() || !unserved.is_empty();
        let failure = if let Some(first) = failures.first() {
            let mut messages: Vec<&str> = Vec::new();
            for failure in &failures {
                if !messages.contains(&failure.message.as_str()) {
                    messages.push(&failure.message);
                }
            }
            Some(Error {
                message: messages.join("; "),
                ..first.clone()
            })
        } else if !found && lacks_any {
            let messages: Vec<&str> = unserved
                .iter()
                .chain(&missing)
                .map(|lack| lack.message.as_str())
                .collect();
            Some(Error::new(Reason::NotFound, messages.join("; ")))
        } else {
            None
        };
        let query = self.query;
        // As kubectl does, which prints a List of nothing even where all that was named is missing.
        let empty_list = query.want == Want::Objects
            && self.out.contact.items() == 0
            && !self.plan.is_single()
            && !query.ignore_not_found
            && failures.is_empty()
            && !targets.is_empty();
        let says_nothing = failure.is_some()
            || lacks_any
            || self.out.contact.items() > 0
            || query.ignore_not_found
            || query.want == Want::Objects;
        let namespaced = !query.all_namespaces && targets.iter().all(|target| target.mapping.namespaced);
        let notice = if namespaced {
            format!("No resources found in {} namespace.", self.namespace())
        } else {
            "No resources found".to_owned()
        };
        Answer {
            failure,
            missing,
            unserved,
            notice: (!says_nothing).then_some(notice),
            types: types.len(),
            unsorted: unsorted.map(SortKey::not_found),
            empty_list,
        }
    }
}

/// An object that the server does not have, and what it says of that.
fn lack_object(target: &Target<'_>, message: String) -> Lack<'static> {
    let name = target.name.map(|(name, _)| name.to_owned());
    Lack {
        type_: target.typed.clone().into(),
        name: name.unwrap_or_default().into(),
        message: message.into(),
    }
}

/// Notes, once, that the server does not have a type.
fn lack_type(unserved: &mut Vec<Lack<'static>>, typed: &str) {
    let name = mapper::Spelling::parse(typed).name;
    let lack = Lack {
        type_: typed.to_owned().into(),
        message: format!("error: the server doesn't have a resource type \"{name}\"").into(),
        ..Lack::default()
    };
    if !unserved.contains(&lack) {
        unserved.push(lack);
    }
}

fn bad_request(message: &str) -> Error {
    Error::new(Reason::BadRequest, message)
}

#[cfg(test)]
mod tests;
