//! Reading the recorded answers of a real API server.
//!
//! `index.json` lists them: `{"kubernetes": "v1.36.3", "answers": [{cluster, method, path, accept,
//! status, headers, file}]}`, with the untouched body in `file` beside it.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::answers::{Form, Rendered, ResourcePath};
use super::items::{Items, Pattern, Template};

/// `index.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Index {
    /// The release that answered.
    pub kubernetes: String,
    /// The response.
    pub answers: Vec<Answer>,
}

/// One recorded answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Answer {
    /// `hub` or `member`.
    pub cluster: String,
    /// The request's method.
    pub method: String,
    /// Its path and query.
    pub path: String,
    /// Its Accept header.
    #[serde(default)]
    pub accept: String,
    /// The HTTP status.
    pub status: u16,
    /// The answer's headers.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The user who asked, unless it was an administrator.
    #[serde(default)]
    pub user: Option<String>,
    /// The file with the body.
    pub file: String,
    /// That file's bytes.
    #[serde(skip)]
    pub body: Vec<u8>,
}

/// A list of one resource type, taken apart.
#[derive(Debug)]
pub struct Resource {
    /// `Pod`; empty if only a Table was recorded.
    pub kind: String,
    /// `v1`, `apps/v1`.
    pub api_version: String,
    /// `metadata.resourceVersion` of the list.
    pub resource_version: String,
    /// The Table's `columnDefinitions`, if there is a Table.
    pub columns: Option<String>,
    /// A custom resource: its keys are sorted, its items name their kind.
    pub custom: bool,
    /// The headers of the answer.
    pub headers: Vec<(String, String)>,
    /// The objects.
    pub items: Items,
}

/// Everything that one cluster answers.
#[derive(Debug, Default)]
pub struct Recordings {
    /// Discovery and other documents, by path and form.
    pub documents: HashMap<(String, Form), Rendered>,
    /// The lists, by the path of all namespaces.
    pub resources: HashMap<String, Resource>,
}

impl Index {
    /// Reads the index and the bodies; `None` reads this repository's.
    ///
    /// # Errors
    /// When a file is missing or not what it should be.
    pub fn read(folder: Option<&Path>) -> Result<Index, String> {
        let folder = folder.map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/data/recorded"),
            Path::to_path_buf,
        );
        let read = |path: PathBuf| std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()));
        let index = folder.join("index.json");
        let mut index: Index =
            serde_json::from_slice(&read(index.clone())?).map_err(|e| format!("{}: {e}", index.display()))?;
        for answer in &mut index.answers {
            answer.body = read(folder.join(&answer.file))?;
        }
        Ok(index)
    }

    /// The response of a cluster of this role. A hub is a cluster as well: what was not recorded of it
    /// is taken from the member.
    pub fn recordings(&self, role: &str) -> Recordings {
        let mut recordings = Recordings::default();
        for taken in ["member", "hub"] {
            if taken == role || taken == "member" {
                recordings.add(self.answers.iter().filter(|answer| answer.cluster == taken));
            }
        }
        recordings
    }
}

impl Recordings {
    fn add<'a>(&mut self, answers: impl Iterator<Item = &'a Answer>) {
        let mut tables = HashMap::new();
        let mut lists = HashMap::new();
        for answer in answers.filter(|answer| answer.method == "GET" && answer.status == 200) {
            let (path, query) = answer.path.split_once('?').unwrap_or((&answer.path, ""));
            let text = String::from_utf8_lossy(&answer.body);
            let head = serde_json::from_str::<Head<'_>>(&text).unwrap_or_default();
            let whole = !query.contains("Selector=")
                && !query.contains("continue=")
                && !query.contains("includeObject=")
                && head.metadata.continue_token.is_empty();
            match ResourcePath::parse(path) {
                Some(parsed) if parsed.name.is_none() && parsed.namespace.is_none() => {
                    if whole && head.rows.is_some() {
                        tables.insert(path.to_owned(), answer);
                    } else if whole && head.items.is_some() {
                        lists.insert(path.to_owned(), answer);
                    }
                }
                Some(_) => {}
                None => {
                    let form = match Form::of_accept(&answer.accept) {
                        // Asked for, but this server or path had none to give.
                        Some(Form::Aggregated) if head.kind == "APIGroupDiscoveryList" => Form::Aggregated,
                        _ => Form::Json,
                    };
                    let mut rendered = Rendered::new(200, answer.body.clone().into());
                    for (name, value) in kept_headers(answer) {
                        if name == "etag" {
                            rendered = rendered
                                .header("cache-control", "public")
                                .header("vary", "Accept");
                        }
                        rendered = rendered.header(&name, &value);
                    }
                    self.documents.insert((path.to_owned(), form), rendered);
                }
            }
        }
        let mut paths: Vec<_> = tables.keys().chain(lists.keys()).cloned().collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let resource = Resource::new(&path, tables.get(&path).copied(), lists.get(&path).copied());
            self.resources.insert(path, resource);
        }
    }
}

