//! ClusterProfile, `multicluster.x-k8s.io/v1alpha1` (KEP-4322; its access providers are KEP-5339).
//!
//! Read tolerantly, because its writers differ. Anything but a name may be missing or null; unknown fields
//! are passed over; a value that is not a string counts as its JSON text. Taken in as well are sketches
//! of this API that are in circulation: `spec.clusterName`, `spec.cloudProvider` and `spec.region`, and a
//! condition `Ready` where there is no `ControlPlaneHealthy`.
//!
//! What a hub sends is not trusted: sizes are bounded, and a profile that cannot be read, or whose name
//! could do harm, is reported and left out while the others are listed.

use super::fleet::{Fleet, Gathering, Rank, name_problem, quoted};
use crate::config::Source;
use crate::connect::Error;
use crate::record::{Cluster, Health, Reason, Str};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::fmt;

/// Where OCM has the cluster's own name; the object's may carry more.
const NAME_LABEL: &str = "open-cluster-management.io/cluster-name";

/// How many profiles are asked for at once: kubectl's chunk size.
const CHUNK: usize = 500;

/// The largest answer that is read, in bytes.
const MAX_PAGE: usize = 64 << 20;

/// The largest answer where all profiles come at once, in bytes.
const MAX_WHOLE: usize = 256 << 20;

/// The largest profile, in bytes. etcd takes 1.5 MiB.
const MAX_PROFILE: usize = 4 << 20;

/// What answers list requests: the hub, or a test.
pub trait Pages {
    /// Asks for a path and query, and reads an answer of at most `limit` bytes.
    ///
    /// # Errors
    /// No answer, or one that is an error.
    fn page(&mut self, path_and_query: &str, limit: usize) -> Result<Vec<u8>, Error>;
}

/// Lists the fleet, in chunks. When the hub has forgotten the list while it was being read, everything is
/// asked for again at once, as kubectl's pager does.
///
/// # Errors
/// What `pages` returns, and answers that are not a list of ClusterProfiles, or that never end.
pub fn list(pages: &mut dyn Pages, hub: &str, namespace: Option<&str>) -> Result<Fleet, Error> {
    let path = path(namespace);
    let mut gathering = Gathering::default();
    let mut token = String::new();
    let mut index = 0;
    loop {
        let query = if token.is_empty() {
            format!("{path}?limit={CHUNK}")
        } else {
            format!("{path}?limit={CHUNK}&continue={}", escape_query(&token))
        };
        let body = match pages.page(&query, MAX_PAGE) {
            Err(error) if is_expired(&error) && !token.is_empty() => {
                gathering = Gathering::default();
                read_page(&pages.page(&path, MAX_WHOLE)?, hub, &mut gathering, &mut 0)?;
                break;
            }
            answer => answer?,
        };
        let next = read_page(&body, hub, &mut gathering, &mut index)?;
        if next.is_empty() {
            break;
        }
        if next == token {
            return Err(protocol("it repeats a chunk of the list"));
        }
        token = next;
    }
    Ok(gathering.finish(hub))
}

/// Whether the hub has forgotten what a continue token continues; proxies before it know only the status.
fn is_expired(error: &Error) -> bool {
    error.is_expired() || error.status == Some(410)
}

fn path(namespace: Option<&str>) -> String {
    let namespace = namespace
        .map(|namespace| format!("namespaces/{namespace}/"))
        .unwrap_or_default();
    format!("/apis/multicluster.x-k8s.io/v1alpha1/{namespace}clusterprofiles")
}

/// A value for a query: everything but RFC 3986's unreserved characters is percent-encoded.
fn escape_query(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            escaped.push(char::from(byte));
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

fn protocol(problem: impl fmt::Display) -> Error {
    Error::new(
        Reason::Protocol,
        format!("the answer is not a list of ClusterProfiles: {problem}"),
    )
}

#[derive(Deserialize)]
struct List<'a> {
    #[serde(borrow, default)]
    kind: Option<Str<'a>>,
    #[serde(borrow, default)]
    metadata: Option<ListMeta<'a>>,
    // Read item by item, so that a hostile list is never held as more than its text.
    #[serde(borrow, default)]
    items: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
struct ListMeta<'a> {
    #[serde(borrow, default, rename = "continue")]
    token: Option<Str<'a>>,
}

