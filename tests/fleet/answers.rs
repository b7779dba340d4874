//! From a request to the answer that the recorded server would have given.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Mutex, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderName, HeaderValue};

use super::counters::lock;
use super::items::{Item, Template};
use super::recorded::{Recordings, Resource};
use super::select::{Include, Query};
use super::status;

/// From here on an API server compresses; its constant is called defaultGzipThresholdBytes.
const GZIP_FROM: usize = 128 * 1024;

/// How many bytes of bodies are kept ready; past this all are made anew.
const CACHE_LIMIT: usize = 512 * 1024 * 1024;

/// The formats that a client accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// `as=Table`.
    Table,
    /// Aggregated discovery.
    Aggregated,
    /// Plain JSON.
    Json,
}

impl Form {
    /// The first form of an Accept header that this server has; no header is JSON.
    pub fn of_accept(accept: &str) -> Option<Form> {
        for part in accept.split(',') {
            let part = part.trim();
            if part.starts_with("application/json") && part.contains("as=Table") {
                return Some(Form::Table);
            }
            if part.starts_with("application/json") && part.contains("as=APIGroupDiscoveryList") {
                return Some(Form::Aggregated);
            }
            if part.is_empty() || part.starts_with("application/json") || part.starts_with("*/*") {
                return Some(Form::Json);
            }
        }
        None
    }
}

/// A whole answer, ready to be sent any number of times.
#[derive(Debug)]
pub struct Rendered {
    /// The HTTP status.
    pub status: u16,
    /// Its headers, without those that belong to the transfer.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Its body.
    pub body: Bytes,
    gzip: OnceLock<Bytes>,
}

impl Rendered {
    /// An answer of type `application/json`.
    pub fn new(status: u16, body: Bytes) -> Rendered {
        let rendered = Rendered {
            status,
            headers: Vec::new(),
            body,
            gzip: OnceLock::new(),
        };
        rendered
            .header("cache-control", "no-cache, private")
            .header("content-type", "application/json")
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Rendered {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            self.headers.retain(|(other, _)| *other != name);
            self.headers.push((name, value));
        }
        self
    }

    /// The ETag, if it has one.
    pub fn etag(&self) -> Option<&HeaderValue> {
        self.headers
            .iter()
            .find(|(name, _)| *name == http::header::ETAG)
            .map(|(_, value)| value)
    }

    /// The compressed body, if a real server would have compressed it.
    pub fn gzipped(&self) -> Option<&Bytes> {
        if self.body.len() < GZIP_FROM {
            return None;
        }
        Some(self.gzip.get_or_init(|| {
            let mut encoder = GzEncoder::new(Vec::new(), Compression::new(4));
            let written = encoder.write_all(&self.body).and_then(|()| encoder.finish());
            written.unwrap_or_default().into()
        }))
    }
}

/// A path of the resource API, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResourcePath<'a> {
    /// Empty for the core group.
    pub group: &'a str,
    /// `v1`.
    pub version: &'a str,
    /// The namespace asked for.
    pub namespace: Option<&'a str>,
    /// `pods`.
    pub plural: &'a str,
    /// The object asked for.
    pub name: Option<&'a str>,
}

impl<'a> ResourcePath<'a> {
    /// Takes a path apart; none if it does not name a resource.
    pub fn parse(path: &'a str) -> Option<ResourcePath<'a>> {
        let words: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (group, version, rest) = match words.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (namespace, plural, name) = match rest {
            [plural] => (None, *plural, None),
            // Namespaces are resources themselves.
            ["namespaces", name] => (None, "namespaces", Some(*name)),
            ["namespaces", namespace, plural] => (Some(*namespace), *plural, None),
            ["namespaces", namespace, plural, name] => (Some(*namespace), *plural, Some(*name)),
            [plural, name] => (None, *plural, Some(*name)),
            _ => return None,
        };
        Some(ResourcePath {
            group,
            version,
            namespace,
            plural,
            name,
        })
    }

    /// The path of the group and version.
    pub fn group_path(&self) -> String {
        match self.group {
            "" => format!("/api/{}", self.version),
            group => format!("/apis/{group}/{}", self.version),
        }
    }

    /// The path of the list over all namespaces.
    pub fn list_path(&self) -> String {
        format!("{}/{}", self.group_path(), self.plural)
    }
}

/// One set of answers, shared by all clusters that give the same.
#[derive(Debug)]
pub struct Answers {
    recordings: Recordings,
    cache: Mutex<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    bodies: HashMap<(String, Form), Arc<Rendered>>,
    bytes: usize,
}

impl Answers {
    /// Answers from recordings.
    pub fn new(recordings: Recordings) -> Answers {
        Answers {
            recordings,
            cache: Mutex::default(),
        }
    }

