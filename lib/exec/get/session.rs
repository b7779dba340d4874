//! One cluster's share of a `kubectl get`: its targets asked one after the other, and what came of them taken
//! together, as kubectl would say it.

use super::list::{self, Failure, Named, Reader, RecordWriter, Selection};
use super::objects::Objects;
use super::plan::{self, Plan};
use super::record_identity::RecordIdentity;
use super::sort::SortKey;
use super::table::{Rows, Style};
use super::targets::{Target, Targets, Unserved, lack_object};
use super::{bad_request, raw, watch};
use crate::apiserver::discovery::{Discovery, Known};
use crate::apiserver::mapper::Mapping;
use crate::apiserver::server::Server;
use crate::connect::Error;
use crate::exec::fanout::Answer;
use crate::exec::{Query, Want};
use crate::manifest::Manifest;
use crate::record::{Lack, Reason};
use crate::selector::Selector;
use std::collections::HashSet;
use std::sync::Arc;

/// The one built-in type whose table is not in the order of the names: it goes by precedence
/// (kubernetes `pkg/printers/internalversion`).
const FLOW_SCHEMAS: &str = "flowschemas.flowcontrol.apiserver.k8s.io";

/// So many different errors of one cluster are said at most.
const MOST_MESSAGES: usize = 100;

/// One cluster's share of a `kubectl get`.
pub struct Session<'a, S> {
    /// What is asked.
    pub server: S,
    /// What is asked for, as typed.
    pub query: &'a Query,
    /// The same, understood.
    pub plan: &'a Plan,
    /// `--sort-by`
    pub sort_by: Option<&'a Arc<SortKey>>,
    /// `-l`, where it is judged here: of objects that files name.
    pub labels: Option<&'a Selector>,
    /// What `-f` and `-k` came to.
    pub manifest: &'a Manifest,
    /// What servers serve.
    pub discovery: &'a Discovery,
    /// The server's, in [`discovery`](Self::discovery).
    pub key: String,
    /// The context's own.
    pub namespace: &'a str,
    /// Where records go.
    pub out: RecordWriter<'a>,
    /// `-v`
    pub verbose: bool,
}

/// Where among all records those of a type stand.
#[derive(Clone, Copy)]
pub struct Place {
    /// As in [`Row::position`](crate::record::Row::position).
    pub position: u32,
    /// The place among the names, where there are several.
    pub sort: Option<usize>,
    /// Whether it is objects that are named, not a list.
    pub named: bool,
    /// As in [`Object::single`](crate::record::Object::single).
    pub single: bool,
    /// Whether tables before it had a NAMESPACE column, which kubectl then keeps.
    pub with_namespace: bool,
}

/// What came of one target.
pub struct TargetResult {
    /// Whether kubectl would count its type among those that came.
    pub a_type: bool,
    /// How many objects have what they are to be sorted by.
    pub sortable: u64,
}

impl TargetResult {
    /// What was read.
    pub fn of(reader: &Reader) -> Self {
        Self {
            // An empty Table is as good as one with rows; an empty list is nothing.
            a_type: matches!(reader, Reader::Rows(_)) || reader.items() > 0,
            sortable: reader.sortable(),
        }
    }
}

/// What has come of it so far.
#[derive(Default)]
pub struct Progress {
    /// Whether anything of what was asked for is there.
    pub found: bool,
    /// The types that came.
    pub types: HashSet<Mapping>,
    /// Whether there is a NAMESPACE column from here on: kubectl keeps it once it has printed one.
    pub namespace_column: bool,
    /// How many objects have what they are to be sorted by.
    pub sortable: u64,
    /// Objects that it does not have.
    pub missing: Vec<Lack<'static>>,
    /// Types that it does not have.
    pub unserved: Unserved,
    /// What went wrong.
    pub failures: Vec<Error>,
    /// The types that the server serves, if it has been asked because of a type that it should have and has not.
    pub served: Option<Arc<Known>>,
}