/// Takes in a chunk of the list; gives the token for the next one, empty at the end. `index` counts the
/// items over all chunks.
fn read_page(body: &[u8], hub: &str, gathering: &mut Gathering, index: &mut usize) -> Result<String, Error> {
    let text = String::from_utf8_lossy(body);
    let list: List<'_> = serde_json::from_str(&text).map_err(protocol)?;
    match list.items {
        Some(items) => {
            let mut error = None;
            let each = |item| {
                if let Err(problem) = take(item, hub, *index, gathering) {
                    error = Some(problem);
                }
                *index += 1;
                error.is_none()
            };
            let mut items = serde_json::Deserializer::from_str(items.get());
            let read = Each(each).deserialize(&mut items);
            if let Some(problem) = error {
                return Err(protocol(problem));
            }
            read.map_err(protocol)?;
        }
        // Go writes an empty list as null.
        None if list.kind.as_deref() == Some("ClusterProfileList") => {}
        None => return Err(protocol("it has no items")),
    }
    let token = list.metadata.and_then(|metadata| metadata.token);
    Ok(token.map(|token| token.0.into_owned()).unwrap_or_default())
}

/// Calls a function for each item of an array until it returns false.
struct Each<F>(F);

impl<'de, F: FnMut(&'de RawValue) -> bool> DeserializeSeed<'de> for Each<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(&'de RawValue) -> bool> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut items: A) -> Result<(), A::Error> {
        while let Some(item) = items.next_element()? {
            if !(self.0)(item) {
                break;
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Profile<'a> {
    #[serde(borrow, default)]
    metadata: Option<Meta<'a>>,
    #[serde(borrow, default)]
    spec: Option<Spec<'a>>,
    #[serde(borrow, default)]
    status: Option<Status<'a>>,
}

#[derive(Default, Deserialize)]
struct Meta<'a> {
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
    #[serde(borrow, default)]
    namespace: Option<Str<'a>>,
    #[serde(borrow, default)]
    labels: Option<BTreeMap<Str<'a>, &'a RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow, default)]
    cluster_manager: Option<Manager<'a>>,
    // The following are the sketches'.
    #[serde(borrow, default)]
    cluster_name: Option<Str<'a>>,
    #[serde(borrow, default)]
    cloud_provider: Option<&'a RawValue>,
    #[serde(borrow, default)]
    region: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Manager<'a> {
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    #[serde(borrow, default)]
    conditions: Option<Vec<Option<Condition<'a>>>>,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    properties: Option<Vec<Option<Property<'a>>>>,
    #[serde(borrow, default)]
    access_providers: Option<Vec<&'a RawValue>>,
    #[serde(borrow, default)]
    credential_providers: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct Condition<'a> {
    #[serde(borrow, default, rename = "type")]
    type_: Option<Str<'a>>,
    #[serde(borrow, default)]
    status: Option<&'a RawValue>,
    #[serde(borrow, default)]
    reason: Option<&'a RawValue>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Version<'a> {
    #[serde(borrow, default)]
    kubernetes: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Property<'a> {
    #[serde(borrow, default)]
    name: Option<Str<'a>>,
    #[serde(borrow, default)]
    value: Option<&'a RawValue>,
    #[serde(borrow, default)]
    last_observed_time: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Provider<'a> {
    #[serde(borrow)]
    name: Str<'a>,
}

