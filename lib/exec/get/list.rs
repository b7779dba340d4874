//! The requests for the objects of one type: lists in chunks, single objects by name.

use super::json;
use super::objects::{self, Objects, Shape};
use super::parts::{Parts, TooLong};
use super::table::{Page, Rows};
use super::tracker::Tracker;
use super::watch;
use crate::apiserver::budget::Hold;
use crate::apiserver::mapper::Mapping;
use crate::apiserver::query_state::QueryState;
use crate::apiserver::response_body::{self, ResponseBody};
use crate::apiserver::server::{Server, encode, protocol};
use crate::apiserver::workers::Workers;
use crate::connect::Error;
use crate::exec::fanout::output::Sink;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

/// Rows as the server prints them, else plain objects.
const ACCEPT_TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

const ACCEPT_JSON: &str = "application/json";

/// A shorter text is looked at where it is, in bytes: to have a worker do it takes as long.
pub const SHORT: usize = 32 << 10;

/// Makes records of answers.
pub enum Reader {
    /// Row records.
    Rows(Rows),
    /// Row records made of plain objects, though the server has Tables.
    PlainRows(Rows),
    /// Object records.
    Objects(Objects),
}

impl Default for Reader {
    /// Of what is not wanted.
    fn default() -> Self {
        Reader::Rows(Rows::default())
    }
}

impl Reader {
    fn accept(&self) -> &'static str {
        match self {
            Reader::Rows(_) => ACCEPT_TABLE,
            Reader::PlainRows(_) | Reader::Objects(_) => ACCEPT_JSON,
        }
    }

    /// How many rows or objects have been written.
    pub fn items(&self) -> u64 {
        match self {
            Reader::Rows(rows) | Reader::PlainRows(rows) => rows.items,
            Reader::Objects(objects) => objects.items,
        }
    }

    /// How many of them have what they are to be sorted by.
    pub fn sortable(&self) -> u64 {
        match self {
            Reader::Rows(rows) | Reader::PlainRows(rows) => rows.sortable,
            Reader::Objects(objects) => objects.sortable,
        }
    }

    /// What is asked for with each object of a Table: all of it, to sort by.
    fn include(&self) -> Option<&'static str> {
        match self {
            Reader::Rows(rows) => rows.is_sorted().then_some("Object"),
            Reader::PlainRows(_) | Reader::Objects(_) => None,
        }
    }

    /// Whether the managedFields of an object can matter.
    fn needs_managed_fields(&self) -> bool {
        match self {
            Reader::Rows(rows) | Reader::PlainRows(rows) => rows.needs_managed_fields(),
            Reader::Objects(_) => true,
        }
    }

    /// Makes records of one answer.
    ///
    /// # Errors
    /// What is malformed; the records before that have been written.
    pub fn read_one(&mut self, text: &str, out: &mut Vec<u8>) -> serde_json::Result<()> {
        self.read(text, Expected::One, out)?;
        // What is watched comes again and again.
        match self {
            Reader::Rows(rows) | Reader::PlainRows(rows) => rows.forget(),
            Reader::Objects(objects) => objects.forget(),
        }
        Ok(())
    }

    fn start_again(&mut self) -> bool {
        match self {
            Reader::Rows(rows) | Reader::PlainRows(rows) => rows.start_again(),
            Reader::Objects(objects) => objects.start_again(),
        }
    }

    /// Makes records of the answer to a GET of a path.
    ///
    /// # Errors
    /// What is malformed; the records before that have been written.
    fn answer(
        &mut self,
        path: &str,
        expected: Expected,
        body: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Result<Page, Error> {
        if !self.needs_managed_fields() {
            json::drop_managed_fields(body);
        }
        let text = std::str::from_utf8(body).map_err(|error| malformed(path, &error))?;
        self.read(text, expected, out)
            .map_err(|error| malformed(path, &error))
    }

    fn read(&mut self, text: &str, expected: Expected, out: &mut Vec<u8>) -> serde_json::Result<Page> {
        let shape = match (objects::shape(text)?, expected) {
            // The kind of a custom resource may end like that of a list.
            (Shape::List, Expected::One) => Shape::Object,
            (shape, _) => shape,
        };
        match (self, shape) {
            (Reader::Rows(rows), Shape::Table) => rows.table(text, out),
            (Reader::PlainRows(_) | Reader::Objects(_), Shape::Table) => {
                Err(serde::de::Error::custom("a Table where objects were asked for"))
            }
            (Reader::Rows(rows) | Reader::PlainRows(rows), shape) => {
                objects::plain_rows(rows, text, &shape, out)
            }
            (Reader::Objects(objects), Shape::List) => objects.list(text, out),
            (Reader::Objects(objects), Shape::Object) => objects.object(text, out).map(|()| Page::default()),
        }
    }
}

