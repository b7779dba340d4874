//! A member whose ConfigMaps change while it runs, and can be watched: what a test does to them, and what a
//! real API server would make of that (frames as 1.36 writes them; the end-to-end tests see to the likeness).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use bytes::Bytes;
use http::Response;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::answers::{Form, Rendered, ResourcePath};
use super::body::Body;
use super::counters::lock;
use super::select::Query;
use super::status;

const COLUMNS: &str = concat!(
    r#"[{"name":"Name","type":"string","format":"name","description":"","priority":0},"#,
    r#"{"name":"Data","type":"string","format":"","description":"","priority":0},"#,
    r#"{"name":"Age","type":"string","format":"","description":"","priority":0}]"#
);

/// A step of a watch's body.
#[derive(Debug)]
pub enum Piece {
    /// These bytes.
    Bytes(Bytes),
    /// The connection breaks.
    Abort,
}

/// The ConfigMaps of one cluster.
#[derive(Debug, Default)]
pub struct Live {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    on: bool,
    version: u64,
    /// Versions before this one are no longer known.
    oldest: u64,
    /// A watch from such a version is told so in its body, and not by the answer's status.
    late: bool,
    uids: u64,
    objects: BTreeMap<(String, String), Object>,
    log: Vec<(u64, &'static str, Object)>,
    watchers: Vec<Watcher>,
    /// The text that every watch is answered with before it ends.
    answer: Option<Bytes>,
}

#[derive(Clone, Debug)]
struct Object {
    namespace: String,
    name: String,
    uid: u64,
    version: u64,
    data: Vec<String>,
}

#[derive(Debug)]
struct Watcher {
    to: UnboundedSender<Piece>,
    namespace: Option<String>,
    query: Query,
    form: Form,
    has_columns: bool,
}

impl Live {
    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = lock(&self.state);
        state.on = true;
        change(&mut state)
    }

    /// From now on the ConfigMaps are these, and no longer the recorded ones: none.
    pub fn begin(&self) {
        self.change(|state| state.version = 1000);
    }

    /// Adds a ConfigMap with these keys, or gives it these.
    pub fn put(&self, namespace: &str, name: &str, data: &[&str]) {
        self.change(|state| {
            state.version += 1;
            let key = (namespace.to_owned(), name.to_owned());
            let known = state.objects.get(&key).map(|object| object.uid);
            state.uids += u64::from(known.is_none());
            let object = Object {
                namespace: namespace.into(),
                name: name.into(),
                uid: known.unwrap_or(state.uids),
                version: state.version,
                data: data.iter().map(|key| (*key).to_owned()).collect(),
            };
            state.objects.insert(key, object.clone());
            let type_ = if known.is_some() { "MODIFIED" } else { "ADDED" };
            state.tell(type_, object);
        });
    }

    /// Deletes a ConfigMap.
    pub fn delete(&self, namespace: &str, name: &str) {
        self.change(|state| {
            state.version += 1;
            let found = state.objects.remove(&(namespace.to_owned(), name.to_owned()));
            let mut object = found.expect("an object to delete");
            object.version = state.version;
            state.tell("DELETED", object);
        });
    }

    /// Sends a bookmark to all watches, of a version without a change.
    pub fn bookmark(&self) {
        self.change(|state| {
            state.version += 1;
            let version = state.version;
            for watcher in &state.watchers {
                let object = match watcher.form {
                    Form::Table => format!(
                        r#"{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{{"resourceVersion":"{version}"}},"columnDefinitions":null,"rows":[{{"cells":["",0,"<unknown>"],"object":{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{{"resourceVersion":"{version}"}}}}}}]}}"#
                    ),
                    _ => format!(
                        r#"{{"kind":"ConfigMap","apiVersion":"v1","metadata":{{"resourceVersion":"{version}"}}}}"#
                    ),
                };
                watcher.send("BOOKMARK", &object);
            }
        });
    }

    /// Breaks the connections of all watches.
    pub fn drop_watches(&self) {
        self.change(|state| {
            for watcher in state.watchers.drain(..) {
                let _ = watcher.to.send(Piece::Abort);
            }
        });
    }

    /// Ends all watches as if their time were over.
    pub fn end_watches(&self) {
        self.change(|state| state.watchers.clear());
    }

    /// Forgets what has happened so far: a watch from before is answered with 410, `late` inside a body of
    /// status 200.
    pub fn forget(&self, late: bool) {
        self.change(|state| {
            state.version += 1;
            state.oldest = state.version;
            state.late = late;
            state.log.clear();
        });
    }

    /// Forgets everything at once from now on, until it [forgets](Self::forget) no more than what has happened so far.
    pub fn forget_always(&self) {
        self.change(|state| state.oldest = u64::MAX);
    }

    /// Sends this to all watches.
    pub fn say(&self, text: &str) {
        self.change(|state| {
            for watcher in &state.watchers {
                let _ = watcher
                    .to
                    .send(Piece::Bytes(Bytes::copy_from_slice(text.as_bytes())));
            }
        });
    }

    /// Answers every watch from now on with this, and ends it.
    pub fn answer_watches(&self, text: &str) {
        self.change(|state| state.answer = Some(Bytes::copy_from_slice(text.as_bytes())));
    }

    /// How many watch.
    pub fn watching(&self) -> usize {
        let state = lock(&self.state);
        state
            .watchers
            .iter()
            .filter(|watcher| !watcher.to.is_closed())
            .count()
    }

