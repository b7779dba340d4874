//! Watches of what was recorded, and pods whose containers restart meanwhile (`--restarts EVERY`), so that who tries
//! `-w` sees something. A list says the same as the events before it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::answers::{Answers, Form, Rendered};
use super::body::Body;
use super::counters::lock;
use super::live::{Piece, follow};
use super::server::Cluster;

/// How often watches get a bookmark: about once a minute, as from an API server.
const BOOKMARKS: Duration = Duration::from_secs(60);

const PODS: &str = "/api/v1/pods";

/// The restarts of the pods of one cluster so far, and its watchers.
#[derive(Debug, Default)]
pub struct Restarts {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The pods that restarted, in order; the n-th did at the recorded version and n.
    log: Vec<Key>,
    /// How often each did, and at which place of the log last.
    count: BTreeMap<Key, (u64, u64)>,
    watchers: Vec<Watcher>,
}

/// Namespace and name.
type Key = (String, String);

#[derive(Debug)]
struct Watcher {
    to: UnboundedSender<Piece>,
    /// The path and query of the list that is watched.
    list: String,
    form: Form,
}

/// Restarts pods, and sends bookmarks, for as long as the fleet runs.
pub async fn run(cluster: Arc<Cluster>, every: Option<Duration>) {
    let mut bookmarks = tokio::time::interval(BOOKMARKS);
    bookmarks.tick().await;
    // A century is never.
    let mut restarts = tokio::time::interval(every.unwrap_or(Duration::from_secs(100 * 365 * 86_400)));
    restarts.tick().await;
    loop {
        tokio::select! {
            _ = bookmarks.tick() => cluster.restarts.bookmark(&cluster.answers),
            _ = restarts.tick() => cluster.restarts.one_more(&cluster.answers),
        }
    }
}

impl Restarts {
    /// The next of the pods that run restarts.
    fn one_more(&self, answers: &Answers) {
        let table = parsed(&answers.answer(PODS, Form::Table));
        let rows = table["rows"].as_array().map_or(&[][..], Vec::as_slice);
        let running: Vec<Key> = rows
            .iter()
            .filter(|row| row["cells"][2] == "Running")
            .map(|row| key(&row["object"]))
            .collect();
        let mut state = lock(&self.state);
        if running.is_empty() {
            return;
        }
        let pod = running[state.log.len() % running.len()].clone();
        state.log.push(pod.clone());
        let place = state.log.len() as u64;
        let count = state.count.entry(pod.clone()).or_default();
        *count = (count.0 + 1, place);
        let watchers = std::mem::take(&mut state.watchers);
        for watcher in &watchers {
            watcher.tell(&state, answers, "MODIFIED", |object| *object == pod);
        }
        state.watchers = watchers;
        state.watchers.retain(|watcher| !watcher.to.is_closed());
    }

    fn bookmark(&self, answers: &Answers) {
        let mut state = lock(&self.state);
        state.watchers.retain(|watcher| !watcher.to.is_closed());
        for watcher in &state.watchers {
            let list = state.list(answers, &watcher.list, watcher.form);
            let meta = json!({"resourceVersion": list["metadata"]["resourceVersion"]});
            let kind = list["kind"].as_str().unwrap_or_default();
            watcher.send(
                "BOOKMARK",
                &json!({"kind": kind.strip_suffix("List").unwrap_or(kind), "metadata": meta}),
            );
        }
    }

    /// An answer with what has happened since it was recorded, if anything has and it is about pods.
    pub fn applied(&self, path: &str, rendered: &Rendered) -> Option<Rendered> {
        let state = lock(&self.state);
        let path = path.split('?').next().unwrap_or_default();
        let is_pods = path.starts_with("/api/v1/") && path.split('/').any(|word| word == "pods");
        if state.log.is_empty() || rendered.status != 200 || !is_pods {
            return None;
        }
        let mut value: Value = serde_json::from_slice(&rendered.body).ok()?;
        state.apply(&mut value);
        Some(Rendered::new(200, (value.to_string() + "\n").into()))
    }

