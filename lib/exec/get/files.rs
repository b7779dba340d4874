//! `-f` and `-k`: the objects that files name, each got from the cluster, with kubectl's words for those that
//! cannot be (cli-runtime `pkg/resource`).

mod problems;

use super::list::{self, Expected, Failure, Named};
use super::session::{Place, Session};
use super::targets::Runs;
use super::{json, plan};
use crate::apiserver::mapper::{Index, Mapping};
use crate::apiserver::response_body::ResponseBody;
use crate::apiserver::server::Server;
use crate::apiserver::wellknown;
use crate::connect::Error;
use crate::exec::fanout::Answer;
use crate::exec::{Query, Want};
use crate::manifest::{Content, Document, Manifest, Object};
use crate::record::Reason;
use crate::selector::Selector;
use problems::{Problem, Problems, Trouble, said};
use serde::Deserialize;
use std::collections::BTreeMap;

/// `-l`, which is judged here: a file's objects are got by name.
///
/// # Errors
/// kubectl's words for what is no selector.
pub fn selector(query: &Query) -> Result<Option<Selector>, String> {
    let text = query.selector.as_deref().unwrap_or_default().trim();
    if text.is_empty() {
        return Ok(None);
    }
    let refused = |why: &str| format!("error: the provided selector {text:?} is not valid: {why}");
    let selector = Selector::parse(text).map_err(|why| refused(&why))?;
    if let Some((_, why)) = selector.doubts().next() {
        return Err(refused(why));
    }
    Ok(Some(selector))
}

/// Of how many objects a watch is, where it is not of one.
fn not_one(count: usize) -> String {
    format!("{WATCHABLE} - {count} resources were found")
}

/// What kubectl begins with where it refuses to watch.
const WATCHABLE: &str = "watch is only supported on individual resources and resource collections";

/// Refuses to watch what is not one object; what is wrong with a file goes before.
///
/// # Errors
/// kubectl's words, which it says only after it has printed the objects.
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

/// Which object is watched.
pub struct Found<'a> {
    /// Its type.
    pub mapping: Mapping,
    /// Its namespace; means nothing where the type has none.
    pub namespace: &'a str,
    /// Its name.
    pub name: &'a str,
}

/// An object's answer, still to be made records of.
struct Got {
    /// The place of the object in the files.
    place: usize,
    /// As in [`Row::position`](crate::record::Row::position).
    position: u32,
    mapping: Mapping,
    /// The kind as the file has it.
    kind: String,
    response: ResponseBody,
}

/// What has come of the files so far.
#[derive(Default)]
struct FilesResult {
    got: Vec<Got>,
    trouble: Trouble,
    /// Whether there is no point in asking further.
    broken: bool,
    /// How many objects were looked for.
    objects: usize,
    /// Where their tables begin.
    runs: Runs,
    /// Whether an object of no namespace came.
    cluster_scoped: bool,
}

