//! The objects in the clusters: `tests/data/crds` and `tests/data/fixtures`.
//!
//! A fixture is an object as a full cluster would show it, `status`, `creationTimestamp` and
//! `deletionTimestamp` included. No API server takes that in one piece, so loading has three steps: kubectl
//! creates the objects; their ages are written into etcd, where they are JSON for this very purpose; kubectl
//! replaces their status.
//!
//! In a fixture's text `@-5d@` is the time five days ago (units s, m, h, d; `@+…@` is ahead),
//! `@server NAME@` the URL of cluster NAME and `@ca NAME@` its CA in base64.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::apiserver::Etcd;

/// The folder `tests/data`.
pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// The placeholders in a fixture, for the fleet that it becomes part of.
pub struct Addresses {
    /// Name, URL and CA (PEM) of every cluster.
    pub clusters: Vec<(String, String, String)>,
}

/// The objects of the fixture files `names`, relative to `tests/data` and without their suffix.
pub fn read(names: &[&str], addresses: &Addresses) -> Vec<Value> {
    let mut objects = Vec::new();
    for name in names {
        let path = data().join(format!("{name}.yaml"));
        let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let text = substitute(&text, addresses);
        for document in serde_yaml::Deserializer::from_str(&text) {
            let mut document = serde_yaml::Value::deserialize(document)
                .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            document
                .apply_merge()
                .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let document = serde_json::to_value(document).expect("a fixture is JSON in YAML's clothes");
            match document.get("items").and_then(Value::as_array) {
                Some(items) => objects.extend(items.iter().cloned()),
                None if document.is_null() => {}
                None => objects.push(document),
            }
        }
    }
    objects
}

/// `text` with everything between two `@` on one line replaced by what it stands for.
fn substitute(text: &str, addresses: &Addresses) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        for (i, part) in line.split('@').enumerate() {
            if i % 2 == 0 {
                out.push_str(part)
            } else {
                out.push_str(&meaning(part, addresses))
            }
        }
    }
    out
}

fn meaning(word: &str, addresses: &Addresses) -> String {
    if let Some((what, name)) = word.split_once(' ') {
        let cluster = addresses.clusters.iter().find(|(n, ..)| n == name);
        let (_, url, ca) = cluster.unwrap_or_else(|| panic!("a fixture names cluster {name}"));
        return match what {
            "server" => url.clone(),
            "ca" => BASE64.encode(ca),
            _ => panic!("a fixture says @{word}@"),
        };
    }
    let (count, unit) = word.split_at(word.len() - 1);
    let count: i64 = count
        .parse()
        .unwrap_or_else(|_| panic!("a fixture says @{word}@"));
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => panic!("a fixture says @{word}@"),
    };
    let time = Timestamp::now() + SignedDuration::from_secs(count * seconds);
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// `objects` as one List for kubectl, without what a server refuses or ignores at creation.
pub fn creation(objects: &[Value]) -> Value {
    list(objects.iter().map(without_times).collect())
}

/// The List of those `objects` that have a status to set.
pub fn statuses(objects: &[Value]) -> Value {
    list(
        objects
            .iter()
            .filter(|o| o.get("status").is_some())
            .map(without_times)
            .collect(),
    )
}

fn list(items: Vec<Value>) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

/// The times are the server's to set; one that is sent must be the one that it has.
fn without_times(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object["metadata"].as_object_mut() {
        metadata.remove("creationTimestamp");
        metadata.remove("deletionTimestamp");
    }
    object
}

/// Gives the objects of cluster `prefix` the ages that the fixtures say.
pub fn age(etcd: &Etcd, prefix: &str, objects: &[Value]) {
    let aged = objects.iter().filter(|o| {
        let metadata = &o["metadata"];
        metadata.get("creationTimestamp").is_some() || metadata.get("deletionTimestamp").is_some()
    });
    let wanted: Vec<&Value> = aged.collect();
    for (key, value) in etcd.range(&format!("/{prefix}/")) {
        // Not every value is an object in JSON: some of the server's own are in Protobuf or plain text.
        let Ok(text) = String::from_utf8(value) else {
            continue;
        };
        let Ok(stored) = serde_json::from_str::<Value>(&text) else {
            continue;
        };
        let same = |a: &Value, b: &Value| {
            a["kind"] == b["kind"]
                && a["metadata"]["name"] == b["metadata"]["name"]
                // A fixture may leave the namespace out, which then is the default one.
                && (a["metadata"]["namespace"] == b["metadata"]["namespace"]
                    || (a["metadata"]["namespace"].is_null() && b["metadata"]["namespace"] == "default"))
        };
        let Some(object) = wanted.iter().find(|object| same(object, &stored)) else {
            continue;
        };
        if let Some(text) = with_times(&text, &stored, &object["metadata"]) {
            etcd.put(&key, text.as_bytes());
        }
    }
}

/// `text` with the times of `metadata`. It is edited as text, because parsing and writing it again would
/// round numbers and sort keys.
fn with_times(text: &str, stored: &Value, metadata: &Value) -> Option<String> {
    let old = stored["metadata"]["creationTimestamp"].as_str()?;
    let created = metadata["creationTimestamp"].as_str().unwrap_or(old);
    let mut new = format!("\"creationTimestamp\":\"{created}\"");
    if let Some(deleted) = metadata["deletionTimestamp"].as_str() {
        new.push_str(&format!(
            ",\"deletionTimestamp\":\"{deleted}\",\"deletionGracePeriodSeconds\":30"
        ));
    }
    Some(text.replacen(&format!("\"creationTimestamp\":\"{old}\""), &new, 1))
}