    /// Begins a watch, from the version that the query names, or with all that there is.
    pub fn watch(
        &self,
        answers: &Answers,
        path_and_query: &str,
        form: Form,
    ) -> Result<Response<Body>, Rendered> {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let of_list = |pair: &&str| pair.starts_with("labelSelector=") || pair.starts_with("fieldSelector=");
        let selectors: Vec<&str> = query.split('&').filter(of_list).collect();
        let list = format!("{path}?{}", selectors.join("&"));
        let rendered = answers.answer(&list, form);
        if rendered.status != 200 {
            return Err(Rendered::new(rendered.status, rendered.body.clone()));
        }
        let mut state = lock(&self.state);
        let (to, pieces) = unbounded_channel();
        let watcher = Watcher { to, list, form };
        let from = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("resourceVersion="));
        match from.and_then(|version| version.parse::<u64>().ok()) {
            None | Some(0) => watcher.tell(&state, answers, "ADDED", |_| true),
            Some(from) => {
                let known = from.saturating_sub(version(&parsed(&rendered)));
                let missed = state
                    .log
                    .iter()
                    .skip(usize::try_from(known).unwrap_or(usize::MAX));
                for pod in missed {
                    watcher.tell(&state, answers, "MODIFIED", |object| object == pod);
                }
            }
        }
        state.watchers.push(watcher);
        Ok(follow(pieces))
    }
}

impl State {
    /// A list as it is now.
    fn list(&self, answers: &Answers, path: &str, form: Form) -> Value {
        let mut list = parsed(&answers.answer(path, form));
        if path.split('?').next().is_some_and(|path| path.ends_with("/pods")) {
            self.apply(&mut list);
        }
        list
    }

    /// Brings a list, a Table or a pod up to date.
    fn apply(&self, value: &mut Value) {
        let base = version(value);
        let restarts = value["columnDefinitions"]
            .as_array()
            .and_then(|columns| columns.iter().position(|column| column["name"] == "Restarts"));
        if let Some(rows) = value.get_mut("rows").and_then(Value::as_array_mut) {
            for row in rows {
                let Some((count, place)) = self.count.get(&key(&row["object"])) else {
                    continue;
                };
                if let Some(cell) = restarts.and_then(|column| row["cells"].get_mut(column)) {
                    let text = cell.as_str().unwrap_or_default();
                    let before: u64 = text.split(' ').next().and_then(|n| n.parse().ok()).unwrap_or(0);
                    *cell = (before + count).to_string().into();
                }
                self.restart(&mut row["object"], *count, base + place);
            }
        } else if let Some(items) = value.get_mut("items").and_then(Value::as_array_mut) {
            for item in items {
                if let Some((count, place)) = self.count.get(&key(item)) {
                    self.restart(item, *count, base + place);
                }
            }
        } else if let Some((count, place)) = self.count.get(&key(value)) {
            self.restart(value, *count, base + place);
            return;
        }
        value["metadata"]["resourceVersion"] = (base + self.log.len() as u64).to_string().into();
    }

    /// Brings one pod up to date, or its metadata alone.
    fn restart(&self, pod: &mut Value, count: u64, version: u64) {
        if pod.is_object() {
            pod["metadata"]["resourceVersion"] = version.to_string().into();
        }
        if let Some(restarts) = pod.pointer_mut("/status/containerStatuses/0/restartCount") {
            *restarts = (restarts.as_u64().unwrap_or(0) + count).into();
        }
    }
}

impl Watcher {
    /// Sends an event for each object of the list that is meant.
    fn tell(&self, state: &State, answers: &Answers, type_: &str, is_meant: impl Fn(&Key) -> bool) {
        let mut list = state.list(answers, &self.list, self.form);
        if let Some(rows) = list.get_mut("rows").map(Value::take) {
            for row in rows.as_array().into_iter().flatten() {
                if is_meant(&key(&row["object"])) {
                    list["rows"] = json!([row]);
                    self.send(type_, &list);
                }
            }
            return;
        }
        let kind = list["kind"].as_str().unwrap_or_default();
        let kind = kind.strip_suffix("List").unwrap_or(kind).to_owned();
        for item in list["items"].as_array().into_iter().flatten() {
            if is_meant(&key(item)) {
                let mut item = item.clone();
                item["kind"] = kind.as_str().into();
                item["apiVersion"] = list["apiVersion"].clone();
                self.send(type_, &item);
            }
        }
    }

    fn send(&self, type_: &str, object: &Value) {
        let line = json!({"type": type_, "object": object}).to_string() + "\n";
        // The client may have gone.
        let _ = self.to.send(Piece::Bytes(Bytes::from(line)));
    }
}

fn parsed(rendered: &Rendered) -> Value {
    serde_json::from_slice(&rendered.body).unwrap_or_default()
}

fn version(value: &Value) -> u64 {
    let version = value["metadata"]["resourceVersion"].as_str();
    version.and_then(|version| version.parse().ok()).unwrap_or(0)
}

fn key(object: &Value) -> Key {
    let text = |key: &str| object["metadata"][key].as_str().unwrap_or_default().to_owned();
    (text("namespace"), text("name"))
}