impl<S: Server> Session<'_, S> {
    /// Asks for all of it.
    pub async fn run(&self) -> Answer {
        if let Plan::Raw(path) = self.plan {
            return Box::pin(raw::get(&self.server, path, self.out)).await;
        }
        if let Plan::Files(_) = self.plan {
            return Box::pin(self.files()).await;
        }
        let Targets {
            targets,
            unserved,
            doubts,
        } = match self.targets().await {
            Ok(targets) => targets,
            Err(error) => return error.into(),
        };
        let mut progress = Progress {
            unserved,
            failures: doubts,
            ..Progress::default()
        };
        for target in &targets {
            if self.query.all_namespaces && target.mapping.namespaced && target.name.is_some() {
                return bad_request(plan::NAME_IN_ALL_NAMESPACES).into();
            }
            if !self.take(target, &mut progress).await {
                break;
            }
        }
        self.answer(&targets, progress)
    }

    /// Asks for one target; says whether there is a point in going on.
    pub async fn take(&self, target: &Target<'_>, progress: &mut Progress) -> bool {
        let with_namespace = progress.namespace_column;
        let mut outcome = self.ask(target, &target.mapping, with_namespace).await;
        if let Err(Failure::NoType(_)) = &outcome {
            // Built in, but not into this server; or no longer where the cache has it.
            let known = match progress.served.take() {
                // Once is enough: of a category there may be many types that it does not have.
                Some(known) => known,
                None => match Box::pin(self.discovery.refresh(&self.server, &self.key)).await {
                    Ok(known) => known,
                    Err(error) => {
                        progress.failures.push(error);
                        return false;
                    }
                },
            };
            progress.served = Some(Arc::clone(&known));
            match known.index.find(&target.typed) {
                None => {
                    match known.index.doubt(&target.typed) {
                        Some(doubt) => progress.failures.push(doubt),
                        None => progress.unserved.note(&target.typed),
                    }
                    return true;
                }
                Some(mapping) if mapping != target.mapping => {
                    outcome = self.ask(target, &mapping, with_namespace).await;
                }
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
                progress.namespace_column |=
                    came.a_type && self.query.all_namespaces && target.mapping.namespaced;
                if came.a_type {
                    progress.types.insert(target.mapping.clone());
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

    /// Asks for one target. Its rows have a NAMESPACE column, be it empty, if those before them had.
    async fn ask(
        &self,
        target: &Target<'_>,
        mapping: &Mapping,
        with_namespace: bool,
    ) -> Result<TargetResult, Failure> {
        let selection = self.selection();
        let mut reader = self.reader(mapping, self.place(target, with_namespace), self.sort_by);
        if let Some(tracker) = self.out.tracker {
            return Box::pin(watch::list(self, tracker, mapping, target, &mut reader)).await;
        }
        if let Some(named) = self.named(target) {
            list::get(&self.server, mapping, named, &mut reader, self.out).await?;
            return Ok(TargetResult::of(&reader));
        }
        list::list(&self.server, mapping, &selection, &mut reader, self.out).await?;
        Ok(TargetResult::of(&reader))
    }

    /// Where the records of one target stand.
    pub fn place(&self, target: &Target<'_>, with_namespace: bool) -> Place {
        let names = matches!(self.plan, Plan::Names(_, names) if names.len() > 1)
            || matches!(self.plan, Plan::Pairs(pairs) if pairs.len() > 1);
        Place {
            position: target.position,
            sort: target.name.map(|(_, index)| index).filter(|_| names),
            named: target.name.is_some(),
            single: self.plan.is_single(),
            with_namespace,
        }
    }

    /// The one object that is asked for, if it is one.
    pub fn named<'s>(&'s self, target: &Target<'s>) -> Option<Named<'s>> {
        let (name, _) = target.name?;
        Some(Named {
            namespace: target
                .namespace
                .or_else(|| (!self.query.all_namespaces).then(|| self.namespace())),
            name,
            subresource: &self.query.subresource,
        })
    }

    /// What narrows a list down.
    pub fn selection(&self) -> Selection<'_> {
        let query = self.query;
        fn given(selector: &Option<String>) -> Option<&str> {
            selector
                .as_deref()
                .map(str::trim)
                .filter(|selector| !selector.is_empty())
        }
        Selection {
            namespace: (!query.all_namespaces).then(|| self.namespace()),
            labels: given(&query.selector),
            fields: given(&query.field_selector),
            chunk: if self.sort_by.is_some() {
                0
            } else {
                query.chunk_size
            },
        }
    }

    /// What makes records of the objects of a type.
    pub fn reader(&self, mapping: &Mapping, place: Place, sort_by: Option<&Arc<SortKey>>) -> Reader {
        let query = self.query;
        // kubectl sorts all objects as one list, and tables each on its own.
        let one_list = sort_by.is_some() && (query.names_only || query.want == Want::Objects);
        let subject = RecordIdentity {
            cluster: self.out.state.cluster(),
            resource: mapping.group_resource(),
            // The one subresource whose kind is another's; a table says what it is of, as kubectl's does.
            type_: if query.names_only && query.subresource == "scale" {
                "scale.autoscaling".into()
            } else {
                mapping.group_kind()
            },
            position: if one_list { 0 } else { place.position },
            sort: place.sort.filter(|_| sort_by.is_none()),
            sort_by: sort_by.cloned(),
            single: place.single,
        };
        match query.want {
            Want::Objects => {
                let trim = query.trim.clone();
                Reader::Objects(Objects::new(&subject, query.show_managed_fields, trim))
            }
            Want::Rows | Want::WideRows => {
                let style = Style {
                    wide: query.want == Want::WideRows,
                    namespace_column: place.with_namespace || query.all_namespaces && mapping.namespaced,
                    label_columns: query.label_columns.clone(),
                    show_labels: query.show_labels,
                    numbered: !place.named && subject.resource == FLOW_SCHEMAS,
                    names_only: query.names_only,
                };
                let rows = Rows::new(&subject, style);
                // As kubectl does for names, and the server puts the table of these into another order.
                let by_name = query.names_only && subject.resource == FLOW_SCHEMAS && sort_by.is_none();
                if query.plain_rows || by_name {
                    Reader::PlainRows(rows)
                } else {
                    Reader::Rows(rows)
                }
            }
        }
    }

    /// The namespace that is asked about where nothing says otherwise.
    pub fn namespace(&self) -> &str {
        let given = self
            .query
            .namespace
            .as_deref()
            .filter(|namespace| !namespace.is_empty());
        given.unwrap_or(self.namespace)
    }

    /// Whether there is more than kubectl prints without a look at what it is to be sorted by.
    fn wants_sorting(&self) -> bool {
        let query = self.query;
        let is_table = query.want != Want::Objects && !query.names_only;
        let single = is_table || !matches!(self.plan, Plan::Lists(_));
        self.out.state.items() > u64::from(single)
    }

    /// What to say of it.
    pub fn answer(&self, targets: &[Target<'_>], progress: Progress) -> Answer {
        let Progress {
            found,
            types,
            sortable,
            missing,
            unserved,
            failures,
            ..
        } = progress;
        let unserved = unserved.lacks;
        let unsorted = self.sort_by.filter(|_| sortable == 0 && self.wants_sorting());
        let lacks_any = !missing.is_empty() || !unserved.is_empty();
        let failure = if let Some(first) = failures.first() {
            let mut said = HashSet::new();
            let messages = failures.iter().map(|failure| failure.message.as_str());
            let mut messages: Vec<&str> = messages.filter(|message| said.insert(*message)).collect();
            let more = messages.len().saturating_sub(MOST_MESSAGES);
            messages.truncate(MOST_MESSAGES);
            let more = match more {
                0 => String::new(),
                more => format!("\nand {more} other errors"),
            };
            Some(Error {
                // A line each, as kubectl says them.
                message: messages.join("\n") + &more,
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
            && self.out.state.items() == 0
            && !self.plan.is_single()
            && !query.ignore_not_found
            && failures.is_empty()
            && !targets.is_empty();
        let says_nothing = failure.is_some()
            || lacks_any
            || self.out.state.items() > 0
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
            unsorted: unsorted.map(|sort_by| sort_by.not_found()),
            empty_list,
        }
    }
}