/// Takes in one item of the list.
///
/// # Errors
/// A fleet that is too large. An item that is unfit is a problem that `gathering` is told of.
fn take(item: &RawValue, hub: &str, index: usize, gathering: &mut Gathering) -> Result<(), String> {
    let left_out = |problem: &dyn fmt::Display| format!("{} is left out: {problem}", place(item, index));
    if item.get().len() > MAX_PROFILE {
        gathering.problem(format!(
            "item {index} of the hub's list is left out: it is larger than {} MiB",
            MAX_PROFILE >> 20
        ));
        return Ok(());
    }
    let profile: Profile<'_> = match serde_json::from_str(item.get()) {
        Ok(profile) => profile,
        Err(error) => {
            gathering.problem(left_out(&error));
            return Ok(());
        }
    };
    let meta = profile.metadata.unwrap_or_default();
    let spec = profile.spec.unwrap_or_default();
    let status = profile.status.unwrap_or_default();

    let labels = strings(meta.labels.unwrap_or_default());
    let name = labels
        .get(NAME_LABEL)
        .filter(|name| !name.is_empty())
        .or(spec.cluster_name.as_ref().filter(|name| !name.is_empty()))
        .or(meta.name.as_ref())
        .cloned()
        .unwrap_or_default();
    let refusal = match name_problem(&name) {
        Some(_) if name.is_empty() => Some("it has no name".to_owned()),
        Some(problem) => Some(format!(
            "its cluster's name {} is refused: {problem}",
            quoted(&name)
        )),
        None => None,
    };
    if let Some(refusal) = refusal {
        gathering.problem(left_out(&refusal));
        return Ok(());
    }

    let (mut properties, observed) = properties(status.properties.unwrap_or_default());
    for (key, value) in [("cloud.provider", spec.cloud_provider), ("region", spec.region)] {
        if let Some(value) = value.and_then(text).filter(|value| !value.is_empty()) {
            properties.entry(Str::from(key)).or_insert(value);
        }
    }
    let (health, health_reason) = health(&status.conditions.unwrap_or_default());
    let (providers, nameless) = providers(
        status.access_providers.unwrap_or_default(),
        status.credential_providers.unwrap_or_default(),
    );
    if nameless > 0 {
        gathering.note(format!(
            "{}: an access provider without a name is left out",
            place(item, index)
        ));
    }
    let manager = spec
        .cluster_manager
        .and_then(|manager| manager.name)
        .unwrap_or_default();
    let rank = Rank {
        has_access: providers.is_some(),
        has_health: health != Health::Unknown,
        observed: observed
            .map(|observed| observed.0.into_owned())
            .unwrap_or_default(),
        place: Reverse((
            meta.namespace.as_deref().unwrap_or_default().to_owned(),
            meta.name.as_deref().unwrap_or_default().to_owned(),
        )),
    };
    let cluster = Cluster {
        cluster: name,
        hub: Some(Str::from(hub)),
        source: Some(Str::from(Source::ClusterProfile.as_str())),
        namespace: meta.namespace,
        labels,
        properties,
        health,
        health_reason,
        version: status.version.and_then(version),
        access_providers: providers.as_deref(),
        ..Cluster::default()
    };
    gathering.add(&manager, &cluster, rank)
}

/// What to call an item in a message, whatever else is wrong with it.
fn place(item: &RawValue, index: usize) -> String {
    #[derive(Deserialize)]
    struct Named<'a> {
        #[serde(borrow)]
        metadata: Place<'a>,
    }
    #[derive(Deserialize)]
    struct Place<'a> {
        #[serde(borrow, default)]
        name: Option<&'a RawValue>,
        #[serde(borrow, default)]
        namespace: Option<&'a RawValue>,
    }
    let Ok(Named { metadata }) = serde_json::from_str(item.get()) else {
        return format!("item {index} of the hub's list");
    };
    match (metadata.namespace.and_then(text), metadata.name.and_then(text)) {
        (_, None) => format!("item {index} of the hub's list"),
        (None, Some(name)) => format!("ClusterProfile {}", quoted(&name)),
        (Some(namespace), Some(name)) => format!("ClusterProfile {}", quoted(&format!("{namespace}/{name}"))),
    }
}