/// The form of the answer that was asked for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// One object.
    One,
    /// A list.
    List,
}

/// Where records go.
#[derive(Clone, Copy)]
pub struct RecordWriter<'a> {
    /// The output.
    pub sink: &'a Sink,
    /// The cluster that they come from.
    pub state: &'a QueryState,
    /// Who reads long answers.
    pub workers: &'a Workers,
    /// What has been shown of it, where it is watched: it decides on what is written, and how.
    pub tracker: Option<&'a Tracker>,
}

/// What narrows a list down.
#[derive(Clone, Copy, Debug, Default)]
pub struct Selection<'a> {
    /// The namespace; `None` is all of them, and what is cluster-scoped.
    pub namespace: Option<&'a str>,
    /// Label selector.
    pub labels: Option<&'a str>,
    /// Field selector.
    pub fields: Option<&'a str>,
    /// The most objects in one answer; 0 is no limit.
    pub chunk: u32,
}

/// Why there is not all that was asked for.
#[derive(Debug)]
pub enum Failure {
    /// The server does not have the type, or says so.
    NoType(Error),
    /// The server does not have the object.
    NoObject(Error),
    /// The server refuses.
    Refused(Error),
    /// No answer, or one that cannot be used; there is no point in asking further.
    Broken(Error),
}

impl Failure {
    /// Whether who asks may not.
    pub fn is_forbidden(&self) -> bool {
        matches!(self, Failure::Refused(error) if error.status == Some(403))
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error.status {
            Some(404) => Failure::NoType(error),
            Some(400..) => Failure::Refused(error),
            _ => Failure::Broken(error),
        }
    }
}

