//! `-f` and `-k`: gets the objects that files name, with kubectl's words for what goes wrong (cli-runtime `pkg/resource`).

mod labels;
mod problems;

pub use labels::selector;

use super::list::{self, NamedObject, RequestFailure};
use super::plan;
use super::reader::Expected;
use super::session::{Placement, Session, type_count};
use super::target::Runs;
use crate::apiserver::mapper::{Index, Mapping};
use crate::apiserver::protocol::protocol;
use crate::apiserver::response_body::ResponseBody;
use crate::apiserver::server::ApiServer;
use crate::apiserver::wellknown;
use crate::connect::Error;
use crate::exec::fanout::answer::Answer;
use crate::exec::want::Want;
use crate::manifest::{Content, Document, Manifest, Object};
use crate::record::{Outcome, Reason};
use labels::selects;
use problems::{DocumentProblems, FileProblem, FileProblems};

/// Returns kubectl's words for a watch that is not of one object.
fn not_one(count: usize) -> String {
    format!("{WATCHABLE} - {count} resources were found")
}

/// The beginning of kubectl's words where it refuses to watch.
const WATCHABLE: &str = "watch is only supported on individual resources and resource collections";

/// Refuses to watch anything but one object. An error in a file takes precedence.
///
/// # Errors
/// kubectl's words. kubectl prints the objects before it refuses.
pub fn check_watched(manifest: &Manifest) -> Result<(), String> {
    let mut lists = false;
    for document in &manifest.documents {
        match &document.content {
            Err(text) => return Err(format!("error: {text}")),
            Ok(Content::List(..)) => lists = true,
            Ok(Content::Object(_)) => (),
        }
    }
    match manifest.documents.len() {
        _ if lists => Err(format!("error: {WATCHABLE}, but a list of resources is found")),
        1 => Ok(()),
        count => Err(format!("error: {}", not_one(count))),
    }
}

/// The maximum memory of objects that wait until all files are read, in bytes. They are printed only then: for one file,
/// kubectl prints nothing if there are errors.
const MOST_HELD: usize = 256 << 20;

/// The object that is watched.
pub struct FoundObject<'a> {
    /// The type.
    pub mapping: Mapping,
    /// The namespace; ignored for a cluster-scoped type.
    pub namespace: &'a str,
    /// The name.
    pub name: &'a str,
}

/// The answer for one object, of which records have still to be made.
struct Got {
    /// The index of the object among all objects of the files.
    index: usize,
    /// See [`Row::position`](crate::record::Row::position).
    position: u32,
    mapping: Mapping,
    /// The kind as the file spells it.
    kind: String,
    response: ResponseBody,
}

/// The outcome of the files so far.
#[derive(Default)]
struct FilesResult {
    got: Vec<Got>,
    /// Bytes of their answers.
    held: usize,
    problems: FileProblems,
    /// True if it makes no sense to ask for more.
    broken: bool,
    /// How many objects were asked for.
    objects: usize,
    /// Where tables begin.
    runs: Runs,
    /// True if a cluster-scoped object was found.
    cluster_scoped: bool,
}