    /// Answers a GET.
    pub fn answer(&self, path_and_query: &str, form: Form) -> Arc<Rendered> {
        let key = (path_and_query.to_owned(), form);
        if let Some(known) = lock(&self.cache).bodies.get(&key) {
            return known.clone();
        }
        let rendered = Arc::new(self.render(path_and_query, form));
        let mut cache = lock(&self.cache);
        if cache.bytes + rendered.body.len() > CACHE_LIMIT {
            *cache = Cache::default();
        }
        cache.bytes += rendered.body.len();
        cache.bodies.insert(key, rendered.clone());
        rendered
    }

    fn render(&self, path_and_query: &str, form: Form) -> Rendered {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let documents = &self.recordings.documents;
        for form in [form, Form::Json] {
            if let Some(document) = documents.get(&(path.to_owned(), form)) {
                let copy = Rendered::new(document.status, document.body.clone());
                return Rendered {
                    headers: document.headers.clone(),
                    ..copy
                };
            }
        }
        if ["/healthz", "/livez", "/readyz"].contains(&path) {
            return Rendered::new(200, "ok".into()).header("content-type", "text/plain; charset=utf-8");
        }
        let Some(parsed) = ResourcePath::parse(path) else {
            return status::no_such_path();
        };
        let Some(resource) = self.recordings.resources.get(&parsed.list_path()) else {
            let group = (parsed.group_path(), Form::Json);
            return if documents.contains_key(&group) {
                status::no_such_resource()
            } else {
                status::no_such_path()
            };
        };
        let query = match Query::parse(query) {
            Ok(query) => query,
            Err(message) => return status::bad_request(&message),
        };
        if let Some((field, ..)) = query
            .fields
            .iter()
            .find(|(field, ..)| !known_field(resource, field))
        {
            return status::bad_request(&format!("field label not supported: {field}"));
        }
        match parsed.name {
            Some(_) => one(resource, &parsed, &query, form),
            None => list(resource, &parsed, &query, form),
        }
    }
}

fn known_field(resource: &Resource, field: &str) -> bool {
    match field {
        "metadata.name" | "metadata.namespace" => true,
        "status.phase" => resource.kind == "Pod" || resource.kind == "Namespace",
        "spec.nodeName" => resource.kind == "Pod",
        _ => false,
    }
}

fn matches(query: &Query, item: &Item, template: &Template) -> bool {
    let field = |name: &str| match name {
        "metadata.name" => &*item.name,
        "metadata.namespace" => &*item.namespace,
        "status.phase" => &template.phase,
        _ => &template.node,
    };
    query
        .labels
        .iter()
        .all(|requirement| requirement.matches(&template.labels))
        && query
            .fields
            .iter()
            .all(|(name, equal, value)| (field(name) == value) == *equal)
}

fn one(resource: &Resource, path: &ResourcePath<'_>, query: &Query, form: Form) -> Rendered {
    let namespace = path.namespace.unwrap_or("");
    let found = resource
        .items
        .iter()
        .find(|(item, _)| Some(&*item.name) == path.name && &*item.namespace == namespace);
    let Some((item, template)) = found else {
        return status::not_found(path);
    };
    let mut body = String::new();
    if form == Form::Table && resource.columns.is_some() {
        table_head(resource, &template.resource_version, "", None, &mut body);
        row(resource, item, template, query.include, &mut body);
        body.push_str("]}\n");
    } else {
        object(resource, item, template, true, &mut body);
        body.push('\n');
    }
    with_headers(resource, Rendered::new(200, body.into()))
}

fn list(resource: &Resource, path: &ResourcePath<'_>, query: &Query, form: Form) -> Rendered {
    let token = match Token::decode(&query.continue_token) {
        _ if query.continue_token.is_empty() => Token {
            start: String::new(),
            version: -1,
        },
        Ok(token) => token,
        Err(message) => return status::bad_request(&message),
    };
    // A list that goes on is of the version that it began with.
    let version = match token.version {
        ..=0 => resource.resource_version.clone(),
        version => version.to_string(),
    };
    let mut matching = resource.items.iter().filter(|(item, template)| {
        path.namespace
            .is_none_or(|namespace| namespace == &*item.namespace)
            && (token.start.is_empty() || item.key() >= token.start)
            && matches(query, item, template)
    });
    let limit = if query.limit == 0 { usize::MAX } else { query.limit };
    let page: Vec<_> = matching.by_ref().take(limit).collect();
    let remaining = matching.count();
    let token = match page.last() {
        Some((last, _)) if remaining > 0 => {
            let version = version.parse().unwrap_or(0);
            Token {
                start: format!("{}\0", last.key()),
                version,
            }
            .encode()
        }
        _ => String::new(),
    };
    let remaining = (remaining > 0 && !query.selects()).then_some(remaining);
    let mut body = String::new();
    let as_table = form == Form::Table && resource.columns.is_some();
    if as_table {
        table_head(resource, &version, &token, remaining, &mut body);
    } else if resource.custom {
        let _ = write!(body, r#"{{"apiVersion":"{}","items":["#, resource.api_version);
    } else {
        let _ = write!(
            body,
            r#"{{"kind":"{}List","apiVersion":"{}","metadata":{{"#,
            resource.kind, resource.api_version
        );
        list_meta(&version, &token, remaining, &mut body);
        body.push_str(r#"},"items":["#);
    }
    for (index, (item, template)) in page.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        if as_table {
            row(resource, item, template, query.include, &mut body);
        } else {
            object(resource, item, template, resource.custom, &mut body);
        }
    }
    if !as_table && resource.custom {
        let remaining = remaining
            .map(|count| format!(r#""remainingItemCount":{count},"#))
            .unwrap_or_default();
        let _ = writeln!(
            body,
            r#"],"kind":"{}List","metadata":{{"continue":"{token}",{remaining}"resourceVersion":"{}"}}}}"#,
            resource.kind, version
        );
    } else {
        body.push_str("]}\n");
    }
    with_headers(resource, Rendered::new(200, body.into()))
}

fn with_headers(resource: &Resource, rendered: Rendered) -> Rendered {
    resource
        .headers
        .iter()
        .fold(rendered, |rendered, (name, value)| rendered.header(name, value))
}

fn list_meta(version: &str, token: &str, remaining: Option<usize>, out: &mut String) {
    let mut comma = "";
    for (key, value) in [("resourceVersion", version), ("continue", token)] {
        if !value.is_empty() {
            let _ = write!(out, r#"{comma}"{key}":"{value}""#);
            comma = ",";
        }
    }
    if let Some(remaining) = remaining {
        let _ = write!(out, r#"{comma}"remainingItemCount":{remaining}"#);
    }
}

fn table_head(resource: &Resource, version: &str, token: &str, remaining: Option<usize>, out: &mut String) {
    out.push_str(r#"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"#);
    list_meta(version, token, remaining, out);
    let columns = resource.columns.as_deref().unwrap_or("[]");
    let _ = write!(out, r#"}},"columnDefinitions":{columns},"rows":["#);
}

fn row(resource: &Resource, item: &Item, template: &Template, include: Include, out: &mut String) {
    out.push_str(r#"{"cells":"#);
    template.cells.write(item, out);
    out.push_str(r#","object":"#);
    match include {
        Include::None => out.push_str("null"),
        Include::Metadata => template.metadata.write(item, out),
        Include::Object => object(resource, item, template, true, out),
    }
    out.push('}');
}

/// Writes an object; inside a list only a custom resource says its kind.
fn object(resource: &Resource, item: &Item, template: &Template, with_kind: bool, out: &mut String) {
    let Some(pattern) = &template.object else {
        // Only the Table was recorded.
        return template.metadata.write(item, out);
    };
    if with_kind && !resource.custom {
        let _ = write!(
            out,
            r#"{{"kind":"{}","apiVersion":"{}","#,
            resource.kind, resource.api_version
        );
        let mut rest = String::new();
        pattern.write(item, &mut rest);
        out.push_str(rest.strip_prefix('{').unwrap_or(&rest));
    } else {
        pattern.write(item, out);
    }
}

/// Where a continue token goes on, and at which version of the list; -1 means whatever there is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The first key that may come.
    pub start: String,
    /// The list's version.
    pub version: i64,
}

impl Token {
    /// Writes it as the server does, though a client must not care.
    pub fn encode(&self) -> String {
        let start = serde_json::to_string(&format!("/{}", self.start)).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(format!(
            r#"{{"v":"meta.k8s.io/v1","rv":{},"start":{start}}}"#,
            self.version
        ))
    }

    /// Reads one.
    ///
    /// # Errors
    /// The message of the server's 400.
    pub fn decode(token: &str) -> Result<Token, String> {
        let invalid = |why: &str| format!("invalid continue token: continue key is not valid: {why}");
        let json = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|e| invalid(&e.to_string()))?;
        let value: serde_json::Value = serde_json::from_slice(&json).map_err(|e| match json.first() {
            Some(byte) if *byte != b'{' => {
                let quoted = if byte.is_ascii_graphic() {
                    char::from(*byte).to_string()
                } else {
                    format!("\\u{byte:04x}")
                };
                invalid(&format!(
                    "invalid character '{quoted}' looking for beginning of value"
                ))
            }
            _ => invalid(&e.to_string()),
        })?;
        let start = value
            .get("start")
            .and_then(serde_json::Value::as_str)
            .ok_or_else(|| invalid("no start"))?;
        let version = value.get("rv").and_then(serde_json::Value::as_i64).unwrap_or(0);
        Ok(Token {
            start: start.trim_start_matches('/').to_owned(),
            version,
        })
    }
}