/// A value as text: strings as such, everything else as its JSON; null is no value.
fn text(value: &RawValue) -> Option<Str<'_>> {
    match value.get() {
        "null" => None,
        string if string.starts_with('"') => {
            // A string that JSON allows and Unicode does not (half a surrogate pair) stays as it is.
            Some(serde_json::from_str(string).unwrap_or(Str::from(string)))
        }
        other => Some(Str::from(other)),
    }
}

fn strings<'a>(values: BTreeMap<Str<'a>, &'a RawValue>) -> BTreeMap<Str<'a>, Str<'a>> {
    values
        .into_iter()
        .filter_map(|(key, value)| Some((key, text(value)?)))
        .collect()
}

/// The properties by name, and when the newest of them was observed.
fn properties<'a>(list: Vec<Option<Property<'a>>>) -> (BTreeMap<Str<'a>, Str<'a>>, Option<Str<'a>>) {
    let mut properties = BTreeMap::new();
    let mut newest = None;
    for property in list.into_iter().flatten() {
        newest = newest.max(property.last_observed_time.and_then(text));
        if let (Some(name), Some(value)) = (property.name, property.value.and_then(text)) {
            properties.insert(name, value);
        }
    }
    (properties, newest)
}

/// Health and, where it is not good, why, in the hub's words.
fn health<'a>(conditions: &[Option<Condition<'a>>]) -> (Health, Option<Str<'a>>) {
    let named = |name: &str| {
        let mut conditions = conditions.iter().flatten();
        conditions.find(|condition| condition.type_.as_deref() == Some(name))
    };
    let Some(condition) = named("ControlPlaneHealthy").or_else(|| named("Ready")) else {
        return (Health::Unknown, None);
    };
    let status = condition.status.and_then(text).unwrap_or_default();
    let health = if status.eq_ignore_ascii_case("true") {
        Health::Healthy
    } else if status.eq_ignore_ascii_case("false") {
        Health::Unhealthy
    } else {
        Health::Unknown
    };
    let said = |value: Option<&'a RawValue>| value.and_then(text).filter(|text| !text.is_empty());
    let reason = match (health, said(condition.reason), said(condition.message)) {
        (Health::Healthy, ..) => None,
        (_, Some(reason), Some(message)) => Some(Str::from(format!("{reason}: {message}"))),
        (_, reason, message) => reason.or(message),
    };
    (health, reason)
}

/// The Kubernetes version: `status.version.kubernetes`, or a version that is plain text.
fn version(version: &RawValue) -> Option<Str<'_>> {
    match serde_json::from_str::<Version<'_>>(version.get()) {
        Ok(version) => version.kubernetes.and_then(text),
        Err(_) => text(version),
    }
    .filter(|version| !version.is_empty())
}

/// The access providers as published, joined with the deprecated `credentialProviders`: on the same name
/// the former win. Also gives how many had no name and were left out.
fn providers(access: Vec<&RawValue>, credential: Vec<&RawValue>) -> (Option<Box<RawValue>>, usize) {
    let mut names = HashSet::new();
    let mut nameless = 0;
    let mut json = String::from("[");
    for provider in access.into_iter().chain(credential) {
        if provider.get() == "null" {
            continue;
        }
        match serde_json::from_str::<Provider<'_>>(provider.get()) {
            Ok(Provider { name }) if !name.is_empty() => {
                if names.insert(name) {
                    if json.len() > 1 {
                        json.push(',');
                    }
                    json.push_str(&one_line(provider.get()));
                }
            }
            _ => nameless += 1,
        }
    }
    json.push(']');
    let json = (!names.is_empty()).then(|| RawValue::from_string(json).ok());
    (json.flatten(), nameless)
}

/// JSON without its line breaks, which can stand only between its tokens: a record is one line.
fn one_line(json: &str) -> Cow<'_, str> {
    if json.contains(['\n', '\r']) {
        Cow::Owned(json.replace(['\n', '\r'], " "))
    } else {
        Cow::Borrowed(json)
    }
}

#[cfg(test)]
mod tests;