impl<S: Server> Session<'_, S> {
    /// Gets them all.
    pub(super) async fn files(&self) -> Answer {
        let index = match self.index().await {
            Ok(index) => index,
            Err(error) => return error.into(),
        };
        let mut came = FilesResult::default();
        for document in &self.manifest.documents {
            let mut problems = Vec::new();
            let mut of_list = false;
            match &document.content {
                Err(text) => problems.push(Problem::file(text.clone())),
                Ok(Content::Object(object)) => {
                    problems.extend(self.one(document, object, false, &index, &mut came).await);
                }
                Ok(Content::List(list, items)) => match self.lacks_list(document, list, &index) {
                    Some(problem) => problems.push(problem),
                    None => {
                        of_list = true;
                        for item in items {
                            problems.extend(match item {
                                Ok(object) => self.one(document, object, true, &index, &mut came).await,
                                Err(text) => Some(Problem::file(text.clone())),
                            });
                        }
                    }
                },
            }
            if !problems.is_empty() {
                came.trouble.documents.push(Problems { of_list, problems });
            }
            if came.broken {
                break;
            }
        }
        self.print(&mut came).await
    }

    /// Gets the one object that is to be watched, so that what is wrong with it is said as where it is only got.
    ///
    /// # Errors
    /// What this cluster says of it: nothing at all where it may be missing.
    pub(super) async fn watched_file(&self) -> Result<Found<'_>, Answer> {
        let index = self.index().await.map_err(Answer::from)?;
        let mut came = FilesResult::default();
        let document = self.manifest.documents.first();
        let Some((document, Content::Object(object))) =
            document.and_then(|document| Some((document, document.content.as_ref().ok()?)))
        else {
            return Err(Problem::file(not_one(0)).into());
        };
        if let Some(problem) = self.one(document, object, false, &index, &mut came).await {
            return Err(problem.into());
        }
        if let Some(problem) = came.trouble.mismatches.pop() {
            return Err(problem.into());
        }
        match came.got.pop() {
            Some(Got { mapping, .. }) => Ok(Found {
                mapping,
                namespace: self.namespace_of(object),
                name: &object.name,
            }),
            None if self.query.ignore_not_found => Err(Answer::default()),
            None => Err(Problem::not_selected(object, not_one(0)).into()),
        }
    }

    /// Where to look for an object; empty for nowhere.
    fn namespace_of<'s>(&'s self, object: &'s Object) -> &'s str {
        match object.namespace.as_str() {
            "" if self.query.all_namespaces => "",
            "" => self.namespace(),
            own => own,
        }
    }

    /// What the server serves, if anything is named that is not built in.
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
        let (known, is_fresh) = self.discovery.of(&self.server, &self.key).await?;
        if is_fresh || all_known(&known.index) {
            return Ok(known.index.clone());
        }
        let known = self.discovery.refresh(&self.server, &self.key).await?;
        Ok(known.index.clone())
    }

    /// A list of a type needs the type.
    fn lacks_list(&self, document: &Document, list: &Object, index: &Index) -> Option<Problem> {
        (!is_any_list(list) && find(list, true, index).is_none())
            .then(|| no_kind(document, list, false, index))
    }

    /// Gets an object, and says why it did not come.
    async fn one(
        &self,
        document: &Document,
        object: &Object,
        in_list: bool,
        index: &Index,
        came: &mut FilesResult,
    ) -> Option<Problem> {
        let place = came.objects;
        came.objects += 1;
        if object.version.is_empty() {
            let error = Error::new(
                Reason::NotFound,
                "Error from server (NotFound): the server could not find the requested resource",
            );
            return (!self.query.ignore_not_found).then(|| Problem::server(object, error, true));
        }
        let Some(mut mapping) = find(object, false, index) else {
            came.runs.pass();
            return Some(no_kind(document, object, in_list, index));
        };
        // Whether it comes or not: other clusters may have it.
        let position = came.runs.position(place, &mapping);
        let namespace = self.namespace_of(object);
        if mapping.namespaced && namespace.is_empty() {
            let text = format!(
                "no namespace set on resource {} \"{}\"",
                mapping.in_go(),
                object.name
            );
            return Some(Problem::of(object, text));
        }
        for (what, segment) in [("resource name", object.name.as_str()), ("namespace", namespace)] {
            if let Some(why) = plan::bad_segment(segment) {
                let text = format!("invalid {what} \"{segment}\": [{why}]");
                return Some(Problem::of(object, text));
            }
        }
        let named = Named {
            namespace: Some(namespace),
            name: &object.name,
            subresource: "",
        };
        let mut outcome = self.fetch(&mapping, named).await;
        if let Err(Failure::NoType(_)) = &outcome {
            // Built in, but not into this server; or no longer where the cache has it.
            let known = match self.discovery.refresh(&self.server, &self.key).await {
                Ok(known) => known,
                Err(error) => {
                    came.broken = true;
                    return Some(Problem::server(object, error, false));
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
            Err(Failure::NoObject(_)) if self.query.ignore_not_found => return None,
            Err(Failure::NoObject(error)) => return Some(Problem::server(object, error, true)),
            Err(Failure::NoType(error)) => return Some(Problem::server(object, error, false)),
            Err(Failure::Refused(error)) => {
                came.broken = error.reason == Reason::Unauthorized;
                return Some(Problem::server(object, error, false));
            }
            Err(Failure::Broken(error)) => {
                came.broken = true;
                return Some(Problem::server(object, error, false));
            }
        };
        if let Some(labels) = self.labels {
            let labels = labels.clone();
            let look = move || {
                let is_selected = selects(&labels, response.bytes());
                (response, is_selected)
            };
            // However long it is, the others need not wait.
            let (looked_at, is_selected) = self.out.workers.run(look).await;
            if !is_selected {
                return None;
            }
            response = looked_at;
        }
        let asked = self.query.namespace.as_deref().unwrap_or_default();
        if mapping.namespaced && !self.query.all_namespaces && !asked.is_empty() && asked != namespace {
            // kubectl has got it by then, and only then looks where it is.
            let text = format!(
                "the namespace from the provided object \"{namespace}\" does not match the namespace \"{asked}\". \
                 You must pass '--namespace={namespace}' to perform this operation."
            );
            came.trouble.mismatches.push(Problem::mismatch(object, text));
            return None;
        }
        came.cluster_scoped |= !mapping.namespaced;
        came.got.push(Got {
            place,
            position,
            mapping,
            kind: object.kind.clone(),
            response,
        });
        None
    }

    async fn fetch(&self, mapping: &Mapping, named: Named<'_>) -> Result<ResponseBody, Failure> {
        let place = Place {
            position: 0,
            sort: None,
            named: true,
            single: false,
            with_namespace: false,
        };
        let reader = self.reader(mapping, place, self.sort_by);
        let response = list::fetch(&self.server, mapping, named, &reader).await?;
        Ok(response.unpack(self.out.workers, self.out.state).await?)
    }

    /// Hands over what came, and says what did not.
    async fn print(&self, came: &mut FilesResult) -> Answer {
        let query = self.query;
        let is_table = query.want != Want::Objects && !query.names_only;
        let has_problems = !came.trouble.is_empty();
        let got = std::mem::take(&mut came.got);
        let found = !got.is_empty();
        // kubectl prints one object or nothing where one file is named, and a List in any other case.
        let prints = is_table || !has_problems || !self.manifest.single;
        let single = self.manifest.single && got.len() == 1;
        let several = came.objects > 1;
        let mut failures = Vec::new();
        let mut types: Vec<Mapping> = Vec::new();
        let mut sortable = 0;
        for got in got.into_iter().filter(|_| prints) {
            let Got {
                place,
                position,
                mapping,
                kind,
                response,
            } = got;
            let place = Place {
                position,
                sort: several.then_some(place),
                named: true,
                single,
                with_namespace: false,
            };
            let mut reader = self.reader(&mapping, place, self.sort_by);
            if let Err(error) = list::take(response, &mut reader, Expected::One, self.out).await {
                failures.push(error);
                break;
            }
            sortable += reader.sortable();
            // To kubectl, which finds it, `kind: pod` is another than `kind: Pod`.
            let type_ = Mapping {
                kind: kind.into(),
                ..mapping
            };
            if !types.contains(&type_) {
                types.push(type_);
            }
        }
        let (missing, failure) = said(
            std::mem::take(&mut came.trouble),
            failures,
            is_table,
            self.manifest.single,
        );
        let items = self.out.state.items();
        let says_nothing = found || has_problems || query.ignore_not_found || query.want == Want::Objects;
        let notice = if query.all_namespaces || came.cluster_scoped {
            "No resources found".to_owned()
        } else {
            format!("No resources found in {} namespace.", self.namespace())
        };
        let wants_sorting = items > u64::from(is_table || self.manifest.single);
        Answer {
            empty_list: query.want == Want::Objects
                && items == 0
                && !(has_problems && self.manifest.single)
                && !query.ignore_not_found
                && !came.broken,
            failure,
            missing,
            unserved: Vec::new(),
            notice: (!says_nothing).then_some(notice),
            types: types.len(),
            unsorted: self
                .sort_by
                .filter(|_| sortable == 0 && wants_sorting)
                .map(|sort_by| sort_by.not_found()),
        }
    }
}

/// That the server does not have a kind, or cannot tell.
fn no_kind(document: &Document, object: &Object, in_list: bool, index: &Index) -> Problem {
    let problem = Problem::no_kind(document, object, in_list);
    match index.doubt_of_kind(&object.group, &object.version) {
        Some(doubt) => problem.in_doubt(doubt),
        None => problem,
    }
}

/// The resource of an object's kind, or of a list's.
fn find(object: &Object, is_list: bool, index: &Index) -> Option<Mapping> {
    let Object {
        group, version, kind, ..
    } = object;
    let kind = if is_list { kind.strip_suffix("List")? } else { kind };
    wellknown::of_kind(group, version, kind).or_else(|| index.of_kind(group, version, kind))
}

/// A list of anything, which is of every version.
fn is_any_list(list: &Object) -> bool {
    list.kind == "List"
}

/// Whether a selector takes an object, be it the row of a Table.
fn selects(selector: &Selector, answer: &[u8]) -> bool {
    #[derive(Default, Deserialize)]
    struct Labelled {
        #[serde(default, deserialize_with = "json::object_or_none")]
        metadata: Option<Metadata>,
        #[serde(default)]
        rows: Option<Vec<Row>>,
    }
    #[derive(Default, Deserialize)]
    struct Metadata {
        #[serde(default)]
        labels: Option<BTreeMap<String, String>>,
    }
    #[derive(Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "json::object_or_none")]
        object: Option<Object>,
    }
    #[derive(Deserialize)]
    struct Object {
        #[serde(default, deserialize_with = "json::object_or_none")]
        metadata: Option<Metadata>,
    }
    // What is malformed is said where records are made of it.
    let Ok(answer) = serde_json::from_slice::<Labelled>(answer) else {
        return true;
    };
    let row = answer.rows.unwrap_or_default().into_iter().next();
    let metadata = match row {
        Some(row) => row.object.and_then(|object| object.metadata),
        None => answer.metadata,
    };
    let metadata = metadata.unwrap_or_default();
    let labels = metadata.labels.unwrap_or_default();
    selector.matches(|key| labels.get(key).map(String::as_str))
}