impl Resource {
    fn new(path: &str, table: Option<&Answer>, list: Option<&Answer>) -> Resource {
        let table_text = table.map(|answer| compact(&answer.body)).unwrap_or_default();
        let list_text = list.map(|answer| compact(&answer.body)).unwrap_or_default();
        let table_head: Head<'_> = serde_json::from_str(&table_text).unwrap_or_default();
        let list_head: Head<'_> = serde_json::from_str(&list_text).unwrap_or_default();

        let mut objects = HashMap::new();
        let mut order = Vec::new();
        for raw in list_head.items.iter().flatten() {
            let object: Object = serde_json::from_str(raw.get()).unwrap_or_default();
            let key = (object.metadata.namespace.clone(), object.metadata.name.clone());
            order.push(key.clone());
            objects.insert(key, (object, raw.get()));
        }
        let mut templates = Vec::new();
        for row in table_head.rows.iter().flatten() {
            let meta: Object = serde_json::from_str(row.object.get()).unwrap_or_default();
            // A finished pod's row says so in conditions, which go with the cells.
            let conditions = row
                .conditions
                .map(|raw| format!(",\"conditions\":{}", raw.get()))
                .unwrap_or_default();
            let cells = format!("{}{conditions}", row.cells.get());
            let key = (meta.metadata.namespace.clone(), meta.metadata.name.clone());
            let (object, raw) = objects
                .remove(&key)
                .map_or((None, None), |(o, raw)| (Some(o), Some(raw)));
            templates.push(template(&meta, &cells, row.object.get(), object.as_ref(), raw));
        }
        // Without a Table there are only objects.
        for key in order {
            if let Some((object, raw)) = objects.remove(&key)
                && table.is_none()
            {
                templates.push(template(&object, "[]", "null", Some(&object), Some(raw)));
            }
        }
        let parsed = ResourcePath::parse(path);
        let (group, version) = parsed.as_ref().map_or(("", "v1"), |p| (p.group, p.version));
        let api_version = if group.is_empty() {
            version.to_owned()
        } else {
            format!("{group}/{version}")
        };
        let kind = list_head.kind.strip_suffix("List").unwrap_or_default().to_owned();
        // Component statuses, which are not stored, have none.
        let versions = [&table_head, &list_head].map(|head| head.metadata.resource_version.clone());
        let resource_version = versions
            .into_iter()
            .find(|version| !version.is_empty())
            .unwrap_or_default();
        Resource {
            kind,
            api_version,
            resource_version,
            columns: table_head.column_definitions.map(|raw| raw.get().to_owned()),
            custom: list_text.starts_with("{\"apiVersion\""),
            headers: table.or(list).map(kept_headers).unwrap_or_default(),
            items: Items::recorded(templates),
        }
    }
}

/// A template of an object that is given whole, with its row.
pub fn template_of(object: &str, cells: &str, metadata: &str) -> Template {
    let parsed: Object = serde_json::from_str(object).unwrap_or_default();
    template(&parsed, cells, metadata, Some(&parsed), Some(object))
}

fn template(
    meta: &Object,
    cells: &str,
    metadata: &str,
    object: Option<&Object>,
    raw_object: Option<&str>,
) -> Template {
    let Metadata {
        name,
        namespace,
        uid,
        resource_version,
        labels,
        ..
    } = &meta.metadata;
    let pattern = |json: &str, cells: bool| Pattern::new(json, namespace, name, uid, cells);
    Template {
        namespace: namespace.clone(),
        name: name.clone(),
        resource_version: resource_version.clone(),
        labels: labels.clone().unwrap_or_default().into_iter().collect(),
        phase: object.map(|o| o.status.phase.clone()).unwrap_or_default(),
        node: object.map(|o| o.spec.node_name.clone()).unwrap_or_default(),
        ordinary: cells.contains("\"Running\""),
        cells: pattern(cells, true),
        metadata: pattern(metadata, false),
        object: raw_object.map(|raw| pattern(raw, false)),
    }
}

/// The headers that belong to the answer and not to its way here.
fn kept_headers(answer: &Answer) -> Vec<(String, String)> {
    const DROPPED: [&str; 5] = [
        "content-length",
        "transfer-encoding",
        "content-encoding",
        "connection",
        "date",
    ];
    let lower = answer
        .headers
        .iter()
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()));
    lower
        .filter(|(name, _)| !DROPPED.contains(&name.as_str()))
        .collect()
}

/// JSON without the blanks between its tokens, should it have been recorded for the eye.
pub fn compact(json: &[u8]) -> String {
    let text = String::from_utf8_lossy(json);
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in text.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            in_string = c == '"';
        }
        out.push(c);
    }
    out
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Head<'a> {
    kind: String,
    metadata: ListMeta,
    #[serde(borrow)]
    column_definitions: Option<&'a RawValue>,
    #[serde(borrow)]
    rows: Option<Vec<Row<'a>>>,
    #[serde(borrow)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    cells: &'a RawValue,
    #[serde(borrow, default)]
    conditions: Option<&'a RawValue>,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ListMeta {
    resource_version: String,
    #[serde(rename = "continue")]
    continue_token: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Metadata,
    status: ObjectStatus,
    spec: ObjectSpec,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: String,
    namespace: String,
    uid: String,
    resource_version: String,
    labels: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ObjectStatus {
    phase: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ObjectSpec {
    node_name: String,
}
