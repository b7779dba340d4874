//! Requests for the objects of one type: lists in chunks, single objects by name, and watches.

use super::out::RecordWriter;
use super::reader::{ACCEPT_JSON, Expected, RecordReader};
use crate::apiserver::mapper::Mapping;
use crate::apiserver::protocol::{encode, protocol};
use crate::apiserver::response_body::ResponseBody;
use crate::apiserver::server::ApiServer;
use crate::connect::Error;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Selects the objects of a list.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// The namespace; `None` is all namespaces, or a cluster-scoped type.
    pub namespace: Option<&'a str>,
    /// The label selector.
    pub labels: Option<&'a str>,
    /// The field selector.
    pub fields: Option<&'a str>,
    /// The most objects in one answer; 0 is no limit.
    pub chunk: u32,
}

/// Why a request did not return what was asked for.
#[derive(Debug)]
pub enum RequestFailure {
    /// The server says that it does not have the type.
    NoType(Error),
    /// The server does not have the object.
    NoObject(Error),
    /// The server refuses.
    Refused(Error),
    /// There is no answer, or one that cannot be used; it makes no sense to ask for more.
    Broken(Error),
}

impl RequestFailure {
    /// Returns whether the user is not allowed to do this.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, RequestFailure::Refused(error) if error.status == Some(403))
    }
}

impl From<Error> for RequestFailure {
    fn from(error: Error) -> Self {
        match error.status {
            Some(404) => RequestFailure::NoType(error),
            Some(400..) => RequestFailure::Refused(error),
            _ => RequestFailure::Broken(error),
        }
    }
}

/// Lists the objects of a type, and returns the list's resourceVersion.
///
/// # Errors
/// A request that fails. The records before that have been sent.
pub async fn list(
    server: &impl ApiServer,
    mapping: &Mapping,
    selection: &Selection<'_>,
    reader: &mut RecordReader,
    out: RecordWriter<'_>,
) -> Result<String, RequestFailure> {
    let path = path(mapping, selection.namespace, None);
    let mut chunk = selection.chunk;
    let mut next = String::new();
    // Hashes, since a server can make its tokens long.
    let mut tokens = HashSet::new();
    loop {
        let path = format!("{path}{}", query(selection, reader.include(), chunk, &next));
        let response = match ask(server, &path, reader).await {
            // The token has expired (after 5 minutes by default): like client-go's pager, ask for everything at once, and
            // skip what has been written already.
            Err(error) if !next.is_empty() && error.is_expired() => {
                next.clear();
                chunk = 0;
                if !begin_again(reader, out) {
                    return Err(error.into());
                }
                continue;
            }
            Err(error) => return Err(enhance(error, selection, mapping).into()),
            Ok(response) => response,
        };
        let is_first = next.is_empty();
        let page = out.write(response, reader, Expected::List).await?;
        next = page.next;
        if next.is_empty() {
            // A full page, and no token for more: a proxy or a server may have lost the token, which would hide the rest.
            // Few lists have exactly this many objects, so it costs little to make sure.
            let is_full = is_first && page.items > 0 && u32::try_from(page.items) == Ok(chunk);
            if is_full && begin_again(reader, out) {
                chunk = 0;
                continue;
            }
            return Ok(page.version);
        }
        let mut hasher = DefaultHasher::new();
        next.hash(&mut hasher);
        if !tokens.insert(hasher.finish()) {
            return Err(protocol(format!("the answer to GET {path} continues in a circle")).into());
        }
    }
}

/// Begins a list again, so that what has been written is skipped. Returns false if that is no longer known.
fn begin_again(reader: &mut RecordReader, out: RecordWriter<'_>) -> bool {
    match out.tracker {
        Some(tracker) => {
            tracker.begin_list();
            true
        }
        None => reader.start_again(),
    }
}

/// A named object.
#[derive(Clone, Copy, Debug)]
pub struct NamedObject<'a> {
    /// The namespace; `None` for a cluster-scoped type.
    pub namespace: Option<&'a str>,
    /// The name.
    pub name: &'a str,
    /// The subresource; empty is the object itself.
    pub subresource: &'a str,
}

/// Gets one object and sends its record.
///
/// # Errors
/// A request that fails.
pub async fn get(
    server: &impl ApiServer,
    mapping: &Mapping,
    named: NamedObject<'_>,
    reader: &mut RecordReader,
    out: RecordWriter<'_>,
) -> Result<(), RequestFailure> {
    let response = fetch(server, mapping, named, reader).await?;
    out.write(response, reader, Expected::One).await?;
    Ok(())
}

/// Gets one object and returns the answer unread, for [`RecordWriter::write`].
///
/// # Errors
/// A request that fails.
pub async fn fetch(
    server: &impl ApiServer,
    mapping: &Mapping,
    named: NamedObject<'_>,
    reader: &RecordReader,
) -> Result<ResponseBody, RequestFailure> {
    let mut path = path(mapping, named.namespace, Some(named.name));
    if !named.subresource.is_empty() {
        path.push('/');
        encode(&mut path, named.subresource);
    }
    if let Some(include) = reader.include() {
        path.push_str("?includeObject=");
        path.push_str(include);
    }
    match ask(server, &path, reader).await {
        Ok(response) => Ok(response),
        Err(error) if error.status == Some(404) && error.status_name.as_deref() == Some(named.name) => {
            let error = no_namespace(server, mapping, named).await.unwrap_or(error);
            Err(RequestFailure::NoObject(error))
        }
        Err(error) => Err(error.into()),
    }
}

