//! The query of one cluster: what it is asked, and the helpers that every part of `get` uses.

use super::list::{NamedObject, Selection};
use super::objects::Objects;
use super::out::RecordWriter;
use super::plan::Plan;
use super::query::Query;
use super::reader::RecordReader;
use super::record_identity::RecordIdentity;
use super::sort::SortKey;
use super::table::{Rows, Style};
use super::target::{Target, Unserved};
use crate::apiserver::discovery::{Discovery, KnownTypes};
use crate::apiserver::mapper::Mapping;
use crate::connect::Error;
use crate::exec::want::Want;
use crate::manifest::Manifest;
use crate::record::Lack;
use crate::selector::Selector;
use std::collections::HashSet;
use std::sync::Arc;

/// The one built-in type whose table is not ordered by name but by precedence
/// (kubernetes `pkg/printers/internalversion`).
const FLOW_SCHEMAS: &str = "flowschemas.flowcontrol.apiserver.k8s.io";

/// The query of one cluster.
pub struct Session<'a, S> {
    /// The cluster's API server.
    pub server: &'a S,
    /// The query as typed.
    pub query: &'a Query,
    /// The query's arguments, understood.
    pub plan: &'a Plan,
    /// `--sort-by`
    pub sort_by: Option<&'a Arc<SortKey>>,
    /// `-l` for objects that files name. Servers apply it in all other cases.
    pub labels: Option<&'a Selector>,
    /// The objects that `-f` and `-k` name.
    pub manifest: &'a Manifest,
    /// The types that servers serve.
    pub discovery: &'a Discovery,
    /// The server's key in [`discovery`](Self::discovery).
    pub key: &'a str,
    /// The context's namespace.
    pub namespace: &'a str,
    /// Writes the records.
    pub out: RecordWriter<'a>,
    /// Shows the user a message on stderr.
    pub say: &'a dyn Fn(&str),
    /// `-v`
    pub verbose: bool,
}

/// The place of a target's records among all records.
#[derive(Clone, Copy)]
pub struct Placement {
    /// See [`Row::position`](crate::record::Row::position).
    pub position: u32,
    /// The index of the name that was asked for, if several were.
    pub sort: Option<usize>,
    /// True if the target is a named object, not a list.
    pub named: bool,
    /// See [`Object::single`](crate::record::Object::single).
    pub single: bool,
    /// True if an earlier table had a NAMESPACE column, which kubectl then keeps.
    pub with_namespace: bool,
}

/// The outcome of one target.
pub struct TargetResult {
    /// True if kubectl would count its type among the types that it found.
    pub a_type: bool,
    /// How many objects have the field of `--sort-by`.
    pub sortable: u64,
}

impl TargetResult {
    /// Returns the outcome of what a reader has read.
    pub fn of(reader: &RecordReader) -> Self {
        Self {
            // An empty Table counts like one with rows; an empty list counts as nothing.
            a_type: matches!(reader, RecordReader::Rows(_)) || reader.items() > 0,
            sortable: reader.sortable(),
        }
    }
}

/// The outcome of all targets so far.
#[derive(Default)]
pub struct Collected {
    /// True if any target was found.
    pub found: bool,
    /// The types that were found.
    pub types: HashSet<Mapping>,
    /// True if tables have a NAMESPACE column from here on: kubectl keeps the column once it has printed one.
    pub namespace_column: bool,
    /// How many objects have the field of `--sort-by`.
    pub sortable: u64,
    /// Objects that the server does not have.
    pub missing: Vec<Lack<'static>>,
    /// Types that the server does not serve.
    pub unserved: Unserved,
    /// Errors.
    pub failures: Vec<Error>,
    /// The types that the server serves, if it was asked because it lacked one.
    pub served: Option<Arc<KnownTypes>>,
}

impl<S> Session<'_, S> {
    /// Returns the place of a target's records.
    pub fn placement(&self, target: &Target<'_>, with_namespace: bool) -> Placement {
        let names = matches!(self.plan, Plan::Names(_, names) if names.len() > 1)
            || matches!(self.plan, Plan::Pairs(pairs) if pairs.len() > 1);
        Placement {
            position: target.position,
            sort: target.name.map(|(_, index)| index).filter(|_| names),
            named: target.name.is_some(),
            single: self.plan.is_single(),
            with_namespace,
        }
    }

    /// Returns the object that a target names; `None` for a list.
    pub fn named<'s>(&'s self, target: &Target<'s>) -> Option<NamedObject<'s>> {
        let (name, _) = target.name?;
        Some(NamedObject {
            namespace: target
                .namespace
                .or_else(|| (!self.query.all_namespaces).then(|| self.namespace())),
            name,
            subresource: &self.query.subresource,
        })
    }

    /// Returns which objects a list is to have.
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

    /// Returns a reader that makes records of the objects of a type.
    pub fn reader(
        &self,
        mapping: &Mapping,
        placement: Placement,
        sort_by: Option<&Arc<SortKey>>,
    ) -> RecordReader {
        let query = self.query;
        // kubectl sorts all objects as one list, but each table on its own.
        let one_list = sort_by.is_some() && (query.names_only || query.want == Want::Objects);
        let identity = RecordIdentity {
            cluster: self.out.state.cluster(),
            resource: mapping.group_resource(),
            // This is the only subresource whose kind is another resource's. In a table it says itself what it is of, as
            // kubectl's does.
            type_: if query.names_only && query.subresource == "scale" {
                "scale.autoscaling".into()
            } else {
                mapping.group_kind()
            },
            position: if one_list { 0 } else { placement.position },
            sort: placement.sort.filter(|_| sort_by.is_none()),
            sort_by: sort_by.cloned(),
            single: placement.single,
        };
        match query.want {
            Want::Objects => {
                let trim = query.trim.clone();
                RecordReader::Objects(Objects::new(&identity, query.show_managed_fields, trim))
            }
            Want::Rows | Want::WideRows => {
                let is_flow_schemas = identity.resource == FLOW_SCHEMAS;
                let style = Style {
                    wide: query.want == Want::WideRows,
                    namespace_column: placement.with_namespace || query.all_namespaces && mapping.namespaced,
                    label_columns: query.label_columns.clone(),
                    show_labels: query.show_labels,
                    numbered: !placement.named && is_flow_schemas,
                    fields: query.fields.clone(),
                    names_only: query.names_only,
                };
                let rows = Rows::new(&identity, style);
                // With -o name kubectl does not use the server's table, which has these in another order.
                let by_name = query.names_only && is_flow_schemas && sort_by.is_none();
                if query.plain_rows || by_name {
                    RecordReader::PlainRows(rows)
                } else {
                    RecordReader::Rows(rows)
                }
            }
        }
    }

    /// Returns the namespace to ask about: that of `-n`, or the context's.
    pub fn namespace(&self) -> &str {
        let given = self
            .query
            .namespace
            .as_deref()
            .filter(|namespace| !namespace.is_empty());
        given.unwrap_or(self.namespace)
    }

    /// Returns kubectl's words for an answer without objects.
    pub fn notice(&self, cluster_scoped: bool) -> String {
        match self.query.all_namespaces || cluster_scoped {
            true => "No resources found".to_owned(),
            false => format!("No resources found in {} namespace.", self.namespace()),
        }
    }
}

/// Returns the number of types for [`Outcome::types`](crate::record::Outcome::types).
pub fn type_count(types: usize) -> u32 {
    match types {
        0 | 1 => 0,
        types => u32::try_from(types).unwrap_or(u32::MAX),
    }
}