impl<S: ApiServer> Session<'_, S> {
    /// Gets all objects that files name.
    pub(super) async fn files(&self) -> Answer {
        let index = match self.index().await {
            Ok(index) => index,
            Err(error) => return error.into(),
        };
        let mut result = FilesResult::default();
        for document in &self.manifest.documents {
            let mut problems = Vec::new();
            let mut of_list = false;
            match &document.content {
                Err(text) => problems.push(FileProblem::file(text.clone())),
                Ok(Content::Object(object)) => {
                    problems.extend(self.one(document, object, false, &index, &mut result).await);
                }
                Ok(Content::List(list, items)) => match self.lacks_list(document, list, &index) {
                    Some(problem) => problems.push(problem),
                    None => {
                        of_list = true;
                        for item in items {
                            problems.extend(match item {
                                Ok(object) => self.one(document, object, true, &index, &mut result).await,
                                Err(text) => Some(FileProblem::file(text.clone())),
                            });
                        }
                    }
                },
            }
            if !problems.is_empty() {
                result
                    .problems
                    .documents
                    .push(DocumentProblems { of_list, problems });
            }
            if result.broken {
                break;
            }
        }
        self.print(&mut result).await
    }

    /// Gets the one object that is to be watched, so that problems are reported as they are without a watch.
    ///
    /// # Errors
    /// The cluster's answer; an empty one if the object is missing and that is to be ignored.
    pub(super) async fn watched_file(&self) -> Result<FoundObject<'_>, Answer> {
        let index = self.index().await.map_err(Answer::from)?;
        let mut result = FilesResult::default();
        let document = self.manifest.documents.first();
        let Some((document, Content::Object(object))) =
            document.and_then(|document| Some((document, document.content.as_ref().ok()?)))
        else {
            return Err(FileProblem::file(not_one(0)).into());
        };
        if let Some(problem) = self.one(document, object, false, &index, &mut result).await {
            return Err(problem.into());
        }
        if let Some(problem) = result.problems.mismatches.pop() {
            return Err(problem.into());
        }
        match result.got.pop() {
            Some(Got { mapping, .. }) => Ok(FoundObject {
                mapping,
                namespace: self.namespace_of(object),
                name: &object.name,
            }),
            None if self.query.ignore_not_found => Err(Answer::default()),
            None => Err(FileProblem::not_selected(object, not_one(0)).into()),
        }
    }

    /// Returns the namespace in which to look for an object; empty if there is none.
    fn namespace_of<'s>(&'s self, object: &'s Object) -> &'s str {
        match object.namespace.as_str() {
            "" if self.query.all_namespaces => "",
            "" => self.namespace(),
            own => own,
        }
    }

    /// Returns the types that the server serves; an empty index if all types in the files are built in.
    async fn index(&self) -> Result<Index, Error> {
        let contents = self.manifest.documents.iter();
        let contents = contents.filter_map(|document| document.content.as_ref().ok());
        let kinds: Vec<(&Object, bool)> = contents
            .flat_map(|content| match content {
                Content::Object(object) => vec![(object, false)],
                Content::List(list, items) => {
                    let items = items.iter().flatten().map(|object| (object, false));
                    std::iter::once((list, true)).chain(items).collect()
                }
            })
            .collect();
        let all_known = |index: &Index| {
            kinds.iter().all(|(object, is_list)| {
                (*is_list && is_any_list(object)) || find(object, *is_list, index).is_some()
            })
        };
        if all_known(&Index::default()) {
            return Ok(Index::default());
        }
        let (known, is_fresh) = self.discovery.of(self.server, self.key).await?;
        if is_fresh || all_known(&known.index) {
            return Ok(known.index.clone());
        }
        let known = self.discovery.refresh(self.server, self.key).await?;
        Ok(known.index.clone())
    }

    /// Returns the problem with a list of a type that the server does not serve.
    fn lacks_list(&self, document: &Document, list: &Object, index: &Index) -> Option<FileProblem> {
        (!is_any_list(list) && find(list, true, index).is_none())
            .then(|| no_kind(document, list, false, index))
    }

    /// Gets an object. Returns the problem if it cannot be got.
    async fn one(
        &self,
        document: &Document,
        object: &Object,
        in_list: bool,
        index: &Index,
        result: &mut FilesResult,
    ) -> Option<FileProblem> {
        let number = result.objects;
        result.objects += 1;
        if object.version.is_empty() {
            let error = Error::new(
                Reason::NotFound,
                "Error from server (NotFound): the server could not find the requested resource",
            );
            return (!self.query.ignore_not_found).then(|| FileProblem::server(object, error, true));
        }
        let Some(mut mapping) = find(object, false, index) else {
            result.runs.pass();
            return Some(no_kind(document, object, in_list, index));
        };
        // Even if this cluster lacks the object: others may have it.
        let position = result.runs.position(number, &mapping);
        let namespace = self.namespace_of(object);
        if mapping.namespaced && namespace.is_empty() {
            let text = format!(
                "no namespace set on resource {} \"{}\"",
                mapping.in_go(),
                object.name
            );
            return Some(FileProblem::of(object, text));
        }
        for (what, segment) in [("resource name", object.name.as_str()), ("namespace", namespace)] {
            if let Some(why) = plan::bad_segment(segment) {
                let text = format!("invalid {what} \"{segment}\": [{why}]");
                return Some(FileProblem::of(object, text));
            }
        }
        let named = NamedObject {
            namespace: Some(namespace),
            name: &object.name,
            subresource: "",
        };
        let mut outcome = self.fetch(&mapping, named).await;
        if let Err(RequestFailure::NoType(_)) = &outcome {
            // The type is built in, but not into this server, or it is no longer where the cache has it.
            let known = match self.discovery.refresh(self.server, self.key).await {
                Ok(known) => known,
                Err(error) => {
                    result.broken = true;
                    return Some(FileProblem::server(object, error, false));
                }
            };
            let Object {
                group, version, kind, ..
            } = object;
            match known.index.of_kind(group, version, kind) {
                None => return Some(no_kind(document, object, in_list, &known.index)),
                Some(other) if other != mapping => {
                    mapping = other;
                    outcome = self.fetch(&mapping, named).await;
                }
                Some(_) => (),
            }
        }
        let mut response = match outcome {
            Ok(response) => response,
            Err(RequestFailure::NoObject(_)) if self.query.ignore_not_found => return None,
            Err(RequestFailure::NoObject(error)) => return Some(FileProblem::server(object, error, true)),
            Err(RequestFailure::NoType(error)) => return Some(FileProblem::server(object, error, false)),
            Err(RequestFailure::Refused(error)) => {
                result.broken = error.reason == Reason::Unauthorized;
                return Some(FileProblem::server(object, error, false));
            }
            Err(RequestFailure::Broken(error)) => {
                result.broken = true;
                return Some(FileProblem::server(object, error, false));
            }
        };
        if let Some(labels) = self.labels {
            let labels = labels.clone();
            let look = move || {
                let is_selected = selects(&labels, response.bytes());
                (response, is_selected)
            };
            // On a worker, since a long answer would hold up the other clusters.
            let (looked_at, is_selected) = self.out.workers.run(look).await;
            if !is_selected {
                return None;
            }
            response = looked_at;
        }
        let asked = self.query.namespace.as_deref().unwrap_or_default();
        if mapping.namespaced && !self.query.all_namespaces && !asked.is_empty() && asked != namespace {
            // kubectl gets the object first, too, and compares the namespaces afterwards.
            let text = format!(
                "the namespace from the provided object \"{namespace}\" does not match the namespace \"{asked}\". \
                 You must pass '--namespace={namespace}' to perform this operation."
            );
            result
                .problems
                .mismatches
                .push(FileProblem::mismatch(object, text));
            return None;
        }
        result.cluster_scoped |= !mapping.namespaced;
        result.held += response.bytes().len();
        if result.held > MOST_HELD {
            result.broken = true;
            let text = format!(
                "the objects of the files come to more than {} MiB",
                MOST_HELD >> 20
            );
            let error = protocol(text).with_hint("name fewer objects at once");
            return Some(FileProblem::server(object, error, false));
        }
        result.got.push(Got {
            index: number,
            position,
            mapping,
            kind: object.kind.clone(),
            response,
        });
        None
    }

    async fn fetch(&self, mapping: &Mapping, named: NamedObject<'_>) -> Result<ResponseBody, RequestFailure> {
        let place = Placement {
            position: 0,
            sort: None,
            named: true,
            single: false,
            with_namespace: false,
        };
        let reader = self.reader(mapping, place, self.sort_by);
        let response = list::fetch(self.server, mapping, named, &reader).await?;
        Ok(response.unpack(self.out.workers, self.out.state).await?)
    }

    /// Sends the records of the objects, and sums up what went wrong.
    async fn print(&self, result: &mut FilesResult) -> Answer {
        let query = self.query;
        let is_table = query.want != Want::Objects && !query.names_only;
        let has_problems = !result.problems.is_empty();
        let got = std::mem::take(&mut result.got);
        let found = !got.is_empty();
        // For a single file kubectl prints one object or nothing, and in all other cases a List.
        let prints = is_table || !has_problems || !self.manifest.single;
        let single = self.manifest.single && got.len() == 1;
        let several = result.objects > 1;
        let mut failures = Vec::new();
        let mut types: Vec<Mapping> = Vec::new();
        let mut sortable = 0;
        for got in got.into_iter().filter(|_| prints) {
            let Got {
                index,
                position,
                mapping,
                kind,
                response,
            } = got;
            let place = Placement {
                position,
                sort: several.then_some(index),
                named: true,
                single,
                with_namespace: false,
            };
            let mut reader = self.reader(&mapping, place, self.sort_by);
            if let Err(error) = self.out.write(response, &mut reader, Expected::One).await {
                failures.push(error);
                break;
            }
            sortable += reader.sortable();
            // kubectl finds `kind: pod`, but counts it as another type than `kind: Pod`.
            let type_ = Mapping {
                kind: kind.into(),
                ..mapping
            };
            if !types.contains(&type_) {
                types.push(type_);
            }
        }
        let problems = std::mem::take(&mut result.problems);
        let (missing, failure) = problems.summary(failures, is_table, self.manifest.single);
        let items = self.out.state.items();
        let has_notice = !found && !has_problems && !query.ignore_not_found && query.want != Want::Objects;
        let wants_sorting = items > u64::from(is_table || self.manifest.single);
        let unsorted = self.sort_by.filter(|_| sortable == 0 && wants_sorting);
        let details = Outcome {
            empty_list: query.want == Want::Objects
                && items == 0
                && !(has_problems && self.manifest.single)
                && !query.ignore_not_found
                && !result.broken,
            notice: has_notice.then(|| self.notice(result.cluster_scoped).into()),
            types: type_count(types.len()),
            unsorted: unsorted.map(|sort_by| sort_by.not_found().into()),
            ..Outcome::default()
        };
        Answer {
            failure,
            missing,
            details: Box::new(details),
        }
    }
}

/// Returns the problem that the server does not serve a kind, or that it is not known whether it does.
fn no_kind(document: &Document, object: &Object, in_list: bool, index: &Index) -> FileProblem {
    let problem = FileProblem::no_kind(document, object, in_list);
    match index.doubt_of_kind(&object.group, &object.version) {
        Some(doubt) => problem.in_doubt(doubt),
        None => problem,
    }
}

/// Returns the type of an object's kind, or of a list's items.
fn find(object: &Object, is_list: bool, index: &Index) -> Option<Mapping> {
    let Object {
        group, version, kind, ..
    } = object;
    let kind = if is_list { kind.strip_suffix("List")? } else { kind };
    wellknown::of_kind(group, version, kind).or_else(|| index.of_kind(group, version, kind))
}

/// Returns whether this is a List of objects of any type.
fn is_any_list(list: &Object) -> bool {
    list.kind == "List"
}