/// Returns the server's error about the namespace of a missing object, if the namespace is missing, too. Like kubectl,
/// this does not look for the default namespace.
async fn no_namespace(server: &impl ApiServer, mapping: &Mapping, named: NamedObject<'_>) -> Option<Error> {
    let namespace = named.namespace.filter(|_| mapping.namespaced)?;
    if namespace == "default" {
        return None;
    }
    let mut path = "/api/v1/namespaces/".to_owned();
    encode(&mut path, namespace);
    let error = server.get(&path, ACCEPT_JSON, None).await.err()?;
    (error.status == Some(404) && error.status_name.as_deref() == Some(namespace)).then_some(error)
}

/// Sends a request. If the server has no Tables and does not fall back by itself, asks for plain objects.
async fn ask(server: &impl ApiServer, path: &str, reader: &RecordReader) -> Result<ResponseBody, Error> {
    let accept = reader.accept();
    match server.fetch(path, accept).await {
        Err(error) if error.status == Some(406) && accept != ACCEPT_JSON => {
            server.fetch(path, ACCEPT_JSON).await
        }
        outcome => outcome,
    }
}

/// Adds to the error of a list what kubectl adds (cli-runtime `EnhanceListError`).
fn enhance(mut error: Error, selection: &Selection<'_>, mapping: &Mapping) -> Error {
    if !matches!(error.status, Some(400 | 404)) || error.is_expired() {
        return error;
    }
    let labels = selection.labels.unwrap_or_default();
    let fields = selection.fields.unwrap_or_default();
    let subject = mapping.in_go();
    let what = if labels.is_empty() && fields.is_empty() {
        format!("Unable to list \"{subject}\"")
    } else {
        format!(
            "Unable to find \"{subject}\" that match label selector {labels:?}, field selector {fields:?}"
        )
    };
    // `Error from server (BadRequest): ` stays in front.
    let (start, said) = match error.message.split_once(": ") {
        Some((start, said)) if start.starts_with("Error from server") => (start, said),
        _ => ("Error from server", error.message.as_str()),
    };
    error.message = format!("{start}: {what}: {said}");
    error
}

/// Begins to watch a type, from a resourceVersion on, for some seconds.
///
/// # Errors
/// A request that fails.
pub async fn watch<S: ApiServer>(
    server: &S,
    mapping: &Mapping,
    selection: &Selection<'_>,
    reader: &RecordReader,
    (version, seconds): (&str, u64),
) -> Result<S::Incoming, Error> {
    let mut path = path(mapping, selection.namespace, None);
    let seconds = seconds.to_string();
    let parameters = [
        ("allowWatchBookmarks", Some("true")),
        ("fieldSelector", selection.fields),
        ("labelSelector", selection.labels),
        ("resourceVersion", Some(version)),
        ("timeoutSeconds", Some(&seconds)),
        ("watch", Some("true")),
    ];
    path.push_str(&parameter_text(&parameters));
    let accept = reader.accept();
    match server.open(&path, accept).await {
        Err(error) if error.status == Some(406) && accept != ACCEPT_JSON => {
            server.open(&path, ACCEPT_JSON).await
        }
        outcome => outcome,
    }
}

/// Returns the path of a type's list, or of one object.
pub fn path(mapping: &Mapping, namespace: Option<&str>, name: Option<&str>) -> String {
    let mut path = String::new();
    if mapping.group.is_empty() {
        path.push_str("/api");
    } else {
        path.push_str("/apis/");
        encode(&mut path, &mapping.group);
    }
    let namespace = namespace.filter(|_| mapping.namespaced);
    let segments = [
        Some(&*mapping.version),
        namespace.map(|_| "namespaces"),
        namespace,
    ];
    for segment in segments
        .into_iter()
        .flatten()
        .chain([&*mapping.resource])
        .chain(name)
    {
        path.push('/');
        encode(&mut path, segment);
    }
    path
}

fn query(selection: &Selection<'_>, include: Option<&str>, chunk: u32, next: &str) -> String {
    let chunk = (chunk > 0).then(|| chunk.to_string());
    let next = Some(next).filter(|next| !next.is_empty());
    parameter_text(&[
        ("continue", next),
        ("fieldSelector", selection.fields),
        ("includeObject", include),
        ("labelSelector", selection.labels),
        ("limit", chunk.as_deref()),
    ])
}

/// Returns the parameters that have a value as the query of a URL, with its question mark.
fn parameter_text(parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = String::new();
    for (key, value) in parameters {
        if let Some(value) = value {
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(key);
            query.push('=');
            encode(&mut query, value);
        }
    }
    query
}

#[cfg(test)]
mod tests;