    /// Answers what is asked about ConfigMaps, if this is on.
    pub(super) fn answer(&self, path: &str, form: Form) -> Option<Result<Response<Body>, Rendered>> {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let parsed = ResourcePath::parse(path)?;
        let parameters = query;
        let query = match Query::parse(query) {
            Ok(query) => query,
            Err(message) => return Some(Err(status::bad_request(&message))),
        };
        let mut state = lock(&self.state);
        if parsed.plural != "configmaps" || !state.on {
            // Another watch than these; see `restarts`.
            return None;
        }
        if !query.watch {
            return Some(Err(state.read(&parsed, &query, form)));
        }
        let version = parameters
            .split('&')
            .find_map(|pair| pair.strip_prefix("resourceVersion="));
        Some(state.watch(
            &parsed,
            query,
            form,
            version.and_then(|version| version.parse().ok()),
        ))
    }
}

impl State {
    fn tell(&mut self, type_: &'static str, object: Object) {
        for watcher in &mut self.watchers {
            watcher.tell(type_, &object);
        }
        self.log.push((self.version, type_, object));
    }

    fn read(&self, path: &ResourcePath<'_>, query: &Query, form: Form) -> Rendered {
        let matching: Vec<&Object> = self
            .objects
            .values()
            .filter(|object| {
                object.matches(path.namespace, query) && path.name.is_none_or(|name| name == object.name)
            })
            .collect();
        if path.name.is_some() && matching.is_empty() {
            return status::not_found(path);
        }
        let version = self.version;
        let text = match (form, path.name, matching.as_slice()) {
            (Form::Table, ..) => table(COLUMNS, version, &matching),
            (_, Some(_), [object]) => object.whole(true),
            _ => {
                let items: Vec<String> = matching.iter().map(|object| object.whole(false)).collect();
                format!(
                    r#"{{"kind":"ConfigMapList","apiVersion":"v1","metadata":{{"resourceVersion":"{version}"}},"items":[{}]}}"#,
                    items.join(",")
                )
            }
        };
        Rendered::new(200, (text + "\n").into())
    }

    fn watch(
        &mut self,
        path: &ResourcePath<'_>,
        query: Query,
        form: Form,
        from: Option<u64>,
    ) -> Result<Response<Body>, Rendered> {
        let from = from.ok_or_else(|| status::bad_request("a watch from nowhere"))?;
        if let Some(answer) = &self.answer {
            return Ok(Response::new(Body::whole(answer.clone())));
        }
        let (to, pieces) = unbounded_channel();
        let mut watcher = Watcher {
            to,
            namespace: path.namespace.map(str::to_owned),
            query,
            form,
            has_columns: false,
        };
        if from < self.oldest {
            let gone = status::gone(from, self.oldest);
            if !self.late {
                return Err(gone);
            }
            watcher.send("ERROR", String::from_utf8_lossy(&gone.body).trim());
            return Ok(follow(pieces));
        }
        for (_, type_, object) in self.log.iter().filter(|(version, ..)| *version > from) {
            watcher.tell(type_, object);
        }
        self.watchers.push(watcher);
        Ok(follow(pieces))
    }
}

/// A watch's body: what comes, as it comes.
pub(super) fn follow(pieces: UnboundedReceiver<Piece>) -> Response<Body> {
    let mut response = Response::new(Body::script([super::body::Step::Follow(pieces)]));
    response
        .headers_mut()
        .insert("content-type", http::HeaderValue::from_static("application/json"));
    response
}

impl Watcher {
    fn tell(&mut self, type_: &str, object: &Object) {
        if !object.matches(self.namespace.as_deref(), &self.query) {
            return;
        }
        let text = match self.form {
            Form::Table => {
                // Only the first event of a watch has the columns.
                let columns = if std::mem::replace(&mut self.has_columns, true) {
                    "null"
                } else {
                    COLUMNS
                };
                table(columns, object.version, &[object])
            }
            _ => object.whole(true),
        };
        self.send(type_, &text);
    }

    fn send(&self, type_: &str, object: &str) {
        let line = format!("{{\"type\":\"{type_}\",\"object\":{object}}}\n");
        // The client may have gone.
        let _ = self.to.send(Piece::Bytes(line.into()));
    }
}

fn table(columns: &str, version: u64, objects: &[&Object]) -> String {
    let rows: Vec<String> = objects
        .iter()
        .map(|object| {
            format!(
                r#"{{"cells":["{}",{},"5m"],"object":{{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1",{}}}}}"#,
                object.name,
                object.data.len(),
                object.metadata()
            )
        })
        .collect();
    format!(
        r#"{{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{{"resourceVersion":"{version}"}},"columnDefinitions":{columns},"rows":[{}]}}"#,
        rows.join(",")
    )
}

impl Object {
    fn matches(&self, namespace: Option<&str>, query: &Query) -> bool {
        let field = |name: &str| match name {
            "metadata.name" => &self.name,
            _ => &self.namespace,
        };
        namespace.is_none_or(|namespace| namespace == self.namespace)
            && query
                .fields
                .iter()
                .all(|(name, equal, value)| (field(name) == value) == *equal)
    }

    fn metadata(&self) -> String {
        format!(
            r#""metadata":{{"name":"{}","namespace":"{}","uid":"00000000-0000-0000-0000-{:012}","resourceVersion":"{}","creationTimestamp":"2026-01-01T00:00:00Z"}}"#,
            self.name, self.namespace, self.uid, self.version
        )
    }

    fn whole(&self, with_kind: bool) -> String {
        let mut text = String::from("{");
        if with_kind {
            text.push_str(r#""kind":"ConfigMap","apiVersion":"v1","#);
        }
        text.push_str(&self.metadata());
        let data: Vec<String> = self.data.iter().map(|key| format!(r#""{key}":"""#)).collect();
        let _ = write!(text, r#","data":{{{}}}}}"#, data.join(","));
        text
    }
}