/// Lists the objects of a type.
///
/// Returns its resourceVersion.
///
/// # Errors
/// What came before has been handed over.
pub async fn list(
    server: &impl Server,
    mapping: &Mapping,
    selection: &Selection<'_>,
    reader: &mut Reader,
    out: RecordWriter<'_>,
) -> Result<String, Failure> {
    let path = path(mapping, selection.namespace, None);
    let mut chunk = selection.chunk;
    let mut next = String::new();
    // Of each no more than it takes to know it again: a server can make them long.
    let mut tokens = HashSet::new();
    loop {
        let path = format!("{path}{}", query(selection, reader.include(), chunk, &next));
        let response = match ask(server, &path, reader).await {
            // The token is older than what the server keeps (5 minutes by default): all at once, as
            // client-go's pager does, passing over what is written already.
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
        let page = take(response, reader, Expected::List, out).await?;
        next = page.next;
        if next.is_empty() {
            // As many as there could be, and no word of more: a proxy or a server that loses the token would hide the
            // rest. Of lists that have exactly so many objects there are few.
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

/// Begins a list once more: what has been written is passed over. Says whether that is known.
fn begin_again(reader: &mut Reader, out: RecordWriter<'_>) -> bool {
    match out.tracker {
        Some(tracker) => {
            tracker.begin_list();
            true
        }
        None => reader.start_again(),
    }
}

/// One object to get.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Its namespace; `None` for what is cluster-scoped.
    pub namespace: Option<&'a str>,
    /// Its name.
    pub name: &'a str,
    /// The part of it that is meant; empty is all of it.
    pub subresource: &'a str,
}

/// Gets one object.
///
/// # Errors
/// There is nothing of it.
pub async fn get(
    server: &impl Server,
    mapping: &Mapping,
    named: Named<'_>,
    reader: &mut Reader,
    out: RecordWriter<'_>,
) -> Result<(), Failure> {
    let response = fetch(server, mapping, named, reader).await?;
    take(response, reader, Expected::One, out).await?;
    Ok(())
}

/// Asks for one object, and returns the answer, which is still to be [taken](take).
///
/// # Errors
/// There is nothing of it.
pub async fn fetch(
    server: &impl Server,
    mapping: &Mapping,
    named: Named<'_>,
    reader: &Reader,
) -> Result<ResponseBody, Failure> {
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
            Err(Failure::NoObject(error))
        }
        Err(error) => Err(error.into()),
    }
}

/// What the server says of the namespace of an object that is missing, where that is missing too: like kubectl,
/// nobody looks for the default one.
async fn no_namespace(server: &impl Server, mapping: &Mapping, named: Named<'_>) -> Option<Error> {
    let namespace = named.namespace.filter(|_| mapping.namespaced)?;
    if namespace == "default" {
        return None;
    }
    let mut path = "/api/v1/namespaces/".to_owned();
    encode(&mut path, namespace);
    let error = server.get(&path, ACCEPT_JSON, None).await.err()?;
    (error.status == Some(404) && error.status_name.as_deref() == Some(namespace)).then_some(error)
}

/// Sends a request, for plain objects if the server has no Tables and does not fall back by itself.
async fn ask(server: &impl Server, path: &str, reader: &Reader) -> Result<ResponseBody, Error> {
    let accept = reader.accept();
    match server.fetch(path, accept).await {
        Err(error) if error.status == Some(406) && accept != ACCEPT_JSON => {
            server.fetch(path, ACCEPT_JSON).await
        }
        outcome => outcome,
    }
}

/// The outcome of reading an answer, or a part of one.
struct Read {
    reader: Reader,
    expected: Expected,
    /// The list's page, and the text for who watches.
    outcome: Result<(Page, Option<String>), Error>,
    lines: Vec<u8>,
    /// How long the text was.
    length: usize,
}

/// Makes records of a text.
fn read(
    mut reader: Reader,
    path: &str,
    expected: Expected,
    body: Result<&mut Vec<u8>, Error>,
    is_watched: bool,
) -> Read {
    let mut lines = Vec::new();
    let mut length = 0;
    let outcome = body.and_then(|body| {
        length = body.len();
        // Rows take a sixth of what they are made of.
        lines.reserve(body.len() / 8);
        let page = reader.answer(path, expected, body, &mut lines)?;
        // Who watches looks at it once more.
        let text = is_watched.then(|| String::from_utf8_lossy(body).into_owned());
        Ok((page, text))
    });
    Read {
        reader,
        expected,
        outcome,
        lines,
        length,
    }
}

/// Makes records of an answer and hands them over, those before what is malformed too.
///
/// # Errors
/// An answer that is malformed; a cluster that has sent too much.
pub async fn take(
    response: ResponseBody,
    reader: &mut Reader,
    expected: Expected,
    out: RecordWriter<'_>,
) -> Result<Page, Error> {
    let path: Arc<str> = response.path().into();
    let before = reader.items();
    let is_watched = out.tracker.is_some();
    let own = std::mem::take(reader);
    let asked = Arc::clone(&path);
    let read = move |body: Result<&mut Vec<u8>, Error>| read(own, &asked, expected, body, is_watched);
    // Boxed: while all wait for their servers, none needs the room for this.
    let (read, hold, long) = Box::pin(response.read(out.workers, out.state, read)).await;
    match long {
        None => {
            let length = read.length;
            let page = hand_over(read, hold, before, reader, &path, out).await;
            // However short it is, somebody had to ask for it.
            out.state.count(length.max(SHORTEST))?;
            page
        }
        Some(long) => {
            *reader = read.reader;
            match expected {
                Expected::List => Box::pin(take_long(long, reader, &path, out)).await,
                // An object is not cut, whatever is in it.
                Expected::One => Box::pin(take_whole(long, reader, &path, out)).await,
            }
        }
    }
}

/// As so many bytes an answer counts at least, so that one who sends pages without end and without rows comes to an end.
const SHORTEST: usize = 4 << 10;

/// The same of a list that is too long to be read as a whole.
async fn take_long(
    mut response: ResponseBody,
    reader: &mut Reader,
    path: &Arc<str>,
    out: RecordWriter<'_>,
) -> Result<Page, Error> {
    let mut parts = Parts::new(response_body::LONGEST);
    let mut items = 0;
    while let Some(piece) = response.next_piece(out.state).await? {
        parts
            .feed(&piece)
            .map_err(|TooLong| response_body::too_long(path))?;
        drop(piece);
        while let Some(part) = parts.next() {
            items += take_part(part, reader, path, Expected::List, out).await?.items;
        }
    }
    let mut page = take_part(parts.finish(), reader, path, Expected::List, out).await?;
    page.items += items;
    Ok(page)
}

/// The same of an object.
async fn take_whole(
    response: ResponseBody,
    reader: &mut Reader,
    path: &Arc<str>,
    out: RecordWriter<'_>,
) -> Result<Page, Error> {
    let (whole, _hold) = response.collect(out.state).await?;
    take_part(whole, reader, path, Expected::One, out).await
}

async fn take_part(
    mut part: Vec<u8>,
    reader: &mut Reader,
    path: &Arc<str>,
    expected: Expected,
    out: RecordWriter<'_>,
) -> Result<Page, Error> {
    let before = reader.items();
    let is_watched = out.tracker.is_some();
    let mut hold = out.state.room().hold();
    if !hold.try_grow(part.len()) {
        let _not_counted = out.state.held_up().start();
        hold.grow(part.len()).await;
    }
    let own = std::mem::take(reader);
    let asked = Arc::clone(path);
    let read = move || read(own, &asked, expected, Ok(&mut part), is_watched);
    let read = out.workers.run(read).await;
    hand_over(read, hold, before, reader, path, out).await
}

/// Hands over the records of an answer or of a part of it. There were so many `before`.
async fn hand_over(
    read: Read,
    mut hold: Hold,
    before: u64,
    reader: &mut Reader,
    path: &str,
    out: RecordWriter<'_>,
) -> Result<Page, Error> {
    let Read {
        reader: own,
        expected,
        outcome,
        mut lines,
        ..
    } = read;
    *reader = own;
    let mut items = reader.items() - before;
    let page = match (outcome, out.tracker) {
        (Ok((page, Some(text))), Some(tracker)) => {
            let own = tracker.clone();
            let is_short = text.len() < SHORT;
            let work = move || own.page(&text, expected, &lines);
            let shown = match is_short {
                true => work(),
                false => {
                    // Whatever is noted as shown is going to be: its time must not be over in between.
                    let _not_counted = out.state.held_up().start();
                    out.workers.run(work).await
                }
            };
            (lines, items) = shown.map_err(|error| malformed(path, &error))?;
            watch::check(tracker, out).map(|()| page)
        }
        (Err(error), Some(_)) => return Err(error),
        (outcome, _) => outcome.map(|(page, _)| page),
    };
    hold.shrink(lines.len());
    let length = lines.len();
    out.sink.send_held(Some(out.state), lines, hold).await;
    out.state.add_items(items);
    let page = page?;
    out.state.count(length)?;
    Ok(page)
}

fn malformed(path: &str, error: &dyn std::fmt::Display) -> Error {
    protocol(format!("the answer to GET {path} is malformed: {error}"))
}

/// As kubectl says of a list what it says of an object without this (cli-runtime `EnhanceListError`).
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
    // `Error from server (BadRequest): ` stays before it.
    let (start, said) = match error.message.split_once(": ") {
        Some((start, said)) if start.starts_with("Error from server") => (start, said),
        _ => ("Error from server", error.message.as_str()),
    };
    error.message = format!("{start}: {what}: {said}");
    error
}

/// Starts to watch a type, from a resourceVersion on, for some seconds.
///
/// # Errors
/// There is nothing to be heard.
pub async fn watch<S: Server>(
    server: &S,
    mapping: &Mapping,
    selection: &Selection<'_>,
    reader: &Reader,
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

fn path(mapping: &Mapping, namespace: Option<&str>, name: Option<&str>) -> String {
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

/// Parameters, those that have a value, with the question mark before them.
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
